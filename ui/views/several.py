"""What a zone of several schools means for a unit: a ballot, or a teaching point and its centre school."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from gis.faults import FaultError
from planning import several, spatial, zoneproblem
from planning.project import Project
from ui import widgets
from ui.state import Context
from ui.texts import _
from ui.views import plan as plans


@st.cache_resource(max_entries=8, show_spinner=False)
def _members(key: str, stage: str, _project: Project) -> pd.DataFrame:
    return several.members(_project, stage)


@st.cache_resource(max_entries=8, show_spinner=False)
def _bands(key: str, stage: str, year: int, plan: plans.Placed, _project: Project) -> pd.DataFrame:
    demand = zoneproblem.demand(_project, stage, year)
    return several.bands(_project, plans.unplaced(plan), demand, stage)


def said(context: Context, plan: pd.Series, stage: str, unit: str) -> str:
    """Return what to add about a unit whose zone has a ballot or a teaching point; "" for any other."""
    rows = _members(context.project.key, stage, context.project)
    rows = rows[rows["zone_id"].eq(str(plan.get(unit)))]
    if rows["ballot"].any():
        return _ballot(context, rows[rows["entry"]], stage, unit)
    return bands(context, plan, stage).get(unit, "")


def _ballot(context: Context, rows: pd.DataFrame, stage: str, unit: str) -> str:
    travel = spatial.travel(context.project, stage)
    walks = travel[travel["unit_id"].eq(unit)].set_index("school_id")["metres"]
    schools = [
        _(
            "{school}(招生计划 {intake} 人,步行 {walk})",
            school=row["name"],
            intake=widgets.whole(row["intake"]),
            walk=widgets.metres(walks.get(row["school_id"], float("nan"))),
        )
        for row in rows.to_dict("records")
    ]
    return _(
        "本片区为多校划片,报名人数超出时由随机派位确定学校,不保证去最近的一所:{schools}。",
        schools=_(";").join(schools),
    )


def bands(context: Context, plan: pd.Series, stage: str) -> dict[str, str]:
    """Return by unit what to add where a teaching point teaches the young and another school the others."""
    project = context.project
    rows = _members(project.key, stage, project)
    partial = set(rows.loc[rows["highest"].lt(project.grades(stage)[-1]), "zone_id"])
    if not plan.isin(partial).any():
        return {}
    try:
        found = _bands(project.key, stage, context.year, plans.placed(plan), project)
    except FaultError:  # nobody is registered for the year: there is nothing to share out
        return {}
    found = found[found["lower_school"].notna()]
    return {str(row["unit_id"]): _band_words(project, row) for row in found.to_dict("records")}


def _band_words(project: Project, row: Mapping[Any, Any]) -> str:
    if pd.isna(row["upper_from"]):  # of the school that teaches all grades, the walk says enough
        return ""
    names = dict(zip(project.layers["schools"]["school_id"], project.layers["schools"]["name"], strict=True))
    grade = int(row["upper_from"])
    low = _(
        "按招生计划测算,{grade} 年级及以下在{school}就读,步行约 {walk}。",
        grade=grade - 1,
        school=names[row["lower_school"]],
        walk=widgets.metres(row["lower_metres"]),
    )
    if pd.isna(row["upper_school"]):
        return low + _("{grade} 年级起由哪所学校接收,学校数据中没有写明。", grade=grade)
    return low + _(
        "{grade} 年级起到{school}就读,步行约 {walk}。",
        grade=grade,
        school=names[row["upper_school"]],
        walk=widgets.metres(row["upper_metres"]),
    )
