"""What came of a search, said plainly: feasible with its proven bound, proven infeasible, or undecided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from gis.faults import FaultError
from planning.drafts import Op, PlanKey
from planning.zoneoptions import Told
from ui import widgets
from ui.state import Context
from ui.texts import _
from ui.views import edits, relax
from ui.views import zones as views
from ui.views.edits import Desk
from ui.views.loosened import Asked
from ui.views.zones import Assessment
from ui.zones import drafting, options, relaxing
from zoning.reasons import Reason

if TYPE_CHECKING:
    from zoning.result import Result

_KEPT = "zones-outcome"


@dataclass(frozen=True)
class Outcome:
    """The end of a search for one draft, stage and year.

    Attributes
    ----------
    result : Result or None
        None where there is none: stopped before anything was found, or failed (`error`).
    op : Op or None
        The step that would take the plan over.
    saved, same, stopped : bool
        Whether it has been taken over, is the plan there was, or was stopped by the user.
    within : tuple of str
        The zones it was for; none if for all.
    told : Told or None
        What came of its optional rules, if it had any.
    """

    draft_id: str
    key: PlanKey
    year: int
    result: Result | None = None
    op: Op | None = None
    saved: bool = False
    same: bool = False
    stopped: bool = False
    within: tuple[str, ...] = ()
    error: FaultError | None = None
    told: Told | None = None


def keep(outcome: Outcome) -> None:
    """Keep what came of a search until the next one."""
    st.session_state[_KEPT] = outcome


def forget() -> None:
    """Forget what came of the last search. A callback."""
    st.session_state.pop(_KEPT, None)


def panel(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw what came of the last search, if it was for the plan that is shown."""
    kept: Outcome | None = st.session_state.get(_KEPT)
    here = (desk.draft.id if desk.draft else None, desk.key, context.year)
    if kept is None or desk.draft is None or (kept.draft_id, kept.key, kept.year) != here:
        _beforehand(context, found)
        return
    with st.container(key="engine-outcome"):
        _draw(context, desk, found, kept)


def _beforehand(context: Context, found: Assessment) -> None:
    """Say before any search what can never work, and offer the ways out."""
    if against := relax.obstacles(context, found):
        with st.container(key="engine-obstacles"):
            st.warning(_("**还没有优化,已可断定没有可行方案**:") + "\n" + _lines(context, against))
            relaxing.panel(context, found, Asked(found.problem))


def _draw(context: Context, desk: Desk, found: Assessment, kept: Outcome) -> None:
    result = kept.result
    if kept.error is not None:
        widgets.faults(kept.error.faults)
    elif result is None:
        st.info(_("已停止,还没有找到方案,数据未改动。"))
    elif result.feasible:
        st.success(_feasible_words(context, kept, result))
        told = kept.told
        if told is not None and told.most_moved is not None and told.moved > told.most_moved:
            _ways_out(context, found, kept, result.zones)
    elif result.feasible is False:
        st.error(_infeasible_words(context, kept, result))
        _offer(context, desk, found, kept)
        _ways_out(context, found, kept)
    else:
        said = _(
            "用了 {n} 秒,没有找到满足全部硬性要求的方案,也没有证明它不存在(不等于无解)。", n=_seconds(result)
        )
        st.warning(said + _("可增加用时再试,或先采用超员最少的方案。"))
        _offer(context, desk, found, kept)
        _ways_out(context, found, kept, result.zones)
    if kept.told is not None:
        options.panel(context, kept.told)


def _ways_out(context: Context, found: Assessment, kept: Outcome, zones: pd.Series | None = None) -> None:
    """Offer to look for ways out: of the rules that always hold, or by giving optional ones up."""
    try:
        asked = _posed(context, found, kept)
        units = asked.case.problem.unit_ids
    except FaultError as error:
        st.caption(_("可选规则与现在的数据已不相符,不能据此找放宽办法。请按下面的提示更正后重新优化。"))
        widgets.faults(error.faults)
        return
    relaxing.panel(context, found, asked, None if zones is None else zones.reindex(units))


