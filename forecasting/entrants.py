"""Entrants (入学新生): who comes into the lowest grade of each school, and how far ahead that is known.

Best evidence first: registered children (摸底), else kindergarten rolls (``kindergarten``), else births, else
a shrunk mean of recent entrants; for schools that start later (junior schools), the leavers of the grade
below elsewhere in the district. A bare trend is never used: it was the worst choice on every real history
tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecasting.cohort import Settings, by_district, entry_cells
from forecasting.panel import GRADE_ORDER, Bools, Floats, Ints, Panel

#: How the pupils of a year are known, best first; written to the column ``basis``.
BASES = ("enrolled", "registered", "kindergarten", "born", "assumed")

#: Fewest leavers of the grade below on which a share of them may rest.
MIN_LEAVERS = 50.0


@dataclass(frozen=True)
class Driver:
    """Children who may enter the first grade, by group of schools and year.

    Attributes
    ----------
    basis : str
        "registered", "kindergarten" or "born".
    first_year : int
        School year (by its autumn) of ``children[:, 0]``.
    children : ndarray, shape (groups, years)
        Children of entrance age; NaN where unknown.
    codes : ndarray, shape (schools,)
        Group of each school of the panel: its district, or the school itself.
    lead : int
        Years ahead that were known in an autumn, used to make back-tests honest.
    divides : bool
        It only divides what the next driver says of a district over its schools.
    steps : tuple of (int, float)
        Share of the children still there at entrance, by first year of entrance (see ``rates.kept``);
        empty where none is stated.
    holds : bool
        Where no other driver looks further ahead, its last children stand for later years, assumed.
    """

    basis: str
    first_year: int
    children: Floats
    codes: Ints
    lead: int
    divides: bool = False
    steps: tuple[tuple[int, float], ...] = ()
    holds: bool = True

    def at(self, years: Ints) -> Floats:
        """Children by school and year, NaN where unknown; shape (schools, len(years))."""
        index = years - self.first_year
        inside = (index >= 0) & (index < self.children.shape[1])
        values = np.full((len(self.children), len(years)), np.nan)
        values[:, inside] = self.children[:, index[inside]]
        return values[self.codes]

    def kept(self, years: Ints) -> Floats:
        """Stated share of the children still there at entrance; the first also holds before, 1 without."""
        if not self.steps:
            return np.ones(len(years))
        starts, shares = (np.array(part) for part in zip(*self.steps, strict=True))
        return shares[np.maximum(np.searchsorted(starts, years, side="right") - 1, 0)]

    def known_in(self, year: int) -> Driver:
        """Return what was known in the autumn of `year`."""
        keep = max(year + self.lead - self.first_year + 1, 1)
        steps = tuple(step for step in self.steps if step[0] <= year) or self.steps[:1]
        return replace(self, children=self.children[:, :keep], steps=steps)


def entrance_age(first_grade: str) -> int:
    """Age in full years on the cut-off day: 6 for grade 1 (义务教育法 第十一条), 5 for K, 4 for PK."""
    return 5 + GRADE_ORDER[first_grade]


def from_births(
    births: pd.DataFrame, panel: Panel, *, cutoff_month: int = 8, entry_age: int | None = None
) -> Driver:
    """Children reaching entrance age by the cut-off, from births by calendar year.

    With the cut-off of 31 August, entrants of autumn Y at six were born from September Y-7 to August Y-6:
    4/12 of the births of Y-7 and 8/12 of those of Y-6.

    Parameters
    ----------
    births : DataFrame
        Columns year (calendar year), district, births; checked (see ``history.check_births``). A district
        of the panel without births gets no driver (NaN).
    panel : Panel
        Gives the order of schools and the lowest grade.
    cutoff_month : int
        Last month counted (8 = 31 August).
    entry_age : int, optional
        Full years of age on the cut-off day; by default from the lowest grade.
    """
    first, born = table(births, "births", panel.district_names)
    return _of_age(first, born, panel.district_codes, panel, cutoff_month, entry_age)


def from_flow(
    births: pd.DataFrame,
    flow: pd.DataFrame,
    panel: Panel,
    *,
    cutoff_month: int = 8,
    entry_age: int | None = None,
) -> Driver:
    """Children each school may look to: births of every home town times the flow from there to the school.

    The flow is that of recent years (进城就读); a back-test applies it to earlier years too.

    Parameters
    ----------
    births : DataFrame
        Columns year (calendar year), town, births. A school fed by a town without births in a year gets no
        driver in it (NaN).
    flow : DataFrame
        Columns town, school, share: entrants of the school per birth in the town, such as
        ``flows.survival`` times ``flows.shares``.
    panel, cutoff_month, entry_age
        See `from_births`.
    """
    first, pool = _flowing(births, "births", flow, panel)
    return _of_age(first, pool, np.arange(len(pool)), panel, cutoff_month, entry_age)


def from_registered_flow(entrants: pd.DataFrame, flow: pd.DataFrame, panel: Panel) -> Driver:
    """Registered children each school may look to: those of every home town, by where they go from there.

    Parameters
    ----------
    entrants : DataFrame
        Columns year, town, children (see `from_register`).
    flow : DataFrame
        As for `from_flow`; of each town only how it is divided counts, because those registered live there.
    panel : Panel
        Gives the order of schools and the lowest grade.
    """
    whole = flow.groupby("town")["share"].transform("sum")
    divided = flow[whole > 0].assign(share=flow["share"] / whole)
    first, pool = _flowing(entrants, "children", divided, panel)
    lead = entrance_age(panel.grades[0])
    return Driver("registered", first, pool, np.arange(len(pool)), lead, divides=True)


def _flowing(frame: pd.DataFrame, value: str, flow: pd.DataFrame, panel: Panel) -> tuple[int, Floats]:
    """First year, children by school and year; NaN for schools no town feeds, or a town not counted."""
    towns = sorted(set(frame["town"]) | set(flow["town"]))
    first, there = table(frame, value, towns, ["town"])
    shares = flow.pivot_table(index="school", columns="town", values="share", aggfunc="sum")
    going = shares.reindex(index=panel.schools["school"], columns=towns).fillna(0.0).to_numpy(float)
    unknown = (going > 0) @ np.isnan(there).astype(float) > 0
    pool = going @ np.nan_to_num(there)
    return first, np.where(unknown | (going.sum(axis=1) <= 0)[:, None], np.nan, pool)


def _of_age(
    first: int, born: Floats, codes: Ints, panel: Panel, cutoff_month: int, entry_age: int | None
) -> Driver:
    """Births by calendar year, from `first` on, as children who reach the age by the cut-off."""
    age = entrance_age(panel.grades[0]) if entry_age is None else entry_age
    late = (12 - cutoff_month) / 12.0
    children = late * born[:, :-1] + (1.0 - late) * born[:, 1:]
    # In autumn Y the births of Y-1 are the newest complete year: they reach the age in Y-1+age.
    return Driver("born", first + 1 + age, children, codes, age - 1)


def from_register(entrants: pd.DataFrame, panel: Panel) -> Driver:
    """Registered children by the autumn in which they reach the first grade.

    Parameters
    ----------
    entrants : DataFrame
        Columns year, district, children and, where rolls are kept by catchment, school.
    panel : Panel
        Gives the order of districts and schools.
    """
    lead = entrance_age(panel.grades[0])
    if "school" not in entrants:
        first, children = table(entrants, "children", panel.district_names)
        return Driver("registered", first, children, panel.district_codes, lead)
    keys = list(panel.schools.itertuples(index=False, name=None))
    first, children = table(entrants, "children", keys, ["district", "school"])
    return Driver("registered", first, children, np.arange(len(keys)), lead)


@dataclass(frozen=True)
class Entry:
    """How the entry cells of a panel will be filled.

    Attributes
    ----------
    cells : tuple of ndarray, each shape (n,)
        School and grade positions of the entry cells.
    ready : ndarray, shape (n, H)
        Expected entrants from drivers or recent entrants, which do not hang on the forecast itself.
    capture : ndarray, shape (n,)
        Entrants per leaver of the grade below elsewhere in the district; NaN where there is no such case.
    weight : float
        Weight of the leavers against `ready` where there is a capture (see ``cohort.Settings``).
    basis : ndarray of str, shape (n, H)
        One of `BASES` (for cells fed by leavers: "enrolled", as the leavers are at school already).
    """

    cells: tuple[Ints, Ints]
    ready: Floats
    capture: Floats
    weight: float
    basis: np.ndarray

    def pupils(self, panel: Panel, current: Floats, step: int) -> Floats:
        """Expected entrants ``step + 1`` years ahead, given all pupils one year earlier; shape (n,)."""
        pool = leavers(panel, current, panel.taught_ahead)[panel.district_codes[self.cells[0]], self.cells[1]]
        known, fed = self.ready[:, step], self.capture * pool
        return np.where(np.isfinite(fed), self.weight * fed + (1.0 - self.weight) * known, known)


def leavers(panel: Panel, before: Floats, open_after: Bools) -> Floats:
    """Pupils whose school does not teach their next grade, by district and that grade.

    Shapes (S, G, ...) in, (districts, G, ...) out.
    """
    leaving = np.zeros_like(before)
    leaving[:, 1:] = np.where(open_after[:, 1:], 0.0, np.nan_to_num(before[:, :-1]))
    return by_district(leaving, panel)


def plan(
    panel: Panel,
    drivers: Sequence[Driver],
    *,
    years_ahead: int,
    settings: Settings,
    broken: frozenset[int] = frozenset(),
) -> Entry:
    """Learn from the past how each entry cell is filled.

    Parameters
    ----------
    panel : Panel
        What is known; its newest year is the base.
    drivers : sequence of Driver
        Best first; each forecast year takes the first one that knows it.
    years_ahead : int
        H.
    settings, broken
        See ``cohort``.
    """
    rows, grades = np.nonzero(entry_cells(panel.open_cells))
    cells = (rows, grades)
    past = past_entrants(panel, cells, broken)
    ones = np.ones((len(cells[0]), past.shape[1] + years_ahead))
    ready = _captured(panel, cells, past, ones, settings)
    basis = np.full(ready.shape, "assumed", dtype=object)
    first, driven = (grades == 0)[:, None], np.zeros(ready.shape, dtype=bool)
    years = panel.first_year + np.arange(ones.shape[1])
    for driver in reversed(drivers):
        known = driver.at(years)[rows]
        estimate = _captured(panel, cells, past, _hold_last(known) * driver.kept(years), settings)
        usable, told = first & np.isfinite(estimate), np.isfinite(known[:, -years_ahead:])
        if driver.divides:
            estimate = _matched(estimate, ready, usable & told, panel.district_codes[rows])
        # Beyond what a better driver knows, the poorer one that looks further ahead stands.
        usable &= told | driver.holds
        ready = np.where(usable & (told | ~driven), estimate, ready)
        basis = np.where(usable & told, driver.basis, basis)
        driven |= usable
    if settings.leaver_weight > 0:
        capture = _leaver_capture(panel, cells, past, settings)
    else:
        capture = np.full(len(past), np.nan)
    fed = (np.isfinite(capture) & (settings.leaver_weight > 0))[:, None]
    return Entry(cells, ready, capture, settings.leaver_weight, np.where(fed, "enrolled", basis))


def _matched(estimate: Floats, ready: Floats, where: Bools, districts: Ints) -> Floats:
    """Scale estimates so that a district's add up to what is ready for the same cells, year by year."""
    both = (np.where(where, values, 0.0) for values in (ready, estimate))
    told, own = (np.stack([np.bincount(districts, v) for v in part.T], axis=1) for part in both)
    return estimate * np.divide(told, own, out=np.ones_like(own), where=own > 0)[districts]


