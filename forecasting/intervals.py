"""Ranges that hold at every level: past errors split into shocks that cells, schools and districts share.

Errors of neighbouring cells are not independent: a good year for a school lifts all its grades, a housing
boom all its district's schools. The error of a sum is therefore modelled as the sum of four parts, each with
a variance that grows in a straight line with the years ahead,

    area shock + district shock + school shock + cell noise,

estimated from the planner's own rolling-origin errors (weighted non-negative least squares on squared
residuals), pulled towards errors seen elsewhere where the history is short. The variance of any sum -
zone, town, stage - follows exactly. Each level's width is then calibrated so that the wanted share of its
past errors falls inside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from forecasting.errors import LEVELS, Past, totals
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

#: Past forecasts the nominal width is worth against the calibrated one.
CALIBRATION_WEIGHT = 6.0

#: Fewest degrees of freedom of district ranges, whatever the history.
LEAST_FREEDOM = 4.0

#: Squared errors beyond this many times the expected one are cut: one merger must not widen every range.
OUTLIER = 12.0

#: Standard deviation of estate pupils around their expected number (an assumption, said in the notes).
ESTATE_SPREAD = 0.35


@dataclass(frozen=True)
class ErrorModel:
    """Components of the error and the width of each level.

    Attributes
    ----------
    parts : mapping of str to ndarray
        Coefficients by component, see `PRIOR`.
    widths : mapping of str to ndarray
        Half-width of the range by level and years ahead, in standard deviations of the logarithm.
    origins : int
        Past forecasts (base years) it rests on.
    """

    parts: Mapping[str, Floats]
    widths: Mapping[str, Floats]
    origins: int = 0

    def width(self, level: str, first_horizon: int, years: int) -> Floats:
        """Half-widths for years in a row; levels not calibrated themselves take the nearest one's."""
        near = "district" if level.startswith(("district", "area")) else "school"
        found = self.widths.get(level, self.widths[near])
        return found[np.minimum(np.arange(first_horizon, first_horizon + years), len(found)) - 1]


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


def fit(pasts: Sequence[Past], panel: Panel, *, coverage: float = 0.8) -> ErrorModel:
    """Estimate the components and widths from past forecasts.

    Parameters
    ----------
    pasts : sequence of Past
        From ``errors.rolling`` with the method that will be used; may be empty.
    panel : Panel
        Gives schools and districts.
    coverage : float
        Share of outcomes a range should hold.
    """
    parts = dict(PRIOR)
    judged = [_judged(past, panel) for past in pasts]
    if judged:
        parts["cell"], parts["late"] = _fit_cells(judged, late=False), _fit_cells(judged, late=True)
        for part in ("school", "district", "area"):
            parts[part] = _fit_totals(part, judged, parts, panel)
    if len(panel.district_names) == 1:
        parts["area"] = np.zeros_like(parts["area"])
    model = ErrorModel(parts, {}, len({past.cutoff for past in pasts}))
    widths = {level: _calibrate(level, judged, model, coverage) for level in LEVELS}
    return ErrorModel(parts, widths, model.origins)


@dataclass(frozen=True)
class _Judged:
    """Cells of one past forecast, flat, with the sums they belong to."""

    cutoff: int
    horizon: int
    forecast: Floats
    error: Floats
    late: Floats
    school: Ints
    district: Ints


def _judged(past: Past, panel: Panel) -> _Judged:
    rows = np.nonzero(past.judged)[0]
    forecast, actual = past.forecast[past.judged], past.actual[past.judged]
    late = np.where(past.late[past.judged], forecast, 0.0)
    school = np.unique(rows, return_inverse=True)[1]
    return _Judged(
        past.cutoff, past.horizon, forecast, actual - forecast, late, school, panel.district_codes[rows]
    )


def _fit_cells(judged: Sequence[_Judged], *, late: bool) -> Floats:
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


def _fit_totals(part: str, judged: Sequence[_Judged], parts: Mapping[str, Floats], panel: Panel) -> Floats:
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


def _sides(part: str, past: _Judged, panel: Panel) -> tuple[Ints, Ints]:
    """Code of each cell's own total, and of the total above it."""
    nothing = np.zeros_like(past.school)
    own = {"school": past.school, "district": past.district, "area": nothing}[part]
    return own, past.district if part == "school" else nothing


def _below(part: str, past: _Judged, parts: Mapping[str, Floats], code: Ints) -> Floats:
    """Variance that a total inherits from the components below it."""
    total = np.bincount(code, _cell_variance(parts, past.forecast, past.late, past.horizon))
    for lower, lower_code in (("school", past.school), ("district", past.district)):
        if part == lower:
            break
        sums, late = np.bincount(lower_code, past.forecast), np.bincount(lower_code, past.late)
        inherited = variance(lower, parts[lower], sums, late, past.horizon)
        owner = np.zeros(len(sums), dtype=np.int64)
        owner[lower_code] = code
        total = total + np.bincount(owner, inherited, minlength=len(total))
    return total


def _cell_variance(
    parts: Mapping[str, Floats], pupils: Floats, late: Floats, horizon: Floats | int
) -> Floats:
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


