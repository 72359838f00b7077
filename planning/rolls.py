"""Rolls of pupils and children (花名册) read from bytes into memory.

The rows of a roll are personal data of minors. Nothing here or in `planning.rollcount`, which adds them up,
writes a row, a cell or an address anywhere: faults name rows, but not what stands in them.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from gis import tables
from gis.arranging import Options, arrange
from gis.columns import Schema
from gis.faults import WARNING, Fault, FaultError, errors, register_kinds
from gis.headers import aliases, fold_header, match_headers
from gis.rawtable import TableHead
from gis.schema import check
from planning.rolltemplates import ADDRESSES, NAMES, PLAIN, Roll

register_kinds(
    {
        "roll_no_home": (
            "没有住址，也没有小区或村的列。请补上其中一列，或指明哪一列是。",
            "there is no address and no column of the estate or village. Add one, or say which column it is.",
        ),
        "roll_no_birth": (
            "没有出生日期、身份证件号或入学年份，算不出应入学的年份。请补上其中一列。",
            "without a birth date, an ID number or a cohort the year of entry is unknown. Add one of them.",
        ),
        "roll_empty": (
            "没有一行学生或儿童。请核对文件和工作表。",
            "there is no row of a pupil or child. Check the file and its sheets.",
        ),
    }
)
register_kinds(
    {
        "roll_registered_address": (
            "没有现住址一列，用的是户籍地址。户籍地址不一定是实际居住地，请核对。",
            "there is no present address; the registered one was used. It may not be where the child lives: "
            "check.",
        ),
    },
    level=WARNING,
)

#: Columns of a roster that say where a row stands in its file.
PLACE: Final = ("file", "sheet", "row")
#: What may be repeated of a cell: a few characters that grades, years, dates and flags are written with.
_SHORT: Final = re.compile(r"[\d一二三四五六七八九十年级班学初高小幼中大上下期秋春是否有无√×()（）./-]{0,10}")
#: Faults of one kind and column that are kept one by one; a wrong column may make one a row.
_LIMIT: Final = 2000


@dataclass(frozen=True)
class Roster:
    """A roll in memory.

    Attributes
    ----------
    roll : Roll
    frame : DataFrame
        One row a child: the columns of the roll, then `file`, `sheet` and `row`. Personal data: never to be
        written.
    faults : list of Fault
        Errors of single rows, and warnings; none holds what stands in a personal column.
    names : frozenset of str
        Names of people in the roll, by which they are kept out of aliases.
    """

    roll: Roll
    frame: pd.DataFrame
    faults: list[Fault]
    names: frozenset[str] = frozenset()


def read(
    files: Sequence[tuple[str, bytes]],
    roll: Roll,
    *,
    mapping: Mapping[str, str] | None = None,
    words: Mapping[str, Mapping[str, Any]] | None = None,
    encoding: str = "",
    stage_system: str = "6-3",
    year: int | None = None,
) -> Roster:
    """Read the files of one roll, the sheets of a workbook together, from their bytes.

    Parameters
    ----------
    files : sequence of (name, bytes)
        What each is called and holds: .xlsx, .xls, .csv, .tsv or a web page with a table.
    roll : Roll
        Which template they follow (`planning.rolltemplates.ROLLS`).
    mapping : mapping of str to str, optional
        Header -> column, for headers that are not understood by themselves; nothing for one not to be used.
    words : mapping, optional
        Column -> what cells hold -> what is meant.
    encoding : str
        Of text files, where the planner states it.
    stage_system : {"6-3", "5-4"}
        Decides what 初一 is.
    year : int, optional
        学年 of the rows, where the table has no such column: grades named by the year of entry need it.

    Returns
    -------
    Roster

    Raises
    ------
    FaultError
        Where a file cannot be read or lacks a column: every such fault of every file.
    """
    values = {} if year is None or roll.layer != "attendance" else {"year": str(year)}
    options = Options(mapping=mapping or {}, words=words or {}, values=values, stage_system=stage_system)
    frames: list[pd.DataFrame] = []
    faults: list[Fault] = []
    names: set[str] = set()
    for name, data in files:
        try:
            for table in _opened(name, data, roll, options, encoding):
                names |= _names(table.frame)
                frame, said = _checked(table, name, roll, options)
                frames.append(frame)
                faults += said
        except FaultError as error:
            faults += error.faults
    faults = _bounded([hidden(fault) for fault in faults])
    whole = [fault for fault in errors(faults) if fault.row is None]
    if not whole and not sum(map(len, frames)):
        whole = [Fault("roll_empty", file=files[0][0] if files else "")]
    if whole:
        raise FaultError([*whole, *(fault for fault in faults if fault not in whole)])
    return Roster(roll, pd.concat(frames, ignore_index=True), faults, frozenset(names))


def headers(files: Sequence[tuple[str, bytes]], roll: Roll, *, encoding: str = "") -> list[str]:
    """Return the headers of the files as far as they can be opened, for a choice of columns.

    Parameters as for `read`.
    """
    found: dict[str, None] = {}
    for name, data in files:
        with suppress(FaultError):
            for table in _opened(name, data, roll, Options(), encoding):
                found |= dict.fromkeys(map(str, table.frame.columns))
    return list(found)


def _opened(name: str, data: bytes, roll: Roll, options: Options, encoding: str) -> list[tables.RawTable]:
    vocabulary = {word for part in aliases(roll.schema) for word in part}
    vocabulary |= {fold_header(header) for header in options.mapping}
    opened = tables.open_bytes(data, name, vocabulary=vocabulary, encoding=encoding)
    return [opened.load(sheet) for sheet in _sheets(opened.heads, roll, options)]


def _sheets(heads: Sequence[TableHead], roll: Roll, options: Options) -> list[str]:
    """Return the sheets that have columns of the roll; the first one where none has."""
    mapped = {fold_header(header) for header in options.mapping}
    known = {
        head.name: len(match_headers(head.headers, roll.schema).columns)
        + len(mapped & set(map(fold_header, head.headers)))
        for head in heads
    }
    return [name for name, count in known.items() if count > 1] or [head.name for head in heads[:1]]


def _checked(
    table: tables.RawTable, file: str, roll: Roll, options: Options
) -> tuple[pd.DataFrame, list[Fault]]:
    piece = arrange(table, roll.schema, options, file=file)
    # plain text needs no check, and most of a roll is plain text that no other row has
    texts = [column.name for column in roll.schema.columns if column.kind == "text"]
    told = Schema(roll.name, tuple(column for column in roll.schema.columns if column.kind != "text"))
    frame, said = check(
        piece.frame.drop(columns=texts, errors="ignore"),
        told,
        places=piece.places,
        words=options.words,
        stage_system=options.stage_system,
    )
    frame = frame[told.names].assign(**{name: _cells(piece.frame, name) for name in texts})
    there = {column for column in map(str, piece.frame.columns) if column in roll.schema.names}
    faults = [*table.faults, *(f for f in piece.faults if f not in table.faults), *said]
    faults += _lacking(there, roll, file, table.name)
    at = [piece.places.at(row) for row in range(len(frame))]
    kept = frame[roll.schema.names].assign(
        **{name: [place[i] for place in at] for i, name in enumerate(PLACE)}
    )
    return kept, [fault for fault in faults if fault.kind not in ("column_unknown", "value_given")]


def _cells(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of text as it stands, NA where it is blank or not there."""
    if name not in frame:
        return pd.Series(None, index=frame.index, dtype=object)
    cells = frame[name].astype(object)
    return cells.where(cells.notna() & (cells != "")).rename(name).reset_index(drop=True)


