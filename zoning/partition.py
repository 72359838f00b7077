"""Set partitioning: the cheapest plan made of catchments met in the search.

Every zone takes one recorded catchment and every unit lies in exactly one of them. The linear relaxation is
solved by adding catchments of negative reduced cost; the whole-number model then sees only the catchments
whose reduced cost is lowest, for these are the ones that good plans are made of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zoning.kernels import Pool
from zoning.problem import Problem
from zoning.solver import Limits, Model, solve

ROUNDS = 40
"""Most rounds of adding catchments to the linear relaxation."""

PER_ZONE = 40
"""Most catchments a zone and round."""

BIG_CATCHMENT = 30
"""Mean units a catchment from which the relaxation is not solved: prices of the lower bound stand in."""


@dataclass(frozen=True)
class Catchments:
    """Catchments in rows: zone, cost, and the units from ``start[k]`` to ``start[k + 1]`` in ``units``."""

    zone: np.ndarray
    cost: np.ndarray
    start: np.ndarray
    units: np.ndarray

    def __len__(self) -> int:
        return len(self.zone)

    def take(self, rows: np.ndarray) -> Catchments:
        """Return some of the catchments."""
        sizes = np.diff(self.start)[rows]
        start = np.concatenate([[0], np.cumsum(sizes)])
        at = np.repeat(self.start[rows] - start[:-1], sizes) + np.arange(start[-1])
        return Catchments(self.zone[rows], self.cost[rows], start, self.units[at])

    def reduced(self, price: np.ndarray, zone_price: np.ndarray) -> np.ndarray:
        """Return reduced costs at prices of units and zones."""
        row = np.repeat(np.arange(len(self)), np.diff(self.start))
        return self.cost - np.bincount(row, price[self.units], len(self)) - zone_price[self.zone]


def recorded(problem: Problem, pool: Pool) -> Catchments:
    """Return the catchments of a pool."""
    count = int(pool.filled[0])
    start = pool.start[: count + 1].copy()
    return costed(problem, pool.zone[:count].copy(), start, pool.units[: start[-1]].copy())


def of_plan(problem: Problem, zone: np.ndarray) -> Catchments:
    """Return the catchments of a plan that fit their room."""
    load = np.bincount(zone, problem.demand, problem.n_zones)
    kept = np.flatnonzero((load <= problem.capacity) & (np.bincount(zone, minlength=problem.n_zones) > 0))
    lists = [np.flatnonzero(zone == z) for z in kept]
    start = np.concatenate([[0], np.cumsum([len(units) for units in lists])]).astype(np.int64)
    units = np.concatenate(lists) if lists else np.zeros(0, dtype=np.int64)
    return costed(problem, kept, start, units)


def joined(parts: list[Catchments]) -> Catchments:
    """Return several lists of catchments as one."""
    ends = np.cumsum([0] + [part.start[-1] for part in parts])
    return Catchments(
        np.concatenate([part.zone for part in parts]),
        np.concatenate([part.cost for part in parts]),
        np.concatenate([[0]] + [part.start[1:] + end for part, end in zip(parts, ends)]),
        np.concatenate([part.units for part in parts]),
    )


def distinct(listed: Catchments) -> Catchments:
    """Return each catchment once, the first of those that are alike."""
    first: dict[tuple[int, bytes], int] = {}
    for k, zone in enumerate(listed.zone):
        units = np.sort(listed.units[listed.start[k] : listed.start[k + 1]])
        first.setdefault((int(zone), units.tobytes()), k)
    return listed.take(np.array(list(first.values()), dtype=np.int64))


def costed(problem: Problem, zone: np.ndarray, start: np.ndarray, units: np.ndarray) -> Catchments:
    """Return catchments with what they cost."""
    row = np.repeat(np.arange(len(zone)), np.diff(start))
    cost = np.bincount(row, problem.cost[units, zone[row]], len(zone))
    return Catchments(zone, cost, start, units)


@dataclass(frozen=True)
class Combination:
    """The best plan found: zone positions (-1 where no catchment covers a unit), and how hard it was.

    ``solved`` tells whether the model was solved to the end.
    """

    zone: np.ndarray
    solved: bool


def combine(
    problem: Problem,
    catchments: Catchments,
    best: Catchments,
    limits: Limits,
    *,
    price: np.ndarray,
    count: int,
    effort: int,
    seed: int = 0,
) -> Combination | None:
    """Find the cheapest plan made of recorded catchments and those of the best plans.

    Parameters
    ----------
    catchments, best
        Catchments met, and those to be kept in the model in any case.
    price
        Prices of units to judge catchments by when the relaxation is too large to solve.
    count
        How many catchments the whole-number model may have beside ``best``.
    effort
        Work allowed to the solver (see :func:`zoning.solver.solve`).
    """
    if not len(best) and not len(catchments):
        return None
    if len(catchments) and catchments.start[-1] / len(catchments) <= BIG_CATCHMENT:
        reduced = _relaxed(problem, catchments, best, limits, price)
    else:
        least = np.full(problem.n_zones, np.inf)
        plain = catchments.reduced(price, np.zeros(problem.n_zones))
        np.minimum.at(least, catchments.zone, plain)
        reduced = plain - np.where(np.isfinite(least), least, 0.0)[catchments.zone]
    if limits.left <= 0:
        return None
    chosen = catchments.take(np.argsort(reduced, kind="stable")[:count])
    return _whole(problem, joined([best, chosen]), limits, effort, seed)


def _relaxed(
    problem: Problem, catchments: Catchments, best: Catchments, limits: Limits, price: np.ndarray
) -> np.ndarray:
    """Return reduced costs of the catchments at the optimum of the linear relaxation."""
    master = Master(problem)
    master.add(best)
    reduced = catchments.reduced(price, np.zeros(problem.n_zones))
    inside = np.zeros(len(catchments), dtype=bool)
    rows = _lowest(reduced, catchments.zone, np.ones(len(catchments), dtype=bool))
    for _ in range(ROUNDS):
        master.add(catchments.take(rows))
        inside[rows] = True
        solved = master.prices(limits)
        if solved is None:
            return reduced
        value, unit_price, zone_price = solved
        reduced = catchments.reduced(unit_price, zone_price)
        rows = _lowest(reduced, catchments.zone, ~inside & (reduced < -1e-6 * value / problem.n_units))
        if not len(rows) or limits.left <= 0:
            break
    return reduced


def _lowest(reduced: np.ndarray, zone: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Return the rows of lowest reduced cost, a bounded number for each zone."""
    rows = np.flatnonzero(of)
    rows = rows[np.lexsort((reduced[rows], zone[rows]))]
    rank = np.arange(len(rows)) - np.searchsorted(zone[rows], zone[rows])
    return rows[rank < PER_ZONE]


