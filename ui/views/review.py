"""What the page 评审 shows: the plans under review, their figures, and the units behind each figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from gis.faults import FaultError
from planning import drafts, policy, review
from planning.policy import Rule
from planning.reviewlog import ReviewLog
from ui.state import Context, distinct, draft_store
from ui.texts import _, language
from ui.views import balance, breaks, edits, ruled
from ui.views import plan as plans
from ui.views import zones as views
from ui.views.zones import Assessment

#: Plans that can be read beside each other, at most.
LETTERS: Final = ("A", "B", "C")


@dataclass(frozen=True)
class Reviewed:
    """A plan under review.

    Attributes
    ----------
    id : str
        Of the draft; empty for the plan in force.
    name : str
        What it is called, told apart from the others.
    rev : int
        Revision of the draft that is looked at.
    found : Assessment
        The plan held against the rules of the stage and year.
    under : Assessment or None
        The same held against the optional rules of its search as well, where that had any.
    unfit : bool
        Whether those rules no longer fit the data.
    seatless : Series
        Zone_id by unit_id of the units that the plan gives to a zone without seats; `found` has none of them.
    """

    id: str
    name: str
    rev: int
    found: Assessment
    under: Assessment | None = None
    unfit: bool = False
    seatless: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))

    @property
    def judged(self) -> Assessment:
        """The plan as its rules are listed: by those of its search, or at the switch by the plain ones."""
        plain = bool(st.session_state.get(ruled.PLAIN))
        return self.found if plain or self.under is None else self.under


def names(context: Context) -> dict[str, str]:
    """Return the plans there are, id -> name: the plan in force first, then drafts, last changed first."""
    listed = draft_store(context.project).list(context.project.id)
    return distinct({"": _("现行片区")} | {str(row.draft_id): str(row.name) for row in listed.itertuples()})


def load(context: Context, ids: Sequence[str]) -> list[Reviewed]:
    """Return the plans as they now stand, held against the rules.

    Raises
    ------
    FaultError
        With what the data lack.
    """
    named = names(context)
    # Letters tell plans apart on a screen far away, and keep a draft's name from reading like a column's.
    return [
        _load(context, each, f"{letter} · {named[each]}") for letter, each in zip(LETTERS, ids, strict=False)
    ]


def _load(context: Context, draft_id: str, name: str) -> Reviewed:
    if not draft_id:
        plan = plans.in_force(context.project, context.stage, context.year)
        found = views.assess(context, plan)
        return Reviewed("", name, 0, found, seatless=_seatless(context, plan, found))
    store = draft_store(context.project)
    rev = store.get(draft_id).rev
    state = store.state(draft_id, rev)
    held = state.locked(context.stage, context.year)
    plan = state.plan(context.stage, context.year)
    found = views.assess(context, plan, held)
    seatless = _seatless(context, plan, found)
    key = state.key_for(context.stage, context.year) or (context.stage, context.project.year)
    try:
        under = ruled.of_draft(context, draft_id, key, found)
    except FaultError:
        return Reviewed(draft_id, name, rev, found, unfit=True, seatless=seatless)
    return Reviewed(draft_id, name, rev, found, under, seatless=seatless)


def _seatless(context: Context, plan: pd.Series, found: Assessment) -> pd.Series:
    """Return the units that a plan gives to a school zone that has no seats, and so takes nobody."""
    given = plan.reindex(found.plan.index[found.plan.isna()]).dropna()
    known = plans.zone_names(context.project.key, context.stage, context.project)
    return given[given.isin(known.index)]


def seatless(context: Context, plan: Reviewed) -> list[str]:
    """Say of each zone without seats what is known: its units and pupils."""
    pupils = views.demand(plan.found).reindex(plan.seatless.index)
    zones = _zone_words(context, plan.seatless)
    return [
        _(
            "{zone}({units} 个单元、{pupils} 名新生)",
            zone=zone,
            units=f"{len(own):,}",
            pupils=f"{own.sum():,}",
        )
        for zone, own in pupils.groupby(zones)
    ]


def leaf(context: Context, found: Assessment) -> pd.DataFrame:
    """Return what `planning.review` compares: pupils, zone_id, metres and load (%) by unit."""
    walks = plans.walks(context, found.plan).set_index("unit_id")["metres"].reindex(found.plan.index)
    load = found.plan.map((found.zones["fill"] * 100).to_dict()).astype("float64")
    columns = {"pupils": views.demand(found), "zone_id": found.plan, "metres": walks, "load": load}
    return pd.DataFrame(columns, index=found.plan.index)


def changes(context: Context, base: Reviewed, other: Reviewed) -> pd.DataFrame:
    """Return what another plan changes for each unit: see `planning.review.changes`."""
    return review.changes(leaf(context, base.found), leaf(context, other.found))


def places(chosen: Sequence[Reviewed]) -> pd.Series:
    """Return the contested places, number by unit: see `planning.review.places`."""
    first = chosen[0].found
    zones = [each.found.plan for each in chosen]
    return review.places(zones, views.demand(first), first.problem.indptr, first.problem.indices)


def indicators(context: Context, chosen: Sequence[Reviewed]) -> pd.DataFrame:
    """Return one row an indicator: its value in each plan, how it differs from the first, the clause."""
    base, *others = chosen
    table = pd.DataFrame()
    for other in others:
        pair = views.comparison(context, base.found, other.found)
        if table.empty:
            table = pair[["indicator"]].assign(**{base.name: pair["in_force"]})
        table[other.name] = pair["draft"]
        table[_("{plan} 变化", plan=other.name)] = pair["change"]
    clauses = _clauses(context)
    return table.assign(source=table["indicator"].map(clauses).fillna("—"))


def _clauses(context: Context) -> dict[str, str]:
    """Return the rule that an indicator is held against, with its clause, where there is one."""
    day = policy.school_year_day(context.year)
    rules = [r for r in policy.in_force(context.project.packs, on=day) if r.stage in (context.stage, "both")]

    def said(*metrics: str) -> str:
        return _(";").join(dict.fromkeys(_clause(rule) for rule in rules if rule.metric in metrics)) or "—"

    walked, full = said("service_radius", "walk_minutes"), said("seat_load")
    intake, hard = _("教育局招生计划(学校表)"), _("划片的硬性要求")
    return {
        _("招生计划(人)"): intake,
        _("最远步行(米)"): walked,
        _("超出招生计划(人)"): _(";").join([intake, full]),
        _("与学校不相连的单元(飞地)"): hard,
        _("未划入的单元"): hard,
        _("不符合硬性要求(处)"): hard,
    }


def _clause(rule: Rule) -> str:
    return _("{rule}:{what}", rule=rule.title(language()), what=f"{rule.source} {rule.clause}").strip()


def rules(context: Context, chosen: Sequence[Reviewed]) -> tuple[pd.DataFrame, dict[str, list[pd.DataFrame]]]:
    """Return one row a rule that any plan breaks, and by rule the rows behind it in each plan."""
    broken = [{each.rule: each for each in breaks.broken(context, plan.judged)} for plan in chosen]
    every = {rule: each for found in broken for rule, each in found.items()}
    behind = {
        rule: [
            (found[rule].rows if rule in found else each.rows.iloc[:0]).drop(columns=["unit_id", "zone_id"])
            for found in broken
        ]
        for rule, each in every.items()
    }
    rows = []
    for rule, each in every.items():
        cases = {plan.name: len(rows) for plan, rows in zip(chosen, behind[rule], strict=True)}
        sources = dict.fromkeys(found[rule].source for found in broken if rule in found)
        rows.append({"rule": rule, "strength": each.strength, **cases, "source": _(";").join(sources)})
    return pd.DataFrame(rows), behind


Behind = Callable[[Context, Reviewed], pd.Series]


def behind(context: Context) -> dict[str, Behind]:
    """Return by indicator how to find the units behind its value: a Series of bool on the units."""
    return {
        _("入学人数(人)"): lambda _c, plan: views.demand(plan.found) > 0,
        _("招生计划(人)"): lambda _c, plan: plan.found.plan.notna(),
        _("平均步行(米,按学生加权)"): _walking,
        _("最远步行(米)"): _farthest,
        _("就读最近学校的学生(%)"): _at_the_nearest,
        _("超出招生计划(人)"): _crowded,
        _("与学校不相连的单元(飞地)"): lambda _c, plan: _broken(plan, "cut_off"),
        _("未划入的单元"): lambda _c, plan: plan.found.plan.isna(),
        _("不符合硬性要求(处)"): lambda _c, plan: _broken(plan),
        _("{year} 学年各片区缺口合计(人)", year=max(context.years)): _short_later,
    }


def _walking(_context: Context, plan: Reviewed) -> pd.Series:
    return plan.found.plan.notna() & (views.demand(plan.found) > 0)


def _farthest(context: Context, plan: Reviewed) -> pd.Series:
    frame = leaf(context, plan.found)
    metres = frame["metres"].where(frame["pupils"] > 0)
    return (metres == metres.max()).fillna(False).astype(bool)


def _at_the_nearest(context: Context, plan: Reviewed) -> pd.Series:
    problem = plan.found.problem
    zone = problem.positions(plan.found.plan)
    metres = problem.metres[np.arange(problem.n_units), np.maximum(zone, 0)]
    best = np.where(problem.allowed, problem.metres, np.inf).min(axis=1)
    return pd.Series((zone >= 0) & (metres <= best), index=plan.found.plan.index) & _walking(context, plan)


def _crowded(_context: Context, plan: Reviewed) -> pd.Series:
    zones = plan.found.zones
    return plan.found.plan.isin(zones.index[zones["fill"] > 1])


def _short_later(context: Context, plan: Reviewed) -> pd.Series:
    rows = balance.balance(context, plan.found.plan)
    short = rows[(rows["year"] == max(context.years)) & (rows["gap"] > 0)]
    return plan.found.plan.isin(short["zone_id"].dropna())


def _broken(plan: Reviewed, kind: str = "") -> pd.Series:
    rows = plan.found.breaks
    rows = rows[rows["kind"] == kind] if kind else rows
    units = plan.found.plan.index.isin(rows["unit_id"].dropna())
    whole = plan.found.plan.isin(rows.loc[rows["unit_id"].isna(), "zone_id"].dropna())
    return pd.Series(units, index=plan.found.plan.index) | whole


def units(context: Context, plan: Reviewed, where: pd.Series) -> pd.DataFrame:
    """Return the units told by `where` with zone, pupils, metres and load, most pupils first."""
    frame = leaf(context, plan.found)[where.to_numpy(dtype=bool)]
    zone = _zone_words(context, frame["zone_id"])
    columns = {"zone": zone, "pupils": frame["pupils"], "metres": frame["metres"], "load": frame["load"]}
    return _sorted(_named(context, pd.DataFrame(columns)))


def moved(context: Context, changed: pd.DataFrame, *, by: str = "") -> pd.DataFrame:
    """Return the units of `changes` in words, most pupils first: all told, or what bears on `by` alone."""
    walks = {name: changed[name] for name in ("metres_before", "metres_after", "change_m")}
    loads = {_("原学校负荷(%)"): changed["load_before"], _("新学校负荷(%)"): changed["load_after"]}
    columns = {
        "pupils": changed["pupils"],
        "before": _zone_words(context, changed["before"]),
        "after": _zone_words(context, changed["after"]),
        **({} if by == "crowding" else walks),
        **({} if by == "distance" else loads),
    }
    return _sorted(_named(context, pd.DataFrame(columns, index=changed.index)))


def _zone_words(context: Context, zones: pd.Series) -> pd.Series:
    named = plans.zone_names(context.project.key, context.stage, context.project).to_dict()
    return zones.map(lambda zone: named.get(zone, zone), na_action="ignore").fillna(_("未划入"))


def _named(context: Context, frame: pd.DataFrame) -> pd.DataFrame:
    known = context.project.layers["units"].set_index("unit_id").reindex(frame.index)
    towns = {"town": known["town"]} if "town" in known else {}
    return pd.DataFrame({"unit": known["name"], **towns}, index=frame.index).join(frame)


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(["pupils", "unit"], ascending=[False, True], ignore_index=True)


def bands(by: str) -> dict[str, str]:
    """Return the words of the bands of `planning.review`, best first."""
    if by == "distance":
        return {
            "much_nearer": _("近 500 米以上"),
            "nearer": _("近 100—500 米"),
            "same": _("变化不到 100 米"),
            "farther": _("远 100—500 米"),
            "much_farther": _("远 500 米以上"),
            "unknown": _("距离不明"),
        }
    return {
        "relieved": _("由超员变为不超员"),
        "emptier": _("负荷降 5 个百分点以上"),
        "same": _("变化不到 5 个百分点"),
        "fuller": _("负荷升 5 个百分点以上"),
        "overfull": _("由不超员变为超员"),
        "unknown": _("负荷不明"),
    }


def gains(changed: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return who gains and who loses in words: band, units, pupils, mean change."""
    table = review.gains(changed, by).reset_index()
    unit = _("平均变化(米)") if by == "distance" else _("平均变化(百分点)")
    return pd.DataFrame(
        {
            _("档"): table["band"].map(bands(by)),
            "units": table["units"],
            "pupils": table["pupils"],
            unit: table["change"].map(
                lambda value: "—" if pd.isna(value) else f"{round(value) or 0:+,}".replace("-", "−")
            ),
        }
    )


