"""The board to paint the chosen plan on, with the table of its zones beside it."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

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
_SHOWN = "zones-board-shown"


def waiting(context: Context) -> DeltaGenerator:
    """Say, where the board will stand, that it is being loaded; return the place, to be emptied then.

    Said once a project and stage: a board that stands is drawn again without words coming and going.
    """
    place = st.empty()
    if st.session_state.get(_SHOWN) != (context.project.key, context.stage):
        place.info(_("地图正在载入:先读单元和步行距离。单元多的项目第一次打开要几十秒。"))
    return place


def draw(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw board and table side by side, judged by the rules of the draft's search."""
    under, said = warned.live(context, desk, found)
    left, right = st.columns([2, 1])
    with left:
        board.draw(context, desk, under, warnings=said)
    with right:
        rows, widths = views.zone_table(context, under), {"zone": NAME_WIDTH}
        widgets.table(rows, key="zones-table", height=HEIGHT, widths=widths)
    st.session_state[_SHOWN] = (context.project.key, context.stage)


def html(context: Context, found: Assessment) -> str:
    """Return the one-file map of the plan, with what is locked, cut off and moved."""
    return maps.plan_map(context, found, title=_("片区方案"), source=plan_name(context))
