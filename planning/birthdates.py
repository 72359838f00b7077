"""Dates of birth and the autumn of entry, out of birth dates and ID numbers, in memory."""

import datetime
import re
from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from gis.values import as_date, as_text

#: Years of age at entry (义务教育法, art. 11).
ENTRY_AGE: Final = 6
#: Month and day by which a child must be of that age, where a province states no other.
CUTOFF: Final = (8, 31)

_ID: Final = re.compile(r"[A-Z]?(\d{6})((?:19|20)\d{2})(\d{2})(\d{2})\d{3}[\dX]")
_OLD_ID: Final = re.compile(r"\d{6}(\d{2})(\d{2})(\d{2})\d{3}")
_FLOAT: Final = re.compile(r"\d(?:\.\d+)?E\+17")


def id_numbers(cells: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return ID numbers in one way of writing (NA where blank or rounded by Excel), and which are rounded."""
    texts = (
        cells.astype("object")
        .map(lambda cell: "".join(as_text(cell).upper().split()), na_action="ignore")
        .astype("str")
    )
    rounded = texts.map(lambda text: bool(_FLOAT.fullmatch(text)), na_action="ignore").eq(True)
    long_enough = texts.str.len().ge(6).eq(True)
    return texts.where(long_enough & ~rounded), rounded


def births(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return dates of birth, of the column or else of the ID number, and in which rows the two differ."""
    stated = _each(frame["birth"], as_date)
    in_id = _each(frame["id_number"], _date_in_id)
    differ = stated.notna() & in_id.notna() & (stated != in_id) & ~_month_only(frame["birth"], stated, in_id)
    return stated.where(stated.notna(), in_id), differ


def _month_only(written: pd.Series, stated: pd.Series, in_id: pd.Series) -> pd.Series:
    """Tell where a birth date was written as a month (2019-05) that is that of the ID number."""
    short = written.astype("object").map(
        lambda cell: len(re.findall(r"\d+", as_text(cell))) == 2, na_action="ignore"
    )
    months = [
        a is not None and b is not None and (a.year, a.month) == (b.year, b.month)
        for a, b in zip(stated, in_id, strict=True)
    ]
    return short.eq(True) & pd.Series(months, index=written.index)


def _each(cells: pd.Series, read: Callable[[Any], datetime.date | None]) -> pd.Series:
    distinct = cells.dropna().unique()
    return cells.map({cell: read(cell) for cell in distinct}).astype("object").where(cells.notna(), None)


def _date_in_id(cell: Any) -> datetime.date | None:
    text = "".join(as_text(cell).upper().split())
    if _FLOAT.fullmatch(text):
        text = f"{int(float(text)):d}"
    new, old = _ID.fullmatch(text), _OLD_ID.fullmatch(text)
    parts = (int(new[2]), int(new[3]), int(new[4])) if new else None
    if old:
        parts = (1900 + int(old[1]), int(old[2]), int(old[3]))
    try:
        return datetime.date(*parts) if parts else None
    except ValueError:
        return None


def cohort(born: datetime.date, *, cutoff: tuple[int, int] = CUTOFF) -> int:
    """Return the autumn in which a child enters grade 1: it must be six by the cut-off of that year.

    Parameters
    ----------
    born : date
    cutoff : (month, day)
        Last day of that year by which the sixth birthday counts.

    Examples
    --------
    >>> cohort(datetime.date(2020, 8, 31)), cohort(datetime.date(2020, 9, 1))
    (2026, 2027)
    """
    return born.year + ENTRY_AGE + ((born.month, born.day) > cutoff)
