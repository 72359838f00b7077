"""The forecast as a command: files in, file out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

import forecasting.kinds  # noqa: F401  registers the wordings
from forecasting.forecast import COLUMNS, forecast
from forecasting.levels import NAMED, STANDARD
from forecasting.scenarios import LOW_MIDDLE_HIGH, MIDDLE
from gis.faults import Fault, FaultError

#: Columns of the file written; with scenarios, groups or all levels, those of ``forecast.COLUMNS``.
OUT_COLUMNS = ("level", "district", "school", "grade", "year", "mean", "low", "median", "high")
#: Columns of estates that are numbers.
_NUMBERS = ("households", "handover_year", "primary_yield", "junior_yield", "from_outside")


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
) -> dict[str, Any]:
    """Forecast from CSV files and write the result.

    Parameters
    ----------
    history : path
        CSV with columns year, district, school, grade, enrolment.
    births : path, optional
        CSV with columns year, district, births and, optionally, town.
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
    tables, faults = _read_all({name: path for name, path in paths.items() if path is not None})
    faults += lineage_faults
    if "estates" in tables:
        tables["estates"], wrong = _with_numbers(tables["estates"])
        faults += wrong
    if "history" not in tables:
        raise FaultError(faults)
    try:
        frame = forecast(
            tables["history"],
            until=until,
            system=system,
            cutoff_month=cutoff_month,
            scenarios=LOW_MIDDLE_HIGH if scenarios else (MIDDLE,),
            extra_levels=[name for name in NAMED if name not in STANDARD] if every_level else (),
            births=tables.get("births"),
            entrants=tables.get("entrants"),
            flow=tables.get("flow"),
            estates=tables.get("estates"),
            groups=tables.get("groups"),
            kindergarten=tables.get("kindergarten"),
            lineage=lineage,
        )
    except FaultError as error:
        known = {(fault.file, fault.row, fault.column) for fault in faults}
        more = [f for f in error.faults if f.row is None or (f.file, f.row, f.column) not in known]
        raise FaultError([*faults, *more]) from None
    if faults:
        raise FaultError(faults)
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


def _read_all(paths: Mapping[str, Path | str]) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Read every file, and gather the faults of those that cannot be read."""
    tables: dict[str, pd.DataFrame] = {}
    faults: list[Fault] = []
    for name, path in paths.items():
        try:
            tables[name] = _read(path)
        except FaultError as error:
            faults += error.faults
    missing = [("estates", ("estate_id", "school")), ("groups", ("school",))]
    for name, needed in missing:
        lost = [c for c in needed if name in tables and c not in tables[name]]
        for column in lost:
            present = ", ".join(tables[name].columns)
            params = {"needed": column, "present": present}
            faults.append(Fault("fc_column_missing", file=tables[name].attrs["file"], params=params))
        if lost:
            del tables[name]
    return tables, faults


def _with_numbers(estates: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Return estates with numbers as such; what is no number is a fault, and missing."""
    found, faults, file = estates.copy(), [], estates.attrs["file"]
    for column in (name for name in _NUMBERS if name in estates):
        text = estates[column].str.strip()
        number = pd.to_numeric(text, errors="coerce")
        wrong = number.isna() & text.ne("")
        faults += [
            Fault("fc_not_number", file=file, row=int(at) + 2, column=column, found=text[at])
            for at in estates.index[wrong]
        ]
        found[column] = number
    found.attrs = estates.attrs
    return found, faults


def _read(path: Path | str) -> pd.DataFrame:
    """Read a CSV (UTF-8 or GB18030) as text, so that the checks see what stands in the file."""
    content, name = Path(path).read_bytes(), Path(path).name
    try:
        frame = pd.read_csv(StringIO(_decoded(content, name)), dtype=str, keep_default_na=False)
    except pd.errors.EmptyDataError:
        raise FaultError([Fault("fc_empty", file=name)]) from None
    except pd.errors.ParserError as error:
        raise FaultError([Fault("fc_ragged", file=name, found=str(error))]) from None
    frame.attrs["file"] = name
    return frame


def _decoded(content: bytes, name: str) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FaultError([Fault("fc_encoding", file=name)])
