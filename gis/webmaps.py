"""Coordinates of Chinese web maps: GCJ-02 (高德, 腾讯) and BD-09 (百度), and WGS 84.

Both shift places by 100 to 1,200 m, more than many walking limits. The shift has no official formula; this is
the published approximation (``eviltransform`` by googollee, ``coordtransform`` by wandergis, both MIT), which
is known to agree with the real one to some metres. The inverse is iterated, so that there and back again
is exact to far less than 0.1 m. Outside the rectangle that the published code calls China there is no shift:
such points stay as they are, and :func:`outside` tells which they are.

Published test vectors, as latitude and longitude: eviltransform ``go/transform_test.go`` has WGS 84
(31.1774276, 121.5272106) as GCJ-02 (31.17530398364597, 121.531541859215) and two more; the README of
coordtransform has GCJ-02 (39.915, 116.404) as BD-09 (39.92133699351021, 116.41036949371029).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gis.systems import WGS84
from gis.words import Words

#: Web-map datums: what a choice calls them.
GCJ02, BD09 = "GCJ-02", "BD-09"
WORDS = {
    GCJ02: Words("GCJ-02 经纬度（高德、腾讯）", "GCJ-02 degrees (Amap, Tencent)"),
    BD09: Words("BD-09 经纬度（百度）", "BD-09 degrees (Baidu)"),
}

_SEMI_MAJOR = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
_BAIDU = np.pi * 3000.0 / 180.0
_BAIDU_OFFSET = (0.0065, 0.006)
_NAMES = {"gcj02": GCJ02, "gcj": GCJ02, "bd09": BD09, "bd": BD09}
#: What the published code takes for China: west, south, east, north.
_CHINA = (72.004, 0.8293, 137.8347, 55.8271)
#: Each step leaves less than 1/50 of the error of the one before.
_STEPS = 10

Xy = np.ndarray[Any, np.dtype[np.float64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


def is_web_datum(crs: Any) -> bool:
    """Tell whether a name means a web-map datum (``"GCJ-02"``, ``"BD-09"``), in any spelling."""
    return isinstance(crs, str) and _plain(crs) in _NAMES


def _plain(crs: str) -> str:
    return crs.lower().replace("-", "").replace("_", "").replace(" ", "").removesuffix("ll")


def which(crs: Any) -> str:
    """Return ``"GCJ-02"`` or ``"BD-09"`` for a name in any spelling, empty for anything else."""
    return _NAMES[_plain(crs)] if is_web_datum(crs) else ""


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
    turn = bd09_to_wgs84 if which(crs) == BD09 else gcj02_to_wgs84
    return gpd.GeoSeries(shapely.transform(geometry.to_numpy(), turn), index=geometry.index, crs=WGS84)


def outside(lonlat: Xy) -> Mask:
    """Tell which places are outside the rectangle in which web maps shift places; NaN counts as inside."""
    west, south, east, north = _CHINA
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    return np.asarray((lon < west) | (lon > east) | (lat < south) | (lat > north))


def wgs84_to_gcj02(lonlat: Xy) -> Xy:
    """Return GCJ-02 longitude and latitude of WGS 84 ones; both of shape (n, 2), in degrees."""
    return _inside(lonlat, lambda here: here + _shift(here))


def gcj02_to_wgs84(lonlat: Xy) -> Xy:
    """Return WGS 84 longitude and latitude of GCJ-02 ones; both of shape (n, 2), in degrees."""
    return _inside(lonlat, lambda here: _solved(here, _shift))


def gcj02_to_bd09(lonlat: Xy) -> Xy:
    """Return BD-09 longitude and latitude of GCJ-02 ones; both of shape (n, 2), in degrees."""
    return _inside(lonlat, lambda here: here + _baidu(here))


def bd09_to_gcj02(lonlat: Xy) -> Xy:
    """Return GCJ-02 longitude and latitude of BD-09 ones; both of shape (n, 2), in degrees."""
    return _inside(lonlat, lambda here: _solved(here, _baidu))


def wgs84_to_bd09(lonlat: Xy) -> Xy:
    """Return BD-09 longitude and latitude of WGS 84 ones; both of shape (n, 2), in degrees."""
    return gcj02_to_bd09(wgs84_to_gcj02(lonlat))


def bd09_to_wgs84(lonlat: Xy) -> Xy:
    """Return WGS 84 longitude and latitude of BD-09 ones; both of shape (n, 2), in degrees."""
    return gcj02_to_wgs84(bd09_to_gcj02(lonlat))


def _inside(given: Xy, turn: Callable[[Xy], Xy]) -> Xy:
    """Return the places inside China turned, those outside as they are."""
    here = ~outside(given)
    turned = np.array(given, dtype=float)
    turned[here] = turn(turned[here])
    return turned


def _solved(shifted: Xy, shift: Callable[[Xy], Xy]) -> Xy:
    """Return the places whose shift leads to the given ones, found by iteration."""
    guess = shifted
    for _ in range(_STEPS):
        guess = shifted - shift(guess)
    return guess


def _baidu(lonlat: Xy) -> Xy:
    """Return the shift from GCJ-02 to BD-09 at places in GCJ-02, in degrees."""
    x, y = lonlat[:, 0], lonlat[:, 1]
    radius = np.hypot(x, y) + 0.00002 * np.sin(y * _BAIDU)
    angle = np.arctan2(y, x) + 0.000003 * np.cos(x * _BAIDU)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]) + _BAIDU_OFFSET - lonlat


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
