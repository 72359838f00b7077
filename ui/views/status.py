"""What the page 现状 shows: classes by size, schools and rules, all of the latest class roster."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import streamlit as st

from gis import hotspots
from planning import indicators, policy, rules, stages
from planning.project import Project
from ui.state import Context
from ui.views import plan as plans

OVERSIZED, VERY_OVERSIZED = 56, 66


def roster_year(project: Project) -> int:
    """Return the school year of the latest class roster (班额所属学年)."""
    return int(project.layers["classes"]["year"].max())


@st.cache_resource(max_entries=8, show_spinner=False)
def distribution(key: str, _project: Project) -> pd.DataFrame:
    """Return stage, bin, classes, share: every class counted in the bin of its own size."""
    return indicators.class_distribution(_project.layers["classes"], system=_project.stage_system)


@st.cache_resource(max_entries=8, show_spinner=False)
def by_school(key: str, stage: str, _project: Project) -> gpd.GeoDataFrame:
    """Return the schools of a stage that have classes, with a count of classes for each bin."""
    bins = hotspots.class_bins(
        _project.layers["classes"], primary_grades=stages.primary_years(_project.stage_system)
    )
    names = hotspots.bin_labels()
    counted = (
        bins[bins["stage"] == stage]
        .groupby("school_id")
        .agg({**dict.fromkeys([*names, "classes"], "sum"), "largest": "max"})
    )
    counted["oversized"] = counted[names[3:]].sum(axis=1)
    counted["very_oversized"] = counted[names[5:]].sum(axis=1)
    schools = _project.layers["schools"]
    return schools.merge(counted, left_on="school_id", right_index=True, how="inner", validate="1:1")


@st.cache_resource(max_entries=8, show_spinner=False)
def by_grade(key: str, stage: str, _project: Project) -> pd.DataFrame:
    """Return grade, bin, classes of one stage."""
    bins = hotspots.class_bins(
        _project.layers["classes"], primary_grades=stages.primary_years(_project.stage_system)
    )
    rows = bins[bins["stage"] == stage]
    return (
        rows.groupby("grade")[hotspots.bin_labels()]
        .sum()
        .reset_index()
        .melt(id_vars="grade", var_name="bin", value_name="classes")
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def clusters(key: str, stage: str, _project: Project) -> pd.DataFrame:
    """Return the local statistic Gi* of the number of classes of 56 and more, corrected for many tests."""
    schools = by_school(key, stage, _project)
    return hotspots.getis_ord(schools, schools["oversized"].astype(float))


def worst(schools: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the schools with classes of 56 and more, worst first."""
    over = schools[schools["oversized"] > 0].sort_values(
        ["very_oversized", "oversized", "largest"], ascending=False
    )
    columns = ["name", "district", "town", "classes", "oversized", "very_oversized", "largest"]
    return pd.DataFrame(over[[c for c in columns if c in over]]).reset_index(drop=True)


def rule_table(context: Context) -> pd.DataFrame:
    """Return every rule in force held against the data: found, threshold, passed, source, confidence."""
    project = context.project
    year = roster_year(project)
    in_force = policy.in_force(project.packs, on=policy.school_year_day(year))
    plan = plans.in_force(project, context.stage, context.year)
    facts = rules.Facts(
        year=year,
        schools=pd.DataFrame(project.layers["schools"].drop(columns="geometry")),
        classes=project.layers["classes"],
        system=project.stage_system,
        enrolment=project.layers.get("enrolment"),
        walks=plans.walks(context, plan),
        plans={context.stage: plan},
        walk_speed=project.walk_speed,
    )
    table = rules.evaluate(in_force, facts)
    return table[table["stage"].isin([context.stage, "both", "all", "nine_year"])]
