"""Plans from a model that lists the catchments of small zones and leaves large zones to pairs.

Where every zone has few units, a listed catchment says more than the pairs it is made of: the relaxation is
nearer to whole plans. Zones with too many catchments to list take single units instead, which fill whatever
the listed catchments leave.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from zoning import partition, starts
from zoning.bounds import Bound
from zoning.columns import Lister, Prices, generate
from zoning.core import Cuts, separate, separate_shares
from zoning.partition import Catchments
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.solver import Limits, Model, Outcome, solve

LISTED = 800
"""Most catchments of a zone that is listed."""

NODES = 100_000
"""Most nodes of listing a zone."""

SLACK = 0.006
"""First reduced cost up to which catchments are listed, as a share of the relaxation's value."""

LINEAR_ROUNDS, ROUNDS = 12, 14
"""Rounds of rows with the linear model, once for each listing, and with the whole-number model in a draw."""

EFFORT = 50
"""Stop checks of the solver allowed to one whole-number model."""


class Mixer:
    """Draws plans from models of catchments and pairs; parameters as of :class:`zoning.sketch.Sketcher`.

    Attributes
    ----------
    known
        Plans whose catchments the models may take, the first of them to start from.
    """

    def __init__(self, problem: Problem, tight: Reach, cuts: Cuts, *, seed: int) -> None:
        self.problem, self.tight, self.cuts, self.seed = problem, tight, cuts, seed
        self.lister = Lister(problem, tight)
        self.prices: Prices | None = None
        self.slack = SLACK
        self.known: list[np.ndarray] = []

    def draw(self, bound: Bound, limits: Limits) -> Iterator[np.ndarray]:
        """Yield plans in which pieces that were cut off are joined again, so that they may be overfull."""
        if self.prices is None:
            self.prices = generate(self.lister, bound, limits)
        if self.prices is None:
            return
        mix = _mix(self.lister, self.prices, self.slack)
        for _ in range(LINEAR_ROUNDS):
            found = solve(_model(mix, self.cuts, whole=False), limits)
            if found.x is None or not self._separate_shares(mix, found):
                break
        for _ in range(ROUNDS):
            zone = None if limits.left <= 0 else self._whole(mix, limits)
            if zone is None:
                break
            metres = np.where(np.isfinite(self.problem.metres), self.problem.metres, 1e12)
            yield starts.grow(self.problem, self.tight, metres, zone)
            if not self._separate(zone):
                break
        self.slack *= 1.3

    def _whole(self, mix: Mix, limits: Limits) -> np.ndarray | None:
        """Return the plan of the whole-number model, -1 where no zone takes a unit."""
        mix = _widened(mix, self.known)
        hint = mix.hint(self.known[0]) if self.known else None
        found = solve(_model(mix, self.cuts, whole=True), limits, effort=EFFORT, hint=hint, seed=self.seed)
        self.seed += 1
        return None if found.x is None else mix.plan(found.x)

    def _separate(self, zone: np.ndarray) -> bool:
        """Add rows against what is cut off; return whether there are new ones."""
        price = np.where(self.tight.allowed, self.problem.metres, np.inf)
        whole = np.where(zone < 0, price.argmin(axis=1), zone)
        return separate(self.problem, self.tight.allowed, whole, self.cuts) > 0

    def _separate_shares(self, mix: Mix, found: Outcome) -> bool:
        share = mix.shares(found.x) if found.x is not None else np.zeros(self.tight.allowed.shape)
        return separate_shares(self.problem, self.tight.allowed, share, self.cuts) > 0


@dataclass(frozen=True)
class Mix:
    """Listed catchments, and the pairs of the zones that are not listed."""

    problem: Problem
    tight: Reach
    listed: Catchments
    unit: np.ndarray
    zone: np.ndarray
    room: np.ndarray

    def plan(self, x: np.ndarray) -> np.ndarray:
        """Return the plan of a whole solution, -1 where no zone takes a unit."""
        listed, count = self.listed, len(self.listed)
        plan = self._held()
        for k in np.flatnonzero(x[:count] > 0.5):
            plan[listed.units[listed.start[k] : listed.start[k + 1]]] = listed.zone[k]
        taken = np.flatnonzero(x[count : count + len(self.unit)] > 0.5)
        plan[self.unit[taken]] = self.zone[taken]
        return plan

    def hint(self, plan: np.ndarray) -> np.ndarray | None:
        """Return a plan as a solution; None if one of its catchments should be listed and is not."""
        listed, count = self.listed, len(self.listed)
        row, size = np.repeat(np.arange(count), np.diff(listed.start)), np.diff(listed.start)
        units_of = np.bincount(plan, minlength=self.problem.n_zones)
        whole = np.bincount(row, plan[listed.units] == listed.zone[row], count) == size
        whole &= (size == units_of[listed.zone]) & (size > 0)
        x = np.concatenate([whole, plan[self.unit] == self.zone, np.zeros(self.problem.n_units)])
        return x if whole.sum() == (np.isinf(self.room) & (units_of > 0)).sum() else None

    def shares(self, x: np.ndarray) -> np.ndarray:
        """Return what the zones that are not listed take of each unit, shape (n, m)."""
        share = np.zeros(self.tight.allowed.shape)
        held = np.flatnonzero(self.tight.fixed >= 0)
        share[held, self.tight.fixed[held]] = 1.0
        count = len(self.listed)
        share[self.unit, self.zone] = x[count : count + len(self.unit)]
        return share

    def _held(self) -> np.ndarray:
        return np.where(self.tight.fixed >= 0, self.tight.fixed, -1).astype(np.int32)


