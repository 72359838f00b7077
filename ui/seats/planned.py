"""By forecast or by adopted values (规划取值): the switch of the page 学位, and the values against seats."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from planning import adopted, planned
from ui import widgets
from ui.forecast import levels
from ui.state import Context
from ui.texts import _


def chosen(context: Context, frame: pd.DataFrame) -> pd.DataFrame:
    """Draw the switch where values were adopted; return the forecast, with them in its place if so chosen."""
    if adopted.in_force(context.project).empty:
        return frame
    words = {"forecast": _("按预测"), "adopted": _("按规划取值")}
    basis = st.segmented_control(
        _("学生数取自"),
        list(words),
        default="forecast",
        required=True,
        format_func=words.__getitem__,
        key="seats-basis",
        persist_state="session",
    )
    if basis != "adopted":
        st.caption(_("有规划取值,没有用在下面的数字里;可切换。"))
        return frame
    st.warning(note())
    return planned.applied(context.project, frame)


def note() -> str:
    """Say what the adopted values do to the numbers."""
    return _(
        "以下需求、逐年供需和峰后闲置用规划取值(人定,没有区间)代替预测;没有取值的年份仍按预测。"
        "片区的取值按与预测之差计入旗区和全区;学校、镇街的取值只与本处学位比较。各片区学位缺口按登记儿童,不受影响。"
    )


def uses(frame: pd.DataFrame | None) -> bool:
    """Tell whether adopted values stand in the frame."""
    return frame is not None and "adopted" in frame.attrs


def draw(context: Context, frame: pd.DataFrame) -> None:
    """Draw each adopted value of the stage against the seats of its place; `frame` is the plain forecast."""
    rows = table(context, frame)
    if rows.empty:
        return
    st.subheader(_("规划取值与学位"))
    st.dataframe(rows, hide_index=True, key="adopted-seats")
    st.caption(_("缺口 = 学生数 − 设计学位,负数为富余;规划取值没有区间,预测带 80% 区间。"))


def table(context: Context, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the adopted values of the stage against seats, in words."""
    rows = planned.against_seats(context.project, frame, context.stage)
    names = levels.all_names(context)
    called = [levels.called(names, level, place) for level, place in zip(rows["level"], rows["place"])]
    room = rows["seats"].astype("Float64")
    marks = {True: _("超出 80% 区间"), False: _("在区间内")}
    return pd.DataFrame(
        {
            _("层级"): rows["level"].map(levels.level_words()),
            _("对象"): called,
            _("学年"): rows["year"].astype(str),
            _("规划取值"): rows["value"].map(widgets.whole),
            _("预测(80% 区间)"): [_ranged(*row) for row in zip(rows["mean"], rows["low"], rows["high"])],
            _("与 80% 区间相比"): rows["outside"].map(marks).astype("object").fillna(""),
            _("学位"): rows["seats"].map(widgets.whole),
            _("缺口(规划取值)"): rows["gap"].map(widgets.whole),
            _("缺口(预测)"): [
                _ranged(*row) for row in zip(rows["gap_mean"], rows["low"] - room, rows["high"] - room)
            ],
            _("理由"): rows["reason"],
            _("经办人"): rows["by"],
        }
    )


def _ranged(mean: float, low: float, high: float) -> str:
    return "—" if pd.isna(mean) else f"{widgets.whole(mean)}({widgets.span(low, high)})"
