"""One plane coordinate system in metres for all layers of a project, and why it is that one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gis import crs as systems
from gis.faults import Fault, FaultError, Words, register_kinds
from gis.layers import layer_label
from planning.project import Project
from planning.settings import LOCAL_EPSG

#: The layers whose place decides the coordinate system of a new project; the first one there is does.
_DECIDING: Final = ("units", "schools", "areas", "estates", "roads", "barriers")

register_kinds(
    {
        "import_no_location": (
            "新项目至少要有一个带位置的图层。请先导入小区与村，或学校。",
            "a new project needs at least one layer with locations. Import the units or the schools first.",
        ),
        "import_crs_code": (
            "坐标系“{found}”没有 EPSG 编号，不能作为项目坐标系。请指明一个 EPSG 编号。",
            'the coordinate system "{found}" has no EPSG code and cannot be that of a project. '
            "State one that has.",
        ),
    }
)


def target_crs(there: Project | None, frames: Mapping[str, pd.DataFrame]) -> tuple[CRS, Words]:
    """Return the coordinate system of the project, and why it is that one.

    Parameters
    ----------
    there : Project or None
        The project as it is; None for a new one.
    frames : mapping
        The layers to come, in the coordinate systems of their files.

    Returns
    -------
    crs : pyproj.CRS
        The project's own; for a new project CGCS2000 3-degree Gauss-Krüger by longitude (UTM outside China),
        or the local grid when every layer is on one.
    reason : Words

    Raises
    ------
    FaultError
        If no layer of a new project has a place.
    """
    if there is not None:
        kept = systems.LOCAL if there.epsg == LOCAL_EPSG else systems.parse(there.epsg)
        return kept, _because(kept, Words("项目原有", "the project's own"))
    located = _located(frames)
    if not located:
        raise FaultError([Fault("import_no_location")])
    on_earth = {layer: frame for layer, frame in located.items() if not systems.is_local(frame.crs)}
    layer, frame = next(iter((on_earth or located).items()))
    chosen = systems.metric_crs(frame)
    if systems.is_local(chosen):
        return chosen, _because(chosen, Words("按用户指明", "as stated by the planner"))
    zh, en = layer_label(layer), layer_label(layer, "en")
    why = Words(f"按“{zh}”图层中央的经度选定", f'chosen by the middle longitude of the layer "{en}"')
    return chosen, _because(chosen, why)


def _because(crs: CRS, why: Words) -> Words:
    return Words(
        f"项目坐标系：{systems.name(crs)}（{why.zh}；平面坐标，单位米）。",
        f"Coordinate system of the project: {systems.name(crs, 'en')} ({why.en}; plane metres).",
    )


def _located(frames: Mapping[str, pd.DataFrame]) -> dict[str, gpd.GeoDataFrame]:
    ordered = [*_DECIDING, *(name for name in frames if name not in _DECIDING)]
    return {
        name: frame
        for name in ordered
        if isinstance(frame := frames.get(name), gpd.GeoDataFrame) and frame.geometry.notna().any()
    }


def epsg_of(crs: CRS) -> int:
    """Return the code a project keeps for its coordinate system, `LOCAL_EPSG` for a local grid.

    Raises
    ------
    FaultError
        If the system has no code.
    """
    if systems.is_local(crs):
        return LOCAL_EPSG
    code = crs.to_epsg()
    if code is None:
        raise FaultError([Fault("import_crs_code", found=crs.name)])
    return code


def place(
    frames: Mapping[str, pd.DataFrame], crs: CRS, *, files: Mapping[str, str]
) -> tuple[dict[str, pd.DataFrame], list[Fault]]:
    """Put every layer into one coordinate system.

    Parameters
    ----------
    frames : mapping
        The layers, in the coordinate systems of their files.
    crs : pyproj.CRS
        The project's.
    files : mapping of str to str
        Layer -> file name, for the faults.

    Returns
    -------
    frames : dict
    warnings : list of Fault
        Layers whose transformation is only known to tens of metres.

    Raises
    ------
    FaultError
        With every layer that cannot be placed.
    """
    placed, wrong, warned = dict(frames), [], []
    for layer, frame in frames.items():
        if not isinstance(frame, gpd.GeoDataFrame):
            continue
        file = files.get(layer, "")
        if frame.crs is not None:
            warned += systems.transform_faults(frame.crs, crs, file=file, layer=layer)
        try:
            placed[layer] = systems.to_project(frame, crs)
        except FaultError as error:
            wrong += [replace(fault, file=file, layer=layer) for fault in error.faults]
    if wrong:
        raise FaultError([*wrong, *warned])
    return placed, warned
