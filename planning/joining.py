"""Zones of single schools joined into one with a ballot (多校划片), and parted again.

Either is an edit of the schools' `zone_id`: the plans in force and every draft follow, as one step of each.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from gis.faults import Fault, FaultError, Words, register_kinds
from gis.layers import zone_of
from planning import drafts, givenback, journal, several, spatial, stages, unfinished
from planning.following import Step, same_sources, same_walks, steps_of
from planning.progress import Cancelled, Progress
from planning.project import Project, open_project, save_layers
from planning.rebasing import Turn
from planning.store import DraftStore

FILE: Final = "joins.jsonl"

register_kinds(
    {
        "join_few": (
            "请选择至少两个片区。",
            "choose two zones or more.",
        ),
        "join_unknown": (
            "这个学段没有片区“{found}”。请重新选择。",
            'this stage has no zone "{found}". Choose again.',
        ),
        "join_apart": (
            "片区“{found}”与所选的其他片区不相邻。请选相邻的片区。",
            'zone "{found}" does not lie beside the other zones chosen. Choose neighbouring ones.',
        ),
        "join_several": (
            "片区“{found}”已有几所学校随机派位。请先拆开,再一起合并。",
            'the schools of zone "{found}" draw lots already. Part it first, then join all of them.',
        ),
        "join_both": (
            "所选片区中不止一个({found})还有其他学段的学校,合并会连带其他学段。请分别填写学校表的片区编号。",
            "more than one of the zones chosen ({found}) has schools of another stage too, which would be "
            "joined with them. State the zones of the schools in their table instead.",
        ),
        "join_single": (
            "片区“{found}”没有几所并列的学校,不用拆开。",
            'zone "{found}" has no schools side by side: there is nothing to part.',
        ),
    }
)


def join(project: Project, stage: str, zones: Sequence[str], plan: pd.Series, *, author: str = "") -> Project:
    """Join neighbouring zones into one, whose schools draw lots; the joined zone has the id of the first.

    Parameters
    ----------
    project : Project
    stage : {"primary", "junior"}
    zones : sequence of str
        Two or more zones of one school each (with its campuses and teaching points).
    plan : Series
        Unit_id -> zone_id of the plan in which the zones lie beside each other.
    author : str
        Who.

    Returns
    -------
    Project
        At its next version; if it cannot be saved, nothing has changed.

    Raises
    ------
    FaultError
        With everything that is wrong with the choice, or if somebody saved the project meanwhile.
    """
    chosen = list(dict.fromkeys(zones))
    if faults := _faults(project, stage, chosen, plan):
        raise FaultError(faults)
    schools = project.layers["schools"]
    own = zone_of(schools)
    mine = own.isin(chosen).fillna(False).astype(bool)
    before = dict(zip(schools.loc[mine, "school_id"].astype("str"), own[mine], strict=True))
    changed: dict[str, pd.DataFrame] = {"schools": _zoned(schools, dict.fromkeys(before, chosen[0]))}
    kept = []
    if "catchments" in project.layers:
        rows = project.layers["catchments"]
        inside = rows["zone_id"].isin(chosen).fillna(False).astype(bool)
        changed["catchments"] = rows.assign(zone_id=rows["zone_id"].mask(inside, chosen[0]))
        named = rows.loc[inside, ["stage", "from_year", "unit_id", "zone_id"]]
        kept = [[str(s), int(y), str(u), str(z)] for s, y, u, z in named.itertuples(index=False)]
    record = {"at": _now(), "zone": chosen[0], "schools": before, "catchments": kept, "by": author}
    zones_then, steps = dict.fromkeys(before, chosen[0]), {"": dict(_joined(project.year, chosen).payload)}
    with unfinished.edit(project, zones=zones_then, steps=steps, by=author) as owed:
        # Before the layers: a record without its join counts for nothing, a join without it is for good.
        journal.append(project.folder / FILE, record)
        saved = save_layers(project, changed, sources=same_sources(project, changed))
        unfinished.finish(saved, owed)
    same_walks(project, saved)
    return saved


def _joined(year: int, zones: Sequence[str]) -> drafts.Op:
    """Return the step of a draft whose zones are joined into the first of them."""
    gone = dict.fromkeys(zones[1:], (zones[0],))
    op = drafts.rebase(Turn(year, zones=dict.fromkeys(stages.STAGES, gone)))
    return drafts.Op(op.kind, {**op.payload, "join": list(zones)})


def late_zones(project: Project, named: Iterable[str]) -> list[drafts.Op]:
    """Return the turns of a draft that names zones joined to others since: one for each joined zone."""
    schools = project.layers.get("schools")
    if schools is None:
        return []
    now = _zones_now(schools)
    into: dict[str, list[str]] = {}
    for zone in sorted(set(named) - {z for z in now.values() if pd.notna(z)}):
        rows = [r for r in _rows(project) if zone in r.get("schools", {}).values()]
        heirs = {now.get(s) for s, z in rows[-1]["schools"].items() if z == zone} if rows else set()
        if len(heirs) == 1 and pd.notna(to := heirs.pop()):
            into.setdefault(str(to), []).append(zone)
    return [_joined(project.year, [to, *zones]) for to, zones in into.items()]


def late_parts(project: Project, store: DraftStore, draft: str) -> list[Step]:
    """Return the steps of a draft last worked on while zones were joined that have been parted since.

    Only a draft from a file can be such: those kept here were parted with the zone.
    """
    history, rows = store.history(draft), _rows(project)
    if not history or not rows:
        return []
    last, found = _when(history[-1].at), []
    drawn = {z for plan in store.state(draft).plans.values() for z in plan.dropna().unique()}
    for zone in dict.fromkeys(str(row["zone"]) for row in rows if _parts(row)):
        then = [row for row in rows if row["zone"] == zone and _when(row["at"]) <= last]
        if not then or _parts(then[-1]) or drawn & ({*then[-1]["schools"].values()} - {zone}):
            continue  # not joined then, or drawn where the zones were apart all the time
        if parted := _now_in(project, then[-1]["schools"], zone):
            found.append(_giving_back(project, _heirs(project, zone, parted), _kept(then[-1])[1], zone))
    return found


def _when(text: str) -> datetime:
    """Return a time of a step; of one that cannot be read, before all others."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _now_in(project: Project, schools: Iterable[str], zone: str) -> dict[str, str]:
    """Return the zones that schools joined once are in now; empty where those are not several."""
    now = _zones_now(project.layers["schools"])
    parted = {school: str(to) for school in schools if pd.notna(to := now.get(school))}
    return parted if zone in parted.values() and len(set(parted.values())) > 1 else {}


