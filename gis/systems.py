"""The coordinate systems of Chinese map data: looked up in the EPSG register, and named for people."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
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
#: National datums: the name in the EPSG register -> words; the first is in force, the others are old.
DATUMS = {
    "CGCS2000": Words("CGCS2000", "CGCS2000"),
    "Xian 1980": Words("1980 西安", "Xi'an 1980"),
    "Beijing 1954": Words("1954 北京", "Beijing 1954"),
    "New Beijing": Words("新 1954 北京", "New Beijing"),
}
_DEGREES = {"CGCS2000": 4490, "Xian 1980": 4610, "Beijing 1954": 4214, "New Beijing": 4555}
_GAUSS = re.compile(
    r"^(?P<datum>.+) / (?P<three>3-degree )?Gauss-Kruger (?P<kind>zone|CM) (?P<number>\d+)E?$"
)


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
    degrees = {4326: "WGS 84", **{code: DATUMS[datum].zh for datum, code in _DEGREES.items()}}
    if epsg in degrees:
        return f"{degrees[epsg]} 经纬度"
    found = _GAUSS.match(crs.name) if epsg else None
    if found is None or found["datum"] not in DATUMS:
        return crs.name
    head = f"{DATUMS[found['datum']].zh} 高斯-克吕格{'三' if found['three'] else '六'}度带"
    number = found["number"]
    return f"{head}第 {number} 带" if found["kind"] == "zone" else f"{head}中央经线 {number}°E"


@lru_cache(maxsize=256)
def _epsg(crs: CRS) -> int | None:
    return crs.to_epsg()


@dataclass(frozen=True)
class Gauss:
    """What a national Gauss-Krüger system is made of.

    Attributes
    ----------
    datum : str
        A key of :data:`DATUMS`.
    width : int
        Zone width in degrees, 3 or 6.
    meridian : int
        Central meridian in degrees east.
    prefixed : bool
        Whether eastings carry the zone number.
    """

    datum: str
    width: int
    meridian: int
    prefixed: bool


def gauss_of(crs: CRS) -> Gauss | None:
    """Return what a national Gauss-Krüger system is made of; None for any other system."""
    found = _GAUSS.match(crs.name)
    if found is None or found["datum"] not in DATUMS:
        return None
    width, number = (3 if found["three"] else 6), int(found["number"])
    prefixed = found["kind"] == "zone"
    meridian = (3 * number if width == 3 else 6 * number - 3) if prefixed else number
    return Gauss(found["datum"], width, meridian, prefixed)


def datum_of(crs: CRS) -> str:
    """Return the national datum (a key of :data:`DATUMS`) that a system rests on; empty for another one."""
    base = crs.geodetic_crs
    return next((d for d, code in _DEGREES.items() if base is not None and base == degrees(d)), "")


@lru_cache(maxsize=8)
def degrees(datum: str = "CGCS2000") -> CRS:
    """Return longitude and latitude on a national datum, a key of :data:`DATUMS`."""
    return CRS.from_epsg(_DEGREES[datum])


@lru_cache(maxsize=256)
def gauss_kruger(meridian: int, *, width: int = 3, prefixed: bool = False, datum: str = "CGCS2000") -> CRS:
    """Return the Gauss-Krüger system of a central meridian, looked up by name in the EPSG register.

    Parameters
    ----------
    meridian
        Central meridian in degrees east: 75, 78 ... 135 (3-degree) or 75, 81 ... 135 (6-degree).
    width
        Zone width in degrees, 3 or 6.
    prefixed
        Whether eastings carry the zone number (EPSG:4513) or not (EPSG:4534).
    datum
        A key of :data:`DATUMS`.

    Raises
    ------
    ValueError
        If there is no such zone in China.
    """
    zone = meridian // 3 if width == 3 else (meridian + 3) // 6
    tail = f"zone {zone}" if prefixed else f"CM {meridian}E"
    code = _chinese_systems().get(f"{datum} / {'3-degree ' if width == 3 else ''}Gauss-Kruger {tail}")
    if code is None:
        raise ValueError(f"no {datum} {width}-degree zone has the central meridian {meridian}")
    return CRS.from_epsg(code)


@lru_cache(maxsize=1)
def _chinese_systems() -> dict[str, int]:
    """Return name -> code of every national Gauss-Krüger system in the register."""
    west, south, east, north = CHINA
    area = AreaOfInterest(west, south, east, north)
    infos = query_crs_info("EPSG", PJType.PROJECTED_CRS, area_of_interest=area, contains=False)
    return {info.name: int(info.code) for info in infos if _GAUSS.match(info.name)}


def choices(datum: str = "") -> list[tuple[str, Words]]:
    """Return what a user may choose where the numbers do not tell: code (for :func:`parse`) and words.

    Without ``datum`` CGCS2000 by central meridian, 3-degree first, then longitude and latitude and the local
    grid. With one, all systems on it: 3-degree and 6-degree without and with the zone number, and degrees.
    """
    flat = [("CGCS2000", False)] if not datum else [(datum, False), (datum, True)]
    systems = [
        gauss_kruger(meridian, width=width, prefixed=prefixed, datum=base)
        for width in (3, 6)
        for base, prefixed in flat
        for meridian in range(75, 136, width)
    ]
    systems += [degrees(datum)] if datum else [CGCS2000, WGS84]
    listed = [(f"EPSG:{_epsg(c)}", Words(name(c), name(c, "en"))) for c in systems]
    return listed if datum else [*listed, ("local", Words(name(LOCAL), name(LOCAL, "en")))]


def names(systems: Iterable[CRS], lang: str = "zh") -> str:
    """Return several coordinate systems in one line."""
    return (", " if lang == "en" else "、").join(name(crs, lang) for crs in systems)
