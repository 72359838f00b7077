"""Units where there are no polygons of estates: ground derived (推定) from points of addresses or villages.

A unit is the ground nearer to its points than to those of any other unit, on its side of main roads, rivers
and rails, inside the bounds of its village or town, and no farther from its points than a stated reach.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.faults import Fault, FaultError
from gis.space_faults import metres_faults
from gis.territories import territories

REACH = 300.0
"""Metres from its points that a derived unit reaches at most: an estate's own ground, not fields beyond."""
STEP = 20.0
"""Points of a unit that are nearer to each other than this many metres count once."""
_KEPT = ("unit_id", "name", "kind", "town", "district", "area")


def units_from_points(
    points: gpd.GeoDataFrame,
    *,
    bounds: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    reach: float = REACH,
) -> gpd.GeoDataFrame:
    """Return a unit for each estate or village that points bear the name of.

    Parameters
    ----------
    points : GeoDataFrame
        Point geometry, projected, in metres; ``unit_id``, or else ``name`` (and ``town``), by which points
        belong together; other columns of units are taken from the first point.
    bounds : GeoDataFrame, optional
        Polygons of villages or towns, which no unit crosses. Where they overlap, the smallest counts.
    roads, barriers : GeoDataFrame, optional
        As for :func:`gis.territories.territories`.
    reach : float
        Metres.

    Returns
    -------
    GeoDataFrame
        ``unit_id``, ``name`` and what else the points have, ``derived`` (True), and geometry (Polygon or
        MultiPolygon), in the order in which the units first occur. Without ``unit_id``, the name is the id,
        with its town where the name is not unique. ``attrs["points"]``: points of each unit that were used.

    Raises
    ------
    FaultError
        When the points are not in metres, or some have no place.
    """
    units = _units(points)
    empty = points.geometry.isna() | points.geometry.is_empty
    lost = [Fault("space_no_geometry", layer="units", found=name) for name in units[empty].unique()]
    if faults := [*lost, *metres_faults(points, "units")]:
        raise FaultError(faults)
    used = _thinned(points.assign(unit_id=units))
    cells = [_cells(part, region, roads, barriers) for part, region in _regions(used, bounds, reach)]
    owner = used["unit_id"].to_numpy()
    ground = pd.concat(cells)
    ground["unit_id"] = owner[ground["unit_id"].astype(int)]
    whole = ground.dissolve("unit_id").geometry
    near = used.dissolve("unit_id").geometry.buffer(reach)
    shapes = shapely.intersection(whole.to_numpy(), near.reindex(whole.index).to_numpy())
    clipped = gpd.GeoSeries(_polygonal(shapes), index=whole.index, crs=points.crs)
    firsts = points.assign(unit_id=units).drop_duplicates("unit_id")
    out = firsts[[name for name in _KEPT if name in firsts]].reset_index(drop=True)
    out = gpd.GeoDataFrame(
        out.assign(derived=True), geometry=clipped.reindex(out["unit_id"]).to_numpy(), crs=points.crs
    )
    out.attrs = {"points": used["unit_id"].value_counts().reindex(out["unit_id"]).tolist(), "reach": reach}
    return out


def _units(points: gpd.GeoDataFrame) -> pd.Series:
    """Return the id of the unit that each point belongs to."""
    if "unit_id" in points and points["unit_id"].notna().all():
        return points["unit_id"].astype(str)
    name = points["name"].astype(str)
    town = points["town"].fillna("").astype(str) if "town" in points else pd.Series("", index=points.index)
    towns = town.groupby(name).transform("nunique")
    return name.where(towns < 2, name + "·" + town)


def _thinned(points: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one point of each unit in a square of `STEP` metres."""
    xy = shapely.get_coordinates(points.geometry.to_numpy())
    square = pd.DataFrame(np.floor(xy / STEP), columns=["x", "y"]).assign(unit=points["unit_id"].to_numpy())
    return points[["unit_id", "geometry"]][~square.duplicated().to_numpy()].reset_index(drop=True)


def _regions(
    points: gpd.GeoDataFrame, bounds: gpd.GeoDataFrame | None, reach: float
) -> list[tuple[gpd.GeoDataFrame, shapely.Geometry]]:
    """Return the points of each village or town with its ground; those outside all bounds by their reach."""
    inside = pd.Series(-1, index=points.index)
    parts: list[tuple[gpd.GeoDataFrame, shapely.Geometry]] = []
    polygons = [] if bounds is None else sorted(bounds.geometry.dropna(), key=shapely.area)
    taken: shapely.Geometry = shapely.Polygon()
    for number, polygon in enumerate(polygons):
        here = (inside < 0) & points.within(polygon)
        inside[here] = number
        if here.any():
            parts.append((points[here], shapely.difference(polygon, taken)))
            taken = shapely.union(taken, polygon)
    outside = points[inside < 0]
    if len(outside):
        ground = shapely.union_all(outside.geometry.buffer(reach).to_numpy())
        parts.append((outside, shapely.difference(ground, taken)))
    return parts


def _cells(
    points: gpd.GeoDataFrame,
    region: shapely.Geometry,
    roads: gpd.GeoDataFrame | None,
    barriers: gpd.GeoDataFrame | None,
) -> gpd.GeoDataFrame:
    """Return the ground of each point in a region; ids are the points' rows."""
    numbered = gpd.GeoDataFrame(
        {"unit_id": points.index.astype(str)}, geometry=points.geometry.to_numpy(), crs=points.crs
    )
    return territories(numbered, area=region, roads=roads, barriers=barriers)


def _polygonal(shapes: np.ndarray) -> list[shapely.Geometry]:
    """Return shapes without the lines and points that an intersection may leave."""
    out = []
    for shape in shapes:
        parts = [part for part in shapely.get_parts(shape) if shapely.area(part) > 0]
        polygons = [p for part in parts for p in shapely.get_parts(part) if shapely.area(p) > 0]
        out.append(polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons))
    return out
