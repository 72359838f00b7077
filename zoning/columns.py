"""Prices and catchments by column generation: the linear relaxation of set partitioning over all catchments.

The model of the catchments listed so far prices units and zones; for every zone the catchments worth most at
these prices are added, until none is worth its price (Dantzig and Wolfe 1960). Prices are smoothed against
the jumps of a young model (Wentges 1997).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoning import partition
from zoning.bounds import Bound
from zoning.partition import Catchments
from zoning.pricing import COUNT, SHORT, Found, Ground, search
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.solver import Limits

ROUNDS = 80
"""Most rounds of pricing."""

NODES = 5_000
"""Most nodes of one pricing; the rest of the tree is left out."""

BEST = 8
"""Catchments a zone and round."""

SMOOTH = 0.5
"""Weight of the prices that gave the best bound."""


@dataclass(frozen=True)
class Prices:
    """Prices of units, shape (n,), and zones, shape (m,), and the value of the relaxation, pupil-km."""

    unit: np.ndarray
    zone: np.ndarray
    value: float


class Lister:
    """Lists catchments of a problem at given prices."""

    def __init__(self, problem: Problem, tight: Reach) -> None:
        self.problem, self.tight = problem, tight
        self.ground = ground(problem, tight)
        held = np.flatnonzero(tight.fixed >= 0)
        self.base = np.bincount(tight.fixed[held], problem.cost[held, tight.fixed[held]], problem.n_zones)

    def best(self, zone: int, price: np.ndarray, floor: float) -> tuple[Catchments, float]:
        """Return a few catchments that gain most beyond ``floor``, and a gain that none passes."""
        found = self._room(BEST)
        most = search(self.ground, zone, price, floor, NODES, True, found)
        return self._catchments(zone, found), most

    def within(self, zone: int, prices: Prices, slack: float, count: int, nodes: int) -> Catchments | None:
        """Return all catchments of reduced cost up to ``slack``, None if there are more than ``count``."""
        found = self._room(count)
        own = prices.unit[self.tight.fixed == zone].sum()
        floor = self.base[zone] - own - prices.zone[zone] - slack
        search(self.ground, zone, prices.unit, floor, nodes, False, found)
        return None if found.filled[SHORT] else self._catchments(zone, found)

    def _room(self, count: int) -> Found:
        words = -(-self.problem.n_units // 64)
        return Found(np.zeros(count), np.zeros((count, words), np.uint64), np.zeros(3, np.int64))

    def _catchments(self, zone: int, found: Found) -> Catchments:
        """Return listed catchments with what the zone holds."""
        count, n = int(found.filled[COUNT]), self.problem.n_units
        bits = np.unpackbits(found.bits[:count].view(np.uint8), axis=1, bitorder="little")
        member = bits[:, :n].astype(bool) | (self.tight.fixed == zone)
        row, unit = np.nonzero(member)
        start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=count))]).astype(np.int64)
        return partition.costed(self.problem, np.full(count, zone), start, unit)


def generate(lister: Lister, bound: Bound, limits: Limits) -> Prices | None:
    """Return prices near the optimum of the relaxation over all catchments, None if time ran out."""
    problem, free = lister.problem, lister.tight.fixed < 0
    master = partition.Master(problem)
    price, center, low = bound.price.copy(), bound.price.copy(), -np.inf
    zone_price, value, plain = np.full(problem.n_zones, -np.inf), np.inf, True
    for number in range(ROUNDS):
        if limits.left <= 0:
            return None
        at = price if plain else SMOOTH * center + (1.0 - SMOOTH) * price
        new, total = [], float(at[free].sum())
        for zone in range(problem.n_zones):
            listed, most = lister.best(zone, at, 0.0 if number else -np.inf)
            total += float(lister.base[zone]) - most
            worth = listed.reduced(price, np.where(np.isfinite(zone_price), zone_price, 1e18))
            new.append(listed.take(np.flatnonzero(worth < -1e-6)))
        if total > low:
            low, center = total, at.copy()
        added = partition.joined(new)
        if not len(added):
            if plain:
                break
            plain = True
            continue
        plain = False
        master.add(added)
        solved = master.prices(limits)
        if solved is None:
            return None
        value, price, zone_price = solved
    return Prices(price, zone_price, value) if np.isfinite(value) else None


def ground(problem: Problem, tight: Reach) -> Ground:
    """Return what each zone may grow by."""
    held = tight.fixed
    seeds = problem.roots.copy()
    for unit in np.flatnonzero(held >= 0):
        seeds[problem.neighbours(int(unit)), held[unit]] = True
    used = np.bincount(held[held >= 0], problem.demand[held >= 0], problem.n_zones)
    return Ground(
        problem.indptr.astype(np.int64),
        problem.indices.astype(np.int64),
        problem.demand.astype(np.int64),
        np.where(np.isfinite(problem.cost), problem.cost, 0.0),
        (problem.capacity - used).astype(np.int64),
        tight.allowed & (held < 0)[:, None],
        seeds,
    )
