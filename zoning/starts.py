"""Plans to start a search from: catchments grown outward from their schools in some order of preference."""

from __future__ import annotations

import heapq

import numpy as np

from zoning.bounds import Bound
from zoning.check import cut_off
from zoning.problem import Problem
from zoning.reach import Reach


def walks(problem: Problem) -> np.ndarray:
    """Return the walks, shape (n, m), metres: very long where there is no way."""
    return np.where(np.isfinite(problem.metres), problem.metres, 1e12)


def first(problem: Problem, tight: Reach, bound: Bound, begin: np.ndarray | None) -> dict[str, np.ndarray]:
    """Return the plans to start from, by the name of what they follow.

    Parameters
    ----------
    problem, tight, bound
        The problem, its open pairs and a bound with its prices and shares.
    begin
        A plan that the caller gave, or None.

    Returns
    -------
    dict of str to numpy.ndarray
        ``share`` follows the linear model, ``near`` the walks, ``price`` the walks and the prices of seats,
        ``given`` the plan of the caller.
    """
    metres = walks(problem)
    share = -metres if bound.share is None else metres * 1e-9 - bound.share.round(3)
    plans = {
        "share": grow(problem, tight, share),
        "near": grow(problem, tight, metres),
        "price": grow(problem, tight, metres / 1000.0 + bound.seat_price),
    }
    return plans if begin is None else plans | {"given": grow(problem, tight, metres, begin)}


def grow(problem: Problem, tight: Reach, prefer: np.ndarray, zone: np.ndarray | None = None) -> np.ndarray:
    """Complete a plan by adding to catchments, always the unit and zone of lowest ``prefer`` that touch.

    Parameters
    ----------
    problem, tight
        The problem and its open pairs.
    prefer
        Lower is sooner, shape (n, m).
    zone
        Plan to complete, -1 for units to be placed; only the schools and units with one zone by default.

    Returns
    -------
    numpy.ndarray
        Zone positions. Units that no catchment could reach are put where ``prefer`` is lowest, cut off.
    """
    plan = np.full(problem.n_units, -1, dtype=np.int32) if zone is None else zone.astype(np.int32)
    held = tight.fixed >= 0
    plan[held] = tight.fixed[held]
    for unit in np.flatnonzero(held):
        _connect(problem, tight, plan, int(unit))
    plan[cut_off(problem, plan) & ~held] = -1
    _spread(problem, tight, prefer, plan)
    left = np.flatnonzero(plan < 0)
    plan[left] = np.where(tight.allowed[left], prefer[left], np.inf).argmin(axis=1)
    return plan


def _spread(problem: Problem, tight: Reach, prefer: np.ndarray, plan: np.ndarray) -> None:
    """Add units to the catchments they touch, in place."""
    queue: list[tuple[float, int, int]] = []

    def offer(unit: int, zone: int) -> None:
        if plan[unit] < 0 and tight.allowed[unit, zone]:
            heapq.heappush(queue, (float(prefer[unit, zone]), unit, zone))

    for unit, zone in np.argwhere(problem.roots):  # schools, and units beside those of several zones
        offer(int(unit), int(zone))
    for unit in np.flatnonzero(plan >= 0):
        for near in problem.neighbours(int(unit)):
            offer(int(near), int(plan[unit]))
    while queue:
        _, unit, zone = heapq.heappop(queue)
        if plan[unit] < 0:
            plan[unit] = zone
            for near in problem.neighbours(unit):
                offer(int(near), zone)


def _connect(problem: Problem, tight: Reach, plan: np.ndarray, unit: int) -> None:
    """Join a unit that has only one zone to a school of it by the fewest pupils not yet placed."""
    zone = int(plan[unit])
    if problem.roots[unit, zone]:
        return
    far = {unit: 0}
    came: dict[int, int] = {}
    queue = [(0, unit)]
    while queue:
        way, at = heapq.heappop(queue)
        if problem.roots[at, zone] and (plan[at] == zone or tight.allowed[at, zone]):
            while at != unit:
                plan[at] = zone
                at = came[at]
            return
        if way > far[at]:
            continue
        for near in (int(u) for u in problem.neighbours(at)):
            if not tight.allowed[near, zone] or plan[near] not in (-1, zone):
                continue
            total = way + (0 if plan[near] == zone else int(problem.demand[near]))
            if total < far.get(near, total + 1):
                far[near], came[near] = total, at
                heapq.heappush(queue, (total, near))