def _zones_now(schools: pd.DataFrame) -> dict[str, Any]:
    return dict(zip(schools["school_id"].astype(str), zone_of(schools), strict=True))


def _heirs(project: Project, zone: str, parted: Mapping[str, str]) -> dict[str, givenback.Heirs]:
    return {each: givenback.heirs(project, each, zone, parted) for each in map(str, stages.STAGES)}


def _giving_back(
    project: Project, heirs: Mapping[str, givenback.Heirs], usual: Mapping[str, Mapping[str, str]], zone: str
) -> Step:
    return lambda store, draft: givenback.given_back(store, draft, zone, heirs, usual, project.year)


def part(project: Project, stage: str, zone: str, *, author: str = "") -> Project:
    """Part a zone of several schools into one for each that is part of no other; the first keeps its id.

    Units go to the zone that they had before the zones were joined here, where that is known; the others to
    the nearest of the schools within the seats left in their intake plans (`zoning.within.share_out`), the
    nearest of all where a plan or the children are not known. Whether they hang together is for
    `zoning.check` to say.

    Returns
    -------
    Project
        At its next version; if it cannot be saved, nothing has changed.

    Raises
    ------
    FaultError
        If no schools of the zone stand side by side, or somebody saved the project meanwhile.
    """
    parted = _parted(project, stage, zone)
    if not parted:
        raise FaultError([Fault("join_single", layer="schools", found=zone)])
    heirs = _heirs(project, zone, parted)
    changed: dict[str, pd.DataFrame] = {"schools": _zoned(project.layers["schools"], parted)}
    known, usual = _kept(_last(project, zone))
    if "catchments" in project.layers:
        rows = project.layers["catchments"]
        for (each, year), group in rows[rows["zone_id"].eq(zone).fillna(False)].groupby(
            ["stage", "from_year"]
        ):
            was = {u: z for (s, y, u), z in known.items() if (s, y) == (each, year)}
            to = heirs[str(each)].give(group["unit_id"].astype("str"), was)
            rows = rows.assign(
                zone_id=rows["zone_id"].mask(rows.index.isin(group.index), rows["unit_id"].map(to))
            )
        changed["catchments"] = rows
    step = _giving_back(project, heirs, usual, zone)
    steps = {"": dict(givenback.step(zone, heirs, project.year).payload)}
    steps |= {draft: dict(op.payload) for draft, op in steps_of(project, step).items()}
    near = {each: {**own.nearest(), **usual[each]} for each, own in heirs.items()}
    with unfinished.edit(project, zones=parted, steps=steps, near=near, by=author) as owed:
        journal.append(project.folder / FILE, {"at": _now(), "what": "part", "zone": zone, "by": author})
        saved = save_layers(project, changed, sources=same_sources(project, changed))
        unfinished.finish(saved, owed, step=step)
    same_walks(project, saved)
    return saved