def place_words(context: Context, chosen: Sequence[Reviewed], own: Sequence[str]) -> pd.DataFrame:
    """Return where a contested place goes in each plan: one row a plan, pupils-weighted walk, load."""
    rows = []
    for plan in chosen:
        frame = leaf(context, plan.found).loc[list(own)]
        weight = frame["pupils"].where(frame["metres"].notna(), 0)
        metres = (frame["metres"].fillna(0) * weight).sum() / weight.sum() if weight.sum() else np.nan
        zone = _zone_words(context, frame["zone_id"]).iloc[0]
        load = frame["load"].iloc[0]
        rows.append({_("方案"): plan.name, "zone": zone, "mean_walk": metres, "load": load})
    return pd.DataFrame(rows)


def tree(context: Context) -> pd.DataFrame:
    """Return the drafts as a tree, each below the one it was copied from: name, author, times, notes."""
    store = draft_store(context.project)
    listed = store.list(context.project.id).sort_values("created_at", kind="stable")
    known = {str(row.draft_id): row for row in listed.itertuples()}
    below: dict[str, list[str]] = {}
    for key, row in known.items():
        parent = row.parent_id if isinstance(row.parent_id, str) and row.parent_id in known else ""
        below.setdefault(parent, []).append(key)
    rows = []
    waiting = [(key, 0) for key in reversed(below.get("", []))]
    while waiting:
        key, depth = waiting.pop()
        rows.append(_tree_row(context, known, key, depth))
        waiting += [(child, depth + 1) for child in reversed(below.get(key, []))]
    return pd.DataFrame(rows)


def _tree_row(context: Context, known: Mapping[str, object], key: str, depth: int) -> dict[str, object]:
    row = draft_store(context.project).get(key)
    parent = known.get(row.parent_id or "")
    notes = [op for op in drafts.effective(draft_store(context.project).history(key)) if op.kind == "note"]
    source = _("第 {rev} 步", rev=row.parent_rev)
    return {
        _("方案"): "　" * depth + ("└ " if depth else "") + row.name,
        _("来自"): f"{getattr(parent, 'name', '')} · {source}" if parent else _("现行片区"),
        "author": row.author or _("未署名"),
        "rev": row.rev,
        _("最后修改"): edits.when(row.changed_at),
        _("备注"): _(";").join(str(op.payload["text"]) for op in notes) or "—",
    }


@st.cache_resource(max_entries=16, show_spinner=False)
def _log(url: str) -> ReviewLog:
    return ReviewLog(url)


def log(context: Context) -> ReviewLog:
    """Return the project's comments and decisions."""
    return _log(context.project.drafts_url)
