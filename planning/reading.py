"""The files of an import read into frames, a layer out of one or several, all faults at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from gis import export
from gis.columns import Places
from gis.faults import WARNING, Fault, FaultError, Words, errors, register_kinds
from gis.layers import SCHEMAS
from planning import personal

register_kinds(
    {
        "import_personal": (
            "这一列像是个人信息，没有保存。规划只需要按小区、学校和年级汇总的人数。",
            "this column looks like personal data and was not saved. Planning only needs totals by unit, "
            "school and grade.",
        ),
    },
    level=WARNING,
)

_COLUMNS: Final = {name for schema in SCHEMAS.values() for name in schema.names}


@dataclass(frozen=True)
class Source:
    """One table of one file, to become a layer or a part of one.

    Attributes
    ----------
    path : Path or str
        The file.
    table : str
        Sheet of a workbook or layer of a GeoPackage; empty for the one that looks like the layer.
    crs : str or None
        Coordinate system, as the planner states it: "EPSG:4546", "GCJ-02", "BD-09", "local" for a local
        grid in metres (独立坐标), or what `gis.datum` and `gis.datum_control` make of parameters and control
        points. Goes before what the file says.
    mapping : mapping of str to str
        Header in the file -> column, for headers that are not understood by themselves; an empty column for a
        header that is not to be used.
    words : mapping of str to (mapping of str to str)
        Column -> text of a cell -> what is meant, for values that are not understood by themselves.
    encoding : str
        Text encoding, where the planner states it.
    as_of : str
        统计时点 of the data, as the planner states it.
    source : str
        Who gave the data, as the planner states it.
    file : str
        What the planner knows the file by, if `path` is a copy under another name.
    """

    path: Path | str
    table: str = ""
    crs: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    encoding: str = ""
    as_of: str = ""
    source: str = ""
    file: str = ""

    @property
    def name(self) -> str:
        """The file's name for people."""
        return self.file or Path(self.path).name


@dataclass(frozen=True)
class Part:
    """One layer as it came out of its files.

    Attributes
    ----------
    frame : DataFrame or GeoDataFrame
        Canonical columns, in the coordinate system of the (first) file.
    warnings : list of Fault
        What was noticed.
    note : Words
        How the coordinate system is known; empty for a plain table.
    table : str
        The tables of the files it was read from.
    as_of : str
        统计时点: as stated, else as the tables say.
    places : Places
        Where each row of `frame` stands in its file.
    """

    frame: pd.DataFrame
    warnings: list[Fault]
    note: Words
    table: str
    as_of: str
    places: Places


def read_all(
    sources: Mapping[str, Sequence[Source]],
    *,
    stage_system: str,
    crs: str | None = None,
    schools: pd.DataFrame | None = None,
    mended: pd.DataFrame | None = None,
    before: Callable[[int, str], None],
) -> dict[str, Part]:
    """Read every file.

    Parameters
    ----------
    sources : mapping of str to sequence of Source
        Layer -> where its parts are.
    stage_system : {"6-3", "5-4"}
        Of the project.
    crs : str, optional
        Coordinate system of the files that do not state theirs.
    schools : DataFrame, optional
        The schools there are, unless they are read as well: grades named by year of entry go by them.
    mended : DataFrame, optional
        Rows given back mended, as `planning.mending.read` returns them.
    before : callable
        Called with a number and the files' names before each layer is read.

    Returns
    -------
    dict of str to Part
        In the order of `sources`.

    Raises
    ------
    FaultError
        With the faults of all files, warnings included, if at least one is an error.
    """
    parts: dict[str, Part] = {}
    faults: list[Fault] = []
    # Schools first: the others' grades by year of entry rest on them.
    for number, layer in enumerate(sorted(sources, key=lambda name: name != "schools")):
        before(number, "、".join(source.name for source in sources[layer]))
        known = parts["schools"].frame if "schools" in parts else schools
        try:
            parts[layer] = _read(layer, sources[layer], stage_system, crs, known, mended)
        except FaultError as error:
            faults += error.faults
    if errors(faults):
        raise FaultError([*faults, *(fault for part in parts.values() for fault in part.warnings)])
    return {layer: parts[layer] for layer in sources}


def _read(
    layer: str,
    sources: Sequence[Source],
    stage_system: str,
    crs: str | None,
    schools: pd.DataFrame | None,
    mended: pd.DataFrame | None,
) -> Part:
    from gis.readers import titles
    from planning.parts import Named, read_parts

    names = titles([s.path for s in sources], [s.name for s in sources])
    files = [Named(name, source, _stated(source, crs)) for name, source in zip(names, sources, strict=True)]
    read = read_parts(layer, files, stage_system=stage_system, schools=schools, mended=mended)
    frame, dropped = without_personal(read.frame, layer)
    faults = personal.harmless(read.faults)
    warned = [f for f in faults if f.kind != "column_unknown" or f.column not in dropped]
    warned += [Fault("import_personal", "、".join(names), layer=layer, column=name) for name in dropped]
    return Part(frame, warned, read.note, read.table, read.as_of, read.places)


def _stated(source: Source, crs: str | None) -> str | None:
    """Return what coordinate system a file is read in: its own, else the one for files that state none."""
    return source.crs or (None if crs is None or states_crs(source) else crs)


def without_personal(frame: pd.DataFrame, layer: str) -> tuple[pd.DataFrame, list[str]]:
    """Return a layer without the unknown columns that look like personal data, and their headers."""
    dropped = personal.columns(frame, SCHEMAS[layer].names, layer=layer)
    return frame.drop(columns=dropped), dropped


def storable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a layer as a GeoPackage can hold it: mixed cells as text, column names apart in any case.

    A GeoPackage takes `Name` and `name` for one column, and keeps `fid` and `geom` for itself: unknown
    columns of such names get a number.
    """
    taken = {"fid", "geom", "ogc_fid"} | {str(name).lower() for name in frame.columns if _canonical(name)}
    names = {}
    for name in map(str, frame.columns):
        if _canonical(name):
            continue
        new, number = name, 2
        while new.lower() in taken:
            new, number = f"{name}_{number}", number + 1
        taken.add(new.lower())
        names[name] = new
    return export.storable(frame.rename(columns=names))


def _canonical(name: object) -> bool:
    return name in _COLUMNS


def states_crs(source: Source) -> bool:
    """Tell whether a file states its coordinate system, so that one meant for the others is not put on it.

    A file that cannot be opened states nothing: reading it says why.
    """
    from gis.opening import open_file

    try:
        opened = open_file(source.path, encoding=source.encoding)
        tables = [head.name for head in opened.heads if source.table in ("", head.name)]
        return any(opened.load(name).declared is not None for name in tables)
    except FaultError:
        return False
