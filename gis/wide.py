"""Tables with one column a grade (学校 | 一年级 | 二年级 ...), turned into one row a grade."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gis.columns import Places, Schema
from gis.faults import Fault
from gis.headers import bare_header, fold_header, match_headers
from gis.values import is_blank

_GRADE = re.compile(
    r"(?:小学|小|初中|初|grade|g)?[一二三四五六七八九1-9](?:年级|年)?(?:级)?(?:人数|学生数|在校生数?)?"
)
_COUNTED = re.compile(r"(人数|学生数|在校生数?)$")
_PLAIN = re.compile(r"[一二三四五六七八九1-9]")


@dataclass(frozen=True)
class Unpivoted:
    """A table with one row a grade, where each row stands, and the warning that says so."""

    frame: pd.DataFrame
    places: Places
    faults: list[Fault]


def grade_columns(headers: Sequence[str]) -> dict[int, str]:
    """Return the columns headed by a grade (一年级, 初一, grade 7), position -> the grade as headed.

    Empty when there are fewer than two, and for headers that are only digits.
    """
    found: dict[int, str] = {}
    for at, header in enumerate(headers):
        words = fold_header(header)
        if not _GRADE.fullmatch(words):
            words = bare_header(header)
        grade = _COUNTED.sub("", words)
        if _GRADE.fullmatch(words) and not _PLAIN.fullmatch(grade):
            found[at] = grade
    return found if len(found) > 1 else {}


def is_wide(headers: Sequence[str], schema: Schema) -> bool:
    """Tell whether a table of pupils by grade has its grades side by side."""
    if schema.name != "enrolment" or not grade_columns(headers):
        return False
    rest = [h for at, h in enumerate(headers) if at not in grade_columns(headers)]
    return "grade" not in match_headers(rest, schema).columns


def unpivot(frame: pd.DataFrame, schema: Schema, places: Places) -> Unpivoted:
    """Return a table of enrolment with one row a school, year and grade; any other table as it is.

    A blank cell is a grade that the school does not have; a row with none filled keeps one row, so that its
    faults are found.
    """
    headers = [str(c) for c in frame.columns]
    if not is_wide(headers, schema):
        return Unpivoted(frame, places, [])
    grades = grade_columns(headers)
    filled = np.array([[not is_blank(cell) for cell in frame.iloc[:, i]] for i in grades]).T
    filled[~filled.any(axis=1), 0] = True
    found, columns = np.nonzero(filled)
    rows = [int(r) for r in found]
    at = [list(grades)[int(c)] for c in columns]
    heads = [headers[i] for i in at]
    cells = [frame.iat[r, c] for r, c in zip(rows, at)]
    rest = _rest(frame, schema, grades).iloc[rows].reset_index(drop=True)
    out = rest.assign(grade=[grades[i] for i in at], pupils=pd.Series(cells, dtype=object))
    sheets, numbers = [places.sheets[r] for r in rows], [places.rows[r] for r in rows]
    moved = Places(places.file, sheets, numbers, places.feature, {"grade": heads, "pupils": heads})
    params = {"columns": [headers[i] for i in grades], "count": len(out)}
    said = Fault("table_unpivoted", places.file, (*sheets, "")[0], schema.name, params=params)
    return Unpivoted(out, moved, [said])


def _rest(frame: pd.DataFrame, schema: Schema, grades: dict[int, str]) -> pd.DataFrame:
    """Return the other columns; one that would be taken for pupils (a total) under another name."""
    rest = frame.iloc[:, [i for i in range(frame.shape[1]) if i not in grades]]
    match = match_headers([str(c) for c in rest.columns], schema)
    total = match.columns.get("pupils")
    return rest if total is None else rest.rename(columns={rest.columns[total]: f"{rest.columns[total]}_2"})


def effective_headers(headers: Sequence[str], schema: Schema) -> list[str]:
    """Return the headers that a table will have once it is unpivoted."""
    if not is_wide(headers, schema):
        return list(headers)
    grades = grade_columns(headers)
    return [*(h for i, h in enumerate(headers) if i not in grades), "grade", "pupils"]
