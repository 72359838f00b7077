"""Last touches to a plan that cost nothing."""

from __future__ import annotations

import numpy as np

from zoning.check import cut_off
from zoning.problem import Problem
from zoning.reach import Reach

ROUNDS = 3


def settle(problem: Problem, tight: Reach, zone: np.ndarray) -> np.ndarray:
    """Move units without pupils to the nearest zone beside them, which costs nothing and looks right."""
    plan = zone.copy()
    empty = np.flatnonzero((problem.demand == 0) & (tight.fixed < 0))
    for _ in range(ROUNDS):
        if sum(_settle_unit(problem, tight, plan, int(unit)) for unit in empty) == 0:
            break
    return plan


def _settle_unit(problem: Problem, tight: Reach, plan: np.ndarray, unit: int) -> bool:
    """Move one unit in place to a nearer zone beside it if no zone breaks; return whether it moved."""
    now = plan[unit]
    near = np.unique(plan[problem.neighbours(unit)])
    near = near[tight.allowed[unit, near] & (problem.metres[unit, near] < problem.metres[unit, now])]
    for z in near[np.argsort(problem.metres[unit, near], kind="stable")]:
        plan[unit] = z
        if not cut_off(problem, plan).any():
            return True
    plan[unit] = now
    return False
