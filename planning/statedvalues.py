"""What can be stated (设定) of estates and pupils beside scenarios: build-up, slips, transfers, shares.

Each value stands with its source and author in the file of assumptions (`planning.assumed`), without default.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from forecasting import rates
from gis.faults import Fault, Words, register_kinds
from planning import stages
from planning.project import Project

#: Schools a stated value can be for.
SCHOOLS: Final = ("all", "public", "private", "boarding")
#: What can be stated, in words, with bounds (shares).
KINDS: Final[Mapping[str, tuple[float, float, Words]]] = {
    rates.TRANSFERS: (-0.2, 0.2, Words("每年净转入率", "net transfers a year")),
    rates.REPEAT: (-0.2, 0.2, Words("高于以往的留级率", "repeaters beyond the past's")),
    rates.PRIVATE: (0.0, 0.95, Words("民办学校占比", "the share of private schools")),
    rates.BOARDING: (0.0, 1.0, Words("寄宿生占比", "the share of boarders")),
    rates.OUTSIDE: (0.0, 1.0, Words("区外学生占比", "the share from outside")),
    rates.SURVIVAL: (0.5, 1.0, Words("出生至入学存活率", "survival from birth to entrance")),
    rates.MIGRATION: (-0.9, 2.0, Words("出生至入学净迁入率", "net migration from birth to entrance")),
}
#: Most years of a build-up, and years an estate can slip.
LONGEST: Final = 20

register_kinds(
    {
        "stated_value": (
            "{what}是“{found}”，应为 {low} 至 {high}。请改正。",
            '{what} is "{found}"; expected {low} to {high}. Correct it.',
        ),
        "stated_blank": (
            "没有填写{what}；应为 {low} 至 {high}。请填写。",
            "{what} is not filled in; expected {low} to {high}. Fill it in.",
        ),
        "stated_grades": (
            "年级是“{found}”，应为 1 至 9，且起始不高于结束。请改正。",
            'the grades are "{found}"; expected 1 to 9, the first not above the last. Correct them.',
        ),
        "stated_choice": (
            "{what}“{found}”不认识；可用：{known}。请改正。",
            'the {what} "{found}" is not known; expected one of {known}. Correct it.',
        ),
        "stated_source": (
            "{what}没有写来源。设定没有默认值，请写明出自哪里。",
            "{what} states no source. There is no default; say where it comes from.",
        ),
        "stated_build_up": (
            "入住进度是“{found}”；应为 1 至 {most} 个逐年不减的比例（0 至 1），最后一个为 1。请改正。",
            'the build-up is "{found}"; expected 1 to {most} shares (0 to 1) that never fall and end at 1. '
            "Correct it.",
        ),
        "stated_no_school": (
            "本项目没有{found},这项设定不会起作用。请换学校范围,或在学校表里填写办学性质、是否寄宿。",
            "this project has no {found}, so the assumption would do nothing. Choose other schools, or state "
            "in the table of schools who runs them and whether they board.",
        ),
        "stated_no_births": (
            "本项目没有出生人口,出生至入学的存活率和净迁入率不会起作用。请先导入出生人口。",
            "this project has no births, so survival and net migration from birth to entrance would do "
            "nothing. Import the births first.",
        ),
        "slip_order": (
            "“{found}”推迟的年数是低情景 {low}、中情景 {middle}、高情景 {high}。低情景学生最少、交付最晚："
            "低情景不应少于中情景，中情景不应少于高情景。请改正。",
            '"{found}" is late by {low} (low), {middle} (middle) and {high} (high) years. The low scenario '
            "has the fewest pupils and the latest handover: low must not be less than middle, nor middle "
            "less than high. Correct them.",
        ),
        "slip_delivered": (
            "“{found}”在 {handover} 年已经交付，早于本项目的 {year} 学年，不能再推迟。"
            "如果其实没有交付，请先在新建小区表里更正交付年份。",
            '"{found}" was handed over in {handover}, before the project\'s year {year}, and cannot be late '
            "any more. If it was not, first correct its year of handover in the table of estates.",
        ),
        "stated_nothing": (
            "没有可撤回的设定：{found}。",
            "there is no such assumption to withdraw: {found}.",
        ),
    }
)


@dataclass(frozen=True)
class BuildUp:
    """How estates fill: share of maturity 0, 1, 2 ... years after handover.

    Attributes
    ----------
    shares : tuple of float
        Never falling, the last is 1.
    source, by : str
        Where it comes from, and who set it.
    """

    shares: tuple[float, ...]
    source: str
    by: str


@dataclass(frozen=True)
class Slip:
    """Years by which one estate (or phase) is late, in place of the delay of the scenario.

    Attributes
    ----------
    estate_id : str
        The estate; phases are estates of their own.
    low, middle, high : int
        Years by scenario.
    source, by : str
        Where it comes from, and who set it.
    """

    estate_id: str
    low: int
    middle: int
    high: int
    source: str
    by: str


@dataclass(frozen=True)
class Stated:
    """One stated value, as `forecasting.rates.Rate` with schools by their kind.

    Attributes
    ----------
    what : str
        One of `KINDS`.
    first_grade, last_grade : int
        Grades it is for, both included.
    schools : str
        One of `SCHOOLS`; of the share of private schools always "private".
    value : float
        Share (0.01 = 1 %).
    from_year : int
        First school year.
    source, by : str
        Where it comes from, and who set it.
    """

    what: str
    first_grade: int
    last_grade: int
    schools: str
    value: float
    from_year: int
    source: str
    by: str

    @property
    def key(self) -> tuple[str, int, int, str, int]:
        """What the value is of: a later one with the same key takes its place."""
        return self.what, self.first_grade, self.last_grade, self.schools, self.from_year


def stated(row: Mapping[str, Any], by: str) -> Stated:
    """Return a checked row as a stated value."""
    what = str(row["what"])
    schools = "private" if what == rates.PRIVATE else str(row.get("schools") or "all")
    grades = int(row["first_grade"]), int(row["last_grade"])
    if what in rates.BORN:  # it is of all who enter grade 1
        schools, grades = "all", (1, 1)
    year, source = int(row.get("from_year") or 0), str(row["source"]).strip()
    return Stated(what, *grades, schools, float(row["value"]), year, source, by.strip())


def stated_faults(project: Project, row: Mapping[str, Any]) -> list[Fault]:
    """Return every fault of one value to be stated, schools of which the project has none among them."""
    what, faults = str(row["what"]), []
    if what not in KINDS:
        kind = Words("设定种类", "kind of assumption")
        faults.append(Fault("stated_choice", found=what, params={"what": kind, "known": ", ".join(KINDS)}))
        words: str | Words = what
    else:
        low, high, words = KINDS[what]
        faults += _outside(row["value"], low, high, words)
    first, last = row["first_grade"], row["last_grade"]
    if not 1 <= int(first) <= int(last) <= stages.LAST_GRADE:
        faults.append(Fault("stated_grades", found=f"{first}–{last}"))
    if str(row.get("schools") or "all") not in SCHOOLS:
        kind, known = Words("学校范围", "kind of schools"), ", ".join(SCHOOLS)
        found = str(row["schools"])
        faults.append(Fault("stated_choice", found=found, params={"what": kind, "known": known}))
    return faults + _school_faults(project, row) + source_faults(row["source"], words)


def _school_faults(project: Project, row: Mapping[str, Any]) -> list[Fault]:
    if row["what"] in rates.BORN:
        return [] if project.has("births") else [Fault("stated_no_births", layer="births")]
    which = "private" if row["what"] == rates.PRIVATE else str(row.get("schools") or "all")
    if which not in SCHOOLS or _schools(project, which) != ():
        return []
    return [Fault("stated_no_school", params={"found": WHICH[which]})]


def build_up_faults(shares: Sequence[float], source: str) -> list[Fault]:
    """Return every fault of a build-up."""
    numbers = [float(share) for share in shares]
    sound = (
        1 <= len(numbers) <= LONGEST
        and all(math.isfinite(n) and 0 <= n <= 1 for n in numbers)
        and numbers == sorted(numbers)
        and numbers[-1] == 1
    )
    found = ", ".join(f"{n:g}" for n in numbers)
    faults = [] if sound else [Fault("stated_build_up", found=found, params={"most": str(LONGEST)})]
    return faults + source_faults(source, Words("入住进度", "the build-up"))


def slip_faults(project: Project, row: Mapping[str, Any]) -> list[Fault]:
    """Return every fault of the slip of one estate, those the scenarios and its handover make among them."""
    name, handover = _estate(project, str(row["estate_id"]))
    words = Words(f"“{name}”推迟的年数", f'the delay of "{name}" in years')
    parts = ("low", "middle", "high")
    faults = [fault for part in parts for fault in _outside(row[part], 0, LONGEST, words, whole=True)]
    if not faults and not row["low"] >= row["middle"] >= row["high"]:
        faults.append(Fault("slip_order", found=name, params={part: int(row[part]) for part in parts}))
    if handover is not None and handover < project.year:
        told = {"handover": handover, "year": project.year}
        faults.append(Fault("slip_delivered", found=name, params=told))
    return faults + source_faults(row["source"], words)


def _estate(project: Project, estate_id: str) -> tuple[str, int | None]:
    """Return the name of an estate and its year of handover, as far as the project knows them."""
    if not project.has("estates"):
        return estate_id, None
    rows = project.layers["estates"]
    rows = rows[rows["estate_id"].astype("str") == estate_id]
    if rows.empty:
        return estate_id, None
    name, handover = rows.iloc[0]["name"], rows.iloc[0]["handover_year"]
    return str(name), None if pd.isna(handover) else int(handover)


def source_faults(source: Any, words: str | Words) -> list[Fault]:
    """Return a fault where a source is blank."""
    return [] if str(source or "").strip() else [Fault("stated_source", params={"what": words})]


def as_rates(project: Project, given: Sequence[Stated]) -> tuple[rates.Rate, ...]:
    """Return stated values as the engine takes them, with the schools they are for.

    Of two for the same pupils the engine takes the last, so the one that begins later comes later.
    """
    return tuple(
        rates.Rate(
            one.what,
            one.value,
            tuple(map(str, range(one.first_grade, one.last_grade + 1))),
            one.from_year,
            _schools(project, one.schools),
        )
        for one in sorted(given, key=lambda one: one.from_year)
    )


def notes(given: Sequence[Stated]) -> list[dict[str, str]]:
    """Return what was stated in both languages, for how a forecast was made."""
    return [
        {
            lang: line.format(
                what=KINDS[one.what][2].text(lang),
                first=one.first_grade,
                last=one.last_grade,
                schools=WHICH[one.schools].text(lang),
                value=f"{100 * one.value:+.1f}" if one.what in _CHANGES else f"{100 * one.value:.1f}",
                year=one.from_year or "—",
                source=one.source,
                by=one.by,
            )
            for lang, line in _LINES.items()
        }
        for one in given
    ]


_CHANGES: Final = (rates.TRANSFERS, rates.REPEAT, rates.MIGRATION)
#: Schools in words.
WHICH: Final[Mapping[str, Words]] = {
    "all": Words("全部学校", "all schools"),
    "public": Words("公办学校", "public schools"),
    "private": Words("民办学校", "private schools"),
    "boarding": Words("寄宿制学校", "boarding schools"),
}
_LINES: Final = {
    "zh": "设定:{what} {value}%({first}–{last} 年级,{schools},自 {year} 学年起;来源:{source},{by})。",
    "en": "Stated: {what} {value} % (grades {first}–{last}, {schools}, from {year}; source: {source}, {by}).",
}


def _schools(project: Project, which: str) -> tuple[str, ...] | None:
    if which == "all":
        return None
    schools = project.layers["schools"]
    if which == "boarding":
        marked = schools["boarding"].fillna(False).astype(bool) if "boarding" in schools else None
    else:
        private = (
            schools["provider"].eq("private").fillna(False).astype(bool) if "provider" in schools else None
        )
        marked = private if which == "private" else None if private is None else ~private
    if marked is None:
        return () if which != "public" else None
    return tuple(schools.loc[marked, "school_id"].astype("str"))


def _outside(value: Any, low: float, high: float, words: Words, *, whole: bool = False) -> list[Fault]:
    number = float("nan") if value is None else float(value)
    if math.isfinite(number) and low <= number <= high and (number.is_integer() or not whole):
        return []
    bounds = (f"{low:g}", f"{high:g}") if whole else (f"{100 * low:g}%", f"{100 * high:g}%")
    params = {"what": words, "low": bounds[0], "high": bounds[1]}
    if math.isnan(number):
        return [Fault("stated_blank", params=params)]
    return [Fault("stated_value", found=str(value) if whole else f"{100 * number:g}%", params=params)]
