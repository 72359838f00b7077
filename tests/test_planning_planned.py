"""Adopted values in place of the forecast on another frame, and against the seats of their place."""

from __future__ import annotations

import pandas as pd
import pytest

from planning import adopted, planned
from planning.project import create_project
from tests.test_planning_forecasts import EPSG, YEAR, layers

SOON = YEAR + 1


@pytest.fixture
def project(tmp_path):
    whole = layers()
    schools = whole["schools"].assign(
        zone_id=["z", "z", "j"],
        town=["北", "南", "南"],
        primary_seats=[300, 200, None],
        junior_seats=[None, None, 100],
    )
    return create_project(whole | {"schools": schools}, name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)


@pytest.fixture
def forecast():
    def row(level, name, year, mean, scenario="中"):
        school, group = (name, "") if level == "school_stage" else ("", name)
        district = "甲" if level in ("district_stage", "school_stage") else ""
        return (level, district, school, group, "primary", year, mean, mean - 10, mean + 10, scenario, "born")

    rows = [
        row("zone_id_stage", "z", SOON, 480.0),
        row("school_stage", "东", SOON, 280.0),
        row("town_stage", "北", SOON, 280.0),
        row("district_stage", "", SOON, 480.0),
        row("district_stage", "", SOON + 1, 490.0),
        row("area_stage", "", SOON, 480.0),
        row("area_stage", "", SOON + 1, 490.0),
        row("area_stage", "", SOON, 999.0, "高"),
    ]
    columns = [
        "level",
        "district",
        "school",
        "group",
        "stage",
        "year",
        "mean",
        "low",
        "high",
        "scenario",
        "basis",
    ]
    return pd.DataFrame(rows, columns=columns)


def adopt(project, forecast, level, place, value, year=SOON):
    at = {"level": level, "place": place, "stage": "primary", "year": year}
    adopted.adopt(project, forecast, **at, value=value, reason="摸底", by="王")


def numbers(frame, level, year=SOON, scenario="中"):
    here = (frame["level"] == level) & (frame["year"] == year) & (frame["scenario"] == scenario)
    (row,) = frame[here].to_dict("records")
    return row["mean"], row["low"], row["high"], row["basis"]


def test_nothing_adopted_changes_nothing(project, forecast):
    pd.testing.assert_frame_equal(planned.applied(project, forecast), forecast)
    assert planned.against_seats(project, forecast, "primary").empty


def test_a_zone_moves_its_district_and_the_area_and_leaves_the_forecast_alone(project, forecast):
    before = forecast.copy()
    adopt(project, forecast, "zone", "z", 520)
    found = planned.applied(project, forecast)
    assert numbers(found, "zone_id_stage") == (520, 520, 520, planned.ADOPTED)
    assert numbers(found, "district_stage") == (520, 510, 530, planned.ADOPTED)
    assert numbers(found, "area_stage") == (520, 510, 530, planned.ADOPTED)
    assert numbers(found, "area_stage", SOON + 1) == (490, 480, 500, "born")
    assert numbers(found, "area_stage", scenario="高")[0] == 999
    pd.testing.assert_frame_equal(forecast, before)


def test_a_value_of_the_area_goes_before_those_of_zones_and_stands_for_its_only_district(project, forecast):
    adopt(project, forecast, "area", "", 600)
    adopt(project, forecast, "zone", "z", 520)
    found = planned.applied(project, forecast)
    for level in ("area_stage", "district_stage"):
        assert numbers(found, level) == (600, 600, 600, planned.ADOPTED)


def test_schools_and_towns_move_no_total(project, forecast):
    adopt(project, forecast, "school", "东", 320)
    adopt(project, forecast, "town", "北", 310)
    found = planned.applied(project, forecast)
    assert numbers(found, "school_stage")[0] == 320
    assert numbers(found, "area_stage") == (480, 470, 490, "born")


def test_other_values_are_told_apart_and_the_same_are_not(project, forecast):
    adopt(project, forecast, "zone", "z", 520)
    first = planned.applied(project, forecast).attrs["adopted"]
    assert planned.applied(project, forecast).attrs["adopted"] == first
    adopt(project, forecast, "zone", "z", 530)
    assert planned.applied(project, forecast).attrs["adopted"] != first


def test_values_stand_against_the_seats_of_their_place(project, forecast):
    for level, place, value in (
        ("zone", "z", 520),
        ("school", "东", 320),
        ("town", "北", 290),
        ("area", "", 470),
    ):
        adopt(project, forecast, level, place, value)
    rows = planned.against_seats(project, forecast, "primary").set_index("level")
    assert rows["seats"].to_dict() == {"zone": 500, "school": 300, "town": 300, "area": 500}
    assert rows["gap"].to_dict() == {"zone": 20, "school": 20, "town": -10, "area": -30}
    assert rows["gap_mean"].to_dict() == {"zone": -20, "school": -20, "town": -20, "area": -20}
    assert rows["outside"].to_dict() == {"zone": True, "school": True, "town": False, "area": False}
