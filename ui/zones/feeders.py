"""小学与初中: both stages on linked maps, who feeds whom, and how many arrive when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from gis import symbols
from gis.faults import FaultError
from gis.symbols import AMBER, BRICK, INK, TEAL
from planning import feeders as planned
from planning import smallcounts
from ui import board, widgets
from ui.board import Names
from ui.review import maps, onefile
from ui.state import Context, stage_word
from ui.texts import _, language
from ui.views import feeders as views
from ui.views import review, zones
from ui.views.feeders import Beside
from ui.views.review import Reviewed
from ui.widgets import Exports

WIDEST = 9.0
"""Pixels of the line of the link with most pupils; the thinnest has 1.5."""


def panel(context: Context) -> None:
    """Draw the choice of plans, the maps with their links, the tables and their export."""
    st.caption(
        _(
            "每个小学片区的学生升入哪些初中片区。线从小学连到初中,越宽人越多;实线为整体对口,虚线为拆分,"
            "圆环为九年一贯制学校直升本校。人数为本学年初中新生,按居住单元计。"
        )
    )
    beside = _chosen(context)
    if beside is None:
        return
    _remarks(context, beside)
    _maps(context, beside)
    _tables(context, beside)


def _chosen(context: Context) -> Beside | None:
    """Draw the choice of both plans; return them, or say what is missing."""
    named = review.names(context)
    first = list(named).index(context.draft_id) if context.draft_id in named else 0
    picked = {}
    for stage, column in zip(("primary", "junior"), st.columns(2), strict=True):
        picked[stage] = column.selectbox(
            _("{stage}片区取自", stage=stage_word(stage)),
            list(named),
            index=first,
            format_func=lambda key: named.get(key, key),
            key=f"feeders-{stage}-{context.draft_id or 'in-force'}",
        )
    try:
        beside = views.load(context, picked["primary"], picked["junior"])
    except FaultError as error:
        widgets.empty(_("小学和初中都要有划片的学校和登记儿童,才能并列。请在“数据”页补充下列内容。"))
        widgets.faults(error.faults)
        return None
    for stage, plan in (("primary", beside.primary), ("junior", beside.junior)):
        if plan.found.plan.isna().all():
            widgets.empty(
                _(
                    "{stage}还没有片区。请在左侧把学段换成“{stage}”,先划片或导入现行片区。",
                    stage=stage_word(stage),
                )
            )
            return None
    return beside


def _remarks(context: Context, beside: Beside) -> None:
    for stage in beside.replaced:
        st.caption(_("所选方案没有{stage}片区,以现行片区代替。", stage=stage_word(stage)))
    parts = views.split(context, beside)
    zones_ = beside.links["primary_zone"].dropna().nunique()
    if parts.empty:
        st.markdown(_("{n} 个小学片区都整体升入一个初中片区。", n=zones_))
    else:
        st.markdown(
            _(
                "{n} 个小学片区中,**{split} 个被拆分**到几个初中片区,{pupils} 名新生的去向与本片区多数不同。",
                n=zones_,
                split=len(parts),
                pupils=widgets.whole(parts.iloc[:, -1].sum()),
            )
        )
    _nine_year(context, beside)


def _nine_year(context: Context, beside: Beside) -> None:
    own = planned.nine_year(context.project)
    if own.empty:
        st.caption(_("没有同时招收小学和初中新生的九年一贯制学校。"))
        return
    links = beside.links
    stays = {
        str(zone): set(rows["junior_zone"].astype(object)) for zone, rows in links.groupby("primary_zone")
    }
    away = own[
        [stays.get(p, {j}) != {j} for p, j in zip(own["primary_zone"], own["junior_zone"], strict=True)]
    ]
    if away.empty:
        st.caption(_("九年一贯制学校 {n} 所,其小学片区都整体直升本校。", n=len(own)))
        return
    st.caption(
        _(
            "九年一贯制学校 {n} 所;小学片区没有整体直升本校的:{names}。",
            n=len(own),
            names=_("、").join(widgets.escape(str(name)) for name in away["name"]),
        )
    )


def _maps(context: Context, beside: Beside) -> None:
    with st.container(key="feeders-maps-box"):
        maps.part()(key="feeders-maps", data=payload(context, beside))


def payload(context: Context, beside: Beside) -> dict[str, Any]:
    """Return what the viewer of linked maps draws: a stage on each, with the links on both."""
    units, ground, _body = board.drawn(context.project.key, context)
    at = {unit: number for number, unit in enumerate(units)}
    rows: list[dict[str, Any]] = []
    leaves, places = [], {}
    for stage, plan in (("primary", beside.primary), ("junior", beside.junior)):
        of = views.of_stage(context, stage)
        names = Names(ground, units, tuple(map(str, plan.found.problem.zone_ids)))
        own = board.zone_rows(of, plan.found, names)
        leaves.append(_leaf(of, stage, plan, names, len(rows)))
        places[stage] = {row["id"]: row["at"] for row in own}
        rows += own
    for leaf in leaves:
        leaf["loads"] += [None] * (len(rows) - len(leaf["loads"]))
    pupils = zones.demand(beside.junior.found).reindex(pd.Index(units)).fillna(0).astype(int)
    return {
        "ground": ground,
        "plans": leaves,
        "zone": rows,
        "pupils": pupils.tolist(),
        "contested": [at[unit] for unit in views.away(beside) if unit in at],
        "focus": {"place": -1, "units": []},
        "comments": [],
        "links": _lines(beside, places),
        "stamp": _("合成数据") if context.project.synthetic else "",
        "north": symbols.NORTH,
        "legend": _legend(),
        "words": maps.words(),
        "height": maps.HEIGHT,
    }


def _leaf(context: Context, stage: str, plan: Reviewed, names: Names, first: int) -> dict[str, Any]:
    """Return a stage's plan with its zones numbered after those of the stage before."""
    found = maps.leaf(context, plan, names)
    return found | {
        "id": stage,
        "zones": [zone + first if zone >= 0 else zone for zone in found["zones"]],
        "loads": [None] * first + found["loads"],
        "colours": [""] * first + found["colours"],
        "own": [first, first + len(names.zones)],
    }


