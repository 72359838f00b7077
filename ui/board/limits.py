"""Limits on distance as the board takes them: for each rule a bit for each zone and unit, and its words."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from planning import reach, vocabulary
from planning.policy import Rule
from ui.state import Context
from ui.texts import _, language
from ui.views import plan as plans


def limits(context: Context, ground: str, units: tuple[str, ...], zones: tuple[str, ...]) -> dict[str, Any]:
    """Return stage and year, the rules on distance in words, and which units are beyond them in which zones.

    `ground` is the name of the board's ground, which stands for its units. The bits of a rule stand zone by
    zone, the first unit in the lowest bit; as base64.
    """
    project = context.project
    return {
        "on": [context.stage, context.year, len(units), len(zones)],
        "rules": [
            {"said": words(context, rule), "bits": bits}
            for rule, bits in _bits(project.key, context.stage, context.year, ground, zones, units, context)
        ],
    }


@st.cache_resource(max_entries=4, show_spinner=False)
def _bits(
    key: str,
    stage: str,
    year: int,
    ground: str,
    zones: tuple[str, ...],
    _units: tuple[str, ...],
    _context: Context,
) -> list[tuple[Rule, str]]:
    book, project = plans.book(key, stage, _context.project), _context.project
    found = []
    for rule in reach.limits(project, stage, year):
        far = reach.beyond(project, book, rule, units=_units, zones=zones)
        packed = np.packbits(far.T.ravel(), bitorder="little")
        found.append((rule, base64.b64encode(packed.tobytes()).decode()))
    return found


def broken(context: Context, units: Sequence[str], zone: str) -> list[str]:
    """Return in words the rules that units break when they are given to a zone."""
    project = context.project
    book = plans.book(project.key, context.stage, project)
    said = []
    for rule in reach.limits(project, context.stage, context.year):
        n = int(reach.beyond(project, book, rule, units=units, zones=[zone]).sum())
        if n:
            said.append(worded(rule, _what(context, rule).replace("{n}", str(n))))
    return said


def words(context: Context, rule: Rule) -> str:
    """Return the warning of a rule; the browser fills in how many units, and how many of the whole plan."""
    what, whole = _("刚划入的 {what}", what=_what(context, rule)), _("全方案共 {all} 个", all="{all}")
    return worded(rule, f"{what};{whole}")


def _what(context: Context, rule: Rule) -> str:
    """Return what is broken, with {n} for the number of units; and which distance is meant."""
    limit, n = f"{rule.value:,.0f}", "{n}"
    if rule.metric == "service_radius":
        return _("{n} 个单元离学校超过 {limit} 米(直线,不是步行)", n=n, limit=limit)
    if rule.metric == "crossings":
        return _("{n} 个单元上学要穿过干道、铁路等超过 {limit} 次(沿路步行)", n=n, limit=limit)
    return _(
        "{n} 个单元走到学校超过 {limit} 分钟(沿路步行,{speed:g} 米/分;没有路处为估算)",
        n=n,
        limit=limit,
        speed=context.project.walk_speed,
    )


def worded(rule: Rule, what: str) -> str:
    """Return a rule, what breaks it and where the rule stands."""
    return _("{rule}:{what}。依据:{basis}", rule=rule.title(language()), what=what, basis=basis(rule))


def basis(rule: Rule) -> str:
    """Return where a rule stands, how strictly it is meant and whether its text was seen."""
    lang = language()
    strength = vocabulary.STRENGTHS[rule.strength].text(lang)
    sure = vocabulary.CONFIDENCE[rule.confidence].text(lang)
    return f"{rule.source} {rule.clause}".strip() + f" [{strength}, {sure}]"
