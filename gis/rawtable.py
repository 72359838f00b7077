"""Tables as they stand in a file, before anything is made of their cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import pandas as pd
from pyproj import CRS

from gis.faults import Fault


@dataclass(frozen=True)
class Total:
    """A row of totals: its row in the file, how many records stand before it, and its cells by position."""

    row: int
    before: int
    cells: tuple[Any, ...]


@dataclass(frozen=True)
class RawTable:
    """One table as it stands in a file, its header found, nothing converted.

    Attributes
    ----------
    name : str
        Sheet, layer of the file, or empty for a file that is one table.
    frame : pandas.DataFrame or geopandas.GeoDataFrame
        Cells as they are, under the file's headers (made unique).
    rows : sequence of int
        Row of each record in the file, as the user sees it, or number of the feature.
    feature : bool
        Whether records are features of a spatial file.
    declared : pyproj.CRS or None
        The coordinate system that the file states.
    faults : list of Fault
        What was found on the way, without a layer.
    encoding, title : str
        Text encoding; text above the header.
    totals : tuple of Total
        Rows of totals, left out of ``frame``.
    stated : mapping
        What the lines around the table say: ``as_of`` (统计时点, ISO date or month) and ``year`` (学年, its
        autumn, as text).
    standard : bool
        Whether degrees without a declaration are WGS 84 by the format (GeoJSON).
    drawing : bool
        Whether it is a layer of a drawing, where a closed line may stand for a polygon.
    """

    name: str
    frame: pd.DataFrame
    rows: Sequence[int]
    feature: bool = False
    declared: CRS | None = None
    faults: list[Fault] = field(default_factory=list)
    encoding: str = ""
    title: str = ""
    totals: tuple[Total, ...] = ()
    stated: Mapping[str, str] = field(default_factory=dict)
    standard: bool = False
    drawing: bool = False


@dataclass(frozen=True)
class TableHead:
    """What a table has, without its rows: name, headers, number of rows, and the type of its geometries."""

    name: str
    headers: tuple[str, ...]
    rows: int
    geometry: str = ""


@dataclass(frozen=True)
class TableFile:
    """An opened file: what tables it has, how to load one of them by name, and what to say about the file."""

    file: str
    heads: tuple[TableHead, ...]
    load: Callable[[str], RawTable]
    faults: tuple[Fault, ...] = ()


def from_tables(file: str, tables: Iterable[RawTable], *, faults: Sequence[Fault] = ()) -> TableFile:
    """Return an opened file of tables that are in memory already."""
    kept = {table.name: table for table in tables}
    heads = [_head(table) for table in kept.values()]
    return TableFile(file, tuple(heads), kept.__getitem__, tuple(faults))


def _head(table: RawTable) -> TableHead:
    headers = [str(c) for c in table.frame.columns if not (table.feature and c == "geometry")]
    types = set(table.frame.geom_type.dropna()) if isinstance(table.frame, gpd.GeoDataFrame) else set()
    simple = {name.removeprefix("Multi") for name in types}
    kind = simple.pop() if len(simple) == 1 else "Unknown" if simple else ""
    return TableHead(table.name, tuple(headers), len(table.frame), kind)
