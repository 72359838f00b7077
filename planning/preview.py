"""What files hold before they are imported: tables, the layer each looks like, columns understood, faults."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

import pandas as pd

from gis.faults import Fault, FaultError, errors
from gis.headers import find_coordinates, match_headers
from gis.layers import SCHEMAS
from gis.locations import split_mapping
from gis.readers import TableInfo, inspect, samples
from gis.wide import effective_headers
from gis.words import Words
from planning import mappings, personal
from planning.reading import Source, read_all, without_personal
from planning.whereabouts import Spots, spots

HEAD_ROWS: Final = 8
#: Kinds of fault that go away when the user says which coordinate system it is.
CRS_KINDS: Final = frozenset({"crs_unknown", "crs_conflict"})
#: Kinds of fault that go away when the user says which column a header is.
COLUMN_KINDS: Final = frozenset({"column_missing", "geometry_columns_missing"})
#: Kinds of column whose words a planner can be asked about.
WORDED: Final = frozenset({"choice", "boolean", "grade"})
_LOCATION: Final = Words("位置", "location")
_BESIDE: Final = Words("并列的人数", "numbers side by side")
_UNUSED: Final = Words("不使用", "not used")
_NOTHING: Final = Words("", "")
#: Where a header may lead beside the columns of the layer: the two coordinates, or WKT.
COORDINATES: Final = {
    "x": Words("横坐标或经度", "easting or longitude"),
    "y": Words("纵坐标或纬度", "northing or latitude"),
    "wkt": Words("几何（WKT）", "geometry (WKT)"),
}
State = Literal["unreadable", "left", "ask", "faulty", "ready"]


@dataclass(frozen=True)
class Choice:
    """What the user said about a table.

    Attributes
    ----------
    layer : str
        The layer it is, empty for none.
    crs : str or None
        Its coordinate system; empty for the one that was found, which the user has seen; None while nothing
        is said.
    mapping : mapping of str to str, optional
        Header -> column ("" for not used); None for what is remembered of such tables.
    words : mapping, optional
        Column -> text -> what is meant; None for what is remembered.
    encoding : str
        Text encoding.
    as_of, source : str
        统计时点 and who gave the data.
    """

    layer: str = ""
    crs: str | None = None
    mapping: Mapping[str, str] | None = None
    words: Mapping[str, Mapping[str, str]] | None = None
    encoding: str = ""
    as_of: str = ""
    source: str = ""

    @property
    def read_as(self) -> tuple[object, ...]:
        """What the choice changes about how the table is read."""
        mapping = None if self.mapping is None else sorted(self.mapping.items())
        words = None if self.words is None else sorted((c, *sorted(m.items())) for c, m in self.words.items())
        return self.layer, self.crs, repr(mapping), repr(words), self.encoding


@dataclass(frozen=True)
class TablePreview:
    """One table of a file, as it would be imported.

    Attributes
    ----------
    path, file, table : str
        Where it is; `table` is the sheet or layer of the file.
    rows : int
        Records, totals and notes left out; -1 where they have not been counted.
    guess, layer : str
        The layer it looks like, and the one it was read as; empty for none.
    columns : dict of str to Words or None
        Header -> the column it was taken for, in words; None where it is not understood.
    missing : tuple of Words
        Required columns of the layer that no header gives.
    mapping, words : dict
        What was said of its headers and words, now or before (`remembered`).
    remembered : bool
        Whether that comes from an earlier import.
    samples : dict of str to list of str
        Header -> a few of its cells, for headers that are not understood and do not look like personal data.
    personal : tuple of str
        Headers of those that do: they are not saved.
    unknown : dict of str to (dict of str to int)
        Column -> word that is not understood -> how many rows have it.
    crs_note : Words
        How the coordinate system is known; empty for a plain table.
    crs_needed : bool
        Whether it cannot be read before the user says which coordinate system it is.
    crs_open : bool
        Whether the file does not say which it is and the user has not yet seen and chosen one.
    located : bool
        Whether the layer has places on the map.
    spots : Spots or None
        Its places as the numbers have them.
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
    mapping: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    remembered: bool = False
    samples: dict[str, list[str]] = field(default_factory=dict)
    personal: tuple[str, ...] = ()
    unknown: dict[str, dict[str, int]] = field(default_factory=dict)
    crs_note: Words = _NOTHING
    crs_needed: bool = False
    crs_open: bool = False
    located: bool = False
    spots: Spots | None = None
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

    @property
    def state(self) -> State:
        """Where it stands: whether the planner is asked something, has rows to mend, or nothing to do."""
        if not self.columns and errors(self.faults):
            return "unreadable"
        if not self.layer:
            return "left"
        if self.crs_needed or self.crs_open or self.unknown or _has(self.faults, COLUMN_KINDS):
            return "ask"
        return "faulty" if errors(self.faults) else "ready"


