"""What stability costs: pupils moved against walking, as a job; any point can become the draft's plan."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from ui import jobs, widgets
from ui.charts import frontier as charts
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views import edits
from ui.views.edits import Desk
from ui.views.zones import Assessment, fingerprint
from ui.zones import drafting
from zoning.frontier import Frontier, Point

JOB = "zones-frontier"
SECONDS = (60, 180, 600)
_KEPT = "zones-frontier-found"
_ASKED = "zones-frontier-asked"


@dataclass(frozen=True)
class _Kept:
    place: tuple[object, ...]
    found: Frontier
    seconds: int
    stopped: bool = False


def panel(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw what it is, the button that starts the job, its progress with cancel, and what it found."""
    st.subheader(_("少调整学生,还是少走路"))
    st.markdown(
        _(
            "先求恢复守规则最少要调整多少学生,再求每个上限以内步行最少的方案;每一点都给出已证明的下限。"
            "锁定的单元不动,页面上没有任何数据会改变。"
        )
    )
    place = (context.project.key, context.stage, context.year, fingerprint(found.reference, _held(found)))
    with st.container(key="frontier"):
        kept: _Kept | None = st.session_state.get(_KEPT)
        if kept is not None and kept.place == place and not jobs.running(JOB):
            _draw(context, desk, kept)
        _ask(found, place)
        jobs.watch(JOB, _("正在逐点求解"), _keep, stopped=_keep_stopped)


def _held(found: Assessment) -> pd.Series:
    return found.problem.series(found.problem.locked)


def _ask(found: Assessment, place: tuple[object, ...]) -> None:
    """Draw the choice of time, and the button."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seconds = st.segmented_control(
            _("用时(秒)"), SECONDS, default=180, required=True, key="frontier-seconds"
        )
        st.button(
            _("求调整与步行的取舍"),
            key="frontier-start",
            on_click=_start,
            args=(found, place, int(seconds or 180)),
            disabled=jobs.running(JOB),
            help=_("时间越长,点越多,证明也越多;没有求到的点不画。中途取消,已求到的点保留。"),
        )


def _start(found: Assessment, place: tuple[object, ...], seconds: int) -> None:
    """Start the job. A callback."""
    st.session_state.pop(_KEPT, None)
    st.session_state[_ASKED] = place, seconds  # by the time it ends, the page may show another problem
    jobs.start(
        JOB,
        "planning.frontiers:frontier_job",
        grace=jobs.GRACE,
        problem=found.problem,
        present=found.reference,
        start=found.plan if found.breaks.empty else None,
        seconds=float(seconds),
        lang=language(),
    )


def _keep(found: Any, *, stopped: bool = False) -> None:
    if (asked := st.session_state.get(_ASKED)) is not None:
        st.session_state[_KEPT] = _Kept(asked[0], found, asked[1], stopped)


def _keep_stopped(found: Any) -> bool:
    if found is not None:
        _keep(found, stopped=True)
    return found is not None


def _draw(context: Context, desk: Desk, kept: _Kept) -> None:
    if not kept.found.points:
        st.info(_none(kept))
        return
    if not kept.found.finished:
        st.warning(_unfinished(kept))
    st.markdown(_fewest(kept.found) + _proven(kept.found))
    rows = kept.found.table()
    note = _(
        "{year} · {stage} · 来源:现行片区、适龄儿童登记、招生计划;限时 {n} 秒",
        year=widgets.school_year(context.year),
        stage=stage_word(context.stage),
        n=kept.seconds,
    )
    title = _("每多调整一名学生,能少走多少路")
    st.altair_chart(charts.frontier(rows, title=title, note=note))
    widgets.table(_worded(rows), key="frontier-table")
    _choose(context, desk, kept.found.points)


def _none(kept: _Kept) -> str:
    if kept.found.least == float("inf"):
        return _("已证明:没有同时满足招生计划、连片和锁定的方案。可在“自动划片”查看冲突和放宽办法。")
    if kept.stopped:
        return _("已停止,还没有找到方案,数据未改动。")
    return _("在给定时间内没有找到满足全部要求的方案。可延长用时再试;这不等于不存在。")


def _fewest(found: Frontier) -> str:
    first = found.points[0]
    if found.least_proven:
        return _("恢复守规则最少要调整 **{n}** 名学生,已证明不能更少。", n=f"{first.moved:,}")
    return _(
        "目前找到的方案最少调整 **{n}** 名学生;已证明不会少于 {low} 名,之间还没有定论。",
        n=f"{first.moved:,}",
        low=f"{int(found.least):,}",
    )


def _unfinished(kept: _Kept) -> str:
    """Say that the curve is not whole, and what cut it short."""
    why = _("**已提前停止**") if kept.stopped else _("**限时已到**")
    return why + _(",曲线没有求完:下面是到那时求到的点,点与点之间可能还有别的方案。")


def _proven(found: Frontier) -> str:
    """Say how many of the points are proven."""
    sure, met = sum(point.proven for point in found.points), len(found.points)
    if sure == met:
        return _("按步行计,{n} 个点都已证明最好。", n=met)
    return _("按步行计,{n} 个点中 {sure} 个已证明最好(圆点),其余是目前最好、未证明(三角)。", n=met, sure=sure)


def _worded(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the points as a table: pupils moved, walking, its proven bound, distance, what is proven."""
    apart = (rows["cost"] - rows["bound"]).clip(lower=0) / rows["cost"].where(rows["cost"] > 0, 1.0)
    return pd.DataFrame(
        {
            "frontier_moved": rows["moved"],
            "frontier_cost": rows["cost"].round(1),
            "frontier_bound": rows["bound"].round(1),
            "frontier_gap": [
                _("已证明最好") if sure else edits.gap_words(gap)
                for sure, gap in zip(rows["proven"], apart, strict=True)
            ],
        }
    )


def _choose(context: Context, desk: Desk, points: tuple[Point, ...]) -> None:
    """Draw the choice of a point, and the button that makes it the draft's plan."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            _("采用哪一点"),
            range(len(points)),
            format_func=lambda k: _(
                "调整 {n} 人,{cost} 人·公里", n=f"{points[k].moved:,}", cost=f"{points[k].cost:,.1f}"
            ),
            key="frontier-point",
        )
        st.button(
            _("采用为方案的一步"),
            key="frontier-adopt",
            on_click=_adopt,
            args=(context, desk, points[int(chosen or 0)]),
            help=_("可撤销;看的是现行片区时,会先请您给新方案起名。"),
        )


def _adopt(context: Context, desk: Desk, point: Point) -> None:
    """Make a point the draft's plan, as one step. A callback."""
    about = {
        "how": "frontier",
        "moved": point.moved,
        "limit": point.limit,
        "cost": point.cost,
        "bound": point.bound,
        "feasible": True,
    }
    drafting.submit(context, desk, edits.engine_step(desk.key, point.zones, about))
