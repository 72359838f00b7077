"""Drafts on the page 划片: new, fork, undo and redo, and what happens when somebody else was first.

Edits are made in callbacks, on the revision that stood on the screen when the button was drawn: another tab's
step in between is then a conflict, never overwritten.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from planning.drafts import Op
from planning.store import Conflict, Draft
from ui import widgets
from ui.state import Context, draft_store
from ui.texts import _
from ui.views import edits
from ui.views.edits import Desk

_ASK, _CLASH, _SAID, _AUTHOR = "zones-ask", "zones-clash", "zones-said", "zones-author"


@dataclass(frozen=True)
class Ask:
    """A draft to be named, and what to do with it once it is there."""

    fork: bool = False
    then: Callable[[Draft], None] | None = None


@dataclass(frozen=True)
class Clash:
    """A step that came too late."""

    draft_id: str
    op: Op | None
    conflict: Conflict


def author() -> str:
    """Return who works in this tab, as typed when a draft was made; empty if nobody said."""
    return str(st.session_state.get(_AUTHOR, ""))


def submit(context: Context, desk: Desk, op: Op) -> None:
    """Add a step to the chosen draft; with the plan in force chosen, ask for a draft first. A callback."""
    if stale(desk):
        return
    if desk.draft is None:
        ask(Ask(then=lambda draft: append(context, draft.id, draft.rev, op)))
    else:
        append(context, desk.draft.id, desk.state.rev, op)


def stale(desk: Desk) -> bool:
    """Tell whether a button was pressed that still belonged to another draft, and have that said."""
    now = str(st.session_state.get("draft", ""))
    if now == (desk.draft.id if desk.draft else ""):
        return False
    say(_("刚换了方案,这一步没有执行。请等页面更新后再点。"))
    return True


def append(context: Context, draft_id: str, base_rev: int, op: Op) -> None:
    """Add a step at a revision, or have the conflict shown."""
    answer = draft_store(context.project).append(draft_id, base_rev, op, author=author())
    if isinstance(answer, Conflict):
        st.session_state[_CLASH] = Clash(draft_id, op, answer)
    else:
        say(_("已保存:{what}", what=edits.describe(context, op)))


def say(text: str) -> None:
    """Have the next run say something in passing."""
    st.session_state[_SAID] = text


def ask(question: Ask) -> None:
    """Have the next run ask for the name of a new draft. A callback."""
    st.session_state[_ASK] = question


def choose(draft: Draft) -> None:
    """Make a draft the chosen one of this tab; only in a callback or a dialog, before the picker is drawn."""
    st.session_state["draft"] = draft.id


def bar(context: Context, desk: Desk) -> None:
    """Draw which plan is open and whether it is saved, with new, fork, undo and redo."""
    with st.container(horizontal=True, vertical_alignment="center", key="zones-bar"):
        st.markdown(_status(desk), width="stretch")
        if desk.draft is not None:
            _author_box()
            _back_buttons(context, desk, desk.draft)
            st.button(_("复制方案"), key="draft-fork", on_click=ask, args=(Ask(fork=True),))
        st.button(
            _("新建方案"),
            key="draft-new",
            on_click=ask,
            args=(Ask(),),
            type="primary" if desk.draft is None else "secondary",
        )


def _status(desk: Desk) -> str:
    if desk.draft is None and not desk.state.plans:
        return _("**还没有现行片区**。可新建方案。")
    if desk.draft is None:
        return _("**现行片区**(只读)。修改时先新建方案,现行片区不变。")
    last = desk.history[-1] if desk.history else None
    who = last.author if last else desk.draft.author
    at = last.at if last else desk.draft.created_at
    return _(
        "**{name}** · 自 {year} 学年起 · 已保存(第 {rev} 步,{who},{at})",
        name=widgets.escape(desk.draft.name),
        year=desk.key[1],
        rev=desk.state.rev,
        who=widgets.escape(who or _("未署名")),
        at=edits.when(at),
    )


def _author_box() -> None:
    """Let whoever works in this tab sign: every step is kept with a name."""

    def keep() -> None:
        st.session_state[_AUTHOR] = st.session_state["zones-who"].strip()

    st.session_state.setdefault("zones-who", author())
    st.text_input(
        _("经办人"),
        key="zones-who",
        placeholder=_("经办人"),
        label_visibility="collapsed",
        width=130,
        help=_("每一步都记下经办人。"),
        on_change=keep,
    )


def _back_buttons(context: Context, desk: Desk, draft: Draft) -> None:
    buttons = (
        (_("撤销"), "draft-undo", desk.can_undo, False),
        (_("重做"), "draft-redo", desk.can_redo, True),
    )
    for label, key, possible, redo in buttons:
        args = (context, draft.id, desk.state.rev, redo)
        st.button(label, key=key, disabled=not possible, on_click=_back, args=args)


def _back(context: Context, draft_id: str, base_rev: int, redo: bool) -> None:
    store = draft_store(context.project)
    step = store.redo if redo else store.undo
    answer = step(draft_id, base_rev, author=author())
    if isinstance(answer, Conflict):
        st.session_state[_CLASH] = Clash(draft_id, None, answer)
    elif answer is not None:
        say(_("已保存:{what}", what=edits.describe(context, store.history(draft_id)[-1])))


def dialogs(context: Context, desk: Desk) -> None:
    """Open the dialog that a callback asked for, and say what was saved."""
    if said := st.session_state.pop(_SAID, None):
        st.toast(said)
    if clash := st.session_state.pop(_CLASH, None):
        _clash_dialog(context, clash)
    elif question := st.session_state.pop(_ASK, None):
        _name_dialog(context, desk, question)


def _name_dialog(context: Context, desk: Desk, question: Ask) -> None:
    source = desk.draft if question.fork else None

    @st.dialog(_("新建方案"))
    def body() -> None:
        st.markdown(
            _("从现行片区开始。现行片区不变;修改都记在方案里,可随时撤销。")
            if source is None
            else _("从“{name}”第 {rev} 步开始,原方案不变。", name=source.name, rev=desk.state.rev)
        )
        name = st.text_input(_("方案名称"), key="draft-name", placeholder=_("如:2026 年征求意见稿"))
        who = st.text_input(_("经办人"), value=author(), key="draft-author")
        ready = bool(name.strip() and who.strip())
        if st.button(_("建立方案"), key="draft-create", type="primary"):
            if ready:
                _create(context, desk, question, name, who)
                st.rerun()
            st.error(_("请填写方案名称和经办人。"))

    body()


def _create(context: Context, desk: Desk, question: Ask, name: str, who: str) -> None:
    st.session_state[_AUTHOR] = st.session_state["zones-who"] = who.strip()
    store = draft_store(context.project)
    if question.fork and desk.draft is not None:
        own = edits.free_name(context.project, name)
        draft = store.fork(desk.draft.id, own, author=who.strip(), rev=desk.state.rev)
    else:
        draft = edits.create(context.project, name, author=who.strip())
    choose(draft)
    say(_("已建立方案“{name}”", name=draft.name))
    if question.then is not None:
        question.then(draft)


def _clash_dialog(context: Context, clash: Clash) -> None:
    @st.dialog(_("方案已有新的改动"), width="medium")
    def body() -> None:
        st.markdown(
            _(
                "您看到的是第 {base} 步,方案现在已到第 {rev} 步。"
                "您的这一步**没有写入**,也没有覆盖别人的改动。",
                base=clash.conflict.base_rev,
                rev=clash.conflict.rev,
            )
        )
        lines = [
            f"- {edits.when(op.at)} · {widgets.escape(op.author or _('未署名'))} · "
            f"{widgets.escape(edits.describe(context, op))}"
            for op in clash.conflict.since
        ]
        st.markdown("\n".join(lines))
        _clash_buttons(context, clash)

    body()


def _clash_buttons(context: Context, clash: Clash) -> None:
    with st.container(horizontal=True):
        if st.button(_("查看最新方案"), key="clash-reload", type="primary"):
            st.rerun()
        if clash.op is None:
            return
        if st.button(_("在最新方案上重做这一步"), key="clash-again"):
            append(context, clash.draft_id, clash.conflict.rev, clash.op)
            st.rerun()
        if st.button(_("另存为新方案"), key="clash-fork"):
            _keep_aside(context, clash, clash.op)
            st.rerun()


def _keep_aside(context: Context, clash: Clash, op: Op) -> None:
    """Fork the draft where the late step was made, and add the step there."""
    store = draft_store(context.project)
    wanted = _("{name}(另存)", name=store.get(clash.draft_id).name)
    name = edits.free_name(context.project, wanted)
    aside = store.fork(clash.draft_id, name, author=author() or _("未署名"), rev=clash.conflict.base_rev)
    choose(aside)
    append(context, aside.id, aside.rev, op)
