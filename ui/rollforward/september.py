"""九月对账: the spring forecast as it was written down, who registered, and who is there."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from gis.faults import FaultError
from gis.layers import grade_label
from planning import september, spring
from planning.project import open_project
from planning.september import Scope, Summary
from planning.spring import Record
from ui import gate, widgets
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views import data as data_view
from ui.views import forecast as forecasts
from ui.widgets import Exports, Figure

_ASKED = "september-asked"


def panel(context: Context) -> None:
    """Draw the record of the forecast, then the comparison."""
    project = context.project
    if not (project.has("enrolment") or project.has("classes")):
        widgets.empty(_("还没有历年在校生。请先导入“在校生”(学校、学年、年级、人数),至少三年。"))
        return
    found = spring.records(project)
    if not found:
        widgets.empty(
            _(
                "还没有记下过预测。春季定稿时把预测记下来,九月才能如实对账:"
                "记下的是当时的数字,以后不会重算,也不能补记已知的学年。"
            )
        )
    _write_down(context)
    if found:
        _compare(context, found)


def _write_down(context: Context) -> None:
    year = spring.next_unknown(context.project)
    with st.expander(_("记下 {year} 的预测", year=widgets.school_year(year)), icon=":material/push_pin:"):
        st.caption(_("按“预测”页当前的设定,记下各校、各片区、全区的预测和 80% 区间。只增加,不修改,不删除。"))
        if forecasts.current(context) is None:
            if st.button(_("先做预测"), key="september-forecast"):
                st.session_state[_ASKED] = True
            if not st.session_state.get(_ASKED):
                return
        frame = gate.forecast(context)
        if frame is None:
            return
        author = st.text_input(_("经办人(可不填)"), key="september-author").strip()
        note = st.text_input(_("说明(如:提交局务会的稿)"), key="september-note").strip()
        if st.button(_("记下本年预测"), type="primary", key="september-record"):
            settings = forecasts.settings(context)
            # ids and names of the bureau, whatever the tab shows
            project = open_project(context.project.folder)
            try:
                spring.write_down(project, frame, settings, year=year, by=author, note=note)
            except FaultError as error:
                st.error(error.text(language()))
                return
            st.rerun()


def _compare(context: Context, found: list[Record]) -> None:
    by_id = {record.id: record for record in reversed(found)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            _("春季预测"),
            list(by_id),
            format_func=lambda key: _record_words(by_id[key]),
            key="september-which",
        )
        scopes: dict[Scope, str] = {"school": _("各校"), "zone": _("各片区"), "area": _("全区")}
        scope = st.segmented_control(
            _("范围"),
            list(scopes),
            default="school",
            required=True,
            format_func=lambda key: scopes[key],
            key="september-scope",
        )
        grades = {context.project.entry_grade(context.stage): _("起始年级新生"), 0: _("整个学段")}
        rest = [g for g in context.project.grades(context.stage) if g not in grades]
        grades |= {grade: grade_label(grade, language()) for grade in rest}
        grade = st.selectbox(
            _("年级"), list(grades), format_func=grades.__getitem__, key=f"september-grade-{context.stage}"
        )
    record = by_id[chosen or next(iter(by_id))]
    rows = september.compare(
        context.project, record, scope=scope or "school", stage=context.stage, grade=grade or None
    )
    if not september.is_counted(context.project, record.year):
        widgets.empty(
            _(
                "{year}的在校生还没有导入,下面只有预测和登记。九月学籍定下后导入“在校生”,即可对账。",
                year=widgets.school_year(record.year),
            )
        )
    what = f"{stage_word(context.stage)}·{grades[grade or 0]}"
    whole = september.compare(context.project, record, scope="area", stage=context.stage, grade=grade or None)
    if not len(whole):
        widgets.empty(_("这份预测和在校生里都没有{stage}。", stage=stage_word(context.stage)))
        return
    _figures(context, record, september.summary(rows), whole.iloc[0], what)
    _table(context, record, rows, what)


def _record_words(record: Record) -> str:
    said = " · ".join(part for part in (record.by, record.note) if part)
    when = f"{widgets.school_year(record.year)} · {record.at[:16].replace('T', ' ')} UTC"
    return f"{when} · {said}" if said else when


def _figures(context: Context, record: Record, said: Summary, whole: pd.Series, what: str) -> None:
    """Draw the totals of the whole area, and how far off the rows are."""
    year = widgets.school_year(record.year)
    there = _("在校生表 {as_of}", as_of=_as_of(context, "enrolment"))
    made = _("{at} 记下的预测", at=record.at[:10])
    span = _("80% 区间 {span}", span=widgets.span(whole["low"], whole["high"]))
    inside = f"{said.inside:,} / {said.ranged:,}" if said.ranged else "—"
    error = f"{whole['error']:+,.0f}" if pd.notna(whole["error"]) else "—"
    wape = ""
    if pd.notna(said.wape):
        wape = _("各行误差 {wape}(WAPE,{n} 行)", wape=f"{said.wape:.1f}%", n=f"{said.rows:,}")
    known = pd.notna(whole["registered"])
    registered = _("登记 {n}", n=widgets.whole(whole["registered"])) if known else ""
    scope = _("{what}·全区", what=what)
    widgets.figures(
        [
            Figure(_("春季预测"), widgets.whole(whole["mean"]), year, scope, made, span),
            Figure(_("九月在校"), widgets.whole(whole["present"]), year, scope, there, registered),
            Figure(_("在校 − 预测"), error, year, scope, f"{made};{there}", wape),
            Figure(_("落在 80% 区间内"), inside, year, _("有区间的各行"), f"{made};{there}"),
        ]
    )
    if said.left_out:
        st.caption(_("另有 {n} 行只有预测或只有在校(新开、停办、未报),不计入误差。", n=f"{said.left_out:,}"))


def _as_of(context: Context, layer: str) -> str:
    return data_view.stated(context.project, layer, "as_of")


def verdict_words() -> dict[str, str]:
    """Return what is said of a row (`planning.september.VERDICTS`), in words."""
    return {
        "above": _("▲ 高于区间"),
        "below": _("▼ 低于区间"),
        "inside": _("● 区间内"),
        "no_range": _("无区间(合并或拆分)"),
        "not_forecast": _("没有预测(新开)"),
        "not_present": _("没有在校数(未报、停办或片区已拆分)"),
    }


def _table(context: Context, record: Record, rows: pd.DataFrame, what: str) -> None:
    words = verdict_words()
    outside = rows["verdict"].isin(["above", "below"])
    only = st.toggle(_("只看区间以外的({n})", n=f"{int(outside.sum()):,}"), key="september-outside")
    shown = _worded(rows[outside] if only else rows, words)
    numbers = list(shown.columns[2:8])
    st.dataframe(
        shown,
        hide_index=True,
        column_config={name: st.column_config.NumberColumn(format="localized") for name in numbers},
        key="september-rows",
        height=420 if len(shown) > 10 else "auto",
        placeholder="—",
        width="stretch",
    )
    st.caption(
        _(
            "误差 = 在校 − 预测;WAPE = 各行误差绝对值之和 ÷ 在校之和。区间是春季记下的 80% 区间,"
            "校数多时约五分之一会落在外面;合并、拆分的学校只有均值,没有区间。"
            "登记来自“适龄儿童”图层(统计时点 {as_of}),只对起始年级;一个片区几所学校的,不分到校。",
            as_of=_as_of(context, "children"),
        )
    )
    notes = [
        f"{_record_words(record)} · {what}",
        _("预测由项目 {project} 第 {version} 版数据做出", project=record.project, version=record.version),
    ]
    sheet = _("九月对账")
    widgets.exports(
        context,
        Exports("september", tables=lambda: {sheet: _worded(rows, verdict_words())}, notes=notes),
        key="september",
    )


def _worded(rows: pd.DataFrame, words: dict[str, str]) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            _("编号"): rows["id"],
            _("名称"): rows["name"],
            _("预测"): rows["mean"],
            _("下限"): rows["low"],
            _("上限"): rows["high"],
            _("登记"): rows["registered"],
            _("在校"): rows["present"],
            _("误差"): rows["error"],
            _("判断"): rows["verdict"].map(words),
        }
    )
    counts = table.columns[2:8]
    table[counts] = table[counts].astype("float64").round(0).astype("Int64")
    return table
