"""What the page 总览 lists: everything of the plan and the classes that waits for a decision."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from planning import seats, zoneproblem
from planning.project import Project
from ui import widgets
from ui.state import Context
from ui.texts import _
from ui.views import balance, status
from ui.views import plan as plans
from ui.views.levels import percent

NEARER = 0.5  # a school at half the walk, with a way there, is worth asking about


@dataclass(frozen=True)
class Decision:
    """One thing that waits for a decision: what it is, where, and the page that deals with it."""

    what: str
    where: str
    page: str


def totals(context: Context, plan: pd.Series) -> pd.DataFrame:
    """Return entrants, seats, seats lacking and zones by level for each year from now to five years on."""
    return seats.totals(balance.balance(context, plan))


def decisions(context: Context, plan: pd.Series) -> list[Decision]:
    """Return what waits for a decision, most urgent first."""
    return [
        *_full_zones(context, plan),
        *_large_classes(context),
        *_far_units(context, plan),
        *_faults(context, plan),
    ]


def _full_zones(context: Context, plan: pd.Series) -> list[Decision]:
    rows = balance.of_year(context, plan)
    red = rows[rows["level"].eq("red") & rows["gap"].gt(0)].nlargest(3, "gap")
    return [
        Decision(
            _(
                "{zone}:入学 {entrants} 人,计划 {seats} 人",
                zone=row.zone,
                entrants=row.entrants,
                seats=row.seats,
            ),
            _("负荷 {load}", load=percent(float(str(row.load)))),
            "zones",
        )
        for row in red.itertuples()
    ]


def _large_classes(context: Context) -> list[Decision]:
    if not context.project.has("classes"):
        return []
    schools = status.worst(status.by_school(context.project.key, context.stage, context.project))
    worst = schools[schools["very_oversized"] > 0].head(2)
    return [
        Decision(
            _("{school}:{n} 个班在 66 人及以上", school=row.name, n=row.very_oversized),
            _("最大班 {n} 人", n=row.largest),
            "status",
        )
        for row in worst.itertuples(index=False)
    ]


def _far_units(context: Context, plan: pd.Series) -> list[Decision]:
    far = far_units(context.project.key, context.stage, plans.placed(plan), context.project)
    units = dict(context.project.layers["units"][["unit_id", "name"]].to_numpy().tolist())
    names = dict(plans.zone_names(context.project.key, context.stage, context.project))
    return [
        Decision(
            _("{unit} 划入 {zone},另有更近的 {near}", unit=units[unit], zone=names[zone], near=names[near]),
            _("步行 {far},另一所 {near}", far=widgets.metres(metres), near=widgets.metres(nearer)),
            "zones",
        )
        for unit, zone, metres, near, nearer in far.head(3).itertuples(index=False, name=None)
    ]


@st.cache_resource(max_entries=16, show_spinner=False)
def far_units(key: str, stage: str, plan: plans.Placed, _project: Project) -> pd.DataFrame:
    """Return the units whose walk is at least twice that to another school, most metres to win first."""
    from planning import spatial

    travel = spatial.zone_travel(_project, stage)
    nearest = travel.loc[travel.groupby("unit_id")["metres"].idxmin(), ["unit_id", "zone_id", "metres"]]
    nearest = nearest.rename(columns={"zone_id": "near", "metres": "near_metres"})
    placed = plans.unplaced(plan).reset_index()
    rows = placed.merge(travel, on=["unit_id", "zone_id"]).merge(nearest, on="unit_id")
    far = rows[(rows["near_metres"] < rows["metres"] * NEARER) & (rows["metres"] > 1000)]
    order = (far["metres"] - far["near_metres"]).sort_values(ascending=False).index
    return far.loc[order, ["unit_id", "zone_id", "metres", "near", "near_metres"]].reset_index(drop=True)


def _faults(context: Context, plan: pd.Series) -> list[Decision]:
    broken = breaks(context, plan)
    counted = broken["kind"].value_counts() if len(broken) else pd.Series(dtype=int)
    found = []
    if n := int(counted.get("cut_off", 0)):
        found.append(Decision(_("{n} 个单元与本片区学校不相连(飞地)", n=n), "", "zones"))
    if n := int(plan.isna().sum()):
        found.append(Decision(_("{n} 个单元还没有划入片区", n=n), "", "zones"))
    return found


def breaks(context: Context, plan: pd.Series) -> pd.DataFrame:
    """Return every rule break of a plan as the engine sees it: see `zoning.check.check`."""
    return _breaks(context.project.key, context.stage, context.year, plans.placed(plan), context.project)


@st.cache_resource(max_entries=16, show_spinner=False)
def _breaks(key: str, stage: str, year: int, plan: plans.Placed, _project: Project) -> pd.DataFrame:
    from zoning.check import check

    problem = zoneproblem.build(_project, stage, year)
    return check(problem, zoneproblem.fitting(problem, plans.unplaced(plan)))
