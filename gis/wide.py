"""Tables with grades, classes or years side by side (学校 | 一年级 | 二年级 ...), made one row each."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from gis.columns import Places, Schema
from gis.faults import Fault
from gis.grades import class_parts
from gis.headers import aliases, bare_header, fold_header, match_headers
from gis.values import Bad, as_text, is_blank, parse

_PEOPLE = "(?:在校生数?|在校学生数?|学生人?数?|人数|在校人数|班额)"
_GRADE = re.compile(
    rf"{_PEOPLE}?((?:小学|小|初中|初|grade|g)?[一二三四五六七八九1-9](?:年级|年)?(?:级)?){_PEOPLE}?"
)
_PLAIN = re.compile(r"[一二三四五六七八九1-9]")
_YEAR = re.compile(r"((?:19|20)\d\d)(?:(?:19|20)?\d\d学年)?(?:年度?|学年度?|级)?(?:秋季?)?(?:入学)?(.*)")
_CLASS = re.compile(rf"\(?(\d{{1,2}}|[一二三四五六七八九十]{{1,3}})\)?班{_PEOPLE}?")
_NURSERY = re.compile(r"([大中小]班)(?:在园)?(?:幼儿|儿童)?(?:人?数)?")
_TOTALS = {
    "合计", "总计", "小计", "共计", "总数", "总人数", "学生总数", "全校合计", "在校生合计",
    "在园合计", "total",
}  # fmt: skip
#: A total that differs by less than this is rounding.
_SLACK = 0.5


def _grade_word(header: str) -> tuple[str, ...] | None:
    for words in (fold_header(header), bare_header(header)):
        match = _GRADE.fullmatch(words)
        if match and not _PLAIN.fullmatch(match[1]):
            return (match[1],)
    return None


def _class_word(header: str) -> tuple[str, ...] | None:
    # Punctuation counts here: 一(1)班 is not 11班.
    text = "".join(as_text(header).replace("（", "(").replace("）", ")").split())
    match = _CLASS.fullmatch(text)
    return (match[1],) if match else None


def _class_of_grade(header: str) -> tuple[str, ...] | None:
    text = "".join(as_text(header).replace("（", "(").replace("）", ")").split()).lower()
    return class_parts(re.sub(rf"{_PEOPLE}$", "", text)) if "班" in text else None


def _nursery_word(header: str) -> tuple[str, ...] | None:
    match = _NURSERY.fullmatch(bare_header(header))
    return (match[1],) if match else None


def _year_of(value_words: str) -> Callable[[str], tuple[str, ...] | None]:
    counted = re.compile(value_words)

    def read(header: str) -> tuple[str, ...] | None:
        match = _YEAR.fullmatch(fold_header(header))
        return (match[1],) if match and (not match[2] or counted.fullmatch(match[2])) else None

    return read


@dataclass(frozen=True)
class Axis:
    """What headers side by side give: columns, and the one that the cells below them hold."""

    columns: tuple[str, ...]
    value: str
    read: Callable[[str], tuple[str, ...] | None]


_AXES: Mapping[str, tuple[Axis, ...]] = {
    "enrolment": (Axis(("grade",), "pupils", _grade_word), Axis(("year",), "pupils", _year_of(_PEOPLE))),
    "classes": (
        Axis(("grade", "class_no"), "pupils", _class_of_grade),
        Axis(("class_no",), "pupils", _class_word),
    ),
    "children": (
        Axis(("cohort",), "children", _year_of("(?:适龄)?(?:儿童|人)数?(?:人数)?|登记人数|新生人?数?")),
    ),
    "kindergarten": (Axis(("grade",), "children", _nursery_word),),
    "births": (Axis(("year",), "births", _year_of("出生(?:人口|人数|数)?|人数|活产数?|新生儿数?")),),
}


@dataclass(frozen=True)
class Unpivoted:
    """A table with one row a grade, class or year, where each row stands, and what is said about it."""

    frame: pd.DataFrame
    places: Places
    faults: list[Fault]


@dataclass(frozen=True)
class _Found:
    axis: Axis
    at: dict[int, tuple[str, ...]]


def is_axis(header: str) -> bool:
    """Tell whether a header names a grade or a class (of a kindergarten): one of several side by side."""
    return any(read(header) for read in (_grade_word, _class_of_grade, _class_word, _nursery_word))


def _find(headers: Sequence[str], schema: Schema, mapped: Sequence[str] = ()) -> _Found | None:
    """Return the columns side by side, position -> what the header gives; None when there are not two."""
    for axis in _AXES.get(schema.name, ()):
        at = {i: words for i, h in enumerate(headers) if h not in mapped and (words := axis.read(h))}
        rest = [h for i, h in enumerate(headers) if i not in at]
        known = match_headers(rest, schema).columns
        if len(at) > 1 and not set(axis.columns) & set(known) and len(set(at.values())) == len(at):
            return _Found(axis, at)
    return None


def value_columns(headers: Sequence[str], schema: Schema) -> dict[int, str]:
    """Return the columns side by side of a table, position -> the column of the schema that they hold."""
    found = _find(headers, schema)
    return dict.fromkeys(found.at, found.axis.value) if found else {}


def unpivot(frame: pd.DataFrame, schema: Schema, places: Places, *, mapped: Sequence[str] = ()) -> Unpivoted:
    """Return a table with one row a school and grade (class, year); any other table as it is.

    A blank cell is a grade that the school does not have; a row with none filled keeps one row, so that its
    faults are found. A total beside the columns is compared with their sum.

    Parameters
    ----------
    mapped
        Headers that the planner has said the meaning of; they are left as they are.
    """
    headers = [str(c) for c in frame.columns]
    found = _find(headers, schema, mapped)
    if found is None:
        return Unpivoted(frame, places, [])
    at = list(found.at)
    filled = np.array([[not is_blank(cell) for cell in frame.iloc[:, i]] for i in at]).T
    filled[~filled.any(axis=1), 0] = True
    pairs = np.nonzero(filled)
    rows, columns = [int(r) for r in pairs[0]], [at[int(c)] for c in pairs[1]]
    heads = [headers[i] for i in columns]
    cells = pd.Series([frame.iat[r, c] for r, c in zip(rows, columns)], dtype=object)
    rest, left = _rest(frame, schema, found, places)
    rest = rest.iloc[rows].reset_index(drop=True)
    given = {name: [found.at[i][k] for i in columns] for k, name in enumerate(found.axis.columns)}
    out = rest.assign(**given, **{found.axis.value: cells})
    named = {**places.cells, **dict.fromkeys([*found.axis.columns, found.axis.value], heads)}
    moved = places.take(rows, cells=named)
    params = {"columns": [headers[i] for i in at], "count": len(out)}
    sheet = (*moved.sheets, "")[0]
    said = Fault("table_unpivoted", places.file, sheet, schema.name, params=params)
    return Unpivoted(out, moved, [said, *left, *_row_totals(frame, schema, found, places)])


def _total_column(headers: Sequence[str], schema: Schema, found: _Found) -> int | None:
    """Return the only column beside the others that is headed as their total; None without one."""
    strong = aliases(schema)[0]
    totals = [
        i
        for i, h in enumerate(headers)
        if i not in found.at and (bare_header(h) in _TOTALS or strong.get(bare_header(h)) == found.axis.value)
    ]
    return totals[0] if len(totals) == 1 else None


def _row_totals(frame: pd.DataFrame, schema: Schema, found: _Found, places: Places) -> list[Fault]:
    headers = [str(c) for c in frame.columns]
    total = _total_column(headers, schema, found)
    if total is None:
        return []
    column, faults = schema[found.axis.value], []
    boundless = replace(column, minimum=None, maximum=None)
    for row in range(len(frame)):
        stated = parse(frame.iat[row, total], boundless)
        parts = [parse(frame.iat[row, i], column) for i in found.at]
        if stated is None or isinstance(stated, Bad) or any(isinstance(p, Bad) for p in parts):
            continue
        added = sum(p for p in parts if p is not None)
        if abs(stated - added) > _SLACK:
            params: dict[str, Any] = {"sum": added, "difference": f"{stated - added:+g}"}
            text = as_text(frame.iat[row, total])
            faults.append(
                places.fault(
                    "row_total_differs", row, layer=schema.name, column=headers[total], found=text, **params
                )
            )
    return faults


def _rest(
    frame: pd.DataFrame, schema: Schema, found: _Found, places: Places
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the other columns without the total of those side by side, and what is said of it."""
    headers = [str(c) for c in frame.columns]
    total = _total_column(headers, schema, found)
    rest = frame.iloc[:, [i for i in range(frame.shape[1]) if i not in found.at and i != total]]
    if total is None:
        return rest, []
    sheet = (*places.sheets, "")[0]
    return rest, [Fault("total_column", places.file, sheet, schema.name, column=headers[total])]


def effective_headers(headers: Sequence[str], schema: Schema) -> list[str]:
    """Return the headers that a table will have once it is unpivoted."""
    found = _find(headers, schema)
    if found is None:
        return list(headers)
    return [
        *(h for i, h in enumerate(headers) if i not in found.at),
        *found.axis.columns,
        found.axis.value,
    ]
