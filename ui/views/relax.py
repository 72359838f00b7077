"""Why there is no feasible plan, and what was tried to make one possible, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from planning import policy, zoneoptions
from planning.relaxing import WaysOut
from ui import widgets
from ui.state import Context
from ui.texts import _, language
from ui.views import plan as plans
from ui.views.zones import Assessment, fingerprint
from zoning.conflict import LARGE, Conflict, proven
from zoning.part import part
from zoning.problem import Problem
from zoning.reasons import Reason
from zoning.relax import Relaxation, Tried, relaxed

PAIRS = LARGE
"""Most pairs of unit and zone for which proofs are looked for before a search."""

SHOWN = 8
"""Proofs listed before the rest are left out or counted."""

NAMED = 12
"""Names listed before the rest are counted."""


def named(context: Context, problem: Problem) -> Problem:
    """Return the problem with names for ids, so that a proof speaks of names; it is not to be solved."""
    units = context.project.layers["units"].set_index("unit_id")["name"]
    zones = plans.zone_names(context.project.key, context.stage, context.project)
    return replace(
        problem,
        unit_ids=pd.Index([str(units.get(u, u)) for u in problem.unit_ids]),
        zone_ids=pd.Index([str(zones.get(z, z)) for z in problem.zone_ids]),
    )


def posed(
    context: Context,
    found: Assessment,
    *,
    keep_locks: bool = True,
    within: Sequence[str] = (),
    rules: Mapping[str, Any] | None = None,
) -> Problem:
    """Return the problem that a search was for, with its optional rules as forbidden pairs and seats."""
    problem = found.problem
    if not keep_locks:
        problem = replace(problem, locked=np.full_like(problem.locked, -1))
    problem = part(problem, found.plan, within) if within else problem
    if not rules:
        return problem
    chosen = zoneoptions.options(
        context.project, context.stage, zoneoptions.Choice.of(dict(rules)), problem, found.reference
    )
    return chosen.apply(problem).changed


def obstacles(context: Context, found: Assessment) -> tuple[Reason, ...]:
    """Return the proofs that can be had before any search; none is sought on a very large map."""
    if found.problem.metres.size > PAIRS:
        return ()
    mark = fingerprint(found.held)
    return _obstacles(context.project.key, context.stage, context.year, mark, found.problem)


@st.cache_resource(max_entries=16, show_spinner=False)
def _obstacles(key: str, stage: str, year: int, mark: str, _problem: Problem) -> tuple[Reason, ...]:
    return proven(_problem)


def lines(context: Context, known: Sequence[Reason]) -> list[str]:
    """Return proofs in words with names in them, in the tab's language."""
    layer = context.project.layers["units"]
    units = dict(zip(layer["unit_id"].astype(str), layer["name"].astype(str), strict=True))
    called = plans.zone_names(context.project.key, context.stage, context.project)
    zones = {str(zone): str(name) for zone, name in called.items()}
    return [reason.text(language(), units=units, zones=zones) for reason in known]


def class_size(context: Context) -> int:
    """Return the pupils of a standard class of the stage, by which seats are given."""
    rules = policy.in_force(context.project.packs, on=policy.school_year_day(context.year))
    return int(policy.threshold(rules, "standard_class", context.stage) or 45)


def conflict_lines(context: Context, problem: Problem, clash: Conflict) -> list[str]:
    """Return a conflict in lines: the proof, and the rules that cannot all hold; `problem` is `named`."""
    said_first = lines(context, clash.reasons)
    rules = [
        (_("学位:{names}", names=_names(problem.zone_ids, clash.zones)), clash.zones),
        (_("锁定:{names}", names=_names(problem.unit_ids, clash.locks)), clash.locks),
        (_("禁止划入:{names}", names=_names(problem.unit_ids, clash.bans)), clash.bans),
    ]
    said = _(";").join(words for words, places in rules if places)
    if not said:
        return said_first
    whole = (
        _("互相矛盾、缺一不可的规则:{rules}。", rules=said)
        if clash.minimal
        else _("与此有关的规则(地图很大,未逐条精简):{rules}。", rules=said)
    )
    return [*said_first[:SHOWN], whole]


def table(context: Context, problem: Problem, ways: WaysOut) -> pd.DataFrame:
    """Return one row a relaxation: what, more seats, verdict, mean and longest walk."""
    names, size = named(context, problem), class_size(context)
    rows = [
        (
            words(names, each.relaxation, size),
            sum(more for _zone, more in each.relaxation.seats),
            _verdict(relaxed(problem, each.relaxation), each),
            *_walks(problem, each),
        )
        for each in ways.tried
    ]
    return pd.DataFrame(rows, columns=["what", "seats", "verdict", "mean_walk", "longest_walk"])


def words(problem: Problem, change: Relaxation, size: int) -> str:
    """Return a relaxation in words; `problem` is `named`."""
    said = []
    for zone, more in change.seats:
        if more % size == 0:
            each = _(
                "{zone}增加 {n} 个班({seats} 个学位)", zone=problem.zone_ids[zone], n=more // size, seats=more
            )
        else:
            each = _("{zone}增加 {seats} 个学位", zone=problem.zone_ids[zone], seats=more)
        said.append(each)
    if change.release:
        said.append(_("解除锁定:{names}", names=_names(problem.unit_ids, change.release)))
    for zone in sorted({z for _unit, z in change.allow}):
        units = [u for u, z in change.allow if z == zone]
        far = widgets.metres(float(problem.metres[units, zone].max()))
        names = _names(problem.unit_ids, units)
        said.append(
            _("允许{names}划入{zone}(步行至多 {far})", names=names, zone=problem.zone_ids[zone], far=far)
        )
    for unit, other in change.join:
        zone = next(z for z, units in enumerate(problem.anchors) if other in units)
        said.append(_("认可{unit}为{zone}的飞地", unit=problem.unit_ids[unit], zone=problem.zone_ids[zone]))
    return _(";").join(said)


def _verdict(problem: Problem, tried: Tried) -> str:
    result = tried.result
    if result.feasible:
        return _("可行,总步行 {cost} 人·公里", cost=f"{result.cost:,.0f}")
    if result.feasible is False:
        return _("试过,仍无可行方案")
    from zoning.check import overload

    over = overload(problem, problem.positions(result.zones))
    return _("试过,没有结论:最好的方案仍超员 {n} 人", n=f"{int(over.sum()):,}")


def _walks(problem: Problem, tried: Tried) -> tuple[float, float]:
    """Return mean and longest walk of the plan that was found, NaN without one."""
    if not tried.result.feasible:
        return float("nan"), float("nan")
    zone = problem.positions(tried.result.zones)
    metres, pupils = problem.metres[np.arange(len(zone)), zone], problem.demand
    lived = pupils > 0
    return float(np.average(metres[lived], weights=pupils[lived])), float(metres[lived].max())


def _names(ids: pd.Index, places: Sequence[int]) -> str:
    some = _("、").join(str(ids[at]) for at in places[:NAMED])
    return some if len(places) <= NAMED else _("{some}等 {n} 个", some=some, n=len(places))
