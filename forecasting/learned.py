"""A correction of cells learned from past errors, used only where the history says that it earns its place.

The cohort method knows a cell's own ratios and its district's; what it leaves over - a school that is growing
as a whole, a ratio that was unusual last year and will fall back - is learned from the past forecasts of all
cells together: a ridge regression of the log-ratio of what came to what was told, on what was known in the
base year. Half of what it says is applied, and the cells of a school and year are brought back to the
school's total, so that only the division of a school among its grades moves.

The regression for a past base year sees no outcome later than that year; the errors it would have made there
decide whether it is used now.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from forecasting import residuals
from forecasting.families import CHANCE, JUDGED, LEAST_YEARS, NAMES, chance, codes
from forecasting.panel import Bools, Floats, Panel

if TYPE_CHECKING:
    from forecasting.errors import Past

#: Share of the correction that is applied: past errors are less like those to come than they seem.
SHARE = 0.5

#: Fewest past base years from which a correction is learned at all, and most that are looked at.
LEAST_LEARNED, ORIGINS = 2, 20

#: Base year and years ahead of a past forecast.
Key = tuple[int, int]


@dataclass(frozen=True)
class Correction:
    """What was learned, and why it is used or not.

    Attributes
    ----------
    lines : mapping of int to Line
        By years ahead; empty where it is not used.
    why : str
        "nearer" (clearly nearer in the past), "alike" (it was not), "short" (fewer than
        ``families.LEAST_YEARS`` base years to judge it by), "shock" (a year of the last four taught nothing).
    plain, used : float
        Past error (WAPE, %) of cells without and with it; NaN where not judged.
    years : int
        Past base years compared.
    driven : bool
        Registers, kindergartens or births say who enters, so that entrants stay as they are.
    """

    lines: Mapping[int, residuals.Line] = field(default_factory=dict)
    why: str = "short"
    plain: float = float("nan")
    used: float = float("nan")
    years: int = 0
    driven: bool = False


def fit(
    pasts: Sequence[Past], panel: Panel, *, driven: bool = False, broken: frozenset[int] = frozenset()
) -> tuple[Correction, list[Past]]:
    """Learn the correction and judge it from each past base year with what was known then.

    Parameters
    ----------
    pasts : sequence of Past
        Past forecasts of the method to be corrected.
    panel : Panel
        The history.
    driven : bool
        See `Correction`.
    broken : frozenset of int
        Years that taught nothing.

    Returns
    -------
    correction : Correction
        Without lines where it has not earned its place.
    pasts : list of Past
        As they would have been with it; as given where it is not used, or nothing could be learned yet.
    """
    if any(year > panel.last_year - 4 for year in broken):
        return Correction(why="shock", driven=driven), list(pasts)
    made = {(p.cutoff, p.horizon): p for p in pasts}
    tried, seen = _tried(made, panel, driven)
    found, horizons = _judged(made, tried)
    found = replace(found, driven=driven)
    if found.why != "nearer":
        return found, list(pasts)
    lines = {h: residuals.regress(_until(panel.last_year, h, seen)) for h in horizons}
    return replace(found, lines=lines), [tried.get(k, p) if k[1] in lines else p for k, p in made.items()]


def applied(panel: Panel, mean: Floats, correction: Correction, *, plain: Floats | None = None) -> Floats:
    """Divide each school's total among its grades as the correction says.

    Parameters
    ----------
    panel : Panel
        What is known.
    mean : ndarray, shape (S, G, H)
        Forecast; years beyond those judged, and grades only planned, stay as they are.
    correction : Correction
        From `fit`.
    plain : ndarray, same shape, optional
        Forecast the correction is read from where it is not `mean` itself, as under a scenario.
    """
    result = mean.copy()
    for horizon, line in correction.lines.items():
        if horizon <= mean.shape[2]:
            told = (mean if plain is None else plain)[:, :, horizon - 1]
            cells = _movable(panel, told, horizon, correction.driven)
            factors = _factors(line, residuals.features(panel, told)[cells], told[cells])
            result[:, :, horizon - 1] = _moved(mean[:, :, horizon - 1], cells, factors)
    return result


def _movable(panel: Panel, made: Floats, horizon: int, driven: bool) -> Bools:
    """Cells that take part: open, with pupils told, and not entrants of whom registers or births speak."""
    cells = panel.open_cells & (np.nan_to_num(made) > 0)
    if driven:
        cells &= codes(panel, panel.open_cells, horizon) != NAMES.index("entrants")
    return cells


def _factors(line: residuals.Line, rows: Floats, told: Floats) -> Floats:
    """Factor of each cell: a share of the log-ratio learned, which is of counts with one pupil added."""
    return np.maximum((told + 1.0) * np.exp(SHARE * line.told(rows)) - 1.0, 0.0) / told


def _moved(made: Floats, cells: Bools, factors: Floats) -> Floats:
    """Apply the factors of cells, and bring each school back to its total."""
    part = np.where(cells, made, 0.0)
    new = part.copy()
    new[cells] *= factors
    total, reached = part.sum(axis=1), new.sum(axis=1)
    back = np.divide(total, reached, out=np.ones_like(total), where=reached > 0)
    return np.where(cells & (reached > 0)[:, None], new * back[:, None], made)


def _tried(made: Mapping[Key, Past], panel: Panel, driven: bool) -> tuple[dict[Key, Past], dict[Key, Floats]]:
    """Past forecasts as corrected by what was known in their base years, and what each of them teaches."""
    tried: dict[Key, Past] = {}
    seen: dict[Key, Floats] = {}
    for key in sorted(key for key in made if key[1] <= JUDGED):
        past, known = made[key], panel.until(key[0])
        cells = past.judged & _movable(known, past.forecast, past.horizon, driven)
        rows = residuals.features(known, past.forecast)[cells]
        if len(earlier := _until(*key, seen)) >= LEAST_LEARNED:
            factors = _factors(residuals.regress(earlier), rows, past.forecast[cells])
            tried[key] = replace(past, forecast=_moved(past.forecast, cells, factors))
        seen[key] = residuals.moments(rows, past.forecast[cells], past.actual[cells])
    return tried, seen


def _until(year: int, horizon: int, seen: Mapping[Key, Floats]) -> list[Floats]:
    """Return what past forecasts so far ahead teach whose outcome was known in `year`."""
    return [moments for (cutoff, h), moments in seen.items() if h == horizon and cutoff + h <= year]


def _judged(made: Mapping[Key, Past], tried: Mapping[Key, Past]) -> tuple[Correction, list[int]]:
    """Whether cells were clearly nearer with it, by base year, and the years ahead that were judged.

    One comparison, so that there is nothing to correct chance for: one-sided Student's t over base years,
    each the mean of its years ahead, as for families of series.
    """
    times = Counter(horizon for _, horizon in tried)
    keys = [key for key in tried if times[key[1]] >= LEAST_YEARS]
    wrong = np.array([[_wrong(made[key]), _wrong(tried[key])] for key in keys]).reshape(-1, 2)
    pupils = np.array([made[key].actual.sum() for key in keys])
    years = np.array([cutoff for cutoff, _ in keys])
    if len(np.unique(years)) < LEAST_YEARS:
        return Correction(), []
    share = (wrong[:, 0] - wrong[:, 1]) / np.maximum(pupils, 1.0)
    gains = np.array([share[years == year].mean() for year in np.unique(years)])
    plain, used = (float(e) for e in 100.0 * wrong.sum(axis=0) / pupils.sum())
    why = "nearer" if chance(gains) <= CHANCE and used < plain else "alike"
    return Correction(why=why, plain=plain, used=used, years=len(gains)), sorted({h for _, h in keys})


def _wrong(past: Past) -> float:
    return float(np.abs(past.forecast - past.actual).sum())
