"""Drawings (DXF): each drawing layer a table, texts in any encoding, names from texts inside areas."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from gis.faults import Fault, FaultError
from gis.files import MAX_ROWS, gdal_encoding
from gis.rawtable import RawTable, TableFile, from_tables

#: Headers of what is known of a shape in a drawing.
LAYER, TEXT, HANDLE = "图层", "文字", "句柄"


def open_dxf(path: Path, *, max_rows: int = MAX_ROWS, encoding: str = "") -> TableFile:
    """Open a drawing; each of its layers is a table, with the texts that lie within its closed shapes.

    Parameters
    ----------
    path
        A .dxf file in text form.
    max_rows
        Most shapes.
    encoding
        Text encoding, where the user states it; else UTF-8, and GB18030 where that does not fit.

    Raises
    ------
    FaultError
        ``file_unreadable``, ``encoding_unknown``, ``too_many_rows`` or ``table_empty``.
    """
    used = gdal_encoding(path, encoding or _encoding(path))
    with _reading_as(used):
        try:
            frame = pyogrio.read_dataframe(path, layer="entities")
        except (DataSourceError, DataLayerError, UnicodeDecodeError) as error:
            raise FaultError([Fault("file_unreadable", path.name, params={"reason": str(error)})]) from error
    if len(frame) > max_rows:
        raise FaultError([Fault("too_many_rows", path.name, params={"rows": len(frame), "limit": max_rows})])
    if not len(frame):
        raise FaultError([Fault("table_empty", path.name)])
    return from_tables(path.name, _layers(frame, used))


def _encoding(path: Path) -> str:
    data = path.read_bytes()
    for encoding in ("utf-8", "gb18030"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise FaultError([Fault("encoding_unknown", file=path.name)])


@contextmanager
def _reading_as(encoding: str) -> Iterator[None]:
    """Make GDAL read drawings in an encoding: the code page that a drawing states is often not its own."""
    pyogrio.set_gdal_config_options({"DXF_ENCODING": encoding})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"DXF_ENCODING": None})


def _layers(frame: gpd.GeoDataFrame, encoding: str) -> Iterator[RawTable]:
    shapes = gpd.GeoSeries(shapely.force_2d(frame.geometry.to_numpy()), index=frame.index)
    texts = frame["Text"].astype("str")
    written = texts.notna() & (shapes.geom_type == "Point")
    for name, rows in frame.groupby(frame["Layer"].astype("str"), sort=True).groups.items():
        own = shapes.loc[rows]
        inside = _texts_within(own, shapes[written], texts[written])
        columns = {
            LAYER: str(name),
            TEXT: texts.loc[rows].fillna(inside).astype(object),
            HANDLE: frame["EntityHandle"].loc[rows].astype(object),
        }
        table = gpd.GeoDataFrame(columns, geometry=own).reset_index(drop=True)
        numbers = [int(row) + 1 for row in rows]
        yield RawTable(str(name), table, numbers, True, None, [], encoding, drawing=True)


def _texts_within(shapes: gpd.GeoSeries, points: gpd.GeoSeries, texts: pd.Series) -> pd.Series:
    """Return for each closed shape the texts whose place is in it, one after the other; NA where none is."""
    closed = gpd.GeoSeries(closed_as_polygons(shapes.to_numpy())[0], index=shapes.index)
    closed = closed[closed.geom_type.isin(["Polygon", "MultiPolygon"])]
    if closed.empty or points.empty:
        return pd.Series(None, index=shapes.index, dtype="str")
    at, within = points.sindex.query(closed.geometry, predicate="contains")
    found = pd.Series(texts.iloc[within].to_numpy(), index=closed.index[at], dtype="str")
    return found.groupby(level=0).agg(" ".join).reindex(shapes.index)


def closed_as_polygons(shapes: object) -> tuple[list[object], int]:
    """Return shapes with closed lines of an area as polygons, and how many there were."""
    out: list[object] = []
    count = 0
    for shape in shapes:  # type: ignore[attr-defined]
        ring = (
            shape is not None and shape.geom_type == "LineString" and shape.is_ring and len(shape.coords) > 3
        )
        out.append(shapely.Polygon(shape.coords) if ring else shape)
        count += bool(ring)
    return out, count
