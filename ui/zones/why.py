"""Why does this unit go there? The schools it could have, in words, with a sentence to read out."""

from __future__ import annotations

import streamlit as st

from ui import widgets
from ui.state import Context, plan_name
from ui.texts import _
from ui.views import why as views
from ui.views import zones
from ui.views.zones import Assessment
from ui.zones.moving import unit_names


def panel(context: Context, found: Assessment) -> None:
    """Draw the choice of one unit, the sentence, and the table of its schools."""
    names = unit_names(context, found)
    unit = st.selectbox(
        _("单元(可按名称搜索)"),
        list(names),
        index=None,
        format_func=lambda key: names.get(key, key),
        placeholder=_("输入小区或村名"),
        key="why-unit",
    )
    if unit is None:
        widgets.empty(_("选择一个单元,看它为什么划入现在的片区、还能去哪里。"))
        return
    rows = views.options(context, found, unit)
    with st.container(border=True, key="why-sentence"):
        st.markdown(widgets.escape(views.sentence(context, found, unit, rows)))
        st.caption(_("可照读。依据:{plan}、适龄儿童登记、招生计划、步行距离。", plan=plan_name(context)))
    if words := views.walk(context, found, unit):
        st.caption(words)
    if zones.unit_estimated(context, found, unit):
        st.caption(_("这个单元的步行距离为估算(直线距离 × {detour})。", detour=context.project.detour))
    widgets.table(views.table(context, rows), key="why-table")
