"""Shocks that cells, schools and districts share: the variance of a forecast's errors, from past errors.

Errors of neighbouring cells are not independent: a good year for a school lifts all its grades, a housing
boom all its district's schools. The error of a sum is therefore modelled as the sum of four parts, each with
a variance that grows in a straight line with the years ahead,

    area shock + district shock + school shock + cell noise,

estimated from the planner's own rolling-origin errors (weighted non-negative least squares on squared
residuals), pulled towards errors seen elsewhere where the history is short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from forecasting.errors import Past
from forecasting.panel import Floats, Ints, Panel

# Coefficients of the variance: orders of magnitude set by judgement, after a look at two US school systems.
# They decide only where the planner's own history is too short to say. Terms: see _features.
PRIOR = {
    "cell": np.array([0.6, 0.0020, 0.3, 0.0010]),
    "late": np.array([1.0, 0.0060, 0.3, 0.0020]),
    "school": np.array([0.0004, 0.0010, 0.3, 0.0004, 0.0005, 0.1]),
    "district": np.array([0.00010, 0.00030, 0.00010, 0.00030]),
    "area": np.array([0.00005, 0.00010, 0.00005, 0.00010]),
}

#: Past errors the prior is worth, by component.
PRIOR_WEIGHT = {"cell": 30.0, "late": 30.0, "school": 15.0, "district": 6.0, "area": 6.0}

#: Squared errors beyond this many times the expected one are cut: one merger must not widen every range.
OUTLIER = 12.0


def variance(part: str, coefficients: Floats, pupils: Floats, late: Floats, horizon: Floats | int) -> Floats:
    """Variance (pupils squared) of one component for totals of given size.

    Parameters
    ----------
    part : str
        "cell", "late", "school", "district" or "area".
    coefficients : ndarray
        As in `PRIOR`.
    pupils, late : ndarray
        Expected pupils, and those of them who enter within the horizon.
    horizon : int or ndarray
        Years ahead.
    """
    return _features(part, pupils, late, np.broadcast_to(horizon, pupils.shape)) @ coefficients


def _features(part: str, pupils: Floats, late: Floats, horizon: Floats) -> Floats:
    """Terms of the variance: count noise ~ n, shocks ~ n squared, both growing with the horizon.

    Above cells, pupils at school already and those still to enter have shocks of their own.
    """
    if part in ("cell", "late"):
        terms = [pupils, pupils**2]
    else:
        terms = [(pupils - late) ** 2, late**2] + [pupils] * (part == "school")
    terms += [horizon * term for term in terms]
    return np.stack(terms, axis=-1)


@dataclass(frozen=True)
class Judged:
    """Cells of one past forecast, flat, with the sums they belong to."""

    cutoff: int
    horizon: int
    forecast: Floats
    error: Floats
    late: Floats
    school: Ints
    district: Ints


def flat(past: Past, panel: Panel) -> Judged:
    """Cells of one past forecast that can be compared with what came, flat."""
    rows = np.nonzero(past.judged)[0]
    forecast, actual = past.forecast[past.judged], past.actual[past.judged]
    late = np.where(past.late[past.judged], forecast, 0.0)
    school = np.unique(rows, return_inverse=True)[1]
    return Judged(
        past.cutoff, past.horizon, forecast, actual - forecast, late, school, panel.district_codes[rows]
    )


def fit(judged: Sequence[Judged], panel: Panel) -> dict[str, Floats]:
    """Estimate the components.

    Parameters
    ----------
    judged : sequence of Judged
        From `flat`; may be empty, which leaves `PRIOR`.
    panel : Panel
        Gives schools and districts.

    Returns
    -------
    dict of str to ndarray
        Coefficients by component, as in `PRIOR`.
    """
    parts = dict(PRIOR)
    if judged:
        parts["cell"], parts["late"] = _fit_cells(judged, late=False), _fit_cells(judged, late=True)
        for part in ("school", "district", "area"):
            parts[part] = _fit_totals(part, judged, parts, panel)
    if len(panel.district_names) == 1:
        parts["area"] = np.zeros_like(parts["area"])
    return parts


def _fit_cells(judged: Sequence[Judged], *, late: bool) -> Floats:
    """Cell noise: what is left of cells' errors when their school's common error is taken out."""
    rows, squares = [], []
    for past in judged:
        sums = np.bincount(past.school, past.forecast)
        common = np.bincount(past.school, past.error) / np.maximum(sums, 1e-9)
        share = past.forecast / np.maximum(sums[past.school], 1e-9)
        left = past.error - past.forecast * common[past.school]
        use = (past.forecast > 0) & (share < 0.7) & ((past.late > 0) == late)
        rows.append(_features("cell", past.forecast, past.late, np.full(len(left), past.horizon))[use])
        squares.append((left**2 / (1.0 - np.minimum(share, 0.7)))[use])
    part = "late" if late else "cell"
    return _solve(part, np.concatenate(rows), np.concatenate(squares), None)


def _fit_totals(part: str, judged: Sequence[Judged], parts: Mapping[str, Floats], panel: Panel) -> Floats:
    """Shock of schools, districts or the area: their errors beyond the next level's and below's noise."""
    if part == "area" and len(panel.district_names) == 1:
        return PRIOR["area"]
    rows, squares, offsets = [], [], []
    for past in judged:
        code, above = _sides(part, past, panel)
        forecast, error = np.bincount(code, past.forecast), np.bincount(code, past.error)
        late, below = np.bincount(code, past.late), _below(part, past, parts, code)
        upper = np.zeros(len(forecast), dtype=np.int64)
        upper[code] = above
        sums = np.bincount(upper, forecast)[upper]
        common = np.bincount(upper, error)[upper] / np.maximum(sums, 1e-9)
        share = forecast / np.maximum(sums, 1e-9)
        alone = part == "area" or (part == "district" and len(panel.district_names) == 1)
        left = error if alone else (error - forecast * common) / np.sqrt(np.maximum(1.0 - share, 0.3))
        use = (forecast > 0) & (alone | (share < 0.7))
        rows.append(_features(part, forecast, late, np.full(len(left), float(past.horizon)))[use])
        squares.append((left**2)[use])
        offsets.append(below[use])
    return _solve(part, np.concatenate(rows), np.concatenate(squares), np.concatenate(offsets))


def _sides(part: str, past: Judged, panel: Panel) -> tuple[Ints, Ints]:
    """Code of each cell's own total, and of the total above it."""
    nothing = np.zeros_like(past.school)
    own = {"school": past.school, "district": past.district, "area": nothing}[part]
    return own, past.district if part == "school" else nothing


