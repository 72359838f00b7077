"""Pupils moved against walking: a line that a meeting can read."""

from __future__ import annotations

import altair as alt
import pandas as pd

from ui.charts.theme import INK, PLAIN_TITLE, TEAL, Drawn, styled
from ui.texts import _


def frontier(points: pd.DataFrame, *, title: str, note: str) -> Drawn:
    """Draw walking over pupils moved: full where proven best, open where only the best found.

    Parameters
    ----------
    points : DataFrame
        moved (pupils), cost and bound (pupil-kilometres), proven.
    title, note : str
        See `ui.charts.theme.styled`.
    """
    proven, met = _("已证明最好"), _("目前最好,未证明")
    rows = points.assign(sure=points["proven"].map({True: proven, False: met}))
    scale = alt.Scale(zero=False)
    base = alt.Chart(rows).encode(
        x=alt.X("moved:Q", title=_("较现行片区调整的学生(人)"), scale=scale, axis=alt.Axis(format=",.0f")),
        y=alt.Y(
            "cost:Q",
            title=_("总步行(人·公里)"),
            scale=scale,
            axis=alt.Axis(format=",.1f", **PLAIN_TITLE.to_dict()),
        ),
    )
    tips = [
        alt.Tooltip("moved:Q", title=_("调整学生(人)"), format=","),
        alt.Tooltip("cost:Q", title=_("总步行(人·公里)"), format=",.1f"),
        alt.Tooltip("bound:Q", title=_("已证明的下限(人·公里)"), format=",.1f"),
        alt.Tooltip("sure:N", title=_("把握")),
    ]
    # Shape as well as fill: the two must be told apart in grey and by the colour-blind.
    shape = alt.Shape(
        "sure:N", title=None, scale=alt.Scale(domain=[proven, met], range=["circle", "triangle-up"])
    )
    fill = alt.condition(alt.datum.proven, alt.value(TEAL), alt.value("white"))
    marks = base.mark_point(size=110, stroke=INK, opacity=1).encode(shape=shape, fill=fill, tooltip=tips)
    return styled(base.mark_line(color=TEAL) + marks, title=title, note=note, height=300)
