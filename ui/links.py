"""Neighbours and walks: which units are linked, edited by hand; what walking distances rest on."""

from __future__ import annotations

import streamlit as st

from gis.travel import LONG_SNAP
from planning import links
from planning.project import Project
from ui import gate, jobs, widgets
from ui.maps.show import show
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views import links as view

JOB = "links"


def draw(context: Context) -> None:
    """Draw the section."""
    project = context.project
    if not project.has("units", "schools"):
        widgets.empty(_("相邻和步行要先有小区与村、学校。请先在“导入”里导入。"))
        return
    if not gate.derived(context):
        return
    jobs.watch(JOB, _("正在保存改动"), _said, saved=jobs.answered(project))
    if said := st.session_state.pop("links-said", ""):
        st.success(said)
    html = view.map_html(project.key, language(), project)
    show(html, alt=_("地图:单元、河流与铁路、主要道路,以及每一对相邻单元之间的连线"), height=560)
    _edit(project)
    _edits(context)
    _walks(context)


def _said(action: str | None) -> None:
    words = {"link": _("已连通。"), "cut": _("已断开。"), "undo": _("已撤销。")}
    st.session_state["links-said"] = words.get(action or "", "")


def _edit(project: Project) -> None:
    st.subheader(_("改动相邻关系"))
    st.caption(
        _(
            "单元范围有共同边界、中间没有河流、铁路、快速路隔开的算相邻;有桥或隧道的也算。"
            "图上看不出来的,在这里连通(渡口、人行天桥)或断开(围墙、陡坎)。"
        )
    )
    names, mark = view.unit_names(project), project.version
    words = {"link": _("连通两个单元"), "cut": _("断开两个单元")}
    action = st.segmented_control(
        _("改动"),
        list(links.ACTIONS),
        default="link",
        required=True,
        format_func=words.__getitem__,
        key="links-action",
        label_visibility="collapsed",
    )
    left, right = st.columns(2)
    one = left.selectbox(
        _("单元(可按名称搜索)"), list(names), index=None, format_func=names.__getitem__,
        key=f"links-a-{mark}", placeholder=_("输入小区或村名"),
    )  # fmt: skip
    others = view.partners(project, one, action) if one else []
    two = right.selectbox(
        _("另一个单元(近的在前)"), others, index=None, format_func=names.__getitem__, disabled=not one,
        key=f"links-b-{mark}-{action}-{one}", placeholder=_("先选左边的单元") if not one else _("选择"),
    )  # fmt: skip
    reason = st.text_input(
        _("理由"),
        key=f"links-reason-{mark}",
        max_chars=100,
        placeholder=_("例如:有渡口、有人行天桥、隔着围墙"),
    )
    ready = bool(one and two and reason.strip())
    if st.button(_("保存改动"), key="links-save", disabled=not ready or jobs.running(JOB)):
        _start(project, str(one), str(two), action, reason)


def _edits(context: Context) -> None:
    project = context.project
    st.subheader(_("改过的相邻关系"))
    rows = links.edits(project)
    if rows.empty:
        widgets.empty(_("还没有改动。相邻关系全由单元范围推出。"))
        return
    st.dataframe(view.edits(project), hide_index=True, key="links-edits", width="stretch")
    names = view.unit_names(project)
    words = [f"{names.get(a, a)} – {names.get(b, b)}" for a, b in zip(rows["a"], rows["b"], strict=True)]
    pick, button = st.columns([4, 1], vertical_alignment="bottom")
    at = pick.selectbox(
        _("要撤销的改动"),
        range(len(rows)),
        format_func=words.__getitem__,
        key=f"links-undo-{project.version}",
    )
    if button.button(_("撤销这条改动"), key="links-undo-go", disabled=jobs.running(JOB)):
        _start(project, rows["a"].iloc[at], rows["b"].iloc[at], "undo", "")


def _start(project: Project, a: str, b: str, action: str, reason: str) -> None:
    jobs.start(
        JOB,
        "planning.links:edit_job",
        folder=project.folder,
        a=a,
        b=b,
        action=action,
        reason=reason,
        lang=language(),
    )
    st.rerun()


def _walks(context: Context) -> None:
    project = context.project
    st.subheader(_("步行距离从哪来"))
    if not project.has("roads"):
        widgets.empty(_("还没有道路:所有距离都是直线距离 × 绕行系数(估)。请在“导入”里导入道路。"))
        _download(project)
        return
    walks = view.nearest(project.key, context.stage, project)
    st.markdown(_("{stage}:每个单元到最近片区学校的距离。", stage=stage_word(context.stage)))
    st.dataframe(view.grounds(walks), hide_index=True, key="links-grounds")
    cut = view.unreachable(project, walks)
    if len(cut):
        st.warning(
            _("{n} 个单元沿路网走不到最近的学校,距离是估算,不是路。请核对道路和单元位置。", n=f"{len(cut):,}")
        )
        st.dataframe(cut, hide_index=True, key="links-unreachable", height=240)
    far = view.far_places(project)
    if len(far):
        st.markdown(
            _("{n} 处离最近的道路超过 {metres:.0f} 米,这一段按直线走:", n=f"{len(far):,}", metres=LONG_SNAP)
        )
        st.dataframe(far, hide_index=True, key="links-far", height=240)
    else:
        st.markdown(_("所有单元和学校离最近的道路都不超过 {metres:.0f} 米。", metres=LONG_SNAP))
    if not project.has("entrances"):
        st.caption(
            _("还没有出入口:步行从单元内的一点量起。有小区大门、校门位置的,可在“导入”里作为“出入口”导入。")
        )
    widgets.explain(_help(project))


def _download(project: Project) -> None:
    """Offer the one thing that uses the network: the roads of the area, out of OpenStreetMap."""
    if project.synthetic:
        return
    jobs.watch("roads", _("正在下载道路"), _downloaded, saved=jobs.answered(project))
    st.caption(
        _(
            "能上网时,也可以下载本区域的道路(OpenStreetMap,需要联网;只发出区域的经纬度范围)。"
            "地图上没有的村道要自己补。"
        )
    )
    if st.button(_("下载道路"), key="links-download", disabled=jobs.running("roads")):
        jobs.start("roads", "planning.roadfetch:fetch_job", folder=project.folder, lang=language())
        st.rerun()


def _downloaded(lines: int | None) -> None:
    if lines is not None:
        st.session_state["links-said"] = _("已下载 {n} 段道路。", n=f"{lines:,}")


def _help(project: Project) -> str:
    return _(
        "- **步行**:从出入口直线走到最近的路,沿路网走最短的路,再直线走到学校出入口;路网到不了的标“估”,"
        "并说明原因,不当作路。\n"
        "- **穿越次数**:沿这条路在地面穿过主干路、铁路、河流、快速路的次数;走桥、隧道、人行天桥不算;"
        "双幅路算一次。\n"
        "- **步行时间** = 步行距离 ÷ {walk:g} 米/分(设定)。\n"
        "- **乘车**:乡村单元,或步行超过 30 分钟(国办发〔2018〕27号)的,另算沿可行车道路最快的路;"
        "主干路 {ride:g} 公里/时(设定),次干路、支路按 75%、50%,快速路按 150%,"
        "不超过校车限速 60/80 公里/时(校车安全管理条例第三十五条);不含候车和停靠。",
        walk=project.walk_speed,
        ride=project.ride_speed,
    )
