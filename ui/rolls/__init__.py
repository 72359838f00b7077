"""花名册: rolls of pupils and children, from the file to the totals, without a row on the disk.

Streamlit holds uploads in memory; the bytes go to the worker through its pipe, and only totals and the
places that were not found come back. All of it goes with the tab, or at the button.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from gis.faults import errors
from ui import jobs, outcome, uploads, widgets
from ui.rolls import asking, deriving, result
from ui.state import Context
from ui.texts import _


def panel(context: Context) -> None:
    """Draw the section: what to do, the files, and what came of them."""
    uploads.keep_in_memory()  # here too, for an app that was not started by ui.serve
    if not context.project.has("units"):
        widgets.empty(_("花名册要按小区与村汇总。请先在“导入”里导入小区与村,或在下面由点推定。"))
        deriving.draw(context)
        return
    st.markdown(
        _(
            "学籍、户籍、居住证、预防接种和幼儿园名册在这里汇总成小区 × 学校 × 年级的人数。"
            "名册只在内存中读取:姓名、证件号、电话、住址和门牌都不写入磁盘,也不进日志。"
        )
    )
    if said := st.session_state.pop("roll-saved", ""):
        st.success(said)
    jobs.watch("roll", _("正在汇总花名册"), _finished)
    asking.draw(context)
    answer: dict[str, Any] = st.session_state.get("roll-answer", {})
    if "faults" in answer:
        wrong = len(errors(answer["faults"]))
        st.error(_("没有汇总,项目保持原样。有 {n} 处要改正。", n=f"{wrong:,}"))
        outcome.fault_table(answer["faults"], key="roll-faults", name=f"{context.project.id}-roll-faults")
    elif "counted" in answer:
        result.draw(context, answer["counted"])
    deriving.draw(context)


def _finished(answer: dict[str, Any]) -> None:
    st.session_state["roll-answer"] = answer
