"""Connection rows that a shared solution breaks: minimum vertex cuts between a unit and its zone's schools.

A unit joins a zone only along a way of units that join too, and the pupils on that way must fit the zone. So
every set of units that meets all ways with room from the schools to a unit is a separator, and the unit's
share of the zone is at most the sum of the separator's shares (Oehrlein and Haunert 2017). The cut of least
share is found by a maximum flow; what no way with room needs is then dropped from it.
"""

from __future__ import annotations

import heapq
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from zoning.core import Cuts
from zoning.problem import Problem

BROKEN = 1e-3
"""Least amount by which a row must be broken to be added."""

NESTED = 4
"""Most rows for one unit and zone in one round, each found with the units of the former left out."""

CREEP = 1e-5
"""Share added to every unit, so that of equal cuts one of few units is found."""


def separate_flows(problem: Problem, allowed: np.ndarray, share: np.ndarray, cuts: Cuts) -> int:
    """Add the rows that a shared solution breaks most; return how many are new.

    Parameters
    ----------
    problem
        The problem.
    allowed
        Every pair that the rows shall be valid for, shape (n, m).
    share
        The solution, shape (n, m), fixed units included.
    cuts
        Receives the rows.
    """
    new = 0
    for zone in range(problem.n_zones):
        units = np.flatnonzero(allowed[:, zone])
        local = _Local(problem, allowed, zone, units)
        for u in np.flatnonzero((share[units, zone] > BROKEN) & ~local.graph.root):
            for separator in _cuts_of(local.graph, share[units, zone], int(u), local.room):
                new += cuts.add(int(units[u]), zone, units[separator])
    return new


class Graph(NamedTuple):
    """The open units of one zone: neighbours in CSR form, the arc back, pupils, and which units are roots.

    ``weight`` is what a unit adds to a way: nothing if the zone has it anyway.
    """

    indptr: np.ndarray
    indices: np.ndarray
    back: np.ndarray
    weight: np.ndarray
    root: np.ndarray


class Flow(NamedTuple):
    """A flow from the roots: the units it may use, what they let through, and the flow by unit and arc."""

    use: np.ndarray
    capacity: np.ndarray
    through: np.ndarray
    along: np.ndarray


class _Local:
    """The graph of one zone, and the room that the units it has anyway leave."""

    def __init__(self, problem: Problem, allowed: np.ndarray, zone: int, units: np.ndarray) -> None:
        place = np.full(problem.n_units, -1, dtype=np.int64)
        place[units] = np.arange(len(units))
        count = np.diff(problem.indptr)[units]
        owner = np.repeat(np.arange(len(units)), count)
        head = place[np.concatenate([problem.neighbours(u) for u in units] or [np.zeros(0, dtype=int)])]
        kept = head >= 0
        order = np.lexsort((head[kept], owner[kept]))
        tail, head = owner[kept][order], head[kept][order]
        indptr = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=len(units)))]).astype(np.int64)
        back = np.lexsort((tail, head))  # the arc from head to tail stands where tail and head change roles
        alone = allowed[units].sum(axis=1) == 1
        weight = np.where(alone, 0, problem.demand[units]).astype(np.int64)
        root = problem.roots[units, zone]
        self.room = int(problem.capacity[zone] - problem.demand[units[alone]].sum())
        self.graph = Graph(indptr, head.astype(np.int64), back.astype(np.int64), weight, root)


@njit(cache=True, nogil=True)
def _cuts_of(graph: Graph, share: np.ndarray, target: int, room: int) -> list[np.ndarray]:
    """Return separators of ``target`` whose shares are less than its own, nested, as local positions."""
    n = graph.root.size
    limit = share[target] - BROKEN
    near = _ways_to(graph, target, room)
    far = _ways_from(graph, np.zeros(n, dtype=np.bool_), room, -1)
    use = (near <= room) & (far <= room) & (near <= room - far + graph.weight)
    use[target] = True
    flow = Flow(use, np.where(use, share + CREEP, 0.0), np.zeros(n), np.zeros(graph.indices.size))
    found = [np.zeros(0, dtype=np.int64) for _ in range(0)]
    total = 0.0
    while len(found) < NESTED:
        total = _push(graph, flow, target, total, limit)
        if total >= limit:
            break
        seen = _search(graph, flow, -1) != -2
        border = seen[0::2] & ~seen[1::2]
        separator = border.copy()
        _drop(graph, share, separator, target, room)
        if share[separator].sum() < limit:
            found.append(np.flatnonzero(separator))
        if not separator.any():
            break
        flow.capacity[border] = 2.0
    return found


