"""Shortest ways from many places to a few, followed edge by edge over the trees that dijkstra gives.

For every place to be reached, dijkstra leaves a tree over the network; the ways of all other places run along
its branches. What a way costs, how long it is and what it steps over is carried outward along the branches,
each node once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from numba import njit
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from gis import access, carriageways
from gis.access import Snapped
from gis.carriageways import Tables
from gis.roads import RoadGraph, graph_from_lines

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCK = 16
"""Places whose trees are held at a time: 16 trees of a million nodes are 200 MB."""

SAME_CROSSING = 100.0
"""A barrier met again within this many metres of the way is the same crossing: the tracks of one railway."""

_TINY = 1e-6


class Net(NamedTuple):
    """A network as arrays: CSR with the edge of every entry, edge ends, metres and cost of edges."""

    indptr: Any
    indices: Any
    entry: Any
    u: Any
    v: Any
    length: Any
    cost: Any


class Spots(NamedTuple):
    """Snapped places: edge, metres along it and beside it, side, owner, barriers on the way to the road."""

    edge: Any
    at: Any
    off: Any
    side: Any
    owner: Any
    met: Any


class State(NamedTuple):
    """What is known of the way from the root to each node of a tree.

    ``edge`` by which it is reached (-1: not yet known); ``metres``, of which ``off`` the road at the root;
    halves of crossings of carriageways, being on the ``left`` or the ``right`` of that edge; ``met`` halves
    of barriers, the ``last`` feature met and ``where`` along the way.
    """

    edge: Any
    metres: Any
    off: Any
    left: Any
    right: Any
    met: Any
    last: Any
    where: Any


@dataclass(frozen=True)
class Ways:
    """Best ways by starting place's owner (rows) and owner reached (columns); inf and -1 where there is none.

    ``off`` is the part of ``metres`` that lies off the road at both ends, in straight lines.
    """

    cost: Floats
    metres: Floats
    off: Floats
    crossings: Ints


def measure(
    graph: RoadGraph,
    here: Snapped,
    there: Snapped,
    shape: tuple[int, int],
    *,
    across: Tables,
    cost: Floats | None = None,
    beside: float = 1.0,
    limit: float | None = None,
) -> Ways:
    """Find the best way from every owner in ``here`` to every owner in ``there``.

    An owner with several places is left or entered by the one that gives the cheapest way. A way runs
    straight to the nearest point of the nearest road, along roads, and straight to its end.

    **Crossings.** A walker keeps to one side of an arterial road and to no side of other roads. Passing a
    junction, the walker goes round it and steps over every arterial carriageway that lies between the side
    come along and the side left by, the shorter way round; or crosses the arterial between junctions, which
    counts the same. The number stated is the least for the way taken: one for stepping over a through road;
    one for coming onto an arterial from one side, walking along it and turning off to the other; none for
    walking along it and turning off to the same side, nor where an arterial ends. Two parallel carriageways
    (``gis.carriageways.TWIN``) are one crossing. A river, rail or expressway counts where the way meets it,
    once within ``SAME_CROSSING`` metres; the two banks of a surface are one. Bridges, tunnels and footbridges
    meet nothing: they have no carriageway at ground level.
    Limits: of several equally short ways one is counted; a path along a road that is drawn as a line of its
    own, with its own crossings, counts only where it meets the carriageway's line; a way that ends on a
    barrier's line counts as crossing it.

    Parameters
    ----------
    graph : RoadGraph
    here, there : Snapped
        ``owner`` numbers rows and columns of the result.
    shape : (int, int)
        Number of owners here and there.
    across : Tables
        Of :func:`gis.carriageways.tables`.
    cost : float64 (m,), optional
        Cost of each edge; default its metres.
    beside : float
        Cost of a metre off the road.
    limit : float, optional
        Ways of a higher cost are not looked for.
    """
    price = graph.length if cost is None else cost
    net = _net(graph, price)
    spots = _spots(here), _spots(there)
    size = shape[::-1]  # a row for each owner reached is in one piece
    best, metres, off = (np.full(size, np.inf) for _ in range(3))
    crossed = np.full(size, -1, dtype=np.int64)
    away = _with_roots(net, spots[1], beside, shape[1], len(graph.xy))
    first = np.searchsorted(there.owner, np.arange(shape[1] + 1))
    reached = np.unique(there.owner)
    for begin in range(0, len(reached), BLOCK):
        block = reached[begin : begin + BLOCK]
        roots = len(graph.xy) + block
        reach = np.inf if limit is None else limit
        far, back = dijkstra(away, indices=roots, limit=reach, return_predecessors=True)
        for row, column in enumerate(block):
            own = Spots(*(values[first[column] : first[column + 1]] for values in spots[1]))
            out = best[column], metres[column], off[column], crossed[column]
            _follow(net, Tables(*across), spots[0], own, far[row], back[row], beside, *out)
    return Ways(best.T, metres.T, off.T, crossed.T)


def warm() -> None:
    """Measure one way, so that the compiled code lies in the cache for later processes."""
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (100, 0)])])
    graph = graph_from_lines(line)
    end = access.Access(np.array([[10.0, 0.0]]), np.zeros(1, np.int64), np.zeros(1))
    place = access.snap(graph, end)
    measure(graph, place, place, (1, 1), across=carriageways.none(graph))


def _net(graph: RoadGraph, cost: Floats) -> Net:
    u, v = graph.u.astype(np.int64), graph.v.astype(np.int64)
    a, b = np.concatenate([u, v]), np.concatenate([v, u])
    edge = np.tile(np.arange(len(u)), 2)
    order = np.lexsort((np.tile(cost, 2), b, a))
    a, b, edge = a[order], b[order], edge[order]
    first = np.concatenate([[True], (np.diff(a) != 0) | (np.diff(b) != 0)]) & (a != b)
    indptr = np.searchsorted(a[first], np.arange(len(graph.xy) + 1)).astype(np.int64)
    return Net(indptr, b[first], edge[first], u, v, np.array(graph.length), np.array(cost))


def _spots(places: Snapped) -> Spots:
    off = places.off + places.inside
    return Spots(places.edge, places.at, off, places.side.astype(np.int64), places.owner, places.met)


def _with_roots(net: Net, there: Spots, beside: float, owners: int, count: int) -> csr_array:
    """Costs with one more node for every owner, from which ways lead to the ends of its places' edges."""
    share = there.at / np.maximum(net.length[there.edge], _TINY)
    price, leg = net.cost[there.edge], there.off * beside
    row = np.tile(there.owner, 2)
    column = np.concatenate([net.u[there.edge], net.v[there.edge]])
    value = np.maximum(np.concatenate([price * share + leg, price * (1 - share) + leg]), _TINY)
    order = np.lexsort((value, column, row))
    row, column, value = row[order], column[order], value[order]
    first = np.concatenate([[True], (np.diff(row) != 0) | (np.diff(column) != 0)])[: len(row)]
    row, column, value = row[first], column[first], value[first]
    more = np.searchsorted(row, np.arange(1, owners + 1))
    return csr_array(
        (
            np.concatenate([np.maximum(net.cost[net.entry], _TINY), value]),
            np.concatenate([net.indices, column]).astype(np.int32),
            np.concatenate([net.indptr, net.indptr[-1] + more]).astype(np.int32),
        ),
        shape=(count + owners, count + owners),
    )


