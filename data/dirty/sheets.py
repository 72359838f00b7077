"""A table as a school or an office would send it, with what was spoilt in it; and the ways to write it."""

from __future__ import annotations

import csv
import datetime
import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pandas as pd
import xlsxwriter

MARK: Final = "合成数据"
_CREATED: Final = datetime.datetime(2026, 9, 1)
_DATE: Final = "yyyy/m/d"


@dataclass(frozen=True)
class Correction:
    """One thing wrong in a file, and what makes it right.

    Attributes
    ----------
    file : str
        Path inside the folder.
    row : int
        Row of the file as its reader counts, the first being 1; 0 where the whole file is meant.
    column : str
        Header of the cell; empty where the whole row is to go.
    dirty, clean : object
        What stands there, and what should; None for a row that should not be there.
    """

    file: str
    row: int
    column: str
    dirty: Any
    clean: Any


@dataclass
class Table:
    """Rows under a title and one or two header rows.

    Attributes
    ----------
    file : str
        Path inside the folder.
    title : str
        Text of the first row, across the table; empty for none.
    columns : list of str
        Headers of the cells.
    groups : dict of str to str
        Header -> what stands above it, in a header row of its own; equal neighbours are merged.
    rows : list of dict
        Header -> cell.
    footer : list of list
        Rows below: totals and who filled it in.
    merged : tuple of str
        Columns in which equal cells below each other are one merged cell.
    """

    file: str
    columns: list[str]
    rows: list[dict[str, Any]]
    title: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    footer: list[list[Any]] = field(default_factory=list)
    merged: tuple[str, ...] = ()
    corrections: list[Correction] = field(default_factory=list)

    @property
    def first(self) -> int:
        """Row of the file in which the first of `rows` stands, counted from 1."""
        return 2 + bool(self.title) + bool(self.groups)

    def spoil(self, at: int, column: str, dirty: Any) -> None:
        """Put something wrong into a cell."""
        clean = self.rows[at][column]
        self.rows[at] = {**self.rows[at], column: dirty}
        self.corrections.append(Correction(self.file, self.first + at, column, dirty, clean))

    def intrude(self, at: int, **changes: Any) -> None:
        """Add, at the end, a copy of a row that does not belong there, some of its cells changed."""
        row = {**self.rows[at], **changes}
        self.rows.append(row)
        said = "，".join(str(value) for value in list(row.values())[:4])
        self.corrections.append(Correction(self.file, self.first + len(self.rows) - 1, "", said, None))

    def mend(self) -> None:
        """Put right what was spoilt, as the corrections say; they stay listed."""
        intruders = {one.row - self.first for one in self.corrections if one.clean is None}
        for one in self.corrections:
            if one.clean is not None:
                at = one.row - self.first
                self.rows[at] = {**self.rows[at], one.column: one.clean}
        self.rows = [row for at, row in enumerate(self.rows) if at not in intruders]

    def lines(self) -> list[list[Any]]:
        """Return all cells of the file, row by row."""
        above = [[self.title]] if self.title else []
        if self.groups:
            above.append([self.groups.get(column, column) for column in self.columns])
        body = [[row.get(column) for column in self.columns] for row in self.rows]
        return [*above, self.columns, *body, *self.footer]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame, column -> cell."""
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def write_csv(table: Table, folder: Path) -> None:
    """Write a table as CSV in GBK, as Chinese Excel does."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(table.lines())
    _place(folder, table).write_bytes(text.getvalue().encode("gbk"))


def write_html(table: Table, folder: Path) -> None:
    """Write a table as the HTML that many a system calls .xls."""
    rows = ["".join(_cell(text, span) for text, span in _runs(line)) for line in table.lines()]
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    page = (
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=gbk"></head>\n'
        f"<body><table border=1>\n{body}\n</table></body></html>\n"
    )
    _place(folder, table).write_bytes(page.encode("gbk"))


def _runs(line: Sequence[Any]) -> list[tuple[Any, int]]:
    """Return the cells of a row, those of a header that are the same beside each other as one."""
    runs: list[tuple[Any, int]] = []
    for cell in line:
        if runs and isinstance(cell, str) and not cell.isdecimal() and runs[-1][0] == cell:
            runs[-1] = (cell, runs[-1][1] + 1)
        else:
            runs.append((cell, 1))
    return runs


def _cell(cell: Any, span: int) -> str:
    across = f" colspan={span}" if span > 1 else ""
    return f"<td{across}>{html.escape('' if _blank(cell) else str(cell))}</td>"


def _blank(cell: Any) -> bool:
    return cell is None or (not isinstance(cell, str) and bool(pd.isna(cell)))


def write_xlsx(table: Table, folder: Path, *, sheet: str = "Sheet1") -> None:
    """Write a table as a workbook, its title and the groups of its header merged."""
    book = xlsxwriter.Workbook(str(_place(folder, table)))
    book.set_properties({"created": _CREATED, "comments": MARK})
    page = book.add_worksheet(sheet)
    date = book.add_format({"num_format": _DATE})
    for row, line in enumerate(table.lines()):
        for column, cell in enumerate(line):
            if isinstance(cell, datetime.date):
                page.write_datetime(row, column, cell, date)
            elif not _blank(cell):
                page.write(row, column, cell)
    for top, left, bottom, right, text in _ranges(table):
        page.merge_range(top, left, bottom, right, text)
    book.close()


def _ranges(table: Table) -> list[tuple[int, int, int, int, Any]]:
    """Return the merged ranges of a workbook: top, left, bottom, right, text."""
    width, top = len(table.columns), int(bool(table.title))
    found: list[tuple[int, int, int, int, Any]] = []
    if table.title:
        found.append((0, 0, 0, width - 1, table.title))
    if table.groups:
        found += _across(table, top)
    return found + [r for column in table.merged for r in _down(table, table.columns.index(column))]


def _across(table: Table, row: int) -> list[tuple[int, int, int, int, Any]]:
    found: list[tuple[int, int, int, int, Any]] = []
    left = 0
    for text, span in _runs([table.groups.get(column, column) for column in table.columns]):
        if span > 1:
            found.append((row, left, row, left + span - 1, text))
        elif text == table.columns[left]:  # one header over both rows
            found.append((row, left, row + 1, left, text))
        left += span
    return found


def _down(table: Table, column: int) -> list[tuple[int, int, int, int, Any]]:
    cells = [row[table.columns[column]] for row in table.rows]
    starts = [n for n, cell in enumerate(cells) if n == 0 or cells[n - 1] != cell] + [len(cells)]
    first = table.first - 1
    return [(first + a, column, first + b - 1, column, cells[a]) for a, b in pairwise(starts) if b - a > 1]


def _place(folder: Path, table: Table) -> Path:
    path = folder / table.file
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
