"""What lies under every map: districts, roads and barriers, quiet."""

from __future__ import annotations

import folium
import geopandas as gpd

from gis import maps
from ui.state import Context
from ui.texts import _

MINOR = ("local", "path")
FEWEST = 5  # urban units that make a core worth jumping to


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
    places(m, context)


def whole(context: Context) -> gpd.GeoDataFrame:
    """Return the layer whose extent a map opens with: the districts, else the units."""
    layers = context.project.layers
    return _geo(layers["areas"] if context.project.has("areas") else layers["units"])


def places(m: folium.Map, context: Context) -> None:
    """Offer the parts of the map to jump to, where there are any."""
    if len(found := cores(context)) > 1:
        maps.add_places(m, found, title=_("看哪里"))


def cores(context: Context) -> dict[str, gpd.GeoDataFrame]:
    """Return the whole and the urban core of each district, in words: most pupils live on little of it."""
    units, everything = _geo(context.project.layers["units"]), {_("全域"): whole(context)}
    if not {"area", "district"} <= set(units.columns):
        return everything
    urban = units[units["area"] == "urban"].groupby("district")
    found = {_("{district}城区", district=name): rows for name, rows in urban if len(rows) >= FEWEST}
    return everything | found


def _geo(frame: object) -> gpd.GeoDataFrame:
    if not isinstance(frame, gpd.GeoDataFrame):
        raise TypeError("a map layer needs geometry")
    return frame
