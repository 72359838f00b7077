"""Optional rules (可选规则) of a search: what the planner chooses, and what each rule turned out to cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import pandas as pd
import streamlit as st

from gis.layers import SCHEMAS
from planning import spatial, unitcolumns
from planning.zoneoptions import LIMITING, Choice, Told
from ui import widgets
from ui.state import Context
from ui.texts import _, language
from ui.views import edits, ruled
from ui.views import plan as plans
from ui.views.zones import Assessment
from ui.zones import following
from zoning.prices import DEAREST, Price

SEARCHED: Final = (
    "max_metres", "no_crossing", "stay", "towns", "enclaves", "least", "share", "balance", "compact"
)  # fmt: skip
"""Fields of a choice that the search keeps, each of which is priced."""
ENCLAVES: Final = "engine-enclaves"


def choose(context: Context, found: Assessment) -> Choice:
    """Draw the rules, all off by default, and return what is chosen."""
    shown = st.expander(_("可选规则"), key="engine-options", on_change="rerun")
    with shown:
        st.caption(_("全部默认关闭。启用后另算不启用规则和单独启用每条规则的方案,说明每条让学生多走多少路。"))
        left, right = st.columns(2)
        with left:
            picked = _walks(context, Choice())
        with right:
            picked = _stability(found, picked)
        picked = _evenness(context, found, picked)
        picked = _shapes(context, found, picked, all_units=bool(shown.open))
        picked = following.choose(context, picked)
        if picked.payload():
            many, seconds = searches(picked), spent(picked, 10)
            st.caption(
                _(
                    "需求解 {n} 次,约为所选用时的 {times} 倍。规则和结果记入方案的历史。",
                    n=many,
                    times=f"{seconds / 10:.0f}",
                )
            )
        return picked


def _walks(context: Context, choice: Choice) -> Choice:
    metres = _number(
        _("最远步行(米)"), "engine-max-metres", 100, 20_000, 100, _("没有学校在此距离内的单元,划到最近的。")
    )
    junior = context.stage != "primary"
    unknown = not spatial.knows_crossings(context.project)
    crossing = st.checkbox(
        _("小学生不跨越障碍"),
        key="engine-no-crossing",
        disabled=junior or unknown,
        help=_("障碍指大路、铁路、河流。到哪所学校都要跨越的单元,划到最近的。"),
    )
    if unknown and not junior:
        st.caption(_("没有道路和障碍图层,不知道哪条路要跨越什么;导入后可用。"))
    share = _number(_("每校最多用招生计划的(%)"), "engine-share", 50, 100, 1, _("均衡各校负荷,留出余地。"))
    about = _("硬性下限。从优化的方案出发调整去满足,是启发式的;证明做不到时才说没有可行方案。")
    least = _number(_("每片区至少(人)"), "engine-least", 1, 5000, 10, about)
    return replace(
        choice,
        max_metres=None if metres is None else float(metres),
        no_crossing=bool(crossing) and not (junior or unknown),
        share=None if share is None else share / 100,
        least=least,
    )


def _stability(found: Assessment, choice: Choice) -> Choice:
    off = bool(found.reference.isna().all())
    stay = _number(
        _("每调整一名学生折合(米)"),
        "engine-stay",
        10,
        20_000,
        50,
        _("越大,越少调整现行片区;只影响取舍,报告的步行距离不含它。"),
        off=off,
    )
    most = _number(
        _("最多调整学生(人)"),
        "engine-most-moved",
        0,
        100_000,
        50,
        _("逐次提高上面的折合值去逼近,是启发式的,不证明没有更好的方案。"),
        off=off,
    )
    return replace(choice, stay=float(stay or 0), most_moved=most)


def _evenness(context: Context, found: Assessment, choice: Choice) -> Choice:
    """Draw what to balance between zones, which zones are excepted, and the price of long borders."""
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    with left:
        balance = st.selectbox(
            _("均衡某一属性"),
            unitcolumns.attributes(context.project),
            index=None,
            format_func=ruled.attribute_word,
            key="engine-balance",
            placeholder=_("不要求"),
            help=_("单元表中的比例或均值(不是人数);各片区按学生加权平均。没有值的单元按全域平均计。"),
        )
    share = balance == unitcolumns.MIGRANT
    with middle:
        deviation = st.number_input(
            _("与全域平均最多相差(百分点)") if share else _("与全域平均最多相差"),
            0.01,
            None,
            10.0 if share else 1.0,
            key=f"engine-deviation-{'share' if share else 'number'}",
            disabled=balance is None,
            help=_("启发式:逐步加重偏离的代价去逼近,再对少数片区精确求解,不证明没有更省路的方案。"),
        )
    with right:
        compact = _number(
            _("片区边界每公里折合(人·公里)"),
            "engine-compact",
            1,
            1000,
            1,
            _("越大,片区越紧凑;启发式,只影响取舍,报告的步行距离不含它。"),
        )
    small: list[str] = []
    if balance is not None or choice.least:
        names = plans.zone_names(context.project.key, context.stage, context.project)
        small = st.multiselect(
            _("不受最少人数和均衡限制的片区"),
            [str(zone) for zone in found.problem.zone_ids],
            format_func=lambda zone: str(names.get(zone, zone)),
            key="engine-small",
            placeholder=_("都受限制"),
            help=_("例如教学点和必要的小规模学校。"),
        )
    return replace(
        choice,
        balance=balance,
        deviation=None if balance is None else float(deviation) / (100 if share else 1),
        compact=float(compact or 0),
        small=tuple(small),
    )


def _groups(context: Context) -> tuple[str, list[str]]:
    """Draw the groups kept whole; return the column they stand in, and those chosen."""
    columns = unitcolumns.groups(context.project)
    if not columns:
        return "town", []
    labels = {c.name: c.label.text(language()) for c in SCHEMAS["units"].columns}
    column = columns[0]
    if len(columns) > 1:
        column = st.selectbox(
            _("整体划入的单元按哪一列成组"),
            columns,
            format_func=lambda name: labels.get(name, name),
            key="engine-column",
        )
    chosen = st.multiselect(
        _("整体划入一个片区的{group}", group=labels.get(column, column)),
        unitcolumns.values(context.project, column),
        key="engine-towns" if column == "town" else f"engine-towns-{column}",
        placeholder=_("不要求"),
        help=_("组内各单元须相连,且最多有一个片区的学校。"),
    )
    return column, chosen


def _shapes(context: Context, found: Assessment, choice: Choice, *, all_units: bool) -> Choice:
    units = context.project.layers["units"]
    column, towns = _groups(context)
    names = units.set_index("unit_id")["name"]
    placed = found.plan.dropna()
    # Thousands of names are not sent again with every stroke while nobody sees them.
    offered = placed.index if all_units else placed.index.intersection(st.session_state.get(ENCLAVES, []))
    cut = st.multiselect(
        _("认可的飞地(可与本片区学校不相连)"),
        [str(unit) for unit in offered],
        format_func=lambda unit: f"{names.get(unit, unit)} · {unit}",
        key=ENCLAVES,
        placeholder=_("不认可飞地"),
        help=_("按所在的现片区认可。近似:视为与学校所在单元相邻,紧邻它的单元也可随它划入。"),
    )
    enclaves = tuple((unit, str(placed[unit])) for unit in cut)
    return replace(choice, column=column if towns else "town", towns=tuple(towns), enclaves=enclaves)


def _number(
    label: str, key: str, least: int, most: int, step: int, about: str, *, off: bool = False
) -> int | None:
    """Draw a number that is off while empty."""
    value = st.number_input(
        label, least, most, None, step, key=key, help=about, placeholder=_("不限"), disabled=off
    )
    return None if value is None or off else int(value)


def searches(choice: Choice) -> int:
    """Return how many searches a choice takes at most, those for a limit on the moved among them."""
    rules = sum(name in choice.payload() for name in (*SEARCHED, "feeders"))
    rules += choice.most_moved is not None and not choice.stay
    limiting = DEAREST if choice.most_moved is not None else 0
    return (rules + (2 if rules > 1 else 1) if rules else 1) + limiting


def spent(choice: Choice, seconds: int) -> float:
    """Return the seconds that the searches of a choice take at most."""
    limiting = DEAREST if choice.most_moved is not None else 0
    return seconds * (searches(choice) - limiting + limiting * LIMITING)


def record(choice: Choice, told: Told | None) -> Mapping[str, object]:
    """Return what the draft's step records of the rules, so that a plan can be traced; empty without any."""
    if told is None:
        return {}
    return {
        "rules": choice.payload(),
        "rules_told": {
            "stay": told.stay,
            "moved": told.moved,
            "spared": list(told.spared),
            "prices": [
                {"rule": p.name, "feasible": p.feasible, **({} if pd.isna(p.found) else _figures(p))}
                for p in told.prices
            ],
        },
    }


