"""Tables and layers out of the program: Excel, CSV, GeoPackage and GeoJSON, as bytes.

Text that a spreadsheet would run as a formula stays text. Every workbook says where its numbers come from,
for which year and scope, and whether they are synthetic (合成数据).
"""

from __future__ import annotations

import csv
import datetime
import io
import json
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
import xlsxwriter

from gis.crs import WGS84, is_local, name, parse
from gis.faults import Fault, FaultError
from gis.values import is_blank
from gis.words import Words

#: First characters that make a spreadsheet run a text as a formula, full-width forms included.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
SYNTHETIC = Words("合成数据，不是真实统计", "synthetic data, not real statistics")
_NOTES = Words("说明", "Notes")
_SHEET_LENGTH = 31
_CELL_LENGTH = 32_767
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_WIDTHS = (8, 48)
_WIDTH_ROWS = 200
_MAX_SHEET_ROWS = 1_048_576
_DECIMALS = 7
_RESERVED = ("fid", "geom")


def to_excel(
    sheets: Mapping[str, pd.DataFrame],
    *,
    notes: Sequence[str] = (),
    source: str = "",
    year: str | int = "",
    scope: str = "",
    synthetic: bool = False,
    lang: str = "zh",
) -> bytes:
    """Return an .xlsx workbook: a sheet a table, and a sheet of notes.

    Parameters
    ----------
    sheets
        Sheet name -> table, already in words for people (see :func:`gis.layers.worded`). Geometries of points
        become two columns x and y, others WKT.
    notes
        Lines for the sheet of notes.
    source, year, scope
        Where the numbers come from, their 学年, the area they cover: said in the notes.
    synthetic
        Whether to stamp every sheet (first line and printed header) with 合成数据.
    lang
        ``"zh"`` or ``"en"``, for the words that this function adds.

    Returns
    -------
    bytes
        Formulas, links and numbers are never made out of texts; headers are frozen, widths fit the content.

    Raises
    ------
    FaultError
        ``export_too_many_rows``, when a table has more rows than a sheet can hold.
    """
    over = [n for n, frame in sheets.items() if len(frame) > _MAX_SHEET_ROWS - 2]
    if over:
        rows = [Fault("export_too_many_rows", found=n, params={"limit": _MAX_SHEET_ROWS - 2}) for n in over]
        raise FaultError(rows)
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    stamp = SYNTHETIC.text(lang) if synthetic else ""
    with xlsxwriter.Workbook(buffer, options) as book:
        taken: set[str] = set()
        cut = [
            f"{title}: {count}"
            for title, frame in sheets.items()
            if (count := _write_sheet(book, sheet_name(title, taken), _flat(frame), stamp))
        ]
        lines = _note_lines(notes, source=source, year=year, scope=scope, stamp=stamp, lang=lang)
        if cut:
            said = Words("超过 32,767 字、已截短的单元格", "cells of more than 32,767 characters, cut")
            lines.append((said.text(lang), "；".join(cut)))
        _write_notes(book, sheet_name(_NOTES.text(lang), taken), lines)
    return buffer.getvalue()


def sheet_name(title: str, taken: set[str] | None = None) -> str:
    """Return a name that Excel accepts for a sheet and that is not taken yet; add it to ``taken``.

    Examples
    --------
    >>> sheet_name("学位/缺口: 2026?")
    '学位_缺口_ 2026_'
    """
    taken = set() if taken is None else taken
    plain = _FORBIDDEN.sub("_", title).strip().strip("'") or "Sheet"
    plain = plain[:_SHEET_LENGTH].strip("'")
    plain = f"{plain}_" if plain.lower() == "history" else plain
    name, number = plain, 2
    while name.lower() in taken:
        tail = f"_{number}"
        name, number = plain[: _SHEET_LENGTH - len(tail)] + tail, number + 1
    taken.add(name.lower())
    return name


