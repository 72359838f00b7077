"""The one table of fault kinds: what was found, what was expected, how to mend it, in Chinese and English.

A template is the part of the sentence after the place. Fields: ``found, column, row, file, sheet, layer`` and
the names in the fault's ``params``; both languages use the same ones.
"""

from __future__ import annotations

from typing import NamedTuple

from gis.fault_kinds_files import FILE_NOTES, FILES
from gis.fault_kinds_map import GEOMETRY, GEOMETRY_NOTES, PROJECT, PROJECT_NOTES

ERROR = "error"
WARNING = "warning"


class Kind(NamedTuple):
    """Templates and level of one kind of fault."""

    zh: str
    en: str
    level: str


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
    "header_guessed": (
        "这个表头是拼音首字母或截短的写法，已认作“{label}”。请核对；不对时指明它是哪一列。",
        "this header is short for something, by the initials of its pinyin or cut off, and was taken for "
        '"{label}". If that is wrong, say which column it is.',
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
    "value_is_date": (
        "“{found}”被 Excel 当成了日期（原来多半写的是 9-1 一类）。请把这一列设为文本后重新填写。",
        '"{found}" was turned into a date by Excel (9-1 or the like was meant). Format the column as text '
        "and enter it again.",
    ),
    "value_intake": (
        "“{found}”是入学年份，分不清是小学还是初中，或这一学年已不在校。请改写成一年级、七年级，或加“学段”列。",
        '"{found}" is a year of entry that does not tell primary from junior, or they have left by then. '
        "Write the grade, or add a column with the stage.",
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
    **_table(FILES | _COLUMNS | _VALUES | GEOMETRY | PROJECT, ERROR),
    **_table(FILE_NOTES | _COLUMN_NOTES | GEOMETRY_NOTES | PROJECT_NOTES, WARNING),
}