def _mix(lister: Lister, prices: Prices, slack: float) -> Mix:
    """List the catchments of every zone that has few of them."""
    problem, tight = lister.problem, lister.tight
    lists, rest = [], np.zeros(problem.n_zones, dtype=bool)
    for zone in range(problem.n_zones):
        found = lister.within(zone, prices, slack * prices.value, LISTED, NODES)
        rest[zone] = found is None
        if found is not None:
            lists.append(found)
    unit, at = np.nonzero(tight.allowed & (tight.fixed < 0)[:, None] & rest)
    none = np.zeros(0, dtype=np.int64)
    empty = partition.costed(problem, none, np.zeros(1, dtype=np.int64), none)
    room = np.where(rest, lister.ground.room, np.inf)
    return Mix(problem, tight, partition.joined([empty, *lists]), unit, at, room)


def _widened(mix: Mix, plans: list[np.ndarray]) -> Mix:
    """Add the catchments of known plans to those listed, so that a solution may be made of them."""
    more = [partition.of_plan(mix.problem, plan) for plan in plans]
    more = [part.take(np.flatnonzero(np.isinf(mix.room[part.zone]))) for part in more]
    return replace(mix, listed=partition.distinct(partition.joined([mix.listed, *more])))


def _model(mix: Mix, cuts: Cuts, *, whole: bool) -> Model:
    """Return the model: units are covered once or left at a price no plan reaches, zones keep their room."""
    problem, listed = mix.problem, mix.listed
    n, m, count, pairs = problem.n_units, problem.n_zones, len(mix.listed), len(mix.unit)
    start, index = partition.columns_of(listed, n)
    column = np.repeat(np.arange(count), np.diff(np.append(start, len(index))))
    at = count + np.arange(pairs)
    rest = np.isfinite(mix.room)
    cover = np.where((mix.tight.fixed >= 0) & rest[mix.tight.fixed], 0.0, 1.0)
    cut_row, cut_column, cut_value, rows = _cut_rows(mix, cuts, n + 2 * m)
    row = np.concatenate([index, mix.unit, mix.zone + n + m, np.arange(n), cut_row])
    value = np.concatenate(
        [np.ones(len(index) + pairs), problem.demand[mix.unit].astype(float), np.ones(n), cut_value]
    )
    integer = np.concatenate([np.ones(count + pairs, dtype=bool), np.zeros(n, dtype=bool)])
    return Model.from_triplets(
        np.concatenate([listed.cost, problem.cost[mix.unit, mix.zone], partition.dear(problem)]),
        np.ones(count + pairs + n),
        np.concatenate([cover, np.zeros(m), np.full(m, -np.inf), np.zeros(rows)]),
        np.concatenate([cover, np.ones(m), mix.room, np.full(rows, np.inf)]),
        row,
        np.concatenate([column, at, at, count + pairs + np.arange(n), cut_column]),
        value,
        integer=integer if whole else None,
    )


def _cut_rows(mix: Mix, cuts: Cuts, first: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Return the entries of the connection rows of zones that are not listed, and how many rows."""
    number = np.full(mix.tight.allowed.shape, -1, dtype=np.int64)
    number[mix.unit, mix.zone] = len(mix.listed) + np.arange(len(mix.unit))
    none = np.zeros(0, dtype=np.int64)
    rows, columns, values, count = [none], [none], [np.zeros(0)], 0
    for unit, zone, separator in cuts.rows.values():
        if number[unit, zone] < 0 or (mix.tight.fixed[separator] == zone).any():
            continue
        others = number[separator, zone]
        others = others[others >= 0]
        rows.append(np.full(len(others) + 1, first + count))
        columns.append(np.append(others, number[unit, zone]))
        values.append(np.append(np.ones(len(others)), -1.0))
        count += 1
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(values), count
