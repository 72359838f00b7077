"""Features of GeoPackage, geodatabase, shapefile and GeoJSON files, with the coordinate system they state."""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import CRS
from pyproj.exceptions import CRSError

from gis.faults import Fault, FaultError
from gis.files import GDAL_DRIVERS, MAX_ROWS, companion, gdal_encoding
from gis.tables import RawTable, TableFile, TableHead, decode, from_tables

_DBF_RECORDS = 20_000
_SAMPLES = 3
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SHAPE_ERRORS = (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError)


def _unreadable(path: Path, error: Exception) -> FaultError:
    return FaultError([Fault("file_unreadable", path.name, params={"reason": str(error)})])


def open_gdal(path: Path, *, max_rows: int = MAX_ROWS, encoding: str = "") -> TableFile:
    """Open a GeoPackage, a file geodatabase or a shapefile with the one driver that its ending names.

    Parameters
    ----------
    path
        The file, or the folder of a geodatabase.
    max_rows
        Most features of a layer.
    encoding
        Text encoding of a shapefile, where the user states it.

    Raises
    ------
    FaultError
        ``file_unreadable``, ``file_content``, ``too_many_rows`` or ``encoding_unknown``.
    """
    shapefile = path.suffix.lower() == ".shp"
    encoding, faults = dbf_encoding(path, stated=encoding) if shapefile else ("", [])
    encoding = gdal_encoding(path, encoding)
    try:
        names = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
        infos = {name: pyogrio.read_info(path, layer=name, encoding=encoding or None) for name in names}
    except UnicodeDecodeError as error:
        raise FaultError([Fault("encoding_unknown", path.name)]) from error
    except (DataSourceError, DataLayerError) as error:
        raise _unreadable(path, error) from error
    wrong = [i for i in infos.values() if i["driver"] != GDAL_DRIVERS[path.suffix.lower()]]
    if wrong:
        raise FaultError([Fault("file_content", path.name, found=path.suffix)])
    heads = tuple(
        TableHead(
            "" if shapefile else name, tuple(i["fields"]), int(i["features"]), str(i["geometry_type"] or "")
        )
        for name, i in infos.items()
    )
    _bounded(path, heads, max_rows)

    def load(name: str) -> RawTable:
        return _load(path, name or names[0], name, encoding, faults)

    return TableFile(path.name, heads, load)


def _bounded(path: Path, heads: Sequence[TableHead], max_rows: int) -> None:
    faults = [
        Fault("too_many_rows", path.name, head.name, params={"rows": head.rows, "limit": max_rows})
        for head in heads
        if head.rows > max_rows
    ]
    if faults:
        raise FaultError(faults)


