"""The forecast of pupils by cell, school and district, with ranges, scenarios and how it was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from forecasting import cohort, evidence, families, intervals, learned, levels, methods, notes, rates
from forecasting import history as past
from forecasting.entrants import BASES, Entry, plan
from forecasting.estates import BUILD_UP, additions
from forecasting.fitting import Fitted, fit
from forecasting.panel import Floats, Ints, Panel
from forecasting.scenarios import MIDDLE, Scenario

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


def forecast(
    history: pd.DataFrame,
    *,
    until: int,
    births: pd.DataFrame | None = None,
    entrants: pd.DataFrame | None = None,
    flow: pd.DataFrame | None = None,
    kindergarten: pd.DataFrame | None = None,
    estates: pd.DataFrame | None = None,
    yields: pd.DataFrame | None = None,
    build_up: Sequence[float] = BUILD_UP,
    stated: Sequence[rates.Rate] = (),
    scenarios: Sequence[Scenario] = (MIDDLE,),
    coverage: float = 0.8,
    system: str = "6-3",
    groups: pd.DataFrame | None = None,
    extra_levels: Sequence[str] = (),
    cutoff_month: int = 8,
    entry_age: int | None = None,
    allow_single_year: bool = False,
    schools: pd.DataFrame | None = None,
    lineage: pd.DataFrame | None = None,
    method: str | None = None,
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
        Columns year (calendar), district, births and, optionally, town.
    entrants : DataFrame, optional
        Registered children by the autumn in which they enter (year, district, children, optionally school
        or, to be used with `flow`, town); they go before births for the years they cover.
    flow : DataFrame, optional
        Columns town (home), school, share: where births of a town go (进城就读), see ``entrants.from_flow``;
        used with births and registered children by town.
    kindergarten : DataFrame, optional
        Kindergarten rolls: year (school year), district, grade (大班、中班、小班, or K, PK, PK3), children.
        They tell of grade 1 one, two and three years ahead, where nearer than births in the past; see
        ``kindergarten``. Grades K, PK and PK3 of `history` itself are grades of its schools.
    estates, yields : DataFrame, optional
        See ``estates.additions``.
    build_up : sequence of float
        How estates fill, see ``estates.pupils``.
    stated : sequence of Rate
        Transfers, repeaters, private shares, and survival and migration of those born, as the planner states
        them, in every scenario; see ``rates``.
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
    schools : DataFrame, optional
        Columns school (district), lowest_grade, highest_grade, name (optional, for warnings): grades not
        taught yet open when the cohort below reaches them, as in a school that opened with its first grade.
    lineage : DataFrame, optional
        Schools renamed, merged and split (change, year, from_id, to_id, share): their histories are joined
        first, see ``lineage.joined``. Changes not stated are looked for and warned of.
    method : str, optional
        "cohort" (the default), or "gpr3" or "naive" to see what the standard methods would say.
    settings : Settings, optional
        Use these instead of choosing them by past error.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`. `mean` of a total is exactly the sum of its cells' means; quantiles do not add up.
        ``basis``: enrolled (the cohort is at school already), registered, kindergarten, born, assumed; for
        totals the weakest of their parts. ``attrs["notes"]``: how it was made, as a list of {zh, en};
        ``attrs["warnings"]`` likewise; ``attrs["methods"]``: rows of ``families.COLUMNS``, the method by
        family of series, empty for another `method` than ours; ``attrs["evidence"]``: the sources that first
        grades rest on, of registered, kindergarten and born.

    Raises
    ------
    FaultError
        With every fault of every input.
    """
    fitted = fit(
        history,
        until=until,
        births=births,
        entrants=entrants,
        flow=flow,
        estates=estates,
        yields=yields,
        coverage=coverage,
        cutoff_month=cutoff_month,
        entry_age=entry_age,
        allow_single_year=allow_single_year,
        schools=schools,
        lineage=lineage,
        kindergarten=kindergarten,
        stated=stated,
        method=method,
        settings=settings,
    )
    stages = STAGE_SYSTEMS[system]
    ahead, file = until - fitted.panel.last_year, str(history.attrs.get("file", ""))
    wanted = _levels(fitted.panel, stages, groups, extra_levels)
    blocks = []
    for scenario in scenarios:
        mean, late, added, basis = expected(
            fitted,
            ahead,
            scenario=scenario,
            estate_rows=estates,
            yields=yields,
            stages=stages,
            build_up=build_up,
            stated=stated,
        )
        blocks.append(ranges(fitted, wanted, mean, late, added, basis).assign(scenario=scenario.name))
    frame = pd.concat(blocks, ignore_index=True)[list(COLUMNS)]
    used = evidence.use(
        fitted.panel,
        fitted.drivers,
        years_ahead=ahead,
        settings=fitted.choice.settings,
        broken=fitted.broken,
    )
    frame.attrs["notes"] = notes.method(fitted, used, until=until, coverage=coverage, scenarios=scenarios)
    frame.attrs["evidence"] = used.sources
    frame.attrs["methods"] = families.rows(fitted.choice.record) if fitted.method == "cohort" else []
    told = evidence.unlinked(fitted.panel, fitted.drivers, years_ahead=ahead, broken=fitted.broken)
    unused = (*told, *evidence.short(fitted.classes))
    warned = (*fitted.faults, *unused, *past.mixed_systems(fitted.panel, stages["junior"], file=file))
    frame.attrs["warnings"] = [{"zh": f.text("zh"), "en": f.text("en")} for f in warned]
    return frame


