"""规划取值: kept beside the forecast, replaced and taken back by further entries, never part of it."""

from __future__ import annotations

import pandas as pd
import pytest

from gis.faults import FaultError
from planning import adopted, journal
from planning.project import create_project
from tests.test_planning_forecasts import EPSG, YEAR, layers

AT = {"level": "zone", "place": "z1", "stage": "primary", "year": YEAR + 1}
SAID = {"reason": "新区晚一年交付", "by": "王"}


@pytest.fixture
def project(tmp_path):
    return create_project(layers(), name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)


@pytest.fixture
def forecast():
    def row(level, school, group, year, mean, scenario="中"):
        return (level, school, group, "primary", year, mean, mean - 10.0, mean + 10.0, scenario, "born")

    rows = [
        row("zone_id_stage", "", "z1", YEAR + 1, 100.0),
        row("zone_id_stage", "", "z1", YEAR + 2, 120.0),
        row("zone_id_stage", "", "", YEAR + 1, 7.0),
        row("school_stage", "东", "", YEAR + 1, 60.0),
        row("area_stage", "", "", YEAR + 1, 160.0),
        row("zone_id_stage", "", "z1", YEAR + 1, 999.0, "高"),
    ]
    columns = ["level", "school", "group", "stage", "year", "mean", "low", "high", "scenario", "basis"]
    return pd.DataFrame(rows, columns=columns)


def test_a_value_stands_beside_the_forecast_and_leaves_it_alone(project, forecast):
    before = forecast.copy()
    adopted.adopt(project, forecast, **AT, value=115, **SAID)
    rows = adopted.rows_of(forecast, "zone", "primary")
    shown = adopted.beside(rows, adopted.in_force(project), level="zone", stage="primary")
    assert shown["value"].tolist() == [115, pd.NA]
    assert shown["outside"].tolist() == [True, pd.NA]
    assert shown.loc[0, ["reason", "by"]].tolist() == ["新区晚一年交付", "王"]
    pd.testing.assert_frame_equal(shown[list(rows)], rows)
    pd.testing.assert_frame_equal(forecast, before)


def test_a_value_on_the_edge_of_the_range_is_inside_it(project, forecast):
    adopted.adopt(project, forecast, **AT, value=110, **SAID)
    rows = adopted.rows_of(forecast, "zone", "primary")
    shown = adopted.beside(rows, adopted.in_force(project), level="zone", stage="primary")
    assert shown["outside"].tolist() == [False, pd.NA]


def test_an_entry_keeps_the_range_that_was_seen_and_when(project, forecast):
    adopted.adopt(project, forecast, **AT, value=115, **SAID)
    (line,) = adopted.entries(project).to_dict("records")
    assert (line["mean"], line["low"], line["high"]) == (100.0, 90.0, 110.0)
    assert line["at"].startswith("20")


def test_the_last_entry_stands_and_taking_back_is_an_entry_too(project, forecast):
    adopted.adopt(project, forecast, **AT, value=115, **SAID)
    adopted.adopt(project, forecast, **AT, value=105, reason="已核", by="李")
    assert adopted.in_force(project)[["value", "by"]].to_numpy().tolist() == [[105, "李"]]
    adopted.withdraw(project, **AT, reason="作废", by="李")
    assert adopted.in_force(project).empty
    assert len(adopted.entries(project)) == len(journal.read(project.folder / adopted.ADOPTED_FILE)) == 3
    adopted.adopt(project, forecast, **AT, value=108, **SAID)
    assert adopted.in_force(project)["value"].tolist() == [108]


def test_every_fault_is_said_at_once_and_nothing_is_written(project, forecast):
    with pytest.raises(FaultError) as caught:
        adopted.adopt(project, forecast, **{**AT, "place": "z9"}, value=-1.5, reason=" ", by="")
    kinds = [fault.kind for fault in caught.value.faults]
    assert sorted(kinds) == ["adopted_blank", "adopted_blank", "adopted_place", "adopted_value"]
    assert not (project.folder / adopted.ADOPTED_FILE).exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1.5, -1, adopted.LARGEST + 1])
def test_only_whole_pupils_are_taken(project, forecast, value):
    with pytest.raises(FaultError, match="规划取值"):
        adopted.adopt(project, forecast, **AT, value=value, **SAID)


def test_there_must_be_a_value_to_take_back(project, forecast):
    adopted.adopt(project, forecast, **AT, value=115, **SAID)
    with pytest.raises(FaultError, match="没有可撤回"):
        adopted.withdraw(project, **{**AT, "year": YEAR + 2}, **SAID)
    assert len(adopted.entries(project)) == 1


def test_levels_are_kept_apart(project, forecast):
    adopted.adopt(project, forecast, **AT, value=115, **SAID)
    area = {**AT, "level": "area", "place": ""}
    adopted.adopt(project, forecast, **area, value=150, **SAID)
    rows = adopted.rows_of(forecast, "area", "primary")
    shown = adopted.beside(rows, adopted.in_force(project), level="area", stage="primary")
    assert shown[["mean", "value"]].to_numpy().tolist() == [[160.0, 150]]
    # schools without a zone are no zone to adopt a value for
    assert "" not in set(adopted.rows_of(forecast, "zone", "primary")["place"])
