"""Fans, scenarios and errors: forecasts a meeting can read."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from ui.charts.theme import AMBER, GREY, INK, MOSS, PLAIN_TITLE, TEAL, Drawn, styled
from ui.texts import _

#: Shape of a year's point by what it rests on, each its own; a cross where it is assumed.
SHAPES = {
    "enrolled": "circle",
    "registered": "diamond",
    "kindergarten": "square",
    "born": "triangle-up",
    "assumed": "cross",
}


def fan(past: pd.DataFrame, ahead: pd.DataFrame, *, title: str, note: str) -> Drawn:
    """Draw the past as a line with points, the forecast as a line in its range, the scenarios as dashes.

    Parameters
    ----------
    past : DataFrame
        year, pupils.
    ahead : DataFrame
        year, mean, low, high, scenario, basis; scenario 中 carries the range.
    title, note : str
        What is drawn; year, scope and source.
    """
    years = alt.X("year:O", title=_("学年"), axis=alt.Axis(labelAngle=0))
    middle = ahead[ahead["scenario"] == "中"]
    shapes = {word: SHAPES[name] for name, word in basis_words().items() if name in set(middle["basis"])}
    middle = middle.assign(basis=middle["basis"].map(basis_words()))
    words = scenario_words()
    scale = alt.Scale(domain=[words["低"], words["高"]], range=[AMBER, MOSS])
    others = ahead[ahead["scenario"] != "中"].assign(scenario=lambda f: f["scenario"].map(words))
    joined = pd.concat([_last_known(past), middle])  # no gap between what is known and what is forecast
    band = (
        alt.Chart(joined)
        .mark_area(color=TEAL, opacity=0.18)
        .encode(
            x=years,
            y=alt.Y("low:Q", title=_("人"), axis=PLAIN_TITLE, scale=alt.Scale(zero=False)),
            y2="high:Q",
        )
    )
    tips = [
        alt.Tooltip("year:O", title=_("学年")),
        alt.Tooltip("mean:Q", title=_("预测"), format=",.0f"),
        alt.Tooltip("low:Q", title=_("下限"), format=",.0f"),
        alt.Tooltip("high:Q", title=_("上限"), format=",.0f"),
        alt.Tooltip("basis:N", title=_("预测依据")),
    ]
    line = alt.Chart(joined).mark_line(color=TEAL, strokeWidth=3).encode(x=years, y="mean:Q", tooltip=tips)
    points = (
        alt.Chart(middle)
        .mark_point(size=70, filled=True, color=TEAL)
        .encode(
            x=years,
            y="mean:Q",
            tooltip=tips,
            shape=alt.Shape(
                "basis:N",
                title=_("预测依据"),
                sort=list(shapes),
                scale=alt.Scale(domain=list(shapes), range=list(shapes.values())),
            ),
        )
    )
    dashes = (
        alt.Chart(others)
        .mark_line(strokeDash=[6, 4], strokeWidth=2)
        .encode(
            x=years,
            y="mean:Q",
            color=alt.Color(
                "scenario:N",
                title=_("情景"),
                scale=scale,
            ),
        )
    )
    known = (
        alt.Chart(past)
        .mark_line(color=INK, strokeWidth=3, point=alt.OverlayMarkDef(color=INK))
        .encode(
            x=years,
            y="pupils:Q",
            tooltip=[
                alt.Tooltip("year:O", title=_("学年")),
                alt.Tooltip("pupils:Q", title=_("在校生"), format=","),
            ],
        )
    )
    layers = [band, line, points, known] if others.empty else [band, dashes, line, points, known]
    return styled(alt.layer(*layers), title=title, note=note, height=460)


def _last_known(past: pd.DataFrame) -> pd.DataFrame:
    last = past.nlargest(1, "year")
    return last[["year"]].assign(mean=last["pupils"], low=last["pupils"], high=last["pupils"])


def basis_words() -> dict[str, str]:
    """Return what a year's forecast rests on, in words."""
    return {
        "enrolled": _("已在校"),
        "registered": _("已登记"),
        "kindergarten": _("已在园"),
        "born": _("已出生"),
        "assumed": _("按设定"),
    }


def scenario_words() -> dict[str, str]:
    """Return the words of the scenarios."""
    return {"低": _("低情景"), "中": _("中情景"), "高": _("高情景")}


def errors(scores: pd.DataFrame, *, words: Mapping[str, str], title: str, note: str) -> Drawn:
    """Draw the mean past error by years ahead: this method beside the two standard ones, in these words."""
    shown = scores.assign(method=scores["method"].map(words))
    bars = (
        alt.Chart(shown)
        .mark_bar()
        .encode(
            x=alt.X("horizon:O", title=_("提前年数"), axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("method:N", sort=list(words.values())),
            y=alt.Y("wape:Q", title=_("平均误差(%)")),
            color=alt.Color(
                "method:N",
                title=_("方法"),
                sort=list(words.values()),
                scale=alt.Scale(domain=list(words.values()), range=[TEAL, AMBER, GREY]),
            ),
            tooltip=[
                alt.Tooltip("method:N", title=_("方法")),
                alt.Tooltip("horizon:O", title=_("提前年数")),
                alt.Tooltip("wape:Q", title=_("平均误差(%)"), format=".1f"),
            ],
        )
    )
    return styled(bars, title=title, note=note)


def calibration(scores: pd.DataFrame, *, title: str, note: str) -> Drawn:
    """Draw the share of outcomes that fell inside the 80 % range, by years ahead, against 80 %."""
    own = scores[scores["method"] == "cohort"]
    bars = (
        alt.Chart(own)
        .mark_bar(color=TEAL)
        .encode(
            x=alt.X("horizon:O", title=_("提前年数"), axis=alt.Axis(labelAngle=0)),
            y=alt.Y(
                "covered:Q",
                title=_("包住的比例"),
                axis=alt.Axis(format="%", titleAngle=0, titleAlign="left", titleY=-8, titleX=-8),
                scale=alt.Scale(domain=[0, 1]),
            ),
            tooltip=[
                alt.Tooltip("horizon:O", title=_("提前年数")),
                alt.Tooltip("covered:Q", title=_("包住的比例"), format=".0%"),
            ],
        )
    )
    target = alt.Chart(pd.DataFrame({"at": [0.8]})).mark_rule(color=INK, strokeDash=[6, 4], strokeWidth=2)
    return styled(alt.layer(bars, target.encode(y="at:Q")), title=title, note=note)