def past_entrants(panel: Panel, cells: tuple[Ints, Ints], broken: frozenset[int]) -> Floats:
    """Pupils of the entry cells in the years when they were entry cells; shape (n, T)."""
    past = panel.counts[cells].copy()
    lost = np.isin(panel.years, list(broken))
    if not lost.all():
        past[:, lost] = np.nan
    below = np.where(cells[1] > 0, cells[1] - 1, 0)
    fed = np.isfinite(panel.counts[cells[0], below, :-1]) & (cells[1] > 0)[:, None]
    past[:, 1:][fed] = np.nan
    unknown = ~np.isfinite(past).any(axis=1)
    past[unknown, -1] = panel.counts[cells][unknown, -1]
    return past


def _captured(
    panel: Panel, cells: tuple[Ints, Ints], past: Floats, pool: Floats, settings: Settings
) -> Floats:
    """Past entrants per child of the pool, times the pool ahead; shape (n, H).

    A school's share is noisy and drifts slowly, a district's total carries little noise and moves: so shares
    have the longer memory, and the district's own level is then matched with the shorter one.
    """
    span = past.shape[1]
    seen = np.isfinite(past) & np.isfinite(pool[:, :span]) & (pool[:, :span] > 0)
    came, could = np.where(seen, past, 0.0), np.where(seen, pool[:, :span], 0.0)
    age = np.arange(span)[::-1]
    slow, fast = settings.entrant_memory**age, settings.entrant_pool_memory**age
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (came @ slow) / (could @ slow)
    group = panel.district_codes[cells[0]] * panel.counts.shape[1] + cells[1]
    actual = np.bincount(group, came @ fast)
    expected = np.bincount(group, np.nan_to_num(share) * (could @ fast))
    level = np.divide(actual, expected, out=np.ones_like(actual), where=expected > 0)
    return share[:, None] * level[group][:, None] * pool[:, span:]


