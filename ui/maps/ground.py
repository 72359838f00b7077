"""What lies under every map: districts, roads and barriers, quiet."""

from __future__ import annotations

import folium
import geopandas as gpd

from gis import maps
from ui.state import Context
from ui.texts import _

MINOR = ("local", "path")


def ground(m: folium.Map, context: Context, *, minor_roads: bool = False) -> None:
    """Draw the district borders, rivers and rails, and the roads that people know a place by."""
    layers = context.project.layers
    if context.project.has("areas"):
        areas = layers["areas"]
        maps.add_areas(m, _geo(areas[areas["level"] != "city"]), name=_("行政区界"))
    if context.project.has("barriers"):
        maps.add_lines(m, _geo(layers["barriers"]), name=_("河流与铁路"), tooltip={"": "name"})
    if context.project.has("roads"):
        roads = _geo(layers["roads"])
        shown = roads if minor_roads else roads[~roads["road_class"].isin(MINOR)]
        maps.add_lines(m, shown, name=_("道路"))


def _geo(frame: object) -> gpd.GeoDataFrame:
    if not isinstance(frame, gpd.GeoDataFrame):
        raise TypeError("a map layer needs geometry")
    return frame
