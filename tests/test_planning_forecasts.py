"""Forecasts and other derived files: made once, read back whole, made anew when data or settings change."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pytest
from shapely.geometry import Point

from gis.faults import FaultError
from planning import assumed, derived, forecasts, outlook
from planning.forecasts import Settings
from planning.project import create_project, open_project, save_layers, save_settings

EPSG, YEAR = 4545, 2026
FIRST = 2018
SETTINGS = Settings(until=YEAR + 2)


def places(count: int) -> list[Point]:
    return [Point(400_000 + 500 * n, 4_400_000) for n in range(count)]


def schools() -> gpd.GeoDataFrame:
    frame = {
        "school_id": ["东", "西", "一中"],
        "name": ["东小", "西小", "一中"],
        "kind": ["primary", "primary", "junior"],
        "district": "甲",
        "lowest_grade": [1, 1, 7],
        "highest_grade": [6, 6, 9],
    }
    return gpd.GeoDataFrame(frame, geometry=places(3), crs=EPSG)


def enrolment(extra: int = 0) -> pd.DataFrame:
    grades = {"东": range(1, 7), "西": range(1, 7), "一中": range(7, 10)}
    rows = [
        (school, year, grade, 30 + extra + (year + grade) % 3)
        for school in grades
        for year in range(FIRST, YEAR + 1)
        for grade in grades[school]
    ]
    return pd.DataFrame(rows, columns=["school_id", "year", "grade", "pupils"])


def estates() -> gpd.GeoDataFrame:
    frame = {"estate_id": ["e1"], "name": ["新城"], "unit_id": ["u0"], "district": "甲"}
    frame |= {"households": 500, "handover_year": YEAR, "primary_yield": 0.3, "junior_yield": 0.1}
    return gpd.GeoDataFrame(frame, geometry=places(1), crs=EPSG)


def births() -> pd.DataFrame:
    rows = [(year, 60 + year % 4, "甲") for year in range(FIRST - 7, YEAR)]
    return pd.DataFrame(rows, columns=["year", "births", "district"])


def layers() -> dict[str, pd.DataFrame]:
    units = gpd.GeoDataFrame({"unit_id": ["u0"], "name": ["一号"]}, geometry=places(1), crs=EPSG)
    return {"units": units, "schools": schools(), "enrolment": enrolment(), "estates": estates()}


@pytest.fixture
def project(tmp_path):
    return create_project(layers(), name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with its forecast made; tests only read it."""
    project = create_project(
        layers(), name="三校", year=YEAR, epsg=EPSG, folder=tmp_path_factory.mktemp("made")
    )
    forecasts.forecast_job(project.folder, SETTINGS)
    return open_project(project.folder)


def test_there_is_no_forecast_before_it_is_made(project):
    assert not forecasts.exists(project, SETTINGS)
    assert forecasts.stored(project, SETTINGS) is None
    assert forecasts.stored_backtest(project) is None
    assert not (project.folder / derived.FOLDER).exists()


def test_a_forecast_is_read_back_as_it_was_made(made):
    frame = forecasts.stored(made, SETTINGS)
    assert forecasts.exists(made, SETTINGS)
    assert set(frame["year"]) == {YEAR + 1, YEAR + 2}
    assert frame["scenario"].iloc[0] == "中" and frame["scenario"].nunique() == 3
    assert {"cell", "school", "district", *outlook.LEVELS} <= set(frame["level"])
    assert (frame["low"] <= frame["mean"]).all() and (frame["mean"] <= frame["high"]).all()
    middle = frame[frame["scenario"] == "中"]
    sums = middle.groupby(["level", "year"])["mean"].sum()
    assert sums["cell", YEAR + 1] == pytest.approx(sums["area_stage", YEAR + 1])