def _calibrate(level: str, judged: Sequence[_Judged], model: ErrorModel, coverage: float) -> Floats:
    """Widths that hold the wanted share of past errors, by years ahead.

    The share over all years ahead is shrunk to the nominal one, and that of each year to it, by evidence:
    districts of one year share its shock, so a past forecast of them counts as one observation, while schools
    and cells are half as many as they seem. What few years leave unsure widens the range as in Student's t.
    """
    nominal = float(stats.norm.ppf(0.5 + coverage / 2.0))
    scores = [(past.horizon, np.abs(_standardised(level, past, model))) for past in judged]
    each = sum(len(z) for _, z in scores) / max(len(scores), 1)
    worth = 1.0 if level == "district" else 1.0 + 0.5 * each
    last = max((horizon for horizon, _ in scores), default=1)
    pooled = _factor([z for _, z in scores], 1.0, worth * model.origins, nominal, coverage)
    factors = []
    for horizon in range(1, last + 1):
        here = [z for h, z in scores if h == horizon]
        factors.append(_factor(here, pooled, worth * len(here), nominal, coverage))
    years = max(model.origins - 2.0, LEAST_FREEDOM)
    freedom = years if level == "district" else worth * model.origins + CALIBRATION_WEIGHT
    return float(stats.t.ppf(0.5 + coverage / 2.0, freedom)) * np.array(factors)


def _factor(
    scores: Sequence[Floats], prior: float, evidence: float, nominal: float, coverage: float
) -> float:
    """How much wider than nominal to hold the wanted share, shrunk to a prior factor."""
    if not scores:
        return prior
    found = float(np.quantile(np.concatenate(scores), coverage)) / nominal
    return (evidence * found + CALIBRATION_WEIGHT * prior) / (evidence + CALIBRATION_WEIGHT)


def _standardised(level: str, past: _Judged, model: ErrorModel) -> Floats:
    """Errors of one level on the log scale, in standard deviations."""
    code = {"cell": np.arange(len(past.school)), "school": past.school, "district": past.district}[level]
    mean = np.bincount(code, past.forecast)
    error, keep = np.bincount(code, past.error), mean > 0
    spread = group_variance(
        model, code, past.school, past.district, past.forecast[:, None], past.late[:, None], past.horizon
    )[:, 0]
    sigma = log_sd(mean, spread)
    centre = mean * np.exp(-(sigma**2) / 2.0)
    ratio = (np.maximum(mean + error, 0.0) + 0.5) / (centre + 0.5)
    return (np.log(ratio) / np.maximum(sigma, 1e-9))[keep]


def past_range(level: str, past: Past, panel: Panel, model: ErrorModel) -> tuple[Floats, Floats, Floats]:
    """Low, median and high of one past forecast at one level, in the order of ``errors.totals``."""
    rows, columns = np.nonzero(np.ones_like(past.judged))
    district = panel.district_codes[rows]
    code = {"cell": np.arange(len(rows)), "school": rows, "district": district}[level]
    late = np.where(past.late, past.forecast, 0.0)[rows, columns][:, None]
    pupils = past.forecast[rows, columns][:, None]
    spread = group_variance(model, code, rows, district, pupils, late, past.horizon)[:, 0]
    width = model.width(level, past.horizon, 1)
    return quantiles(totals(past.forecast, panel, level), spread, width)


def log_sd(mean: Floats, spread: Floats) -> Floats:
    """Standard deviation of the logarithm of a log-normal with this mean and variance; 0 where mean is 0."""
    relative = np.divide(spread, mean**2, out=np.zeros_like(spread), where=mean > 0)
    return np.sqrt(np.log1p(relative))


def group_variance(
    model: ErrorModel,
    group: Ints,
    school: Ints,
    district: Ints,
    pupils: Floats,
    late: Floats,
    first_horizon: int = 1,
    estates: Floats | None = None,
) -> Floats:
    """Variance of the error of sums of cells, shocks shared as they are.

    Parameters
    ----------
    model : ErrorModel
        Components.
    group, school, district : ndarray, shape (cells,)
        Sum, school and district each cell belongs to.
    pupils, late : ndarray, shape (cells, H)
        Expected pupils, and those of them not yet in the school, for H years in a row.
    first_horizon : int
        Years ahead of the first column.
    estates : ndarray, shape (cells, H), optional
        Of the pupils, those expected from new estates.

    Returns
    -------
    ndarray, shape (groups, H)
        Pupils squared.
    """
    horizon = first_horizon + np.arange(pupils.shape[1], dtype=float)
    total = _sum_by(group, _cell_variance(model.parts, pupils, late, horizon))
    for part, owner in (("school", school), ("district", district), ("area", np.zeros_like(group))):
        pair, first = _pairs(group, owner)
        sums, late_sums = _sum_by(pair, pupils), _sum_by(pair, late)
        shock = variance(part, model.parts[part], sums, late_sums, horizon)
        if part == "school" and estates is not None:
            shock = shock + (ESTATE_SPREAD * _sum_by(pair, estates)) ** 2
        np.add.at(total, group[first], shock)
    return total


def _pairs(group: Ints, owner: Ints) -> tuple[Ints, Ints]:
    """Code of each distinct (group, owner) pair by cell, and one cell of each pair."""
    key = group * (int(owner.max(initial=0)) + 1) + owner
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    return inverse, first


def _sum_by(code: Ints, values: Floats) -> Floats:
    """Sum rows with the same code, shape (cells, H) to (codes, H)."""
    columns = [np.bincount(code, values[:, h]) for h in range(values.shape[1])]
    return np.stack(columns, axis=1)


def quantiles(mean: Floats, spread: Floats, width: Floats) -> tuple[Floats, Floats, Floats]:
    """Low, median and high of log-normal outcomes with this mean and variance, `width` deviations wide."""
    sigma = log_sd(mean, spread)
    median = mean * np.exp(-(sigma**2) / 2.0)
    return median * np.exp(-width * sigma), median, median * np.exp(width * sigma)
