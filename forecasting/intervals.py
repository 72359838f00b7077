"""Ranges that hold at every level, from the errors past forecasts made.

The variance of any sum - zone, town, stage - follows from the shocks its cells share (see ``shocks``). Each
level's width is then calibrated so that the wanted share of its past errors falls inside. For cells and
schools the ranges that past years would have been given are judged as well, and what they lacked or had too
much is made good; zones and stages of schools take the schools' width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from forecasting import shocks
from forecasting.errors import LEVELS, Past, totals
from forecasting.panel import Floats, Ints, Panel
from forecasting.shocks import Judged

#: Past forecasts the nominal width is worth against the calibrated one.
CALIBRATION_WEIGHT = 6.0

#: Fewest degrees of freedom of district ranges, whatever the history.
LEAST_FREEDOM = 4.0

#: Levels with so many totals a year that the ranges of single years can be judged.
OFTEN = ("cell", "school")

#: Base years a past year must look back on for its ranges to be judged: with fewer, other places spoke.
LEAST_ORIGINS = 4

#: Most that ranges of past years widen or narrow today's: a past without any error would make it endless.
MOST_FACTOR = 2.0

#: Standard deviation of estate pupils around their expected number (an assumption, said in the notes).
ESTATE_SPREAD = 0.35


@dataclass(frozen=True)
class ErrorModel:
    """Components of the error and the width of each level.

    Attributes
    ----------
    parts : mapping of str to ndarray
        Coefficients by component, see ``shocks.PRIOR``.
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


def fit(pasts: Sequence[Past], panel: Panel, *, coverage: float = 0.8) -> ErrorModel:
    """Estimate the components and widths from past forecasts, and correct by the ranges given in the past.

    Parameters
    ----------
    pasts : sequence of Past
        From ``errors.rolling`` with the method that will be used; may be empty.
    panel : Panel
        Gives schools and districts.
    coverage : float
        Share of outcomes a range should hold.
    """
    judged = [shocks.flat(past, panel) for past in pasts]
    model = _model(judged, panel, coverage, LEVELS)
    then = _models_then(judged, panel, coverage)
    widths = {
        level: width * (_given_factor(level, judged, then, coverage) if level in OFTEN else 1.0)
        for level, width in model.widths.items()
    }
    return replace(model, widths=widths)


def _model(judged: Sequence[Judged], panel: Panel, coverage: float, levels: Sequence[str]) -> ErrorModel:
    """Components, and widths of some levels that hold the wanted share of the errors they rest on."""
    bare = ErrorModel(shocks.fit(judged, panel), {}, len({past.cutoff for past in judged}))
    return replace(bare, widths={level: _calibrate(level, judged, bare, coverage) for level in levels})


def _models_then(judged: Sequence[Judged], panel: Panel, coverage: float) -> dict[int, ErrorModel]:
    """The model that each past year would have used, where it had seen enough past forecasts."""
    result = {}
    for cutoff in sorted({past.cutoff for past in judged}):
        known = [past for past in judged if past.cutoff + past.horizon <= cutoff]
        if len({past.cutoff for past in known}) >= LEAST_ORIGINS:
            result[cutoff] = _model(known, panel, coverage, OFTEN)
    return result


def _given_factor(
    level: str, judged: Sequence[Judged], then: Mapping[int, ErrorModel], coverage: float
) -> float:
    """How much wider the ranges given in past years should have been to hold the wanted share.

    Shrunk to 1 by evidence, of which schools and cells are half as much as they seem, and kept in bounds.
    """
    scores = [
        np.abs(_standardised(level, past, model)) / model.width(level, past.horizon, 1)
        for past in judged
        if (model := then.get(past.cutoff)) is not None
    ]
    factor = _factor(scores, 1.0, 0.5 * sum(len(z) for z in scores), 1.0, coverage)
    return float(np.clip(factor, 1.0 / MOST_FACTOR, MOST_FACTOR))


def _calibrate(level: str, judged: Sequence[Judged], model: ErrorModel, coverage: float) -> Floats:
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
    every = np.concatenate(scores) if scores else np.zeros(0)
    if not len(every):
        return prior
    found = float(np.quantile(every, coverage)) / nominal
    return (evidence * found + CALIBRATION_WEIGHT * prior) / (evidence + CALIBRATION_WEIGHT)


def _standardised(level: str, past: Judged, model: ErrorModel) -> Floats:
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
    total = _sum_by(group, shocks.cell_variance(model.parts, pupils, late, horizon))
    for part, owner in (("school", school), ("district", district), ("area", np.zeros_like(group))):
        pair, first = _pairs(group, owner)
        sums, late_sums = _sum_by(pair, pupils), _sum_by(pair, late)
        shock = shocks.variance(part, model.parts[part], sums, late_sums, horizon)
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
