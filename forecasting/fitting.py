"""Learn all that a forecast needs from a history: drivers, settings, error components, past scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from forecasting import cohort, errors, history, intervals, learned, methods, rates, tuning
from forecasting import estates as housing
from forecasting import kindergarten as nursery
from forecasting import lineage as changes
from forecasting.entrants import Driver, from_births, from_flow, from_register, from_registered_flow
from forecasting.panel import Floats, Panel, from_frame, grade_span, with_plans
from gis.faults import Fault, raise_errors

#: Years ahead beyond which nothing is forecast.
LIMIT = 30

#: Methods by name; "cohort" is ours.
RIVALS: dict[str, methods.Method] = {"gpr3": methods.gpr3, "naive": methods.naive}


@dataclass(frozen=True)
class Fitted:
    """All that was learned from a history.

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
    method : str
        "cohort", "gpr3" or "naive".
    classes : dict of int to (float, float)
        How kindergarten classes were compared, see ``kindergarten.kept``.
    correction : learned.Correction
        Of the cells of our method, and whether it has earned its place.
    """

    panel: Panel
    drivers: tuple[Driver, ...]
    choice: tuning.Choice
    model: intervals.ErrorModel
    broken: frozenset[int]
    scores: pd.DataFrame
    faults: tuple[Fault, ...] = ()
    method: str = "cohort"
    classes: dict[int, tuple[float, float]] = field(default_factory=dict)
    correction: learned.Correction = field(default_factory=learned.Correction)

    def project(self, panel: Panel, drivers: Sequence[Driver], years_ahead: int) -> Floats:
        """Expected pupils by the method fitted, from any panel; see ``methods``."""
        if self.panel.crossed is not None:
            panel = replace(panel, crossed=self.panel.crossed[:, : panel.counts.shape[2]])
        drivers = nursery.only(drivers, self.classes)
        made = _method(self.method, self.choice, self.broken)(panel, drivers, years_ahead)
        return learned.applied(panel, made, self.correction)


def fit(
    rows: pd.DataFrame,
    *,
    until: int,
    births: pd.DataFrame | None = None,
    entrants: pd.DataFrame | None = None,
    flow: pd.DataFrame | None = None,
    estates: pd.DataFrame | None = None,
    yields: pd.DataFrame | None = None,
    coverage: float = 0.8,
    cutoff_month: int = 8,
    entry_age: int | None = None,
    allow_single_year: bool = False,
    schools: pd.DataFrame | None = None,
    lineage: pd.DataFrame | None = None,
    kindergarten: pd.DataFrame | None = None,
    stated: Sequence[rates.Rate] = (),
    method: str | None = None,
    settings: cohort.Settings | None = None,
) -> Fitted:
    """Check the inputs and learn from them; parameters as in ``forecast.forecast``.

    Estates are only checked here, so that their faults come with all others.

    Raises
    ------
    FaultError
        With every fault of every input.
    """
    tables = {
        name: table
        for name, table in (
            ("births", births),
            ("entrants", entrants),
            ("flow", flow),
            ("kindergarten", kindergarten),
        )
        if table is not None
    }
    placed = None if estates is None or estates.empty else (estates, yields)
    panel, tables, faults = _checked(rows, tables, until, allow_single_year, placed, lineage)
    if schools is not None:
        panel = with_plans(panel, schools.rename(columns=history.ALIASES))
    drivers = _drivers(panel, tables, cutoff_month, entry_age)
    steps = rates.kept(stated)
    drivers = [replace(d, steps=steps) if d.basis == "born" else d for d in drivers]
    if steps and not any(d.basis == "born" for d in drivers):
        faults = [*faults, Fault("fc_born_unknown")]
    return learn(panel, drivers, coverage=coverage, method=method, settings=settings, faults=faults)


def _drivers(
    panel: Panel, tables: Mapping[str, pd.DataFrame], cutoff_month: int, entry_age: int | None
) -> list[Driver]:
    """What tells of entrants, best first: children by town and flow before those by district."""
    drivers, flow = [], tables.get("flow")
    if (table := tables.get("entrants")) is not None:
        if flow is not None and "town" in table:
            drivers.append(from_registered_flow(table, flow, panel))
        drivers.append(from_register(table, panel))
    if (table := tables.get("kindergarten")) is not None:
        drivers += nursery.drivers(table, panel)
    if (table := tables.get("births")) is not None:
        if flow is not None and "town" in table:
            drivers.append(from_flow(table, flow, panel, cutoff_month=cutoff_month, entry_age=entry_age))
        drivers.append(from_births(table, panel, cutoff_month=cutoff_month, entry_age=entry_age))
    return drivers


def learn(
    panel: Panel,
    drivers: Sequence[Driver] = (),
    *,
    coverage: float = 0.8,
    method: str | None = None,
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
    coverage, method, settings
        As in ``forecast.forecast``.
    faults : sequence of Fault
        Warnings of the inputs, passed on.
    """
    found = changes.recognise(panel)
    panel = replace(panel, crossed=changes.crossed(panel, found))
    broken = methods.broken_years(panel)
    drivers, classes = nursery.kept(panel, drivers, broken=broken)
    choice = tuning.Choice(settings) if settings else tuning.choose(panel, drivers, broken=broken)
    name = method or "cohort"
    every = errors.origins(panel, most=learned.ORIGINS, broken=broken)
    chosen = _method(name, choice, broken)
    pasts = errors.rolling(panel, drivers, chosen, cutoffs=every, horizons=5, broken=broken)
    correction = learned.Correction()
    if name == "cohort":
        correction, pasts = learned.fit(pasts, panel, driven=bool(drivers), broken=broken)
    cutoffs = errors.origins(panel, most=errors.SCORED, broken=broken)
    pasts = [past for past in pasts if past.cutoff in cutoffs]
    scores = _scores(panel, drivers, cutoffs, choice, broken, {name: pasts})
    model = intervals.fit(pasts, panel, coverage=coverage)
    warned = (*faults, *history.warn(panel, broken), *changes.faults(found, panel))
    return Fitted(panel, tuple(drivers), choice, model, broken, scores, warned, name, classes, correction)


