"""The engine on the page 划片: a first draft by nearest school with room, and the optimiser as a job."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from planning.drafts import PlanKey
from planning.zoneoptions import Choice, Told
from ui import jobs
from ui.state import Context
from ui.texts import _, language
from ui.views import edits
from ui.views import plan as plans
from ui.views.edits import Desk
from ui.views.zones import Assessment
from ui.zones import drafting, options, outcome
from ui.zones.moving import apart
from ui.zones.outcome import Outcome

if TYPE_CHECKING:
    from zoning.result import Result

JOB = "zones-engine"
_RUN = "zones-run"
SECONDS = (10, 30, 60, 120)
STARTING = 5  # seconds that a worker takes to open the project


@dataclass(frozen=True)
class Run:
    """A search under way, and the revision of the draft that its plan is for."""

    draft_id: str
    base_rev: int
    key: PlanKey
    year: int
    seconds: int
    seed: int
    keep_locks: bool
    before: pd.Series
    within: tuple[str, ...] = ()
    rules: Choice = field(default_factory=Choice)

    @property
    def longest(self) -> float:
        """Seconds until the last of its searches is over."""
        return options.spent(self.rules, self.seconds) + STARTING


@dataclass(frozen=True)
class Wish:
    """What the planner chose: time, seed, whether locks hold, among which zones (none: all), rules."""

    seconds: int
    seed: int
    keep_locks: bool
    within: tuple[str, ...]
    rules: Choice


def panel(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw the two ways to have a plan made, the search under way, and what came of the last one."""
    left, right = st.columns(2, gap="large")
    with left:
        _nearest(context, desk, found)
    with right:
        _optimise(context, desk, found)
    if jobs.running(JOB):
        _progress(context)
    else:
        outcome.panel(context, desk, found)


def _nearest(context: Context, desk: Desk, found: Assessment) -> None:
    st.subheader(_("就近初稿"))
    st.markdown(
        _(
            "从各校向外,按步行由近到远把单元划给有学位的最近学校,保持连片;锁定的单元不动。"
            "快,但不一定可行,也不是最优:适合做起点。"
        )
    )
    st.button(
        _("就近初稿"),
        key="engine-nearest",
        on_click=_draw_nearest,
        args=(context, desk, found),
        disabled=jobs.running(JOB),
    )
    loose = int(found.plan.isna().sum())
    st.button(
        _("只补未划入的单元({n} 个)", n=f"{loose:,}"),
        key="engine-complete",
        on_click=_complete,
        args=(context, desk, found),
        disabled=jobs.running(JOB) or not loose,
        help=_("其余单元不动;没有路可到任何学校的单元仍不划入。"),
    )


def _complete(context: Context, desk: Desk, found: Assessment) -> None:
    """Give the units without a zone the nearest school with room that is beside them. A callback."""
    from zoning.draft import nearest_with_room

    held = replace(found.problem, locked=found.problem.positions(found.plan))
    zones = found.plan.where(found.plan.notna(), nearest_with_room(held))
    drafting.submit(context, desk, edits.engine_step(desk.key, zones, {"how": "complete"}))


def _draw_nearest(context: Context, desk: Desk, found: Assessment) -> None:
    from zoning.draft import nearest_with_room

    # A unit locked away from its zone is not reached by growing from the school; it stays all the same.
    zones = found.plan.where(found.plan.index.isin(list(found.locked)), nearest_with_room(found.problem))
    op = edits.engine_step(desk.key, zones, {"how": "nearest"})
    drafting.submit(context, desk, op)


def _optimise(context: Context, desk: Desk, found: Assessment) -> None:
    st.subheader(_("优化"))
    st.markdown(
        _(
            "在招生计划以内、每个片区连片的前提下,让全部学生步行总和最小;同时给出可证明的下限。从现在的方案开始找。"
        )
    )
    if desk.draft is not None:
        st.caption(
            _(
                "结果存为本方案的下一步,可撤销。要和现在的方案比较,请先点上方的“复制方案”,在副本上优化,再到“评审”页对比。"
            )
        )
    wish = _wish(context, found)
    if len(wish.within) == 1:
        st.caption(_("请至少选两个片区:单元在它们之间调整。"))
    st.button(
        _("优化"),
        key="engine-optimise",
        type="primary",
        on_click=_begin,
        args=(context, desk, found, wish),
        disabled=jobs.running(JOB) or len(wish.within) == 1,
    )


