"""From a project to the catchment problem (划片) that the zoning engine solves."""

from typing import Final

import geopandas as gpd
import pandas as pd

from gis.faults import Fault, FaultError, Words, register_kinds
from planning import seats, several, spatial
from planning.project import Project
from planning.zonewalks import nearest_pairs
from zoning.problem import Problem

register_kinds(
    {
        "plan_no_children": (
            "没有 {year} 学年{stage}应入学儿童的登记数据（缺入学年份 {cohorts}）。请在“适龄儿童”中补充。",
            "no children are registered for {stage} in {year} (cohort {cohorts} is missing). "
            "Add them to the children.",
        ),
        "plan_capacity_unknown": (
            "片区“{found}”没有填写{column_words}。请在“学校”中补充；不招生的填 0。",
            'zone "{found}" does not state its {column_words}. Add it to the schools; '
            "enter 0 for a school that takes none.",
        ),
        "plan_no_zones": (
            "没有可以划片的{stage}学校。请检查“学校”中的起止年级和公办民办。",
            "there is no {stage} school to draw catchments for. Check grades and provider of the schools.",
        ),
    }
)

_STAGE_WORDS: Final = {"primary": Words("小学", "primary"), "junior": Words("初中", "junior")}
_COLUMN_WORDS: Final = {
    ("primary", "intake"): Words("小学招生计划", "primary intake plan"),
    ("junior", "intake"): Words("初中招生计划", "junior intake plan"),
    ("primary", "enrolment"): Words("小学学位", "primary seats"),
    ("junior", "enrolment"): Words("初中学位", "junior seats"),
}


def anchors(project: Project, stage: str, *, mode: seats.Mode = "intake") -> pd.DataFrame:
    """Return the unit that each zoned school stands in.

    A school outside every territory is put into the nearest one.

    Returns
    -------
    DataFrame
        zone_id, school_id, unit_id, one row a campus.
    """
    schools = project.layers["schools"]
    own = seats.zoned(schools, stage, system=project.stage_system, mode=mode)
    points = gpd.GeoDataFrame(own[["zone_id", "school_id", "geometry"]], geometry="geometry", crs=schools.crs)
    found = points.sjoin_nearest(spatial.territories(project)[["unit_id", "geometry"]], how="left")
    # A school on the line between two territories is near both: the first by id.
    single = found.sort_values(["school_id", "unit_id"]).drop_duplicates("school_id")
    columns = ["zone_id", "school_id", "unit_id"]
    return pd.DataFrame(single[columns]).astype("str").reset_index(drop=True)


def demand(project: Project, stage: str, year: int, *, mode: seats.Mode = "intake") -> pd.Series:
    """Return the pupils of every unit that a plan places: entrants, or all grades in enrolment mode.

    Units without registered children have none.

    Raises
    ------
    FaultError
        If the register does not reach the year.
    """
    system = project.stage_system
    units = pd.Index(project.layers["units"]["unit_id"].astype("str"), name="unit_id")
    children = project.layers.get("children")
    found = None if children is None else seats.demand(children, stage, year, mode, system=system)
    if found is None:
        known = set() if children is None else set(children["cohort"])
        missing = [str(c) for c in seats.cohorts(stage, year, mode, system=system) if c not in known]
        params = {"year": str(year), "stage": _STAGE_WORDS[stage], "cohorts": missing}
        raise FaultError([Fault("plan_no_children", layer="children", params=params)])
    return found.reindex(units, fill_value=0)