def _below(part: str, past: Judged, parts: Mapping[str, Floats], code: Ints) -> Floats:
    """Variance that a total inherits from the components below it."""
    total = np.bincount(code, cell_variance(parts, past.forecast, past.late, past.horizon))
    for lower, lower_code in (("school", past.school), ("district", past.district)):
        if part == lower:
            break
        sums, late = np.bincount(lower_code, past.forecast), np.bincount(lower_code, past.late)
        inherited = variance(lower, parts[lower], sums, late, past.horizon)
        owner = np.zeros(len(sums), dtype=np.int64)
        owner[lower_code] = code
        total = total + np.bincount(owner, inherited, minlength=len(total))
    return total


def cell_variance(parts: Mapping[str, Floats], pupils: Floats, late: Floats, horizon: Floats | int) -> Floats:
    """Noise of cells whose pupils were at school already, and of those still to enter."""
    early = variance("cell", parts["cell"], pupils, late, horizon)
    return np.where(late > 0, variance("late", parts["late"], pupils, late, horizon), early)


def _solve(part: str, rows: Floats, squares: Floats, offsets: Floats | None) -> Floats:
    """Non-negative coefficients by weighted least squares, with the prior as added observations."""
    prior, weight = PRIOR[part], PRIOR_WEIGHT[part]
    if not len(rows):
        return prior
    below = np.zeros(len(rows)) if offsets is None else offsets
    added = rows[np.linspace(0, len(rows) - 1, 12).astype(int)]
    worth = np.sqrt(weight / len(added))
    found = prior
    for _ in range(8):
        expected = np.maximum(rows @ found + below, 1e-9)
        target = np.minimum(squares, OUTLIER * expected) - below
        # Scaled by the larger of the two, the prior cannot outvote data that plainly contradict it.
        scale = np.maximum(np.maximum(added @ prior, added @ found), 1e-9) / worth
        left = np.vstack([rows / expected[:, None], added / scale[:, None]])
        right = np.concatenate([target / expected, (added @ prior) / scale])
        size = np.maximum(np.abs(left).max(axis=0), 1e-12)
        q, r = np.linalg.qr(left / size)
        found = optimize.nnls(r, q.T @ right)[0] / size
    return found
