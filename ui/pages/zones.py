"""划片: which 小区 goes where, and why?"""

from __future__ import annotations

import streamlit as st

from gis.faults import FaultError
from planning.catching import catch_up
from ui import gate, widgets
from ui.state import Context, plan_name, stage_word
from ui.texts import _
from ui.views import edits
from ui.views import zones as views
from ui.views.edits import Desk
from ui.views.zones import Assessment
from ui.widgets import Figure
from ui.zones import board, drafting, history


def page(context: Context) -> None:
    """Draw the page: the plan on the map with its zones beside it, and the desk to change it below."""
    widgets.heading(context, _("划片"), _("哪个小区划到哪所学校?为什么?"))
    if not context.project.has("units", "schools", "children"):
        widgets.empty(_("还缺单元、学校或适龄儿童。请先在“数据”页导入。"))
        return
    if not gate.derived(context):
        return
    desk = edits.look(context)
    drafting.bar(context, desk)
    drafting.dialogs(context, desk)
    place = board.waiting(context)
    try:
        found = _assess(context, desk)
    except FaultError as error:
        place.empty()
        widgets.faults(error.faults)
        return
    if found.plan.isna().all():
        place.empty()
        _first_plan(context, desk, found)
        return
    _strangers(context, desk, found)
    figures = st.container(key="zones-figures")
    board.draw(context, desk, found)  # first of all: its numbers are what a painter waits for
    place.empty()
    with figures:
        _figures(context, desk, found)
    _sections(context, desk, found)
    widgets.explain(_help())


def _assess(context: Context, desk: Desk) -> Assessment:
    plan = desk.state.plan(context.stage, context.year)
    return views.assess(context, plan, desk.state.locked(context.stage, context.year))


def _first_plan(context: Context, desk: Desk, found: Assessment) -> None:
    from ui.zones import engine

    widgets.empty(_("这个学段还没有片区。可生成就近初稿或直接优化,也可在“数据”页导入现行片区。"))
    engine.panel(context, desk, found)
    history.panel(context, desk)


def _strangers(context: Context, desk: Desk, found: Assessment) -> None:
    n = edits.strangers(context.project, desk.state)
    gone = set(desk.state.plan(context.stage, context.year).dropna().unique()) - set(found.problem.zone_ids)
    if (n or gone) and desk.draft and _caught_up(context, desk.draft.id):
        drafting.say(history.turned())
        st.rerun()
    if n:
        st.warning(_("方案里有 {n} 个单元不在本项目的单元表中,已略过。请核对单元编号。", n=f"{n:,}"))


def _caught_up(context: Context, draft_id: str) -> bool:
    try:
        return catch_up(context.project, draft_id, author=drafting.author())
    except FaultError as error:  # somebody else is at the draft all the time: it is shown as it is
        widgets.faults(error.faults)
        return False


def _figures(context: Context, desk: Desk, found: Assessment) -> None:
    year, source = widgets.school_year(context.year), plan_name(context)
    scope = _("{stage}入学新生·公办片区", stage=stage_word(context.stage))
    guess = views.estimated_share(context, found)
    walked = _("{scope}(估算 {share})", scope=scope, share=widgets.share(guess)) if guess else scope
    pupils = int(views.demand(found)[list(found.moved)].sum())
    cut = int(found.totals["cut_off_units"])
    changed = _("{units} 个单元·较现行片区", units=f"{len(found.moved):,}")
    last = (
        Figure(_("与学校不相连的单元"), f"{cut:,}", year, scope, source)
        if desk.draft is None or found.reference.isna().all()
        else Figure(_("调整学生 / 飞地单元"), f"{pupils:,} / {cut:,}", year, changed, source)
    )
    widgets.figures(
        [
            Figure(_("平均步行"), widgets.metres(found.totals["mean_walk_m"]), year, walked, source),
            Figure(_("最远步行"), widgets.metres(found.totals["longest_walk_m"]), year, walked, source),
            Figure(_("缺学位(各片区合计)"), widgets.whole(found.totals["over"]), year, scope, source),
            last,
        ]
    )


def _sections(context: Context, desk: Desk, found: Assessment) -> None:
    # Imported when the board is on its way to the browser: it does not wait for what stands below it.
    from ui.zones import (
        breaks,
        compare,
        engine,
        feeders,
        handout,
        joining,
        moving,
        phone,
        splitting,
        why,
        yearly,
    )

    sections = {
        "engine": (_("自动划片"), lambda: engine.panel(context, desk, found)),
        "edit": (_("调整单元"), lambda: moving.panel(context, desk, found)),
        "split": (_("拆分单元"), lambda: splitting.panel(context, desk, found)),
        "join": (_("多校划片"), lambda: joining.panel(context, desk, found)),
        "why": (_("为什么"), lambda: why.panel(context, desk, found)),
        "phone": (_("电话查询"), lambda: phone.panel(context, found)),
        "rules": (_("规则核对"), lambda: breaks.panel(context, desk, found)),
        "compare": (_("与现行对比"), lambda: compare.panel(context, desk, found)),
        "yearly": (_("逐年核对"), lambda: yearly.panel(context, desk, found)),
        "feeders": (_("小学与初中"), lambda: feeders.panel(context)),
        "history": (_("历史与文件"), lambda: history.panel(context, desk)),
        "export": (_("导出"), lambda: handout.panel(context, desk, found)),
    }
    back = st.session_state.pop("zones-back", "engine")  # where a wait for new walks left off
    st.session_state.setdefault("zones-section", back)  # the board opens a part by a click on a unit
    chosen = st.segmented_control(
        _("内容"),
        list(sections),
        required=True,
        format_func=lambda key: sections[key][0],
        key="zones-section",
        label_visibility="collapsed",
    )
    with st.container(key=f"zones-{chosen}"):
        sections[chosen or "engine"][1]()


def _help() -> str:
    return _(
        "**入学人数**:本学年应入学的登记儿童(8 月 31 日截止),按居住单元计;**招生计划**取自学校表。"
        "在校生不因调整片区而转学(老生老办法)。  \n"
        "**负荷** = 入学人数 ÷ 招生计划;预警:红 ≥ 100%,黄 90–100%,绿 < 90%(地方做法,可改)。"
        "**缺学位**只加超出的片区,不用别处的空位抵消。  \n"
        "**平均步行** = Σ(单元新生 × 步行米数) ÷ Σ新生;**总步行(人·公里)** = Σ(新生 × 步行公里)。"
        "步行沿路网到片区最近的校区;没有路处为直线距离 × 绕行系数,标为“估”。"
        "一个片区有几所学校随机派位的,按各校招生计划加权平均;“最近”和“更近”也按这个平均步行比较。"
        "有教学点的片区,求解和“更近”的比较按最近的学校计:谁读教学点要等划片后才知道;"
        "划片后把新生按招生计划分到片内各校,平均步行、最远步行和各表按分到的学校计,不会比求解时短。"
        "穿越次数和直线距离,随机派位的片区按最近的学校计。  \n"
        "**连片**:单元经相邻单元连到本片区的学校;隔着没有桥的河不算相邻。"
        "**飞地**:连不到本片区学校的单元。  \n"
        "**离理论最优不超过 x %** = (总步行 − 已证明的下限) ÷ 总步行;"
        "下限对任何满足招生计划和连片的方案都成立。  \n"
        "“没有找到”与“已证明没有”是两回事:前者只是在给定时间内没有结论。"
    )
