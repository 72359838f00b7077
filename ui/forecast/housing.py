"""New estates: how they fill (入住进度), which of them are late, and the table of them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from forecasting.estates import BUILD_UP
from planning import assumed, calibrated
from planning.project import Project
from ui import widgets
from ui.forecast.writing import attempt, mark
from ui.state import Context, distinct
from ui.texts import _
from ui.zones.drafting import author

YEARS = 8
SCENARIOS = ("low", "middle", "high")


def draw(context: Context, now: assumed.Assumed) -> None:
    """Draw the build-up and the slips of single estates, each with its form."""
    st.markdown(f"**{_('入住进度(交付后各年住进的学生占住满时的比例)')}**")
    _build_up(context, now)
    st.markdown(f"**{_('单个小区推迟交付')}**")
    _slips(context, now)


def table(context: Context) -> None:
    """Draw the table of new estates with the years they are late by."""
    if not context.project.has("estates"):
        return
    st.subheader(_("新建小区"))
    rows = pd.DataFrame(context.project.layers["estates"].drop(columns="geometry"))
    columns = ["name", "district", "town", "households", "handover_year", "primary_yield", "junior_yield"]
    shown = rows[[c for c in [*columns, "yield_source"] if c in rows]]
    widgets.table(shown, key="estates", height=280)


def curve_table(shares: tuple[float, ...], measured: tuple[float, ...]) -> pd.DataFrame:
    """Return the build-up in force beside the measured one, by years since handover."""
    longest = max(len(shares), len(measured))
    names = {_("采用"): shares, _("实测"): measured}
    found = {_("交付后年数"): [str(n) for n in range(longest - 1)] + [f"{longest - 1}+"]}
    for name, curve in names.items():
        if curve:
            padded = [*curve, *[curve[-1]] * (longest - len(curve))]
            found[name] = [f"{100 * share:.0f}%" for share in padded]
    return pd.DataFrame(found)


def _build_up(context: Context, now: assumed.Assumed) -> None:
    shares = now.build_up.shares if now.build_up else BUILD_UP
    measured = _measured(context.project.key, context.project)
    st.dataframe(curve_table(shares, measured), hide_index=True, key="build-up")
    st.caption(_origin(now))
    key = mark("build-up", now.build_up)
    with st.form("build-up-form", border=False):
        boxes = st.columns(max(YEARS, len(shares)))
        values = [
            box.number_input(
                _("第 {n} 年(%)", n=n),
                0.0,
                100.0,
                round(100 * shares[min(n, len(shares) - 1)], 1),
                5.0,
                key=f"build-up-{n}-{key}",
            )
            for n, box in enumerate(boxes)
        ]
        source = st.text_input(_("入住进度来源"), key=f"build-up-source-{key}")
        by = st.text_input(_("经办人"), value=author(), key="build-up-by")
        with st.container(horizontal=True):
            keep = st.form_submit_button(_("保存入住进度"), key="build-up-save")
            take = st.form_submit_button(_("采用实测入住进度"), key="build-up-take", disabled=not measured)
            back = st.form_submit_button(_("恢复起始进度"), key="build-up-back", disabled=not now.build_up)
    if keep:
        _store(context, [round(value / 100, 4) for value in values], source=source, by=by)
    elif take:
        _store(context, measured, source=_("实测:已交付小区的学籍与住址"), by=by)
    elif back:
        _store(context, [], source="", by=by)


def _store(context: Context, shares: Sequence[float], *, source: str, by: str) -> None:
    attempt(lambda: assumed.set_build_up(context.project, shares, source=source, by=by), form="build-up")


def _origin(now: assumed.Assumed) -> str:
    if now.build_up is None:
        return _("入住进度现为软件起始值,没有依据(设定);最后一年的比例沿用到以后各年。")
    return _(
        "来源:{source} · {by}", source=widgets.escape(now.build_up.source), by=widgets.escape(now.build_up.by)
    )


def _slips(context: Context, now: assumed.Assumed) -> None:
    rows = context.project.layers["estates"]
    names = distinct({str(e): str(name) for e, name in zip(rows["estate_id"], rows["name"], strict=True)})
    st.caption(_("有单独年数的小区按此推迟,其余按情景;分期交付的各期是各自的一行。"))
    if now.slips:
        st.dataframe(slip_table(now, names), hide_index=True, key="slips")
    estate = st.selectbox(_("小区"), list(names), format_func=names.__getitem__, key="slip-estate")
    own = {slip.estate_id: slip for slip in now.slips}.get(estate)
    key = f"{estate}-{mark('slip', own)}"
    words = dict(zip(SCENARIOS, (_("低情景"), _("中情景"), _("高情景")), strict=True))
    with st.form("slip-form", border=False):
        boxes = st.columns(3)
        years = {
            name: int(
                box.number_input(
                    f"{words[name]}:{_('推迟(年)')}",
                    0,
                    20,
                    getattr(own, name) if own else 0,
                    key=f"slip-{name}-{key}",
                )
            )
            for name, box in zip(SCENARIOS, boxes, strict=True)
        }
        source = st.text_input(_("推迟依据"), key=f"slip-source-{key}")
        by = st.text_input(_("经办人"), value=author(), key="slip-by")
        with st.container(horizontal=True):
            keep = st.form_submit_button(_("保存推迟"), key="slip-save")
            back = st.form_submit_button(_("改回按情景"), key="slip-back", disabled=own is None)
    if keep:
        row = {"estate_id": estate, **years, "source": source}
        attempt(lambda: assumed.set_slip(context.project, row, by=by), form="slip")
    elif back:
        attempt(lambda: assumed.drop_slip(context.project, str(estate), by=by), form="slip")


def slip_table(now: assumed.Assumed, names: dict[str, str]) -> pd.DataFrame:
    """Return the slips of single estates with their source."""
    return pd.DataFrame(
        {
            _("小区"): [names.get(s.estate_id, s.estate_id) for s in now.slips],
            _("低情景"): [str(s.low) for s in now.slips],
            _("中情景"): [str(s.middle) for s in now.slips],
            _("高情景"): [str(s.high) for s in now.slips],
            _("推迟依据"): [s.source for s in now.slips],
            _("经办人"): [s.by for s in now.slips],
        }
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _measured(key: str, _project: Project) -> tuple[float, ...]:
    return calibrated.build_up(_project)
