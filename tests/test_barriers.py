"""Barriers out of the layer of barriers and the expressways of the roads."""

from __future__ import annotations

import geopandas as gpd
import shapely

from gis.barriers import all_barriers, at_ground

CRS = 4547


def layer(*coordinates, **columns) -> gpd.GeoDataFrame:
    shapes = [shapely.LineString(c) for c in coordinates]
    return gpd.GeoDataFrame(columns, index=range(len(shapes)), geometry=shapes, crs=CRS)


RIVER = layer([(0, 0), (1000, 0)], barrier_id="r", name="黄河", kind="river")


def test_expressways_of_the_roads_are_barriers_and_other_roads_are_not() -> None:
    roads = layer([(0, 500), (1000, 500)], [(0, 900), (1000, 900)], road_class=["expressway", "arterial"])
    found = all_barriers(RIVER, roads)
    assert found["kind"].tolist() == ["river", "expressway"]
    assert found["name"].tolist() == ["黄河", ""]
    assert found.crs == RIVER.crs
    assert all_barriers(None, roads)["kind"].tolist() == ["expressway"]
    assert all_barriers(RIVER, None)["barrier_id"].tolist() == ["r"]
    assert all_barriers(None, roads.iloc[1:]) is None


def test_an_expressway_drawn_in_both_layers_counts_once() -> None:
    drawn = layer([(0, 500), (600, 500)], kind="expressway")
    roads = layer([(0, 510), (1000, 510)], road_class="expressway", name="G18")
    found = all_barriers(drawn, roads)
    assert found["kind"].tolist() == ["expressway"] * 2
    assert found.geometry.iloc[1].bounds[0] > 600  # what the barriers lack
    assert len(all_barriers(drawn, layer([(0, 510), (600, 510)], road_class="expressway"))) == 1


def test_viaducts_and_tunnels_are_not_at_ground() -> None:
    lines = [[(0, y), (10, y)] for y in range(4)]
    roads = layer(
        *lines,
        road_class="expressway",
        bridge=[True, False, None, False],
        tunnel=[False, True, False, None],
    )
    found = all_barriers(None, roads)
    assert at_ground(found).geometry.bounds["miny"].tolist() == [2, 3]
    assert len(at_ground(RIVER)) == 1
