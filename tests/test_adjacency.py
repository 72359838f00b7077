"""Neighbours share a border that people can cross."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.adjacency import edit_links, edited, from_territories
from gis.faults import FaultError
from gis.territories import territories

CRS = 4547


def boxes(columns: int, rows: int) -> gpd.GeoDataFrame:
    cells = [(i, j) for j in range(rows) for i in range(columns)]
    shapes = [shapely.box(100 * i, 100 * j, 100 * i + 100, 100 * j + 100) for i, j in cells]
    return gpd.GeoDataFrame({"unit_id": [f"u{i}{j}" for i, j in cells]}, geometry=shapes, crs=CRS)


def lines(*coordinates, **columns) -> gpd.GeoDataFrame:
    shapes = [shapely.LineString(c) for c in coordinates]
    return gpd.GeoDataFrame(columns, index=range(len(shapes)), geometry=shapes, crs=CRS)


def pairs(frame: pd.DataFrame) -> set[str]:
    return {f"{a}-{b}" for a, b in zip(frame["a"], frame["b"])}


def test_six_in_a_row_make_five_pairs() -> None:
    found = from_territories(boxes(6, 1))
    assert pairs(found) == {f"u{i}0-u{i + 1}0" for i in range(5)}
    assert (found["shared_m"] == 100).all()
    assert (found["source"] == "territory").all()
    assert found.attrs["isolated"] == []
    assert found.attrs["components"] == 1


def test_corners_make_no_neighbours() -> None:
    assert len(from_territories(boxes(2, 2))) == 4


def test_short_borders_count_from_the_stated_length() -> None:
    units = boxes(2, 1)
    units.loc[1, "geometry"] = shapely.box(100, 95, 200, 195)
    assert len(from_territories(units, min_shared=4)) == 1
    assert from_territories(units, min_shared=6).attrs["isolated"] == ["u00", "u10"]


def test_borders_match_where_one_side_has_more_vertices() -> None:
    units = boxes(2, 1)
    ragged = shapely.Polygon([(100, 0), (200, 0), (200, 100), (100, 100), (100.003, 47), (99.998, 21)])
    units.loc[1, "geometry"] = ragged
    assert from_territories(units)["shared_m"].tolist() == pytest.approx([100], abs=1)


def test_a_river_separates_and_a_bridge_joins() -> None:
    units, river = boxes(3, 2), lines([(-10, 100), (310, 100)])
    found = from_territories(units, barriers=river)
    assert pairs(found) == {"u00-u10", "u10-u20", "u01-u11", "u11-u21"}
    assert found.attrs["components"] == 2
    roads = lines([(150, 50), (150, 150)], [(250, 50), (250, 150)], bridge=[True, False])
    bridged = from_territories(units, barriers=river, bridges=roads)
    assert pairs(bridged) - pairs(found) == {"u10-u11"}
    assert bridged.attrs["bridged"] == [("u10", "u11")]
    assert bridged.attrs["components"] == 1


def test_a_bridge_over_no_barrier_joins_nothing_new() -> None:
    units = boxes(3, 1)
    roads = lines([(50, 50), (250, 50)], bridge=[True])
    river = lines([(0, 90), (10, 90)])
    assert pairs(from_territories(units, barriers=river, bridges=roads)) == {"u00-u10", "u10-u20"}


def test_a_river_across_borders_leaves_them_open() -> None:
    found = from_territories(boxes(3, 1), barriers=lines([(-10, 50), (310, 50)]))
    assert pairs(found) == {"u00-u10", "u10-u20"}
    assert (found["shared_m"] == 80).all()


def test_the_strip_between_two_tracks_joins_nothing() -> None:
    points = gpd.GeoDataFrame(
        {"unit_id": ["south", "north"]}, geometry=[shapely.Point(150, 40), shapely.Point(150, 300)], crs=CRS
    )
    tracks = lines([(-10, 100), (310, 100)], [(-10, 140), (310, 140)])
    ground = territories(points, area=shapely.box(0, 0, 300, 340), barriers=tracks)
    assert from_territories(ground, barriers=tracks).attrs["isolated"] == ["south", "north"]


def test_a_river_surface_separates_its_banks() -> None:
    points = gpd.GeoDataFrame(
        {"unit_id": ["s", "n"]}, geometry=[shapely.Point(150, 40), shapely.Point(150, 300)], crs=CRS
    )
    river = gpd.GeoDataFrame(geometry=[shapely.box(-10, 120, 310, 200)], crs=CRS)
    ground = territories(points, area=shapely.box(0, 0, 300, 340), barriers=river)
    assert len(from_territories(ground, barriers=river)) == 0
    bridge = lines([(100, 100), (100, 220)], bridge=[True])
    assert pairs(from_territories(ground, barriers=river, bridges=bridge)) == {"n-s"}


def test_links_are_added_and_removed_by_hand() -> None:
    units = boxes(4, 1)
    links = from_territories(units)
    edited = edit_links(links, add=[("u30", "u00")], remove=[("u10", "u00")], units=units["unit_id"])
    assert pairs(edited) == {"u00-u30", "u10-u20", "u20-u30"}
    assert edited.set_index(["a", "b"])["source"]["u00", "u30"] == "manual"
    assert edited.attrs["components"] == 1
    assert pairs(links) == {"u00-u10", "u10-u20", "u20-u30"}
    again = edit_links(edited, add=[("u00", "u30")], remove=[("u00", "u20")])
    pd.testing.assert_frame_equal(again, edited)


def test_kept_edits_are_applied_and_those_of_unknown_units_wait() -> None:
    units = boxes(4, 1)
    rows = [("u30", "u00", "link"), ("u10", "u00", "cut"), ("u00", "gone", "link"), ("u20", "u30", "link")]
    found = edited(
        from_territories(units), pd.DataFrame(rows, columns=["a", "b", "action"]), units["unit_id"]
    )
    assert pairs(found) == {"u00-u30", "u10-u20", "u20-u30"}
    assert found.set_index(["a", "b"])["source"].to_dict() == {
        ("u00", "u30"): "manual", ("u10", "u20"): "territory", ("u20", "u30"): "territory",
    }  # fmt: skip
    assert found.attrs["components"] == 1


def test_edits_that_contradict_themselves_are_faults() -> None:
    rows = [("u00", "u10", "link"), ("u10", "u00", "cut"), ("u20", "u20", "cut"), ("u00", "u20", "ferry")]
    edits = pd.DataFrame(rows, columns=["a", "b", "action"])
    with pytest.raises(FaultError) as caught:
        edited(from_territories(boxes(3, 1)), edits, ["u00", "u10", "u20"])
    kinds = [fault.kind for fault in caught.value.faults]
    assert kinds == ["space_bad_action", "space_link_and_cut", "space_self_link"]


def test_viaducts_and_tunnels_separate_nobody_and_an_expressway_bridge_joins_nobody() -> None:
    units = boxes(3, 2)
    for flags in ({"bridge": [True]}, {"tunnel": [True]}):
        assert len(from_territories(units, barriers=lines([(-10, 100), (310, 100)], **flags))) == 7
    river = lines([(-10, 100), (310, 100)])
    over = lines([(150, 50), (150, 150)], bridge=[True], road_class=["expressway"])
    assert len(from_territories(units, barriers=river, bridges=over)) == 4
    over["road_class"] = "path"
    assert len(from_territories(units, barriers=river, bridges=over)) == 5


def test_hand_links_of_unknown_units_are_faults() -> None:
    links = from_territories(boxes(2, 1))
    with pytest.raises(FaultError) as caught:
        edit_links(links, add=[("u00", "nowhere"), ("u10", "u10")], units=["u00", "u10"])
    assert {f.kind for f in caught.value.faults} == {"space_unknown_unit", "space_self_link"}


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 399), st.integers(1, 299)), min_size=1, max_size=20, unique=True))
def test_a_tiling_without_barriers_is_connected(points) -> None:
    frame = gpd.GeoDataFrame(
        {"unit_id": [f"u{i}" for i in range(len(points))]}, geometry=list(map(shapely.Point, points)), crs=CRS
    )
    found = from_territories(territories(frame, area=shapely.box(0, 0, 400, 300)))
    assert found.attrs["components"] == 1
    assert (found["a"] < found["b"]).all()
    assert not found.duplicated(["a", "b"]).any()
