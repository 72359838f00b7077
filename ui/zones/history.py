"""The history of a draft: every step, back to any state; a draft out to a file and in again."""

from __future__ import annotations

import streamlit as st

from gis.faults import FaultError
from planning import drafts
from planning.store import Draft
from ui import widgets
from ui.state import Context, draft_store
from ui.texts import _
from ui.views import edits
from ui.views.edits import Desk
from ui.zones import drafting

_FAULTS = "zones-import-faults"
_TAKEN = "draft-files-taken"  # how many files came in: the next one is given to an empty box
WHAT_WIDTH = 560  # pixels of what a step did


def panel(context: Context, desk: Desk) -> None:
    """Draw the steps of the chosen draft with the way back, and the draft as a file."""
    if desk.draft is None:
        widgets.empty(_("现行片区没有修改记录。新建或选择一个方案后,这里列出每一步,可回到任何一步。"))
    else:
        _steps(context, desk, desk.draft)
    _files(context, desk)


def _steps(context: Context, desk: Desk, draft: Draft) -> None:
    if draft.parent_id is not None:
        parent = draft_store(context.project).get(draft.parent_id)
        st.caption(_("从“{name}”第 {rev} 步复制而来。", name=parent.name, rev=draft.parent_rev))
    widgets.table(edits.history_table(context, desk), key="history", widths={"what": WHAT_WIDTH})
    revs = list(range(desk.first, len(desk.history)))[::-1]
    if not revs:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        rev = st.selectbox(
            _("回到"), revs, format_func=lambda rev: _rev_words(context, desk, rev), key="history-rev"
        )
        op = drafts.restore(rev)
        st.button(
            _("恢复到这一步"), key="history-restore", on_click=drafting.submit, args=(context, desk, op)
        )
    if rev is not None:
        differing = drafts.moved(_state(context, draft, rev), desk.state)
        st.caption(_("与现在相比,{n} 个单元的片区不同。恢复也是一步,可撤销。", n=f"{len(differing):,}"))


def _state(context: Context, draft: Draft, rev: int) -> drafts.DraftState:
    return draft_store(context.project).state(draft.id, rev)


def _rev_words(context: Context, desk: Desk, rev: int) -> str:
    if rev <= desk.first:
        return _("第 {rev} 步 · 方案建立时", rev=rev)
    op = desk.history[rev - 1]
    said = edits.describe(context, op)
    return _("第 {rev} 步 · {at} · {what}", rev=rev, at=edits.when(op.at), what=said)


def _files(context: Context, desk: Desk) -> None:
    st.subheader(_("方案文件"))
    left, right = st.columns(2)
    with left:
        if desk.draft is None:
            st.caption(_("选择一个方案后,可导出为一个文件,带全部修改记录。"))
        else:
            export_button(context, desk.draft, key="draft-export")
    with right, st.container(key="draft-file"):
        box = f"draft-file-{st.session_state.get(_TAKEN, 0)}"
        given = st.file_uploader(_("导入方案文件(.json)"), type="json", key=box)
        if given is not None:
            args = (context, given.name, given.getvalue())
            st.button(_("导入为新方案"), key="draft-import", on_click=_bring_in, args=args)
        if found := st.session_state.pop(_FAULTS, None):
            widgets.faults(found)


def export_button(context: Context, draft: Draft, *, key: str) -> None:
    """Draw the download of a draft as one JSON file, its whole history in it."""
    store = draft_store(context.project)
    st.download_button(
        _("导出方案(.json)"),
        lambda: store.export(draft.id).encode(),
        f"{context.project.id}-{draft.name}.json",
        mime="application/json",
        key=key,
        on_click="ignore",
    )


def _bring_in(context: Context, file: str, content: bytes) -> None:
    """Bring a file in and choose it, or keep its faults for the next run. A callback."""
    text = content.decode("utf-8-sig", errors="replace")
    try:
        draft = edits.load(context.project, text, author=drafting.author(), file=file)
    except FaultError as error:
        st.session_state[_FAULTS] = error.faults
        return
    drafting.choose(draft)
    late = draft_store(context.project).get(draft.id).rev > draft.rev
    drafting.say(_("已导入方案“{name}”", name=draft.name) + (_("。") + turned() if late else ""))
    st.session_state[_TAKEN] = st.session_state.get(_TAKEN, 0) + 1


def turned() -> str:
    """Return the sentence for a draft that went by units and zones of before."""
    return _("方案原按拆分或合并之前的单元和片区,已改到现在的,见“历史与文件”")
