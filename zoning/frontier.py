"""What stability costs: the fewest pupils moved against a plan in force, and the best plan for each limit.

Each point is a model of its own, least cost with at most so many pupils moved (the epsilon-constraint method;
Haimes, Lasdon and Wismer 1971), with connection rows added where a solution breaks it. The rows and the plans
of one point serve the next.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import csc_matrix, csr_matrix, vstack

from zoning.check import cost as plan_cost
from zoning.check import cut_off, loads
from zoning.core import Core, Cuts, Part, separate, separate_shares
from zoning.problem import Problem
from zoning.reach import Reach, proofs, reach
from zoning.solver import Limits, Model, Outcome

LINEAR_ROUNDS = 60
"""Most rounds of the linear model with connection rows before the whole-number model."""

SAFETY = 1e-8
"""Relative slack taken off bounds that rest on the solver's tolerances."""

Progress = Callable[[int, int], None]


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
    """

    points: tuple[Point, ...]
    least: float

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
    reference: pd.Series,
    *,
    start: pd.Series | None = None,
    steps: int = 12,
    seconds: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Frontier:
    """Find the best plan for each number of pupils moved against a plan in force.

    Parameters
    ----------
    problem
        The problem.
    reference
        The plan in force; a unit it does not name, or leaves without a zone, counts as not moved.
    start
        A plan that keeps the rules, such as an optimised one: what the free end falls back on when the time
        is short. Without one a short run may find no point at all.
    steps
        Points wanted, evenly spaced between both ends; plans met twice are one point.
    seconds
        Time allowed; none by default. Points not reached are left out, those not finished say so.
    seed
        Fixes the solver's random choices.
    progress
        Told how many points of how many are done.
    cancelled
        Polled; True ends the run with what is found.

    Raises
    ------
    FaultError
        If ``reference`` or ``start`` names units or zones that the problem does not have, or a unit twice.
    """
    deadline = math.inf if seconds is None else time.monotonic() + seconds
    limits = Limits(deadline, cancelled or _never)
    tight = reach(problem)
    if proofs(problem, tight):
        return Frontier((), math.inf)
    run = _Run(problem, tight, problem.positions(reference), limits, seed)
    told = progress or _untold
    told(0, steps)
    least = run.least()  # first, for the rows it teaches
    begin = run.before if start is None else problem.positions(start)
    free = run.best(None, begin, limits.share(0.4))
    if free.plan is None:
        return Frontier((), math.inf if free.bound == math.inf else 0.0)
    told(1, steps)
    points = _descend(run, free, least, steps, told)
    low = run.fewest(problem.positions(points[0].zones), limits.share(0.7))
    if low.plan is not None and run.moved(low.plan) < points[0].moved:
        limit = run.moved(low.plan)
        found = run.best(limit, low.plan, limits)
        plan = low.plan if found.plan is None else found.plan
        points = [run.point(limit, plan, found.bound), *points]
    told(steps, steps)
    least = min(max(low.bound, least), points[0].moved)
    return Frontier(_once(points), _whole(least))


@dataclass(frozen=True)
class _Found:
    """The best plan of one model, as zone positions, and its bound."""

    plan: np.ndarray | None
    bound: float


def _descend(run: _Run, free: _Found, least: float, steps: int, told: Progress) -> list[Point]:
    """Return points from the free optimum down to where no plan is met, by rising limit."""
    assert free.plan is not None
    high = run.moved(free.plan)
    points = [run.point(high, free.plan, free.bound)]
    lowest = min(_whole(least), high)
    for number, limit in enumerate(np.linspace(high, lowest, max(steps, 2)).astype(np.int64)[1:]):
        if run.limits.left <= 0 or limit >= points[-1].moved:
            continue
        share = 0.7 / max(steps - 2 - number, 1)
        found = run.best(int(limit), run.problem.positions(points[-1].zones), run.limits.share(share))
        told(number + 2, steps)
        if found.plan is not None:
            points.append(run.point(int(limit), found.plan, max(found.bound, free.bound)))
    return points[::-1]


def _once(points: list[Point]) -> tuple[Point, ...]:
    """Keep the points that no other beats in both pupils moved and cost; of equals, the widest limit's."""
    last = {point.moved: point for point in points}
    kept = sorted(last.values(), key=lambda point: point.limit)
    least = np.minimum.accumulate([np.inf, *(point.cost for point in kept)])
    return tuple(point for point, before in zip(kept, least, strict=False) if point.cost < before)


