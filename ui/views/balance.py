"""Seats against entrants, by zone and year, under the plan a page looks at."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import streamlit as st

from gis import maps
from planning import seats
from planning.project import Project
from ui.state import Context
from ui.views import plan as plans


@st.cache_resource(max_entries=8, show_spinner=False)
def _counts(key: str, stage: str, years: tuple[int, ...], _project: Project) -> dict[int, pd.Series | None]:
    """Return the entrants of each year by unit: kept, so that a stroke does not group the register anew."""
    children, system = _project.layers["children"], _project.stage_system
    return {year: seats.demand(children, stage, year, system=system) for year in years}


@st.cache_resource(max_entries=32, show_spinner=False)
def _balance(
    key: str, stage: str, years: tuple[int, ...], plan: plans.Placed, _project: Project
) -> pd.DataFrame:
    layers = _project.layers
    return seats.balance(
        plans.unplaced(plan),
        layers["children"],
        layers["schools"],
        years,
        stage=stage,
        system=_project.stage_system,
        counts=_counts(key, stage, years, _project),
    )


def balance(context: Context, plan: pd.Series) -> pd.DataFrame:
    """Return zone_id, year, entrants, seats, gap, load, level from the planning year to five years on."""
    return _balance(
        context.project.key, context.stage, tuple(context.years), plans.placed(plan), context.project
    )


def of_year(context: Context, plan: pd.Series) -> pd.DataFrame:
    """Return the balance of the chosen year, with the zones' names, fullest first."""
    rows = balance(context, plan)
    rows = rows[rows["year"] == context.year]
    names = plans.zone_names(context.project.key, context.stage, context.project)
    named = rows.assign(zone=rows["zone_id"].map(names))
    return named.sort_values("load", ascending=False, na_position="last").reset_index(drop=True)


@st.cache_resource(max_entries=16, show_spinner=False)
def _shapes(key: str, plan: plans.Placed, _project: Project) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    units = plans.units_on_the_ground(_project.key, _project)
    return maps.dissolve(units, plans.unplaced(plan), tolerance=maps.TOLERANCE)


def unit_shapes(context: Context, plan: pd.Series) -> gpd.GeoDataFrame:
    """Return the units with their territories, simplified so that they share the zones' borders."""
    return _shapes(context.project.key, plans.placed(plan), context.project)[0]


def zone_shapes(context: Context, plan: pd.Series) -> gpd.GeoDataFrame:
    """Return the zones of a plan, dissolved from their units' territories, with their balance of the year."""
    shapes = _shapes(context.project.key, plans.placed(plan), context.project)[1]
    return shapes.merge(of_year(context, plan), on="zone_id", how="left", validate="1:1")
