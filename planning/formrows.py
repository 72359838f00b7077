"""The rows that a form comes with: what is known stands in them, what is asked for is blank.

A form never offers last year's figure as an answer: counts are left blank, and what the same pupils numbered
last time stands beside them for comparison, in a column that is not read back.
"""

from typing import Any

import pandas as pd

from planning.forms import COHORTS, OWNERS, Form, Issue
from planning.project import Project


def rows_of(project: Project, issue: Issue, owner: str | None) -> pd.DataFrame:
    """Return the rows that a form comes with: codes as in the layer, counts blank, last time's beside them.

    Parameters
    ----------
    project : Project
    issue : Issue
    owner : str or None
        School, town or "office"; None for the rows of all.

    Returns
    -------
    DataFrame
        The form's columns, its owner column where `owner` is None, and `last` where the form asks for counts.
    """
    form = issue.form
    makers = {"classes": _class_rows, "enrolment": _grade_rows, "children": _child_rows}
    rows = makers[issue.layer](project, issue) if issue.layer in makers else _standing_rows(project, form)
    column = OWNERS[form.sender]
    if owner is not None and form.sender == "school":
        rows = rows[rows[column] == owner]
    elif owner is not None and form.sender == "town":
        units = project.layers["units"]
        rows = rows[rows[column].isin(units.loc[units["town"] == owner, "unit_id"])]
    names = _columns(form, all_owners=owner is None)
    names += ["last"] if form.counts else []
    names += ["x", "y"] if form.located else []
    blank = {name: pd.array([pd.NA] * len(rows), dtype="Int64") for name in form.counts}
    return rows.assign(**blank).reindex(columns=names).reset_index(drop=True)


def _columns(form: Form, *, all_owners: bool) -> list[str]:
    column = OWNERS[form.sender]
    extra = [column] if all_owners and column and column not in form.columns else []
    return [*extra, *form.columns]


def _class_rows(project: Project, issue: Issue) -> pd.DataFrame:
    """Return last year's classes moved up a grade; the classes of the lowest grade as many as there were."""
    before, years = _before(project, "classes", issue.year)
    if before is None:
        return pd.DataFrame(columns=["school_id", "grade", "class_no", "last"])
    taught = _taught(project)
    moved = before.assign(grade=before["grade"] + years, last=before["pupils"])
    lowest = before["school_id"].map(taught["lowest_grade"])
    joining = before[before["grade"] < lowest + years].assign(last=None)
    rows = pd.concat([joining, moved], ignore_index=True)
    rows = rows[rows["grade"] <= rows["school_id"].map(taught["highest_grade"])]
    order = pd.to_numeric(rows["class_no"], errors="coerce")
    return rows.assign(_order=order).sort_values(["school_id", "grade", "_order", "class_no"])


def _grade_rows(project: Project, issue: Issue) -> pd.DataFrame:
    """Return a row for each grade that a school teaches, with what its pupils numbered a grade lower."""
    taught = _taught(project).dropna().astype(int)
    spans = zip(taught.index, taught["lowest_grade"], taught["highest_grade"], strict=True)
    rows = [(school, grade) for school, first, last in spans for grade in range(first, last + 1)]
    wanted = pd.DataFrame(rows, columns=["school_id", "grade"])
    before, years = _before(project, "enrolment", issue.year)
    if before is None:
        return wanted.assign(last=None)
    moved = before.assign(grade=before["grade"] + years).rename(columns={"pupils": "last"})
    return wanted.merge(moved[["school_id", "grade", "last"]], on=["school_id", "grade"], how="left")


def _child_rows(project: Project, issue: Issue) -> pd.DataFrame:
    """Return a row for each unit and cohort, with the number of the same children that stands now."""
    units = project.layers["units"][["unit_id"]].merge(
        pd.DataFrame({"cohort": range(issue.year, issue.year + COHORTS)}), how="cross"
    )
    known = project.layers.get("children")
    if known is None:
        return units.assign(last=None)
    known = known.rename(columns={"children": "last"})[["unit_id", "cohort", "last"]]
    return units.merge(known, on=["unit_id", "cohort"], how="left")


def _standing_rows(project: Project, form: Form) -> pd.DataFrame:
    """Return the rows of a layer as they stand, with longitude and latitude where the form asks for them."""
    layer = project.layers.get(form.layer)
    if layer is None:
        return pd.DataFrame(columns=list(form.columns))
    if not form.located:
        return pd.DataFrame(layer.drop(columns="geometry", errors="ignore"))
    points: Any = layer.geometry if not project.epsg else layer.geometry.to_crs(degrees(project))
    return pd.DataFrame(layer.drop(columns="geometry")).assign(x=points.x.round(7), y=points.y.round(7))


def degrees(project: Project) -> Any:
    """Return the system of the longitudes and latitudes on forms: that of the project's own datum."""
    from pyproj import CRS

    return CRS.from_epsg(project.epsg).geodetic_crs


def _before(project: Project, layer: str, year: int) -> tuple[pd.DataFrame | None, int]:
    """Return the rows of the latest year before a year, else of the year itself, and the years between."""
    frame = project.layers.get(layer)
    years = [] if frame is None else [int(y) for y in set(frame["year"].dropna()) if y <= year]
    if frame is None or not years:
        return None, 0
    latest = max((y for y in years if y < year), default=year)
    return frame[frame["year"] == latest], year - latest


def grades_of(project: Project, school: str) -> range:
    """Return the grades that a school teaches; none where that is not known."""
    taught = _taught(project).dropna().astype(int)
    if school not in taught.index:
        return range(0)
    first, last = taught["lowest_grade"][school], taught["highest_grade"][school]
    return range(first, last + 1)


def _taught(project: Project) -> pd.DataFrame:
    return project.layers["schools"].set_index("school_id")[["lowest_grade", "highest_grade"]]
