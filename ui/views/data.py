"""What the data page shows: layers and their gaps, faults, what was assumed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import streamlit as st

from gis.faults import Fault
from gis.layers import SCHEMAS, layer_label, worded
from planning import importlog, imports, smallcounts
from planning.project import Project
from planning.settings import LOCAL_EPSG
from ui.naming import stored
from ui.texts import _, language

#: Columns whose gaps change what the app can say; gaps in others are not listed.
WATCHED: Final = {
    "units": ("kind", "area", "residents"),
    "children": ("migrant",),
    "schools": (
        "kind", "provider", "boarding", "area", "primary_seats", "junior_seats", "primary_intake",
        "junior_intake", "classrooms", "teaching_area",
    ),
    "estates": ("unit_id", "primary_yield", "junior_yield", "geometry"),
    "roads": ("road_class",),
    "barriers": ("kind",),
    "areas": ("level",),
}  # fmt: skip
FIRST_ROWS: Final = 200


@st.cache_resource(max_entries=8, show_spinner=False)
def faults(key: str, _project: Project) -> list[Fault]:
    """Return every disagreement between the layers of the project, once for each version of its data."""
    return imports.check_layers(_project.layers, stage_system=_project.stage_system)


def layers(project: Project) -> pd.DataFrame:
    """Return one row a layer: is it there, how many rows, of when, from whom, out of which file."""
    rows = []
    for name in SCHEMAS:
        there = name in project.layers
        rows.append(
            {
                _("图层"): layer_label(name, language()),
                _("状态"): _("有") if there else _("缺"),
                _("行数"): len(project.layers[name]) if there else None,
                _("学年"): _year(project, name) if there else "",
                _("统计时点"): stated(project, name, "as_of") if there else "",
                _("来源"): stated(project, name, "source") if there else "",
                _("文件"): stated(project, name, "file") if there else "",
            }
        )
    return pd.DataFrame(rows).astype({_("行数"): "Int64"})


def _year(project: Project, layer: str) -> str:
    """Return the school years that a layer speaks of: those in its rows, else as stated."""
    return importlog.school_years(layer, project.layers[layer]) or stated(project, layer, "year")


def stated(project: Project, layer: str, what: str) -> str:
    """Return what is stated about a layer: its `source`, `as_of` (统计时点), `year` (学年) or `file`."""
    rows = project.sources.loc[project.sources["layer"] == layer, what].dropna()
    text = str(rows.iloc[0]).strip() if len(rows) else ""
    if project.synthetic and what == "source":
        return _("合成数据")
    return text or _("未说明")


def gaps(project: Project) -> pd.DataFrame:
    """Return what is missing, layers first, then columns with blanks, and what each gap means."""
    rows = [_gap(name, _("整个图层"), _layer_meaning()[name]) for name in SCHEMAS if not project.has(name)]
    for name, columns in WATCHED.items():
        if name in project.layers:
            frame = project.layers[name]
            rows += [row for column in columns if (row := _column_gap(name, column, frame, project))]
    return pd.DataFrame(rows, columns=[_("图层"), _("缺什么"), _("这意味着")])


def _gap(layer: str, what: str, meaning: str) -> dict[str, str]:
    return {_("图层"): layer_label(layer, language()), _("缺什么"): what, _("这意味着"): meaning}


def _column_gap(layer: str, name: str, frame: pd.DataFrame, project: Project) -> dict[str, str] | None:
    rows = _concerned(name, frame, project)
    if not len(rows):
        return None
    blank = int(rows[name].isna().sum()) if name in rows else len(rows)
    if not blank:
        return None
    label = _("位置") if name == "geometry" else SCHEMAS[layer][name].label.text(language())
    what = _("{label}:{blank}/{total} 没填", label=label, blank=f"{blank:,}", total=f"{len(rows):,}")
    return _gap(layer, what, _column_meaning()[name])


def _concerned(name: str, frame: pd.DataFrame, project: Project) -> pd.DataFrame:
    """Return the rows that a column speaks of: junior seats concern only schools that teach juniors."""
    if name in ("primary_seats", "primary_intake"):
        return frame[frame["lowest_grade"] <= max(project.grades("primary"))]
    if name in ("junior_seats", "junior_intake"):
        return frame[frame["highest_grade"] >= min(project.grades("junior"))]
    return frame


def _layer_meaning() -> dict[str, str]:
    return {
        "areas": _("研究范围按小区与村的外廓推定(推定);查不出落在行政区外的点。"),
        "units": _("不能划片,也不能画片区图。"),
        "children": _("没有分小区的适龄儿童:划片没有入学人数可用。"),
        "schools": _("不能划片,不能统计班额和学位。"),
        "classes": _("没有每班人数:班额、大班额无法统计。"),
        "enrolment": _("没有历年在校生:不能预测。"),
        "births": _("没有出生人口:三年后的一年级新生只能由近年趋势推出,误差更大。"),
        "kindergarten": _("没有在园幼儿:今后三年的一年级新生只能按登记、出生数或近年均值推算。"),
        "estates": _("预测不含新建小区带来的学生。"),
        "roads": _("步行距离按直线距离 × 绕行系数估算(估),不知道要过哪些大路。"),
        "barriers": _("河流、铁路不作为片区边界,隔河的小区也算相邻。"),
        "catchments": _("没有现行片区:不能诊断现状,也说不出方案改变了谁。"),
        "entrances": _("没有出入口:步行从单元内的一点和学校的点算起。"),
        "links": _("没有人工改动:相邻关系全由单元范围推出。"),
        "attendance": _("没有学籍汇总:不知道各小区的学生实际在哪所学校,就近入学比例只能按片区算。"),
        "aliases": _("没有地址别名:名册里的地址只按名称和门牌匹配。"),
        "doorplates": _("没有门牌范围:写街路门牌的地址匹配不到小区。"),
    }


def _column_meaning() -> dict[str, str]:
    return {
        "kind": _("类别不全,图例和按类别的统计不完整。"),
        "area": _("不知道在城区、镇区还是乡村,按城乡区分的规则里列为不明。"),
        "residents": _("常住人口合计偏小。"),
        "migrant": _("随迁子女的需求没有单列。"),
        "provider": _("没有说明的学校按公办计(设定)。"),
        "boarding": _("不知道是不是寄宿制,就近划片比例里列为不明。"),
        "primary_seats": _("所在片区的小学学位总数算不出来。"),
        "junior_seats": _("所在片区的初中学位总数算不出来。"),
        "primary_intake": _("所在片区的小学招生计划不完整:算不出学位缺口,也不能自动划片。"),
        "junior_intake": _("所在片区的初中招生计划不完整:算不出学位缺口,也不能自动划片。"),
        "classrooms": _("不能按教室数核算可用学位。"),
        "teaching_area": _("不能核算生均教学及辅助用房面积。"),
        "unit_id": _("这些新建小区不知道属于哪个单元。"),
        "primary_yield": _("改用该住房类型的缺省生源系数(设定)。"),
        "junior_yield": _("改用该住房类型的缺省生源系数(设定)。"),
        "geometry": _("这些新建小区画不到地图上。"),
        "road_class": _("不知道等级的路按支路计,不算作要穿越的大路。"),
        "level": _("分不清市、区县和镇街。"),
    }


def assumptions(project: Project) -> pd.DataFrame:
    """Return what is taken for granted in this project: the matter, the value, and where it comes from."""
    rows = [
        (_("坐标系"), crs_name(project), _("全部图层已换算到这个坐标系。")),
        (_("学制"), project.stage_system, _("项目设置。")),
        (_("绕行系数(设定)"), f"{project.detour:g}", _("没有道路可走时,步行距离 = 直线距离 × 绕行系数。")),
        (_("步行速度(设定)"), _("{n} 米/分", n=f"{project.walk_speed:g}"), _("由步行距离换算时间。")),
        (
            _("乘车速度(设定)"),
            _("{n} 公里/时", n=f"{project.ride_speed:g}"),
            _("主干路上;只用于乡村单元和步行超过半小时的。"),
        ),
        (
            _("相邻的最短共同边界(设定)"),
            _("{n} 米", n=f"{project.min_shared:g}"),
            _("更短的共同边界不算相邻。"),
        ),
        (_("单元范围"), *_territories(project)),
        (_("规则包"), "、".join(project.packs), _("项目设置;各条规则的出处见“现状”页。")),
    ]
    said = [(_("导入时"), text, when) for when, text in _imported(project)]
    return pd.DataFrame([*rows, *said], columns=[_("事项"), _("取值"), _("依据")])


def crs_name(project: Project) -> str:
    """Return what people call the project's coordinate system."""
    from gis import systems

    crs = systems.LOCAL if project.epsg == LOCAL_EPSG else systems.parse(project.epsg)
    return systems.name(crs, language())


