"""Tables out of CSV files and workbooks: encoding, header row, merged cells, rows of totals and of notes."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import python_calamine
from pyproj import CRS

from gis.faults import Fault, FaultError
from gis.files import MAX_ROWS
from gis.headers import bare_header, fold_header
from gis.values import as_text, is_blank

_HEADER_ROWS = 15
_TOTAL = re.compile(r"\S{0,6}(合计|总计|小计|共计)[:：]?|(grand ?)?total|subtotal|sum", re.IGNORECASE)
_NOTE = re.compile(
    r"(注|说明|备注|填表|制表|审核|填报|单位负责|来源|资料来源|数据来源|note|source)", re.IGNORECASE
)
_GUARDED = re.compile(r"'[=+\-@\t\r＝＋－＠]")
#: The csv module's own limit, 131,072, is less than one detailed polygon in WKT; files are bounded before.
_FIELD_SIZE = 2**31 - 1
_DELIMITERS = ",\t;|"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True)
class RawTable:
    """One table as it stands in a file, its header found, nothing converted.

    Attributes
    ----------
    name : str
        Sheet, layer of the file, or empty for a file that is one table.
    frame : pandas.DataFrame or geopandas.GeoDataFrame
        Cells as they are, under the file's headers (made unique).
    rows : sequence of int
        Row of each record in the file, as the user sees it, or number of the feature.
    feature : bool
        Whether records are features of a spatial file.
    declared : pyproj.CRS or None
        The coordinate system that the file states.
    faults : list of Fault
        What was found on the way, without a layer.
    encoding, title : str
        Text encoding; text above the header.
    """

    name: str
    frame: pd.DataFrame
    rows: Sequence[int]
    feature: bool = False
    declared: CRS | None = None
    faults: list[Fault] = field(default_factory=list)
    encoding: str = ""
    title: str = ""


@dataclass(frozen=True)
class TableHead:
    """What a table has, without its rows: name, headers, number of rows, and the type of its geometries."""

    name: str
    headers: tuple[str, ...]
    rows: int
    geometry: str = ""


@dataclass(frozen=True)
class TableFile:
    """An opened file: what tables it has, and how to load one of them by name."""

    file: str
    heads: tuple[TableHead, ...]
    load: Callable[[str], RawTable]


def from_tables(file: str, tables: Iterable[RawTable]) -> TableFile:
    """Return an opened file of tables that are in memory already."""
    kept = {table.name: table for table in tables}
    heads = [_head(table) for table in kept.values()]
    return TableFile(file, tuple(heads), kept.__getitem__)


def _head(table: RawTable) -> TableHead:
    headers = [str(c) for c in table.frame.columns if not (table.feature and c == "geometry")]
    types = set(table.frame.geom_type.dropna()) if isinstance(table.frame, gpd.GeoDataFrame) else set()
    simple = {name.removeprefix("Multi") for name in types}
    kind = simple.pop() if len(simple) == 1 else "Unknown" if simple else ""
    return TableHead(table.name, tuple(headers), len(table.frame), kind)


def open_text(path: Path, *, vocabulary: Collection[str], max_rows: int = MAX_ROWS) -> TableFile:
    """Open a CSV, TSV or text file: UTF-8 with or without a mark, UTF-16 with one, else GB18030.

    Raises
    ------
    FaultError
        ``encoding_unknown``, ``file_unreadable``, ``too_many_rows`` or ``table_empty``.
    """
    text, encoding = decode(path.read_bytes(), file=path.name)
    csv.field_size_limit(_FIELD_SIZE)
    try:
        cells = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=False))
    except csv.Error as error:
        raise FaultError([Fault("file_unreadable", path.name, params={"reason": str(error)})]) from error
    cells = [[_unguarded(c) for c in row] for row in cells]
    table = raw_table("", cells, file=path.name, vocabulary=vocabulary, max_rows=max_rows, encoding=encoding)
    return from_tables(path.name, [table])


def _unguarded(cell: str) -> str:
    """Return a cell without the apostrophe that our own export puts before what a spreadsheet would run."""
    return cell[1:] if _GUARDED.match(cell) else cell


def decode(data: bytes, *, file: str) -> tuple[str, str]:
    """Return text and its encoding.

    Raises
    ------
    FaultError
        ``encoding_unknown`` when neither UTF-8 nor GB18030 fits.
    """
    marked = [name for mark, name in _BOMS if data.startswith(mark)]
    for encoding in marked or ("utf-8", "gb18030"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise FaultError([Fault("encoding_unknown", file=file)])


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the first lines most, and most evenly."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:_HEADER_ROWS]
    counts = {d: sorted(line.count(d) for line in lines) for d in _DELIMITERS}
    middle = {d: c[len(c) // 2] if c else 0 for d, c in counts.items()}
    return max(_DELIMITERS, key=lambda d: (middle[d], sum(counts[d])))


def open_workbook(path: Path, *, vocabulary: Collection[str], max_rows: int = MAX_ROWS) -> TableFile:
    """Open an .xlsx, .xlsm, .xls or .ods workbook; sheets without a cell are left out.

    Raises
    ------
    FaultError
        ``file_unreadable``, ``too_many_rows`` or ``table_empty``.
    """
    tables = []
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            for name in book.sheet_names:
                cells, merged = _cells(book.get_sheet_by_name(name))
                if any(not is_blank(cell) for row in cells for cell in row):
                    tables.append((name, cells, merged))
    except (python_calamine.CalamineError, OSError) as error:
        raise FaultError([Fault("file_unreadable", path.name, params={"reason": str(error)})]) from error
    if not tables:
        raise FaultError([Fault("table_empty", path.name)])
    return from_tables(
        path.name,
        [
            raw_table(name, cells, file=path.name, vocabulary=vocabulary, max_rows=max_rows, merged=merged)
            for name, cells, merged in tables
        ],
    )


def _cells(sheet: python_calamine.CalamineSheet) -> tuple[list[list[Any]], list[tuple[int, ...]]]:
    """Return all cells from the first row of the sheet on, and merged ranges (top, left, bottom, right)."""
    cells = sheet.to_python(skip_empty_area=False)
    ranges = sheet.merged_cell_ranges or []
    return cells, [(*first, *last) for first, last in ranges]


def raw_table(
    name: str,
    cells: list[list[Any]],
    *,
    file: str,
    vocabulary: Collection[str],
    max_rows: int = MAX_ROWS,
    encoding: str = "",
    merged: Sequence[tuple[int, ...]] = (),
) -> RawTable:
    """Return rows of cells as a table: find the header, fill merged cells, set totals and notes aside.

    Parameters
    ----------
    cells
        All rows of the sheet from its first on.
    vocabulary
        Folded headers that are understood; the row with most of them is the header.
    merged
        Merged ranges: top, left, bottom, right, from 0.
    """
    if len(cells) > max_rows + _HEADER_ROWS:
        params = {"rows": len(cells), "limit": max_rows}
        raise FaultError([Fault("too_many_rows", file, name, params=params)])
    top = _header_row(cells, vocabulary)
    faults = _fill_merged(cells, [m for m in merged if m[0] > top], file, name)
    headers, width = _headers(cells[top] if cells else [])
    records, more = _records(cells, top, width, file, name)
    kept = [i for i in range(width) if headers[i] or any(not is_blank(row[i]) for _, row in records)]
    names = _unique([headers[i] or f"第{i + 1}列" for i in kept])
    frame = pd.DataFrame([[row[i] for i in kept] for _, row in records], columns=names, dtype=object)
    title = " ".join(as_text(c).strip() for row in cells[:top] for c in row if not is_blank(c))
    rows = [number for number, _ in records]
    return RawTable(name, frame, rows, faults=faults + more, encoding=encoding, title=title)


def _header_row(cells: list[list[Any]], vocabulary: Collection[str]) -> int:
    """Return the row, among the first ones, with most known headers; else the first with two cells filled."""
    known = [
        sum(
            bool({fold_header(str(c)), bare_header(str(c))} & set(vocabulary)) for c in row if not is_blank(c)
        )
        for row in cells[:_HEADER_ROWS]
    ]
    if any(known):
        return known.index(max(known))
    filled = [sum(not is_blank(c) for c in row) for row in cells[:_HEADER_ROWS]]
    several = [i for i, count in enumerate(filled) if count > 1] or [
        i for i, count in enumerate(filled) if count
    ]
    return several[0] if several else 0


def _headers(row: Sequence[Any]) -> tuple[list[str], int]:
    headers = ["" if is_blank(c) else " ".join(as_text(c).split()) for c in row]
    return headers, len(headers)


def _unique(names: Sequence[str]) -> list[str]:
    taken: dict[str, int] = {}
    out = []
    for name in names:
        taken[name] = taken.get(name, 0) + 1
        out.append(name if taken[name] == 1 else f"{name}_{taken[name]}")
    return out


def _fill_merged(
    cells: list[list[Any]], merged: Sequence[tuple[int, ...]], file: str, sheet: str
) -> list[Fault]:
    """Give every cell of a merged range the value of its first one, and say how many ranges there were."""
    filled = 0
    for top, left, bottom, right in merged:
        if top >= len(cells) or left >= len(cells[top]) or is_blank(cells[top][left]):
            continue
        value, filled = cells[top][left], filled + 1
        for row in cells[top : bottom + 1]:
            row[left : right + 1] = [value] * len(row[left : right + 1])
    return [Fault("merged_filled", file, sheet, params={"count": filled})] if filled else []


def _records(
    cells: list[list[Any]], top: int, width: int, file: str, sheet: str
) -> tuple[list[tuple[int, list[Any]]], list[Fault]]:
    """Return (row number, cells) of the records below the header, and what was set aside or too long."""
    records: list[tuple[int, list[Any]]] = []
    faults: list[Fault] = []
    for number, row in enumerate(cells[top + 1 :], start=top + 2):
        texts = [as_text(c).strip() for c in row if not is_blank(c)]
        if not texts:
            continue
        aside = _aside(texts, width)
        if aside:
            faults.append(Fault(aside, file, sheet, row=number, found=texts[0]))
            continue
        extra = [as_text(c) for c in row[width:] if not is_blank(c)]
        if extra:
            params = {"extra": len(extra)}
            faults.append(Fault("row_too_long", file, sheet, row=number, found=extra[0], params=params))
        records.append((number, [*row[:width], *[None] * (width - len(row))]))
    return records, faults


def _aside(texts: Sequence[str], width: int) -> str:
    """Return the kind of warning for a row that is not data, else nothing."""
    if _TOTAL.fullmatch(texts[0]):
        return "total_row"
    alone = len(set(texts)) == 1 and width > 2
    return "note_row" if alone and _NOTE.match(texts[0]) else ""


def same_headers(tables: Sequence[Collection[str]]) -> bool:
    """Tell whether several tables have the same headers, in any order."""
    return all(set(a) == set(b) for a, b in pairwise(tables))
