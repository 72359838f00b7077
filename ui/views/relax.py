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
from ui.views import loosened
from ui.views import plan as plans
from ui.views.loosened import Asked
from ui.views.zones import Assessment, fingerprint
from zoning.cases import Case
from zoning.conflict import LARGE, Conflict, proven
from zoning.part import part
from zoning.problem import Problem
from zoning.reasons import Reason
from zoning.relax import Relaxation, Tried

PAIRS = LARGE
"""Most pairs of unit and zone for which proofs are looked for before a search."""

SHOWN = 8
"""Proofs listed before the rest are left out or counted."""


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
    stay: float | None = None,
) -> Asked:
    """Return the problem that a search was for, and its optional rules; `stay` is the price it used."""
    problem = found.problem
    if not keep_locks:
        problem = replace(problem, locked=np.full_like(problem.locked, -1))
    problem = part(problem, found.plan, within) if within else problem
    if not rules:
        return Asked(problem)
    choice = zoneoptions.Choice.of(dict(rules))
    chosen = zoneoptions.options(
        context.project, context.stage, choice, problem, found.reference, year=context.year
    )
    return Asked(
        problem,
        chosen if stay is None else replace(chosen, stay=stay),
        choice.most_moved,
        dict(zip(chosen.together, choice.towns, strict=True)),
    )


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
    zones = _zones(context)
    return [reason.text(language(), units=units, zones=zones) for reason in known]


def class_size(context: Context) -> int:
    """Return the pupils of a standard class of the stage, by which seats are given."""
    rules = policy.in_force(context.project.packs, on=policy.school_year_day(context.year))
    return int(policy.threshold(rules, "standard_class", context.stage) or 45)


def conflict_lines(context: Context, asked: Asked, clash: Conflict) -> list[str]:
    """Return a conflict in lines: the proof, and the rules that cannot all hold."""
    problem = named(context, asked.problem)
    said_first = lines(context, clash.reasons)
    rules = [
        (_("学位:{names}", names=_names(problem.zone_ids, clash.zones)), clash.zones),
        (_("锁定:{names}", names=_names(problem.unit_ids, clash.locks)), clash.locks),
    ]
    optional = loosened.rules(asked, _zones(context), clash.optional)
    optional += loosened.bans(asked.case, problem, clash.bans)
    said = _(";").join([*(words for words, places in rules if places), *optional])
    if not said:
        return said_first
    whole = (
        _("互相矛盾、缺一不可的规则:{rules}。", rules=said)
        if clash.minimal
        else _("与此有关的规则(地图很大,未逐条精简):{rules}。", rules=said)
    )
    return [*said_first[:SHOWN], whole]


def table(context: Context, asked: Asked, ways: WaysOut) -> pd.DataFrame:
    """Return one row a relaxation: what, more seats, verdict, mean and longest walk."""
    names, size, problem = named(context, asked.problem), class_size(context), asked.problem
    zones, case = _zones(context), asked.case
    rows = [
        (
            _(";").join(
                [
                    *filter(None, [words(names, each.relaxation, size)]),
                    *loosened.words(asked, zones, each.relaxation.loosen),
                ]
            ),
            sum(more for _zone, more in each.relaxation.seats),
            _verdict(case.relaxed(each.relaxation), each),
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


def _verdict(case: Case, tried: Tried) -> str:
    result = tried.result
    if result.feasible:
        return _("可行,总步行 {cost} 人·公里", cost=f"{result.cost:,.0f}")
    if result.feasible is False:
        return _("试过,仍无可行方案")
    broken = case.posed().check(result.zones)
    full = broken[broken["kind"].isin(["overload", "over_share"])]
    over = full.groupby("zone_id")["amount"].max()  # a zone over its seats is over its share of them too
    if over.empty:
        return _("试过,没有结论:最好的方案仍有 {n} 处不符合规则", n=len(broken))
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
    return loosened.names([str(ids[at]) for at in places])


def _zones(context: Context) -> dict[str, str]:
    """Return the names of zones by id."""
    called = plans.zone_names(context.project.key, context.stage, context.project)
    return {str(zone): str(name) for zone, name in called.items()}
