"""What people cannot walk across at ground level: rivers, rails and expressways, out of both layers."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

BUNDLE = 25.0
"""Barriers of one kind this near each other, in metres, are one: tracks of a railway, two carriageways."""

_COLUMNS = ["barrier_id", "name", "kind", "bridge", "tunnel", "geometry"]


def all_barriers(
    barriers: gpd.GeoDataFrame | None, roads: gpd.GeoDataFrame | None = None
) -> gpd.GeoDataFrame | None:
    """Return the barriers and the expressways among the roads as one layer.

    An expressway that the barriers have drawn already (within ``BUNDLE`` metres) is not taken again from the
    roads, so that a walk under or over it counts one crossing.

    Parameters
    ----------
    barriers : GeoDataFrame, optional
        Layer ``barriers``: optional ``name``, ``kind`` (river, rail, expressway), ``bridge``, ``tunnel``.
    roads : GeoDataFrame, optional
        Layer ``roads``: optional ``road_class``, ``name``, ``bridge``, ``tunnel``; same CRS.

    Returns
    -------
    GeoDataFrame or None
        ``barrier_id, name, kind, bridge, tunnel`` (bool: on a viaduct, below ground), geometry; None where
        there are none.
    """
    found = [_tidy(frame) for frame in (barriers, _expressways(roads, barriers)) if frame is not None]
    found = [frame for frame in found if len(frame)]
    return gpd.GeoDataFrame(pd.concat(found, ignore_index=True)) if found else None


def at_ground(barriers: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the barriers that lie at ground level: people pass under viaducts and over tunnels."""
    away = flags(barriers, "bridge") | flags(barriers, "tunnel")
    return barriers[~away] if away.any() else barriers


def flags(frame: gpd.GeoDataFrame, column: str) -> npt.NDArray[np.bool_]:
    """Return a yes-or-no column as bools; blanks and an absent column are no."""
    if column not in frame:
        return np.zeros(len(frame), dtype=bool)
    return frame[column].astype("boolean").fillna(False).to_numpy(dtype=bool)


def _expressways(
    roads: gpd.GeoDataFrame | None, barriers: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame | None:
    """Expressways of the roads, less what the barriers have."""
    if roads is None or "road_class" not in roads:
        return None
    ways = roads[roads["road_class"].eq("expressway").fillna(False)].assign(kind="expressway")
    if "road_id" in ways:
        ways = ways.rename(columns={"road_id": "barrier_id"})
    if barriers is None or "kind" not in barriers or not len(ways):
        return ways
    drawn = barriers.geometry[barriers["kind"].eq("expressway").fillna(False)].dropna()
    if not len(drawn):
        return ways
    ground = shapely.union_all(shapely.buffer(drawn.to_numpy(), BUNDLE, quad_segs=4))
    return ways.set_geometry(ways.geometry.difference(ground))


def _tidy(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    usable = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    texts = {
        name: usable[name].astype("str").fillna("") if name in usable else ""
        for name in ("barrier_id", "name", "kind")
    }
    ways = {name: flags(usable, name) for name in ("bridge", "tunnel")}
    return gpd.GeoDataFrame(usable.assign(**texts, **ways)[_COLUMNS], crs=frame.crs)
