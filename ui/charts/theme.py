"""The look of every chart: colours of the app, Noto Sans SC, quiet axes, thousands separators."""

from __future__ import annotations

from typing import TypeAlias

import altair as alt

from gis.symbols import AMBER, BRICK, GREY, INK, MOSS, TEAL

__all__ = ["AMBER", "BRICK", "GREY", "INK", "MOSS", "PLAIN_TITLE", "TEAL", "Drawn", "styled"]

Drawn: TypeAlias = alt.Chart | alt.LayerChart | alt.FacetChart
# An axis title above its axis: Chinese is not read sideways.
PLAIN_TITLE = alt.Axis(titleAngle=0, titleAlign="left", titleY=-8, titleX=-8, titleBaseline="bottom")


def styled(chart: Drawn, *, title: str, note: str, height: int = 280) -> Drawn:
    """Return `chart` with the app's look, its title, and a line that says year, scope and source.

    Parameters
    ----------
    chart
        Any Altair chart.
    title
        What the chart says, in one line.
    note
        Its year, scope and source.
    height
        Pixels.
    """
    font = "Noto Sans SC, Microsoft YaHei, sans-serif"
    worded = chart.properties(
        title=alt.TitleParams(
            title,
            subtitle=note,
            anchor="start",
            fontSize=16,
            offset=12,
            subtitlePadding=6,
            subtitleColor="#52606d",
        ),
        height=height,
    )
    return (
        worded.configure(font=font)
        .configure_axis(labelFontSize=13, titleFontSize=13, labelColor=INK, gridColor="#e4e7eb", domain=False)
        .configure_legend(labelFontSize=13, titleFontSize=13, orient="bottom")
        .configure_view(stroke=None)
    )
