"""A first plan by the rule planners use by hand: each unit to the nearest school with room (就近, 有学位)."""

from __future__ import annotations

import heapq

import numpy as np
import pandas as pd

from zoning.problem import Problem


def nearest_with_room(problem: Problem) -> pd.Series:
    """Grow every catchment outward from its schools, shortest walk first, while there is room.

    A unit joins the nearest school that its neighbours already go to and that has seats for it. Units that
    find no room are then added to the zone beside them where they overfill least. Units with no way to any
    zone stay without one (NA).

    Returns
    -------
    pandas.Series
        Plan: index ``unit_id``, values zone ids.
    """
    return problem.series(grow(problem))


def grow(problem: Problem) -> np.ndarray:
    """Return the plan of :func:`nearest_with_room` as zone positions, -1 for none."""
    zone = np.full(problem.n_units, -1, dtype=np.int32)
    room = problem.capacity.copy()
    _spread(problem, zone, room, keep_room=True)
    _spread(problem, zone, room, keep_room=False)
    return zone


def _spread(problem: Problem, zone: np.ndarray, room: np.ndarray, *, keep_room: bool) -> None:
    """Assign units reached from the schools in order of walk, or, past the room, of seats lacking."""
    queue: list[tuple[float, float, int, int]] = []
    for z, units in enumerate(problem.anchors):
        for u in units:
            _offer(problem, zone, room, queue, int(u), z, keep_room)
    for u in map(int, np.flatnonzero(zone >= 0)):
        for v in problem.neighbours(u):
            _offer(problem, zone, room, queue, int(v), int(zone[u]), keep_room)
    while queue:
        lack, _, u, z = heapq.heappop(queue)
        if zone[u] >= 0 or (keep_room and room[z] < problem.demand[u] and problem.fixed[u] != z):
            continue
        if not keep_room and 0 <= lack < problem.demand[u] - room[z]:  # filled up since it was queued
            _offer(problem, zone, room, queue, u, z, keep_room)
            continue
        zone[u] = z
        room[z] -= problem.demand[u]
        for v in problem.neighbours(u):
            _offer(problem, zone, room, queue, int(v), z, keep_room)


def _offer(
    problem: Problem,
    zone: np.ndarray,
    room: np.ndarray,
    queue: list[tuple[float, float, int, int]],
    unit: int,
    to: int,
    keep_room: bool,
) -> None:
    """Queue a unit for a zone it may join: schools and locks first, then by lack of seats and by walk."""
    if zone[unit] >= 0 or not problem.allowed[unit, to]:
        return
    if problem.fixed[unit] == to:
        order = -np.inf if problem.roots[unit, to] else -1.0
    else:
        order = 0.0 if keep_room else float(max(problem.demand[unit] - room[to], 0))
    heapq.heappush(queue, (order, float(problem.metres[unit, to]), unit, to))
