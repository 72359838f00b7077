"""What the planner states of pupils: transfers, repeaters, shares of private schools, boarders, outside."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from forecasting import rates
from planning import assumed
from planning.statedvalues import SCHOOLS, Stated
from ui import widgets
from ui.forecast.writing import attempt, mark
from ui.state import Context
from ui.texts import _
from ui.zones.drafting import author


def draw(context: Context, now: assumed.Assumed) -> None:
    """Draw the table of stated values, and the form that adds one or takes one back."""
    st.markdown(f"**{_('转学、留级、民办、寄宿、区外(设定)')}**")
    st.caption(
        _(
            "没有默认值:不填就只按历年递进率(其中已含以往的转学和留级)。"
            "转学和留级是高于以往的部分,对三个情景都起作用;民办占比只在学校之间移动学生,合计不变;"
            "寄宿和区外占比只把人数分开列出。"
            "出生至入学的存活率和净迁入率只用于一年级新生,将来与过去不同时才改变预测。"
        )
    )
    if now.stated:
        st.dataframe(table(now.stated), hide_index=True, key="stated")
    _form(context)
    if now.stated:
        _withdrawal(context, now)


def kind_words() -> dict[str, str]:
    """Return what can be stated in words."""
    return {
        rates.TRANSFERS: _("每年净转入(%,高于以往)"),
        rates.REPEAT: _("留级(%,高于以往)"),
        rates.PRIVATE: _("民办学校占比(%)"),
        rates.BOARDING: _("寄宿生占比(%)"),
        rates.OUTSIDE: _("区外学生占比(%)"),
        rates.SURVIVAL: _("出生至入学存活率(%)"),
        rates.MIGRATION: _("出生至入学净迁入率(%)"),
    }


def school_words() -> dict[str, str]:
    """Return the kinds of schools a value can be for in words."""
    words = (_("全部学校"), _("公办学校"), _("民办学校"), _("寄宿制学校"))
    return dict(zip(SCHOOLS, words, strict=True))


def table(given: tuple[Stated, ...]) -> pd.DataFrame:
    """Return the stated values as they are read."""
    kinds, schools = kind_words(), school_words()
    return pd.DataFrame(
        {
            _("设定"): [kinds[one.what] for one in given],
            _("年级"): [f"{one.first_grade}–{one.last_grade}" for one in given],
            _("学校"): [schools[one.schools] for one in given],
            _("数值(%)"): [f"{100 * one.value:.1f}" for one in given],
            _("自学年"): [str(one.from_year) for one in given],
            _("来源"): [one.source for one in given],
            _("经办人"): [one.by for one in given],
        }
    )


def _form(context: Context) -> None:
    kinds, schools, project = kind_words(), school_words(), context.project
    own = project.grades(context.stage)
    key = f"{mark('state')}-{context.stage}"
    with st.form("state", border=False):
        what = st.selectbox(_("设定"), list(kinds), format_func=kinds.__getitem__, key=f"state-what-{key}")
        grades = st.select_slider(
            _("年级"), list(range(1, 10)), value=(own[0], own[-1]), key=f"state-grades-{key}"
        )
        left, middle, right = st.columns(3)
        value = left.number_input(_("数值(%)"), -100.0, 200.0, None, 0.5, key=f"state-value-{key}")
        year = middle.number_input(
            _("自学年"), project.year - 30, project.year + 30, project.year + 1, key=f"state-year-{key}"
        )
        which = right.selectbox(
            _("学校"), list(schools), format_func=schools.__getitem__, key=f"state-schools-{key}"
        )
        source = st.text_input(_("设定来源"), key=f"state-source-{key}")
        by = st.text_input(_("经办人"), value=author(), key="state-by")
        keep = st.form_submit_button(_("加入设定"), key="state-save")
    if keep:
        row: dict[str, Any] = {
            "what": what,
            "first_grade": grades[0],
            "last_grade": grades[1],
            "schools": which,
            "value": float("nan") if value is None else round(float(value) / 100, 6),
            "from_year": int(year),
            "source": source,
        }
        attempt(lambda: assumed.set_stated(project, [row], by=by), form="state")


def _withdrawal(context: Context, now: assumed.Assumed) -> None:
    lines = {one.key: " · ".join(map(str, row)) for one, row in zip(now.stated, _rows(now), strict=True)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = st.selectbox(_("撤回哪一条"), list(lines), format_func=lines.__getitem__, key="state-which")
        back = st.button(_("撤回设定"), key="state-back")
    if back and key is not None:
        one = next(s for s in now.stated if s.key == key)
        attempt(lambda: assumed.drop_stated(context.project, one, by=author() or one.by))


def _rows(now: assumed.Assumed) -> list[list[Any]]:
    return table(now.stated).iloc[:, :5].to_numpy().tolist()


def beside(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the columns for what stated shares tell apart: boarders, day pupils, pupils from outside."""
    return counts(rows).map(widgets.whole)


def counts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of `beside` as numbers."""
    found = {}
    if rates.BOARDING in rows:
        found[_("其中寄宿(设定,另需床位)")] = rows[rates.BOARDING]
        found[_("走读")] = rows["mean"] - rows[rates.BOARDING]
    if rates.OUTSIDE in rows:
        found[_("其中区外(设定)")] = rows[rates.OUTSIDE]
    return pd.DataFrame(found, index=rows.index)
