"""Folders of returns and .zip archives: which files in them can be read, and why the others are not.

Archives are looked at before anything is written: bounded in size and number, no path out of the folder, no
password, no links. Names are in UTF-8 where the archive says so, else in GBK, as Chinese Windows packs them.
"""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from gis.faults import Fault, FaultError
from gis.files import ARCHIVES, COMPANIONS, FORMATS, MAX_MB, advice, is_geodatabase
from gis.words import Words

#: Most files of a folder or an archive.
MAX_FILES = 2000
#: What an archive may unpack to, times the largest file.
_UNPACKED = 5
_CHUNK = 1 << 20
_UTF8 = 0x800
_LOCKED = 0x1
#: More parts of a shapefile, which say nothing by themselves.
_PARTS = (*COMPANIONS, ".sbn", ".sbx", ".shp.xml", ".qix", ".qpj", ".fix", ".atx", ".cst")
_HIDDEN = (".", "~$", "__MACOSX", "Thumbs.db", "desktop.ini")
_UNKNOWN = Words("不是可读的格式。", "its format is none that can be read.")
_NESTED = Words("是压缩包里的压缩包，请先解压。", "it is an archive inside another; unpack it first.")
_ASIDE = Words("是临时文件或隐藏文件。", "it is a temporary or hidden file.")
_LINK = Words("是链接，不是文件。", "it is a link and no file.")
_ALONE = Words("缺少同名的 .shp 文件。", "the .shp file of the same name is missing.")


@dataclass(frozen=True)
class Expanded:
    """The files of a folder or an archive that can be read, in order, and what is said of the others.

    Attributes
    ----------
    files : tuple of Path
        What :func:`gis.readers.inspect` and :func:`gis.readers.read_layer` take: one path a shapefile (.shp),
        the folder of a geodatabase.
    faults : list of Fault
        Warnings: files that are not read, with the reason and how to save them.
    """

    files: tuple[Path, ...]
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Member:
    """A file of an archive, in memory."""

    name: str
    data: bytes


def expand(path: str | Path, *, into: Path | None = None, max_mb: float = MAX_MB) -> Expanded:
    """Return the readable files of a folder with its subfolders, or of a .zip; a single file is itself.

    Parameters
    ----------
    path
        Folder, archive or file on this machine. Links are not followed.
    into
        Folder into which archives are unpacked; without it, they are said to be left.
    max_mb
        Largest file; an archive may unpack to five times as much.

    Raises
    ------
    FaultError
        ``file_missing``, or what is wrong with the archive: ``file_unreadable``, ``archive_path``,
        ``archive_locked``, ``archive_too_many``, ``file_too_large``, ``archive_empty``.
    """
    path = Path(path)
    if not path.exists():
        raise FaultError([Fault("file_missing", found=str(path))])
    if path.is_dir() and not is_geodatabase(path):
        return _folder(path, into, max_mb)
    if path.suffix.lower() in ARCHIVES and into is not None:
        return _unpacked(path, into, max_mb)
    return _sorted(path.parent, [path], path.name)


def members(path: str | Path, *, max_mb: float = MAX_MB) -> list[Member]:
    """Return the files of a .zip in memory, for rolls of pupils, which must not be unpacked to the disk.

    Raises
    ------
    FaultError
        As :func:`expand`.
    """
    path = Path(path)
    with _opened(path) as archive:
        entries = _entries(archive, path, max_mb)
        return [
            Member(name, b"".join(_content(archive, entry, path)))
            for name, entry in entries
            if not _is_hidden(PurePosixPath(name).parts) and not _is_link(entry)
        ]


def _folder(folder: Path, into: Path | None, max_mb: float) -> Expanded:
    found = list(_walk(folder))
    if len(found) > MAX_FILES:
        params = {"count": len(found), "limit": MAX_FILES}
        raise FaultError([Fault("archive_too_many", folder.name, params=params)])
    archives = [path for path in found if path.suffix.lower() in ARCHIVES and into is not None]
    plain = _sorted(folder, [path for path in found if path not in archives], "")
    files, faults = list(plain.files), list(plain.faults)
    for number, archive in enumerate(archives):
        try:
            inner = _unpacked(archive, Path(into or "") / f"{number}", max_mb)
        except FaultError as error:
            faults += error.faults
            continue
        files += inner.files
        faults += inner.faults
    return Expanded(tuple(files), faults)


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and its subfolders, a geodatabase as one; links are not followed."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink() and not is_geodatabase(path):
            yield from _walk(path)
        else:
            yield path