def _figures(price: Price) -> dict[str, float]:
    return {"found": round(price.found, 3), "low": round(price.low, 3), "high": round(price.high, 3)}


def panel(context: Context, told: Told) -> None:
    """Draw what the rules cost, and whom they could not be asked of."""
    with st.container(key="engine-prices"):
        if told.prices:
            st.markdown(_("**规则的代价**"))
            st.caption(
                _(
                    "每条规则单独启用时,与不启用的方案相比。两个方案都未必最优:“可证明的范围”是真实代价的上下限,"
                    "“相差”是找到的两个方案之差。调整折合和片区紧凑只说明所找到的方案。"
                )
            )
            widgets.table(table(told), key="engine-prices-table")
        if told.most_moved is not None and told.moved > told.most_moved:
            st.warning(
                _(
                    "未能做到最多调整 {most} 名学生:找到的方案调整 {n} 名。可放宽上限、增加用时或撤销。",
                    most=widgets.whole(told.most_moved),
                    n=widgets.whole(told.moved),
                )
            )
        for line in _remarks(context, told):
            st.caption(line)


def table(told: Told) -> pd.DataFrame:
    """Return one row a rule: the difference of the plans found, its proven range, and metres a pupil."""
    pupils = max(told.pupils, 1)
    rows = []
    for price in told.prices:
        known = not pd.isna(price.found)
        rows.append(
            {
                _("规则"): _words()[price.name],
                _("相差(人·公里)"): f"{price.found:+,.1f}" if known else _unknown(price),
                _("可证明的范围(人·公里)"): _range(price.low, price.high, 1.0) if known else "—",
                _("平均每生(米)"): _range(price.low, price.high, 1000 / pupils) if known else "—",
            }
        )
    return pd.DataFrame(rows)


