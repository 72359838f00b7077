"""Where there are no polygons of estates: units derived (推定) from points, bounded by roads and towns."""

from __future__ import annotations

from typing import Any, Final

import streamlit as st

from gis.faults import errors
from gis.pointunits import REACH
from ui import jobs, outcome
from ui.rolls.asking import ENDINGS
from ui.state import Context
from ui.texts import _

#: Shifted degrees that a table cannot show by itself; other systems are told by their numbers.
WEB_MAPS: Final = ("GCJ-02", "BD-09")


def draw(context: Context) -> None:
    """Draw the choice of points, of reach, and the button."""
    jobs.watch("points", _("正在由点推定单元"), _finished, saved=lambda answer: "units" in (answer or {}))
    answer: dict[str, Any] = st.session_state.pop("points-answer", {})
    if "units" in answer:
        st.success(_("已由点推定 {n} 个单元,标为“推定”。", n=f"{answer['units']:,}"))
    elif "faults" in answer:
        st.error(_("没有推定,项目保持原样。有 {n} 处要改正。", n=f"{len(errors(answer['faults'])):,}"))
        outcome.fault_table(answer["faults"], key="points-faults", name=f"{context.project.id}-points")
    points = _points(context)
    with st.expander(_("没有小区面?由点推定单元范围")):
        st.markdown(
            _(
                "项目里有 {n} 个单元只有点位。也可以给一张地址点表(小区名称、经度、纬度,可有镇街),"
                "同名的点归为一个单元;门牌等其他列不读。范围不越过主干路、河流、铁路和镇街界,并标为“推定”。",
                n=f"{points:,}",
            )
        )
        files = st.file_uploader(
            _("地址点表(可不选)"), type=ENDINGS, accept_multiple_files=True, key="points-files"
        )
        left, right = st.columns(2)
        reach = left.number_input(
            _("离点最远(米)"), 50, 5000, int(REACH), step=50, key="points-reach", help=_("设定值,可改。")
        )
        crs = right.selectbox(
            _("点的坐标系"),
            ["", *WEB_MAPS],
            format_func=lambda code: code or _("按数值判断"),
            key="points-crs",
        )
        ready = bool(points or files) and not jobs.running("points")
        if st.button(_("推定单元"), disabled=not ready, key="points-start"):
            jobs.start(
                "points",
                "planning.pointunits:derive_job",
                folder=str(context.project.folder),
                files=[(file.name, file.getvalue()) for file in files],
                reach=float(reach),
                crs=crs or None,
            )
            st.rerun()


def _points(context: Context) -> int:
    if not context.project.has("units"):
        return 0
    return int((context.project.layers["units"].geometry.geom_type == "Point").sum())


def _finished(answer: dict[str, Any]) -> None:
    st.session_state["points-answer"] = answer
