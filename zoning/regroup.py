"""Re-optimise a few neighbouring zones of a plan exactly, the rest held."""

from __future__ import annotations

import numpy as np

from zoning.bounds import Bound
from zoning.check import loads
from zoning.core import Cuts, Part, improve
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.solver import Limits

CHOICES = 3
"""Zones open to each unit: its cheapest at the prices of the relaxation, beside its own."""


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
    mended step by step. None means that no connected plan was found.
    """
    part = Part(screened(problem, tight, bound, zone, zones), zone, over_price(problem, tight, bound))
    return improve(problem, tight.allowed, part, cuts, limits, effort=effort, seed=seed)


def over_price(problem: Problem, tight: Reach, bound: Bound) -> float:
    """Return the price of a pupil too many, pupil-km: beyond what moving others could save."""
    metres = problem.metres[tight.allowed]
    return 20.0 * float(metres.max(initial=1.0)) / 1000.0 + 20.0 * float(bound.seat_price.max(initial=0.0))


def neighbouring(problem: Problem, zone: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """Choose ``count`` zones that touch each other, from an overfull one if there is one."""
    over = np.flatnonzero(loads(problem, zone) > problem.capacity)
    chosen = [int(random.choice(over if len(over) else problem.n_zones))]
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