def _load(path: Path, layer: str, name: str, encoding: str, faults: list[Fault]) -> RawTable:
    try:
        frame = pyogrio.read_dataframe(path, layer=layer, encoding=encoding or None)
    except (DataSourceError, DataLayerError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    spatial = isinstance(frame, gpd.GeoDataFrame)
    declared = _known(frame.crs) if spatial else None
    if spatial and frame.geometry.name != "geometry":
        frame = frame.rename_geometry("geometry")
    rows = range(1, len(frame) + 1)
    return RawTable(name, frame, rows, True, declared, list(faults), encoding)


def _known(crs: CRS | None) -> CRS | None:
    """Return the system of a layer, None for GeoPackage's "undefined" ones."""
    return None if crs is None or "undefined" in crs.name.lower() or crs.name == "unknown" else crs


def dbf_encoding(path: Path, *, stated: str = "") -> tuple[str, list[Fault]]:
    """Return the encoding that a shapefile's attributes are in, and a fault if its .cpg does not say so.

    Parameters
    ----------
    path
        The .shp file.
    stated
        The encoding that the user states; goes before what is found.

    Raises
    ------
    FaultError
        ``encoding_unknown`` when neither UTF-8 nor GB18030 fits, or the stated one does not.
    """
    table = companion(path, ".dbf")
    texts = list(_dbf_texts(table.read_bytes())) if table else []
    tried = [stated] if stated else ["ascii", "utf-8", "gb18030"]
    found = next((e for e in tried if _decodes(texts, e)), "")
    if not found:
        raise FaultError([Fault("encoding_unknown", file=path.name)])
    if found == "ascii" or stated:
        return stated, []
    cpg = companion(path, ".cpg")
    declared = cpg.read_text("ascii", errors="replace").strip() if cpg else ""
    if declared and _same_encoding(declared, found):
        return found, []
    samples = _samples(texts, found)
    if declared:
        params: dict[str, Any] = {"used": found.upper(), "samples": samples}
        return found, [Fault("encoding_declared_wrong", path.name, found=declared, params=params)]
    return found, [Fault("encoding_detected", path.name, found=found.upper(), params={"samples": samples})]


def _samples(texts: Sequence[bytes], encoding: str) -> list[str]:
    """Return a few Chinese texts as they read in an encoding, for a look at them."""
    read = (text.decode(encoding, errors="ignore").strip() for text in texts)
    chinese = dict.fromkeys(text for text in read if _CHINESE.search(text))
    return list(chinese)[-_SAMPLES:]


def _same_encoding(declared: str, found: str) -> bool:
    name = f"cp{declared}" if declared.isdecimal() else declared
    try:
        known = codecs.lookup(name).name
    except LookupError:
        return False
    return known == found or (found == "gb18030" and known in ("gbk", "gb2312", "gb18030"))


def _dbf_texts(data: bytes) -> Iterator[bytes]:
    """Yield field names and text values of a dBASE table, as bytes."""
    start, length = int.from_bytes(data[8:10], "little"), int.from_bytes(data[10:12], "little")
    fields, at, offset = [], 32, 1
    while at + 32 <= start and data[at] != 0x0D:
        size = data[at + 16]
        yield data[at : at + 11].split(b"\0")[0]
        if data[at + 11 : at + 12] == b"C":
            fields.append((offset, size))
        offset, at = offset + size, at + 32
    for record in range(min(_DBF_RECORDS, (len(data) - start) // length if length else 0)):
        base = start + record * length
        for offset, size in fields:
            yield data[base + offset : base + offset + size].rstrip(b" \0")


def _decodes(texts: Sequence[bytes], encoding: str) -> bool:
    """Tell whether all texts are in an encoding; one cut off inside its last character counts as well."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)
        for text in texts:
            decoder().decode(text, final=False)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def open_geojson(path: Path, *, max_rows: int = MAX_ROWS, encoding: str = "") -> TableFile:
    """Open a GeoJSON file; its ``crs`` member counts where it has one.

    Parameters
    ----------
    path
        The file.
    max_rows
        Most features.
    encoding
        Text encoding, where the user states it; else UTF-8, as the format says, and GB18030 where that does
        not fit, which is said.

    Raises
    ------
    FaultError
        ``file_unreadable`` (not JSON, not GeoJSON), ``too_many_rows`` or ``encoding_unknown``.
    """
    text, used = decode(path.read_bytes(), file=path.name, encoding=encoding)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, error) from error
    features = _features(content)
    if features is None:
        raise _unreadable(path, ValueError("no FeatureCollection"))
    if len(features) > max_rows:
        params = {"rows": len(features), "limit": max_rows}
        raise FaultError([Fault("too_many_rows", path.name, params=params)])
    geometry, faults = _shapes(features, path.name)
    frame = gpd.GeoDataFrame(_properties(features), geometry=gpd.GeoSeries(geometry, dtype="geometry"))
    declared, more = _member_crs(content, path.name)
    if used == "gb18030" and not encoding:
        samples = list(dict.fromkeys(re.findall(r"[\u4e00-\u9fff]{2,}", text)))[-_SAMPLES:]
        more.append(Fault("encoding_detected", path.name, found="GB18030", params={"samples": samples}))
    rows = range(1, len(frame) + 1)
    table = RawTable("", frame, rows, True, declared, faults + more, used, standard=True)
    return from_tables(path.name, [table])


def _features(content: Any) -> list[dict[str, Any]] | None:
    kind = content.get("type") if isinstance(content, dict) else None
    features = [content] if kind == "Feature" else None
    features = content.get("features") if kind == "FeatureCollection" else features
    whole = isinstance(features, list) and all(_is_feature(f) for f in features)
    return features if whole else None


def _is_feature(feature: Any) -> bool:
    return isinstance(feature, dict) and isinstance(feature.get("properties"), dict | None)


def _properties(features: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return the properties of features; a feature's own id, which is none of them, as ``feature_id``."""
    rows = [dict(f.get("properties") or {}) for f in features]
    if any("id" in f for f in features) and not any("feature_id" in row for row in rows):
        rows = [{**row, "feature_id": f.get("id")} for f, row in zip(features, rows)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_plain(row.get(name)) for name in names] for row in rows]
    titles = ["geometry_2" if name == "geometry" else name for name in names]
    return pd.DataFrame(cells, columns=titles, dtype=object)


def _plain(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _shapes(features: Sequence[dict[str, Any]], file: str) -> tuple[list[Any], list[Fault]]:
    shapes: list[Any] = []
    faults: list[Fault] = []
    for number, feature in enumerate(features, start=1):
        shape, member = None, feature.get("geometry")
        if member is not None:
            try:
                shape = shapely.geometry.shape(member)
            except _SHAPE_ERRORS as error:
                params = {"feature": True}
                found = str(error) or type(error).__name__
                faults.append(Fault("geometry_unreadable", file, row=number, found=found, params=params))
        shapes.append(shape)
    return shapes, faults


def _member_crs(content: dict[str, Any], file: str) -> tuple[CRS | None, list[Fault]]:
    member = content.get("crs")
    if not member:
        return None, []
    named = member.get("properties") if isinstance(member, dict) else None
    label = named.get("name", "") if isinstance(named, dict) else str(member)
    try:
        return CRS.from_user_input(label), []
    except CRSError:
        return None, [Fault("crs_not_understood", file, found=str(label))]