def _lacking(there: set[str], roll: Roll, file: str, sheet: str) -> list[Fault]:
    """Return what a roll cannot do without: a home, and for children a birth date."""
    faults = []
    if not there & {"unit", "community", *ADDRESSES}:
        faults.append(Fault("roll_no_home", file, sheet))
    if roll.layer == "children" and not there & {"birth", "id_number", "cohort"}:
        faults.append(Fault("roll_no_birth", file, sheet))
    if there & {*ADDRESSES, "unit"} == {"registered_address"} and roll.name != "registered":
        faults.append(Fault("roll_registered_address", file, sheet))
    return faults


def _names(frame: pd.DataFrame) -> set[str]:
    """Return what stands in columns of people's names."""
    heads = [h for h in frame.columns if any(word in fold_header(str(h)) for word in NAMES)]
    return {
        text
        for head in heads
        for cell in frame[head].dropna().unique()
        if 2 <= len(text := "".join(str(cell).split())) <= 10
    }


def hidden(fault: Fault) -> Fault:
    """Return a fault without what stood in the cell, unless that reads like a grade, a year or a flag.

    A column of grades may hold a name where cells have slipped, so that the column alone does not decide.
    """
    plain = fault.params.get("name") in PLAIN and _SHORT.fullmatch(fault.found)
    return fault if fault.row is None or plain else replace(fault, found="…" if fault.found else "")


def _bounded(faults: Sequence[Fault]) -> list[Fault]:
    counts: dict[tuple[str, str], int] = {}
    kept = []
    for fault in faults:
        key = (fault.kind, fault.column)
        counts[key] = counts.get(key, 0) + 1
        if counts[key] <= _LIMIT:
            kept.append(fault)
    return kept
