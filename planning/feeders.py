"""Feeder patterns (对口直升) of a project: the primary plan that junior zones follow; who arrives when."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from gis.faults import Fault, FaultError, register_kinds
from planning import drafts, seats, stages
from planning.project import Project
from planning.store import DraftStore
from zoning import feeders
from zoning.feeders import Feeders
from zoning.problem import Problem

register_kinds(
    {
        "feeder_draft": (
            "对口直升所依据的小学方案“{found}”已不存在或没有第 {rev} 步。请另选小学片区。",
            'the draft "{found}" with the primary plan that feeders follow is gone, or has no step {rev}. '
            "Choose another primary plan.",
        ),
        "feeder_plan": (
            "对口直升所依据的{found}没有 {year} 学年的小学片区。请先划小学片区或另选。",
            "{found}, which feeders follow, has no primary catchments for {year}. "
            "Draw them first or choose another plan.",
        ),
    }
)

Source = tuple[str, int, int]
"""Draft (empty: the plan in force), its revision and the school year: where a primary plan is taken from."""


def primary_plan(project: Project, source: Source) -> pd.Series:
    """Return the primary plan that junior zones follow, unit_id -> zone_id.

    Raises
    ------
    FaultError
        If there is no such draft, revision or plan.
    """
    draft, rev, year = source
    state = _in_force(project) if not draft else _state(project, draft, rev)
    plan = state.plan("primary", year)
    if plan.dropna().empty:
        found = draft or "现行片区 (in force)"
        raise FaultError([Fault("feeder_plan", found=found, params={"year": str(year)})])
    return plan


def _in_force(project: Project) -> drafts.DraftState:
    if not project.has("catchments"):
        return drafts.DraftState()
    return drafts.fold(drafts.plans(project.layers["catchments"]))


def _state(project: Project, draft: str, rev: int) -> drafts.DraftState:
    store = DraftStore(project.drafts_url)
    try:
        return store.state(draft, rev)
    except (KeyError, ValueError) as error:
        raise FaultError([Fault("feeder_draft", found=draft, params={"rev": str(rev)})]) from error
    finally:
        store.close()


def fed(project: Project, source: Source, problem: Problem, *, share: float | None = None) -> Feeders:
    """Return the primary zones that can go whole in a junior problem, and those that cannot.

    Parameters
    ----------
    project, source
        Where the primary plan is taken from.
    problem
        The junior problem, perhaps of some zones only.
    share
        Share of its seats that a zone may fill; all by default.

    Raises
    ------
    FaultError
        As `primary_plan`.
    """
    known = pd.Index(project.layers["units"]["unit_id"].astype("str"))
    plan = primary_plan(project, source)
    return feeders.feeders(problem, plan[plan.index.isin(known)], share=1.0 if share is None else share)


def nine_year(project: Project) -> pd.DataFrame:
    """Return the schools that take entrants of both stages (九年一贯制), and their zone in each.

    Returns
    -------
    DataFrame
        school_id, name, primary_zone, junior_zone.
    """
    schools, system = project.layers["schools"], project.stage_system
    zone = {
        s: seats.zoned(schools, s, system=system).set_index("school_id")["zone_id"] for s in stages.STAGES
    }
    both = zone["primary"].index.intersection(zone["junior"].index)
    names = schools.set_index("school_id")["name"]
    return pd.DataFrame(
        {
            "school_id": both.astype("str"),
            "name": names.reindex(both).to_numpy(),
            "primary_zone": zone["primary"].reindex(both).to_numpy(),
            "junior_zone": zone["junior"].reindex(both).to_numpy(),
        }
    )


def offset(project: Project) -> int:
    """Return the years from entering primary to entering junior school: 6 under 6-3, 5 under 5-4."""
    return stages.primary_years(project.stage_system)


def arriving(project: Project, junior: pd.Series, years: Iterable[int]) -> pd.DataFrame:
    """Return who arrives at each junior zone in each year, against its intake plan of now.

    Registered children by cohort, under one plan: moves, repeating and leaving are ignored.

    Returns
    -------
    DataFrame
        zone_id, year, cohort (the year they enter primary), entrants (missing where the register does
        not reach), seats, gap.
    """
    layers = project.layers
    rows = seats.balance(
        junior, layers["children"], layers["schools"], years, stage="junior", system=project.stage_system
    )
    return rows.assign(cohort=rows["year"] - offset(project))[
        ["zone_id", "year", "cohort", "entrants", "seats", "gap"]
    ]
