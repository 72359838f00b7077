"""What the page 划片 shows of a plan: figures, zones, walks, and how it differs from the plan in force."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import streamlit as st

from planning import attended, several, zoneproblem
from planning.project import Project
from ui.state import Context
from ui.texts import _
from ui.views import balance
from ui.views import plan as plans
from ui.views.levels import short_words
from zoning.problem import Problem

if TYPE_CHECKING:
    from ui.views.ruled import Ruled


@dataclass(frozen=True)
class Assessment:
    """A plan held against its problem; treat as immutable.

    Attributes
    ----------
    plan : Series
        Unit_id -> zone_id of every unit, NA where it has none or its zone takes nobody.
    locked : frozenset of str
        Units that stay.
    problem : Problem
        Stage and year, the locks in it.
    breaks : DataFrame
        As `zoning.check.check`.
    zones : DataFrame
        As `zoning.indicators.summary`, with the walks of `planning.attended`.
    totals : Series
        As `zoning.indicators.totals`, with the same walks.
    reference : Series
        The plan in force for the same units; all NA where there is none.
    moved : tuple of str
        Units that the plan in force places and this plan places elsewhere, or nowhere.
    ruled : Ruled or None
        The optional rules in `problem` and `breaks`, where the plan is held against those of its search.
    """

    plan: pd.Series
    locked: frozenset[str]
    problem: Problem
    breaks: pd.DataFrame
    zones: pd.DataFrame
    totals: pd.Series
    reference: pd.Series
    moved: tuple[str, ...]
    ruled: Ruled | None = None

    @property
    def held(self) -> pd.Series:
        """The zones of the units that stay; a locked unit that the project no longer has is left out."""
        return self.plan[self.plan.index.isin(list(self.locked))]

    def units_that(self, kind: str) -> list[str]:
        """Return the units that break a rule of `zoning.check.KINDS`."""
        return self.breaks.loc[self.breaks["kind"] == kind, "unit_id"].dropna().tolist()


def fingerprint(*plan: pd.Series) -> str:
    """Return a short text that is the same for the same plans: what results of theirs are cached by."""
    digest = hashlib.sha256()
    for each in plan:
        filled = each.fillna("")
        said = [*filled.index.astype(object), "\x1e", *filled.astype(object)]
        digest.update("\x1f".join(said).encode())
    return digest.hexdigest()


@st.cache_resource(max_entries=12, show_spinner=False)
def _problem(key: str, stage: str, year: int, _project: Project) -> Problem:
    return zoneproblem.build(_project, stage, year)


@st.cache_resource(max_entries=8, show_spinner=False)
def _posed(key: str, stage: str, year: int, mark: str, _project: Project, _held: pd.Series) -> Problem:
    """Return the problem with locks: kept, so that what it derives is not derived at every stroke."""
    base = _problem(key, stage, year, _project)
    return replace(base, locked=base.positions(zoneproblem.fitting(base, _held)))


def problem(context: Context) -> Problem:
    """Return the catchment problem of the stage and year, without locks.

    Raises
    ------
    FaultError
        With what the data lack.
    """
    return _problem(context.project.key, context.stage, context.year, context.project)


def assess(context: Context, plan: pd.Series, locked: pd.Series | None = None) -> Assessment:
    """Hold a plan against the problem of the stage and year.

    Parameters
    ----------
    context : Context
        Project, stage and year.
    plan : Series
        Unit_id -> zone_id.
    locked : Series, optional
        Zone_id by unit_id of the units that stay.

    Raises
    ------
    FaultError
        With what the data lack.
    """
    held = pd.Series(dtype="str") if locked is None else locked
    project = context.project
    mark = fingerprint(plan, held)
    return _assess(project.key, context.stage, context.year, mark, project, plan, held)


@st.cache_resource(max_entries=64, show_spinner=False)
def _assess(
    key: str, stage: str, year: int, mark: str, _project: Project, _plan: pd.Series, _held: pd.Series
) -> Assessment:
    from zoning import check, indicators

    posed = _posed(key, stage, year, fingerprint(_held), _project, _held)
    plan = zoneproblem.fitting(posed, _plan)
    # As they stand, not cut to the problem: a unit of a school that closed has not moved by itself.
    reference = plans.in_force(_project, stage, year).reindex(posed.unit_ids)
    raw = _plan.reindex(posed.unit_ids)
    moved = reference.notna() & (raw.isna() | (raw != reference).fillna(True))
    breaks = check.check(posed, plan)
    walked = attended.posed(_project, stage, posed, plan)
    return Assessment(
        plan=plan,
        locked=frozenset(map(str, _held.index)),
        problem=posed,
        breaks=breaks,
        zones=indicators.summary(walked, plan),
        totals=indicators.totals(walked, plan, broken=breaks),
        reference=reference,
        moved=tuple(moved.index[moved.to_numpy(dtype=bool)]),
    )


def demand(found: Assessment) -> pd.Series:
    """Return the entrants of each unit."""
    return pd.Series(found.problem.demand, index=found.problem.unit_ids, name="pupils")


def zone_table(context: Context, found: Assessment) -> pd.DataFrame:
    """Return one row a zone, fullest first: entrants and intake now, loads to Y + 5, walks, units, breaks.

    Entrants without a zone make a row of their own, so that the entrants add up to the register's.
    """
    now = balance.of_year(context, found.plan)
    zones = found.zones.reindex(now["zone_id"])
    broken = found.breaks.groupby("zone_id").size()
    loose = now["zone_id"].isna()
    table = pd.DataFrame(
        {
            "zone": now["zone"].mask(loose, _("未划入")),
            "entrants": now["entrants"],
            "intake": now["seats"],
            "load": now["load"],
            "warning": now["level"].map(short_words()),
            "mean_walk": zones["mean_walk_m"].to_numpy(),
            "longest_walk": zones["longest_walk_m"].to_numpy(),
            "units": zones["units"].fillna(0).astype(int).to_numpy(),
            "breaks": now["zone_id"].map(broken.to_dict()).fillna(0).astype(int),
        }
    )
    table.loc[loose, "units"] = int(found.plan.isna().sum())
    return pd.concat([table, _loads_ahead(context, found.plan, now["zone_id"])], axis=1)


def _loads_ahead(context: Context, plan: pd.Series, zone_ids: pd.Series) -> pd.DataFrame:
    """Return the load of each zone in the years after the chosen one, a column a year."""
    rows = balance.balance(context, plan).dropna(subset=["zone_id"])
    wide = rows.pivot(index="zone_id", columns="year", values="load").reindex(zone_ids)
    later = [year for year in context.years if year > context.year]
    named = {year: _("{year} 负荷(%)", year=year) for year in later}
    return wide[later].rename(columns=named).set_axis(zone_ids.index)


def unit_table(context: Context, found: Assessment) -> pd.DataFrame:
    """Return one row a unit: what a plan is handed on as.

    Columns unit_id, unit, town (where known), pupils, zone_id, zone, school, metres, estimate, locked, moved,
    before_id, before, metres_before.
    """
    project = context.project
    names = plans.zone_names(project.key, context.stage, project)
    units = project.layers["units"].set_index("unit_id").reindex(found.plan.index)
    own = plans.walks(context, found.plan).set_index("unit_id").reindex(found.plan.index)
    old = plans.walks(context, found.reference).set_index("unit_id").reindex(found.plan.index)
    schools = project.layers["schools"].set_index("school_id")["name"]
    towns = {"town": units["town"]} if "town" in units else {}
    changed = set(found.moved)
    drawn = several.ballot_zones(project, context.stage)
    columns = {
        "unit": units["name"],
        **towns,
        "pupils": demand(found),
        "zone_id": found.plan,
        "zone": found.plan.map(names).fillna(_("未划入")),
        "school": own["school_id"].map(schools).mask(found.plan.isin(drawn), _("随机派位")),
        "metres": own["metres"],
        "estimate": own["estimate"].astype("boolean"),
        "locked": [unit in found.locked for unit in found.plan.index],
        "moved": [unit in changed for unit in found.plan.index],
        "before_id": found.reference,
        "before": found.reference.map(names),
        "metres_before": old["metres"],
    }
    return pd.DataFrame(columns, index=found.plan.index).rename_axis("unit_id").reset_index()


def moved_table(context: Context, found: Assessment) -> pd.DataFrame:
    """Return the units that move against the plan in force, most pupils first."""
    rows = unit_table(context, found)
    rows = rows[rows["moved"]]
    rows = rows.assign(change_m=rows["metres"] - rows["metres_before"])
    columns = ["unit", "town", "pupils", "before", "zone", "metres_before", "metres", "change_m"]
    shown = rows[[c for c in columns if c in rows]].rename(
        columns={"zone": "after", "metres": "metres_after"}
    )
    return shown.sort_values("pupils", ascending=False, ignore_index=True)


def later_shortage(context: Context, plan: pd.Series) -> pd.Series:
    """Return the seats that zones lack in each year (index year), not netted between zones."""
    rows = balance.balance(context, plan)
    return rows["gap"].clip(lower=0).groupby(rows["year"]).sum(min_count=1)


def estimated_share(context: Context, found: Assessment) -> float:
    """Return the share of entrants whose walk is a straight line times the detour factor (估算)."""
    walks = plans.walks(context, found.plan)
    pupils = float(walks["pupils"].sum())
    return float((walks["pupils"] * walks["estimate"].fillna(False).astype(bool)).sum() / max(pupils, 1.0))


def changed_zones(context: Context, before: Assessment, after: Assessment) -> pd.DataFrame:
    """Return the zones whose figures differ between two plans, both values in each cell: 506 → 489."""
    names = plans.zone_names(context.project.key, context.stage, context.project)
    old, new = before.zones, after.zones
    columns = ["pupils", "units", "mean_walk_m", "longest_walk_m", "cut_off_units"]
    same = np.isclose(old[columns].to_numpy(float), new[columns].to_numpy(float), equal_nan=True)
    ids = [str(zone) for zone in old.index[~same.all(axis=1)]]
    return pd.DataFrame(
        {
            "zone": [names.get(zone, zone) for zone in ids],
            "entrants": _both(old.loc[ids, "pupils"], new.loc[ids, "pupils"], "{:,.0f}"),
            "intake": new.loc[ids, "seats"].to_numpy(),
            "load_words": _both(old.loc[ids, "fill"] * 100, new.loc[ids, "fill"] * 100, "{:.1f} %"),
            "mean_walk": _both(old.loc[ids, "mean_walk_m"], new.loc[ids, "mean_walk_m"], "{:,.0f}"),
            "longest_walk": _both(old.loc[ids, "longest_walk_m"], new.loc[ids, "longest_walk_m"], "{:,.0f}"),
        }
    )


def _both(old: pd.Series, new: pd.Series, form: str) -> list[str]:
    def word(value: float) -> str:
        return "—" if pd.isna(value) else form.format(value)

    return [
        word(a) if word(a) == word(b) else f"{word(a)} → {word(b)}" for a, b in zip(old, new, strict=True)
    ]


def comparison(context: Context, before: Assessment, after: Assessment) -> pd.DataFrame:
    """Return the indicators of two plans side by side, in words: indicator, in force, draft, change."""
    last = max(context.years)
    pairs = [
        (_("入学人数(人)"), "pupils", "{:,.0f}", 1),
        (_("招生计划(人)"), "seats", "{:,.0f}", 1),
        (_("平均步行(米,按学生加权)"), "mean_walk_m", "{:,.0f}", 1),
        (_("最远步行(米)"), "longest_walk_m", "{:,.0f}", 1),
        (_("就读最近学校的学生(%)"), "share_nearest", "{:,.1f}", 100),
        (_("超出招生计划(人)"), "over", "{:,.0f}", 1),
        (_("与学校不相连的单元(飞地)"), "cut_off_units", "{:,.0f}", 1),
        (_("未划入的单元"), "unassigned_units", "{:,.0f}", 1),
        (_("不符合硬性要求(处)"), "violations", "{:,.0f}", 1),
    ]
    rows = [
        _row(word, before.totals[name] * scale, after.totals[name] * scale, form)
        for word, name, form, scale in pairs
    ]
    lacks = [later_shortage(context, each.plan).get(last) for each in (before, after)]
    rows.append(_row(_("{year} 学年各片区缺口合计(人)", year=last), lacks[0], lacks[1], "{:,.0f}"))
    return pd.DataFrame(rows, columns=["indicator", "in_force", "draft", "change"])


def _row(word: str, old: object, new: object, form: str) -> tuple[str, str, str, str]:
    if pd.isna(old) or pd.isna(new):  # type: ignore[call-overload]
        return word, *("—" if pd.isna(v) else form.format(v) for v in (old, new)), "—"  # type: ignore[call-overload,return-value]
    change = float(new) - float(old)  # type: ignore[arg-type]
    sign = "" if form.format(abs(change)) == form.format(0) else "+" if change > 0 else "−"
    return word, form.format(old), form.format(new), sign + form.format(abs(change))


def unit_estimated(context: Context, found: Assessment, unit: str) -> bool:
    """Tell whether a unit's walk is a straight line times the detour factor (估算)."""
    walks = plans.walks(context, found.plan)
    return bool(walks.loc[walks["unit_id"] == unit, "estimate"].fillna(False).any())