def _wish(context: Context, found: Assessment) -> Wish:
    names = apart(plans.zone_names(context.project.key, context.stage, context.project).sort_values())
    within = st.multiselect(
        _("只在这些片区之间优化(不选为全部)"),
        [zone for zone in names if zone in found.problem.zone_ids],
        format_func=lambda zone: names.get(zone, zone),
        key="engine-within",
        placeholder=_("全部片区"),
        help=_("其他片区的单元不动,也不受它们超员的影响。"),
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        seconds = st.segmented_control(
            _("用时(秒)"), SECONDS, default=30, required=True, key="engine-seconds"
        )
        seed = st.number_input(
            _("随机种子"),
            0,
            9999,
            0,
            key="engine-seed",
            width=120,
            help=_("同一种子、同样的计算量,结果相同。"),
        )
    keep = st.checkbox(
        _("只调整未锁定的单元(已锁定 {n} 个)", n=len(found.locked)), value=True, key="engine-locks"
    )
    rules = options.choose(context, found)
    return Wish(int(seconds or 30), int(seed), bool(keep), tuple(within), rules)


def _begin(context: Context, desk: Desk, found: Assessment, wish: Wish) -> None:
    """Start the search for the chosen draft, or have a draft made first. A callback."""
    if drafting.stale(desk):
        return

    def launch(draft_id: str, rev: int) -> None:
        run = Run(
            draft_id,
            rev,
            desk.key,
            context.year,
            wish.seconds,
            wish.seed,
            wish.keep_locks,
            found.plan,
            wish.within,
            wish.rules,
        )
        _launch(context, run, found)

    if desk.draft is None:
        drafting.ask(drafting.Ask(then=lambda draft: launch(draft.id, draft.rev)))
    else:
        # The revision on the screen, not the store's: a step of another tab in between must show.
        launch(desk.draft.id, desk.state.rev)


def _launch(context: Context, run: Run, found: Assessment) -> None:
    locks = found.plan[found.plan.index.isin(list(found.locked))].dropna()
    st.session_state[_RUN] = run
    outcome.forget()
    rules = {"choice": run.rules, "present": found.reference} if run.rules.payload() else {}
    jobs.start(
        JOB,
        "planning.zoneoptions:options_job" if rules else "planning.tasks:optimise_job",
        grace=jobs.GRACE,
        **rules,
        folder=str(context.project.folder),
        stage=run.key[0],
        year=run.year,
        locks=locks if run.keep_locks and len(locks) else None,
        start=run.before if run.before.notna().any() else None,
        seconds=float(run.seconds),
        seed=run.seed,
        within=run.within or None,
        lang=language(),
    )


@st.fragment(run_every=0.5)
def _progress(context: Context) -> None:
    """Draw how the search stands; when it is over, take its plan over and draw the page anew."""
    job = st.session_state.get("jobs", {}).get(JOB)
    if job is None:
        return
    state = job.poll()
    if state.status == "running":
        bar, button = st.columns([6, 1], vertical_alignment="bottom")
        # The search tells of finds, not of time: between two finds the bar goes by the clock.
        spent = max(state.progress, state.seconds / st.session_state[_RUN].longest)
        bar.progress(min(spent, 1.0), text=_("正在优化 · {said}", said=state.message))
        button.button(
            _("停止"), key="engine-cancel", on_click=job.cancel, help=_("停止后保留已找到的最好方案。")
        )
        return
    del st.session_state["jobs"][JOB]
    run: Run = st.session_state.pop(_RUN)
    if state.result is not None:
        _take_over(context, run, state.result, stopped=state.status == "cancelled")
    else:
        outcome.keep(Outcome(run.draft_id, run.key, run.year, error=state.error, stopped=True))
    st.rerun()


def _take_over(context: Context, run: Run, found: Result | Told, *, stopped: bool) -> None:
    """Save a feasible plan as a step of the draft; anything else is only offered."""
    from zoning.edit import changes

    told = found if isinstance(found, Told) else None
    result = found.result if isinstance(found, Told) else found
    about = {
        "how": "optimise", "seconds": round(result.seconds, 1), "seed": run.seed, "work": result.work,
        "keep_locks": run.keep_locks, "year": run.year, "feasible": result.feasible, "cost": result.cost,
        "bound": result.bound, "gap": result.gap, "violations": result.violations,
        "within": list(run.within), **options.record(run.rules, told),
    }  # fmt: skip
    op = edits.engine_step(run.key, result.zones, about) if result.zones is not None else None
    same = op is not None and changes(run.before, result.zones).empty
    saved = bool(result.feasible) and op is not None and not same
    if saved and op is not None:
        drafting.append(context, run.draft_id, run.base_rev, op)
    kept = Outcome(run.draft_id, run.key, run.year, result, op, saved=saved, same=same, stopped=stopped)
    outcome.keep(replace(kept, within=run.within, told=told))
