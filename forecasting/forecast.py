"""The forecast of pupils by cell, school and district, with ranges, scenarios and how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from forecasting import cohort, entrants, errors, estates, history, intervals, levels, methods, notes, tuning
from forecasting.entrants import BASES, Driver, Entry
from forecasting.panel import Floats, Ints, Panel, from_frame
from forecasting.scenarios import MIDDLE, Scenario
from gis.faults import Fault, FaultError, raise_errors

#: Years ahead beyond which nothing is forecast.
LIMIT = 30

#: Means are multiples of this (1/64 pupil), so that sums over levels are exact in binary arithmetic.
GRAIN = 1.0 / 64.0

#: Stages by school system; grades of "primary" and "junior" (小学、初中).
STAGE_SYSTEMS: dict[str, dict[str, tuple[str, ...]]] = {
    "6-3": {"primary": tuple("123456"), "junior": tuple("789")},
    "5-4": {"primary": tuple("12345"), "junior": tuple("6789")},
}

COLUMNS = (
    "level", "district", "school", "grade", "stage", "group", "year",
    "mean", "low", "median", "high", "scenario", "basis",
)  # fmt: skip


@dataclass(frozen=True)
class Fitted:
    """All that was learned from a history: input to `expected` and `ranges`.

    Attributes
    ----------
    panel : Panel
        The checked history.
    drivers : tuple of Driver
        Registered children, then births, where given.
    choice : tuning.Choice
        Settings and how they were chosen.
    model : intervals.ErrorModel
        Components of the error.
    broken : frozenset of int
        Years that taught nothing.
    scores : DataFrame
        Past error (WAPE, %) by method, level and horizon.
    faults : tuple of Fault
        Warnings to show.
    """

    panel: Panel
    drivers: tuple[Driver, ...]
    choice: tuning.Choice
    model: intervals.ErrorModel
    broken: frozenset[int]
    scores: pd.DataFrame
    faults: tuple[Fault, ...] = ()


def forecast(
    history: pd.DataFrame,
    *,
    until: int,
    births: pd.DataFrame | None = None,
    registered: pd.DataFrame | None = None,
    estates: pd.DataFrame | None = None,
    yields: pd.DataFrame | None = None,
    scenarios: Sequence[Scenario] = (MIDDLE,),
    coverage: float = 0.8,
    system: str = "6-3",
    groups: pd.DataFrame | None = None,
    extra_levels: Sequence[str] = (),
    cutoff_month: int = 8,
    entry_age: int | None = None,
    allow_single_year: bool = False,
    settings: cohort.Settings | None = None,
) -> pd.DataFrame:
    """Forecast pupils by school, grade and school year.

    Parameters
    ----------
    history : DataFrame
        Columns year, district, school, grade, enrolment (see ``history.check``).
    until : int
        Last school year wanted, by its autumn.
    births : DataFrame, optional
        Columns year (calendar), district, births.
    registered : DataFrame, optional
        Registered children by the autumn in which they enter (year, district, children, optionally school);
        they go before births for the years they cover.
    estates, yields : DataFrame, optional
        See ``estates.additions``.
    scenarios : sequence of Scenario
        One block of rows each.
    coverage : float
        Share of outcomes each range should hold.
    system : str
        "6-3" or "5-4": the grades of primary and junior.
    groups : DataFrame, optional
        Columns school (district) and one column a grouping, e.g. zone_id: adds the levels zone_id and
        zone_id_stage, named in the column ``group``.
    extra_levels : sequence of str
        More of ``levels.NAMED``.
    cutoff_month, entry_age
        Cut-off for entrance (8 = 31 August), and the age on that day (by default from the lowest grade).
    allow_single_year : bool
        Accept one year of history: present numbers kept, with the ranges of other places.
    settings : Settings, optional
        Use these instead of choosing them by past error.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. `mean` of a total is exactly the sum of its cells' means; quantiles do not add up.
        ``basis``: enrolled (the cohort is at school already), registered, born, assumed; for totals the
        weakest of their parts. ``attrs["notes"]``: how it was made, as a list of {zh, en};
        ``attrs["warnings"]`` likewise.

    Raises
    ------
    FaultError
        With every fault of every input.
    """
    fitted = fit(
        history,
        until=until,
        births=births,
        registered=registered,
        coverage=coverage,
        cutoff_month=cutoff_month,
        entry_age=entry_age,
        allow_single_year=allow_single_year,
        settings=settings,
    )
    stages = STAGE_SYSTEMS[system]
    ahead = until - fitted.panel.last_year
    wanted = _levels(fitted.panel, stages, groups, extra_levels)
    blocks = []
    for scenario in scenarios:
        mean, late, added, basis = expected(
            fitted, ahead, scenario=scenario, estate_rows=estates, yields=yields, stages=stages
        )
        blocks.append(ranges(fitted, wanted, mean, late, added, basis).assign(scenario=scenario.name))
    frame = pd.concat(blocks, ignore_index=True)[list(COLUMNS)]
    frame.attrs["notes"] = notes.method(fitted, until=until, coverage=coverage, scenarios=scenarios)
    frame.attrs["warnings"] = [{"zh": f.text("zh"), "en": f.text("en")} for f in fitted.faults]
    return frame


def fit(
    rows: pd.DataFrame,
    *,
    until: int,
    births: pd.DataFrame | None = None,
    registered: pd.DataFrame | None = None,
    coverage: float = 0.8,
    cutoff_month: int = 8,
    entry_age: int | None = None,
    allow_single_year: bool = False,
    settings: cohort.Settings | None = None,
) -> Fitted:
    """Check the inputs and learn ratios, entrants, settings and errors; parameters as in `forecast`."""
    panel, tables, faults = _checked(rows, births, registered, until, allow_single_year)
    drivers = []
    if (table := tables.get("registered")) is not None:
        drivers.append(entrants.from_register(table, panel))
    if (table := tables.get("births")) is not None:
        drivers.append(entrants.from_births(table, panel, cutoff_month=cutoff_month, entry_age=entry_age))
    return learn(panel, drivers, coverage=coverage, settings=settings, faults=faults)


def learn(
    panel: Panel,
    drivers: Sequence[Driver] = (),
    *,
    coverage: float = 0.8,
    settings: cohort.Settings | None = None,
    faults: Sequence[Fault] = (),
) -> Fitted:
    """Learn from a panel: broken years, settings by past error, error components, scores.

    Parameters
    ----------
    panel : Panel
        Checked history; its newest year is the base.
    drivers : sequence of Driver
        Best first; only what was known in the newest year.
    coverage, settings
        As in `forecast`.
    faults : sequence of Fault
        Warnings of the inputs, passed on.
    """
    broken = methods.broken_years(panel)
    choice = tuning.Choice(settings) if settings else tuning.choose(panel, drivers, broken=broken)
    cutoffs = errors.origins(panel, most=8, broken=broken)
    method = methods.cohort_survival(choice.settings, broken)
    pasts = errors.rolling(panel, drivers, method, cutoffs=cutoffs, horizons=5, broken=broken)
    scores = _scores(panel, drivers, pasts, cutoffs, broken)
    model = intervals.fit(pasts, panel, coverage=coverage)
    return Fitted(
        panel, tuple(drivers), choice, model, broken, scores, (*faults, *history.warn(panel, broken))
    )


def _checked(
    rows: pd.DataFrame,
    births: pd.DataFrame | None,
    registered: pd.DataFrame | None,
    until: int,
    allow_single_year: bool,
) -> tuple[Panel, dict[str, pd.DataFrame], list[Fault]]:
    """Check every table before any is used, and raise all faults together."""
    clean, faults = history.check(rows, file=rows.attrs.get("file", ""))
    tables = {}
    for name, table, check in (
        ("births", births, history.check_births),
        ("registered", registered, history.check_entrants),
    ):
        if table is not None:
            tables[name], more = check(table, file=table.attrs.get("file", ""))
            faults = faults + more
    if len(clean):
        last, years = int(clean["year"].max()), clean["year"].unique()
        if not last < until <= last + LIMIT:
            faults.append(Fault("fc_until", found=str(until), params={"last": str(last), "limit": LIMIT}))
        if len(years) == 1 and not allow_single_year:
            faults.append(Fault("fc_one_year", file=rows.attrs.get("file", ""), found=str(last)))
    elif not faults:
        faults.append(Fault("fc_empty"))
    raise_errors(faults)
    panel = from_frame(clean)
    unknown = _unknown_districts(tables, panel)
    return panel, {n: t for n, t in tables.items() if len(t)}, faults + unknown


def _unknown_districts(tables: Mapping[str, pd.DataFrame], panel: Panel) -> list[Fault]:
    named = {str(d) for table in tables.values() for d in table["district"].unique()}
    return [Fault("fc_births_unknown", found=d) for d in sorted(named - set(panel.district_names))]


def _scores(
    panel: Panel,
    drivers: Sequence[Driver],
    pasts: Sequence[errors.Past],
    cutoffs: Sequence[int],
    broken: frozenset[int],
) -> pd.DataFrame:
    """Past error of our method beside the naive one and GPR3."""
    parts = [errors.wape(pasts, panel).assign(method="cohort")]
    for method in (methods.naive, methods.gpr3):
        rivals = errors.rolling(panel, drivers, method, cutoffs=cutoffs, horizons=5, broken=broken)
        parts.append(errors.wape(rivals, panel).assign(method=method.__name__))
    return pd.concat(parts, ignore_index=True)


def expected(
    fitted: Fitted,
    ahead: int,
    *,
    scenario: Scenario = MIDDLE,
    estate_rows: pd.DataFrame | None = None,
    yields: pd.DataFrame | None = None,
    stages: Mapping[str, Sequence[str]] = STAGE_SYSTEMS["6-3"],
) -> tuple[Floats, Floats, Floats, Ints]:
    """Expected pupils of every cell under one scenario.

    Returns
    -------
    mean, late, added : ndarray, shape (S, G, ahead)
        Pupils (NaN where not open); of them those not yet in the school; of them those of new estates.
    basis : ndarray of int, same shape
        Position in ``entrants.BASES``.
    """
    panel, settings = fitted.panel, fitted.choice.settings
    entry = entrants.plan(panel, fitted.drivers, years_ahead=ahead, settings=settings, broken=fitted.broken)
    entry = _under(entry, scenario)
    mean = cohort.project(panel, entry, years_ahead=ahead, settings=settings, broken=fitted.broken)
    mean = mean * (1.0 + scenario.migration) ** np.arange(1, ahead + 1)
    added = np.zeros_like(mean)
    if estate_rows is not None and len(estate_rows):
        years = list(range(panel.last_year + 1, panel.last_year + ahead + 1))
        added, moved = estates.additions(
            estate_rows, panel, years=years, stages=stages, yields=yields, delay=scenario.estate_delay
        )
        mean = _with_estates(panel, mean, added, moved)
    late = np.stack([errors.entered_late(panel.open_cells, h) for h in range(1, ahead + 1)], axis=2)
    return np.round(mean / GRAIN) * GRAIN, np.where(late, mean, 0.0), added, _basis(panel, entry, ahead)


def _under(entry: Entry, scenario: Scenario) -> Entry:
    """Apply a scenario's births to first-grade entrants nobody has registered or counted at birth."""
    assumed = (entry.basis == "assumed") & (entry.cells[1] == 0)[:, None]
    return replace(entry, ready=np.where(assumed, entry.ready * scenario.births, entry.ready))