def _territories(project: Project) -> tuple[str, str]:
    if "units" not in project.layers:
        return "—", _("没有小区与村。")
    kinds = project.layers["units"].geom_type
    points = int((kinds == "Point").sum())
    value = _("{drawn} 个有边界,{points} 个只有点位", drawn=f"{len(kinds) - points:,}", points=f"{points:,}")
    return value, _("只有点位的,以及边界之间的空地,按就近原则划出范围(推定),以道路、河流和行政区为界。")


def _imported(project: Project) -> list[tuple[str, str]]:
    """Return (when, what was assumed) of the imports that brought in the layers of today, doubles once."""
    reports = {report["at"]: report for report in importlog.latest(project.folder).values()}
    lines = [
        (str(report["at"])[:10], str(said[language()]))
        for report in reports.values()
        for said in report.get("assumed", [])
    ]
    return list(dict.fromkeys(lines))


def notes(project: Project) -> pd.DataFrame:
    """Return what was noticed when the files of today's layers were read: totals left out, cells filled.

    What was noticed between layers is left out here: `faults` finds it again, as it stands today.
    """
    reports = {report["at"]: report for report in importlog.latest(project.folder).values()}
    rows = [
        {_("导入日期"): str(report["at"])[:10], _("提示"): said[language()]}
        for report in reports.values()
        for said in report.get("warnings", [])
        if said.get("file")
    ]
    return pd.DataFrame(rows, columns=[_("导入日期"), _("提示")])


