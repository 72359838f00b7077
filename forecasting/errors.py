"""How wrong the forecast would have been: rolling origins on the planner's own history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.cohort import entered_late
from forecasting.entrants import Driver
from forecasting.methods import Method
from forecasting.panel import Bools, Floats, Panel

#: Levels at which errors are judged, from fine to coarse.
LEVELS = ("cell", "school", "district")


@dataclass(frozen=True)
class Past:
    """One forecast made in `cutoff` for ``cutoff + horizon``, beside what came.

    Attributes
    ----------
    cutoff, horizon : int
        Base year and years ahead.
    forecast, actual : ndarray, shape (S, G)
        Pupils; zero where not `judged`.
    judged : ndarray of bool, shape (S, G)
        Cells open in both years, in schools that teach the same grades in both.
    late : ndarray of bool, shape (S, G)
        Cells whose pupils had not yet entered the school in the base year.
    """

    cutoff: int
    horizon: int
    forecast: Floats
    actual: Floats
    judged: Bools
    late: Bools


#: Newest base years that a back-test goes through, and those whose errors a forecast is fitted to.
TRIED, SCORED = 6, 8


def origins(panel: Panel, *, most: int = TRIED, broken: frozenset[int] = frozenset()) -> list[int]:
    """Base years for the back-test: the newest `most` with some history before them and a year after."""
    reported = np.isfinite(panel.counts).any(axis=(0, 1))
    years = [int(y) for y in panel.years[reported] if int(y) not in broken]
    return [y for y in years[1:-1] if np.isfinite(panel.at(y - 1)).any()][-most:]


def rolling(
    panel: Panel,
    drivers: Sequence[Driver],
    method: Method,
    *,
    cutoffs: Sequence[int],
    horizons: int = 3,
    broken: frozenset[int] = frozenset(),
) -> list[Past]:
    """Forecast again from each cut-off, knowing only what was known then."""
    result = []
    for cutoff in cutoffs:
        known = panel.until(cutoff)
        ahead = min(horizons, panel.last_year - cutoff)
        forecast = method(known, [d.known_in(cutoff) for d in drivers], ahead)
        told = [h for h in range(1, ahead + 1) if cutoff + h not in broken]
        result += [_compare(panel, known, forecast[:, :, h - 1], h) for h in told]
    return [past for past in result if past.judged.any()]


def _compare(panel: Panel, known: Panel, forecast: Floats, horizon: int) -> Past:
    actual = panel.at(known.last_year + horizon)
    before, after = known.open_cells, np.isfinite(actual)
    same = (before == after).all(axis=1) & before.any(axis=1)
    if panel.crossed is not None:
        first = known.counts.shape[2]
        same &= ~panel.crossed[:, first : first + horizon].any(axis=1)
    judged = same[:, None] & before & np.isfinite(forecast)
    late = entered_late(before, horizon) & judged
    return Past(
        known.last_year,
        horizon,
        np.where(judged, forecast, 0.0),
        np.where(judged, actual, 0.0),
        judged,
        late,
    )


def totals(values: Floats, panel: Panel, level: str) -> Floats:
    """Cells summed to one level and flattened: cell, school or district."""
    if level == "cell":
        return values.ravel()
    schools = values.sum(axis=1)
    if level == "school":
        return schools
    return np.bincount(panel.district_codes, schools, minlength=len(panel.district_names))


def wape(pasts: Sequence[Past], panel: Panel) -> pd.DataFrame:
    """Weighted absolute percentage error (sum of |error| / sum of pupils, %) by level and horizon."""
    rows = [
        {"level": level, "horizon": p.horizon, "error": error.sum(), "pupils": p.actual.sum()}
        for p in pasts
        for level in LEVELS
        for error in [np.abs(totals(p.forecast - p.actual, panel, level))]
    ]
    frame = pd.DataFrame(rows, columns=["level", "horizon", "error", "pupils"])
    sums = frame.groupby(["level", "horizon"], as_index=False)[["error", "pupils"]].sum()
    sums["wape"] = 100.0 * sums["error"] / sums["pupils"]
    return sums[["level", "horizon", "wape"]]