def _sorted(folder: Path, paths: list[Path], file: str) -> Expanded:
    """Return which of these files can be read, and a warning for each that cannot."""
    files: list[Path] = []
    faults: list[Fault] = []
    shapes = {path.with_suffix("").as_posix().lower() for path in paths if path.suffix.lower() == ".shp"}
    for path in paths:
        name = path.relative_to(folder).as_posix()
        reason = _reason(path, name, shapes)
        if reason is None:
            files.append(path)
        elif reason != Words("", ""):
            faults.append(Fault("file_left", file, found=name, params={"reason": reason}))
    return Expanded(tuple(files), faults)


def _reason(path: Path, name: str, shapes: set[str]) -> Words | None:
    """Return why a file is not read: None where it is, no words where nothing need be said."""
    ending = path.suffix.lower()
    if _is_hidden(PurePosixPath(name).parts):
        return _ASIDE
    if path.is_symlink():
        return _LINK
    part = next((end for end in _PARTS if path.name.lower().endswith(end)), "")
    if part and path.as_posix().lower().removesuffix(part) in shapes:
        return Words("", "")
    if ending in ARCHIVES:
        return _NESTED
    if ending in FORMATS:
        return None
    return _ALONE if part in COMPANIONS else advice(ending) or _UNKNOWN


def _is_hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(_HIDDEN) for part in parts)


def _unpacked(path: Path, into: Path, max_mb: float) -> Expanded:
    """Unpack an archive into a folder and return its files."""
    with _opened(path) as archive:
        entries = _entries(archive, path, max_mb)
        links = [name for name, entry in entries if _is_link(entry)]
        plain = [(name, entry) for name, entry in entries if not _is_link(entry)]
        for name, entry in plain:
            target = into.joinpath(*PurePosixPath(name).parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                for part in _content(archive, entry, path):
                    file.write(part)
    found = _sorted(into, list(_walk(into)) if into.is_dir() else [], path.name)
    if not found.files:
        params = {"formats": list(FORMATS)}
        raise FaultError([Fault("archive_empty", path.name, params=params), *found.faults])
    said = [Fault("file_left", path.name, found=name, params={"reason": _LINK}) for name in links]
    return Expanded(found.files, [*found.faults, *said])


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> FaultError:
    return FaultError([Fault("file_unreadable", path.name, params={"reason": str(error)})])


def _entries(archive: zipfile.ZipFile, path: Path, max_mb: float) -> list[tuple[str, zipfile.ZipInfo]]:
    """Return the names and entries of an archive's files, or raise everything that is wrong with them."""
    entries = [(_name(entry), entry) for entry in archive.infolist() if not entry.is_dir()]
    faults = [Fault("archive_path", path.name, found=name) for name, _ in entries if _leads_out(name)]
    if any(entry.flag_bits & _LOCKED for _, entry in entries):
        faults.append(Fault("archive_locked", path.name))
    if len(entries) > MAX_FILES:
        params = {"count": len(entries), "limit": MAX_FILES}
        faults.append(Fault("archive_too_many", path.name, params=params))
    size, limit = sum(entry.file_size for _, entry in entries), _UNPACKED * max_mb * 1e6
    if size > limit:
        bounds = {"size": f"{size / 1e6:,.1f}", "limit": f"{limit / 1e6:g}"}
        faults.append(Fault("file_too_large", path.name, params=bounds))
    if faults:
        raise FaultError(faults)
    return entries


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry: zipfile takes what is not marked as UTF-8 for cp437."""
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8:
        raw = name.encode("cp437", errors="replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
            except UnicodeDecodeError:
                continue
            break
    return name.replace("\\", "/")


def _leads_out(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name.startswith("/") or ".." in parts or any(":" in part or "\0" in part for part in parts)


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> Iterator[bytes]:
    """Yield an entry's bytes; never more than it says it has."""
    left = entry.file_size
    try:
        with archive.open(entry) as file:
            while part := file.read(min(_CHUNK, left + 1)):
                left -= len(part)
                if left < 0:
                    raise zipfile.BadZipFile(f"{entry.filename} is longer than it says")
                yield part
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise _unreadable(path, error) from error
