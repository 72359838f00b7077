"""Entrances, dwelling anchors, and the roads that places meet."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis.access import access, anchors, snap, unknown_owners
from gis.crossings import barrier_lines
from gis.roads import graph_from_lines
from gis.travel import snap_distances, walking

CRS = 4547


def units() -> gpd.GeoDataFrame:
    shapes = [shapely.box(0, 0, 100, 100), shapely.Point(300, 50)]
    return gpd.GeoDataFrame({"unit_id": ["a", "b"]}, geometry=shapes, crs=CRS)


def schools() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"school_id": ["s"]}, geometry=[shapely.Point(500, 50)], crs=CRS)


def entrances(*rows) -> gpd.GeoDataFrame:
    kinds, owners, of, xy = zip(*rows)
    columns = {"owner_kind": of, "owner_id": owners, "kind": kinds}
    return gpd.GeoDataFrame(columns, geometry=[shapely.Point(p) for p in xy], crs=CRS)


def street(*lines) -> gpd.GeoDataFrame:
    shapes = [shapely.LineString(line) for line in lines]
    return gpd.GeoDataFrame({"road_class": "local"}, index=range(len(shapes)), geometry=shapes, crs=CRS)


def test_a_place_without_entrance_is_left_at_its_point_or_inside() -> None:
    found = access(units())
    assert found.owner.tolist() == [0, 1] and found.inside.tolist() == [0, 0]
    assert shapely.box(0, 0, 100, 100).contains(shapely.Point(found.xy[0]))
    assert found.xy[1].tolist() == [300, 50]


def test_entrances_replace_the_point_and_dwellings_say_how_far_it_is_to_them() -> None:
    gates = entrances(("gate", "a", "unit", (100, 50)), (None, "a", "unit", (0, 50)))
    assert access(units(), gates).xy[:2].tolist() == [[100, 50], [0, 50]]
    assert access(units(), gates).inside.tolist() == [0, 0, 0]
    both = entrances(
        ("dwelling", "a", "unit", (70, 40)),
        ("dwelling", "a", "unit", (70, 60)),
        ("gate", "a", "unit", (100, 50)),
        ("gate", "a", "school", (9, 9)),
    )
    assert anchors(units(), both)[0].tolist() == [70, 50]
    assert access(units(), both).inside.tolist() == [30, 0]
    alone = entrances(("dwelling", "b", "unit", (310, 50)))
    assert access(units(), alone).xy[1].tolist() == [310, 50]


def test_walks_start_at_the_entrance_that_is_nearest_by_road() -> None:
    graph = graph_from_lines(street([(0, -50), (100, -50), (500, -50), (500, 50)]))
    gates = entrances(("gate", "a", "unit", (100, -40)), ("gate", "a", "unit", (0, -45)))
    found = walking(units(), schools(), graph=graph, entrances=gates).set_index("unit_id")
    assert found.loc["a", "metres"] == pytest.approx(10 + 400 + 100)
    assert found.loc["a", "off_road"] == pytest.approx(10)
    assert found.loc["b", "off_road"] == pytest.approx(100)
    assert snap_distances(units(), graph, gates).tolist() == pytest.approx([5, 100])


def test_a_gap_in_the_drawing_is_stepped_over_and_a_river_is_not() -> None:
    yard, town = [(0, 0), (40, 0)], [(100, 0), (600, 0), (600, 300)]
    graph = graph_from_lines(street(yard, town), keep_all=True)
    place = access(gpd.GeoDataFrame({"unit_id": ["u"]}, geometry=[shapely.Point(20, 5)], crs=CRS))
    assert snap(graph, place).off.tolist() == pytest.approx([5, np.hypot(80, 5)])
    river = gpd.GeoDataFrame(
        {"kind": ["river"]}, geometry=[shapely.LineString([(70, -99), (70, 99)])], crs=CRS
    )
    assert snap(graph, place, barriers=barrier_lines(river)).off.tolist() == pytest.approx([5])
    unit = gpd.GeoDataFrame({"unit_id": ["u"]}, geometry=[shapely.Point(20, 5)], crs=CRS)
    walk = walking(unit, schools(), graph=graph, barriers=river).iloc[0]
    assert walk["estimate"] and walk["way"] == "no_way" and np.isnan(walk["off_road"])
    assert walking(unit, schools(), graph=graph).iloc[0]["way"] == "roads"


def test_what_a_distance_rests_on_is_said() -> None:
    graph = graph_from_lines(street([(0, 0), (500, 0)]))
    far = units().set_geometry([shapely.box(0, 0, 100, 100), shapely.Point(300, 5000)])
    assert walking(far, schools(), graph=graph)["way"].tolist() == ["roads", "far"]
    assert walking(far, schools())["way"].tolist() == ["no_roads"] * 2
    assert walking(far, schools(), graph=graph, limit=100)["way"].tolist() == ["beyond", "beyond"]


def test_owners_that_are_nowhere_are_told_once() -> None:
    rows = [("gate", owner, "unit", (0, 0)) for owner in ("a", "x", "x")] + [("gate", "s", "school", (1, 1))]
    found = unknown_owners(entrances(*rows), {"units": units()})
    assert [(fault.kind, fault.found, fault.level) for fault in found] == [
        ("space_unknown_owner", "x", "warning")
    ]
