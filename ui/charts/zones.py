"""The load of every zone under two plans, for a meeting."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ui.charts.theme import BRICK, GREY, INK, TEAL, Drawn, styled
from ui.texts import _


def loads(rows: pd.DataFrame, *, title: str, note: str) -> Drawn:
    """Draw each zone's load before (open circle) and after (full circle), fullest first, and the full line.

    Parameters
    ----------
    rows : DataFrame
        zone, before, after: loads in per cent.
    title, note : str
        See `ui.charts.theme.styled`.
    """
    order = rows.sort_values("before", ascending=False)["zone"].tolist()
    base = alt.Chart(rows).encode(
        y=alt.Y("zone:N", sort=order, title=None, axis=alt.Axis(labelLimit=220, labelOverlap=False))
    )
    axis = alt.Axis(labelExpr="datum.value + '%'")
    tips = [
        alt.Tooltip("zone:N", title=_("片区")),
        alt.Tooltip("before:Q", title=_("现行负荷(%)"), format=".1f"),
        alt.Tooltip("after:Q", title=_("方案负荷(%)"), format=".1f"),
    ]
    line = base.mark_rule(color=GREY, strokeWidth=2).encode(
        x=alt.X("before:Q", title=_("负荷(入学人数 ÷ 招生计划)"), axis=axis), x2="after:Q", tooltip=tips
    )
    old = base.mark_point(size=70, color=INK, filled=False, strokeWidth=1.5).encode(
        x="before:Q", tooltip=tips
    )
    new = base.mark_point(size=80, filled=True, opacity=1).encode(
        x="after:Q", color=alt.condition("datum.after > 100", alt.value(BRICK), alt.value(TEAL)), tooltip=tips
    )
    full = (
        alt.Chart(pd.DataFrame({"full": [100]})).mark_rule(color=BRICK, strokeDash=[5, 4]).encode(x="full:Q")
    )
    height = 150 + 24 * len(rows)  # title, note and the axis of loads are within it
    return styled(full + line + old + new, title=title, note=note, height=height)
