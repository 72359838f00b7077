"""Close in on the best plan with proof: whole-number models of all that is open, with connection rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoning.bounds import Bound, close_pairs
from zoning.check import cost as plan_cost
from zoning.check import cut_off, loads
from zoning.core import Core, Cuts, Part, separate, separate_shares
from zoning.problem import Problem
from zoning.reach import Reach, Reason, reach
from zoning.solver import Limits

LINEAR_ROUNDS = 30
"""Most rounds of the linear model with connection rows before the whole-number model."""

SAFETY = 1e-8
"""Relative slack taken off bounds that rest on the solver's tolerances."""


@dataclass(frozen=True)
class Proof:
    """What an attempt at a proof gave.

    Parameters
    ----------
    bound
        Lower bound on the cost of every plan; ``inf`` when there is none at all.
    plans
        Plans met that keep every rule, as zone positions.
    finished
        Whether nothing is left to prove: the best plan is known, or that there is none.
    """

    bound: float
    plans: tuple[np.ndarray, ...]
    finished: bool


def prove(
    problem: Problem,
    tight: Reach,
    bound: Bound,
    best: np.ndarray | None,
    cuts: Cuts,
    limits: Limits,
    *,
    effort: int | None,
    seed: int = 0,
) -> Proof:
    """Try to find the best plan and prove it.

    Parameters
    ----------
    problem, tight, bound
        The problem, its open pairs, and the best bound known.
    best
        The best plan that keeps every rule, or None.
    cuts
        Connection rows known; new ones are added, valid for all open pairs of ``tight``.
    effort
        Work allowed to each whole-number model; None for no limit.
    """
    cost = np.inf if best is None else plan_cost(problem, best)
    left = tight if best is None else reach(problem, close_pairs(problem, tight, bound, cost))
    if left.reasons:
        return Proof(cost, (), finished=True)
    held = left.fixed >= 0
    part = Part(left.allowed & ~held[:, None], np.where(held, left.fixed, -1 if best is None else best))
    if not part.open_pairs.any():
        return _only(problem, left.fixed, cost)
    low = _linear(problem, tight, part, cuts, limits)
    if low >= cost:
        return Proof(cost, (), finished=True)
    whole = _whole(problem, tight, part, cuts, limits, effort, seed)
    lowest = min(max(whole.bound, low, bound.value), cost)
    return Proof(lowest, whole.plans, whole.finished)


def _only(problem: Problem, plan: np.ndarray, cost: float) -> Proof:
    """Return the proof when a single plan is left: it keeps every rule or there is none better."""
    if cut_off(problem, plan).any() or (loads(problem, plan) > problem.capacity).any():
        return Proof(cost, (), finished=True)
    return Proof(min(cost, plan_cost(problem, plan)), (plan,), finished=True)


def _linear(problem: Problem, tight: Reach, part: Part, cuts: Cuts, limits: Limits) -> float:
    """Return the bound of the linear model with the connection rows it calls for."""
    low = -np.inf
    for _ in range(LINEAR_ROUNDS):
        core = Core(problem, part, cuts)
        found = core.run(limits, whole=False)
        if found.infeasible:
            return np.inf
        if found.x is None or not found.optimal:
            return low
        before, low = low, max(low, _safe(found.objective + core.base))
        if not separate_shares(problem, tight.allowed, core.shares(found.x), cuts):
            return low
        if low - before < 1e-6 * abs(low):
            return low
    return low


def _whole(
    problem: Problem,
    tight: Reach,
    part: Part,
    cuts: Cuts,
    limits: Limits,
    effort: int | None,
    seed: int,
) -> Proof:
    """Solve the whole-number model again and again, adding rows where plans are cut off."""
    low = -np.inf
    plans: list[np.ndarray] = []
    while limits.left > 0:
        core = Core(problem, part, cuts)
        found = core.run(limits, whole=True, effort=effort, seed=seed)
        if found.infeasible:
            return Proof(np.inf, tuple(plans), finished=True)
        low = max(low, _safe(found.bound + core.base))
        if found.x is None:
            break
        plan = core.plan(found.x)
        if not cut_off(problem, plan).any():
            if (loads(problem, plan) <= problem.capacity).all():
                plans.append(plan)
            return Proof(low, tuple(plans), finished=found.optimal)
        if not separate(problem, tight.allowed, plan, cuts):
            break
    return Proof(low, tuple(plans), finished=False)


def _safe(value: float) -> float:
    return value - SAFETY * abs(value)


def searched() -> Reason:
    """Return the reason to give when the whole search is done and there is no plan."""
    return Reason(
        "searched",
        "已对所有可能的划分做了完整搜索：在学位、连片和锁定的要求下没有可行方案。",
        "All plans have been searched: none keeps the seats, the connection and the locks.",
    )
