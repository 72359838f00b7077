"""What came of an import, and faults as a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from gis.faults import Fault, errors
from ui.texts import _, language
from ui.views import data as view

#: Pixels of a row of one line and of two, and the width of text (Chinese letters are two wide) that fits one.
ROW_HEIGHTS: Final = (35, 56)
ONE_LINE: Final = 125


def plain(text: str) -> str:
    """Return a text with what Markdown would turn into something else made harmless."""
    return re.sub(r"([\\`*_{}\[\]<>#~$|])", r"\\\1", text)


def draw() -> None:
    """Say what came of the last import of this tab, whole: layers, what was assumed, what was noticed."""
    result = st.session_state.get("import-result")
    if result is None:
        return
    with st.container(key="import-outcome"):
        if not result["saved"]:
            _refused(result.get("faults", []), checked=result.get("checked", False))
            return
        names = _("、").join([f"{row[language()]} {row['rows']:,}" for row in result["layers"]])
        st.success(_("已导入到“{name}”:{layers}(行)。", name=plain(result["name"]), layers=names))
        with st.expander(_("导入时的设定"), expanded=True):
            st.markdown("\n".join(f"- {plain(said[language()])}" for said in result["assumed"]))
        if result["warnings"]:
            with st.expander(_("读取时的提示({n})", n=len(result["warnings"]))):
                st.dataframe(
                    [{_("提示"): said[language()]} for said in result["warnings"]],
                    hide_index=True,
                    width="stretch",
                )
        if result.get("left_out"):
            st.caption(
                _("按交回的改错行,有 {n} 行没有导入;导入记录里写明是哪些行。", n=len(result["left_out"]))
            )
        if result["new"]:
            st.button(_("打开新项目"), key="import-open", on_click=_open, args=(result["project"],))


def _open(project_id: str) -> None:
    st.session_state["project"] = project_id
    st.session_state.pop("import-result", None)


def _refused(found: Sequence[Fault], *, checked: bool) -> None:
    wrong = len(errors(found))
    if checked:
        st.success(_("核对完毕:没有错误,{n} 条提示。什么都没有保存,可以导入了。", n=f"{len(found):,}"))
        if not found:
            return
    else:
        st.error(_("没有导入,项目保持原样。有 {n} 处要改正。", n=f"{wrong:,}"))
    with st.expander(_("问题与提示({n})", n=f"{len(found):,}"), expanded=True):
        fault_table(found, key="import-faults", name="import-faults")


def fault_table(found: Sequence[Fault], *, key: str, name: str) -> None:
    """Draw faults as a table, errors first, with the download of all of them as a workbook."""
    from gis.export import to_excel

    rows = view.fault_rows(found)
    first = [_("级别"), _("图层"), _("问题与改法")]
    widths = {_("问题与改法"): st.column_config.TextColumn(width=900)}
    st.dataframe(
        rows[first],
        hide_index=True,
        column_config=widths,
        key=key,
        width="stretch",
        row_height=_row_height(rows[_("问题与改法")]),
    )
    # The workbook is made when it is asked for, outside this run: its words must be settled before.
    sheets, lang = {_("问题"): rows}, language()
    st.download_button(
        _("下载全部问题(Excel)"),
        lambda: to_excel(sheets, lang=lang),
        f"{name}.xlsx",
        key=f"{key}-xlsx",
        on_click="ignore",
    )


def _row_height(texts: pd.Series) -> int:
    """Return the height at which the longest sentence can be read whole."""
    widest = max((sum(1 + (letter > "\u2e80") for letter in text) for text in texts), default=0)
    return ROW_HEIGHTS[widest > ONE_LINE]
