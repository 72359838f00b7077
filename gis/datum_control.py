"""Control points (控制点): numbers on one grid fitted to places on the earth, with what does not fit named.

A local grid (地方独立坐标) or an old datum without parameters is put on the earth by points known in both
systems, through a similarity of four parameters (相似变换: shift, turn, scale) or an affine transform of six
(仿射变换), by least squares in the plane.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from gis import systems
from gis.datum import base_crs, fitted_text, stated
from gis.faults import Fault, FaultError
from gis.projecting import metric_crs
from gis.systems import CGCS2000, gauss_kruger, gauss_of, is_local
from gis.words import Words

#: Least number of points: one more than the parameters need, or a slip would go unseen.
LEAST = {"similarity": 3, "affine": 4}
METHODS = {
    "similarity": Words("四参数相似变换", "similarity of four parameters"),
    "affine": Words("六参数仿射变换", "affine transform of six parameters"),
}
#: Points are in a line when they spread across it by less than this share of their spread along it.
_SLIM = 0.03
#: A point is named when the fit to the others is this many times better without it, and it is off by metres.
_TIMES, _OFF = 4.0, 0.5
#: Scales further from 1 than this mean other units, or points paired wrongly.
_SCALE = 0.01
#: Metres of error from which a fit without a named point is called rough.
_ROUGH = 10.0

Xy = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class ControlFit:
    """A fit to control points, and how good it is.

    Attributes
    ----------
    text : str
        What states the system from now on, for :func:`gis.datum.stated` and whatever takes a system.
    method : str
        ``"similarity"`` or ``"affine"``.
    words : Words
        The fit in a sentence: points, error, scale, turn.
    residuals : DataFrame
        One row a point, in the order given: ``name``, ``dx_m``, ``dy_m`` (fitted less known, east and north),
        ``residual_m``, ``left_out_m`` (how far the others alone put it from its place), ``outlier``.
    rms_m : float
        Root mean square of the residuals over the points' spare coordinates, in metres.
    left_out_m : float
        Root mean square of ``left_out_m``: what to expect of a place between the points.
    scale : float
        Metres on the earth for a unit of the grid.
    turn_degrees : float
        By which the grid is turned, counter-clockwise.
    swapped : bool
        The two coordinates are the other way round in the grid (X is north), and the fit exchanges them.
    faults : list of Fault
        Warnings: points that do not fit, a scale far from 1, exchanged coordinates.
    """

    text: str
    method: str
    words: Words
    residuals: pd.DataFrame
    rms_m: float
    left_out_m: float
    scale: float
    turn_degrees: float
    swapped: bool
    faults: list[Fault]


def fit_control(
    points: pd.DataFrame, *, source: Any = "local", known: Any = "EPSG:4490", method: str = "similarity"
) -> ControlFit:
    """Fit a grid to the earth by control points.

    Parameters
    ----------
    points : DataFrame
        ``x``, ``y`` (as in the table that is to be read) and ``known_x``, ``known_y`` (x east; longitude and
        latitude, or metres); ``name`` where they have one. Rows with a blank number are left out.
    source
        What the grid is: ``"local"``, or a plane system on an old datum.
    known
        What ``known_x`` and ``known_y`` are in, as :func:`gis.datum.stated` or ``parse`` takes it.
    method : {"similarity", "affine"}

    Returns
    -------
    ControlFit

    Raises
    ------
    FaultError
        ``control_too_few`` (three points for a similarity, four for an affine transform: one more than it
        needs), ``control_collinear``, ``control_outside`` for known places that ``known`` cannot have,
        ``control_degrees`` when ``source`` is in degrees.
    """
    table = _usable(points, method)
    own = systems.parse(source)
    if own.is_geographic:
        raise FaultError([Fault("control_degrees", found=systems.name(own))])
    grid = table[["x", "y"]].to_numpy(dtype=float)
    base, target = _targets(table, own, known)
    _check_spread(grid, target)
    swapped = method == "similarity" and _mirrored(grid, target)
    solved = _solve(grid, target, method, swapped)
    residuals = _residuals(table, grid, target, solved, (method, swapped))
    return _result(residuals, solved, method, swapped, own=_own_text(own), base=base)


def _own_text(own: CRS) -> str:
    return "local" if is_local(own) else f"EPSG:{own.to_epsg()}"


def _usable(points: pd.DataFrame, method: str) -> pd.DataFrame:
    """Return the rows with all four numbers, a name each, or the fault that they are too few."""
    numbers = points[["x", "y", "known_x", "known_y"]].apply(pd.to_numeric, errors="coerce")
    good = np.isfinite(numbers.to_numpy(dtype=float)).all(axis=1)
    given = points["name"].astype(str) if "name" in points else pd.Series("", index=points.index)
    names = [name or str(at + 1) for at, name in enumerate(given)]
    table = numbers.assign(name=names)[good].drop_duplicates(["x", "y"]).reset_index(drop=True)
    if len(table) < LEAST[method]:
        params = {"method": METHODS[method], "least": LEAST[method]}
        raise FaultError([Fault("control_too_few", found=str(len(table)), params=params)])
    return table


def _targets(table: pd.DataFrame, own: CRS, known: Any) -> tuple[str, Xy]:
    """Return the plane system to fit to, and the known places in it."""
    reading = stated(known)
    xy = table[["known_x", "known_y"]].to_numpy(dtype=float)
    crs = systems.parse(known) if reading is None else reading.result
    if is_local(crs):
        raise FaultError([Fault("crs_local", found=systems.name(CGCS2000))])
    xy = xy if reading is None else reading.turn(xy)
    _check_known(table, xy, crs)
    places = gpd.GeoSeries(gpd.points_from_xy(xy[:, 0], xy[:, 1]), crs=crs)
    base = _base(own, places)
    turned = places.to_crs(CGCS2000).to_crs(base_crs(base))
    return base, np.column_stack([turned.x, turned.y])


def _check_known(table: pd.DataFrame, xy: Xy, crs: CRS) -> None:
    from gis.crs import fitting

    wrong = ~fitting(xy, crs)
    label = Words(systems.name(crs), systems.name(crs, "en"))
    faults = [
        Fault("control_outside", found=str(name), params={"crs": label, "place": f"{x:.9g}, {y:.9g}"})
        for name, (x, y) in zip(table["name"][wrong], xy[wrong], strict=True)
    ]
    if faults:
        raise FaultError(faults)


def _base(own: CRS, places: gpd.GeoSeries) -> str:
    """Return the plane system shaped most like the grid: its twin on CGCS2000, else one in its middle.

    Between two Gauss-Krüger grids whose central meridians are far apart, no similarity fits to less than
    metres over a county; local grids mostly have theirs in the middle.
    """
    gauss = gauss_of(own)
    if gauss is not None:
        twin = gauss_kruger(gauss.meridian, width=gauss.width, prefixed=gauss.prefixed)
        return f"EPSG:{twin.to_epsg()}"
    west, _, east, _ = places.to_crs(CGCS2000).total_bounds
    if not 73 <= (west + east) / 2 <= 136:
        return f"EPSG:{metric_crs(places).to_epsg()}"
    return f"CM{(west + east) / 2:.2f}"


def _check_spread(grid: Xy, target: Xy) -> None:
    """Raise when the points lie on one spot or in a line, in the grid or on the earth."""
    for xy in (grid, target):
        spread = np.linalg.svd(xy - xy.mean(axis=0), compute_uv=False)
        if spread[1] <= _SLIM * spread[0]:
            raise FaultError([Fault("control_collinear", params={"count": len(xy)})])


def _design(grid: Xy, method: str, swapped: bool) -> Xy:
    """Return the matrix whose product with the parameters is x', y' alternating."""
    x, y = grid.T[::-1] if swapped else grid.T
    one, none = np.ones_like(x), np.zeros_like(x)
    rows = (
        ([x, -y, one, none], [y, x, none, one])
        if method == "similarity"
        else ([x, y, one, none, none, none], [none, none, none, x, y, one])
    )
    return np.stack([np.column_stack(row) for row in rows], axis=1).reshape(2 * len(grid), -1)


def _solve(grid: Xy, target: Xy, method: str, swapped: bool) -> Xy:
    """Return a to f of x' = a x + b y + c, y' = d x + e y + f by least squares about the centres."""
    middle, there = grid.mean(axis=0), target.mean(axis=0)
    design = _design(grid - middle, method, swapped)
    p = np.linalg.lstsq(design, (target - there).reshape(-1), rcond=None)[0]
    if method == "affine":
        (a, b, c), (d, e, f) = p[:3], p[3:]
    else:
        a, b, c, d, e, f = p[0], -p[1], p[2], p[1], p[0], p[3]
        if swapped:
            a, b, d, e = b, a, e, d
    shift = there - np.array([[a, b], [d, e]]) @ middle
    return np.array([a, b, c + shift[0], d, e, f + shift[1]])


def _apply(solved: Xy, grid: Xy) -> Xy:
    a, b, c, d, e, f = solved
    return np.asarray(grid @ np.array([[a, d], [b, e]]) + np.array([c, f]))


def _mirrored(grid: Xy, target: Xy) -> bool:
    """Tell whether the two coordinates have to be exchanged for a similarity to fit."""
    errors = [
        float(((_apply(_solve(grid, target, "similarity", s), grid) - target) ** 2).sum())
        for s in (False, True)
    ]
    return errors[1] < errors[0]


def _residuals(table: pd.DataFrame, grid: Xy, target: Xy, solved: Xy, how: tuple[str, bool]) -> pd.DataFrame:
    off = _apply(solved, grid) - target
    without = np.array([_without(grid, target, at, how) for at in range(len(grid))])
    frame = pd.DataFrame(
        {
            "name": table["name"],
            "dx_m": off[:, 0],
            "dy_m": off[:, 1],
            "residual_m": np.hypot(*off.T),
            "left_out_m": without[:, 0],
        }
    )
    return frame.assign(outlier=_outliers(without, _rms(frame, how[0]), how[0]))


def _without(grid: Xy, target: Xy, at: int, how: tuple[str, bool]) -> tuple[float, float]:
    """Return how far a point is from where the others put it, and the root mean square error of those."""
    rest = np.arange(len(grid)) != at
    solved = _solve(grid[rest], target[rest], *how)
    off = _apply(solved, grid) - target
    spare = 2 * int(rest.sum()) - (4 if how[0] == "similarity" else 6)
    rms = np.sqrt((off[rest] ** 2).sum() / spare) if spare > 0 else np.nan
    return float(np.hypot(*off[at])), float(rms)


def _rms(residuals: pd.DataFrame, method: str) -> float:
    spare = 2 * len(residuals) - (4 if method == "similarity" else 6)
    return float(np.sqrt((residuals["residual_m"] ** 2).sum() / spare))


def _outliers(without: Xy, rms: float, method: str) -> Xy:
    """Name the one point without which the others fit far better; none where that cannot be told.

    With as few points as the method takes, the others fit exactly whichever is left out.
    """
    named = np.zeros(len(without), dtype=bool)
    if len(without) <= LEAST[method]:
        return named
    worst = int(np.nanargmin(without[:, 1]))
    off, rest = without[worst]
    named[worst] = rest * _TIMES < rms and off > max(_OFF, _TIMES * rest)
    return named


def _result(
    residuals: pd.DataFrame, solved: Xy, method: str, swapped: bool, *, own: str, base: str
) -> ControlFit:
    a, b, _, d, e, _ = solved
    scale = float(np.sqrt(abs(a * e - b * d)))
    mirrored = a * e - b * d < 0
    turn = float(np.degrees(np.arctan2(e, b) if mirrored else np.arctan2(d, a)))
    rms = _rms(residuals, method)
    left_out = float(np.sqrt((residuals["left_out_m"] ** 2).mean()))
    words = Words(
        f"{METHODS[method].zh}，{len(residuals)} 个控制点，中误差 {rms:.2f} 米，"
        f"逐点检核 {left_out:.2f} 米，比例 {scale:.6f}，旋转 {turn:.4f}°"
        f"{'，两个坐标对调' if mirrored else ''}。",
        f"{METHODS[method].en}, {len(residuals)} control points, root mean square error {rms:.2f} m, "
        f"{left_out:.2f} m when each is left out in turn, scale {scale:.6f}, turned by {turn:.4f} degrees"
        f"{', coordinates exchanged' if mirrored else ''}.",
    )
    faults = _said(residuals, rms, scale, mirrored)
    return ControlFit(
        fitted_text(own, base, solved.tolist()), method, words, residuals, rms, left_out, scale, turn,
        mirrored or swapped, faults,
    )  # fmt: skip


def _said(residuals: pd.DataFrame, rms: float, scale: float, mirrored: bool) -> list[Fault]:
    faults = [
        Fault("control_outlier", found=str(row["name"]), params={"metres": f"{row['left_out_m']:,.1f}"})
        for row in residuals[residuals["outlier"]].to_dict("records")
    ]
    if rms > _ROUGH and not faults:
        faults.append(Fault("control_rough", found=f"{rms:,.1f}"))
    if abs(scale - 1) > _SCALE:
        faults.append(Fault("control_scale", found=f"{scale:.6g}"))
    if mirrored:
        faults.append(Fault("control_swapped"))
    return faults
