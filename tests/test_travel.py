"""Walks: along roads where there are some, else a marked estimate; and what lies in between."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import crossings
from gis.access import anchors
from gis.faults import FaultError
from gis.roads import graph_from_lines
from gis.travel import minutes, snap_distances, walking

CRS = 4547


def places(column: str, *points) -> gpd.GeoDataFrame:
    ids = [f"{column[0]}{i}" for i in range(len(points))]
    return gpd.GeoDataFrame({column: ids}, geometry=[shapely.Point(p) for p in points], crs=CRS)


def roads(*coordinates, **columns) -> gpd.GeoDataFrame:
    shapes = [shapely.LineString(c) for c in coordinates]
    return gpd.GeoDataFrame(
        {"road_class": "local"} | columns, index=range(len(shapes)), geometry=shapes, crs=CRS
    )


def barriers(*shapes, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"kind": "river"} | columns, index=range(len(shapes)), geometry=list(shapes), crs=CRS
    )


UNITS = places("unit_id", (0, 10), (100, 0), (200, -20))
SCHOOLS = places("school_id", (150, 50), (300, 0))
STREETS = roads([(0, 0), (150, 0), (300, 0)], [(150, 0), (150, 50)])


def test_without_roads_every_walk_is_a_marked_estimate() -> None:
    found = walking(UNITS, SCHOOLS, detour=1.5)
    assert found.columns.tolist() == [
        "unit_id",
        "school_id",
        "metres",
        "estimate",
        "crossings",
        "way",
        "off_road",
    ]
    assert found["unit_id"].tolist() == ["u0", "u0", "u1", "u1", "u2", "u2"]
    assert found["school_id"].tolist() == ["s0", "s1"] * 3
    assert found["estimate"].all()
    assert found["metres"].iloc[3] == pytest.approx(200 * 1.5)
    assert found.attrs["detour"] == 1.5
    assert found.attrs["estimated"] == 6


def test_walks_follow_roads_and_add_the_snaps() -> None:
    found = walking(UNITS, SCHOOLS, graph=graph_from_lines(STREETS))
    assert found["metres"].tolist() == pytest.approx([10 + 200, 10 + 300, 100, 200, 20 + 100, 20 + 100])
    assert not found["estimate"].any()
    assert found.attrs["max_snap_m"] == pytest.approx(20)


def test_two_places_on_one_edge_and_round_a_loop() -> None:
    line = roads([(0, 0), (1000, 0)])
    found = walking(places("unit_id", (100, 0)), places("school_id", (300, 0)), graph=graph_from_lines(line))
    assert found["metres"].tolist() == pytest.approx([200])
    loop = roads([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)], [(0, 0), (-50, 0)])
    found = walking(places("unit_id", (-50, 0)), places("school_id", (0, 90)), graph=graph_from_lines(loop))
    assert found["metres"].tolist() == pytest.approx([140])


def test_places_far_from_roads_are_estimated() -> None:
    units = places("unit_id", (100, 0), (100, 2000))
    found = walking(units, SCHOOLS, graph=graph_from_lines(STREETS))
    assert found["estimate"].tolist() == [False, False, True, True]
    assert found.attrs["far_units"] == ["u1"]
    assert found["metres"].iloc[3] == pytest.approx(1.3 * np.hypot(200, 2000))


def test_places_on_unconnected_roads_are_estimated() -> None:
    apart = roads([(0, 0), (100, 0)], [(0, 500), (100, 500)])
    units, schools = places("unit_id", (0, 0), (0, 500)), places("school_id", (100, 0))
    found = walking(units, schools, graph=graph_from_lines(apart, keep_all=True))
    assert found["estimate"].tolist() == [False, True]


def test_walks_beyond_the_limit_are_unreachable_not_estimated() -> None:
    found = walking(UNITS, SCHOOLS, graph=graph_from_lines(STREETS), limit=150)
    assert found["metres"].tolist() == pytest.approx([np.inf, np.inf, 100, np.inf, 120, 120])
    assert not found["estimate"].any()
    assert found.attrs["unreachable"] == 3
    straight = walking(UNITS, SCHOOLS, limit=150)
    assert np.isinf(straight["metres"]).sum() == straight.attrs["unreachable"] > 0
    assert not straight["estimate"][np.isinf(straight["metres"])].any()


def test_polygons_are_reached_at_a_point_inside() -> None:
    ring = shapely.box(0, 0, 100, 100).difference(shapely.box(10, 10, 100, 90))
    frame = gpd.GeoDataFrame({"unit_id": ["u"]}, geometry=[ring], crs=CRS)
    assert ring.contains(shapely.Point(anchors(frame)[0]))


def test_crossings_count_features_along_the_straight_line() -> None:
    river = shapely.LineString([(120, -500), (120, 500)])
    bend = shapely.LineString([(250, -500), (260, -10), (255, 10), (250, -20), (250, 500)])
    rail = shapely.LineString([(200, 300), (200, 500)])
    surface = shapely.box(290, -100, 299, 100)
    found = walking(UNITS, SCHOOLS, barriers=barriers(river, bend, rail, surface))
    assert found["crossings"].tolist() == [1, 3, 1, 3, 0, 2]


def test_one_named_barrier_in_pieces_counts_once() -> None:
    pieces = [shapely.LineString([(x, -50), (x, 50)]) for x in (120, 125)]
    units, schools = places("unit_id", (0, 0)), places("school_id", (200, 0))
    assert walking(units, schools, barriers=barriers(*pieces, name="黄河"))["crossings"].tolist() == [1]


def test_nameless_barriers_side_by_side_count_once() -> None:
    tracks = [shapely.LineString([(x, -50), (x, 50)]) for x in (60, 64, 80, 140)]
    units, schools = places("unit_id", (0, 0)), places("school_id", (200, 0))
    layer = barriers(*tracks, name="")
    assert walking(units, schools, barriers=layer)["crossings"].tolist() == [2]
    layer["kind"] = ["rail", "river", "rail", "rail"]
    assert walking(units, schools, barriers=layer)["crossings"].tolist() == [3]
    layer.loc[0, "name"] = "北站线"
    assert walking(units, schools, barriers=layer.drop(columns="kind"))["crossings"].tolist() == [3]


def test_arterial_roads_count_and_their_bridges_do_not() -> None:
    lines = [[(0, 0), (50, 0), (100, 0)], [(50, -50), (50, 0), (50, 50)]]
    units, schools = places("unit_id", (10, 5)), places("school_id", (90, 5))
    for bridge, expected in ((False, 1), (True, 0)):
        layer = roads(*lines, road_class=["local", "arterial"], bridge=[False, bridge])
        assert walking(units, schools, graph=graph_from_lines(layer))["crossings"].tolist() == [expected]


def test_snap_distances_are_on_the_index_of_the_places() -> None:
    found = snap_distances(UNITS.set_index("unit_id"), graph_from_lines(STREETS))
    assert found.to_dict() == pytest.approx({"u0": 10, "u1": 0, "u2": 20})


def test_minutes_at_a_stated_speed() -> None:
    assert minutes(1200.0) == 20
    assert minutes(pd.Series([600.0, np.inf]), speed=50).tolist() == [12, np.inf]
    with pytest.raises(ValueError, match="speed"):
        minutes(1.0, speed=0)


def test_bad_input_is_told() -> None:
    with pytest.raises(ValueError, match="detour"):
        walking(UNITS, SCHOOLS, detour=0.5)
    with pytest.raises(FaultError):
        walking(UNITS, SCHOOLS.set_crs(4326, allow_override=True))
    with pytest.raises(FaultError):
        walking(pd.concat([UNITS, UNITS]), SCHOOLS)


def test_no_units_or_no_schools_give_an_empty_frame() -> None:
    graph = graph_from_lines(STREETS)
    assert len(walking(UNITS.iloc[:0], SCHOOLS, graph=graph)) == 0
    assert len(walking(UNITS, SCHOOLS.iloc[:0], graph=graph)) == 0


spots = st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=6, unique=True)


@settings(max_examples=40, deadline=None)
@given(spots, spots)
def test_no_walk_is_shorter_than_the_straight_line(units, schools) -> None:
    grid = [[(x, 0), (x, 500)] for x in (0, 250, 500)] + [[(0, y), (500, y)] for y in (0, 250, 500)]
    graph = graph_from_lines(roads(*grid), node_crossings=True)
    here, there = places("unit_id", *units), places("school_id", *schools)
    found = walking(here, there, graph=graph, detour=1.0)
    assert (found["metres"] >= walking(here, there, detour=1.0)["metres"] - 1e-3).all()
    back = walking(
        there.rename(columns={"school_id": "unit_id"}),
        here.rename(columns={"unit_id": "school_id"}),
        graph=graph,
    )
    matrix = found["metres"].to_numpy().reshape(len(here), -1)
    assert np.allclose(matrix, back["metres"].to_numpy().reshape(len(there), -1).T, atol=1e-3)


ends = st.tuples(*[st.floats(0, 100, allow_nan=False, width=32)] * 4)


@settings(max_examples=60, deadline=None)
@given(spots, spots, st.lists(ends, min_size=1, max_size=8))
def test_crossings_equal_the_intersections_of_the_lines(starts, stops, lines) -> None:
    a, b = np.array(starts, dtype=float) + 0.37, np.array(stops, dtype=float) + 0.61
    segments = np.array(lines, dtype=float).reshape(-1, 2, 2) * 5.003 + 0.137
    found = crossings.count(a, b, crossings.Obstacles(segments, np.arange(len(lines))))
    shapes = shapely.linestrings(segments)
    for i, start in enumerate(a):
        for j, stop in enumerate(b):
            line = shapely.LineString([start, stop])
            near = np.minimum(
                shapely.distance(shapes, shapely.Point(start)), shapely.distance(shapes, shapely.Point(stop))
            )
            edge = shapely.distance(shapely.points(segments), line).min(axis=1)
            clear = (near > 1e-6) & (edge > 1e-6)
            expected = (shapely.intersects(shapes, line) & clear).sum()
            assert expected <= found[i, j] <= expected + (~clear).sum()
