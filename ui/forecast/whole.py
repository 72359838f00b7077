"""The whole forecast as it is taken away: every level, year and scenario, in words."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from planning import streamcheck
from ui.charts import forecast as charts
from ui.forecast import levels
from ui.texts import _


def worded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of a forecast with what they rest on and their scenario in words."""
    basis, scenario = charts.basis_words(), charts.scenario_words()
    return frame.assign(basis=frame["basis"].map(basis).fillna(""), scenario=frame["scenario"].map(scenario))


def table(frame: pd.DataFrame, names: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Return the forecast with its levels, its groups and the rest in words.

    Parameters
    ----------
    frame : DataFrame
        From `planning.forecasts`.
    names : mapping of str to Series
        Names of schools, zones and townships, as of `ui.forecast.levels.all_names`.
    """
    rows = worded(frame.drop(columns=["median"]))
    zoned = rows["group"].where(rows["level"].str.startswith("zone_id"), "")
    rows = rows.rename(columns={"school": "school_id"})
    rows = _after(rows, "school_id", school=_named(rows["school_id"], names["school"]))
    rows = _after(rows, "group", zone_id=zoned)
    called = _named(zoned, names["zone"]).replace("", _("区外、不明或未划片"))
    rows["group"] = rows["group"].mask(rows["level"].str.startswith("zone_id"), called)
    provider = rows["level"].str.startswith(streamcheck.PROVIDER)
    kinds = {"public": _("公办学校"), "private": _("民办学校")}
    areas = rows["level"].str.startswith(("town", "district"))
    rows["group"] = rows["group"].mask(provider, rows["group"].map(kinds))
    rows["group"] = rows["group"].mask(areas, _named(rows["group"], names["town"]))
    rows["district"] = _named(rows["district"], names["town"])
    grades = pd.to_numeric(rows["grade"], errors="coerce").astype("Int64")
    if rows["grade"].eq("").eq(grades.isna()).all():  # no kindergarten classes among them
        rows["grade"] = grades
    rows["level"] = rows["level"].map({name: level_word(name) for name in rows["level"].unique()})
    return rows.rename(columns={"group": _("片区、镇街或办学性质")})


def _after(rows: pd.DataFrame, column: str, **more: pd.Series) -> pd.DataFrame:
    """Return rows with more columns behind one."""
    at = list(rows).index(column) + 1
    return rows.assign(**more)[[*rows.columns[:at], *more, *rows.columns[at:]]]


def _named(ids: pd.Series, names: pd.Series) -> pd.Series:
    """Return the name of each id; the id where it has none, as one that is gone since."""
    return ids.map(names).astype("object").where(ids.isin(names.index), ids)


def level_word(name: str) -> str:
    """Return what the rows of a level of the forecast are summed by."""
    if name == "cell":
        return _("各校各年级")
    words = levels.level_words()
    words |= {"zone_id": words["zone"], "district": _("旗区")}
    for end, word in (("_stage", _("按学段")), ("_grade", _("按年级"))):
        if name.endswith(end):
            return f"{words[name.removesuffix(end)]} · {word}"
    return words[name]