def _with_estates(panel: Panel, mean: Floats, added: Floats, moved: Floats) -> Floats:
    """Add estate pupils to their schools, and take those who moved house from the district's other cells."""
    total = cohort.by_district(np.nan_to_num(mean), panel)
    kept = np.clip(1.0 - np.divide(moved, total, out=np.zeros_like(total), where=total > 0), 0.0, 1.0)
    return mean * kept[panel.district_codes] + added


def _basis(panel: Panel, entry: Entry, ahead: int) -> Ints:
    """How each cell's pupils are known, as a position in BASES, moved up with the cohorts."""
    current = np.zeros(panel.open_cells.shape, dtype=np.int64)
    result = np.zeros((*current.shape, ahead), dtype=np.int64)
    codes = np.select([entry.basis == b for b in BASES], range(len(BASES)), default=len(BASES) - 1)
    for step in range(ahead):
        moved = np.zeros_like(current)
        moved[:, 1:] = current[:, :-1]
        # Pupils fed by leavers are at school today only as long as the leavers themselves are.
        weakest = current.max(axis=0)
        below = np.where(entry.cells[1] > 0, weakest[entry.cells[1] - 1], 0)
        moved[entry.cells] = np.maximum(codes[:, step], below)
        result[:, :, step] = current = moved
    return result


