"""Forecasts of a project kept as files: made once for a data version and its settings, then read.

The back-test of the project's own history is kept beside them.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import pandas as pd

from forecasting.scenarios import LOW_MIDDLE_HIGH, Scenario
from planning import derived, outlook, tasks
from planning.assumed import CUTOFF_MONTH, Assumed, Yield
from planning.project import Project, open_project

Progress = Callable[[float, str], None]

#: attrs of a forecast that its file keeps: how it was made, and what it warns of.
KEPT: Final = ("notes", "warnings")
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
    """

    until: int
    estates: bool = True
    from_outside: float | None = None
    scenarios: bool = True
    cases: tuple[Scenario, ...] = LOW_MIDDLE_HIGH
    cutoff_month: int = CUTOFF_MONTH
    yields: tuple[Yield, ...] = ()

    def under(self, assumed: Assumed) -> "Settings":
        """Return these settings with the planner's assumptions."""
        return replace(
            self, cases=assumed.scenarios, cutoff_month=assumed.cutoff_month, yields=assumed.yields
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
        progress=progress,
    )
    derived.store(frame, _place(project, settings), attrs=KEPT)


def stored_backtest(project: Project) -> pd.DataFrame | None:
    """Return the back-test of the project's history, or None where there is none yet."""
    return _read(derived.path(project, "backtest", HORIZONS))


def backtest_job(folder: str | Path, progress: Progress | None = None) -> None:
    """Forecast past years again with what was known then, and store how far off it was; runs as a job."""
    from forecasting import backtest, entrants, history, panel

    project = open_project(folder)
    known = panel.from_frame(history.read(outlook.history(project)))
    births = outlook.births(project)
    drivers = () if births is None else (entrants.from_births(history.check_births(births)[0], known),)
    tell = None if progress is None else lambda share: progress(share, "")
    frame = backtest.backtest(known, drivers, horizons=HORIZONS, progress=tell)
    derived.store(frame, derived.path(project, "backtest", HORIZONS))


def _place(project: Project, settings: Settings) -> Path:
    """Return the forecast's file; grades of a stage and the plan in force go by the project's settings."""
    return derived.path(project, "forecast", settings, project.stage_system, project.year)


def _read(path: Path) -> pd.DataFrame | None:
    return pd.read_parquet(path) if path.exists() else None
