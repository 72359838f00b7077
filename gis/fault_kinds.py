"""The one table of fault kinds: what was found, what was expected, how to mend it, in Chinese and English.

A template is the part of the sentence after the place. Fields: ``found, column, row, file, sheet, layer`` and
the names in the fault's ``params``; both languages use the same ones.
"""

from __future__ import annotations

from typing import NamedTuple

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
        "不认识这一列，已原样保留，计算中不用。",
        "this column is not known; it is kept as it is and not used.",
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

_GEOMETRY = {
    "geometry_missing": (
        "没有位置。请补上几何或坐标。",
        "has no location. Add its geometry or coordinates.",
    ),
    "geometry_type": (
        "几何是{seen}，应为{expected}。请改正或放到对应的图层。",
        "the geometry is a {seen}; expected {expected}. Mend it or put it in the layer it belongs to.",
    ),
    "geometry_invalid": (
        "几何有错，自动修复会改变形状（{reason}）。请在 GIS 软件中修复后再导入。",
        "the geometry is invalid and a repair would change its shape ({reason}). Mend it in a GIS first.",
    ),
    "geometry_unreadable": (
        "“{found}”读不成几何。应为 WKT，如 POINT (111.2 39.8)。",
        '"{found}" cannot be read as a geometry. Expected WKT such as POINT (111.2 39.8).',
    ),
    "coordinate_not_number": (
        "坐标“{found}”不是数。经纬度请写成十进制度（如 111.2034），不要写度分秒。",
        'the coordinate "{found}" is not a number. Write degrees as decimals (111.2034), not degrees and '
        "minutes.",
    ),
    "coordinate_outlier": (
        "坐标（{found}）和其他行不在一处，与坐标系“{crs}”不符。请核对是否抄错、写反或用了另一种坐标系。",
        "the coordinates ({found}) are far from the others and do not fit {crs}. Look for a slip, swapped "
        "columns or another coordinate system.",
    ),
    "crs_unknown": (
        "坐标系不能确定：{reason}请指明坐标系（如 EPSG:4546，或“local”表示独立坐标、单位米）。",
        "the coordinate system is not certain: {reason} Say which it is (for example EPSG:4546, or local "
        "for a local grid in metres).",
    ),
    "crs_conflict": (
        "声明的坐标系“{found}”与坐标不符：{reason}请改正坐标系声明，或核对数据。",
        'the declared coordinate system "{found}" contradicts the coordinates: {reason} Correct the '
        "declaration or the data.",
    ),
    "crs_not_understood": (
        "“{found}”不是认得的坐标系。应写成 EPSG:4546 这样的代码，或 local。",
        '"{found}" is not a coordinate system that is known. Write a code such as EPSG:4546, or local.',
    ),
    "crs_local": (
        "数据用的是独立坐标（没有与经纬度的关系），不能换算到“{found}”。请换用有坐标系的数据。",
        'the data are on a local grid with no relation to longitude and latitude; they cannot be put into "'
        '{found}".',
    ),
}

_GEOMETRY_NOTES = {
    "geometry_repaired": (
        "几何有小错（{reason}），已修复，面积变化 {share}%。请在地图上看一眼。",
        "the geometry had a small error ({reason}) and was repaired; its area changed by {share} %. Look "
        "at the map.",
    ),
    "geometry_collapsed": (
        "面的面积为 0（{reason}），已按一个点读入。请核对，最好补上真正的边界。",
        "the polygon has no area ({reason}); it is read as a point. Check it, and better draw its bounds.",
    ),
    "geometry_flattened": (
        "{count} 个几何带高程，已只留平面坐标。",
        "{count} geometries carried heights; only the plane coordinates are kept.",
    ),
    "datum_assumed": (
        "经纬度没有说明基准，按 {crs} 读入。如果取自高德、腾讯（GCJ-02）或百度（BD-09）地图，会偏 100 至 "
        "700 米：请指明。",
        "longitude and latitude name no datum; read as {crs}. Points taken from Amap or Tencent (GCJ-02) "
        "or Baidu (BD-09) maps are 100 to 700 m off: say so if they are.",
    ),
    "axes_swapped": (
        "横、纵坐标写反了（{found}），已对调。测量坐标的 X 是北、Y 是东。请在地图上核对。",
        "the two coordinates are the other way round ({found}) and were exchanged; in Chinese surveying X "
        "is north. Check on the map.",
    ),
    "crs_accuracy": (
        "从“{found}”换算到“{target}”没有公开的精确参数，位置可能偏差几十到上百米。最好向自然资源局要 "
        "CGCS2000 的数据。",
        'there are no public exact parameters from "{found}" to "{target}": positions may be tens of '
        "metres off. Ask the survey office for the data in CGCS2000.",
    ),
}

