"""Rows of cells as a table: the header found, merged cells filled, totals, notes and titles set aside."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from gis.around import harmless, is_line, is_note, is_numbering, is_remark, is_total, stated
from gis.faults import Fault, FaultError
from gis.files import MAX_ROWS
from gis.headerrows import HEADER_ROWS, header_block, header_names, texts_of
from gis.rawtable import RawTable, Total
from gis.values import as_text, is_blank


@dataclass
class _Rows:
    """The rows below a header, sorted into records, totals and lines that are not data."""

    file: str
    sheet: str
    width: int
    records: list[tuple[int, list[Any]]] = field(default_factory=list)
    totals: list[Total] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def aside(self, kind: str, number: int, text: str) -> None:
        """Note a row that is not data."""
        found = harmless(text) if kind == "note_row" else text
        self.faults.append(Fault(kind, self.file, self.sheet, row=number, found=found))


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
    if len(cells) > max_rows + HEADER_ROWS:
        params = {"rows": len(cells), "limit": max_rows}
        raise FaultError([Fault("too_many_rows", file, name, params=params)])
    block = header_block(cells, vocabulary, merged) if cells else range(1)
    heads = header_names(cells, block, vocabulary, merged) if cells else []
    faults = _fill_merged(cells, [m for m in merged if m[0] >= block.stop], file, name)
    if len(block) > 1:
        joined = next((h for h in heads if "·" in h), heads[0])
        params = {"count": len(block)}
        faults.append(Fault("header_rows", file, name, row=block.start + 1, found=joined, params=params))
    rows = _sorted(cells, block, len(heads), file, name)
    kept = [i for i in range(len(heads)) if heads[i] or any(not is_blank(row[i]) for _, row in rows.records)]
    names = _unique([heads[i] or f"第{i + 1}列" for i in kept])
    frame = pd.DataFrame([[row[i] for i in kept] for _, row in rows.records], columns=names, dtype=object)
    above = [text for row in cells[: block.start] for text in texts_of(row)]
    return RawTable(
        name,
        frame,
        [number for number, _ in rows.records],
        faults=faults + rows.faults,
        encoding=encoding,
        title=" ".join(titles(cells[: block.start], width=len(heads))),
        totals=tuple(Total(t.row, t.before, tuple(t.cells[i] for i in kept)) for t in rows.totals),
        stated=stated([*above, *rows.lines]),
    )


def titles(rows: Sequence[Sequence[Any]], *, width: int) -> list[str]:
    """Return the texts above a header without labelled ones (填表人：), which may name people."""
    kept = [texts for row in rows if (texts := texts_of(row)) and not is_line(texts, width=width)]
    return [text for texts in kept for text in texts if harmless(text) == text]


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
    """Give every cell of a merged range the value of its first one, and say how many ranges there were.

    Ranges across a row of its own (a note, a line of signatures) are left: they hold one text.
    """
    filled = 0
    for top, left, bottom, right in merged:
        if top >= len(cells) or left >= len(cells[top]) or is_blank(cells[top][left]):
            continue
        texts = texts_of(cells[top])
        if top == bottom and (len(texts) == 1 or is_line(texts, width=len(cells[top]))):
            continue
        value, filled = cells[top][left], filled + 1
        for row in cells[top : bottom + 1]:
            row[left : right + 1] = [value] * len(row[left : right + 1])
    return [Fault("merged_filled", file, sheet, params={"count": filled})] if filled else []


def _sorted(cells: Sequence[Sequence[Any]], block: range, width: int, file: str, sheet: str) -> _Rows:
    """Return the rows below the header: records (row number, cells), totals, and what is neither."""
    rows = _Rows(file, sheet, width)
    header = texts_of(cells[block.stop - 1]) if cells else []
    for number, row in enumerate(cells[block.stop :], start=block.stop + 1):
        texts = texts_of(row)
        if texts:
            _sort(rows, number, row, texts, header)
    _remarks(rows)
    return rows


def _sort(rows: _Rows, number: int, row: Sequence[Any], texts: list[str], header: list[str]) -> None:
    if not rows.records and is_numbering(texts):
        rows.aside("numbering_row", number, texts[0])
    elif texts == header:
        rows.aside("header_repeated", number, texts[0])
    elif is_total(texts):
        rows.aside("total_row", number, next(t for t in texts if is_total([t])))
        rows.totals.append(Total(number, len(rows.records), tuple(_padded(row, rows.width))))
    elif is_note(texts, width=rows.width):
        rows.aside("note_row", number, " ".join(dict.fromkeys(texts)))
        rows.lines += texts
    else:
        extra = [as_text(c) for c in row[rows.width :] if not is_blank(c)]
        if extra:
            params = {"extra": len(extra)}
            rows.faults.append(
                Fault("row_too_long", rows.file, rows.sheet, row=number, found=extra[0], params=params)
            )
        rows.records.append((number, _padded(row, rows.width)))


def _padded(row: Sequence[Any], width: int) -> list[Any]:
    return [*row[:width], *[None] * (width - len(row))]


def _remarks(rows: _Rows) -> None:
    """Set aside the sentences that end a table; a last row with a short text stays, it may be unfilled."""
    while len(rows.records) > 1:
        number, row = rows.records[-1]
        texts = texts_of(row)
        if not is_remark(texts, width=rows.width):
            return
        rows.aside("note_row", number, texts[0])
        rows.lines += texts
        rows.records.pop()
