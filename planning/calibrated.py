"""Yields (每户学生数) measured on estates handed over already, to be taken over as assumptions."""

from typing import Any, Final

import pandas as pd

from forecasting import yields
from planning import stages
from planning.project import Project

#: Columns of `table`.
COLUMNS: Final = (
    "housing_type", "stage", "pupils_per_household", "low", "high", "estates", "households", "age_low",
    "age_high",
)  # fmt: skip


def table(project: Project) -> pd.DataFrame:
    """Return pupils per household at maturity by housing type and stage, as delivered estates say.

    Who lives in an estate is known by its unit: from the rolls (学籍) of every year, or, without rolls, from
    the register of children in the planning year. Units with other homes (more than
    `yields.MOST_PER_HOUSEHOLD` residents a household) are left out.

    Returns
    -------
    DataFrame
        `COLUMNS`; low and high are the 80 % range over estates, missing below `yields.LEAST_ESTATES`;
        age_low and age_high: years since handover that were seen. Empty where there is nothing to learn.
    """
    found = _learned(project)
    if found is None:
        return pd.DataFrame(columns=list(COLUMNS))
    return found.yields[list(COLUMNS)].reset_index(drop=True)


def build_up(project: Project) -> tuple[float, ...]:
    """Return how delivered estates filled: share of maturity by years since handover; empty if unknown."""
    found = _learned(project)
    return () if found is None or found.ages.empty else found.build_up


def _learned(project: Project) -> yields.Calibration | None:
    living = _living(project) if project.has("estates") else None
    if living is None or living.empty:
        return None
    units = project.layers["units"]
    residents = None
    if "residents" in units:
        stated = units.dropna(subset="residents")
        residents = dict(zip(stated["unit_id"], stated["residents"].astype(float), strict=True))
    estates = pd.DataFrame(project.layers["estates"].drop(columns="geometry", errors="ignore"))
    return yields.calibrate(yields.observed(estates, living, residents=residents))


def for_estates(project: Project, measured: pd.DataFrame, housing_type: str) -> list[dict[str, Any]]:
    """Return the measured yields of a type as rows for every estate of it: estate_id, primary, junior.

    A stage that was not measured keeps what the estates table states; an estate with neither is left out.
    """
    rows = project.layers["estates"]
    kinds = rows["housing_type"].astype("object") if "housing_type" in rows else pd.Series(index=rows.index)
    mine = rows[kinds.where(kinds.notna(), "") == housing_type]
    own = measured[measured["housing_type"] == housing_type].set_index("stage")["pupils_per_household"]
    numbers = pd.DataFrame({"estate_id": mine["estate_id"].astype("str")})
    for stage in stages.STAGES:
        stated = mine.get(f"{stage}_yield", pd.NA)
        numbers[stage] = own.get(stage, stated)
    known = numbers.dropna().astype(dict.fromkeys(stages.STAGES, "float64")).round(3)
    return [{str(name): value for name, value in row.items()} for row in known.to_dict("records")]


def _living(project: Project) -> pd.DataFrame | None:
    """Return pupils by unit, year and stage; every unit of a year that is known at all, 0 where nobody is."""
    grades = {grade: stage for stage in stages.STAGES for grade in project.grades(stage)}
    if project.has("attendance"):
        rows = project.layers["attendance"]
        rows = rows[rows["home"] == "unit"]
        counted = rows.assign(stage=rows["grade"].astype(int).map(grades))
    elif project.has("children"):
        rows = project.layers["children"].rename(columns={"children": "pupils"})
        grade = project.year - rows["cohort"].astype(int) + 1
        counted = rows.assign(stage=grade.map(grades), year=project.year)
    else:
        return None
    keys = ["unit_id", "stage", "year"]
    sums = counted.groupby(keys)["pupils"].sum()
    times = counted[["stage", "year"]].dropna().drop_duplicates()
    every = project.layers["units"][["unit_id"]].merge(times, how="cross")
    index = pd.MultiIndex.from_frame(every[keys])
    return sums.reindex(index, fill_value=0).rename("pupils").reset_index()
