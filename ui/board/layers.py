"""Layers of the board that a planner switches on: what each holds, and its rows of the legend.

Roads, barriers, borders of zones and walks are on the board as it is; the browser only shows or hides them.
Classes by size and new estates are sent when they are switched on, each once, by a part of its own.
"""

from __future__ import annotations

from typing import Any, Final

import geopandas as gpd
import pandas as pd
import streamlit as st

from gis import symbols
from gis.hotspots import bin_labels
from gis.layers import value_label
from gis.symbols import BARRIER_STYLE, BRICK, CLASS_SIZE_COLOURS, INK, ROAD_STYLE, TEALS, LegendItem
from planning import basemap
from ui.maps.data import on_earth
from ui.maps.ground import MINOR
from ui.state import Context
from ui.texts import _, language
from ui.views import status

#: Names of the layers, in the order of the control.
NAMES: Final = ("roads", "barriers", "borders", "distance", "classes", "estates", "tiles")
#: What the board has always shown.
SHOWN: Final = ("roads", "barriers", "borders")
#: Layers that the browser has not until they are switched on.
SENT: Final = ("classes", "estates")
#: Metres on foot that part the colours of walks.
WALKS: Final = (500, 1000, 1500, 2000)
#: Opacity of the colours of walks on the board, so that the legend is read off aright.
WALKED: Final = 0.8
#: Years after the planning year that part the colours of new estates: by that year, soon, later.
SOON: Final = 3
#: Pixels by which the circles of a school stand above its symbol, which stays in reach.
LIFT: Final = 16
ESTATES: Final = ("#882255", "#aa4499", "#ddaacc")
_CHOSEN: Final = "board-layers"


def chosen() -> list[str]:
    """Return the layers that this tab has switched on."""
    kept: list[str] = st.session_state.setdefault(_CHOSEN, list(SHOWN))
    return [name for name in NAMES if name in kept]


def choose(names: object) -> None:
    """Keep what the browser has switched on, for as long as the tab lives. A callback."""
    if isinstance(names, list):
        st.session_state[_CHOSEN] = [name for name in NAMES if name in names]


def words() -> dict[str, str]:
    """Return what each layer is called."""
    return {
        "roads": _("道路"),
        "barriers": _("河流与铁路"),
        "borders": _("片区边界"),
        "distance": _("步行距离"),
        "classes": _("班额热点"),
        "estates": _("新建小区"),
        "tiles": _("在线底图"),
    }


def missing(context: Context) -> dict[str, str]:
    """Return why a layer cannot be switched on, by name."""
    project = context.project
    lacking = {
        "roads": not project.has("roads"),
        "barriers": not project.has("barriers"),
        "classes": not project.has("classes", "schools"),
        "estates": not project.has("estates"),
    }
    said = {name: _("还没有数据:请在“数据”页导入。") for name, none in lacking.items() if none}
    if not project.epsg:
        said["tiles"] = _("独立坐标的项目没有经纬度,不能叠加在线底图。")
    elif not basemap.stored().sheets():
        said["tiles"] = _("没有设定:请在“数据”页“设定”中填写天地图密钥或内网瓦片地址。")
    return said


def control(context: Context) -> dict[str, Any]:
    """Return what the control needs: names, words and what is missing; what is on; classes of walks."""
    said, lacking = words(), missing(context)
    on = [name for name in chosen() if name not in lacking]
    return {
        "title": _("显示图层"),
        "rows": [[name, said[name], lacking.get(name, "")] for name in NAMES],
        "on": on,
        "tiles": basemap.stored().sheets() if "tiles" in on else [],
        "no_tiles": _("在线底图取不到:请检查网络、密钥或瓦片地址;划片不受影响。"),
        "walks": {"tops": list(WALKS), "colours": list(TEALS)},
    }


def sent(context: Context) -> dict[str, list[list[Any]]]:
    """Return the rows of each layer that is on and has to be sent.

    A row is latitude, longitude, picture, its width, height and lift in pixels, and what it says.
    """
    lacking = missing(context)
    made = {"classes": _classes, "estates": _estates}
    key, stage, lang = context.project.key, context.stage, language()
    return {
        name: made[name](key, stage, context.year, lang, context)
        for name in SENT
        if name in chosen() and name not in lacking
    }


@st.cache_resource(max_entries=4, show_spinner=False)
def _classes(key: str, stage: str, year: int, lang: str, _context: Context) -> list[list[Any]]:
    """Return circles for each school: one a class size, its area growing with the classes of that size."""
    schools = _placed(status.by_school(key, stage, _context.project))
    rows, names = [], bin_labels()
    for place, school in zip(_spots(schools), schools.to_dict("records"), strict=True):
        counts = [(name, int(school[name])) for name in names]
        picture, width, height = symbols.dots([(CLASS_SIZE_COLOURS[name], n) for name, n in counts])
        said = " · ".join(f"{_sign(name)}: {n}" for name, n in counts if n)
        tip = _("{school}:{classes}(人/班:班数)", school=school["name"], classes=said)
        rows.append([*place, picture, width, height, LIFT, tip])
    return rows


