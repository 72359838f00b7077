"""Files from outside, looked at before anything opens them: local, of a known format and bounded size.

Only what the ending promises and the first bytes confirm is handed on, so GDAL never chooses a driver.
"""

from __future__ import annotations

import codecs
import zipfile
from pathlib import Path
from typing import Any

from gis.faults import Fault, FaultError
from gis.markup import is_markup
from gis.words import Words

#: Largest file that is read, in MB; a workbook may unpack to five times as much.
MAX_MB = 200
#: Most rows or features that one table may have.
MAX_ROWS = 1_000_000

#: Ending -> GDAL driver, for the formats that GDAL reads. No other driver is ever used.
GDAL_DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".gdb": "OpenFileGDB", ".dxf": "DXF"}
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
#: Tables in web pages, whatever their ending says.
PAGES = (".htm", ".html", ".mht", ".mhtml", ".xml")
TEXTS = (".csv", ".txt", ".tsv")
GEOJSON = (".geojson", ".json")
#: OpenStreetMap extracts (.osm, .osm.pbf) and road graphs as osmnx saves them.
OSM = (".osm", ".pbf")
GRAPHS = (".graphml",)
ARCHIVES = (".zip",)
FORMATS = (*GDAL_DRIVERS, *GEOJSON, *WORKBOOKS, *TEXTS, *PAGES, *OSM, *GRAPHS, *ARCHIVES)
#: Files that only make sense beside a shapefile.
COMPANIONS = (".shx", ".dbf", ".prj", ".cpg")

_UNPACKED = 5
_LOOKED_AT = 4096
_SHAPEFILE = b"\x00\x00\x27\x0a"
_GPKG = (b"GPKG", b"GP10", b"GP11")
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0"
_PBF = b"OSMHeader"
_GDB_FILE = "a00000001.gdbtable"

#: Formats that cannot be read, and how to save them as one that can.
_ADVICE = {
    ".et": Words(
        "这是 WPS 表格自己的格式：请在 WPS 里打开，选“文件 → 另存为 → Excel 文件（*.xlsx）”，"
        "再导入另存的文件。",
        'It is the own format of WPS Spreadsheets: open it there, choose "Save As" and "Excel (*.xlsx)", and '
        "import that file.",
    ),
    ".dwg": Words(
        "请在 CAD 里打开，选“另存为 → DXF（*.dxf）”，再导入另存的文件。",
        'Open it in CAD, choose "Save As" and "DXF (*.dxf)", and import that file.',
    ),
    ".rar": Words("请先解压，再导入里面的文件。", "Unpack it and import the files in it."),
    ".kml": Words(
        "请在 GIS 软件里打开，另存为 GeoJSON 或 GeoPackage。",
        "Open it in a GIS and save it as GeoJSON or GeoPackage.",
    ),
    ".mdb": Words(
        "请在 ArcGIS 里把图层导出为 Shapefile 或文件地理数据库（.gdb）。",
        "Export its layers as shapefiles or a file geodatabase (.gdb).",
    ),
    ".doc": Words(
        "请把文中的表格复制到 Excel 或 WPS 表格，另存为 .xlsx。",
        "Copy its table into a spreadsheet and save that as .xlsx.",
    ),
    ".pdf": Words(
        "PDF 和图片不能可靠读出数字：请向出表的单位要 Excel 原件。",
        "Numbers cannot be read from PDF files and pictures reliably: ask for the workbook it was made from.",
    ),
}
_SAME_ADVICE = {
    ".ett": ".et", ".dws": ".dwg", ".dgn": ".dwg", ".7z": ".rar", ".gz": ".rar", ".tar": ".rar",
    ".kmz": ".kml", ".tab": ".kml", ".mif": ".kml", ".accdb": ".mdb", ".docx": ".doc", ".wps": ".doc",
    ".png": ".pdf", ".jpg": ".pdf", ".jpeg": ".pdf",
}  # fmt: skip


def guard(path: str | Path, *, max_mb: float = MAX_MB) -> Path:
    """Return the path of a file that may be opened, or raise what is wrong with it.

    Parameters
    ----------
    path
        A file on this machine. Web addresses, GDAL's virtual paths (``/vsi...``, ``driver:...``) and devices
        are refused.
    max_mb
        Largest size, in MB of 1,000,000 bytes.

    Raises
    ------
    FaultError
        ``file_refused``, ``file_missing``, ``file_format``, ``file_too_large``, ``companion_missing`` or
        ``file_content`` (the first bytes are not of the format that the ending names).
    """
    text = str(path)
    if _is_virtual(text):
        raise FaultError([Fault("file_refused", found=text)])
    path = Path(path)
    if not path.exists():
        raise FaultError([Fault("file_missing", found=text)])
    if not path.is_file() and not is_geodatabase(path):
        raise FaultError([Fault("file_refused", found=text)])
    faults = [*_format_faults(path), *_size_faults(path, max_mb)] or _content_faults(path)
    if faults:
        raise FaultError(faults)
    return path


