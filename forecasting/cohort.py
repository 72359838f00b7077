"""Cohort survival (年级递进法): how many of each grade move up, school by school, shrunk by evidence.

The three-year grade-progression ratio in use everywhere takes each school's own ratio at face value, however
few pupils it rests on. Here a school's ratio is pulled towards the ratio of its district, and that towards
the ratio of the whole area, with the number of pupils as the evidence (an empirical-Bayes weight: ``n / (n +
k)``); the weights ``k`` are chosen by past error in ``forecasting.tuning``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from forecasting.panel import Bools, Floats, Ints, Panel

#: A ratio outside these bounds is a merger, a split or a slip, never a progression.
RATIO_BOUNDS = (0.4, 2.5)


@dataclass(frozen=True)
class Settings:
    """The parameters of the method; `tuning.choose` sets them by past error.

    Attributes
    ----------
    memory : float
        Weight of a transition one year older, relative to the next (0-1), for a school's own ratios.
    pool_memory : float
        The same for pooled ratios, which carry little noise and may follow the times faster.
    cell_evidence : float
        Pupils at which a cell's own ratio weighs as much as the pooled one.
    school_evidence : float
        The same for the factor by which a school gains or loses across all its grades.
    persistence : float
        Share of a school's departure from the pooled ratio that lasts into each further year (0-1).
    entrant_memory, entrant_pool_memory : float
        As `memory` and `pool_memory`, for entrants.
    school_pull : float
        Share of a school's forecast growth beyond its district's that is kept (1 = all, 0 = none).
    leaver_weight : float
        How far entrants of later grades (junior schools) follow the leavers of the grade below in the
        district (1), or their own recent mean (0).
    """

    memory: float = 0.7
    pool_memory: float = 0.6
    cell_evidence: float = 400.0
    school_evidence: float = 1000.0
    persistence: float = 0.9
    entrant_memory: float = 0.6
    entrant_pool_memory: float = 0.5
    school_pull: float = 0.75
    leaver_weight: float = 0.5


class Entrants(Protocol):
    """Whatever says who enters (see ``forecasting.entrants.Entry``)."""

    @property
    def cells(self) -> tuple[Ints, Ints]:
        """School and grade positions of the entry cells."""

    def pupils(self, panel: Panel, current: Floats, step: int) -> Floats:
        """Return entrants ``step + 1`` years ahead, given all pupils a year earlier."""


def ages(panel: Panel) -> Ints:
    """Years between each transition's later year and the newest year; shape (years - 1,)."""
    return panel.last_year - panel.years[1:]


def transitions(panel: Panel, broken: frozenset[int] = frozenset()) -> tuple[Floats, Floats, Bools]:
    """Pupils before and after each step of grade and year, zero where either side is missing.

    Parameters
    ----------
    panel : Panel
        S schools, G grades, T years.
    broken : frozenset of int
        Years (such as a pandemic's) whose transitions teach nothing.

    Returns
    -------
    before, after : ndarray, shape (S, G - 1, T - 1)
        Pupils in grade g in year t, and in grade g + 1 in year t + 1.
    seen : ndarray of bool, same shape
        Where both sides were reported.
    """
    before, after = panel.counts[:, :-1, :-1], panel.counts[:, 1:, 1:]
    seen = np.isfinite(before) & np.isfinite(after)
    lost = np.isin(panel.years, list(broken))
    seen &= ~(lost[:-1] | lost[1:])
    if panel.crossed is not None:
        seen &= ~panel.crossed[:, None, 1:]
    return np.where(seen, before, 0.0), np.where(seen, after, 0.0), seen


def by_district(values: Floats, panel: Panel) -> Floats:
    """Sum schools (the first axis) into districts."""
    # The panel's schools are sorted by district, so each district is one run of rows.
    return np.add.reduceat(values, np.flatnonzero(np.diff(panel.district_codes, prepend=-1)), axis=0)


def pooled_ratios(panel: Panel, settings: Settings, broken: frozenset[int] = frozenset()) -> Floats:
    """Progression ratios of districts, shrunk to those of the whole area; shape (districts, G - 1)."""
    before, after, _ = transitions(panel, broken)
    weight = settings.pool_memory ** ages(panel)
    a, b = by_district(before, panel) @ weight, by_district(after, panel) @ weight
    area = _ratio(b.sum(axis=0), a.sum(axis=0))
    evidence = 4.0 * settings.cell_evidence
    return np.clip((b + evidence * area) / (a + evidence), *RATIO_BOUNDS)


