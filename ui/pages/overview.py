"""总览: where we stand, and what is urgent."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ui import gate, widgets
from ui.charts import seats as charts
from ui.maps import show
from ui.maps import zones as maps
from ui.state import Context, plan_name, stage_word
from ui.texts import _
from ui.views import balance
from ui.views import overview as views
from ui.views import plan as plans
from ui.widgets import Exports, Figure


def page(context: Context) -> None:
    """Draw the page."""
    widgets.heading(context, _("总览"), _("现在怎么样?哪些事要先定?"))
    if not context.project.has("units", "schools", "children"):
        widgets.empty(_("还缺单元、学校或适龄儿童。请先在“数据”页导入。"))
        return
    if not gate.derived(context):
        return
    plan = plans.current(context)
    if plan.empty:
        widgets.empty(_("还没有片区。请在“划片”页生成就近初稿,或在“数据”页导入现行片区。"))
        return
    totals = views.totals(context, plan)
    _figures(context, totals)
    left, right = st.columns([3, 1])
    with left:
        _map(context, plan)
    with right:
        _decisions(context, plan)
    _years(context, totals)
    _table(context, plan)
    widgets.explain(_help())


def _figures(context: Context, totals: pd.DataFrame) -> None:
    now = totals[totals["year"] == context.year].iloc[0]
    year, scope = widgets.school_year(context.year), _("{stage}·公办片区", stage=stage_word(context.stage))
    plan, register = plan_name(context), _("适龄儿童登记")
    zones = _("{red} 红 · {yellow} 黄", red=now["red"], yellow=now["yellow"])
    widgets.figures(
        [
            Figure(_("入学人数"), widgets.whole(now["entrants"]), year, scope, register),
            Figure(_("招生计划"), widgets.whole(now["seats"]), year, scope, _("学校表")),
            Figure(_("各片区缺口合计"), widgets.whole(now["short"]), year, scope, plan),
            Figure(_("预警片区"), zones, year, scope, plan),
        ]
    )


def _map(context: Context, plan: pd.Series) -> None:
    html = maps.catchments(context, plan, title=_("学位供需:各片区负荷"), source=plan_name(context))
    show.show(html, alt=_("各片区负荷地图"))
    zones = balance.zone_shapes(context, plan)
    widgets.exports(
        context,
        Exports(
            "balance",
            tables={_("学位供需"): balance.balance(context, plan)},
            layers={"zones": zones},
            html=lambda: html,
        ),
        key="balance",
    )


def _decisions(context: Context, plan: pd.Series) -> None:
    st.subheader(_("待决事项"))
    found = views.decisions(context, plan)
    if not found:
        widgets.empty(_("没有超员片区、超大班额或飞地。"))
    words = {"zones": _("去划片"), "status": _("去现状"), "seats": _("去学位"), "data": _("去数据")}
    for page in dict.fromkeys(item.page for item in found):
        with st.container(key=f"decision-{page}"):
            items = [item for item in found if item.page == page]
            st.markdown("\n".join(f"- {_line(item)}" for item in items))
            st.page_link(st.session_state["pages"][page], label=words[page])


def _line(item: views.Decision) -> str:
    what = f"**{widgets.escape(item.what)}**"
    return f"{what} {widgets.escape(item.where)}" if item.where else what


def _years(context: Context, totals: pd.DataFrame) -> None:
    note = _(
        "{stage} · {plan} · 来源:适龄儿童登记、招生计划",
        stage=stage_word(context.stage),
        plan=plan_name(context),
    )
    title = _("今后六年的入学人数(柱)与招生计划(线)")
    st.altair_chart(charts.by_year(totals, title=title, note=note))


def _table(context: Context, plan: pd.Series) -> None:
    rows = balance.of_year(context, plan).assign(warning=lambda frame: frame["level"].map(level_words()))
    shown = rows[["zone", "entrants", "seats", "gap", "load", "warning"]].rename(columns={"seats": "intake"})
    widgets.table(shown, key="balance-table", height=420)


def level_words() -> dict[str, str]:
    """Return the words of the warning levels (学位预警)."""
    return {"red": _("红(≥ 100%)"), "yellow": _("黄(90–100%)"), "green": _("绿(< 90%)")}


def _help() -> str:
    return _(
        "**入学人数**:本学年应入学的登记儿童(8 月 31 日截止),按其居住单元所划片区计。  \n"
        "**负荷** = 入学人数 ÷ 招生计划;预警:红 ≥ 100%,黄 90–100%,绿 < 90%(地方做法,可改)。  \n"
        "**各片区缺口合计**只加缺学位的片区,不用别处的空位抵消。在校生不因调整片区而转学(老生老办法)。"
    )
