"""The forecast of a project from the command line: every level, scenario and stream, as on the page 预测."""

from pathlib import Path
from typing import Any, Final

import pandas as pd

from forecasting import commands
from forecasting.forecast import COLUMNS
from gis.faults import Fault, FaultError, errors
from planning import assumed, forecasts, lineage, outlook, streams
from planning.project import home, open_project

#: Columns of the parts of a forecast that are told apart, where a project states them.
PARTS: Final = ("migrant", "migrant_low", "migrant_high", *streams.PARTS)


def run(project_id: str, *, until: int, out: Path | str, from_outside: float | None = None) -> dict[str, Any]:
    """Forecast a project with the assumptions in force and write every level.

    Parameters
    ----------
    project_id : str
        Folder of the project under the folder of projects.
    until : int
        Last school year wanted.
    out : path
        CSV to write: ``forecasting.forecast.COLUMNS`` and `PARTS` that are known. Zones, towns and units are
        named in the column group; units have no grades.
    from_outside : float, optional
        Share of new estates' pupils from outside the area, where the estates state none; without either they
        are left out, which is said.

    Returns
    -------
    dict
        As `forecasting.commands.run`, with the project.

    Raises
    ------
    FaultError
        With every fault of the project's layers.
    """
    project = open_project(home() / project_id)
    counted = from_outside is not None or outlook.states_share(project)
    plain = forecasts.Settings(until=until, estates=counted, from_outside=from_outside)
    settings = plain.under(assumed.in_force(project))
    if not forecasts.exists(project, settings):
        forecasts.forecast_job(project.folder, settings)
    frame = forecasts.stored(project, settings)
    assert frame is not None
    split = streams.split(project, frame)
    told = streams.with_stated(project, frame if split is None else split, settings.stated)
    units = streams.by_unit(project, frame)
    named = units.assign(
        level=streams.UNIT, group=units["unit_id"], district="", school="", grade="", basis=""
    )
    whole = pd.concat([told, named], ignore_index=True)
    columns = [*COLUMNS, *(name for name in PARTS if name in whole)]
    return {"project": project.id, **commands.written(whole[columns], out, frame)}


def changes(path: Path | None) -> tuple[pd.DataFrame | None, list[Fault]]:
    """Read a lineage table (沿革) from a file for a forecast from files; its errors come back, not raised."""
    if path is None:
        return None, []
    try:
        table = lineage.read(path)[0]
    except FaultError as error:
        return None, list(error.faults)
    return table, errors(lineage.check(table))
