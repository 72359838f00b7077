"""Rows to mend: handed out as a workbook, given back, and read in place of those of the files."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from gis.faults import Fault, FaultError, errors, grouped
from planning import mending
from planning.reading import Source
from ui.importing import looking
from ui.outcome import plain
from ui.texts import _, language


def draw(sources: Mapping[str, Sequence[Source]], faults: Sequence[Fault]) -> None:
    """Draw the download of rows with faults and the upload of the mended ones, where there are any."""
    concerned = mending.of_rows(faults)
    rows = {(f.file, f.sheet, f.row) for f in concerned}
    wrong = {(f.file, f.sheet, f.row) for f in errors(concerned)}
    held = st.session_state.get("import-mended")
    if not rows and held is None:
        return
    with st.container(border=True, key="import-mend"):
        st.markdown(f"**{_('改有问题的行')}**")
        if rows:
            st.caption(
                _(
                    "{wrong} 行有错、{noticed} 行有提示。下载后在 Excel 或 WPS 里直接改;"
                    "不要的行在“处理”列写“删除”;保存后交回。原文件不用动。",
                    wrong=f"{len(wrong):,}",
                    noticed=f"{len(rows - wrong):,}",
                )
            )
        left, right = st.columns(2, vertical_alignment="bottom")
        with left:
            if rows:
                _download(sources, faults, held)
        with right:
            _give_back()
        if held is not None:
            gone = mending.left_out(held, set(held["文件"].astype(str)))
            st.caption(
                _(
                    "已交回 {n} 行,其中删去 {gone} 行(记入导入记录)。",
                    n=f"{len(held):,}",
                    gone=f"{len(gone):,}",
                )
            )


def _download(sources: Mapping[str, Sequence[Source]], faults: Sequence[Fault], held: Any) -> None:
    lang = language()
    # The rows are read when the workbook is asked for, and are in memory only.
    st.download_button(
        _("下载有问题的行(Excel)"),
        lambda: mending.workbook(mending.tables(sources, faults, mended=held, lang=lang), lang=lang),
        "rows-to-mend.xlsx",
        key="import-mend-xlsx",
        on_click="ignore",
    )


def _give_back() -> None:
    turn = st.session_state.setdefault("import-mend-turn", 0)
    file = st.file_uploader(_("交回改好的行"), type=["xlsx", "xls", "csv"], key=f"import-mend-file-{turn}")
    if file is None:
        return
    with tempfile.TemporaryDirectory(prefix="huapian-upload-", ignore_cleanup_errors=True) as folder:
        path = Path(folder) / f"mended{Path(file.name).suffix.lower()}"
        path.write_bytes(file.getbuffer())
        try:
            rows = mending.read(path)
        except FaultError as error:
            st.error("\n".join(f"- {plain(line)}" for line in grouped(error.faults, lang=language())))
            return
    st.session_state["import-mended"] = mending.together(st.session_state.get("import-mended"), rows)
    st.session_state["import-mend-turn"] = turn + 1
    st.session_state.pop("import-result", None)
    looking.look_again()
    st.rerun()
