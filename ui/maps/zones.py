"""The map of catchments: zones with school and load, units below, schools by kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import streamlit as st
from shapely.geometry import MultiLineString
from shapely.geometry.base import BaseGeometry

from gis import maps
from gis.drawing import shapes
from gis.symbols import AMBER, BRICK, INK
from planning import seats, zoneproblem
from ui import widgets
from ui.maps.colours import colours
from ui.maps.ground import ground, whole
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views import balance, ruled, warned, zones
from ui.views import plan as plans
from ui.views.levels import percent
from ui.views.zones import Assessment

FULL = 100.0
HATCH = {"color": INK, "weight": 0.8, "opacity": 0.7}
CUT = {"color": BRICK, "weight": 3, "fillColor": BRICK, "fillOpacity": 0.25, "fill": True}
BROKEN = {"color": AMBER, "weight": 3, "fill": False}
MOVED = {"color": "#ffffff", "weight": 1, "fillColor": INK, "fillOpacity": 0.9, "fill": True, "radius": 4}


@dataclass(frozen=True)
class Marks:
    """Units that a map of a plan points out."""

    locked: frozenset[str] = frozenset()
    cut_off: frozenset[str] = frozenset()
    moved: Mapping[str, str] = field(default_factory=dict)  # unit_id -> name of the zone in force
    broken: Mapping[str, str] = field(default_factory=dict)  # unit_id -> names of the rules it breaks
    told: tuple[str, ...] = ()  # by which rules the plan is judged, and what it breaks of them


def plan_map(context: Context, found: Assessment, *, title: str, source: str) -> str:
    """Return the one-file map of a plan with its locked, cut-off and moved units.

    Where the plan is held against the rules of its search, the units and zones that break one are named.
    """
    names = plans.zone_names(context.project.key, context.stage, context.project)
    before = found.reference[list(found.moved)].map(names).fillna("")
    moved = {str(unit): str(zone) for unit, zone in before.items()}
    cut = frozenset(found.units_that("cut_off"))
    marks = Marks(found.locked, cut, moved, warned.marks(found), _told(context, found))
    mark = zones.fingerprint(found.plan, found.held, before)
    place = (context.project.key, context.stage, context.year, mark, marks.told)
    return _kept(place, title, source, language(), context, found.plan, marks)


def _told(context: Context, found: Assessment) -> tuple[str, ...]:
    if found.ruled is None:
        return ()
    said = warned.warnings(context, found) or [_("以上各条全部符合。")]
    judged = _("按 {when} 优化时设定的可选规则判断。", when=found.ruled.when)
    return f"{judged}{ruled.words(found.ruled.search.rules)}", *said


@st.cache_data(max_entries=12, show_spinner=False)
def _kept(
    place: tuple[object, ...],
    title: str,
    source: str,
    lang: str,
    _context: Context,
    _plan: pd.Series,
    _marks: Marks,
) -> str:
    return catchments(_context, _plan, title=title, source=source, marks=_marks)


def catchments(
    context: Context, plan: pd.Series, *, title: str, source: str, marks: Marks | None = None
) -> str:
    """Return the one-file map of a plan: what each zone is called, how full it is, and its units."""
    areas = balance.zone_shapes(context, plan)
    areas["label"] = [_label(row.zone, row.load) for row in areas.itertuples()]
    m = maps.base(
        whole(context),
        title=title,
        subtitle=f"{widgets.school_year(context.year)} · {stage_word(context.stage)} · {source}",
        stamp=_("合成数据") if context.project.synthetic else None,
        lang=language(),
    )
    over = areas["load"].ge(FULL).fillna(False).astype(bool)
    hue = areas["zone_id"].map(colours(context, plan))
    maps.add_zones(m, areas, name=_("片区"), label="label", over=over, colours=hue, tolerance=0)
    pointed = marks or Marks()
    units = _worded_units(context, plan, pointed)
    marked = _marks(m, units, pointed)
    _units(m, units)
    ground(m, context)
    _schools(m, context, plan)
    loose = [maps.swatch(_("未划入的单元"), "#ffffff", border=BRICK)] if units["loose"].any() else []
    full = maps.swatch(_("满员(100% 及以上)的片区名为红色"), "#ffffff", border=BRICK)
    maps.legend(
        m,
        [*_school_words(context), *marked, *loose, full],
        title=_("图例"),
        note="\n".join([_("负荷 = 入学人数 ÷ 招生计划"), *pointed.told]),
    )
    return maps.html(m)


def _label(zone: object, load: float) -> str:
    return f"{zone} {percent(load)}" if pd.notna(load) else str(zone)


def _worded_units(context: Context, plan: pd.Series, marks: Marks) -> gpd.GeoDataFrame:
    """Return the units with what their tooltips say: school, entrants, walk, state, zone before."""
    units = balance.unit_shapes(context, plan)
    walks = plans.walks(context, plan).set_index("unit_id")
    names = plans.zone_names(context.project.key, context.stage, context.project)
    placed = units["unit_id"].map(plan)
    entrants = zoneproblem.demand(context.project, context.stage, context.year)
    return units.assign(
        loose=placed.isna(),
        school=placed.map(names).fillna(_("未划入")),
        entrants=units["unit_id"].map(entrants).fillna(0).astype(int).astype(str),
        walk=[_walk(metres, guess) for metres, guess in _walks_of(units, walks)],
        state=[_state(unit, marks) for unit in units["unit_id"]],
        before=units["unit_id"].map(dict(marks.moved)),
    )


def _state(unit: str, marks: Marks) -> str | None:
    said = [
        word
        for word, those in ((_("已锁定"), marks.locked), (_("飞地:与学校不相连"), marks.cut_off))
        if unit in those
    ]
    said += [_("不符合:{rules}", rules=marks.broken[unit])] if unit in marks.broken else []
    return _("、").join(said) or None


def _units(m: folium.Map, units: gpd.GeoDataFrame) -> None:
    tooltip = {
        "": "name", _("学校"): "school", _("入学人数"): "entrants", _("步行距离"): "walk",
        _("状态"): "state", _("现行片区"): "before",
    }  # fmt: skip
    maps.add_units(m, units, name=_("单元"), tooltip=tooltip, unassigned=units["loose"], tolerance=0)


def _marks(m: folium.Map, units: gpd.GeoDataFrame, marks: Marks) -> list[maps.LegendItem]:
    """Draw the marks below the units, so that the units' tooltips stay; return their legend rows."""
    rows = []
    ids = units["unit_id"]
    if len(held := units[ids.isin(list(marks.locked))]):
        shapes(m, _hatched(held), _("已锁定"), HATCH)
        rows.append(hatch_row(_("已锁定的单元")))
    if len(cut := units[ids.isin(list(marks.cut_off))]):
        shapes(m, cut[["geometry"]], _("飞地"), CUT)
        rows.append(maps.swatch(_("飞地:与学校不相连"), BRICK, fill=0.25, border=BRICK))
    if len(bad := units[ids.isin(list(marks.broken))]):
        shapes(m, bad[["geometry"]], _("不符合所设规则的单元"), BROKEN)
        rows.append(maps.swatch(_("不符合所设规则的单元"), "#ffffff", border=AMBER))
    if len(gone := units[ids.isin(list(marks.moved))]):
        spots = gpd.GeoDataFrame(geometry=gone.geometry.representative_point(), crs=units.crs)
        shapes(m, spots, _("已调整"), MOVED)
        rows.append(maps.dot(_("较现行片区已调整的单元"), INK, count=1))
    return rows


