"""What stability costs: the fewest pupils moved against a plan in force, and the best plan for each limit.

Each point is a model of its own, least cost with at most so many pupils moved (the epsilon-constraint method;
Haimes, Lasdon and Wismer 1971), proven as :mod:`zoning.exact` does. Both ends come first, the fewest moved
and the free optimum; the points between go on from the plans met, and share their connection rows.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from zoning import bounds
from zoning.bounds import Bound
from zoning.check import check_positions
from zoning.check import cost as plan_cost
from zoning.core import Cuts
from zoning.exact import Proof, Prover
from zoning.optimise import Progress, optimise
from zoning.problem import Problem
from zoning.reach import proofs, reach
from zoning.result import Result
from zoning.solver import Limits

FEWEST, FREE = 0.3, 0.3
"""Shares of the time left that the fewest moved, and then the free optimum, may take."""

BACK = (25.0, 50.0, 100.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 10_000.0)
"""Prices of a pupil moved, metres, at which plans are walked back towards the one in force, one by one."""

BACK_WORK = 200
"""Work of one step back where no time is given."""

BACKWARDS = 0.4
"""Share of the time left that the walk back may take."""

ROUNDS = 200
"""Steps of the bound that every point starts from."""


@dataclass(frozen=True)
class Point:
    """The best plan found that moves no more pupils than ``limit``.

    Parameters
    ----------
    limit
        Pupils that may be moved at most.
    zones
        The plan: index ``unit_id``, values zone ids.
    moved, cost
        Pupils it moves, and its pupil-kilometres.
    bound
        No plan that keeps the rules and the limit costs less.
    """

    limit: int
    zones: pd.Series
    moved: int
    cost: float
    bound: float

    @property
    def proven(self) -> bool:
        """Whether no plan within the limit can be cheaper."""
        return self.cost - self.bound <= 1e-6 * max(abs(self.cost), 1.0)


@dataclass(frozen=True)
class Frontier:
    """The points from the fewest pupils moved to the free optimum, and what is proven of the fewest.

    Parameters
    ----------
    points
        By rising limit; empty when no plan that keeps the rules was found.
    least
        No plan that keeps the rules moves fewer pupils; ``inf`` when there is proven to be none.
    finished
        False when time or a wish to stop cut it short: points may be missing, and proofs of those there are.
    """

    points: tuple[Point, ...]
    least: float
    finished: bool = True

    @property
    def least_proven(self) -> bool:
        """Whether the first point moves as few pupils as any plan can."""
        return bool(self.points) and self.points[0].moved <= self.least

    def table(self) -> pd.DataFrame:
        """Return one row a point: ``moved, cost, bound, proven``; cost and bound in pupil-kilometres."""
        rows = [(p.moved, p.cost, p.bound, p.proven) for p in self.points]
        kinds = {"moved": "int64", "cost": "float64", "bound": "float64", "proven": "bool"}
        return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def frontier(
    problem: Problem,
    present: pd.Series,
    *,
    start: pd.Series | None = None,
    points: int = 12,
    seconds: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Frontier:
    """Find the best plan for each number of pupils moved against a plan in force.

    Parameters
    ----------
    problem
        The problem.
    present
        The plan in force; a unit it does not name, or leaves without a zone, counts as not moved.
    start
        A plan that keeps the rules, such as an optimised one, to begin the search of the free end with.
    points
        Points wanted, evenly spaced between both ends; plans met twice are one point.
    seconds
        Time allowed; none by default. Points not reached are left out, those not finished say so.
    seed
        Fixes every random choice.
    progress
        Called as by :func:`zoning.optimise.optimise`: cost (NaN before a plan) and bound of the latest
        point, and the share of the work done, 0 to 1.
    stop
        Polled; True ends the run with what is found.

    Raises
    ------
    FaultError
        If ``present`` or ``start`` names units or zones that the problem does not have, or a unit twice.
    """
    limits = Limits(math.inf if seconds is None else time.monotonic() + seconds, stop or _never)
    begin = None if start is None else problem.positions(start)
    run = _Run(problem, problem.positions(present), limits, seed)
    told = progress or _untold
    told(math.nan, 0.0, 0.0)
    if run.hopeless:
        return Frontier((), math.inf)
    few = run.search(run.moving, run.before, FEWEST)
    if few.feasible is False:
        return Frontier((), math.inf)
    told(math.nan, 0.0, FEWEST)
    free = run.search(problem, begin, FREE)
    plans = [problem.positions(found.zones) for found in (few, free) if found.feasible]
    if begin is not None and run.keeps(begin):
        plans.append(begin)
    if not plans:
        return Frontier((), few.bound, finished=False)
    if not few.feasible or len({run.moved(plan) for plan in plans}) > 1:
        plans += run.walk_back(plans)
    met = run.ascend(plans, free.bound, max(points, 2), told)
    told(met[-1].cost, met[-1].bound, 1.0)
    return Frontier(_once(met), min(_whole(few.bound), met[0].moved), finished=limits.left > 0)


def _once(points: list[Point]) -> tuple[Point, ...]:
    """Keep the points that no other beats in both pupils moved and cost; of equals, the widest limit's."""
    last = {point.moved: point for point in points}
    kept = sorted(last.values(), key=lambda point: point.limit)
    least = np.minimum.accumulate([np.inf, *(point.cost for point in kept)])
    return tuple(point for point, before in zip(kept, least, strict=False) if point.cost < before)


