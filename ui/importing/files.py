"""The tables that came in, one row each: where each stands first, details of one at a time on demand."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from gis.faults import errors
from gis.layers import layer_label
from planning.preview import TablePreview
from ui.texts import _, language

#: Those that need something first.
_ORDER = ("unreadable", "ask", "faulty", "ready", "left")


def state_words() -> dict[str, str]:
    """Return what each state of a table is called."""
    return {
        "unreadable": _("读不了"),
        "ask": _("要说明"),
        "faulty": _("有错行"),
        "ready": _("可导入"),
        "left": _("不导入"),
    }


def title(table: TablePreview) -> str:
    """Return what a table is called: its file, and its sheet where the file has several or a name of use."""
    plain = table.table in ("", "Sheet1")
    return table.file if plain else f"{table.file} · {table.table}"


def draw(tables: Sequence[TablePreview]) -> TablePreview | None:
    """Draw the list and the choice of one table; return the chosen one."""
    ordered = sorted(tables, key=lambda table: _ORDER.index(table.state))
    words = state_words()
    counts = {state: sum(table.state == state for table in ordered) for state in _ORDER}
    st.markdown(" · ".join(f"{words[state]} **{count}**" for state, count in counts.items() if count))
    rows = [
        {
            _("状态"): words[table.state],
            _("文件"): title(table),
            _("图层"): layer_label(table.layer, language()) if table.layer else "",
            _("行数"): table.rows if table.rows >= 0 else None,
            _("要做什么"): todo(table),
        }
        for table in ordered
    ]
    st.dataframe(
        pd.DataFrame(rows).astype({_("行数"): "Int64"}),
        hide_index=True,
        key="import-list",
        width="stretch",
        height="content" if len(rows) <= 12 else 460,
        placeholder="—",
    )
    keys = [table.key for table in ordered]
    chosen = st.selectbox(
        _("看哪张表"),
        keys,
        format_func=lambda key: title(ordered[keys.index(key)]),
        key="import-table-chosen",
    )
    return next((table for table in ordered if table.key == chosen), None)


def todo(table: TablePreview) -> str:
    """Say in a few words what a table needs."""
    lang = language()
    said = []
    if table.state == "unreadable":
        return errors(table.faults)[0].text(lang)
    if table.crs_needed or table.crs_open:
        said.append(_("选定坐标系"))
    if table.missing:
        said.append(_("指明列:{names}", names=_("、").join(words.text(lang) for words in table.missing)))
    if table.unknown:
        said.append(_("说明 {n} 个不认识的词", n=sum(len(words) for words in table.unknown.values())))
    wrong = [f for f in errors(table.faults) if f.params.get("name") not in table.unknown]
    rows = {(f.sheet, f.row) for f in wrong if f.row is not None}
    if rows:
        said.append(_("{n} 行有错,可下载改好再交回", n=f"{len(rows):,}"))
    if table.state == "left":
        said.append(_("看不出是哪个图层"))
    return _(";").join(said)
