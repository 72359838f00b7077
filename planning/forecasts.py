"""Forecasts of a project kept as files: made once for a data version and its settings, then read.

The back-test of the project's own history is kept beside them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from forecasting.scenarios import LOW_MIDDLE_HIGH, Scenario
from planning import assumed, derived, lineage, outlook, streamcheck, tasks, townflow, unitcheck
from planning.assumed import CUTOFF_MONTH, Assumed, Yield
from planning.project import Project, open_project
from planning.statedvalues import Stated

if TYPE_CHECKING:
    from forecasting.entrants import Driver
    from forecasting.panel import Panel

Progress = Callable[[float, str], None]

#: attrs of a forecast that its file keeps: how it was made, and what it warns of.
KEPT: Final = ("notes", "warnings", "methods")
#: A back-test forecasts one to three years ahead, the horizons a seat plan is decided on.
HORIZONS: Final = 3


@dataclass(frozen=True)
class Settings:
    """What a forecast of a project is made with.

    Attributes
    ----------
    until : int
        Last school year.
    estates : bool
        Count new estates.
    from_outside : float or None
        Assumed share (设定) of their pupils who come from outside the area, where they do not state it.
    scenarios : bool
        Add 低 and 高 to 中.
    cases : tuple of Scenario
        What they assume (never a range).
    cutoff_month : int
        Cut-off of entrance (8 = 31 August).
    yields : tuple of Yield
        Take the place of those in the estates table.
    build_up : tuple of float
        How estates fill; empty for the start of `forecasting.estates.BUILD_UP`.
    stated : tuple of Stated
        Transfers, repeaters and shares.
    mark : str
        What a cache beside the project's data must go by: the lineage table (`marked`).
    """

    until: int
    estates: bool = True
    from_outside: float | None = None
    scenarios: bool = True
    cases: tuple[Scenario, ...] = LOW_MIDDLE_HIGH
    cutoff_month: int = CUTOFF_MONTH
    yields: tuple[Yield, ...] = ()
    build_up: tuple[float, ...] = ()
    stated: tuple[Stated, ...] = ()
    mark: str = ""

    def marked(self, project: Project) -> "Settings":
        """Return these settings with the lineage table in force, which caches must tell apart."""
        return replace(self, mark=lineage.mark(project.folder))

    def under(self, chosen: Assumed) -> "Settings":
        """Return these settings with the planner's assumptions."""
        return replace(
            self,
            cases=chosen.cases,
            cutoff_month=chosen.cutoff_month,
            yields=chosen.yields,
            build_up=chosen.build_up.shares if chosen.build_up else (),
            stated=chosen.stated,
        )


def exists(project: Project, settings: Settings) -> bool:
    """Tell whether the forecast with these settings has been made."""
    return _place(project, settings).exists()


def stored(project: Project, settings: Settings) -> pd.DataFrame | None:
    """Return the forecast made with these settings, or None where there is none yet."""
    return _read(_place(project, settings))


def forecast_job(folder: str | Path, settings: Settings, progress: Progress | None = None) -> None:
    """Make the forecast and store it; meant to run as a job (see `planning.tasks.forecast_job`)."""
    project = open_project(folder)
    frame = tasks.forecast_job(
        folder,
        settings.until,
        estates=settings.estates,
        from_outside=settings.from_outside,
        scenarios=settings.cases if settings.scenarios else False,
        cutoff_month=settings.cutoff_month,
        yields={given.estate_id: (given.primary, given.junior) for given in settings.yields},
        build_up=settings.build_up,
        stated=settings.stated,
        progress=progress,
    )
    derived.store(frame, _place(project, settings), attrs=KEPT)


def stored_backtest(project: Project) -> pd.DataFrame | None:
    """Return the back-test under the cut-off in force, or None where there is none yet."""
    place = _backtest_place(project, assumed.in_force(project).cutoff_month)
    return _read_once(place, place.stat().st_mtime_ns).copy() if place.exists() else None


def backtest_mark(project: Project) -> str:
    """Return a mark of the back-test that `stored_backtest` gives; empty where there is none yet."""
    place = _backtest_place(project, assumed.in_force(project).cutoff_month)
    return f"{place.name}-{place.stat().st_mtime_ns}" if place.exists() else ""


def backtest_job(folder: str | Path, progress: Progress | None = None) -> None:
    """Forecast past years again with what was known then, and store how far off it was; runs as a job.

    Home units and migrant children are tried too where rolls tell of them (`planning.unitcheck`,
    `planning.streamcheck`).

    The cut-off is the one in force; kindergarten rolls and the flow from towns to schools are those known in
    each base year. Estates, their yields and the scenarios concern years to come only, and registers of
    children keep no record of what they said then: none of these takes part.
    """
    from forecasting import backtest, errors, panel

    project = open_project(folder)
    month = assumed.in_force(project).cutoff_month
    past = outlook.joined(project)
    known = panel.from_frame(past)
    origins, frames = errors.origins(known), []
    for done, base in enumerate(origins, start=1):
        drivers = _drivers(project, known, base, month)
        frames.append(backtest.backtest(known, drivers, cutoffs=[base], horizons=HORIZONS))
        if progress is not None:
            progress(0.8 * done / len(origins), "")
    whole = pd.concat(frames, ignore_index=True) if frames else backtest.backtest(known, cutoffs=[])
    whole.attrs["warnings"] = past.attrs["warnings"]
    derived.store(whole, _backtest_place(project, month), attrs=("warnings",))
    for start, check in ((0.8, unitcheck), (0.9, streamcheck)):
        last = None if progress is None else partial(_told, progress, start)
        tried = check.tried(project, cutoff_month=month, progress=last)
        derived.store(tried, check.place(project, cutoff_month=month))


def _told(progress: Progress, start: float, share: float) -> None:
    progress(start + 0.1 * share, "")


def _drivers(project: Project, known: "Panel", base: int, month: int) -> tuple["Driver", ...]:
    """Return what told of entrants in a base year: kindergartens, births by the flow of the rolls of then."""
    from forecasting import entrants, history, kindergarten

    found: list[Driver] = []
    if (rolls := outlook.kindergarten(project, base=base)) is not None and known.grades[0] == "1":
        found += kindergarten.drivers(history.check_kindergarten(rolls)[0], known)
    told = townflow.known(project, base=base, cutoff_month=month)
    if told.births is None:
        return tuple(found)
    births = history.check_births(told.births)[0]
    if told.flow is not None and "town" in births:
        found.append(entrants.from_flow(births, told.flow, known, cutoff_month=month))
    return (*found, entrants.from_births(births, known, cutoff_month=month))


def _backtest_place(project: Project, cutoff_month: int) -> Path:
    mark = lineage.mark(project.folder)
    return derived.path(project, "backtest", outlook.METHOD, HORIZONS, cutoff_month, mark)


def _place(project: Project, settings: Settings) -> Path:
    """Return the forecast's file; grades of a stage and the plan in force go by the project's settings."""
    return derived.path(
        project,
        "forecast",
        outlook.METHOD,
        settings.marked(project),
        project.stage_system,
        project.year,
    )


@lru_cache(maxsize=4)
def _read_once(path: Path, changed: int) -> pd.DataFrame:
    """Return a file as it stood when it was changed last: a page asks for it several times a run."""
    return pd.read_parquet(path)


def _read(path: Path) -> pd.DataFrame | None:
    return pd.read_parquet(path) if path.exists() else None