def _levels(
    panel: Panel,
    stages: Mapping[str, Sequence[str]],
    groups: pd.DataFrame | None,
    extra: Sequence[str],
) -> list[levels.Level]:
    cells = levels.cells_of(panel, panel.open_cells, stages)
    wanted = [levels.level(cells, name) for name in (*levels.STANDARD, *extra)]
    if groups is not None:
        named = groups.rename(columns=history.ALIASES)
        for column in named.columns.difference(["district", "school"]):
            wanted += [levels.grouping(cells, column, named, by_stage=s) for s in (False, True)]
    return wanted


def ranges(
    fitted: Fitted,
    wanted: Sequence[levels.Level],
    mean: Floats,
    late: Floats,
    added: Floats,
    basis: Ints,
) -> pd.DataFrame:
    """Sum cells to every level and give each total its range; arrays as from `expected`."""
    panel = fitted.panel
    rows, columns = np.nonzero(panel.open_cells)
    cells, entering, estate = mean[rows, columns], late[rows, columns], added[rows, columns]
    known, years = basis[rows, columns], panel.last_year + 1 + np.arange(mean.shape[2])
    blocks = []
    for level in wanted:
        total = level.sums(cells)
        spread = intervals.group_variance(
            fitted.model, level.codes, rows, panel.district_codes[rows], cells, entering, estates=estate
        )
        low, median, high = intervals.quantiles(total, spread, fitted.model.width(level.name))
        weakest = np.zeros(total.shape, dtype=np.int64)
        np.maximum.at(weakest, level.codes, known)
        blocks.append(_block(level, years, total, (low, median, high), weakest))
    return pd.concat(blocks, ignore_index=True)


def _block(
    level: levels.Level,
    years: Ints,
    total: Floats,
    bounds: tuple[Floats, Floats, Floats],
    weakest: Ints,
) -> pd.DataFrame:
    """One level as long rows: labels repeated over years."""
    labels = level.labels.loc[level.labels.index.repeat(len(years))].reset_index(drop=True)
    low, median, high = (np.round(b.ravel(), 3) for b in bounds)
    return labels.assign(
        level=level.name,
        year=np.tile(years, len(level.labels)),
        mean=total.ravel(),
        low=low,
        median=median,
        high=high,
        basis=np.array(BASES, dtype=object)[weakest.ravel()],
    )


__all__ = ["COLUMNS", "STAGE_SYSTEMS", "FaultError", "Fitted", "expected", "fit", "forecast", "ranges"]
