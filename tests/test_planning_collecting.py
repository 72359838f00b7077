"""Returns that came back: known again, checked, sent back or accepted, and taken in whole when told to."""

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from planning import collecting, importlog, merging
from planning.collecting import counts, issue, receive, returned, slip, slips, status, take_in
from planning.forms import Issue
from planning.project import Project, open_project
from planning.templates import filled
from tests.collecting import SPANS, county, fill, sheets
from tests.collecting import counts as numbers

YEAR = 2026
SIZES = {"S1": 12, "S2": 6, "S3": 18}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return county(tmp_path / "home")


def form(project: Project, owner: str | None, layer: str = "classes", **more: object) -> bytes:
    return filled(project, Issue(layer, YEAR, **more), owner)


def back(
    project: Project, owner: str, folder: Path, *, add: int = 0, name: str = "", marked: bool = True
) -> Path:
    """Return the class form of a school, every class filled in."""
    path = folder / (name or f"{owner}.xlsx")
    given = [40 + add + n for n in range(SIZES[owner])]
    return fill(form(project, owner), path, change=numbers(given, 2), marked=marked)


def states(project: Project, layer: str = "classes") -> dict[str, str]:
    table = status(project, layer, YEAR)
    return dict(zip(table["owner"], table["state"], strict=True))


def test_a_collection_from_sending_out_to_taking_in(project, tmp_path):
    sent = issue(project.folder, "classes", YEAR, due="9月10日")
    assert sent["name"].endswith(".zip") and sent["senders"] == 3 and sent["revision"] == 1
    assert states(project) == {"S1": "missing", "S2": "missing", "S3": "missing"}
    wrong = fill(form(project, "S2"), tmp_path / "S2.xlsx", change=numbers([50, -1, "x", 1.5, None, 45], 2))
    found = receive(project.folder, [back(project, "S1", tmp_path), wrong], YEAR)
    assert [row["owner"] for row in found["accepted"]] == ["S1"]
    assert [row["owner"] for row in found["refused"]] == ["S2"]
    assert states(project) == {"S1": "accepted", "S2": "refused", "S3": "missing"}
    assert counts(status(project, "classes", YEAR)) == {"missing": 1, "refused": 1, "accepted": 1, "taken": 0}

    before = project.layers["classes"]
    report = take_in(project.folder, "classes", YEAR)
    assert report["saved"] and report["owners"] == ["S1"]
    assert sorted(report["missing"]) == ["北山学校", "第二中学"]
    after = open_project(project.folder)
    classes = after.layers["classes"]
    # last year's rows stay last year's, this year's are those of the school that returned
    pd.testing.assert_frame_equal(
        classes[classes["year"] == 2025].reset_index(drop=True), before, check_dtype=False
    )
    this = classes[classes["year"] == YEAR]
    assert set(this["school_id"]) == {"S1"} and this["pupils"].tolist() == [40 + n for n in range(12)]
    source = after.sources.set_index("layer").loc["classes"]
    assert source["as_of"] == "2026-09-01" and "1/3" in source["source"] and "缺 2" in source["source"]
    assert states(after) == {"S1": "taken", "S2": "refused", "S3": "missing"}
    again = take_in(project.folder, "classes", YEAR)
    assert not again["saved"] and open_project(project.folder).version == after.version


def test_what_is_wrong_is_said_with_row_and_column_in_a_slip(project, tmp_path):
    wrong = fill(form(project, "S2"), tmp_path / "S2.xlsx", change=numbers([50, -1, "x3", 1.5, None, 45], 2))
    receive(project.folder, [wrong], YEAR)
    record = collecting.standing(project.folder, "classes", YEAR)["S2"]
    assert len(record["reasons"]) == 4
    cells = sheets(slip(record, name="第二中学"))["退回单"]
    assert [row[2] for row in cells[1:]] == [4, 5, 6, 7] and {row[3] for row in cells[1:]} == {"班额"}
    assert "-2" not in cells[1][4] and "负数" in cells[1][4]
    assert "negative" in sheets(slip(record, name="x", lang="en"))["Sent back"][1][4]
    with zipfile.ZipFile(_saved(tmp_path / "all.zip", slips(project, "classes", YEAR))) as archive:
        assert archive.namelist() == ["001_第二中学.xlsx"]


