"""Schools that seem renamed, merged or split: into the lineage table with one button, and back."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from planning import lineage, proposals
from planning.project import Project
from ui import widgets
from ui.forecast.writing import attempt
from ui.state import Context
from ui.texts import _, language
from ui.zones.drafting import author


def draw(context: Context) -> None:
    """Draw what may be taken over and what was, each with its button; nothing where there is neither."""
    project = context.project
    mark = lineage.stored(project.folder).to_csv()
    open_ones, settled = _proposed(project.key, mark, project), proposals.taken(project)
    if not open_ones and not settled:
        return
    st.markdown(f"**{_('疑似更名、合并、拆分的学校')}**")
    by = st.text_input(_("经办人"), value=author(), key="changes-by", persist_state="session")
    if open_ones:
        st.caption(_("属实才写入:写入沿革后,历史按此接续,预测和回测重新计算;随时可以撤回。"))
        key = _choice(_("提议"), open_ones, "changes-open")
        if st.button(_("写入沿革"), key="changes-take"):
            attempt(lambda: proposals.take(project, key, by=by))
    if settled:
        key = _choice(_("已写入沿革"), settled, "changes-taken")
        if st.button(_("撤回这条沿革"), key="changes-back"):
            attempt(lambda: proposals.give_back(project, key, by=by))


def said(rows: pd.DataFrame) -> str:
    """Return one change in words: year, what happened, from whom to whom."""
    row = rows.iloc[0]
    return _(
        "{year} {change}:{old} → {new}",
        year=widgets.school_year(row["year"]),
        change=lineage.CHANGE_WORDS[row["change"]].text(language()),
        old=_all(rows, "from"),
        new=_all(rows, "to"),
    )


def _all(rows: pd.DataFrame, side: str) -> str:
    ids = rows[f"{side}_id"].astype("str")
    return "+".join(dict.fromkeys(rows[f"{side}_name"].astype("object").where(lambda s: s.notna(), ids)))


def _choice(label: str, found: dict[str, pd.DataFrame], key: str) -> str:
    words = {name: said(rows) for name, rows in found.items()}
    return str(st.selectbox(label, list(words), format_func=words.__getitem__, key=key))


@st.cache_resource(max_entries=4, show_spinner=False)
def _proposed(key: str, mark: str, _project: Project) -> dict[str, pd.DataFrame]:
    return proposals.proposed(_project)
