"""Kindergarten rolls (在园幼儿) as evidence of entrants: 大班 enter in one year, 中班 in two, 小班 in three.

Each class has its own progression ratio, entrants per child on its roll, learned from past years. It is used
only where past forecasts from it were nearer than those from what would stand in its place (births, else the
recent mean); registered children go before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from forecasting import errors
from forecasting.cohort import Settings
from forecasting.entrants import Driver, plan, table
from forecasting.panel import Panel

BASIS: Final = "kindergarten"
#: Fewest past forecasts on which a class is compared.
LEAST_ORIGINS: Final = 2


def drivers(rolls: pd.DataFrame, panel: Panel) -> list[Driver]:
    """Return what each class tells of entrants, the nearest first.

    Parameters
    ----------
    rolls : DataFrame
        Checked (see ``history.check_kindergarten``): year (school year of the roll), district, grade (years
        until grade 1: 1, 2 or 3), children.
    panel : Panel
        Gives the order of districts; its lowest grade is grade 1.
    """
    found = []
    for years, rows in rolls.groupby("grade", sort=True):
        first, children = table(rows, "children", panel.district_names)
        lead = int(str(years))
        found.append(Driver(BASIS, first + lead, children, panel.district_codes, lead, holds=False))
    return found


def kept(
    panel: Panel, given: Sequence[Driver], *, broken: frozenset[int] = frozenset()
) -> tuple[list[Driver], dict[int, tuple[float, float]]]:
    """Leave out the classes whose past forecasts of entrants were no nearer than without them.

    Parameters
    ----------
    panel : Panel
        History.
    given : sequence of Driver
        Best first.
    broken : frozenset of int
        Years left out.

    Returns
    -------
    drivers : list of Driver
        The others as they were.
    tried : dict of int to (float, float)
        By years ahead, the mean absolute error of a school's entrants (WAPE, %) with the class and without;
        NaN where there were too few past years to compare (such a class is left out).
    """
    rivals = [d for d in given if d.basis not in (BASIS, "registered")]
    tried = {d.lead: _compared(panel, d, rivals, broken) for d in given if d.basis == BASIS}
    return only(given, tried), tried


def least_years(lead: int) -> int:
    """Return how many years of rolls in a row, the newest included, a class needs to be compared."""
    # One to learn the share from and as many years ahead again, so that a past forecast meets its outcome.
    return 2 * lead + LEAST_ORIGINS


def only(given: Sequence[Driver], tried: Mapping[int, tuple[float, float]]) -> list[Driver]:
    """Return the drivers without the classes that were no nearer; see `kept`."""
    better = {lead for lead, (own, other) in tried.items() if own < other}
    return [d for d in given if d.basis != BASIS or d.lead in better]


def _compared(
    panel: Panel, driver: Driver, rivals: Sequence[Driver], broken: frozenset[int]
) -> tuple[float, float]:
    """Past errors of grade 1 at the years ahead the class tells of: from it, and from its rivals."""
    wrong, actual, count = np.zeros(2), 0.0, 0
    for base in errors.origins(panel, most=8, broken=broken):
        target = base + driver.lead
        if target > panel.last_year or target in broken:
            continue
        known = panel.until(base)
        told = [_entrants(known, own, base, driver.lead, broken) for own in ([driver], rivals)]
        came = panel.at(target)[:, 0]
        own = np.isfinite(came) & np.isfinite(told[0][0]) & np.isfinite(told[1][0]) & told[0][1]
        if own.any():
            wrong += [np.abs(part[0] - came)[own].sum() for part in told]
            actual, count = actual + came[own].sum(), count + 1
    if count < LEAST_ORIGINS or actual <= 0:
        return float("nan"), float("nan")
    return float(100.0 * wrong[0] / actual), float(100.0 * wrong[1] / actual)


def _entrants(
    known: Panel, own: Sequence[Driver], base: int, lead: int, broken: frozenset[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Grade 1 by school as foreseen from a base year, and where the first driver told of it."""
    entry = plan(known, [d.known_in(base) for d in own], years_ahead=lead, settings=Settings(), broken=broken)
    rows, grades = entry.cells
    found, told = np.full(len(known.schools), np.nan), np.zeros(len(known.schools), dtype=bool)
    first = grades == 0
    found[rows[first]] = entry.ready[first, lead - 1]
    told[rows[first]] = entry.basis[first, lead - 1] == BASIS
    return found, told
