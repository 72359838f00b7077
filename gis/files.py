"""Files from outside, looked at before anything opens them: local, of a known format and bounded size.

Only what the ending promises and the first bytes confirm is handed on, so GDAL never chooses a driver.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from gis.faults import Fault, FaultError

#: Largest file that is read, in MB; a workbook may unpack to five times as much.
MAX_MB = 200
#: Most rows or features that one table may have.
MAX_ROWS = 1_000_000

#: Ending -> GDAL driver, for the formats that GDAL reads. No other driver is ever used.
GDAL_DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile"}
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
TEXTS = (".csv", ".txt", ".tsv")
GEOJSON = (".geojson", ".json")
FORMATS = (*GDAL_DRIVERS, *GEOJSON, *WORKBOOKS, *TEXTS)

_UNPACKED = 5
_SHAPEFILE = b"\x00\x00\x27\x0a"
_GPKG = (b"GPKG", b"GP10", b"GP11")
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"


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
    if not path.is_file():
        raise FaultError([Fault("file_refused", found=text)])
    faults = [*_format_faults(path), *_size_faults(path, max_mb)] or _content_faults(path)
    if faults:
        raise FaultError(faults)
    return path


def _is_virtual(text: str) -> bool:
    plain = text.replace("\\", "/").lower().lstrip()
    drive = len(plain) > 1 and plain[1] == ":" and plain[0].isalpha()
    scheme = ":" in plain and not drive and not Path(text).exists()
    return "/vsi" in plain or "://" in plain or plain.startswith("<") or "\0" in text or scheme


def _fault(kind: str, path: Path, found: str = "", **params: Any) -> Fault:
    return Fault(kind, file=path.name, found=found, params=params)


def _format_faults(path: Path) -> list[Fault]:
    ending = path.suffix.lower()
    if ending not in FORMATS:
        return [_fault("file_format", path, ending or path.name, formats=list(FORMATS))]
    if ending != ".shp":
        return []
    missing = [end for end in (".shx", ".dbf") if companion(path, end) is None]
    return [_fault("companion_missing", path, end) for end in missing]


def _size_faults(path: Path, max_mb: float) -> list[Fault]:
    files = [path, *(p for p in (companion(path, ".dbf"),) if p and path.suffix.lower() == ".shp")]
    size = sum(file.stat().st_size for file in files)
    limit = max_mb * 1e6
    if size <= limit and _starts(path) == _ZIP and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        limit *= _UNPACKED
    over = size > limit
    return (
        [_fault("file_too_large", path, size=f"{size / 1e6:,.1f}", limit=f"{limit / 1e6:g}")] if over else []
    )


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
    ending, head = path.suffix.lower(), _starts(path)
    good = {
        ".gpkg": head == b"SQLi" and _starts(path, at=68) in _GPKG,
        ".shp": head == _SHAPEFILE,
        ".xls": head in (_OLE, _ZIP),
        **dict.fromkeys((".xlsx", ".xlsm", ".ods"), head in (_ZIP, _OLE)),
    }
    binary = b"\0" in head and head[:2] not in (b"\xff\xfe", b"\xfe\xff")
    fits = good.get(ending, not binary and head != _ZIP)
    return [] if fits else [_fault("file_content", path, ending)]
