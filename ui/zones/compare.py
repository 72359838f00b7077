"""A draft beside the plan in force: indicators, loads, and every unit that moves."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ui import widgets
from ui.charts import zones as charts
from ui.state import Context, plan_name, stage_word
from ui.texts import _
from ui.views import plan as plans
from ui.views import zones as views
from ui.views.edits import Desk
from ui.views.zones import Assessment
from ui.zones import frontier

MOST = 40  # zones that a chart can still be read with


def panel(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw the comparison of the chosen draft with the plan in force, and what lies between."""
    if found.reference.isna().all():
        widgets.empty(_("没有现行片区,无从对比。可在“数据”页导入现行片区。"))
        return
    if desk.draft is None:
        widgets.empty(_("现在看的就是现行片区。新建或选择一个方案后,可与现行片区逐项对比。"))
    else:
        _beside(context, found)
    frontier.panel(context, desk, found)


def _beside(context: Context, found: Assessment) -> None:
    """Draw indicators, loads and moved units of the draft and of the plan in force."""
    before = views.assess(context, found.reference)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("指标"))
        widgets.table(views.comparison(context, before, found), key="compare-table")
        st.caption(_note(context))
    with right:
        rows = load_rows(context, before, found)
        title = _("负荷有变化或超员的片区:现行(空心)、方案(实心),虚线为满员")
        if len(rows):
            st.altair_chart(charts.loads(rows, title=title, note=_note(context)))
    _moved(context, found)


def _note(context: Context) -> str:
    return _(
        "{year} · {stage} · 来源:{plan}、适龄儿童登记、招生计划",
        year=widgets.school_year(context.year),
        stage=stage_word(context.stage),
        plan=plan_name(context),
    )


def load_rows(context: Context, before: Assessment, after: Assessment) -> pd.DataFrame:
    """Return zone, before, after: loads in per cent, of the zones that change most or are overfull."""
    names = plans.zone_names(context.project.key, context.stage, context.project)
    zones = before.zones.index
    rows = pd.DataFrame(
        {
            "zone": [names.get(zone, zone) for zone in zones],
            "before": (before.zones["fill"] * 100).to_numpy(),
            "after": (after.zones["fill"].reindex(zones) * 100).to_numpy(),
        }
    )
    change = (rows["after"] - rows["before"]).abs()
    telling = rows[(change > 0) | rows[["before", "after"]].gt(100).any(axis=1)]
    return telling.loc[change[telling.index].sort_values(ascending=False).index].head(MOST)


def _moved(context: Context, found: Assessment) -> None:
    st.subheader(_("较现行片区调整的单元"))
    rows = views.moved_table(context, found)
    if rows.empty:
        widgets.empty(_("方案与现行片区相同,没有调整的单元。"))
        return
    nearer = rows.loc[rows["change_m"] < 0, "pupils"].sum()
    further = rows.loc[rows["change_m"] > 0, "pupils"].sum()
    st.markdown(
        _(
            "共 {units} 个单元、{pupils} 名新生;其中 {nearer} 名更近,{further} 名更远。"
            "在校生不动(老生老办法)。",
            units=f"{len(rows):,}",
            pupils=widgets.whole(rows["pupils"].sum()),
            nearer=widgets.whole(nearer),
            further=widgets.whole(further),
        )
    )
    widgets.table(rows, key="moved-table", height=min(420, 38 + 35 * len(rows)))
