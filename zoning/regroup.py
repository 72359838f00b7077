"""Re-optimise a few neighbouring zones of a plan, or units along borders, exactly, the rest held."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import sparse

from zoning.bounds import Bound
from zoning.check import loads
from zoning.core import Cuts, Improved, Part, improve
from zoning.found import rank
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.solver import Limits

CHOICES = 3
"""Zones open to each unit: its cheapest at the prices of the relaxation, beside its own."""

MENDED = 100_000
"""Simplex iterations allowed to connecting a plan that is cut off."""

BLUR = 0.5
"""By how much reduced costs are blurred at random, as a share: a small map gives more than one choice too."""


def regroup(
    problem: Problem,
    tight: Reach,
    bound: Bound,
    zone: np.ndarray,
    zones: np.ndarray,
    cuts: Cuts,
    limits: Limits,
    *,
    most: int,
    seed: int = 0,
) -> Improved:
    """Look for the best plan when only the units of ``zones`` may change, and only among them.

    A pupil too many is allowed at a price beyond anything it could save, so that an overfull plan can be
    mended step by step. The plan is None if no better connected one was found.
    """
    open_pairs = screened(problem, tight, bound, zone, zones)
    return reoptimise(problem, tight, bound, zone, open_pairs, cuts, limits, most=most, seed=seed)


def reoptimise(
    problem: Problem,
    tight: Reach,
    bound: Bound,
    zone: np.ndarray,
    open_pairs: np.ndarray,
    cuts: Cuts,
    limits: Limits,
    *,
    most: int,
    seed: int = 0,
) -> Improved:
    """Look for the best plan when only the open pairs, shape (n, m), may be used by their units.

    A unit without an open pair stays; ``most`` is as for :func:`zoning.core.improve`, the rest as for
    :func:`regroup`.
    """
    part = Part(open_pairs, zone, over_price(problem, tight, bound))
    found = improve(problem, tight.allowed, part, cuts, limits, most=most, seed=seed)
    over, cost = rank(problem, zone)
    if found.zone is None or rank(problem, found.zone) < (over, cost - 1e-9):
        return found
    return replace(found, zone=None)


def connected(
    problem: Problem,
    tight: Reach,
    bound: Bound,
    zone: np.ndarray,
    cuts: Cuts,
    limits: Limits,
    *,
    seed: int = 0,
) -> Improved:
    """Look for a connected plan, from one that is cut off, by a whole-number model of all."""
    part = Part(tight.allowed & (tight.fixed < 0)[:, None], zone, over_price(problem, tight, bound))
    return improve(problem, tight.allowed, part, cuts, limits, most=MENDED, rounds=50, seed=seed)


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


def border(
    problem: Problem,
    tight: Reach,
    bound: Bound,
    zone: np.ndarray,
    random: np.random.Generator,
    *,
    share: float,
    rings: int,
) -> np.ndarray:
    """Return the pairs that move a unit across a border nearby, those that cost least at the prices of seats.

    Parameters
    ----------
    problem, tight, bound
        The problem, its open pairs and a bound with its prices.
    zone
        A plan.
    random
        Blurs reduced costs by ``BLUR``.
    share
        Share of the pairs to keep.
    rings
        Steps from a unit to the zones it may join.

    Returns
    -------
    numpy.ndarray of bool, shape (n, m)
        Without the pairs of the plan itself.
    """
    own = np.zeros(tight.allowed.shape, dtype=bool)
    own[np.arange(problem.n_units), zone] = True
    ones, square = np.ones(len(problem.indices)), (problem.n_units, problem.n_units)
    beside = sparse.csr_array((ones, problem.indices, problem.indptr), shape=square)
    near = own
    for _ in range(rings):
        near = near | (beside @ near > 0)
    value = np.where(tight.allowed, problem.cost + bound.seat_price * problem.demand[:, None], np.inf)
    at = np.nonzero(near & ~own & tight.allowed & (tight.fixed < 0)[:, None])
    blurred = (value[at] - value.min(axis=1)[at[0]]) * random.uniform(1.0 - BLUR, 1.0 + BLUR, len(at[0]))
    kept = np.argsort(blurred, kind="stable")[: int(np.ceil(share * len(blurred)))]
    pairs = np.zeros_like(own)
    pairs[at[0][kept], at[1][kept]] = True
    return pairs