def beside(project: Project, stage: str, plan: pd.Series) -> pd.DataFrame:
    """Return the pairs of single-school zones with units beside each other in a plan: a, b (zone ids)."""
    rows = several.members(project, stage)
    single = set(rows["zone_id"]) - several.ballot_zones(project, stage)
    pairs = spatial.adjacency(project)[["a", "b"]]
    zones = plan.dropna()
    ends = pd.DataFrame({"a": pairs["a"].map(zones.to_dict()), "b": pairs["b"].map(zones.to_dict())}).dropna()
    ends = ends[(ends["a"] != ends["b"]) & ends["a"].isin(single) & ends["b"].isin(single)]
    both = pd.concat([ends, ends.rename(columns={"a": "b", "b": "a"})])
    return both[["a", "b"]].drop_duplicates().sort_values(["a", "b"], ignore_index=True)


def join_job(
    folder: str | Path,
    stage: str,
    zones: Sequence[str],
    plan: Mapping[str, str] | None = None,
    author: str = "",
    lang: str = "zh",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> str:
    """Run `join`, or without a plan `part` of the first zone, as a job (`planning.jobs`).

    Returns
    -------
    str
        That zone; nothing when cancelled before the save.

    Notes
    -----
    Saving is whole or not at all and is not interrupted: a cancel before it leaves the project as it was.
    """
    if progress is not None:
        progress(0.2, _SAVING.text(lang))
    project = open_project(folder)
    if cancelled is not None and cancelled():
        return ""
    if plan is None:
        part(project, stage, zones[0], author=author)
    else:
        join(project, stage, zones, pd.Series(plan, dtype="str"), author=author)
    return zones[0]


_SAVING: Final = Words("保存改动", "saving the change")


def _faults(project: Project, stage: str, zones: list[str], plan: pd.Series) -> list[Fault]:
    rows = several.members(project, stage)
    drawn = several.ballot_zones(project, stage)
    faults = [Fault("join_unknown", layer="schools", found=z) for z in zones if z not in set(rows["zone_id"])]
    faults += [Fault("join_several", layer="schools", found=z) for z in zones if z in drawn]
    if len(zones) < 2:
        faults.append(Fault("join_few", layer="schools"))
    other = [s for s in stages.STAGES if s != stage]
    taught = set(pd.concat([several.members(project, s)["zone_id"] for s in other]))
    if len(both := [z for z in zones if z in taught]) > 1:
        faults.append(Fault("join_both", layer="schools", found="、".join(both)))
    if faults:
        return faults
    pairs, reached = beside(project, stage, plan), {zones[0]}
    for _each in zones:
        near = pairs.loc[pairs["a"].isin(reached) & pairs["b"].isin(zones), "b"]
        reached |= set(near)
    return [Fault("join_apart", layer="schools", found=z) for z in zones if z not in reached]


def _zoned(schools: pd.DataFrame, zones: Mapping[str, str]) -> pd.DataFrame:
    """Return the layer of schools with the zone of some of them stated; the others stay as they are."""
    ids = schools["school_id"].astype("str")
    stated = schools["zone_id"] if "zone_id" in schools else pd.Series(pd.NA, index=schools.index)
    return schools.assign(zone_id=ids.map(dict(zones)).fillna(stated.astype("str")))


def _last(project: Project, zone: str) -> dict[str, Any]:
    """Return the record of the latest join that made a zone; empty if it was not joined here."""
    rows = [row for row in _rows(project) if row["zone"] == zone and not _parts(row)]
    return rows[-1] if rows else {}


def _rows(project: Project) -> list[dict[str, Any]]:
    """Return what was joined and parted, in the order of time; attempts that were not saved left out."""
    rows = [row for row in journal.read(project.folder / FILE) if "zone" in row]
    after: dict[str, dict[str, Any]] = {}
    kept = []
    for row in reversed(rows):
        if _was_saved(row, after.get(row["zone"])):
            kept.append(row)
        after[row["zone"]] = row
    return kept[::-1]


def _was_saved(row: Mapping[str, Any], later: Mapping[str, Any] | None) -> bool:
    """Tell by the next record of the same zone whether an attempt was saved.

    A zone is not parted twice without being joined. It may be joined twice (one stage, then the other): the
    second finds the schools of the first in it already.
    """
    if later is None or _parts(later) != _parts(row):
        return True
    return not _parts(row) and all(later["schools"].get(s) == row["zone"] for s in row["schools"])


def _parts(row: Mapping[str, Any]) -> bool:
    return row.get("what") == "part"


def _kept(record: Mapping[str, Any]) -> tuple[dict[tuple[str, int, str], str], dict[str, dict[str, str]]]:
    """Return the zones in force before a join, by (stage, from_year, unit) and by stage and unit."""
    known = {(s, int(y), u): z for s, y, u, z in record.get("catchments", [])}
    usual: dict[str, dict[str, str]] = {str(each): {} for each in stages.STAGES}
    for (stage, _year, unit), before in known.items():
        usual[stage][unit] = before
    return known, usual


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")  # as finely as the steps of drafts


def _parted(project: Project, stage: str, zone: str) -> dict[str, str]:
    """Return the new zone of every school of a zone; empty where no two stand side by side."""
    schools = project.layers["schools"]
    ids, own = schools["school_id"].astype("str"), zone_of(schools)
    rows = several.members(project, stage)
    heads = rows.loc[rows["zone_id"].eq(zone) & rows["role"].eq("school"), "school_id"].astype("str").tolist()
    if len(heads) < 2:
        return {}
    before = _last(project, zone).get("schools", {})
    first = next((h for h in heads if before.get(h, h) == zone), heads[0])
    taken = set(own[own.ne(zone)].dropna())
    new = {first: zone}
    for head in (h for h in heads if h != first):
        wanted = before.get(head, head)
        names = [wanted, *(f"{head}-{n}" for n in range(1, len(ids) + 2))]
        new[head] = next(i for i in names if i not in taken | set(new.values()))
    parents = (
        dict(zip(ids, schools["parent_id"].astype(object), strict=True)) if "parent_id" in schools else {}
    )
    mine = ids[own.eq(zone).fillna(False)].tolist()
    return {school: new[_head(school, parents, new, first)] for school in mine}


def _head(school: str, parents: Mapping[str, Any], heads: Mapping[str, str], first: str) -> str:
    for _each in range(len(parents) + 1):
        if school in heads:
            return school
        school = str(parents.get(school))
    return first
