"""Help for those who prepare files: the headers of a layer, and a workbook to fill in."""

from __future__ import annotations

import streamlit as st

from gis.layers import SCHEMAS, layer_label
from planning.project import Project
from ui import widgets
from ui.texts import _, language
from ui.views import headers as view


def panel(project: Project | None = None) -> None:
    """Draw the columns of a layer that the reader picks, the headers understood, and an empty form.

    Drop-downs of the form offer the schools, units and towns of `project`.
    """
    layer = st.selectbox(
        _("图层"),
        list(SCHEMAS),
        format_func=lambda name: layer_label(name, language()),
        key="data-headers-layer",
    )
    if layer is None:
        return
    st.table(view.headers(layer), border="horizontal", hide_index=True)
    st.caption(_("表头不分大小写、全角半角;括号里的单位可写可不写。别的列会原样保留,个人信息列不保存。"))
    lang = language()
    label = layer_label(layer, lang)
    widgets.download(
        _("下载“{layer}”的 Excel 模板", layer=label),
        lambda: _blank(layer, lang, project),
        f"{layer}.xlsx",
        key="data-template",
    )


def _blank(layer: str, lang: str, project: Project | None) -> bytes:
    """Return an empty form; its lists have the names that the bureau uses, whatever the tab shows."""
    from planning.project import open_project
    from planning.templates import blank

    return blank(layer, lang=lang, project=project and open_project(project.folder))
