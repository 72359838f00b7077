"""数据: can I trust what went in?"""

from __future__ import annotations

import streamlit as st

from gis.faults import errors
from gis.layers import SCHEMAS, layer_label
from planning import smallcounts
from ui import basemap, headers, imports, outcome, widgets
from ui.maps.show import show
from ui.state import Context
from ui.texts import _, language
from ui.views import data as view


def page(context: Context) -> None:
    """Show what the project holds, what is wrong, missing or assumed, and bring in files."""
    widgets.heading(context, _("数据"), _("导入的数据可信吗?"))
    _figures(context)
    sections = {
        "layers": (_("图层一览"), _layers),
        "faults": (_("问题"), _faults),
        "assumed": (_("设定"), _assumed),
        "import": (_("导入"), _import),
        "rolls": (_("花名册"), _rolls),
        "collect": (_("收表核数"), _collect),
        "links": (_("相邻与步行"), _links),
        "headers": (_("表头与模板"), _headers),
        "roll": (_("转入下一学年"), _roll),
        "september": (_("九月对账"), _september),
    }
    chosen = st.segmented_control(
        _("内容"),
        list(sections),
        default="layers",
        required=True,
        format_func=lambda key: sections[key][0],
        key="data-section",
        label_visibility="collapsed",
    )
    sections[chosen or "layers"][1](context)


def _figures(context: Context) -> None:
    project = context.project
    found = view.faults(project.key, project)
    year, source = widgets.school_year(project.year), _("项目图层")
    there = sum(project.has(name) for name in SCHEMAS)
    counts = {
        name: len(project.layers[name]) if name in project.layers else 0 for name in ("units", "schools")
    }
    wrong = len(errors(found))
    widgets.figures(
        [
            widgets.Figure(_("有数据的图层"), f"{there} / {len(SCHEMAS)}", year, _("全部图层"), source),
            widgets.Figure(
                _("小区与村"), widgets.whole(counts["units"]), year, _("全部单元"), _source(context, "units")
            ),
            widgets.Figure(
                _("学校数"),
                widgets.whole(counts["schools"]),
                year,
                _("含教学点和民办"),
                _source(context, "schools"),
            ),
            widgets.Figure(
                _("图层之间的错误"),
                widgets.whole(wrong),
                year,
                _("全部图层互相核对,另有 {n} 条提示", n=widgets.whole(len(found) - wrong)),
                source,
            ),
        ]
    )


def _source(context: Context, layer: str) -> str:
    return view.stated(context.project, layer, "source")


def _layers(context: Context) -> None:
    project = context.project
    html = view.map_html(project.key, language(), project) if view.map_layers(project) else ""
    if html:
        show(
            html,
            alt=_("地图:小区与村、学校、道路、河流与铁路、行政区、新建小区和有问题的地方,图层可开关"),
            height=600,
        )
    st.subheader(_("各图层"))
    st.dataframe(
        view.layers(project),
        hide_index=True,
        column_config={_("行数"): st.column_config.NumberColumn(format="localized")},
        key="data-layers",
        width="stretch",
        height="content",
        placeholder="—",
    )
    gaps = view.gaps(project)
    st.subheader(_("缺什么,意味着什么"))
    if len(gaps):
        st.table(gaps, border="horizontal", hide_index=True)
    else:
        st.markdown(_("各图层齐全,主要的列都已填写。"))
    _rows(context)
    published = st.checkbox(
        _("表格可公布:1—4 名儿童写作“<5”"),
        value=True,
        key="data-published",
        help=_("不勾选时含小数,只供本单位使用;再导入时请用不勾选的表。"),
    )
    widgets.exports(
        context,
        widgets.Exports(
            name="layers",
            notes=[(smallcounts.NOTE if published else smallcounts.INTERNAL).text(language())],
            tables=lambda: view.tables(project, published=published),
            layers=view.map_layers(project),
            html=(lambda: html) if html else None,
        ),
        key="data-export",
    )


def _rows(context: Context) -> None:
    st.subheader(_("看各图层的行"))
    names = list(context.project.layers)
    layer = st.selectbox(
        _("图层"), names, format_func=lambda name: layer_label(name, language()), key="data-rows-layer"
    )
    if layer is None:
        return
    st.dataframe(
        view.first_rows(context.project, layer), hide_index=True, key="data-rows", height=280, placeholder="—"
    )
    total = len(context.project.layers[layer])
    st.caption(_("前 {shown} 行,共 {total} 行", shown=f"{min(view.FIRST_ROWS, total):,}", total=f"{total:,}"))


def _faults(context: Context) -> None:
    found = view.faults(context.project.key, context.project)
    if found:
        outcome.fault_table(found, key="data-faults", name=f"{context.project.id}-faults")
        st.caption(_("在原文件中改正后重新导入对应的图层;能定位的问题在“图层一览”的地图上有标记。"))
    else:
        st.markdown(_("图层之间没有发现矛盾:编号都能对上,片区都有学校,班级合计与在校生一致。"))
    notes = view.notes(context.project)
    if len(notes):
        st.subheader(_("读取文件时的提示"))
        widths = {_("提示"): st.column_config.TextColumn(width=900)}
        st.dataframe(notes, hide_index=True, column_config=widths, key="data-notes", width="stretch")


def _assumed(context: Context) -> None:
    st.table(view.assumptions(context.project), border="horizontal", hide_index=True)
    widgets.explain(
        _(
            "- **步行距离(估)** = 直线距离 × 绕行系数,只用在没有道路可走的地方;有道路时沿路网计算。\n"
            "- **步行时间** = 步行距离 ÷ 步行速度。\n"
            "- **单元范围(推定)**:每块地归最近的小区或村,不越过河流、铁路、快速路和行政区界。\n"
            "- **坐标系**:经纬度换算为 CGCS2000 三度带高斯-克吕格平面坐标,单位米;距离和面积都在其中计算。"
        )
    )
    basemap.panel()


def _import(context: Context) -> None:
    imports.panel(context.project)


def _headers(context: Context) -> None:
    headers.panel(context.project)


def _collect(context: Context) -> None:
    from ui.collecting import section

    section.draw(context)


def _rolls(context: Context) -> None:
    from ui import rolls

    rolls.panel(context)


def _roll(context: Context) -> None:
    from ui.rollforward import panel

    panel.panel(context)


def _september(context: Context) -> None:
    from ui.rollforward import september

    september.panel(context)


def _links(context: Context) -> None:
    from ui import links

    links.draw(context)