def expected(
    fitted: Fitted,
    ahead: int,
    *,
    scenario: Scenario = MIDDLE,
    estate_rows: pd.DataFrame | None = None,
    yields: pd.DataFrame | None = None,
    stages: Mapping[str, Sequence[str]] = STAGE_SYSTEMS["6-3"],
    build_up: Sequence[float] = BUILD_UP,
    stated: Sequence[rates.Rate] = (),
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
    entry = plan(panel, fitted.drivers, years_ahead=ahead, settings=settings, broken=fitted.broken)
    if fitted.method == "cohort":
        # The scenario moves our own forecast; how far totals lean on other methods is the same for all.
        plain, mean = (
            cohort.project(panel, e, years_ahead=ahead, settings=settings, broken=fitted.broken)
            for e in (entry, _under(entry, scenario))
        )
        lean = methods.lean(panel, fitted.drivers, plain, fitted.choice.mix)
        mean = learned.applied(panel, mean * lean, fitted.correction, plain=plain * lean)
    else:
        mean = fitted.project(panel, fitted.drivers, ahead)
    mean = mean * (1.0 + scenario.migration) ** np.arange(1, ahead + 1)
    mean = rates.applied(panel, mean, stated)
    added = np.zeros_like(mean)
    if estate_rows is not None and len(estate_rows):
        years = list(range(panel.last_year + 1, panel.last_year + ahead + 1))
        added, moved = additions(
            estate_rows,
            panel,
            years=years,
            stages=stages,
            yields=yields,
            build_up=build_up,
            delay=scenario.estate_delay,
            slips=dict(scenario.slips),
        )
        mean = _with_estates(panel, mean, added, moved)
    split = rates.private_as_stated(panel, mean, stated)
    added = added * np.divide(split, mean, out=np.ones_like(mean), where=mean > 0)
    mean = split
    late = np.stack([cohort.entered_late(panel.taught_ahead, h) for h in range(1, ahead + 1)], axis=2)
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
    current = np.zeros(panel.taught_ahead.shape, dtype=np.int64)
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
    cells = levels.cells_of(panel, panel.taught_ahead, stages)
    wanted = [levels.level(cells, name) for name in (*levels.STANDARD, *extra)]
    if groups is not None:
        named = groups.rename(columns=past.ALIASES)
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
    rows, columns = np.nonzero(panel.taught_ahead)
    cells, entering, estate = (
        np.nan_to_num(mean[rows, columns]),
        np.nan_to_num(late[rows, columns]),
        added[rows, columns],
    )
    known, years = basis[rows, columns], panel.last_year + 1 + np.arange(mean.shape[2])
    blocks = []
    for level in wanted:
        total = level.sums(cells)
        spread = intervals.group_variance(
            fitted.model, level.codes, rows, panel.district_codes[rows], cells, entering, estates=estate
        )
        width = fitted.model.width(level.name, 1, len(years))
        low, median, high = intervals.quantiles(total, spread, width)
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
