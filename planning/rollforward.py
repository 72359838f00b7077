"""Rolling forward (转入下一学年): this year's project and next year's files become a project of next year.

The new year is a project of its own, so that the old one stays as it is and can be opened at any time. Here
it is put together in memory, with all that the planner must know before it is opened (`planning.newyear`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.checks import resolve_names
from gis.faults import Fault, errors, register_kinds
from gis.layers import zone_of
from planning import carrying, incoming, lineage, matching, rebasing, seats, stages
from planning.carrying import Fates
from planning.imports import check_layers
from planning.lineage import SUBJECT_WORDS, SUBJECTS
from planning.matching import Matching
from planning.progress import Progress
from planning.project import Project
from planning.rebasing import OPEN, Turn

_LAYERS: Final = {"school": "schools", "unit": "units"}
_IDS: Final = {"school": "school_id", "unit": "unit_id"}
#: Layers that hold several years, and by what a year's rows of next year's file take the place of older ones.
DATED: Final = {
    "enrolment": ("school_id", "year"),
    "classes": ("school_id", "year"),
    "attendance": ("school_id", "year"),
    "births": ("year",),
    "kindergarten": ("year",),
}
_COUNTS: Final = {
    "children": "children",
    "kindergarten": "children",
    "attendance": "pupils",
    "enrolment": "pupils",
    "classes": "pupils",
}
SUMMARY_COLUMNS: Final = (
    "layer", "come", "rows_before", "rows_after", "pupils_before", "pupils_after", "pupils_new", "replaced",
    "left_rows", "left_pupils",
)  # fmt: skip

register_kinds(
    {
        "roll_gone": (
            "{subject}“{name}”（{found}）不在下一年度的数据里，还没有说明去向。请在沿革表中选择更名、合并、拆分或撤销。",
            '{subject} "{name}" ({found}) is not in next year\'s data, and nothing says what became of it. '
            "Choose renamed, merged, split or closed in the lineage table.",
        ),
        "roll_new": (
            "{subject}“{name}”（{found}）是下一年度新出现的，还没有说明来历。请在沿革表中选择新建，或写明由谁而来。",
            '{subject} "{name}" ({found}) is new in next year\'s data, and nothing says where it comes from. '
            "Choose opened in the lineage table, or say what it was before.",
        ),
        "roll_nothing": (
            "还没有下一年度的文件。请先导入学校、小区与村、适龄儿童、在校生等。",
            "no files of next year are here yet. Import schools, units, children, enrolment and so on first.",
        ),
    }
)


@dataclass(frozen=True)
class Carried:
    """What next year's project will hold, and what became of what this year's holds.

    Attributes
    ----------
    layers : mapping of str to DataFrame or GeoDataFrame
        The layers of next year's project.
    summary : DataFrame
        `SUMMARY_COLUMNS`, one row a layer. come: next (file), both, carried. For layers that count pupils
        or children: pupils_before = those in pupils_after that came from this year + replaced + left_pupils.
    left : mapping of str to DataFrame
        Rows that stay behind in this year's project, by layer.
    turn : Turn
        What plans and drafts are turned by.
    outcomes : DataFrame
        stage, from_year and `rebasing.OUTCOME_COLUMNS` of the plans in force; empty where next year's files
        bring the catchments themselves.
    faults : tuple of Fault
        What speaks against opening the year (errors), and what should be known (warnings).
    """

    layers: Mapping[str, pd.DataFrame]
    summary: pd.DataFrame
    left: Mapping[str, pd.DataFrame]
    turn: Turn
    outcomes: pd.DataFrame
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class _Years:
    """Two years: their ids, and what became of them."""

    old: Project
    new: Project
    table: pd.DataFrame
    before: Mapping[str, frozenset[str]] = field(default_factory=dict)
    after: Mapping[str, frozenset[str]] = field(default_factory=dict)
    fates: Mapping[str, Fates] = field(default_factory=dict)

    def frame(self, layer: str) -> pd.DataFrame | None:
        """Return next year's layer, this year's where no file has come for it."""
        return self.new.layers.get(layer, self.old.layers.get(layer))


def _years(old: Project, new: Project, table: pd.DataFrame) -> _Years:
    both = _Years(old, new, table)
    before = {s: _ids(old.layers.get(_LAYERS[s]), s) for s in SUBJECTS}
    after = {s: _ids(both.frame(_LAYERS[s]), s) for s in SUBJECTS}
    fates = {s: lineage.fates(table, s, new.year) for s in SUBJECTS}
    return _Years(old, new, table, before, after, fates)


def _ids(frame: pd.DataFrame | None, subject: str) -> frozenset[str]:
    return frozenset() if frame is None else frozenset(frame[_IDS[subject]].astype("str"))


def matchings(old: Project, new: Project, table: pd.DataFrame) -> dict[str, Matching]:
    """Return how schools and units stand to next year's, for those that next year's files bring.

    Parameters
    ----------
    old, new : Project
        This year's, and what has come in for next year (`planning.incoming`).
    table : DataFrame
        The lineage table as far as it is settled.
    """
    return {
        subject: matching.match(
            old.layers[layer], new.layers[layer], subject=subject, year=new.year, known=table
        )
        for subject, layer in _LAYERS.items()
        if layer in new.layers and layer in old.layers
    }


def undecided(old: Project, new: Project, table: pd.DataFrame) -> list[Fault]:
    """Return an error for each id that is gone or new and of which the lineage table says nothing."""
    faults = []
    for subject, found in matchings(old, new, table).items():
        for how, kind in (("gone", "roll_gone"), ("new", "roll_new")):
            side = "old" if how == "gone" else "new"
            rows = found.pairs[found.pairs["how"] == how]
            faults += [
                Fault(kind, found=str(i), params={"name": str(name), "subject": SUBJECT_WORDS[subject]})
                for i, name in zip(rows[f"{side}_id"], rows[f"{side}_name"], strict=True)
            ]
    return faults


def carry(
    old: Project,
    new: Project,
    table: pd.DataFrame,
    *,
    answers: incoming.Answers | None = None,
    progress: Progress | None = None,
) -> Carried:
    """Put next year's project together in memory.

    Parameters
    ----------
    old, new, table
        As for `matchings`.
    answers : mapping, optional
        Stage -> unit -> zone, for units that the plan in force leaves without one.
    progress : callable, optional
        Called with a share 0 to 1 and a layer.

    Returns
    -------
    Carried
        With every fault; nothing is raised for what the planner can still mend.
    """
    years = _years(old, new, table)
    turn = turned_by(old, new, table)
    layers: dict[str, pd.DataFrame] = {}
    left: dict[str, pd.DataFrame] = {}
    rows = []
    names = [name for name in dict.fromkeys([*old.layers, *new.layers]) if name != "catchments"]
    for number, name in enumerate(names):
        if progress is not None:
            progress(number / max(len(names), 1), name)
        layers[name], left[name], row = _layer(years, name)
        rows.append(row)
    plan, outcomes = _plan(years, turn, answers or {})
    if plan is not None:
        layers["catchments"] = plan
        rows.append(_summary(years, "catchments", plan, left=0))
    layers, said = resolve_names(layers)
    faults = _faults(years, layers, said)
    summary = pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))
    gone = {name: frame for name, frame in left.items() if len(frame)}
    return Carried(layers, summary, gone, turn, outcomes, tuple(faults))


def _faults(years: _Years, layers: Mapping[str, pd.DataFrame], said: Sequence[Fault]) -> list[Fault]:
    own = lineage.check(years.table, year=years.new.year, old=years.before, new=years.after)
    own += lineage.other_years(years.table, years.new.year)
    nothing = [] if len(years.new.layers) else [Fault("roll_nothing")]
    if errors(own) or nothing:
        return [*nothing, *own, *undecided(years.old, years.new, years.table)]
    own += undecided(years.old, years.new, years.table)
    return [*own, *said, *check_layers(layers, stage_system=years.old.stage_system)]


def _layer(years: _Years, name: str) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Return a layer of next year, the rows that stay behind, and what is to be said of it."""
    old, new = years.old.layers.get(name), years.new.layers.get(name)
    if old is None or (new is not None and name not in DATED):
        assert new is not None
        frame = _with_zones(years, new) if name == "schools" else new
        row = _summary(years, name, frame, left=0)
        return frame, new.iloc[:0], {**row, "replaced": row["pupils_before"]}
    carried, left = carrying.carry(old, name, years.fates, known=years.after)
    kept, replaced = _kept(carried, new, DATED.get(name, ()))
    frame = kept if new is None else pd.concat([kept, new], ignore_index=True)
    if isinstance(old, gpd.GeoDataFrame):
        frame = gpd.GeoDataFrame(frame, geometry="geometry", crs=old.crs)
    count = _COUNTS.get(name)
    row = _summary(years, name, frame, left=len(left))
    if count:
        row |= {"left_pupils": _sum(left, count), "replaced": _sum(replaced, count)}
    return frame, left, row


