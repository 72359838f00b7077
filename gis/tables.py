"""Tables of text files, workbooks and what is called a workbook: the bytes decide, not the name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import python_calamine

from gis import markup
from gis.faults import Fault, FaultError
from gis.files import MAX_ROWS, OLE, WORKBOOKS, ZIP
from gis.headerrows import HEADER_ROWS
from gis.rawtable import RawTable, TableFile, TableHead, Total, from_tables
from gis.sheets import raw_table
from gis.values import is_blank
from gis.words import Words

__all__ = [
    "RawTable",
    "TableFile",
    "TableHead",
    "Total",
    "decode",
    "from_tables",
    "open_bytes",
    "open_text",
    "open_workbook",
    "raw_table",
]

_GUARDED = re.compile(r"'[=+\-@\t\r＝＋－＠]")
#: The csv module's own limit, 131,072, is less than one detailed polygon in WKT; files are bounded before.
_FIELD_SIZE = 2**31 - 1
_DELIMITERS = ",\t;|"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_PAGE = Words("网页表格", "a web page")
_TEXT = Words("文本表格", "a text table")


def open_bytes(
    data: bytes, name: str, *, vocabulary: Collection[str], max_rows: int = MAX_ROWS, encoding: str = ""
) -> TableFile:
    """Open a workbook, a web page with tables or a text table from its bytes, whatever it is called.

    Parameters
    ----------
    data
        The whole file.
    name
        What the file is called, for the faults; where it promises a workbook and the bytes are none, that
        is said.
    vocabulary
        Folded headers that are understood.
    encoding
        Text encoding, where the user states it.

    Raises
    ------
    FaultError
        ``encoding_unknown``, ``file_unreadable``, ``too_many_rows`` or ``table_empty``.
    """
    if data.startswith((OLE, ZIP)):
        return _workbook(data, name, vocabulary, max_rows)
    ending = Path(name).suffix.lower()
    page = markup.is_markup(data)
    faults = []
    if ending in WORKBOOKS:
        content = _PAGE if page else _TEXT
        faults = [Fault("ending_differs", name, found=ending, params={"content": content})]
    if page:
        return _pages(data, name, vocabulary, max_rows, encoding, faults)
    return _text(data, name, vocabulary, max_rows, encoding, faults)


def open_text(
    path: Path, *, vocabulary: Collection[str], max_rows: int = MAX_ROWS, encoding: str = ""
) -> TableFile:
    """Open a CSV, TSV or text file: UTF-8 with or without a mark, UTF-16 with one, else GB18030.

    Parameters and errors as for :func:`open_bytes`.
    """
    data = path.read_bytes()
    return open_bytes(data, path.name, vocabulary=vocabulary, max_rows=max_rows, encoding=encoding)


def open_workbook(
    path: Path, *, vocabulary: Collection[str], max_rows: int = MAX_ROWS, encoding: str = ""
) -> TableFile:
    """Open an .xlsx, .xlsm, .xls or .ods workbook; sheets without a cell are left out.

    Parameters and errors as for :func:`open_bytes`.
    """
    return open_text(path, vocabulary=vocabulary, max_rows=max_rows, encoding=encoding)


def _unreadable(name: str, error: Exception) -> FaultError:
    return FaultError([Fault("file_unreadable", name, params={"reason": str(error)})])


def _text(
    data: bytes, name: str, vocabulary: Collection[str], max_rows: int, encoding: str, faults: list[Fault]
) -> TableFile:
    text, encoding = decode(data, file=name, encoding=encoding)
    csv.field_size_limit(_FIELD_SIZE)
    try:
        cells = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=False))
    except csv.Error as error:
        raise _unreadable(name, error) from error
    cells = [[_unguarded(c) for c in row] for row in cells]
    table = raw_table("", cells, file=name, vocabulary=vocabulary, max_rows=max_rows, encoding=encoding)
    return from_tables(name, [table], faults=faults)


def _pages(
    data: bytes, name: str, vocabulary: Collection[str], max_rows: int, encoding: str, faults: list[Fault]
) -> TableFile:
    page = markup.unpacked(data)
    text, encoding = decode(page, file=name, encoding=encoding or _page_encoding(page))
    found = markup.tables(text)
    if not found:
        raise FaultError([Fault("table_empty", name)])
    tables = [
        raw_table(
            title,
            cells,
            file=name,
            vocabulary=vocabulary,
            max_rows=max_rows,
            encoding=encoding,
            merged=merged,
        )
        for title, cells, merged in found
    ]
    return from_tables(name, tables, faults=faults)


def _page_encoding(page: bytes) -> str:
    """Return the encoding that a page states, where it is neither UTF-8 nor Chinese and fits; else empty."""
    stated = markup.declared_charset(page)
    try:
        page.decode("utf-8")
    except UnicodeDecodeError:
        try:
            page.decode(stated or "gb18030")
        except (UnicodeDecodeError, LookupError):
            return ""
        return "" if stated.lower().startswith("gb") else stated
    return ""


def _unguarded(cell: str) -> str:
    """Return a cell without the apostrophe that our own export puts before what a spreadsheet would run."""
    return cell[1:] if cell.startswith("'") and _GUARDED.match(cell) else cell


def decode(data: bytes, *, file: str, encoding: str = "") -> tuple[str, str]:
    """Return text and its encoding: the one stated, else UTF-8, else GB18030.

    Raises
    ------
    FaultError
        ``encoding_unknown`` when neither fits.
    """
    marked = [name for mark, name in _BOMS if data.startswith(mark)]
    for name in [encoding] if encoding else marked or ("utf-8", "gb18030"):
        try:
            return data.decode(name), name
        except (UnicodeDecodeError, LookupError):
            continue
    raise FaultError([Fault("encoding_unknown", file=file)])


def _delimiter(text: str) -> str:
    """Return the delimiter that splits the first lines most, and most evenly."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:HEADER_ROWS]
    counts = {d: sorted(line.count(d) for line in lines) for d in _DELIMITERS}
    middle = {d: c[len(c) // 2] if c else 0 for d, c in counts.items()}
    return max(_DELIMITERS, key=lambda d: (middle[d], sum(counts[d])))


def _workbook(data: bytes, file: str, vocabulary: Collection[str], max_rows: int) -> TableFile:
    tables: list[tuple[str, list[list[Any]], Sequence[tuple[int, ...]]]] = []
    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            shown, hidden = _sheets(book)
            for name in shown:
                cells, merged = _cells(book.get_sheet_by_name(name))
                if any(not is_blank(cell) for row in cells for cell in row):
                    tables.append((name, cells, merged))
    except (python_calamine.CalamineError, OSError) as error:
        raise _unreadable(file, error) from error
    if not tables:
        raise FaultError([Fault("table_empty", file)])
    return from_tables(
        file,
        [
            raw_table(name, cells, file=file, vocabulary=vocabulary, max_rows=max_rows, merged=merged)
            for name, cells, merged in tables
        ],
        faults=[Fault("sheet_hidden", file, name) for name in hidden],
    )


def _sheets(book: python_calamine.CalamineWorkbook) -> tuple[list[str], list[str]]:
    """Return the sheets to read, and the hidden ones to speak of; all where none is shown.

    Sheets that only a program can show (very hidden) are its own and nothing to speak of.
    """
    kinds = python_calamine.SheetVisibleEnum
    sheets = book.sheets_metadata
    shown = [sheet.name for sheet in sheets if sheet.visible == kinds.Visible]
    hidden = [sheet.name for sheet in sheets if sheet.visible == kinds.Hidden]
    return (shown, hidden) if shown else (list(book.sheet_names), [])


def _cells(sheet: python_calamine.CalamineSheet) -> tuple[list[list[Any]], list[tuple[int, ...]]]:
    """Return all cells from the first row of the sheet on, and merged ranges (top, left, bottom, right)."""
    cells = sheet.to_python(skip_empty_area=False)
    ranges = sheet.merged_cell_ranges or []
    return cells, [(*first, *last) for first, last in ranges]
