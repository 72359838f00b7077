"""How far children walk: along the road network, or a straight line times a stated detour, marked as such."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array

from gis import access, carriageways, crossings
from gis.access import Snapped
from gis.faults import FaultError
from gis.roads import RoadGraph
from gis.space_faults import check_units, metres_faults

DETOUR = 1.3
"""Metres walked for a metre in a straight line where no network says better: an assumption, shown as such."""

SPEED = 60.0
"""Metres a minute that a child walks, as planning uses it (1000 m are 16.7 minutes)."""

MAX_SNAP = 500.0
"""A place farther than this many metres from any road is not measured along the network."""

LONG_SNAP = 200.0
"""A place farther than this many metres from any road is named: its coordinates or the roads want a look."""

WAYS = ("roads", "no_roads", "far", "no_way", "beyond")
"""What a distance is the length of, see :func:`walking`."""

Floats = npt.NDArray[np.float64]
Number = TypeVar("Number", float, pd.Series, npt.NDArray[np.float64])


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


def walking(
    units: gpd.GeoDataFrame,
    schools: gpd.GeoDataFrame,
    *,
    graph: RoadGraph | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    entrances: gpd.GeoDataFrame | None = None,
    detour: float = DETOUR,
    limit: float | None = None,
    max_snap: float = MAX_SNAP,
) -> pd.DataFrame:
    """Measure the walk from every unit to every school.

    Along the network: from the unit's entrance (see :func:`gis.access.access`) straight to the nearest point
    of the nearest road, the shortest way over roads, and straight to the school's. Where no walk along roads
    is known the straight line times ``detour`` stands in, with ``estimate`` set and ``way`` saying why.

    Parameters
    ----------
    units : GeoDataFrame
        ``unit_id``, geometry; projected, in metres. Polygons without entrance are left at a point inside.
    schools : GeoDataFrame
        ``school_id``, geometry (Point), same CRS.
    graph : RoadGraph, optional
    barriers : GeoDataFrame, optional
        Rivers, rails and expressways (:func:`gis.barriers.all_barriers`), for ``crossings``.
    entrances : GeoDataFrame, optional
        Entrances and dwelling anchors, as :func:`gis.access.access` takes them.
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
        unreachable within the limit), ``estimate`` (bool), ``crossings``: rivers, rails, expressways and
        arterial roads that the walk steps over at ground level (:func:`gis.paths.measure`; of an estimate,
        those across the straight line), ``way`` (categorical): "roads"; "no_roads", no network was given;
        "far", an end is farther than ``max_snap`` from any road; "no_way", no way leads from one to the other
        over the network; "beyond", the walk exceeds ``limit``; ``off_road``: metres of the walk that are
        straight lines between places and roads (NaN for estimates).
        ``attrs``: ``detour``, ``limit``, ``max_snap_m`` (longest snap of a place that was measured along the
        network), ``far_units`` and ``far_schools`` (ids beyond ``max_snap``), ``estimated`` and
        ``unreachable`` (numbers of pairs), ``dropped_m`` (metres of road left out of the network).

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
    start, end = access.anchors(units, entrances), access.anchors(schools, entrances)
    straight = np.hypot(*(start[:, None, :] - end[None, :, :]).transpose(2, 0, 1)) * detour
    found = _unmeasured(straight)
    if graph is not None and straight.size:
        lines = crossings.barrier_lines(barriers)
        here, there = (
            access.snap(graph, access.access(frame, entrances), barriers=lines, max_snap=max_snap)
            for frame in (units, schools)
        )
        found = _along_roads(graph, here, there, straight, lines, limit)
    guess = found.way > 0
    if guess.any():
        found.crossings[guess] = crossings.count(start, end, crossings.obstacles(barriers, graph))[guess]
    if limit is not None:
        found.way[found.metres > limit] = WAYS.index("beyond")
        found.metres[found.metres > limit] = np.inf
    frame = _long(units["unit_id"].astype(str), schools["school_id"].astype(str), found)
    far = (found.far(0), found.far(1)) if graph is not None else (slice(0), slice(0))
    frame.attrs = {
        "detour": detour,
        "limit": limit,
        "max_snap_m": found.max_snap_m,
        "dropped_m": 0.0 if graph is None else graph.dropped_m,
        "far_units": units["unit_id"][far[0]].astype(str).tolist(),
        "far_schools": schools["school_id"][far[1]].astype(str).tolist(),
        "estimated": int(frame["estimate"].sum()),
        "unreachable": int(np.isinf(found.metres).sum()),
    }
    return frame


