"""Every rule that a plan breaks: the engine's hard ones, and the packs' on distance and seats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from gis.holes import holes
from gis.layers import zone_of
from planning import indicators, policy, vocabulary
from planning.clauses import BASES
from planning.policy import Rule
from planning.vocabulary import SCOPES
from ui import widgets
from ui.state import Context
from ui.texts import _, language
from ui.views import balance
from ui.views import plan as plans
from ui.views.zones import Assessment, demand
from zoning.enclaves import enclaves

_WALKS = {"service_radius": "straight", "walk_minutes": "metres", "crossings": "crossings"}


@dataclass(frozen=True)
class Broken:
    """One rule with everything in a plan that breaks it.

    Attributes
    ----------
    rule, source, strength, confidence : str
        In words; the source with its clause.
    rows : DataFrame
        unit_id and zone_id (one of the two may be missing), unit, zone, pupils, found (in words).
    """

    rule: str
    source: str
    strength: str
    confidence: str
    rows: pd.DataFrame

    def units(self, plan: pd.Series) -> list[str]:
        """Return the units it is about: those named, or all of a zone that is named alone."""
        alone = self.rows.loc[self.rows["unit_id"].isna(), "zone_id"].dropna()
        return [*self.rows["unit_id"].dropna(), *plan.index[plan.isin(alone)]]

    def table(self) -> pd.DataFrame:
        """Return the cases in words, without columns that say nothing."""
        return self.rows.drop(columns=["unit_id", "zone_id"]).dropna(axis=1, how="all")


def broken(context: Context, found: Assessment) -> list[Broken]:
    """Return the rules that a plan breaks, the hard ones first."""
    day = policy.school_year_day(context.year)
    rules = [r for r in policy.in_force(context.project.packs, on=day) if r.stage in (context.stage, "both")]
    walked = [_far(context, found, rule) for rule in rules if rule.metric in _WALKS]
    every = [
        *_hard(context, found),
        *_moved(context, found),
        *walked,
        *_full(context, found, rules),
        _holes(context, found),
    ]
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


def rule_words() -> dict[str, str]:
    """Return what each optional rule of a search is called."""
    return {
        "too_far": _("最远步行"),
        "barrier": _("小学生不跨越障碍"),
        "split": _("成组单元整体划入"),
        "feeder": _("小学片区整体升入一所初中"),
        "over_share": _("负荷上限"),
        "too_small": _("每片区至少(人)"),
        "unbalanced": _("均衡属性"),
    }


def _hard(context: Context, found: Assessment) -> list[Broken]:
    words, names = hard_words() | rule_words(), _names(context)
    units = context.project.layers["units"].set_index("unit_id")["name"]
    grouped = found.breaks.groupby("kind", sort=False)
    every = []
    for kind, rows in sorted(grouped, key=lambda pair: list(words).index(str(pair[0]))):
        table = pd.DataFrame(
            {
                "unit_id": rows["unit_id"],
                "zone_id": rows["zone_id"],
                "unit": rows["unit_id"].map(units),
                "zone": rows["zone_id"].map(names).fillna(_("未划入")),
                "pupils": rows["amount"],
                "found": _amounts(str(kind), rows["amount"]),
            }
        ).reset_index(drop=True)
        if kind == "cut_off":
            table["found"] = table["unit_id"].map(_pieces(context, found).to_dict())
        elif kind == "too_far":
            table["found"] = _walked(found, rows)
        elif kind == "unbalanced" and found.ruled:
            table["found"] = _means(found, rows)
        every.append(_based(str(kind), words[str(kind)], table, found))
    return every


def _amounts(kind: str, amounts: pd.Series) -> list[str]:
    """Return how many pupils there are too many or too few, where a rule is about that."""
    if kind in ("overload", "over_share"):
        return [_("超 {n} 人", n=f"{n:,}") for n in amounts]
    return [_("少 {n} 人", n=f"{n:,}") if kind == "too_small" else "" for n in amounts]


def _walked(found: Assessment, rows: pd.DataFrame) -> list[str]:
    """Return the walks of units to the zones of a plan, in words."""
    problem = found.problem
    at = problem.unit_ids.get_indexer(pd.Index(rows["unit_id"]))
    return [widgets.metres(m) for m in problem.metres[at, problem.positions(found.plan)[at]]]


def _means(found: Assessment, rows: pd.DataFrame) -> list[str]:
    """Return the balanced attribute of zones beside that of all, in words."""
    means = found.ruled.posed.means(found.plan) if found.ruled else None
    if means is None:
        return [""] * len(rows)
    return [
        _("平均 {own},全域 {mean}", own=f"{means[z]:.3g}", mean=f"{means['']:.3g}") for z in rows["zone_id"]
    ]


def _moved(context: Context, found: Assessment) -> list[Broken]:
    """Return the units moved where the search had a limit on their pupils, and they are more now."""
    if found.ruled is None or not found.ruled.too_many_moved:
        return []
    most, pupils = found.ruled.search.rules.most_moved or 0, demand(found)
    moved = found.ruled.posed.moved(found.plan)
    units = list(found.moved) if moved > most else []
    names = context.project.layers["units"].set_index("unit_id")["name"]
    table = pd.DataFrame(
        {
            "unit_id": units,
            "zone_id": found.plan.reindex(units).to_numpy(),
            "unit": [names.get(u, u) for u in units],
            "zone": found.plan.reindex(units).map(_names(context)).fillna(_("未划入")).to_numpy(),
            "pupils": pupils.reindex(units).to_numpy(),
            "found": _("共 {n} 人,上限 {most} 人", n=f"{moved:,}", most=f"{most:,}"),
        }
    )
    return [_based("moved", _("最多调整学生(人)"), table, found)]


def _based(kind: str, rule: str, rows: pd.DataFrame, found: Assessment) -> Broken:
    """Return a hard rule with what it rests on; an optional one rests on the planner's choice."""
    lang = language()
    if kind not in BASES:
        when = found.ruled.when if found.ruled else "—"
        return Broken(rule, _("规划人员在 {when} 的优化中设定", when=when), _("自设"), "—", rows)
    basis = BASES[kind]
    sure = vocabulary.CONFIDENCE[basis.confidence].text(lang) if basis.confidence else "—"
    return Broken(rule, basis.source.text(lang), _("硬性"), sure, rows)