def _has(faults: Collection[Fault], kinds: Collection[str]) -> bool:
    return any(fault.kind in kinds for fault in faults)


def preview(
    paths: Sequence[str | Path],
    *,
    choices: Mapping[tuple[str, str], Choice] | None = None,
    only: Collection[tuple[str, str]] | None = None,
    names: Mapping[str, str] | None = None,
    stage_system: str = "6-3",
    mended: pd.DataFrame | None = None,
    home: Path | None = None,
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
    only : collection, optional
        (path, table) of the tables to look at; all without it.
    names : mapping of str to str, optional
        Path -> what people know the file by.
    stage_system : {"6-3", "5-4"}
        Of the project.
    mended : DataFrame, optional
        Rows given back mended.
    home : Path, optional
        Folder of projects, for what is remembered.
    progress : callable, optional
        Called with a share 0 to 1 and the file being read.
    cancelled : callable, optional
        Asked before each file; files not looked at are left out.

    Returns
    -------
    list of TablePreview
        In the order of the files; a file that cannot be opened is one entry with its faults.
    """
    look = _Look(choices or {}, only, names or {}, stage_system, mended, home)
    wanted = [path for path in map(Path, paths) if only is None or str(path) in {key[0] for key in only}]
    found: list[TablePreview] = []
    for number, path in enumerate(wanted):
        if cancelled is not None and cancelled():
            break
        if progress is not None:
            progress(number / len(wanted), look.name(path))
        found += look.file(path)
    return found


def source_of(table: TablePreview, choice: Choice) -> Source:
    """Return a table as what is imported."""
    return Source(
        table.path,
        table.table,
        choice.crs or None,
        mapping=table.mapping,
        words=table.words,
        encoding=choice.encoding,
        as_of=choice.as_of,
        source=choice.source,
        file=table.file,
    )


@dataclass(frozen=True)
class _Look:
    """A look at files: what was said about them, and how they are read."""

    choices: Mapping[tuple[str, str], Choice]
    only: Collection[tuple[str, str]] | None
    names: Mapping[str, str]
    stage_system: str
    mended: pd.DataFrame | None
    home: Path | None

    def name(self, path: Path) -> str:
        return self.names.get(str(path), path.name)

    def file(self, path: Path) -> list[TablePreview]:
        said = {key: choice for key, choice in self.choices.items() if key[0] == str(path)}
        encoding = next((choice.encoding for choice in said.values() if choice.encoding), "")
        try:
            tables = inspect(path, encoding=encoding)
        except FaultError as error:
            faults = [replace(fault, file=self.name(path)) for fault in error.faults]
            return [TablePreview(str(path), self.name(path), "", 0, faults=faults)]
        wanted = [info for info in tables if self.only is None or (str(path), info.name) in self.only]
        return [self.table(path, info, said.get((str(path), info.name))) for info in wanted]

    def table(self, path: Path, info: TableInfo, said: Choice | None) -> TablePreview:
        choice = said or Choice(info.layer)
        layer, file = choice.layer, self.name(path)
        plain = TablePreview(str(path), file, info.name, info.rows, info.layer, layer)
        if layer not in SCHEMAS:
            return replace(plain, columns=dict.fromkeys(info.columns))
        known = mappings.recall(layer, info.columns, self.home)
        mapping = choice.mapping if choice.mapping is not None else known.columns if known else {}
        words = choice.words if choice.words is not None else known.words if known else {}
        columns = _columns(info, layer, mapping)
        source = source_of(replace(plain, mapping=dict(mapping), words=_copied(words)), choice)
        located = bool(SCHEMAS[layer].geometry)
        places = _spots(source, layer) if located else None
        unknown = [head for head, meant in columns.items() if meant is None]
        examples, hidden = _samples(source, unknown, layer)
        found = replace(
            plain,
            columns=columns,
            mapping=dict(mapping),
            words=_copied(words),
            remembered=known is not None and choice.mapping is None and choice.words is None,
            samples=examples,
            personal=hidden,
            located=located,
            spots=places,
            crs_open=places is not None and not places.declared and choice.crs is None,
        )
        return self.read(found, source)

    def read(self, found: TablePreview, source: Source) -> TablePreview:
        """Read a table as its layer and say what came of it."""
        try:
            part = read_all(
                {found.layer: (source,)},
                stage_system=self.stage_system,
                mended=self.mended,
                before=lambda _number, _files: None,
            )[found.layer]
        except FaultError as error:
            return _with_faults(found, error.faults)
        shown, _ = without_personal(part.frame.head(HEAD_ROWS), found.layer)
        head = pd.DataFrame(shown.drop(columns="geometry", errors="ignore"))
        read = replace(found, rows=len(part.frame), head=head, crs_note=part.note)
        return _with_faults(read, part.warnings)


def _with_faults(found: TablePreview, faults: list[Fault]) -> TablePreview:
    note = found.crs_note
    if not note.zh and found.spots is not None:
        note = found.spots.guess.reason
    strange = {fault.column for fault in faults if fault.kind == "column_unknown"}
    return replace(
        found,
        faults=faults,
        crs_note=note,
        crs_needed=_has(faults, CRS_KINDS),
        missing=_missing(faults),
        samples={header: texts for header, texts in found.samples.items() if header in strange},
        unknown=_unknown(faults, found.layer),
    )


def _missing(faults: Sequence[Fault]) -> tuple[Words, ...]:
    """Return the required columns that no header gives."""
    labels = [fault.params["label"] for fault in faults if fault.kind == "column_missing"]
    located = [_LOCATION for fault in faults if fault.kind == "geometry_columns_missing"]
    return tuple(dict.fromkeys([*labels, *located]))


def _unknown(faults: Sequence[Fault], layer: str) -> dict[str, dict[str, int]]:
    """Return the words of columns with fixed meanings that are not understood, and how often each stands."""
    asked = {column.name for column in SCHEMAS[layer].columns if column.kind in WORDED}
    found: dict[str, dict[str, int]] = {}
    for fault in errors(faults):
        name = str(fault.params.get("name", ""))
        if name in asked and fault.found and fault.kind != "value_missing":
            counts = found.setdefault(name, {})
            counts[fault.found] = counts.get(fault.found, 0) + 1
    return found


def _copied(words: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {column: dict(meant) for column, meant in words.items()}


def _samples(
    source: Source, headers: Sequence[str], layer: str
) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """Return a few cells of headers that are not understood, and the headers that look like personal data."""
    if not headers:
        return {}, ()
    found = samples(source.path, source.table, encoding=source.encoding)
    cells = {header: found.get(header, []) for header in headers}
    frame = pd.DataFrame({header: pd.Series(texts, dtype=object) for header, texts in cells.items()})
    hidden = personal.columns(frame, (), layer=layer)
    return {header: texts for header, texts in cells.items() if header not in hidden}, tuple(hidden)


def _spots(source: Source, layer: str) -> Spots | None:
    try:
        return spots(source.path, source.table, layer, mapping=source.mapping, encoding=source.encoding)
    except FaultError:
        return None  # reading it says what is wrong


def _columns(info: TableInfo, layer: str, mapping: Mapping[str, str]) -> dict[str, Words | None]:
    """Return what each header is taken for."""
    schema = SCHEMAS[layer]
    plain, located = split_mapping(mapping)
    match = match_headers(info.columns, schema, mapping=plain)
    meant: dict[str, Words | None] = dict.fromkeys(info.columns)
    # Grades, classes or years side by side become rows.
    kept = set(effective_headers(info.columns, schema))
    meant |= {header: _BESIDE for header in info.columns if header not in kept}
    meant |= {info.columns[at]: schema[name].label for name, at in match.columns.items()}
    coordinates = find_coordinates(info.columns) if schema.geometry and not info.geometry else None
    if located:
        meant |= {header: COORDINATES[name] for header, name in located.items() if header in meant}
    elif coordinates is not None:
        at = {coordinates.x, coordinates.y, coordinates.wkt} - {-1}
        meant |= {info.columns[i]: _LOCATION for i in at}
    return meant | {header: _UNUSED for header, name in plain.items() if not name and header in meant}
