"""What files hold before they are imported: tables, the layer each looks like, columns understood, faults."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pandas as pd

from gis.faults import Fault, FaultError, errors
from gis.headers import find_coordinates, match_headers
from gis.layers import SCHEMAS
from gis.readers import TableInfo, inspect, read_layer
from gis.words import Words
from planning.reading import OSM, without_personal

HEAD_ROWS: Final = 8
#: Kinds of fault that go away when the user says which coordinate system it is.
CRS_KINDS: Final = frozenset({"crs_unknown", "crs_conflict"})
_LOCATION: Final = Words("位置", "location")
_NOTHING: Final = Words("", "")


@dataclass(frozen=True)
class Choice:
    """What the user said about a table: the layer it is, empty for none, and its coordinate system."""

    layer: str = ""
    crs: str | None = None


@dataclass(frozen=True)
class TablePreview:
    """One table of a file, as it would be imported.

    Attributes
    ----------
    path, file, table : str
        Where it is; `table` is the sheet or layer of the file.
    rows : int
        Records, totals and notes left out.
    guess, layer : str
        The layer it looks like, and the one it was read as; empty for none.
    columns : dict of str to Words or None
        Header -> the column it was taken for, in words; None where it is not understood.
    missing : tuple of Words
        Required columns of the layer that no header gives.
    crs_note : Words
        How the coordinate system is known; empty for a plain table.
    crs_needed : bool
        Whether the user has to say which coordinate system it is.
    located : bool
        Whether the layer has places on the map.
    faults : list of Fault
        Errors and warnings.
    head : DataFrame
        The first rows: as read, or none where the table could not be read.
    """

    path: str
    file: str
    table: str
    rows: int
    guess: str = ""
    layer: str = ""
    columns: dict[str, Words | None] = field(default_factory=dict)
    missing: tuple[Words, ...] = ()
    crs_note: Words = _NOTHING
    crs_needed: bool = False
    located: bool = False
    faults: list[Fault] = field(default_factory=list)
    head: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def key(self) -> tuple[str, str]:
        """What a choice about this table goes by: path and table."""
        return self.path, self.table

    @property
    def sound(self) -> bool:
        """Whether the table can be imported as it is."""
        return bool(self.layer) and not errors(self.faults)


def preview(
    paths: Sequence[str | Path],
    *,
    choices: Mapping[tuple[str, str], Choice] | None = None,
    stage_system: str = "6-3",
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[TablePreview]:
    """Look at every table of every file, and read each as the layer it looks like; nothing is saved.

    Parameters
    ----------
    paths : sequence of path
        Files to look at; parts of a shapefile beside the .shp are not named.
    choices : mapping, optional
        (path, table) -> what the user said about it.
    stage_system : {"6-3", "5-4"}
        Of the project.
    progress : callable, optional
        Called with a share 0 to 1 and the file being read.
    cancelled : callable, optional
        Asked before each file; files not looked at are left out.

    Returns
    -------
    list of TablePreview
        In the order of the files; a file that cannot be opened is one entry with its faults.
    """
    found: list[TablePreview] = []
    for number, path in enumerate(paths):
        if cancelled is not None and cancelled():
            break
        if progress is not None:
            progress(number / len(paths), Path(path).name)
        found += _file(Path(path), choices or {}, stage_system)
    return found


def _file(path: Path, choices: Mapping[tuple[str, str], Choice], stage_system: str) -> list[TablePreview]:
    if path.suffix.lower() in OSM:
        return [_osm(path, choices)]
    try:
        tables = inspect(path)
    except FaultError as error:
        return [TablePreview(str(path), path.name, "", 0, faults=error.faults)]
    return [_table(path, info, choices.get((str(path), info.name)), stage_system) for info in tables]


def _osm(path: Path, choices: Mapping[tuple[str, str], Choice]) -> TablePreview:
    # Counting means reading the whole extract; the import does that once.
    layer = choices.get((str(path), ""), Choice("roads")).layer
    note = Words("OpenStreetMap 经纬度（WGS 84）。", "OpenStreetMap: longitude and latitude (WGS 84).")
    return TablePreview(str(path), path.name, "", 0, "roads", layer, crs_note=note, located=True)


def _table(path: Path, info: TableInfo, choice: Choice | None, stage_system: str) -> TablePreview:
    layer = info.layer if choice is None else choice.layer
    plain = TablePreview(str(path), path.name, info.name, info.rows, info.layer, layer)
    if layer not in SCHEMAS:
        return replace(plain, columns=dict.fromkeys(info.columns))
    columns, missing = _columns(info, layer)
    head, note, faults, rows = _read(path, info, layer, choice.crs if choice else None, stage_system)
    return replace(
        plain,
        rows=rows,
        columns=columns,
        missing=missing,
        crs_note=note,
        crs_needed=any(f.kind in CRS_KINDS for f in faults),
        located=bool(SCHEMAS[layer].geometry),
        faults=faults,
        head=head,
    )


def _columns(info: TableInfo, layer: str) -> tuple[dict[str, Words | None], tuple[Words, ...]]:
    """Return what each header is taken for, and the required columns that none gives."""
    schema = SCHEMAS[layer]
    match = match_headers(info.columns, schema)
    meant: dict[str, Words | None] = dict.fromkeys(info.columns)
    meant |= {info.columns[at]: schema[name].label for name, at in match.columns.items()}
    coordinates = find_coordinates(info.columns) if schema.geometry and not info.geometry else None
    if coordinates is not None:
        at = {coordinates.x, coordinates.y, coordinates.wkt} - {-1}
        meant |= {info.columns[i]: _LOCATION for i in at}
    missing = [
        c.label
        for c in schema.columns
        if c.required and c.name not in match.columns and c.fallback not in match.columns and not c.derive
    ]
    if schema.geometry and schema.geometry_required and not info.geometry and coordinates is None:
        missing.append(_LOCATION)
    return meant, tuple(missing)


def _read(
    path: Path, info: TableInfo, layer: str, crs: str | None, stage_system: str
) -> tuple[pd.DataFrame, Words, list[Fault], int]:
    try:
        result = read_layer(path, layer, table=info.name, crs=crs, stage_system=stage_system)
    except FaultError as error:
        return pd.DataFrame(), _NOTHING, error.faults, info.rows
    shown, _ = without_personal(result.frame.head(HEAD_ROWS), layer)
    head = pd.DataFrame(shown.drop(columns="geometry", errors="ignore"))
    return head, result.crs_note, result.faults, len(result.frame)
