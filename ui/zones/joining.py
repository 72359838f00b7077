"""多校划片: neighbouring zones joined into one whose schools draw lots, and parted again."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from planning import joining, several
from ui import jobs, widgets
from ui.state import Context, draft_store
from ui.texts import _, language
from ui.views import plan as plans
from ui.views.edits import Desk
from ui.views.zones import Assessment
from ui.zones import drafting
from ui.zones.moving import apart

JOB = "join"
_FIRST, _OTHERS, _PART = "join-first", "join-others", "join-part"
_SAID, _ASK = "join-said", "join-ask"
#: Keys of choices that may name a zone which is no more.
_STALE = (_FIRST, _OTHERS, _PART, _ASK, "edit-quick", "edit-zone")


def panel(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw the choice of zones to join, and of one to part."""
    if said := st.session_state.pop(_SAID, ""):
        st.success(said)
    jobs.watch(JOB, _("正在改动片区"), _done, saved=jobs.answered(context.project))
    names = plans.zone_names(context.project.key, context.stage, context.project)
    words = apart(names.astype(str))
    left, right = st.columns(2, gap="large")
    with left:
        _join(context, found, words)
    with right:
        _part(context, words)
    if asked := st.session_state.get(_ASK):
        _confirm(context, found, asked, words)


def _join(context: Context, found: Assessment, words: dict[str, str]) -> None:
    st.subheader(_("合并片区"))
    pairs = joining.beside(context.project, context.stage, found.plan)
    options = [zone for zone in words if zone in set(pairs["a"])]
    if not options:
        widgets.empty(_("没有相邻的单校片区可以合并。"))
        return
    first = _kept(_("片区"), options, words, key=_FIRST)
    if first is None:
        widgets.empty(_("选一个片区,再选要与它合并的相邻片区。合并后各校随机派位。"))
        return
    chosen = [zone for zone in st.session_state.get(_OTHERS, []) if zone in words and zone != first]
    near = set(pairs.loc[pairs["a"].isin([first, *chosen]), "b"]) | set(chosen)
    st.session_state[_OTHERS] = chosen
    others = st.multiselect(
        _("与它合并的相邻片区"),
        [zone for zone in options if zone in near - {first}],
        format_func=lambda zone: words.get(zone, zone),
        key=_OTHERS,
    )
    busy = jobs.running(JOB)
    if st.button(_("合并……"), key="join-go", type="primary", disabled=busy or not others):
        st.session_state[_ASK] = {"zones": [first, *others]}


def _part(context: Context, words: dict[str, str]) -> None:
    st.subheader(_("拆开片区"))
    drawn = several.ballot_zones(context.project, context.stage)
    options = [zone for zone in words if zone in drawn]
    if not options:
        widgets.empty(_("这个学段没有多校划片的片区。"))
        return
    zone = _kept(_("多校划片的片区"), options, words, key=_PART)
    if st.button(_("拆开……"), key="join-part-go", disabled=jobs.running(JOB) or zone is None):
        st.session_state[_ASK] = {"part": zone}


def _kept(label: str, options: list[str], words: dict[str, str], *, key: str) -> str | None:
    if st.session_state.get(key) not in options:
        st.session_state[key] = None
    return st.selectbox(
        label, options, index=None, format_func=lambda zone: words.get(zone, zone), key=key,
        placeholder=_("选择片区"),
    )  # fmt: skip


def _answered() -> None:
    st.session_state.pop(_ASK, None)


def _confirm(context: Context, found: Assessment, asked: dict[str, Any], words: dict[str, str]) -> None:
    """Say what will change, and do it when the planner says so."""
    n = len(draft_store(context.project).list(context.project.id))
    zones = asked.get("zones") or [asked["part"]]
    names = widgets.escape(_("、").join(words.get(zone, zone) for zone in zones))
    units = int(found.plan.isin(zones).sum())

    @st.dialog(_("合并片区") if "zones" in asked else _("拆开片区"), on_dismiss=_answered)
    def body() -> None:
        if "zones" in asked:
            st.markdown(
                _(
                    "- {names}合并为一个片区,学校表中的片区编号随之改动;招生计划相加,各校随机派位。  \n"
                    "- 现行片区和全部 {n} 个方案里,这些片区的单元(当前方案 {units} 个)都划入合并后的片区,"
                    "锁定照旧;每个方案多一步记录。  \n"
                    "- 步行按各校招生计划加权平均计;有学校未填招生计划的,按最近的一所计。  \n"
                    "- 可在“拆开片区”中撤销。",
                    names=names,
                    n=n,
                    units=f"{units:,}",
                )
            )
        else:
            st.markdown(
                _(
                    "- {names}拆成每校一个片区,校区和教学点随所属学校。  \n"
                    "- 现行片区和全部 {n} 个方案里,单元(当前方案 {units} 个)回到合并前的片区;"
                    "合并前不详的,按招生计划就近划给其中一所。  \n"
                    "- 拆开后是否连片,请看“规则核对”。",
                    names=names,
                    n=n,
                    units=f"{units:,}",
                )
            )
        if st.button(_("确认"), key="join-confirm", type="primary"):
            _answered()
            _start(context, found, zones, join="zones" in asked)
            st.rerun()

    body()


def _start(context: Context, found: Assessment, zones: list[str], *, join: bool) -> None:
    placed: pd.Series = found.plan.dropna()
    plan = {str(unit): str(zone) for unit, zone in placed.items()}
    jobs.start(
        JOB,
        "planning.joining:join_job",
        folder=context.project.folder,
        stage=context.stage,
        zones=zones,
        plan=plan if join else None,
        author=drafting.author(),
        lang=language(),
    )


def _done(_zone: str | None) -> None:
    for key in _STALE:
        st.session_state.pop(key, None)
    st.session_state["zones-back"] = "join"
    st.session_state[_SAID] = _("已保存。现行片区和各方案已随之改动。")
