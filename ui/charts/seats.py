"""Seats against entrants over the years."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ui.charts.theme import AMBER, INK, TEAL, styled
from ui.texts import _


def by_year(totals: pd.DataFrame, *, title: str, note: str) -> alt.TopLevelMixin:
    """Draw entrants as bars and the intake plan as a line, one column a year."""
    years = alt.X("year:O", title=_("学年"), axis=alt.Axis(labelAngle=0))
    bars = (
        alt.Chart(totals)
        .mark_bar(color=TEAL, size=40)
        .encode(
            x=years,
            y=alt.Y("entrants:Q", title=_("人")),
            tooltip=[
                alt.Tooltip("year:O", title=_("学年")),
                alt.Tooltip("entrants:Q", title=_("入学人数"), format=","),
                alt.Tooltip("seats:Q", title=_("招生计划"), format=","),
                alt.Tooltip("short:Q", title=_("各片区缺口合计"), format=","),
            ],
        )
    )
    words = (
        alt.Chart(totals)
        .mark_text(dy=-9, fontSize=14, color=INK)
        .encode(x=years, y="entrants:Q", text=alt.Text("entrants:Q", format=","))
    )
    line = (
        alt.Chart(totals)
        .mark_line(color=AMBER, strokeWidth=3, point=alt.OverlayMarkDef(color=AMBER))
        .encode(x=years, y="seats:Q")
    )
    return styled(bars + words + line, title=title, note=note)
