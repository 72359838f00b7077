"""The map of catchments: zones with school and load, units below, schools by kind."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from gis import maps
from planning import seats
from ui import widgets
from ui.maps.ground import ground
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views import balance
from ui.views import plan as plans

FULL = 100.0


def catchments(context: Context, plan: pd.Series, *, title: str, source: str) -> str:
    """Return the one-file map of a plan: what each zone is called, how full it is, and its units."""
    zones = balance.zone_shapes(context, plan)
    zones["label"] = [_label(row.zone, row.load) for row in zones.itertuples()]
    m = maps.base(
        context.project.layers["schools"],
        title=title,
        subtitle=f"{widgets.school_year(context.year)} · {stage_word(context.stage)} · {source}",
        stamp=_("合成数据") if context.project.synthetic else None,
        lang=language(),
    )
    over = zones["load"].ge(FULL).fillna(False).astype(bool)
    maps.add_zones(m, zones, name=_("片区"), label="label", over=over, tolerance=0)
    _units(m, context, plan)
    ground(m, context)
    _schools(m, context, plan)
    items = [*_school_words(), maps.swatch(_("满员(100% 及以上)的片区名为红色"), "#ffffff", border="#b42318")]
    maps.legend(m, items, title=_("图例"), note=_("负荷 = 入学人数 ÷ 招生计划"))
    return maps.html(m)


def _label(zone: object, load: float) -> str:
    return f"{zone} {load:.0f}%" if pd.notna(load) else str(zone)


def _units(m: object, context: Context, plan: pd.Series) -> None:
    units = balance.unit_shapes(context, plan)
    walks = plans.walks(context, plan).set_index("unit_id")
    names = plans.zone_names(context.project.key, context.stage, context.project)
    placed = units["unit_id"].map(plan)
    shown = units.assign(
        school=placed.map(names).fillna(_("未划入")),
        entrants=units["unit_id"].map(walks["pupils"]).fillna(0).astype(int).astype(str),
        walk=[_walk(metres, guess) for metres, guess in _walks_of(units, walks)],
    )
    tooltip = {"": "name", _("学校"): "school", _("入学人数"): "entrants", _("步行距离"): "walk"}
    maps.add_units(m, shown, name=_("单元"), tooltip=tooltip, unassigned=placed.isna(), tolerance=0)


def _walks_of(units: gpd.GeoDataFrame, walks: pd.DataFrame) -> list[tuple[float, bool]]:
    found = walks.reindex(units["unit_id"])
    return list(zip(found["metres"], found["estimate"].fillna(False).astype(bool), strict=True))


def _walk(metres: float, guess: bool) -> str:
    return f"{widgets.metres(metres)} {_('估')}" if guess and pd.notna(metres) else widgets.metres(metres)


def _schools(m: object, context: Context, plan: pd.Series) -> None:
    schools = seats.zoned(
        context.project.layers["schools"], context.stage, system=context.project.stage_system
    )
    load = balance.of_year(context, plan).set_index("zone_id")["load"] / FULL
    maps.add_schools(m, schools, name=_("学校"), load=schools["zone_id"].map(load), tooltip={"": "name"})


def _school_words() -> list[maps.LegendItem]:
    return [
        maps.school_row(_("小学"), "primary"),
        maps.school_row(_("初中"), "junior"),
        maps.school_row(_("九年一贯制"), "nine_year"),
    ]
