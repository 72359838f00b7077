"""The map of 预测: where entrants grow and shrink, and the estates to come."""

from __future__ import annotations

import folium
import geopandas as gpd

from gis import maps
from ui import widgets
from ui.maps.ground import ground
from ui.state import Context, stage_word
from ui.texts import _, language


def growth(context: Context, units: gpd.GeoDataFrame, *, now: int, then: int) -> str:
    """Return the one-file map of the change in registered entrants by unit, estates by households on top."""
    m = maps.base(
        units,
        title=_("入学人数变化:{now} → {then}", now=now, then=then),
        subtitle=_("{stage} · 来源:适龄儿童登记 · 圆:人数变化", stage=stage_word(context.stage)),
        stamp=_("合成数据") if context.project.synthetic else None,
        lang=language(),
    )
    more, fewer = units["change"].clip(lower=0), (-units["change"]).clip(lower=0)
    tooltip = {"": "name", str(now): "now", str(then): "then", _("变化"): "change"}
    maps.add_units(m, units, name=_("单元"), tooltip=tooltip)
    ground(m, context)
    points = units.set_geometry(units.geometry.representative_point())
    maps.add_points_sized(m, points, fewer, name=_("减少"), colour="#5b7fa6", tooltip=tooltip)
    maps.add_points_sized(m, points, more, name=_("增加"), colour="#b45309", tooltip=tooltip)
    items = [maps.dot(_("增加"), "#b45309"), maps.dot(_("减少"), "#5b7fa6")]
    if context.project.has("estates"):
        items.append(_estates(m, context))
    maps.legend(m, items, title=_("入学人数变化"), note=_("圆的面积与人数(户数)成正比"))
    return maps.html(m)


def _estates(m: folium.Map, context: Context) -> maps.LegendItem:
    estates = context.project.layers["estates"]
    estates = estates[~estates.geometry.is_empty & estates.geometry.notna()]
    shown = estates.assign(
        size=[f"{widgets.whole(h)}" for h in estates["households"]],
        when=estates["handover_year"].astype(str),
    )
    tooltip = {"": "name", _("户数"): "size", _("交付年份"): "when"}
    colour = "#6d4c8f"
    maps.add_points_sized(
        m, shown, shown["households"], name=_("新建小区"), colour=colour, tooltip=tooltip, show=False
    )
    return maps.dot(_("新建小区(户数,可在右上打开)"), colour)
