"""The gap by zone and year: map of the year, zones to be short of seats, heat table."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import streamlit as st

from planning.seats import BANDS, Mode
from ui import gate, widgets
from ui.maps import seats as maps
from ui.maps import show
from ui.state import Context, plan_name, stage_word
from ui.texts import _, language
from ui.views import balance
from ui.views import seats as views
from ui.views.levels import level_words, percent, short_words

INKS = {"red": "#b42318", "yellow": "#8a5a00", "green": "#2f6118"}
GROUNDS = {"red": "#fbeceb", "yellow": "#fdf3e7", "green": "#eef5ea"}
TALL = 480


def draw(context: Context) -> None:
    """Draw the section."""
    st.subheader(_("各片区学位缺口"))
    if not context.project.has("units", "children"):
        widgets.empty(_("还缺单元或适龄儿童,无法按片区计算缺口。请先在“数据”页导入。"))
        return
    by_year = views.plans_by_year(context)
    if by_year[context.year].empty:
        widgets.empty(_("还没有片区。请在“划片”页生成就近初稿,或在“数据”页导入现行片区。"))
        return
    mode = chosen_mode()
    rows = views.gaps(context, by_year, mode)
    _state(context, rows, mode)
    if gate.derived(context):
        show.show(map_html(context, by_year, rows, mode), alt=_("各片区学位缺口地图"))
    left, right = st.columns([2, 3])
    with left:
        _short(rows)
    with right:
        _heat(context, rows, mode)


def chosen_mode() -> Mode:
    """Draw the switch of what is counted against what; return the mode."""
    words: dict[Mode, str] = {
        "intake": _("新生对招生计划"),
        "enrolment": _("全部年级对全部学位"),
    }
    chosen = st.segmented_control(
        _("口径(怎样算)"),
        list(words),
        default="intake",
        required=True,
        format_func=words.__getitem__,
        key="seats-mode",
        help=_(
            "老生老办法:在校生不因片区调整转学,所以默认只比当年新生和招生计划;另一口径把居住在片区内的各年级儿童与全部设计学位相比。"
        ),
    )
    return "enrolment" if chosen == "enrolment" else "intake"


def mode() -> Mode:
    """Return the chosen mode without drawing the switch."""
    return "enrolment" if st.session_state.get("seats-mode") == "enrolment" else "intake"


def _state(context: Context, rows: pd.DataFrame, mode: Mode) -> None:
    """Say how many zones lack how much in the chosen year, and what the register knows of it."""
    now = rows[rows["year"] == context.year]
    short = now["gap"].clip(lower=0).sum()
    st.markdown(
        _(
            "{year} · {stage} · {plan}:**{red}** 个片区为红色,**{yellow}** 个为黄色,"
            "各片区缺口合计 **{short}** 个学位。",
            year=widgets.school_year(context.year),
            stage=stage_word(context.stage),
            plan=widgets.escape(plan_name(context)),
            red=int(now["level"].eq("red").sum()),
            yellow=int(now["level"].eq("yellow").sum()),
            short=widgets.whole(short),
        )
    )
    loose = now.loc[now["zone_id"].isna(), "entrants"].sum()
    lines = [register_line(context, mode)]
    if loose:
        lines.append(_("另有 {n} 人住在未划片的单元,没有计入任何片区。", n=widgets.whole(loose)))
    st.caption(" ".join(lines))


def register_line(context: Context, mode: Mode) -> str:
    """Say which years' children are registered, and what the register cannot hold."""
    states = views.register_states(context, mode)
    parts = [
        f"{word} {spans}"
        for name, word in register_words().items()
        if (spans := _years([year for year, state in states.items() if state == name]))
    ]
    return _(
        "来源:适龄儿童登记({states});已登记的年份也不含今后迁入和新建小区的儿童。", states=_(";").join(parts)
    )


def register_words() -> dict[str, str]:
    """Return what the register knows of a year, in words."""
    return {"all": _("已登记"), "some": _("登记未全"), "none": _("未登记")}


def _years(years: list[int]) -> str:
    if not years:
        return ""
    whole = years == list(range(years[0], years[-1] + 1)) and len(years) > 1
    return f"{years[0]}–{years[-1]}" if whole else _("、").join(map(str, years))


