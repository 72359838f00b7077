"""The whole forecast as it is taken away: every level, year and scenario, in words."""

from __future__ import annotations

import pandas as pd

from planning import streamcheck
from ui.charts import forecast as charts
from ui.forecast import levels
from ui.texts import _


def worded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of a forecast with what they rest on and their scenario in words."""
    basis, scenario = charts.basis_words(), charts.scenario_words()
    return frame.assign(basis=frame["basis"].map(basis).fillna(""), scenario=frame["scenario"].map(scenario))


def table(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the forecast with its levels, its groups and the rest in words."""
    rows = worded(frame.drop(columns=["median"]))
    provider = rows["level"].str.startswith(streamcheck.PROVIDER)
    kinds = {"public": _("公办学校"), "private": _("民办学校")}
    rows["group"] = rows["group"].mask(provider, rows["group"].map(kinds))
    rows["level"] = rows["level"].map({name: level_word(name) for name in rows["level"].unique()})
    return rows.rename(columns={"group": _("片区、镇街或办学性质")})


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
