"""Zones of several schools: ballots (多校划片, 随机派位), campuses, and teaching points (教学点).

No new table: schools carry `zone_id`, the grades they teach and `parent_id`. Within one zone, a school whose
`parent_id` is another school of the zone is a part of that school: a teaching point if it stops before the
last grade of the stage, else a campus. The schools that are part of no other stand side by side, and pupils
of the zone are drawn between two or more of them.
"""

from typing import Final

import numpy as np
import pandas as pd

from gis.faults import Fault, FaultError, register_kinds
from planning import seats, spatial, stages
from planning.project import Project
from zoning.within import share_out

register_kinds(
    {
        "several_seats": (
            "片区“{found}”的学校没有全部填写招生计划，无法计算派位的期望步行。请在“学校”中补充。",
            'not all schools of zone "{found}" state their intake plan, so the expected walk of a ballot '
            "cannot be worked out. Add it to the schools.",
        ),
    }
)

#: What a school is within its zone.
ROLES: Final = ("school", "campus", "teaching_point")


def members(project: Project, stage: str) -> pd.DataFrame:
    """Return the schools of every zone of a stage, with what each is there.

    Returns
    -------
    DataFrame
        zone_id, school_id, name, role (of `ROLES`), lowest, highest (grades of the stage it teaches), intake
        (its intake plan, 0 where it does not teach the entry grade, missing where not stated), entry (bool:
        it teaches the entry grade), ballot (bool: two or more schools of the zone that are part of no other
        teach the entry grade). Ordered by zone, role and school.
    """
    grades = stages.grades(project.stage_system, stage)
    own = seats.zoned(project.layers["schools"], stage, system=project.stage_system, mode="enrolment")
    zone = dict(zip(own["school_id"], own["zone_id"], strict=True))
    parent = own["parent_id"] if "parent_id" in own else pd.Series(None, index=own.index, dtype="object")
    part = parent.map(zone).eq(own["zone_id"]).fillna(False).astype(bool)
    lowest, highest = own["lowest_grade"].clip(lower=grades[0]), own["highest_grade"].clip(upper=grades[-1])
    entry = lowest.eq(grades[0])
    role = pd.Series("school", index=own.index).mask(part, "campus")
    stated = own[f"{stage}_intake"] if f"{stage}_intake" in own else pd.Series(pd.NA, index=own.index)
    heads = (~part & entry).groupby(own["zone_id"]).transform("sum")
    table = pd.DataFrame(
        {
            "zone_id": own["zone_id"],
            "school_id": own["school_id"],
            "name": own["name"],
            "role": role.mask(part & highest.lt(grades[-1]), "teaching_point"),
            "lowest": lowest.astype("int64"),
            "highest": highest.astype("int64"),
            "intake": pd.to_numeric(stated).astype("Int64").where(entry, 0),
            "entry": entry.astype(bool),
            "ballot": heads.gt(1),
        }
    )
    order = table["role"].map({name: place for place, name in enumerate(ROLES)})
    return (
        table.assign(order=order)
        .sort_values(["zone_id", "order", "school_id"])
        .drop(columns="order")
        .reset_index(drop=True)
    )


def ballot_zones(project: Project, stage: str) -> frozenset[str]:
    """Return the zones of a stage whose schools draw lots (随机派位)."""
    found = members(project, stage)
    return frozenset(found.loc[found["ballot"], "zone_id"].astype(str))


