"""The board to paint the chosen plan on, with the table of its zones beside it."""

from __future__ import annotations

import streamlit as st

from ui import board, widgets
from ui.maps import zones as maps
from ui.state import Context, plan_name
from ui.texts import _
from ui.views import warned
from ui.views import zones as views
from ui.views.edits import Desk
from ui.views.zones import Assessment

HEIGHT = 600
#: Pixels of the column of names, so that the loads stand in sight beside long English ones.
NAME_WIDTH = 116


def draw(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw board and table side by side, judged by the rules of the draft's search."""
    under, said = warned.live(context, desk, found)
    left, right = st.columns([2, 1])
    with left:
        board.draw(context, desk, under, warnings=said)
    with right:
        rows, widths = views.zone_table(context, under), {"zone": NAME_WIDTH}
        widgets.table(rows, key="zones-table", height=HEIGHT, widths=widths)


def html(context: Context, found: Assessment) -> str:
    """Return the one-file map of the plan, with what is locked, cut off and moved."""
    return maps.plan_map(context, found, title=_("片区方案"), source=plan_name(context))
