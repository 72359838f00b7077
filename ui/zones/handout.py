"""What the planner takes away: the plan as a workbook, layers, a one-file map and a draft file."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import streamlit as st

from planning import smallcounts
from ui import widgets
from ui.state import Context, plan_name, stage_word
from ui.texts import _, language
from ui.views import balance
from ui.views import breaks as rules
from ui.views import zones as views
from ui.views.edits import Desk
from ui.views.zones import Assessment
from ui.widgets import Exports
from ui.zones import board, history, judging


def panel(context: Context, desk: Desk, found: Assessment) -> None:
    """Draw the downloads of the plan that is shown."""
    st.markdown(
        _(
            "导出的是正在看的方案:**{plan}**,{year},{stage}。表格含单元、片区、学校、学生数、步行米数和现行片区。",
            plan=widgets.escape(plan_name(context)),
            year=widgets.school_year(context.year),
            stage=stage_word(context.stage),
        )
    )
    under = judging.judged(context, desk, found)
    page = board.html(context, under)  # made now: a download runs outside the session, which has no language
    widgets.exports(
        context,
        Exports(
            f"plan-{context.stage}",
            tables=_tables(context, found, under),
            layers=_layers(context, found),
            html=lambda: page,
            notes=[
                f"{_('方案')}: {plan_name(context)}",
                f"{_('学段')}: {stage_word(context.stage)}",
                smallcounts.NOTE.text(language()),
            ],
        ),
        key="plan",
    )
    if desk.draft is not None:
        history.export_button(context, desk.draft, key="plan-json")


def _tables(context: Context, found: Assessment, under: Assessment) -> dict[str, pd.DataFrame]:
    return {
        _("划片方案"): _published(views.unit_table(context, found)),
        _("片区"): views.zone_table(context, under),
        _("较现行片区调整的单元"): _published(views.moved_table(context, found)),
        _("规则核对"): rules.summary(rules.broken(context, under)),
    }


def _published(units: pd.DataFrame) -> pd.DataFrame:
    """Return units with small numbers of pupils hidden: a plan is handed on and published."""
    return units.assign(pupils=smallcounts.hidden(units["pupils"], smallcounts.small(units["pupils"])))


def _layers(context: Context, found: Assessment) -> dict[str, gpd.GeoDataFrame]:
    shapes = balance.unit_shapes(context, found.plan)[["unit_id", "geometry"]]
    table = views.unit_table(context, found)
    table = table.assign(pupils=table["pupils"].where(~smallcounts.small(table["pupils"])))
    units = shapes.merge(table, on="unit_id", how="left", validate="1:1")
    return {"zones": balance.zone_shapes(context, found.plan), "units": units}
