"""电话查询: a caller asks which school a 小区 goes to."""

from __future__ import annotations

import streamlit as st

from planning.addresses import KINDS
from planning.stages import grades
from ui import widgets
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views import phone as views
from ui.views.phone import Match
from ui.views.zones import Assessment
from ui.widgets import Exports
from ui.zones.moving import unit_names


def panel(context: Context, found: Assessment) -> None:
    """Draw the question which school an address has, and the free places for pupils who change school."""
    _enquiry(context, found)
    st.divider()
    _places(context)


def _enquiry(context: Context, found: Assessment) -> None:
    """Draw the box to type in, what it was understood as, and the sentences to read out."""
    if not (stages := views.stages(context)):
        widgets.empty(_("没有现行片区,无从答复。可在“数据”页导入现行片区。"))
        return
    asked = st.text_input(
        _("小区、村、别名或地址"),
        key="phone-text",
        placeholder=_("如:东方花园二期、××路 12 号"),
        help=_("输入的内容只用于查找,不保存。"),
    )
    if not asked.strip():
        widgets.empty(
            _("输入来电人说的小区、村或地址,回车后给出学校和可照读的话。只按现行片区答复,不看方案。")
        )
        return
    match = views.find(context, asked)
    unit = _one(context, found, match)
    if unit is None:
        return
    with st.container(border=True, key="phone-answer"):
        for stage in stages:
            st.markdown(widgets.escape(views.answer(context, stage, unit)))
            if basis := views.clause(context, stage, unit):
                st.caption(widgets.escape(_("{stage}依据:{basis}", stage=stage_word(stage), basis=basis)))
        st.caption(_("可照读。依据:现行片区。查找方式:{how}。", how=_how(match)))


def _places(context: Context) -> None:
    """Draw the free places by school and grade, with their export."""
    st.markdown(f"**{_('转学:各校各年级空余学位')}**")
    if (found := views.places(context)) is None:
        widgets.empty(_("没有班额表,空余学位无从得知。请在“数据”页导入“班级”。"))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        grade = st.selectbox(
            _("年级"),
            grades(context.project.stage_system, context.stage),
            index=None,
            placeholder=_("全部年级"),
            key="phone-grade",
        )
        only_free = st.toggle(_("只看有空位的"), value=True, key="phone-free")
    rows = views.places_table(found, stage=context.stage, grade=grade, only_free=only_free)
    if rows.empty:
        widgets.empty(_("没有查到空余学位。关掉“只看有空位的”可看各校情况。"))
    else:
        widgets.table(rows, key="phone-places", height=min(360, 38 + 35 * len(rows)))
    note = _(
        "空余学位 = 标准班额 × 班数 − 现有学生,不小于 0;只算公办学校。班额为 {year},标准班额依据:{source}。",
        year=widgets.school_year(found.year),
        source=found.source or "—",
    )
    st.caption(widgets.escape(note))
    name = f"places-{context.stage}"
    widgets.exports(context, Exports(name, tables={_("空余学位"): rows}, notes=[note]), key="phone-places")


def _one(context: Context, found: Assessment, match: Match) -> str | None:
    """Return the unit that is meant, asking where several fit."""
    if match.kind == "outside":
        st.warning(_("这是外县的地址,不在本项目范围内。"))
        return None
    if not match.units:
        st.warning(_("没有找到。请换个说法,或只输入小区名、村名;常用的别名可在“数据”页导入。"))
        return None
    if len(match.units) == 1:
        return match.units[0]
    names = unit_names(context, found)
    st.info(_("有 {n} 处符合,请问清是哪一处。", n=len(match.units)))
    return st.radio(
        _("是哪一处"),
        match.units,
        index=None,
        format_func=lambda unit: names.get(unit, unit),
        key="phone-which",
    )


def _how(match: Match) -> str:
    if match.kind == "part":
        return _("名称中含有所输入的字")
    words = KINDS[match.kind]
    return words.zh if language() == "zh" else words.en
