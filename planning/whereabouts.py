"""Where the rows of a table would come to lie, before it is imported: on the map, and against known points.

The numbers of a table do not always tell its coordinate system, and never which datum they rest on. So a
planner sees how far places whose position is known (schools, units and areas of the project, control points)
would be from where the table puts them, for the system that was found and for those it could be as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gis import crs as systems
from gis import datum, webmaps
from gis.columns import Places
from gis.faults import FaultError
from gis.headers import match_headers
from gis.layers import SCHEMAS
from gis.locations import locate, split_mapping
from gis.opening import open_file
from gis.systems import CGCS2000, is_local
from gis.values import as_text, fold, is_blank
from gis.words import Words

#: Most places that are looked at; of more, these many spread over the table.
MOST: Final = 400
#: Layers whose places are known points, and what names them.
KNOWN_LAYERS: Final = ("schools", "units", "estates")
#: A system puts a table where it belongs when its places lie this near to the known ones, in metres.
NEAR: Final = 300.0

Xy = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Spots:
    """The places of a table as its numbers have them, and what they look like.

    Attributes
    ----------
    names : tuple of str
        Of each place; empty where the table has none.
    xy : ndarray of shape (n, 2)
        The numbers, x east where the file follows the usual order.
    guess : gis.crs.CrsGuess
        What the coordinate system looks like.
    declared : bool
        Whether the file itself says what it is: then nobody has to.
    """

    names: tuple[str, ...]
    xy: Xy
    guess: systems.CrsGuess
    declared: bool

    def on_earth(self, stated: str | None = None) -> Xy | None:
        """Return longitudes and latitudes (CGCS2000 or WGS 84) in a system; None for a grid with no place.

        Parameters
        ----------
        stated : str, optional
            As for `gis.readers.read_layer`; without it, the system that was found.

        Raises
        ------
        FaultError
            If no such system is known.
        """
        reading = datum.stated(stated) if stated else None
        xy = self.xy[:, ::-1] if self.guess.swapped and reading is None else self.xy
        if reading is not None:
            return _degrees(reading.turn(xy), reading.result)
        crs = systems.parse(stated) if stated else self.guess.crs
        return None if crs is None or is_local(crs) else _degrees(xy, crs)


@dataclass(frozen=True)
class Comparison:
    """How the places of a table lie to known points.

    Attributes
    ----------
    rows : DataFrame
        `name`, `metres`, `lon`, `lat`, `known_lon`, `known_lat`: one row a place that bears the name of a
        known point, the worst first.
    median_m : float
        Of `metres`; NaN where no name is known.
    nearest_m : float
        Median distance to the nearest known point, whatever its name; NaN without known points.
    """

    rows: pd.DataFrame
    median_m: float
    nearest_m: float

    @property
    def measure(self) -> float:
        """The distance to go by: that between places of the same name, else to the nearest point."""
        return self.median_m if np.isfinite(self.median_m) else self.nearest_m


@dataclass(frozen=True)
class Known:
    """Points whose position is known: name, and longitude and latitude on CGCS2000 (or WGS 84)."""

    names: tuple[str, ...] = ()
    lonlat: Xy = field(default_factory=lambda: np.empty((0, 2)))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.names)


def spots(
    path: str | Path,
    table: str,
    layer: str,
    *,
    mapping: Mapping[str, str] | None = None,
    encoding: str = "",
) -> Spots | None:
    """Return the places of a table; None for one without any.

    Other faults of the table do not matter here: a planner can look at the map before they are mended.

    Raises
    ------
    FaultError
        If the file cannot be opened.
    """
    raw = open_file(path, headers=list(mapping or {}), encoding=encoding).load(table)
    schema = SCHEMAS[layer]
    places = Places("", [table] * len(raw.frame), raw.rows, raw.feature)
    columns, coordinates = split_mapping(mapping)
    located = locate(raw.frame, schema, places, crs="local", mapping=coordinates, drawing=raw.drawing)
    frame = located.frame
    if not isinstance(frame, gpd.GeoDataFrame) or frame.geometry.isna().all():
        return None
    headers = [str(c) for c in raw.frame.columns if c != "geometry"]
    at = match_headers(headers, schema, mapping={**columns, **dict.fromkeys(coordinates, "")}).columns
    named = raw.frame.iloc[:, at["name"]].tolist() if "name" in at else [None] * len(frame)
    keep = np.flatnonzero((frame.geometry.notna() & ~frame.geometry.is_empty).to_numpy())
    keep = keep[np.unique(np.linspace(0, len(keep) - 1, MOST).astype(int))] if len(keep) > MOST else keep
    shapes = frame.geometry.to_numpy()[keep]
    xy = shapely.get_coordinates(shapely.point_on_surface(shapes))
    names = tuple("" if is_blank(named[i]) else as_text(named[i]).strip() for i in keep)
    degrees = raw.standard or _headed_degrees(headers)
    guess = systems.detect(xy, declared=raw.declared, lonlat=degrees)
    return Spots(names, xy, guess, raw.declared is not None or raw.standard)


def _headed_degrees(headers: Sequence[str]) -> bool:
    from gis.headers import find_coordinates

    found = find_coordinates(headers)
    return found is not None and found.degrees


def known_points(layers: Mapping[str, pd.DataFrame]) -> Known:
    """Return the named places of a project as known points; none on a local grid."""
    names: list[str] = []
    parts: list[Xy] = []
    for layer in KNOWN_LAYERS:
        frame = layers.get(layer)
        if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None or is_local(frame.crs):
            continue
        there = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
        inside = shapely.get_coordinates(shapely.point_on_surface(there.geometry.to_numpy()))
        names += there["name"].astype(str).tolist() if "name" in there else [""] * len(there)
        parts.append(_degrees(inside, frame.crs))
    return Known(tuple(names), np.vstack(parts)) if parts else Known()


def typed_points(rows: pd.DataFrame) -> Known:
    """Return known points that a planner typed: `name`, `lon`, `lat`; rows without a number are left out."""
    lonlat = rows[["lon", "lat"]].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    good = np.isfinite(lonlat).all(axis=1)
    names = rows["name"].where(rows["name"].notna(), "").astype(str)
    return Known(tuple(names[good]), lonlat[good])


def both(one: Known, other: Known) -> Known:
    """Return the known points of two lists."""
    return Known((*one.names, *other.names), np.vstack([one.lonlat, other.lonlat]))


def compare(names: Sequence[str], lonlat: Xy, known: Known) -> Comparison:
    """Return how places lie to known points.

    Parameters
    ----------
    names : sequence of str
    lonlat : ndarray of shape (n, 2)
        Where the table puts them, in degrees.
    known : Known
        A name that several known points bear is compared with the nearest of them.
    """
    columns = ["name", "metres", "lon", "lat", "known_lon", "known_lat"]
    good = np.isfinite(lonlat).all(axis=1)
    if not len(known) or not good.any():
        return Comparison(pd.DataFrame(columns=columns), np.nan, np.nan)
    by_name: dict[str, list[int]] = {}
    for at, name in enumerate(known.names):
        by_name.setdefault(fold(name), []).append(at)
    rows = []
    for name, place in zip(np.asarray(names, dtype=object)[good], lonlat[good], strict=True):
        same = known.lonlat[by_name.get(fold(name), [])] if name else np.empty((0, 2))
        if len(same):
            metres = _metres(same, place)
            rows.append((name, float(metres.min()), *place, *same[metres.argmin()]))
    frame = pd.DataFrame(rows, columns=columns).sort_values("metres", ascending=False, ignore_index=True)
    nearest = _metres(known.lonlat[None, :, :], lonlat[good][:, None, :]).min(axis=1)
    median = float(frame["metres"].median()) if len(frame) else np.nan
    return Comparison(frame, median, float(np.median(nearest)))


def fitting_systems(found: Spots, known: Known) -> list[tuple[str, Words, float]]:
    """Return the systems that put a table near the known points, the nearest first: code, words, metres.

    Degrees may be those of CGCS2000, GCJ-02 or BD-09; metres without a zone number may have any central
    meridian. Old datums are not told apart from CGCS2000 by this: they differ by less than places do.
    """
    if not len(known):
        return []
    tried = []
    for code, words in _possible(found):
        try:
            lonlat = found.on_earth(code)
        except FaultError:
            continue
        if lonlat is not None and np.isfinite(lonlat).all(axis=1).any():
            tried.append((code, words, compare(found.names, lonlat, known).measure))
    return sorted((one for one in tried if one[2] <= 10 * NEAR), key=lambda one: one[2])


def _possible(found: Spots) -> list[tuple[str, Words]]:
    if found.guess.kind == "lonlat":
        plain = Words(systems.name(CGCS2000), systems.name(CGCS2000, "en"))
        return [("EPSG:4490", plain), *((name, words) for name, words in webmaps.WORDS.items())]
    if found.guess.kind == "gk_plain":
        return [
            (code, words)
            for code, words in systems.choices()
            if code not in ("EPSG:4490", "EPSG:4326", "local")
        ]
    return [
        (crs.to_string(), Words(systems.name(crs), systems.name(crs, "en")))
        for crs in (*([found.guess.crs] if found.guess.crs else []), *found.guess.candidates)
        if not is_local(crs)
    ]


def _degrees(xy: Xy, crs: CRS) -> Xy:
    if crs == CGCS2000 or not len(xy):
        return np.asarray(xy, dtype=float)
    places = gpd.GeoSeries(gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=crs).to_crs(CGCS2000)
    return np.column_stack([places.x, places.y])


def _metres(lonlat: Xy, place: Xy) -> Xy:
    """Return metres between places, on a sphere: exact to 0.5 %; the last axis is longitude and latitude."""
    lon, lat = np.moveaxis(np.radians(lonlat), -1, 0)
    lon0, lat0 = np.moveaxis(np.radians(place), -1, 0)
    half = np.sin((lat - lat0) / 2) ** 2 + np.cos(lat) * np.cos(lat0) * np.sin((lon - lon0) / 2) ** 2
    return np.asarray(2 * 6_371_000.0 * np.arcsin(np.sqrt(half)))
