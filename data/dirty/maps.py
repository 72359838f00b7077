"""What comes as map files: units as a shapefile without a word about itself, roads, barriers, areas."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import shapely.affinity

from data.dirty.sheets import Correction

UNITS: Final = "小区图斑.shp"
ROADS: Final = "道路.geojson"
BARRIERS: Final = "河流铁路.geojson"
AREAS: Final = "行政区划.gpkg"
#: CGCS2000 3-degree Gauss-Krüger zone 37: eastings begin with the zone number.
PREFIXED: Final = 4525
#: Headers of at most ten letters, in the initials of their pinyin, as survey offices write them.
_FIELDS: Final = {
    "unit_id": "XQDM", "name": "XQMC", "kind": "DYLX", "town": "SSZJ", "district": "SSQX", "area": "CXFL",
    "residents": "CZRK",
}  # fmt: skip
_KIND: Final = {"estate": "安置及商品房小区", "village": "嘎查村"}
_AREA: Final = {"urban": "111", "town": "121", "rural": "220"}
_WORDS: Final = {
    "roads": {
        "road_id": "编号",
        "name": "路名",
        "road_class": "道路等级",
        "bridge": "桥梁",
        "tunnel": "隧道",
    },
    "barriers": {"barrier_id": "编号", "name": "名称", "kind": "类别"},
    "areas": {"area_id": "区划代码", "name": "行政区名称", "level": "级别"},
}
#: Place in a .dbf of the byte that names its encoding.
_LANGUAGE_BYTE: Final = 29


def units(layers: Mapping[str, pd.DataFrame], folder: Path, *, mended: bool = False) -> list[Correction]:
    """Write the units that have outlines, in GBK without .cpg and .prj; return what is wrong in them.

    One unit is there twice, an older outline lies over others under a number of its own, one row has no
    shape; `mended` leaves those rows out. Some outlines carry a spike of no width, which leaves their area as
    it is.
    """
    every = gpd.GeoDataFrame(layers["units"])
    frame = every[every.geom_type != "Point"].to_crs(f"EPSG:{PREFIXED}").reset_index(drop=True)
    table = frame[[*_FIELDS, "geometry"]].rename(columns=_FIELDS)
    table = table.assign(DYLX=table["DYLX"].map(_KIND), CXFL=table["CXFL"].map(_AREA))
    shapes = list(table.geometry)
    table["geometry"] = [_spiked(shape) if n % 40 == 7 else shape for n, shape in enumerate(shapes)]
    moved = shapely.affinity.translate(shapes[20], xoff=60.0, yoff=45.0)
    older = table.iloc[[20]].assign(XQDM="DS-U901", XQMC="旧图斑", geometry=[moved])
    empty = table.iloc[[30]].assign(XQDM="DS-U902", XQMC="待定小区", geometry=[None])
    spoilt = pd.concat([table, table.iloc[[15]], older, empty], ignore_index=True)
    written = table if mended else spoilt
    _write_shapefile(gpd.GeoDataFrame(written, crs=PREFIXED), folder / UNITS)
    said = ("重复", "旧图斑", "没有图形")
    return [Correction(UNITS, len(table) + n, "", word, None) for n, word in enumerate(said, start=1)]


def _spiked(shape: Any) -> shapely.Geometry:
    """Return an outline that runs out to a point and straight back: invalid, but of the same area."""
    ring = shapely.get_coordinates(shape.exterior)
    away = ring[1] + (ring[1] - ring[0]) / np.hypot(*(ring[1] - ring[0])) * 15.0
    return shapely.Polygon(np.vstack([ring[:2], away[None, :], ring[1:]]))


def _write_shapefile(frame: gpd.GeoDataFrame, path: Path) -> None:
    frame.to_file(path, engine="pyogrio", encoding="GBK", DBF_DATE_LAST_UPDATE="2026-09-01")
    for ending in (".cpg", ".prj"):
        path.with_suffix(ending).unlink(missing_ok=True)
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[_LANGUAGE_BYTE] = 0
    path.with_suffix(".dbf").write_bytes(bytes(table))


def lines_and_areas(layers: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Write roads, barriers and areas as map files that say what they are; nothing is wrong in them."""
    from gis import export

    for layer, file in (("roads", ROADS), ("barriers", BARRIERS)):
        frame = gpd.GeoDataFrame(layers[layer])[[*_WORDS[layer], "geometry"]].rename(columns=_WORDS[layer])
        (folder / file).write_bytes(export.to_geojson(frame))
    areas = layers["areas"][[*_WORDS["areas"], "geometry"]].rename(columns=_WORDS["areas"])
    gpd.GeoDataFrame(areas).to_crs("EPSG:4490").to_file(
        folder / AREAS, layer="行政区划", driver="GPKG", engine="pyogrio"
    )