class _Run:
    """The models of one frontier, with the connection rows they share."""

    def __init__(self, problem: Problem, tight: Reach, before: np.ndarray, limits: Limits, seed: int) -> None:
        self.problem, self.tight, self.before = problem, tight, before
        self.limits, self.seed, self.cuts = limits, seed, Cuts()
        away = (np.arange(problem.n_zones) != before[:, None]) & (before >= 0)[:, None]
        self.pupils = np.where(away, problem.demand[:, None], 0)

    def moved(self, plan: np.ndarray) -> int:
        """Return the pupils a plan moves."""
        return int(self.pupils[np.arange(len(plan)), plan].sum())

    def point(self, limit: int, plan: np.ndarray, bound: float) -> Point:
        """Return a plan as a point."""
        cost = plan_cost(self.problem, plan)
        return Point(limit, self.problem.series(plan), self.moved(plan), cost, min(bound, cost))

    def best(self, limit: int | None, start: np.ndarray, limits: Limits) -> _Found:
        """Return the cheapest plan that moves at most ``limit`` pupils, and a bound on its cost."""
        return self._solve(self.problem, limit, start, limits)

    def fewest(self, start: np.ndarray, limits: Limits) -> _Found:
        """Return the plan that moves fewest pupils, and a bound on their number."""
        return self._solve(self._moving, None, start, limits)

    def least(self) -> float:
        """Return a first bound on the pupils moved, by the linear model."""
        part = self._part(self.before)
        if not part.open_pairs.any():
            return self.moved(part.zone)
        return self._linear(self._moving, part, None, self.limits.share(0.2))

    @cached_property
    def _moving(self) -> Problem:
        """The problem in which a pupil moved is a kilometre and nothing else costs."""
        away = np.where(self.pupils > 0, 1000.0, 0.0)
        return replace(self.problem, metres=np.where(np.isfinite(self.problem.metres), away, np.inf))

    def _solve(self, problem: Problem, limit: int | None, start: np.ndarray, limits: Limits) -> _Found:
        part = self._part(start)
        best = start if self._keeps(start, limit) else None
        if not part.open_pairs.any():
            return self._only(problem, part.zone, limit)
        low = self._linear(problem, part, limit, limits)
        while limits.left > 0 and low < math.inf:
            found = _Capped(problem, part, self.cuts, self.pupils, limit).run(
                limits, whole=True, seed=self.seed
            )
            if found.infeasible:
                return _Found(best, math.inf)
            low = max(low, _safe(found.bound + self._base(problem, part)))
            plan = None if found.x is None else self._plan(part, found)
            new = 0 if plan is None else separate(self.problem, self.tight.allowed, plan, self.cuts)
            if not new:
                if plan is not None and self._keeps(plan, limit):
                    best = plan
                break
        return _Found(best, low)

    def _only(self, problem: Problem, plan: np.ndarray, limit: int | None) -> _Found:
        """Return the only plan that is left, or that there is none."""
        if not self._keeps(plan, limit):
            return _Found(None, math.inf)
        return _Found(plan, plan_cost(problem, plan))

    def _part(self, start: np.ndarray) -> Part:
        held = self.tight.fixed >= 0
        open_pairs = self.tight.allowed & ~held[:, None]
        return Part(open_pairs, np.where(held, self.tight.fixed, start))

    def _plan(self, part: Part, found: Outcome) -> np.ndarray:
        assert found.x is not None
        return Core(self.problem, part, self.cuts).plan(found.x)

    def _base(self, problem: Problem, part: Part) -> float:
        return Core(problem, part, self.cuts).base

    def _keeps(self, plan: np.ndarray, limit: int | None) -> bool:
        """Return whether a plan keeps every rule and the limit."""
        if (plan < 0).any() or not self.tight.allowed[np.arange(len(plan)), plan].all():
            return False
        fits = (loads(self.problem, plan) <= self.problem.capacity).all()
        return bool(fits and not cut_off(self.problem, plan).any()) and (
            limit is None or self.moved(plan) <= limit
        )

    def _linear(self, problem: Problem, part: Part, limit: int | None, limits: Limits) -> float:
        """Return the bound of the linear model with the connection rows it calls for."""
        low = -math.inf
        for _ in range(LINEAR_ROUNDS):
            core = _Capped(problem, part, self.cuts, self.pupils, limit)
            found = core.run(limits, whole=False)
            if found.infeasible:
                return math.inf
            if found.x is None or not found.optimal:
                return low
            low = max(low, _safe(found.objective + core.base))
            if not separate_shares(self.problem, self.tight.allowed, core.shares(found.x), self.cuts):
                return low
        return low


class _Capped(Core):
    """The model of a part in which at most ``limit`` pupils move."""

    def __init__(
        self, problem: Problem, part: Part, cuts: Cuts, pupils: np.ndarray, limit: int | None
    ) -> None:
        super().__init__(problem, part, cuts)
        self.pupils, self.limit = pupils, limit

    def model(self, whole: bool) -> Model:
        model = super().model(whole)
        if self.limit is None:
            return model
        held = np.flatnonzero(~self.free)
        room = self.limit - self.pupils[held, self.part.zone[held]].sum()
        shape = (len(model.row_lower), len(model.cost))
        entries = csc_matrix((model.value, model.index, model.start), shape=shape)
        row = csr_matrix(self.pupils[self.unit, self.zone].astype(float)[None, :])
        both = vstack([entries, row], format="csc")
        return replace(
            model,
            row_lower=np.append(model.row_lower, -np.inf),
            row_upper=np.append(model.row_upper, room),
            start=both.indptr,
            index=both.indices,
            value=both.data,
        )

    def _hint(self) -> np.ndarray | None:
        zone = self.part.zone
        if (zone < 0).any() or cut_off(self.problem, zone).any():
            return None
        return super()._hint()


def _safe(value: float) -> float:
    return value - SAFETY * abs(value)


def _whole(pupils: float) -> int:
    """Return the whole pupils that a bound on them means; 0 without a bound."""
    return max(math.ceil(pupils - 1e-6), 0) if math.isfinite(pupils) else 0


def _never() -> bool:
    return False


def _untold(done: int, total: int) -> None:
    """Tell nobody."""
