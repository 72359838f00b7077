"""Where the header of a sheet is: one row, or two or three rows of merged cells that make one name each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import Any

from gis.around import is_line
from gis.headers import bare_header, fold_header
from gis.values import as_text, is_blank
from gis.wide import is_axis

#: The header is looked for among this many rows.
HEADER_ROWS = 15
_MOST_ROWS = 4
_AXES = 3

Merged = Sequence[tuple[int, ...]]


def texts_of(row: Sequence[Any]) -> list[str]:
    """Return the filled cells of a row as texts."""
    return [c.strip() if type(c) is str else as_text(c).strip() for c in row if not is_blank(c)]


def header_block(cells: Sequence[Sequence[Any]], vocabulary: Collection[str], merged: Merged) -> range:
    """Return the rows of the header: the one with most known headers, and those merged with it."""
    best = _best_row(cells, vocabulary)
    if merged:
        top, bottom = _grown_by_merges(cells, best, merged)
    else:
        top, bottom = _grown_by_blanks(cells, best)
    return range(top, bottom + 1)


def _best_row(cells: Sequence[Sequence[Any]], vocabulary: Collection[str]) -> int:
    """Return the row, among the first ones, with most known headers; else the first with two cells filled."""
    known = [_known(row, vocabulary) for row in cells[:HEADER_ROWS]]
    if any(known):
        return known.index(max(known))
    filled = [len(texts_of(row)) for row in cells[:HEADER_ROWS]]
    several = [i for i, count in enumerate(filled) if count > 1] or [
        i for i, count in enumerate(filled) if count
    ]
    return several[0] if several else 0


def _known(row: Sequence[Any], vocabulary: Collection[str]) -> int:
    texts = texts_of(row)
    words = sum(bool({fold_header(t), bare_header(t)} & set(vocabulary)) for t in texts)
    side_by_side = sum(is_axis(t) for t in texts)
    return words + (side_by_side if side_by_side >= _AXES else 0)


def _grown_by_merges(cells: Sequence[Sequence[Any]], best: int, merged: Merged) -> tuple[int, int]:
    """Return the rows that merged ranges tie to the header, and a row of groups right above it."""
    top, bottom = best, best
    width = max(len(row) for row in cells)
    for first, left, last, right in sorted(merged):
        whole = right - left + 1 >= max(width - 1, 2) and len(texts_of(cells[first])) == 1
        if first <= bottom and last >= top and last - first < _MOST_ROWS and not whole:
            top, bottom = min(top, first), max(bottom, last)
    groups = [m for m in merged if m[0] == m[2] == top - 1 and m[3] > m[1]]
    if top and groups and len(texts_of(cells[top - 1])) > 1 and _is_heading(cells[top - 1], width):
        top -= 1
    below = [m for m in merged if m[0] == m[2] == bottom and m[3] > m[1]]
    if below and bottom + 1 < len(cells) and _continues(cells[bottom], cells[bottom + 1]):
        bottom += 1
    return top, bottom


def _grown_by_blanks(cells: Sequence[Sequence[Any]], best: int) -> tuple[int, int]:
    """Return the rows of a header whose merged cells a CSV shows as blanks."""
    top, bottom = best, best
    if top and _continues(cells[top - 1], cells[top]):
        top -= 1
    while bottom - top + 1 < _MOST_ROWS and bottom + 1 < len(cells):
        if not _continues(cells[bottom], cells[bottom + 1]):
            break
        bottom += 1
    return top, bottom


def _is_heading(row: Sequence[Any], width: int) -> bool:
    texts = texts_of(row)
    return bool(texts) and not any(map(_is_number, texts)) and not is_line(texts, width=width)


def _continues(upper: Sequence[Any], lower: Sequence[Any]) -> bool:
    """Tell whether a row is the second of a header: words only, and blank where the first one begins.

    The first column of a table is filled in every record, so a row without it cannot be the first record.
    """
    width = max(len(upper), len(lower))
    if len(texts_of(upper)) < 2 or not _is_heading(upper, width) or not _is_heading(lower, width):
        return False
    first = next(i for i, c in enumerate(upper) if not is_blank(c))
    blank_below = first >= len(lower) or is_blank(lower[first])
    new = [i for i, c in enumerate(lower) if not is_blank(c) and (i >= len(upper) or is_blank(upper[i]))]
    return blank_below and bool(new)


def _is_number(text: str) -> bool:
    return text.replace(",", "").replace(".", "", 1).lstrip("+-").isdecimal()


def header_names(
    cells: Sequence[Sequence[Any]], block: range, vocabulary: Collection[str], merged: Merged
) -> list[str]:
    """Return a name for each column out of the rows of the header; empty where none is given.

    A column under a group is called by both (``小学·招生计划``) where that is known, by its own words where
    those are known and no other column has them, else by both.
    """
    rows = [[as_text(c) if not is_blank(c) else "" for c in cells[i]] for i in block]
    width = max((len(row) for row in rows), default=0)
    rows = [[" ".join(text.split()) for text in [*row, *[""] * (width - len(row))]] for row in rows]
    if len(rows) == 1:
        return rows[0]
    _spread(rows, block, merged)
    parts = [list(dict.fromkeys(filter(None, column))) for column in zip(*rows)]
    lowest = [p[-1] if p else "" for p in parts]

    def known(text: str) -> bool:
        return bool({fold_header(text), bare_header(text)} & set(vocabulary)) or is_axis(text)

    return [_named(p, known, lowest.count(low) == 1) for p, low in zip(parts, lowest)]


def _spread(rows: list[list[str]], block: range, merged: Merged) -> None:
    """Give merged cells of a header their text everywhere; without ranges, groups go on to the right."""
    ranges = [m for m in merged if m[0] in block]
    for top, left, bottom, right in ranges:
        text = rows[top - block.start][left] if left < len(rows[0]) else ""
        for row in rows[top - block.start : bottom - block.start + 1]:
            row[left : right + 1] = [text] * len(row[left : right + 1])
    if ranges:
        return
    for upper, lower in pairwise(rows):
        for i in range(1, len(upper)):
            if not upper[i] and lower[i] and lower[i - 1]:
                upper[i] = upper[i - 1]


def _named(parts: Sequence[str], known: Callable[[str], bool], unique: bool) -> str:
    if len(parts) < 2:
        return parts[0] if parts else ""
    whole = "·".join(parts)
    for text in (whole, "·".join(parts[-2:])):
        if known(text):
            return text
    return parts[-1] if known(parts[-1]) and unique else whole
