"""Why does this unit go there? The schools it could have, in words, with a sentence to read out."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from planning import drafts, smallcounts
from ui import widgets
from ui.state import Context, plan_name, stage_word
from ui.texts import _, language
from ui.views import plan as plans
from ui.views import reasons, zones
from ui.views import why as views
from ui.views.edits import Desk
from ui.views.zones import Assessment
from ui.widgets import Exports
from ui.zones import drafting, judging
from ui.zones.moving import unit_names
from zoning.swaps import swaps


def panel(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw why one unit goes where it goes, and below it the reasons of all units."""
    found = judging.judged(context, desk, found)
    _one(context, desk, found)
    _everyone(context, found)


def _one(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw the choice of one unit, the sentence, what could be done at once, and the table of its schools."""
    names = unit_names(context, found)
    unit = st.selectbox(
        _("单元(可按名称搜索)"),
        list(names),
        index=None,
        format_func=lambda key: names.get(key, key),
        placeholder=_("输入小区或村名"),
        key="why-unit",
    )
    if unit is None:
        widgets.empty(_("选择一个单元,看它为什么划入现在的片区、还能去哪里。"))
        return
    rows = views.options(context, found, unit)
    with st.container(border=True, key="why-sentence"):
        st.markdown(widgets.escape(views.sentence(context, found, unit)))
        st.caption(_("可照读。依据:{plan}、适龄儿童登记、招生计划、步行距离。", plan=plan_name(context)))
    if words := views.walk(context, found, unit):
        st.caption(words)
    if zones.unit_estimated(context, found, unit):
        st.caption(_("这个单元的步行距离为估算(直线距离 × {detour})。", detour=context.project.detour))
    with st.container(horizontal=True, vertical_alignment="center", key="why-doing"):
        _move(context, desk, unit, rows)
        _swap(context, desk, found, unit)
    widgets.table(views.table(context, rows), key="why-table")


def _everyone(context: Context, found: Assessment) -> None:
    """Draw the reasons of all units, and the sheet that holds them; made only when asked for."""
    if not st.toggle(_("列出全部单元的理由"), key="why-all"):
        return
    with st.spinner(_("正在说明每个单元……")):
        every = reasons.table(context, found)
        public = reasons.table(context, found, public=True)
    far = every["rank"].fillna(0) != 1
    st.caption(
        _(
            "{all} 个单元中 {n} 个没有划入步行最近的学校(相对就近)。对换不增加超员、不断开片区。",
            all=f"{len(every):,}",
            n=f"{int(far.sum()):,}",
        )
    )
    only = st.checkbox(_("只看没有划入最近学校的单元"), value=True, key="why-far")
    shown = every[far] if only else every
    widgets.table(
        shown.drop(columns="unit_id"), key="why-every", height=min(460, 38 + 35 * max(len(shown), 1))
    )
    notes = [
        f"{_('方案')}: {plan_name(context)}",
        f"{_('学段')}: {stage_word(context.stage)}",
        smallcounts.NOTE.text(language()),
    ]
    sheets = Exports(f"why-{context.stage}", tables={_("划片理由"): public}, notes=notes)
    widgets.exports(context, sheets, key="why")


def _move(context: Context, desk: Desk, unit: str, rows: pd.DataFrame) -> None:
    """Offer the move that saves most walking and breaks nothing."""
    possible = rows[rows["reason"] == "possible"].sort_values("pupil_km", kind="stable")
    if possible.empty:
        st.caption(_("没有可以直接改划的片区。"))
        return
    best = possible.iloc[0]
    st.button(
        _("划入{zone}", zone=_zone(context, best["zone_id"])),
        key="why-move",
        on_click=drafting.submit,
        args=(context, desk, drafts.assign(*desk.key, [unit], str(best["zone_id"]))),
        help=_("总步行 {change} 人·公里。", change=_change(best["pupil_km"])),
    )


def _swap(context: Context, desk: Desk, found: Assessment, unit: str) -> None:
    """Offer the best swap with a unit of another zone."""
    table = _kept(found, unit, swaps(found.problem, found.plan, unit, most=5 if found.ruled else 1))
    if table.empty:
        st.caption(_("没有既不增加超员、又不使片区断开的对换。"))
        return
    best = table.iloc[0]
    pair = pd.Series({unit: best["zone_id"], best["unit_id"]: found.plan[unit]})
    name = unit_names(context, found).get(best["unit_id"], best["unit_id"])
    st.button(
        _("与{unit}对换", unit=name),
        key="why-swap",
        on_click=drafting.submit,
        args=(context, desk, drafts.assign_many(*desk.key, pair)),
        help=_("本单元划入{zone},对方划入本单元现在的片区。", zone=_zone(context, best["zone_id"]))
        + _("总步行 {change} 人·公里。", change=_change(best["pupil_km"]))
        + _("超员 {change} 人。", change=f"{best['over']:+,.0f}".replace("-", "−")),
    )


def _kept(found: Assessment, unit: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the swaps that break no more of the optional rules than the plan does."""
    if found.ruled is None:
        return table
    fine = []
    for row in table.to_dict("records"):
        after = found.plan.copy()
        after[unit], after[row["unit_id"]] = row["zone_id"], found.plan[unit]
        fine.append(len(found.ruled.posed.check(after)) <= len(found.breaks))
    return table[fine]


def _zone(context: Context, zone: object) -> str:
    return str(plans.zone_names(context.project.key, context.stage, context.project).get(str(zone), zone))


def _change(value: float) -> str:
    return f"{value:+,.1f}".replace("-", "−")
