"""Every rule that a plan breaks: the engine's hard ones, and the packs' on distance and seats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from gis.layers import zone_of
from planning import indicators, policy, vocabulary
from planning.policy import Rule
from planning.vocabulary import SCOPES
from ui.state import Context
from ui.texts import _, language
from ui.views import balance
from ui.views import plan as plans
from ui.views.zones import Assessment

_WALKS = {"service_radius": "straight", "walk_minutes": "metres", "crossings": "crossings"}


@dataclass(frozen=True)
class Broken:
    """One rule with everything in a plan that breaks it.

    Attributes
    ----------
    rule, source, strength, confidence : str
        In words; the source with its clause.
    rows : DataFrame
        unit, zone, pupils, found (in words).
    """

    rule: str
    source: str
    strength: str
    confidence: str
    rows: pd.DataFrame


def broken(context: Context, found: Assessment) -> list[Broken]:
    """Return the rules that a plan breaks, the hard ones first."""
    day = policy.school_year_day(context.year)
    rules = [r for r in policy.in_force(context.project.packs, on=day) if r.stage in (context.stage, "both")]
    walked = [_far(context, found, rule) for rule in rules if rule.metric in _WALKS]
    every = [*_hard(context, found), *walked, *_full(context, found, rules)]
    return [each for each in every if len(each.rows)]


def summary(every: Iterable[Broken]) -> pd.DataFrame:
    """Return one row a rule: rule, strength, cases, pupils, source, confidence."""
    return pd.DataFrame(
        [
            (
                each.rule,
                each.strength,
                len(each.rows),
                int(each.rows["pupils"].sum()),
                each.confidence,
                each.source,
            )
            for each in every
        ],
        columns=["rule", "strength", "cases", "pupils", "confidence", "source"],
    )


def hard_words() -> dict[str, str]:
    """Return what each hard rule of the engine is called."""
    return {
        "unassigned": _("每个单元划入一个片区"),
        "overload": _("片区入学人数不超过招生计划"),
        "cut_off": _("片区连片,不设飞地"),
        "school_elsewhere": _("学校所在单元划入本校片区"),
        "lock_broken": _("锁定的单元不动"),
        "forbidden": _("不划入禁止的片区"),
        "unreachable": _("单元到学校有路可走"),
    }


def _sources() -> dict[str, str]:
    return {
        "overload": _("教育局招生计划(学校表)"),
        "lock_broken": _("本方案的锁定"),
    }


def _hard(context: Context, found: Assessment) -> list[Broken]:
    words, sources = hard_words(), _sources()
    names = _names(context)
    units = context.project.layers["units"].set_index("unit_id")["name"]
    grouped = found.breaks.groupby("kind", sort=False)
    every = []
    for kind, rows in sorted(grouped, key=lambda pair: list(words).index(str(pair[0]))):
        over = kind == "overload"
        table = pd.DataFrame(
            {
                "unit": rows["unit_id"].map(units),
                "zone": rows["zone_id"].map(names).fillna(_("未划入")),
                "pupils": rows["amount"],
                "found": [_("超 {n} 人", n=f"{n:,}") if over else "" for n in rows["amount"]],
            }
        ).reset_index(drop=True)
        source = sources.get(str(kind), _("划片的硬性要求"))
        every.append(Broken(words[str(kind)], source, _("硬性"), "—", table))
    return every


def _names(context: Context) -> pd.Series:
    return plans.zone_names(context.project.key, context.stage, context.project)


def _far(context: Context, found: Assessment, rule: Rule) -> Broken:
    """Hold one rule on distance against every unit in its scope that has pupils."""
    walks = plans.walks(context, found.plan)
    rows = walks[(walks["pupils"] > 0) & _in_scope(context, walks, rule.scope)]
    speed = context.project.walk_speed if rule.metric == "walk_minutes" else 1.0
    values = rows[_WALKS[rule.metric]] / speed
    failing = [rule.met(float(value)) is False for value in values]
    rows, values = rows[failing], values[failing]
    units = context.project.layers["units"].set_index("unit_id")["name"]
    table = pd.DataFrame(
        {
            "unit": rows["unit_id"].map(units),
            "zone": rows["zone_id"].map(_names(context)),
            "pupils": rows["pupils"],
            "found": [f"{value:,.0f} {rule.unit}" for value in values],
        }
    )
    order = values.sort_values(ascending=False).index
    return _worded(rule, table.loc[order].reset_index(drop=True))


def _in_scope(context: Context, walks: pd.DataFrame, scope: str) -> pd.Series:
    """Tell which walks a rule speaks of: by where the home is if that is known, else by the school."""
    wanted, schools = SCOPES[scope], context.project.layers["schools"]
    by_home = wanted.areas is not None and "area" in walks
    inside, _unknown = indicators.in_scope(schools, scope, areas=not by_home)
    taken = walks["zone_id"].isin(zone_of(schools)[inside])
    if by_home and wanted.areas is not None:
        taken &= walks["area"].isin(list(wanted.areas))
    return taken


def _full(context: Context, found: Assessment, rules: Iterable[Rule]) -> list[Broken]:
    """Hold the warning lines (学位预警) against the zones, each zone under the highest line it crosses."""
    lines = sorted((r for r in rules if r.metric == "seat_load"), key=lambda r: -(r.value or 0))
    left = balance.of_year(context, found.plan).dropna(subset=["zone_id", "load"])
    every = []
    for rule in lines:
        over = left["load"].map(lambda load, rule=rule: rule.met(float(load)) is False).astype(bool)
        rows, left = left[over], left[~over]
        table = pd.DataFrame(
            {
                "unit": None,
                "zone": rows["zone"],
                "pupils": rows["entrants"],
                "found": [f"{load:.1f} %" for load in rows["load"]],
            }
        )
        every.append(_worded(rule, table.reset_index(drop=True)))
    return every


def _worded(rule: Rule, rows: pd.DataFrame) -> Broken:
    lang = language()
    return Broken(
        rule=rule.title(lang),
        source=f"{rule.source} {rule.clause}".strip(),
        strength=vocabulary.STRENGTHS[rule.strength].text(lang),
        confidence=vocabulary.CONFIDENCE[rule.confidence].text(lang),
        rows=rows,
    )


def new_hard(context: Context, before: Assessment, after: Assessment) -> list[str]:
    """Return in words the hard rules that a change would break anew, each with how many cases more."""
    words = hard_words()
    old, new = (each.breaks["kind"].value_counts() for each in (before, after))
    more = {kind: int(n) - int(old.get(kind, 0)) for kind, n in new.items()}
    said = [_("{rule}:新增 {n} 处", rule=words[str(k)], n=n) for k, n in more.items() if n > 0]
    lacking = after.totals["over"] - before.totals["over"]
    if lacking > 0 and more.get("overload", 0) <= 0:
        said.append(_("{rule}:多超 {n} 人", rule=words["overload"], n=f"{lacking:,.0f}"))
    return said