@dataclass(frozen=True)
class _Walks:
    """By unit and school: metres, those off the road, crossings, index into ``WAYS``; and the places."""

    metres: Floats
    off: Floats
    crossings: npt.NDArray[np.int64]
    way: npt.NDArray[np.int8]
    ends: tuple[Snapped, ...] = ()

    @property
    def max_snap_m(self) -> float:
        """The farthest that a place was snapped."""
        return max((float(end.off.max(initial=0.0)) for end in self.ends), default=0.0)

    def far(self, side: int) -> npt.NDArray[np.bool_]:
        """Units (side 0) or schools (1) that are far from any road."""
        out = np.ones(self.metres.shape[side], dtype=bool)
        if self.ends:
            out[self.ends[side].owner] = False
        return out & bool(self.ends)


def _unmeasured(straight: Floats) -> _Walks:
    way = np.full(straight.shape, WAYS.index("no_roads"), dtype=np.int8)
    return _Walks(straight, np.full(straight.shape, np.nan), np.zeros(straight.shape, np.int64), way)


def _along_roads(
    graph: RoadGraph,
    here: Snapped,
    there: Snapped,
    straight: Floats,
    lines: crossings.BarrierLines,
    limit: float | None,
) -> _Walks:
    from gis import paths  # compiled code takes a while to load, and an estimate needs none of it

    across = carriageways.tables(graph, lines)
    ways = paths.measure(graph, here, there, straight.shape, across=across, limit=limit)
    # A way that only the limit cut short is beyond it, not an estimate.
    known = _joined(graph, here, there, straight.shape)
    far = _Walks(straight, straight, ways.crossings, np.empty(0, np.int8), (here, there))
    way = np.where(far.far(0)[:, None] | far.far(1)[None, :], WAYS.index("far"), WAYS.index("no_way"))
    way = np.where(known, WAYS.index("roads"), way).astype(np.int8)
    metres, off = np.where(known, ways.metres, straight), np.where(known, ways.off, np.nan)
    return _Walks(metres, off, ways.crossings, way, (here, there))


def _joined(graph: RoadGraph, here: Snapped, there: Snapped, shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Tell which pairs have places on one connected part of the network."""
    part = access.parts(graph)
    count = int(part.max()) + 1
    one, two = (
        coo_array((np.ones(len(end.owner)), (end.owner, part[end.edge])), shape=(size, count)).tocsr()
        for end, size in zip((here, there), shape)
    )
    return np.asarray((one @ two.T).toarray() > 0)


def snap_distances(
    places: gpd.GeoDataFrame, graph: RoadGraph, entrances: gpd.GeoDataFrame | None = None
) -> pd.Series:
    """Metres from each place (its nearest entrance) to the nearest road, on the index of ``places``."""
    snapped = access.snap(graph, access.access(places, entrances))
    nearest = pd.Series(snapped.off).groupby(snapped.owner).min().reindex(range(len(places)))
    return pd.Series(nearest.to_numpy(), index=places.index, name="snap_m")


def _long(unit_id: pd.Series, school_id: pd.Series, found: _Walks) -> pd.DataFrame:
    n, m = found.metres.shape
    way = found.way.ravel()
    return pd.DataFrame(
        {
            "unit_id": pd.Index(unit_id).repeat(m),
            "school_id": pd.Index(school_id).take(np.tile(np.arange(m), n)),
            "metres": found.metres.ravel(),
            "estimate": (way > 0) & (way < WAYS.index("beyond")),
            "crossings": found.crossings.ravel(),
            "way": pd.Categorical.from_codes(way, categories=pd.Index(WAYS, dtype=str)),
            "off_road": found.off.ravel(),
        }
    )
