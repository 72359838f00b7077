"""What the forecast assumes (设定): estates counted, scenarios, cut-off, yields; shown, edited, reset."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from forecasting.scenarios import Scenario
from planning import assumed, outlook
from ui import widgets
from ui.charts import forecast as charts
from ui.forecast import housing, stated, yields
from ui.forecast.writing import attempt, mark
from ui.state import Context, distinct
from ui.texts import _
from ui.zones.drafting import author

EDITED = ("低", "高")


def draw(context: Context) -> None:
    """Draw the switch for new estates, what is assumed in one line, and the forms to change it."""
    _estates(context)
    now = assumed.in_force(context.project)
    st.caption(_line(context, now))
    with st.expander(_("查看和修改设定:情景、截止日、小区、转学、民办、寄宿")):
        st.dataframe(scenario_table(now), hide_index=True, key="scenarios")
        st.caption(
            _(
                "情景是设定,不是区间。这里只改低、高情景;中情景不加出生系数、净迁入和统一的推迟,"
                "但单个小区的推迟、学生系数、入住进度和转学、留级等设定对三个情景都起作用。"
            )
            + " "
            + _origin(now)
        )
        _scenario_form(context, now)
        if context.project.has("estates"):
            _yield_form(context, now)
            housing.draw(context, now)
        stated.draw(context, now)


def scenario_table(now: assumed.Assumed) -> pd.DataFrame:
    """Return the scenarios in words."""
    words = charts.scenario_words()
    return pd.DataFrame(
        {
            _("情景"): [words[s.name] for s in now.scenarios],
            _("未出生、未登记的新生 ×"): [f"{s.births:.2f}" for s in now.scenarios],
            _("每年净迁入(%)"): [f"{100 * s.migration:+.1f}" for s in now.scenarios],
            _("小区推迟交付(年)"): [str(s.estate_delay) for s in now.scenarios],
        }
    )


def _estates(context: Context) -> None:
    if not context.project.has("estates"):
        return
    given = outlook.states_share(context.project)
    with st.container(horizontal=True, vertical_alignment="center"):
        on = st.toggle(
            _("计入新建小区"),
            value=given,
            key="estates-on",
            persist_state="session",
            help=_("只有从本地以外迁入的学生才是新增;本地搬家的已在在校生里。这个比例没有默认值。"),
        )
        if on and given:
            st.caption(_("学生来自本地以外的比例取自小区表(设定)。"))
        elif on:
            st.slider(
                _("新建小区学生来自本地以外的比例(%,设定)"),
                0,
                100,
                50,
                5,
                key="from-outside",
                persist_state="session",
            )


def _line(context: Context, now: assumed.Assumed) -> str:
    return _(
        "学制 {system}(项目设置)· 入学截止:{month} 月底前满龄 · 情景:{scenarios}",
        system=context.project.stage_system,
        month=now.cutoff_month,
        scenarios=_("本项目自定") if now.scenarios != assumed.Assumed().scenarios else _("软件起始值(待核)"),
    )


def _origin(now: assumed.Assumed) -> str:
    start = assumed.Assumed()
    if (now.scenarios, now.cutoff_month) == (start.scenarios, start.cutoff_month):
        return _("现为软件起始值,没有依据,请按本地情况修改。")
    source = widgets.escape(now.source) or "—"
    return _("来源:{source} · {by}", source=source, by=widgets.escape(now.by))


def _scenario_form(context: Context, now: assumed.Assumed) -> None:
    key = mark("assume", now.scenarios, now.cutoff_month, now.source)
    with st.form("assume", border=False):
        rows = []
        for column, name in zip(st.columns(2), EDITED, strict=True):
            with column:
                rows.append(_inputs(next(s for s in now.scenarios if s.name == name), key))
        month = st.number_input(
            _("入学截止月份(8 即 8 月 31 日;只用于按出生数推算的年份)"),
            1,
            12,
            now.cutoff_month,
            key=f"cutoff-{key}",
        )
        source = st.text_input(_("来源"), value=now.source, key=f"assume-source-{key}")
        by = st.text_input(_("经办人"), value=author(), key="assume-by")
        with st.container(horizontal=True):
            keep = st.form_submit_button(_("保存设定"), key="assume-save", type="primary")
            reset = st.form_submit_button(_("恢复情景和截止月份的起始值"), key="assume-reset")
    if keep:
        attempt(
            lambda: assumed.save(
                context.project, scenarios=rows, cutoff_month=int(month), source=source, by=by
            ),
            form="assume",
        )
    elif reset:
        attempt(lambda: assumed.reset(context.project, by=by), form="assume")


def _inputs(scenario: Scenario, key: str) -> dict[str, Any]:
    word, name = charts.scenario_words()[scenario.name], f"{scenario.name}-{key}"
    st.markdown(f"**{word}**")
    births = st.number_input(
        _("未出生、未登记的新生 ×"), 0.0, 3.0, scenario.births, 0.05, key=f"births-{name}"
    )
    percent = 100 * scenario.migration
    migration = st.number_input(_("每年净迁入(%)"), -20.0, 20.0, percent, 0.1, key=f"migration-{name}")
    delay = st.number_input(_("小区推迟交付(年)"), 0, 20, scenario.estate_delay, key=f"delay-{name}")
    return {
        "name": scenario.name,
        "births": births,
        "migration": round(migration / 100, 6),
        "estate_delay": delay,
    }


def _yield_form(context: Context, now: assumed.Assumed) -> None:
    """Draw the yields of one estate; whoever changes them says where they come from."""
    rows = context.project.layers["estates"]
    names = distinct({str(e): str(name) for e, name in zip(rows["estate_id"], rows["name"], strict=True)})
    st.markdown(f"**{_('小区学生系数(每户学生数,住满以后)')}**")
    yields.draw(context)
    if now.yields:
        st.dataframe(yield_table(now, names), hide_index=True, key="yields")
    estate = st.selectbox(_("小区"), list(names), format_func=names.__getitem__, key="yield-estate")
    primary, junior = _yields_of(context, now, estate)
    key = f"{estate}-{mark('yield', primary, junior)}"
    with st.form("yield", border=False):
        left, right, most = *st.columns(2), assumed.MOST_A_HOUSEHOLD
        first = left.number_input(_("小学生/户"), 0.0, most, primary, 0.01, "%.3f", key=f"primary-{key}")
        second = right.number_input(_("初中生/户"), 0.0, most, junior, 0.01, "%.3f", key=f"junior-{key}")
        source = st.text_input(_("系数来源"), key=f"yield-source-{key}")
        by = st.text_input(_("经办人"), value=author(), key="yield-by")
        keep = st.form_submit_button(_("保存系数"), key="yield-save")
    if keep:
        given: dict[str, Any] = {"estate_id": estate, "primary": _number(first), "junior": _number(second)}
        attempt(lambda: assumed.set_yield(context.project, **given, source=source, by=by), form="yield")


def yield_table(now: assumed.Assumed, names: dict[str, str]) -> pd.DataFrame:
    """Return the yields the planner set, with their source."""
    return pd.DataFrame(
        {
            _("小区"): [names.get(y.estate_id, y.estate_id) for y in now.yields],
            _("小学生/户"): [f"{y.primary:.2f}" for y in now.yields],
            _("初中生/户"): [f"{y.junior:.2f}" for y in now.yields],
            _("系数来源"): [y.source for y in now.yields],
            _("经办人"): [y.by for y in now.yields],
        }
    )


def _yields_of(context: Context, now: assumed.Assumed, estate: str) -> tuple[float | None, float | None]:
    for given in now.yields:
        if given.estate_id == estate:
            return given.primary, given.junior
    rows = context.project.layers["estates"].set_index("estate_id")
    found = [rows.loc[estate].get(name) for name in ("primary_yield", "junior_yield")]
    first, second = (None if value is None or pd.isna(value) else float(value) for value in found)
    return first, second


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)
