"""The need in four parts: figures, bars, table, map, and the schools to relieve."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import streamlit as st

from planning import need
from ui import widgets
from ui.charts import seats as charts
from ui.charts.theme import Drawn
from ui.maps import seats as maps
from ui.maps import show
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views import forecast as forecasts
from ui.views import seats as views
from ui.views.seats import Need
from ui.widgets import Figure

LINE, TALL = 35, 840  # pixels: a row of a table, and the most that one takes


def draw(context: Context, frame: pd.DataFrame, found: Need) -> None:
    """Draw the section."""
    stage = scope(context)
    rows = found.of(stage)
    if rows.empty:
        widgets.empty(_("这个学段没有在校生,没有可分解的需求。"))
        return
    _figures(context, found, stage)
    if stage is not None:
        _providers(views.by_provider(context, frame, found))
    st.altair_chart(_bars(context, found, stage))
    _notices(found, stage)
    whole = table(found, stage)
    widgets.table(whole, key="need", height=min(LINE * (len(whole) + 1) + 3, TALL))
    show.show(map_html(context, found, stage), alt=_("需新增学位地图"), height=480)
    with st.expander(_("各校疏解与校舍"), expanded=True):
        schools = found.schools if stage is None else found.schools[found.schools["stage"] == stage]
        shown = schools[["name", "stage", "total", *need.PARTS[1:], "pupils"]]
        shown = shown.assign(stage=shown["stage"].map(stage_word))
        widgets.table(shown.drop(columns="stage") if stage else shown, key="relief", height=320)


def _providers(rows: pd.DataFrame) -> None:
    """Say how much of the need is in public and how much in private schools."""
    if rows.empty:
        return
    words = {"public": _("公办学校"), "private": _("民办学校")}
    said = [
        _(
            "{schools}:增长 {growth}、疏解 {relief}、校舍不足 {facility}",
            schools=words[str(name)],
            growth=widgets.whole(row["growth"]),
            relief=widgets.whole(row["relief"]),
            facility=widgets.whole(row["facility"]),
        )
        for name, row in rows.iterrows()
    ]
    told = _(
        "上面按全部学校。分开计算(此涨彼落不互抵,各项之和可以大于合计):{parts}。", parts=_(";").join(said)
    )
    st.caption(told)


def scope(context: Context) -> str | None:
    """Draw the switch between the stage and both; return the stage, None for both."""
    words = {"stage": stage_word(context.stage), "both": _("小学和初中")}
    chosen = st.segmented_control(
        _("需求范围"),
        list(words),
        default="stage",
        required=True,
        format_func=words.__getitem__,
        key="need-scope",
        label_visibility="collapsed",
    )
    return None if chosen == "both" else context.stage


def span(found: Need) -> str:
    """Return the years that growth looks at in words."""
    return _("{now}–{then}学年", now=found.now, then=found.then)


def scope_word(stage: str | None) -> str:
    """Return the scope of the need in words."""
    return _("{stage}·全部学校", stage=_("小学和初中") if stage is None else stage_word(stage))


def place_word(district: str | None) -> str:
    """Return a district's name, or that none is stated."""
    return str(district) if pd.notna(district) and district else _("未注明旗区")


def worded(mean: float, low: float, high: float) -> str:
    """Return a forecast with its range, never the bare number: 412(380-447)."""
    return _("{mean}({span})", mean=widgets.whole(mean), span=widgets.span(low, high))


def ranged(row: pd.Series, name: str) -> str:
    """Return growth or total of the need with its range."""
    return worded(row[name], row[f"{name}_low"], row[f"{name}_high"])


def _span(context: Context, found: Need, rows: pd.DataFrame, name: str) -> str:
    total = views.summed(rows)
    if total["growth_high"] <= 0:
        return _no_growth(context, found) if name == "growth" else _("增长为 0,其余按实数,没有区间")
    span = widgets.span(total[f"{name}_low"], total[f"{name}_high"])
    if len(rows) > 1:
        return _("{span}(分区 80% 区间相加)", span=span)
    return _("80% 区间 {span}", span=span)


def _no_growth(context: Context, found: Need) -> str:
    """Say what a growth of 0 rests on, rather than a range from 0 to 0, which reads as certain."""
    if found.adopted:
        return _("规划取值没有区间,不增长")
    if context.project.has("estates") and not forecasts.settings(context).estates:
        return _("80% 区间内都不增长;未计新建小区")
    return _("80% 区间内都不增长")


def _figures(context: Context, found: Need, stage: str | None) -> None:
    rows = found.of(stage)
    total = views.summed(rows)
    where, when = scope_word(stage), widgets.school_year(found.roster)
    relief, years, whole = total["class_relief"] + total["school_relief"], span(found), widgets.whole
    roster, rooms = _("班级名册、学校表"), _("学校表(教学及辅助用房)")
    both, grown = (_span(context, found, rows, name) for name in ("total", "growth"))
    widgets.figures(
        [
            Figure(_("需新增学位"), whole(total["total"]), years, where, _("右边三项之和"), both),
            Figure(_("增长"), whole(total["growth"]), years, where, _("预测"), grown),
            Figure(_("疏解(大班额、大校额)"), whole(relief), when, where, roster),
            Figure(_("校舍不足"), whole(total["facility"]), when, where, rooms),
        ]
    )


