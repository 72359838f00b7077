"""A plan checked for the years after its own: entrants against intake plans, all pupils against all seats.

Pupils already at school stay (老生老办法): a changed plan moves entrants only. So what a plan does to a
school shows year by year, as its entrants move up and the pupils it had leave.
"""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from planning import seats, stages
from planning.project import Project

#: How the entrants of a year are known: from the register, or not at all (nothing is made up in its place).
BASES: Final = ("registered", "unknown")


def check_years(project: Project, plans: Mapping[int, pd.Series], stage: str) -> pd.DataFrame:
    """Check a plan zone by zone and year by year.

    Formulas: load = entrants / intake plan x 100 %; short = max(entrants - intake plan, 0); pupils = those at
    school in the autumn before the first year who have not left, moved up a grade a year, and all entrants
    since. Nobody is held to repeat, move away or move in. The intake plan of the first year and the seats of
    today are **assumed** to hold for later years. Pupils past the last grade of a teaching point (教学点) are
    counted where that grade is taught: at another school of the zone, else in the zone of the centre school.

    Parameters
    ----------
    project : Project
        children and schools; enrolment of the autumn before the first year for the pupils at school.
    plans : mapping of int to Series
        Unit_id -> zone_id of each year, consecutive years, the planning year first.
    stage : {"primary", "junior"}
        School stage.

    Returns
    -------
    DataFrame
        zone_id, year, entrants, basis (of `BASES`), intake, intake_assumed (bool), load (%), level, short,
        first_over (the zone's first year with more entrants than its intake plan), pupils, seats,
        seats_short. Missing is not known, never zero. Entrants of units without a zone are left out here:
        `planning.seats.balance` has them.
    """
    layers, years = project.layers, sorted(plans)
    found = seats.balance(
        plans, layers["children"], layers["schools"], years, stage=stage, system=project.stage_system
    )
    found = found.dropna(subset=["zone_id"]).rename(columns={"seats": "intake"}).reset_index(drop=True)
    over = found[found["gap"].gt(0).fillna(False)].groupby("zone_id")["year"].min()
    room = seats.capacity(layers["schools"], stage, "enrolment", system=project.stage_system)
    table = found.assign(
        basis=found["entrants"].notna().map({True: "registered", False: "unknown"}),
        intake_assumed=found["year"] > years[0],
        short=found["gap"].clip(lower=0),
        first_over=found["zone_id"].map(over).astype("Int64"),
        seats=found["zone_id"].map(room.to_dict()).astype("Int64"),
    )
    held = pupils_by_zone(project, found[["zone_id", "year", "entrants"]], stage)
    table = table.merge(held, on=["zone_id", "year"], how="left", validate="1:1")
    table["seats_short"] = (table["pupils"] - table["seats"]).clip(lower=0)
    columns = ["zone_id", "year", "entrants", "basis", "intake", "intake_assumed", "load", "level", "short"]
    return table[[*columns, "first_over", "pupils", "seats", "seats_short"]]


def pupils_by_zone(project: Project, entrants: pd.DataFrame, stage: str) -> pd.DataFrame:
    """Return the pupils of all grades of a stage by zone and year, pupils at school staying (老生老办法).

    Parameters
    ----------
    project : Project
        schools, and enrolment of the autumn before the first year.
    entrants : DataFrame
        zone_id, year, entrants, for consecutive years.
    stage : {"primary", "junior"}
        School stage.

    Returns
    -------
    DataFrame
        zone_id, year, pupils (missing where a part of them is not known).
    """
    years = sorted(entrants["year"].unique())
    grades = stages.grades(project.stage_system, stage)
    at = _taught_at(project, stage)
    first = entrants.rename(columns={"entrants": "pupils"}).assign(grade=grades[0])
    start = pd.concat([_at_school(project, stage, years[0] - 1), first], ignore_index=True)
    parts = []
    for year in years:
        up = start[start["year"] <= year]
        up = up.assign(grade=up["grade"] + year - up["year"], year=year)
        up = up[up["grade"] <= grades[-1]]
        keys = pd.MultiIndex.from_frame(up[["zone_id", "grade"]])
        parts.append(up.assign(zone_id=at.reindex(keys).to_numpy()))
    groups = pd.concat(parts, ignore_index=True).dropna(subset=["zone_id"]).groupby(["zone_id", "year"])
    known = groups["pupils"].agg(lambda numbers: bool(numbers.notna().all()))
    total = groups["pupils"].sum().astype("Int64").where(known)
    return total.rename("pupils").reset_index()


def _at_school(project: Project, stage: str, year: int) -> pd.DataFrame:
    """Return zone_id, grade, year, pupils at school that autumn; one unknown row for a zone with none."""
    schools = seats.zoned(project.layers["schools"], stage, system=project.stage_system, mode="enrolment")
    zone = dict(zip(schools["school_id"], schools["zone_id"], strict=True))
    grades = stages.grades(project.stage_system, stage)
    unknown = pd.DataFrame({"zone_id": sorted(set(zone.values())), "grade": grades[0], "year": year})
    unknown = unknown.assign(pupils=pd.array([pd.NA] * len(unknown), dtype="Int64"))
    rows = project.layers.get("enrolment")
    if rows is None:
        return unknown
    own = rows[rows["year"].eq(year) & rows["grade"].isin(grades) & rows["school_id"].isin(zone)]
    named = own.assign(zone_id=own["school_id"].map(zone))
    held = named.groupby(["zone_id", "grade", "year"], as_index=False)[["pupils"]].sum()
    lost = unknown[~unknown["zone_id"].isin(held["zone_id"])]
    return pd.concat([held.astype({"pupils": "Int64"}), lost], ignore_index=True)


def _taught_at(project: Project, stage: str) -> pd.Series:
    """Return the zone that teaches a grade to the pupils of a zone: index zone_id, grade; missing if none."""
    schools = seats.zoned(project.layers["schools"], stage, system=project.stage_system, mode="enrolment")
    zone = dict(zip(schools["school_id"], schools["zone_id"], strict=True))
    parent = schools["parent_id"] if "parent_id" in schools else pd.Series(None, index=schools.index)
    upper = parent.map(zone).groupby(schools["zone_id"]).first()
    grades, at = stages.grades(project.stage_system, stage), {}
    for name, rows in schools.groupby("zone_id"):
        for grade in grades:
            taught = (rows["lowest_grade"] <= grade) & (rows["highest_grade"] >= grade)
            at[name, grade] = name if taught.any() else upper.get(name)
    return pd.Series(at, dtype="object")
