"""The colours of a plan's zones: one function for the board, the maps of the review and the one-file maps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from gis import colouring
from gis.faults import FaultError
from ui.state import Context
from ui.views import plan as plans
from ui.views import zones as views
from ui.views.plan import Placed


def colours(context: Context, plan: pd.Series) -> dict[str, str]:
    """Return the colour of each zone under a plan: that of the plan in force unless neighbours were alike.

    It depends on the plan in force and on `plan` alone: two people see the same, and an undone step brings
    the colours back.
    """
    return _of_plan(context.project.key, context.stage, context.year, plans.placed(plan), context)


@st.cache_resource(max_entries=32, show_spinner=False)
def _of_plan(key: str, stage: str, year: int, plan: Placed, _context: Context) -> dict[str, str]:
    zones, usual = plans.unplaced(plan), _usual(key, stage, year, _context)
    return colouring.settled(set(zones) | set(usual), _meeting(_context, zones), usual=usual)


@st.cache_resource(max_entries=8, show_spinner=False)
def _usual(key: str, stage: str, year: int, _context: Context) -> dict[str, str]:
    """Return the colours of the plan in force; units without one count to the nearest zone on foot."""
    zones = plans.in_force(_context.project, stage, year).dropna()
    near = _nearest(_context)
    base = zones.combine_first(near)
    return colouring.settled(set(base) | _zones(_context), _meeting(_context, base))


def _nearest(context: Context) -> pd.Series:
    try:
        problem = views.problem(context)
    except FaultError:  # said where the plan is held against the rules; colours do not need it
        return pd.Series(dtype="str")
    reached = np.isfinite(problem.metres).any(axis=1)
    zone = problem.zone_ids[problem.metres.argmin(axis=1)]
    return pd.Series(zone, index=problem.unit_ids)[reached]


def _zones(context: Context) -> set[str]:
    return set(map(str, plans.zone_names(context.project.key, context.stage, context.project).index))


def _meeting(context: Context, plan: pd.Series) -> set[tuple[str, str]]:
    units, pairs = _touching(context.project.key, context)
    return colouring.contacts(pairs, plan.reindex(units).astype(object).to_numpy())


@st.cache_resource(max_entries=4, show_spinner=False)
def _touching(key: str, _context: Context) -> tuple[pd.Index, np.ndarray]:
    """Return the units and the pairs of their positions that touch on the map, rivers or not."""
    units = plans.units_on_the_ground(key, _context.project)
    return pd.Index(units["unit_id"]), colouring.touching(units.geometry.to_numpy())
