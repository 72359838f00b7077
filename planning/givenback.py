"""Where the units of a zone that is parted go (拆开片区): back to where they were, else by walk and seats."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from gis.faults import FaultError
from planning import drafts, several, spatial, zoneproblem
from planning.project import Project
from planning.rebasing import Turn
from planning.store import DraftStore
from zoning.within import share_out


@dataclass(frozen=True)
class Heirs:
    """What a zone parts into in one stage: walks (unit x new zone, metres), seats by new zone, pupils."""

    zone: str
    walks: pd.DataFrame
    seats: pd.Series
    pupils: pd.Series

    def give(self, units: pd.Series, was: Mapping[str, str]) -> dict[str, str]:
        """Return the new zone of each unit: the one it had, else by walk within the seats that are left."""
        given = {u: was[u] for u in units if was.get(u) in self.walks}
        rest = [u for u in units if u not in given]
        if self.walks.empty or not rest:
            return {**dict.fromkeys(rest, self.zone), **given}
        taken = self.pupils.reindex(list(given), fill_value=0).groupby(pd.Series(given, dtype="str")).sum()
        room = (self.seats - taken.reindex(self.seats.index, fill_value=0)).clip(lower=0)
        found = share_out(self.pupils.reindex(rest, fill_value=0), self.walks.reindex(rest), room)
        return {**{str(u): str(z) for u, z in found.fillna(self.zone).items()}, **given}

    def nearest(self) -> dict[str, str]:
        """Return the nearest of the new zones of every unit that has a walk to one."""
        known = self.walks.dropna(how="all")
        return {str(u): str(z) for u, z in known.idxmin(axis=1).items()} if len(known) else {}


def heirs(project: Project, stage: str, zone: str, parted: Mapping[str, str]) -> Heirs:
    """Return what a zone parts, or has been parted, into; `parted` is the new zone of each of its schools."""
    rows = several.members(project, stage)
    rows = rows[rows["school_id"].astype("str").isin(list(parted)) & rows["entry"]]
    target = rows["school_id"].map(dict(parted)).astype("str")
    walks = spatial.travel(project, stage).pivot(index="unit_id", columns="school_id", values="metres")
    near = walks.reindex(columns=rows["school_id"]).T.groupby(target.to_numpy()).min().T
    try:
        pupils = zoneproblem.demand(project, stage, project.year)
    except FaultError:  # nobody is registered for the year: by walk alone
        pupils = pd.Series(0, index=near.index)
    room = rows["intake"].groupby(target).sum()
    if rows["intake"].isna().any():
        room = pd.Series(int(pupils.sum()), index=room.index)
    return Heirs(zone, near, room.astype("int64"), pupils)


def given_back(
    store: DraftStore,
    draft: str,
    zone: str,
    heirs: Mapping[str, Heirs],
    usual: Mapping[str, Mapping[str, str]],
    year: int,
) -> drafts.Op:
    """Return the step that parts a zone in a draft: units go where they were in it, else in force."""
    before = _before(store, draft, zone)
    given = {}
    for key, plan in store.state(draft).plans.items():
        had = {str(u): str(z) for u, z in before.plan(*key).dropna().items()}
        units = pd.Series(plan.index[plan.eq(zone).fillna(False)], dtype="str")
        given[key] = heirs[key[0]].give(units, {**usual[key[0]], **had})
    return step(zone, heirs, year, given)


def step(
    zone: str,
    heirs: Mapping[str, Heirs],
    year: int,
    given: Mapping[tuple[str, int], Mapping[str, str]] | None = None,
) -> drafts.Op:
    """Return the step that parts a zone, with the new zones of the units of each plan."""
    zones = {
        each: {zone: tuple(map(str, own.walks.columns))}
        for each, own in heirs.items()
        if len(own.walks.columns)
    }
    op = drafts.rebase(Turn(year, zones=zones, given=given or {}))
    return drafts.Op(op.kind, {**op.payload, "part": zone})


def completed(
    store: DraftStore, draft: str, payload: Mapping[str, Any], near: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Return a parting as the draft now needs it, for units too that came into the zone since it was written.

    Parameters
    ----------
    payload : mapping
        Of the step as it was written down; one that parts no zone is returned as it is.
    near : mapping of stage to mapping of str to str
        Where units go of which the draft does not know where they were.
    """
    zone = payload.get("part")
    if zone is None:
        return dict(payload)
    turn, before = Turn.of(payload), _before(store, draft, zone)
    given = dict(turn.given)
    for key, plan in store.state(draft).plans.items():
        tos = turn.zones.get(key[0], {}).get(zone, ())
        had = before.plan(*key).dropna().to_dict()
        wishes = (given.get(key, {}), had, near.get(key[0], {}))
        here = [str(u) for u in plan.index[plan.eq(zone).fillna(False)]] if tos else []
        given[key] = {u: str(next((z for wish in wishes if (z := wish.get(u)) in tos), tos[0])) for u in here}
    return {**payload, **replace(turn, given=given).payload()}


def _before(store: DraftStore, draft: str, zone: str) -> drafts.DraftState:
    """Return a draft as it was drawn before a zone was last joined; empty if it was not."""
    steps = store.steps(draft)  # a copy was joined as the draft that it comes from
    joins = [n for n, op in enumerate(steps) if (op.payload.get("join") or [""])[0] == zone]
    return drafts.fold(steps[: joins[-1]]) if joins else drafts.DraftState()
