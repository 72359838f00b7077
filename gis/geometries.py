"""Geometries as they come, checked: present, of the right type, valid, flat; small errors mended and said."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from gis.columns import Frame, Places, Schema
from gis.faults import Fault
from gis.words import Words

#: A repair may change the area of a polygon by this share and no more.
REPAIR_SHARE = 0.01
#: Polygons that should be apart may overlap by this share of the smaller one: slivers of drawing.
OVERLAP_SHARE = 0.05

_TYPES = {
    "Point": Words("点", "point"),
    "MultiPoint": Words("多点", "multipoint"),
    "LineString": Words("线", "line"),
    "MultiLineString": Words("多线", "multi-line"),
    "LinearRing": Words("环", "ring"),
    "Polygon": Words("面", "polygon"),
    "MultiPolygon": Words("多部分面", "multi-polygon"),
    "GeometryCollection": Words("几何集合", "geometry collection"),
}
_REASONS = {
    "Self-intersection": Words("自相交", "self-intersection"),
    "Ring Self-intersection": Words("环自相交", "ring self-intersection"),
    "Hole lies outside shell": Words("洞在外环之外", "hole outside its shell"),
    "Nested shells": Words("外环嵌套", "nested shells"),
    "Nested holes": Words("洞嵌套", "nested holes"),
    "Interior is disconnected": Words("内部不连通", "disconnected interior"),
    "Too few points in geometry component": Words("点数太少", "too few points"),
    "Invalid Coordinate": Words("坐标无效", "invalid coordinate"),
}


def check_geometry(
    checked: pd.DataFrame, source: pd.DataFrame, schema: Schema, places: Places
) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Return the checked columns with the geometry of ``source``, and the faults of the geometries.

    Geometries with faults become None. Heights are dropped and parts of one unwrapped; polygons with small
    errors are repaired when their area stays within :data:`REPAIR_SHARE`; all of it is said.
    """
    if not isinstance(source, gpd.GeoDataFrame) or source.geometry.isna().all():
        return _without(checked, schema, places)
    shapes = source.geometry.to_numpy().copy()
    shapes[shapely.is_empty(shapes)] = None
    faults = _missing(shapes, schema, places) + _infinite(shapes, schema, places)
    shapes, more = _flat(shapes, schema, places)
    faults += more
    shapes, more = _typed(shapes, schema, places)
    faults += more
    shapes, more = _repaired(shapes, schema, places)
    geometry = gpd.GeoSeries(shapes, index=checked.index, crs=source.crs)
    frame = gpd.GeoDataFrame(checked, geometry=geometry)
    return frame, faults + more + _overlaps(frame, schema, places)


def _without(checked: pd.DataFrame, schema: Schema, places: Places) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    none = gpd.GeoSeries([None] * len(checked), index=checked.index)
    frame = gpd.GeoDataFrame(checked, geometry=none)
    if not schema.geometry_required or not len(checked):
        return frame, []
    return frame, [Fault("geometry_columns_missing", places.file, places.sheets[0], schema.name)]


def _missing(shapes: np.ndarray, schema: Schema, places: Places) -> list[Fault]:
    if not schema.geometry_required:
        return []
    rows = np.flatnonzero(shapely.is_missing(shapes))
    return [places.fault("geometry_missing", int(i), layer=schema.name) for i in rows]


def _infinite(shapes: np.ndarray, schema: Schema, places: Places) -> list[Fault]:
    """Take out geometries with a coordinate that is not a finite number, and say so."""
    faults = []
    reason = _REASONS["Invalid Coordinate"]
    for row in np.flatnonzero(~shapely.is_missing(shapes)):
        if not np.isfinite(shapely.get_coordinates(shapes[row])).all():
            shapes[row] = None
            faults.append(places.fault("geometry_invalid", int(row), layer=schema.name, reason=reason))
    return faults


def _flat(shapes: np.ndarray, schema: Schema, places: Places) -> tuple[np.ndarray, list[Fault]]:
    count = int(shapely.has_z(shapes).sum())
    if not count:
        return shapes, []
    sheet = places.sheets[0]
    params = {"count": count}
    return shapely.force_2d(shapes), [
        Fault("geometry_flattened", places.file, sheet, schema.name, params=params)
    ]


