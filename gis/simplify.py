"""Lighter geometry for maps: fewer vertices, with shared borders kept shared."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

Geometries = npt.NDArray[np.object_]


def simplified(frame: gpd.GeoDataFrame, tolerance: float) -> gpd.GeoDataFrame:
    """Simplify a projected layer for drawing.

    Parameters
    ----------
    frame : GeoDataFrame
    tolerance : float
        Metres. Polygons that tile are simplified together (Visvalingam-Whyatt): a corner is left out where
        the triangle it cuts off is smaller than ``tolerance`` squared, and shared borders stay shared. Lines
        and polygons that overlap are simplified one by one (Douglas-Peucker, at most ``tolerance`` off). 0
        changes nothing.

    Returns
    -------
    GeoDataFrame
        A copy; points are as they were.
    """
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    if tolerance <= 0 or not len(shapes):
        return frame.copy()
    dimension = shapely.get_dimensions(shapes)
    out = np.asarray(shapely.simplify(shapes, tolerance), dtype=object)
    polygons = dimension == 2
    if polygons.any() and shapely.coverage_is_valid(shapes[polygons]):
        out[polygons] = shapely.coverage_simplify(shapes[polygons], tolerance)
    return frame.set_geometry(gpd.GeoSeries(list(out), index=frame.index, crs=frame.crs))


def dissolve(
    units: gpd.GeoDataFrame, plan: pd.Series, *, tolerance: float = 0.0
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Simplify territories and join them to the zones of a plan, so that both have the same borders.

    Parameters
    ----------
    units : GeoDataFrame
        ``unit_id`` and polygons (territories).
    plan : Series
        ``zone_id`` by unit id; NA for unassigned units, which join no zone.
    tolerance : float
        See :func:`simplified`.

    Returns
    -------
    (GeoDataFrame, GeoDataFrame)
        The units, simplified, and the zones: ``zone_id``, geometry, sorted by id.
    """
    light = simplified(units, tolerance)
    zone = light["unit_id"].astype(str).map(plan)
    shapes = light.geometry.to_numpy()
    rows = {str(z): shapes[at] for z, at in _groups(zone).items()}
    joined = [_join(rows[z]) for z in sorted(rows)]
    return light, gpd.GeoDataFrame({"zone_id": sorted(rows)}, geometry=joined, crs=units.crs)


def _groups(zone: pd.Series) -> dict[Any, Any]:
    known = np.flatnonzero(zone.notna().to_numpy())
    return {z: known[at] for z, at in zone.iloc[known].groupby(zone.iloc[known].to_numpy()).indices.items()}


def _join(shapes: Geometries) -> shapely.Geometry:
    """Union of territories: a coverage fast, anything else safely."""
    if shapely.coverage_is_valid(shapes):
        return shapely.coverage_union_all(shapes)
    return shapely.union_all(shapes, grid_size=0.001)