def test_a_stored_forecast_keeps_what_it_says_of_itself_in_both_languages(made):
    said = forecasts.stored(made, SETTINGS).attrs
    assert set(said) <= set(forecasts.KEPT)
    assert said["notes"] and all({"zh", "en"} <= set(line) for line in said["notes"])
    # the estates are out of it, because nothing is assumed about where their pupils come from
    assert any("新建小区" in line["zh"] for line in said["warnings"])


def test_the_same_settings_give_the_same_forecast(made, tmp_path):
    again = create_project(layers(), name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)
    forecasts.forecast_job(again.folder, SETTINGS)
    pd.testing.assert_frame_equal(forecasts.stored(again, SETTINGS), forecasts.stored(made, SETTINGS))


@pytest.mark.parametrize("change", [{"until": YEAR + 3}, {"from_outside": 0.5}, {"scenarios": False}])
def test_other_settings_are_another_forecast(made, change):
    assert not forecasts.exists(made, replace(SETTINGS, **change))


@pytest.mark.parametrize("silent", ["units", "schools", "births"])
def test_a_county_of_one_district_need_not_name_it_in_every_table(tmp_path, silent):
    children = [("u0", year, 60 + year % 3) for year in range(YEAR - 3, YEAR + 5)]
    given = layers() | {
        "births": births(),
        "children": pd.DataFrame(children, columns=["unit_id", "cohort", "children"]),
    }
    given["units"] = given["units"].assign(district="甲")
    given[silent] = given[silent].drop(columns="district")
    made = create_project(given, name="一区", year=YEAR, epsg=EPSG, folder=tmp_path)
    own = set(outlook.history(made)["district"])
    assert set(outlook.registered(made)["district"]) == set(outlook.births(made)["district"]) == own
    chosen = Settings(until=YEAR + 3, estates=False, scenarios=False)
    forecasts.forecast_job(made.folder, chosen)
    said = forecasts.stored(made, chosen).attrs["warnings"]
    assert not [line for line in said if "were not used" in line["en"]], said


def test_new_data_ask_for_a_new_forecast(project):
    forecasts.forecast_job(project.folder, Settings(until=YEAR + 1, scenarios=False))
    saved = save_layers(project, {"enrolment": enrolment(extra=5)})
    assert forecasts.exists(project, Settings(until=YEAR + 1, scenarios=False))
    assert not forecasts.exists(saved, Settings(until=YEAR + 1, scenarios=False))


@pytest.mark.parametrize("change", [{"stage_system": "5-4"}, {"year": YEAR - 1}])
def test_project_settings_that_a_forecast_goes_by_ask_for_a_new_one(project, change):
    chosen = Settings(until=YEAR + 1, scenarios=False)
    forecasts.forecast_job(project.folder, chosen)
    assert forecasts.exists(save_settings(project, detour=1.5), chosen)
    assert not forecasts.exists(save_settings(project, **change), chosen)


def test_progress_is_told(project):
    said = []
    chosen = Settings(until=YEAR + 1, scenarios=False)
    forecasts.forecast_job(project.folder, chosen, lambda share, word: said.append((share, word)))
    assert said and all(0 <= share <= 1 for share, _word in said)


def test_a_project_without_history_says_so_and_stores_nothing(tmp_path):
    bare = {name: frame for name, frame in layers().items() if name != "enrolment"}
    project = create_project(bare, name="无历史", year=YEAR, epsg=EPSG, folder=tmp_path)
    with pytest.raises(FaultError) as error:
        forecasts.forecast_job(project.folder, SETTINGS)
    assert error.value.faults[0].kind == "outlook_no_history"
    assert not forecasts.exists(project, SETTINGS)


@pytest.mark.parametrize("with_births", [False, True])
def test_a_back_test_is_stored_by_method_and_horizon(tmp_path, with_births):
    known = layers() | ({"births": births()} if with_births else {})
    project = create_project(known, name="回测", year=YEAR, epsg=EPSG, folder=tmp_path)
    said = []
    forecasts.backtest_job(project.folder, lambda share, word: said.append(share))
    frame = forecasts.stored_backtest(project)
    assert set(frame["horizon"]) == set(range(1, forecasts.HORIZONS + 1))
    assert {"cohort", "gpr3", "naive"} <= set(frame["method"])
    assert (frame["cutoff"] + frame["horizon"] == frame["year"]).all()
    assert said


