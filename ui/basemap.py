"""Where a planner sets the base map under the board: off unless a key or an address is given."""

from __future__ import annotations

import streamlit as st

from gis.faults import FaultError
from planning import basemap
from planning.basemap import BaseMap
from ui import widgets
from ui.texts import _

_SAID = "basemap-said"


def panel() -> None:
    """Draw what is set and the fields to set it."""
    base = basemap.stored()
    st.subheader(_("划片底图的在线底图(默认关闭)"))
    st.caption(
        _(
            "不填则划片页不请求任何瓦片。填写后,只有在划片页打开“在线底图”图层时,浏览器才直接向该地址取瓦片,"
            "对方会看到所看的范围。天地图需要联网,坐标系为 CGCS2000(与 WGS 84 相差不到 1 米);密钥只存在本机,"
            "不进入项目和任何导出。内网瓦片须是 Web 墨卡托切片(EPSG:3857,WMTS 矩阵集 w),"
            "不可用偏移过的(GCJ-02)底图。"
        )
    )
    _now(base)
    if base.given:
        return
    with st.form("basemap-form", border=False):
        key = st.text_input(_("天地图密钥(浏览器端)"), type="password", key="basemap-key")
        template = st.text_input(
            _("内网瓦片地址(填了就不用天地图)"),
            value=base.template,
            key="basemap-template",
            placeholder="http://10.0.0.1/tiles/{z}/{x}/{y}.png",
        )
        kept = st.form_submit_button(_("保存底图设置"), key="basemap-keep")
    if kept:
        _keep(BaseMap(key.strip() or base.key, template.strip()))
    if base.sheets():
        st.button(_("清除底图设置"), key="basemap-clear", on_click=_clear)


def _now(base: BaseMap) -> None:
    """Say what is set, never the key itself."""
    if said := st.session_state.pop(_SAID, ""):
        st.success(said)
    if not base.sheets():
        st.markdown(_("现在:没有在线底图。"))
    elif base.given:
        st.markdown(_("现在:由环境变量设定,向 {host} 取瓦片。", host=widgets.escape(base.host())))
    else:
        st.markdown(_("现在:已设定,向 {host} 取瓦片。", host=widgets.escape(base.host())))


def _keep(base: BaseMap) -> None:
    try:
        basemap.store(base)
    except FaultError as error:
        widgets.faults(error.faults)
        return
    st.session_state[_SAID] = _("已保存。到“划片”页“显示图层”中打开。")
    st.rerun()


def _clear() -> None:
    basemap.store(BaseMap())
    st.session_state[_SAID] = _("已清除,不再请求瓦片。")
    # a key that stayed in its field would be kept again by the next save
    for field in ("basemap-key", "basemap-template"):
        st.session_state[field] = ""
