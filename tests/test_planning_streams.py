"""The forecast by level: units add up to schools, migrant children and others to the whole."""

from __future__ import annotations

import pandas as pd
import pytest

from planning import forecasts, streams
from planning.project import create_project, open_project
from tests.test_planning_forecasts import EPSG, YEAR, layers

SETTINGS = forecasts.Settings(until=YEAR + 3, estates=False)


def register() -> pd.DataFrame:
    rows = [("u0", cohort, 40, 10) for cohort in range(YEAR - 8, YEAR + 4)]
    return pd.DataFrame(rows, columns=["unit_id", "cohort", "children", "migrant"])


def rolls() -> pd.DataFrame:
    rows = [("u0", "unit", "东", YEAR, 1, 20, 5), (None, "outside", "东", YEAR, 1, 10, 10)]
    columns = ["unit_id", "home", "school_id", "year", "grade", "pupils", "migrant"]
    return pd.DataFrame(rows, columns=columns).assign(boarding=0)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project without rolls, whose schools belong to towns and zones."""
    whole = layers()
    whole["schools"] = whole["schools"].assign(zone_id=["z", "z", "j"], town=["北", "南", "南"])
    plan = pd.DataFrame({"unit_id": "u0", "stage": ["primary", "junior"], "zone_id": ["z", "j"]})
    whole |= {"children": register(), "catchments": plan.assign(from_year=YEAR)}
    folder = tmp_path_factory.mktemp("made")
    project = create_project(whole, name="三校", year=YEAR, epsg=EPSG, folder=folder)
    forecasts.forecast_job(project.folder, SETTINGS)
    return open_project(project.folder)


@pytest.fixture(scope="module")
def frame(made):
    return forecasts.stored(made, SETTINGS)


def test_migrant_children_and_others_add_up_at_every_level(made, frame):
    whole = streams.split(made, frame)
    assert (whole["migrant"] + whole["local"] == whole["mean"]).all()
    assert whole["migrant"].between(0, whole["mean"]).all() and (whole["migrant"] > 0).any()
    pd.testing.assert_frame_equal(whole[frame.columns], frame)
    by_town = streams.by_level(whole, None, "town", "primary")
    area = streams.by_level(whole, None, "area", "primary")
    assert set(by_town["place"]) == {"北", "南"}
    sums = by_town.groupby(["year", "scenario"])[["mean", "migrant"]].sum()
    assert (
        sums.to_numpy().tolist()
        == area.groupby(["year", "scenario"])[["mean", "migrant"]].sum().to_numpy().tolist()
    )


def test_no_stream_is_made_up(made, frame, tmp_path):
    silent = create_project(layers(), name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)
    assert streams.split(silent, frame) is None


def test_units_add_up_to_the_schools_and_say_that_homes_are_assumed(made, frame):
    units = streams.by_unit(made, frame)
    assert units.attrs["assumed"]
    area = streams.by_level(frame, None, "area", "primary").set_index(["year", "scenario"])["mean"]
    own = streams.by_level(frame, units, "unit", "primary")
    assert own.groupby(["year", "scenario"])["mean"].sum().sub(area).abs().max() < 1e-6
    assert (own["low"] <= own["mean"]).all() and (own["mean"] <= own["high"]).all()
    assert streams.by_level(frame, None, "unit", "primary").empty


def test_rolls_say_where_pupils_live_and_come_from(made, frame, tmp_path):
    whole = layers() | {"schools": made.layers["schools"], "attendance": rolls()}
    project = create_project(whole, name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)
    units = streams.by_unit(project, frame)
    assert not units.attrs["assumed"]
    # a third of the pupils of one school, and all of the others', live nowhere we know
    assert 0 < units.loc[units["unit_id"] == "u0", "mean"].sum() < units["mean"].sum()
    split = streams.split(project, frame)
    cells = split[(split["level"] == "cell") & (split["scenario"] == "中")]
    assert (cells["migrant"] / cells["mean"]).between(0.4, 0.6).all()
