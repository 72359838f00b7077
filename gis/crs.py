"""Which coordinate system numbers are in, said with reasons; never a silent guess.

Chinese survey data come as zone-prefixed Gauss-Krüger coordinates (x = 19 682 242: 6-degree zone 19), as
plain ones (x about 500 km, useless without the central meridian), as longitude and latitude, or on a local
grid (独立坐标). The numbers do not tell the datum: CGCS2000, the official one, is taken, and the reason
says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Transformer

from gis.projecting import accuracy, metric_crs, to_project, transform_faults
from gis.systems import CGCS2000, CHINA, LOCAL, WGS84, choices, gauss_kruger, is_local, name, names, parse
from gis.words import Words

__all__ = [
    "CGCS2000",
    "LOCAL",
    "WGS84",
    "CrsGuess",
    "accuracy",
    "choices",
    "detect",
    "fitting",
    "gauss_kruger",
    "is_local",
    "metric_crs",
    "misfits",
    "name",
    "names",
    "parse",
    "to_project",
    "transform_faults",
]

_NORTHINGS = (1.8e6, 6.1e6)
_HALF_WIDTH = {6: 335e3, 3: 250e3}
_ZONES = {6: range(13, 24), 3: range(25, 46)}
#: EPSG codes of CGCS2000 with zone-prefixed eastings, less the zone number
_ZONE_CODES = {6: 4491 - 13, 3: 4513 - 25}
_MERCATOR_X = (8.1e6, 15.2e6)
_MERCATOR_Y = (1.9e6, 7.2e6)
_MARGIN = 4.0
_MAJORITY = 0.5

Xy = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class CrsGuess:
    """What the coordinate system of a table is, how that is known, and whether it is certain.

    Attributes
    ----------
    crs : pyproj.CRS or None
        None unless it is certain.
    kind : str
        ``declared``, ``local``, ``lonlat``, ``gk6``, ``gk3`` (zone-prefixed Gauss-Krüger), ``gk_plain``,
        ``web_mercator``, ``ambiguous``, ``lonlat_far``, ``unknown`` or ``conflict`` (declared, but the
        numbers say otherwise).
    reason_zh, reason_en : str
        One or two sentences for the user.
    certain : bool
        False: ask the user, and offer ``candidates``.
    candidates : tuple of pyproj.CRS
        What it may be; empty where it can be anything.
    swapped : bool
        The first coordinate is the northing or latitude; exchange them before use.
    """

    crs: CRS | None
    kind: str
    reason_zh: str
    reason_en: str
    certain: bool
    candidates: tuple[CRS, ...] = ()
    swapped: bool = False

    @property
    def reason(self) -> Words:
        """The reason in both languages."""
        return Words(self.reason_zh, self.reason_en)


def detect(
    frame: gpd.GeoDataFrame | gpd.GeoSeries | Xy, *, declared: Any = None, lonlat: bool = False
) -> CrsGuess:
    """Tell the coordinate system of coordinates from the numbers, or whether a declared one can be true.

    Parameters
    ----------
    frame
        Geometries (their own ``crs`` is not looked at) or an array of shape (n, 2) of x, y.
    declared
        What the file or the user says: anything :func:`parse` understands; None when nothing is said.
    lonlat
        The file says that these are degrees (headers 经度 and 纬度; GeoJSON): places outside China count too.

    Returns
    -------
    CrsGuess
        By what most rows look like; rows that do not fit are found with :func:`misfits`.

    Raises
    ------
    FaultError
        ``crs_not_understood``, when ``declared`` names no coordinate system.

    Examples
    --------
    >>> import numpy as np
    >>> detect(np.array([[19682242.1, 3827295.5]])).crs.to_epsg()
    4497
    >>> detect(np.array([[64096.1, 44021.4]])).certain
    False
    """
    xy = _centres(frame)
    if declared is not None:
        return _declared(parse(declared), xy)
    if not len(xy):
        return _unknown("没有坐标。", "there are no coordinates.")
    guess = _look(xy, lonlat=lonlat)
    if guess.kind != "unknown":
        return guess
    other = _look(xy[:, ::-1], lonlat=False)
    return _swapped(other) if other.kind not in ("unknown", "lonlat_far") else guess


def _centres(frame: gpd.GeoDataFrame | gpd.GeoSeries | Xy) -> Xy:
    """Return the middle of each geometry's bounds, rows without a finite one left out."""
    array = isinstance(frame, np.ndarray)
    xy = np.asarray(frame, dtype=float).reshape(-1, 2) if array else _middles(frame)
    return xy[np.isfinite(xy).all(axis=1)]


