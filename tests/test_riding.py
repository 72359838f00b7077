"""Rides: the quickest way over drivable roads, walks at both ends included."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.riding import DRIVABLE, riding, speeds
from gis.roads import graph_from_lines

CRS = 4547


def layer(column: str, *points) -> gpd.GeoDataFrame:
    ids = [f"{column[0]}{i}" for i in range(len(points))]
    return gpd.GeoDataFrame({column: ids}, geometry=[shapely.Point(p) for p in points], crs=CRS)


def graph(*rows):
    columns = {"road_class": [name for name, _ in rows]}
    lines = [shapely.LineString(line) for _, line in rows]
    frame = gpd.GeoDataFrame(columns, geometry=lines, crs=CRS)
    return graph_from_lines(frame, walkable=DRIVABLE, keep_all=True)


def test_the_quicker_road_is_taken_though_it_is_longer() -> None:
    slow = ("local", [(0, 0), (10_000, 0)])
    quick = ("arterial", [(0, 0), (0, 1000), (10_000, 1000), (10_000, 0)])
    found = riding(layer("unit_id", (0, 0)), layer("school_id", (10_000, 0)), graph(slow, quick), speed=40)
    assert found["ride_metres"].tolist() == pytest.approx([12_000])
    assert found["ride_minutes"].tolist() == pytest.approx([18])


def test_the_way_to_the_road_is_walked() -> None:
    road = graph(("secondary", [(0, 0), (3000, 0)]))
    found = riding(
        layer("unit_id", (0, 120)), layer("school_id", (3000, 0)), road, speed=40, walk_speed=60
    ).iloc[0]
    assert found["ride_metres"] == pytest.approx(3120)
    assert found["ride_minutes"] == pytest.approx(3.0 / 30 * 60 + 120 / 60)


def test_paths_are_not_driven_on_and_no_way_is_no_estimate() -> None:
    road = graph(("path", [(0, 0), (3000, 0)]), ("local", [(3000, 0), (4000, 0)]))
    found = riding(layer("unit_id", (0, 0), (3900, 0)), layer("school_id", (4000, 0)), road)
    assert np.isnan(found["ride_minutes"].iloc[0]) and np.isnan(found["ride_metres"].iloc[0])
    assert found["ride_minutes"].iloc[1] == pytest.approx(100 / 20_000 * 60)


def test_speeds_stay_within_what_a_bus_with_pupils_may_drive() -> None:
    assert max(speeds(80.0).values()) == 80 and speeds(80.0)["arterial"] == 60
    with pytest.raises(ValueError, match="speed"):
        speeds(0)
