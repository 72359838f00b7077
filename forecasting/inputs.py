"""The files of the forecast from the command line, read as the import reads layers: same heads, same words.

What is wrong with a file is told with its row and with the head as it stands there.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

import forecasting.kinds  # noqa: F401  registers the wordings
from forecasting.panel import GRADE_ORDER
from gis import schema as layer
from gis.columns import Choice, Column, Places, Schema
from gis.faults import Fault, FaultError
from gis.headers import Match, aliases, match_headers
from gis.layers import SCHEMAS as LAYERS
from gis.rawtable import RawTable
from gis.tables import open_text
from gis.totals import total_faults
from gis.values import Bad, as_text, is_blank, parse

#: Columns beyond those of a table that some check reads, and that are no surprise therefore.
_READ_TOO = {"births": ("revised",)}
_WHOLE = re.compile(r"(\d+)\.0+")


def _like(source: str, column: str, **changes: Any) -> Column:
    """Return a column of a layer, changed: what people call it is said once, in the layers."""
    return replace(LAYERS[source][column], **changes)


def _school(*, required: bool = True, also: Sequence[str] = ()) -> Column:
    """Return the school of a table, by whatever name: one file calls it by code, another by its name."""
    known = LAYERS["enrolment"]["school_id"]
    words = ("school_id", known.zh, known.en, *known.aliases)
    weak = (*known.weak, *also)
    return Column("school", "学校", "school", required=required, aliases=words, weak=weak)


def _kindergarten() -> tuple[Column, ...]:
    """Return the columns of kindergarten rolls; classes go by their Chinese names."""
    classes = LAYERS["kindergarten"]["grade"]
    choices = tuple(Choice(c.zh, c.zh, c.en, (c.name, *c.aliases)) for c in classes.choices)
    place = LAYERS["kindergarten"]["kindergarten"]
    children = LAYERS["kindergarten"]["children"]
    return (
        LAYERS["kindergarten"]["year"],
        LAYERS["kindergarten"]["district"],
        LAYERS["kindergarten"]["town"],
        replace(place, name="school", weak=("kindergarten", *_school().aliases, *_school().weak)),
        replace(classes, choices=choices, weak=("年级", "班级")),
        replace(children, weak=("pupils", "enrolment")),
    )


_DISTRICT, _TOWN = LAYERS["births"]["district"], LAYERS["births"]["town"]
_NAMES = LAYERS["estates"]["name"]

#: What each file of the command holds, by the name of its option.
SCHEMAS: dict[str, Schema] = {
    one.name: one
    for one in (
        Schema(
            "history",
            (
                LAYERS["enrolment"]["year"],
                _DISTRICT,
                _school(),
                _like("enrolment", "grade", kind="text"),
                _like("enrolment", "pupils", name="enrolment"),
            ),
            key=("district", "school", "grade", "year"),
        ),
        Schema(
            "births",
            (LAYERS["births"]["year"], _DISTRICT, _TOWN, LAYERS["births"]["births"]),
            key=("district", "town", "year"),
        ),
        Schema(
            "entrants",
            (
                _like("children", "cohort", name="year"),
                _DISTRICT,
                _TOWN,
                _school(required=False),
                LAYERS["children"]["children"],
            ),
            key=("district", "town", "school", "year"),
        ),
        Schema(
            "flow",
            (
                replace(_TOWN, required=True, weak=("home",)),
                _school(),
                Column(
                    "share", "占比，0 到 1", "share, 0 to 1", "number", required=True,
                    aliases=("占比", "比例", "份额"), minimum=0, maximum=1,
                ),
            ),
            key=("town", "school"),
        ),
        Schema(
            "estates",
            (
                _like("estates", "estate_id", fallback="", weak=("name", _NAMES.zh, *_NAMES.aliases)),
                _DISTRICT,
                _school(),
                _like("estates", "households", minimum=0),
                _like("estates", "handover_year", required=False),
                LAYERS["estates"]["primary_yield"],
                LAYERS["estates"]["junior_yield"],
                Column(
                    "from_outside", "外来占比，0 到 1", "share from outside, 0 to 1", "number",
                    aliases=("外来占比", "区外占比"), minimum=0, maximum=1,
                ),
            ),
        ),
        Schema("groups", (_DISTRICT, _school()), key=("district", "school")),
        Schema("kindergarten", _kindergarten(), key=("district", "town", "school", "grade", "year")),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Input:
    """One file of the command.

    Attributes
    ----------
    schema : Schema
        What it should be.
    frame : DataFrame
        The columns of the schema that the file has, then others; a fresh index; NA where a cell is at fault.
    places : Places
        Where each row stands.
    match : Match
        What its heads mean.
    faults : list of Fault
        What is wrong with it alone.
    """

    schema: Schema
    frame: pd.DataFrame
    places: Places
    match: Match
    faults: list[Fault]

    def fault(self, kind: str, row: int, column: str = "", found: str = "", **params: Any) -> Fault:
        """Return a fault at a row of the frame, under the head as it stands in the file."""
        head = self.match.header(column) if column else ""
        if column in [one.name for one in self.schema.columns]:
            params = {"label": self.schema[column].label} | params
        return self.places.fault(kind, row, layer="", column=head, found=found, **params)

    def ready(self) -> pd.DataFrame:
        """Return the frame as the forecast takes it: no NA in texts, and whole numbers as floats where NA."""
        frame = self.frame.copy()
        for name in frame:
            if isinstance(frame[name].dtype, pd.Int64Dtype):
                frame[name] = frame[name].astype("float64")
            elif not pd.api.types.is_numeric_dtype(frame[name]):
                frame[name] = [("" if is_blank(cell) else as_text(cell).strip()) for cell in frame[name]]
        frame.attrs["file"] = self.places.file
        return frame


def read(path: Path | str, name: str, *, system: str = "6-3") -> Input:
    """Read a file: CSV, text or a workbook, with Chinese or English heads.

    Parameters
    ----------
    path : path
        The file.
    name : str
        A name of `SCHEMAS`.
    system : {"6-3", "5-4"}
        Stage system, which says what 初一 is.

    Raises
    ------
    FaultError
        When the file cannot be read as a table; other faults come with the result.
    """
    path = Path(path)
    if not path.exists() or path.is_dir():
        raise FaultError([Fault("file_missing", found=str(path))])
    table, schema = _table(path, SCHEMAS[name]), SCHEMAS[name]
    if table.frame.empty:
        raise FaultError([Fault("table_empty", path.name, table.name)])
    frame = table.frame.copy()
    places = Places(path.name, [table.name] * len(frame), table.rows)
    match = match_headers([str(head) for head in frame], schema, file=path.name, sheet=table.name)
    for column, read_as in (("grade", _grade_label), ("year", _whole)):
        if name != "kindergarten" and column in match.columns:
            at = match.columns[column]
            frame.isetitem(at, [read_as(cell, system) for cell in frame.iloc[:, at]])
    checked, found = layer.check(frame, schema, places=places, match=match, stage_system=system)
    rows = Input(
        schema, pd.DataFrame(checked.drop(columns=_absent(checked, schema, match))), places, match, []
    )
    mine = [*table.faults, *total_faults(table, schema, file=path.name), *_known(found, name), *_grades(rows)]
    return replace(rows, faults=mine)


def _table(path: Path, schema: Schema) -> RawTable:
    """Return the one table of a file that has the columns wanted."""
    vocabulary = {word for part in aliases(schema) for word in part}
    opened = open_text(path, vocabulary=vocabulary)
    if len(opened.heads) == 1:
        return opened.load(opened.heads[0].name)
    needed = {column.name for column in schema.columns if column.required}
    fit = [head.name for head in opened.heads if needed <= set(match_headers(head.headers, schema).columns)]
    if len(fit) != 1:
        params = {"sheets": [head.name for head in opened.heads]}
        raise FaultError([Fault("fc_sheets", path.name, params=params)])
    left = [
        Fault("fc_sheet_left", path.name, head.name)
        for head in opened.heads
        if head.rows and head.name != fit[0]
    ]
    table = opened.load(fit[0])
    return replace(table, faults=[*opened.faults, *table.faults, *left])


def _absent(frame: pd.DataFrame, schema: Schema, match: Match) -> list[str]:
    """Return the columns that a file has not, or has without a word in them, where they may be left out."""
    blank = [c.name for c in schema.columns if not c.required and frame[c.name].isna().all()]
    return [c.name for c in schema.columns if c.name not in match.columns or c.name in blank]


def _known(faults: Sequence[Fault], name: str) -> list[Fault]:
    """Say in the forecast's own words what these files ask for otherwise than layers do."""
    kinds = {"column_unknown": "fc_column_unused", "value_not_year": "fc_year"}
    told = []
    for fault in faults:
        kind = kinds.get(fault.kind, fault.kind)
        if kind == "value_missing" and fault.params.get("name") == "enrolment":
            kind = "fc_blank"
        # The columns of groups that are not known are the groupings.
        quiet = kind == "fc_column_unused" and (name == "groups" or fault.column in _READ_TOO.get(name, ()))
        told += [] if quiet else [replace(fault, kind=kind)]
    return told


def _whole(cell: Any, system: str) -> Any:
    """Return a cell without the .0 that a column with blanks is often saved with."""
    match = _WHOLE.fullmatch(as_text(cell).strip())
    return match[1] if match else cell


def _grade_label(cell: Any, system: str) -> Any:
    """Return a grade as the forecast calls it, from how people write it; what is none stays as it is."""
    text = as_text(_whole(cell, system)).strip().upper()
    label = text.lstrip("0") if text.isdecimal() else text
    if is_blank(cell) or label in GRADE_ORDER:
        return None if is_blank(cell) else label
    number = parse(cell, LAYERS["enrolment"]["grade"], stage_system=system)
    return cell if isinstance(number, Bad) else str(number)


def _grades(table: Input) -> list[Fault]:
    """Return a fault for each row of a history whose grade is none."""
    if "enrolment" not in table.frame or "grade" not in table.frame:
        return []
    grades = table.frame["grade"]
    wrong = grades.notna() & ~grades.isin(list(GRADE_ORDER))
    return [table.fault("fc_grade", int(row), "grade", grades[row]) for row in grades.index[wrong]]
