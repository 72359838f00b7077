"""Where the rows of a table are: geometries, coordinate columns or WKT; and in which coordinate system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from gis import crs as systems
from gis import webmaps
from gis.columns import Places, Schema
from gis.dxf import closed_as_polygons
from gis.faults import Fault, FaultError
from gis.headers import Coordinates, find_coordinates, fold_header
from gis.values import as_text, fold, is_blank
from gis.words import Words

_TARGETS = ("x", "y", "wkt")
#: A place is far from the others beyond this many metres and this many times what is usual among them.
_FAR, _TIMES = 30_000.0, 10.0
_SEVERAL = 8
#: Metres of a degree of latitude.
_DEGREE = 111_000.0


@dataclass(frozen=True)
class Located:
    """A table with its geometry (where it has one), how its coordinate system is known, and the faults."""

    frame: pd.DataFrame
    note: Words
    faults: list[Fault]


def split_mapping(mapping: Mapping[str, str] | None) -> tuple[dict[str, str], dict[str, str]]:
    """Return what a mapping says about columns, and about coordinates (targets ``x``, ``y``, ``wkt``)."""
    pairs = dict(mapping or {})
    located = {header: name for header, name in pairs.items() if name in _TARGETS}
    return {h: n for h, n in pairs.items() if h not in located}, located


def locate(
    frame: pd.DataFrame,
    schema: Schema,
    places: Places,
    *,
    declared: CRS | None = None,
    crs: Any = None,
    mapping: Mapping[str, str] | None = None,
    standard: bool = False,
    drawing: bool = False,
) -> Located:
    """Return a table as a GeoDataFrame in a coordinate system that is certain, or with the fault why not.

    Parameters
    ----------
    declared
        What the file states.
    crs
        What the user states; goes before ``declared``. Also ``"GCJ-02"`` and ``"BD-09"``, which are turned
        into WGS 84.
    mapping
        Header -> ``x``, ``y`` or ``wkt``.
    standard
        Whether degrees without a declaration are WGS 84 by the format (GeoJSON).
    drawing
        Whether closed lines stand for polygons, where the layer takes polygons and no lines.
    """
    if not schema.geometry:
        plain = pd.DataFrame(frame.drop(columns="geometry")) if isinstance(frame, gpd.GeoDataFrame) else frame
        return Located(plain, Words("", ""), [])
    shaped, degrees, faults = _shaped(frame, schema, places, mapping or {})
    if shaped is None:
        return Located(frame, Words("", ""), faults)
    if drawing and "Polygon" in schema.geometry and "LineString" not in schema.geometry:
        shaped, said = _closed(shaped, schema, places)
        faults += said
    if not np.isfinite(shapely.bounds(shaped.geometry.to_numpy())).all(axis=1).any():
        return Located(shaped, Words("", ""), faults)
    if webmaps.is_web_datum(crs):
        return _from_web_map(shaped, schema, places, str(crs), faults)
    try:
        stated = systems.parse(crs) if crs is not None else declared
    except FaultError as error:
        return Located(shaped, Words("", ""), faults + [replace(f, file=places.file) for f in error.faults])
    guess = systems.detect(shaped, declared=stated, lonlat=degrees or standard)
    if guess.crs is None:
        return Located(shaped, guess.reason, [*faults, _not_certain(guess, stated, schema, places)])
    found = systems.WGS84 if standard and guess.kind == "lonlat" else guess.crs
    faults += _said(guess, shaped, schema, places, stated is None and not standard)
    if guess.swapped:
        shaped = shaped.set_geometry(shapely.transform(shaped.geometry.to_numpy(), lambda xy: xy[:, ::-1]))
    shaped = shaped.set_crs(found, allow_override=True)
    return Located(shaped, guess.reason, faults + _outliers(shaped, schema, places, found))


def _from_web_map(
    shaped: gpd.GeoDataFrame, schema: Schema, places: Places, crs: str, faults: list[Fault]
) -> Located:
    guess = systems.detect(shaped, declared=systems.WGS84)
    if guess.crs is None:
        return Located(shaped, guess.reason, [*faults, _not_certain(guess, systems.WGS84, schema, places)])
    turned = shaped.set_geometry(webmaps.to_wgs84(shaped.geometry, crs))
    label = crs.upper()
    note = Words(f"由 {label} 换算为 WGS 84。", f"turned from {label} into WGS 84.")
    return Located(turned, note, faults + _outliers(turned, schema, places, systems.WGS84))


def _shaped(
    frame: pd.DataFrame, schema: Schema, places: Places, mapping: Mapping[str, str]
) -> tuple[gpd.GeoDataFrame | None, bool, list[Fault]]:
    """Return the table with a geometry (or None), whether it is headed as degrees, and the faults."""
    if isinstance(frame, gpd.GeoDataFrame) and not mapping:
        return frame.set_crs(None, allow_override=True), False, []
    headers = [str(c) for c in frame.columns]
    at = _mapped(headers, mapping) if mapping else find_coordinates(headers)
    if at is None:
        return None, False, []
    shapes, faults = (_wkt if at.wkt >= 0 else _points)(frame, at, schema, places)
    used = {at.x, at.y, at.wkt} - {-1}
    rest = frame.iloc[:, [i for i in range(len(headers)) if i not in used and headers[i] != "geometry"]]
    return gpd.GeoDataFrame(rest, geometry=gpd.GeoSeries(shapes, index=frame.index)), at.degrees, faults


def _closed(shaped: gpd.GeoDataFrame, schema: Schema, places: Places) -> tuple[gpd.GeoDataFrame, list[Fault]]:
    """Return a drawing with its closed lines as polygons, and how many there were."""
    shapes, count = closed_as_polygons(shaped.geometry.to_numpy())
    if not count:
        return shaped, []
    sheet = (*places.sheets, "")[0]
    said = Fault("lines_closed", places.file, sheet, schema.name, params={"count": count})
    return shaped.set_geometry(gpd.GeoSeries(shapes, index=shaped.index)), [said]


def _mapped(headers: list[str], mapping: Mapping[str, str]) -> Coordinates | None:
    folded = [fold_header(h) for h in headers]
    at = {name: folded.index(fold_header(h)) for h, name in mapping.items() if fold_header(h) in folded}
    if "wkt" in at:
        return Coordinates(wkt=at["wkt"])
    return Coordinates(x=at["x"], y=at["y"]) if {"x", "y"} <= set(at) else None


def _points(frame: pd.DataFrame, at: Coordinates, schema: Schema, places: Places) -> tuple[Any, list[Fault]]:
    """Return points from two columns; a row with one of the two blank or wrong has no point, and a fault."""
    faults: list[Fault] = []
    xy = np.full((len(frame), 2), np.nan)
    for axis, column in enumerate((at.x, at.y)):
        for row, cell in enumerate(frame.iloc[:, column]):
            value = _coordinate(cell)
            if value is None and not is_blank(cell):
                header = str(frame.columns[column])
                found = as_text(cell)
                faults.append(
                    places.fault("coordinate_not_number", row, layer=schema.name, column=header, found=found)
                )
            xy[row, axis] = np.nan if value is None else value
    whole = np.isfinite(xy).all(axis=1)
    shapes = np.full(len(frame), None, dtype=object)
    shapes[whole] = shapely.points(xy[whole])
    return shapes, faults


def _coordinate(cell: Any) -> float | None:
    if is_blank(cell) or isinstance(cell, bool):
        return None
    try:
        value = float(fold(cell).replace(",", "").rstrip("°em") if isinstance(cell, str) else cell)
    except (TypeError, ValueError):
        return None
    return value if np.isfinite(value) else None


def _wkt(frame: pd.DataFrame, at: Coordinates, schema: Schema, places: Places) -> tuple[Any, list[Fault]]:
    shapes = np.full(len(frame), None, dtype=object)
    faults = []
    for row, cell in enumerate(frame.iloc[:, at.wkt]):
        if is_blank(cell):
            continue
        try:
            shapes[row] = shapely.from_wkt(str(cell))
        except (shapely.errors.ShapelyError, TypeError):
            header, found = str(frame.columns[at.wkt]), str(cell)
            faults.append(
                places.fault("geometry_unreadable", row, layer=schema.name, column=header, found=found)
            )
    return shapes, faults


def _not_certain(guess: systems.CrsGuess, stated: CRS | None, schema: Schema, places: Places) -> Fault:
    sheet = places.sheets[0] if len(places.rows) else ""
    found = systems.name(stated) if stated is not None else ""
    kind = "crs_conflict" if guess.kind == "conflict" else "crs_unknown"
    codes = [c.to_string() for c in guess.candidates if not systems.is_local(c)]
    params = {"reason": guess.reason, "candidates": tuple(codes)}
    return Fault(kind, places.file, sheet, schema.name, found=found, params=params)


def _said(
    guess: systems.CrsGuess, shaped: gpd.GeoDataFrame, schema: Schema, places: Places, assumed: bool
) -> list[Fault]:
    """Return the warnings about what was assumed: the datum of degrees, exchanged axes."""
    place = (places.file, places.sheets[0] if len(places.rows) else "", schema.name)
    faults = []
    if guess.kind == "lonlat" and assumed and guess.crs is not None:
        params = {"crs": Words(systems.name(guess.crs), systems.name(guess.crs, "en"))}
        faults.append(Fault("datum_assumed", *place, params=params))
    if guess.swapped:
        x, y = shaped.geometry.dropna().iloc[0].bounds[:2]
        faults.append(Fault("axes_swapped", *place, found=f"{x:.9g}, {y:.9g}"))
    return faults


def _outliers(shaped: gpd.GeoDataFrame, schema: Schema, places: Places, crs: CRS) -> list[Fault]:
    """Return a fault for each place that cannot be in its system, a warning for each far from the others."""
    label = Words(systems.name(crs), systems.name(crs, "en"))
    misfits = systems.misfits(shaped, crs)
    faults = [
        places.fault("coordinate_outlier", row, layer=schema.name, found=_at(shaped, row), crs=label)
        for row in np.flatnonzero(misfits).tolist()
    ]
    if not schema.key:
        return faults
    metres = _from_the_nearest(shaped, misfits, crs)
    usual = np.nanquantile(metres, 0.9) if np.isfinite(metres).sum() >= _SEVERAL else np.inf
    for row in np.flatnonzero(metres > max(_FAR, _TIMES * usual)).tolist():
        far = round(float(metres[row]) / 1000)
        found = _at(shaped, row)
        faults.append(places.fault("place_far", row, layer=schema.name, found=found, kilometres=far))
    return faults


def _at(shaped: gpd.GeoDataFrame, row: int) -> str:
    x, y = shaped.geometry.iloc[row].bounds[:2]
    return f"{x:.9g}, {y:.9g}"


def _from_the_nearest(
    shaped: gpd.GeoDataFrame, misfits: npt.NDArray[np.bool_], crs: CRS
) -> npt.NDArray[np.float64]:
    """Return metres from each place to the nearest other one, roughly for degrees; NaN without a place."""
    bounds = shapely.bounds(shaped.geometry.to_numpy())
    xy = (bounds[:, :2] + bounds[:, 2:]) / 2
    use = np.flatnonzero(np.isfinite(xy).all(axis=1) & ~misfits)
    metres = np.full(len(xy), np.nan)
    if crs.is_geographic and len(use):
        xy = xy * _DEGREE * np.array([np.cos(np.radians(np.median(xy[use, 1]))), 1.0])
    points = np.unique(xy[use], axis=0)
    if len(points) < _SEVERAL:
        return metres
    near = shapely.STRtree(np.asarray(shapely.points(points), dtype=object))
    own, distance = near.query_nearest(
        shapely.points(xy[use]), exclusive=True, return_distance=True, all_matches=False
    )
    metres[use[own[0]]] = distance
    return metres
