"""评审: which draft, and what changes for whom?"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from ui import gate, widgets
from ui.review import maps, panels, talk
from ui.state import Context, remember
from ui.texts import _
from ui.views import review as views
from ui.views import zones
from ui.views.review import Reviewed

#: How a link calls the plan in force.
IN_FORCE = "in-force"
#: Larger type, nothing but the review: for a screen that a meeting looks at.
BIG = """
<style>
html { font-size: 22px; }
[data-testid="stSidebar"], [data-testid="stSidebarCollapsedControl"] { display: none; }
.hp-review { max-height: 80vh; overflow: auto; }
.hp-review table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
.hp-review th, .hp-review td { border-bottom: 1px solid #d5dbdd; padding: 4px 14px 4px 0; text-align: left; }
.hp-review th { word-break: keep-all; }
.hp-review .hp-number { text-align: right; white-space: nowrap; }
.hp-review td:first-child { min-width: 7em; }
.hp-pair, .hp-pair .leaflet-container, .hp-pair .hp-label span, .hp-pair .hp-title b { font-size: 18px; }
.hp-pair .hp-pair-bar, .hp-pair .hp-legend li, .hp-pair .hp-legend .hp-note { font-size: 18px; }
</style>
"""


def page(context: Context) -> None:
    """Draw the page: the plans on linked maps, the contested places, and the parts below."""
    widgets.heading(context, _("评审"), _("选哪个方案?谁会有什么变化?"))
    if not context.project.has("units", "schools", "children"):
        widgets.empty(_("还缺单元、学校或适龄儿童。请先在“数据”页导入。"))
        return
    if not gate.derived(context):
        return
    named = views.names(context)
    if len(named) < 2:
        widgets.empty(_("还没有可评审的方案。请先在“划片”页新建方案并调整,再回到这里与现行片区对比。"))
        st.page_link(st.session_state["pages"]["zones"], label=_("去“划片”页新建方案"))
        return
    big = _bar(context, named)
    chosen = _chosen(context)
    if not chosen:
        return
    _compare(context, chosen, big=big)


def _bar(context: Context, named: dict[str, str]) -> bool:
    """Draw the choice of plans; return whether the page is shown to a meeting."""
    _remember(context, named)
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    left.multiselect(
        _("对比哪些方案(两个或三个,与第一个比)"),
        list(named),
        format_func=lambda key: named.get(key, key),
        max_selections=len(views.LETTERS),
        key="review-plans",
    )
    big = right.toggle(_("大字演示"), key="review-big")
    if big:
        st.html(BIG)
    return big


def _remember(context: Context, named: dict[str, str]) -> None:
    """Give the choice of plans what it had, else what the URL asks for; a link opens the same plans."""
    first = context.draft_id or list(named)[1]
    linked = [
        each if each != IN_FORCE else "" for each in st.query_params.get("plans", "").split(",") if each
    ]
    kept = st.session_state.get("review-plans", linked or ["", first])
    kept = [each for each in kept if each in named][: len(views.LETTERS)]
    st.session_state["review-plans"] = kept
    st.query_params["plans"] = ",".join(each or IN_FORCE for each in kept)


def _chosen(context: Context) -> list[Reviewed]:
    ids = st.session_state["review-plans"]
    if len(ids) < 2:
        widgets.empty(_("请在上面选两个或三个方案。"))
        return []
    chosen = views.load(context, ids)
    if without := [widgets.escape(plan.name) for plan in chosen if plan.found.plan.isna().all()]:
        widgets.empty(_("{plans}在这个学段和学年还没有片区。请换方案或学段。", plans="、".join(without)))
        return []
    return chosen


def _compare(context: Context, chosen: Sequence[Reviewed], *, big: bool) -> None:
    contested = views.places(chosen)
    place = _walk(context, chosen, contested, big=big)
    comments = views.log(context).comments(context.project.id, stage=context.stage)
    maps.draw(context, chosen, contested, place=place, comments=comments, tall=big)
    sections = {
        "figures": (_("指标"), lambda: panels.figures(context, chosen, big=big)),
        "moved": (_("变化的单元"), lambda: panels.moved(context, chosen, big=big)),
        "gains": (_("谁受益谁受损"), lambda: panels.gains(context, chosen, big=big)),
        "comments": (_("意见"), lambda: talk.comments(context, big=big)),
        "decisions": (_("决定"), lambda: talk.decisions(context, chosen, big=big)),
        "tree": (_("方案谱系"), lambda: talk.drafts(context)),
        "export": (_("导出"), lambda: panels.export(context, chosen)),
    }
    remember("review-section", sections, "figures")
    picked = st.segmented_control(
        _("内容"),
        list(sections),
        required=True,
        format_func=lambda key: sections[key][0],
        key="review-section",
        label_visibility="collapsed",
    )
    with st.container(key=f"review-{picked}"):
        sections[picked or "figures"][1]()
    widgets.explain(_help())


def _walk(context: Context, chosen: Sequence[Reviewed], contested: pd.Series, *, big: bool) -> int:
    """Draw the walk through the contested places; return the place that is looked at, below 0 for none."""
    if contested.empty:
        widgets.empty(_("所选方案完全一致,没有分歧的地点。"))
        return -1
    last = int(contested.max())
    at = min(int(st.session_state.get("review-place", -1)), last)

    def go(step: int) -> None:
        st.session_state["review-place"] = max(-1, min(last, at + step))

    with st.container(horizontal=True, vertical_alignment="center", key="review-walk"):
        st.button(_("上一处"), key="review-back", on_click=go, args=(-1,), disabled=at < 0)
        st.button(_("下一处"), key="review-next", on_click=go, args=(1,), disabled=at >= last)
        st.markdown(_place_words(context, chosen[0], contested, at, last))
    if at >= 0:
        own = list(contested.index[contested == at])
        panels.shown(views.place_words(context, chosen, own), key="review-place-table", big=big)
    return at


def _place_words(context: Context, base: Reviewed, contested: pd.Series, at: int, last: int) -> str:
    if at < 0:
        return _("有 {n} 处分歧,按学生数排列。点“下一处”逐个看。", n=f"{last + 1:,}")
    own = list(contested.index[contested == at])
    units = context.project.layers["units"].set_index("unit_id")["name"].reindex(own)
    said, pupils = _("、").join(map(str, units.head(3))), zones.demand(base.found)
    return _(
        "第 {k} 处,共 {n} 处:**{place}**({units} 个单元、{pupils} 名新生)",
        k=at + 1,
        n=last + 1,
        place=widgets.escape(said),
        units=len(own),
        pupils=widgets.whole(float(pupils[own].sum())),
    )


def _help() -> str:
    return _(
        "**分歧的地点**:各方案划法不同、且不同得一样的相邻单元合为一处。  \n"
        "**步行的档**:每个单元新旧步行距离之差,以 100 米和 500 米为界;**拥挤的档**:"
        "该单元所属学校负荷之差,以 5 个百分点和满员(100%)为界。没有换学校的单元也会因学校变挤而受影响。  \n"
        "**步行**沿路网到片区最近的校区;没有路处为直线距离 × 绕行系数,标为“估”。  \n"
        "**意见和决定**只增不改,与方案存在同一个库里。导出的文件里,1—4 名学生写作“<5”。"
    )
