"""Rows that a zone's connected catchments keep and a shared solution breaks, found zone by zone.

For any weights of units, no catchment of a zone weighs more than the heaviest one, which the search of
:mod:`zoning.pricing` finds. The weights are moved by subgradient steps until the shared solution weighs more
than that, so the rows close in on the hull of the connected catchments that fit: the value of the linear
model with all of them is that of set partitioning over every catchment (local cuts, Boyd 1994).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

from zoning.columns import ground
from zoning.live import Live, Relaxed
from zoning.pricing import COUNT, Found, Ground, search
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.solver import Limits

THREADS = 2
"""Zones searched at a time: the cores of the smallest machine."""

BROKEN = 1e-4
"""Least amount by which a row must be broken to be added, with weights of norm one."""

SAFETY = 1e-9
"""Slack given to each row against rounding, with weights of norm one."""


def add_facets(
    problem: Problem, left: Reach, live: Live, found: Relaxed, limits: Limits, *, nodes: int, steps: int
) -> int:
    """Add a row for every zone whose shares are found to be no mixture of catchments; return how many.

    Parameters
    ----------
    problem, left
        The problem, and the pairs that the rows shall be valid for.
    live, found
        The model, and its last solution.
    limits
        Time and wish to stop.
    nodes, steps
        Nodes of each search, and searches for each zone.
    """
    open_ground = ground(problem, left)
    free = open_ground._replace(cost=np.zeros_like(open_ground.cost))

    def row(zone: int) -> tuple[np.ndarray, float] | None:
        return None if limits.left <= 0 else _row(problem, free, live, found, zone, nodes, steps)

    # zones know nothing of each other, so that the rows are the same whatever the threads
    with ThreadPoolExecutor(THREADS) as pool:
        rows = list(pool.map(row, range(problem.n_zones)))
    broken = [(zone, *found_row) for zone, found_row in enumerate(rows) if found_row is not None]
    for zone, gain, most in broken:
        live.most(zone, gain, most + SAFETY)
    return len(broken)


def _row(
    problem: Problem, free: Ground, live: Live, found: Relaxed, zone: int, nodes: int, steps: int
) -> tuple[np.ndarray, float] | None:
    """Return what each pair of the model counts in a row of a zone, and the most allowed; None if no row."""
    n, core = problem.n_units, live.core
    mine = np.flatnonzero((core.zone == zone) & free.open_pairs[core.unit, zone])
    share, weight = np.zeros(n), np.zeros(n)
    share[core.unit[mine]] = found.share[core.unit[mine], zone]
    if np.abs(share - share.round()).max(initial=0.0) < BROKEN:
        return None
    weight[core.unit[mine]] = found.price[core.unit[mine]] - found.joined[mine]
    room = Found(np.zeros(4), np.zeros((4, -(-n // 64)), np.uint64), np.zeros(3, np.int64))
    most = _broken(free, zone, share, weight, nodes, steps, room)
    if most == np.inf:
        return None
    gain = np.zeros(len(live.cost))
    gain[mine] = weight[core.unit[mine]]
    return gain, most


@njit(cache=True, nogil=True)
def _taken(found: Found, row: int, unit: int) -> bool:
    return (found.bits[row, unit // 64] >> np.uint64(unit % 64)) & np.uint64(1) != 0


@njit(cache=True, nogil=True)
def _broken(
    free: Ground, zone: int, share: np.ndarray, weight: np.ndarray, nodes: int, steps: int, found: Found
) -> float:
    """Move ``weight`` to where ``share`` breaks the row most; return the most that a catchment weighs.

    Parameters
    ----------
    free
        The zones; its costs must be nought.
    share
        What the zone takes of each unit beside those it holds, shape (n,), 0 where it may take none.
    weight
        Weights to start from, shape (n,); changed to the best met.
    nodes, steps
        Nodes of each search, and steps.
    found
        Room for catchments.

    Returns
    -------
    float
        ``inf`` where no row was found that the share breaks.
    """
    at, best, most = weight.copy(), BROKEN, np.inf
    for step in range(steps):
        norm = np.sqrt((at * at).sum())
        if norm <= 1e-12:
            break
        at /= norm
        held = (at * share).sum()
        heaviest = search(free, zone, at, max(0.9 * held, 0.0), nodes, True, found)
        if held - heaviest > best:
            best, most = held - heaviest, heaviest
            weight[:] = at
        if found.filled[COUNT] == 0:
            break
        top = int(found.gain[: found.filled[COUNT]].argmax())
        slope = share.copy()
        for u in range(at.size):
            if _taken(found, top, u):
                slope[u] -= 1.0
        length = np.sqrt((slope * slope).sum())
        if length <= 1e-9:
            break
        at += 0.3 / (1.0 + 0.3 * step) / length * slope
    return most
