"""转入下一学年: next year's files, what became of whom, what is carried over, and opening the new year."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from gis.faults import errors
from gis.layers import layer_label
from planning import incoming, newyear
from planning.newyear import Look
from planning.project import Project, open_project
from ui import imports, jobs, widgets
from ui.rollforward import carrying, lineage, opening
from ui.state import Context
from ui.texts import _, language

_LOOK: Final = "roll-look"


def panel(context: Context) -> None:
    """Draw the section: where the project came from, and the four steps to its next year."""
    # the bureau's own names and ids are compared, whatever the tab shows
    project = open_project(context.project.folder)
    _family(project)
    new = incoming.staged(project)
    if new is None:
        _begin(project)
        return
    steps: dict[str, tuple[str, Callable[[Project, Project], None]]] = {
        "files": (_("1 下一年度文件"), _files),
        "lineage": (_("2 沿革:谁成了谁"), _lineage),
        "carry": (_("3 转入内容与冲突"), _carry),
        "open": (_("4 开新学年"), _open),
    }
    st.markdown(_("正在转入 **{year}**。在第 4 步之前,本项目不会改动。", year=widgets.school_year(new.year)))
    chosen = st.segmented_control(
        _("步骤"),
        list(steps),
        default="files",
        required=True,
        format_func=lambda key: steps[key][0],
        key="roll-step",
        label_visibility="collapsed",
    )
    steps[chosen or "files"][1](project, new)


def _family(project: Project) -> None:
    """Say from which project this one was opened, which were opened from it, and what waits in its drafts."""
    came = newyear.history(project)
    if came:
        last = came[-1]
        name, year = widgets.escape(str(last["parent_name"])), widgets.school_year(int(last["from_year"]))
        there = newyear.parent(project)
        st.markdown(_("本项目由“{name}”({year})转入。", name=name, year=year))
        if there is None:
            st.caption(_("上一学年的项目已不在项目文件夹里。"))
        else:
            st.button(_("打开上一学年的项目"), key="roll-parent", on_click=opening.go, args=(there.id,))
    opened = st.session_state.get("roll-opened")
    for other in newyear.children(project):
        if other.id == opened:
            st.success(_("新学年已开好。本项目保持原样。"))
        with st.container(horizontal=True, vertical_alignment="center"):
            name = widgets.escape(other.title(language()))
            st.markdown(
                _("已由本项目转入“{name}”({year})。", name=name, year=widgets.school_year(other.year))
            )
            st.button(_("打开"), key=f"roll-child-{other.id}", on_click=opening.go, args=(other.id,))
    carrying.waiting(project)


def _begin(project: Project) -> None:
    widgets.empty(
        _(
            "新学年的学校、小区与村、适龄儿童、在校生等文件到齐后,在这里转入:先对出更名、合并、拆分的学校和小区,"
            "再看哪些内容带过去、哪些要您决定,最后一次保存成新学年的项目。本学年的项目原样保留。"
        )
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        year = st.number_input(
            _("转入的学年(秋季)"),
            project.year + 1,
            2100,
            project.year + 1,
            format="%d",
            key="roll-year",
            width=220,
        )
        if st.button(_("开始转入"), type="primary", key="roll-begin"):
            incoming.begin(project, year=int(year))
            st.session_state.pop("import-result", None)
            st.rerun()


def _files(project: Project, new: Project) -> None:
    """Draw what has come in, and the way in for more files."""
    if len(new.sources):
        rows = [
            {
                _("图层"): layer_label(str(row["layer"]), language()),
                _("行数"): row["rows"],
                _("文件"): row["file"],
                _("统计时点"): row["as_of"],
                _("来源"): row["source"],
            }
            for row in new.sources.to_dict("records")
        ]
        st.dataframe(rows, hide_index=True, key="roll-come", width="stretch")
        st.caption(_("没有列出的图层沿用本学年的。在校生、班级、出生人口只需给新的年份,往年由本学年带过去。"))
    else:
        widgets.empty(_("还没有下一年度的文件。把它们选进来,每张表选定图层后导入。"))
    imports.panel(new, into=incoming.target(project))
    with st.popover(_("放弃转入")):
        st.markdown(_("已导入的下一年度文件、沿革表和选择都会删除;本学年的项目不受影响。"))
        if st.button(_("确定放弃"), key="roll-drop"):
            incoming.drop(project)
            st.session_state.pop("import-result", None)
            st.rerun()


def _look(project: Project, new: Project) -> Look | None:
    """Return what opening the year would do; where something changed since, look again as a job."""
    key = newyear.look_key(project, new)
    look: Look | None = st.session_state.get(_LOOK)
    if look is not None and look.key == key:
        return look
    job = f"roll-look-{project.id}"
    stopped = st.session_state.get("roll-stopped") == key and not jobs.running(job)
    jobs.watch(job, _("正在对照两个学年"), _looked)
    if jobs.running(job):
        return None
    if not stopped or st.button(_("重新对照"), key="roll-again"):
        st.session_state["roll-stopped"] = key
        jobs.start(job, "planning.newyear:look_job", folder=project.folder, lang=language())
        st.rerun()
    return None


def _looked(look: Look) -> None:
    st.session_state[_LOOK] = look


def _lineage(project: Project, new: Project) -> None:
    if (look := _look(project, new)) is not None:
        lineage.panel(project, new, look)


def _carry(project: Project, new: Project) -> None:
    if (look := _look(project, new)) is not None:
        carrying.panel(project, new, look)


def _open(project: Project, new: Project) -> None:
    look = _look(project, new)
    if look is not None:
        opening.panel(project, new, look, wrong=len(errors(look.carried.faults)))
