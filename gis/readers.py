"""Files into layers: GeoPackage, shapefile, GeoJSON, CSV and workbooks, with Chinese or English headers.

Everything that is wrong with a file is reported at once; what was assumed comes back as warnings.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from gis.columns import Frame, Places, Schema
from gis.faults import Fault, FaultError, raise_errors
from gis.files import GDAL_DRIVERS, GEOJSON, MAX_MB, MAX_ROWS, WORKBOOKS, guard
from gis.headers import HEADERS_OF_COORDINATES, aliases, fold_header, layer_title, match_headers, score
from gis.layers import SCHEMAS
from gis.locations import locate, split_mapping
from gis.schema import check
from gis.spatial import open_gdal, open_geojson
from gis.tables import RawTable, TableFile, TableHead, open_text, open_workbook
from gis.wide import effective_headers, unpivot
from gis.words import Words, layer_words

#: A table looks like a layer from this score on (see :func:`gis.headers.score`).
LIKELY = 0.7


@dataclass(frozen=True)
class ReadResult:
    """A layer out of a file.

    Attributes
    ----------
    frame : GeoDataFrame or DataFrame
        Fixed columns of the layer, unknown columns after them.
    faults : list of Fault
        Warnings: what was assumed, mended, kept or left.
    crs_note : Words
        How the coordinate system is known; empty texts for a plain table.
    source : dict
        ``file``, ``layer``, ``table`` (sheets or layers of the file), ``rows``, ``as_of`` (统计时点, as the
        caller gave it), ``title`` (text above the header), ``encoding``, ``modified`` (date of the file).
    """

    frame: Frame
    faults: list[Fault]
    crs_note: Words
    source: dict[str, Any]


@dataclass(frozen=True)
class TableInfo:
    """What a table of a file has, and which layer it looks like (``""`` for none), scored from 0 to 1.

    ``geometry`` is the type of its geometries, empty for a plain table.
    """

    name: str
    columns: tuple[str, ...]
    rows: int
    geometry: str
    layer: str
    score: float


def read_layer(
    path: str | Path,
    layer: str,
    *,
    table: str | None = None,
    crs: Any = None,
    mapping: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
    stage_system: str = "6-3",
    as_of: str = "",
    max_mb: float = MAX_MB,
    max_rows: int = MAX_ROWS,
) -> ReadResult:
    """Read one layer from a file.

    Parameters
    ----------
    path
        .gpkg, .shp, .geojson, .json, .csv, .txt, .tsv, .xlsx, .xlsm, .xls or .ods, on this machine.
    layer
        A name of :data:`gis.layers.SCHEMAS`.
    table
        Sheet or layer of the file. Without it, the table that bears the layer's name, else those that look
        like it; sheets with the same headers are read as one, and that is said.
    crs
        The coordinate system, where the user states it: EPSG code, WKT, ``"local"``, ``"GCJ-02"`` or
        ``"BD-09"``.
    mapping
        Header -> column name (or ``x``, ``y``, ``wkt``), for headers that are not understood by themselves.
    values
        Column name -> value for every row, where the table has no such column (the year in a title).
    stage_system
        ``"6-3"`` or ``"5-4"``, for words like 初一 and for grades by kind of school.
    as_of
        统计时点 of the table, kept in ``source``.
    max_mb, max_rows
        Bounds; see :func:`gis.files.guard`.

    Returns
    -------
    ReadResult
        The layer, in the coordinate system of the file.

    Raises
    ------
    FaultError
        With every fault of the file, warnings included, if at least one is an error.
    KeyError
        If there is no such layer, or ``values`` names no column of it.
    """
    schema = SCHEMAS[layer]
    path = guard(path, max_mb=max_mb)
    opened = _open(path, mapping=mapping, max_rows=max_rows)
    names, faults = _chosen(opened, schema, table, mapping)
    result = _read(opened, names, schema, crs=crs, mapping=mapping, values=values, stage_system=stage_system)
    modified = datetime.date.fromtimestamp(path.stat().st_mtime).isoformat()
    source = {"file": path.name, "layer": layer, "as_of": as_of, "modified": modified} | result.source
    return ReadResult(result.frame, raise_errors(faults + result.faults), result.crs_note, source)


def read_all(
    path: str | Path, *, crs: Any = None, stage_system: str = "6-3", as_of: str = ""
) -> dict[str, ReadResult]:
    """Read every layer that a file of several tables has (a workbook, a GeoPackage).

    Raises
    ------
    FaultError
        With the faults of all tables, if at least one is an error; ``layer_not_found`` when no table looks
        like a layer.
    """
    results: dict[str, ReadResult] = {}
    faults: list[Fault] = []
    found = {info.layer for info in inspect(path)} - {""}
    for layer in [name for name in SCHEMAS if name in found]:
        try:
            results[layer] = read_layer(path, layer, crs=crs, stage_system=stage_system, as_of=as_of)
        except FaultError as error:
            faults += error.faults
    if not found:
        tables = [info.name or Path(path).name for info in inspect(path)]
        params = {"tables": tables, "layer": Words("任何图层", "any layer")}
        faults.append(Fault("layer_not_found", Path(path).name, params=params))
    raise_errors(faults)
    return results


def inspect(path: str | Path, *, max_mb: float = MAX_MB, max_rows: int = MAX_ROWS) -> list[TableInfo]:
    """Return the tables of a file: name, headers, rows, and the layer each looks like.

    Raises
    ------
    FaultError
        When the file cannot be opened.
    """
    opened = _open(guard(path, max_mb=max_mb), mapping=None, max_rows=max_rows)
    return [_info(head) for head in opened.heads]


def _info(head: TableHead) -> TableInfo:
    layer, best = _likeliest(head)
    return TableInfo(head.name, head.headers, head.rows, head.geometry, layer, round(best, 3))


def _likeliest(head: TableHead) -> tuple[str, float]:
    """Return the layer that a table is named after, else the one its headers look most like."""
    scores = {
        name: score(effective_headers(head.headers, schema), schema, geometry=head.geometry)
        for name, schema in SCHEMAS.items()
    }
    named = [name for name in SCHEMAS if head.name and layer_title(head.name, name)]
    best = named[0] if named else max(scores, key=lambda name: round(scores[name], 2))
    return (best, scores[best]) if named or scores[best] >= LIKELY else ("", scores[best])


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    words = {word for schema in SCHEMAS.values() for part in aliases(schema) for word in part}
    return frozenset(words | HEADERS_OF_COORDINATES)


def _open(path: Path, *, mapping: Mapping[str, str] | None, max_rows: int) -> TableFile:
    ending = path.suffix.lower()
    if ending in GDAL_DRIVERS:
        return open_gdal(path, max_rows=max_rows)
    if ending in GEOJSON:
        return open_geojson(path, max_rows=max_rows)
    vocabulary = _vocabulary() | {fold_header(header) for header in mapping or {}}
    open_table = open_workbook if ending in WORKBOOKS else open_text
    return open_table(path, vocabulary=vocabulary, max_rows=max_rows)


def _chosen(
    opened: TableFile, schema: Schema, table: str | None, mapping: Mapping[str, str] | None
) -> tuple[list[str], list[Fault]]:
    """Return the tables to read as a layer, and warnings about the choice."""
    tables = [head.name or opened.file for head in opened.heads]
    if table is not None:
        if table not in [head.name for head in opened.heads]:
            raise FaultError([Fault("table_missing", opened.file, found=table, params={"tables": tables})])
        return [table], []
    if len(opened.heads) == 1:
        return [opened.heads[0].name], []
    likely = _likely(opened, schema, mapping)
    label = layer_words(schema.name)
    if not likely:
        params = {"tables": tables, "layer": label}
        raise FaultError([Fault("layer_not_found", opened.file, layer=schema.name, params=params)])
    columns = {
        frozenset(match_headers(effective_headers(head.headers, schema), schema).columns) for head in likely
    }
    names = [head.name for head in likely]
    if len(columns) > 1:
        params = {"tables": names, "layer": label}
        raise FaultError([Fault("layer_ambiguous", opened.file, layer=schema.name, params=params)])
    joined = [Fault("tables_joined", opened.file, layer=schema.name, params={"tables": names})]
    left = [
        Fault("table_left", opened.file, head.name)
        for head in opened.heads
        if head not in likely and head.rows and not _likeliest(head)[0] and not _is_notes(head)
    ]
    return names, (joined if len(names) > 1 else []) + left


def _likely(opened: TableFile, schema: Schema, mapping: Mapping[str, str] | None) -> list[TableHead]:
    named = [head for head in opened.heads if layer_title(head.name, schema.name)]
    if named:
        return named
    mapped = {fold_header(header) for header in mapping or {}}
    return [
        head
        for head in opened.heads
        if _likeliest(head)[0] == schema.name or mapped & {fold_header(header) for header in head.headers}
    ]


def _is_notes(head: TableHead) -> bool:
    return fold_header(head.name) in ("说明", "填表说明", "notes", "readme") or head.name.startswith("说明")


def _read(
    opened: TableFile,
    names: Sequence[str],
    schema: Schema,
    *,
    crs: Any,
    mapping: Mapping[str, str] | None,
    values: Mapping[str, Any] | None,
    stage_system: str,
) -> ReadResult:
    tables = [opened.load(name) for name in names]
    columns, coordinates = split_mapping(mapping)
    frame, places = _joined(opened.file, tables, schema)
    frame, places, said = _arranged(frame, schema, places, values or {})
    faults = [fault for table in tables for fault in table.faults] + said
    if not len(frame):
        faults.append(Fault("table_empty", opened.file, names[0], schema.name))
    standard = Path(opened.file).suffix.lower() in GEOJSON
    located = locate(
        frame,
        schema,
        places,
        declared=tables[0].declared,
        crs=crs,
        mapping=coordinates,
        standard=standard,
    )
    checked, more = check(located.frame, schema, places=places, mapping=columns, stage_system=stage_system)
    source = {
        "table": "、".join(names),
        "rows": len(checked),
        "title": tables[0].title,
        "encoding": tables[0].encoding,
    }
    faults += located.faults + _without_doubles(more, located.faults + faults)
    return ReadResult(_exploded(checked, schema), faults, located.note, source)


def _without_doubles(faults: list[Fault], before: list[Fault]) -> list[Fault]:
    """Leave out "no location" for rows whose location is already said to be wrong."""
    said = {(f.sheet, f.row) for f in before if f.kind in ("coordinate_not_number", "geometry_unreadable")}
    wrong = any(f.kind in ("coordinate_not_number", "geometry_unreadable") for f in before)
    return [
        f
        for f in faults
        if not (f.kind == "geometry_missing" and (f.sheet, f.row) in said)
        and not (f.kind == "geometry_columns_missing" and wrong)
    ]


def _joined(file: str, tables: Sequence[RawTable], schema: Schema) -> tuple[pd.DataFrame, Places]:
    """Return several tables as one, under the headers of the first, and where each row stands."""
    frames = [_renamed(table.frame, tables[0].frame, schema) for table in tables]
    frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    sheets = [table.name for table in tables for _ in range(len(table.frame))]
    rows = [row for table in tables for row in table.rows]
    return frame.reset_index(drop=True), Places(file, sheets, rows, tables[0].feature)


def _arranged(
    frame: pd.DataFrame, schema: Schema, places: Places, values: Mapping[str, Any]
) -> tuple[pd.DataFrame, Places, list[Fault]]:
    """Return a table with grades below each other and the values given for every row, and what was done."""
    wide = unpivot(frame, schema, places)
    frame, places, said = wide.frame, wide.places, wide.faults
    sheet = places.sheets[0] if len(places.rows) else ""
    there = match_headers([str(c) for c in frame.columns], schema).columns
    for name, value in values.items():
        if name in there:
            continue
        frame = frame.assign(**{name: value})
        params = {"label": schema[name].label}
        said.append(Fault("value_given", places.file, sheet, schema.name, found=str(value), params=params))
    return frame, places, said


def _renamed(frame: pd.DataFrame, first: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Return a table under the headers by which the first one calls the same columns."""
    own, other = (match_headers([str(c) for c in f.columns], schema) for f in (frame, first))
    names = {own.header(n): other.header(n) for n in own.columns if n in other.columns}
    folded = {fold_header(str(c)): str(c) for c in first.columns}
    names |= {str(c): folded[fold_header(str(c))] for c in frame.columns if fold_header(str(c)) in folded}
    return frame.rename(columns=names)


def _exploded(frame: Frame, schema: Schema) -> Frame:
    """Return lines of several parts as one row a part, for layers without a key (roads, barriers)."""
    if schema.key or not isinstance(frame, gpd.GeoDataFrame) or not len(frame):
        return frame
    if not (frame.geom_type == "MultiLineString").any():
        return frame
    return frame.explode(index_parts=False, ignore_index=True)
