"""How far and how long a school bus drives: the quickest way over drivable roads."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from gis import access, carriageways
from gis.roads import CLASSES, RoadGraph
from gis.travel import MAX_SNAP, SPEED

DRIVABLE = ("expressway", "arterial", "secondary", "local")
"""Classes that a bus may drive on: all but paths."""

RIDE_SPEED = 40.0
"""Kilometres an hour of a school bus on arterial roads: an assumption, shown as such."""

SHARES = {"expressway": 1.5, "arterial": 1.0, "secondary": 0.75, "local": 0.5}
"""Speed on each class of road beside that on arterial roads: an assumption."""

EXPRESSWAY_MOST, OTHER_MOST = 80.0, 60.0
"""Highest km/h of a bus with pupils on expressways and on other roads: 校车安全管理条例 (2012) 第三十五条."""

Floats = npt.NDArray[np.float64]


def speeds(speed: float = RIDE_SPEED) -> dict[str, float]:
    """Return the km/h of a bus by class of road, from that on arterial roads.

    Examples
    --------
    >>> speeds(40.0)
    {'expressway': 60.0, 'arterial': 40.0, 'secondary': 30.0, 'local': 20.0}
    """
    if not speed > 0:
        raise ValueError(f"speed must be above 0 km/h, not {speed}")
    most = {"expressway": EXPRESSWAY_MOST}
    return {name: min(share * speed, most.get(name, OTHER_MOST)) for name, share in SHARES.items()}


def riding(
    units: gpd.GeoDataFrame,
    schools: gpd.GeoDataFrame,
    graph: RoadGraph,
    *,
    entrances: gpd.GeoDataFrame | None = None,
    speed: float = RIDE_SPEED,
    walk_speed: float = SPEED,
    max_snap: float = MAX_SNAP,
) -> pd.DataFrame:
    """Measure the quickest ride from every unit to every school.

    From the unit on foot straight to the nearest drivable road, over roads in both directions, and on foot to
    the school. Waiting, stops and one-way streets are not known and not counted.

    Parameters
    ----------
    units, schools : GeoDataFrame
        As :func:`gis.travel.walking` takes them.
    graph : RoadGraph
        Built with ``walkable=DRIVABLE``.
    entrances : GeoDataFrame, optional
        As :func:`gis.access.access` takes them.
    speed : float
        Kilometres an hour on arterial roads.
    walk_speed : float
        Metres a minute on foot.
    max_snap : float
        A place farther than this many metres from any drivable road is not reached.

    Returns
    -------
    DataFrame
        One row a pair, units in their order, schools in theirs: ``unit_id, school_id, ride_metres`` (the
        walks at both ends included), ``ride_minutes``; NaN where no drivable way is known, never an estimate.
    """
    from gis import paths  # compiled code takes a while to load

    here, there = (
        access.snap(graph, access.access(frame, entrances), max_snap=max_snap) for frame in (units, schools)
    )
    by_class = speeds(speed)
    per_minute = np.array([by_class.get(name, np.nan) for name in CLASSES]) * 1000 / 60
    ways = paths.measure(
        graph,
        here,
        there,
        (len(units), len(schools)),
        across=carriageways.none(graph),
        cost=graph.length / per_minute[graph.road_class],
        beside=1 / walk_speed,
    )
    n, m = ways.metres.shape
    return pd.DataFrame(
        {
            "unit_id": pd.Index(units["unit_id"].astype(str)).repeat(m),
            "school_id": pd.Index(schools["school_id"].astype(str)).take(np.tile(np.arange(m), n)),
            "ride_metres": _known(ways.metres),
            "ride_minutes": _known(ways.cost),
        }
    )


def _known(values: Floats) -> Floats:
    return np.where(np.isfinite(values), values, np.nan).ravel()