def _pieces(context: Context, found: Assessment) -> pd.Series:
    """Return for each unit cut off which piece it is part of, in words."""
    names = _names(context)
    return pd.Series(
        {
            row["unit_id"]: _(
                "第 {piece} 块飞地:{units} 个单元,四周为{around}",
                piece=row["piece"],
                units=row["piece_units"],
                around=_("、").join(str(names.get(z, z)) for z in row["around"].split(",") if z) or "—",
            )
            for row in enclaves(found.problem, found.plan).to_dict("records")
        },
        dtype="str",
    )


def _holes(context: Context, found: Assessment) -> Broken:
    """List what lies wholly inside another catchment: allowed, but worth a look."""
    plan, names = found.plan, _names(context)
    shapes = balance.unit_shapes(context, plan)
    rows = holes(balance.zone_shapes(context, plan), shapes[["unit_id", "geometry"]], plan)
    units = context.project.layers["units"].set_index("unit_id")["name"]
    table = pd.DataFrame(
        {
            "unit_id": rows["unit_id"],
            "zone_id": rows["zone_id"],
            "unit": rows["unit_id"].map(units),
            "zone": rows["zone_id"].map(names).fillna(_("未划入")),
            "pupils": rows["unit_id"].map(demand(found).to_dict()).fillna(0).astype(int),
            "found": [
                _("在{around}片区内(第 {n} 处)", around=names.get(around, around), n=hole)
                for around, hole in zip(rows["around"], rows["hole"], strict=True)
            ],
        }
    )
    said = _("单校片区宜成整块;学校在洞内的片区并不违规")
    return Broken(_("片区中的洞(被另一片区包围)"), said, _("供参考"), "—", table)


def _names(context: Context) -> pd.Series:
    return plans.zone_names(context.project.key, context.stage, context.project)


def _far(context: Context, found: Assessment, rule: Rule) -> Broken:
    """Hold one rule on distance against every unit in its scope that has pupils."""
    walks = plans.walks(context, found.plan)
    rows = walks[(walks["pupils"] > 0) & _in_scope(context, walks, rule.scope)]
    speed = context.project.walk_speed if rule.metric == "walk_minutes" else 1.0
    values = rows[_WALKS[rule.metric]] / speed
    failing = values.map(lambda value: rule.met(float(value)) is False).astype(bool)
    rows, values = rows[failing], values[failing]
    units = context.project.layers["units"].set_index("unit_id")["name"]
    table = pd.DataFrame(
        {
            "unit_id": rows["unit_id"],
            "zone_id": rows["zone_id"],
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
                "unit_id": None,
                "zone_id": rows["zone_id"],
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
    words = hard_words() | rule_words()
    old, new = (each.breaks["kind"].value_counts() for each in (before, after))
    more = {kind: int(n) - int(old.get(kind, 0)) for kind, n in new.items()}
    said = [_("{rule}:新增 {n} 处", rule=words[str(k)], n=n) for k, n in more.items() if n > 0]
    if after.ruled and after.ruled.too_many_moved:
        most = after.ruled.search.rules.most_moved or 0
        now, then = (each.ruled.posed.moved(each.plan) if each.ruled else 0 for each in (after, before))
        if now > max(most, then):
            told = _("共 {n} 人,上限 {most} 人", n=f"{now:,}", most=f"{most:,}")
            said.append(_("{rule}:{what}", rule=_("最多调整学生(人)"), what=told))
    lacking = after.totals["over"] - before.totals["over"]
    if lacking > 0 and more.get("overload", 0) <= 0:
        said.append(_("{rule}:多超 {n} 人", rule=words["overload"], n=f"{lacking:,.0f}"))
    return said
