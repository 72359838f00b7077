"""The years ahead: pupils of the stage against all seats, and the seats left empty after the peak."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from planning import planned
from ui import widgets
from ui.charts import forecast as words
from ui.charts import seats as charts
from ui.seats import need as needed
from ui.state import Context, stage_word
from ui.texts import _
from ui.views import forecast as forecasts
from ui.views import seats as views
from ui.views.seats import Need


def draw(context: Context, frame: pd.DataFrame, found: Need | None) -> None:
    """Draw both sections."""
    _balance(context, frame)
    _empty(context, frame, found)


def _balance(context: Context, frame: pd.DataFrame) -> None:
    st.subheader(_("逐年供需"))
    public = _public(frame)
    rows = views.years(context, frame, public=public)
    if rows.empty or not rows["seats"].iloc[0]:
        widgets.empty(_("学校表没有这个学段的设计学位,无法与在校生比较。请在“数据”页补充。"))
        return
    past = forecasts.past_totals(context)
    if public:
        past = forecasts.past_totals(context, public=True)
    note = _(
        "{first}–{last}学年 · {stage}·{schools} · 色带为 80% 区间 · 总量够用不等于各片区够用"
        " · 来源:在校生、预测、学校表",
        first=int(past["year"].min()),
        last=int(rows["year"].max()),
        stage=stage_word(context.stage),
        schools=_("公办学校") if public else _("全部学校"),
    )
    if "adopted" in frame.attrs:
        note = f"{note} · {_('按规划取值')}"
    st.altair_chart(charts.against_seats(past, rows, title=_finding(context, rows), note=note))
    _unknown(context)
    if public and (gone := forecasts.gone_schools(context)):
        st.caption(_("以往各年有 {n} 所学校已不在学校表里,不知是公办还是民办,按公办计。", n=gone))
    with st.expander(_("逐年数字")):
        widgets.table(worded_years(rows), key="seat-years")


def _public(frame: pd.DataFrame) -> bool:
    """Draw the switch between all schools and public ones; adopted values speak of all schools."""
    if not views.has_private(frame) or "adopted" in frame.attrs:
        return False
    words = {"all": _("全部学校"), "public": _("公办学校")}
    chosen = st.segmented_control(
        _("学校"),
        list(words),
        default="all",
        required=True,
        format_func=words.__getitem__,
        key="seats-provider",
        label_visibility="collapsed",
    )
    return chosen == "public"


def worded_years(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the years with what each rests on in words."""
    said = {**words.basis_words(), planned.ADOPTED: _("规划取值")}
    return rows.assign(basis=rows["basis"].map(said))


def _finding(context: Context, rows: pd.DataFrame) -> str:
    """Say in one line whether the stage has seats enough, and how sure that is."""
    top = rows.nlargest(1, "mean").iloc[0]
    stage, year = stage_word(context.stage), int(top["year"])
    pupils = needed.worded(top["mean"], top["low"], top["high"])
    if top["gap_low"] > 0:
        return _(
            "{stage}在校生 {year} 学年最多 {pupils},缺 {gap} 个学位",
            stage=stage,
            year=year,
            pupils=pupils,
            gap=needed.worded(top["gap"], top["gap_low"], top["gap_high"]),
        )
    if top["gap_high"] > 0:
        return _(
            "{stage}在校生 {year} 学年最多 {pupils},现有学位可能不够", stage=stage, year=year, pupils=pupils
        )
    return _(
        "{stage}学位总量够用:{year} 学年最满,{pupils},占 {share}",
        stage=stage,
        year=year,
        pupils=pupils,
        share=widgets.share(top["mean"] / top["seats"]),
    )


def _unknown(context: Context) -> None:
    held = views.stock(context.project)
    missing = int(held.loc[held["stage"] == context.stage, "unknown"].sum())
    if missing:
        st.caption(_("{n} 所学校没有设计学位,现有学位少计了这些学校。", n=missing))
    if boarding := views.boarding_seats(context.project, context.stage):
        st.caption(
            _(
                "另有不属任何片区的寄宿制学校 {n} 个学位没有计入,其学生已在预测内。",
                n=widgets.whole(boarding),
            )
        )


def _empty(context: Context, frame: pd.DataFrame, found: Need | None) -> None:
    st.subheader(_("峰后闲置学位"))
    built = found is not None and _built()
    rows = empty_rows(context, frame, found if built else None)
    if rows.empty:
        widgets.empty(_("学校表没有设计学位,无法推算峰后闲置。请在“数据”页补充。"))
        return
    shown = rows[rows["stage"] == context.stage]
    if shown.empty:
        widgets.empty(_("这个学段没有设计学位。"))
        return
    note = _note(shown, built)
    if "adopted" in frame.attrs:
        note = f"{note} · {_('按规划取值')}"
    st.altair_chart(charts.left_empty(_worded(shown), title=_headline(context, shown), note=note))
    widgets.table(table(rows), key="empty-seats")


def _built() -> bool:
    words = {"standing": _("只算现有学位"), "built": _("现有 + 需新增(全部建成永久校舍)")}
    chosen = st.segmented_control(
        _("学位"),
        list(words),
        default="standing",
        required=True,
        format_func=words.__getitem__,
        key="empty-seats-base",
        label_visibility="collapsed",
    )
    return chosen == "built"


def empty_rows(context: Context, frame: pd.DataFrame, found: Need | None) -> pd.DataFrame:
    """Return the seats left empty by district and stage; with the need, its seats count as built."""
    return views.empty(context, frame, None if found is None else found.table)


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the seats left empty with districts in words, most first."""
    columns = ["district", "stage", "seats", "peak_year", "peak", "end_year", "pupils"]
    shown = rows.assign(district=rows["district"].map(needed.place_word), stage=rows["stage"].map(stage_word))
    shown = shown.sort_values("empty", ascending=False)
    return shown[[*columns, "empty", "empty_low", "empty_high"]]


def _worded(rows: pd.DataFrame) -> pd.DataFrame:
    several = rows["district"].nunique() > 1
    places = rows["district"].map(needed.place_word) if several else rows["stage"].map(stage_word)
    texts = [needed.worded(*row) for row in zip(rows["empty"], rows["empty_low"], rows["empty_high"])]
    return rows.assign(place=places, words=texts)


def _headline(context: Context, rows: pd.DataFrame) -> str:
    return _(
        "{stage}到 {year} 学年将闲置 {n} 个学位,占 {share}",
        stage=stage_word(context.stage),
        year=int(rows["end_year"].max()),
        n=needed.worded(*(rows[name].sum() for name in ("empty", "empty_low", "empty_high"))),
        share=widgets.share(rows["empty"].sum() / max(float(rows["seats"].sum()), 1.0)),
    )


def _note(rows: pd.DataFrame, built: bool) -> str:
    held = _("现有加需新增学位") if built else _("现有学位")
    return _(
        "{first}–{last}学年 · 全部学校 · {held} · 细线为 80% 区间 · 来源:预测、学校表",
        first=int(rows["peak_year"].min()),
        last=int(rows["end_year"].max()),
        held=held,
    )
