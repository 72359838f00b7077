"""Seats against pupils: by year, the need in its parts, and what stands empty after the peak."""

from __future__ import annotations

import altair as alt
import pandas as pd

from gis.symbols import SAND
from ui.charts.theme import AMBER, GREY, INK, TEAL, Drawn, styled
from ui.texts import _

#: Colours of the four parts of the need: growth, class relief, school relief, facilities.
PART_COLOURS = (TEAL, AMBER, SAND, "#5b6aa8")
ROW, BAR, BELOW, FRAME = 38, 20, 15, 130  # pixels; ranges are drawn below their bars
GLYPH, WIDEST, PADDING, TICK = 14, 220, 48, 10  # pixels
WIDE_ENOUGH = 0.07  # of the longest bar: a part that has room for its number


def by_year(totals: pd.DataFrame, *, title: str, note: str) -> Drawn:
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


def part_words() -> dict[str, str]:
    """Return the words of the four parts of the need (学位需求四分解), in the order they are drawn."""
    return {
        "growth": _("增长"),
        "class_relief": _("消除大班额"),
        "school_relief": _("消除大校额"),
        "facility": _("校舍不足"),
    }


def need_parts(rows: pd.DataFrame, *, title: str, note: str) -> Drawn:
    """Draw the need as one bar a place, its four parts side by side, the range of growth as a thin line.

    Parameters
    ----------
    rows : DataFrame
        place, growth, growth_low, growth_high, class_relief, school_relief, facility, total.
    title, note : str
        What is drawn; year, scope and source.
    """
    ordered = rows.sort_values("total", ascending=False)
    places = _places(ordered)
    parts = _parts(ordered)
    words = list(part_words().values())
    bars = (
        alt.Chart(parts)
        .mark_bar(size=BAR)
        .encode(
            y=places,
            x=alt.X("start:Q", title=None, axis=alt.Axis(format=",d")),
            x2="end:Q",
            color=alt.Color(
                "part:N",
                title=None,
                sort=words,
                scale=alt.Scale(domain=words, range=list(PART_COLOURS)),
                legend=alt.Legend(columnPadding=PADDING),
            ),
            tooltip=[
                alt.Tooltip("place:N", title=_("范围")),
                alt.Tooltip("part:N", title=_("需求来源")),
                alt.Tooltip("seats:Q", title=_("学位"), format=","),
            ],
        )
    )
    inside = (
        alt.Chart(parts[parts["roomy"]])
        .mark_text(color="#ffffff", fontSize=13)
        .encode(y=places, x="middle:Q", text=alt.Text("seats:Q", format=","))
    )
    sums = (
        alt.Chart(ordered)
        .mark_text(align="left", dx=6, fontSize=14, color=INK)
        .encode(y=places, x="total:Q", text=alt.Text("total:Q", format=","))
    )
    layers = bars + inside + sums + _range(ordered, "growth", places)
    return styled(layers, title=title, note=note, height=ROW * len(ordered) + FRAME)


def _places(ordered: pd.DataFrame) -> alt.Y:
    """Return the axis of places; its room is reckoned here, as a font may come after the chart is drawn."""
    room = min(GLYPH * int(ordered["place"].str.len().max()), WIDEST) + TICK
    axis = alt.Axis(labelLimit=WIDEST, minExtent=room)
    return alt.Y("place:N", sort=list(ordered["place"]), title=None, axis=axis)