def first_rows(project: Project, layer: str) -> pd.DataFrame:
    """Return the first rows of a layer in words, with its place as coordinates of the project."""
    frame = stored(project)[layer].head(FIRST_ROWS)
    table = worded(frame, layer, language())
    if isinstance(frame, gpd.GeoDataFrame) and len(frame):
        inside = frame.geometry.representative_point()
        table = table.assign(x=inside.x.round(1).to_numpy(), y=inside.y.round(1).to_numpy())
    return table


def tables(project: Project, *, published: bool = False) -> dict[str, pd.DataFrame]:
    """Return every layer in words with its place, for the workbook; it can be imported again.

    Where it may be published, small counts of children are hidden (`planning.smallcounts`).
    """
    lang = language()
    layers = stored(project)
    if published:
        layers = {name: smallcounts.suppressed(name, frame) for name, frame in layers.items()}
    return {layer_label(name, lang): _table(frame, name) for name, frame in layers.items()}


def _table(frame: pd.DataFrame, layer: str) -> pd.DataFrame:
    # The workbook's notes name the source; as a column it would be taken for another one.
    plain = pd.DataFrame(frame).drop(columns="source", errors="ignore")
    # Capitals keep English headers apart from the names in code, which the export would word once more.
    table = worded(plain, layer, language()).rename(columns=lambda head: head[:1].upper() + head[1:])
    return pd.concat([table, _place(frame)], axis=1) if isinstance(frame, gpd.GeoDataFrame) else table


def _place(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return longitude and latitude of points, well-known text of other shapes; a local grid as it is."""
    from gis import systems

    local = systems.is_local(frame.crs)
    shapes = frame.geometry if local else frame.geometry.to_crs(systems.CGCS2000)
    digits = 2 if local else 7
    if shapes.isna().all() or not (shapes.dropna().geom_type == "Point").all():
        return pd.DataFrame({"wkt": shapes.to_wkt(rounding_precision=digits)}, index=frame.index)
    names = ("x", "y") if local else (_("经度"), _("纬度"))
    xy = (shapes.x.round(digits), shapes.y.round(digits))
    return pd.DataFrame(dict(zip(names, xy, strict=True)), index=frame.index)


def map_layers(project: Project) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers that have a place, for GeoPackage and GeoJSON."""
    return {name: f for name, f in stored(project).items() if isinstance(f, gpd.GeoDataFrame)}


def fault_rows(found: Sequence[Fault]) -> pd.DataFrame:
    """Return faults as a table, errors first: level, file, layer, row, column, and the whole sentence."""
    ordered = sorted(found, key=lambda fault: fault.level != "error")
    lang = language()
    rows = [
        (
            _("错误") if fault.level == "error" else _("提示"),
            fault.text(lang),
            layer_label(fault.layer, lang) if fault.layer else "",
            fault.file,
            fault.sheet,
            fault.row,
            fault.column,
            fault.found,
        )
        for fault in ordered
    ]
    names = [_("级别"), _("问题与改法"), _("图层"), _("文件"), _("工作表"), _("行"), _("列"), _("实际值")]
    return pd.DataFrame(rows, columns=names).astype({_("行"): "Int64"})


def marks(project: Project, found: Sequence[Fault]) -> gpd.GeoDataFrame | None:
    """Return where the faults are that speak of a unit, a school or an estate: text, level, geometry."""
    places = _places(project)
    at: dict[str, list[Fault]] = {}
    for fault in found:
        if fault.found in places:
            at.setdefault(fault.found, []).append(fault)
    if not at:
        return None
    rows = [
        {
            "text": " ".join(fault.text(language()) for fault in those),
            "level": min(fault.level for fault in those),  # "error" comes before "warning"
            "geometry": places[name],
        }
        for name, those in at.items()
    ]
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=next(iter(map_layers(project).values())).crs)


def _places(project: Project) -> dict[str, Any]:
    places: dict[str, Any] = {}
    for layer, key in (("estates", "estate_id"), ("schools", "school_id"), ("units", "unit_id")):
        if layer in project.layers:
            frame = project.layers[layer]
            points = frame.geometry.representative_point()
            places |= {i: p for i, p in zip(frame[key], points) if p is not None and not p.is_empty}
    return places


@st.cache_data(max_entries=16, show_spinner=False)
def map_html(key: str, lang: str, _project: Project) -> str:
    """Return the map of all layers as one file, once for each version of the data and language."""
    from gis import maps
    from ui.maps import data as drawing

    found = faults(key, _project)
    return str(maps.html(drawing.overview(_project, marks(_project, found))))
