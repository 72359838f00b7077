"""Optional rules in a conflict, and how each would give way, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from ui import widgets
from ui.texts import _
from zoning.cases import Atom, Case
from zoning.options import Options
from zoning.problem import Problem
from zoning.relax import Loosened

NAMED = 12
"""Names listed before the rest are counted."""


@dataclass(frozen=True)
class Asked:
    """A problem for which ways out are looked for, and the optional rules of its search.

    Attributes
    ----------
    problem : Problem
        Without the rules.
    options : Options
        The rules, with the price of moving that the search used.
    most_moved : int or None
        The limit on the pupils moved.
    groups : mapping
        What groups kept whole are called, by their units.
    """

    problem: Problem
    options: Options = field(default_factory=Options)
    most_moved: int | None = None
    groups: Mapping[tuple[str, ...], str] = field(default_factory=dict)

    @property
    def case(self) -> Case:
        """Return the problem with its rules.

        Raises
        ------
        FaultError
            If the rules no longer fit the data.
        """
        return Case.of(self.problem, self.options, self.most_moved)


def names(ids: Sequence[str]) -> str:
    """Return names in a row, the first of many: 甲、乙等 15 个."""
    some = _("、").join(map(str, ids[:NAMED]))
    return some if len(ids) <= NAMED else _("{some}等 {n} 个", some=some, n=len(ids))


def bans(case: Case, named: Problem, units: Sequence[int]) -> list[str]:
    """Return what forbids pairs to units of a conflict: the longest walk, barriers, or the planner."""
    at = np.array(units, dtype=int)
    walk, crossed = case.far[at].any(axis=1), case.crossed[at].any(axis=1)
    own = (case.problem.forbidden & ~case.far & ~case.crossed)[at].any(axis=1)
    metres = case.limit
    walked = _("最远步行") if metres is None else _("最远步行 {n} 米", n=widgets.whole(metres))
    said = [(walked, walk), (_("小学生不跨越障碍"), crossed), (_("禁止划入"), own)]
    return [
        _("{rule}:{names}", rule=rule, names=names(list(named.unit_ids[at[those]])))
        for rule, those in said
        if those.any()
    ]


def rules(asked: Asked, zones: Mapping[str, str], atoms: Iterable[Atom]) -> list[str]:
    """Return the optional rules of a conflict."""
    options, said = asked.options, []
    for rule, rows in groupby(atoms, key=lambda atom: atom[0]):
        held = [at for _rule, at in rows]
        if rule == "share":
            said.append(_("负荷上限 {n} %", n=f"{(options.share or 1) * 100:g}"))
        elif rule == "least":
            who = names([zones.get(z, z) for (z,) in held])
            said.append(_("每片区至少 {n} 人:{names}", n=widgets.whole(options.least or 0), names=who))
        elif rule == "balance":
            said.append(_("均衡属性,相差不超过 {n}", n=f"{options.deviation:g}"))
        elif rule == "moved":
            said.append(_("最多调整学生 {n} 人", n=widgets.whole(asked.most_moved or 0)))
        else:
            said += [_group(asked, rule, at) for at in held]
    return said


def _group(asked: Asked, rule: str, group: tuple[str, ...]) -> str:
    called = asked.groups.get(group) or names(group)
    if rule == "feeders":
        return _("整体升入一所初中:{group}", group=called)
    return _("整体划入:{towns}", towns=called)


def words(asked: Asked, zones: Mapping[str, str], loosen: Iterable[Loosened]) -> list[str]:
    """Return how optional rules would give way."""
    options, said = asked.options, []
    for each in loosen:
        value = each.value
        if each.rule in ("together", "feeders"):
            called = asked.groups.get(each.at) or names(each.at)
            said.append(
                _("允许分到几个片区:{group}", group=called)
                if each.rule == "together"
                else _("允许升入几所初中:{group}", group=called)
            )
        elif each.rule == "least" and each.at:
            who = names([zones.get(z, z) for z in each.at])
            old = widgets.whole(options.least or 0)
            said.append(_("{zone}至少 {n} 人(原 {old} 人)", zone=who, n=widgets.whole(value or 0), old=old))
        elif value is None:
            said.append(_("不用这条规则:{rule}", rule=kind_word(each.rule)))
        else:
            now, old = _limits(asked, each.rule, value)
            said.append(_("{rule}放宽到 {n}(原 {old})", rule=kind_word(each.rule), n=now, old=old))
    return list(dict.fromkeys(said))


def _limits(asked: Asked, rule: str, value: float) -> list[str]:
    """Return the new limit of a rule and the one there was, with their unit."""
    old = {
        "share": asked.options.share,
        "least": asked.options.least,
        "balance": asked.options.deviation,
        "moved": asked.most_moved,
    }[rule]
    scale, unit = (100, " %") if rule == "share" else (1, _(" 人") if rule in ("least", "moved") else "")
    return [f"{float(each or 0) * scale:.10g}{unit}" for each in (value, old)]


def kind_word(rule: str) -> str:
    """Return what an optional rule that can be loosened is called."""
    return {
        "share": _("负荷上限"),
        "together": _("成组单元整体划入"),
        "feeders": _("小学片区整体升入一所初中"),
        "least": _("每片区最少人数"),
        "balance": _("均衡属性"),
        "moved": _("最多调整学生(人)"),
    }[rule]
