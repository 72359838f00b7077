"""Projects: folders that open fast, save whole or not at all, and say what is wrong with them."""

import pickle
import tomllib
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from gis import systems
from gis.faults import FaultError
from planning import stages, toml
from planning.project import (
    broken_projects,
    create_project,
    home,
    list_projects,
    open_project,
    save_layers,
    save_settings,
)
from planning.settings import safe_id

unhurried = settings(deadline=None)

EPSG = 4545


def units(count: int = 3) -> gpd.GeoDataFrame:
    names = [f"u{n}" for n in range(count)]
    residents = pd.array([*range(count - 1), None], dtype="Int64")
    points = [Point(400_000 + 100 * n, 4_400_000) for n in range(count)]
    return gpd.GeoDataFrame(
        {"unit_id": names, "name": [f"小区{n}" for n in names], "residents": residents},
        geometry=points,
        crs=EPSG,
    )


def schools() -> gpd.GeoDataFrame:
    flags = pd.array([True, None], dtype="boolean")
    places = [Point(400_000, 4_400_000), Point(400_200, 4_400_000)]
    return gpd.GeoDataFrame({"school_id": ["a", "b"], "boarding": flags}, geometry=places, crs=EPSG)


def births() -> pd.DataFrame:
    return pd.DataFrame({"year": [2020, 2021], "births": [10, 12]})


@pytest.fixture
def project(tmp_path: Path):
    layers = {"units": units(), "births": births()}
    return create_project(layers, name="江源", year=2026, epsg=EPSG, folder=tmp_path, synthetic=True)


def test_a_project_comes_back_as_it_was_saved(project):
    again = open_project(project.folder)
    assert again == project
    assert (again.id, again.name, again.synthetic, again.version) == ("project", "江源", True, 1)
    pd.testing.assert_frame_equal(again.layers["units"], units())
    pd.testing.assert_frame_equal(again.layers["births"], births())
    assert again.sources.set_index("layer")["rows"].to_dict() == {"units": 3, "births": 2}


def test_whole_numbers_and_flags_with_gaps_keep_their_kind(project):
    saved = save_layers(project, {"schools": schools()})
    pd.testing.assert_frame_equal(saved.layers["schools"], schools())


def test_gaps_of_any_kind_stay_gaps(project):
    loose = pd.Series(["甲", pd.NA, None], dtype=object)
    frame = units().assign(town=loose, count=pd.NA, seats=pd.Series([1, pd.NA, 3], dtype=object))
    again = save_layers(project, {"units": frame}).layers["units"]
    assert again["town"].isna().to_list() == [False, True, True]
    assert again["count"].isna().all()
    assert again["seats"].dtype == "Int64" and again["seats"].sum() == 4


def test_layers_are_read_only_when_used_and_only_once(project):
    again = open_project(project.folder)
    assert not again.layers._frames
    assert again.layers["births"] is again.layers["births"]
    assert list(again.layers._frames) == ["births"]


def test_saving_adds_replaces_and_removes(project):
    sources = pd.DataFrame({"layer": ["schools"], "as_of": ["2025-09-01"], "source": ["事业统计"]})
    saved = save_layers(project, {"schools": schools(), "births": None}, sources=sources)
    assert (saved.version, sorted(saved.layers)) == (2, ["schools", "units"])
    stated = saved.sources.set_index("layer")
    assert stated.loc["schools", "source"] == "事业统计"
    assert stated.loc["schools", "rows"] == 2
    assert stated.loc["units", "source"] == ""


def test_a_failed_save_leaves_what_was_there(project):
    before = sorted(path.name for path in project.folder.iterdir())
    bad = units().assign(what=pd.to_timedelta([1, 2, 3], unit="D"))
    with pytest.raises(Exception):  # noqa: B017 - whatever GDAL says
        save_layers(project, {"births": births().iloc[:1], "units": bad})
    assert sorted(path.name for path in project.folder.iterdir()) == before
    again = open_project(project.folder)
    assert again.version == 1
    pd.testing.assert_frame_equal(again.layers["births"], births())


def test_a_version_someone_has_open_stays_readable(project):
    save_layers(project, {"births": births().iloc[:1]})
    assert len(project.layers["births"]) == 2