def ballot_walks(project: Project, stage: str) -> pd.DataFrame:
    """Return the walk that a ballot (随机派位) lets every unit expect in every zone that has one.

    Formula: the mean of the walks to the schools of the zone that take entrants, weighted by their intake
    plans: under a ballot over all seats of a zone every seat is as likely. Campuses and teaching points
    count by their own seats. A zone of which a school does not state its intake plan is left out.

    Returns
    -------
    DataFrame
        unit_id, zone_id, nearest, expected, farthest (metres; expected and farthest are infinite where there
        is no way to one of the schools).
    """
    found = members(project, stage)
    drawn = found[found["ballot"] & found["entry"]]
    unstated = drawn.loc[drawn["intake"].isna(), "zone_id"]
    drawn = drawn[~drawn["zone_id"].isin(unstated) & drawn["intake"].gt(0).fillna(False)]
    columns = ["unit_id", "zone_id", "nearest", "expected", "farthest"]
    if drawn.empty:
        return pd.DataFrame(columns=columns).astype(dict.fromkeys(columns[2:], "float64"))
    walks = spatial.travel(project, stage).pivot(index="unit_id", columns="school_id", values="metres")
    parts = []
    for zone, rows in drawn.groupby("zone_id"):
        metres = walks.reindex(columns=rows["school_id"]).fillna(np.inf).to_numpy(float)
        weights = rows["intake"].to_numpy(float)
        parts.append(
            pd.DataFrame(
                {
                    "unit_id": walks.index,
                    "zone_id": zone,
                    "nearest": metres.min(axis=1),
                    "expected": metres @ weights / weights.sum(),
                    "farthest": metres.max(axis=1),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def expected_walks(project: Project, plan: pd.Series, stage: str) -> pd.DataFrame:
    """Return the walk that a ballot lets each unit of a plan expect: see `ballot_walks`.

    Parameters
    ----------
    project : Project
        The project.
    plan : Series
        Unit_id -> zone_id.
    stage : {"primary", "junior"}
        School stage.

    Returns
    -------
    DataFrame
        unit_id, zone_id, nearest, expected, farthest (metres), of the units in a zone with a ballot.

    Raises
    ------
    FaultError
        If schools of such a zone do not state their intake plan; one fault a zone.
    """
    found = members(project, stage)
    lacking = sorted(set(found.loc[found["ballot"] & found["intake"].isna(), "zone_id"]))
    if lacking:
        raise FaultError([Fault("several_seats", layer="schools", found=zone) for zone in lacking])
    placed = plan.dropna().rename("zone_id").rename_axis("unit_id").reset_index()
    return placed.merge(ballot_walks(project, stage), on=["unit_id", "zone_id"])


def bands(project: Project, plan: pd.Series, demand: pd.Series, stage: str = "primary") -> pd.DataFrame:
    """Return where the units of zones with a teaching point (教学点) go in the lower and the upper grades.

    Entrants go to a school of their zone that teaches the entry grade, whole units within its intake plan and
    with least walking (`zoning.within.share_out`). From the grade after that school's last, they go to the
    nearest school of the zone that teaches the last grade of the stage; where the zone has none, to the
    centre schools (`parent_id`) of its schools. Zones with a ballot are left out: there nobody is sent to
    one school. So are zones of several schools of which one does not state its intake plan.

    Parameters
    ----------
    project : Project
        The project.
    plan : Series
        Unit_id -> zone_id.
    demand : Series
        Entrants by unit_id.
    stage : {"primary", "junior"}
        School stage.

    Returns
    -------
    DataFrame
        unit_id, zone_id, pupils, lower_school, lower_metres, upper_from (grade; missing where the lower
        school teaches all), upper_school, upper_metres (that of the lower school where it teaches all;
        missing where nobody teaches the upper grades or no way is known).
    """
    last = stages.grades(project.stage_system, stage)[-1]
    found = members(project, stage)
    banded = found[~found["ballot"]].groupby("zone_id").filter(_shared_out, last=last)
    walks = spatial.travel(project, stage).pivot(index="unit_id", columns="school_id", values="metres")
    parts = []
    for zone, rows in banded.groupby("zone_id"):
        units = plan.index[plan.eq(zone).fillna(False)]
        pupils = demand.reindex(units, fill_value=0)
        parts.append(_banded(pupils, walks, rows, _upper(project, rows, last), last).assign(zone_id=zone))
    columns = ["unit_id", "zone_id", "pupils", "lower_school", "lower_metres"]
    columns += ["upper_from", "upper_school", "upper_metres"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _open(schools: pd.DataFrame) -> pd.Series:
    """Tell which schools take entrants: those whose intake plan is not stated may, too."""
    return schools["entry"] & schools["intake"].ne(0).fillna(True)


def _shared_out(rows: pd.DataFrame, last: int) -> bool:
    """Tell whether a zone has a teaching point, and its intake plans say who goes to which of its schools."""
    seats_of = rows.loc[_open(rows), "intake"]
    return bool(rows["highest"].min() < last and (len(seats_of) < 2 or seats_of.notna().all()))


def _upper(project: Project, rows: pd.DataFrame, last: int) -> list[str]:
    """Return the schools that teach the last grade to a zone: its own, else the centres of its schools."""
    own = rows.loc[rows["highest"].eq(last), "school_id"]
    schools = project.layers["schools"].set_index("school_id")
    if len(own) or "parent_id" not in schools:
        return own.tolist()
    parents = schools["parent_id"].reindex(rows["school_id"]).dropna().unique()
    return [p for p in parents if p in schools.index and schools["highest_grade"][p] >= last]


def _banded(
    pupils: pd.Series, walks: pd.DataFrame, rows: pd.DataFrame, upper: list[str], last: int
) -> pd.DataFrame:
    entry = rows[_open(rows)].set_index("school_id")
    lower = share_out(pupils, walks.reindex(pupils.index), entry["intake"].fillna(0).astype("int64"))
    top = lower.map(entry["highest"])
    near = walks.reindex(index=pupils.index, columns=upper)
    near = near.where(near < float("inf"))
    after = lower.mask(lower.notna())
    reached = near.notna().any(axis=1)
    after[reached] = near[reached].idxmin(axis=1)
    stays = top.eq(last)
    after = after.mask(stays, lower)
    return pd.DataFrame(
        {
            "unit_id": pupils.index,
            "pupils": pupils.to_numpy(),
            "lower_school": lower.to_numpy(),
            "lower_metres": _walked(walks, lower),
            "upper_from": (top + 1).mask(stays).astype("Int64").to_numpy(),
            "upper_school": after.to_numpy(),
            "upper_metres": _walked(walks, after),
        }
    )


def _walked(walks: pd.DataFrame, school: pd.Series) -> np.ndarray:
    """Return the walk of each unit to its school; NaN without a school."""
    row, column = walks.index.get_indexer(school.index), walks.columns.get_indexer(pd.Index(school))
    known = (row >= 0) & (column >= 0)
    return np.where(known, walks.to_numpy(float)[row, column], np.nan)
