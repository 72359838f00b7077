"""The forms of rolls can be filled in and read back."""

from __future__ import annotations

import io

import pandas as pd
import pytest
import python_calamine
from test_planning_rolls import LAYERS

from gis import tables
from gis.faults import FaultError, errors
from gis.headers import aliases
from planning import rollcount, rolllayers, rolls
from planning.project import Project, create_project
from planning.rollcount import Settings
from planning.rollforms import form
from planning.rolltemplates import ROLLS, Roll

FILLED = {
    "school_id": "东岭第一小学",
    "grade": {"zh": "一年级", "en": "1"},
    "class_no": "1班",
    "boarding": {"zh": "是", "en": "yes"},
    "name": "赵甲",
    "birth": "2019-05-03",
    "unit": "阳光花园",
    "migrant": {"zh": "否", "en": "no"},
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("forms")
    return create_project(LAYERS, name="东岭县", year=2026, epsg=4547, folder=folder)


def headers(data: bytes, roll: Roll) -> list[str]:
    vocabulary = {word for part in aliases(roll.schema) for word in part}
    return list(tables.open_bytes(data, "form.xlsx", vocabulary=vocabulary).heads[0].headers)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", list(ROLLS))
def test_a_filled_form_is_read_back(project: Project, name: str, lang: str) -> None:
    roll = ROLLS[name]
    words = {column.label.text(lang): column.name for column in roll.schema.columns}
    words |= {"学校名称": "school_id", "school": "school_id"}
    found_headers = headers(form(roll, project=project, lang=lang), roll)
    values = [FILLED.get(words[header], "") for header in found_headers]
    cells = [value[lang] if isinstance(value, dict) else value for value in values]
    filled = pd.DataFrame([cells], columns=found_headers).to_csv(index=False).encode()
    found = rollcount.count(rolls.read([("form.csv", filled)], roll, year=2026), LAYERS, Settings(2026))
    assert found.rows == 1
    if roll.layer == "attendance":
        layer = rolllayers.attendance(found)
        assert layer[["unit_id", "school_id", "grade", "boarding"]].to_numpy().tolist() == [
            ["U1", "S1", 1, 1]
        ]
    else:
        assert rolllayers.children(found)[["unit_id", "cohort"]].to_numpy().tolist() == [["U1", 2025]]


def test_schools_and_units_are_offered(project: Project) -> None:
    data = io.BytesIO(form(ROLLS["enrolled"], project=project))
    with python_calamine.CalamineWorkbook.from_filelike(data) as book:
        sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    cells = {str(cell).split(" ")[0] for sheet in sheets for row in sheet for cell in row}
    assert {"东岭第一小学", "阳光花园", "河西街道", "一年级"} <= cells


def test_an_empty_form_is_refused(project: Project) -> None:
    with pytest.raises(FaultError) as raised:
        rolls.read([("form.xlsx", form(ROLLS["enrolled"], project=project))], ROLLS["enrolled"], year=2026)
    assert [fault.kind for fault in errors(raised.value.faults)] == ["roll_empty"]