class Master:
    """The linear relaxation in HiGHS, grown by columns and re-solved from the last basis."""

    def __init__(self, problem: Problem) -> None:
        import highspy

        n, m = problem.n_units, problem.n_zones
        self.n, self.m = n, m
        self.highs: Any = highspy.Highs()
        self.highs.setOptionValue("output_flag", False)
        self.highs.setOptionValue("threads", 1)
        self.highs.setOptionValue("presolve", "off")
        self.highs.setOptionValue("simplex_strategy", 4)  # primal: new columns leave the old basis feasible
        none, real = np.zeros(0, dtype=np.int32), np.zeros(0)
        low = np.concatenate([np.ones(n), np.zeros(m)])
        self.highs.addRows(n + m, low, np.ones(n + m), 0, none, none, real)
        rows = np.arange(n, dtype=np.int32)
        self.highs.addCols(n, dear(problem), np.zeros(n), np.ones(n), n, rows, rows, np.ones(n))

    def add(self, catchments: Catchments) -> None:
        """Add catchments as columns."""
        count = len(catchments)
        if not count:
            return
        start, index = columns_of(catchments, self.n)
        free = np.full(count, np.inf)
        self.highs.addCols(
            count, catchments.cost, np.zeros(count), free, len(index), start, index, np.ones(len(index))
        )

    def prices(self, limits: Limits) -> tuple[float, np.ndarray, np.ndarray] | None:
        """Solve, and return the value and the prices of units and zones."""
        self.highs.setOptionValue("time_limit", self.highs.getRunTime() + limits.solver_seconds)
        self.highs.run()
        solution = self.highs.getSolution()
        if not solution.dual_valid:
            return None
        duals = np.array(solution.row_dual)
        return float(self.highs.getObjectiveValue()), duals[: self.n], duals[self.n :]


def dear(problem: Problem) -> np.ndarray:
    """Return a price for leaving each unit uncovered, beyond what any zone would cost."""
    cost = np.where(np.isfinite(problem.cost), problem.cost, 0.0)
    return 3.0 * cost.max(axis=1) + 3.0 * cost.max() + 1.0


def columns_of(catchments: Catchments, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return column starts (the last end left out) and row indices: units, then the zone."""
    ends = catchments.start[1:]
    index = np.insert(catchments.units, ends, catchments.zone + n).astype(np.int32)
    return (catchments.start[:-1] + np.arange(len(catchments))).astype(np.int32), index


def _whole(
    problem: Problem, catchments: Catchments, limits: Limits, effort: int, seed: int
) -> Combination | None:
    """Solve the whole-number model."""
    n, m, count = problem.n_units, problem.n_zones, len(catchments)
    start, index = columns_of(catchments, n)
    model = Model(
        cost=np.concatenate([catchments.cost, dear(problem)]),
        upper=np.ones(count + n),
        row_lower=np.concatenate([np.ones(n), np.zeros(m)]),
        row_upper=np.ones(n + m),
        start=np.concatenate([start, len(index) + np.arange(n + 1)]),
        index=np.concatenate([index, np.arange(n)]),
        value=np.ones(len(index) + n),
        integer=np.concatenate([np.ones(count, dtype=bool), np.zeros(n, dtype=bool)]),
    )
    found = solve(model, limits, effort=effort, seed=seed)
    if found.x is None:
        return None
    zone = np.full(n, -1, dtype=np.int32)
    for k in np.flatnonzero(found.x[:count] > 0.5):
        zone[catchments.units[catchments.start[k] : catchments.start[k + 1]]] = catchments.zone[k]
    return Combination(zone, found.optimal)
