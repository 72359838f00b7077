"""Any file that can be read, opened as tables; the bytes decide, and no driver is left to choose."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from gis.dxf import open_dxf
from gis.faults import Fault, FaultError
from gis.files import ARCHIVES, GDAL_DRIVERS, GEOJSON, GRAPHS, MAX_MB, MAX_ROWS, OSM, guard
from gis.headers import HEADERS_OF_COORDINATES, aliases, fold_header
from gis.layers import SCHEMAS
from gis.osm import read_osm, read_osm_barriers
from gis.osmgraphs import read_graphml
from gis.rawtable import RawTable, TableFile, TableHead, from_tables
from gis.spatial import open_gdal, open_geojson
from gis.tables import open_text
from gis.words import Words

_UNPACK = Words("请先解压，再读里面的文件。", "Unpack it first and read the files in it.")
_OWN = ("文件", "工作表", "行号", "问题", "处理")


@lru_cache(maxsize=1)
def vocabulary() -> frozenset[str]:
    """Return every folded header that is understood, by which the header row of a sheet is found."""
    words = {word for schema in SCHEMAS.values() for part in aliases(schema) for word in part}
    return frozenset(words | HEADERS_OF_COORDINATES | set(_OWN))


def open_file(
    path: str | Path,
    *,
    name: str = "",
    headers: Collection[str] = (),
    encoding: str = "",
    max_mb: float = MAX_MB,
    max_rows: int = MAX_ROWS,
) -> TableFile:
    """Open a file, or the folder of a geodatabase, as tables.

    Parameters
    ----------
    path
        On this machine; see :func:`gis.files.guard`.
    name
        What people know the file by, where ``path`` is a copy under another name.
    headers
        Headers that are understood beside the known ones, because the user says what they mean.
    encoding
        Text encoding, where the user states it.
    max_mb, max_rows
        Bounds.

    Raises
    ------
    FaultError
        When the file cannot be opened.
    """
    path = guard(path, max_mb=max_mb)
    ending = path.suffix.lower()
    if ending in ARCHIVES:
        raise FaultError([Fault("file_advice", name or path.name, found=ending, params={"advice": _UNPACK})])
    if ending in GEOJSON:
        opened = open_geojson(path, max_rows=max_rows, encoding=encoding)
    elif ending == ".dxf":
        opened = open_dxf(path, max_rows=max_rows, encoding=encoding)
    elif ending in GDAL_DRIVERS:
        opened = open_gdal(path, max_rows=max_rows, encoding=encoding)
    elif ending in (*OSM, *GRAPHS):
        opened = (_osm if ending in OSM else _graph)(path)
    else:
        words = vocabulary() | {fold_header(header) for header in headers}
        opened = open_text(path, vocabulary=words, max_rows=max_rows, encoding=encoding)
    return replace(opened, file=name or path.name)


def _osm(path: Path) -> TableFile:
    """Return an extract as two tables, roads and barriers; neither is counted (-1) before it is read."""
    readers = {"roads": read_osm, "barriers": read_osm_barriers}

    def load(name: str) -> RawTable:
        frame = readers[name](path)
        rows = range(1, len(frame) + 1)
        return RawTable(name, frame, rows, True, frame.crs, encoding="utf-8", standard=True)

    columns = {name: tuple(c.name for c in SCHEMAS[name].columns) for name in readers}
    heads = tuple(TableHead(name, headers, -1, "LineString") for name, headers in columns.items())
    return TableFile(path.name, heads, load)


def _graph(path: Path) -> TableFile:
    frame = read_graphml(path)
    rows = range(1, len(frame) + 1)
    table = RawTable("roads", frame, rows, True, frame.crs, encoding="utf-8", standard=True)
    return from_tables(path.name, [table])
