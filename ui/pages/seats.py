"""学位: what is lacking, where and when."""

from __future__ import annotations

import pandas as pd

from gis.faults import FaultError
from ui import gate, widgets
from ui.seats import ahead, exporting, gap, method, planned
from ui.seats import need as needed
from ui.state import Context
from ui.texts import _
from ui.views import seats as views


def page(context: Context) -> None:
    """Draw the page."""
    widgets.heading(context, _("学位"), _("缺什么?缺在哪里?缺在哪一年?"))
    if not context.project.has("schools"):
        widgets.empty(_("还没有学校。请在“数据”页导入“学校”(名称、年级、学位、招生计划、位置)。"))
        return
    plain = _forecast(context)
    frame = None if plain is None else planned.chosen(context, plain)
    found = None if frame is None else _need(context, frame)
    if found is not None and frame is not None:
        needed.draw(context, frame, found)
    gap.draw(context)
    if plain is not None and frame is not None:
        ahead.draw(context, frame, found)
        planned.draw(context, plain)
    exporting.draw(context, frame, found, plain)
    method.draw(context, found)


def _forecast(context: Context) -> pd.DataFrame | None:
    """Return the forecast, as far as the data allow one; say what is missing."""
    if not (context.project.has("enrolment") or context.project.has("classes")):
        widgets.empty(_("还没有历年在校生,无法预测和分解需求。请在“数据”页导入“在校生”或“班级”,至少三年。"))
        return None
    return gate.forecast(context)


def _need(context: Context, frame: pd.DataFrame) -> views.Need | None:
    """Return the need in four parts, as far as the data allow it; say what is missing."""
    if not context.project.has("classes"):
        widgets.empty(_("还没有班级数据,无法计算大班额和校舍需求。请在“数据”页导入“班级”。"))
        return None
    try:
        return views.need_of(context, frame)
    except FaultError as error:
        widgets.faults(error.faults)
        return None
