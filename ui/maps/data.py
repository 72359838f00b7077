"""The data page's map: every layer that came in, each to be switched on and off, with faults as marks."""

from __future__ import annotations

from collections.abc import Callable

import folium
import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from gis import maps, symbols
from gis.drawing import shapes
from gis.layers import layer_label, value_label
from gis.systems import is_local
from planning.project import Project
from ui.texts import _, language

AREA_STYLE = {"color": "#7b6f9c", "weight": 1.6, "fill": True, "fillOpacity": 0.0}
UNIT_STYLE = {"color": "#6b5d3a", "weight": 0.8, "fillColor": "#e3c88a", "fillOpacity": 0.45, "radius": 4}
ESTATE_COLOUR = "#8a5a83"
ESTATE_STYLE = {"color": "#ffffff", "weight": 1, "fillColor": ESTATE_COLOUR, "fillOpacity": 0.9, "radius": 5}
ENTRANCE_STYLE = {"color": "#ffffff", "weight": 1, "fillColor": "#1f2933", "fillOpacity": 0.9, "radius": 3}
WARNING_STYLE = {"color": symbols.AMBER, "weight": 2.5, "fillOpacity": 0.0, "fill": True, "radius": 9}
ERROR_STYLE = {"color": symbols.BRICK, "weight": 3, "fillOpacity": 0.0, "fill": True, "radius": 11}
# A local grid has no place on earth; on the equator its metres keep their lengths, and nothing else is shown.
STAND_IN = CRS.from_proj4("+proj=tmerc +lat_0=0 +lon_0=0 +k=1 +x_0=0 +y_0=0 +datum=WGS84 +units=m +no_defs")


def overview(project: Project, marks: gpd.GeoDataFrame | None) -> folium.Map:
    """Draw every layer of the project that has a place, and the faults that speak of one.

    Parameters
    ----------
    project : Project
        In one projected coordinate system, or on a local grid.
    marks : GeoDataFrame or None
        text, level, geometry (Point) of the faults.
    """
    layers = {name: on_earth(frame) for name, frame in _located(project).items()}
    extent = gpd.GeoSeries([shapely.box(*frame.total_bounds) for frame in layers.values()])
    m = maps.base(
        extent.set_crs(next(iter(layers.values())).crs),
        title=_("导入的图层"),
        subtitle=f"{project.title(language())} · {_('右上角可开关图层')}",
        stamp=_("合成数据") if project.synthetic else None,
        lang=language(),
    )
    rows: list[maps.LegendItem | str] = []
    for name, draw in _DRAW.items():
        if name in layers:
            rows += draw(m, layers[name])
    if marks is not None and len(marks):
        rows += _marks(m, on_earth(marks))
    # Expressways are roads and barriers; one row says both.
    maps.legend(m, list({getattr(row, "label", row): row for row in rows}.values()))
    return m