def _saved(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_later_return_stands_in_place_of_the_earlier_and_both_stay_in_the_record(project, tmp_path):
    receive(project.folder, [back(project, "S1", tmp_path)], YEAR)
    take_in(project.folder, "classes", YEAR)
    later = back(project, "S1", tmp_path / "later", add=1)
    receive(project.folder, [later], YEAR)
    row = status(project, "classes", YEAR).set_index("owner").loc["S1"]
    assert (row["state"], row["versions"]) == ("accepted", 2)
    kept = [r["rows"][0]["pupils"] for r in collecting.read(project.folder) if r["kind"] == "return"]
    assert kept == [40, 41]
    take_in(project.folder, "classes", YEAR)
    classes = open_project(project.folder).layers["classes"]
    assert classes.loc[classes["year"] == YEAR, "pupils"].tolist() == [41 + n for n in range(12)]


def test_a_return_that_comes_while_an_earlier_is_taken_in_is_still_to_be_taken(project, tmp_path):
    receive(project.folder, [back(project, "S1", tmp_path)], YEAR)
    later = back(project, "S1", tmp_path / "later", add=1)

    def meanwhile(share: float, said: str) -> None:
        if share == 1.0:  # saved, and not yet in the record
            receive(project.folder, [later], YEAR)

    assert take_in(project.folder, "classes", YEAR, progress=meanwhile)["saved"]
    assert states(project)["S1"] == "accepted"
    assert take_in(project.folder, "classes", YEAR)["saved"] and states(project)["S1"] == "taken"


def test_the_same_file_again_is_no_new_return(project, tmp_path):
    path = back(project, "S1", tmp_path)
    receive(project.folder, [path], YEAR)
    assert receive(project.folder, [path], YEAR)["unchanged"][0]["owner"] == "S1"
    assert status(project, "classes", YEAR).set_index("owner").loc["S1", "versions"] == 1


class InGbk(zipfile.ZipInfo):
    """An entry as Chinese Windows packs it: its name in GBK, without a flag."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gbk"), self.flag_bits


def test_a_zip_of_returns_is_unpacked_with_its_folders_and_gbk_names(project, tmp_path):
    back(project, "S1", tmp_path / "in", name="第一小学.xlsx")
    back(project, "S2", tmp_path / "in", name="城关镇_第二中学.xlsx")
    (tmp_path / "in" / "说明.docx").write_bytes(b"PK")
    with zipfile.ZipFile(tmp_path / "back.zip", "w") as archive:
        for path in sorted((tmp_path / "in").iterdir()):
            archive.writestr(InGbk(f"returns/{path.name}"), path.read_bytes())
    found = receive(project.folder, [tmp_path / "back.zip"], YEAR)
    assert states(project) == {"S1": "accepted", "S2": "accepted", "S3": "missing"}
    assert {row["file"] for row in found["accepted"]} == {"第一小学.xlsx", "城关镇_第二中学.xlsx"}
    assert ["说明.docx" in fault.text() for fault in found["faults"]] == [True]


def test_a_wrong_later_return_is_not_papered_over_by_the_earlier(project, tmp_path):
    receive(project.folder, [back(project, "S1", tmp_path)], YEAR)
    wrong = fill(form(project, "S1"), tmp_path / "b" / "S1.xlsx", change=numbers([-1], 2))
    receive(project.folder, [wrong], YEAR)
    assert states(project)["S1"] == "refused"
    assert returned(project.folder, "classes", YEAR).empty


@pytest.mark.parametrize("name", ["S1_班额.xlsx", "第一小学班额表.xlsx", "回复.xlsx"])
def test_a_form_without_its_mark_is_known_by_code_name_or_title(project, tmp_path, name):
    path = back(project, "S1", tmp_path, name=name, marked=False)
    receive(project.folder, [path], YEAR)
    assert states(project)["S1"] == "accepted"
    # what was assumed is said
    notes = collecting.standing(project.folder, "classes", YEAR)["S1"]["notes"]
    assert [note["kind"] for note in notes] == ["return_by_name"] and "第一小学" in notes[0]["zh"]


def test_rows_that_name_their_schools_are_shared_out(project, tmp_path):
    # by content alone: no mark, no title, no telling file name
    rows = [["学校名称", "学年", "年级", "班号", "班额"]]
    rows += [[name, "2026学年", f"{g}年级", "1班", 41] for name, (_, lo, hi) in
             zip(("第一小学", "第二中学"), SPANS, strict=False) for g in range(lo, hi + 1)]  # fmt: skip
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "x.xlsx") as book:
        sheet = book.add_worksheet("Sheet1")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    found = receive(project.folder, [tmp_path / "x.xlsx"], YEAR)
    assert states(project) == {"S1": "accepted", "S2": "accepted", "S3": "missing"}
    assert not found["faults"]


def test_a_file_that_is_nobodys_is_named_and_nothing_is_kept(project, tmp_path):
    from planning.formbook import Field, Formbook, write

    path = _saved(
        tmp_path / "通讯录.xlsx", write(Formbook("x", "x", [Field("甲"), Field("乙")], [["1", "2"]]))
    )
    found = receive(project.folder, [path], YEAR)
    assert [f.kind for f in found["faults"]] == ["return_unknown"] and found["faults"][
        0
    ].file == "通讯录.xlsx"
    assert not (project.folder / collecting.COLLECTION_FILE).exists()


def test_forms_of_another_year_or_project_are_sent_back_as_such(project, tmp_path):
    other = filled(project, Issue("classes", YEAR - 1), "S1")
    found = receive(project.folder, [_saved(tmp_path / "a.xlsx", other)], YEAR)
    assert [f.kind for f in found["faults"]] == ["return_other_year"]
    elsewhere = fill(form(project, "S1"), tmp_path / "b.xlsx", change=numbers([], 2))
    county(tmp_path / "home2")
    (tmp_path / "home2" / "county").rename(tmp_path / "home2" / "other")
    text = (tmp_path / "home2" / "other" / "project.toml").read_text(encoding="utf-8")
    (tmp_path / "home2" / "other" / "project.toml").write_text(
        text.replace('"county"', '"other"'), encoding="utf-8"
    )
    found = receive(tmp_path / "home2" / "other", [elsewhere], YEAR)
    assert [f.kind for f in found["faults"]] == ["return_other_project"]


def test_a_grade_that_is_not_reported_is_asked_for_not_taken_as_zero(project, tmp_path):
    def without_grade_two(cells: list) -> None:
        for row in cells[2:]:
            row[1] = 80
        del cells[3]

    path = fill(form(project, "S1", "enrolment"), tmp_path / "e.xlsx", change=without_grade_two)
    receive(project.folder, [path], YEAR)
    record = collecting.standing(project.folder, "enrolment", YEAR)["S1"]
    assert [r["kind"] for r in record["reasons"]] == ["return_rows_missing"]
    assert "二年级" in record["reasons"][0]["zh"] and "grade 2" in record["reasons"][0]["en"]
    blank = fill(
        form(project, "S1", "enrolment"), tmp_path / "f.xlsx", change=numbers([80, None, 0, 1, 2, 3], 1)
    )
    receive(project.folder, [blank], YEAR)
    record = collecting.standing(project.folder, "enrolment", YEAR)["S1"]
    assert [r["kind"] for r in record["reasons"]] == ["value_missing"]


def test_an_old_form_is_taken_with_a_question(project, tmp_path):
    issue(project.folder, "classes", YEAR)
    path = back(project, "S1", tmp_path)
    assert issue(project.folder, "classes", YEAR)["revision"] == 2
    receive(project.folder, [path], YEAR)
    record = collecting.standing(project.folder, "classes", YEAR)["S1"]
    assert record["state"] == "accepted"
    assert [r["kind"] for r in record["notes"]] == ["return_old_form"]


def test_towns_report_their_own_units(project, tmp_path):
    def every(cells: list) -> None:
        for row in cells[2:]:
            row[2:4] = [7, 1]

    path = fill(form(project, "北山镇", "children"), tmp_path / "c.xlsx", change=every)
    receive(project.folder, [path], YEAR)
    assert states(project, "children") == {"北山镇": "accepted", "城关镇": "missing"}
    assert set(returned(project.folder, "children", YEAR)["unit_id"]) == {"U3", "U4"}
    assert take_in(project.folder, "children", YEAR)["saved"]
    assert len(open_project(project.folder).layers["children"]) == 12

    def strange(cells: list) -> None:
        every(cells)
        cells[2][0] = "河东村"

    other = fill(form(project, "北山镇", "children"), tmp_path / "d.xlsx", change=strange)
    receive(project.folder, [other], YEAR)
    record = collecting.standing(project.folder, "children", YEAR)["北山镇"]
    assert {"return_other_owner", "return_rows_missing"} <= {r["kind"] for r in record["reasons"]}


def test_facts_are_written_over_and_the_school_stays_where_it_is(project, tmp_path):
    head = sheets(form(project, "S3", "schools"))["学校"][1]

    def change(cells: list) -> None:
        cells[2][head.index("教室数")] = 24
        cells[2][head.index("寄宿制")] = "否"
        cells[2][head.index("公办民办")] = ""

    path = fill(form(project, "S3", "schools"), tmp_path / "s.xlsx", change=change)
    receive(project.folder, [path], YEAR)
    assert take_in(project.folder, "schools", YEAR)["saved"]
    before, after = (
        p.layers["schools"].set_index("school_id") for p in (project, open_project(project.folder))
    )
    assert after.loc["S3", "classrooms"] == 24 and not after.loc["S3", "boarding"]
    assert after.loc["S3", "provider"] == "private"
    assert after.geometry.geom_equals_exact(before.geometry, 1e-6).all()
    assert after.loc["S1", "classrooms"] == 12


def test_a_school_that_gives_another_place_is_moved_there(project):
    rows = pd.DataFrame({"school_id": ["S1"], "x": [110.1], "y": [39.8]})
    moved = merging.merged(project, "schools", rows).set_index("school_id")
    stood = project.layers["schools"].set_index("school_id")
    lon_lat = moved.geometry.to_crs(4490).loc["S1"]
    assert (round(lon_lat.x, 6), round(lon_lat.y, 6)) == (110.1, 39.8)
    assert moved.geometry.loc["S2"].equals(stood.geometry.loc["S2"])


def test_estates_come_back_from_the_housing_office(project, tmp_path):
    def add(cells: list) -> None:
        cells.append(["E1", "新城一期", "河东村", "城关镇", 800, 2027, "商品房", "", "", ""])

    path = fill(form(project, "office", "estates"), tmp_path / "e.xlsx", change=add)
    receive(project.folder, [path], YEAR)
    assert states(project, "estates") == {"office": "accepted"}
    assert returned(project.folder, "estates", YEAR)["unit_id"].tolist() == ["U2"]
    assert take_in(project.folder, "estates", YEAR)["saved"]
    assert open_project(project.folder).layers["estates"]["households"].tolist() == [800]


def test_a_roll_of_pupils_sent_by_mistake_leaves_no_name_and_no_number(project, tmp_path):
    import xlsxwriter

    marks = ("张标记", "150602201501011234", "13800001111", "标记路9号")
    with xlsxwriter.Workbook(tmp_path / "S1_班额表.xlsx") as book:
        sheet = book.add_worksheet("名册")
        sheet.write_row(0, 0, ["姓名", "身份证号", "年级", "班号", "人数", "电话", "住址"])
        sheet.write_row(
            1, 0, ["张标记", "150602201501011234", "张标记", "1", "张标记", "13800001111", "标记路9号"]
        )
        sheet.write_row(
            2, 0, ["张标记", "x", "一年级", "1", "150602201501011234", "13800001111", "标记路9号"]
        )
    found = receive(project.folder, [tmp_path / "S1_班额表.xlsx"], YEAR)
    assert [row["owner"] for row in found["refused"]] == ["S1"]
    written = "".join(p.read_text(encoding="utf-8") for p in project.folder.rglob("*.jsonl"))
    assert written and not [mark for mark in marks if mark in written]


def test_names_in_place_of_classes_are_sent_back_and_not_kept(project, tmp_path):
    def named(cells: list) -> None:
        for row, name in zip(
            cells[2:], ("王标记", "李标记", "张标记", "刘标记", "陈标记", "杨标记"), strict=False
        ):
            row[1:3] = [name, 40]

    path = fill(form(project, "S2"), tmp_path / "n.xlsx", change=named)
    receive(project.folder, [path], YEAR)
    record = collecting.standing(project.folder, "classes", YEAR)["S2"]
    assert "return_personal" in {reason["kind"] for reason in record["reasons"]}
    assert "标记" not in (project.folder / collecting.COLLECTION_FILE).read_text(encoding="utf-8")


def test_what_is_not_the_layers_own_is_not_said_of_new_rows(project):
    classes = project.layers["classes"].assign(source="旧来源")
    enrolment = project.layers["enrolment"].assign(district="某区", source="旧来源")
    layers = {**project.layers, "classes": classes, "enrolment": enrolment}
    rows = pd.DataFrame({"school_id": ["S1"], "year": [YEAR], "grade": [1], "pupils": [9]})
    new = merging.merged(replace(project, layers=layers), "enrolment", rows).iloc[-1]
    assert new["district"] == "某区" and pd.isna(new["source"])
    again = merging.merged(replace(project, layers=layers), "classes", rows.assign(class_no="1"))
    assert pd.isna(again["source"].iloc[-1]) and (again["source"].iloc[:-1] == "旧来源").all()


def test_one_form_for_all_is_shared_out_to_the_schools(project, tmp_path):
    sent = issue(project.folder, "enrolment", YEAR, in_one=True)
    assert sent["name"] == "2026在校生表.xlsx"
    path = fill(sent["data"], tmp_path / "all.xlsx", change=numbers(range(50, 80), 2))
    receive(project.folder, [path], YEAR)
    assert states(project, "enrolment") == {"S1": "accepted", "S2": "accepted", "S3": "accepted"}
    assert returned(project.folder, "enrolment", YEAR)["pupils"].tolist() == list(range(50, 68))


def test_in_one_form_for_all_only_those_with_faults_are_sent_back(project, tmp_path):
    sent = issue(project.folder, "enrolment", YEAR, in_one=True)
    path = fill(sent["data"], tmp_path / "all.xlsx", change=numbers([50] * 7 + [-1, "x"] + [51] * 9, 2))
    found = receive(project.folder, [path], YEAR)
    assert states(project, "enrolment") == {"S1": "accepted", "S2": "refused", "S3": "accepted"}
    assert not found["faults"]
    reasons = collecting.standing(project.folder, "enrolment", YEAR)["S2"]["reasons"]
    assert [reason["row"] for reason in reasons] == [10, 11]


def test_a_refused_import_leaves_project_and_record_as_they_were(project, tmp_path, monkeypatch):
    receive(project.folder, [back(project, "S1", tmp_path)], YEAR)
    records = collecting.read(project.folder)
    # someone takes the school out between accepting and taking in
    from planning.project import save_layers

    schools = project.layers["schools"]
    save_layers(
        project, {"schools": schools[schools["school_id"] != "S1"], "enrolment": None, "classes": None}
    )
    version = open_project(project.folder).version
    report = take_in(project.folder, "classes", YEAR)
    assert not report["saved"]
    assert open_project(project.folder).version == version
    assert collecting.read(project.folder) == records
    assert not importlog.read(project.folder)


def test_a_record_cut_short_by_a_crash_costs_only_itself(project, tmp_path):
    receive(project.folder, [back(project, "S1", tmp_path)], YEAR)
    path = project.folder / collecting.COLLECTION_FILE
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"kind": "return"})[:9])
    assert states(project)["S1"] == "accepted"
    receive(project.folder, [back(project, "S2", tmp_path)], YEAR)
    assert states(project)["S2"] == "accepted"


def test_cancelling_keeps_what_was_read(project, tmp_path):
    asked = iter([False, True])
    files = [back(project, "S1", tmp_path), back(project, "S2", tmp_path)]
    found = receive(project.folder, files, YEAR, cancelled=lambda: next(asked))
    assert found["files"] == 1 and states(project) == {"S1": "accepted", "S2": "missing", "S3": "missing"}