def _typed(shapes: np.ndarray, schema: Schema, places: Places) -> tuple[np.ndarray, list[Fault]]:
    faults = []
    expected = [_TYPES[name] for name in schema.geometry if not name.startswith("Multi")]
    for row, shape in enumerate(shapes):
        if shape is None or shape.geom_type in schema.geometry:
            continue
        simple = _unwrapped(shape)
        if simple.geom_type in schema.geometry:
            shapes[row] = simple
            continue
        shapes[row] = None
        seen = _TYPES[shape.geom_type]
        faults.append(places.fault("geometry_type", row, layer=schema.name, seen=seen, expected=expected))
    return shapes, faults


def _unwrapped(shape: BaseGeometry) -> BaseGeometry:
    """Return the only part of a collection of one; a ring as a line; anything else as it is."""
    if shape.geom_type == "LinearRing":
        return shapely.LineString(shape.coords)
    parts = shapely.get_parts(shape)
    return parts.item() if len(parts) == 1 else shape


def _repaired(shapes: np.ndarray, schema: Schema, places: Places) -> tuple[np.ndarray, list[Fault]]:
    faults = []
    bad = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    for row in np.flatnonzero(bad):
        broken = shapes[row]
        reason = _reason(broken)
        if broken.area == 0 and "Point" in schema.geometry and _collapsed(broken):
            shapes[row] = shapely.Point(shapely.get_coordinates(broken)[0])
            faults.append(places.fault("geometry_collapsed", int(row), layer=schema.name, reason=reason))
            continue
        mended: BaseGeometry = _unwrapped(
            shapely.make_valid(broken, method="structure", keep_collapsed=False)
        )
        share = abs(mended.area - broken.area) / broken.area if broken.area > 0 else np.inf
        if mended.geom_type in schema.geometry and not mended.is_empty and share <= REPAIR_SHARE:
            shapes[row] = mended
            percent = f"{100 * share:.2f}" if share >= 1e-4 else "<0.01"
            faults.append(
                places.fault("geometry_repaired", int(row), layer=schema.name, reason=reason, share=percent)
            )
        else:
            shapes[row] = None
            faults.append(places.fault("geometry_invalid", int(row), layer=schema.name, reason=reason))
    return shapes, faults


def exploded(frame: Frame, schema: Schema, places: Places) -> tuple[Frame, Places]:
    """Return lines of several parts as one row a part, for layers without a key (roads, barriers).

    Parameters
    ----------
    frame
        A checked layer.
    schema
        Of the layer.
    places
        Where each of its rows stands.
    """
    if schema.key or not isinstance(frame, gpd.GeoDataFrame) or not len(frame):
        return frame, places
    if not (frame.geom_type == "MultiLineString").any():
        return frame, places
    parts = frame.explode(index_parts=False)
    return parts.reset_index(drop=True), places.take([int(row) for row in parts.index])


def _overlaps(frame: gpd.GeoDataFrame, schema: Schema, places: Places) -> list[Fault]:
    """Return a warning for each polygon that lies over an earlier one by more than a sliver."""
    shapes = frame.geometry.to_numpy()
    if schema.apart is None or not (shapely.area(shapes) > 0).any():
        return []
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one > other], other[one > other]
    order = np.lexsort((other, one))
    one, other = one[order], other[order]
    for name in schema.apart:
        codes = pd.factorize(frame[name])[0]
        one, other = one[codes[one] == codes[other]], other[codes[one] == codes[other]]
    common = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    smaller = np.minimum(shapely.area(shapes[one]), shapely.area(shapes[other]))
    over = np.flatnonzero((smaller > 0) & (common > OVERLAP_SHARE * smaller))
    return [_overlap(frame, schema, places, one[i], other[i], common[i] / smaller[i]) for i in over]


def _overlap(
    frame: gpd.GeoDataFrame, schema: Schema, places: Places, row: int, other: int, share: float
) -> Fault:
    names = [str(frame["name"].iloc[i]) if "name" in frame else "" for i in (row, other)]
    params: dict[str, Any] = {
        "share": f"{100 * share:.0f}",
        "other": names[1],
        "other_row": places.at(int(other))[2],
    }
    return places.fault("polygons_overlap", int(row), layer=schema.name, found=names[0], **params)


def _collapsed(shape: BaseGeometry) -> bool:
    """Tell whether a shape without area is one place or nearly so, not a bow-tie whose halves cancel out."""
    return shapely.make_valid(shape).area == 0


def _reason(shape: BaseGeometry) -> Words:
    text = shapely.is_valid_reason(shape).split("[")[0].strip()
    return _REASONS.get(text, Words(text, text.lower()))