def is_geodatabase(path: Path) -> bool:
    """Tell whether a folder is a file geodatabase (.gdb)."""
    return path.is_dir() and path.suffix.lower() == ".gdb" and (path / _GDB_FILE).is_file()


def advice(ending: str) -> Words | None:
    """Return how to save a file of a known format that cannot be read (``".et"``); None for any other."""
    return _ADVICE.get(_SAME_ADVICE.get(ending, ending))


def _is_virtual(text: str) -> bool:
    plain = text.replace("\\", "/").lower().lstrip()
    drive = len(plain) > 1 and plain[1] == ":" and plain[0].isalpha()
    scheme = ":" in plain and not drive and not Path(text).exists()
    return "/vsi" in plain or "://" in plain or plain.startswith("<") or "\0" in text or scheme


def _fault(kind: str, path: Path, found: str = "", **params: Any) -> Fault:
    return Fault(kind, file=path.name, found=found, params=params)


def _format_faults(path: Path) -> list[Fault]:
    ending = path.suffix.lower()
    how = advice(ending)
    if how is not None:
        return [_fault("file_advice", path, ending, advice=how)]
    if ending not in FORMATS:
        return [_fault("file_format", path, ending or path.name, formats=list(FORMATS))]
    if ending != ".shp":
        return []
    missing = [end for end in (".shx", ".dbf") if companion(path, end) is None]
    return [_fault("companion_missing", path, end) for end in missing]


def _size_faults(path: Path, max_mb: float) -> list[Fault]:
    files = [path, *(p for p in (companion(path, ".dbf"),) if p and path.suffix.lower() == ".shp")]
    if path.is_dir():
        files = [file for file in path.iterdir() if file.is_file()]
    size = sum(file.stat().st_size for file in files)
    limit = max_mb * 1e6
    if path.is_file() and size <= limit and _starts(path) == ZIP and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        limit *= _UNPACKED
    over = size > limit
    return (
        [_fault("file_too_large", path, size=f"{size / 1e6:,.1f}", limit=f"{limit / 1e6:g}")] if over else []
    )


def gdal_encoding(path: Path, encoding: str) -> str:
    """Return an encoding under the name by which GDAL knows it (``latin-1`` as ``ISO8859-1``).

    Raises
    ------
    FaultError
        ``encoding_unknown`` for one that there is not.
    """
    try:
        return codecs.lookup(encoding).name.upper() if encoding else ""
    except LookupError as error:
        raise FaultError([_fault("encoding_unknown", path)]) from error


def companion(path: Path, ending: str) -> Path | None:
    """Return the file of the same name with another ending, in either case; None when there is none."""
    for end in (ending, ending.upper()):
        if path.with_suffix(end).is_file():
            return path.with_suffix(end)
    return None


def _starts(path: Path, length: int = 4, *, at: int = 0) -> bytes:
    with path.open("rb") as file:
        file.seek(at)
        return file.read(length)


def _content_faults(path: Path) -> list[Fault]:
    if path.is_dir():
        return []
    ending, head = path.suffix.lower(), _starts(path)
    binary = b"\0" in head and head[:2] not in (b"\xff\xfe", b"\xfe\xff")
    good = {
        ".gpkg": head == b"SQLi" and _starts(path, at=68) in _GPKG,
        ".shp": head == _SHAPEFILE,
        ".zip": head == ZIP,
        ".gdb": False,
        ".pbf": _PBF in _starts(path, 32),
        ".osm": b"<osm" in _starts(path, _LOOKED_AT),
        ".graphml": b"<graphml" in _starts(path, _LOOKED_AT),
        **dict.fromkeys(WORKBOOKS, head in (OLE, ZIP) or (not binary and _is_text_table(path))),
    }
    fits = good.get(ending, not binary and head != ZIP)
    return [] if fits else [_fault("file_content", path, ending)]


def _is_text_table(path: Path) -> bool:
    """Tell whether what is called a workbook is a web page with a table, or lines of cells."""
    with path.open("rb") as file:
        data = file.read(_LOOKED_AT)
    lines = data.replace(b"\0", b"").splitlines()[:3]
    return is_markup(data) or (
        not data.lstrip().startswith(b"<") and any(d in line for line in lines for d in b",\t;")
    )
