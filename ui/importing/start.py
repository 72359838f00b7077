"""Where the layers go, and the start of the import: everything is checked first, and may be checked alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from gis.faults import Fault
from gis.layers import layer_label
from planning.imports import free_id
from planning.preview import TablePreview, source_of
from planning.project import Project
from planning.reading import Source
from ui import jobs
from ui.importing.files import title
from ui.importing.looking import choice
from ui.outcome import plain
from ui.texts import _, language


def sources(tables: Sequence[TablePreview]) -> tuple[dict[str, tuple[Source, ...]], list[str]]:
    """Return the tables by layer, and the files of which only some of several alike sheets were chosen.

    Sheets of one file that look alike (a sheet a school) are read as one: that is the reader's own rule.
    """
    files: dict[tuple[str, str], list[TablePreview]] = {}
    for table in tables:
        if table.layer and choice(table).layer:
            files.setdefault((choice(table).layer, table.path), []).append(table)
    found: dict[str, list[Source]] = {}
    torn = []
    for (layer, path), own in files.items():
        alike = [table for table in tables if table.path == path and table.guess == layer]
        source = source_of(own[0], choice(own[0]))
        if len(own) > 1 and len(own) == len(alike):
            source = Source(**{**vars(source), "table": ""})
        elif len(own) > 1:
            torn.append(own[0].file)
        found.setdefault(layer, []).append(source)
    return {layer: tuple(given) for layer, given in found.items()}, torn


def draw(project: Project | None, tables: Sequence[TablePreview], into: Mapping[str, Any] | None) -> None:
    """Draw where the layers go and the buttons; start the check or the import."""
    given, torn = sources(tables)
    for name in torn:
        st.error(_("“{file}”里选了一部分相像的工作表。请全选,或每次只导入一张。", file=plain(name)))
    open_ = [table for table in tables if table.layer and (table.crs_open or table.crs_needed)]
    if open_:
        names = _("、").join(title(table) for table in open_)
        st.info(plain(_("先为 {n} 张表选定坐标系:{names}。", n=len(open_), names=names)))
    _layers(given)
    target = _target(project) if into is None else into
    free = bool(given) and not torn and not open_ and target is not None and not _busy()
    with st.container(horizontal=True):
        start = st.button(
            _("导入 {n} 个图层", n=len(given)), type="primary", disabled=not free, key="import-start"
        )
        check = st.button(_("只核对,不保存"), disabled=not free, key="import-check")
    if (start or check) and target is not None:
        st.session_state.pop("import-result", None)
        mended = st.session_state.get("import-mended")
        jobs.start(
            "import", "planning.imports:attempt", files=given, mended=mended, check_only=check, **target
        )
        st.rerun()


def _busy() -> bool:
    return jobs.running("import") or jobs.running("preview")


def _layers(given: Mapping[str, Sequence[Source]]) -> None:
    several = [
        _("{layer} {n} 个文件", layer=layer_label(layer, language()), n=len(own))
        for layer, own in given.items()
        if len(own) > 1
    ]
    if several:
        st.caption(_("合并导入:{names}", names=_("、").join(several)))


def _target(project: Project | None) -> dict[str, Any] | None:
    """Draw the choice between the open project and a new one; return the arguments of the import."""
    if project is None:
        return _new_project()
    new = st.segmented_control(
        _("导入到"),
        ["here", "new"],
        default="new" if project.synthetic else "here",
        required=True,
        format_func=lambda key: (
            _("新项目") if key == "new" else _("当前项目:{name}", name=project.title(language()))
        ),
        key="import-target",
    )
    if new == "new":
        return _new_project()
    if project.synthetic:
        st.warning(_("当前项目是合成数据。真实数据请导入新项目,以免混在一起。"))
    return {"project_id": project.id}


def _new_project() -> dict[str, Any] | None:
    left, middle, right = st.columns([3, 2, 2])
    name = left.text_input(_("新项目名称"), placeholder=_("如:某县 2026 年划片"), key="import-name").strip()
    # Plans are made for the autumn to come; from September on, for that of the next year.
    today = datetime.now(UTC)
    year = middle.number_input(
        _("规划学年(秋季)"),
        1990,
        2100,
        today.year + (today.month > 8),
        step=1,
        format="%d",
        key="import-year",
    )
    system = right.selectbox(
        _("学制"),
        ["6-3", "5-4"],
        format_func=lambda key: {"6-3": _("六三制"), "5-4": _("五四制")}[key],
        key="import-system",
    )
    if not name:
        st.caption(_("填写名称后才能导入。"))
        return None
    return {"project_id": free_id(name), "name": name, "year": int(year), "stage_system": system}


def faults_of(result: Mapping[str, Any] | None, tables: Sequence[TablePreview]) -> list[Fault]:
    """Return what is wrong as far as it is known: of the last check or import, else of the tables."""
    if result is not None:
        return list(result.get("faults", []))
    return [fault for table in tables if table.layer for fault in table.faults]
