"""From a plan of the plain rules to one that keeps limits on sums of zones too, and keeps borders short.

Annealing with rising prices on what is missed comes first, then whole-number models of a few zones around
what is still missed, then, on a small map, one of everything. The plan is a find, not a proof; what is
proven is the bound, by the linear model with the rows in it, and that there is no plan where that has none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from zoning import bounds, steering
from zoning.check import check_positions, cut_off, overload
from zoning.check import cost as plan_cost
from zoning.core import Core, Cuts, Part, separate
from zoning.draft import grow
from zoning.exact import safe, searched
from zoning.problem import Problem
from zoning.reach import Reach, reach
from zoning.reasons import Reason
from zoning.regroup import touching
from zoning.result import Result
from zoning.search import Search
from zoning.sides import Sides, proofs, shared
from zoning.solver import Limits, solve

COOLINGS = ((1.0, 0.02), (0.3, 0.01), (0.03, 0.002))
"""First and last temperature of each cooling, in mean costs of a unit."""

STAGES = 200
"""Temperatures of one cooling."""

SWAPS = 0.4
"""Share of proposals that exchange two units."""

SWING = 1.06
"""By how much the price of a row rises each stage while it is missed."""

MENDS = 16
"""Most models of a few zones."""

SMALL = 400
"""Open pairs up to which a model of everything is solved."""

PAIRS = 300_000
"""Open pairs up to which the linear model is solved."""


@dataclass(frozen=True)
class Task:
    """A problem, what is asked for beside it, and what is proven of it before any search.

    Attributes
    ----------
    problem, sides
        The problem and what else is asked for.
    tight
        Its open pairs.
    limits, seed
        When to stop; what fixes every random choice.
    low
        No plan costs less, by the linear model with the rows in it.
    reasons
        Proofs that there is no plan.
    """

    problem: Problem
    sides: Sides
    tight: Reach
    limits: Limits
    seed: int
    low: float = -math.inf
    reasons: tuple[Reason, ...] = ()

    def rank(self, zone: np.ndarray) -> tuple[float, float]:
        """Return what a plan misses, and its cost with borders: the lower, the better."""
        if (zone < 0).any() or cut_off(self.problem, zone).any():
            return math.inf, math.inf
        bad = int(overload(self.problem, zone).sum()) + float(self.sides.missed(zone).sum())
        return bad, plan_cost(self.problem, zone) + self.sides.toll(self.problem, zone)


def posed(problem: Problem, sides: Sides, *, limits: Limits | None = None, seed: int = 0) -> Task:
    """Return the task of keeping sides as well, with what can be proven of it before a search."""
    tight = reach(problem)
    task = Task(problem, sides, tight, limits or Limits(), seed)
    if tight.reasons:
        return task  # the search will prove that there is no plan at all
    against = proofs(problem, tight, sides)
    if not against and not _free(task).any() and sides.missed(tight.fixed).any():
        against = (searched(),)
    low = -math.inf if against or not _free(task).any() else _linear(task)
    return replace(task, low=low, reasons=against or ((shared(),) if low == math.inf else ()))


def none_at_all(task: Task) -> Result:
    """Return the proof that there is no plan, beside a draft that shows where it hurts."""
    zone = grow(task.problem)
    return Result(
        task.problem.series(zone),
        cost=plan_cost(task.problem, np.where(task.tight.allowed[np.arange(len(zone)), zone], zone, -1)),
        bound=math.inf,
        feasible=False,
        reasons=task.reasons,
        violations=len(check_positions(task.problem, zone)),
    )


def steered(task: Task, found: Result) -> Result:
    """Return the result of a search with more asked for; the work is fixed, so that the seed fixes the plan.

    Parameters
    ----------
    task
        From :func:`posed`, without a proof that there is no plan.
    found
        What came of the search without the sides.

    Returns
    -------
    Result
        Feasible where the plan keeps the rows as well; infeasible only where that is proven.
    """
    problem, sides = task.problem, task.sides
    if found.feasible is False or not _free(task).any():
        return found
    low = max(found.bound, task.low)
    zone = problem.positions(found.zones)
    if task.rank(zone)[0] > 0 or sides.border.nnz:
        zone = _mended(task, _annealed(task, zone))
    if len(sides.kinds) and _free(task).sum() <= SMALL and not sides.border.nnz:
        better, low = _everything(task, zone, low)
        if low == math.inf:
            return replace(found, bound=math.inf, feasible=False, reasons=(searched(),))
        zone = better
    broken = len(check_positions(problem, zone))
    kept = not broken and not sides.missed(zone).any()
    cost = plan_cost(problem, zone)
    return replace(
        found,
        zones=problem.series(zone),
        cost=cost,
        bound=min(low, cost) if kept else low,
        feasible=True if kept else None,
        violations=broken,
    )


def _free(task: Task) -> np.ndarray:
    """Return the open pairs of units that have a choice."""
    free: np.ndarray = task.tight.allowed & (task.tight.fixed < 0)[:, None]
    return free


def _linear(task: Task) -> float:
    """Return the bound of the linear model with the rows in it; ``inf`` where it has no solution."""
    if not len(task.sides.kinds) or task.tight.allowed.sum() > PAIRS:
        return -math.inf
    core = Core(task.problem, Part(_free(task), task.tight.fixed), Cuts())
    found = solve(task.sides.model(core, whole=False), task.limits)
    if found.infeasible:
        return math.inf
    if not found.optimal:
        return -math.inf
    return safe(found.objective + core.base)


def _annealed(task: Task, zone: np.ndarray) -> np.ndarray:
    """Return the best plan met while cooling, first from the plan, then from the best so far."""
    problem, sides = task.problem, task.sides
    if (zone < 0).any() or cut_off(problem, zone).any():
        return zone
    bound = bounds.linear(problem, task.tight, task.limits.share(0.2))
    search = Search(problem, task.tight, bound, seed=task.seed)
    seat = search.unit_cost * problem.n_units / max(int(problem.demand.sum()), 1)
    steer = steering.Steer(
        np.ascontiguousarray(sides.weight), sides.low, sides.high, np.zeros(sides.low.shape),
        np.full(sides.low.shape, seat), sides.prices(problem), np.full(4, np.inf), zone.copy(),
    )  # fmt: skip
    for hot, cold in COOLINGS:
        search.put(zone)
        steer.total[:] = sides.totals(zone)
        steer.scores[:2] = sides.missed(zone).sum(), sides.toll(problem, zone)
        steering.keep_best(search.state, steer)
        _cool(task, search, steer, hot * search.unit_cost, cold * search.unit_cost)
        zone = steer.best.copy()
    return zone


def _cool(task: Task, search: Search, steer: steering.Steer, hot: float, cold: float) -> None:
    proposals = min(max(4_000 * task.problem.n_units, 100_000), 10_000_000) // STAGES
    factor, seats = np.ones(steer.price.shape), np.ones(task.problem.n_zones)
    base = steer.price.copy()
    for stage in range(STAGES):
        if task.limits.left <= 0:
            break
        part = stage / (STAGES - 1)
        rise = 8.0**part
        factor = _swung(factor, np.maximum(steer.low - steer.total, steer.total - steer.high) > 1e-6)
        seats = _swung(seats, search.state.load > task.problem.capacity)
        steer.price[:] = base * factor * rise
        search.state.weight[:] = search.seat_price * seats * rise
        steering.anneal(search.board, search.state, steer, proposals, hot * (cold / hot) ** part, SWAPS)
    steer.price[:] = base


def _swung(factor: np.ndarray, missed: np.ndarray) -> np.ndarray:
    return np.clip(np.where(missed, factor * SWING, factor / SWING), 0.5, 1000.0)


def _mended(task: Task, zone: np.ndarray) -> np.ndarray:
    """Re-optimise a few zones around what is missed, one group of zones after another."""
    random, cuts = np.random.default_rng(task.seed), Cuts()
    for number in range(MENDS):
        bad = task.rank(zone)[0]
        if bad == 0 or bad == math.inf or task.limits.left <= 0:
            break
        zones = _around(task, zone, 2 + number % 4, random)
        inside = np.isin(np.arange(task.problem.n_zones), zones)
        opened = _free(task) & np.isin(zone, zones)[:, None] & inside
        part = Part(opened, zone, over_price=_dear(task))
        better = _solved(task, part, cuts, price=_dear(task), effort=30)
        if better is not None and task.rank(better) < task.rank(zone):
            zone = better
    return zone


def _dear(task: Task) -> float:
    """Return a price of a pupil over, or a unit missed, beyond what moving others could save."""
    metres = task.problem.metres[task.tight.allowed]
    return 20.0 * float(metres.max(initial=1.0)) / 1000.0


def _around(task: Task, zone: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Choose a zone that misses something, and zones that touch it or those chosen."""
    problem = task.problem
    bad = np.flatnonzero((overload(problem, zone) > 0) | task.sides.missed(zone).any(axis=0))
    return touching(problem, zone, int(random.choice(bad)), count, random)


