"""Cell values as people write them, turned into what a column holds; a value that does not fit is a fault."""

from __future__ import annotations

import datetime
import difflib
import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from gis.columns import Column
from gis.grades import class_parts, is_intake, numeral, spoken_grade
from gis.words import Words

_ERROR_CELLS = {"#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
_DASHES = {"-", "--", "—", "——", "–", "/", "\\", "n/a", "na", "null", "none", "nan"}
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?e\+\d+", re.IGNORECASE)
_TERM = r"(?:第?[一二12]学期|[上下]学期)"
_YEARS = re.compile(
    rf"(\d{{4}})(?:年|学年|学年度)?(?:[-/~—–至](\d{{4}}|\d{{2}})(?:年|学年|学年度)?)?{_TERM}?"
)
_SEASON = re.compile(r"(\d{4})年?([春秋])季?(?:学期|入学|招生)?")
_PART_OF_YEAR = re.compile(r"(\d{4})年?(?:[底初末内中]|[上下]半年|第?[一二三四1-4]季度)(?:前)?")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?(?:底|初|前|左右)?(?:00:00:00)?")
_COMPACT_DATE = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_CLASS_NO = re.compile(r"\(?(\d+)\)?班?")
_TRUE = ("是", "有", "true", "t", "yes", "y", "1", "1.0", "√", "✓", "对")
_FALSE = ("否", "无", "没有", "非", "不是", "false", "f", "no", "n", "0", "0.0", "×", "x", "✗")
_EXACT_INTEGER = 10**15
_GRADES = range(1, 10)
_YEAR_RANGE = (1949, 2100)
#: Excel counts days from here (with its leap year 1900 that was none); these are 1950 to 2100.
_SERIAL_START = datetime.date(1899, 12, 30)
_SERIALS = range(18264, 73416)
_AUTUMN = 9


@dataclass(frozen=True)
class Bad:
    """Why a cell does not fit its column: a fault kind and what its wording needs."""

    kind: str
    params: dict[str, Any] = field(default_factory=dict)


def fold(text: str) -> str:
    """Return text with full-width forms made half-width, lower case and without spaces, for comparing."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def is_blank(cell: Any) -> bool:
    """Tell whether a cell holds nothing: empty, only spaces, or not a number."""
    if isinstance(cell, str):
        return not cell or cell.isspace()
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return True
    return isinstance(cell, float) and math.isnan(cell)


def as_text(cell: Any) -> str:
    """Return a cell as the text a user would see: ``45.0`` as ``45``, a date as ``2026-09-01``."""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < _EXACT_INTEGER:
        return str(int(cell))
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return str(cell.date())
    return str(cell)


def parse(cell: Any, column: Column, *, stage_system: str = "6-3") -> Any:
    """Return the value of a cell: ``None`` for a blank one, :class:`Bad` for one that does not fit.

    Parameters
    ----------
    cell
        What the file holds: text, number, bool or date.
    column
        The column of the schema.
    stage_system
        ``"6-3"`` or ``"5-4"``; decides what 初一 (first junior year) means: grade 7 or grade 6.
    """
    if is_blank(cell):
        return None
    if isinstance(cell, str) and cell.strip().upper() in _ERROR_CELLS:
        return Bad("value_error_cell")
    if column.kind == "grade":
        return _grade(cell, stage_system)
    return _PARSERS[column.kind](cell, column)


def _text(cell: Any, column: Column) -> str:
    return as_text(cell).strip()


def _identifier(cell: Any, column: Column) -> str | Bad:
    text = unicodedata.normalize("NFKC", as_text(cell)).strip()
    if (isinstance(cell, float) and abs(cell) >= _EXACT_INTEGER) or _SCIENTIFIC.fullmatch(text):
        return Bad("id_rounded")
    return text


def _class_no(cell: Any, column: Column) -> str | Bad:
    if isinstance(cell, datetime.date):
        return Bad("value_is_date")
    text = _identifier(cell, column)
    if isinstance(text, Bad):
        return text
    plain = fold(text)
    match = _CLASS_NO.fullmatch(plain)
    if match:
        return str(int(match[1]))
    parts = class_parts(plain)
    if parts:
        return parts[1]
    spoken = numeral(plain.strip("()").removesuffix("班").strip("()"))
    return str(spoken) if spoken else text


def _number(cell: Any, column: Column) -> float | int | Bad | None:
    value = _read_number(cell, column)
    if value is None or isinstance(value, Bad):
        return value
    if column.minimum == 0 and value < 0:
        return Bad("value_negative")
    if column.minimum is not None and value < column.minimum:
        return Bad("value_below", {"limit": column.minimum})
    if column.maximum is not None and value > column.maximum:
        return Bad("value_above", {"limit": column.maximum})
    return value


def _read_number(cell: Any, column: Column) -> float | Bad | None:
    bad = Bad("value_not_number", {"expected": column.expected})
    if isinstance(cell, bool | datetime.date | datetime.time):
        return bad
    if not isinstance(cell, str):
        return float(cell) if math.isfinite(cell) else bad
    text = fold(cell).replace("，", ",")
    if text in _DASHES:
        return None
    for suffix in column.suffixes:
        text = text.removesuffix(suffix)
    if _THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if not _PLAIN.fullmatch(text):
        return bad
    value = float(text)
    return value if math.isfinite(value) else bad


def _integer(cell: Any, column: Column) -> int | Bad | None:
    if isinstance(cell, int) and not isinstance(cell, bool) and abs(cell) >= 2**53:
        return Bad("value_above", {"limit": column.maximum or 2**53})
    value = _number(cell, column)
    if value is None or isinstance(value, Bad):
        return value
    if value != int(value):
        return Bad("value_fraction")
    return int(value)


def _year(cell: Any, column: Column) -> int | Bad | None:
    if isinstance(cell, str) and fold(cell) in _DASHES:
        return None
    bad = Bad("value_not_year")
    if isinstance(cell, bool):
        return bad
    year = _written_year(cell)
    if year is None:
        year = _year_of_date(cell, column)
    return year if year is not None and _YEAR_RANGE[0] <= year <= _YEAR_RANGE[1] else bad


def _written_year(cell: Any) -> int | None:
    """Return the year of 2026, 2026-2027学年, 2026年秋季; the spring of a year belongs to the one before."""
    text = fold(as_text(cell))
    season = _SEASON.fullmatch(text)
    if season:
        return int(season[1]) - (season[2] == "春")
    match = _YEARS.fullmatch(text)
    if match is None:
        return None
    year, end = int(match[1]), match[2]
    return year if end is None or int(end) in (year + 1, (year + 1) % 100) else None


def _year_of_date(cell: Any, column: Column) -> int | None:
    """Return the year of a date; for a 学年 only where the date is in its autumn, else it is not certain."""
    part = _PART_OF_YEAR.fullmatch(fold(as_text(cell))) if column.calendar else None
    if part:
        return int(part[1])
    date = as_date(cell)
    if date is None or not (column.calendar or date.month >= _AUTUMN):
        return None
    return date.year


def as_date(cell: Any) -> datetime.date | None:
    """Return the date in a cell: a date, Excel's serial number of one, or text such as 2026年9月.

    A month without a day counts as its first.
    """
    if isinstance(cell, datetime.datetime):
        return cell.date()
    if isinstance(cell, datetime.date):
        return cell
    text = fold(as_text(cell))
    if text.isdecimal() and len(text) == 5 and int(text) in _SERIALS:
        return _SERIAL_START + datetime.timedelta(days=int(text))
    match = _DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text)
    try:
        return datetime.date(int(match[1]), int(match[2]), int(match[3] or 1)) if match else None
    except ValueError:
        return None


def _grade(cell: Any, system: str) -> int | Bad:
    bad = Bad("value_not_grade", {"system": system})
    text = fold(as_text(cell))
    if is_intake(text):
        return Bad("value_intake")
    grade = spoken_grade(text, primary=int(system.split("-")[0]))
    return grade if grade in _GRADES and not isinstance(cell, bool) else bad


def _boolean(cell: Any, column: Column) -> bool | Bad:
    text = fold(as_text(cell))
    words = {fold(w): c.name == "true" for c in column.choices for w in (c.zh, c.en, *c.aliases)}
    words |= dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)
    if text in words:
        return words[text]
    return Bad("value_not_allowed", {"expected": Words("是、否", "yes, no"), "hint": ""})


def _choice(cell: Any, column: Column) -> str | Bad:
    text = fold(as_text(cell))
    words = {fold(w): c.name for c in column.choices for w in (*c.aliases, c.en, c.zh, c.name)}
    if text in words:
        return words[text]
    near = difflib.get_close_matches(text, words, n=1, cutoff=0.6)
    return Bad("value_not_allowed", {"expected": column.expected, "hint": hint(near[0] if near else "")})


def hint(near: str) -> Words | str:
    """Return the question "is it ...?" in both languages, or nothing when there is no near value."""
    return Words(f"是不是“{near}”？", f'Did you mean "{near}"?') if near else ""


_PARSERS: dict[str, Callable[[Any, Column], Any]] = {
    "id": _identifier,
    "text": _text,
    "class": _class_no,
    "integer": _integer,
    "number": _number,
    "year": _year,
    "boolean": _boolean,
    "choice": _choice,
}
