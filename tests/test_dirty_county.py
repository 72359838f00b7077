"""The dirty county: everything wrong in it is found where it is; once that is mended, it is the clean one."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from data.dirty import maps, offices, returns
from data.make_dirty import CORRECTIONS_FILE, INCOMING, TRUTH, make_dirty, mend, truth
from gis.archives import expand
from gis.checks import check_project, resolve_names
from gis.columns import Places
from gis.faults import Fault, FaultError, errors
from gis.layers import SCHEMAS
from gis.mending import DELETE, DO, ROW, faulty_rows
from gis.readers import inspect, read_layer, titles
from gis.schema import check
from planning.faultplaces import with_places

CLEAN = truth()
CRS = CLEAN["units"].crs
#: What a planner says about files that do not say it themselves.
SAID = {
    offices.SCHOOLS: {"crs": "BD-09"},
    offices.ESTATES: {"crs": CRS},
    maps.UNITS: {"words": {"kind": {"安置及商品房小区": "estate", "嘎查村": "village"}}},
}
Read = tuple[dict[str, pd.DataFrame], list[Fault]]
#: What rows of layers without a key are put in order by.
ORDER = ("road_id", "barrier_id", "year", "district", "town")


def by_layer(folder: Path) -> dict[str, list[Path]]:
    """Return the files of a folder by the layer that they look like."""
    found: dict[str, list[Path]] = {}
    expanded = expand(folder / INCOMING)
    assert not expanded.faults
    for path in expanded.files:
        (info,) = inspect(path)
        found.setdefault(info.layer, []).append(path)
    return found


def read(folder: Path) -> Read:
    """Return the layers that can be read, and everything said about them, layers against each other too."""
    layers: dict[str, list[pd.DataFrame]] = {}
    said: list[Fault] = []
    for layer, paths in by_layer(folder).items():
        for group in groups(paths):
            try:
                result = read_layer(group, layer, **SAID.get(group[0].name, {}))
            except FaultError as error:
                said += error.faults
                continue
            said += result.faults
            layers.setdefault(layer, []).append(result.frame)
    joined = {name: joint(frames) for name, frames in layers.items()}
    joined, more = resolve_names(joined)
    return joined, [*said, *more, *check_project(joined)]


def groups(paths: list[Path]) -> list[list[Path]]:
    """Return the files that are read together: those of one kind, such as the returns of the towns."""
    kinds: dict[str, list[Path]] = {}
    for path in paths:
        kinds.setdefault(path.name if path.name in SAID else path.parent.name, []).append(path)
    return list(kinds.values())


def joint(frames: list[pd.DataFrame]) -> pd.DataFrame:
    shaped = [f.to_crs(CRS) if isinstance(f, gpd.GeoDataFrame) and f.crs else f for f in frames]
    return pd.concat(shaped, ignore_index=True)


@pytest.fixture(scope="module")
def dirty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("dirty")
    make_dirty(place)
    return place


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("mended")
    make_dirty(place)
    mend(place)
    return place


@pytest.fixture(scope="module")
def before(dirty: Path) -> Read:
    return read(dirty)


@pytest.fixture(scope="module")
def after(mended: Path) -> Read:
    return read(mended)


def test_every_file_is_understood(dirty: Path) -> None:
    found = by_layer(dirty)
    assert set(found) == set(CLEAN), "each file looks like the layer it is"
    assert len(found["classes"]) > 5 and len(found["enrolment"]) == 2 and len(found["units"]) == 2


def test_everything_listed_is_found_where_it_is(dirty: Path, before: Read) -> None:
    listed = pd.read_csv(dirty / TRUTH / CORRECTIONS_FILE).fillna("")
    places = {(Path(f).name, int(r)) for f, r in zip(listed["文件"], listed["行"])}
    _, said = before
    found = {(f.file, f.row) for f in said if f.row is not None}
    # What only shows against another table has no row: a zone without a school, a class too large by nine.
    elsewhere = {(offices.CATCHMENTS, 33), ("班额表_建业街道.xlsx", 4)}
    assert places - elsewhere <= found
    total = next(f for f in said if f.kind == "total_differs")
    assert total.file == "班额表_建业街道.xlsx" and total.params["difference"] == "-9"


def test_nothing_else_is_an_error(dirty: Path, before: Read) -> None:
    listed = pd.read_csv(dirty / TRUTH / CORRECTIONS_FILE).fillna("")
    places = {(Path(f).name, int(r)) for f, r in zip(listed["文件"], listed["行"])}
    wrong = [f for f in errors(before[1]) if (f.file, f.row) not in places and f.file]
    assert not wrong, [f.text() for f in wrong[:5]]


def test_catchments_and_class_sums_against_the_other_layers(
    after: Read,
) -> None:
    layers, _ = after
    catchments = layers["catchments"].copy()
    catchments.loc[30, "zone_id"] = "DS-S99"
    classes = layers["classes"].copy()
    classes.loc[0, "pupils"] += 9
    said = check_project({**layers, "catchments": catchments, "classes": classes})
    assert [f.found for f in said if f.kind == "zone_unknown"] == ["DS-S99"]
    (differs,) = [f for f in said if f.kind == "class_sum_differs"]
    assert differs.found == classes.loc[0, "school_id"] and differs.params["difference"] == "+9"


def test_faults_between_layers_go_back_to_their_rows(dirty: Path, after: Read) -> None:
    layers, _ = after
    paths = [path for path in sorted((dirty / INCOMING / "班额").glob("*.xlsx")) if "建业" in path.name]
    classes = read_layer(paths, "classes")
    text = {"学段": ["小学", "小学"], "起始学年": [2026, 2026], "单元编号": ["DS-U001", "DS-U002"]}
    catchments, _ = check(pd.DataFrame({**text, "片区编号": ["DS-S03", "DS-S99"]}), SCHEMAS["catchments"])
    frames = {**layers, "classes": classes.frame, "catchments": catchments}
    places = {"classes": classes.places, "catchments": Places.of(2, file="片区.xlsx", sheet="表")}
    said = with_places(check_project(frames), frames, places)
    differs = [f for f in said if f.kind == "class_sum_differs"]
    # The class too large stands in row 4; the rows are all those of its school and grade.
    assert {(f.file, f.sheet) for f in differs} == {("班额表_建业街道.xlsx", "Sheet1")}
    assert [f.row for f in differs][:2] == [3, 4]
    (zone,) = [f for f in said if f.kind == "zone_unknown"]
    assert (zone.file, zone.sheet, zone.row) == ("片区.xlsx", "表", 3)
    assert all(f.row is None for f in said if f.layer not in places)


@pytest.mark.parametrize("layer", list(CLEAN))
def test_the_mended_county_is_the_clean_one(after: Read, layer: str) -> None:
    layers, said = after
    assert not errors(said), [f.text() for f in errors(said)[:5]]
    clean, got = CLEAN[layer], layers[layer]
    clean, faults = check(clean, SCHEMAS[layer])
    assert not errors(faults)
    key = list(SCHEMAS[layer].key) or [c for c in ORDER if c in clean]
    clean, got = (f.sort_values(key, kind="stable").reset_index(drop=True) for f in (clean, got))
    columns = [c for c in clean.columns if c != "geometry"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(got[columns]), pd.DataFrame(clean[columns]), check_dtype=False, check_exact=False
    )
    if "geometry" in clean:
        metres = clean.geometry.to_crs(CRS).hausdorff_distance(got.geometry.to_crs(CRS), align=False)
        limit = 0.1 if layer == "schools" else 0.02
        assert np.nanmax(metres.where(~_spiked(layer, clean), 0.0)) <= limit


def _spiked(layer: str, frame: pd.DataFrame) -> pd.Series:
    """Return which outlines carry a spike in the file: their areas are the same, their corners are not."""
    return pd.Series(layer == "units", index=frame.index) & (frame.geometry.geom_type != "Point")


def test_outlines_keep_their_area(after: Read) -> None:
    layers, _ = after
    clean, got = (f.set_index("unit_id").sort_index() for f in (CLEAN["units"], layers["units"]))
    assert np.allclose(got.geometry.to_crs(CRS).area, clean.geometry.area, rtol=2e-4)


def test_faulty_rows_given_back_mended_make_the_layer(dirty: Path, mended: Path) -> None:
    paths = sorted((dirty / INCOMING / "班额").glob("*.xlsx"))
    with pytest.raises(FaultError) as error:
        read_layer(paths, "classes")
    rows = faulty_rows(dict(zip(titles(paths), paths)), error.value.faults)
    assert rows[ROW].tolist() == [7, 34, 5] and rows["班级人数"].tolist() == [-51, 39, 40.5]
    rows.loc[rows[ROW] == 34, DO] = DELETE
    rows.loc[rows[ROW] == 7, "班级人数"] = "５１"
    rows.loc[rows[ROW] == 5, "班级人数"] = 40
    result = read_layer(paths, "classes", mended=rows)
    assert {f.kind for f in result.faults} >= {"row_mended"}
    clean = read_layer(sorted((mended / INCOMING / "班额").glob("*.xlsx")), "classes").frame
    spoilt = result.frame.index[result.frame["pupils"] != clean["pupils"]]
    assert len(result.frame) == len(clean) and len(spoilt) == 1, (
        "the class too large by nine is no faulty row"
    )


def test_the_returns_are_two_tables_of_years(dirty: Path) -> None:
    past = read_layer(dirty / INCOMING / returns.PAST, "enrolment")
    assert past.frame["year"].nunique() > 5 and not errors(past.faults)
