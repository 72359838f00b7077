"""The back-test: how far off the forecast would have been in past years, in plots and words."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from planning import assumed
from ui import jobs, widgets
from ui.charts import forecast as charts
from ui.forecast import methods
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views import backtest as past
from ui.widgets import Exports


def draw(context: Context) -> None:
    """Draw the section: one click, then errors, calibration and the schools that were hardest to forecast."""
    st.subheader(_("回测:用过去检验"))
    methods.draw(context)
    scores = past.scores(context)
    key = f"backtest-{context.project.id}"
    jobs.watch(key, _("正在用历史回测"), lambda _result: None)
    if scores is None:
        widgets.empty(_("让软件站在过去各年重新预测,再与后来的实际对照,看它错多少。"))
        if st.button(_("开始回测"), key="backtest", disabled=jobs.running(key)):
            jobs.start(key, "planning.forecasts:backtest_job", folder=context.project.folder)
            st.rerun()
        return
    for item in past.doubts(context):
        st.warning(widgets.escape(item[language()]))
    levels = past.level_words()
    level = st.radio(
        _("层级"), list(levels), format_func=levels.__getitem__, key="backtest-level", horizontal=True
    )
    rows = scores[scores["level"] == level]
    note = _("加权绝对百分比误差(WAPE),越低越好 · 来源:本项目历年在校生")
    left, right = st.columns([3, 2])
    title, words = _("预测比常用方法准多少"), past.method_words()
    left.altair_chart(charts.errors(rows, words=words, title=title, note=note))
    right.altair_chart(charts.calibration(rows, title=_("区间包住了多少实际"), note=_("应接近 80%(虚线)")))
    st.caption(" · ".join(_past_error(row) for row in _own(rows).to_dict("records")))
    _coverage(context, level)
    ratio = past.ratio_range(context, level)
    if ratio is not None:
        st.caption(_ratio_words(ratio))
    st.caption(_taken(context))
    _worst(context)


def headline(context: Context) -> str:
    """Say how often past ranges of the whole area held, for the place where these ranges stand first."""
    rows = _held(context, "district")
    if rows.empty:
        return _("80% 区间由以往误差推出,包不包得住实际,还没有用回测检验。")
    told = _("、").join(
        _("提前 {n} 年 {inside}/{count} 次", n=row["horizon"], inside=row["inside"], count=row["count"])
        for row in rows.to_dict("records")
    )
    said = _("回测中,全区总人数(各学段合计)的 80% 区间包住实际的次数:{told}。", told=told)
    if rows["short"].any():
        years = _("、").join(map(str, rows.loc[rows["short"], "horizon"]))
        said += _("提前 {years} 年的看来不足 80%,区间很可能偏窄,请多留余地。", years=years)
    unsure = (rows["few"] & ~rows["short"]).any()
    if unsure and rows["short"].any():
        said += _("其余提前年数的起点年份少,区间准不准还难以断定。")
    elif unsure:
        said += _("起点年份少,区间准不准还难以断定。")
    return said


def _coverage(context: Context, level: str) -> None:
    """Warn where past ranges held clearly less than they should, and say how much so few years can tell."""
    rows = _held(context, level)
    short = rows[rows["short"]]
    if not short.empty:
        told = "".join(_share_words(row) for row in short.to_dict("records"))
        st.warning(told + _("以上低于应有的 80%:这里的区间很可能偏窄,请多留余地。"))
    rest = rows[rows["few"] & ~rows["short"]]
    if not rest.empty:
        st.caption("".join(_share_words(row) for row in rest.to_dict("records")))
    if rows["few"].any():
        st.caption(
            _(
                "起点年份不到 {n} 个时,包住的比例本身很不确定,没有低于 80% 的也不能就此断定区间是准的;"
                "提前两年以上的起点互相重叠,实际把握比上面的范围还要小。",
                n=rows["enough"].max(),
            )
        )


def _held(context: Context, level: str) -> pd.DataFrame:
    """Return how often past ranges of a level held, by years ahead; empty before the back-test."""
    table = past.held(context)
    if table is None:
        return pd.DataFrame(columns=["level", "short", "few"])
    return table[table["level"] == level]


def held_table(found: pd.DataFrame) -> pd.DataFrame:
    """Return how often past ranges held at every level (`views.backtest.held`), as a workbook holds it."""
    return pd.DataFrame(
        {
            _("层级"): found["level"].map(past.level_words()),
            _("提前年数"): found["horizon"],
            _("起点年份数"): found["base_years"],
            _("检验次数"): found["count"],
            _("包住的次数"): found["inside"],
            _("包住的比例(%)"): (100 * found["covered"]).round(1),
            _("真实比例下限(%,90% 区间)"): (100 * found["low"]).round(1),
            _("真实比例上限(%,90% 区间)"): (100 * found["high"]).round(1),
        }
    )


def _share_words(row: dict[Any, Any]) -> str:
    return _(
        "提前 {n} 年:{years} 个起点年份的 {count} 次里包住 {inside} 次,真实比例大约在 {low:.0%}–{high:.0%} "
        "之间(90% 区间)。",
        n=row["horizon"],
        years=row["base_years"],
        count=row["count"],
        inside=row["inside"],
        low=row["low"],
        high=row["high"],
    )


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
    table = past.worst_schools(context)
    if table is None or table.empty:
        return
    st.markdown(f"**{_('最难预测的学校')}**")
    error = _("平均误差(%)")
    listed = pd.DataFrame({_("学校编号"): table["school"], _("学校"): table["name"]})
    listed[error] = table["wape"].round(1)
    shown = listed.drop(columns=_("学校编号"))
    config = {error: st.column_config.NumberColumn(format="%.1f")}
    st.dataframe(shown, hide_index=True, key="worst-schools", column_config=config)
    st.caption(_("这些学校请多留余地,并核对历年数据:新开、合并、改制和规模很小的学校往往难以预测。"))
    found = past.held(context)
    export = Exports(
        f"backtest-{context.stage}",
        tables={
            _("最难预测的学校"): listed,
            _("回测"): past.scores_table(context),
            _("区间包住的次数"): pd.DataFrame() if found is None else held_table(found),
        },
        notes=[
            _("最难预测的学校:{stage}。", stage=stage_word(context.stage)),
            headline(context),
            _taken(context),
        ],
    )
    widgets.exports(context, export, key="backtest-file")
