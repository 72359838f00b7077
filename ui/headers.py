"""Help for those who prepare files: the headers of a layer, and a workbook to fill in."""

from __future__ import annotations

import streamlit as st

from gis.layers import SCHEMAS, layer_label
from ui.texts import _, language
from ui.views import headers as view


def panel() -> None:
    """Draw the columns of a layer that the reader picks, the headers understood, and the template."""
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
    label = layer_label(layer, language())
    st.download_button(
        _("下载“{layer}”的 Excel 模板", layer=label),
        view.template(layer),
        f"{layer}.xlsx",
        key="data-template",
        on_click="ignore",
    )
