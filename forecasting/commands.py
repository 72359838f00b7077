"""The forecast as a command: files in, file out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from forecasting import crosschecks, inputs
from forecasting.forecast import COLUMNS, forecast
from forecasting.inputs import Input
from forecasting.levels import NAMED, STANDARD
from forecasting.scenarios import LOW_MIDDLE_HIGH, MIDDLE
from gis.faults import Fault, FaultError, raise_errors

#: Columns of the file written; with scenarios, groups or all levels, those of ``forecast.COLUMNS``.
OUT_COLUMNS = ("level", "district", "school", "grade", "year", "mean", "low", "median", "high")


def run(
    history: Path | str,
    births: Path | str | None = None,
    *,
    until: int,
    out: Path | str,
    entrants: Path | str | None = None,
    flow: Path | str | None = None,
    estates: Path | str | None = None,
    groups: Path | str | None = None,
    kindergarten: Path | str | None = None,
    system: str = "6-3",
    cutoff_month: int = 8,
    lineage: pd.DataFrame | None = None,
    lineage_faults: Sequence[Fault] = (),
    scenarios: bool = False,
    every_level: bool = False,
    order: Sequence[str] = (),
) -> dict[str, Any]:
    """Forecast from files and write the result.

    The files are text (CSV) or workbooks; heads and grades may be Chinese, as in an import.

    Parameters
    ----------
    history : path
        Columns year, district, school, grade, enrolment.
    births : path, optional
        Columns year, district, births and, optionally, town.
    until : int
        Last school year wanted.
    out : path
        CSV to write: `OUT_COLUMNS`, level is cell, school or district; with `scenarios`, `groups` or
        `every_level` it has all of ``forecast.COLUMNS``.
    entrants : path, optional
        Registered children: year (of entrance), district, children and, optionally, school or town.
    flow : path, optional
        Where the children of each town go: town, school, share.
    estates : path, optional
        New estates: estate_id, school, households, handover_year, primary_yield, junior_yield, from_outside
        and, optionally, district.
    groups : path, optional
        school (district) and one column a grouping, such as zone and town: levels of their own.
    kindergarten : path, optional
        Kindergarten rolls: year (school year), district, grade (大班、中班、小班) and children.
    system : {"6-3", "5-4"}
        Stage system.
    cutoff_month : int
        Cut-off of entrance.
    lineage : DataFrame, optional
        Schools renamed, merged and split (see ``lineage.joined``): their histories are joined first.
    lineage_faults : sequence of Fault
        Faults met in reading it, raised with those of the files.
    scenarios : bool
        Add the scenarios 低 and 高 (starting values, an assumption) in a column ``scenario``.
    every_level : bool
        Add the levels of the whole area and by stage and grade.
    order : sequence of str
        Names of the files in the order in which to tell their faults; those not named come after.

    Returns
    -------
    dict
        rows, schools, years, warnings and notes, fit for JSON.

    Raises
    ------
    FaultError
        With every fault of every file.
    """
    paths = {
        "history": history,
        "births": births,
        "entrants": entrants,
        "flow": flow,
        "estates": estates,
        "groups": groups,
        "kindergarten": kindergarten,
    }
    given = {name: path for name in (*order, *paths) if (path := paths.get(name)) is not None}
    tables, faults = _read_all(given, system=system)
    for name, more in crosschecks.faults(tables, until=until, lineage=lineage).items():
        faults[name] += more
    ordered = [f for name in given for f in sorted(faults[name], key=lambda fault: fault.row or 0)]
    warned = raise_errors([*ordered, *lineage_faults])
    ready = {name: table.ready() for name, table in tables.items()}
    frame = forecast(
        ready["history"],
        until=until,
        system=system,
        cutoff_month=cutoff_month,
        scenarios=LOW_MIDDLE_HIGH if scenarios else (MIDDLE,),
        extra_levels=[name for name in NAMED if name not in STANDARD] if every_level else (),
        births=ready.get("births"),
        entrants=ready.get("entrants"),
        flow=ready.get("flow"),
        estates=ready.get("estates"),
        groups=ready.get("groups"),
        kindergarten=ready.get("kindergarten"),
        lineage=lineage,
    )
    said = [{"zh": fault.text("zh"), "en": fault.text("en")} for fault in warned]
    frame.attrs["warnings"] = [*said, *frame.attrs["warnings"]]
    wide = scenarios or every_level or groups is not None
    chosen = frame[list(COLUMNS)] if wide else frame[frame["level"].isin(STANDARD)][list(OUT_COLUMNS)]
    return written(chosen, out, frame)


def written(rows: pd.DataFrame, out: Path | str, made: pd.DataFrame) -> dict[str, Any]:
    """Write rows of a forecast as CSV and return what the command says of it."""
    rows.to_csv(out, index=False, lineterminator="\n")
    schools = rows.loc[rows["level"] == "school", ["district", "school"]]
    return {
        "out": str(out),
        "rows": len(rows),
        "schools": len(schools.drop_duplicates()),
        "years": [int(rows["year"].min()), int(rows["year"].max())],
        "warnings": made.attrs["warnings"],
        "notes": made.attrs["notes"],
    }


def _read_all(
    paths: Mapping[str, Path | str], *, system: str
) -> tuple[dict[str, Input], dict[str, list[Fault]]]:
    """Read every file; return those that can be read, and the faults of each alone, by name."""
    tables: dict[str, Input] = {}
    faults: dict[str, list[Fault]] = {}
    for name, path in paths.items():
        try:
            tables[name] = inputs.read(path, name, system=system)
            faults[name] = list(tables[name].faults)
        except FaultError as error:
            faults[name] = error.faults
    return tables, faults
