"""Rivers, railways and main roads as features, and how many of them lie across the straight line of a walk.

Walks along the network are counted along their way instead: see :mod:`gis.carriageways` and :mod:`gis.paths`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gis.barriers import BUNDLE, at_ground
from gis.roads import CLASSES, RoadGraph

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Obstacles:
    """Segments (m, 2, 2) of what should not be crossed, and the number of the feature each belongs to."""

    ends: Floats
    feature: Ints


def obstacles(barriers: gpd.GeoDataFrame | None, graph: RoadGraph | None) -> Obstacles:
    """Collect barriers (rivers, rails, expressways) and the arterial roads of a graph.

    Barriers of one kind and name are one feature; so are nameless ones of a kind that lie within ``BUNDLE``
    metres of each other (a yard of twenty tracks is one railway), and the edges of one named road. Bridges
    and tunnels of roads are left out, as people pass under or over them.
    """
    found = [_barrier_segments(barriers), _road_segments(graph)]
    shift = [0, int(found[0].feature.max(initial=-1)) + 1]
    return Obstacles(
        np.concatenate([f.ends for f in found]),
        np.concatenate([f.feature + s for f, s in zip(found, shift)]),
    )


@dataclass(frozen=True)
class BarrierLines:
    """Lines of barriers, the number of the feature each belongs to, and whether it bounds a surface."""

    lines: npt.NDArray[np.object_]
    feature: Ints
    surface: npt.NDArray[np.bool_]


NO_BARRIERS = BarrierLines(np.empty(0, dtype=object), np.empty(0, np.int64), np.empty(0, bool))


def barrier_lines(barriers: gpd.GeoDataFrame | None) -> BarrierLines:
    """Return the lines of barriers, without those on viaducts and in tunnels."""
    kept = None if barriers is None else at_ground(barriers)
    if kept is None or not len(kept):
        return NO_BARRIERS
    shapes = shapely.force_2d(kept.geometry.to_numpy())
    parts, of = shapely.get_parts(shapes, return_index=True)
    surface = shapely.get_dimensions(parts) == 2
    parts[surface] = shapely.boundary(parts[surface])
    return BarrierLines(parts, _features(kept, shapes)[of], surface)


def met(ways: npt.NDArray[np.object_], barriers: BarrierLines) -> Ints:
    """Count what each straight way meets, in halves of a crossing: a line is two, a bank of a surface one."""
    way, part = shapely.STRtree(barriers.lines).query(ways, predicate="intersects")
    bank = barriers.surface[part]
    lines = np.unique(np.stack([way[~bank], barriers.feature[part[~bank]]]), axis=1)[0]
    banks, spots = (
        way[bank],
        shapely.get_num_geometries(shapely.intersection(ways[way[bank]], barriers.lines[part[bank]])),
    )
    halves = np.bincount(np.repeat(banks, spots), minlength=len(ways))
    return (halves + 2 * np.bincount(lines, minlength=len(ways))).astype(np.int64)


def _segments(parts: Any, feature: Ints) -> Obstacles:
    xy, part = shapely.get_coordinates(parts, return_index=True)
    same = part[1:] == part[:-1]
    ends = np.stack([xy[:-1][same], xy[1:][same]], axis=1)
    return Obstacles(ends.reshape(-1, 2, 2), feature[part[:-1][same]])


def _barrier_segments(barriers: gpd.GeoDataFrame | None) -> Obstacles:
    found = barrier_lines(barriers)
    return _segments(found.lines, found.feature)


def _features(barriers: gpd.GeoDataFrame, shapes: Any) -> Ints:
    """Number the features: of one name and kind, or nameless ones of a kind near each other."""
    kind, name = (_text(barriers, column) for column in ("kind", "name"))
    named = name != ""
    number = np.empty(len(barriers), dtype=np.int64)
    number[named] = np.unique(np.char.add(np.char.add(name, "|"), kind)[named], return_inverse=True)[1]
    number[~named] = _bundles(shapes[~named], kind[~named]) + len(barriers)
    return number


def _text(frame: gpd.GeoDataFrame, column: str) -> npt.NDArray[np.str_]:
    if column not in frame:
        return np.full(len(frame), "", dtype=str)
    return frame[column].fillna("").astype(str).to_numpy().astype(str)


def _bundles(shapes: Any, kind: Any) -> Ints:
    """Groups of features of one kind, each within ``BUNDLE`` metres of the next: parallel tracks."""
    near, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=BUNDLE)
    alike = kind[near] == kind[other]
    links = coo_array((np.ones(alike.sum()), (near[alike], other[alike])), shape=(len(shapes), len(shapes)))
    return connected_components(links, directed=False)[1].astype(np.int64)


def _road_segments(graph: RoadGraph | None) -> Obstacles:
    if graph is None:
        return Obstacles(np.empty((0, 2, 2)), np.empty(0, dtype=np.int64))
    main = (graph.road_class == CLASSES.index("arterial")) & ~graph.bridge & ~graph.tunnel
    return _segments(graph.lines()[main], graph.road[main].astype(np.int64))


def count(starts: Floats, ends: Floats, things: Obstacles) -> npt.NDArray[np.int64]:
    """Count the distinct features that the straight line from each start to each end crosses.

    Round each end, a segment can only cut lines to starts that lie in its angle: starts are sorted by their
    direction, so each segment is tested against a few of them and not against all.

    Returns
    -------
    int64 (len(starts), len(ends))
    """
    out = np.zeros((len(starts), len(ends)), dtype=np.int64)
    if len(things.ends) and len(starts):
        features = int(things.feature.max()) + 1
        for column, end in enumerate(ends):
            start, segment = _cuts(starts, end, things.ends)
            pairs = np.unique(start * features + things.feature[segment])
            out[:, column] = np.bincount(pairs // features, minlength=len(starts))
    return out


def _cuts(starts: Floats, end: Floats, segments: Floats) -> tuple[Ints, Ints]:
    """Rows of starts and of segments where the line from the start to ``end`` cuts the segment."""
    bearing = np.arctan2(*(starts - end).T[::-1])
    order = np.argsort(bearing)
    around = np.concatenate([bearing[order], bearing[order] + 2 * np.pi])
    one, two = (np.arctan2(*(segments[:, i] - end).T[::-1]) for i in (0, 1))
    turn = (two - one + np.pi) % (2 * np.pi) - np.pi
    low = np.where(turn >= 0, one, two)
    first = np.searchsorted(around, low, side="left")
    many = np.searchsorted(around, low + np.abs(turn), side="left") - first
    segment = np.repeat(np.arange(len(segments)), many)
    step = np.arange(len(segment)) - np.repeat(np.cumsum(many) - many, many)
    start = order[(first[segment] + step) % len(starts)]
    cut = _side(starts[start], segments[segment]) * _side(end, segments)[segment] < 0
    return start[cut], segment[cut]


def _side(point: Floats, segments: Floats) -> Floats:
    """Sign of the side of each segment on which a point lies."""
    along, off = segments[:, 1] - segments[:, 0], point - segments[:, 0]
    return np.sign(along[:, 0] * off[:, 1] - along[:, 1] * off[:, 0])
