"""By which rules a plan is judged: those of its last search, or the plain ones only."""

from __future__ import annotations

import streamlit as st

from gis.faults import FaultError
from ui import widgets
from ui.state import Context
from ui.texts import _
from ui.views import edits, ruled
from ui.views.edits import Desk
from ui.views.zones import Assessment


def after(context: Context, desk: Desk, under: Assessment, changed: Assessment) -> Assessment:
    """Return a changed plan judged by the rules that the plan before the change is judged by."""
    if under.ruled is None:
        return changed
    return ruled.judged(context, desk, changed) or changed


def judged(context: Context, desk: Desk, found: Assessment) -> Assessment:
    """Draw the switch, where the plan comes from a search under rules; return what it is judged by."""
    try:
        under = ruled.judged(context, desk, found)
    except FaultError:
        st.caption(_("上次优化的可选规则与现在的数据已不相符,这里只按一般规则判断。"))
        return found
    if under is None or under.ruled is None:
        return found
    if st.toggle(_("只按一般规则判断"), key=ruled.PLAIN):
        return found
    told = _(
        "按 {when} 优化时规划人员设定的可选规则判断,此后的手工改动也按它们判断:{rules}。",
        when=under.ruled.when,
        rules=widgets.escape(ruled.words(under.ruled.search.rules)),
    )
    if spared := under.ruled.posed.spared:
        who = widgets.escape(edits.unit_words(context, spared))
        told += _("做不到而除外的单元:{units}。", units=who)
    st.caption(told)
    return under
