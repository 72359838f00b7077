"""Rows of totals against the numbers above them: what an office added up is a check on what it sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from gis.columns import Column, Schema
from gis.faults import Fault
from gis.headers import match_headers
from gis.rawtable import RawTable, Total
from gis.values import Bad, as_text, parse
from gis.wide import value_columns

#: A sum that differs by less than this is rounding.
_SLACK = 0.5


@dataclass(frozen=True)
class _Sums:
    """Sums of a column up to each record, and how many cells up to it are no numbers."""

    upto: npt.NDArray[np.float64]
    bad: npt.NDArray[np.int64]

    def between(self, start: int, stop: int) -> float | None:
        """Return the sum of records ``start`` to ``stop``; None where one of them is no number."""
        if self.bad[stop] - self.bad[start]:
            return None
        return float(self.upto[stop] - self.upto[start])


def total_faults(
    table: RawTable, schema: Schema, *, file: str, mapping: Mapping[str, str] | None = None
) -> list[Fault]:
    """Return a warning for each total that is not the sum of its part of the table.

    A row of totals may stand for all records, for those since the last one (小计), or, as the first row, for
    those below. Columns of whole numbers are compared; one with a cell that is no number is not.
    """
    if not table.totals:
        return []
    faults = []
    headers = [str(c) for c in table.frame.columns]
    for at, column in _summed(headers, schema, mapping or {}).items():
        sums = _sums(list(table.frame.iloc[:, at]), column)
        boundless = replace(column, minimum=None, maximum=None)
        for total, spans in zip(table.totals, _spans(table)):
            stated = parse(total.cells[at], boundless)
            if stated is None or isinstance(stated, Bad):
                continue
            added = [found for span in spans if (found := sums.between(*span)) is not None]
            nearest = min(added, key=lambda value: abs(value - stated), default=stated)
            if abs(nearest - stated) > _SLACK:
                faults.append(_fault(table, total, at, headers[at], file, nearest, stated))
    return sorted(faults, key=lambda fault: fault.row or 0)


def _summed(headers: Sequence[str], schema: Schema, mapping: Mapping[str, str]) -> dict[int, Column]:
    columns = {at: schema[name] for at, name in value_columns(headers, schema).items()}
    known = {h: n for h, n in mapping.items() if h in headers}
    for name, at in match_headers(headers, schema, mapping=known).columns.items():
        columns.setdefault(at, schema[name])
    return {at: column for at, column in columns.items() if column.kind == "integer"}


def _sums(cells: Sequence[Any], column: Column) -> _Sums:
    seen: dict[tuple[type, Any], Any] = {}
    for cell in cells:
        if (type(cell), cell) not in seen:
            seen[type(cell), cell] = parse(cell, column)
    read = [seen[type(cell), cell] for cell in cells]
    bad = np.array([isinstance(value, Bad) for value in read], dtype=np.int64)
    numbers = np.array([0.0 if value is None or isinstance(value, Bad) else value for value in read])
    return _Sums(np.concatenate([[0.0], np.cumsum(numbers)]), np.concatenate([[0], np.cumsum(bad)]))


def _spans(table: RawTable) -> list[list[tuple[int, int]]]:
    """Return for each total the ranges of records that it may stand for."""
    ends = [0, *(total.before for total in table.totals), len(table.frame)]
    spans = []
    for number, end in enumerate(ends[1:-1]):
        below = [(0, ends[number + 2]), (0, ends[-1])] if end == 0 else []
        spans.append([(ends[number], end), (0, end), *below] if end else below)
    return spans


def _fault(
    table: RawTable, total: Total, at: int, header: str, file: str, added: float, stated: float
) -> Fault:
    params = {"sum": added, "difference": f"{stated - added:+g}"}
    found = as_text(total.cells[at])
    return Fault("total_differs", file, table.name, row=total.row, column=header, found=found, params=params)
