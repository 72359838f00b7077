"""What is said of plans: comments on places, decisions, notes on drafts; added, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from planning.drafts import note
from planning.reviewlog import Comment, Decision
from planning.store import Conflict
from ui import widgets
from ui.maps.data import on_earth
from ui.review import onefile, panels
from ui.state import Context, distinct, draft_store
from ui.texts import _
from ui.views import plan as plans
from ui.views import review as views
from ui.views.review import Reviewed
from ui.zones import drafting

_SAID = "review-said"


def told() -> None:
    """Draw what became of the last entry."""
    if said := st.session_state.pop(_SAID, None):
        (st.success if said[0] else st.warning)(said[1])


def comments(context: Context, *, big: bool = False) -> None:
    """Draw the comments of the stage, the form for a new one, and how one is settled."""
    told()
    options = _places(context)
    if st.session_state.get("review-unit") not in options:
        st.session_state["review-unit"] = ""
    st.session_state.setdefault("review-comment-author", drafting.author())
    with st.form("review-comment-form", border=True):
        st.selectbox(
            _("地点(在图上点单元,或在这里选)"),
            list(options),
            format_func=options.__getitem__,
            key="review-unit",
        )
        st.text_area(_("意见"), key="review-comment")
        st.text_input(_("提出人"), key="review-comment-author")
        st.form_submit_button(
            _("记下意见"), key="review-comment-add", on_click=_comment, args=(context, options)
        )
    found = views.log(context).comments(context.project.id, stage=context.stage)
    if found.empty:
        widgets.empty(_("还没有意见。在图上点一个单元,写下意见和姓名。"))
        return
    panels.shown(onefile.comment_rows(found), key="review-comments", big=big)
    _settling(context, found)


def _places(context: Context) -> dict[str, str]:
    units = context.project.layers["units"]
    towns = units["town"].fillna("") if "town" in units else pd.Series("", index=units.index)
    said = {
        str(unit): f"{name} · {town}" if town else str(name)
        for unit, name, town in zip(units["unit_id"], units["name"], towns, strict=True)
    }
    return distinct({"": _("(整体意见,不指地点)")} | said)


def _comment(context: Context, options: dict[str, str]) -> None:
    """Add what the form holds, or have said what is missing. A callback."""
    state = st.session_state
    unit, text, who = state["review-unit"], state["review-comment"], state["review-comment-author"]
    if not text.strip() or not who.strip():
        state[_SAID] = (False, _("请写下意见和提出人的姓名,再记。"))
        return
    lat, lon = _point(context, unit)
    said = Comment(text.strip(), context.stage, unit, options[unit] if unit else "", lat, lon)
    views.log(context).comment(context.project.id, said, author=who)
    state["review-comment"] = ""
    state[_SAID] = (True, _("已记下。"))


def _point(context: Context, unit: str) -> tuple[float | None, float | None]:
    units = plans.units_on_the_ground(context.project.key, context.project)
    rows = units[units["unit_id"] == unit]
    if rows.empty:
        return None, None
    point = on_earth(rows).geometry.representative_point().to_crs(4326).iloc[0]
    return round(point.y, 6), round(point.x, 6)


def _settling(context: Context, found: pd.DataFrame) -> None:
    open_ = {
        str(row["id"]): f"{number} · {str(row['text'])[:40]}"
        for number, row in enumerate(found.to_dict("records"), 1)
        if not row["settled_by"]
    }
    if not open_:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        which = st.selectbox(
            _("已处理的意见"), list(open_), format_func=open_.__getitem__, key="review-which"
        )
        # Of its own: what is typed into a form is not known before the form is sent.
        st.session_state.setdefault("review-settle-who", st.session_state["review-comment-author"])
        st.text_input(_("处理人"), key="review-settle-who", width=160)
        st.button(_("标为已处理"), key="review-settle", on_click=_settle, args=(context, which))


def _settle(context: Context, comment: str) -> None:
    who = str(st.session_state.get("review-settle-who", "")).strip()
    if not who:
        st.session_state[_SAID] = (False, _("请先写处理人的姓名。"))
        return
    views.log(context).settle(context.project.id, comment, author=who)
    st.session_state[_SAID] = (True, _("已标为已处理,原话仍保留。"))


def decisions(context: Context, chosen: Sequence[Reviewed], *, big: bool = False) -> None:
    """Draw the decisions so far and the form for a new one."""
    told()
    names = {plan.id: plan.name for plan in chosen}
    st.session_state.setdefault("review-decision-author", drafting.author())
    if st.session_state.get("review-decision-draft") not in names:
        st.session_state["review-decision-draft"] = chosen[-1].id
    with st.form("review-decision-form", border=True):
        left, right = st.columns(2)
        left.date_input(_("会议日期"), value=date.today(), key="review-decision-day")
        right.selectbox(
            _("关于哪个方案"), list(names), format_func=names.__getitem__, key="review-decision-draft"
        )
        st.text_area(_("决定"), key="review-decision")
        left.text_input(_("作出决定的人(姓名)"), key="review-decision-names")
        right.text_input(_("记录人"), key="review-decision-author")
        st.form_submit_button(
            _("记下决定"), key="review-decision-add", on_click=_decide, args=(context, chosen)
        )
    found = views.log(context).decisions(context.project.id)
    if found.empty:
        widgets.empty(_("还没有决定。写下日期、姓名和决定;记下后不可改,只可再记。"))
        return
    panels.shown(onefile.decision_rows(found), key="review-decisions", big=big)


def _decide(context: Context, chosen: Sequence[Reviewed]) -> None:
    """Add what the form holds, or have said what is missing. A callback."""
    state: Any = st.session_state
    text, named, who = (state[f"review-decision{end}"].strip() for end in ("", "-names", "-author"))
    day = state["review-decision-day"]
    if not (text and named and who and day):
        state[_SAID] = (False, _("请填写日期、决定、作出决定的人和记录人,再记。"))
        return
    draft = state["review-decision-draft"]
    # The revision that the meeting saw; somebody may have changed the draft since.
    seen = {plan.id: plan for plan in chosen if plan.id}.get(draft)
    taken = Decision(
        text=text,
        names=named,
        held_on=day,
        stage=context.stage,
        year=context.year,
        draft_id=draft,
        draft=draft_store(context.project).get(draft).name if seen else _("现行片区"),
        rev=seen.rev if seen else 0,
    )
    views.log(context).decide(context.project.id, taken, author=who)
    state["review-decision"] = ""
    state[_SAID] = (True, _("已记下。"))


def drafts(context: Context) -> None:
    """Draw the tree of drafts with their notes, and the form that adds one."""
    told()
    st.caption(
        _(
            "缩进表示由上面的方案复制而来。任意两三个方案都可在页首选来对比;恢复到任意一步、导出和导入方案文件在“划片”页的“历史与文件”。"
        )
    )
    widgets.table(views.tree(context), key="review-tree")
    names = {key: name for key, name in views.names(context).items() if key}
    st.session_state.setdefault("review-note-author", drafting.author())
    with st.form("review-note-form", border=True):
        left, right = st.columns([3, 1])
        left.selectbox(
            _("给哪个方案加备注"), list(names), format_func=names.__getitem__, key="review-note-draft"
        )
        right.text_input(_("加备注的人"), key="review-note-author")
        st.text_input(_("备注内容"), key="review-note")
        st.form_submit_button(_("加备注"), key="review-note-add", on_click=_note, args=(context,))


def _note(context: Context) -> None:
    """Add a note to a draft as a step of it. A callback."""
    state, store = st.session_state, draft_store(context.project)
    text, who = state["review-note"].strip(), state["review-note-author"].strip()
    if not text or not who:
        state[_SAID] = (False, _("请先写备注和姓名,再加。"))
        return
    draft = state["review-note-draft"]
    answer = store.append(draft, store.get(draft).rev, note(text), author=who)
    if isinstance(answer, Conflict):
        state[_SAID] = (False, _("刚有人改了这个方案,备注没有加上。请再点一次。"))
        return
    state["review-note"] = ""
    state[_SAID] = (True, _("备注已加。"))
