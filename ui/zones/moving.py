"""Edit by table: choose units, see what a move would change, move, lock and unlock them."""

from __future__ import annotations

import hashlib

import pandas as pd
import streamlit as st

from planning import drafts
from ui import widgets
from ui.board import limits
from ui.state import Context, stage_word
from ui.texts import _
from ui.views import breaks, edits
from ui.views import plan as plans
from ui.views import zones as views
from ui.views.edits import Desk
from ui.views.zones import Assessment
from ui.zones import drafting, judging
from zoning import edit

UNITS, QUICK, TARGET = "edit-units", "edit-quick", "edit-target"
_ZONE = "edit-zone"
NOWHERE = ""


def panel(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw the choice of units and of their new zone, the preview, and the buttons."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        units = _choose_units(context, found)
        if not units:
            widgets.empty(_("选择一个或多个单元,可改划片区或锁定。"))
            return
        target = _choose_zone(context, desk, found, units)
        _buttons(context, desk, found, units, target)
    with right:
        _chosen(context, found, units)
        if target is not None:
            _preview(context, desk, found, units, target)


def _choose_units(context: Context, found: Assessment) -> list[str]:
    names = unit_names(context, found)
    sets = _sets(context, found)
    st.selectbox(
        _("快速选取"),
        list(sets),
        index=None,
        format_func=lambda key: sets[key][0] if key in sets else key,
        placeholder=_("整个片区、飞地、未划入、已调整……"),
        key=QUICK,
        on_change=_fill,
        args=({key: units for key, (_word, units) in sets.items()},),
    )
    return st.multiselect(
        _("单元(可按名称搜索)"),
        list(names),
        format_func=lambda unit: names.get(unit, unit),
        key=UNITS,
        placeholder=_("输入小区或村名"),
        wrap=True,
    )


def _fill(sets: dict[str, list[str]]) -> None:
    """Take a group's units over; the choice of a group is a menu and shows none afterwards. A callback."""
    chosen = st.session_state.get(QUICK)
    if chosen in sets:
        st.session_state[UNITS] = sets[chosen]
        st.session_state[QUICK] = None


def unit_names(context: Context, found: Assessment) -> dict[str, str]:
    """Return unit_id -> name and town; the id as well where two would read the same.

    A choice among words must not hold the same words twice: the first would be taken for the second.
    """
    units = context.project.layers["units"].set_index("unit_id").reindex(found.plan.index)
    names = units["name"].astype(str)
    if "town" in units:
        names = names + " · " + units["town"].fillna("").astype(str)
    return apart(names)


def apart(names: pd.Series) -> dict[str, str]:
    """Return id -> name, the id added to names that several share."""
    shared = names.duplicated(keep=False)
    return {
        str(key): f"{name} ({key})" if twice else str(name)
        for key, name, twice in zip(names.index, names, shared, strict=True)
    }


def _sets(context: Context, found: Assessment) -> dict[str, tuple[str, list[str]]]:
    """Return the groups of units that one choice selects: key -> (words, units)."""
    groups = {
        "cut_off": (_("飞地单元"), found.units_that("cut_off")),
        "unassigned": (_("未划入的单元"), found.units_that("unassigned")),
        "moved": (_("较现行片区已调整的单元"), list(found.moved)),
        "locked": (_("已锁定的单元"), sorted(found.locked)),
    }
    for zone, name in apart(_zone_names(context).sort_values()).items():
        units = found.plan.index[found.plan.eq(zone).fillna(False)].tolist()
        groups[f"zone:{zone}"] = (_("片区 {name}", name=name), units)
    return {key: (f"{word} ({len(units)})", units) for key, (word, units) in groups.items() if units}


def _zone_names(context: Context) -> pd.Series:
    return plans.zone_names(context.project.key, context.stage, context.project)


def _choose_zone(context: Context, desk: Desk, found: Assessment, units: list[str]) -> str | None:
    """Draw the choice of a zone, nearest first; what is said of each is of this revision and these units."""
    words = _zone_words(context, found, units)
    options = list(words)
    # Walk and room stand in the labels, so the choice is made anew with them and keeps its value.
    kept = st.session_state.get(_ZONE)
    mark = hashlib.sha256("\x1f".join([str(desk.state.rev), *units]).encode()).hexdigest()[:12]
    with st.container(key=TARGET):
        chosen = st.selectbox(
            _("划入片区(由近到远;余为剩余学位)"),
            options,
            index=options.index(kept) if kept in options else None,
            format_func=lambda zone: words.get(zone, zone),
            placeholder=_("选择片区"),
            key=f"{TARGET}-{mark}",
        )
    st.session_state[_ZONE] = chosen
    return chosen


def _zone_words(context: Context, found: Assessment, units: list[str]) -> dict[str, str]:
    near = _mean_walk(found, units)
    names = apart(_zone_names(context))
    words, room = {}, found.zones["spare"]
    for zone in map(str, near.index):
        left = int(room[zone])
        seats = _("余 {n}", n=f"{left:,}") if left >= 0 else _("超 {n}", n=f"{-left:,}")
        words[zone] = f"{names.get(zone, zone)} · {widgets.metres(near[zone])} · {seats}"
    return {**words, NOWHERE: _("移出片区(未划入)")}


def _mean_walk(found: Assessment, units: list[str]) -> pd.Series:
    """Return the mean walk of the chosen units to each zone as a plan counts it, nearest first."""
    metres = found.problem.metres[found.problem.unit_ids.get_indexer(pd.Index(units))]
    return pd.Series(metres.mean(axis=0), index=found.problem.zone_ids).sort_values(kind="stable")


def _buttons(context: Context, desk: Desk, found: Assessment, units: list[str], target: str | None) -> None:
    stage, year = desk.key
    held = [unit for unit in units if unit in found.locked]
    free = [unit for unit in units if unit not in found.locked]
    zone = target or None
    staying = target is None or all(_same(found.plan[unit], zone) for unit in units)
    with st.container(horizontal=True):
        move = drafts.assign(stage, year, units, zone)
        st.button(
            _("移动"),
            key="edit-move",
            type="primary",
            disabled=staying or bool(held),
            on_click=drafting.submit,
            args=(context, desk, move),
        )
        for label, key, op in (
            (_("锁定"), "edit-lock", drafts.lock(stage, year, free)),
            (_("解锁"), "edit-unlock", drafts.unlock(stage, year, held)),
        ):
            args = (context, desk, op)
            empty = not op.payload["units"]
            st.button(label, key=key, disabled=empty, on_click=drafting.submit, args=args)
    if held:
        st.caption(_("{units} 已锁定,解锁后才能移动。", units=edits.unit_words(context, held)))


def _same(zone: str | None, target: str | None) -> bool:
    return pd.isna(zone) if target is None else zone == target


def _chosen(context: Context, found: Assessment, units: list[str]) -> None:
    rows = views.unit_table(context, found)
    rows = rows[rows["unit_id"].isin(units)]
    st.markdown(
        _(
            "已选 **{units}** 个单元,{year}{stage}入学 **{pupils}** 人",
            units=f"{len(rows):,}",
            year=widgets.school_year(context.year),
            stage=stage_word(context.stage).lower(),
            pupils=widgets.whole(rows["pupils"].sum()),
        )
    )
    columns = ["unit", "town", "pupils", "zone", "metres", "estimate", "locked", "before"]
    shown = rows[[c for c in columns if c in rows]].rename(columns={"before": "in_force"})
    widgets.table(shown, key="edit-chosen", height=min(220, 38 + 35 * len(shown)))


def _preview(context: Context, desk: Desk, found: Assessment, units: list[str], target: str) -> None:
    after = views.assess(context, edit.assign(found.plan, units, target or None), _held(found))
    rows = views.changed_zones(context, found, after)
    st.markdown(_("**移动后**(尚未保存)"))
    if rows.empty:
        st.caption(_("没有变化。"))
        return
    widgets.table(rows, key="edit-preview")
    mean = (found.totals["mean_walk_m"], after.totals["mean_walk_m"])
    st.markdown(
        _(
            "全部学生平均步行 {old} → {new} 米;超出招生计划 {over} → {over_new} 人;"
            "飞地单元 {cut} → {cut_new} 个。",
            old=widgets.whole(mean[0]),
            new=widgets.whole(mean[1]),
            over=widgets.whole(found.totals["over"]),
            over_new=widgets.whole(after.totals["over"]),
            cut=widgets.whole(found.totals["cut_off_units"]),
            cut_new=widgets.whole(after.totals["cut_off_units"]),
        )
    )
    under = judging.judged(context, desk, found)
    if said := breaks.new_hard(context, under, judging.after(context, desk, under, after)):
        st.warning(_("会违反:") + _(";").join(said))
    lived_in = [unit for unit in units if views.demand(found).get(unit, 0) > 0]
    if target and (far := limits.broken(context, lived_in, target)):
        st.warning("\n".join(f"- {widgets.escape(line)}" for line in far))


def _held(found: Assessment) -> pd.Series:
    return found.plan[found.plan.index.isin(list(found.locked))].dropna()