def zones(
    project: Project, stage: str, *, mode: seats.Mode = "intake", capacity: pd.Series | None = None
) -> pd.DataFrame:
    """Return the zones that take part, one row a campus.

    A zone with no seats at all takes nobody and is left out: it must not hold the unit it stands in.

    Parameters
    ----------
    project, stage, mode
        As in `build`.
    capacity : Series, optional
        Seats by zone_id instead of those of the schools, such as a scenario's.

    Returns
    -------
    DataFrame
        zone_id, capacity, unit_id, school_id.

    Raises
    ------
    FaultError
        If there is no zone, or with one fault for each zone of unknown capacity.
    """
    schools = project.layers["schools"]
    room = capacity
    if room is None:
        room = seats.capacity(schools, stage, mode, system=project.stage_system)
    words = _COLUMN_WORDS[stage, mode]
    faults = [
        Fault("plan_capacity_unknown", layer="schools", found=str(zone), params={"column_words": words})
        for zone in room.index[room.isna()]
    ]
    open_zones = room[room > 0]
    if not faults and open_zones.empty:
        faults = [Fault("plan_no_zones", layer="schools", params={"stage": _STAGE_WORDS[stage]})]
    if faults:
        raise FaultError(faults)
    placed = anchors(project, stage, mode=mode)
    placed = placed[placed["zone_id"].isin(open_zones.index)]
    return placed.assign(capacity=placed["zone_id"].map(open_zones.to_dict()).astype("int64"))


def zone_walks(project: Project, stage: str) -> pd.DataFrame:
    """Return the walk that a plan counts for each unit and zone: see `build`.

    Returns
    -------
    DataFrame
        unit_id, zone_id (str, or categories of str), metres.
    """
    nearest = nearest_pairs(project, stage, columns=["metres"])[["unit_id", "zone_id", "metres"]]
    drawn = several.ballot_walks(project, stage)
    if drawn.empty:
        return nearest
    pair = ["unit_id", "zone_id"]
    both = nearest.astype(dict.fromkeys(pair, "str")).merge(drawn[[*pair, "expected"]], on=pair, how="left")
    return both.assign(metres=both["expected"].fillna(both["metres"])).drop(columns="expected")


def build(
    project: Project,
    stage: str,
    year: int,
    *,
    mode: seats.Mode = "intake",
    locks: pd.Series | None = None,
    capacity: pd.Series | None = None,
    forbidden: pd.DataFrame | None = None,
) -> Problem:
    """Build the catchment problem of a stage and year.

    The walk of a unit to a zone is that to its nearest school; in a zone with a ballot (随机派位), where
    nobody knows which school it will be, it is the mean weighted by intake plans
    (`planning.several.ballot_walks`; the nearest where a plan is not stated). With a teaching point (教学点)
    it stays the nearest: who attends it, and so the walks of the later grades, is known only after the plan
    (`planning.several.bands`).

    Parameters
    ----------
    project : Project
        The project; territories, neighbours and walks are computed if they are not stored yet.
    stage : {"primary", "junior"}
        School stage.
    year : int
        School year whose entrants are placed.
    mode : {"intake", "enrolment"}
        Entrants against the intake plan (招生计划), or all grades against all seats (学位).
    locks : Series, optional
        Zone_id by unit_id of units that stay.
    capacity : Series, optional
        Seats by zone_id instead of those of the schools.
    forbidden : DataFrame, optional
        unit_id, zone_id pairs that must not be.

    Returns
    -------
    Problem

    Raises
    ------
    FaultError
        With what the data lack: children, capacities, schools, or what the engine finds wrong.
    """
    table = zones(project, stage, mode=mode, capacity=capacity)
    walks = zone_walks(project, stage)
    walks = walks[walks["zone_id"].isin(table["zone_id"])]
    return Problem.from_frames(
        demand(project, stage, year, mode=mode),
        table[["zone_id", "capacity", "unit_id"]],
        walks,
        spatial.adjacency(project)[["a", "b"]],
        locks=locks,
        forbidden=forbidden,
    )


def fitting(problem: Problem, plan: pd.Series) -> pd.Series:
    """Return a plan cut to a problem: its units, and no zone that the problem does not have.

    For a start from a plan in force, where schools may have closed since.
    """
    whole = plan[~plan.index.duplicated()].reindex(problem.unit_ids)
    return whole.where(whole.isin(problem.zone_ids)).astype("str").rename("zone_id")
