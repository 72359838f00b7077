"""The files of an import read into frames, the faults of all files at once."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pandas as pd

from gis import export
from gis.faults import WARNING, Fault, FaultError, Words, errors, register_kinds
from gis.headers import fold_header
from gis.layers import SCHEMAS

#: Endings of OpenStreetMap extracts, which give roads and barriers.
OSM: Final = (".osm", ".pbf")

register_kinds(
    {
        "import_osm_layer": (
            "OpenStreetMap 文件只能作为道路或河流与铁路导入，不能作为“{layer}”。",
            'an OpenStreetMap file gives roads or barriers, not "{layer}".',
        ),
    }
)
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
#: Words in headers of columns that name or find a child, a parent or a teacher; such columns are not saved.
PERSONAL: Final = (
    "姓名", "身份证", "证件号", "学籍号", "全国学籍", "电话", "手机", "联系方式", "家长", "监护人", "父亲",
    "母亲", "家庭住址", "家庭地址", "户籍地址", "现住址", "居住地址", "出生日期", "班主任", "pupilname",
    "studentname", "idcard", "idnumber", "phone", "mobile", "guardian", "parentname", "homeaddress",
    "birthdate",
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One table of one file, to become a layer.

    Attributes
    ----------
    path : Path or str
        The file.
    table : str
        Sheet of a workbook or layer of a GeoPackage; empty for the one that looks like the layer.
    crs : str or None
        Coordinate system, as the planner states it: "EPSG:4546", "GCJ-02", "BD-09", or "local" for a local
        grid in metres (独立坐标). Goes before what the file says.
    mapping : mapping of str to str
        Header in the file -> column, for headers that are not understood by themselves.
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
    as_of: str = ""
    source: str = ""
    file: str = ""

    @property
    def name(self) -> str:
        """The file's name for people."""
        return self.file or Path(self.path).name


@dataclass(frozen=True)
class Part:
    """One layer as it came out of its file.

    Attributes
    ----------
    frame : DataFrame or GeoDataFrame
        Canonical columns, in the file's coordinate system.
    warnings : list of Fault
        What was noticed.
    note : Words
        How the coordinate system is known; empty for a plain table.
    table : str
        The tables of the file it was read from.
    """

    frame: pd.DataFrame
    warnings: list[Fault]
    note: Words
    table: str


def read_all(
    sources: Mapping[str, Source],
    *,
    stage_system: str,
    crs: str | None = None,
    before: Callable[[int, Source], None],
) -> dict[str, Part]:
    """Read every file.

    Parameters
    ----------
    sources : mapping of str to Source
        Layer -> where it is.
    stage_system : {"6-3", "5-4"}
        Of the project.
    crs : str, optional
        Coordinate system of the files that do not state theirs.
    before : callable
        Called with the number of each file and its source before it is read.

    Returns
    -------
    dict of str to Part

    Raises
    ------
    FaultError
        With the faults of all files, warnings included, if at least one is an error.
    """
    parts: dict[str, Part] = {}
    faults: list[Fault] = []
    for number, (layer, source) in enumerate(sources.items()):
        before(number, source)
        try:
            parts[layer] = _read(layer, source, stage_system, crs)
        except FaultError as error:
            faults += named(error.faults, source)
    if errors(faults):
        raise FaultError([*faults, *(fault for part in parts.values() for fault in part.warnings)])
    return parts


def _read(layer: str, source: Source, stage_system: str, crs: str | None) -> Part:
    if Path(source.path).suffix.lower() in OSM:
        return _read_osm(layer, source)
    from gis.readers import read_layer

    result = read_layer(
        source.path,
        layer,
        table=source.table or None,
        crs=source.crs or (None if crs is None or states_crs(source) else crs),
        mapping=dict(source.mapping),
        stage_system=stage_system,
        as_of=source.as_of,
    )
    frame, dropped = without_personal(result.frame, layer)
    warned = [f for f in result.faults if f.kind != "column_unknown" or f.column not in dropped]
    warned += [Fault("import_personal", source.name, layer=layer, column=name) for name in dropped]
    return Part(frame, named(warned, source), result.crs_note, str(result.source["table"]))


def without_personal(frame: pd.DataFrame, layer: str) -> tuple[pd.DataFrame, list[str]]:
    """Return a layer without the unknown columns that look like personal data, and their headers."""
    dropped = [
        name
        for name in map(str, frame.columns)
        if name not in SCHEMAS[layer].names and any(word in fold_header(name) for word in PERSONAL)
    ]
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

    Raises
    ------
    FaultError
        If the file cannot be opened.
    """
    from gis import files, spatial

    path = files.guard(source.path)
    ending = path.suffix.lower()
    if ending in files.GEOJSON:
        opened = spatial.open_geojson(path)
    elif ending in files.GDAL_DRIVERS:
        opened = spatial.open_gdal(path)
    else:
        return False
    tables = [head.name for head in opened.heads if source.table in ("", head.name)]
    return any(opened.load(name).declared is not None for name in tables)


def _read_osm(layer: str, source: Source) -> Part:
    from gis import osm
    from gis.schema import check

    readers = {"roads": osm.read_osm, "barriers": osm.read_osm_barriers}
    if layer not in readers:
        raise FaultError([Fault("import_osm_layer", source.name, layer=layer)])
    if not Path(source.path).is_file():
        raise FaultError([Fault("file_missing", found=source.name)])
    frame, faults = check(readers[layer](source.path), SCHEMAS[layer], file=source.name)
    if errors(faults):
        raise FaultError(faults)
    note = Words("OpenStreetMap，WGS 84 经纬度。", "OpenStreetMap: longitude and latitude in WGS 84.")
    return Part(frame, faults, note, "")


def named(faults: Iterable[Fault], source: Source) -> list[Fault]:
    """Return faults under the name the planner knows the file by."""
    return [replace(fault, file=source.name) if fault.file else fault for fault in faults]
