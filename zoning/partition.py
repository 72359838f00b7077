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

FIRST_COUNT, LEAST_COUNT, MOST_COUNT = 1_000, 500, 4_000
"""Catchments in the whole-number model beside those of good plans."""

EFFORT = 40
"""Stop checks of the solver allowed to the whole-number model."""

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


class Combiner:
    """Makes plans of recorded catchments, of as many at a time as the last models have been easy.

    Parameters
    ----------
    problem
        The problem.
    seed
        Random seed of the solver.
    """

    def __init__(self, problem: Problem, *, seed: int) -> None:
        self.problem, self.seed, self.count = problem, seed, FIRST_COUNT

    def combine(
        self, catchments: Catchments, kept: Catchments, price: np.ndarray, limits: Limits
    ) -> np.ndarray | None:
        """Find the cheapest plan made of catchments met.

        Parameters
        ----------
        catchments, kept
            Catchments met, and those of good plans, which stay in the model in any case.
        price
            Prices of units to judge catchments by when the relaxation is too large to solve.
        limits
            Time and wish to stop.

        Returns
        -------
        numpy.ndarray or None
            Zone positions, -1 where no catchment covers a unit; None if none was found in the work allowed.
        """
        if not len(kept) and not len(catchments):
            return None
        reduced = self._reduced(catchments, kept, price, limits)
        if limits.left <= 0:
            return None
        chosen = catchments.take(np.argsort(reduced, kind="stable")[: self.count])
        listed = joined([kept, chosen])
        found = solve(_whole(self.problem, listed), limits, effort=EFFORT, seed=self.seed)
        factor = 0.5 if found.x is None else 1.25 if found.optimal else 2 / 3
        self.count = int(np.clip(int(self.count * factor), LEAST_COUNT, MOST_COUNT))
        return None if found.x is None else _plan(self.problem, listed, found.x)

    def _reduced(
        self, catchments: Catchments, kept: Catchments, price: np.ndarray, limits: Limits
    ) -> np.ndarray:
        if len(catchments) and catchments.start[-1] / len(catchments) <= BIG_CATCHMENT:
            return _relaxed(self.problem, catchments, kept, limits, price)
        least = np.full(self.problem.n_zones, np.inf)
        plain = catchments.reduced(price, np.zeros(self.problem.n_zones))
        np.minimum.at(least, catchments.zone, plain)
        return plain - np.where(np.isfinite(least), least, 0.0)[catchments.zone]


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


def _whole(problem: Problem, listed: Catchments) -> Model:
    """Return the whole-number model."""
    n, m, count = problem.n_units, problem.n_zones, len(listed)
    start, index = columns_of(listed, n)
    return Model(
        cost=np.concatenate([listed.cost, dear(problem)]),
        upper=np.ones(count + n),
        row_lower=np.concatenate([np.ones(n), np.zeros(m)]),
        row_upper=np.ones(n + m),
        start=np.concatenate([start, len(index) + np.arange(n + 1)]),
        index=np.concatenate([index, np.arange(n)]),
        value=np.ones(len(index) + n),
        integer=np.concatenate([np.ones(count, dtype=bool), np.zeros(n, dtype=bool)]),
    )


def _plan(problem: Problem, listed: Catchments, x: np.ndarray) -> np.ndarray:
    """Return the plan of the catchments that a solution takes."""
    zone = np.full(problem.n_units, -1, dtype=np.int32)
    for k in np.flatnonzero(x[: len(listed)] > 0.5):
        zone[listed.units[listed.start[k] : listed.start[k + 1]]] = listed.zone[k]
    return zone
