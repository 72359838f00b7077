"""Step 1, 发表: make the forms for the senders and hand them to the planner to send out."""

from __future__ import annotations

from typing import Any

import streamlit as st

from planning import collecting
from planning.forms import FORMS, senders
from ui import jobs, widgets
from ui.state import Context
from ui.texts import _, language

JOB = "collect-issue"


def draw(context: Context, layer: str, year: int) -> None:
    """Draw the step for a form and year."""
    project, form = context.project, FORMS[layer]
    count = len(senders(project, layer)) if form.sender != "town" or project.has("units") else 0
    if not count:
        widgets.empty(_("没有可发的镇街:请先导入小区与村,并填写镇街一列。"))
        return
    st.markdown(_said(context, layer, year, count))
    left, middle, right = st.columns(3)
    as_of = left.text_input(_("统计时点"), f"{year}-09-01", key=f"collect-asof-{year}")
    due = middle.text_input(_("交回期限"), placeholder=_("如:9 月 10 日"), key="collect-due")
    packing = {"each": _("一家一份(压缩包)"), "one": _("合为一份")}
    chosen = right.selectbox(
        _("怎么发"),
        list(packing),
        format_func=packing.__getitem__,
        disabled=count == 1,
        key="collect-packing",
    )
    jobs.watch(JOB, _("正在生成"), _made, saved=lambda made: bool(made and made["data"]))
    if st.button(_("生成表样"), type="primary", disabled=jobs.running(JOB), key="collect-make"):
        st.session_state.pop(JOB, None)
        jobs.start(
            JOB,
            "planning.collecting:issue",
            folder=str(project.folder),
            layer=layer,
            year=year,
            as_of=as_of.strip(),
            due=due.strip(),
            in_one=chosen == "one" or count == 1,
            lang=language(),
        )
        st.rerun()
    _offer(layer, year)
    widgets.explain(_explained())


def _said(context: Context, layer: str, year: int, count: int) -> str:
    last = collecting.last_issue(context.project.folder, layer, year)
    if last is None:
        return _("共 {n} 家填报,本学年还没有发过。", n=count)
    return _("共 {n} 家填报。上次发的是第 {rev} 版({at})。", n=count, rev=last["revision"], at=last["date"])


def _made(result: dict[str, Any]) -> None:
    st.session_state[JOB] = result


def _offer(layer: str, year: int) -> None:
    result = st.session_state.get(JOB)
    if not result or not result["data"] or (result["layer"], result["year"]) != (layer, year):
        return
    st.success(
        _("第 {rev} 版已生成,{n} 家。下载后发给填报单位。", rev=result["revision"], n=result["senders"])
    )
    st.download_button(
        _("下载 {name}", name=result["name"]),
        result["data"],
        result["name"],
        on_click="ignore",
        key="collect-download",
    )


def _explained() -> str:
    return _(
        "- 已知的内容预先填好(灰色);本学年的人数留空,旁边列出同一届上次的数作参考,不会被当作今年的数。\n"
        "- 学校、单元、镇街、年级、学年、是否、类别都有下拉列表,在 Excel 和 WPS 里都能用;"
        "人数只能填不小于 0 的整数。\n"
        "- 表里带有隐藏的标识(学校、表、学年、版次),改了文件名也认得出是谁的。"
    )
