"""Tables in web pages, which many systems export as ".xls", and in Excel's own XML and web archives."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup, Tag

Cells = list[list[Any]]
Merged = list[tuple[int, ...]]

_MARKUP = re.compile(rb"<(?:html|table|!doctype html|workbook|ss:workbook)\b", re.IGNORECASE)
_CHARSET = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_START = 4096
_MOST_SPAN = 1000


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


def tables(text: str) -> list[tuple[str, Cells, Merged]]:
    """Return the tables of a page: name, cells, and merged ranges (top, left, bottom, right, from 0).

    Tables that only lay out others, and empty ones, are left out. Nothing of the page is run or fetched.
    """
    soup = BeautifulSoup(text, "html.parser")
    found = []
    for number, table in enumerate(soup.find_all(["table", "ss:table"]), start=1):
        if table.find(["table", "ss:table"]) is not None:
            continue
        cells, merged = _grid(table)
        if any(cell not in (None, "") for row in cells for cell in row):
            found.append((_name(table, number), cells, merged))
    return [("", *found[0][1:])] if len(found) == 1 else found


def _name(table: Tag, number: int) -> str:
    sheet = table.find_parent(["worksheet", "ss:worksheet"])
    caption = table.find("caption")
    named = str(sheet.get("ss:name") or "") if sheet else caption.get_text(strip=True) if caption else ""
    return named or f"表{number}"


def _grid(table: Tag) -> tuple[Cells, Merged]:
    """Return the rows of a table as a grid, cells that span several places standing at the first of them."""
    grid: dict[tuple[int, int], Any] = {}
    merged: Merged = []
    taken: set[tuple[int, int]] = set()
    row = -1
    for line in table.find_all(["tr", "row", "ss:row"]):
        row = max(row + 1, _number(line, "ss:index") - 1)
        at = 0
        for cell in line.find_all(["td", "th", "cell", "ss:cell"]):
            at = max(at, _number(cell, "ss:index") - 1)
            while (row, at) in taken:
                at += 1
            down, across = _span(cell)
            grid[row, at] = _value(cell)
            taken |= {(row + i, at + j) for i in range(down) for j in range(across)}
            if down > 1 or across > 1:
                merged.append((row, at, row + down - 1, at + across - 1))
            at += across
    return _rows(grid, taken), merged


def _rows(grid: dict[tuple[int, int], Any], taken: set[tuple[int, int]]) -> Cells:
    height = 1 + max((r for r, _ in grid), default=-1)
    width = 1 + max((c for _, c in taken), default=-1)
    return [[grid.get((r, c)) for c in range(width)] for r in range(height)]


def _span(cell: Tag) -> tuple[int, int]:
    down = max(_number(cell, "rowspan"), _number(cell, "ss:mergedown") + 1, 1)
    across = max(_number(cell, "colspan"), _number(cell, "ss:mergeacross") + 1, 1)
    return min(down, _MOST_SPAN), min(across, _MOST_SPAN)


def _number(tag: Tag, name: str) -> int:
    text = str(tag.get(name) or "")
    return int(text) if text.isdecimal() else 0


def _value(cell: Tag) -> Any:
    text = " ".join("\n".join(_strings(cell)).split())
    return text or None


def _strings(cell: Tag) -> Iterator[str]:
    for text in cell.stripped_strings:
        yield text.replace("\xa0", " ")