def test_a_back_test_goes_by_the_cutoff_in_force(tmp_path):
    turning = births().assign(births=lambda b: b["births"] + 40 * (b["year"] % 2))
    project = create_project(
        layers() | {"births": turning}, name="截止", year=YEAR, epsg=EPSG, folder=tmp_path
    )
    forecasts.backtest_job(project.folder)
    august = forecasts.stored_backtest(project)
    rows = [{"name": n, "births": 1.0, "migration": 0.0, "estate_delay": 0} for n in ("低", "高")]
    assumed.save(project, scenarios=rows, cutoff_month=12, source="规定", by="王")
    assert forecasts.stored_backtest(project) is None
    forecasts.backtest_job(project.folder)
    december = forecasts.stored_backtest(project)
    of_rivals = [f[f["method"] != "cohort"].reset_index(drop=True) for f in (august, december)]
    pd.testing.assert_frame_equal(*of_rivals)
    ours = [f.loc[f["method"] == "cohort", "mean"].to_numpy() for f in (august, december)]
    assert (ours[0] != ours[1]).any()
    assumed.reset(project, by="王")
    pd.testing.assert_frame_equal(forecasts.stored_backtest(project), august)


def test_a_path_depends_on_version_and_settings_only(project):
    base = derived.path(project, "forecast", SETTINGS)
    assert base == derived.path(project, "forecast", Settings(until=YEAR + 2))
    assert base.parent == project.folder / derived.FOLDER
    assert base != derived.path(project, "forecast", Settings(until=YEAR + 3))
    assert base == derived.path(save_settings(project, detour=1.5), "forecast", SETTINGS)
    assert base != derived.path(save_layers(project, {"schools": schools()}), "forecast", SETTINGS)
    assert derived.path(project, "map", suffix=".npz").suffix == ".npz"


def test_a_frame_is_stored_whole_with_the_attrs_that_are_asked_for(project):
    frame = pd.DataFrame({"year": [2026, 2027], "name": ["东", None]})
    frame.attrs = {"notes": [{"zh": "说明", "en": "note"}], "working": object()}
    place = derived.path(project, "table")
    derived.store(frame, place, attrs=("notes", "absent"))
    back = pd.read_parquet(place)
    assert back["year"].to_list() == [2026, 2027] and back["name"].isna().to_list() == [False, True]
    assert back.attrs == {"notes": frame.attrs["notes"]}
    assert "working" in frame.attrs  # what was given is left alone
    assert [path.name for path in place.parent.iterdir()] == [place.name]  # no scratch file stays


def test_storing_drops_what_is_older_than_the_version_before(project):
    frame = pd.DataFrame({"year": [YEAR]})
    versions = [replace(project, version=number) for number in (1, 2, 3)]
    for version in versions:
        derived.store(frame, derived.path(version, "table"))
        derived.store(frame, derived.path(version, "other"))
    kept = {path.name.split("-")[1] for path in (project.folder / derived.FOLDER).glob("table-*")}
    assert kept == {"v2", "v3"}
    both = [derived.path(versions[2], "table"), derived.path(versions[2], "table", "other settings")]
    derived.store(frame, both[1])
    assert all(path.exists() for path in both)  # settings of one version stand side by side


def test_a_failed_write_leaves_what_was_there(project):
    place = derived.path(project, "table")
    derived.store(pd.DataFrame({"year": [YEAR]}), place)
    bad = pd.DataFrame({"mixed": [1, "a", object()]})
    with pytest.raises((pa.ArrowInvalid, pa.ArrowTypeError)):
        derived.store(bad, place)
    assert pd.read_parquet(place)["year"].to_list() == [YEAR]
