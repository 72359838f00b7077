"""The back-test: how far off the forecast would have been in past years, in plots and words."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from planning import assumed
from ui import jobs, widgets
from ui.charts import forecast as charts
from ui.forecast import methods
from ui.state import Context
from ui.texts import _, language
from ui.views import forecast as views
from ui.widgets import Exports


def draw(context: Context) -> None:
    """Draw the section: one click, then errors, calibration and the schools that were hardest to forecast."""
    st.subheader(_("回测:用过去检验"))
    methods.draw(context)
    scores = views.scores(context)
    key = f"backtest-{context.project.id}"
    jobs.watch(key, _("正在用历史回测"), lambda _result: None)
    if scores is None:
        widgets.empty(_("让软件站在过去各年重新预测,再与后来的实际对照,看它错多少。"))
        if st.button(_("开始回测"), key="backtest", disabled=jobs.running(key)):
            jobs.start(key, "planning.forecasts:backtest_job", folder=context.project.folder)
            st.rerun()
        return
    for item in views.doubts(context):
        st.warning(widgets.escape(item[language()]))
    levels = {"school": _("学校总人数"), "cell": _("各校各年级"), "district": _("全区总人数")}
    level = st.radio(
        _("层级"), list(levels), format_func=levels.__getitem__, key="backtest-level", horizontal=True
    )
    rows = scores[scores["level"] == level]
    note = _("平均绝对百分比误差(WAPE),越低越好 · 来源:本项目历年在校生")
    left, right = st.columns([3, 2])
    left.altair_chart(charts.errors(rows, title=_("预测比常用方法准多少"), note=note))
    right.altair_chart(charts.calibration(rows, title=_("区间包住了多少实际"), note=_("应接近 80%(虚线)")))
    st.caption(" · ".join(_past_error(row) for row in _own(rows).to_dict("records")))
    ratio = views.ratio_range(context, level)
    if ratio is not None:
        st.caption(_ratio_words(ratio))
    st.caption(_taken(context))
    _worst(context)


def _taken(context: Context) -> str:
    return _(
        "回测只用当时已有的数据,入学截止按 {month} 月底。"
        "新建小区、小区系数和情景只影响将来,登记儿童没有当时的记录,都不参与回测。",
        month=assumed.in_force(context.project).cutoff_month,
    )


def _own(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["method"] == "cohort"].rename(columns={"count": "times"})


def _past_error(row: dict[Any, Any]) -> str:
    return _(
        "提前 {n} 年:误差 {wape:.1f}%,80% 区间实际包住 {covered:.0%}({count} 次)",
        n=row["horizon"],
        wape=row["wape"],
        covered=row["covered"],
        count=row["times"],
    )


def _ratio_words(ratio: pd.Series) -> str:
    low, high = float(ratio["ratio_low"]), float(ratio["ratio_high"])
    span = _(
        "误差为三年递进率法的 {low:.0%}–{high:.0%}(按起点年份重抽样,90% 区间,{n} 个起点)。",
        low=low,
        high=high,
        n=int(ratio["blocks"]),
    )
    if high < 1:
        return span + _("可以认为更准。")
    return span + (_("可以认为更差。") if low > 1 else _("起点太少或差别太小,还不能断定谁更准。"))


def _worst(context: Context) -> None:
    table = views.worst_schools(context)
    if table is None or table.empty:
        return
    st.markdown(f"**{_('最难预测的学校')}**")
    shown = pd.DataFrame({_("学校"): table["name"], _("平均误差(%)"): table["wape"].map("{:.1f}".format)})
    st.dataframe(shown, hide_index=True, key="worst-schools")
    st.caption(_("多为新开、合并、改制或规模很小的学校:这些学校请多留余地,并核对历年数据。"))
    export = Exports("backtest", tables={_("最难预测的学校"): shown, _("回测"): views.scores_table(context)})
    widgets.exports(context, export, key="backtest-file")