def _kept(
    carried: pd.DataFrame, new: pd.DataFrame | None, keys: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the carried rows that next year's file has nothing for, and those it has."""
    if new is None:
        return carried, carried.iloc[:0]
    there = pd.MultiIndex.from_frame(new[list(keys)].drop_duplicates())
    taken = pd.MultiIndex.from_frame(carried[list(keys)]).isin(there)
    return carried[~taken], carried[taken]


def _summary(years: _Years, name: str, frame: pd.DataFrame, *, left: int) -> dict[str, Any]:
    old, new = years.old.layers.get(name), years.new.layers.get(name)
    come = "carried" if new is None else "both" if old is not None and name in DATED else "next"
    row: dict[str, Any] = dict.fromkeys(SUMMARY_COLUMNS)
    row |= {"layer": name, "come": come, "rows_after": len(frame), "left_rows": left}
    row["rows_before"] = 0 if old is None else len(old)
    if count := _COUNTS.get(name):
        row["pupils_before"] = 0 if old is None else _sum(old, count)
        row |= {"pupils_after": _sum(frame, count), "left_pupils": 0, "replaced": 0}
        row["pupils_new"] = 0 if new is None else _sum(new, count)
    return row


def _sum(frame: pd.DataFrame, column: str) -> int:
    return int(frame[column].fillna(0).sum())


def _with_zones(years: _Years, schools: pd.DataFrame) -> pd.DataFrame:
    """Return next year's schools in the zones they had, where the file does not say a word about zones."""
    old = years.old.layers.get("schools")
    if "zone_id" in schools or old is None or "zone_id" not in old:
        return schools
    zones = dict(zip(old["school_id"], old["zone_id"].astype("str"), strict=True))
    origins: dict[str, list[str]] = {}
    for one in zones:
        for to, _share in years.fates["school"].get(one, ((one, 1.0),)):
            origins.setdefault(to, []).append(one)
    found = []
    for school in schools["school_id"]:
        before = origins.get(school, [])
        whole = len(before) == 1 and len(years.fates["school"].get(before[0], ((school, 1.0),))) == 1
        zone = zones[before[0]] if whole else None
        # a zone named after a school goes by that school's new id
        heirs = years.fates["school"].get(zone or "", ((zone, 1.0),))
        found.append(heirs[0][0] if len(heirs) == 1 else None)
    return schools.assign(zone_id=pd.Series(found, schools.index, dtype="str"))


def turned_by(old: Project, new: Project, table: pd.DataFrame) -> Turn:
    """Return what plans and drafts are turned by: units that changed or are new, zones that changed."""
    years = _years(old, new, table)
    fates = years.fates["unit"]
    changed = {unit: tuple(to for to, _share in heirs) for unit, heirs in fates.items()}
    moved = {unit: tos for unit, tos in changed.items() if tos != (unit,)}
    reached = {to for tos in changed.values() for to in tos}
    added = years.after["unit"] - years.before["unit"] - reached
    zones = {stage: _zone_heirs(years, stage) for stage in stages.STAGES}
    return Turn(new.year, moved, {s: found for s, found in zones.items() if found}, tuple(sorted(added)))


def _zone_heirs(years: _Years, stage: str) -> dict[str, tuple[str, ...]]:
    """Return the zones of a stage that changed, with the zones of the schools that took their place."""
    before, after = years.old.layers.get("schools"), years.frame("schools")
    if before is None or after is None:
        return {}
    after = _with_zones(years, after)
    system = years.old.stage_system
    then = after.assign(zone=zone_of(after))[seats.teaches(after, stage, system=system)].dropna(subset="zone")
    zone_then = dict(zip(then["school_id"], then["zone"], strict=True))
    now = before.assign(zone=zone_of(before))[seats.teaches(before, stage, system=system)]
    found: dict[str, tuple[str, ...]] = {}
    for zone, part in now.dropna(subset="zone").groupby("zone"):
        heirs = [
            to for school in part["school_id"] for to, _ in years.fates["school"].get(school, ((school, 1),))
        ]
        tos = tuple(sorted({zone_then[to] for to in heirs if to in zone_then}))
        if tos != (zone,):
            found[str(zone)] = tos
    return found


def _no_outcomes() -> pd.DataFrame:
    columns = ["stage", "from_year", *rebasing.OUTCOME_COLUMNS]
    return pd.DataFrame(columns=columns).astype({"from_year": "int64"})


def _plan(years: _Years, turn: Turn, answers: incoming.Answers) -> tuple[pd.DataFrame | None, pd.DataFrame]:
    """Return the plans in force under next year's ids, and what became of each unit in each."""
    if "catchments" in years.new.layers:
        return years.new.layers["catchments"], _no_outcomes()
    old = years.old.layers.get("catchments")
    if old is None:
        return None, _no_outcomes()
    plans, told = [], [_no_outcomes()]
    latest = old.groupby("stage")["from_year"].max().to_dict()
    for stage, year in old[["stage", "from_year"]].drop_duplicates().itertuples(index=False):
        rows = old[(old["stage"] == stage) & (old["from_year"] == year)]
        zones = dict(zip(rows["unit_id"], rows["zone_id"], strict=True))
        turned = rebasing.turned(zones, stage, turn)
        if year == latest[stage]:
            turned |= {u: z for u, z in answers.get(stage, {}).items() if turned.get(u, "") is None}
            told.append(rebasing.outcomes(zones, stage, turn).assign(stage=stage, from_year=int(year)))
        placed = {unit: zone for unit, zone in turned.items() if zone is not None}
        found = {"unit_id": list(placed), "zone_id": list(placed.values())}
        plans.append(pd.DataFrame({"stage": stage, "from_year": int(year), **found}))
    whole = pd.concat(plans, ignore_index=True)[["stage", "from_year", "unit_id", "zone_id"]]
    outcomes = pd.concat(told, ignore_index=True)[list(_no_outcomes().columns)]
    return whole.astype({"unit_id": "str", "zone_id": "str"}), outcomes


def open_units(carried: Carried, answers: incoming.Answers) -> pd.DataFrame:
    """Return the units of next year that the plan in force leaves without a zone: stage, unit_id, kind."""
    rows = carried.outcomes[carried.outcomes["kind"].isin(OPEN) & carried.outcomes["to_unit"].notna()]
    left = rows.drop_duplicates(["stage", "to_unit"]).rename(columns={"to_unit": "unit"})
    done = [u in answers.get(s, {}) for s, u in zip(left["stage"], left["unit"], strict=True)]
    waiting = left[~np.array(done, dtype=bool)][["stage", "unit", "kind", "unit_id", "zone_id"]]
    return waiting.reset_index(drop=True)