def _lines(beside: Beside, places: Mapping[str, Mapping[str, list[float] | None]]) -> list[list[Any]]:
    """Return from where to where, width in pixels and whether whole; none where a school has no place."""
    rows = beside.links.dropna(subset=["primary_zone", "junior_zone"])
    most = max(int(rows["pupils"].max()), 1) if len(rows) else 1
    lines = []
    for row in rows.sort_values("pupils", ascending=False).to_dict("records"):
        start, end = places["primary"].get(row["primary_zone"]), places["junior"].get(row["junior_zone"])
        if start and end:
            width = 1.5 + (WIDEST - 1.5) * int(row["pupils"]) / most
            lines.append([*start, *end, round(width, 1), bool(row["whole"])])
    return lines


def _legend() -> str:
    rows = [
        symbols.line(_("整体对口"), {"color": TEAL, "weight": 4}),
        symbols.line(_("拆分"), {"color": AMBER, "weight": 4, "dashArray": "7 4"}),
        symbols.dot(_("去向与本片区多数不同的单元"), INK, count=1),
        symbols.school_row(_("小学"), "primary"),
        symbols.school_row(_("初中"), "junior"),
        symbols.school_row(_("九年一贯制"), "nine_year"),
        symbols.written(_("满员(100% 及以上)的片区名为红色"), "100%", BRICK),
    ]
    return symbols.legend_html(rows, note=_(";").join([_("线宽按学生数"), _("负荷 = 入学人数 ÷ 招生计划")]))


def _tables(context: Context, beside: Beside) -> None:
    parts, links = views.split(context, beside), views.table(context, beside)
    if len(parts):
        st.markdown(f"**{_('被拆分的小学片区')}**")
        widgets.table(parts, key="feeders-split")
    st.markdown(f"**{_('对口关系')}**")
    widgets.table(links, key="feeders-links", height=min(420, 38 + 35 * len(links)))
    years = planned.offset(context.project)
    st.markdown(f"**{_('各年升入初中的人数')}**")
    st.caption(
        _(
            "某年入小学的学生,{n} 年后入初中({system} 学制)。人数为登记儿童,按所选初中片区计,不含迁移、复读;"
            "招生计划按现在的数。登记尚未覆盖的学年不列。",
            n=years,
            system=context.project.stage_system,
        )
    )
    ahead = views.arriving(context, beside)
    widgets.table(ahead, key="feeders-years")
    what = Exports(
        "feeders",
        tables=lambda: tables(context, beside),
        notes=[
            f"{_('方案')}: {beside.primary.name}; {beside.junior.name}",
            smallcounts.NOTE.text(language()),
        ],
    )
    widgets.exports(context, what, key="feeders")


def tables(context: Context, beside: Beside) -> dict[str, pd.DataFrame]:
    """Return the sheets of the workbook, small counts of pupils hidden."""
    links = views.table(context, beside)
    small = smallcounts.small(links["pupils"])
    links = links.assign(share=links["share"].mask(small, smallcounts.HIDDEN))
    parts, ahead = views.split(context, beside), views.arriving(context, beside)
    for frame in (parts, ahead):
        for name in frame.columns[1:]:
            if pd.api.types.is_numeric_dtype(frame[name]) and name not in (_("去向数"), "intake"):
                frame[name] = smallcounts.hidden(frame[name], smallcounts.small(frame[name]))
    return {
        _("对口关系"): onefile.published(links),
        _("被拆分的小学片区"): parts,
        _("各年升入初中的人数"): ahead,
    }