def on_earth(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a layer that a map can show; one on a local grid is set down where its lengths stay true."""
    return frame.set_crs(STAND_IN, allow_override=True) if is_local(frame.crs) else frame


def _located(project: Project) -> dict[str, gpd.GeoDataFrame]:
    frames = {name: project.layers[name] for name in _DRAW if name in project.layers}
    return {
        name: frame[frame.geometry.notna() & ~frame.geometry.is_empty]
        for name, frame in frames.items()
        if isinstance(frame, gpd.GeoDataFrame) and frame.geometry.notna().any()
    }


def _worded(frame: gpd.GeoDataFrame, layer: str, *columns: str) -> gpd.GeoDataFrame:
    """Return the layer with its codes in words, for tooltips."""
    words = {
        column: [value_label(column, value, language(), layer=layer) or None for value in frame[column]]
        for column in columns
        if column in frame
    }
    return frame.assign(**{f"{column}_word": values for column, values in words.items()})


def _tip(frame: gpd.GeoDataFrame, wanted: dict[str, str]) -> dict[str, str]:
    return {label: column for label, column in wanted.items() if column in frame}


def _areas(m: folium.Map, frame: gpd.GeoDataFrame) -> list[maps.LegendItem | str]:
    name = layer_label("areas", language())
    shown = _worded(maps.simplified(frame, maps.TOLERANCE), "areas", "level")
    tooltip = _tip(shown, {"": "name", _("级别"): "level_word", _("代码"): "area_id"})
    shapes(m, shown, name, AREA_STYLE, tooltip=tooltip)
    return [maps.line(name, AREA_STYLE)]


def _lines(layer: str) -> Callable[[folium.Map, gpd.GeoDataFrame], list[maps.LegendItem | str]]:
    def draw(m: folium.Map, frame: gpd.GeoDataFrame) -> list[maps.LegendItem | str]:
        name = layer_label(layer, language())
        maps.add_lines(m, frame, name=name)
        column = "road_class" if layer == "roads" else "kind"
        styles = symbols.ROAD_STYLE if layer == "roads" else symbols.BARRIER_STYLE
        there = set(frame[column].dropna())
        return [
            maps.line(value_label(column, kind, language(), layer=layer), style)
            for kind, style in styles.items()
            if kind in there
        ]

    return draw


def _units(m: folium.Map, frame: gpd.GeoDataFrame) -> list[maps.LegendItem | str]:
    name = layer_label("units", language())
    shown = _worded(maps.simplified(frame, maps.TOLERANCE), "units", "kind", "area")
    wanted = {
        "": "name", _("编号"): "unit_id", _("类别"): "kind_word", _("城乡"): "area_word", _("镇街"): "town",
        _("常住人口"): "residents",
    }  # fmt: skip
    shapes(m, shown, name, UNIT_STYLE, tooltip=_tip(shown, wanted))
    return [maps.swatch(name, str(UNIT_STYLE["fillColor"]), fill=0.45, border=str(UNIT_STYLE["color"]))]


def _estates(m: folium.Map, frame: gpd.GeoDataFrame) -> list[maps.LegendItem | str]:
    name = layer_label("estates", language())
    wanted = {"": "name", _("编号"): "estate_id", _("户数"): "households", _("交付年份"): "handover_year"}
    shapes(m, frame, name, ESTATE_STYLE, tooltip=_tip(frame, wanted))
    return [maps.dot(name, ESTATE_COLOUR)]


def _entrances(m: folium.Map, frame: gpd.GeoDataFrame) -> list[maps.LegendItem | str]:
    name = layer_label("entrances", language())
    wanted = {"": "kind_word", _("所属编号"): "owner_id", _("名称"): "name"}
    shown = _worded(frame, "entrances", "kind")
    shapes(m, shown, name, ENTRANCE_STYLE, tooltip=_tip(shown, wanted))
    return [maps.dot(name, str(ENTRANCE_STYLE["fillColor"]))]


def _schools(m: folium.Map, frame: gpd.GeoDataFrame) -> list[maps.LegendItem | str]:
    shown = _worded(frame, "schools", "kind", "provider", "boarding")
    wanted = {
        "": "name", _("编号"): "school_id", _("办学类型"): "kind_word", _("办学性质"): "provider_word",
        _("寄宿制"): "boarding_word", _("小学学位"): "primary_seats", _("初中学位"): "junior_seats",
    }  # fmt: skip
    maps.add_schools(m, shown, name=layer_label("schools", language()), tooltip=_tip(shown, wanted))
    there = set(frame["kind"].dropna()) if "kind" in frame else set()
    return [
        maps.school_row(value_label("kind", kind, language(), layer="schools"), kind)
        for kind in ("primary", "teaching_point", "junior", "nine_year", "twelve_year")
        if kind in there
    ]


def _marks(m: folium.Map, marks: gpd.GeoDataFrame) -> list[maps.LegendItem | str]:
    rows: list[maps.LegendItem | str] = []
    words = {"warning": (_("提示"), WARNING_STYLE), "error": (_("错误"), ERROR_STYLE)}
    for level, (word, style) in words.items():
        those = marks[marks["level"] == level]
        if len(those):
            label = f"{word} ({len(those):,})"
            shapes(
                m,
                pd.DataFrame(those).pipe(gpd.GeoDataFrame, crs=marks.crs),
                label,
                style,
                tooltip={"": "text"},
            )
            rows.append(maps.swatch(label, "#ffffff", border=str(style["color"])))
    return rows


_DRAW: dict[str, Callable[[folium.Map, gpd.GeoDataFrame], list[maps.LegendItem | str]]] = {
    "areas": _areas,
    "barriers": _lines("barriers"),
    "roads": _lines("roads"),
    "units": _units,
    "estates": _estates,
    "entrances": _entrances,
    "schools": _schools,
}