@st.cache_resource(max_entries=4, show_spinner=False)
def _estates(key: str, stage: str, year: int, lang: str, _context: Context) -> list[list[Any]]:
    """Return a triangle with the year of handover for each new estate that has a place or a unit."""
    estates = _placed(_located(_context.project.layers["estates"], _context.project.layers["units"]))
    rows = []
    for place, estate in zip(_spots(estates), estates.to_dict("records"), strict=True):
        handover = estate.get("handover_year")
        when = "" if pd.isna(handover) else str(int(handover))
        homes = estate.get("households")
        said = _("{n} 户", n="—" if pd.isna(homes) else f"{int(homes):,}")
        tip = _("{name}:{year} 年交付,{homes}", name=estate["name"], year=when or "—", homes=said)
        rows.append([*place, _triangle(_hue(handover, year), when), 34, 30, 0, tip])
    return rows


def _located(estates: pd.DataFrame, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return estates at their own places, else within their units: an estate need not state its place."""
    of_unit = dict(zip(units["unit_id"], units.geometry.representative_point(), strict=True))
    own = list(estates["geometry"]) if "geometry" in estates else [None] * len(estates)
    homes = estates["unit_id"].map(of_unit) if "unit_id" in estates else [None] * len(estates)
    places = [
        home if place is None or place.is_empty else place for place, home in zip(own, homes, strict=True)
    ]
    return gpd.GeoDataFrame(pd.DataFrame(estates).assign(geometry=places), geometry="geometry", crs=units.crs)


def _placed(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    there = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    return on_earth(gpd.GeoDataFrame(there, crs=frame.crs))


def _spots(frame: gpd.GeoDataFrame) -> list[list[float]]:
    at = frame.geometry.representative_point().to_crs(4326)
    return [[round(point.y, 6), round(point.x, 6)] for point in at]


def _sign(name: str) -> str:
    return name.replace("<=", "≤ ").replace(">=", "≥ ")


def _hue(handover: Any, year: int) -> str:
    if pd.isna(handover):
        return "#ffffff"
    late = int(handover) - year
    return ESTATES[0] if late <= 0 else ESTATES[1] if late <= SOON else ESTATES[2]


def _triangle(colour: str, when: str) -> str:
    """Return a triangle with a year below: the year tells what the colour tells."""
    return (
        f'<svg viewBox="0 0 34 30" width="34" height="30"><path d="M17 2l8 15h-16z" fill="{colour}" '
        f'stroke="{INK}" stroke-width="1"/><text x="17" y="28" text-anchor="middle" font-size="10" '
        f'font-weight="600" fill="{INK}" stroke="#fff" stroke-width="2.5" paint-order="stroke">'
        f"{when}</text></svg>"
    )


def legend(context: Context) -> list[LegendItem | str]:
    """Return the rows of the legend that the layers switched on need."""
    on = [name for name in chosen() if name not in missing(context)]
    rows: list[LegendItem | str] = []
    for name in on:
        rows += _LEGENDS[name](context)
    return list(dict.fromkeys(rows))  # a fast road is a road and a barrier, drawn alike


def _lines(layer: str, column: str) -> Any:
    styles = ROAD_STYLE if layer == "roads" else BARRIER_STYLE

    def rows(context: Context) -> list[LegendItem | str]:
        there = set(context.project.layers[layer][column].dropna()) - set(MINOR)
        kinds = [kind for kind in styles if kind in there]
        said = {kind: value_label(column, kind, language(), layer=layer) for kind in kinds}
        return [symbols.line(said[kind], styles[kind]) for kind in kinds]

    return rows


def _border_rows(context: Context) -> list[LegendItem | str]:
    return [symbols.line(_("片区边界"), {"color": "#374151", "weight": 1.6})]


def _walk_rows(context: Context) -> list[LegendItem | str]:
    steps = [0, *WALKS]
    said = [f"{low:,}–{top:,} m" for low, top in zip(steps, WALKS, strict=False)] + [f"> {WALKS[-1]:,} m"]
    return [
        _("步行距离"),
        *(symbols.swatch(word, colour, fill=WALKED) for word, colour in zip(said, TEALS, strict=True)),
        symbols.swatch(_("没有片区、没有距离或正在保存"), "#ffffff", border="#7b8794"),
        symbols.swatch(_("超出规则包的服务半径(直线)、步行时间或穿越次数"), "#ffffff", border=BRICK),
    ]


def _class_rows(context: Context) -> list[LegendItem | str]:
    return [
        _("班额(人/班),圆的大小是班数"),
        *(symbols.dot(_sign(name), CLASS_SIZE_COLOURS[name]) for name in bin_labels()),
    ]


def _estate_rows(context: Context) -> list[LegendItem | str]:
    year = context.year
    said = [
        _("{year} 年及以前交付", year=year),
        _("{first}–{last} 年交付", first=year + 1, last=year + SOON),
        _("{year} 年以后交付", year=year + SOON),
    ]
    return [
        _("新建小区(三角,下为交付年)"),
        *(symbols.swatch(word, colour, border=INK) for word, colour in zip(said, ESTATES, strict=True)),
        symbols.swatch(_("交付年不明"), "#ffffff", border=INK),
    ]


def _tile_rows(context: Context) -> list[LegendItem | str]:
    base = basemap.stored()
    if base.template:
        return [_("在线底图:{host}(内网瓦片,须为 Web 墨卡托)", host=base.host())]
    return [_("在线底图:天地图(需联网;CGCS2000)")]


_LEGENDS: Final = {
    "roads": _lines("roads", "road_class"),
    "barriers": _lines("barriers", "kind"),
    "borders": _border_rows,
    "distance": _walk_rows,
    "classes": _class_rows,
    "estates": _estate_rows,
    "tiles": _tile_rows,
}
