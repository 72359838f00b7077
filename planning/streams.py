"""The forecast from unit to whole area, with 随迁子女 as a stream of their own."""

from collections.abc import Sequence
from typing import Final

import pandas as pd

from forecasting import migrants, rates, sharing
from planning import adopted, outlook, seats, stages, statedvalues, streamcheck, unitcheck
from planning.project import Project
from planning.statedvalues import Stated

UNIT: Final = "unit"
#: Levels from fine to coarse; those of `planning.adopted.LEVELS` are rows of the forecast itself.
LEVELS: Final = (UNIT, "school", "zone", "town", "area", streamcheck.PROVIDER)
_ROWS: Final = {**adopted.LEVELS, streamcheck.PROVIDER: ("provider_stage", "group")}
#: Parts that are told apart by stated shares (设定), see `with_stated`.
PARTS: Final = (rates.BOARDING, rates.OUTSIDE)
#: Columns of `by_level`, without the streams.
COLUMNS: Final = ("place", "year", "scenario", "mean", "low", "high", "basis")


def split(project: Project, forecast: pd.DataFrame) -> pd.DataFrame | None:
    """Return the forecast with its pupils split into `migrant` and `local`; None where no data state it.

    The rolls of the last year say it by school and grade, the register of children by cohort. The shares are
    estimates (估); where the back-test tried them on rolls of past years, the stream has the range it asks
    for (`migrant_low`, `migrant_high`; ``attrs["stream_widths"]``: the rows of `streamcheck.widths`).
    """
    base = int(outlook.history(project)["year"].max())
    register, recent = _register(project), streamcheck.recent(project, base)
    if register is None and recent is None:
        return None
    whole = streamcheck.split(project, forecast, recent, register, base=base)
    found = None if recent is None else streamcheck.widths(project)
    if found is None:
        return whole
    ranged = streamcheck.ranged(whole, found, base=base)
    ranged.attrs = {**whole.attrs, "stream_widths": found.to_dict("records")}
    return ranged


def with_stated(project: Project, forecast: pd.DataFrame, given: Sequence[Stated]) -> pd.DataFrame:
    """Return the forecast with boarders and pupils from outside told apart by the stated shares.

    Parameters
    ----------
    project : Project
        The project.
    forecast : DataFrame
        Plain, or from `split`.
    given : sequence of Stated
        Other kinds are left alone.

    Returns
    -------
    DataFrame
        With a column for each of `PARTS` that is stated: pupils, which add up over levels exactly.
    """
    told = statedvalues.as_rates(project, given)
    plain = forecast.drop(columns=["migrant", "local"], errors="ignore")
    names = [name for name in ("zone_id", "town", streamcheck.PROVIDER) if name in set(forecast["level"])]
    found = forecast.copy()
    for part in PARTS:
        if any(one.what == part for one in given):
            shares = rates.shares(plain[plain["level"] == "cell"], told, part)
            made = migrants.split(plain, shares, groups=streamcheck.groups(project), names=names)
            found[part] = made["migrant"]
    found.attrs = forecast.attrs
    return found


def by_unit(project: Project, forecast: pd.DataFrame) -> pd.DataFrame:
    """Return pupils by home unit, stage, year and scenario with their ranges.

    Homes are those of the rolls of the last year; without rolls every school of a zone is taken to be
    attended by the children of that zone alone (设定: ``attrs["assumed"]`` is True). Ranges are estimates
    (估), as wide as the back-test of the rolls asks where it was run (``attrs["widths"]``: the rows of its
    table).

    Returns
    -------
    DataFrame
        unit_id ("" for pupils from outside, of unknown home or of schools without a zone), stage, year,
        scenario, mean, low, high. Means of a stage add up to those of its schools.
    """
    base = int(outlook.history(project)["year"].max())
    homes = _attended(project, base)
    assumed = homes is None
    if homes is None:
        homes = _zoned_homes(project, base)
    children = project.layers["children"] if project.has("children") else None
    cells = forecast[forecast["level"] == "cell"]
    shared = sharing.by_unit(cells, homes, children, base_year=base)
    found = sharing.ranged(shared, ["unit_id", "stage", "year", "scenario"])
    tried = unitcheck.stored(project)
    widths = None if tried is None or tried.empty else unitcheck.table(tried)
    if widths is not None and not assumed:
        found = unitcheck.widened(found, widths, base=base)
        found.attrs["widths"] = widths.to_dict("records")
    found.attrs["assumed"] = assumed
    return found


def by_level(forecast: pd.DataFrame, units: pd.DataFrame | None, level: str, stage: str) -> pd.DataFrame:
    """Return one level of the forecast, every year and scenario.

    Parameters
    ----------
    forecast : DataFrame
        From `split`, or the plain forecast.
    units : DataFrame or None
        From `by_unit`; needed for the level "unit".
    level : str
        One of `LEVELS`.
    stage : {"primary", "junior"}
        School stage.

    Returns
    -------
    DataFrame
        `COLUMNS`; migrant and local, and their range, where the forecast has them; "basis" is "" by unit.
    """
    if level == UNIT:
        if units is None:
            return pd.DataFrame(columns=list(COLUMNS))
        own = units[units["stage"] == stage]
        return own.assign(place=own["unit_id"], basis="")[list(COLUMNS)].reset_index(drop=True)
    name, column = _ROWS[level]
    rows = forecast[(forecast["level"] == name) & (forecast["stage"] == stage)]
    streams = [c for c in ("migrant", "local", "migrant_low", "migrant_high", *PARTS) if c in rows]
    return rows.assign(place=rows[column].astype("str"))[[*COLUMNS, *streams]].reset_index(drop=True)


def _register(project: Project) -> pd.DataFrame | None:
    if not project.has("children") or "migrant" not in project.layers["children"]:
        return None
    rows = project.layers["children"]
    return None if rows["migrant"].isna().all() else rows[["cohort", "children", "migrant"]]


def _attended(project: Project, base: int) -> pd.DataFrame | None:
    if not project.has("attendance"):
        return None
    rows = project.layers["attendance"]
    rows = rows[rows["year"] == base]
    if rows.empty:
        return None
    return unitcheck.homes(rows, base)


def _zoned_homes(project: Project, base: int) -> pd.DataFrame:
    """Return the children of each zone as the pupils of its schools, by the plan in force."""
    columns = ["school", "unit_id", "grade", "pupils"]
    if not project.has("children", "catchments"):
        return pd.DataFrame(columns=columns)
    return pd.concat([_stage_homes(project, stage, base) for stage in stages.STAGES])[columns]


def _stage_homes(project: Project, stage: str, base: int) -> pd.DataFrame:
    plan = project.layers["catchments"]
    plan = plan[(plan["stage"] == stage) & (plan["from_year"] <= project.year)]
    plan = plan.sort_values("from_year").drop_duplicates("unit_id", keep="last")[["unit_id", "zone_id"]]
    taught = seats.zoned(project.layers["schools"], stage, system=project.stage_system, mode="enrolment")
    children = project.layers["children"]
    grade = base - children["cohort"].astype(int) + 1
    own = children.assign(grade=grade)[grade.isin(project.grades(stage))]
    pairs = own.merge(plan, on="unit_id").merge(taught[["school_id", "zone_id"]], on="zone_id")
    return pairs.rename(columns={"school_id": "school", "children": "pupils"})
