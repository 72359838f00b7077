"""Coordinates of Chinese web maps: GCJ-02 (高德, 腾讯) and BD-09 (百度), turned into WGS 84.

Both shift places by 100 to 700 m, more than many walking limits. The shift has no official formula; this is
the published approximation (``eviltransform``, ``coordtransform``), inverted by iteration.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gis.systems import WGS84

_SEMI_MAJOR = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_BAIDU = np.pi * 3000.0 / 180.0
_NAMES = {"gcj02": "GCJ-02", "gcj": "GCJ-02", "bd09": "BD-09", "bd": "BD-09"}

Xy = np.ndarray[Any, np.dtype[np.float64]]


def is_web_datum(crs: Any) -> bool:
    """Tell whether a name means a web-map datum (``"GCJ-02"``, ``"BD-09"``), in any spelling."""
    return isinstance(crs, str) and _plain(crs) in _NAMES


def _plain(crs: str) -> str:
    return crs.lower().replace("-", "").replace("_", "").replace(" ", "").removesuffix("ll")


def to_wgs84(geometry: gpd.GeoSeries, crs: str) -> gpd.GeoSeries:
    """Return geometries in WGS 84 from degrees in GCJ-02 or BD-09.

    Parameters
    ----------
    geometry
        Longitude and latitude in degrees.
    crs
        ``"GCJ-02"`` or ``"BD-09"``.

    Raises
    ------
    ValueError
        For another name.
    """
    if not is_web_datum(crs):
        raise ValueError(f"not a web-map datum: {crs!r}")
    turn = _bd09_to_wgs84 if _NAMES[_plain(crs)] == "BD-09" else gcj02_to_wgs84
    return gpd.GeoSeries(shapely.transform(geometry.to_numpy(), turn), index=geometry.index, crs=WGS84)


def wgs84_to_gcj02(lonlat: Xy) -> Xy:
    """Return GCJ-02 longitude and latitude of WGS 84 ones; both of shape (n, 2), in degrees."""
    return lonlat + _shift(lonlat)


def gcj02_to_wgs84(lonlat: Xy) -> Xy:
    """Return WGS 84 longitude and latitude of GCJ-02 ones; both of shape (n, 2), in degrees."""
    guess = lonlat - _shift(lonlat)
    for _ in range(5):
        guess = lonlat - _shift(guess)
    return guess


def _bd09_to_wgs84(lonlat: Xy) -> Xy:
    return gcj02_to_wgs84(bd09_to_gcj02(lonlat))


def bd09_to_gcj02(lonlat: Xy) -> Xy:
    """Return GCJ-02 longitude and latitude of BD-09 ones; both of shape (n, 2), in degrees."""
    x, y = lonlat[:, 0] - 0.0065, lonlat[:, 1] - 0.006
    radius = np.hypot(x, y) - 0.00002 * np.sin(y * _BAIDU)
    angle = np.arctan2(y, x) - 0.000003 * np.cos(x * _BAIDU)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _shift(lonlat: Xy) -> Xy:
    """Return the shift from WGS 84 to GCJ-02 at places in WGS 84, in degrees."""
    x, y = lonlat[:, 0] - 105.0, lonlat[:, 1] - 35.0
    latitude = np.radians(lonlat[:, 1])
    magic = 1 - _ECCENTRICITY2 * np.sin(latitude) ** 2
    north = _north(x, y) * 180.0 / (_SEMI_MAJOR * (1 - _ECCENTRICITY2) / (magic * np.sqrt(magic)) * np.pi)
    east = _east(x, y) * 180.0 / (_SEMI_MAJOR / np.sqrt(magic) * np.cos(latitude) * np.pi)
    return np.column_stack([east, north])


def _waves(value: Xy, *, long: tuple[float, float], amplitudes: tuple[float, float]) -> Xy:
    """Return the sum of the slow sine waves of the published approximation, in metres."""
    middle = 20.0 * np.sin(value * np.pi) + 40.0 * np.sin(value / 3.0 * np.pi)
    slow = sum(a * np.sin(value / w * np.pi) for a, w in zip(amplitudes, long))
    return np.asarray((middle + slow) * 2.0 / 3.0)


def _fast(x: Xy) -> Xy:
    return np.asarray((20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0)


def _north(x: Xy, y: Xy) -> Xy:
    base = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    return np.asarray(base + _fast(x) + _waves(y, long=(12.0, 30.0), amplitudes=(160.0, 320.0)))


def _east(x: Xy, y: Xy) -> Xy:
    base = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    return np.asarray(base + _fast(x) + _waves(x, long=(12.0, 30.0), amplitudes=(150.0, 300.0)))
