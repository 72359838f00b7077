"""Turn road lines into nodes and edges: what is joined, what merely crosses, and what is snapped together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

_GRID = 0.001
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Chains:
    """Vertices of lines in order along each: line, metres from its start, x and y, and its place.

    Vertices with the same ``place`` are one spot; a place that more than one vertex shares is a junction.
    """

    line: Ints
    at: Floats
    xy: Floats
    place: Ints


def chains(lines: npt.NDArray[np.object_], apart: Bools, *, snap: float, node_crossings: bool) -> Chains:
    """Find the junctions of lines.

    Parameters
    ----------
    lines : array of LineString
    apart : bool array
        Lines on bridges and in tunnels: they join others at shared vertices and at their own ends only.
    snap : float
        Metres within which the end of a line joins another line.
    node_crossings : bool
        Join lines that cross without a shared vertex, except those ``apart``.
    """
    xy, line = shapely.get_coordinates(lines, return_index=True)
    raw = Chains(line, _along(xy, line), xy, _places(xy))
    if snap > 0:
        raw = _insert(raw, *_end_joints(lines, apart, raw, snap))
    if node_crossings:
        raw = _insert(raw, *_crossings(lines[~apart], np.flatnonzero(~apart)))
    return raw if snap <= 0 else _merged(raw, apart, snap)


def _along(xy: Floats, line: Ints) -> Floats:
    """Metres from the start of its line to each vertex."""
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    fresh = np.diff(line, prepend=-1) != 0
    step[fresh] = 0.0
    total = np.cumsum(step)
    return total - total[fresh][np.cumsum(fresh) - 1]


def _places(xy: Floats) -> Ints:
    return np.unique(np.round(xy / _GRID).astype(np.int64), axis=0, return_inverse=True)[1].ravel()


def line_ends(line: Ints) -> Bools:
    """Which vertices are the first or the last of their line."""
    change = np.diff(line) != 0
    return np.concatenate([[True], change]) | np.concatenate([change, [True]])


def _insert(raw: Chains, line: Ints, at: Floats, xy: Floats) -> Chains:
    """Add vertices to lines at metres ``at``."""
    lines, positions = np.concatenate([raw.line, line]), np.concatenate([raw.at, at])
    order = np.lexsort((positions, lines))
    both = np.vstack([raw.xy, xy])[order]
    return Chains(lines[order], positions[order], both, _places(both))


def _end_joints(
    lines: npt.NDArray[np.object_], apart: Bools, raw: Chains, snap: float
) -> tuple[Ints, Floats, Floats]:
    """Ends of lines that lie on, or within ``snap`` of, the inside of another line: T junctions."""
    spots, first = np.unique(raw.place[line_ends(raw.line)], return_index=True)
    points = np.asarray(shapely.points(raw.xy[line_ends(raw.line)][first]), dtype=object)
    ground = np.flatnonzero(~apart)
    spot, line = shapely.STRtree(lines[ground]).query(points, predicate="dwithin", distance=snap)
    line = ground[line]
    known = set(zip(raw.place.tolist(), raw.line.tolist()))
    fresh = np.array([pair not in known for pair in zip(spots[spot].tolist(), line.tolist())], dtype=bool)
    spot, line = spot[fresh], line[fresh]
    at = np.asarray(shapely.line_locate_point(lines[line], points[spot]))
    inside = (at > snap) & (at < shapely.length(lines[line]) - snap)
    return line[inside], at[inside], shapely.get_coordinates(points[spot[inside]])


def _crossings(lines: npt.NDArray[np.object_], number: Ints) -> tuple[Ints, Floats, Floats]:
    left, right = shapely.STRtree(lines).query(lines, predicate="intersects")
    left, right = left[left < right], right[left < right]
    met = shapely.get_parts(shapely.intersection(lines[left], lines[right]), return_index=True)
    points, pair = met[0][shapely.get_type_id(met[0]) == 0], met[1][shapely.get_type_id(met[0]) == 0]
    sides = [left[pair], right[pair]]
    at = np.concatenate([shapely.line_locate_point(lines[side], points) for side in sides])
    xy = np.tile(shapely.get_coordinates(points), (2, 1))
    return number[np.concatenate(sides)], at, xy


def _merged(raw: Chains, apart: Bools, snap: float) -> Chains:
    """Let ends and vertices within ``snap`` of each other stand on one place."""
    ends, count = line_ends(raw.line), int(raw.place.max()) + 1
    joinable = np.zeros(count, dtype=bool)
    joinable[raw.place[ends | ~apart[raw.line]]] = True
    is_end = np.zeros(count, dtype=bool)
    is_end[raw.place[ends]] = True
    xy = np.zeros((count, 2))
    xy[raw.place] = raw.xy
    rows = np.flatnonzero(joinable)
    pairs = rows[KDTree(xy[rows]).query_pairs(snap, output_type="ndarray")]
    pairs = pairs[is_end[pairs].any(axis=1)]
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    group = connected_components(links, directed=False)[1]
    return Chains(raw.line, raw.at, raw.xy, group[raw.place].astype(np.int64))


@dataclass(frozen=True)
class Edges:
    """Edges between junctions: end nodes, line, length, and where their vertices are (start, stop)."""

    xy: Floats
    u: Ints
    v: Ints
    line: Ints
    length: Floats
    start: Ints
    stop: Ints


def edges(chain: Chains) -> Edges:
    """Cut chains at their junctions. Edges of no length are left out."""
    uses = np.bincount(chain.place)
    node = line_ends(chain.line) | (uses[chain.place] > 1)
    at = np.flatnonzero(node)
    same = chain.line[at[:-1]] == chain.line[at[1:]]
    start, stop = at[:-1][same], at[1:][same]
    length = chain.at[stop] - chain.at[start]
    real = (length > 0) & ~((chain.place[start] == chain.place[stop]) & (stop - start == 1))
    start, stop, length = start[real], stop[real], length[real]
    _, first, number = np.unique(
        chain.place[np.concatenate([start, stop])], return_index=True, return_inverse=True
    )
    xy = chain.xy[np.concatenate([start, stop])[first]]
    u, v = number.ravel()[: len(start)], number.ravel()[len(start) :]
    return Edges(xy, u, v, chain.line[start], length, start, stop)


def slices(start: Ints, stop: Ints) -> tuple[Ints, Ints]:
    """Rows start..stop (both included) of every edge, one after another, and where each edge's rows begin."""
    count = stop - start + 1
    begin = np.concatenate([[0], np.cumsum(count)])
    return np.arange(begin[-1]) - np.repeat(begin[:-1] - start, count), begin


def main_component(u: Ints, v: Ints, length: Floats, count: int) -> Any:
    """Nodes of the connected part with the greatest length of edges (bool array)."""
    links = coo_array((np.ones(len(u)), (u, v)), shape=(count, count))
    part = connected_components(links, directed=False)[1]
    return part == np.argmax(np.bincount(part[u], weights=length))
