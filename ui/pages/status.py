"""现状: where classes are too big, schools too full, and walks too long."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from gis.hotspots import bin_labels
from gis.travel import minutes
from ui import gate, widgets
from ui.charts import class_size
from ui.maps import show
from ui.maps import status as maps
from ui.state import Context, stage_word
from ui.texts import _
from ui.texts.rules import worded
from ui.views import links
from ui.views import plan as plans
from ui.views import status as views
from ui.widgets import Exports, Figure


def page(context: Context) -> None:
    """Draw the page."""
    widgets.heading(context, _("现状"), _("哪里班额过大、学校过满、上学路太远?"))
    if not context.project.has("classes", "schools"):
        widgets.empty(
            _("还没有班级数据。请在“数据”页导入“班级”(学校、学年、年级、班号、人数),即可看到班额热点。")
        )
        return
    year = widgets.school_year(views.roster_year(context.project))
    _figures(context, year)
    _class_map(context, year)
    _charts(context, year)
    _worst(context)
    if gate.derived(context):
        _walks(context)
        _rules(context)
    widgets.explain(_help())


def _figures(context: Context, year: str) -> None:
    project = context.project
    counted = views.distribution(project.key, project)
    mine = counted[counted["stage"] == context.stage].set_index("bin")["classes"]
    total, names = int(mine.sum()), bin_labels()
    over, very = int(mine[names[3:]].sum()), int(mine[names[5:]].sum())
    scope = _("{stage}·全部学校", stage=stage_word(context.stage))
    source = _("班级名册")
    schools = views.by_school(project.key, context.stage, project)
    widgets.figures(
        [
            Figure(_("班级"), widgets.whole(total), year, scope, source),
            Figure(
                _("56 人及以上大班额"),
                f"{over:,} ({widgets.share(over / max(total, 1))})",
                year,
                scope,
                source,
            ),
            Figure(
                _("66 人及以上超大班额"),
                f"{very:,} ({widgets.share(very / max(total, 1))})",
                year,
                scope,
                source,
            ),
            Figure(
                _("有大班额的学校"),
                f"{int((schools['oversized'] > 0).sum()):,} / {len(schools):,}",
                year,
                scope,
                source,
            ),
        ]
    )


def _class_map(context: Context, year: str) -> None:
    project = context.project
    schools = views.by_school(project.key, context.stage, project)
    advanced = st.toggle(
        _("显示聚集检验(高级)"),
        key="clusters",
        help=_(
            "Gi* 局部统计,按 8 个最近学校,999 次置换,错误发现率 5%(Benjamini-Hochberg)。先看班数,再看检验。"
        ),
    )
    found = None
    if advanced:
        with st.spinner(_("正在检验聚集。启动后第一次约需几秒,装好后头一回要十几秒。")):
            found = views.clusters(project.key, context.stage, project)
    if found is not None and found.attrs.get("reason"):
        st.caption(_("学校太少或数值没有差别,无法做聚集检验。"))
    html = maps.class_sizes(context, schools, year=year, clusters=found)
    show.show(html, alt=_("各校班额地图"))
    bins = pd.DataFrame(schools[["school_id", "name", *bin_labels(), "classes", "largest"]])
    widgets.exports(
        context,
        Exports(
            "class-size", tables={_("各校班额"): bins}, layers={"class_size": schools}, html=lambda: html
        ),
        key="class-size",
    )


def _charts(context: Context, year: str) -> None:
    project = context.project
    counted = views.distribution(project.key, project)
    mine = counted[counted["stage"] == context.stage]
    note = _("{year} · {stage} · 来源:班级名册", year=year, stage=stage_word(context.stage))
    left, right = st.columns(2)
    left.altair_chart(class_size.distribution(mine, title=_("各档班额的班数"), note=note))
    grades = views.by_grade(project.key, context.stage, project)
    right.altair_chart(class_size.by_grade(grades, title=_("各年级的班额"), note=note))


def _worst(context: Context) -> None:
    st.subheader(_("大班额学校"))
    table = views.worst(views.by_school(context.project.key, context.stage, context.project))
    if table.empty:
        widgets.empty(_("没有 56 人及以上的班。"))
    else:
        widgets.table(table, key="worst", height=320)


def _walks(context: Context) -> None:
    st.subheader(_("上学距离(现行片区)"))
    plan = plans.in_force(context.project, context.stage, context.year)
    if plan.empty:
        widgets.empty(_("还没有现行片区。可在“划片”页生成初稿,或在“数据”页导入现行片区。"))
        return
    walks = plans.walks(context, plan)
    walked = walks[walks["pupils"] > 0]
    units = context.project.layers["units"].set_index("unit_id")["name"]
    names = plans.zone_names(context.project.key, context.stage, context.project)
    far = walked.nlargest(20, "metres").assign(
        unit=lambda rows: rows["unit_id"].map(units),
        zone=lambda rows: rows["zone_id"].map(names),
        way=lambda rows: [links.way_word(str(way)) for way in rows["way"]],
        walk_minutes=lambda rows: minutes(rows["metres"], speed=context.project.walk_speed),
    )
    mean = float((walked["metres"] * walked["pupils"]).sum() / max(walked["pupils"].sum(), 1))
    estimated = float(walked["estimate"].mean()) if len(walked) else 0.0
    st.markdown(
        _(
            "{stage}入学新生平均步行 **{mean}**,最远 **{longest}**;"
            "其中 {share} 为直线估算(直线距离 × {detour})。",
            stage=stage_word(context.stage),
            mean=widgets.metres(mean),
            longest=widgets.metres(float(walked["metres"].max())),
            share=widgets.share(estimated),
            detour=context.project.detour,
        )
    )
    shown = ["unit", "zone", "pupils", "metres", "walk_minutes", "crossings", "way", "ride_minutes"]
    widgets.table(far[shown], key="far", height=320)
    st.caption(
        _(
            "步行 {walk:g} 米/分(设定);乘车只列乡村单元和步行超过半小时的,主干路 {ride:g} 公里/时(设定)。",
            walk=context.project.walk_speed,
            ride=context.project.ride_speed,
        )
    )


def _rules(context: Context) -> None:
    st.subheader(_("规则核对"))
    st.caption(_("“待核”表示条文未见原文,仅作可改的默认值;“口径”只定义概念,不判达标。"))
    table = worded(views.rule_table(context))
    widgets.table(table, key="rules", height=420)
    widgets.exports(context, Exports("rules", tables={_("规则核对"): table}), key="rules")


def _help() -> str:
    return _(
        "班额按**班**逐一计数,不取学校平均:一个 70 人的班和一个 40 人的班,平均 55 人会掩盖大班额。  \n"
        "“大班额”在不同文件中含义不同:全国口径为 56 人及以上,66 人及以上为超大班额;"
        "标准班额为小学 45 人、初中 50 人(GB 50099-2011);各地另有规定,见规则核对表。  \n"
        "上学距离沿路网步行计算;没有路网处为直线距离乘绕行系数,标为“估算”。服务半径是直线距离,不等于步行距离。"
    )
