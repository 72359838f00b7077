"""Step 4: name the new project and make it, in one save."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import streamlit as st

from planning import incoming, rollforward
from planning.imports import free_id
from planning.newyear import Look
from planning.project import Project
from ui import jobs, outcome, widgets
from ui.texts import _, language

_RESULT = "roll-result"


def panel(project: Project, new: Project, look: Look, *, wrong: int) -> None:
    """Draw the name of the new project, what is still open, and the button."""
    if (result := st.session_state.get(_RESULT)) and not result["saved"] and result["faults"]:
        st.error(_("没有开新学年,一切保持原样。"))
        outcome.fault_table(result["faults"], key="roll-open-faults", name=f"{project.id}-roll-faults")
    open_units = rollforward.open_units(look.carried, {})
    answered = len(open_units) - len(_still(new, look))
    st.markdown(
        _(
            "- 要先解决的问题:**{wrong}** 处\n- 现行片区里没有片区的单元:**{left}** 个(已划定 {done} 个)\n"
            "- 新学年是一个新项目;本学年的项目、方案和文件都不变,随时可以打开。",
            wrong=f"{wrong:,}",
            left=f"{len(open_units) - answered:,}",
            done=f"{answered:,}",
        )
    )
    job = f"roll-open-{project.id}"
    jobs.watch(job, _("正在开新学年"), _opened, saved=jobs.reported)
    name = st.text_input(_("新项目名称"), value=_name(project, new.year), key="roll-name").strip()
    author = st.text_input(_("经办人(可不填)"), key="roll-author").strip()
    ready = bool(name) and not wrong and not jobs.running(job)
    if st.button(_("开新学年"), type="primary", disabled=not ready, key="roll-open"):
        st.session_state.pop(_RESULT, None)
        base = re.sub(r"-?(19|20)\d\d$", "", project.id)
        given: dict[str, Any] = {"name": name, "author": author, "lang": language()}
        given |= {"name_en": _english_name(project, new.year), "id": free_id(f"{base}-{new.year}")}
        jobs.start(job, "planning.newyear:open_year", folder=project.folder, **given)
        st.rerun()
    if wrong:
        widgets.empty(_("先在第 2、3 步把问题解决,再开新学年。"))


def _still(new: Project, look: Look) -> pd.DataFrame:
    return rollforward.open_units(look.carried, incoming.answers(new))


def _name(project: Project, year: int) -> str:
    base = re.sub(r"\s*[·(]?(19|20)\d\d\s*学年[)]?$", "", project.name).strip()
    return f"{base} {year}学年"


def _english_name(project: Project, year: int) -> str:
    if not project.name_en:
        return ""
    base = re.sub(r"\s*(19|20)\d\d-\d\d$", "", project.name_en).strip()
    return f"{base} {year}-{(year + 1) % 100:02d}"


def _opened(result: dict[str, Any]) -> None:
    st.session_state[_RESULT] = result
    if result["saved"]:
        st.session_state["roll-opened"] = result["project"]
        st.session_state.pop("import-result", None)


def go(project_id: str) -> None:
    """Open another project in this tab. A callback."""
    st.session_state["project"] = project_id
    for key in ("roll-step", "roll-opened", "import-result", _RESULT):
        st.session_state.pop(key, None)
