"""The forecast as a command: files in, file out."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from forecasting.forecast import forecast
from forecasting.levels import STANDARD
from gis.faults import Fault, FaultError

#: Columns of the file written.
OUT_COLUMNS = ("level", "district", "school", "grade", "year", "mean", "low", "median", "high")


def run(
    history: Path | str, births: Path | str | None = None, *, until: int, out: Path | str
) -> dict[str, Any]:
    """Forecast from CSV files and write the result.

    Parameters
    ----------
    history : path
        CSV with columns year, district, school, grade, enrolment.
    births : path, optional
        CSV with columns year, district, births.
    until : int
        Last school year wanted.
    out : path
        CSV to write: `OUT_COLUMNS`; level is cell, school or district.

    Returns
    -------
    dict
        rows, schools, years, warnings and notes, fit for JSON.

    Raises
    ------
    FaultError
        With every fault of both files.
    """
    frame = forecast(_read(history), until=until, births=None if births is None else _read(births))
    chosen = frame[frame["level"].isin(STANDARD)][list(OUT_COLUMNS)]
    chosen.to_csv(out, index=False, lineterminator="\n")
    return {
        "out": str(out),
        "rows": len(chosen),
        "schools": int((chosen["level"] == "school").sum() // max(chosen["year"].nunique(), 1)),
        "years": [int(chosen["year"].min()), int(chosen["year"].max())],
        "warnings": frame.attrs["warnings"],
        "notes": frame.attrs["notes"],
    }


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
