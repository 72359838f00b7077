"""Free places (空余学位) by school and grade, for those who change school (转学); no claim without data."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from planning import stages

#: Why a school's grade is not answered for, in the order in which it is asked.
UNKNOWN: Final = ("no_classes", "differs", "no_standard", "incomplete")


def roster_year(classes: pd.DataFrame, year: int) -> int | None:
    """Return the last school year up to `year` for which there are classes; None where there is none."""
    known = classes.loc[classes["year"] <= year, "year"]
    return None if known.empty else int(known.max())


def free_places(
    schools: pd.DataFrame,
    classes: pd.DataFrame,
    *,
    year: int,
    standard: Mapping[str, float],
    system: str = "6-3",
    enrolment: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return the places that each public school has left in each grade.

    Formula: max(0, classes x standard class size (标准班额) - pupils present). A class above the standard
    takes the places that others of its grade leave. The standard is that of complete primary schools
    (完全小学); teaching points and others that do not teach every primary grade have a smaller one, and are
    not answered for.

    Parameters
    ----------
    schools, classes : DataFrame
        Layers. Private schools (民办) are left out; a provider that is not stated counts as public.
    year : int
        School year of the classes (see `roster_year`).
    standard : mapping of stage to pupils a class
        Of the rules in force; a stage without one is not answered for.
    system : {"6-3", "5-4"}
        Stage system.
    enrolment : DataFrame, optional
        Layer enrolment: where it counts other pupils than the classes do, nothing is claimed.

    Returns
    -------
    DataFrame
        school_id, school, stage, grade, classes, pupils, seats, free (Int64, missing where unknown) and
        unknown: "" or one of `UNKNOWN`. One row for every grade that a school teaches or has classes in.
    """
    frame = _grades(schools, classes, year, system)
    size = frame["stage"].map(standard)
    frame["seats"] = (frame["classes"] * size).astype("Float64").round().astype("Int64")
    frame["free"] = (frame["seats"] - frame["pupils"]).clip(lower=0)
    frame["unknown"] = ""
    frame.loc[_incomplete(frame, schools, system), "unknown"] = "incomplete"
    frame.loc[size.isna(), "unknown"] = "no_standard"
    frame.loc[_differs(frame, enrolment, year), "unknown"] = "differs"
    frame.loc[frame["classes"].isna() | frame["pupils"].isna(), "unknown"] = "no_classes"
    frame.loc[frame["unknown"] != "", "free"] = pd.NA
    columns = ["school_id", "school", "stage", "grade", "classes", "pupils", "seats", "free", "unknown"]
    return frame[columns].sort_values(["school_id", "grade"], ignore_index=True)


def _grades(schools: pd.DataFrame, classes: pd.DataFrame, year: int, system: str) -> pd.DataFrame:
    """Return one row for each public school and grade: classes and pupils, missing where not stated."""
    public = schools
    if "provider" in schools:
        public = schools[~schools["provider"].eq("private").fillna(False).astype(bool)]
    own = classes[(classes["year"] == year) & classes["school_id"].isin(public["school_id"])]
    counted = own.groupby(["school_id", "grade"])["pupils"].agg(
        classes="size", pupils=lambda of: of.sum(skipna=False)
    )
    stated = public.dropna(subset=["lowest_grade", "highest_grade"])
    last = stated["highest_grade"].clip(upper=stages.LAST_GRADE)
    taught = [
        (school, grade)
        for school, lowest, highest in zip(stated["school_id"], stated["lowest_grade"], last, strict=True)
        for grade in range(lowest, highest + 1)
    ]
    keys = pd.MultiIndex.from_tuples(taught, names=["school_id", "grade"]) if taught else counted.index[:0]
    frame = counted.reindex(counted.index.union(keys)).astype("Int64").reset_index()
    frame["stage"] = [stages.stage_of(system, int(grade)) for grade in frame["grade"]]
    frame["school"] = frame["school_id"].map(public.set_index("school_id")["name"])
    return frame


def _incomplete(frame: pd.DataFrame, schools: pd.DataFrame, system: str) -> pd.Series:
    """Tell which primary grades are taught at a teaching point or a school without the last (非完全小学)."""
    own = schools.set_index("school_id")
    short = (own["highest_grade"] < stages.grades(system, "primary")[-1]).fillna(False)
    if "kind" in own:
        short |= own["kind"].eq("teaching_point").fillna(False)
    return frame["stage"].eq("primary") & frame["school_id"].map(short.astype(bool)).astype(bool)


def _differs(frame: pd.DataFrame, enrolment: pd.DataFrame | None, year: int) -> pd.Series:
    """Tell which grades have another number of pupils in the enrolment layer."""
    if enrolment is None:
        return pd.Series(False, index=frame.index)
    rows = enrolment[enrolment["year"] == year]
    said = rows.groupby(["school_id", "grade"])["pupils"].sum(min_count=1)
    keys = pd.MultiIndex.from_frame(frame[["school_id", "grade"]])
    other = pd.Series(said.reindex(keys).to_numpy(), index=frame.index).astype("Float64")
    return (other != frame["pupils"]).fillna(False).astype(bool)