def _solved(task: Task, part: Part, cuts: Cuts, *, price: float, effort: int) -> np.ndarray | None:
    """Return the connected plan that the model of a part gives, rows missed at a price; None without one."""
    for _ in range(8):
        core = Core(task.problem, part, cuts)
        model = task.sides.model(core, whole=True, price=price)
        found = solve(model, task.limits, effort=effort, seed=task.seed)
        if found.x is None or task.limits.left <= 0:
            return None
        plan = core.plan(found.x)
        if not cut_off(task.problem, plan).any():
            return plan
        if not separate(task.problem, task.tight.allowed, plan, cuts):
            return None
    return None


def _everything(task: Task, zone: np.ndarray, low: float) -> tuple[np.ndarray, float]:
    """Solve the model of all open pairs; return the better plan and the bound, ``inf`` without a plan."""
    cuts, held = Cuts(), task.tight.fixed >= 0
    part = Part(_free(task), np.where(held, task.tight.fixed, zone))
    while task.limits.left > 0:
        core = Core(task.problem, part, cuts)
        found = solve(task.sides.model(core, whole=True), task.limits, effort=2_000, seed=task.seed)
        if found.infeasible:
            return zone, math.inf
        low = max(low, safe(found.bound + core.base))
        if found.x is None:
            break
        plan = core.plan(found.x)
        if not cut_off(task.problem, plan).any():
            best = plan if task.rank(plan) < task.rank(zone) else zone
            return best, low
        if not separate(task.problem, task.tight.allowed, plan, cuts):
            break
    return zone, low
