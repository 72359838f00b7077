"""Two or three plans on linked maps, one viewer for page and one-file review."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd
import streamlit as st

from gis import symbols
from gis.symbols import BRICK, INK, TEAL
from planning import smallcounts
from ui import board
from ui.board import Names
from ui.maps.colours import colours
from ui.state import Context
from ui.texts import _
from ui.views import zones as views
from ui.views.review import Reviewed

SCRIPTS = ("sheet.js",)
HEIGHT, TALL = 520, 640
OVER = 1.2  # load of the school in the legend
HIDDEN = -1  # stands for a count too small to be published


@cache
def asset(name: str) -> str:
    """Return a script or style of the review."""
    return (files("ui.review") / "assets" / name).read_text(encoding="utf-8")


@cache
def script(last: str) -> str:
    """Return the viewer's code, ended by the script that starts it."""
    return "\n".join([board.code(*SCRIPTS), asset("pair.js"), asset(last)])


@cache
def style() -> str:
    """Return the viewer's style."""
    return "\n".join([board.style(), asset("pair.css")])


@st.cache_resource(show_spinner=False)
def part() -> Any:
    """Register the viewer as a part of the page; the ground that it draws on comes as one of its own."""
    return st.components.v2.component(
        "huapian_review",
        html='<div class="hp-pair"></div>',
        css=style(),
        js=script("part.js"),
        isolate_styles=False,
    )


def draw(
    context: Context,
    chosen: Sequence[Reviewed],
    contested: pd.Series,
    *,
    place: int,
    comments: pd.DataFrame,
    tall: bool = False,
) -> None:
    """Draw the maps; a click on a unit chooses it for a comment."""
    _units, _name, body = board.drawn(context.project.key, context)
    kept, _board = board.parts()
    kept(key="review-ground", data=body, height=1)

    def clicked() -> None:
        if unit := st.session_state["review-maps"].get("chosen"):
            st.session_state["review-unit"] = str(unit)

    data = payload(context, chosen, contested, place=place, comments=comments)
    part()(key="review-maps", data=data | {"height": TALL if tall else HEIGHT}, on_chosen_change=clicked)


def payload(
    context: Context,
    chosen: Sequence[Reviewed],
    contested: pd.Series,
    *,
    place: int,
    comments: pd.DataFrame,
    published: bool = False,
) -> dict[str, Any]:
    """Return what the viewer draws and says.

    Parameters
    ----------
    context : Context
        Project, stage and year.
    chosen : sequence of Reviewed
        The plans.
    contested : Series
        Number of the place by unit.
    place : int
        The place that is looked at; below 0 for none.
    comments : DataFrame
        As `ReviewLog.comments`.
    published : bool
        Hide small counts of pupils.
    """
    units, ground, _body = board.drawn(context.project.key, context)
    first, order = chosen[0].found, pd.Index(units)
    named = Names(ground, units, tuple(map(str, first.problem.zone_ids)))
    at = {unit: number for number, unit in enumerate(units)}
    pupils = views.demand(first).reindex(order).fillna(0).astype(int)
    told = pupils.where(~smallcounts.small(pupils), HIDDEN) if published else pupils
    focus = [at[unit] for unit in contested.index[contested == place] if unit in at]
    leaves = [leaf(context, each, named) for each in chosen]
    return {
        "ground": ground,
        "plans": leaves,
        "zone": board.zone_rows(context, first, named),
        "pupils": told.tolist(),
        "contested": [at[unit] for unit in contested.index if unit in at],
        "focus": {"place": place, "units": focus},
        "comments": _notes(comments),
        "stamp": _("合成数据") if context.project.synthetic else "",
        "north": symbols.NORTH,
        "legend": _legend(
            context, recoloured=any(each["colours"] != leaves[0]["colours"] for each in leaves)
        ),
        "words": words(),
        "height": HEIGHT,
    }


def leaf(context: Context, plan: Reviewed, named: Names) -> dict[str, Any]:
    """Return a plan as the viewer takes it: zones by number of unit, walks, colours, loads and schools.

    Colours are the plan's own: what is beside each other in one plan need not be so in another.
    """
    zone = {zone: number for number, zone in enumerate(named.zones)}
    hue = colours(context, plan.found.plan)
    order = pd.Index(named.units)
    fill = plan.found.zones["fill"].reindex(named.zones)
    return {
        "id": plan.id,
        "name": plan.name,
        "zones": plan.found.plan.reindex(order).map(zone).fillna(-1).astype(int).tolist(),
        "walks": board.walks(context, plan.found, order),
        "colours": [hue[zone] for zone in named.zones],
        "loads": [None if pd.isna(x) or x == float("inf") else round(float(x) * 100, 3) for x in fill],
        "schools": [row[:5] for row in board.school_marks(context, plan.found, zone)],
    }


def _notes(comments: pd.DataFrame) -> list[list[Any]]:
    """Return latitude, longitude, number and words of the comments that still stand, numbered as listed."""
    return [
        [row["lat"], row["lon"], str(number), str(row["text"])]
        for number, row in enumerate(comments.to_dict("records"), 1)
        if pd.notna(row["lat"]) and not row["settled_by"]
    ]


def _legend(context: Context, *, recoloured: bool) -> str:
    rows = [
        symbols.dot(_("各方案不一致的单元"), INK, count=1),
        symbols.swatch(_("正在看的地点"), "#ffffff", border=TEAL),
        symbols.swatch(_("未划入的单元"), "#ffffff", border=BRICK),
        symbols.school_row(_("超员的学校"), context.stage, OVER),
        symbols.written(_("满员(100% 及以上)的片区名为红色"), "100%", BRICK),
    ]
    notes = [_("负荷 = 入学人数 ÷ 招生计划")]
    if recoloured:
        notes.append(_("相邻片区不同色:个别片区在各图上颜色不同,请看片区名"))
    return symbols.legend_html(rows, note=_(";").join(notes))


def words() -> dict[str, str]:
    """Return what the viewer says."""
    return {
        "side": _("并排"),
        "swipe": _("卷帘"),
        "whole": _("全图"),
        "against": _("与哪个方案对比"),
        "slide": _("卷帘位置"),
        "unit": _("单元"),
        "pupils": _("学生数"),
        "walk": _("步行距离"),
        "loose": _("未划入"),
        "guess": _("估"),
        "few": smallcounts.HIDDEN,
        "none": _("没有这样的单元。"),
        "close": _("收起"),
    }
