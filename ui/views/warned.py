"""What a draft breaks of its search's rules, in short: warnings of the board, marks of the one-file map."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from gis.faults import FaultError
from planning import unitcolumns
from ui import widgets
from ui.state import Context
from ui.texts import _
from ui.views import breaks, ruled
from ui.views import plan as plans
from ui.views.edits import Desk
from ui.views.zones import Assessment
from zoning.posed import KINDS

OF_UNITS = ("too_far", "barrier", "split", "feeder")
"""The rules of a search that are about units; the others are about zones."""


def live(context: Context, desk: Desk, found: Assessment) -> tuple[Assessment, list[str]]:
    """Return a plan judged by the rules of its search, with a warning for each that it breaks.

    Where the planner has switched to the plain rules (`ruled.PLAIN`), or the draft comes from no search under
    rules, the plan is returned as it is.
    """
    if st.session_state.get(ruled.PLAIN):
        return found, []
    try:
        under = ruled.judged(context, desk, found)
    except FaultError:
        return found, [_("上次优化的可选规则与现在的数据已不相符,这里只按一般规则判断。")]
    return (found, []) if under is None else (under, warnings(context, under))


def warnings(context: Context, under: Assessment) -> list[str]:
    """Return one sentence for each rule of the search that the plan breaks, with its name and its ground."""
    if under.ruled is None:
        return []
    names = breaks.rule_words() | {"moved": _("最多调整学生(人)")}
    basis = _("规划人员在 {when} 的优化中设定", when=under.ruled.when)
    said = {kind: _what(context, under, kind) for kind in (*KINDS, "moved")}
    return [
        _("{rule}:{what}。依据:{basis}", rule=names[kind], what=what, basis=basis)
        for kind, what in said.items()
        if what
    ]


def marks(under: Assessment) -> dict[str, str]:
    """Return the rules of the search that each unit breaks, by name: unit_id -> words."""
    names = breaks.rule_words()
    rows = under.breaks[under.breaks["kind"].isin(OF_UNITS)]
    said = rows.assign(said=rows["kind"].map(names)).groupby("unit_id", sort=False)["said"]
    return {str(unit): _("、").join(dict.fromkeys(words)) for unit, words in said}


def _what(context: Context, under: Assessment, kind: str) -> str:
    """Return how a rule is broken, in words; empty where it is kept."""
    rows = under.breaks[under.breaks["kind"] == kind]
    n = f"{len(rows):,}"
    if kind == "moved":
        return _moved(under)
    if rows.empty or under.ruled is None:
        return ""
    if kind == "too_far":
        limit = widgets.whole(under.ruled.search.rules.max_metres or 0)
        return _("{n} 个单元走到学校超过 {limit} 米", n=n, limit=limit)
    if kind == "barrier":
        return _("{n} 个单元上学途中要跨越障碍", n=n)
    if kind == "split":
        return _("{groups}被分开,{n} 个单元不在一起", groups=_groups(context, under, rows), n=n)
    if kind == "feeder":
        return _("{n} 个单元没有随所在的小学片区升入同一所初中", n=n)
    return _of_zones(context, under, kind, rows)


def _of_zones(context: Context, under: Assessment, kind: str, rows: pd.DataFrame) -> str:
    names = plans.zone_names(context.project.key, context.stage, context.project)
    worst = rows.sort_values("amount", ascending=False, kind="stable").iloc[0]
    zone, n, amount = names.get(worst["zone_id"], worst["zone_id"]), f"{len(rows):,}", f"{worst['amount']:,}"
    if kind == "over_share":
        return _("{n} 个片区超出,最多的是{zone},超 {more} 人", n=n, zone=zone, more=amount)
    if kind == "too_small":
        return _("{n} 个片区人数不足,差得最多的是{zone},少 {few} 人", n=n, zone=zone, few=amount)
    listed = _("、").join(str(names.get(each, each)) for each in rows["zone_id"].head(3))
    return _("{n} 个片区与全域相差过大:{zones}", n=n, zones=listed)


def _groups(context: Context, under: Assessment, rows: pd.DataFrame) -> str:
    """Return the towns or communities that are not whole, by name."""
    rules = under.ruled.search.rules if under.ruled else None
    away = set(rows["unit_id"])
    broken = [
        town
        for town in (rules.towns if rules else ())
        if away & set(unitcolumns.members(context.project, rules.column if rules else "town", town))
    ]
    return _("、").join(broken)


def _moved(under: Assessment) -> str:
    """Return how many pupils are moved where the search had a limit on them and they are more now."""
    if under.ruled is None or not under.ruled.too_many_moved:
        return ""
    most, now = under.ruled.search.rules.most_moved or 0, under.ruled.posed.moved(under.plan)
    return _("共 {n} 人,上限 {most} 人", n=f"{now:,}", most=f"{most:,}") if now > most else ""
