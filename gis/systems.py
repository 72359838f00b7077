"""The coordinate systems of Chinese map data: looked up in the EPSG register, and named for people."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import pyproj
from pyproj import CRS
from pyproj.aoi import AreaOfInterest
from pyproj.database import query_crs_info
from pyproj.enums import PJType

from gis.faults import Fault, FaultError
from gis.words import Words

CGCS2000 = CRS.from_epsg(4490)
WGS84 = CRS.from_epsg(4326)
#: Plane metres without any relation to the earth (独立坐标, 工程坐标).
LOCAL = CRS.from_wkt(
    'ENGCRS["Local grid, metres",EDATUM["Local grid"],CS[Cartesian,2],'
    'AXIS["easting (X)",east,ORDER[1]],AXIS["northing (Y)",north,ORDER[2]],LENGTHUNIT["metre",1]]'
)

#: Longitudes and latitudes of China, with a margin (west, south, east, north).
CHINA = (73.0, 3.0, 136.0, 54.0)
_FIRST_3, _FIRST_3_CM = 4513, 4534
_FIRST_6, _FIRST_6_CM = 4491, 4502
_LAST = 4554


def parse(crs: Any) -> CRS:
    """Return a coordinate system from a code, WKT, pyproj object, or ``"local"`` (独立坐标, metres).

    Raises
    ------
    FaultError
        ``crs_not_understood``.
    """
    if isinstance(crs, CRS):
        return crs
    text = str(crs).strip()
    if text.lower() in ("local", "独立坐标", "工程坐标"):
        return LOCAL
    try:
        return CRS.from_user_input(int(text) if text.isdecimal() else crs)
    except pyproj.exceptions.CRSError:
        raise FaultError([Fault("crs_not_understood", found=text)]) from None


def is_local(crs: CRS | None) -> bool:
    """Tell whether a coordinate system has no relation to the earth."""
    return crs is not None and crs.type_name == "Engineering CRS"


def name(crs: CRS, lang: str = "zh") -> str:
    """Return what people call a coordinate system, with its code."""
    if is_local(crs):
        return "local grid (metres)" if lang == "en" else "独立坐标（米）"
    epsg = _epsg(crs)
    code = f" (EPSG:{epsg})" if epsg else ""
    if lang == "en":
        return f"{crs.name}{code}"
    return f"{_chinese_name(crs, epsg)}{f'（EPSG:{epsg}）' if epsg else ''}"


def _chinese_name(crs: CRS, epsg: int | None) -> str:
    if epsg in (4326, 4490):
        return "WGS 84 经纬度" if epsg == 4326 else "CGCS2000 经纬度"
    if epsg is None or not _FIRST_6 <= epsg <= _LAST:
        return crs.name
    head = "CGCS2000 高斯-克吕格"
    if epsg < _FIRST_6_CM:
        return f"{head}六度带第 {epsg - _FIRST_6 + 13} 带"
    if epsg < _FIRST_3:
        return f"{head}六度带中央经线 {75 + 6 * (epsg - _FIRST_6_CM)}°E"
    if epsg < _FIRST_3_CM:
        return f"{head}三度带第 {epsg - _FIRST_3 + 25} 带"
    return f"{head}三度带中央经线 {75 + 3 * (epsg - _FIRST_3_CM)}°E"


@lru_cache(maxsize=256)
def _epsg(crs: CRS) -> int | None:
    return crs.to_epsg()


@lru_cache(maxsize=64)
def gauss_kruger(meridian: int, *, width: int = 3, prefixed: bool = False) -> CRS:
    """Return the CGCS2000 Gauss-Krüger system of a central meridian, looked up by name in the EPSG register.

    Parameters
    ----------
    meridian
        Central meridian in degrees east: 75, 78 ... 135 (3-degree) or 75, 81 ... 135 (6-degree).
    width
        Zone width in degrees, 3 or 6.
    prefixed
        Whether eastings carry the zone number (EPSG:4513) or not (EPSG:4534).

    Raises
    ------
    ValueError
        If there is no such zone in China.
    """
    zone = meridian // 3 if width == 3 else (meridian + 3) // 6
    tail = f"zone {zone}" if prefixed else f"CM {meridian}E"
    wanted = f"CGCS2000 / {'3-degree ' if width == 3 else ''}Gauss-Kruger {tail}"
    for info in _chinese_systems():
        if info.name == wanted:
            return CRS.from_epsg(int(info.code))
    raise ValueError(f"no CGCS2000 {width}-degree zone has the central meridian {meridian}")


@lru_cache(maxsize=1)
def _chinese_systems() -> list[Any]:
    west, south, east, north = CHINA
    area = AreaOfInterest(west, south, east, north)
    infos = query_crs_info("EPSG", PJType.PROJECTED_CRS, area_of_interest=area, contains=False)
    return [info for info in infos if info.name.startswith("CGCS2000 / ")]


def choices() -> list[tuple[str, Words]]:
    """Return what a user may choose where the numbers do not tell: code (for :func:`parse`) and words.

    CGCS2000 by central meridian, 3-degree first, then longitude and latitude and the local grid.
    """
    systems = [gauss_kruger(m) for m in range(75, 136, 3)]
    systems += [gauss_kruger(m, width=6) for m in range(75, 136, 6)] + [CGCS2000, WGS84]
    listed = [(f"EPSG:{_epsg(c)}", Words(name(c), name(c, "en"))) for c in systems]
    return [*listed, ("local", Words(name(LOCAL), name(LOCAL, "en")))]


def names(systems: Iterable[CRS], lang: str = "zh") -> str:
    """Return several coordinate systems in one line."""
    return (", " if lang == "en" else "、").join(name(crs, lang) for crs in systems)