@njit(cache=True, nogil=True)
def _search(  # noqa: C901  (one step of the search after another, kept together for speed)
    graph: Graph, flow: Flow, target: int
) -> np.ndarray:
    """Search in breadth from the roots; return the end each end is reached from, -1 a start, -2 unmet."""
    n = graph.root.size
    parent = np.full(2 * n, -2, dtype=np.int64)
    queue = np.empty(2 * n, dtype=np.int64)
    head, tail = 0, 0
    for i in range(n):
        if graph.root[i] and flow.use[i]:
            parent[2 * i] = -1
            queue[tail] = 2 * i
            tail += 1
    while head < tail:
        x = queue[head]
        head += 1
        i = x // 2
        if i == target:
            break
        if x % 2 == 0:
            if parent[x + 1] == -2 and flow.capacity[i] - flow.through[i] > 1e-12:
                parent[x + 1] = x
                queue[tail] = x + 1
                tail += 1
            for k in range(graph.indptr[i], graph.indptr[i + 1]):
                y = 2 * graph.indices[k] + 1
                if parent[y] == -2 and flow.use[graph.indices[k]] and flow.along[graph.back[k]] > 1e-12:
                    parent[y] = x
                    queue[tail] = y
                    tail += 1
        else:
            if parent[x - 1] == -2 and flow.through[i] > 1e-12:
                parent[x - 1] = x
                queue[tail] = x - 1
                tail += 1
            for k in range(graph.indptr[i], graph.indptr[i + 1]):
                y = 2 * graph.indices[k]
                if parent[y] == -2 and flow.use[graph.indices[k]]:
                    parent[y] = x
                    queue[tail] = y
                    tail += 1
    return parent


@njit(cache=True, nogil=True)
def _push(
    graph: Graph,
    flow: Flow,
    target: int,
    total: float,
    limit: float,
) -> float:
    """Push flow from the roots to ``target`` along shortest ways until it is the most or ``limit``."""
    while total < limit:
        parent = _search(graph, flow, target)
        if parent[2 * target] == -2:
            return total
        least = limit - total + 1e-9
        x = 2 * target
        while parent[x] >= 0:
            p = parent[x]
            if p // 2 == x // 2:
                i = x // 2
                least = min(least, flow.capacity[i] - flow.through[i] if p % 2 == 0 else flow.through[i])
            elif p % 2 == 0:
                least = min(least, flow.along[_arc(graph, x // 2, p // 2)])
            x = p
        x = 2 * target
        while parent[x] >= 0:
            p = parent[x]
            if p // 2 == x // 2:
                flow.through[x // 2] += least if p % 2 == 0 else -least
            elif p % 2 == 0:
                flow.along[_arc(graph, x // 2, p // 2)] -= least
            else:
                flow.along[_arc(graph, p // 2, x // 2)] += least
            x = p
        total += least
    return total


@njit(cache=True, nogil=True)
def _arc(graph: Graph, tail: int, head: int) -> int:
    for k in range(graph.indptr[tail], graph.indptr[tail + 1]):
        if graph.indices[k] == head:
            return k
    return -1


@njit(cache=True, nogil=True)
def _drop(
    graph: Graph,
    share: np.ndarray,
    separator: np.ndarray,
    target: int,
    room: int,
) -> None:
    """Drop the units from a separator that no way with room needs, those of large share first."""
    order = np.argsort(-share, kind="mergesort")
    for i in order:
        if separator[i]:
            separator[i] = False
            way = _ways_from(graph, separator, room, target)
            if way[target] <= room:
                separator[i] = True


@njit(cache=True, nogil=True)
def _ways_from(
    graph: Graph,
    closed: np.ndarray,
    room: int,
    target: int,
) -> np.ndarray:
    """Return the fewest pupils on a way from a root, both ends counted; stops at ``target``."""
    way = np.full(graph.weight.size, np.int64(2**62))
    queue: list[Any] = [(np.int64(0), np.int64(-1))]
    for i in range(graph.weight.size):
        if graph.root[i] and not closed[i] and graph.weight[i] <= room:
            way[i] = graph.weight[i]
            queue.append((way[i], np.int64(i)))
    heapq.heapify(queue)
    _spread(graph, closed, room, target, way, queue)
    return way


@njit(cache=True, nogil=True)
def _ways_to(graph: Graph, target: int, room: int) -> np.ndarray:
    """Return the fewest pupils on a way from each unit to ``target``, both ends counted."""
    way = np.full(graph.weight.size, np.int64(2**62))
    way[target] = graph.weight[target]
    queue: list[Any] = [(way[target], np.int64(target))]
    _spread(graph, np.zeros(graph.weight.size, dtype=np.bool_), room, -1, way, queue)
    return way


@njit(cache=True, nogil=True)
def _spread(
    graph: Graph, closed: np.ndarray, room: int, target: int, way: np.ndarray, queue: list[Any]
) -> None:
    """Let ways grow from the units in the queue, the lightest first."""
    while len(queue) > 0:
        done, u = heapq.heappop(queue)
        if u < 0 or done > way[u]:
            continue
        if u == target:
            return
        for k in range(graph.indptr[u], graph.indptr[u + 1]):
            v = graph.indices[k]
            if not closed[v] and done + graph.weight[v] < way[v] and done + graph.weight[v] <= room:
                way[v] = done + graph.weight[v]
                heapq.heappush(queue, (way[v], np.int64(v)))
