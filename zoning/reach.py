"""Which unit can go to which zone at all, and why there may be no plan.

A unit can join a zone only through units that join it too; the pupils on the way to it must fit the room that
the zone's own units leave. Removing the pairs that fail, again and again, tightens every later bound, and
what is left over proves plainly that some problems have no plan.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit

from zoning.problem import Problem, components
from zoning.reasons import Reason

FLOW_PAIRS = 2_000_000
"""Most pairs for which the shortage of seats in a part of the map is looked for."""

ROUNDS = 20
"""Most rounds of tightening; each is valid by itself, so stopping early loses nothing but sharpness."""


@dataclass(frozen=True)
class Reach:
    """The pairs that may occur in a plan, shape (n, m), and the zone of units with only one (-1 else)."""

    allowed: np.ndarray
    fixed: np.ndarray
    reasons: tuple[Reason, ...] = ()


def reach(problem: Problem, allowed: np.ndarray | None = None) -> Reach:
    """Remove the pairs that cannot occur in any plan.

    Parameters
    ----------
    problem
        The problem.
    allowed
        Pairs still open, shape (n, m); those of the problem by default.

    Returns
    -------
    Reach
        With ``reasons`` when the pairs left prove that there is no plan; the pairs are then unfinished.
    """
    rounds = 0
    allowed = (problem.allowed if allowed is None else allowed).copy()
    before = -1
    while rounds < ROUNDS and (now := int(allowed.sum())) != before:
        before, rounds = now, rounds + 1
        fixed = np.where(allowed.sum(axis=1) == 1, allowed.argmax(axis=1), -1)
        own = np.bincount(fixed[fixed >= 0], problem.demand[fixed >= 0], problem.n_zones).astype(np.int64)
        crowded = np.flatnonzero(own > problem.capacity)
        if len(crowded):
            return Reach(allowed, fixed, tuple(_crowded(problem, fixed, int(z)) for z in crowded))
        _trim(problem, allowed, fixed, own)
        stranded = np.flatnonzero(~allowed.any(axis=1))
        if len(stranded):
            return Reach(allowed, fixed, _stranded(problem, stranded))
    fixed = np.where(allowed.sum(axis=1) == 1, allowed.argmax(axis=1), -1).astype(np.int32)
    return Reach(allowed, fixed, ())


def proofs(problem: Problem, tight: Reach) -> tuple[Reason, ...]:
    """Return plain proofs that there is no plan: seats in all and on islands, the reach, seats of a part."""
    seats = _too_few_seats(problem)
    return (*seats, *tight.reasons) if seats or tight.reasons else _shortage(problem, tight.allowed)


def _too_few_seats(problem: Problem) -> list[Reason]:
    """Compare pupils and seats in all, and on each part of the map that no neighbours join to the rest."""
    pupils, seats = int(problem.demand.sum()), int(problem.capacity.sum())
    found = [_in_all(problem, pupils, seats)] if pupils > seats else []
    part = components(problem.n_units, problem.indptr, problem.indices)
    if not part.any():
        return found
    held = np.zeros((int(part.max()) + 1, problem.n_zones), dtype=bool)
    for z, units in enumerate(problem.anchors):
        held[part[units], z] = True
    need = np.bincount(part, problem.demand).astype(np.int64)
    # A part without any school is told of by its units.
    lacking = np.flatnonzero((need > held @ problem.capacity) & held.any(axis=1))
    return found + [
        _lacking("seats_on_island", problem, np.flatnonzero(part == p), np.flatnonzero(held[p]))
        for p in lacking
    ]


def _trim(problem: Problem, allowed: np.ndarray, fixed: np.ndarray, own: np.ndarray) -> None:
    """Remove pairs whose cheapest way, in pupils, exceeds the room of the zone."""
    for z in range(problem.n_zones):
        weight = np.where(fixed == z, 0, problem.demand)
        for u in problem.anchors[z]:  # a shared unit of another zone may still be passed through
            weight[u] = 0
        room = int(problem.capacity[z] - own[z])
        column = allowed[:, z]
        passable = column.copy()
        passable[problem.anchors[z]] = True
        way = _ways(problem.indptr, problem.indices, weight, passable, problem.anchors[z], room)
        need = np.where(fixed == z, 0, problem.demand)
        allowed[:, z] = column & (np.maximum(way, need) <= room)


@njit(cache=True, nogil=True)
def _ways(
    indptr: np.ndarray,
    indices: np.ndarray,
    weight: np.ndarray,
    passable: np.ndarray,
    sources: np.ndarray,
    limit: int,
) -> np.ndarray:
    """Return the least weight of units on a way from a source to each unit, both ends counted."""
    far = np.int64(2**62)
    way = np.full(weight.size, far)
    queue = [(np.int64(0), np.int64(-1))]
    for s in sources:
        way[s] = weight[s]
        queue.append((way[s], np.int64(s)))
    heapq.heapify(queue)
    while len(queue) > 0:
        done, u = heapq.heappop(queue)
        if u < 0 or done > way[u]:
            continue
        for k in range(indptr[u], indptr[u + 1]):
            v = indices[k]
            if passable[v] and done + weight[v] < way[v] and done + weight[v] <= limit:
                way[v] = done + weight[v]
                heapq.heappush(queue, (way[v], np.int64(v)))
    return way


def _in_all(problem: Problem, pupils: int, seats: int) -> Reason:
    return Reason(
        "seats_in_all",
        zones=tuple(range(problem.n_zones)),
        short=pupils - seats,
        numbers={"pupils": pupils, "seats": seats},
    )


def _lacking(kind: str, problem: Problem, units: np.ndarray, zones: np.ndarray) -> Reason:
    """Say that units have more pupils than the only zones they can go to have seats."""
    pupils, seats = int(problem.demand[units].sum()), int(problem.capacity[zones].sum())
    return Reason(
        kind,
        tuple(int(u) for u in units),
        tuple(int(z) for z in zones),
        pupils - seats,
        schools=tuple(str(z) for z in problem.zone_ids[zones]),
        numbers={"pupils": pupils, "seats": seats},
    )


def _crowded(problem: Problem, fixed: np.ndarray, zone: int) -> Reason:
    return _lacking("own_units_too_many", problem, np.flatnonzero(fixed == zone), np.array([zone]))


def _stranded(problem: Problem, units: np.ndarray) -> tuple[Reason, ...]:
    """Say why units can go to no zone."""
    part = components(problem.n_units, problem.indptr, problem.indices)
    here = {int(part[u]) for anchored in problem.anchors for u in anchored}
    ways = _open_ways(problem)
    return tuple(_alone(problem, int(u), int(part[u]) in here, bool(ways[u])) for u in units)


def _alone(problem: Problem, unit: int, beside_school: bool, open_way: bool) -> Reason:
    """Say why a unit can go to no zone, given what its part of the map and the ways there are like."""
    pupils, zones = int(problem.demand[unit]), np.flatnonzero(problem.allowed[unit])
    if not beside_school:
        kind = "no_school_in_part"
    elif not len(zones):
        kind = "no_school_open"
    elif not open_way:
        kind = "cut_by_locks"
    else:
        kind = "unit_too_large" if pupils > problem.capacity[zones].max() else "no_way_with_room"
    return Reason(
        kind,
        (unit,),
        tuple(int(z) for z in zones),
        unit=str(problem.unit_ids[unit]),
        numbers={"pupils": pupils, "locked": int((problem.locked >= 0).sum())},
    )


def _open_ways(problem: Problem) -> np.ndarray:
    """Tell for each unit whether it could be joined to a school, were there room for everybody."""
    nobody, found = np.zeros(problem.n_units, dtype=np.int64), np.zeros(problem.n_units, dtype=bool)
    for z, anchors in enumerate(problem.anchors):
        passable = problem.allowed[:, z].copy()
        passable[anchors] = True
        way = _ways(problem.indptr, problem.indices, nobody, passable, anchors, 0)
        found |= problem.allowed[:, z] & (way == 0)
    return found


def _shortage(problem: Problem, allowed: np.ndarray) -> tuple[Reason, ...]:
    """Find units whose pupils exceed the seats of all zones they can go to, even if units could be shared.

    A maximum flow from units to zones falls short exactly when there is such a set (Hall's condition); the
    units on the source side of the minimum cut are one.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    n, m = problem.n_units, problem.n_zones
    unit, zone = np.nonzero(allowed)
    if len(unit) > FLOW_PAIRS:
        return ()
    tail = np.concatenate([np.zeros(n, dtype=int), unit + 1, np.arange(m) + n + 1])
    head = np.concatenate([np.arange(n) + 1, zone + n + 1, np.full(m, n + m + 1)])
    room = np.concatenate([problem.demand, problem.demand[unit], problem.capacity]).astype(np.int32)
    graph = coo_matrix((room, (tail, head)), shape=(n + m + 2, n + m + 2)).tocsr()
    flow = maximum_flow(graph, 0, n + m + 1)
    if flow.flow_value == problem.demand.sum():
        return ()
    rest = graph - flow.flow
    rest.eliminate_zeros()
    met = breadth_first_order(rest, 0, return_predecessors=False)
    units = np.array(sorted(u - 1 for u in met if 1 <= u <= n))
    zones = np.array(sorted(z - n - 1 for z in met if n < z <= n + m))
    return (_lacking("seats_in_part", problem, units, zones),)
