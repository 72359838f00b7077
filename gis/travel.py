"""How far children walk: along the road network, or a straight line times a stated detour, marked as such."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array

from gis import crossings
from gis.faults import FaultError
from gis.roads import RoadGraph
from gis.space_faults import check_units, metres_faults

DETOUR = 1.3
"""Metres walked for a metre in a straight line where no network says better: an assumption, shown as such."""

SPEED = 60.0
"""Metres a minute that a child walks, as planning uses it (1000 m are 16.7 minutes)."""

MAX_SNAP = 500.0
"""A place farther than this many metres from any road is not measured along the network."""

Floats = npt.NDArray[np.float64]
Number = TypeVar("Number", float, pd.Series, npt.NDArray[np.float64])
_TINY = 1e-6


def minutes(metres: Number, *, speed: float = SPEED) -> Number:
    """Walking time in minutes for a distance in metres, at ``speed`` metres a minute.

    Examples
    --------
    >>> round(minutes(1000.0), 1)
    16.7
    """
    if not speed > 0:
        raise ValueError(f"speed must be above 0 metres a minute, not {speed}")
    return metres / speed


def anchors(frame: gpd.GeoDataFrame) -> Floats:
    """Return x and y of the place each row is reached at: its point, or a point inside its polygon."""
    return shapely.get_coordinates(shapely.point_on_surface(frame.geometry.to_numpy()))


def walking(
    units: gpd.GeoDataFrame,
    schools: gpd.GeoDataFrame,
    *,
    graph: RoadGraph | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    detour: float = DETOUR,
    limit: float | None = None,
    max_snap: float = MAX_SNAP,
) -> pd.DataFrame:
    """Measure the walk from every unit to every school.

    Along the network: from the unit straight to the nearest point of the nearest road, the shortest way over
    roads, and straight to the school. Without a network, where either end is farther than ``max_snap`` from a
    road, or where no way leads over the network: the straight line times ``detour``, ``estimate`` set.

    Parameters
    ----------
    units : GeoDataFrame
        ``unit_id``, geometry; projected, in metres. Polygons are reached at a point inside them.
    schools : GeoDataFrame
        ``school_id``, geometry (Point), same CRS.
    graph : RoadGraph, optional
    barriers : GeoDataFrame, optional
        Rivers, rails and expressways, for ``crossings``.
    detour : float
        At least 1.
    limit : float, optional
        Metres; walks beyond it are reported as unreachable.
    max_snap : float
        Metres.

    Returns
    -------
    DataFrame
        One row a pair, units in their order, schools in theirs: ``unit_id, school_id, metres`` (inf:
        unreachable within the limit), ``estimate`` (bool), ``crossings``: the distinct rivers, rails,
        expressways (``barriers``) and arterial roads (``graph``) between the two along the **straight line**;
        whether the walk itself uses a bridge is not asked. ``attrs``: ``detour``, ``limit``, ``max_snap_m``
        (longest snap of a place that was measured along the network), ``far_units`` and ``far_schools`` (ids
        beyond ``max_snap``), ``estimated`` and ``unreachable`` (numbers of pairs), ``dropped_m`` (metres of
        road left out of the network).

    Raises
    ------
    FaultError
        For missing geometries, repeated ids or a CRS that is not in metres.
    ValueError
        If ``detour`` is below 1.
    """
    if detour < 1:
        raise ValueError(f"detour must be at least 1, not {detour}")
    check_units(units)
    if faults := metres_faults(schools, "schools"):
        raise FaultError(faults)
    start, end = anchors(units), anchors(schools)
    straight = np.hypot(*(start[:, None, :] - end[None, :, :]).transpose(2, 0, 1)) * detour
    found = _Walks(straight, np.zeros(len(start), dtype=bool), np.zeros(len(end), dtype=bool))
    if graph is not None and len(start) and len(end):
        found = _along_network(graph, start, end, straight, limit, max_snap)
    metres = found.metres if limit is None else np.where(found.metres > limit, np.inf, found.metres)
    cuts = crossings.count(start, end, crossings.obstacles(barriers, graph))
    frame = _long(
        units["unit_id"],
        schools["school_id"],
        metres,
        np.logical_not(found.known) & np.isfinite(metres),
        cuts,
    )
    frame.attrs = {
        "detour": detour,
        "limit": limit,
        "max_snap_m": found.max_snap_m,
        "dropped_m": 0.0 if graph is None else graph.dropped_m,
        "far_units": units["unit_id"][found.far_start].astype(str).tolist(),
        "far_schools": schools["school_id"][found.far_end].astype(str).tolist(),
        "estimated": int(frame["estimate"].sum()),
        "unreachable": int(np.isinf(metres).sum()),
    }
    return frame


@dataclass(frozen=True)
class _Walks:
    """Metres by unit and school, which of them the network gave, and which places are far from any road."""

    metres: Floats
    far_start: npt.NDArray[np.bool_]
    far_end: npt.NDArray[np.bool_]
    known: Any = False
    max_snap_m: float = 0.0


def _along_network(
    graph: RoadGraph, start: Floats, end: Floats, straight: Floats, limit: float | None, max_snap: float
) -> _Walks:
    lines = shapely.STRtree(graph.lines())
    here, there = _snap(graph, lines, start), _snap(graph, lines, end)
    far_start, far_end = here.off > max_snap, there.off > max_snap
    near = np.concatenate([here.off[~far_start], there.off[~far_end]])
    # A way that only the limit cut short is unreachable, not an estimate.
    known = ~far_start[:, None] & ~far_end[None, :] & _connected(graph, here, there)
    metres = np.where(known, _network(graph, here, there, limit), straight)
    return _Walks(metres, far_start, far_end, known, float(near.max(initial=0.0)))


def snap_distances(places: gpd.GeoDataFrame, graph: RoadGraph) -> pd.Series:
    """Metres from each place to the nearest road of the network, on the index of ``places``."""
    snapped = _snap(graph, shapely.STRtree(graph.lines()), anchors(places))
    return pd.Series(snapped.off, index=places.index, name="snap_m")


@dataclass(frozen=True)
class _Snap:
    """Where places meet the network: edge, metres from its start along it, metres beside it."""

    edge: npt.NDArray[np.int64]
    at: Floats
    off: Floats


def _snap(graph: RoadGraph, lines: shapely.STRtree, xy: Floats) -> _Snap:
    points = np.asarray(shapely.points(xy), dtype=object)
    edge = lines.nearest(points)
    line = lines.geometries[edge]
    at = np.asarray(shapely.line_locate_point(line, points))
    return _Snap(edge, np.minimum(at, graph.length[edge]), np.asarray(shapely.distance(line, points)))


def _network(graph: RoadGraph, here: _Snap, there: _Snap, limit: float | None) -> Floats:
    """Metres from each place ``here`` to each place ``there``, snaps included; inf where there is no way."""
    from scipy.sparse.csgraph import dijkstra

    reach = np.inf if limit is None else limit
    count = len(graph.xy)
    sources = np.arange(count, count + len(there.edge))
    away = dijkstra(_with_sources(graph, there), indices=sources, limit=reach)[:, :count].T
    rest = graph.length[here.edge] - here.at
    along = np.minimum(away[graph.u[here.edge]] + here.at[:, None], away[graph.v[here.edge]] + rest[:, None])
    row, column = np.nonzero(here.edge[:, None] == there.edge[None, :])
    along[row, column] = np.minimum(along[row, column], np.abs(here.at[row] - there.at[column]))
    return along + here.off[:, None] + there.off[None, :]


def _with_sources(graph: RoadGraph, there: _Snap) -> csr_array:
    """Lengths with one more node for every school, from which ways lead to the two ends of its edge."""
    count, extra = len(graph.xy), len(there.edge)
    own = coo_array(graph.matrix)
    row = np.arange(count, count + extra)
    rest = graph.length[there.edge] - there.at
    parts = [(row, graph.u[there.edge], there.at), (row, graph.v[there.edge], rest)]
    loop = graph.u[there.edge] == graph.v[there.edge]
    parts[1] = (row[~loop], parts[1][1][~loop], rest[~loop])  # coo would add both ways of a loop up
    parts[0] = (row, parts[0][1], np.where(loop, np.minimum(there.at, rest), there.at))
    return csr_array(
        coo_array(
            (
                np.concatenate([own.data, *(np.maximum(p[2], _TINY) for p in parts)]),
                (
                    np.concatenate([own.coords[0], *(p[0] for p in parts)]),
                    np.concatenate([own.coords[1], *(p[1] for p in parts)]),
                ),
            ),
            shape=(count + extra, count + extra),
        )
    )


def _connected(graph: RoadGraph, here: _Snap, there: _Snap) -> npt.NDArray[np.bool_]:
    """Pairs that lie on one connected part of the network (a walk beyond the limit is no estimate)."""
    from scipy.sparse.csgraph import connected_components

    part = connected_components(graph.matrix, directed=False)[1]
    return part[graph.u[here.edge]][:, None] == part[graph.u[there.edge]][None, :]


def _long(unit_id: pd.Series, school_id: pd.Series, metres: Floats, estimate: Any, cuts: Any) -> pd.DataFrame:
    n, m = metres.shape
    return pd.DataFrame(
        {
            "unit_id": pd.Index(unit_id.astype(str)).repeat(m),
            "school_id": pd.Index(school_id.astype(str)).take(np.tile(np.arange(m), n)),
            "metres": metres.ravel(),
            "estimate": estimate.ravel(),
            "crossings": cuts.ravel(),
        }
    )
