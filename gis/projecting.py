"""Layers put into the project's plane coordinate system in metres."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
from pyproj import CRS
from pyproj.transformer import TransformerGroup

from gis.faults import Fault, FaultError
from gis.systems import CGCS2000, CHINA, WGS84, gauss_kruger, is_local, name, parse
from gis.words import Words


def metric_crs(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> CRS:
    """Return the plane metric system for a layer: CGCS2000 3-degree Gauss-Krüger by its middle longitude.

    Without a zone prefix (EPSG:4534 to 4554), so that coordinates stay short. Outside China, the UTM zone. A
    layer on a local grid keeps it.

    Raises
    ------
    FaultError
        ``crs_unknown`` when the layer has no coordinate system.

    Notes
    -----
    At 39 degrees north and 2.5 degrees from the central meridian, lengths are 0.06 % too long, far below what
    walking distances are known to.
    """
    if frame.crs is None:
        reason = Words("图层没有坐标系。", "the layer has none.")
        raise FaultError([Fault("crs_unknown", params={"reason": reason})])
    if is_local(frame.crs):
        return frame.crs
    west, south, east, north = frame.geometry.to_crs(CGCS2000).total_bounds
    lon, lat = (west + east) / 2, (south + north) / 2
    if not (CHINA[0] <= lon <= CHINA[2] and CHINA[1] <= lat <= CHINA[3]):
        return frame.geometry.estimate_utm_crs()
    return gauss_kruger(int(np.clip(3 * round(lon / 3), 75, 135)))


def to_project(frame: gpd.GeoDataFrame, crs: Any) -> gpd.GeoDataFrame:
    """Return a layer in the project's coordinate system; a layer that is in it already comes back as it is.

    Raises
    ------
    FaultError
        ``crs_unknown`` when the layer has none, ``crs_local`` when only one of the two is a local grid.
    """
    target = parse(crs)
    if frame.crs is None:
        if frame.geometry.isna().all():
            return frame.set_crs(target)
        reason = Words("图层没有坐标系。", "the layer has none.")
        raise FaultError([Fault("crs_unknown", params={"reason": reason})])
    if is_local(frame.crs) != is_local(target):
        raise FaultError([Fault("crs_local", found=name(target))])
    return frame if frame.crs == target or is_local(target) else frame.to_crs(target)


def transform_faults(source: CRS, target: CRS, *, file: str = "", layer: str = "") -> list[Fault]:
    """Return a warning when two systems have no exact public parameters (Xian 1980 to CGCS2000)."""
    if is_local(source) or is_local(target) or accuracy(source, target) is not None:
        return []
    params = {"target": Words(name(target), name(target, "en"))}
    return [Fault("crs_accuracy", file, layer=layer, found=name(source), params=params)]


@lru_cache(maxsize=64)
def accuracy(source: CRS, target: CRS) -> float | None:
    """Return how exact the best known transformation is, in metres; None when not known.

    WGS 84 and CGCS2000 differ by centimetres and count as the same.
    """
    datums = (source.geodetic_crs, target.geodetic_crs)
    if datums[0] == datums[1] or all(datum in (WGS84, CGCS2000) for datum in datums):
        return 0.0
    with warnings.catch_warnings():
        # pyproj warns where a grid file would be better still; how exact it is without is what we return.
        warnings.filterwarnings("ignore", "Best transformation is not available", UserWarning)
        group = TransformerGroup(source, target, always_xy=True)
    known = [float(t.accuracy) for t in group.transformers if t.accuracy is not None and t.accuracy >= 0]
    return min(known) if known else None