def _words() -> dict[str, str]:
    return {
        "max_metres": _("最远步行"),
        "barred": _("不穿过大路、铁路、河流(小学)"),
        "stay": _("少调整现行片区"),
        "together": _("成组单元整体划入"),
        "feeders": _("小学片区整体升入一所初中"),
        "enclaves": _("认可的飞地"),
        "least": _("每片区最少人数"),
        "share": _("负荷上限"),
        "balance": _("均衡属性"),
        "compact": _("片区紧凑"),
        "all": _("全部规则一起"),
    }


def _unknown(price: Price) -> str:
    if price.feasible is False:
        return _("已证明无可行方案")
    return _("没有找到可比的方案")


def _range(low: float, high: float, scale: float) -> str:
    first, last = f"{low * scale:,.1f}", f"{high * scale:,.1f}"
    return first if first == last else _("{low} 至 {high}", low=first, high=last)


def _remarks(context: Context, told: Told) -> list[str]:
    said = []
    if told.stay or told.moved:
        said.append(
            _(
                "参与优化的片区之内,较现行片区调整 {n} 名学生;调整一名学生折合 {stay} 米。",
                n=widgets.whole(told.moved),
                stay=widgets.whole(told.stay),
            )
        )
    if told.cut_off:
        said.append(_("方案中与学校不相连的单元 {n} 个,都在认可的飞地或其相邻处。", n=told.cut_off))
    said += following.remarks(context, told.unfit)
    if told.spared:
        who = widgets.escape(edits.unit_words(context, told.spared))
        said.append(_("有规则做不到的单元,仍按锁定或划到可去的最近学校:{units}。", units=who))
    return said + _sides(context, told)


def _sides(context: Context, told: Told) -> list[str]:
    """Return what is told of sizes, balance and borders."""
    said = []
    if told.border is not None:
        now, before = (f"{km:,.1f}" for km in told.border)
        said.append(_("片区之间的边界共 {now} 公里(现行片区 {before} 公里)。", now=now, before=before))
    if told.means is not None:
        own = told.means.drop("").dropna()
        low, high, mean = (f"{value:.3g}" for value in (own.min(), own.max(), told.means[""]))
        said.append(
            _("均衡属性在各片区的平均为 {low} 至 {high},全域 {mean}。", low=low, high=high, mean=mean)
        )
    names = plans.zone_names(context.project.key, context.stage, context.project)
    for kind, words_of in (
        ("too_small", _("学生数低于所填下限的片区:{zones}。", zones="{zones}")),
        ("unbalanced", _("均衡属性偏离超过所填值的片区:{zones}。", zones="{zones}")),
    ):
        short = told.broken.loc[told.broken["kind"] == kind, "zone_id"]
        if len(short):
            zones = _("、").join(widgets.escape(str(names.get(z, z))) for z in short)
            said.append(words_of.replace("{zones}", zones))
    return said