def _write_sheet(book: xlsxwriter.Workbook, title: str, frame: pd.DataFrame, stamp: str) -> int:
    """Write one table; return how many cells had to be cut."""
    sheet = book.add_worksheet(title)
    bold = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    top = 1 if stamp else 0
    if stamp:
        sheet.write_string(0, 0, stamp, book.add_format({"bold": True, "font_color": "#b42318"}))
        sheet.set_header(f"&C{stamp}")
    cut = 0
    for column, header in enumerate(frame.columns):
        sheet.write_string(top, column, str(header)[:_CELL_LENGTH], bold)
        cells = [_cell(value) for value in frame.iloc[:, column]]
        sheet.set_column(column, column, _width([str(header), *cells[:_WIDTH_ROWS]]))
        for row, cell in enumerate(cells, start=top + 1):
            if isinstance(cell, str):
                cut += len(cell) > _CELL_LENGTH
                sheet.write_string(row, column, cell[:_CELL_LENGTH])
            elif isinstance(cell, bool):
                sheet.write_boolean(row, column, cell)
            elif isinstance(cell, datetime.date):
                sheet.write_datetime(row, column, cell, date)
            elif cell is not None:
                sheet.write_number(row, column, cell)
    sheet.freeze_panes(top + 1, 0)
    return cut


def _cell(value: Any) -> Any:
    """Return a value as Excel can hold it; what it cannot hold exactly, as text."""
    if is_blank(value) and not isinstance(value, str):
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | float | np.integer | np.floating):
        number = value.item() if isinstance(value, np.generic) else value
        exact = np.isfinite(number) and (isinstance(number, float) or abs(number) < 10**15)
        return number if exact else str(number)
    if isinstance(value, datetime.date):
        return value.replace(tzinfo=None) if isinstance(value, datetime.datetime) else value
    return str(value)


def _width(cells: Sequence[Any]) -> int:
    longest = max((_columns(str(c)) for c in cells if c is not None), default=0)
    return int(np.clip(longest + 2, *_WIDTHS))


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text[: _WIDTHS[1]])


def _note_lines(
    notes: Sequence[str], *, source: str, year: str | int, scope: str, stamp: str, lang: str
) -> list[tuple[str, str]]:
    heads = {
        "来源": ("source", source),
        "学年": ("school year", str(year)),
        "范围": ("scope", scope),
    }
    lines = [(en if lang == "en" else zh, value) for zh, (en, value) in heads.items() if value]
    return ([(stamp, "")] if stamp else []) + lines + [(line, "") for line in notes]


def _write_notes(book: xlsxwriter.Workbook, title: str, lines: Sequence[tuple[str, str]]) -> None:
    sheet = book.add_worksheet(title)
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    for row, (head, value) in enumerate(lines):
        sheet.write_string(row, 0, head, wrap)
        sheet.write_string(row, 1, value, wrap)
    sheet.set_column(0, 1, _WIDTHS[1])


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table without geometry objects: points as columns x and y, anything else as WKT."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return frame
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    shapes = frame.geometry.to_numpy()
    if shapely.is_missing(shapes).all():
        return plain
    if (shapely.get_type_id(shapes[~shapely.is_missing(shapes)]) == 0).all():
        located = pd.DataFrame({"x": shapely.get_x(shapes), "y": shapely.get_y(shapes)}, index=frame.index)
    else:
        located = pd.DataFrame({"wkt": shapely.to_wkt(shapes, rounding_precision=-1)}, index=frame.index)
    return pd.concat([plain, located], axis=1)


