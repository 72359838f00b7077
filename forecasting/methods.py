"""The methods that can be compared: the standard ones, and ours.

Each is a function ``(panel, drivers, years_ahead) -> ndarray (schools, grades, years_ahead)``, NaN in cells
not open in the panel's newest year, so that one back-test judges them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from forecasting import cohort, entrants, families
from forecasting.cohort import Settings
from forecasting.entrants import Driver
from forecasting.families import Mix
from forecasting.panel import Floats, Panel

Method = Callable[[Panel, Sequence[Driver], int], Floats]


def naive(panel: Panel, drivers: Sequence[Driver], years_ahead: int) -> Floats:
    """Every cell stays as it is."""
    return np.repeat(panel.counts[:, :, -1:], years_ahead, axis=2)


def gpr3(panel: Panel, drivers: Sequence[Driver], years_ahead: int) -> Floats:
    """Three-year grade-progression ratio, the method in use everywhere.

    Each school's own ratio of pupils over its last three transitions; entrants are the mean of the last three
    years; where a school has no transition yet, its last count stands.
    """
    before, after, seen = cohort.transitions(replace(panel, crossed=None))
    a, b = before[:, :, -3:].sum(axis=2), after[:, :, -3:].sum(axis=2)
    ratio = np.divide(b, a, out=np.full_like(a, np.nan), where=seen[:, :, -3:].any(axis=2) & (a > 0))
    recent = panel.counts[:, :, -3:]
    known = np.isfinite(recent)
    mean = np.where(known, recent, 0.0).sum(axis=2) / np.maximum(known.sum(axis=2), 1)
    current, result = panel.counts[:, :, -1], np.full((*panel.counts.shape[:2], years_ahead), np.nan)
    for step in range(years_ahead):
        moved = np.full_like(current, np.nan)
        moved[:, 1:] = current[:, :-1] * ratio
        ahead = np.where(np.isfinite(moved), moved, mean)
        ahead[~panel.open_cells] = np.nan
        result[:, :, step] = current = ahead
    return result


def cohort_survival(
    settings: Settings | None = None, broken: frozenset[int] = frozenset(), mix: Mix | None = None
) -> Method:
    """Cohort survival with ratios and entrants shrunk by evidence, for given settings; see `lean`."""
    chosen, shares = settings or Settings(), mix or Mix()

    def method(panel: Panel, drivers: Sequence[Driver], years_ahead: int) -> Floats:
        entry = entrants.plan(panel, drivers, years_ahead=years_ahead, settings=chosen, broken=broken)
        made = cohort.project(panel, entry, years_ahead=years_ahead, settings=chosen, broken=broken)
        return made * lean(panel, drivers, made, shares)

    return method


def lean(panel: Panel, drivers: Sequence[Driver], made: Floats, mix: Mix) -> Floats:
    """Factors that move district totals of each family of series towards those of other methods.

    Schools keep their shares of a family's total. Grades only planned stay as they are.

    Parameters
    ----------
    panel, drivers
        What is known.
    made : ndarray, shape (S, G, H)
        Our forecast.
    mix : Mix
        Shares of the methods by family (see ``families``).

    Returns
    -------
    ndarray, shape (S, G, H)
        Factors.
    """
    factors, years = np.ones_like(made), made.shape[2]
    mix = replace(mix, driven=bool(drivers))
    weights = {
        family: np.array([mix.weights(name, h) for h in range(1, years + 1)]).T
        for family, name in enumerate(families.NAMES)
    }
    moved = {family: shares for family, shares in weights.items() if (shares[0] < 1.0).any()}
    if not moved:
        return factors
    rivals = np.stack([gpr3(panel, drivers, years), naive(panel, drivers, years)])
    code = np.stack([families.codes(panel, panel.open_cells, h) for h in range(1, years + 1)], axis=2)
    for family, shares in moved.items():
        part = code == family
        ours, *others = (
            cohort.by_district(np.where(part, np.nan_to_num(f), 0.0).sum(axis=1), panel)
            for f in (made, *rivals)
        )
        mixed = shares[0] * ours + shares[1] * others[0] + shares[2] * others[1]
        ratio = np.divide(mixed, ours, out=np.ones_like(ours), where=ours > 0)
        factors = np.where(part, ratio[panel.district_codes][:, None, :], factors)
    return factors


def broken_years(panel: Panel, *, jump: float = 0.05) -> frozenset[int]:
    """Years that a shock to every grade makes useless for learning, such as a pandemic's.

    A year is broken when the ratio of all pupils who moved up into it stands out from the median of all
    years by more than `jump` and by more than five times the usual (median absolute) deviation, and when
    that of most schools does so too: one merger in a small area is no pandemic. A year just after a broken
    one that jumps back is not broken itself.

    Parameters
    ----------
    panel : Panel
        History.
    jump : float
        Least departure of the pooled ratio from its median (0.05 = 5 %).
    """
    before, after, _ = cohort.transitions(panel)
    before, after = before.sum(axis=1), after.sum(axis=1)
    a, b = before.sum(axis=0), after.sum(axis=0)
    ratio = np.divide(b, a, out=np.full_like(a, np.nan), where=a > 0)
    if not np.isfinite(ratio).any():
        return frozenset()
    away = ratio - np.nanmedian(ratio)
    usual = np.nanmedian(np.abs(away)) * 1.4826
    far = np.abs(away) > max(jump, 5.0 * usual)
    # At least half the way in the same direction, in more than half of the schools.
    moved = np.sign(away) * (after - before * np.nanmedian(ratio)) > 0.5 * np.abs(away) * before
    most = (moved & (before > 0)).sum(axis=0) > 0.5 * (before > 0).sum(axis=0)
    hit = [int(y) for y in panel.years[1:][far & most]]
    return frozenset(y for y in hit if y - 1 not in hit)