def _seconds(result: Result) -> str:
    return f"{result.seconds:,.0f}"


def _feasible_words(context: Context, kept: Outcome, result: Result) -> str:
    said = _(
        "**找到可行方案**:招生计划、连片、锁定全部满足。总步行 {cost} 人·公里,平均 {mean}。",
        cost=f"{result.cost:,.0f}",
        mean=widgets.metres(result.cost / _pupils(context, kept, result) * 1000),
    )
    if kept.within:
        said = _("在所选 {n} 个片区之内:", n=len(kept.within)) + said
    if pd.notna(result.gap) and result.bound is not None:
        said += _(
            "已证明满足要求的方案都不会少于 {bound} 人·公里,所以**离理论最优不超过 {gap}**。",
            bound=f"{result.bound:,.0f}",
            gap=edits.gap_words(float(result.gap)),
        )
    else:
        said += _("还没有证明下限,离最优多远不知道。")
    if kept.stopped:
        said += _("(应您要求提前停止,用时 {n} 秒。)", n=_seconds(result))
    if kept.same:
        return said + _("与现在的方案相同,没有改动。")
    return said + (_("已存入方案,可撤销。") if kept.saved else "")


def _pupils(context: Context, kept: Outcome, result: Result) -> float:
    """Return the entrants that the search placed: all, or those of the zones it was for."""
    problem = views.problem(context)
    demand = pd.Series(problem.demand, index=problem.unit_ids)
    if kept.within:
        demand = demand[result.zones.reindex(demand.index).isin(kept.within).to_numpy()]
    return max(float(demand.sum()), 1.0)


def _infeasible_words(context: Context, kept: Outcome, result: Result) -> str:
    said = _("**已证明没有可行方案**:招生计划、连片、锁定不可能同时满足。原因:")
    if kept.told is not None:
        said = _("**已证明在可选规则之下没有可行方案**。原因:")
    return said + "\n" + _lines(context, result.reasons)


def _lines(context: Context, reasons: Sequence[Reason]) -> str:
    """Return why there is no feasible plan, in the tab's language; many reasons of one kind are cut short."""
    said = relax.lines(context, reasons)
    more = [_("……另有 {n} 条", n=len(said) - relax.SHOWN)] if len(said) > relax.SHOWN else []
    return "\n".join(f"- {widgets.escape(line)}" for line in [*said[: relax.SHOWN], *more])


def _about(kept: Outcome) -> Mapping[str, Any]:
    return kept.op.payload.get("engine", {}) if kept.op is not None else {}


def _posed(context: Context, found: Assessment, kept: Outcome) -> Asked:
    """Return the problem that the search was for."""
    about = _about(kept)
    return relax.posed(
        context,
        found,
        keep_locks=about.get("keep_locks", True),
        within=kept.within,
        rules=about.get("rules"),
        stay=None if kept.told is None else kept.told.stay,
    )


def _offer(context: Context, desk: Desk, found: Assessment, kept: Outcome) -> None:
    """Offer the least overloaded plan, with what it would be like."""
    if kept.result is None or kept.op is None or kept.saved:
        return
    after = views.assess(context, kept.result.zones, found.held.dropna())
    st.markdown(
        _(
            "{which}:超出招生计划 {over} 人(现在 {over_now}),飞地单元 {cut} 个(现在 {cut_now})。",
            which=_("不可行、可作参考的草稿") if kept.result.feasible is False else _("找到的超员最少的方案"),
            over=widgets.whole(after.totals["over"]),
            over_now=widgets.whole(found.totals["over"]),
            cut=widgets.whole(after.totals["cut_off_units"]),
            cut_now=widgets.whole(found.totals["cut_off_units"]),
        )
    )
    with st.container(horizontal=True):
        args = (context, desk, kept.op)
        st.button(_("采用这个方案"), key="engine-adopt", type="primary", on_click=_adopt, args=args)
        st.button(_("不采用"), key="engine-drop", on_click=forget)


def _adopt(context: Context, desk: Desk, op: Op) -> None:
    forget()
    drafting.submit(context, desk, op)
