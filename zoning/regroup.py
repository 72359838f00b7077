"""Re-optimise a few neighbouring zones of a plan exactly, the rest held."""

from __future__ import annotations

import numpy as np

from zoning.bounds import Bound
from zoning.check import loads
from zoning.core import Cuts, Part, improve
from zoning.found import rank
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.solver import Limits

CHOICES = 3
"""Zones open to each unit: its cheapest at the prices of the relaxation, beside its own."""

FEWEST = 150
"""Open pairs of the smallest groups, where three zones do not have more."""

SIZES, PATIENCE = (1.0, 1.5, 2.25, 3.4), 12
"""Sizes of groups, in smallest ones, and how many of a size must fail in a row before the next is tried."""


def regroup(
    problem: Problem,
    tight: Reach,
    bound: Bound,
    zone: np.ndarray,
    zones: np.ndarray,
    cuts: Cuts,
    limits: Limits,
    *,
    effort: int,
    seed: int = 0,
) -> np.ndarray | None:
    """Return the best plan found when only the units of ``zones`` may change, and only among them.

    A pupil too many is allowed at a price beyond anything it could save, so that an overfull plan can be
    mended step by step. None means that no better connected plan was found.
    """
    part = Part(screened(problem, tight, bound, zone, zones), zone, over_price(problem, tight, bound))
    better = improve(problem, tight.allowed, part, cuts, limits, effort=effort, seed=seed)
    if better is None:
        return None
    over, cost = rank(problem, zone)
    return better if rank(problem, better) < (over, cost - 1e-9) else None


def connected(
    problem: Problem,
    tight: Reach,
    bound: Bound,
    zone: np.ndarray,
    cuts: Cuts,
    limits: Limits,
    *,
    seed: int = 0,
) -> np.ndarray | None:
    """Return a connected plan from one that is cut off, by a whole-number model of all; None if not found."""
    part = Part(tight.allowed & (tight.fixed < 0)[:, None], zone, over_price(problem, tight, bound))
    return improve(problem, tight.allowed, part, cuts, limits, effort=200, rounds=50, seed=seed)


def over_price(problem: Problem, tight: Reach, bound: Bound) -> float:
    """Return the price of a pupil too many, pupil-km: beyond what moving others could save."""
    metres = problem.metres[tight.allowed]
    return 20.0 * float(metres.max(initial=1.0)) / 1000.0 + 20.0 * float(bound.seat_price.max(initial=0.0))


def neighbouring(problem: Problem, zone: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Choose ``count`` zones that touch each other, from an overfull one if there is one."""
    over = np.flatnonzero(loads(problem, zone) > problem.capacity)
    return touching(problem, zone, int(random.choice(over if len(over) else problem.n_zones)), count, random)


def touching(
    problem: Problem, zone: np.ndarray, first: int, count: int, random: np.random.Generator
) -> np.ndarray:
    """Choose ``count`` zones that touch each other, ``first`` among them; fewer where no more do."""
    chosen = [first]
    unit = np.repeat(np.arange(problem.n_units), np.diff(problem.indptr))
    touch = np.zeros((problem.n_zones, problem.n_zones), dtype=bool)
    touch[zone[unit], zone[problem.indices]] = True
    while len(chosen) < count:
        near = np.setdiff1d(np.flatnonzero(touch[chosen].any(axis=0)), chosen)
        if not len(near):
            break
        chosen.append(int(random.choice(near)))
    return np.array(chosen)


def screened(problem: Problem, tight: Reach, bound: Bound, zone: np.ndarray, zones: np.ndarray) -> np.ndarray:
    """Return the pairs to open among some zones: the cheapest few of each free unit there, and its own."""
    inside = np.isin(zone, zones) & (tight.fixed < 0)
    among = np.zeros(problem.n_zones, dtype=bool)
    among[zones] = True
    open_pairs = tight.allowed & inside[:, None] & among
    value = np.where(open_pairs, problem.cost + bound.seat_price * problem.demand[:, None], np.inf)
    last = min(CHOICES, problem.n_zones) - 1
    open_pairs &= value <= np.partition(value, last, axis=1)[:, [last]]
    units = np.flatnonzero(inside)
    open_pairs[units, zone[units]] = True
    return open_pairs


class Groups:
    """Chooses zones to re-optimise together: small groups first, larger ones once the small no longer pay.

    Parameters
    ----------
    problem, tight
        As for :func:`regroup`.
    random
        Source of every choice.
    """

    def __init__(self, problem: Problem, tight: Reach, random: np.random.Generator) -> None:
        self.problem, self.tight, self.random = problem, tight, random
        self.least = max(FEWEST, 3 * CHOICES * problem.n_units // problem.n_zones)
        self.size, self.failed = 0, 0

    def choose(self, zone: np.ndarray, bound: Bound) -> np.ndarray:
        """Return touching zones of a plan, as many as the size of the day holds, at least two."""
        zones = neighbouring(self.problem, zone, self.problem.n_zones, self.random)
        count = 2
        while count < len(zones):
            opened = screened(self.problem, self.tight, bound, zone, zones[: count + 1])
            if opened.sum() > self.least * SIZES[self.size]:
                break
            count += 1
        return zones[:count]

    def learn(self, *, paid: bool) -> None:
        """Take note whether a group paid: groups grow once those of a size no longer do."""
        self.failed = 0 if paid else self.failed + 1
        if self.failed >= PATIENCE:
            self.failed = 0
            self.size = (self.size + 1) % len(SIZES)
