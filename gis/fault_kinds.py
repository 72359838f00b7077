"""The one table of fault kinds: what was found, what was expected, how to mend it, in Chinese and English.

A template is the part of the sentence after the place. Fields: ``found, column, row, file, sheet, layer`` and
the names in the fault's ``params``; both languages use the same ones.
"""

from __future__ import annotations

from typing import NamedTuple

from gis.fault_kinds_map import GEOMETRY, GEOMETRY_NOTES, PROJECT, PROJECT_NOTES

ERROR = "error"
WARNING = "warning"


class Kind(NamedTuple):
    """Templates and level of one kind of fault."""

    zh: str
    en: str
    level: str


_FILES = {
    "file_missing": (
        "找不到文件“{found}”。请检查路径和文件名。",
        'there is no file "{found}". Check the folder and the name.',
    ),
    "file_refused": (
        "“{found}”不是本机上的普通文件。只读取本机文件，不读网络地址、压缩包内路径（/vsi…）和设备；请先复制"
        "到本机。",
        '"{found}" is not an ordinary file on this machine. Web addresses, paths into archives (/vsi...) '
        "and devices are not read; copy the file here first.",
    ),
    "file_format": (
        "不能读取“{found}”格式。可用：{formats}。请在原软件中另存为其中一种。",
        'the format "{found}" cannot be read. Use one of {formats}; save the file again from its program.',
    ),
    "file_content": (
        "扩展名是“{found}”，内容却不是。请用原软件重新导出，不要只改扩展名。",
        'the name ends in "{found}" but the content is something else. Export it again; renaming is not '
        "enough.",
    ),
    "file_too_large": (
        "文件有 {size} MB，超过上限 {limit} MB。请只保留本县（区）范围和需要的列后再导入。",
        "the file has {size} MB, more than the limit of {limit} MB. Keep only your district and the "
        "columns needed.",
    ),
    "too_many_rows": (
        "有 {rows} 行，超过上限 {limit} 行。请拆分，或只保留需要的范围。",
        "there are {rows} rows, more than the limit of {limit}. Split the file or keep only the part needed.",
    ),
    "file_unreadable": (
        "文件打不开，可能损坏、加密或没有写完（{reason}）。请重新导出；有打开密码的先去掉密码。",
        "the file cannot be opened; it may be damaged, encrypted or incomplete ({reason}). Export it "
        "again, without a password.",
    ),
    "companion_missing": (
        "缺少同名的 {found} 文件。Shapefile 由 .shp、.shx、.dbf 等几个文件组成，请放在同一文件夹。",
        "the {found} file of the same name is missing. A shapefile is several files (.shp, .shx, .dbf): "
        "put them in one folder.",
    ),
    "encoding_unknown": (
        "文字编码认不出（既不是 UTF-8，也不是 GB18030/GBK）。请另存为“CSV UTF-8”。",
        'the text encoding is neither UTF-8 nor GB18030/GBK. Save the file as "CSV UTF-8".',
    ),
    "table_empty": (
        "没有数据行。表头下至少应有一行。",
        "there is no row of data. At least one row must follow the headers.",
    ),
    "table_missing": (
        "没有名为“{found}”的表。文件里有：{tables}。",
        'there is no table "{found}". The file has: {tables}.',
    ),
    "layer_not_found": (
        "没有一张表像“{layer}”。文件里有：{tables}。请核对表头，或指明读哪张表、哪列对应哪项。",
        'no table looks like "{layer}". The file has: {tables}. Check the headers, or say which table to '
        "read and what its columns mean.",
    ),
    "layer_ambiguous": (
        "有几张表都像“{layer}”，表头又不相同：{tables}。请指明读哪一张。",
        'several tables look like "{layer}" and their headers differ: {tables}. Say which one to read.',
    ),
    "export_too_many_rows": (
        "“{found}”的行数超过一张工作表能容纳的 {limit} 行。请改用 CSV 或 GeoPackage。",
        '"{found}" has more rows than the {limit} that a sheet can hold. Use CSV or GeoPackage instead.',
    ),
    "row_too_long": (
        "这一行比表头多出 {extra} 格（“{found}”）。多半是文字里有没加引号的逗号，请改正。",
        'this row has {extra} cells more than the header ("{found}"). Often a comma in a text without '
        "quotes.",
    ),
}

_FILE_NOTES = {
    "tables_joined": (
        "同样表头的几张工作表已合并读入：{tables}。如不应合并，请指明读哪一张。",
        "sheets with the same headers were read as one table: {tables}. If that is wrong, say which one to "
        "read.",
    ),
    "table_left": (
        "这张表没有读入：它不像任何一个图层。如果里面有数据，请核对表头。",
        "this table was not read: it looks like none of the layers. If it holds data, check its headers.",
    ),
    "encoding_declared_wrong": (
        "声明的文字编码是 {found}，实际不是；已按 {used} 读取。请抽查几处中文。",
        "the declared text encoding is {found}, which does not fit; it was read as {used}. Check some of "
        "the names.",
    ),
    "merged_filled": (
        "{count} 处合并单元格已按左上角的值填满。请抽查。",
        "{count} merged ranges were filled with the value of their first cell. Check some of them.",
    ),
    "table_unpivoted": (
        "年级是并列的几列（{columns}），已转成每校每年级一行，共 {count} 行；空格表示没有该年级。",
        "grades stand side by side ({columns}); they were turned into one row a school and grade, {count} "
        "rows. A blank cell means that there is no such grade.",
    ),
    "value_given": (
        "表中没有“{label}”列，各行都用给定的“{found}”。",
        'the table has no column "{label}"; "{found}", as given, is used for every row.',
    ),
    "total_row": (
        "“{found}”是合计行，没有作为数据读入。",
        '"{found}" is a row of totals and was not read as data.',
    ),
    "note_row": (
        "“{found}”是表外说明，没有作为数据读入。",
        '"{found}" is a note under the table and was not read as data.',
    ),
}

