"""What the app runs as jobs (`planning.jobs`): derive, optimise, forecast. Each opens the project itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from gis.layers import zone_of
from planning import outlook, seats, spatial, statedvalues, townflow, zoneproblem, zonesearch
from planning.progress import Cancelled, Progress
from planning.project import open_project
from planning.statedvalues import Stated

if TYPE_CHECKING:
    from forecasting.scenarios import Scenario
    from planning.project import Project
    from zoning.result import Result


def derive_job(
    folder: str | Path,
    lang: str = "zh",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> dict[str, int]:
    """Compute and store territories, neighbours, the road graph and walks (see `planning.spatial.derive`)."""
    return spatial.derive(open_project(folder), lang=lang, progress=progress, cancelled=cancelled)


def optimise_job(
    folder: str | Path,
    stage: str,
    year: int,
    mode: seats.Mode = "intake",
    locks: pd.Series | None = None,
    start: pd.Series | None = None,
    seconds: float | None = 30.0,
    work: int | None = None,
    seed: int = 0,
    exact: bool = False,
    capacity: pd.Series | None = None,
    within: Collection[str] | None = None,
    lang: str = "zh",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Result:
    """Find catchments for a stage and year (see `planning.zoneproblem.build`, `zoning.optimise.optimise`).

    Parameters
    ----------
    folder : str or Path
        The project's folder.
    stage, year, mode, locks, capacity
        As in `planning.zoneproblem.build`.
    start : Series, optional
        Unit_id -> zone_id to start from, such as the draft's plan; cut to what the problem has.
    within : collection of str, optional
        Zones to move units among; needs `start`, and every unit of other zones stays as it is there. Cost and
        bound are then those of these zones alone.
    seconds, work, seed, exact
        As in `zoning.optimise.optimise`.
    lang : {"zh", "en"}
        Language of the progress messages.
    progress, cancelled : callable, optional
        Given by the job.

    Returns
    -------
    Result
        With `zones` a Series unit_id -> zone_id; when cancelled, the best found so far.

    Raises
    ------
    FaultError
        With what the data lack.
    """
    from zoning.optimise import optimise
    from zoning.part import part

    project = open_project(folder)
    if not spatial.ready(project, stage):
        spatial.derive(project, lang=lang, progress=_part(progress, 0.0, 0.3), cancelled=cancelled)
    problem = zoneproblem.build(project, stage, year, mode=mode, locks=locks, capacity=capacity)
    begin = None if start is None else zoneproblem.fitting(problem, start)
    posed = problem
    if within is not None and begin is not None:
        posed = part(problem, begin, within)
    found = optimise(
        posed,
        None if begin is None else zoneproblem.fitting(posed, begin),
        seconds=seconds,
        work=work,
        seed=seed,
        exact=exact,
        progress=_worded(_part(progress, 0.3, 1.0), lang),
        cancelled=cancelled,
    )
    if posed is problem or begin is None or found.zones is None:
        return found
    return replace(found, zones=found.zones.reindex(begin.index).fillna(begin))


def forecast_job(
    folder: str | Path,
    until: int,
    coverage: float = 0.8,
    estates: bool = True,
    from_outside: float | None = None,
    by_zone: bool = True,
    scenarios: bool | Sequence[Scenario] = False,
    cutoff_month: int = 8,
    yields: Mapping[str, tuple[float, float]] | None = None,
    build_up: Sequence[float] = (),
    stated: Sequence[Stated] = (),
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Forecast pupils from a project's enrolment, births, registered children, rolls and estates.

    Parameters
    ----------
    folder : str or Path
        The project's folder.
    until : int
        Last school year wanted.
    coverage : float
        Share of outcomes each range should hold.
    estates : bool
        Count new estates.
    from_outside : float, optional
        Assumed share (设定) of new estates' pupils who come from outside the area, where the estates do not
        state their own; without either they are left out, which is said.
    by_zone : bool
        Add the levels zone_id and zone_id_stage, and town and town_stage where schools state their town.
    scenarios : bool or sequence of Scenario
        Add the scenarios 低 and 高, or those given; the first rows are those of 中.
    cutoff_month : int
        Cut-off of entrance (8 = 31 August).
    yields : mapping of str to (float, float), optional
        See `planning.outlook.estates`.
    build_up : sequence of float
        How estates fill; empty for the start of `forecasting.estates.BUILD_UP`.
    stated : sequence of Stated
        Transfers, repeaters and shares (`planning.statedvalues`).
    progress : callable, optional
        Given by the job.

    Returns
    -------
    DataFrame
        As `forecasting.forecast.forecast`, with the levels of `planning.outlook.LEVELS` as well;
        ``attrs["warnings"]`` also says which estates were left out.

    Raises
    ------
    FaultError
        With every fault of every input.
    """
    from forecasting.estates import BUILD_UP
    from forecasting.forecast import forecast
    from forecasting.scenarios import LOW_MIDDLE_HIGH, MIDDLE

    project = open_project(folder)
    if progress is not None:
        progress(0.05, project.name)
    past = outlook.history(project)
    schools = project.layers["schools"]
    zones = schools.assign(zone_id=zone_of(schools)) if by_zone else None
    known = None if zones is None else zones[zones["school_id"].isin(past["school"])]
    housing = outlook.estates(project, from_outside=from_outside, yields=yields) if estates else None
    told = townflow.known(project, base=int(past["year"].max()), cutoff_month=cutoff_month)
    cases = (LOW_MIDDLE_HIGH if scenarios else (MIDDLE,)) if isinstance(scenarios, bool) else scenarios
    frame = forecast(
        past,
        until=until,
        births=told.births,
        entrants=told.entrants,
        flow=told.flow,
        kindergarten=outlook.kindergarten(project),
        estates=housing,
        build_up=build_up or BUILD_UP,
        stated=statedvalues.as_rates(project, stated),
        coverage=coverage,
        scenarios=sorted(punctual(project, cases), key=lambda s: s.name != MIDDLE.name),
        cutoff_month=cutoff_month,
        system=project.stage_system,
        groups=outlook.groups(known),
        extra_levels=outlook.LEVELS,
        schools=outlook.grades_taught(project),
        lineage=outlook.school_changes(project),
    )
    said = [
        {"zh": f.text("zh"), "en": f.text("en")} for f in outlook.estate_faults(project, housing) if estates
    ]
    frame.attrs["warnings"] = [*frame.attrs.get("warnings", []), *said]
    going = told.notes if {"registered", "born"} & set(frame.attrs["evidence"]) else []
    frame.attrs["notes"] = [*frame.attrs["notes"], *going, *statedvalues.notes(stated)]
    return frame


def punctual(project: Project, cases: Iterable[Scenario]) -> list[Scenario]:
    """Return scenarios in which no estate is late that was handed over before the project's year.

    What is stated of a single estate stands.
    """
    from forecasting.estates import delivered

    if not project.has("estates"):
        return list(cases)
    over = delivered(project.layers["estates"], before=project.year)
    return [replace(case, slips=(*over.items(), *case.slips)) for case in cases]


def _part(progress: Progress | None, low: float, high: float) -> Progress | None:
    if progress is None:
        return None
    return lambda share, message: progress(low + share * (high - low), message)


def _worded(progress: Progress | None, lang: str) -> Callable[[float, float, float], None] | None:
    """Return what the search reports to: cost, bound and share, put in words."""
    if progress is None:
        return None
    return lambda cost, bound, share: progress(share, zonesearch.stands(cost, bound, lang))
