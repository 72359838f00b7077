"""Faults of places: the wordings that territories, adjacency, roads and travel share, and their checks."""

from __future__ import annotations

import geopandas as gpd

from gis.faults import WARNING, Fault, FaultError, register_kinds

register_kinds(
    {
        "space_no_metres": (
            "图层坐标系不是以米为单位的投影坐标系({found})。请先转换到项目坐标系。",
            "The layer is not in a projected coordinate system in metres ({found}). "
            "Convert it to the project's first.",
        ),
        "space_no_geometry": (
            "单元 {found} 没有图形。请补上点位或边界。",
            "Unit {found} has no geometry. Give it a point or a boundary.",
        ),
        "space_repeated_unit": (
            "单元编号 {found} 重复。每个单元只能出现一次。",
            "Unit id {found} occurs more than once. Each unit must occur once.",
        ),
        "space_outside_area": (
            "单元 {found} 在研究范围之外。请检查坐标或扩大范围。",
            "Unit {found} lies outside the study area. Check its coordinates or widen the area.",
        ),
        "space_covered_unit": (
            "单元 {found} 的边界被其他单元完全覆盖。请删除重复的边界或改画。",
            "The polygon of unit {found} is wholly covered by other units. Remove or redraw one of them.",
        ),
        "space_unknown_unit": (
            "相邻关系中的单元编号 {found} 不存在。请核对编号。",
            "Unit {found} in the links does not exist. Check the id.",
        ),
        "space_self_link": (
            "单元 {found} 不能与自己相邻。请改正这一对编号。",
            "Unit {found} cannot be its own neighbour. Correct the pair.",
        ),
        "space_bad_action": (
            "相邻关系的处理方式“{found}”不是 link(连通)或 cut(断开)。请改正。",
            'The action "{found}" of a link is neither link nor cut. Correct it.',
        ),
        "space_link_and_cut": (
            "单元 {found} 既标为连通又标为断开。请删去其中一条。",
            "The pair {found} is both linked and cut. Remove one of the two rows.",
        ),
        "space_no_osm_file": (
            "找不到 OSM 文件,或扩展名不是 .osm / .pbf。请检查路径。",
            "There is no such OSM file, or its name does not end in .osm / .pbf. Check the path.",
        ),
        "space_bad_osm_file": (
            "无法读取 OSM 文件({found})。请重新下载或导出。",
            "The OSM file cannot be read ({found}). Download or export it again.",
        ),
        "space_no_roads": (
            "没有找到可用的道路。请检查文件、范围和道路等级。",
            "No usable road was found. Check the file, the extent and the road classes.",
        ),
    }
)

register_kinds(
    {
        "space_unknown_owner": (
            "出入口所属的小区或学校 {found} 不存在,没有用到。请核对编号。",
            "The unit or school {found} of an entrance does not exist, so it is not used. Check the id.",
        ),
    },
    level=WARNING,
)


def metres_faults(frame: gpd.GeoDataFrame, layer: str) -> list[Fault]:
    """One fault if the layer says that its coordinates are not projected metres."""
    if frame.crs is None or frame.crs.is_projected:
        return []
    return [Fault("space_no_metres", layer=layer, found=str(frame.crs))]


def check_units(units: gpd.GeoDataFrame) -> None:
    """Raise a FaultError that lists missing geometries, repeated ids and a CRS that is not in metres."""
    ids = units["unit_id"].astype(str)
    empty = units.geometry.isna() | units.geometry.is_empty
    faults = [Fault("space_no_geometry", layer="units", found=i) for i in ids[empty]]
    faults += [Fault("space_repeated_unit", layer="units", found=i) for i in ids[ids.duplicated()].unique()]
    faults += metres_faults(units, "units")
    if faults:
        raise FaultError(faults)