def _parts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a part with where it starts and ends on its bar."""
    names = list(part_words())
    ends = rows[names].cumsum(axis=1)
    longest = max(float(rows["total"].max()), 1.0)
    frames = [
        pd.DataFrame(
            {
                "place": rows["place"],
                "part": word,
                "seats": rows[name],
                "start": ends[name] - rows[name],
                "end": ends[name],
            }
        )
        for name, word in part_words().items()
    ]
    parts = pd.concat(frames, ignore_index=True)
    middle = (parts["start"] + parts["end"]) / 2
    return parts.assign(middle=middle, roomy=parts["seats"] > longest * WIDE_ENOUGH)


def _range(rows: pd.DataFrame, name: str, places: alt.Y) -> alt.LayerChart:
    """Draw the range of a value as a thin line with ticks."""
    uncertain = rows[rows[f"{name}_high"] > rows[f"{name}_low"]]
    ends = uncertain.melt(id_vars="place", value_vars=[f"{name}_low", f"{name}_high"], value_name="bound")
    line = (
        alt.Chart(uncertain)
        .mark_rule(color=INK, strokeWidth=1.5, yOffset=BELOW)
        .encode(y=places, x=alt.X(f"{name}_low:Q"), x2=f"{name}_high:Q")
    )
    ticks = (
        alt.Chart(ends)
        .mark_tick(color=INK, size=8, thickness=1.5, yOffset=BELOW)
        .encode(y=places, x="bound:Q")
    )
    return line + ticks


def against_seats(past: pd.DataFrame, ahead: pd.DataFrame, *, title: str, note: str) -> Drawn:
    """Draw the pupils of a stage, past and ahead with their range, against the seats of today.

    Parameters
    ----------
    past : DataFrame
        year, pupils.
    ahead : DataFrame
        year, mean, low, high, seats, gap.
    title, note : str
        What is drawn; year, scope and source.
    """
    years = alt.X("year:O", title=_("学年"), axis=alt.Axis(labelAngle=0))
    axis = alt.Axis(format=",d")
    pupils = alt.Y("low:Q", title=None, scale=alt.Scale(zero=False), axis=axis)
    now = past[(past["year"] == past["year"].max()) & (past["year"] < ahead["year"].min())]
    joined = pd.concat([now.assign(mean=now["pupils"], low=now["pupils"], high=now["pupils"]), ahead])
    tips = [
        alt.Tooltip("year:O", title=_("学年")),
        alt.Tooltip("mean:Q", title=_("预测"), format=",.0f"),
        alt.Tooltip("low:Q", title=_("下限"), format=",.0f"),
        alt.Tooltip("high:Q", title=_("上限"), format=",.0f"),
        alt.Tooltip("seats:Q", title=_("学位"), format=","),
        alt.Tooltip("gap:Q", title=_("学位缺口"), format=",.0f"),
    ]
    band = alt.Chart(joined).mark_area(color=TEAL, opacity=0.18).encode(x=years, y=pupils, y2="high:Q")
    line = alt.Chart(joined).mark_line(color=TEAL, strokeWidth=3).encode(
        x=years, y=alt.Y("mean:Q", title=None)
    ) + alt.Chart(ahead).mark_point(color=TEAL, filled=True, size=70).encode(
        x=years, y=alt.Y("mean:Q", title=None), tooltip=tips
    )
    known = (
        alt.Chart(past)
        .mark_line(color=INK, strokeWidth=3, point=alt.OverlayMarkDef(color=INK))
        .encode(
            x=years,
            y=alt.Y("pupils:Q", title=None),
            tooltip=[
                alt.Tooltip("year:O", title=_("学年")),
                alt.Tooltip("pupils:Q", title=_("在校生"), format=","),
            ],
        )
    )
    return styled(band + line + known + _seats(past, ahead), title=title, note=note, height=340)


def _seats(past: pd.DataFrame, ahead: pd.DataFrame) -> alt.LayerChart:
    """Draw the seats of today as a level line with their number on it."""
    room = int(ahead["seats"].iloc[0])
    level = pd.DataFrame({"seats": [room], "word": [_("现有学位 {n}", n=f"{room:,}")]})
    first = int(past["year"].min())
    rule = alt.Chart(level).mark_rule(color=AMBER, strokeWidth=3).encode(y=alt.Y("seats:Q", title=None))
    word = (
        alt.Chart(level.assign(year=first))
        .mark_text(align="left", dy=-10, dx=-20, fontSize=14, color=AMBER)
        .encode(x="year:O", y=alt.Y("seats:Q", title=None), text="word:N")
    )
    return rule + word


def left_empty(rows: pd.DataFrame, *, title: str, note: str) -> Drawn:
    """Draw the seats left empty after the peak, one bar a place, the range as a thin line.

    Parameters
    ----------
    rows : DataFrame
        place, empty, empty_low, empty_high, end_year, peak_year.
    title, note : str
        What is drawn; year, scope and source.
    """
    ordered = rows.sort_values("empty", ascending=False)
    places = _places(ordered)
    bars = (
        alt.Chart(ordered)
        .mark_bar(size=BAR, color=GREY)
        .encode(
            y=places,
            x=alt.X("empty:Q", title=None, axis=alt.Axis(format=",d")),
            tooltip=[
                alt.Tooltip("place:N", title=_("范围")),
                alt.Tooltip("peak_year:O", title=_("峰值学年")),
                alt.Tooltip("end_year:O", title=_("最少学年")),
                alt.Tooltip("empty:Q", title=_("峰后闲置学位"), format=",.0f"),
                alt.Tooltip("empty_low:Q", title=_("下限"), format=",.0f"),
                alt.Tooltip("empty_high:Q", title=_("上限"), format=",.0f"),
            ],
        )
    )
    words = (
        alt.Chart(ordered)
        .mark_text(align="left", dx=6, fontSize=14, color=INK)
        .encode(y=places, x="empty_high:Q", text="words:N")
    )
    layers = bars + words + _range(ordered, "empty", places)
    return styled(layers, title=title, note=note, height=ROW * len(ordered) + FRAME)
