"""New estates: how they fill (入住进度), which of them are late, and the table of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from forecasting.estates import BUILD_UP
from planning import assumed, calibrated, tasks
from planning.project import Project
from ui import widgets
from ui.forecast.writing import attempt, mark
from ui.state import Context, distinct, stage_word
from ui.texts import _
from ui.views import forecast as views
from ui.widgets import Exports
from ui.zones.drafting import author

YEARS = 8
SCENARIOS = ("low", "middle", "high")

#: Columns of the layer -> the parts of what is set for single estates.
_SET = {"primary_yield": "primary", "junior_yield": "junior", "yield_source": "source"}


def draw(context: Context, now: assumed.Assumed) -> None:
    """Draw the build-up and the slips of single estates, each with its form."""
    st.markdown(f"**{_('入住进度(交付后各年住进的学生占住满时的比例)')}**")
    _build_up(context, now)
    st.markdown(f"**{_('单个小区推迟交付')}**")
    _slips(context, now)


def table(context: Context) -> None:
    """Draw the table of new estates as the forecast counts them, and its file."""
    if not context.project.has("estates"):
        return
    st.subheader(_("新建小区"))
    rows = in_force(context.project, assumed.in_force(context.project))
    shown = worded(rows, year=context.project.year, places=views.places(context.project))
    short = {_("小学生/户"): "primary", _("初中生/户"): "junior"}
    config = {
        name: st.column_config.NumberColumn(_("{stage}生/户", stage=stage_word(stage)), format="%.3f")
        for name, stage in short.items()
    }
    config[_("户数")] = st.column_config.NumberColumn(format="localized")
    st.dataframe(compact(shown), hide_index=True, key="estates", height=280, column_config=config)
    said = _("系数和推迟年数是预测正在用的:单独设定的优先,其余取自新建小区表和情景。")
    if not views.settings(context).estates:
        said += _("现在没有计入预测:页面上方可以打开。")
    st.caption(said)
    made = Exports("estates", tables={_("新建小区"): shown}, notes=[views.stands_on(context), said.strip()])
    widgets.exports(context, made, key="estates-file")


def in_force(project: Project, now: assumed.Assumed) -> pd.DataFrame:
    """Return the estates as the forecast counts them.

    Returns
    -------
    DataFrame
        The layer with primary_yield, junior_yield and yield_source as set for single estates, where they
        are, and low, middle, high: the years that each is late by in the scenarios.
    """
    rows = pd.DataFrame(project.layers["estates"].drop(columns="geometry", errors="ignore"))
    ids = rows["estate_id"].astype("str")
    own = {one.estate_id: one for one in now.yields}
    for column, part in _SET.items():
        given = ids.map({name: getattr(one, part) for name, one in own.items()})
        stated = rows[column] if column in rows else pd.Series(None, index=rows.index, dtype="object")
        rows[column] = given.where(given.notna(), stated)
    for name, case in zip(SCENARIOS, tasks.punctual(project, now.cases), strict=True):
        rows[name] = ids.map(dict(case.slips)).fillna(case.estate_delay).astype("int64")
    return rows


def worded(rows: pd.DataFrame, *, year: int, places: Mapping[str, str]) -> pd.DataFrame:
    """Return the estates as they are read: where, what kind, how large, when and with how many pupils."""
    heads = {"name": _("名称"), "district": _("旗区"), "town": _("镇街"), "housing_type": _("房屋类型")}
    shown = rows[[name for name in heads if name in rows]].rename(columns=heads)
    for name in {_("旗区"), _("镇街")} & set(shown):
        shown[name] = shown[name].replace(dict(places))
    handover = pd.to_numeric(rows["handover_year"], errors="coerce")
    shown[_("户数")] = rows["households"]
    shown[_("交付年份")] = rows["handover_year"]
    shown[_("交付情况")] = [_delivered(one, year) for one in handover]
    for name, word in zip(SCENARIOS, _scenario_words(), strict=True):
        shown[_("{scenario}推迟(年)", scenario=word)] = rows[name]
    shown[_("小学生/户")] = rows["primary_yield"].astype("float64")
    shown[_("初中生/户")] = rows["junior_yield"].astype("float64")
    if "from_outside" in rows:
        shown[_("来自本地以外(%)")] = (100 * rows["from_outside"].astype("float64")).round(1)
    shown[_("系数来源")] = rows["yield_source"].fillna("")
    return shown


def compact(shown: pd.DataFrame) -> pd.DataFrame:
    """Return `worded` estates as a page draws them: delays in one column, no district if there is but one."""
    late = [_("{scenario}推迟(年)", scenario=word) for word in _scenario_words()]
    drawn = shown.drop(columns=late)
    told = [" / ".join(map(str, years)) for years in shown[late].to_numpy().tolist()]
    drawn.insert(list(shown).index(late[0]), _("推迟年数(低/中/高)"), told)
    district = _("旗区")
    one = district in drawn and drawn[district].nunique() == 1
    return drawn.drop(columns=district) if one else drawn


def _delivered(handover: float, year: int) -> str:
    if pd.isna(handover):
        return "—"
    if handover == year:
        return _("本学年交付")
    return _("已交付") if handover < year else _("未交付")


def _scenario_words() -> tuple[str, str, str]:
    return _("低情景"), _("中情景"), _("高情景")


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
    st.caption(
        _("有单独年数的小区按此推迟,其余按情景;本学年以前已交付的不推迟。分期交付的各期是各自的一行。")
    )
    if now.slips:
        st.dataframe(slip_table(now, names), hide_index=True, key="slips")
    estate = st.selectbox(_("小区"), list(names), format_func=names.__getitem__, key="slip-estate")
    own = {slip.estate_id: slip for slip in now.slips}.get(estate)
    late = _late(context.project, now, estate)
    key = f"{estate}-{mark('slip', own, late)}"
    words = dict(zip(SCENARIOS, _scenario_words(), strict=True))
    with st.form("slip-form", border=False):
        boxes = st.columns(3)
        years = {
            name: int(
                box.number_input(
                    _("{scenario}推迟(年)", scenario=words[name]),
                    0,
                    20,
                    late[name],
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


def _late(project: Project, now: assumed.Assumed, estate: str) -> dict[str, int]:
    """Return the years that an estate is late by now, in each scenario."""
    cases = tasks.punctual(project, now.cases)
    found = (dict(case.slips).get(estate, case.estate_delay) for case in cases)
    return dict(zip(SCENARIOS, found, strict=True))


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
