"""Step 2: the lineage table, proposals beside what is settled; nothing counts before the planner saves it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import pandas as pd
import streamlit as st

from gis.faults import FaultError
from gis.files import WORKBOOKS
from planning import incoming
from planning import lineage as tables
from planning.lineage import CHANGE_WORDS, SCHEMA, SUBJECT_WORDS
from planning.newyear import Look
from planning.project import Project
from ui import outcome, widgets
from ui.texts import _, language

#: Score from which one click ticks proposals; lower ones want a look.
SURE: Final = 90.0
_TURN, _TICKED, _FAULTS = "roll-turn", "roll-ticked", "roll-faults"


def panel(project: Project, new: Project, look: Look) -> None:
    """Draw the counts, the table to tick and edit, and the table as a file out and in."""
    _counts(look)
    rows = _rows(new, look)
    if faults := st.session_state.pop(_FAULTS, None):
        st.error(_("沿革表没有保存,请改正后再试。"))
        outcome.fault_table(faults, key="roll-lineage-faults", name=f"{project.id}-lineage-faults")
    if not look.matchings:
        widgets.empty(_("下一年度的学校和小区与村还没有导入:编号都沿用本学年的,不必对照。"))
    edited = _edit(rows)
    with st.container(horizontal=True):
        if st.button(_("保存沿革表"), type="primary", key="roll-save"):
            _settle(new, _given(edited, new.year))
        st.button(_("勾选全部"), key="roll-tick-all", on_click=_tick, args=(0.0,))
        st.button(
            _("勾选把握 {score} 以上的", score=f"{SURE:.0f}"),
            key="roll-tick-sure",
            on_click=_tick,
            args=(SURE,),
        )
    _file(project, new, rows)


def _counts(look: Look) -> None:
    for subject, found in look.matchings.items():
        how = found.pairs["how"].value_counts()
        st.markdown(
            _(
                "{subject}:编号相同 **{same}** 个,自动对上;按沿革表 **{told}** 个;"
                "不在下一年度、去向未定 **{gone}** 个;新出现、来历未定 **{new}** 个。",
                subject=SUBJECT_WORDS[subject].text(language()),
                same=f"{how.get('id', 0):,}",
                told=f"{how.get('lineage', 0):,}",
                gone=f"{how.get('gone', 0):,}",
                new=f"{how.get('new', 0):,}",
            )
        )


def _rows(new: Project, look: Look) -> pd.DataFrame:
    """Return the settled rows, ticked, then the proposals with their score and reason."""
    settled = incoming.table(new)
    proposals = [found.proposals for found in look.matchings.values()]
    ticked = st.session_state.get(_TICKED)
    parts = [settled.assign(use=True, score=float("nan"), reason="")]
    for part in proposals:
        use = part["score"].ge(ticked) if ticked is not None else False
        reason = [why.text(language()) for why in part["why"]]
        # the reason, in the tab's language, stands in its own column until the row is accepted
        parts.append(part.assign(use=use, reason=reason, note=None).drop(columns="why"))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def _heads() -> dict[str, str]:
    heads = {column.name: column.label.text(language()) for column in SCHEMA.columns}
    note = heads.pop("note")
    return {"use": _("采用"), **heads, "score": _("把握(0-100)"), "reason": _("理由"), "note": note}


def _edit(rows: pd.DataFrame) -> pd.DataFrame:
    heads, lang = _heads(), language()
    subjects = [word.text(lang) for word in SUBJECT_WORDS.values()]
    changes = [word.text(lang) for word in CHANGE_WORDS.values()]
    shown = tables.worded(rows, lang)
    for name in ("use", "score", "reason"):
        shown[heads[name]] = rows[name]
    order = [heads[name] for name in heads if name not in ("year",)]
    edited = st.data_editor(
        shown[order],
        hide_index=True,
        num_rows="dynamic",
        disabled=[heads["score"], heads["reason"]],
        column_config={
            heads["use"]: st.column_config.CheckboxColumn(default=True, width="small"),
            heads["subject"]: st.column_config.SelectboxColumn(options=subjects, width="small"),
            heads["change"]: st.column_config.SelectboxColumn(options=changes, width="small"),
            heads["share"]: st.column_config.NumberColumn(min_value=0, max_value=1, format="%.3g"),
            heads["score"]: st.column_config.NumberColumn(format="%.0f", width="small"),
        },
        height=min(560, 35 * (len(rows) + 3)),
        key=f"roll-editor-{st.session_state.get(_TURN, 0)}",
        placeholder="—",
        width="stretch",
    )
    st.caption(
        _(
            "打勾的行在保存后算数;可改、可加行。拆分的份额相加为 1,留空为平分;"
            "原单元还在的,另写一行留给它自己。"
        )
    )
    return edited


def _given(edited: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the ticked rows of the editor as the table."""
    heads, lang = _heads(), language()
    back = {head: name for name, head in heads.items()}
    rows = edited.rename(columns=back)
    rows = rows[rows["use"].fillna(False).astype(bool)].assign(year=year)
    for name, words in (("subject", SUBJECT_WORDS), ("change", CHANGE_WORDS)):
        codes = {word.text(lang): code for code, word in words.items()}
        rows[name] = rows[name].map(codes)
    for name in tables.COLUMNS:
        if name not in ("year", "share"):
            rows[name] = [_text(value) for value in rows[name]]
    rows["note"] = [_text(n) or _text(why) for n, why in zip(rows["note"], rows["reason"], strict=True)]
    return tables.frame_of(rows)


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) or not str(value).strip() else str(value).strip()


def _settle(new: Project, frame: pd.DataFrame) -> None:
    try:
        incoming.settle(new, frame)
    except FaultError as error:
        st.session_state[_FAULTS] = list(error.faults)
    else:
        _forget()
    st.rerun()


def _tick(score: float) -> None:
    st.session_state[_TICKED] = score
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def _forget() -> None:
    st.session_state.pop(_TICKED, None)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1


def _file(project: Project, new: Project, rows: pd.DataFrame) -> None:
    """Draw the table as a workbook to take away, and the way back in."""
    lang, heads = language(), _heads()
    st.subheader(_("在 Excel 里改"))

    def workbook() -> bytes:
        from gis.export import to_excel

        extra = {heads["score"]: rows["score"], heads["reason"]: rows["reason"]}
        return to_excel({_("沿革"): tables.worded(rows, lang).assign(**extra)}, lang=lang)

    widgets.download(
        _("下载沿革表(Excel)"), workbook, f"{project.id}-lineage-{new.year}.xlsx", key="roll-lineage-xlsx"
    )
    turn = st.session_state.get(_TURN, 0)
    given = st.file_uploader(
        _("交回沿革表:表里各行全部算数,不采用的请先删去"),
        type=[ending.lstrip(".") for ending in (*WORKBOOKS, ".csv")],
        key=f"roll-lineage-back-{turn}",
    )
    if given is not None and st.button(_("读入交回的沿革表"), key="roll-lineage-read"):
        _read_back(new, given.name, given.getvalue())


def _read_back(new: Project, name: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="huapian-lineage-") as folder:
        path = Path(folder) / f"lineage{Path(name).suffix}"
        path.write_bytes(data)
        try:
            frame, _warnings = tables.read(path)
        except FaultError as error:
            st.session_state[_FAULTS] = list(error.faults)
            st.rerun()
    _settle(new, frame)
