"""Coordinates that a code alone does not put on the earth: web maps, old datums, local grids.

A coordinate system is stated by one text, which a planner chooses and a project keeps. Beside the codes that
:func:`gis.systems.parse` knows there are

* ``GCJ-02`` and ``BD-09``;
* ``EPSG:2382 seven PV dx dy dz rx ry rz ppm``: a system on an old datum with seven parameters (布尔沙七参数)
  to CGCS2000, in metres, arc-seconds and parts per million. ``PV`` is the position vector convention of the
  rotations (EPSG method 1033), ``CF`` the coordinate frame convention (EPSG method 1032), in which the
  Bursa-Wolf formula of Chinese textbooks is written; the two differ in the signs of the three rotations;
* ``local fitted EPSG:4546 a b c d e f``: numbers x, y that become x' = a x + b y + c, y' = d x + e y + f in
  the system named, fitted from control points (:mod:`gis.datum_control`); ``CM109.8`` in place of the code
  is CGCS2000 Gauss-Krüger with that central meridian.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from pyproj import CRS, Transformer
from pyproj.crs import BoundCRS, ProjectedCRS
from pyproj.crs.coordinate_operation import ToWGS84Transformation, TransverseMercatorConversion

from gis import systems, webmaps
from gis.faults import Fault, FaultError
from gis.systems import CGCS2000, DATUMS, WGS84, datum_of, is_local
from gis.words import Words

#: How the rotations of seven parameters are signed: mark in a text -> words.
CONVENTIONS = {
    "PV": Words("位置矢量（EPSG 1033）", "position vector (EPSG 1033)"),
    "CF": Words("坐标框架（EPSG 1032，国内布尔沙公式）", "coordinate frame (EPSG 1032, Bursa-Wolf in China)"),
}
#: Largest parameters that can be meant: translations in metres, rotations in arc-seconds, scale in ppm.
_LIMITS = (10_000.0, 100.0, 500.0)
_MERIDIAN = re.compile(r"CM(\d{1,3}(?:\.\d+)?)$")

Xy = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class SevenParameters:
    """Seven parameters from a datum to CGCS2000: translations (m), rotations (arc-seconds), scale (ppm).

    ``convention`` is a key of :data:`CONVENTIONS` and has no default: sheets of parameters use both, and the
    wrong one is off by tens of metres.
    """

    dx: float
    dy: float
    dz: float
    rx: float
    ry: float
    rz: float
    ppm: float
    convention: str

    @property
    def values(self) -> tuple[float, ...]:
        """The seven numbers as given."""
        return astuple(self)[:7]

    @property
    def position_vector(self) -> list[float]:
        """The seven numbers with rotations by the position vector convention."""
        sign = 1.0 if self.convention == "PV" else -1.0
        return [self.dx, self.dy, self.dz, sign * self.rx, sign * self.ry, sign * self.rz, self.ppm]


@dataclass(frozen=True)
class Reading:
    """How coordinates that a table states so become places on the earth.

    Attributes
    ----------
    text : str
        What it is stated and kept as.
    name : Words
        What people call it.
    own : pyproj.CRS
        What the numbers have to fit; the local grid takes any.
    result : pyproj.CRS
        What they are in after the turn.
    accuracy : Words
        How exact the turn is, and how that is known.
    turn : callable
        Array of shape (n, 2) in the numbers' own order -> the same in ``result``, x east.
    """

    text: str
    name: Words
    own: CRS
    result: CRS
    accuracy: Words
    turn: Callable[[Xy], Xy]


def stated(text: Any) -> Reading | None:
    """Return how to read coordinates stated so; None for a plain system (:func:`gis.systems.parse`).

    Raises
    ------
    FaultError
        ``crs_not_understood`` when a text of one of these forms is not complete, ``seven_range`` for
        parameters that no two datums need.
    """
    if webmaps.is_web_datum(text):
        return _web(webmaps.which(text))
    words = text.split() if isinstance(text, str) else []
    if len(words) > 2 and words[1] in ("seven", "fitted"):
        try:
            return (_seven if words[1] == "seven" else _fitted)(words)
        except (ValueError, IndexError) as error:
            if isinstance(error, FaultError):
                raise
            raise FaultError([Fault("crs_not_understood", found=str(text))]) from None
    return None


def label(text: Any) -> Words:
    """Return what people call a coordinate system stated as any text that :func:`stated` or ``parse`` takes.

    Raises
    ------
    FaultError
        ``crs_not_understood``.
    """
    reading = stated(text)
    if reading is not None:
        return reading.name
    crs = systems.parse(text)
    return Words(systems.name(crs), systems.name(crs, "en"))


def _web(datum: str) -> Reading:
    turn = webmaps.bd09_to_wgs84 if datum == webmaps.BD09 else webmaps.gcj02_to_wgs84
    accuracy = Words(
        "换算用公开的近似公式，与真实偏移相差几米",
        "turned by the published approximation, within some metres of the real shift",
    )
    return Reading(datum, webmaps.WORDS[datum], WGS84, WGS84, accuracy, turn)


def with_seven(crs: Any, seven: SevenParameters) -> str:
    """Return the text that states a system on an old datum with seven parameters to CGCS2000.

    Raises
    ------
    FaultError
        ``seven_range`` or ``crs_not_understood``.
    """
    code = _code(systems.parse(crs))
    text = " ".join([code, "seven", seven.convention, *(f"{v:.15g}" for v in seven.values)])
    stated(text)
    return text


def _code(crs: CRS) -> str:
    epsg = crs.to_epsg()
    if is_local(crs) or epsg is None:
        raise FaultError([Fault("crs_not_understood", found=systems.name(crs))])
    return f"EPSG:{epsg}"


def _seven(words: Sequence[str]) -> Reading:
    own, convention = systems.parse(words[0]), words[2]
    dx, dy, dz, rx, ry, rz, ppm = (float(word) for word in words[3:])
    if convention not in CONVENTIONS or is_local(own):
        raise ValueError(words)
    seven = SevenParameters(dx, dy, dz, rx, ry, rz, ppm, convention)
    _check_range(seven)
    steps = _helmert(own, tuple(seven.position_vector))
    name = Words(
        f"{systems.name(own)}，七参数（{CONVENTIONS[convention].zh}）",
        f"{systems.name(own, 'en')} with seven parameters, {CONVENTIONS[convention].en}",
    )
    accuracy = Words(
        "精度取决于所给的七参数，软件无从得知，请用已知点核对",
        "as exact as the seven parameters given, which cannot be known here: compare with known points",
    )
    return Reading(" ".join(words), name, own, CGCS2000, accuracy, lambda xy: _through(steps, xy))


def _check_range(seven: SevenParameters) -> None:
    limits = [_LIMITS[0]] * 3 + [_LIMITS[1]] * 3 + [_LIMITS[2]]
    good = [np.isfinite(v) and abs(v) <= limit for v, limit in zip(seven.values, limits, strict=True)]
    if not all(good):
        raise FaultError([Fault("seven_range", found=", ".join(f"{v:g}" for v in seven.values))])


def looks_like_radians(seven: SevenParameters) -> bool:
    """Tell whether rotations are so small that they may be radians, or ppm so small that it is a factor."""
    turns = [abs(v) for v in (seven.rx, seven.ry, seven.rz) if v]
    return (bool(turns) and max(turns) < 5e-4) or 0 < abs(seven.ppm) < 1e-3


@lru_cache(maxsize=32)
def _helmert(own: CRS, values: tuple[float, ...]) -> Transformer:
    # CGCS2000 and WGS 84 agree within centimetres; pyproj writes seven parameters towards WGS 84 only.
    bound = BoundCRS(own, WGS84, ToWGS84Transformation(own.geodetic_crs, *values))
    return Transformer.from_crs(bound, WGS84, always_xy=True)


def _through(steps: Transformer, xy: Xy) -> Xy:
    return np.column_stack(steps.transform(xy[:, 0], xy[:, 1]))


def _fitted(words: Sequence[str]) -> Reading:
    own, result = systems.parse(words[0]), base_crs(words[2])
    a, b, c, d, e, f = (float(word) for word in words[3:])
    if not np.isfinite([a, b, c, d, e, f]).all() or a * e == b * d:
        raise ValueError(words)
    matrix, shift, to = np.array([[a, d], [b, e]]), np.array([c, f]), _base_name(words[2])
    name = Words(
        f"{systems.name(own)}，由控制点拟合到 {to.zh}",
        f"{systems.name(own, 'en')}, fitted from control points to {to.en}",
    )
    accuracy = Words("精度见控制点拟合的残差", "as exact as the residuals of the control points say")
    return Reading(" ".join(words), name, own, result, accuracy, lambda xy: xy @ matrix + shift)


def fitted_text(own: str, base: str, coefficients: Sequence[float]) -> str:
    """Return the text that states x' = a x + b y + c, y' = d x + e y + f; see the head of this module."""
    return " ".join([own, "fitted", base, *(f"{v:.15g}" for v in coefficients)])


def base_crs(text: str) -> CRS:
    """Return the plane system that a fit leads to: a code, or ``CM109.8`` for a central meridian.

    Raises
    ------
    FaultError
        ``crs_not_understood``.
    """
    found = _MERIDIAN.match(text)
    return _gauss_at(float(found[1])) if found else systems.parse(text)


@lru_cache(maxsize=32)
def _gauss_at(meridian: float) -> CRS:
    conversion = TransverseMercatorConversion(longitude_natural_origin=meridian, false_easting=500_000)
    title = f"CGCS2000 / Gauss-Kruger CM {meridian:g}E"
    return CRS(ProjectedCRS(conversion, name=title, geodetic_crs=CGCS2000).to_wkt())


def _base_name(text: str) -> Words:
    found = _MERIDIAN.match(text)
    if not found:
        return label(text)
    return Words(f"CGCS2000 高斯-克吕格（中央经线 {found[1]}°E）", f"CGCS2000 / Gauss-Kruger CM {found[1]}E")


def old_datum(crs: CRS) -> Words | None:
    """Return the words for the old national datum that a system rests on; None for CGCS2000 and others."""
    datum = datum_of(crs)
    return DATUMS[datum] if datum and datum != "CGCS2000" else None
