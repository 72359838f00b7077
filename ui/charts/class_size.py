"""Classes by size (班额): bars that count classes, by stage and by grade."""

from __future__ import annotations

import altair as alt
import pandas as pd

from gis.hotspots import bin_labels
from gis.symbols import CLASS_SIZE_COLOURS
from ui.charts.theme import INK, PLAIN_TITLE, Drawn, styled
from ui.texts import _


def _scale() -> alt.Scale:
    return alt.Scale(domain=bin_labels(), range=[CLASS_SIZE_COLOURS[name] for name in bin_labels()])


def distribution(counted: pd.DataFrame, *, title: str, note: str) -> Drawn:
    """Draw how many classes have each size; the number stands on its bar."""
    base = alt.Chart(counted).encode(
        x=alt.X("bin:N", sort=bin_labels(), title=_("班额(人)"), axis=alt.Axis(labelAngle=0)),
        y=alt.Y("classes:Q", title=_("班数"), axis=PLAIN_TITLE),
    )
    bars = base.mark_bar(size=46).encode(
        color=alt.Color("bin:N", scale=_scale(), legend=None),
        tooltip=[
            alt.Tooltip("bin:N", title=_("班额(人)")),
            alt.Tooltip("classes:Q", title=_("班数"), format=","),
            alt.Tooltip("share:Q", title=_("占比(%)"), format=".1f"),
        ],
    )
    words = base.mark_text(dy=-9, fontSize=14, color=INK).encode(text=alt.Text("classes:Q", format=","))
    return styled(bars + words, title=title, note=note)


def by_grade(counted: pd.DataFrame, *, title: str, note: str) -> Drawn:
    """Draw the classes of each grade, stacked by size."""
    shown = counted.assign(order=counted["bin"].map({name: at for at, name in enumerate(bin_labels())}))
    bars = (
        alt.Chart(shown)
        .mark_bar()
        .encode(
            x=alt.X("grade:O", title=_("年级"), axis=alt.Axis(labelAngle=0)),
            y=alt.Y("classes:Q", title=_("班数"), axis=PLAIN_TITLE),
            color=alt.Color("bin:N", scale=_scale(), sort=bin_labels(), title=_("班额(人)")),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("grade:O", title=_("年级")),
                alt.Tooltip("bin:N", title=_("班额(人)")),
                alt.Tooltip("classes:Q", title=_("班数"), format=","),
            ],
        )
    )
    return styled(bars, title=title, note=note)
