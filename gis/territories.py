"""Territories: the ground each unit stands for, tiling the study area without a gap or an overlap.

Estates (小区) do not touch and villages are often only points. Catchments, neighbours and maps need ground,
so each unit gets a territory: what is nearer to it than to any other unit, bounded by the study area, by
rivers, rails and expressways, and by main roads where they are given.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis import tessellation
from gis.faults import Fault, FaultError
from gis.space_faults import check_units
from gis.tessellation import GRID, Geometries

TOLERANCE = 1.0
"""Gaps narrower than this many metres between polygons are closed, as digitising errors."""

BOUNDING_ROADS = ("expressway", "arterial")
"""Road classes that bound territories when roads are given."""

_SPREAD = 0.5
_TILING = 0.8


def territories(
    units: gpd.GeoDataFrame,
    *,
    area: gpd.GeoDataFrame | gpd.GeoSeries | shapely.Geometry | None = None,
    barriers: gpd.GeoDataFrame | None = None,
    roads: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Give each unit the ground it stands for.

    Points get the cell of a Voronoi tessellation; polygons keep their own shape (to 1 mm; slivers and gaps
    under ``TOLERANCE`` metres are closed, overlaps go to the smaller polygon) and grow into the empty ground
    between them. No territory crosses a barrier or a main road, unless there is no unit on the far side: such
    ground is shared out from the territories round it, rivers drawn as polygons along their middle.

    Parameters
    ----------
    units : GeoDataFrame
        ``unit_id`` and geometry (Point or (Multi)Polygon), projected, in metres. A point inside the polygon
        of another unit takes its share of that polygon.
    area : optional
        Study area. Default: the union of the polygons where most of them touch another, else the convex hull
        of the units widened by half the median distance between neighbours.
    barriers : GeoDataFrame, optional
        Rivers, rails and expressways (LineString or Polygon).
    roads : GeoDataFrame, optional
        Roads; those of ``BOUNDING_ROADS`` that are not tunnels bound territories as well.

    Returns
    -------
    GeoDataFrame
        ``unit_id`` and geometry (Polygon or MultiPolygon), in the order of ``units``. ``attrs``:
        ``tolerance`` (m), ``spread`` (ids of units that share one spot and were set 0.5 m apart), ``inside``
        (ids of points inside another unit's polygon), ``no_extent`` (ids of lines or polygons without area,
        taken as points), ``overlap_m2`` (polygon overlap that was removed).

    Raises
    ------
    FaultError
        With every unit that has no geometry, occurs twice, lies outside the area or is covered by others.
    """
    check_units(units)
    ids = units["unit_id"].astype(str)
    shapes, flat = _shapes(units)
    region = _region(shapes, area)
    shapes, overlap = _clean(shapes, region, ids.to_numpy())
    shapes, spread = _spread(shapes, region)
    cuts = _cuts(barriers, roads)
    shapes, hosts, inside = _split_hosts(shapes)
    grown = tessellation.grow(shapes, region, np.concatenate([cuts, hosts]))
    if lost := [Fault("space_covered_unit", layer="units", found=i) for i in ids[shapely.is_empty(grown)]]:
        raise FaultError(lost)
    out = gpd.GeoDataFrame({"unit_id": ids.to_numpy()}, geometry=list(grown), crs=units.crs)
    out.attrs = {
        "tolerance": TOLERANCE,
        "spread": ids.iloc[spread].tolist(),
        "inside": ids.iloc[inside].tolist(),
        "no_extent": ids.iloc[flat].tolist(),
        "overlap_m2": overlap,
    }
    return out


def _shapes(units: gpd.GeoDataFrame) -> tuple[Geometries, list[int]]:
    """Points and valid polygons; and the rows that had no extent and became points."""
    shapes = shapely.force_2d(shapely.make_valid(units.geometry.to_numpy()))
    shapes = np.array([_polygonal(s) if shapely.area(s) > 0 else s for s in shapes], dtype=object)
    flat = (shapely.area(shapes) == 0) & (shapely.get_type_id(shapes) != 0)
    shapes[flat] = shapely.point_on_surface(shapes[flat])
    return shapes, np.flatnonzero(flat).tolist()


def _region(shapes: Geometries, area: Any) -> shapely.Geometry:
    if area is not None:
        geometries = np.atleast_1d(area.geometry.to_numpy() if hasattr(area, "geometry") else area)
        return shapely.union_all(shapely.make_valid(shapely.force_2d(geometries)), grid_size=GRID)
    polygons = shapes[shapely.get_dimensions(shapes) == 2]
    if len(polygons) > len(shapes) / 2 and _touching(polygons) >= _TILING:
        return _without_slivers(shapely.union_all(_mend(polygons)[0], grid_size=GRID))
    hull = shapely.convex_hull(shapely.union_all(shapes))
    return shapely.set_precision(shapely.buffer(hull, _half_spacing(shapes)), GRID)


def _without_slivers(region: shapely.Geometry) -> shapely.Geometry:
    """Fill holes whose mean width is below the tolerance: seams between polygons, no ground of their own."""
    filled = []
    for part in shapely.get_parts(region):
        holes = [r for r in part.interiors if 2 * shapely.Polygon(r).area >= TOLERANCE * r.length]
        filled.append(shapely.Polygon(part.exterior, holes))
    return shapely.union_all(filled, grid_size=GRID)


