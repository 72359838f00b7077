"""What schools send: pupils by grade in two years' forms, and the sizes of their classes, town by town."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from data.demo.settings import YEAR
from data.dirty.sheets import MARK, Table, records

GRADES: Final = ("一", "二", "三", "四", "五", "六", "七", "八", "九")
PAST: Final = "事业统计/历年在校生（系统导出）.xls"
NOW: Final = f"事业统计/{YEAR}学年在校生.xlsx"
_WIDE: Final = str.maketrans("0123456789,.-", "０１２３４５６７８９，．－")
_SURNAMES: Final = "赵钱孙李周吴郑王冯陈褚卫"
#: One town's schools head their classes by the year of intake, another's in one word.
_INTAKE_TOWN, _SPOKEN_TOWN = 1, 2


def wide_digits(number: int) -> str:
    """Return a number in full-width digits (全角), as some input methods leave it."""
    return str(number).translate(_WIDE)


def enrolment(layers: Mapping[str, pd.DataFrame]) -> list[Table]:
    """Return the tables of pupils by grade: years past as a system prints them, this year as filled in."""
    frame = layers["enrolment"]
    past = _form(layers, frame[frame["year"] < YEAR], PAST)
    past.rows = [{k: _thousands(v) for k, v in row.items()} for row in past.rows]
    now = _form(layers, frame[frame["year"] == YEAR], NOW)
    now.footer += [["填表人：（合成）", "", "", "填表日期：2026年9月5日"]]
    for at in range(3, len(now.rows), 7):  # by hand, and so in any digits
        first = next(g for g in _heads() if now.rows[at][g] is not None)
        now.rows[at][first] = wide_digits(now.rows[at][first])
    now.spoil(5, _filled(now, 5)[-1], _half(now.rows[5][_filled(now, 5)[-1]]))
    now.spoil(11, _filled(now, 11)[0], -int(now.rows[11][_filled(now, 11)[0]]))
    return [past, now]


def _heads() -> list[str]:
    return [f"{numeral}年级" for numeral in GRADES]


def _filled(table: Table, at: int) -> list[str]:
    return [head for head in _heads() if isinstance(table.rows[at][head], int)]


def _half(pupils: int) -> float:
    return pupils + 0.5


def _thousands(cell: Any) -> Any:
    return f"{cell:,}" if isinstance(cell, int) and cell >= 1000 else cell


def _form(layers: Mapping[str, pd.DataFrame], frame: pd.DataFrame, file: str) -> Table:
    """Return enrolment with a column a grade under 小学 and 初中, and a row of totals at the end."""
    names = layers["schools"].set_index("school_id")["name"]
    rows = []
    for key, part in frame.groupby(["year", "school_id"], sort=True):
        year, school = int(str(key[0])), str(key[1])
        pupils = dict(zip(part["grade"], part["pupils"]))
        row: dict[str, Any] = {
            "学校代码": school,
            "学校名称": names[school],
            "旗区": str(part["district"].iloc[0]),
            "学年": f"{year}-{year + 1}学年",
        }
        row |= {head: _whole(pupils.get(grade)) for grade, head in enumerate(_heads(), start=1)}
        rows.append(row | {"合计": sum(int(n) for n in pupils.values())})
    columns = ["学校代码", "学校名称", "旗区", "学年", *_heads(), "合计"]
    groups = {head: "小学" if grade <= 6 else "初中" for grade, head in enumerate(_heads(), start=1)}
    totals = [sum(row[head] or 0 for row in rows) for head in [*_heads(), "合计"]]
    title = f"义务教育学校在校生统计表（{MARK}）"
    return Table(file, columns, rows, title, groups, [["合计", "", "", "", *totals]])


def _whole(pupils: Any) -> int | None:
    return None if pupils is None or pd.isna(pupils) else int(pupils)


def classes(layers: Mapping[str, pd.DataFrame]) -> list[Table]:
    """Return one workbook a town with the size of every class, as its schools filled them in."""
    schools = layers["schools"].set_index("school_id")
    frame = layers["classes"].assign(town=layers["classes"]["school_id"].map(schools["town"]))
    tables = []
    for number, (town, part) in enumerate(frame.groupby("town", sort=True)):
        table = _roster(str(town), part, schools["name"], number)
        table.footer = [["合计", "", "", "", "", int(part["pupils"].sum())]]
        tables.append(table)
    _spoil_classes(tables)
    return tables


def _roster(town: str, part: pd.DataFrame, names: pd.Series, number: int) -> Table:
    rows = [
        {
            "学校标识码": row["school_id"],
            "学校名称": names[row["school_id"]],
            "学年": f"{row['year']}学年",
            **_class_words(int(row["grade"]), int(row["class_no"]), number),
            "班级人数": int(row["pupils"]),
            "班主任": f"{_SURNAMES[at % len(_SURNAMES)]}老师（合成）",
            "联系电话": f"1990000{at:04d}",
        }
        for at, row in enumerate(records(part.sort_values(["school_id", "grade"], kind="stable")))
    ]
    title = f"{town}各校班额表（{MARK}）"
    return Table(f"班额/班额表_{town}.xlsx", list(rows[0]), rows, title, merged=("学校名称",))


def _class_words(grade: int, class_no: int, number: int) -> dict[str, str]:
    """Return a class as this town writes it: 2021级 and 3班, 初一 and (3)班, 七年级 and 3."""
    if number == _INTAKE_TOWN:
        begun = YEAR - (grade - 1 if grade <= 6 else grade - 7)
        stage = "小学" if grade <= 6 else "初中"
        return {"年级": f"{stage}{begun}级", "班级": f"{class_no}班"}
    if number == _SPOKEN_TOWN:
        word = f"初{GRADES[grade - 7]}" if grade > 6 else f"{GRADES[grade - 1]}年级"
        return {"年级": word, "班级": f"（{class_no}）班"}
    return {"年级": f"{GRADES[grade - 1]}年级", "班级": str(class_no)}


def _spoil_classes(tables: list[Table]) -> None:
    first, second, third = tables[0], tables[_SPOKEN_TOWN], tables[3]
    first.spoil(4, "班级人数", -first.rows[4]["班级人数"])
    first.intrude(9)
    second.spoil(2, "班级人数", second.rows[2]["班级人数"] + 0.5)
    third.spoil(1, "班级人数", third.rows[1]["班级人数"] + 9)  # does not add up to the school's pupils
