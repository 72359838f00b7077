"""What every file of the forecast says of itself: stage, years, what is counted, and how sure it is."""

from __future__ import annotations

from ui.forecast.backtest import headline
from ui.state import Context
from ui.texts import _
from ui.views import forecast as views


def notes(context: Context, *, scenarios: bool, staged: bool = True) -> list[str]:
    """Return the first notes of a file with forecasts.

    Parameters
    ----------
    context : Context
        The project and the stage looked at.
    scenarios : bool
        Whether the file holds all scenarios, not the middle one alone.
    staged : bool
        Whether it holds the stage looked at, not both.
    """
    said = _("预测为均值,上下限为 80% 区间;各处均值可以相加,区间不能相加。")
    said += _("低、高情景各行的上下限是该情景下的区间。") if scenarios else _("这里是中情景。")
    own = [views.stage_line(context)] if staged else []
    return [*own, views.stands_on(context), *_estates(context), said, headline(context)]


def _estates(context: Context) -> list[str]:
    if not context.project.has("estates"):
        return []
    counted = views.settings(context).estates
    return [_("新建小区已计入预测。") if counted else _("新建小区没有计入预测。")]
