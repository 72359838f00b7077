"""Yields measured on delivered estates, beside the assumptions, and what takes them over."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from planning import assumed, calibrated
from planning.project import Project
from ui import widgets
from ui.forecast.writing import attempt
from ui.state import Context, stage_word
from ui.texts import _
from ui.zones.drafting import author


def draw(context: Context) -> None:
    """Draw the table of measured yields, and the form that takes those of one type over."""
    measured = _measured(context.project.key, context.project)
    if measured.empty:
        st.caption(_("没有已交付、又知道住户子女的小区,还测不出系数。"))
        return
    st.dataframe(worded(measured), hide_index=True, key="yields-measured")
    st.caption(
        _(
            "按已交付小区实际住的学生推算到住满以后;"
            "区间为各小区之间的 80% 范围(不足 3 个小区不给),不是预测区间。"
            "没有见过的年限按设定的入住进度外推;所在单元另有住户的小区不计。"
        )
    )
    _take_over(context, measured)


def worded(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the measured yields as they are read."""
    return pd.DataFrame(
        {
            _("房屋类型"): measured["housing_type"].map(kind_word),
            _("学段"): measured["stage"].map(stage_word),
            _("实测学生/户"): measured["pupils_per_household"].map("{:.3f}".format),
            _("80% 范围"): [
                "—" if pd.isna(low) else f"{low:.3f}–{high:.3f}"
                for low, high in zip(measured["low"], measured["high"], strict=True)
            ],
            _("小区数"): measured["estates"].map(widgets.whole),
            _("户数"): measured["households"].map(widgets.whole),
            _("交付后年数"): [
                f"{low}–{high}" for low, high in zip(measured["age_low"], measured["age_high"], strict=True)
            ],
        }
    )


def kind_word(kind: str) -> str:
    """Return a housing type, or that none is stated."""
    return kind or _("未注明类型")


def source_of(measured: pd.DataFrame, kind: str) -> str:
    """Return where a measured yield comes from, as it is kept with the assumptions."""
    rows = measured[measured["housing_type"] == kind]
    return _(
        "实测:{kind},{n} 个已交付小区、{households} 户,交付后 {low}–{high} 年",
        kind=kind_word(kind),
        n=int(rows["estates"].max()),
        households=widgets.whole(rows["households"].max()),
        low=int(rows["age_low"].min()),
        high=int(rows["age_high"].max()),
    )


def _take_over(context: Context, measured: pd.DataFrame) -> None:
    kinds = sorted(measured["housing_type"].unique())
    with st.form("take-over", border=False):
        kind = st.selectbox(_("房屋类型"), kinds, format_func=kind_word, key="take-over-kind")
        by = st.text_input(_("经办人"), value=author(), key="take-over-by")
        taken = st.form_submit_button(_("采用实测系数(该类型全部小区)"), key="take-over-save")
    if not taken or kind is None:
        return
    source = source_of(measured, kind)
    rows = [{**row, "source": source} for row in calibrated.for_estates(context.project, measured, kind)]
    if not rows:
        st.warning(_("这个类型没有可以采用的小区。"))
        return
    attempt(lambda: assumed.set_yields(context.project, rows, by=by))


@st.cache_resource(max_entries=4, show_spinner=False)
def _measured(key: str, _project: Project) -> pd.DataFrame:
    return calibrated.table(_project)