class _Run:
    """What the points of one frontier share: the pairs open, the connection rows, and the plans met."""

    def __init__(self, problem: Problem, before: np.ndarray, limits: Limits, seed: int) -> None:
        self.problem, self.before, self.limits, self.seed = problem, before, limits, seed
        self.tight, self.cuts = reach(problem), Cuts()
        self.hopeless = bool(proofs(problem, self.tight))
        away = (np.arange(problem.n_zones) != before[:, None]) & (before >= 0)[:, None]
        self.pupils = np.where(away, problem.demand[:, None], 0)

    @property
    def moving(self) -> Problem:
        """The problem in which a pupil moved is a kilometre and nothing else costs."""
        away = np.where(self.pupils > 0, 1000.0, 0.0)
        return replace(self.problem, metres=np.where(np.isfinite(self.problem.metres), away, np.inf))

    def moved(self, plan: np.ndarray) -> int:
        """Return the pupils a plan moves."""
        return int(self.pupils[np.arange(len(plan)), plan].sum())

    def keeps(self, plan: np.ndarray) -> bool:
        """Return whether a plan keeps every rule."""
        return not len(check_positions(self.problem, plan))

    def search(self, problem: Problem, start: np.ndarray | None, share: float) -> Result:
        """Look for the best plan of one end, and its proof, in a share of the time left."""
        return optimise(
            problem,
            None if start is None else problem.series(start),
            seconds=self.limits.share(share).left if math.isfinite(self.limits.deadline) else None,
            seed=self.seed,
            exact=True,
            cancelled=self.limits.cancelled,
        )

    def walk_back(self, plans: list[np.ndarray]) -> list[np.ndarray]:
        """Return plans found from the cheapest on while a pupil moved costs ever more; none is proven."""
        plan = min(plans, key=lambda each: plan_cost(self.problem, each))
        met = []
        for done, price in enumerate(BACK):
            if self.limits.left <= 0:
                break
            extra = np.where(self.pupils > 0, price, 0.0)
            limits = self.limits.share(BACKWARDS / (len(BACK) - done))
            found = optimise(
                replace(self.problem, metres=self.problem.metres + extra),
                self.problem.series(plan),
                seconds=limits.left if math.isfinite(limits.deadline) else None,
                work=None if math.isfinite(limits.deadline) else BACK_WORK,
                seed=self.seed,
                cancelled=self.limits.cancelled,
            )
            if found.feasible:
                plan = self.problem.positions(found.zones)
                met.append(plan)
        return met

    def ascend(self, plans: list[np.ndarray], free: float, points: int, told: Progress) -> list[Point]:
        """Return the points from the fewest moved to the most, each from the best plan met before."""
        plans, bound = list(plans), self._first_bound(plans)
        ends = sorted(self.moved(plan) for plan in plans)
        cheapest = min(plans, key=lambda plan: plan_cost(self.problem, plan))
        limits = np.linspace(ends[0], self.moved(cheapest), points).astype(np.int64)
        met = []
        for done, limit in enumerate(np.unique(limits)[:-1].tolist()):
            if self.limits.left <= 0:
                break
            within = [plan for plan in plans if self.moved(plan) <= limit]
            best = min(within, key=lambda plan: plan_cost(self.problem, plan))
            found = self._prove(limit, best, bound, self.limits.share(1.0 / (points - 1 - done)))
            best = min([best, *found.plans], key=lambda plan: plan_cost(self.problem, plan))
            plans.append(best)
            met.append(self._point(limit, best, max(found.bound, free)))
            told(met[-1].cost, met[-1].bound, FREE + (1.0 - FREE) * (done + 1) / points)
        met.append(self._point(self.moved(cheapest), cheapest, free))
        return sorted([*met, *self._others(plans, met)], key=lambda point: point.limit)

    def _others(self, plans: list[np.ndarray], met: list[Point]) -> list[Point]:
        """Return the other plans met as points; what is proven for a wider limit holds for them as well."""
        known = {point.moved for point in met}
        others = {self.moved(plan): plan for plan in sorted(plans, key=lambda p: -plan_cost(self.problem, p))}
        found = []
        for moved, plan in others.items():
            wider = [point.bound for point in met if point.limit >= moved]
            if moved not in known and wider:
                found.append(self._point(moved, plan, max(wider)))
        return found

    def _prove(self, limit: int, best: np.ndarray, bound: Bound, limits: Limits) -> Proof:
        prover = Prover(
            self.problem, self.tight, shared=self.cuts, limit=(self.pupils, limit), seed=self.seed
        )
        return prover.prove(bound, best, limits, effort=None)

    def _first_bound(self, plans: list[np.ndarray]) -> Bound:
        """Return the bound of the free problem that every point starts from."""
        low = bounds.linear(self.problem, self.tight, self.limits)
        cost = min(plan_cost(self.problem, plan) for plan in plans)
        return bounds.lagrangian(
            self.problem, self.tight, low, target=cost, rounds=ROUNDS, limits=self.limits
        )

    def _point(self, limit: int, plan: np.ndarray, bound: float) -> Point:
        cost = plan_cost(self.problem, plan)
        return Point(limit, self.problem.series(plan), self.moved(plan), cost, min(bound, cost))


def _whole(pupils: float) -> int:
    """Return the whole pupils that a bound on them means; 0 without a bound."""
    return max(math.ceil(pupils - 1e-6), 0) if math.isfinite(pupils) else 0


def _never() -> bool:
    return False


def _untold(cost: float, bound: float, share: float) -> None:
    """Tell nobody."""
