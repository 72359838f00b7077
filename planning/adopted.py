"""规划取值: the number a planner decides to plan with, beside the forecast and never part of it.

Values stand in a file that only grows (`adopted.jsonl`), each with its reason, author and time and with the
forecast as it was read then. A later entry takes the place of an earlier one; an entry without a value takes
it back. Nothing here is ever written into a forecast, its ranges or its scenarios.
"""

import math
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

import pandas as pd

from gis.faults import Fault, FaultError, Words, register_kinds
from planning import journal
from planning.project import Project

ADOPTED_FILE: Final = "adopted.jsonl"
#: What a value may be adopted for -> level of the forecast, and its column that names the place.
LEVELS: Final[Mapping[str, tuple[str, str]]] = {
    "zone": ("zone_id_stage", "group"),
    "school": ("school_stage", "school"),
    "town": ("town_stage", "group"),
    "area": ("area_stage", "school"),  # "" there: the area has no name of its own
}
#: What an entry speaks of.
KEYS: Final = ("level", "place", "stage", "year")
#: Columns of `entries`.
ENTRIES: Final = ("at", *KEYS, "value", "reason", "by", "mean", "low", "high", "id")
#: Beyond it a number of pupils is a slip of the pen.
LARGEST: Final = 10_000_000

register_kinds(
    {
        "adopted_value": (
            "规划取值是“{found}”，应为 0 至 {most} 的整数（学生数）。请改正。",
            'the adopted value is "{found}"; expected a whole number of pupils from 0 to {most}. Correct it.',
        ),
        "adopted_blank": (
            "没有填写{what}。规划取值须注明，以便日后说明由来。",
            "{what} is missing. An adopted value must state it, so that it can be explained later.",
        ),
        "adopted_place": (
            "预测里没有“{found}”这个对象、学段和学年。请先选表中有的一项。",
            'the forecast has no row for "{found}". Choose one of the table.',
        ),
        "adopted_nothing": (
            "“{found}”没有可撤回的规划取值。",
            'there is no adopted value of "{found}" to take back.',
        ),
    }
)


def rows_of(forecast: pd.DataFrame, level: str, stage: str) -> pd.DataFrame:
    """Return what values can be adopted for: the middle scenario of one level and stage.

    Parameters
    ----------
    forecast : DataFrame
        From `planning.forecasts`; its first scenario (中) is taken.
    level : {"zone", "school", "town", "area"}
        One of `LEVELS`.
    stage : {"primary", "junior"}
        School stage.

    Returns
    -------
    DataFrame
        place, year, mean, low, high, basis; schools that belong to no group are left out.
    """
    name, column = LEVELS[level]
    rows = forecast[
        (forecast["level"] == name)
        & (forecast["stage"] == stage)
        & (forecast["scenario"] == forecast["scenario"].iloc[0])
    ]
    named = rows.assign(place=rows[column].astype("str"))
    named = named if level == "area" else named[named["place"] != ""]
    return named[["place", "year", "mean", "low", "high", "basis"]].reset_index(drop=True)


def adopt(
    project: Project,
    forecast: pd.DataFrame,
    *,
    level: str,
    place: str,
    stage: str,
    year: int,
    value: float,
    reason: str,
    by: str,
) -> dict[str, Any]:
    """Write a value down.

    Parameters
    ----------
    project : Project
        The project it is for.
    forecast : DataFrame
        From `planning.forecasts`: what the planner saw.
    level, place, stage, year
        What it is for, as in `rows_of`.
    value : int
        Pupils.
    reason, by : str
        Why, and who.

    Returns
    -------
    dict
        The entry, on disk when this returns.

    Raises
    ------
    FaultError
        With every fault of the entry; nothing is written then.
    """
    rows = rows_of(forecast, level, stage)
    seen = rows[(rows["place"] == place) & (rows["year"] == year)]
    faults = _said(reason, by)
    if math.isnan(value):
        blank = Words("规划取值", "the adopted value")
        faults.append(Fault("adopted_blank", params={"what": blank}))
    elif not (float(value).is_integer() and 0 <= value <= LARGEST):
        faults.append(Fault("adopted_value", found=str(value), params={"most": f"{LARGEST:,}"}))
    if seen.empty:
        faults.append(Fault("adopted_place", found=f"{place} {stage} {year}".strip()))
    if faults:
        raise FaultError(faults)
    told = {name: round(float(seen[name].iloc[0]), 3) for name in ("mean", "low", "high")}
    key = {"level": level, "place": place, "stage": stage, "year": int(year)}
    return _append(project, {**key, "value": int(value), "reason": reason, "by": by, **told})


