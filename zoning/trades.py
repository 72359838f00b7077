"""The cheapest unit to change places with, for many units and zones at once."""

from __future__ import annotations

import numpy as np
from numba import njit

from zoning.check import cut_off, loads
from zoning.hinges import hinges
from zoning.problem import Problem


def trades(
    problem: Problem, zone: np.ndarray, units: np.ndarray, others: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each unit and other zone the unit that would best come back in exchange.

    Parameters
    ----------
    problem
        The problem.
    zone
        Plan as zone positions, -1 for none, shape (n,).
    units, others
        Positions of units and of the zones they would go to, shape (k,).

    Returns
    -------
    tuple of numpy.ndarray
        Position of the partner (-1 where there is none) and the change of the whole plan's pupil-kilometres
        (NaN there), shape (k,). An exchange cuts nothing off, moves no unit that is held, and overfills
        neither zone more; the fewest pupils over come first, then the shortest walks. Zones must hold
        together without the unit that leaves, so a rare exchange is missed that would close the gap by
        itself.
    """
    order = np.argsort(zone, kind="stable")
    first = np.searchsorted(zone[order], np.arange(problem.n_zones + 1))
    free = (problem.fixed < 0) & (hinges(problem, zone) == 0) & (zone >= 0)
    sound = (zone >= 0) & ~cut_off(problem, zone)
    return _best(
        problem.indptr, problem.indices, problem.demand, problem.capacity, problem.cost, problem.allowed,
        problem.roots, loads(problem, zone), zone.astype(np.int32), order, first, free, sound,
        units.astype(np.int64), others.astype(np.int64),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def _beside(
    indptr: np.ndarray, indices: np.ndarray, roots: np.ndarray, zone: np.ndarray, sound: np.ndarray,
    unit: int, other: int, without: int,
) -> bool:  # fmt: skip
    """Tell whether a unit is tied to a zone by a school or by a unit other than the one that leaves."""
    if roots[unit, other]:
        return True
    for k in range(indptr[unit], indptr[unit + 1]):
        near = indices[k]
        if near != without and zone[near] == other and sound[near]:
            return True
    return False


@njit(cache=True, nogil=True)
def _best(
    indptr: np.ndarray, indices: np.ndarray, demand: np.ndarray, capacity: np.ndarray, cost: np.ndarray,
    allowed: np.ndarray, roots: np.ndarray, load: np.ndarray, zone: np.ndarray, order: np.ndarray,
    first: np.ndarray, free: np.ndarray, sound: np.ndarray, units: np.ndarray, others: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    partner = np.full(units.size, -1, dtype=np.int64)
    change = np.full(units.size, np.nan)
    for k in range(units.size):
        u, z = units[k], others[k]
        now = zone[u]
        if not free[u] or now == z or not allowed[u, z]:
            continue
        best_over = np.int64(0)
        for at in range(first[z], first[z + 1]):
            v = order[at]
            if not free[v] or not allowed[v, now]:
                continue
            more = demand[u] - demand[v]
            here = max(load[now] - more - capacity[now], 0) - max(load[now] - capacity[now], 0)
            there = max(load[z] + more - capacity[z], 0) - max(load[z] - capacity[z], 0)
            if here > 0 or there > 0:
                continue
            over = here + there
            km = cost[u, z] - cost[u, now] + cost[v, now] - cost[v, z]
            if over > best_over or (over == best_over and partner[k] >= 0 and km >= change[k]):
                continue
            if _beside(indptr, indices, roots, zone, sound, v, now, u) and _beside(
                indptr, indices, roots, zone, sound, u, z, v
            ):
                partner[k], change[k], best_over = v, km, over
    return partner, change
