"""The rules that the plan breaks, each with its clause, and every case of them."""

from __future__ import annotations

import streamlit as st

from ui import widgets
from ui.maps import breaks as maps
from ui.maps.show import show
from ui.state import Context
from ui.texts import _
from ui.views import breaks as views
from ui.views.edits import Desk
from ui.views.zones import Assessment
from ui.zones import judging


def panel(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw one row a rule, and the cases of the one chosen."""
    found = judging.judged(context, desk, found)
    every = views.broken(context, found)
    if not every:
        widgets.empty(_("没有违反任何规则。"))
        return
    st.caption(
        _(
            "“硬性”是引擎必须满足的要求;“自设”是上次优化时启用的可选规则;“必须、应、宜”来自规则包;“待核”表示条文未见原文。"
        )
    )
    widgets.table(views.summary(every), key="breaks")
    named = {each.rule: each for each in every}
    rule = st.selectbox(_("查看明细"), list(named), key="breaks-rule")
    chosen = named.get(rule or "", every[0])
    rows = chosen.table()
    widgets.table(rows, key="breaks-cases", height=min(420, 38 + 35 * len(rows)))
    if st.toggle(_("在地图上看"), key="breaks-where"):
        page = maps.cases(context, found.plan, rule=chosen.rule, units=chosen.units(found.plan))
        with st.container(key="breaks-map"):
            show(page, alt=_("{rule}:{n} 个单元", rule=chosen.rule, n=len(chosen.units(found.plan))))
