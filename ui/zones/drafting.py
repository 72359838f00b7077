"""Drafts on the page 划片: new, fork, undo and redo, and what happens when somebody else was first.

Edits are made in callbacks, on the revision that stood on the screen when the button was drawn: another tab's
step in between is then a conflict, never overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import streamlit as st

from planning.drafts import Op
from planning.store import Conflict, Draft
from ui import widgets
from ui.state import Context, draft_store
from ui.texts import _
from ui.views import edits
from ui.views.edits import Desk

_TRAY = "zones-tray"


@dataclass(frozen=True)
class Ask:
    """A draft to be named, its first steps, and what else to do with it once it is there."""

    fork: bool = False
    ops: tuple[Op, ...] = ()
    then: Callable[[Draft], object] | None = None


@dataclass(frozen=True)
class Clash:
    """Steps that came too late; none where it was an undo or a redo."""

    draft_id: str
    ops: tuple[Op, ...]
    conflict: Conflict


@dataclass
class Tray:
    """What the next run has to say or ask, who works here and which steps were made here.

    One object for as long as the tab lives. Streamlit may break a callback off wherever it touches
    `st.session_state` once the next click has come in: a callback takes the tray before it writes to the
    store, and touches nothing else of the session afterwards.
    """

    author: str = ""
    said: str | Op = ""
    ask: Ask | None = None
    clash: Clash | None = None
    own: set[tuple[str, int]] = field(default_factory=set)


def tray() -> Tray:
    """Return this tab's tray."""
    kept: Tray = st.session_state.setdefault(_TRAY, Tray())
    return kept


def author() -> str:
    """Return who works in this tab, as typed when a draft was made; empty if nobody said."""
    return tray().author


def submit(context: Context, desk: Desk, op: Op) -> None:
    """Add a step to the chosen draft; with the plan in force chosen, ask for a draft first. A callback."""
    if stale(desk):
        return
    if desk.draft is None:
        ask(Ask(ops=(op,)))
    else:
        append(context, desk.draft.id, desk.state.rev, op)


def stale(desk: Desk) -> bool:
    """Tell whether a button was pressed that still belonged to another draft, and have that said."""
    now = str(st.session_state.get("draft", ""))
    if now == (desk.draft.id if desk.draft else ""):
        return False
    say(_("刚换了方案,这一步没有执行。请等页面更新后再点。"))
    return True


def append(
    context: Context, draft_id: str, base_rev: int, op: Op, *, told: Tray | None = None
) -> int | Conflict:
    """Add a step at a revision and return the new one, or have the conflict shown."""
    told = told or tray()
    answer = draft_store(context.project).append(draft_id, base_rev, op, author=told.author)
    if isinstance(answer, Conflict):
        told.clash = Clash(draft_id, (op,), answer)
    else:
        told.own.add((draft_id, answer))
        told.said = op
    return answer


def append_all(context: Context, draft_id: str, base_rev: int, ops: Sequence[Op]) -> None:
    """Add steps one after the other; the first that comes too late has itself and the rest shown."""
    told = tray()
    for at, op in enumerate(ops):
        answer = append(context, draft_id, base_rev, op, told=told)
        if isinstance(answer, Conflict):
            told.clash = Clash(draft_id, tuple(ops[at:]), answer)
            return
        base_rev = answer


def say(text: str) -> None:
    """Have the next run say something in passing."""
    tray().said = text


def ask(question: Ask) -> None:
    """Have the next run ask for the name of a new draft. A callback."""
    tray().ask = question


def choose(draft: Draft) -> None:
    """Make a draft the chosen one of this tab; only in a callback or a dialog, before the picker is drawn."""
    st.session_state["draft"] = draft.id


def bar(context: Context, desk: Desk) -> None:
    """Draw which plan is open and whether it is saved, with new, fork, undo and redo."""
    with st.container(horizontal=True, vertical_alignment="center", key="zones-bar"):
        st.markdown(_status(desk), width="stretch")
        if desk.draft is not None:
            _author_box(desk)
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


def _author_box(desk: Desk) -> None:
    """Let whoever works in this tab sign: every step is kept with a name.

    A draft opened by a link knows its last author, who is taken for the one at the desk until another name
    is typed: the name stands on the page before anything is done in it.
    """

    def keep() -> None:
        tray().author = st.session_state["zones-who"].strip()

    if "zones-who" not in st.session_state:
        st.session_state["zones-who"] = tray().author = author() or _last_author(desk)
    st.text_input(
        _("经办人"),
        key="zones-who",
        placeholder=_("经办人"),
        label_visibility="collapsed",
        width=130,
        help=_("每一步都记下经办人。换了人请在这里改名。"),
        on_change=keep,
    )


def _last_author(desk: Desk) -> str:
    """Return who signed the chosen draft last, a step or the draft itself; empty if nobody did."""
    signed = [op.author for op in desk.history if op.author]
    return signed[-1] if signed else (desk.draft.author if desk.draft else "")


