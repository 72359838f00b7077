"""Walks to the schools of zones, held as categories: the same rows as found by searching through all."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from planning import spatial
from planning.project import Project, create_project
from planning.walkbook import WalkBook
from planning.zonewalks import nearest_pairs

CRS, X, Y = 4547, 500_000.0, 4_000_000.0


def project(folder: Path, zones: list[str]) -> Project:
    """Six units of 100 m in a row and four schools, two of them equally far from every unit."""
    units = gpd.GeoDataFrame(
        {
            "unit_id": [f"u{9 - n}" for n in range(6)],
            "name": [f"小区{n}" for n in range(6)],
            "kind": "estate",
        },
        geometry=[shapely.box(X + 100 * n, Y, X + 100 * n + 100, Y + 100) for n in range(6)],
        crs=CRS,
    )
    at = [(X + 550, Y + 50), (X + 50, Y + 50), (X + 50, Y + 50), (X + 250, Y + 50)]
    schools = gpd.GeoDataFrame(
        {"school_id": ["d", "c", "a", "b"], "name": ["丁", "丙", "甲", "乙"], "zone_id": zones,
         "kind": "primary", "provider": "public", "lowest_grade": 1, "highest_grade": 6},
        geometry=[shapely.Point(*xy) for xy in at],
        crs=CRS,
    )  # fmt: skip
    layers = {"units": units, "schools": schools}
    return create_project(layers, name="测", id="-".join(zones), year=2026, epsg=CRS, folder=folder)


def searched(made: Project) -> pd.DataFrame:
    """Return the nearest school of each zone, found by looking at one pair after the other."""
    zone = dict(zip(made.layers["schools"]["school_id"], made.layers["schools"]["zone_id"], strict=True))
    best: dict[tuple[str, str], tuple[float, str]] = {}
    for row in spatial.travel(made, "primary").itertuples():
        pair, here = (row.unit_id, zone[row.school_id]), (row.metres, row.school_id)
        best[pair] = min(best.get(pair, here), here)
    rows = [(*pair, school, metres) for pair, (metres, school) in best.items()]
    return pd.DataFrame(rows, columns=["unit_id", "zone_id", "school_id", "metres"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("zonewalks")


@pytest.mark.parametrize(
    "zones", [["z1", "z2", "z3", "z4"], ["z1", "z1", "z1", "z2"], ["z2", "z1", "z1", "z2"], ["z1"] * 4]
)
def test_each_zone_has_its_nearest_school_the_first_by_id_of_two_as_near(folder, zones):
    made = project(folder, zones)
    found, pair = spatial.zone_travel(made, "primary"), ["unit_id", "zone_id"]
    columns = [*pair, "school_id", "metres"]
    assert (
        found[columns].sort_values(pair).to_numpy().tolist()
        == searched(made).sort_values(pair).to_numpy().tolist()
    )
    assert found["unit_id"].tolist() == sorted(found["unit_id"], reverse=True)  # in the order of the layer
    small = nearest_pairs(made, "primary", columns=["metres"])
    assert np.array_equal(small["metres"], found["metres"]) and list(small) == columns
    assert small["unit_id"].astype("str").equals(found["unit_id"])


def test_a_book_gives_the_rows_of_a_plan_with_plain_ids(folder):
    made = project(folder, ["z1", "z2", "z2", "z3"])
    plan = pd.Series({"u9": "z2", "u4": "z1", "u5": None, "u6": "closed", "gone": "z1"}, dtype="str")
    rows = WalkBook.of(made, "primary").under(plan)
    assert rows[["unit_id", "zone_id", "school_id"]].to_numpy().tolist() == [
        ["u9", "z2", "a"],
        ["u4", "z1", "d"],
    ]
    assert all(str(rows[name].dtype) == "str" for name in ("unit_id", "zone_id", "school_id"))
