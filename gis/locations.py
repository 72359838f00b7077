"""Where the rows of a table are: geometries, coordinate columns or WKT; and in which coordinate system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gis import crs as systems
from gis import webmaps
from gis.columns import Places, Schema
from gis.faults import Fault, FaultError
from gis.headers import Coordinates, find_coordinates, fold_header
from gis.values import as_text, fold, is_blank
from gis.words import Words

_TARGETS = ("x", "y", "wkt")


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
    """
    if not schema.geometry:
        plain = pd.DataFrame(frame.drop(columns="geometry")) if isinstance(frame, gpd.GeoDataFrame) else frame
        return Located(plain, Words("", ""), [])
    shaped, degrees, faults = _shaped(frame, schema, places, mapping or {})
    if shaped is None:
        return Located(frame, Words("", ""), faults)
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
    label = Words(systems.name(crs), systems.name(crs, "en"))
    faults = []
    for row in np.flatnonzero(systems.misfits(shaped, crs)):
        x, y = shaped.geometry.iloc[row].bounds[:2]
        found = f"{x:.9g}, {y:.9g}"
        faults.append(places.fault("coordinate_outlier", int(row), layer=schema.name, found=found, crs=label))
    return faults
