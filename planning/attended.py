"""The walks that entrants of a plan make where a zone has several schools.

The search counts one walk for a unit and a zone (`planning.zoneproblem.zone_walks`): to the nearest school,
in a zone with a ballot (随机派位) the mean weighted by intake plans. In a zone with a teaching point (教学点)
who attends which school is known only for a whole plan: entrants are then shared out within the intake plans
(`planning.several.bands`), so the cost of the search is a lower bound of what they walk, and its best plan
need not be the best after sharing out. Figures, tables and rules read the walks of this module.
"""

from dataclasses import replace

import pandas as pd

from planning import several, spatial
from planning.project import Project
from zoning.problem import Problem

_PAIR = ["unit_id", "zone_id"]


def posed(project: Project, stage: str, problem: Problem, plan: pd.Series) -> Problem:
    """Return a problem with the walks of a plan to the schools that its entrants are shared out to.

    Parameters
    ----------
    project : Project
    stage : {"primary", "junior"}
    problem : Problem
        As `planning.zoneproblem.build` makes it; itself where no zone has a teaching point.
    plan : Series
        Unit_id -> zone_id.

    Returns
    -------
    Problem
        For figures of this plan only: pairs of a unit and another zone keep the walk of the search.
    """
    rows = shared_out(project, stage, plan, pd.Series(problem.demand, index=problem.unit_ids))
    unit = problem.unit_ids.get_indexer(pd.Index(rows["unit_id"]))
    zone = problem.zone_ids.get_indexer(pd.Index(rows["zone_id"]))
    known = (unit >= 0) & (zone >= 0)
    if not known.any():
        return problem
    metres = problem.metres.copy()
    metres[unit[known], zone[known]] = rows["lower_metres"].to_numpy(float)[known]
    return replace(problem, metres=metres)


def shared_out(project: Project, stage: str, plan: pd.Series, demand: pd.Series) -> pd.DataFrame:
    """Return the units of zones with a teaching point whose school a way leads to: see `several.bands`."""
    found = several.members(project, stage)
    partial = found["highest"].lt(project.grades(stage)[-1]) & ~found["ballot"]
    if not plan.isin(set(found.loc[partial, "zone_id"])).any():  # nearly always: spare reading every walk
        return pd.DataFrame(columns=[*_PAIR, "lower_school", "lower_metres"])
    return several.bands(project, plan, demand, stage).dropna(subset=["lower_metres"])


def walks(
    project: Project, plan: pd.Series, stage: str, demand: pd.Series, *, travel: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return each unit's walk under a plan: see `planning.spatial.walks`.

    In a zone with a teaching point, the row is that of the school that the unit's entrants are shared out to.
    In a zone with a ballot, metres is the mean weighted by intake plans; school_id and what else is said of
    the way (crossings, straight line, ride) are those of the nearest school of the zone.

    Parameters
    ----------
    project, plan, stage, travel
        As in `planning.spatial.walks`.
    demand : Series
        Entrants by unit_id.
    """
    found = spatial.walks(project, plan, stage, demand, travel=travel)
    rows = shared_out(project, stage, plan, demand)
    if len(rows):
        found = _to_school(found, rows, spatial.travel(project, stage))
    if not found["zone_id"].isin(sorted(several.ballot_zones(project, stage))).any():
        return found
    drawn = several.ballot_walks(project, stage)[[*_PAIR, "expected"]]
    expected = found[_PAIR].merge(drawn, on=_PAIR, how="left")["expected"].set_axis(found.index)
    return found.assign(metres=expected.fillna(found["metres"]))


def _to_school(found: pd.DataFrame, rows: pd.DataFrame, travel: pd.DataFrame) -> pd.DataFrame:
    """Return walks with the ways of some units replaced by those to the schools they attend."""
    ways = rows[["unit_id", "lower_school"]].rename(columns={"lower_school": "school_id"}).astype("str")
    ways = ways.merge(travel.astype({"unit_id": "str", "school_id": "str"}), on=["unit_id", "school_id"])
    other = found.set_index("unit_id")
    new = ways.set_index("unit_id").reindex(other.index)
    mine = new["school_id"].notna()
    for column in new.columns.intersection(other.columns):
        other[column] = other[column].where(~mine, new[column])
    return other.reset_index()[list(found.columns)].astype(found.dtypes.to_dict())
