"""Files into layers: whatever a bureau has, one file or a folder of returns, with Chinese or English headers.

Everything that is wrong with the files is reported at once; what was assumed comes back as warnings.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from gis.arranging import Options, arrange, as_of_dates
from gis.choosing import chosen, likeliest
from gis.columns import Frame, Places, Schema
from gis.faults import Fault, FaultError, raise_errors
from gis.files import MAX_MB, MAX_ROWS
from gis.garbled import garbled
from gis.geometries import exploded
from gis.headers import fold_header
from gis.layers import SCHEMAS
from gis.locations import locate, split_mapping
from gis.mending import mend
from gis.opening import open_file
from gis.pieces import Piece, settled, together
from gis.rawtable import RawTable, TableHead
from gis.schema import check
from gis.values import as_text, is_blank
from gis.words import Words

Paths = str | Path | Sequence[str | Path]


@dataclass(frozen=True)
class ReadResult:
    """A layer out of one or several files.

    Attributes
    ----------
    frame : GeoDataFrame or DataFrame
        Fixed columns of the layer, unknown columns after them.
    faults : list of Fault
        Warnings: what was assumed, mended, kept or left.
    crs_note : Words
        How the coordinate system is known; empty texts for a plain table.
    source : dict
        ``file`` and ``files``, ``layer``, ``table`` (sheets or layers of the files), ``rows``, ``as_of``
        (统计时点: as the caller gave it, else as all tables state it), ``title`` (text above the header),
        ``encoding``, ``modified`` (date of the newest file).
    places : Places
        Where each row of ``frame`` stands in its file.
    """

    frame: Frame
    faults: list[Fault]
    crs_note: Words
    source: dict[str, Any]
    places: Places


@dataclass(frozen=True)
class TableInfo:
    """What a table of a file has, and which layer it looks like (``""`` for none), scored from 0 to 1.

    ``geometry`` is the type of its geometries, empty for a plain table; ``rows`` is -1 where counting would
    mean reading all of it (an OpenStreetMap extract).
    """

    name: str
    columns: tuple[str, ...]
    rows: int
    geometry: str
    layer: str
    score: float
    file: str = ""


@dataclass(frozen=True)
class _Asked:
    """What is asked of every file of a layer."""

    schema: Schema
    table: str | Sequence[str] | None
    crs: Any
    encoding: str
    options: Options
    mended: pd.DataFrame | None
    max_mb: float
    max_rows: int


@dataclass(frozen=True)
class _File:
    """One file, read and located."""

    piece: Piece
    note: Words
    tables: list[RawTable]
    modified: str


def read_layer(
    path: Paths,
    layer: str,
    *,
    table: str | Sequence[str] | None = None,
    crs: Any = None,
    mapping: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
    words: Mapping[str, Mapping[str, Any]] | None = None,
    stage_system: str = "6-3",
    as_of: str = "",
    encoding: str = "",
    schools: pd.DataFrame | None = None,
    mended: pd.DataFrame | None = None,
    names: Sequence[str] = (),
    max_mb: float = MAX_MB,
    max_rows: int = MAX_ROWS,
) -> ReadResult:
    """Read one layer from a file, or from several files of the same kind (a folder of returns).

    Parameters
    ----------
    path
        One of :data:`gis.files.FORMATS` on this machine (no archive); or a sequence of them.
    layer
        A name of :data:`gis.layers.SCHEMAS`.
    table
        Sheet or layer of the files, or several of them to be read as one. Without it, the table that bears
        the layer's name, else those that look like it; sheets with the same headers are read as one, and that
        is said.
    crs
        The coordinate system, where the user states it: EPSG code, WKT, ``"local"``, ``"GCJ-02"`` or
        ``"BD-09"``.
    mapping
        Header -> column name (or ``x``, ``y``, ``wkt``), for headers that are not understood by themselves;
        an empty name for a column that is not to be used.
    values
        Column name -> value for every row, where the table has no such column (the year in a title).
    words
        Column name -> what cells hold -> what is meant, for values that are not understood by themselves.
    stage_system
        ``"6-3"`` or ``"5-4"``, for words like 初一 and for grades by kind of school.
    as_of
        统计时点 of the tables, kept in ``source``; without it, what they state themselves.
    encoding
        Text encoding, where the user states it.
    schools
        The schools of the project, which tell the stage of grades named by their year of entry (2021级).
    mended
        Rows given back mended, as :func:`gis.mending.faulty_rows` gave them out.
    names
        What people know the files by, where they are copies under other names.
    max_mb, max_rows
        Bounds of each file; see :func:`gis.files.guard`.

    Returns
    -------
    ReadResult
        The layer, in the coordinate system of the (first) file.

    Raises
    ------
    FaultError
        With every fault of the files, warnings included, if at least one is an error.
    KeyError
        If there is no such layer, or ``values`` names no column of it.
    """
    paths = [path] if isinstance(path, str | Path) else list(path)
    columns, coordinates = split_mapping(mapping)
    options = Options(columns, coordinates, values or {}, words or {}, stage_system, schools)
    asked = _Asked(SCHEMAS[layer], table, crs, encoding, options, mended, max_mb, max_rows)
    files, faults = _opened(paths, titles(paths, names), asked)
    faults += _not_there(files, asked)
    if not files:
        raise FaultError(faults)
    tables = [table for file in files for table in file.tables]
    piece = together([file.piece for file in files], asked.schema)
    checked, more = check(
        piece.frame,
        asked.schema,
        places=piece.places,
        match=piece.match,
        words=words,
        stage_system=stage_system,
    )
    stated, said = _as_of(as_of, tables, piece)
    faults += [*piece.faults, *said, *_without_doubles(more, piece, faults + piece.faults)]
    frame, places = exploded(checked, asked.schema, piece.places)
    source = _source(files, layer, stated, len(checked))
    return ReadResult(frame, raise_errors(faults), files[0].note, source, places)


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


def inspect(
    path: str | Path, *, encoding: str = "", max_mb: float = MAX_MB, max_rows: int = MAX_ROWS
) -> list[TableInfo]:
    """Return the tables of a file: name, headers, rows, and the layer each looks like.

    Raises
    ------
    FaultError
        When the file cannot be opened.
    """
    opened = open_file(path, encoding=encoding, max_mb=max_mb, max_rows=max_rows)
    return [_info(head, opened.file) for head in opened.heads]


def samples(path: str | Path, table: str = "", *, count: int = 5, encoding: str = "") -> dict[str, list[str]]:
    """Return a few different cells of each column of a table, as text: header -> cells.

    They may be personal data: show them, and keep them nowhere.

    Raises
    ------
    FaultError
        When the file cannot be opened.
    KeyError
        If there is no such table.
    """
    opened = open_file(path, encoding=encoding)
    if table not in [head.name for head in opened.heads]:
        raise KeyError(table)
    frame = opened.load(table).frame
    found: dict[str, list[str]] = {}
    for at, header in enumerate(map(str, frame.columns)):
        if header != "geometry":
            cells = dict.fromkeys(as_text(c) for c in frame.iloc[:, at] if not is_blank(c))
            found[header] = list(cells)[:count]
    return found


def titles(paths: Sequence[str | Path], names: Sequence[str] = ()) -> list[str]:
    """Return what to call each file: the name given, else its own, with its folder where two share one."""
    given = dict(enumerate(names))
    own = [Path(path).name for path in paths]
    return [
        given.get(i) or (name if own.count(name) == 1 else "/".join(Path(path).parts[-2:]))
        for i, (path, name) in enumerate(zip(paths, own))
    ]


def _info(head: TableHead, file: str) -> TableInfo:
    layer, best = likeliest(head, file=file)
    return TableInfo(head.name, head.headers, head.rows, head.geometry, layer, round(best, 3), file)


def _opened(
    paths: Sequence[str | Path], names: Sequence[str], asked: _Asked
) -> tuple[list[_File], list[Fault]]:
    """Return the files that can be read, and the faults of those that cannot."""
    files: list[_File] = []
    faults: list[Fault] = []
    for path, name in zip(paths, names):
        try:
            files.append(_read(Path(path), name, asked))
        except FaultError as error:
            faults += [replace(f, file=name) if f.file == Path(path).name else f for f in error.faults]
    return files, faults


def _read(path: Path, name: str, asked: _Asked) -> _File:
    """Return the tables of one file that are the layer, as one piece with a geometry."""
    options = asked.options
    opened = open_file(
        str(path),
        name=name,
        headers=[*options.mapping, *options.coordinates],
        encoding=asked.encoding,
        max_mb=asked.max_mb,
        max_rows=asked.max_rows,
    )
    wanted, faults = chosen(opened, asked.schema, asked.table, {**options.mapping, **options.coordinates})
    tables = [opened.load(table) for table in wanted]
    faults = [*opened.faults, *faults]
    if asked.mended is not None:
        tables, said = mend(tables, asked.mended, file=name)
        faults += said
    faults += garbled([table.frame for table in tables], file=name)
    piece = together([arrange(table, asked.schema, options, file=name) for table in tables], asked.schema)
    if not len(piece.frame):
        faults.append(Fault("table_empty", name, wanted[0], asked.schema.name))
    located = locate(
        piece.frame,
        asked.schema,
        piece.places,
        declared=tables[0].declared,
        crs=asked.crs,
        mapping=options.coordinates,
        standard=tables[0].standard,
        drawing=tables[0].drawing,
    )
    faults = [replace(f, file=name) if f.file == path.name else f for f in [*faults, *piece.faults]]
    piece = settled(replace(piece, faults=faults), located.frame, located.faults)
    modified = datetime.date.fromtimestamp(path.stat().st_mtime).isoformat()
    return _File(piece, located.note, tables, modified)


def _not_there(files: Sequence[_File], asked: _Asked) -> list[Fault]:
    """Return a fault for each header that the mapping names and no table has."""
    if not files:
        return []
    there = {fold_header(str(c)) for file in files for table in file.tables for c in table.frame.columns}
    shown = [str(c) for c in files[0].tables[0].frame.columns if c != "geometry"]
    place = (files[0].piece.places.file, files[0].tables[0].name, asked.schema.name)
    return [
        Fault("mapping_unknown", *place, found=header, params={"columns": shown})
        for header in asked.options.mapping
        if fold_header(header) not in there
    ]


def _as_of(given: str, tables: Sequence[RawTable], piece: Piece) -> tuple[str, list[Fault]]:
    """Return the 统计时点, and what is to be said where it is stated several times."""
    dates = as_of_dates(tables)
    if given and any(not date.startswith(given) and not given.startswith(date) for date in dates):
        params = {"given": given}
        return given, [Fault("as_of_differs", piece.places.file, found="、".join(dates), params=params)]
    if not given and len(dates) > 1:
        return "", [Fault("as_of_several", piece.places.file, params={"dates": dates})]
    return given or "".join(dates), []


def _source(files: Sequence[_File], layer: str, as_of: str, rows: int) -> dict[str, Any]:
    tables = [table for file in files for table in file.tables]
    names = list(dict.fromkeys(file.piece.places.file for file in files))
    return {
        "file": "、".join(names),
        "files": names,
        "layer": layer,
        "as_of": as_of,
        "modified": max(file.modified for file in files),
        "table": "、".join(dict.fromkeys(table.name for table in tables)),
        "rows": rows,
        "title": tables[0].title,
        "encoding": "、".join(dict.fromkeys(table.encoding for table in tables if table.encoding)),
    }


def _without_doubles(faults: list[Fault], piece: Piece, before: list[Fault]) -> list[Fault]:
    """Leave out what is said already: no location where it is wrong, no value where the column is missing."""
    wrong = [f for f in before if f.kind in ("coordinate_not_number", "geometry_unreadable")]
    said = {(f.file, f.sheet, f.row) for f in wrong}
    lacking = {
        (f.file, f.sheet, f.params.get("name")) for f in piece.match.faults if f.kind == "column_missing"
    }
    return [
        f
        for f in faults
        if not (f.kind == "geometry_missing" and (f.file, f.sheet, f.row) in said)
        and not (f.kind == "geometry_columns_missing" and wrong)
        and not (f.kind == "value_missing" and (f.file, f.sheet, f.params.get("name")) in lacking)
    ]


__all__ = [
    "Paths",
    "ReadResult",
    "TableInfo",
    "inspect",
    "read_all",
    "read_layer",
    "samples",
    "titles",
]
