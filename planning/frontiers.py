"""As a job: pupils moved against walking, from the fewest that must move to the plan of least walking."""

from __future__ import annotations

import math

import pandas as pd

from gis.faults import Words
from planning import zonesearch
from planning.progress import Cancelled, Progress, silent
from zoning.frontier import Frontier, frontier
from zoning.problem import Problem

POINTS = 8

_LOOKING = Words("正在求最少调整多少学生", "finding the fewest pupils that must move")


def frontier_job(
    problem: Problem,
    present: pd.Series,
    start: pd.Series | None = None,
    seconds: float = 180.0,
    seed: int = 0,
    lang: str = "zh",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Frontier:
    """Find the plan of least walking for each number of pupils moved against the plan in force.

    Parameters
    ----------
    problem : Problem
        Stage and year, the locks in it.
    present : Series
        The plan in force, unit_id -> zone_id; NA where it has none.
    start : Series, optional
        A plan that keeps the rules, to begin with.
    seconds : float
        Time allowed; points not reached are left out.
    seed : int
        Of every search.
    lang : {"zh", "en"}
        Language of the progress messages.
    progress, cancelled : callable, optional
        Given by the job.

    Returns
    -------
    Frontier
        When cancelled, the points found so far, not `finished`.
    """
    tell = progress or silent

    def said(cost: float, bound: float, share: float) -> None:
        words = zonesearch.stands(cost, bound, lang) if math.isfinite(cost) else _LOOKING.text(lang)
        tell(share, words)

    return frontier(
        problem,
        present,
        start=start,
        points=POINTS,
        seconds=seconds,
        seed=seed,
        progress=said,
        stop=cancelled,
    )