def withdraw(
    project: Project, *, level: str, place: str, stage: str, year: int, reason: str, by: str
) -> dict[str, Any]:
    """Take a value back by a further entry; the earlier entries stay.

    Parameters
    ----------
    project : Project
        The project it is for.
    level, place, stage, year
        What it was for.
    reason, by : str
        Why, and who.

    Raises
    ------
    FaultError
        If there is none, or the reason or author is missing.
    """
    now = in_force(project)
    faults = _said(reason, by)
    key = {"level": level, "place": place, "stage": stage, "year": int(year)}
    known = (now[list(KEYS)] == pd.Series(key)).all(axis=1)
    if not known.any():
        faults.append(Fault("adopted_nothing", found=f"{place} {stage} {year}".strip()))
    if faults:
        raise FaultError(faults)
    return _append(project, {**key, "value": None, "reason": reason, "by": by})


def entries(project: Project) -> pd.DataFrame:
    """Return all that was written down, up to the opening of the year in the project it came from, too.

    Returns
    -------
    DataFrame
        `ENTRIES`, oldest first; `value` (pupils) is missing where a value was taken back; mean, low, high are
        the forecast as it was read then.
    """
    # The file is copied when a year is opened; what the old year's planner writes later is not this year's.
    frame = pd.DataFrame(journal.read(project.folder / ADOPTED_FILE), columns=list(ENTRIES))
    text = dict.fromkeys(("at", "level", "place", "stage", "reason", "by", "id"), "str")
    numbers = dict.fromkeys(("mean", "low", "high"), "float64")
    return frame.astype({**text, **numbers, "year": "int64", "value": "Int64"})


def in_force(project: Project) -> pd.DataFrame:
    """Return the values that stand: the last entry of each place, stage and year, unless it took one back."""
    last = entries(project).drop_duplicates(list(KEYS), keep="last")
    return last[last["value"].notna()].reset_index(drop=True)


def beside(rows: pd.DataFrame, values: pd.DataFrame, *, level: str, stage: str) -> pd.DataFrame:
    """Put the values in force beside forecast rows, whose own numbers stay as they are.

    Parameters
    ----------
    rows : DataFrame
        From `rows_of`.
    values : DataFrame
        From `in_force`.
    level, stage : str
        What `rows` are of.

    Returns
    -------
    DataFrame
        `rows` in their order with value, outside, reason, by, at: outside is True where the value lies beyond
        the forecast's 80 % range as it is now, in whole pupils as shown; missing where there is no value.
    """
    own = values[(values["level"] == level) & (values["stage"] == stage)]
    columns = ["place", "year", "value", "reason", "by", "at"]
    joined = rows.merge(own[columns], on=["place", "year"], how="left", validate="one_to_one")
    value = joined["value"].astype("Float64")
    outside = (value < joined["low"].round()) | (value > joined["high"].round())
    return joined.assign(outside=outside.astype("boolean"))


def _said(reason: str, by: str) -> list[Fault]:
    asked = ((reason, Words("理由", "the reason")), (by, Words("经办人", "the author")))
    return [Fault("adopted_blank", params={"what": words}) for text, words in asked if not text.strip()]


def _append(project: Project, line: dict[str, Any]) -> dict[str, Any]:
    return journal.append(
        project.folder / ADOPTED_FILE, {"id": uuid4().hex, **line, "version": project.version}
    )