def _hatched(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return slanting lines inside the units, some ten across each: canvas maps know no pattern fill."""
    lines = [_hatch(shape) for shape in units.geometry]
    return gpd.GeoDataFrame(geometry=lines, crs=units.crs)


def _hatch(shape: BaseGeometry, *, across: int = 10) -> BaseGeometry:
    west, south, east, north = shape.bounds
    reach = (east - west) + (north - south)
    starts = np.linspace(west - (north - south), east, 2 * across)
    lines = MultiLineString([((x, south), (x + reach, south + reach)) for x in starts])
    return lines.intersection(shape)


def hatch_row(label: str) -> maps.LegendItem:
    """Return the legend row of locked units."""
    strokes = "".join(f'<path d="M{x} 15.5l13-13" stroke="{INK}" stroke-width="1"/>' for x in (0, 5, 10))
    return maps.LegendItem(label, f"<svg>{strokes}</svg>")


def _walks_of(units: gpd.GeoDataFrame, walks: pd.DataFrame) -> list[tuple[float, bool]]:
    found = walks.reindex(units["unit_id"])
    return list(zip(found["metres"], found["estimate"].fillna(False).astype(bool), strict=True))


def _walk(metres: float, guess: bool) -> str:
    return f"{widgets.metres(metres)} {_('估')}" if guess and pd.notna(metres) else widgets.metres(metres)


def _schools(m: folium.Map, context: Context, plan: pd.Series) -> None:
    schools = seats.zoned(
        context.project.layers["schools"], context.stage, system=context.project.stage_system
    )
    load = balance.of_year(context, plan).set_index("zone_id")["load"] / FULL
    maps.add_schools(m, schools, name=_("学校"), load=schools["zone_id"].map(load), tooltip={"": "name"})


def _school_words(context: Context) -> list[maps.LegendItem]:
    words = {"primary": _("小学"), "junior": _("初中"), "nine_year": _("九年一贯制")}
    kinds = [context.stage, "nine_year"]
    return [maps.school_row(words[kind], kind) for kind in kinds]
