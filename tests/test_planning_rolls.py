"""Rolls read from bytes, added up in memory, and made into layers, in a town of six units."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from gis.faults import FaultError, errors
from planning import rollcount, rolllayers, rolls
from planning.project import Project, create_project, open_project
from planning.rollcount import Counted, Settings
from planning.rolljobs import count_roll
from planning.rolltemplates import ROLLS, guess

UNITS = gpd.GeoDataFrame(
    {
        "unit_id": [f"U{n}" for n in range(1, 7)],
        "name": ["阳光花园", "锦绣家园", "幸福里", "石桥村", "柳树村", "金水湾雅居"],
        "kind": ["estate", "estate", "estate", "village", "village", "estate"],
        "town": ["河西街道"] * 3 + ["青石镇"] * 2 + ["河西街道"],
        "district": "东岭县",
    },
    geometry=[box(n * 100, 0, n * 100 + 100, 100) for n in range(6)],
    crs="EPSG:4547",
)
SCHOOLS = pd.DataFrame(
    {"school_id": ["S1", "S2"], "name": ["东岭第一小学", "东岭第二小学"], "area": ["urban", "rural"]}
)
LAYERS = {"units": UNITS, "schools": SCHOOLS}
PUPILS = ["学校名称", "年级", "班级", "姓名", "身份证件号", "现住址", "是否随迁子女", "就读方式"]


def csv(rows: Sequence[Sequence[Any]], headers: Sequence[str] = PUPILS, encoding: str = "gb18030") -> bytes:
    return pd.DataFrame(rows, columns=list(headers)).to_csv(index=False).encode(encoding)


def xlsx(rows: Sequence[Sequence[Any]], headers: Sequence[str] = PUPILS) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(rows, columns=list(headers)).to_excel(buffer, index=False, engine="xlsxwriter")
    return buffer.getvalue()


def number(serial: int, born: str = "20190503") -> str:
    return f"150602{born}{serial:04d}"


ROWS = [
    ("东岭第一小学", "一年级", "1班", "赵甲", number(1), "河西街道阳光花园3号楼101室", "是", "走读"),
    ("东岭第一小学", "一年级", "1班", "钱乙", number(2), "河西街道阳光花园5号楼202室", "否", "走读"),
    ("S1", "二年级", "2班", "孙丙", number(3), "青石镇石桥村2组8号", "否", "住校"),
    ("东岭第二小学", "三年级", "1班", "李丁", number(4), "河西街道望江苑2栋301", "否", "走读"),
    ("东岭第二小学", "三年级", "1班", "周戊", number(5), "河西街道望江苑6栋502", "否", "走读"),
    ("东岭第二小学", "三年级", "1班", "吴己", number(6), "西岭县城关镇某小区1栋", "是", "走读"),
    ("不知名小学", "三年级", "1班", "郑庚", number(7), "锦绣家园1栋", "否", "走读"),
    ("东岭第一小学", "一年级", "1班", "赵甲", number(1), "河西街道阳光花园3号楼101室", "是", "走读"),
    ("东岭第一小学", "十年级", "1班", "王辛", number(8), "锦绣家园1栋", "否", "走读"),
]


def counted(data: bytes, roll: str = "enrolled", file: str = "roll.csv", **options: Any) -> Counted:
    roster = rolls.read([(file, data)], ROLLS[roll], year=2026, **options)
    return rollcount.count(roster, LAYERS, Settings(2026))


@pytest.mark.parametrize(("file", "write"), [("roll.csv", csv), ("roll.xlsx", xlsx)])
def test_pupils_are_added_up_by_home_school_grade_and_flags(file: str, write: Any) -> None:
    found = counted(write(ROWS), file=file)
    layer = rolllayers.attendance(found)
    first = layer[(layer["unit_id"] == "U1") & (layer["school_id"] == "S1") & (layer["grade"] == 1)]
    names = ["pupils", "migrant", "boarding", "area"]
    assert first[names].to_numpy().tolist() == [[2, 1, 0, "urban"]]
    assert layer.loc[layer["unit_id"] == "U4", "boarding"].tolist() == [1]
    assert layer["pupils"].sum() == 6
    assert (layer["year"] == 2026).all()


def test_whoever_is_not_counted_is_told_by_reason_and_row() -> None:
    found = counted(csv(ROWS))
    assert found.rows == len(ROWS)
    left = found.left_out.set_index("reason")
    assert left["rows"].to_dict() == {"double": 1, "grade": 1}
    assert left["where"].to_dict() == {"double": "9", "grade": "10"}
    assert rolllayers.without_school(found).to_dict("records") == [{"school": "不知名小学", "pupils": 1}]
    every = found.cells["pupils"].sum() + left["rows"].sum()
    assert every == len(ROWS)


def test_unmatched_homes_are_listed_and_can_be_assigned() -> None:
    found = counted(csv(ROWS))
    place = found.places.iloc[0]
    assert (place["word"], place["town"], place["rows"]) == ("望江苑", "河西街道", 2)
    assert rolllayers.without_home(found) == {"outside": 1, "unknown": 2}
    homes = {place["place"]: "U6"}
    layer = rolllayers.attendance(found, homes=homes, schools={"不知名小学": "S2"})
    assert layer.loc[layer["unit_id"] == "U6", "pupils"].sum() == 2
    assert layer["pupils"].sum() == 7
    assert rolllayers.without_home(found, homes) == {"outside": 1, "unknown": 0}
    kept = rolllayers.aliases(found, homes)
    assert kept.to_dict("records") == [{"alias": "望江苑", "town": "河西街道", "unit_id": "U6"}]


@pytest.mark.parametrize(
    "address",
    ["欧阳娜娜", "人民路15号", "欧阳娜娜家3栋", "望江苑欧阳娜娜", "13812345678", number(99)],
)
def test_no_alias_holds_a_name_a_door_or_a_number(address: str) -> None:
    rows = [
        ("S1", "一年级", "1班", name, number(n), address, "否", "走读")
        for n, name in enumerate(["欧阳娜娜", "赵甲", "钱乙"])
    ]
    found = counted(csv(rows))
    kept = rolllayers.aliases(found, dict.fromkeys(found.places["place"], "U1"))
    assert kept.empty


def test_a_word_of_one_row_is_no_alias() -> None:
    found = counted(csv([ROWS[3]]))
    assert rolllayers.aliases(found, dict.fromkeys(found.places["place"], "U1")).empty


def test_same_name_and_birth_date_is_a_double_only_with_the_same_home() -> None:
    headers = ["学校", "年级", "姓名", "出生日期", "现住址"]
    rows = [
        ("S1", "一年级", "赵甲", "2019-05-03", "阳光花园1栋"),
        ("S1", "一年级", "赵甲", "2019-05-03", "阳光花园1栋"),
        ("S1", "一年级", "赵甲", "2019-05-03", "锦绣家园1栋"),
        ("S1", "一年级", "赵乙", "2019-05-03", "阳光花园1栋"),
    ]
    found = counted(csv(rows, headers))
    assert found.left_out[["reason", "rows", "where"]].to_numpy().tolist() == [["double", 1, "3"]]
    assert [f.params["rows"] for f in found.faults if f.kind == "roll_alike"] == ["4"]


def test_children_by_cohort_with_the_cut_off() -> None:
    headers = ["姓名", "出生日期", "户籍地址"]
    rows = [
        ("赵甲", "2020-08-31", "阳光花园1栋"),
        ("钱乙", "2020-09-01", "阳光花园2栋"),
        ("孙丙", "2005-01-01", "阳光花园3栋"),
        ("李丁", "", "阳光花园3栋"),
        ("周戊", "2021-01-01", "西岭县城关镇某小区"),
    ]
    data = csv(rows, headers)
    found = counted(data, "registered")
    layer = rolllayers.children(found)
    assert layer[["unit_id", "cohort", "children"]].to_numpy().tolist() == [["U1", 2026, 1], ["U1", 2027, 1]]
    assert layer["migrant"].isna().all()  # the register does not say
    assert set(found.left_out["reason"]) == {"birth", "age"}
    roster = rolls.read([("roll.csv", data)], ROLLS["registered"])
    later = rollcount.count(roster, LAYERS, Settings(2026, cutoff=(9, 1)))
    assert rolllayers.children(later)["cohort"].tolist() == [2026]


def test_holders_of_permits_are_migrant_children() -> None:
    found = counted(
        csv([("赵甲", "2020-01-01", "阳光花园1栋")], ["姓名", "出生日期", "居住证地址"]), "permit"
    )
    assert rolllayers.children(found)["migrant"].tolist() == [1]


def test_registers_are_compared_not_added_up() -> None:
    one = pd.DataFrame({"unit_id": ["U1", "U2"], "cohort": 2026, "children": [10, 4]})
    two = pd.DataFrame({"unit_id": ["U1", "U3"], "cohort": 2026, "children": [7, 4]})
    found = rolllayers.differences({"户籍": one, "接种": two})
    assert found.to_numpy().tolist() == [["U2", 2026, 4, 0, 4], ["U3", 2026, 0, 4, 4], ["U1", 2026, 10, 7, 3]]


def test_a_roll_without_a_home_or_grade_is_refused_with_every_fault() -> None:
    with pytest.raises(FaultError) as raised:
        rolls.read([("a.csv", csv([("S1", "赵甲")], ["学校", "姓名"]))], ROLLS["enrolled"])
    kinds = {fault.kind for fault in errors(raised.value.faults)}
    assert kinds == {"column_missing", "roll_no_home"}
    with pytest.raises(FaultError) as raised:
        rolls.read([("a.csv", csv([("赵甲", "阳光花园")], ["姓名", "住址"]))], ROLLS["vaccination"])
    assert {fault.kind for fault in errors(raised.value.faults)} == {"roll_no_birth"}


def test_faults_do_not_repeat_what_stands_in_personal_cells() -> None:
    rows = [*ROWS, ("S1", "不知", "1班", "冯壬", number(12), "阳光花园1栋", "也许", "走读", "多余的冯壬")]
    text = csv(ROWS).decode("gb18030") + ",".join(map(str, rows[-1])) + "\n"
    roster = rolls.read([("roll.csv", text.encode())], ROLLS["enrolled"])
    said = "\n".join(f"{fault} {fault.text('en')} {fault.found} {fault.params}" for fault in roster.faults)
    assert "十年级" in said  # what is wrong with a grade may be said
    assert "row_too_long" in {fault.kind for fault in roster.faults}
    for row in rows:
        assert row[3] not in said
        assert row[4] not in said


def test_several_files_and_sheets_are_one_roll() -> None:
    files = [
        ("a.csv", csv(ROWS[:2])),
        ("b.xlsx", xlsx(ROWS[2:4])),
        ("c.csv", csv(ROWS[:1], encoding="utf-8-sig")),
    ]
    roster = rolls.read(files, ROLLS["enrolled"], year=2026)
    found = rollcount.count(roster, LAYERS, Settings(2026))
    assert found.rows == 5
    assert found.left_out["where"].tolist() == ["c.csv·2"]


def test_grade_out_of_the_class_and_year_of_entry() -> None:
    headers = ["学校", "班级", "姓名", "小区"]
    rows = [("S1", "三(2)班", "赵甲", "U1"), ("S1", "小学2024级1班", "钱乙", "锦绣家园")]
    layer = rolllayers.attendance(counted(csv(rows, headers)))
    assert layer[["unit_id", "grade"]].to_numpy().tolist() == [["U1", 3], ["U2", 3]]


@pytest.mark.parametrize(
    ("file", "roll"),
    [
        ("2026学籍.xlsx", "enrolled"),
        ("预防接种个案.csv", "vaccination"),
        ("居住证.xls", "permit"),
        ("户籍0-14.csv", "registered"),
        ("幼儿园名单.xlsx", "kindergarten"),
        ("表1.xlsx", "enrolled"),
    ],
)
def test_guess_by_file_name(file: str, roll: str) -> None:
    assert guess(file) == roll


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return create_project(LAYERS, name="东岭县", year=2026, epsg=4547, folder=tmp_path)


def test_saving_keeps_other_years_and_the_fix_as_an_alias(project: Project) -> None:
    answer = count_roll(project.folder, [("roll.csv", csv(ROWS))], "enrolled", year=2025)
    saved = rolllayers.save(project, answer["counted"], as_of="2025-09-01")
    answer = count_roll(saved.folder, [("roll.csv", csv(ROWS))], "enrolled", year=2026)
    found = answer["counted"]
    homes = {found.places["place"].iloc[0]: "U6"}
    saved = rolllayers.save(saved, found, homes=homes, as_of="2026-09-01")
    layer = open_project(project.folder).layers["attendance"]
    assert layer.groupby("year")["pupils"].sum().to_dict() == {2025: 6, 2026: 6}
    stated = saved.sources.set_index("layer")
    assert (stated.loc["attendance", "as_of"], stated.loc["attendance", "file"]) == ("2026-09-01", "")
    again = count_roll(saved.folder, [("roll.csv", csv(ROWS))], "enrolled", year=2026)["counted"]
    assert again.ways.set_index("kind")["rows"]["alias"] == 2
    assert again.places.empty


def test_schools_may_come_one_by_one(project: Project) -> None:
    first = count_roll(project.folder, [("a.csv", csv(ROWS[:3]))], "enrolled", year=2026)["counted"]
    saved = rolllayers.save(project, first)
    for rows in (ROWS[3:6], ROWS[3:5]):  # the second school once too many, then again as it should be
        answer = count_roll(saved.folder, [("b.csv", csv(rows))], "enrolled", year=2026)
        saved = rolllayers.save(saved, answer["counted"])
    pupils = saved.layers["attendance"].groupby("school_id")["pupils"].sum()
    assert pupils.to_dict() == {"S1": 3, "S2": 2}


def test_the_job_gives_faults_back(project: Project) -> None:
    answer = count_roll(project.folder, [("a.csv", csv([("赵甲",)], ["姓名"]))], "enrolled", year=2026)
    assert errors(answer["faults"])


def test_the_share_found_leaves_out_other_counties() -> None:
    found = counted(csv(ROWS[:6]))
    assert found.matched == pytest.approx(3 / 5)