@njit(cache=True, nogil=True, inline="always")
def _round(total: int, start: int, stop: int) -> int:
    """Halves stepped over going round a node from one place to another, the shorter way."""
    if total == 0:
        return 0
    way = (stop - start) % total
    return min(way, total - way)


@njit(cache=True, nogil=True, inline="always")
def _pass(across: Tables, total: int, came: int, left: int, right: int, leave: int) -> tuple[int, int]:
    """Least halves on the left and right of the edge end ``leave``, having come along edge end ``came``."""
    if total == 0:
        return min(left, right), min(left, right)
    weight, goes = across.weight[came // 2], across.weight[leave // 2]
    on_left, on_right = across.after[came] - weight, across.after[came]
    to_left, to_right = across.after[leave], across.after[leave] - goes
    one = min(left + _round(total, on_left, to_left), right + _round(total, on_right, to_left))
    two = min(left + _round(total, on_left, to_right), right + _round(total, on_right, to_right))
    return min(one, two + goes), min(two, one + goes)


@njit(cache=True, nogil=True, inline="always")
def _meet(
    across: Tables, edge: int, start: float, stop: float, base: float, met: int, last: int, where: float
) -> tuple[int, int, float]:
    """Add the barriers met along an edge from ``start`` to ``stop`` metres, ``base`` metres from the root."""
    low, high = across.start[edge], across.start[edge + 1]
    forward = stop >= start
    for step in range(high - low):
        k = low + step if forward else high - 1 - step
        at = across.at[k]
        if min(start, stop) <= at <= max(start, stop):
            here = base + abs(at - start)
            apart = SAME_CROSSING if across.halves[k] == 2 else 0.01
            if across.feature[k] != last or here - where > apart:
                met += across.halves[k]
            last, where = across.feature[k], here
    return met, last, where


@njit(cache=True, nogil=True, inline="always")
def _entry(net: Net, node: int, before: int) -> int:
    """Edge by which the tree goes from ``before`` to ``node``."""
    for k in range(net.indptr[before], net.indptr[before + 1]):
        if net.indices[k] == node:
            return net.entry[k]
    return -1


@njit(cache=True, nogil=True, inline="always")
def _leave_root(
    net: Net, across: Tables, roots: Spots, beside: float, node: int, far: float, state: State
) -> None:
    """Set the state of a node that is reached straight from one of the root's places."""
    best, edge, place, toward = np.inf, -1, -1, 0
    for p in range(len(roots.edge)):
        e = roots.edge[p]
        share = roots.at[p] / max(net.length[e], _TINY)
        for end in range(2):
            if (net.u[e] if end == 0 else net.v[e]) == node:
                part = share if end == 0 else 1.0 - share
                error = abs(max(net.cost[e] * part + roots.off[p] * beside, _TINY) - far)
                if error < best:
                    best, edge, place, toward = error, e, p, end
    weight, side = across.weight[edge], roots.side[place]
    if toward == 0:
        side = -side
    way = roots.at[place] if toward == 0 else net.length[edge] - roots.at[place]
    state.edge[node] = 2 * edge + toward
    state.metres[node] = way + roots.off[place]
    state.off[node] = roots.off[place]
    state.left[node] = 0 if side >= 0 else weight
    state.right[node] = 0 if side <= 0 else weight
    goal = 0.0 if toward == 0 else net.length[edge]
    found = _meet(across, edge, roots.at[place], goal, roots.off[place], roots.met[place], -1, -1e9)
    state.met[node], state.last[node], state.where[node] = found


@njit(cache=True, nogil=True, inline="always")
def _grow(net: Net, across: Tables, node: int, before: int, state: State) -> None:
    """Set the state of a node from that of the node before it on the tree."""
    edge = _entry(net, node, before)
    backward = net.v[edge] == before and net.u[edge] == node
    leave = 2 * edge + (1 if backward else 0)
    halves = _pass(
        across, across.total[before], state.edge[before], state.left[before], state.right[before], leave
    )
    state.left[node], state.right[node] = halves
    state.edge[node] = 2 * edge + (0 if backward else 1)
    state.metres[node] = state.metres[before] + net.length[edge]
    state.off[node] = state.off[before]
    start, stop = (net.length[edge], 0.0) if backward else (0.0, net.length[edge])
    found = _meet(
        across, edge, start, stop, state.metres[before], state.met[before], state.last[before],
        state.where[before],
    )  # fmt: skip
    state.met[node], state.last[node], state.where[node] = found


@njit(cache=True, nogil=True, inline="always")
def _resolve(
    net: Net,
    across: Tables,
    roots: Spots,
    beside: float,
    node: int,
    far: Any,
    back: Any,
    state: State,
    stack: Any,
) -> None:
    """Make the state of a node known, and of all nodes before it."""
    count, top = len(net.indptr) - 1, 0
    while state.edge[node] < 0:
        stack[top] = node
        top += 1
        if back[node] >= count:
            break
        node = back[node]
    while top > 0:
        top -= 1
        node = stack[top]
        if back[node] >= count:
            _leave_root(net, across, roots, beside, node, far[node], state)
        else:
            _grow(net, across, node, back[node], state)


@njit(cache=True, nogil=True, inline="always")
def _arrive(
    net: Net, across: Tables, spot: Spots, p: int, end: int, state: State
) -> tuple[float, float, int]:
    """Metres, those off the road, and crossings of the way to place ``p`` from an end of its edge."""
    edge = spot.edge[p]
    node = net.u[edge] if end == 0 else net.v[edge]
    left, right = _pass(
        across, across.total[node], state.edge[node], state.left[node], state.right[node], 2 * edge + end
    )
    side = spot.side[p] if end == 0 else -spot.side[p]
    halves = min(left, right) if side == 0 else (left if side > 0 else right)
    start = 0.0 if end == 0 else net.length[edge]
    met = _meet(
        across, edge, start, spot.at[p], state.metres[node], state.met[node], state.last[node],
        state.where[node],
    )[0]  # fmt: skip
    metres = state.metres[node] + abs(spot.at[p] - start) + spot.off[p]
    return metres, state.off[node] + spot.off[p], (halves + 1) // 2 + (met + spot.met[p] + 1) // 2


@njit(cache=True, nogil=True, inline="always")
def _direct(net: Net, across: Tables, spot: Spots, p: int, roots: Spots, r: int) -> tuple[float, float, int]:
    """Metres, those off the road, and crossings of the way between two places on one edge."""
    edge = spot.edge[p]
    halves = across.weight[edge] if spot.side[p] * roots.side[r] < 0 else 0
    met = _meet(across, edge, roots.at[r], spot.at[p], 0.0, roots.met[r] + spot.met[p], -1, -1e9)[0]
    off = spot.off[p] + roots.off[r]
    return abs(spot.at[p] - roots.at[r]) + off, off, (halves + 1) // 2 + (met + 1) // 2


@njit(cache=True, nogil=True)
def _follow(
    net: Net, across: Tables, spot: Spots, roots: Spots, far: Any, back: Any, beside: float,
    cost: Any, metres: Any, off: Any, crossed: Any,
) -> None:  # fmt: skip
    """Fill one column of the result: the ways of all places to one root."""
    count = len(net.indptr) - 1
    state = State(
        np.full(count, -1, np.int64), np.zeros(count), np.zeros(count), np.zeros(count, np.int64),
        np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count),
    )  # fmt: skip
    stack = np.empty(count, np.int64)
    for p in range(len(spot.edge)):
        edge, owner = spot.edge[p], spot.owner[p]
        share = spot.at[p] / max(net.length[edge], _TINY)
        for r in range(len(roots.edge)):
            if roots.edge[r] == edge:
                part = abs(spot.at[p] - roots.at[r]) / max(net.length[edge], _TINY)
                price = part * net.cost[edge] + (spot.off[p] + roots.off[r]) * beside
                if price < cost[owner]:
                    cost[owner] = price
                    metres[owner], off[owner], crossed[owner] = _direct(net, across, spot, p, roots, r)
        for end in range(2):
            node = net.u[edge] if end == 0 else net.v[edge]
            part = share if end == 0 else 1.0 - share
            price = far[node] + part * net.cost[edge] + spot.off[p] * beside
            if price < cost[owner]:
                _resolve(net, across, roots, beside, node, far, back, state, stack)
                cost[owner] = price
                metres[owner], off[owner], crossed[owner] = _arrive(net, across, spot, p, end, state)
