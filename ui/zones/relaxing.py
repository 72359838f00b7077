"""No feasible plan: which rules contradict each other, and the cheapest ways out, each tried, as a job."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd
import streamlit as st

from planning.relaxing import WaysOut
from ui import jobs, widgets
from ui.state import Context
from ui.texts import _, language
from ui.views import loosened
from ui.views import relax as views
from ui.views.loosened import Asked
from ui.views.zones import Assessment, fingerprint

JOB = "zones-relax"
_KEPT = "zones-ways-out"
_ASKED = "zones-ways-out-asked"


@dataclass(frozen=True)
class _Kept:
    place: tuple[object, ...]
    ways: WaysOut


def panel(context: Context, found: Assessment, asked: Asked, plan: pd.Series | None = None) -> None:
    """Draw the button that starts the job, its progress with cancel, and what it found.

    `plan` is the least overloaded plan of a search, where there has been one.
    """
    problem = asked.problem
    held = problem.series(problem.locked)
    chosen = repr([asked.most_moved, *(getattr(asked.options, f.name) for f in fields(asked.options))])
    parts = (problem.forbidden.tobytes(), problem.capacity.tobytes(), chosen.encode())
    rules = hashlib.sha256(b"".join(parts)).hexdigest()
    place = (context.project.key, context.stage, context.year, *problem.zone_ids, fingerprint(held), rules)
    kept: _Kept | None = st.session_state.get(_KEPT)
    with st.container(key="relax"):
        if kept is not None and kept.place == place and not jobs.running(JOB):
            _draw(context, asked, kept.ways)
        st.button(
            _("找出冲突和最省的放宽办法"),
            key="relax-start",
            on_click=_start,
            args=(context, asked, plan, place),
            disabled=jobs.running(JOB),
            help=_("加学位、解除锁定、放开禁止、放宽可选规则,每种办法都重新求解一次再报告。"),
        )
        jobs.watch(JOB, _("正在逐一试算"), _keep)


def _start(context: Context, asked: Asked, plan: pd.Series | None, place: tuple[object, ...]) -> None:
    """Start the job. A callback."""
    st.session_state.pop(_KEPT, None)
    st.session_state[_ASKED] = place  # by the time the job ends, the page may show another problem
    jobs.start(
        JOB,
        "planning.relaxing:relax_job",
        problem=asked.problem,
        options=asked.options,
        most_moved=asked.most_moved,
        plan=plan,
        step=views.class_size(context),
        lang=language(),
    )


def _keep(ways: Any) -> None:
    if (place := st.session_state.get(_ASKED)) is not None:
        st.session_state[_KEPT] = _Kept(place, ways)


def _draw(context: Context, asked: Asked, ways: WaysOut) -> None:
    if ways.conflict is not None:
        lines = views.conflict_lines(context, asked, ways.conflict)
        st.markdown(_("**最小冲突**") + "\n" + "\n".join(f"- {widgets.escape(line)}" for line in lines))
    if ways.vain:
        rules = _("、").join(loosened.kind_word(kind) for kind in ways.vain)
        st.caption(_("已证明单独放弃也不够的可选规则:{rules}。", rules=rules))
    if not ways.tried:
        st.info(_("没有找到能化解冲突的办法。请核对单元、学校和步行距离的数据。"))
        return
    st.caption(_("每种办法都已重新求解;“可行”表示找到了满足全部要求的方案。数据没有改动。"))
    widgets.table(views.table(context, asked, ways), key="relax-table")
