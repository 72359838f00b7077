"""Grades and classes as schools write them: 一年级, 初二, 三(2)班, 701班, 2021级3班, G3."""

from __future__ import annotations

import re

_NUMERALS = {c: i for i, c in enumerate("一二三四五六七八九", start=1)}
_ONE = "[一二三四五六七八九1-9]"
_COUNT = r"\d{1,2}|[一二三四五六七八九十]{1,3}"
_GRADE = re.compile(rf"(小学|小|初中|初|grade|g)?({_ONE})(?:年级|年)?(?:级)?")
_INTAKE = re.compile(r"(小学|小|初中|初)?((?:20)?\d\d)级")
_CLASSES = (
    re.compile(
        rf"(?P<grade>(?:小学|小|初中|初)?{_ONE}(?:年级|年)|(?:初|小)[一二三四五六]|(?:小学|小|初中|初)?"
        rf"(?:20)?\d\d级|g[1-9])[-.]?\(?(?P<no>{_COUNT})\)?班?"
    ),
    re.compile(rf"(?P<grade>{_ONE})\((?P<no>{_COUNT})\)班?"),
    re.compile(r"(?P<grade>[一二三四五六七八九])(?P<no>\d{1,2})班?"),
    re.compile(r"(?P<grade>[1-9])(?P<no>\d\d)班?"),
)
_PRIMARY = ("小学", "小")


def numeral(text: str) -> int:
    """Return a number up to 99 written in digits or Chinese numerals, 0 when it is none.

    Examples
    --------
    >>> [numeral(word) for word in ("12", "七", "十", "十二", "二十", "二十三")]
    [12, 7, 10, 12, 20, 23]
    """
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return _NUMERALS.get(text, 0)
    if (tens and tens not in _NUMERALS) or (ones and ones not in _NUMERALS):
        return 0
    return 10 * _NUMERALS.get(tens, 1) + _NUMERALS.get(ones, 0)


def spoken_grade(text: str, *, primary: int) -> int:
    """Return the grade that a folded text names, 0 when it names none.

    Parameters
    ----------
    text
        See :func:`gis.values.fold`.
    primary
        Years of the primary stage: 6 or 5. 初一 is the grade after it.

    Examples
    --------
    >>> spoken_grade("初一", primary=6), spoken_grade("初四", primary=5), spoken_grade("g3", primary=6)
    (7, 9, 3)
    >>> spoken_grade("初中七年级", primary=6), spoken_grade("初四", primary=6)
    (7, 0)
    """
    if text in ("预初", "初预", "预备年级"):
        return 6 if primary == 5 else 0
    match = _GRADE.fullmatch(text)
    if match is None:
        return 0
    number = _NUMERALS.get(match[2]) or int(match[2])
    if match[1] in ("初中", "初"):
        return number if number > primary else primary + number if number <= 9 - primary else 0
    if match[1] in _PRIMARY:
        return number if number <= primary else 0
    return number


def is_intake(text: str) -> bool:
    """Tell whether a folded text names a grade by the year in which it entered (2021级)."""
    return _INTAKE.fullmatch(text) is not None


def intake_grade(text: str, *, year: int, primary: int, stage: str = "") -> int:
    """Return the grade in the school year ``year`` of those who entered in the year a text names.

    0 when the text names none, when they have left, or when it may be a primary or a junior grade and
    neither the text nor ``stage`` (``"primary"``, ``"junior"``) says which.

    Examples
    --------
    >>> intake_grade("2021级", year=2026, primary=6)
    6
    >>> intake_grade("2024级", year=2026, primary=6)
    0
    >>> intake_grade("初中2024级", year=2026, primary=6)
    9
    """
    match = _INTAKE.fullmatch(text)
    if match is None:
        return 0
    nth = year - (int(match[2]) % 100 + 2000) + 1
    stage = ("primary" if match[1] in _PRIMARY else "junior") if match[1] else stage
    grades = {
        "primary": nth if 1 <= nth <= primary else 0,
        "junior": primary + nth if 1 <= nth <= 9 - primary else 0,
    }
    if stage:
        return grades[stage]
    found = [grade for grade in grades.values() if grade]
    return found[0] if len(found) == 1 else 0


def class_parts(text: str) -> tuple[str, str] | None:
    """Return the grade (as written) and the number of a class, from a folded text that holds both.

    Examples
    --------
    >>> [class_parts(word) for word in ("三(2)班", "2021级3班", "701班", "初一十二班", "3班")]
    [('三', '2'), ('2021级', '3'), ('7', '1'), ('初一', '12'), None]
    """
    for pattern in _CLASSES:
        match = pattern.fullmatch(text)
        number = numeral(match["no"]) if match else 0
        if match and number:
            return match["grade"], str(number)
    return None
