"""Classes to open in a forecast year, and the chance that they are oversized (大班额)."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ui import widgets
from ui.state import Context
from ui.texts import _
from ui.views import forecast as views
from ui.widgets import Exports

COLUMNS = ["school", "grade", "year", "pupils", "classes", "low", "high", "p_oversized"]


def draw(context: Context, frame: pd.DataFrame) -> None:
    """Draw the table of the chosen year by the chosen rule, with the class sizes of the rules in force."""
    if not context.project.has("classes"):
        return
    st.subheader(_("今后的班数与大班额概率"))
    limits = views.class_limits(context.project, context.stage)
    rules = {
        "keep": _("随班升级:不拆班、不并班,只有新生重新编班"),
        "standard": _("每年按标准班额 {n} 人编班", n=limits.standard),
    }
    rule = st.radio(
        _("编班规则"), list(rules), format_func=rules.__getitem__, key="class-rule", horizontal=True
    )
    year = st.selectbox(
        _("学年"), views.class_years(context, frame), key="class-year", persist_state="session", width=160
    )
    table = views.classes_ahead(context, frame, rule=rule)
    whole = table[COLUMNS].rename(columns={"low": "classes_low", "high": "classes_high"})
    shown = whole[whole["year"] == year]
    widgets.table(shown.drop(columns="year"), key="classes", height=320)
    st.caption(_sums(shown, year))
    st.caption(widgets.escape(_limits_note(limits)))
    export = Exports("classes", tables={_("班数与大班额概率"): whole}, notes=[_limits_note(limits)])
    widgets.exports(context, export, key="classes-file")


def _sums(shown: pd.DataFrame, year: int) -> str:
    return _(
        "{year} 学年共 {n} 个班;{likely} 个年级的大班额概率达到一半。",
        year=year,
        n=widgets.whole(shown["classes"].sum()),
        likely=int((shown["p_oversized"] >= 0.5).sum()),
    )


def _limits_note(limits: views.Limits) -> str:
    """Say what counts as oversized, by which rule."""
    source = (
        _("、").join(limits.sources)
        if limits.sources
        else _("规则包没有给出,按 GB 50099-2011 和教育部统计口径")
    )
    return _(
        "大班额概率:平均每班达到 {large} 人的概率,由该年级的预测区间推出;标准班额 {standard} 人。"
        "依据:{source}。",
        large=limits.large,
        standard=limits.standard,
        source=source,
    )