def _middles(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> Xy:
    bounds = shapely.bounds(frame.geometry.to_numpy())
    return np.asarray(bounds[:, :2] / 2 + bounds[:, 2:] / 2)


def _between(values: Xy, limits: tuple[float, float]) -> Mask:
    return (values >= limits[0]) & (values <= limits[1])


def _most(mask: Mask) -> bool:
    return bool(mask.mean() > _MAJORITY)


def _in_china(xy: Xy) -> Mask:
    return _between(xy[:, 0], CHINA[::2]) & _between(xy[:, 1], CHINA[1::2])


def _zone(xy: Xy, width: int) -> int:
    """Return the zone that most eastings are prefixed with, 0 when they are not."""
    prefix = np.floor_divide(xy[:, 0], 1e6)
    inside = np.abs(xy[:, 0] - prefix * 1e6 - 500e3) <= _HALF_WIDTH[width]
    good = inside & _between(xy[:, 1], _NORTHINGS) & np.isin(prefix, list(_ZONES[width]))
    if not _most(good):
        return 0
    zones, counts = np.unique(prefix[good], return_counts=True)
    return int(zones[counts.argmax()]) if counts.max() > _MAJORITY * len(xy) else 0


def _look(xy: Xy, *, lonlat: bool) -> CrsGuess:
    """Say what the numbers look like, x being east."""
    if _most(_in_china(xy)):
        return _degrees(CGCS2000, "在中国范围内", "inside China")
    if lonlat and _most(_on_earth(xy)):
        return _degrees(WGS84, "在经纬度取值范围内", "within the range of degrees")
    for width in (6, 3):
        zone = _zone(xy, width)
        if zone:
            return _prefixed(xy, width, zone)
    if _most(_between(xy[:, 0], _MERCATOR_X) & _between(xy[:, 1], _MERCATOR_Y)):
        return _mercator()
    if _most(_between(xy[:, 0], (165e3, 835e3)) & _between(xy[:, 1], _NORTHINGS)):
        return _plain()
    if _most(_on_earth(xy)):
        return _far()
    text = _range_words(xy)
    return _unknown(
        f"{text}不像经纬度，也不像高斯-克吕格坐标，可能是独立坐标。",
        f"{text} looks like neither degrees nor Gauss-Krüger; it may be a local grid.",
    )


def _on_earth(xy: Xy) -> Mask:
    return (np.abs(xy[:, 0]) <= 180) & (np.abs(xy[:, 1]) <= 90)


def _range_words(xy: Xy) -> str:
    (x0, y0), (x1, y1) = xy.min(axis=0), xy.max(axis=0)
    return f"x {x0:.9g}~{x1:.9g}, y {y0:.9g}~{y1:.9g} "


def _unknown(zh: str, en: str) -> CrsGuess:
    return CrsGuess(None, "unknown", zh, en, certain=False)


def _degrees(crs: CRS, zh: str, en: str) -> CrsGuess:
    return CrsGuess(
        crs,
        "lonlat",
        f"坐标{zh}，是经纬度，按 {name(crs)} 读入；数值看不出是否为 GCJ-02 或 BD-09。",
        f"the coordinates are {en}: degrees, read as {name(crs, 'en')}; the numbers do not show whether "
        "they are GCJ-02 or BD-09.",
        certain=True,
    )


def _prefixed(xy: Xy, width: int, zone: int) -> CrsGuess:
    crs = CRS.from_epsg(_ZONE_CODES[width] + zone)
    if width == 6 and _most(_between(xy[:, 0], _MERCATOR_X) & _between(xy[:, 1], _MERCATOR_Y)):
        fits = _most(fitting(xy, crs, margin=1.0))
        return _ambiguous((crs, CRS.from_epsg(3857))) if fits else _mercator()
    meridian = 6 * zone - 3 if width == 6 else 3 * zone
    return CrsGuess(
        crs,
        f"gk{width}",
        f"横坐标以带号 {zone} 开头，是 {width} 度带高斯-克吕格坐标（中央经线 {meridian}°E），"
        f"按 {name(crs)} 读入；"
        "数值看不出是 CGCS2000 还是 1980 西安、1954 北京（相差可达百米）。",
        f"eastings begin with zone number {zone}: {width}-degree Gauss-Krüger, central meridian "
        f"{meridian} E, read as {name(crs, 'en')}; the numbers do not tell CGCS2000 from "
        "Xian 1980 or Beijing 1954 (up to 100 m apart).",
        certain=True,
    )


def _ambiguous(candidates: tuple[CRS, ...]) -> CrsGuess:
    zh, en = names(candidates), names(candidates, "en")
    return CrsGuess(
        None,
        "ambiguous",
        f"几种都可能：{zh}。",
        f"it may be one of: {en}.",
        certain=False,
        candidates=candidates,
    )


def _mercator() -> CrsGuess:
    return CrsGuess(
        None,
        "web_mercator",
        "像网络地图的 Web 墨卡托坐标（EPSG:3857），但不能肯定。",
        "it looks like the Web Mercator coordinates of web maps (EPSG:3857), but that is not certain.",
        certain=False,
        candidates=(CRS.from_epsg(3857),),
    )


def _plain() -> CrsGuess:
    return CrsGuess(
        None,
        "gk_plain",
        "像不带带号的高斯-克吕格坐标（横坐标约 500 公里），要知道中央经线才能用。",
        "it looks like Gauss-Krüger without a zone number (eastings about 500 km); the central "
        "meridian is needed.",
        certain=False,
        candidates=tuple(gauss_kruger(m) for m in range(75, 136, 3)),
    )


def _far() -> CrsGuess:
    return CrsGuess(
        None,
        "lonlat_far",
        "数值在经纬度范围内，但不在中国，也可能是独立坐标。",
        "the numbers could be degrees outside China, or a local grid.",
        certain=False,
        candidates=(WGS84, LOCAL),
    )


def _swapped(guess: CrsGuess) -> CrsGuess:
    return CrsGuess(
        guess.crs,
        guess.kind,
        f"第一个坐标是北（或纬度），与通常次序相反。{guess.reason_zh}",
        f"the first coordinate is the northing or latitude, not the usual order: {guess.reason_en}",
        guess.certain,
        guess.candidates,
        swapped=True,
    )


def _declared(crs: CRS, xy: Xy) -> CrsGuess:
    label = Words(name(crs), name(crs, "en"))
    if is_local(crs):
        return CrsGuess(
            crs, "local", "按独立坐标（米）读入。", "read as a local grid in metres.", certain=True
        )
    if not len(xy) or _most(fitting(xy, crs)):
        return CrsGuess(crs, "declared", f"声明为 {label.zh}。", f"declared as {label.en}.", certain=True)
    look = _look(xy, lonlat=not crs.is_geographic)
    other = _look(xy[:, ::-1], lonlat=False) if look.kind == "unknown" else look
    look = _swapped(other) if other.kind not in (look.kind, "unknown", "lonlat_far") else look
    text = _range_words(xy)
    candidates = (look.crs,) if look.crs else look.candidates
    return CrsGuess(
        None,
        "conflict",
        f"{text}不在它的范围内；{look.reason_zh}",
        f"{text} lies outside its range; {look.reason_en}",
        certain=False,
        candidates=candidates,
        swapped=look.swapped,
    )


def fitting(xy: Xy, crs: CRS, *, margin: float = _MARGIN) -> Mask:
    """Tell which points can be in a system: inside its area of use, widened by ``margin`` degrees."""
    if is_local(crs):
        return np.asarray(np.isfinite(xy).all(axis=1))
    lon, lat = _to_degrees(crs).transform(xy[:, 0], xy[:, 1])
    good = np.isfinite(lon) & np.isfinite(lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
    west, south, east, north = _area(crs)
    if west <= east:
        good &= _between(lon, (west - margin, east + margin))
    return np.asarray(good & _between(lat, (south - margin, north + margin)))


@lru_cache(maxsize=64)
def _to_degrees(crs: CRS) -> Transformer:
    return Transformer.from_crs(crs, crs.geodetic_crs or WGS84, always_xy=True)


@lru_cache(maxsize=64)
def _area(crs: CRS) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a system's area of use, else a band round its central meridian."""
    known: Any = crs.area_of_use or _registered_area(crs)
    if known is not None:
        return known.bounds
    operation = crs.coordinate_operation
    origin = [float(p.value) for p in operation.params if "ongitude of" in p.name] if operation else []
    return (origin[0] - 6, -90.0, origin[0] + 6, 90.0) if origin else (-180.0, -90.0, 180.0, 90.0)


def _registered_area(crs: CRS) -> Any:
    epsg = crs.to_epsg(min_confidence=70)
    return CRS.from_epsg(epsg).area_of_use if epsg else None


def misfits(frame: gpd.GeoDataFrame | gpd.GeoSeries, crs: CRS) -> Mask:
    """Tell which rows have coordinates that cannot be in ``crs``; False for rows without a geometry."""
    xy = _middles(frame)
    present = np.isfinite(xy).all(axis=1)
    bad = np.zeros(len(xy), dtype=bool)
    bad[present] = ~fitting(xy[present], crs)
    return bad
