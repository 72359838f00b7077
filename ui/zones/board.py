"""The map of the chosen plan with the table of its zones beside it. Read-only."""

from __future__ import annotations

import streamlit as st

from ui import widgets
from ui.maps import show
from ui.maps import zones as maps
from ui.state import Context, plan_name
from ui.texts import _
from ui.views import zones as views
from ui.views.zones import Assessment

HEIGHT = 600


def draw(context: Context, found: Assessment) -> None:
    """Draw map and table side by side."""
    left, right = st.columns([3, 2])
    with left:
        show.show(html(context, found), alt=_("片区地图:{plan}", plan=plan_name(context)), height=HEIGHT)
    with right:
        widgets.table(views.zone_table(context, found), key="zones-table", height=HEIGHT)


def html(context: Context, found: Assessment) -> str:
    """Return the one-file map of the plan, with what is locked, cut off and moved."""
    return maps.plan_map(context, found, title=_("片区方案"), source=plan_name(context))
