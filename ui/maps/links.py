"""The map of neighbours: which units touch, what was linked by hand, what was cut."""

from __future__ import annotations

import folium
import geopandas as gpd
import pandas as pd
import shapely

from gis import maps, symbols
from gis.drawing import shapes
from gis.layers import layer_label
from planning import links, spatial
from planning.project import Project
from ui.maps.data import on_earth
from ui.texts import _, language
from ui.views import plan as plans

NEIGHBOUR_STYLE = {"color": symbols.TEALS[3], "weight": 1.4, "opacity": 0.9}
EDIT_STYLES = {
    "link": {"color": symbols.TEAL, "weight": 4, "opacity": 1},
    "cut": {"color": symbols.BRICK, "weight": 3, "dashArray": "4 6", "opacity": 1},
}
MAIN_ROADS = ("expressway", "arterial")


def neighbours(project: Project) -> folium.Map:
    """Draw units, what separates them, a line for each pair of neighbours, and the planner's edits."""
    ground = plans.units_on_the_ground(project.key, project)
    earth = on_earth(ground)
    m = maps.base(
        earth,
        title=_("相邻的单元"),
        subtitle=f"{project.title(language())} · {_('一条线连接一对相邻的单元')}",
        stamp=_("合成数据") if project.synthetic else None,
        lang=language(),
    )
    maps.add_units(
        m, earth, name=layer_label("units", language()), tooltip={"": "name", _("编号"): "unit_id"}
    )
    maps.legend(m, _ground_lines(m, project) + _pairs(m, project, ground))
    return m


def _ground_lines(m: folium.Map, project: Project) -> list[maps.LegendItem | str]:
    """Draw barriers and main roads, so that the planner sees why units are apart."""
    rows: list[maps.LegendItem | str] = []
    for layer in ("barriers", "roads"):
        frame = project.layers.get(layer)
        if not isinstance(frame, gpd.GeoDataFrame) or not len(frame):
            continue
        if layer == "roads":
            frame = frame[frame["road_class"].isin(MAIN_ROADS)]
        if len(frame):
            name = layer_label(layer, language())
            maps.add_lines(m, on_earth(frame), name=name)
            style = symbols.ROAD_STYLE["arterial"] if layer == "roads" else symbols.BARRIER_STYLE["river"]
            rows.append(maps.line(_("主要道路") if layer == "roads" else name, style))
    return rows


def _pairs(m: folium.Map, project: Project, ground: gpd.GeoDataFrame) -> list[maps.LegendItem | str]:
    inner = ground.geometry.representative_point()
    spots = dict(zip(ground["unit_id"], inner, strict=True))
    names = dict(zip(ground["unit_id"], ground["name"], strict=True))
    found = spatial.adjacency(project)
    label = f"{_('相邻')} ({len(found):,})"
    drawn = _lines(found[found["source"] != "manual"], spots, names, ground)
    shapes(m, on_earth(drawn), label, NEIGHBOUR_STYLE, tooltip={"": "pair", _("共同边界(米)"): "shared_m"})
    rows: list[maps.LegendItem | str] = [maps.line(label, NEIGHBOUR_STYLE)]
    edits = links.edits(project)
    words = {"link": _("人工连通"), "cut": _("人工断开")}
    for action, style in EDIT_STYLES.items():
        those = edits[(edits["action"] == action) & edits["works"]]
        if len(those):
            name = f"{words[action]} ({len(those):,})"
            lines = on_earth(_lines(those, spots, names, ground))
            shapes(m, lines, name, style, tooltip={"": "pair", _("理由"): "reason"})
            rows.append(maps.line(name, style))
    return rows


def _lines(
    pairs: pd.DataFrame, spots: dict[str, shapely.Point], names: dict[str, str], ground: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return a line from unit to unit for each pair, with the names of both."""
    ends = [(spots[a], spots[b]) for a, b in zip(pairs["a"], pairs["b"], strict=True)]
    words = [f"{names[a]} – {names[b]}" for a, b in zip(pairs["a"], pairs["b"], strict=True)]
    frame = pd.DataFrame(pairs).assign(pair=words)
    if "shared_m" in frame:
        frame["shared_m"] = frame["shared_m"].round().astype("Int64")
    geometry = [shapely.LineString([one, two]) for one, two in ends]
    return gpd.GeoDataFrame(frame, geometry=geometry, crs=ground.crs)