def to_csv(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV in UTF-8 with a mark, which Excel opens rightly; formulas are kept from running.

    Text that begins like a formula gets an apostrophe before it, which :func:`gis.readers.read_layer` takes
    off again. Geometries of points become columns x and y, others WKT.
    """
    flat = _flat(frame)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guarded(str(c)) for c in flat.columns])
    columns = [[_csv_cell(v) for v in flat.iloc[:, i]] for i in range(flat.shape[1])]
    writer.writerows(zip(*columns))
    return out.getvalue().encode("utf-8-sig")


def guarded(text: str) -> str:
    """Return a text with an apostrophe before it where a spreadsheet would run it as a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv_cell(value: Any) -> Any:
    if is_blank(value):
        return ""
    if isinstance(value, bool | np.bool_ | int | float | np.integer | np.floating):
        return value.item() if isinstance(value, np.generic) else value
    return guarded(str(value))


def to_geopackage(
    layers: Mapping[str, pd.DataFrame], *, metadata: Mapping[str, str] | None = None, synthetic: bool = False
) -> bytes:
    """Return a GeoPackage with a layer for each frame; a frame without geometry becomes a plain table.

    Parameters
    ----------
    layers
        Layer name -> frame.
    metadata
        Source, year, scope ...: kept in the GeoPackage's metadata.
    synthetic
        Whether the metadata say 合成数据.

    Raises
    ------
    ValueError
        If there is no layer.
    """
    if not layers:
        raise ValueError("a GeoPackage needs at least one layer")
    said = dict(metadata or {}) | ({"synthetic": f"{SYNTHETIC.zh} / {SYNTHETIC.en}"} if synthetic else {})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layers.gpkg"
        for number, (layer, frame) in enumerate(layers.items()):
            extra = {"dataset_metadata": said or None} if number == 0 else {}
            pyogrio.write_dataframe(
                storable(frame), path, layer=layer, driver="GPKG", append=number > 0, **extra
            )
        return path.read_bytes()


def storable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame as GDAL can store it: a plain index, mixed cells as text, names apart in any case.

    A GeoPackage takes ``Name`` and ``name`` for one column and keeps ``fid`` and ``geom`` for itself: later
    columns of such names get a number (``fid_2``).
    """
    out = frame.reset_index(drop=True)
    for column in out.columns:
        if column == "geometry" or out[column].dtype != object:
            continue
        cells = [None if is_blank(v) else str(v) for v in out[column]]
        out[column] = pd.Series(cells, index=out.index, dtype="str")
    return out.rename(columns=_apart(out.columns))


def _apart(columns: Iterable[Any]) -> dict[Any, str]:
    taken = set(_RESERVED)
    names: dict[Any, str] = {}
    for column in columns:
        name, number = str(column), 2
        while name.lower() in taken:
            name, number = f"{column}_{number}", number + 1
        taken.add(name.lower())
        names[column] = name
    return names


def to_geojson(frame: gpd.GeoDataFrame, *, synthetic: bool = False) -> bytes:
    """Return a layer as GeoJSON (RFC 7946): longitude and latitude in WGS 84, seven decimals (about 1 cm).

    Raises
    ------
    FaultError
        ``crs_unknown`` or ``crs_local``, when the layer has no relation to longitude and latitude.
    """
    if frame.crs is None:
        reason = Words("图层没有坐标系。", "the layer has none.")
        raise FaultError([Fault("crs_unknown", params={"reason": reason})])
    if is_local(frame.crs):
        raise FaultError([Fault("crs_local", found=name(parse(4326)))])
    turned = frame.to_crs(WGS84).reset_index(drop=True)
    rounded = shapely.transform(turned.geometry.to_numpy(), lambda xy: np.round(xy, _DECIMALS))
    rounded = shapely.orient_polygons(rounded)
    columns = [c for c in turned.columns if c != turned.geometry.name]
    rows = [[_json(v) for v in turned[c]] for c in columns]
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(columns, values)),
            "geometry": None if shape is None else shapely.geometry.mapping(shape),
        }
        for shape, *values in zip(rounded, *rows)
    ]
    stamp = {"synthetic": f"{SYNTHETIC.zh} / {SYNTHETIC.en}"} if synthetic else {}
    content = {"type": "FeatureCollection", **stamp, "features": features}
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


def _json(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int | str):
        return value
    if is_blank(value) or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return value if isinstance(value, float) else str(value)
