"""逐年核对: does a plan still hold in the years after its own?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from planning import yearly
from planning.project import Project
from ui import widgets
from ui.state import Context, plan_name
from ui.texts import _
from ui.views import plan as plans
from ui.views.edits import Desk
from ui.views.levels import short_words
from ui.views.zones import Assessment
from ui.widgets import Exports


@st.cache_resource(max_entries=16, show_spinner=False)
def _checked(key: str, stage: str, placed: tuple[tuple[int, str], ...], _project: Project) -> pd.DataFrame:
    return yearly.check_years(_project, {year: plans.unplaced(plan) for year, plan in placed}, stage)


def checked(context: Context, desk: Desk, found: Assessment) -> pd.DataFrame:
    """Return `planning.yearly.check_years` of the plan shown, each year under the plan dated for it."""
    placed = []
    for year in context.years:
        shown = year == context.year
        placed.append((year, plans.placed(found.plan if shown else desk.state.plan(context.stage, year))))
    return _checked(context.project.key, context.stage, tuple(placed), context.project)


def panel(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw what is first over plan, and the table of every zone and year."""
    rows = checked(context, desk, found)
    st.markdown(said(context, rows))
    tight = sorted(set(rows.loc[rows["first_over"].notna(), "zone_id"]))
    only = st.toggle(_("只看会超出招生计划的片区"), value=bool(tight), key="yearly-tight")
    shown = table(context, rows[rows["zone_id"].isin(tight)] if only else rows)
    widgets.table(shown, key="yearly-table", height=min(460, 38 + 35 * max(len(shown), 1)))
    st.caption(note())
    every = table(context, rows)
    notes = [f"{_('方案')}: {plan_name(context)}", note()]
    sheets = Exports(f"years-{context.stage}", tables={_("逐年核对"): every}, notes=notes)
    widgets.exports(context, sheets, key="yearly")


def said(context: Context, rows: pd.DataFrame) -> str:
    """Say in a sentence how many zones go over plan and when the first does, and which years are unknown."""
    over = rows.dropna(subset=["first_over"]).drop_duplicates("zone_id")
    years = f"{min(context.years)}-{max(context.years)}"
    if over.empty:
        text = _("{years} 学年,凡有登记数据的年份,没有片区超出招生计划。", years=years)
    else:
        text = _(
            "{years} 学年中有 **{n} 个片区**会超出招生计划,最早在 {year} 学年。",
            years=years,
            n=len(over),
            year=int(over["first_over"].min()),
        )
    unknown = sorted(set(rows.loc[rows["basis"] == "unknown", "year"]))
    if unknown:
        text += _("没有登记数据、不作判断的学年:{years}。", years=", ".join(map(str, unknown)))
    return text


def table(context: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the checked years in words, by zone and year."""
    names = plans.zone_names(context.project.key, context.stage, context.project)
    bases = {"registered": _("登记"), "unknown": _("没有登记")}
    out = pd.DataFrame(
        {
            "zone": rows["zone_id"].map(names).fillna(rows["zone_id"]),
            "year": rows["year"],
            "entrants": rows["entrants"],
            _("入学人数来自"): rows["basis"].map(bases),
            "intake": rows["intake"],
            _("计划来自"): rows["intake_assumed"].map({True: _("设定(沿用本年)"), False: _("学校数据")}),
            "load": rows["load"],
            "warning": rows["level"].map(short_words()),
            _("缺招生计划"): rows["short"],
            _("首次超出学年"): rows["first_over"].astype("string"),
            _("在校生(推算)"): rows["pupils"],
            "seats": rows["seats"],
            _("在校生缺学位"): rows["seats_short"],
        }
    )
    return out.sort_values(["zone", "year"], kind="stable", ignore_index=True)


def note() -> str:
    """Say what the numbers count and assume."""
    return _(
        "每年只有入学新生按片区入学,在校生不转学(老生老办法)。以后各年的招生计划和学位沿用本年,属设定;"
        "没有登记的年份留空,不以预测代替。在校生 = 上一学年在校生逐年升级 + 各年新生,"
        "不计转入、转出和留级;教学点学生读完后计入中心校。上一学年在校生不全时留空。"
    )
