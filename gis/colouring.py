"""Colours of zones: neighbours never alike, and the same plan always coloured the same way."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.symbols import ZONE_HUES


def hues(zones: gpd.GeoDataFrame, *, near: float = 1.0, palette: tuple[str, ...] = ZONE_HUES) -> pd.Series:
    """Colour zones so that no two within ``near`` metres of each other are alike.

    Greedy in smallest-last order (Matula and Beck 1983), which needs at most six colours on a planar map; of
    the free colours, one that no neighbour's neighbour has and that is used least so far is taken.

    Parameters
    ----------
    zones : GeoDataFrame
        ``zone_id`` and polygons, projected.
    near : float
        Metres; zones closer than this are neighbours.

    Returns
    -------
    Series of colour
        On the index of ``zones``; it depends on the zones alone, not on their order.
    """
    ids = zones["zone_id"].astype(str).to_numpy()
    order = np.argsort(ids, kind="stable")
    beside = _neighbours(zones.geometry.to_numpy()[order], near)
    chosen = np.full(len(ids), -1)
    used = np.zeros(len(palette), dtype=int)
    for zone in reversed(_smallest_last(beside)):
        taken = {int(chosen[other]) for other in beside[zone]}
        nearly = {int(chosen[next_one]) for other in beside[zone] for next_one in beside[other]}
        free = [c for c in range(len(palette)) if c not in taken] or list(range(len(palette)))
        chosen[zone] = min((c in nearly, int(used[c]), c) for c in free)[2]
        used[chosen[zone]] += 1
    out = np.empty(len(ids), dtype=object)
    out[order] = [palette[c] for c in chosen]
    return pd.Series(out, index=zones.index, name="colour", dtype="str")


def _neighbours(shapes: np.ndarray, near: float) -> list[set[int]]:
    beside: list[set[int]] = [set() for _ in shapes]
    here, there = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=near)
    for a, b in zip(here.tolist(), there.tolist()):
        if a != b:
            beside[a].add(b)
    return beside


def _smallest_last(beside: list[set[int]]) -> list[int]:
    """Order in which each zone has few neighbours among those after it."""
    left = {zone: set(others) for zone, others in enumerate(beside)}
    order = []
    while left:
        zone = min(left, key=lambda z: (len(left[z]), z))
        for other in left.pop(zone):
            left[other].discard(zone)
        order.append(zone)
    return order
