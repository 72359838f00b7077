"""What past forecasts of cells left over, and a ridge regression of it on what was known; see ``learned``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.panel import Floats, Panel

#: Ridge penalty, in pupils.
PENALTY = 100.0

#: Log-ratios, learned and told, and standardised features are cut here: one closure must not teach all.
MOST, FAR = 0.7, 3.0


@dataclass(frozen=True)
class Line:
    """Ridge regression on standardised features: centre and scale of each, level and slopes."""

    centre: Floats
    scale: Floats
    level: float
    slopes: Floats

    def told(self, features: Floats) -> Floats:
        """Log-ratio expected by row."""
        apart = np.clip((features - self.centre) / self.scale, -FAR, FAR)
        return np.clip(self.level + apart @ self.slopes, -MOST, MOST)


def features(panel: Panel, made: Floats) -> Floats:
    """What is known in the newest year of each cell, beside its forecast `made`; shape (S, G, features)."""
    years = [panel.at(panel.last_year - back) for back in range(3)]
    now, last, before = years
    school, earlier = np.nansum(now, axis=1), np.nansum(last, axis=1)
    code = panel.district_codes
    district, district_earlier = (np.bincount(code, total)[code] for total in (school, earlier))
    wide = [_change(school, earlier, 10.0), _change(district, district_earlier, 10.0), np.log1p(school)]
    wide += [np.isfinite(now).sum(axis=1)]
    below = np.zeros(now.shape)
    below[:, 1:] = np.isfinite(now[:, :-1])
    return np.stack(
        [
            np.broadcast_to(np.arange(now.shape[1], dtype=float), now.shape),
            np.log1p(np.nan_to_num(made)),
            _change(made, now),
            _change(now, last),
            _change(now, before),
            _up(now, last),
            _up(last, before),
            np.nan_to_num(now / np.maximum(school, 1.0)[:, None]),
            below,
            *(np.broadcast_to(column[:, None], now.shape) for column in wide),
        ],
        axis=-1,
    )


def _change(after: Floats, before: Floats, least: float = 3.0) -> Floats:
    """Log-ratio of two counts, calm where they are small; 0 where either is unknown or there was none."""
    known = np.isfinite(after) & np.isfinite(before) & (before > 0)
    ratio = (np.where(known, after, 0.0) + least) / (np.where(known, before, 0.0) + least)
    return np.where(known, np.clip(np.log(ratio), -1.0, 1.0), 0.0)


def _up(after: Floats, before: Floats) -> Floats:
    """Log-ratio of each grade to the grade below it one year before."""
    result = np.zeros(after.shape)
    result[:, 1:] = _change(after[:, 1:], before[:, :-1])
    return result


def moments(rows: Floats, told: Floats, came: Floats) -> Floats:
    """Sums of products of 1, the features and the log-ratio of what came, weighted by pupils told.

    A regression needs no more, and sums of years are those of all their cells.
    """
    ratio = np.clip(np.log((came + 1.0) / (told + 1.0)), -MOST, MOST)
    all_ = np.column_stack([np.ones(len(rows)), rows, ratio])
    return (all_ * told[:, None]).T @ all_


def regress(known: Sequence[Floats]) -> Line:
    """Ridge regression from the moments of the base years."""
    total = np.sum(known, axis=0)
    weight = max(float(total[0, 0]), 1e-9)
    mean = total[0, 1:] / weight
    spread = total[1:, 1:] - weight * np.outer(mean, mean)
    scale = np.sqrt(np.maximum(np.diag(spread)[:-1], 0.0) / weight)
    scale = np.where(scale > 1e-6, scale, 1.0)
    square = spread[:-1, :-1] / np.outer(scale, scale) + PENALTY * np.eye(len(scale))
    return Line(mean[:-1], scale, float(mean[-1]), np.linalg.solve(square, spread[:-1, -1] / scale))
