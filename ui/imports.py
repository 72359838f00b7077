"""Importing files on a page: upload, look, say what files do not, mend rows, import, see what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from gis.faults import Fault, errors, grouped, warnings
from gis.layers import SCHEMAS, layer_label, worded
from planning import mappings
from planning.preview import COLUMN_KINDS, CRS_KINDS, TablePreview
from planning.project import Project
from ui import jobs, outcome
from ui.importing import columns, files, looking, mend, start, uploads, where
from ui.texts import _, language

SHOWN_FAULTS = 3


def panel(project: Project | None, *, into: Mapping[str, Any] | None = None) -> None:
    """Draw the whole way from files to layers; `project` is the open one, None where there is none yet.

    `into` says where they go (arguments of `planning.imports.import_files`) where the planner has no choice.
    """
    outcome.draw()
    jobs.watch("import", _("正在导入"), _finished, saved=jobs.reported)
    upload = uploads.draw()
    _known_mappings()
    if upload is None:
        return
    system = project.stage_system if project else st.session_state.get("import-system", "6-3")
    tables = looking.previews(upload, stage_system=system)
    if not tables:
        return
    chosen = files.draw(tables)
    if chosen is not None:
        _detail(tables.index(chosen), chosen, tables, project)
    looking.stale(upload, stage_system=system)
    given, _torn = start.sources(tables)
    mend.draw(given, start.faults_of(st.session_state.get("import-result"), tables))
    start.draw(project, tables, into)


def _detail(
    number: int, table: TablePreview, tables: Sequence[TablePreview], project: Project | None
) -> None:
    """Draw one table: what it is, where it lies, what its headers and words mean, what is wrong."""
    with st.container(border=True, key=f"import-table-{number}"):
        _said_of(number, table)
        if table.layer:
            if table.located:
                where.draw(number, table, tables, project)
            columns.draw(number, table)
            _faults(table.faults)
        elif table.state == "unreadable":
            _faults(table.faults)
        if len(table.head):
            with st.expander(_("前几行")):
                st.dataframe(worded(table.head, table.layer, language()), hide_index=True, placeholder="—")


def _said_of(number: int, table: TablePreview) -> None:
    """Draw the layer, date, source and encoding of a table; note what the planner changes."""
    said = looking.choice(table)
    first, second, third, last = st.columns([2, 2, 2, 1])
    options = ["", *SCHEMAS]
    layer = first.selectbox(
        _("作为图层"),
        options,
        index=options.index(said.layer),
        format_func=lambda name: layer_label(name, language()) if name else _("不导入"),
        key=f"import-table-{number}-layer",
    )
    as_of = second.text_input(
        _("统计时点"), value=said.as_of, placeholder=_("如:2026-09-01"), key=f"import-table-{number}-asof"
    )
    source = third.text_input(
        _("来源"), value=said.source, placeholder=_("如:教育事业统计"), key=f"import-table-{number}-source"
    )
    encoding = last.selectbox(
        _("文字编码"),
        ["", "gb18030", "utf-8", "big5"],
        index=["", "gb18030", "utf-8", "big5"].index(said.encoding),
        format_func=lambda name: name or _("自动"),
        key=f"import-table-{number}-encoding",
    )
    new = replace(said, layer=layer, as_of=as_of.strip(), source=source.strip(), encoding=encoding)
    if layer != said.layer:
        new = replace(new, mapping=None, words=None)
    if new != said:
        looking.say(table, new)
        st.rerun()


def _faults(faults: Sequence[Fault]) -> None:
    """Say what is wrong with a table beside what is asked above, the first few of each kind."""
    wrong = [fault for fault in errors(faults) if fault.kind not in CRS_KINDS | COLUMN_KINDS]
    noticed = [fault for fault in warnings(faults) if fault.kind not in ("column_unknown", "import_personal")]
    lines = grouped(wrong or noticed, lang=language(), limit=SHOWN_FAULTS)
    if lines:
        draw = st.error if wrong else st.warning
        draw("\n".join(f"- {outcome.plain(line)}" for line in lines))


def _known_mappings() -> None:
    """List what is remembered of headers and words, each to be forgotten."""
    known = mappings.listed()
    if not known:
        return
    with st.expander(_("记住的对应关系({n})", n=len(known))):
        for number, one in enumerate(known):
            said, button = st.columns([6, 1], vertical_alignment="center")
            pairs = [f"{head} → {column or _('不使用')}" for head, column in one.columns.items()]
            pairs += [f"{word} → {meant}" for words in one.words.values() for word, meant in words.items()]
            text = f"{layer_label(one.layer, language())} · {one.file} · {_('、').join(pairs[:8])}"
            said.caption(outcome.plain(text))
            if button.button(_("忘掉"), key=f"import-forget-{number}"):
                mappings.forget(one.key)
                st.rerun()


def _finished(result: dict[str, Any]) -> None:
    st.session_state["import-result"] = result
    if not result["saved"]:
        return
    for table in st.session_state.get("import-preview", {}).values():
        if table.layer:
            columns.remember(table, looking.choice(table))
    uploads.forget()
    # A first project takes the place of the page that it was imported on: 数据 opens with what came of it.
    st.session_state.setdefault("data-section", "import")
    st.session_state["import-turn"] = st.session_state.get("import-turn", 0) + 1
