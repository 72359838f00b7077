"""The maps of 学位: zones by how full they are in a year, and where seats must be added."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import folium
import geopandas as gpd
from shapely.geometry import box

from gis import maps, symbols
from ui import widgets
from ui.maps.ground import ground
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views.levels import level_words, percent, short_words

COLOURS = {"red": symbols.BRICK, "yellow": symbols.SAND, "green": symbols.MOSS}
UNKNOWN = symbols.GREY
STEPS = 5
MARGIN = 0.1  # of the extent, on each side


def gap(context: Context, zones: gpd.GeoDataFrame, *, title: str, source: str, formula: str) -> str:
    """Return the one-file map of zones by warning level in the year, the new estates by handover on top.

    Parameters
    ----------
    context : Context
        Project, stage and year.
    zones : GeoDataFrame
        zone_id, zone, entrants, seats, gap, load, level and polygons.
    title, source, formula : str
        Words: what is shown, of which plan and register, and how the load is made.
    """
    m = _base(context, zones, title=title, source=source)
    level = zones["level"].astype("str").fillna("")
    shown = zones.assign(
        label=[_label(*row) for row in zip(zones["zone"], zones["load"], level)],
        word=level.map(level_words()).fillna(_("未知")),
        percent=[percent(load) for load in zones["load"]],
        **{f"{name}_text": zones[name].map(widgets.whole) for name in ("entrants", "seats", "gap")},
    )
    tooltip = {
        "": "zone",
        _("预警"): "word",
        _("负荷"): "percent",
        _("人数"): "entrants_text",
        _("学位"): "seats_text",
        _("学位缺口"): "gap_text",
    }
    maps.add_zones(
        m,
        shown,
        name=_("片区"),
        label="label",
        over=level.eq("red"),
        colours=level.map(COLOURS).fillna(UNKNOWN),
        tooltip=tooltip,
        tolerance=0,
    )
    ground(m, context)
    items: list[maps.LegendItem | str] = [
        maps.swatch(word, COLOURS[name], fill=0.3) for name, word in level_words().items()
    ]
    if level.eq("").any():
        items.append(maps.swatch(_("未知(没有登记或没有学位数)"), UNKNOWN, fill=0.3))
    items += _estates(m, context)
    maps.legend(m, items, title=_("学位预警"), note=formula)
    return maps.html(m)


def _base(context: Context, extent: gpd.GeoDataFrame, *, title: str, source: str) -> folium.Map:
    return maps.base(
        extent,
        title=title,
        subtitle=f"{widgets.school_year(context.year)} · {stage_word(context.stage)} · {source}",
        stamp=_("合成数据") if context.project.synthetic else None,
        lang=language(),
    )


def _label(zone: object, load: float, level: str) -> str:
    """Name the zones that are short or tight; the others say theirs when pointed at."""
    return f"{zone} {percent(load)} {short_words()[level]}" if level in ("red", "yellow") else ""


def _estates(m: folium.Map, context: Context) -> list[maps.LegendItem | str]:
    """Draw the new estates by handover year, the early ones pale; return their rows of the legend."""
    if not context.project.has("estates"):
        return []
    estates = context.project.layers["estates"]
    estates = estates[estates.geometry.notna() & ~estates.geometry.is_empty]
    known = sorted(estates["handover_year"].dropna().astype(int).unique())
    if not known:
        return []
    breaks = known[:-1] if len(known) <= STEPS else _breaks(known, context.project.year)
    tooltip = {"": "name", _("交付年份"): "when", _("户数"): "size"}
    shown = estates.assign(
        when=estates["handover_year"].astype("Int64").astype("str"),
        size=estates["households"].map(widgets.whole),
    )
    items = maps.add_choropleth(
        m, shown, estates["handover_year"].astype(float), name=_("新建小区"), breaks=breaks, tooltip=tooltip
    )
    words = _spans([known[0] - 1, *breaks, known[-1]])
    dots = [replace(item, label=word) for item, word in zip(items, words)]
    return [_("新建小区(按交付年份)"), *dots]


def _breaks(known: Sequence[int], now: int) -> list[int]:
    """Return up to four years that end a step: what is handed over already, then years one by one."""
    later = [year for year in known if year > now]
    return [now, *later[:-1]][: STEPS - 1] if later else list(known[-STEPS:-1])


def _spans(bounds: Sequence[int]) -> list[str]:
    steps = itertools.pairwise(bounds)
    return [str(last) if last == before + 1 else f"{before + 1}–{last}" for before, last in steps]


def need(
    context: Context,
    schools: gpd.GeoDataFrame,
    districts: gpd.GeoDataFrame | None,
    *,
    scope: str,
    source: str,
) -> str:
    """Return the one-file map of where seats must be added: by district (if several) and school.

    Parameters
    ----------
    context : Context
        Project, stage and year.
    schools : GeoDataFrame
        name, class_relief, school_relief, facility, total and points.
    districts : GeoDataFrame or None
        name, growth, total and polygons; None where there is one district only.
    scope, source : str
        Words below the title.
    """
    m = maps.base(
        _extent(context.project.layers["schools"] if schools.empty else schools, districts),
        title=_("需新增学位:在哪里"),
        subtitle=f"{scope} · {source}",
        stamp=_("合成数据") if context.project.synthetic else None,
        lang=language(),
    )
    items: list[maps.LegendItem | str] = []
    if districts is not None:
        steps = maps.add_choropleth(
            m,
            districts,
            districts["total"].astype(float),
            name=_("各旗区需新增学位"),
            tooltip={"": "name", _("需新增学位"): "words", _("其中增长"): "growth_words"},
        )
        items += [_("各旗区需新增学位(个)"), *steps]
    ground(m, context)
    tooltip = {"": "name"} | {word: f"{name}_text" for name, word in _relief_words().items()}
    texts = {f"{name}_text": schools[name].map(widgets.whole) for name in _relief_words()}
    colour = "#8a3b12"
    maps.add_points_sized(
        m,
        schools.assign(**texts),
        schools["total"],
        name=_("各校需疏解和补足"),
        colour=colour,
        tooltip=tooltip,
    )
    items += [_("学校"), maps.dot(_("需疏解、补足的学位(圆的面积)"), colour)]
    maps.legend(m, items, title=_("需新增学位"), note=_("增长按旗区计,不分到学校"))
    return maps.html(m)


def _extent(schools: gpd.GeoDataFrame, districts: gpd.GeoDataFrame | None) -> gpd.GeoSeries:
    """Return the ground to show: the districts, else the schools with room around them for the boxes."""
    if districts is not None:
        return districts.geometry
    west, south, east, north = schools.total_bounds
    room = max(east - west, north - south, 1000.0) * MARGIN
    ground = box(west - room, south - room, east + room, north + room)
    return gpd.GeoSeries([ground], crs=schools.crs)


def _relief_words() -> dict[str, str]:
    return {
        "class_relief": _("消除大班额"),
        "school_relief": _("消除大校额"),
        "facility": _("校舍不足"),
        "total": _("合计"),
    }
