"""Make the best plan in the time given, and prove how good it is.

Annealing from several starts meets catchments, set partitioning joins the best of them, whole-number models
re-optimise a few neighbouring zones and, near the end, all that bounds leave open. Work is done in a fixed
order, so that work and seed fix the plan; time only cuts the order short.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from zoning.problem import Problem
from zoning.reach import proofs, reach
from zoning.result import Result

Progress = Callable[[float, float, float], None]
"""Called with cost (NaN before a plan), bound, and the share of time or work used, 0 to 1."""


def optimise(
    problem: Problem,
    start: pd.Series | None = None,
    *,
    seconds: float | None = None,
    work: int | None = None,
    seed: int = 0,
    exact: bool = False,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Result:
    """Find a plan of least pupil-kilometres that keeps rooms, connection, locks and forbidden pairs.

    Parameters
    ----------
    problem
        The problem.
    start
        A plan to start from beside the engine's own; units may be missing.
    seconds
        Time allowed, counted from this call.
    work
        Work allowed (see :class:`zoning.result.Result`); without either, a moderate amount.
    seed
        Fixes every random choice: the same problem, seed and work give the same plan.
    exact
        Go on until the plan is proven best, within ``seconds`` or ``work`` if given.
    progress
        Told of every step.
    cancelled
        Polled; True ends the run with the best so far.
    clock
        What ``seconds`` are counted by (see :class:`zoning.solver.Limits`).

    Returns
    -------
    Result
        Feasible with a plan, proven infeasible with reasons, or undecided with the least-overloaded plan.

    Raises
    ------
    FaultError
        If ``start`` names units or zones that the problem does not have.
    """
    from zoning.engine import Engine
    from zoning.solver import Limits
    from zoning.terms import Terms

    began = clock()
    begin = None if start is None else problem.positions(start)
    tight = reach(problem)
    reasons = proofs(problem, tight)
    if reasons:
        return _hopeless(problem, reasons, clock() - began)
    terms = Terms(
        limits=Limits(math.inf if seconds is None else began + max(seconds, 0.0), cancelled or _never, clock),
        work=work,
        exact=exact,
        began=began,
        progress=progress,
    )
    return Engine(problem, tight, terms, seed=seed).run(begin)


def _never() -> bool:
    return False


def _hopeless(problem: Problem, reasons: tuple, seconds: float) -> Result:
    """Return the proof that there is no plan, beside a draft that shows where it hurts."""
    from zoning.check import check_positions, cost
    from zoning.draft import grow

    zone = grow(problem)
    return Result(
        zones=problem.series(zone),
        cost=cost(problem, np.where(np.isfinite(problem.cost[np.arange(len(zone)), zone]), zone, -1)),
        bound=math.inf,
        feasible=False,
        reasons=reasons,
        violations=len(check_positions(problem, zone)),
        seconds=seconds,
    )
