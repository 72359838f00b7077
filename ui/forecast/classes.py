"""Classes to open in a forecast year, and the chance that they are oversized (大班额)."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ui import widgets
from ui.forecast import filed
from ui.state import Context
from ui.texts import _
from ui.views import forecast as views
from ui.widgets import Exports

COLUMNS = [
    "school_id", "school", "grade", "year", "pupils", "pupils_low", "pupils_high",
    "classes", "low", "high", "p_oversized", "extra",
]  # fmt: skip


def draw(context: Context, frame: pd.DataFrame) -> None:
    """Draw the table of the chosen year by the chosen rule, with the class sizes of the rules in force."""
    if not context.project.has("classes"):
        return
    st.subheader(_("今后的班数与大班额概率"))
    limits = views.class_limits(context.project, context.stage)
    rules = {
        "keep": _("随班升级:不拆班、不并班,超员也不增班;各学段新生按标准班额 {n} 人编班", n=limits.standard),
        "standard": _("每年按标准班额 {n} 人编班", n=limits.standard),
    }
    if not views.knows_classes(context):
        del rules["keep"]
        base = views.base_year(context.project)
        st.caption(
            _("班级表没有 {year} 学年的班,现有班数不明,只能按标准班额编班;补上后可选“随班升级”。", year=base)
        )
    rule = st.radio(
        _("编班规则"), list(rules), format_func=rules.__getitem__, key="class-rule", horizontal=True
    )
    year = st.selectbox(
        _("学年"), views.class_years(context, frame), key="class-year", persist_state="session", width=160
    )
    table = views.classes_ahead(context, frame, rule=rule)
    pupils = {name: table[name].round().astype(int) for name in ("pupils", "pupils_low", "pupils_high")}
    rounded = table.assign(**pupils, p_oversized=table["p_oversized"].round(3))
    whole = rounded.astype({"grade": int})[COLUMNS].rename(columns=_named())
    shown = whole[whole["year"] == year]
    widgets.table(shown.drop(columns=["school_id", "year"]), key="classes", height=320)
    st.caption(_sums(table[table["year"] == year], year, limits.large))
    notes = [_limits_note(limits), _ranges_note(rule, limits), *_formed_note(table, rule)]
    for note in notes:
        st.caption(widgets.escape(note))
    said = [*filed.notes(context, scenarios=False), rules[rule], *notes]
    export = Exports(f"classes-{context.stage}", tables={_("班数与大班额概率"): whole}, notes=said)
    widgets.exports(context, export, key="classes-file")


def _named() -> dict[str, str]:
    return {
        "pupils_low": _("学生数下限"),
        "pupils_high": _("学生数上限"),
        "low": "classes_low",
        "high": "classes_high",
        "extra": _("需增班数"),
    }


def _sums(rows: pd.DataFrame, year: int, large: int) -> str:
    return _(
        "{year} 学年共 {n} 个班;{likely} 个校·年级的大班额概率达到一半。"
        "要使人数均分后没有一个班达到 {large} 人,共需再增 {extra} 个班。",
        year=year,
        n=widgets.whole(rows["classes"].sum()),
        likely=int((rows["p_oversized"] >= 0.5).sum()),
        large=large,
        extra=widgets.whole(rows["extra"].sum()),
    )


def _ranges_note(rule: str, limits: views.Limits) -> str:
    """Say what the columns of ranges and of classes to add hold."""
    extra = _(
        "需增班数:在所列班数之外,再增几个班,预测人数均分后才没有班达到 {large} 人。", large=limits.large
    )
    if rule == "keep":
        return extra + _(
            "班数的上下限:已编的班升级不变,没有上下限;新生按学生数 80% 区间的两端编班,升级后不变。"
        )
    return extra + _("班数的上下限:按学生数 80% 区间的两端编班。")


def _formed_note(table: pd.DataFrame, rule: str) -> list[str]:
    """Say how many cohorts are formed anew though they have pupils today, for the roster has no classes."""
    cohorts = table.attrs["unknown"] if rule == "keep" else 0
    if not cohorts:
        return []
    said = _(
        "班级表缺 {n} 个校·年级的现有班数,这些年级的班数按标准班额另编;补上后才按现有的班升级。", n=cohorts
    )
    return [said]


def _limits_note(limits: views.Limits) -> str:
    """Say what counts as oversized, by which rule."""
    source = (
        _("、").join(limits.sources)
        if limits.sources
        else _("规则包没有给出,按 GB 50099-2011 和教育部统计口径")
    )
    return _(
        "大班额概率:人数均分时有班达到 {large} 人的概率,由该年级的预测区间推出;标准班额 {standard} 人。"
        "依据:{source}。",
        large=limits.large,
        standard=limits.standard,
        source=source,
    )