def test_a_stale_save_is_refused(project):
    save_layers(project, {"births": births()})
    with pytest.raises(FaultError, match=r"第 1 版.*第 2 版"):
        save_layers(project, {"births": births()})


def test_geometry_must_be_in_the_projects_crs(project):
    with pytest.raises(FaultError, match="EPSG:4545"):
        save_layers(project, {"units": units().to_crs(4326)})


def test_a_local_grid_has_code_nought(tmp_path):
    local = units().set_crs(systems.LOCAL, allow_override=True)
    made = create_project({"units": local}, name="本地", year=2026, epsg=0, folder=tmp_path)
    assert systems.is_local(open_project(made.folder).layers["units"].crs)
    again = save_layers(made, {"births": births()})
    pd.testing.assert_frame_equal(again.layers["units"], local)
    with pytest.raises(FaultError, match="独立坐标"):
        save_layers(again, {"units": units()})


def test_every_wrong_setting_is_named_at_once(tmp_path):
    with pytest.raises(FaultError) as caught:
        create_project({"units": units()}, name=" ", year=26, epsg=4326, id="CON", folder=tmp_path)
    assert [fault.column for fault in caught.value.faults] == ["id", "name", "year", "epsg"]
    assert "metres" in caught.value.text("en")
    assert not list(tmp_path.iterdir())


def test_settings_change_without_a_new_version(project):
    changed = save_settings(project, year=2027, detour=1.4, packs=("national", "jiangyuan"))
    assert (changed.year, changed.detour, changed.version) == (2027, 1.4, 1)
    assert changed.packs == ("national", "jiangyuan")
    with pytest.raises(ValueError, match="epsg"):
        save_settings(changed, epsg=4546)


def test_ids_stay_free_and_taken_ones_are_refused(project, tmp_path):
    second = create_project({"units": units()}, name="江源", year=2026, epsg=EPSG, folder=tmp_path)
    assert second.id == "project-2"
    with pytest.raises(FaultError, match="已经存在"):
        create_project({"units": units()}, name="x", year=2026, epsg=EPSG, folder=tmp_path, id="project")


def test_broken_projects_are_named_beside_the_good_ones(project, tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "project.toml").write_text("id = ", encoding="utf-8")
    assert [p.id for p in list_projects(tmp_path)] == ["project"]
    assert "project.toml" in broken_projects(tmp_path)[0].text()


def test_home_follows_the_environment(monkeypatch, project, tmp_path):
    monkeypatch.setenv("HUAPIAN_HOME", str(tmp_path))
    assert home() == tmp_path
    assert open_project("project").name == "江源"
    with pytest.raises(FaultError, match=r"project\.toml"):
        open_project("nowhere")


def test_a_project_travels_to_a_worker(project):
    copy = pickle.loads(pickle.dumps(project))
    assert copy == project
    assert len(copy.layers["units"]) == 3


@unhurried
@given(st.text(max_size=60))
def test_any_name_makes_a_safe_id(text):
    made = safe_id(text)
    assert made == safe_id(made) or made.endswith("-1")
    assert 0 < len(made) <= 50
    assert made.isascii()


SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    st.dates(min_value=date(1000, 1, 1)),
)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
TABLE = st.dictionaries(KEYS, st.one_of(SCALARS, st.lists(SCALARS, max_size=3)), max_size=4)


@unhurried
@given(TABLE, KEYS, TABLE, KEYS, st.lists(TABLE, min_size=1, max_size=3))
def test_what_is_written_as_toml_is_read_back(plain, table_key, table, rows_key, rows):
    document = {**plain, table_key: table, rows_key: rows}
    assert tomllib.loads(toml.dumps(document)) == document


@pytest.mark.parametrize("system", ["6-3", "5-4"])
def test_stages_cover_nine_grades_and_nine_cohorts(system):
    assert sum((stages.grades(system, stage) for stage in stages.STAGES), ()) == tuple(range(1, 10))
    together = sum((stages.cohorts(system, stage, 2026) for stage in stages.STAGES), ())
    assert together == tuple(range(2026, 2017, -1))
    assert stages.entry_cohort(system, "junior", 2026) == 2026 - stages.primary_years(system)
    assert all(g in stages.grades(system, stages.stage_of(system, g)) for g in range(1, 10))
