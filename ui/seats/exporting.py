"""What the planner takes away from the page 学位: every table, the zones, both maps."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from planning import spatial
from ui import widgets
from ui.seats import ahead, gap, planned
from ui.seats import need as needed
from ui.state import Context, plan_name, stage_word
from ui.texts import _
from ui.views import seats as views
from ui.views.levels import level_words
from ui.views.seats import Need
from ui.widgets import Exports


def draw(
    context: Context, frame: pd.DataFrame | None, found: Need | None, plain: pd.DataFrame | None = None
) -> None:
    """Draw the download buttons for whatever of the page there is; `plain` is the forecast as it was made."""
    st.subheader(_("导出"))
    mode = gap.mode()
    by_year = views.plans_by_year(context) if context.project.has("units", "children") else {}
    placed = bool(by_year) and not by_year[context.year].empty
    rows = views.gaps(context, by_year, mode) if placed else None
    tables = _need_tables(found) | _gap_tables(context, rows) | _ahead_tables(context, frame, found)
    if plain is not None and len(adopted := planned.table(context, plain)):
        tables[_("规划取值与学位")] = adopted
    if not tables:
        widgets.empty(_("还没有可导出的表。"))
        return
    ready = rows is not None and spatial.ready(context.project, context.stage)
    what = Exports(
        "seats",
        tables=tables,
        layers={"zones": _zones(context, by_year, rows)} if ready and rows is not None else {},
        html=(lambda: gap.map_html(context, by_year, rows, mode)) if ready and rows is not None else None,
        notes=[*([planned.note()] if planned.uses(frame) else []), *_notes(context, found)],
    )
    widgets.exports(context, what, key="seats")
    if found is not None:
        html = needed.map_html(context, found, None)
        name = f"{context.project.id}-need-{context.year}.html"
        st.download_button(
            _("需新增学位地图(单文件)"), html.encode(), name, key="need-html", on_click="ignore"
        )


def _need_tables(found: Need | None) -> dict[str, pd.DataFrame]:
    if found is None:
        return {}
    return {_("学位需求四分解"): needed.table(found, None), _("各校疏解与校舍"): found.schools}


def _gap_tables(context: Context, rows: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    if rows is None:
        return {}
    mode = gap.mode()
    columns = ["district", "zone_id", "zone", "year", "entrants", "seats", "gap", "load"]
    words = rows["level"].map(level_words())
    return {
        _("各片区缺口"): rows[columns].assign(warning=words),
        _("逐年负荷"): gap.worded_heat(context, rows, mode),
        _("缺学位与偏紧片区"): gap.worded_zones(views.short_zones(rows)),
    }


def _ahead_tables(
    context: Context, frame: pd.DataFrame | None, found: Need | None
) -> dict[str, pd.DataFrame]:
    if frame is None:
        return {}
    tables = {_("逐年供需"): ahead.worded_years(views.years(context, frame))}
    tables[_("峰后闲置(现有学位)")] = ahead.table(ahead.empty_rows(context, frame, None))
    if found is not None:
        tables[_("峰后闲置(加需新增)")] = ahead.table(ahead.empty_rows(context, frame, found))
    return tables


def _zones(context: Context, by_year: dict[int, pd.Series], rows: pd.DataFrame) -> object:
    return gap.shapes(context, by_year, rows)


def _notes(context: Context, found: Need | None) -> list[str]:
    words = {"intake": _("新生对招生计划"), "enrolment": _("全部年级对全部学位")}
    mode = gap.mode()
    lines = [
        f"{_('学段')}: {stage_word(context.stage)}",
        f"{_('方案')}: {plan_name(context)}",
        f"{_('口径(怎样算)')}: {words[mode]}",
    ]
    if context.project.has("units", "children"):
        lines.append(gap.register_line(context, mode))
    if found is not None:
        lines.append(f"{_('需新增学位')}: {needed.span(found)} · {_('上下限只来自增长预测的 80% 区间。')}")
    return lines