def _touching(polygons: Geometries) -> float:
    """Share of the polygons that touch another."""
    pairs = shapely.STRtree(polygons).query(polygons, predicate="dwithin", distance=TOLERANCE)
    return len(np.unique(pairs[0][pairs[0] != pairs[1]])) / len(polygons)


def _half_spacing(shapes: Geometries) -> float:
    if len(shapes) < 2:
        return 500.0
    tree = shapely.STRtree(shapes)
    distance = tree.query_nearest(shapes, exclusive=True, return_distance=True, all_matches=False)[1]
    return max(float(np.median(distance)) / 2, 50.0)


def _mend(polygons: Geometries) -> tuple[Geometries, float]:
    """Polygons with matching borders, small gaps closed and no overlap; and the overlap removed, in m2."""
    total = float(shapely.area(polygons).sum())
    flat = np.array([_polygonal(p) for p in polygons], dtype=object)
    if shapely.coverage_is_valid(flat, gap_width=TOLERANCE):
        return flat, 0.0
    clean = shapely.coverage_clean(  # type: ignore[attr-defined]
        flat, gap_width=TOLERANCE, snapping_distance=GRID, merge_strategy="min_area"
    )
    return clean, max(total - float(shapely.area(shapely.union_all(polygons))), 0.0)


def _polygonal(shape: Any) -> Any:
    """Drop the lines and points that make_valid or a clip can leave beside polygons."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])


def _clean(shapes: Geometries, region: shapely.Geometry, ids: Any) -> tuple[Geometries, float]:
    shapely.prepare(region)
    outside = ~shapely.intersects(region, shapes)
    faults = [Fault("space_outside_area", layer="units", found=i) for i in ids[outside]]
    polygon = (shapely.get_dimensions(shapes) == 2) & ~outside
    out, overlap = shapes.copy(), 0.0
    if polygon.any():
        crossing = polygon & ~shapely.contains(region, shapes)
        cut = shapely.intersection(shapes[crossing], region, grid_size=GRID)
        out[crossing] = [_polygonal(c) for c in cut]
        out[polygon], overlap = _mend(out[polygon])
        faults += [Fault("space_covered_unit", layer="units", found=i) for i in ids[shapely.is_empty(out)]]
    if faults:
        raise FaultError(faults)
    return out, overlap


def _spread(shapes: Geometries, region: shapely.Geometry) -> tuple[Geometries, list[int]]:
    """Set units that share one spot on a small circle round it, so that each gets a sector."""
    inner = shapely.buffer(region, -2 * _SPREAD)
    out, points = shapes.copy(), np.flatnonzero(shapely.get_dimensions(shapes) == 0)
    xy = shapely.get_coordinates(shapes[points])
    spots = pd.DataFrame(np.round(xy / GRID), columns=["x", "y"]).groupby(["x", "y"], sort=False).indices
    moved: list[int] = []
    for rows in spots.values():
        if len(rows) > 1:
            angle = 2 * np.pi * np.arange(len(rows)) / len(rows) + 0.1
            middle = _inside(xy[rows[0]], inner)
            out[points[rows]] = shapely.points(middle + _SPREAD * np.c_[np.cos(angle), np.sin(angle)])
            moved += points[rows].tolist()
    return out, sorted(moved)


def _inside(spot: Any, inner: shapely.Geometry) -> Any:
    """Return the spot, or the nearest place from which a small circle stays inside the study area."""
    if shapely.is_empty(inner) or shapely.contains_xy(inner, *spot):
        return spot
    return shapely.get_coordinates(shapely.shortest_line(inner, shapely.Point(spot)))[0]


def _split_hosts(shapes: Geometries) -> tuple[Geometries, Geometries, list[int]]:
    """Turn polygons that hold other units' points into points of their own, their borders into cuts."""
    dimension = shapely.get_dimensions(shapes)
    points, polygons = np.flatnonzero(dimension == 0), np.flatnonzero(dimension == 2)
    if not len(points) or not len(polygons):
        return shapes, np.empty(0, dtype=object), []
    tree = shapely.STRtree(shapes[polygons])
    point, polygon = tree.query(shapes[points], predicate="dwithin", distance=2 * GRID)
    point, first = np.unique(point, return_index=True)  # a point on a shared border gets one host
    hosts = polygons[np.unique(polygon[first])]
    out = shapes.copy()
    out[hosts] = shapely.point_on_surface(shapes[hosts])
    return out, shapely.boundary(shapes[hosts]), points[point].tolist()


def _cuts(barriers: gpd.GeoDataFrame | None, roads: gpd.GeoDataFrame | None) -> Geometries:
    found = []
    if barriers is not None and len(barriers):
        lines = shapely.force_2d(barriers.geometry.to_numpy())
        surface = shapely.get_dimensions(lines) == 2
        lines[surface] = shapely.boundary(lines[surface])
        found.append(lines)
    if roads is not None and len(roads):
        keep = roads["road_class"].isin(BOUNDING_ROADS)
        if "tunnel" in roads:
            keep &= ~roads["tunnel"].fillna(False).astype(bool)
        found.append(shapely.force_2d(roads.geometry[keep].to_numpy()))
    lines = np.concatenate(found) if found else np.empty(0, dtype=object)
    return lines[~(shapely.is_missing(lines) | shapely.is_empty(lines))]
