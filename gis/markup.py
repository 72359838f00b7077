"""Tables in web pages, which many systems export as ".xls", and in Excel's own XML and web archives."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

Cells = list[list[Any]]
Merged = list[tuple[int, ...]]

_MARKUP = re.compile(rb"<(?:html|table|!doctype html|workbook|ss:workbook)\b", re.IGNORECASE)
_CHARSET = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_START = 4096
#: A cell may reach over this many columns, and over this many places in all.
_MOST_SPAN = 1000
_MOST_PLACES = 100_000
_ROWS = ("tr", "row")
_CELLS = ("td", "th", "cell")
_BREAKS = ("br", "p", "div", "li")
_UNSHOWN = ("script", "style", "comment")


def is_markup(data: bytes) -> bool:
    """Tell whether a file is a web page or Excel's XML that holds a table."""
    head = data[:_START].lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").replace(b"\0", b"")
    return (head.startswith(b"<") and bool(_MARKUP.search(head))) or is_web_archive(data)


def is_web_archive(data: bytes) -> bool:
    """Tell whether a file is a web page saved as one file (MHTML)."""
    head = data[:_START].lower()
    return head.lstrip().startswith((b"mime-version:", b"from:")) and b"multipart/related" in head


def declared_charset(data: bytes) -> str:
    """Return the encoding that a page states of itself, empty without."""
    match = _CHARSET.search(data[:_START])
    return match[1].decode("ascii") if match else ""


def unpacked(data: bytes) -> bytes:
    """Return the pages of a web archive one after the other; any other page as it is."""
    if not is_web_archive(data):
        return data
    message = email.message_from_bytes(data, policy=email.policy.default)
    pages = [part for part in message.walk() if part.get_content_type() == "text/html"]
    contents = [part.get_payload(decode=True) for part in pages]
    return b"\n".join(content for content in contents if isinstance(content, bytes))


@dataclass
class _Cell:
    """A cell on its way: where it stands if that is said (from 0), how far it reaches, its text so far."""

    at: int
    down: int
    across: int
    texts: list[str] = field(default_factory=list)


@dataclass
class _Table:
    name: str
    rows: list[tuple[int, list[_Cell]]] = field(default_factory=list)
    lays_out: bool = False


def tables(text: str) -> list[tuple[str, Cells, Merged]]:
    """Return the tables of a page: name, cells, and merged ranges (top, left, bottom, right, from 0).

    Tables that only lay out others, and empty ones, are left out. Nothing of the page is run or fetched.
    """
    page = _Page()
    page.feed(text)
    page.close()
    found = []
    for table in page.tables:
        cells, merged = _grid(table)
        if not table.lays_out and any(cell is not None for row in cells for cell in row):
            found.append((table.name, cells, merged))
    return [("", *found[0][1:])] if len(found) == 1 else found


class _Page(HTMLParser):
    """Collects the tables of a page; tags that are left open end where the next one of their kind begins."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self._open: list[_Table] = []
        self._cell: _Cell | None = None
        self._sheet = ""
        self._captioned = False
        self._unshown = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell."""
        tag, given = tag.removeprefix("ss:"), {name: value or "" for name, value in attrs}
        if tag == "worksheet":
            self._sheet = given.get("ss:name", "")
        elif tag == "table":
            self._begin_table()
        elif tag in _UNSHOWN:
            self._unshown += 1
        elif not self._open:
            return
        elif tag == "caption":
            self._captioned = True
        elif tag in _ROWS:
            self._cell = None
            self._open[-1].rows.append((_number(given, "ss:index") - 1, []))
        elif tag in _CELLS:
            self._begin_cell(given)
        elif tag in _BREAKS and self._cell is not None:
            self._cell.texts.append(" ")

    def _begin_table(self) -> None:
        for outer in self._open:
            outer.lays_out = True
        table = _Table(self._sheet or f"表{len(self.tables) + 1}")
        self.tables.append(table)
        self._open.append(table)
        self._cell = None

    def _begin_cell(self, given: dict[str, str]) -> None:
        rows = self._open[-1].rows
        if not rows:
            rows.append((-1, []))
        down = max(_number(given, "rowspan"), _number(given, "ss:mergedown") + 1, 1)
        across = max(_number(given, "colspan"), _number(given, "ss:mergeacross") + 1, 1)
        across = min(across, _MOST_SPAN)
        at = _number(given, "ss:index") - 1
        self._cell = _Cell(at, min(down, _MOST_PLACES // across), across)
        rows[-1][1].append(self._cell)

    def handle_endtag(self, tag: str) -> None:
        """End a table, a row or a cell."""
        tag = tag.removeprefix("ss:")
        if tag == "table" and self._open:
            self._open.pop()
            self._cell = None
        elif tag in (*_CELLS, *_ROWS):
            self._cell = None
        elif tag == "caption":
            self._captioned = False
        elif tag in _UNSHOWN:
            self._unshown = max(self._unshown - 1, 0)

    def handle_data(self, data: str) -> None:
        """Add to the text of the cell or the caption that is open."""
        if self._unshown:
            return
        if self._cell is not None:
            self._cell.texts.append(data)
        elif self._captioned and self._open and data.strip():
            self._open[-1].name = data.strip()


def _grid(table: _Table) -> tuple[Cells, Merged]:
    """Return the rows of a table as a grid, cells that span several places standing at the first of them."""
    grid: list[list[Any]] = []
    merged: Merged = []
    spanned: set[tuple[int, int]] = set()
    row = -1
    for place, cells in table.rows:
        row = max(row + 1, min(place, row + _MOST_SPAN))
        at = 0
        line: list[Any] = []
        for cell in cells:
            at = max(at, min(cell.at, at + _MOST_SPAN))
            while (row, at) in spanned:
                at += 1
            line += [None] * (at + cell.across - len(line))
            line[at] = " ".join("".join(cell.texts).split()) or None
            if cell.down > 1 or cell.across > 1:
                merged.append((row, at, row + cell.down - 1, at + cell.across - 1))
                spanned |= {(row + i, at + j) for i in range(1, cell.down) for j in range(cell.across)}
            at += cell.across
        grid += [[] for _ in range(row - len(grid))]
        grid.append(line)
    width = max((len(line) for line in grid), default=0)
    return [line + [None] * (width - len(line)) for line in grid], merged


def _number(given: dict[str, str], name: str) -> int:
    text = given.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
