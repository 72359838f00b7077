"""The peak (峰值) of pupils by school, stage, zone or district, with its range, and what follows it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from forecasting.levels import KEYS
from forecasting.panel import Floats

_NAMES = ["level", *KEYS, "scenario"]


def peaks(forecast: pd.DataFrame, *, coverage: float = 0.8, draws: int = 2000, seed: int = 0) -> pd.DataFrame:
    """The highest year of every row group of a forecast.

    The largest of several uncertain years is higher, and its year less sure, than the largest mean says:
    paths are drawn from the ranges, errors carried on from year to year (a random walk). Where the year is
    sure, the peak is that year's total, and has the range the forecast gives it.

    Parameters
    ----------
    forecast : DataFrame
        From ``forecast.forecast``; any levels.
    coverage : float
        What the forecast's ranges hold, and the peak's shall.
    draws, seed : int
        Number of paths, and the seed that makes them repeatable.

    Returns
    -------
    DataFrame
        Columns level, the keys, scenario, peak_year (of the mean), mean, low, high (of the peak year where
        it is sure, else of the highest year of each path, and no lower than those of any one year),
        year_low, year_high (range of the peak year), last_year and empty_after (mean pupils fewer in the
        last year than in the peak year).
    """
    ordered = forecast.sort_values([*_NAMES, "year"], kind="stable")
    names = ordered[_NAMES].drop_duplicates().reset_index(drop=True)
    years = np.sort(forecast["year"].unique())
    shape = (len(names), len(years))
    mean, low, high = (ordered[c].to_numpy(float).reshape(shape) for c in ("mean", "low", "high"))
    at = mean.argmax(axis=1)
    top, when = _drawn(low, high, coverage, draws, seed)
    tails = [(1 - coverage) / 2, (1 + coverage) / 2]
    spans = np.quantile(years[when], tails, axis=1, method="nearest")
    sure = (spans == years[at]).all(axis=0)
    rows = np.arange(len(names))
    bounds = [
        np.where(sure, own[rows, at], np.maximum(drawn, own.max(axis=1)))
        for own, drawn in zip((low, high), np.quantile(top, tails, axis=1), strict=True)
    ]
    peak = mean[rows, at]
    return names.assign(
        peak_year=years[at],
        mean=peak,
        low=np.minimum(bounds[0], peak),
        high=bounds[1],
        year_low=spans[0].astype(int),
        year_high=spans[1].astype(int),
        last_year=years[-1],
        empty_after=peak - mean[:, -1],
    )


def _drawn(low: Floats, high: Floats, coverage: float, draws: int, seed: int) -> tuple[Floats, np.ndarray]:
    """Highest value and its position on each drawn path; shapes (groups, draws)."""
    steps = np.random.default_rng(seed).standard_normal((draws, low.shape[1]))
    walk = np.cumsum(steps, axis=1) / np.sqrt(np.arange(1, low.shape[1] + 1))
    width = float(stats.norm.ppf(0.5 + coverage / 2.0))
    floor = np.maximum(low, 1e-3)
    centre = np.log(np.sqrt(floor * np.maximum(high, 1e-3)))
    sigma = np.log(np.maximum(high, 1e-3) / floor) / (2.0 * width)
    top, when = np.empty((len(low), draws)), np.empty((len(low), draws), dtype=np.int64)
    for row in range(len(low)):
        paths = centre[row] + sigma[row] * walk
        when[row] = paths.argmax(axis=1)
        top[row] = np.exp(paths.max(axis=1))
    return top, when