def school_ratios(panel: Panel, settings: Settings, broken: frozenset[int] = frozenset()) -> Floats:
    """Progression ratios by school and grade, shrunk to their district's; shape (S, G - 1)."""
    before, after, _ = transitions(panel, broken)
    weight = settings.memory ** ages(panel)
    a, b = before @ weight, after @ weight
    prior = pooled_ratios(panel, settings, broken)[panel.district_codes]
    expected = (a * prior).sum(axis=1)
    factor = (b.sum(axis=1) + settings.school_evidence) / (expected + settings.school_evidence)
    prior = prior * factor[:, None]
    return np.clip((b + settings.cell_evidence * prior) / (a + settings.cell_evidence), *RATIO_BOUNDS)


def entry_cells(open_cells: Bools) -> Bools:
    """Open cells whose pupils come from outside the school (no grade below); shape (S, G)."""
    below = np.zeros_like(open_cells)
    below[:, 1:] = open_cells[:, :-1]
    return open_cells & ~below


def entered_late(open_cells: Bools, horizon: int) -> Bools:
    """Cells that hold pupils who enter the school within `horizon` years; shape (S, G)."""
    reach = entry_cells(open_cells)
    late = reach.copy()
    for _ in range(horizon - 1):
        reach[:, 1:] = reach[:, :-1] & open_cells[:, 1:]
        reach[:, 0] = False
        late |= reach
    return late


def project(
    panel: Panel,
    entrants: Entrants,
    *,
    years_ahead: int,
    settings: Settings,
    broken: frozenset[int] = frozenset(),
) -> Floats:
    """Move every cohort up, one year at a time.

    Parameters
    ----------
    panel : Panel
        What is known; its newest year is the base.
    entrants : Entrants
        Who fills the entry cells (see ``forecasting.entrants.plan``).
    years_ahead : int
        H, forecast years.
    settings, broken
        See `Settings` and `transitions`.

    Returns
    -------
    ndarray, shape (S, G, H)
        Expected pupils; NaN in cells neither open in the base year nor reached by a cohort yet.
    """
    taught = panel.taught_ahead
    pooled = pooled_ratios(panel, settings, broken)[panel.district_codes]
    own = school_ratios(panel, settings, broken) / pooled
    result = np.full((*taught.shape, years_ahead), np.nan)
    current = panel.counts[:, :, -1]
    for step in range(years_ahead):
        ahead = np.full_like(current, np.nan)
        ahead[:, 1:] = current[:, :-1] * pooled * own ** (settings.persistence**step)
        ahead[entrants.cells] = entrants.pupils(panel, current, step)
        ahead[~taught] = np.nan
        result[:, :, step] = current = ahead
    return pull_schools(panel, result, settings)


def pull_schools(panel: Panel, pupils: Floats, settings: Settings) -> Floats:
    """Damp each school's growth beyond its district's, keeping district totals.

    Schools fill to their buildings: what a cohort model predicts for one school beyond its district comes
    true only in part; the share that does (`Settings.school_pull`) is learned from past forecasts.
    """
    if settings.school_pull >= 1.0:
        return pupils
    # A school still opening its grades grows by its cohorts and is left as it is.
    settled: Bools = ~np.any(panel.taught_ahead & ~panel.open_cells, axis=1)
    base = np.where(settled, np.nansum(panel.counts[:, :, -1], axis=1), 0.0)
    ahead = np.where(settled[:, None], np.nansum(pupils, axis=1), 0.0)
    codes, total = panel.district_codes, by_district(ahead, panel)
    steady = base[:, None] * _ratio(total, by_district(base[:, None], panel))[codes]
    pulled = settings.school_pull * ahead + (1.0 - settings.school_pull) * steady
    pulled *= _ratio(total, by_district(pulled, panel))[codes]
    return pupils * _ratio(pulled, ahead)[:, None, :]


def _ratio(after: Floats, before: Floats) -> Floats:
    """Ratio of sums; 1 where there is nothing to divide by."""
    above, below = np.broadcast_arrays(after, before)
    return np.divide(above, below, out=np.ones(above.shape), where=below > 0)