_PROJECT = {
    "layer_missing": (
        "项目里没有“{layer}”图层，做{purpose}要用它。请导入。",
        'the project has no layer "{layer}", which is needed for {purpose}. Import it.',
    ),
    "crs_differs": (
        "坐标系是“{found}”，其他图层是“{expected}”。请换算成同一个。",
        'the coordinate system is "{found}", that of the other layers "{expected}". Convert it.',
    ),
    "reference_unknown": (
        "“{found}”在{target}图层里没有。请核对编号，或先补上它。{hint}",
        '"{found}" is not in the layer {target}. Check the id, or add it there first. {hint}',
    ),
    "reference_ambiguous": (
        "“{found}”是名称，{target}图层里有 {count} 个同名。请改填编号：{ids}。",
        '"{found}" is a name that {count} rows of the layer {target} bear. Write the id instead: {ids}.',
    ),
    "zone_unknown": (
        "片区“{found}”没有学校。请核对片区编号，或在学校图层里给学校填上它。",
        'the catchment "{found}" has no school. Check its id, or enter it for a school.',
    ),
    "zone_without_stage": (
        "片区“{found}”没有招收{stage}的学校，却划入了{stage}的小区或村。请核对。",
        'the catchment "{found}" has no {stage} school, yet {stage} units are assigned to it. Check both.',
    ),
}

_PROJECT_NOTES = {
    "reference_by_name": (
        "“{found}”不是编号，按名称认作 {target} {id}。",
        '"{found}" is not an id; by its name it was taken for {target} {id}.',
    ),
    "unit_unassigned": (
        "“{name}”（{found}）在 {year} 学年的{stage}片区里没有归属。请划入一个片区。",
        '"{name}" ({found}) is in no {stage} catchment in {year}. Assign it to one.',
    ),
    "outside_area": (
        "“{name}”（{found}）在行政区范围之外 {metres} 米。请核对位置或坐标系。",
        '"{name}" ({found}) lies {metres} m outside the study area. Check its place or the coordinate '
        "system.",
    ),
    "class_sum_differs": (
        "{year} 学年“{name}”{grade} 年级各班合计 {classes} 人，在校生表是 {enrolment} 人，差 {difference} "
        "人。请查清哪个对。",
        'in {year} the classes of "{name}" grade {grade} add up to {classes}, the enrolment table says '
        "{enrolment} ({difference}). Find out which is right.",
    ),
    "grade_not_taught": (
        "“{name}”只教 {lowest} 至 {highest} 年级，却有 {year} 学年 {found} 年级的数据。请核对。",
        '"{name}" teaches grades {lowest} to {highest}, yet has data for grade {found} in {year}. Check '
        "both.",
    ),
    "kind_differs": (
        "学校类别是{kind}，年级却是 {lowest} 至 {highest}。请核对。",
        "the school is a {kind} but teaches grades {lowest} to {highest}. Check both.",
    ),
    "zone_private": (
        "片区“{found}”里只有民办学校。就近划片只用公办学位，请核对。",
        'the catchment "{found}" has only private schools. Catchments rest on public seats; check it.',
    ),
    "same_place": (
        "“{name}”与“{other}”在同一位置。请核对是否重复，或坐标抄错。",
        '"{name}" and "{other}" are at the same place. Check for a duplicate or a slip in the coordinates.',
    ),
    "class_size_unlikely": (
        "“{class}”班 {found} 人，很少见。请核对。",
        "class {class} has {found} pupils, which is rare. Check it.",
    ),
    "years_missing": (
        "缺 {found} 学年。预测按年递推，缺年会降低精度，请补上。",
        "the years {found} are missing. Forecasts go from year to year and lose accuracy: add them.",
    ),
    "district_unknown": (
        "“{found}”不在学校或行政区的区县名里。请统一写法。{hint}",
        '"{found}" is not among the districts of the schools or areas. Use one spelling. {hint}',
    ),
}


def _table(kinds: dict[str, tuple[str, str]], level: str) -> dict[str, Kind]:
    return {name: Kind(zh, en, level) for name, (zh, en) in kinds.items()}


KINDS: dict[str, Kind] = {
    **_table(_FILES | _COLUMNS | _VALUES | _GEOMETRY | _PROJECT, ERROR),
    **_table(_FILE_NOTES | _COLUMN_NOTES | _GEOMETRY_NOTES | _PROJECT_NOTES, WARNING),
}