def map_html(context: Context, by_year: dict[int, pd.Series], rows: pd.DataFrame, mode: Mode) -> str:
    """Return the map of the gap as one file, kept once it is made."""
    plan = views.fingerprint(by_year)
    names = (context.project.key, context.stage, context.year, mode, plan, plan_name(context), language())
    return _map(names, context, shapes(context, by_year, rows))


@st.cache_data(max_entries=24, show_spinner=False)
def _map(names: tuple[object, ...], _context: Context, _zones: gpd.GeoDataFrame) -> str:
    mode = names[3]
    formulas = {
        "intake": _("负荷 = 入学人数 ÷ 招生计划"),
        "enrolment": _("负荷 = 各年级儿童 ÷ 设计学位"),
    }
    return maps.gap(
        _context,
        _zones,
        title=_("学位缺口:各片区"),
        source=_("{plan} · 来源:适龄儿童登记、学校表", plan=names[5]),
        formula=formulas[str(mode)],
    )


def shapes(context: Context, by_year: dict[int, pd.Series], rows: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the zones of the year's plan with their balance of the year."""
    found = balance.zone_shapes(context, by_year[context.year])[["zone_id", "geometry"]]
    columns = ["zone_id", "zone", "district", "year", "entrants", "seats", "gap", "load", "level"]
    now = rows.loc[rows["year"] == context.year, columns].dropna(subset="zone_id")
    return found.merge(now, on="zone_id", how="left", validate="1:1")


def _short(rows: pd.DataFrame) -> None:
    found = views.short_zones(rows)
    years = f"{rows['year'].min()}–{rows['year'].max()}"
    st.markdown(f"**{_('{years} 学年会缺学位或偏紧的片区({n})', years=years, n=len(found))}**")
    if found.empty:
        widgets.empty(_("六年内没有片区达到 90%。"))
        return
    one = found["district"].nunique() < 2
    shown = worded_zones(found)
    widgets.table(shown.drop(columns="district") if one else shown, key="short-zones", height=TALL)


def worded_zones(found: pd.DataFrame) -> pd.DataFrame:
    """Return the zones with a dash in the place of years that do not come."""
    firsts = {
        c: found[c].astype("str").fillna("—").replace("<NA>", "—") for c in ("first_tight", "first_red")
    }
    return found.assign(**firsts)


def _heat(context: Context, rows: pd.DataFrame, mode: Mode) -> None:
    st.markdown(f"**{_('各片区逐年负荷')}**")
    wide = heat_table(context, rows, mode)
    years = [c for c in wide if c not in (_("旗区"), _("片区"))]
    styled = wide.style.format(_cell, subset=years).map(_colour, subset=years)
    st.dataframe(styled, hide_index=True, key="heat", height=TALL)
    words = " · ".join(level_words().values())
    st.caption(_("{words}(地方做法,可改)。先缺的在前;表头可点击排序。", words=words))


def heat_table(context: Context, rows: pd.DataFrame, mode: Mode) -> pd.DataFrame:
    """Return load by zone and year; years whose children are not all registered say so."""
    states, words = views.register_states(context, mode), register_words()
    wide = views.heat(rows)
    marks = {year: "" if state == "all" else f" {words[state]}" for year, state in states.items()}
    wide.columns = [f"{year}{marks[int(year)]}" for year in wide.columns]
    wide = wide.reset_index()
    several = wide["district"].nunique() > 1
    district = wide.pop("district")
    if several:
        wide["district"] = district  # last, so that the years stand beside the zone
    return wide.rename(columns={"district": _("旗区"), "zone": _("片区")})


def worded_heat(context: Context, rows: pd.DataFrame, mode: Mode) -> pd.DataFrame:
    """Return the heat table with loads and levels in words, for export."""
    wide = heat_table(context, rows, mode)
    for column in wide.columns.difference([_("旗区"), _("片区")]):
        wide[column] = wide[column].map(_cell)
    return wide


def _level(load: float) -> str:
    yellow, red = BANDS
    return "red" if load >= red else "yellow" if load >= yellow else "green"


def _cell(load: object) -> str:
    known = float(str(load))
    return "—" if pd.isna(known) else f"{percent(known)} {short_words()[_level(known)]}"


def _colour(load: object) -> str:
    known = float(str(load))
    if pd.isna(known):
        return ""
    level = _level(known)
    return f"color: {INKS[level]}; background-color: {GROUNDS[level]}"
