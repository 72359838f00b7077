"""Files that a planner gives: kept in a temporary directory while they are looked at, and only there."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import streamlit as st

from gis.faults import Fault, FaultError, grouped
from gis.files import COMPANIONS, FORMATS
from gis.readers import titles
from planning.gathering import files_in
from ui import jobs
from ui.rolls import guard
from ui.texts import _, language

MAX_FILES: Final = 60
MAX_TOTAL_MB: Final = 400
#: Formats of other programs: taken, so that the page can say how to save them as one that is read.
FOREIGN: Final = ("et", "ett", "dwg", "rar", "7z", "kml", "kmz", "mdb", "doc", "docx", "wps", "pdf")
ENDINGS: Final = [*(ending.lstrip(".") for ending in (*FORMATS, *COMPANIONS)), *FOREIGN]
PREFIX: Final = "huapian-upload-"
STALE_SECONDS: Final = 24 * 3600


@dataclass
class Upload:
    """The files of one upload in a directory of their own, which goes with this object.

    Attributes
    ----------
    ids : tuple of str
        What the browser calls the files: they change with the choice.
    folder : TemporaryDirectory
    paths : tuple of Path
        What is looked at, archives unpacked, parts of shapefiles left out.
    names : dict of str to str
        Path -> what people know the file by.
    left : list of Fault
        Files that are not read, with how to save them.
    """

    ids: tuple[str, ...]
    folder: tempfile.TemporaryDirectory[str]
    paths: tuple[Path, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    left: list[Fault] = field(default_factory=list)


def draw() -> Upload | None:
    """Draw the uploader and return what it holds; None while it holds nothing."""
    turn = st.session_state.setdefault("import-turn", 0)
    with st.container(key="import-upload"):
        given = st.file_uploader(
            _("选择文件或一个 .zip(可多选;Shapefile 请把 .shp、.shx、.dbf、.prj 一起选上)"),
            type=ENDINGS,
            accept_multiple_files=True,
            key=f"import-files-{turn}",
        )
    st.caption(
        _(
            "可读 Excel、CSV、网页表格、GeoJSON、GeoPackage、Shapefile、GDB、DXF、OSM;整个文件夹请打成 .zip。"
            "一次最多 {files} 个文件、共 {size} MB。文件只放在临时目录,用完即删。",
            files=MAX_FILES,
            size=MAX_TOTAL_MB,
        )
    )
    if not given:
        # A planner who comes back to the page finds it empty while the import may still read its files.
        if not jobs.running("import"):
            forget()
        return None
    size = sum(file.size for file in given) / 1e6
    if len(given) > MAX_FILES or size > MAX_TOTAL_MB:
        st.error(_("文件太多或太大:{n} 个,共 {size} MB。请分几次导入。", n=len(given), size=f"{size:,.0f}"))
        return None
    given = guard.without_rolls(given)
    if not given:
        return None
    upload = _kept(given)
    _unread(upload.left)
    return upload


def forget() -> None:
    """Remove the uploaded files and everything that was chosen and found for them."""
    upload: Upload | None = st.session_state.pop("import-held", None)
    if upload is not None:
        upload.folder.cleanup()
    for key in [k for k in st.session_state if str(k).startswith("import-table")]:
        del st.session_state[key]
    for key in ("import-choices", "import-preview", "import-looked", "import-mended", "import-known"):
        st.session_state.pop(key, None)


def safe_name(name: str, taken: set[str]) -> str:
    """Return a file name without a folder and without what a system forbids; a number where it is taken."""
    plain = re.sub(r'[\x00-\x1f<>:"|?*]', "_", Path(name.replace("\\", "/")).name).strip(" .") or "file"
    stem, ending = Path(plain).stem[:80], Path(plain).suffix
    other, number = f"{stem}{ending}", 2
    while other.lower() in taken:
        other, number = f"{stem}-{number}{ending}", number + 1
    return other


def _kept(given: Iterable[Any]) -> Upload:
    files = list(given)
    ids = tuple(file.file_id for file in files)
    held: Upload | None = st.session_state.get("import-held")
    if held is not None and held.ids == ids:
        return held
    forget()
    st.session_state.pop("import-result", None)
    _sweep()
    upload = Upload(ids, tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True))
    with st.spinner(_("正在取出文件")):
        _store(upload, files)
    st.session_state["import-held"] = upload
    return upload


def _store(upload: Upload, files: Iterable[Any]) -> None:
    """Write the files down and unpack the archives among them; note what is not read."""
    folder = Path(upload.folder.name)
    taken: set[str] = set()
    for file in files:
        name = safe_name(file.name, taken)
        taken.add(name.lower())
        (folder / "given").mkdir(exist_ok=True)
        (folder / "given" / name).write_bytes(file.getbuffer())
    try:
        found, upload.left = files_in(folder / "given", into=folder / "unpacked")
    except FaultError as error:
        found, upload.left = [], error.faults
    upload.paths = tuple(found)
    upload.names = {str(path): name for path, name in zip(found, titles(found), strict=True)}


def _unread(left: list[Fault]) -> None:
    """List what is not read, and how to save it so that it can be."""
    if left:
        lines = grouped(left, lang=language(), limit=20)
        st.warning(
            _("有 {n} 个文件没有读:", n=len(left)) + "\n" + "\n".join(f"- {_plain(line)}" for line in lines)
        )


def _plain(text: str) -> str:
    from ui.outcome import plain

    return plain(text)


def _sweep() -> None:
    """Remove uploads that a stopped app has left behind: those older than a day."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)