def _bars(context: Context, found: Need, stage: str | None) -> Drawn:
    rows = by_place(found, stage)
    total = views.summed(found.of(stage))
    part, word = max(charts.part_words().items(), key=lambda item: total[item[0]])
    title = _(
        "{scope}需新增 {n} 个学位,其中{part}占 {share}",
        scope=_("小学和初中") if stage is None else stage_word(stage),
        n=widgets.whole(total["total"]),
        part=word,
        share=widgets.share(total[part] / max(total["total"], 1)),
    )
    note = _("{span} · 全部学校 · 细线为增长的 80% 区间 · 来源:预测、班级名册、学校表", span=span(found))
    if found.adopted:
        note = f"{note} · {_('按规划取值')}"
    return charts.need_parts(rows, title=title, note=note)


def by_place(found: Need, stage: str | None) -> pd.DataFrame:
    """Return the need by district where there are several, else by stage, with the place in words."""
    rows = found.of(stage)
    if rows["district"].nunique() > 1:
        summed = rows.groupby("district", as_index=False)[views.NUMBERS].sum()
        return summed.assign(place=summed["district"].map(place_word))
    return rows.assign(place=rows["stage"].map(stage_word))


def _notices(found: Need, stage: str | None) -> None:
    late = found.later if stage is None else found.later[found.later["stage"] == stage]
    for name, year, more in zip(late["stage"], late["year"], late["more"]):
        st.caption(
            _(
                "{stage}在校生到 {year} 学年才到峰值,比到 {then} 学年为止的峰值再多 {n} 人:"
                "增长只看三年,这些人没有计入。",
                stage=stage_word(name),
                year=year,
                then=found.then,
                n=widgets.whole(more),
            )
        )
    if not found.adopted and views.summed(found.of(stage))["growth_high"] <= 0:
        st.caption(
            _(
                "增长为 0:到 {then} 学年为止,连区间的上限也不高于 {now} 学年的在校生。"
                "这不是确定的数:区间反映以往误差,新建小区只在“预测”页计入后才算。",
                then=found.then,
                now=found.now,
            )
        )
    if found.no_area:
        st.caption(
            _("{n} 所学校没有教学及辅助用房面积,校舍不足按 0 计,实际可能更多。", n=f"{found.no_area:,}")
        )
    if found.roster != found.now:
        st.caption(
            _(
                "班级名册为 {roster} 学年,在校生到 {now} 学年:疏解按前者,增长按后者。",
                roster=found.roster,
                now=found.now,
            )
        )


def table(found: Need, stage: str | None) -> pd.DataFrame:
    """Return the need by district and stage with its totals, districts and stages in words."""
    rows = found.of(stage)
    largest = rows.groupby("district")["total"].transform("sum")
    rows = rows.assign(largest=largest).sort_values(["largest", "total"], ascending=False)
    rows = rows.assign(district=rows["district"].map(place_word), stage=rows["stage"].map(stage_word))
    scopes = [stage] if stage else ["primary", "junior", None]
    sums = [_sum_row(found, scope) for scope in scopes] if len(rows) > 1 else []
    return pd.concat([rows, *sums], ignore_index=True)[["district", "stage", *views.NUMBERS]]


def _sum_row(found: Need, stage: str | None) -> pd.DataFrame:
    total = views.summed(found.of(stage)).to_frame().T
    return total.assign(district=_("合计"), stage=_scope_name(stage))


def _scope_name(stage: str | None) -> str:
    return _("小学和初中") if stage is None else stage_word(stage)


def map_html(context: Context, found: Need, stage: str | None) -> str:
    """Return the map of the need as one file, kept once it is made."""
    key = f"{context.project.key}{found.adopted}"
    return _map(key, stage, views.settings_key(context), language(), context, found)


@st.cache_data(max_entries=16, show_spinner=False)
def _map(key: str, stage: str | None, chosen: str, lang: str, _context: Context, _found: Need) -> str:
    return maps.need(
        _context,
        school_points(_context, _found, stage),
        district_shapes(_context, _found, stage),
        scope=f"{span(_found)} · {scope_word(stage)}",
        source=_source(_found),
    )


def _source(found: Need) -> str:
    if found.adopted:
        return _("来源:规划取值(无区间)与预测、班级名册、学校表")
    return _("来源:预测、班级名册、学校表")


def school_points(context: Context, found: Need, stage: str | None) -> gpd.GeoDataFrame:
    """Return the schools with anything to relieve, as points; both stages of a school summed."""
    rows = found.schools if stage is None else found.schools[found.schools["stage"] == stage]
    parts = ["class_relief", "school_relief", "facility", "total"]
    summed = rows.groupby("school_id", as_index=False)[parts].sum()
    points = context.project.layers["schools"][["school_id", "name", "geometry"]]
    return points.merge(summed, on="school_id", validate="1:1")


def district_shapes(context: Context, found: Need, stage: str | None) -> gpd.GeoDataFrame | None:
    """Return the districts with their need, None where there is but one or no borders are known."""
    rows = found.of(stage)
    if rows["district"].nunique() < 2 or not context.project.has("areas"):
        return None
    summed = rows.groupby("district")[views.NUMBERS].sum()
    areas = context.project.layers["areas"]
    shapes = areas.loc[areas["level"] == "district", ["name", "geometry"]]
    known = shapes.merge(summed, left_on="name", right_index=True)
    if known.empty:
        return None
    return known.assign(
        words=[ranged(row, "total") for _at, row in known.iterrows()],
        growth_words=[ranged(row, "growth") for _at, row in known.iterrows()],
    )