def _leaver_capture(panel: Panel, cells: tuple[Ints, Ints], past: Floats, settings: Settings) -> Floats:
    """Entrants per leaver of the grade below, for cells above the first grade; NaN where there is no case."""
    pool = np.zeros_like(past)
    pools = leavers(panel, panel.counts[:, :, :-1], np.isfinite(panel.counts[:, :, 1:]))
    pool[:, 1:] = pools[panel.district_codes[cells[0]], cells[1]]
    pool = np.where(pool >= MIN_LEAVERS, pool, np.nan)
    captured = _captured(panel, cells, past, np.hstack([pool, np.ones((len(pool), 1))]), settings)[:, 0]
    return np.where(cells[1] > 0, captured, np.nan)


def _hold_last(known: Floats) -> Floats:
    """Fill years after the last known one with its value: assumed, and marked so by the caller."""
    return pd.DataFrame(known.T).ffill().to_numpy().T


def table(
    frame: pd.DataFrame, value: str, order: Sequence[object], keys: Sequence[str] = ("district",)
) -> tuple[int, Floats]:
    """First year and values by key (in `order`) and year, NaN where missing."""
    found = frame.pivot_table(index=list(keys), columns="year", values=value, aggfunc="sum", min_count=1)
    first, last = int(frame["year"].min()), int(frame["year"].max())
    rows: pd.Index = pd.MultiIndex.from_tuples(order) if len(keys) > 1 else pd.Index(order)  # type: ignore[arg-type]
    return first, found.reindex(index=rows, columns=range(first, last + 1)).to_numpy(float)