def _method(name: str, choice: tuning.Choice, broken: frozenset[int]) -> methods.Method:
    if name != "cohort" and name not in RIVALS:
        raise ValueError(f"unknown method {name!r}: expected cohort, {', '.join(RIVALS)}")
    if name in RIVALS:
        return RIVALS[name]
    return methods.cohort_survival(choice.settings, broken, choice.mix)


def _checked(
    rows: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
    until: int,
    allow_single_year: bool,
    placed: tuple[pd.DataFrame, pd.DataFrame | None] | None = None,
    lineage: pd.DataFrame | None = None,
) -> tuple[Panel, dict[str, pd.DataFrame], list[Fault]]:
    """Check every table before any is used, and raise all faults together."""
    clean, faults = history.check(rows, file=rows.attrs.get("file", ""))
    checks = {
        "births": history.check_births,
        "entrants": history.check_entrants,
        "flow": history.check_flow,
        "kindergarten": history.check_kindergarten,
    }
    checked = {}
    for name, table in tables.items():
        checked[name], more = checks[name](table, file=table.attrs.get("file", ""))
        faults = faults + more
    if len(clean):
        last, years = int(clean["year"].max()), clean["year"].unique()
        if not last < until <= last + LIMIT:
            faults.append(Fault("fc_until", found=str(until), params={"last": str(last), "limit": LIMIT}))
        if "kindergarten" in checked and (lowest := grade_span(clean["grade"])[0]) != "1":
            faults.append(Fault("fc_class_unused", found=lowest))
            del checked["kindergarten"]
        if len(years) == 1 and not allow_single_year:
            faults.append(Fault("fc_one_year", file=rows.attrs.get("file", ""), found=str(last)))
        if lineage is not None:
            clean, more = changes.joined(clean, lineage)
            faults = faults + more
    if placed is not None:
        schools = clean[["district", "school"]].drop_duplicates()
        faults = faults + housing.faults(placed[0], schools, placed[1], file=placed[0].attrs.get("file", ""))
    raise_errors(faults)
    panel = from_frame(clean)
    used = {name: _named(table, panel) for name, table in checked.items() if len(table)}
    return panel, used, faults + _unknown_districts(used, panel)


def _named(table: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Return numbers with their district: of one district only, a history or its numbers need not name it."""
    if "district" not in table or len(panel.district_names) > 1:
        return table
    only, given = str(panel.district_names[0]), table["district"].astype("str")
    silent = given.eq("").all() or (only == "" and given.nunique() == 1)
    return table.assign(district=only) if silent else table


def _unknown_districts(tables: Mapping[str, pd.DataFrame], panel: Panel) -> list[Fault]:
    named = {str(d) for table in tables.values() if "district" in table for d in table["district"].unique()}
    return [Fault("fc_births_unknown", found=d) for d in sorted(named - set(panel.district_names))]


def _scores(
    panel: Panel,
    drivers: Sequence[Driver],
    cutoffs: Sequence[int],
    choice: tuning.Choice,
    broken: frozenset[int],
    made: Mapping[str, Sequence[errors.Past]],
) -> pd.DataFrame:
    """Past error of our method beside the naive one and GPR3; past forecasts already `made` are used."""
    parts = []
    for name in ("cohort", *RIVALS):
        method = _method(name, choice, broken)
        pasts = made.get(name) or errors.rolling(
            panel, drivers, method, cutoffs=cutoffs, horizons=5, broken=broken
        )
        parts.append(errors.wape(pasts, panel).assign(method=name))
    return pd.concat(parts, ignore_index=True)
