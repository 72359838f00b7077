"""The plan a page looks at: the one in force, or that of the chosen draft."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import streamlit as st

from planning import attended, drafts, seats, spatial, zoneproblem
from planning.project import Project
from planning.walkbook import WalkBook
from ui.state import Context, draft_state

Placed = str
"""A plan as one text: hashed as a cache key in a millisecond, where nested tuples take half a second."""


@st.cache_resource(max_entries=8, show_spinner=False)
def in_force_state(key: str, _project: Project) -> drafts.DraftState:
    """Return the catchments in force (现行片区) as a draft state, so that every plan is read alike."""
    if not _project.has("catchments"):
        return drafts.DraftState()
    return drafts.fold(drafts.plans(_project.layers["catchments"]))


def in_force(project: Project, stage: str, year: int) -> pd.Series:
    """Return unit_id -> zone_id of the plan in force for a stage and year; empty where there is none."""
    return in_force_state(project.key, project).plan(stage, year)


def current(context: Context) -> pd.Series:
    """Return the plan of the chosen draft, or the one in force where no draft is chosen or it has none."""
    state = draft_state(context)
    plan = state.plan(context.stage, context.year) if state else pd.Series(dtype="str")
    return plan if len(plan) else in_force(context.project, context.stage, context.year)


@st.cache_resource(max_entries=8, show_spinner=False)
def zone_names(key: str, stage: str, _project: Project) -> pd.Series:
    """Return zone_id -> name: that of its school, or of its schools joined by 、."""
    schools = seats.zoned(_project.layers["schools"], stage, system=_project.stage_system)
    return schools.groupby("zone_id")["name"].agg(lambda names: "、".join(sorted(set(map(str, names)))))


@st.cache_resource(max_entries=8, show_spinner=False)
def units_on_the_ground(key: str, _project: Project) -> gpd.GeoDataFrame:
    """Return the units with their territories: what the map draws and a catchment is dissolved from."""
    shapes = spatial.territories(_project)
    facts = pd.DataFrame(_project.layers["units"].drop(columns="geometry"))
    return shapes.merge(facts, on="unit_id", how="left", validate="1:1")


def placed(plan: pd.Series) -> Placed:
    """Return a plan as text, fit for a cache key."""
    held = plan.dropna()
    return json.dumps(dict(zip(held.index.astype(object), held.astype(object), strict=True)))


def unplaced(plan: Placed) -> pd.Series:
    """Return the plan that `placed` wrote, unit_id -> zone_id."""
    return pd.Series(json.loads(plan), dtype="str", name="zone_id").rename_axis("unit_id")


@st.cache_resource(max_entries=4, show_spinner=False)
def book(key: str, stage: str, _project: Project) -> WalkBook:
    """Return the walks of every unit to every zone of a stage."""
    return WalkBook.of(_project, stage)


@st.cache_resource(max_entries=12, show_spinner=False)
def _demand(key: str, stage: str, year: int, _project: Project) -> pd.Series:
    """Return the entrants by unit: kept, as no plan changes them."""
    return zoneproblem.demand(_project, stage, year)


@st.cache_resource(max_entries=16, show_spinner=False)
def _walks(key: str, stage: str, year: int, plan: Placed, _project: Project) -> pd.DataFrame:
    zones = unplaced(plan)
    travel = book(key, stage, _project).under(zones)
    return attended.walks(_project, zones, stage, _demand(key, stage, year, _project), travel=travel)


def walks(context: Context, plan: pd.Series) -> pd.DataFrame:
    """Return each unit's walk to its school under `plan`: see `planning.attended.walks`."""
    return _walks(context.project.key, context.stage, context.year, placed(plan), context.project)
