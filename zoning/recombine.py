"""The best plan that can be put together from several: only where they differ may it change."""

from __future__ import annotations

import numpy as np

from zoning.bounds import Bound
from zoning.core import Cuts, Improved
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.regroup import reoptimise
from zoning.solver import Limits

PAIRS = 1_200
"""Most open pairs: plans are added until there are so many."""


def recombine(
    problem: Problem,
    tight: Reach,
    bound: Bound,
    plans: list[np.ndarray],
    cuts: Cuts,
    limits: Limits,
    *,
    most: int,
    seed: int = 0,
) -> Improved | None:
    """Look for the best plan in which every unit goes where one of the plans has it, or its neighbours.

    Parameters
    ----------
    plans
        The plan to improve, and others in the order in which they shall be looked at.
    most
        As for :func:`zoning.core.improve`.

    Returns
    -------
    Improved or None
        Its plan is None if no better connected one was found; None itself if the plans do not differ.
    """
    open_pairs = mixed(problem, tight, plans)
    if not open_pairs.any():
        return None
    return reoptimise(problem, tight, bound, plans[0], open_pairs, cuts, limits, most=most, seed=seed)


def mixed(problem: Problem, tight: Reach, plans: list[np.ndarray]) -> np.ndarray:
    """Return the pairs that the plans have where they differ, and those of the units around, shape (n, m)."""
    units = np.arange(problem.n_units)
    has = np.zeros(tight.allowed.shape, dtype=bool)
    has[units, plans[0]] = True
    found = np.zeros_like(has)
    for plan in plans[1:]:
        has[units, plan] = True
        opened = _ringed(problem, tight, plans[0], has)
        if found.any() and opened.sum() > PAIRS:
            break
        found = opened
    return found


def _ringed(problem: Problem, tight: Reach, plan: np.ndarray, has: np.ndarray) -> np.ndarray:
    """Open the units that differ to what they have, and those beside them to the zones they touch."""
    unit = np.repeat(np.arange(problem.n_units), np.diff(problem.indptr))
    differs = has.sum(axis=1) > 1
    ring = np.zeros(problem.n_units, dtype=bool)
    ring[unit[differs[problem.indices]]] = True
    touch = has.copy()
    touch[unit, plan[problem.indices]] = True
    opened = np.where((ring & ~differs)[:, None], touch, has) & (ring | differs)[:, None]
    return opened & tight.allowed & (tight.fixed < 0)[:, None]
