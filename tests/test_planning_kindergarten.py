"""Kindergarten rolls as a layer: read from a table, and what they tell forecast and back-test of entrants."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecasting.forecast import forecast
from gis.checks import check_project
from gis.layers import SCHEMAS, worded
from gis.readers import inspect, read_layer
from gis.schema import check
from planning import forecasts, outlook, tasks, templates
from planning.forecasts import Settings
from planning.project import create_project, open_project, save_layers
from tests.reading import faults_of, kinds, workbook
from tests.test_forecasting_kindergarten import BASE, ENTER, county, rolls
from tests.test_planning_forecasts import EPSG, layers

GOOD = "学年,幼儿园,班别,在园人数\n2025,红星,大班,30\n2025,红星,中班,28人\n2025,蓝天,大班,12\n"
WIDE = "学年,区县,大班,中班人数,小班,合计\n2024,甲,30,28,26,84\n2025,甲,31,29,,60\n"


def layer() -> pd.DataFrame:
    """What the engine is given in its own tests, as a layer without districts."""
    return check(rolls()[["year", "grade", "children"]], SCHEMAS["kindergarten"])[0]


@pytest.fixture
def project(tmp_path):
    """Two schools whose entrants swing from year to year; no register, no births."""
    past = county().rename(columns={"school": "school_id", "enrolment": "pupils"}).astype({"grade": "int64"})
    taught = layers()["schools"].iloc[:2].assign(school_id=["一小", "二小"], name=["一小", "二小"])
    own = {"units": layers()["units"], "schools": taught}
    own["enrolment"] = past[["school_id", "year", "grade", "pupils"]]
    return create_project(own, name="在园", year=BASE + 1, epsg=EPSG, folder=tmp_path)


def test_rolls_are_read_one_class_a_row_or_side_by_side(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(GOOD, encoding="utf-8")
    assert inspect(path)[0].layer == "kindergarten"
    told = read_layer(path, "kindergarten").frame
    assert told["grade"].tolist() == ["K", "PK", "K"] and told["children"].tolist() == [30, 28, 12]
    path.write_text(WIDE, encoding="utf-8")
    assert inspect(path)[0].layer == "kindergarten"
    result = read_layer(path, "kindergarten")
    assert result.frame[["year", "grade", "children"]].to_numpy().tolist() == [
        [2024, "K", 30], [2024, "PK", 28], [2024, "PK3", 26], [2025, "K", 31], [2025, "PK", 29],
    ]  # fmt: skip
    assert kinds(result.faults) == ["table_unpivoted", "total_column"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_form_has_its_headers_and_a_filled_one_reads_back(tmp_path, lang):
    path = tmp_path / "form.xlsx"
    path.write_bytes(templates.blank("kindergarten", lang=lang))
    assert inspect(path)[0].layer == "kindergarten"
    shown = worded(layer(), "kindergarten", lang).astype("object")
    table = [list(shown.columns), *shown.where(shown.notna(), "").to_numpy().tolist()]
    back = read_layer(workbook(tmp_path / "filled.xlsx", {"一": table}), "kindergarten").frame
    pd.testing.assert_frame_equal(back, layer())


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    path = tmp_path / "a.csv"
    lines = ["明年,红星,大班,30", "2025,红星,托班,9", "2025,蓝天,小班,-3", "2025,红星,大班,31", "2025,,,五"]
    path.write_text(GOOD + "\n".join(lines) + "\n", encoding="utf-8")
    found = faults_of(path, "kindergarten")
    assert sorted((f.row, f.kind) for f in found) == [
        (5, "value_not_year"),
        (6, "value_not_allowed"),
        (7, "value_negative"),
        (8, "key_duplicate"),
        (9, "value_missing"),
        (9, "value_not_number"),
    ]
    assert "大班" in next(f for f in found if f.row == 6).text()


def test_rows_that_name_no_kindergarten_are_told_apart_by_what_they_state():
    twice = pd.DataFrame({"学年": 2025, "镇街": ["甲", "乙", "甲"], "班别": "大班", "在园人数": 5})
    _, faults = check(twice, SCHEMAS["kindergarten"])
    assert [(f.kind, f.row, f.found) for f in faults] == [("key_duplicate", 4, "2025，甲，K")]


def test_a_gap_and_an_unknown_district_are_said(project):
    bad = layer().query("year != 2018").assign(district="乙")
    found = check_project({**project.layers, "kindergarten": bad})
    assert {(f.kind, f.found) for f in found if f.layer == "kindergarten"} == {
        ("years_missing", "2018"), ("district_unknown", "乙"),
    }  # fmt: skip


def test_a_project_forecasts_as_the_python_call_does_and_a_new_layer_asks_for_a_new_one(project):
    chosen = Settings(until=BASE + 5, scenarios=False)
    forecasts.forecast_job(project.folder, chosen)
    plain = forecasts.stored(project, chosen)
    given = save_layers(project, {"kindergarten": layer()})
    assert not forecasts.exists(given, chosen)
    forecasts.forecast_job(given.folder, chosen)
    made = forecasts.stored(given, chosen)
    known = outlook.groups(given.layers["schools"].assign(zone_id=["一小", "二小"]))
    own = forecast(
        outlook.history(given),
        until=BASE + 5,
        kindergarten=rolls(),
        groups=known,
        extra_levels=outlook.LEVELS,
        schools=outlook.grades_taught(given),
    )
    pd.testing.assert_frame_equal(made, own.assign(scenario=made["scenario"]), check_like=True)
    first = made[(made["level"] == "cell") & (made["grade"] == "1") & (made["school"] == "一小")]
    assert first["basis"].tolist() == ["kindergarten"] * 3 + ["assumed"] * 2
    true = np.array([2 * ENTER[BASE + ahead] for ahead in (1, 2, 3)])
    before = plain.loc[first.index, "mean"].to_numpy()[:3]
    assert np.abs(first["mean"].to_numpy()[:3] - true).sum() < 0.5 * np.abs(before - true).sum()
    assert any("大班" in note["zh"] for note in made.attrs["notes"])


def test_the_back_test_takes_the_rolls_known_then(project):
    tries = {}
    for name, own in (("plain", None), ("rolls", layer())):
        given = save_layers(open_project(project.folder), {"kindergarten": own})
        forecasts.backtest_job(given.folder)
        frame = forecasts.stored_backtest(given)
        told = frame[(frame["method"] == "cohort") & (frame["level"] == "cell") & (frame["grade"] == "1")]
        tries[name] = (told["mean"] - told["actual"]).abs()[told["cutoff"] >= 2020].sum()
    assert tries["rolls"] < 0.5 * tries["plain"]


def test_rolls_of_a_base_year_and_districts(project):
    given = save_layers(project, {"kindergarten": layer()})
    known = outlook.kindergarten(given, base=2015)
    assert known["year"].max() == 2015 and set(known["district"]) == {"甲"}
    assert outlook.kindergarten(given, base=2000) is None and outlook.kindergarten(project) is None
    named = save_layers(given, {"kindergarten": layer().assign(district="乙")})
    assert set(outlook.kindergarten(named)["district"]) == {"乙"}
    warned = tasks.forecast_job(named.folder, BASE + 1).attrs["warnings"]
    assert any("乙" in line["zh"] for line in warned)
