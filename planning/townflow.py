"""Where entrants of each home town go to school (进城就读), from the rolls, as the forecast takes it.

It is measured on the newest years of rolls up to a base year, so that a forecast made again from the past
knows only the flow of then.
"""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from forecasting import flows
from planning import outlook
from planning.project import Project

#: Years of rolls the flow is the mean of.
YEARS: Final = 3
#: The first grade: births and registers tell of no other.
_FIRST: Final = 1


def entering(project: Project, *, base: int) -> pd.DataFrame | None:
    """Return first graders of the last years of rolls by home town and school: year, home, school, pupils.

    Parameters
    ----------
    project : Project
        The project.
    base : int
        Newest year that is known.

    Returns
    -------
    DataFrame or None
        Of at most `YEARS` years, schools renamed, merged and split joined as in the history; homes that are
        no unit with a town are left out. None where there are none.
    """
    units = project.layers["units"]
    if not project.has("attendance") or "town" not in units:
        return None
    rows = outlook.attended(project)
    rows = rows[(rows["home"] == "unit") & (rows["grade"].astype(int) == _FIRST) & (rows["year"] <= base)]
    known = dict(zip(units["unit_id"], units["town"], strict=True))
    named = rows.assign(home=rows["unit_id"].map(known)).dropna(subset="home")
    named = named[named["home"] != ""].rename(columns={"school_id": "school"})
    if named.empty:
        return None
    recent = named[named["year"] > named["year"].max() - YEARS]
    return recent.groupby(["year", "home", "school"], as_index=False)[["pupils"]].sum()


def flow(project: Project, *, base: int, cutoff_month: int = 8) -> pd.DataFrame | None:
    """Return where the children of each home town go, as `forecasting.forecast.forecast` takes it for `flow`.

    Parameters
    ----------
    project : Project
        The project.
    base : int
        Newest year that is known.
    cutoff_month : int
        Cut-off of entrance.

    Returns
    -------
    DataFrame or None
        town, school, share: entrants per birth there, or, without births by town, the share of its entrants.
        None without rolls.
    """
    came = entering(project, base=base)
    if came is None:
        return None
    births = outlook.births(project, by_town=True)
    if births is not None and "town" in births:
        living = came.rename(columns={"home": "town"})
        kept = flows.survival(births[births["year"] < base], living, cutoff_month=cutoff_month)
        counted = came[came["home"].isin(kept["town"])]
        if not counted.empty:
            return flows.to_schools(kept, flows.shares(counted))
    return flows.shares(came).rename(columns={"home": "town"})


@dataclass(frozen=True)
class Known:
    """What tells of entrants, as `forecasting.forecast.forecast` takes it.

    Attributes
    ----------
    births, entrants, flow : DataFrame or None
        Births and registered children, by town where a flow divides them over schools; the flow.
    notes : list of {zh, en}
        That entrants follow the flow, and which rolls say so; empty where none does.
    """

    births: pd.DataFrame | None
    entrants: pd.DataFrame | None
    flow: pd.DataFrame | None
    notes: list[dict[str, str]]


def known(project: Project, *, base: int, cutoff_month: int = 8) -> Known:
    """Return what tells of entrants, with the flow of the rolls known in the base year; see `flow`."""
    going = flow(project, base=base, cutoff_month=cutoff_month)
    by_town = going is not None
    births = outlook.births(project, by_town=by_town)
    entrants = outlook.registered(project, by_town=by_town)
    if not any(table is not None and "town" in table for table in (births, entrants)):
        return Known(births, entrants, None, [])
    return Known(births, entrants, going, [_note(project, base)])


def _note(project: Project, base: int) -> dict[str, str]:
    came = entering(project, base=base)
    years = [] if came is None else sorted({int(came["year"].min()), int(came["year"].max())})
    span = "–".join(map(str, years))
    return {
        "zh": f"新生按居住镇街分到学校（进城就读）：去向取自 {span} 学年的学籍汇总，用于按镇街统计的登记儿童"
        "和出生数；各校新生数仍按历年实际校准，按登记推算的旗区新生总数不因此改变。回测只用当时已有的学籍汇总和"
        "出生数；登记儿童没有留下当时的记录，不参与回测。",
        "en": "Entrants are shared out from home towns to schools (children going to town schools) as in the "
        f"rolls of {span}, for registered children and births counted by town; schools are still matched to "
        "what came in past years, and a district's total of registered entrants stays what it is. The "
        "back-test takes only the rolls and births known then; registers kept no record of then and take no "
        "part in it.",
    }
