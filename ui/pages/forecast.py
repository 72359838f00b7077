"""预测: how many children, and how sure."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ui import gate, naming, widgets
from ui.charts import forecast as charts
from ui.forecast import (
    assumptions,
    backtest,
    born,
    changes,
    classes,
    filed,
    housing,
    levels,
    peaks,
    towns,
    whole,
)
from ui.maps import show
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views import forecast as views
from ui.widgets import Exports, Figure


def page(context: Context) -> None:
    """Draw the page."""
    widgets.heading(context, _("预测"), _("将来有多少学生?有多大把握?"))
    if not (context.project.has("enrolment") or context.project.has("classes")):
        widgets.empty(_("还没有历年在校生。请在“数据”页导入“在校生”(学校、学年、年级、人数),至少三年。"))
        return
    st.caption(views.stands_on(context))
    assumptions.draw(context)
    frame = gate.forecast(context)
    if frame is None:
        return
    _figures(context, frame)
    st.caption(backtest.headline(context))
    _map(context)
    _fans(context, frame)
    born.draw(context)
    levels.draw(context, frame)
    peaks.draw(context, frame)
    _schools(context, frame)
    classes.draw(context, frame)
    housing.table(context)
    towns.draw(context)
    backtest.draw(context)
    _method(context, frame)


def _figures(context: Context, frame: pd.DataFrame) -> None:
    past = views.past_totals(context).set_index("year")["pupils"]
    last = int(past.index.max())
    peak = views.peaks(context.project.key, views.settings(context), context.stage, context.project, frame)
    ahead = views.of_stage(context, frame)
    then = ahead[(ahead["scenario"] == views.MIDDLE) & (ahead["year"] == last + views.TOWARDS)].iloc[0]
    entry = views.entrants(context, frame)
    soon = entry[(entry["scenario"] == views.MIDDLE) & (entry["year"] == last + 1)].iloc[0]
    scope = _("{stage}·全部学校", stage=stage_word(context.stage))
    made, newcomers = _("预测"), _("下一年一年级新生") if context.stage == "primary" else _("下一年初中新生")
    widgets.figures(
        [
            Figure(_("在校生"), widgets.whole(past[last]), widgets.school_year(last), scope, _("在校生表")),
            _figure(newcomers, soon, widgets.school_year(last + 1), scope, made),
            _figure(_("三年后在校生"), then, widgets.school_year(last + views.TOWARDS), scope, made),
            _figure(_peak_word(peak, past[last]), peak, _peak_year(peak), scope, made),
        ]
    )


def _figure(label: str, row: pd.Series, year: str, scope: str, source: str) -> Figure:
    span = _("80% 区间 {span}", span=widgets.span(row["low"], row["high"]))
    return Figure(label, widgets.whole(row["mean"]), year, scope, source, span)


def _peak_word(peak: pd.Series, now: float) -> str:
    return _("今后最高(峰值已过)") if views.passed(peak["high"], now) else _("今后峰值")


def _peak_year(peak: pd.Series) -> str:
    year = widgets.school_year(peak["peak_year"])
    if peak["year_low"] == peak["year_high"]:
        return year
    first, last = (widgets.school_year(peak[end]) for end in ("year_low", "year_high"))
    return _("{year}(可能在 {low}至{high})", year=year, low=first, high=last)


def _map(context: Context) -> None:
    if not context.project.has("children", "units"):
        widgets.empty(_("还没有按单元登记的适龄儿童,无法画出增长地图。"))
        return
    if not gate.derived(context):
        return
    units = views.growth_by_unit(context)
    year = context.project.year
    html = views.growth_map(context.project.key, context.stage, language(), context)
    show.show(html, alt=_("入学人数变化地图"))
    spoken = {"now": widgets.school_year(year), "then": widgets.school_year(year + views.TOWARDS)}
    table = pd.DataFrame(units.drop(columns=["geometry", naming.ENGLISH], errors="ignore"))
    table = table[["unit_id", "name", *table.columns.difference(["unit_id", "name"], sort=False)]]
    places = views.places(context.project)
    table = table.replace({name: places for name in ("town", "district") if name in table})
    made = Exports(
        f"growth-{context.stage}",
        tables={_("入学人数变化"): table.rename(columns=spoken)},
        layers={"growth": units},
        html=lambda: html,
        notes=[views.stage_line(context), _("人数为适龄儿童登记数,按入学学年计,不是预测。")],
    )
    widgets.exports(context, made, key="growth")


def _fans(context: Context, frame: pd.DataFrame) -> None:
    note = _(
        "{stage} · 色带为 80% 区间 · 虚线为低、高情景(设定)· 来源:{sources}",
        stage=stage_word(context.stage),
        sources=sources(context),
    )
    st.altair_chart(
        charts.fan(views.past_totals(context), views.of_stage(context, frame), title=_("在校生"), note=note)
    )
    past = views.past_totals(context, entry=True)
    st.altair_chart(charts.fan(past, views.entrants(context, frame), title=_("起始年级新生"), note=note))
    st.caption(_certain(views.entrants(context, frame)))
    table = views.of_stage(context, frame)[["year", "scenario", "mean", "low", "high", "basis"]]
    with st.expander(_("逐年数字")):
        widgets.table(whole.worded(table), key="stage-years")
    every = Exports(
        "forecast",
        tables=lambda: {_("预测"): whole.table(frame, levels.all_names(context))},
        notes=[*filed.notes(context, scenarios=True, staged=False), *_made(context, frame)],
    )
    widgets.exports(context, every, key="forecast")


def sources(context: Context) -> str:
    """Name the layers that the forecast is made from."""
    words = {"children": _("登记儿童"), "kindergarten": _("在园幼儿"), "births": _("出生人口")}
    found = [_("在校生表"), *(word for name, word in words.items() if context.project.has(name))]
    if views.settings(context).estates:
        found.append(_("新建小区(设定)"))
    return _("、").join(found)


def _certain(entrants: pd.DataFrame) -> str:
    """Say up to which year the entrants are born already, and from which they are assumed."""
    middle = entrants[entrants["scenario"] == views.MIDDLE]
    known = middle.loc[middle["basis"] != "assumed", "year"]
    assumed = middle.loc[middle["basis"] == "assumed", "year"]
    if not assumed.empty and not known.empty:
        known = known[known < assumed.min()]
        if known.empty:
            return _("{assumed} 学年起按设定推算(出生数或登记有缺年),点的形状不同。", assumed=assumed.min())
    if assumed.empty:
        return _("到 {year} 学年的新生都已在校、已登记、已在园或已出生。", year=known.max())
    if known.empty:
        return _("没有可用的出生、登记和在园数据,各年新生都按设定推算。")
    return _(
        "到 {known} 学年的新生已在校、已登记、已在园或已出生;{assumed} 学年起按设定推算,点的形状不同。"
        "依据换了,{assumed} 学年前后的升降可能只由此而来。",
        known=known.max(),
        assumed=assumed.min(),
    )


def _schools(context: Context, frame: pd.DataFrame) -> None:
    st.subheader(_("各校三年后"))
    st.caption(_("预测为均值,区间按学校一级的历史误差估计;各校均值可加成全区,区间不能相加。"))
    base = views.base_year(context.project)
    shown = school_table(views.by_school(context, frame), now=base, then=base + views.TOWARDS)
    counts = shown.select_dtypes("number").columns
    config = {name: st.column_config.NumberColumn(format="localized") for name in counts}
    st.dataframe(shown, hide_index=True, key="schools", height=320, column_config=config)
    notes = filed.notes(context, scenarios=False)
    made = Exports(f"schools-{context.stage}", tables={_("各校三年后"): shown}, notes=notes)
    widgets.exports(context, made, key="schools-file")


def school_table(schools: pd.DataFrame, *, now: int, then: int) -> pd.DataFrame:
    """Return `views.by_school` as it is read, in whole pupils: each number with the year it is of."""
    heads = {
        "pupils": _("{year} 学年在校(现有)", year=now),
        "mean": _("{year} 学年预测", year=then),
        "low": _("下限"),
        "high": _("上限"),
        "change": _("变化"),
    }
    counted = schools[list(heads)].astype("Float64").round().astype("Int64").rename(columns=heads)
    return schools[["school_id", "school"]].set_axis([_("学校编号"), _("学校")], axis=1).join(counted)


def _method(context: Context, frame: pd.DataFrame) -> None:
    for item in frame.attrs.get("warnings", []):
        st.warning(widgets.escape(views.named(context.project, item[language()])))
    changes.draw(context)
    with st.expander(_("这些数字怎么来的")):
        for line in _made(context, frame):
            st.markdown(f"- {widgets.escape(line)}")


def _made(context: Context, frame: pd.DataFrame) -> list[str]:
    """Return how the numbers came about, a line each."""
    said = [views.named(context.project, item[language()]) for item in frame.attrs.get("notes", [])]
    return [*said, _("区间是“以往预测错多少”,情景是“如果……会怎样”,两者从不混在一起。")]