_COLUMNS = {
    "column_missing": (
        "缺少必需的“{label}”列。可用的表头：{headers}。请补上这一列，或指明哪一列是它。",
        'the column "{label}" is required and missing. Headers understood: {headers}. Add it, or say which '
        "column it is.",
    ),
    "column_twice": (
        "{columns} 几列都表示“{label}”。请只留一列，或指明用哪一列。",
        'the columns {columns} all mean "{label}". Keep one of them, or say which one to use.',
    ),
    "mapping_unknown": (
        "指定的列“{found}”不在表中。表里有：{columns}。",
        'the column "{found}" named in the mapping is not in the table. It has: {columns}.',
    ),
    "mapping_target": (
        "“{found}”不是“{layer}”的项。可用：{columns}。",
        '"{found}" is not a column of "{layer}". Use one of: {columns}.',
    ),
    "geometry_columns_missing": (
        "没有位置。应有几何，或坐标两列（经度、纬度；或 x、y），或 WKT 一列。",
        "there is no location. Expected geometries, two columns of coordinates (lon, lat or x, y) or a WKT "
        "column.",
    ),
}

_COLUMN_NOTES = {
    "column_unknown": (
        "不认识这一列，计算中不用；导入时原样保留，疑似个人信息的除外。",
        "this column is not known and not used; an import keeps it as it is, unless it looks personal.",
    ),
    "column_assumed": (
        "没有“{label}”列，已用“{source}”代替。如不合适，请补上这一列。",
        'there is no column "{label}"; "{source}" is used for it. Add the column if that is wrong.',
    ),
    "grades_assumed": (
        "没有“{label}”列，已按学校类别和学制 {system} 推定。请核对。",
        'there is no column "{label}"; it was set from the kind of school and the {system} system. Check it.',
    ),
}

_VALUES = {
    "value_missing": (
        "没有填。{label}必填，请补上。",
        "is blank. {label} is required: fill it in.",
    ),
    "value_not_number": (
        "“{found}”不是数。这里应为{expected}，请改正。",
        '"{found}" is not a number. Expected {expected}.',
    ),
    "value_fraction": (
        "“{found}”不是整数。{label}应为整数，请改正。",
        '"{found}" is not a whole number. {label} must be whole.',
    ),
    "value_negative": (
        "“{found}”是负数。这里应为 0 或正数，请改正。",
        '"{found}" is negative. Expected 0 or more.',
    ),
    "value_below": (
        "“{found}”太小。这里不应小于 {limit}，请核对。",
        '"{found}" is too small. Expected at least {limit}.',
    ),
    "value_above": (
        "“{found}”太大。这里不应大于 {limit}，请核对。",
        '"{found}" is too large. Expected at most {limit}.',
    ),
    "value_not_allowed": (
        "“{found}”不在可用的值里。应为：{expected}。{hint}",
        '"{found}" is not one of the values allowed: {expected}. {hint}',
    ),
    "value_not_year": (
        "“{found}”不是年份。{label}应写成 2026、2026学年或 2026-2027，请改正。",
        '"{found}" is not a year. Write {label} as 2026 or 2026-2027.',
    ),
    "value_not_grade": (
        "“{found}”不是一至九年级。应写成 1 到 9、一年级或初一（学制 {system}）；高中和幼儿园的行请删去。",
        '"{found}" is not a grade from 1 to 9 (system {system}). Leave out rows of kindergarten and senior '
        "school.",
    ),
    "id_rounded": (
        "“{found}”超过 15 位，已被 Excel 改动。请把这一列设为文本后重新填写。",
        '"{found}" has more than 15 digits and was changed by Excel. Format the column as text and enter '
        "it again.",
    ),
    "value_error_cell": (
        "单元格是公式错误“{found}”。请改正公式，或粘贴为数值。",
        'the cell holds the formula error "{found}". Mend the formula or paste values.',
    ),
    "key_duplicate": (
        "与第 {first_row} 行重复（{key}）。每个{label}只应有一行，请合并或删去一行。",
        "repeats row {first_row} ({key}). There must be one row for each {label}: merge them or delete one.",
    ),
    "part_above_whole": (
        "{part_label} {part} 大于{whole_label} {whole}。请核对。",
        "{part_label} {part} is more than {whole_label} {whole}. Check both.",
    ),
}


def _table(kinds: dict[str, tuple[str, str]], level: str) -> dict[str, Kind]:
    return {name: Kind(zh, en, level) for name, (zh, en) in kinds.items()}


KINDS: dict[str, Kind] = {
    **_table(_FILES | _COLUMNS | _VALUES | GEOMETRY | PROJECT, ERROR),
    **_table(_FILE_NOTES | _COLUMN_NOTES | GEOMETRY_NOTES | PROJECT_NOTES, WARNING),
}
