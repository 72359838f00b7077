"""Forms as schools get them: prefilled, with drop-downs, marked, and read back as they were filled in."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from gis.headers import match_headers
from gis.layers import SCHEMAS
from gis.readers import inspect, read_layer
from planning.formbook import HIDDEN, choosable, read_mark
from planning.formrows import rows_of
from planning.forms import FORMS, LAST_YEAR, Issue, senders
from planning.templates import blank, filled, pack
from tests.collecting import counts, county, fill, inside, sheets

CLASSES = Issue("classes", 2026, date="2026-09-01", due="9月10日")


def test_every_school_gets_a_form_of_its_own(tmp_path):
    project = county(tmp_path)
    files = inside(pack(project, CLASSES))
    assert sorted(files) == [
        "北山镇/S3_北山学校_2026班额表.xlsx",
        "城关镇/S1_第一小学_2026班额表.xlsx",
        "城关镇/S2_第二中学_2026班额表.xlsx",
    ]
    path = tmp_path / "S1.xlsx"
    path.write_bytes(files["城关镇/S1_第一小学_2026班额表.xlsx"])
    mark = read_mark(path)
    assert mark is not None
    wanted = {"layer": "classes", "year": 2026, "owner": "S1", "project": "county", "revision": 1}
    assert wanted.items() <= mark.items()
    title = sheets(path.read_bytes())["班级"][0][0]
    assert "第一小学" in title and "S1" in title and "2026学年" in title


def test_the_classes_of_last_year_have_moved_up_and_their_sizes_are_not_answers(tmp_path):
    rows = rows_of(county(tmp_path), CLASSES, "S1")
    assert rows[["grade", "class_no"]].values.tolist() == [[g, c] for g in range(1, 7) for c in ("1", "2")]
    assert rows["pupils"].isna().all()
    # grade 3 class 2 was grade 2 class 2; grade 1 is new
    assert rows.loc[(rows["grade"] == 3) & (rows["class_no"] == "2"), "last"].tolist() == [44]
    assert rows.loc[rows["grade"] == 1, "last"].isna().all()


def test_without_an_earlier_year_the_classes_of_the_year_itself_are_asked_for(tmp_path):
    rows = rows_of(county(tmp_path), replace(CLASSES, year=2025), "S2")
    assert rows[["grade", "class_no"]].values.tolist() == [[g, c] for g in (7, 8, 9) for c in ("1", "2")]
    assert rows["pupils"].isna().all() and rows["last"].notna().all()
    assert rows_of(county(tmp_path / "b"), replace(CLASSES, year=2024), "S2").empty


def test_a_form_filled_in_reads_back_as_it_was_filled_in(tmp_path):
    project = county(tmp_path)
    path = fill(filled(project, CLASSES, "S2"), tmp_path / "b.xlsx", change=counts([50, 51, 0, 1, 44, 45], 2))
    mark = read_mark(path)
    assert mark is not None
    said = {"school_id": mark["owner"], "year": mark["year"]}
    read = read_layer(path, "classes", table=mark["sheet"], values=said, mapping={LAST_YEAR.zh: ""})
    assert read.frame[SCHEMAS["classes"].names].values.tolist() == [
        ["S2", 2026, grade, number, pupils]
        for (grade, number), pupils in zip(
            [(7, "1"), (7, "2"), (8, "1"), (8, "2"), (9, "1"), (9, "2")], [50, 51, 0, 1, 44, 45], strict=True
        )
    ]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("layer", list(FORMS))
def test_a_form_looks_like_its_layer_in_either_language(tmp_path, layer, lang):
    project = county(tmp_path)
    path = tmp_path / "form.xlsx"
    path.write_bytes(filled(project, Issue(layer, 2026, lang=lang), None))
    found = {table.name: table.layer for table in inspect(path)}
    assert next(iter(found.values())) == layer
    assert not [name for name, guess in found.items() if guess and guess != layer]


def test_lists_stand_on_a_hidden_sheet_and_counts_are_checked(tmp_path):
    project = county(tmp_path)
    parts = inside(filled(project, CLASSES, None))
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    rules = re.findall(r"<dataValidation [^>]*type=\"(\w+)\".*?</dataValidation>", sheet, re.DOTALL)
    assert sorted(rules) == ["list", "list", "whole"]
    assert re.search(r"<formula1>'?_huapian'?!\$C\$1:\$C\$3</formula1>", sheet)
    assert 'state="veryHidden"' in parts["xl/workbook.xml"].decode()
    hidden = sheets(filled(project, CLASSES, None))[HIDDEN]
    assert [row[2] for row in hidden[:3]] == ["第一小学", "第二中学", "北山学校"]
    assert any(name.startswith("xl/comments") for name in parts)


def test_a_list_may_be_long(tmp_path):
    """Excel takes 255 letters of a list in the cell rule itself; a range has no such limit."""
    project = county(tmp_path)
    units = project.layers["units"]
    many = pd.concat([units.assign(unit_id=units["unit_id"] + f"-{n}", name=units["unit_id"] + f"小区{n}")
                      for n in range(500)], ignore_index=True)  # fmt: skip
    data = blank("children", project=replace(project, layers={"units": many}))
    assert "$2000</formula1>" in inside(data)["xl/worksheets/sheet1.xml"].decode()


def test_a_town_is_asked_about_its_own_units_and_coming_cohorts(tmp_path):
    issue = Issue("children", 2026)
    project = county(tmp_path)
    assert senders(project, "children")["owner"].tolist() == ["北山镇", "城关镇"]
    rows = rows_of(project, issue, "北山镇")
    assert set(rows["unit_id"]) == {"U3", "U4"} and set(rows["cohort"]) == set(range(2026, 2032))
    cells = sheets(filled(project, issue, "北山镇"))["适龄儿童"]
    # two units are called 花园小区: the id says which
    assert {row[0] for row in cells[2:]} == {"U3", "北山村"}


def test_facts_stand_in_the_form_with_degrees(tmp_path):
    rows = rows_of(county(tmp_path), Issue("schools", 2026), "S3")
    assert rows["name"].tolist() == ["北山学校"]
    assert rows["x"].between(105, 115).all() and rows["y"].between(39, 41).all()
    assert rows["boarding"].tolist() == [True]


def test_the_only_grades_offered_are_those_taught(tmp_path):
    hidden = sheets(filled(county(tmp_path), CLASSES, "S2"))[HIDDEN]
    assert [row[2] for row in hidden if row[2]] == ["七年级", "八年级", "九年级"]


def test_names_that_look_like_formulas_stay_text(tmp_path):
    project = county(tmp_path)
    schools = project.layers["schools"].copy()
    schools.loc[0, "name"] = '=HYPERLINK("http://x","y")'
    project = replace(project, layers={**project.layers, "schools": schools})
    for data in (*inside(pack(project, CLASSES)).values(), filled(project, CLASSES, None)):
        parts = inside(data)
        assert not [n for n, part in parts.items() if n.startswith("xl/worksheets") and b"<f>" in part]
        assert "=HYPERLINK" not in str(sheets(data)[HIDDEN][0][2:])
    assert all("/" in name and ":" not in name for name in inside(pack(project, CLASSES)))


def test_a_name_that_names_two_is_not_offered():
    names = {"A": "一小", "B": "一小", "C": "二小", "D": "=1+1", "E": ""}
    assert choosable(names) == {"A": "A", "B": "B", "C": "二小", "D": "D", "E": "E"}


@pytest.mark.parametrize("layer", list(SCHEMAS))
def test_there_is_an_empty_form_of_every_layer(layer):
    found = sheets(blank(layer))
    first = next(iter(found.values()))
    assert [c.zh for c in SCHEMAS[layer].columns] == first[1][: len(SCHEMAS[layer].columns)]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("layer", list(SCHEMAS))
def test_every_header_of_an_empty_form_is_understood(tmp_path, layer, lang):
    schema = SCHEMAS[layer]
    heads = next(iter(sheets(blank(layer, lang=lang, project=county(tmp_path))).values()))[1]
    match = match_headers([str(head) for head in heads], schema)
    assert not match.doubled and set(match.columns) == {c.name for c in schema.columns}


def test_the_instructions_speak_both_languages_and_name_the_date(tmp_path):
    notes = "\n".join(row[0] for row in sheets(filled(county(tmp_path), CLASSES, "S1"))["说明 Notes"] if row)
    assert "统计时点 2026-09-01" in notes and "figures as of 2026-09-01" in notes and "9月10日" in notes
    assert "blank means not filled in" in notes


def test_nobody_to_ask_is_said(tmp_path):
    project = county(tmp_path)
    without = replace(project, layers={"schools": project.layers["schools"].iloc[:0]})
    with pytest.raises(ValueError, match="nobody"):
        pack(without, CLASSES)
