"""What a walk must step over: carriageways round each junction, and rivers and rails along each edge.

Prepared once for a graph, as plain arrays that :mod:`gis.paths` follows every shortest way with.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from gis.crossings import NO_BARRIERS, BarrierLines
from gis.roads import CLASSES, RoadGraph

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TWIN = 40.0
"""Two arterial lines side by side and no farther apart than this, in metres, are one road's carriageways."""

_PARALLEL = np.cos(np.radians(20.0))
_BESIDE = np.sin(np.radians(45.0))
_ARM = 5.0


class Tables(NamedTuple):
    """What lies across the ways of a graph; all counts in halves of a crossing.

    ``weight`` (m,): halves that stepping over an edge costs: 2 for an arterial, 1 for one of its two
    carriageways, 0 for other roads, bridges and tunnels. ``after`` (2 m,): for the ends u and v of each edge
    the weights of the edges round that node, counterclockwise, up to and with this one; ``total`` (n,): the
    sum round the node. ``start`` (m + 1,), ``feature``, ``at``, ``halves``: barriers along each edge, by
    metres from its u.
    """

    weight: Ints
    after: Ints
    total: Ints
    start: Ints
    feature: Ints
    at: Floats
    halves: Ints


def tables(graph: RoadGraph, barriers: BarrierLines = NO_BARRIERS) -> Tables:
    """Prepare what :func:`gis.paths.measure` counts crossings with.

    Parameters
    ----------
    graph : RoadGraph
    barriers : BarrierLines, optional
        Rivers, rails and expressways: :func:`gis.crossings.barrier_lines`.
    """
    lines = graph.lines()
    weight = _weights(graph, lines)
    after, total = _arms(graph, lines, weight)
    return Tables(weight, after, total, *_events(graph, lines, barriers))


def none(graph: RoadGraph) -> Tables:
    """Tables for ways on which nothing is counted."""
    m, n = len(graph.u), len(graph.xy)
    empty = np.empty(0, np.int64)
    weight, after, total, start = (np.zeros(size, np.int64) for size in (m, 2 * m, n, m + 1))
    return Tables(weight, after, total, start, empty, np.empty(0), empty)


def _weights(graph: RoadGraph, lines: npt.NDArray[np.object_]) -> Ints:
    main = np.flatnonzero((graph.road_class == CLASSES.index("arterial")) & ~graph.bridge & ~graph.tunnel)
    weight = np.zeros(len(lines), dtype=np.int64)
    weight[main] = np.where(_twins(graph, lines, main), 1, 2)
    return weight


def _twins(graph: RoadGraph, lines: npt.NDArray[np.object_], main: Ints) -> Bools:
    """Tell which of the edges ``main`` have another beside them, parallel and unjoined: two carriageways."""
    own = lines[main]
    middle = np.asarray(shapely.line_interpolate_point(own, 0.5, normalized=True), dtype=object)
    one, two = shapely.STRtree(own).query(middle, predicate="dwithin", distance=TWIN)
    ends = np.stack([graph.u[main], graph.v[main]], axis=1)
    apart = (ends[one][:, :, None] != ends[two][:, None, :]).all(axis=(1, 2))
    one, two = one[apart], two[apart]
    way = graph.xy[ends[:, 1]] - graph.xy[ends[:, 0]]
    way = way / np.maximum(np.hypot(*way.T), 1e-9)[:, None]
    foot = shapely.line_interpolate_point(own[two], shapely.line_locate_point(own[two], middle[one]))
    off = shapely.get_coordinates(foot) - shapely.get_coordinates(middle[one])
    lateral = np.abs(way[one, 0] * off[:, 1] - way[one, 1] * off[:, 0]) >= _BESIDE * np.hypot(*off.T)
    parallel = np.abs((way[one] * way[two]).sum(axis=1)) >= _PARALLEL
    twin = np.zeros(len(main), dtype=bool)
    twin[one[lateral & parallel & (np.hypot(*off.T) > 0)]] = True
    return twin


def _arms(graph: RoadGraph, lines: npt.NDArray[np.object_], weight: Ints) -> tuple[Ints, Ints]:
    """Running sums of weights round every node, counterclockwise, at the two ends of every edge."""
    node = np.stack([graph.u, graph.v], axis=1).ravel().astype(np.int64)
    both = np.repeat(weight, 2)
    total = np.bincount(node, weights=both, minlength=len(graph.xy)).astype(np.int64)
    ends = np.flatnonzero(total[node] > 0)  # elsewhere there is nothing to step over
    order = ends[np.lexsort((_bearings(graph, lines, ends), node[ends]))]
    running = np.cumsum(both[order])
    before = np.concatenate([[0], np.cumsum(total)])[node[order]]
    after = np.zeros(len(node), dtype=np.int64)
    after[order] = running - before
    return after, total


def _bearings(graph: RoadGraph, lines: npt.NDArray[np.object_], ends: Ints) -> Floats:
    """Directions in which edges leave their ends (2 e: u of edge e, 2 e + 1: v), in radians."""
    edge, last = ends // 2, ends % 2 == 1
    reach = np.minimum(_ARM, graph.length[edge] / 3) * np.where(last, -1.0, 1.0)
    tip = shapely.get_coordinates(shapely.line_interpolate_point(lines[edge], reach))
    base = shapely.get_coordinates(shapely.get_point(lines[edge], np.where(last, -1, 0)))
    return np.arctan2(*(tip - base).T[::-1])


def _events(
    graph: RoadGraph, lines: npt.NDArray[np.object_], parts: BarrierLines
) -> tuple[Ints, Ints, Floats, Ints]:
    """Barriers along every edge that is no bridge or tunnel: where edges start, feature, metres, halves."""
    ground = np.flatnonzero(~graph.bridge & ~graph.tunnel)
    part, edge = shapely.STRtree(lines[ground]).query(parts.lines, predicate="intersects")
    edge = ground[edge]
    points, pair = shapely.get_parts(shapely.intersection(lines[edge], parts.lines[part]), return_index=True)
    spot = shapely.get_type_id(points) == 0
    points, edge, part = points[spot], edge[pair[spot]], part[pair[spot]]
    at = np.asarray(shapely.line_locate_point(lines[edge], points), dtype=float)
    order = np.lexsort((at, edge))
    start = np.searchsorted(edge[order], np.arange(len(lines) + 1)).astype(np.int64)
    halves = np.where(parts.surface[part], 1, 2)[order].astype(np.int64)
    return start, parts.feature[part][order].astype(np.int64), at[order], halves
