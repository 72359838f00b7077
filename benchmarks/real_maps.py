"""Maps of the real inputs, one file each, drawn with the product's own map module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import folium
import geopandas as gpd
import pandas as pd

from gis import maps, symbols
from planning import spatial
from planning.project import Project
from zoning import indicators
from zoning.problem import Problem

Texts = Mapping[str, str]

_ZH: Final = {
    "lang": "zh", "zones": "片区", "units": "单元", "schools": "小学", "over": "超出学位的学校",
    "cut": "与学校不相连的单元", "moved": "换学校的学生数（圆的大小）", "pupils": "人数", "zone": "学校",
    "walk": "步行距离 m（估）", "seats": "学位", "load": "负荷 %", "unit": "单元",
}  # fmt: skip
_EN: Final = {
    "lang": "en", "zones": "Catchments", "units": "Planning blocks", "schools": "Schools",
    "over": "School over capacity", "cut": "Block cut off from its school",
    "moved": "Pupils who change school (size of the circle)", "pupils": "Pupils", "zone": "School",
    "walk": "Walk, m (estimate)", "seats": "Seats", "load": "Load %", "unit": "Block",
}  # fmt: skip
_GONGYI_SOURCE: Final = "巩义 1,276 个单元、18 所学校 · 以常住人口代替学生 · 步行距离 = 直线 × 1.3（估）"
_BALTIMORE_SOURCE: Final = "182 planning blocks, K-5 pupils 2015 · walk = straight line x 1.3 (estimate)"
#: Words of the two maps of Gongyi and of Baltimore.
GONGYI: Final = {
    "draft": {**_ZH, "title": "就近划片初稿", "subtitle": _GONGYI_SOURCE},
    "plan": {**_ZH, "title": "优化后的划片方案", "subtitle": _GONGYI_SOURCE},
}
BALTIMORE: Final = {
    "force": {**_EN, "title": "Boundary in force 2015-16", "subtitle": _BALTIMORE_SOURCE},
    "plan": {**_EN, "title": "Plan found: contiguous, nobody over capacity", "subtitle": _BALTIMORE_SOURCE},
}


def plan_map(
    project: Project,
    problem: Problem,
    plan: pd.Series,
    words: Texts,
    *,
    cut_off: Sequence[str] = (),
    reference: pd.Series | None = None,
) -> str:
    """Draw a plan: zones with names and loads, units, schools; what is cut off, and who moves.

    Parameters
    ----------
    project, problem : Project and its Problem
    plan : Series
        Unit_id -> zone_id.
    words : mapping
        One of `GONGYI` and `BALTIMORE`.
    cut_off : sequence of str
        Units to mark as cut off.
    reference : Series, optional
        The plan in force; pupils of units that leave it are drawn as circles.
    """
    schools = _schools(project, problem, plan)
    units, zones = maps.dissolve(_units(project, problem, plan), plan, tolerance=maps.TOLERANCE)
    zones = zones.merge(pd.DataFrame(schools[["zone_id", "label", "fill"]]), on="zone_id")
    m = maps.base(units, title=words["title"], subtitle=words["subtitle"], lang=words["lang"])
    maps.add_zones(m, zones, name=words["zones"], label="label", over=zones["fill"] > 1)
    tooltip = {
        words["unit"]: "name",
        words["pupils"]: "pupils",
        words["zone"]: "zone",
        words["walk"]: "metres",
    }
    maps.add_units(m, units, name=words["units"], tooltip=tooltip)
    rows: list[maps.LegendItem | str] = []
    if len(cut_off):
        rows += _cut_off(m, units[units["unit_id"].isin(list(cut_off))], words)
    if reference is not None:
        rows += _moved(
            m, units, indicators.moved(plan, reference, units.set_index("unit_id")["pupils"]), words
        )
    tip = {"": "name", words["pupils"]: "pupils", words["seats"]: "seats", words["load"]: "percent"}
    maps.add_schools(m, schools, name=words["schools"], load=schools["fill"], tooltip=tip)
    rows += [maps.school_row(words["schools"], "primary", 0.8)]
    rows += [maps.school_row(words["over"], "primary", 1.1)] if (schools["fill"] > 1).any() else []
    maps.legend(m, rows)
    return maps.html(m)


def _schools(project: Project, problem: Problem, plan: pd.Series) -> gpd.GeoDataFrame:
    table = indicators.summary(problem, plan)[["seats", "pupils", "fill"]]
    layer = project.layers["schools"]
    schools = gpd.GeoDataFrame(layer[["school_id", "name", "kind", "geometry"]], crs=layer.crs)
    schools = schools.merge(table, left_on="school_id", right_index=True)
    percent = (100 * schools["fill"]).round(1)
    label = schools["name"] + [f" {p:.0f} %" for p in percent]
    return schools.assign(zone_id=schools["school_id"], percent=percent, label=label)


def _units(project: Project, problem: Problem, plan: pd.Series) -> gpd.GeoDataFrame:
    names = project.layers["units"].set_index("unit_id")["name"]
    schools = project.layers["schools"].set_index("school_id")["name"]
    facts = pd.DataFrame(
        {
            "pupils": problem.demand,
            "metres": indicators.walk(problem, plan).round().to_numpy(),
            "zone": plan.reindex(problem.unit_ids).map(schools).to_numpy(),
        },
        index=problem.unit_ids,
    )
    found = spatial.territories(project).merge(facts, left_on="unit_id", right_index=True)
    return found.assign(name=found["unit_id"].map(names))


def _cut_off(m: folium.Map, units: gpd.GeoDataFrame, words: Texts) -> list[maps.LegendItem | str]:
    tooltip = {words["cut"]: "name", words["pupils"]: "pupils", words["zone"]: "zone"}
    lone = pd.Series(True, index=units.index)
    maps.add_units(m, units, name=words["cut"], unassigned=lone, tooltip=tooltip, tolerance=0)
    return [maps.swatch(words["cut"], "#ffffff", border=symbols.BRICK)]


def _moved(
    m: folium.Map, units: gpd.GeoDataFrame, moved: pd.Series, words: Texts
) -> list[maps.LegendItem | str]:
    points = units.set_geometry(units.geometry.representative_point())
    sizes = points["unit_id"].map(moved)
    tooltip = {words["unit"]: "name", words["pupils"]: "pupils", words["zone"]: "zone"}
    maps.add_points_sized(m, points, sizes, name=words["moved"], colour=symbols.AMBER, tooltip=tooltip)
    return [maps.dot(words["moved"], symbols.AMBER)]


def walk_map(
    units: gpd.GeoDataFrame, schools: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, barriers: gpd.GeoDataFrame
) -> str:
    """Draw invented homes by their walk to the nearest school over real roads.

    Parameters
    ----------
    units : GeoDataFrame
        Points; name, metres (walk to the nearest school), straight, detour, school.
    schools : GeoDataFrame
        Points; name, kind.
    roads, barriers : GeoDataFrame
        Layers.
    """
    m = maps.base(
        roads,
        title="Walks over real roads, central Helsinki",
        subtitle="© OpenStreetMap contributors (ODbL) · homes and schools invented (seeded)",
        stamp="invented points",
        lang="en",
    )
    maps.add_lines(m, barriers, name="Rivers and rails")
    maps.add_lines(m, roads, name="Roads")
    tooltip = {
        "": "name", "Nearest school": "school", "Walk, m": "metres", "Straight line, m": "straight",
        "Walk / straight line": "detour",
    }  # fmt: skip
    rows: list[maps.LegendItem | str] = ["Walk to the nearest school, m"]
    rows += maps.add_choropleth(
        m, units, units["metres"], name="Homes", breaks=[250, 500, 750, 1000], limit=1000, tooltip=tooltip
    )
    maps.add_schools(m, schools, name="Schools", tooltip={"": "name"})
    there = set(roads["road_class"])
    rows += ["Schools and roads", maps.school_row("School (invented)", "primary")]
    rows += [maps.line(kind, style) for kind, style in symbols.ROAD_STYLE.items() if kind in there]
    rows += [maps.line(kind, symbols.BARRIER_STYLE[kind]) for kind in sorted(set(barriers["kind"]))]
    maps.legend(m, rows, note="Brick outline: more than 1,000 m.")
    return maps.html(m)