def _back_buttons(context: Context, desk: Desk, draft: Draft) -> None:
    buttons = (
        (_("撤销"), "draft-undo", desk.can_undo, False),
        (_("重做"), "draft-redo", desk.can_redo, True),
    )
    for label, key, possible, redo in buttons:
        args = (context, draft.id, desk.state.rev, redo)
        st.button(label, key=key, disabled=not possible, on_click=_back, args=args)


def back(
    context: Context, draft_id: str, base_rev: int, redo: bool, *, told: Tray | None = None
) -> int | Conflict | None:
    """Take a step back, or bring it back; None where there is none."""
    told = told or tray()
    store = draft_store(context.project)
    if not redo and not edits.undoable(store.history(draft_id)):
        return None
    step = store.redo if redo else store.undo
    answer = step(draft_id, base_rev, author=told.author)
    if isinstance(answer, Conflict):
        told.clash = Clash(draft_id, (), answer)
    elif answer is not None:
        told.own.add((draft_id, answer))
        told.said = store.history(draft_id)[answer - 1]
    return answer


def _back(context: Context, draft_id: str, base_rev: int, redo: bool) -> None:
    back(context, draft_id, base_rev, redo)


def dialogs(context: Context, desk: Desk) -> None:
    """Open the dialog that a callback asked for, and say what was saved.

    A dialog comes back until it is answered: a run of the script may be broken off by the next click.
    """
    told = tray()
    if told.clash:
        _clash_dialog(context, told.clash)
    elif told.ask:
        _name_dialog(context, desk, told.ask)
    said, told.said = told.said, ""
    if said:
        words = said if isinstance(said, str) else _("已保存:{what}", what=edits.describe(context, said))
        st.toast(words)


def _answered() -> None:
    """Put away what was asked. A callback, and what every answer begins with."""
    told = tray()
    told.ask = told.clash = None


def _name_dialog(context: Context, desk: Desk, question: Ask) -> None:
    source = desk.draft if question.fork else None

    @st.dialog(_("新建方案"), on_dismiss=_answered)
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
    _answered()
    tray().author = st.session_state["zones-who"] = who.strip()
    store = draft_store(context.project)
    if question.fork and desk.draft is not None:
        own = edits.free_name(context.project, name)
        draft = store.fork(desk.draft.id, own, author=who.strip(), rev=desk.state.rev)
    else:
        draft = edits.create(context.project, name, author=who.strip())
    append_all(context, draft.id, draft.rev, question.ops)
    if question.then is not None:
        question.then(draft)
    choose(draft)
    if tray().clash is None:
        say(_("已建立方案“{name}”", name=draft.name))


def _clash_dialog(context: Context, clash: Clash) -> None:
    @st.dialog(_("方案已有新的改动"), width="medium", dismissible=False)
    def body() -> None:
        st.markdown(
            _(
                "您看到的是第 {base} 步,方案现在已到第 {rev} 步。"
                "您的 {n} 步**没有写入**,也没有覆盖别人的改动。",
                base=clash.conflict.base_rev,
                rev=clash.conflict.rev,
                n=max(len(clash.ops), 1),
            )
        )
        lines = [
            f"- {edits.when(op.at)} · {widgets.escape(op.author or _('未署名'))} · "
            f"{widgets.escape(edits.describe(context, op))}"
            for op in clash.conflict.since
        ]
        st.markdown("\n".join([_("这期间方案里的改动:"), "", *lines]))
        if mine := [f"- {widgets.escape(edits.describe(context, op))}" for op in clash.ops]:
            st.markdown("\n".join([_("您没有写入的改动:"), "", *mine]))
        _clash_buttons(context, clash)

    body()


def _clash_buttons(context: Context, clash: Clash) -> None:
    with st.container(horizontal=True):
        if clash.ops and st.button(_("在最新方案上重做"), key="clash-again", type="primary"):
            _answered()
            append_all(context, clash.draft_id, clash.conflict.rev, clash.ops)
            st.rerun()
        if clash.ops and st.button(_("另存为新方案"), key="clash-fork"):
            _answered()
            _keep_aside(context, clash)
            st.rerun()
        leave = _("放弃我的改动,查看最新方案") if clash.ops else _("查看最新方案")
        if st.button(leave, key="clash-reload", type="secondary" if clash.ops else "primary"):
            _answered()
            st.rerun()


def _keep_aside(context: Context, clash: Clash) -> None:
    """Fork the draft where the late steps were made, and add the steps there."""
    store = draft_store(context.project)
    wanted = _("{name}(另存)", name=store.get(clash.draft_id).name)
    name = edits.free_name(context.project, wanted)
    aside = store.fork(clash.draft_id, name, author=author() or _("未署名"), rev=clash.conflict.base_rev)
    append_all(context, aside.id, aside.rev, clash.ops)
    choose(aside)
