"""What a newcomer meets before there is a project: the demo, or files of one's own."""

from __future__ import annotations

import streamlit as st

from planning.project import broken_projects, home
from ui import headers, imports, jobs, widgets
from ui.texts import _, language


def page() -> None:
    """Offer the demo project and say how to bring files of one's own."""
    st.title(_("划片:就近划片与学位规划"))
    st.markdown(_("从一个示例项目开始,或导入本地数据。全部计算在本机完成,不联网。"))
    widgets.faults(broken_projects())
    jobs.watch("demo", _("正在生成示例项目"), lambda _result: None)
    with st.container(horizontal=True):
        if st.button(_("生成示例:一个区"), key="demo-county", type="primary", disabled=jobs.running("demo")):
            _build("county")
        if st.button(_("生成示例:全市"), key="demo-city", disabled=jobs.running("demo")):
            _build("city")
    st.caption(_("示例为合成数据:地名真实,人口、学校、路网均为虚构。"))
    st.subheader(_("导入本地数据"))
    st.markdown(
        _(
            "至少需要小区与村(带位置);学校、适龄儿童、班级、在校生、道路等可以一起导入,也可以以后再补。"
            "全部文件没有错误才会保存。"
        )
    )
    imports.panel(None)
    with st.expander(_("各图层的表头和 Excel 模板")):
        headers.panel()
    with st.expander(_("用命令行导入")):
        files = (
            "units=小区.xlsx schools=学校.xlsx"
            if language() == "zh"
            else "units=units.xlsx schools=schools.xlsx"
        )
        st.code(f"python cli.py import my-county {files} --year 2026", language="bash")
    st.caption(_("项目保存在:{folder}", folder=str(home())))


def _build(which: str) -> None:
    jobs.start("demo", "data.make_demo:make_demo", home=home(), which=which)
    st.rerun()
