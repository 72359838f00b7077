"""Importing files on a page: upload, look, choose, import as a job, and say what came of it."""

from __future__ import annotations

import re
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import streamlit as st

from gis.faults import Fault, errors, grouped
from gis.files import FORMATS, OSM
from gis.layers import SCHEMAS, layer_label, worded
from planning.imports import Source, free_id
from planning.preview import Choice, TablePreview
from planning.project import Project
from ui import jobs, outcome
from ui.texts import _, language

MAX_FILES: Final = 30
MAX_TOTAL_MB: Final = 400
#: Parts of a shapefile beside the .shp.
COMPANIONS: Final = (".shx", ".dbf", ".prj", ".cpg")
ENDINGS: Final = [ending.lstrip(".") for ending in (*FORMATS, *COMPANIONS, *OSM)]
#: What a planner may say beside the systems of the register: the shifted degrees of web maps.
WEB_MAPS: Final = {"GCJ-02": "GCJ-02", "BD-09": "BD-09"}
SHOWN_FAULTS: Final = 3
PREFIX: Final = "huapian-upload-"
STALE_SECONDS: Final = 24 * 3600


@dataclass
class Upload:
    """The files of one upload in a directory of their own, which goes with this object."""

    ids: tuple[str, ...]
    folder: tempfile.TemporaryDirectory[str]
    paths: tuple[Path, ...]


def panel(project: Project | None, *, into: Mapping[str, Any] | None = None) -> None:
    """Draw the whole way from files to layers; `project` is the open one, None where there is none yet.

    `into` says where they go (arguments of `planning.imports.import_files`) where the planner has no choice.
    """
    outcome.draw()
    jobs.watch("import", _("正在导入"), _finished)
    upload = _upload()
    if upload is None:
        return
    found = _previews(upload)
    if not found:
        return
    chosen = [_table(number, table) for number, table in enumerate(found)]
    st.session_state["import-choices"] = {
        table.key: Choice(source.layer, source.crs) for table, source in zip(found, chosen)
    }
    _ask_again(upload)
    _start(project, found, chosen, into)


@dataclass(frozen=True)
class Wish:
    """What the planner chose for one table."""

    layer: str
    crs: str | None
    as_of: str
    source: str


def _upload() -> Upload | None:
    """Draw the uploader; keep what it holds in a temporary directory, and only there."""
    turn = st.session_state.setdefault("import-turn", 0)
    with st.container(key="import-upload"):
        given = st.file_uploader(
            _("选择文件(可多选;Shapefile 请把 .shp、.shx、.dbf、.prj 一起选上)"),
            type=ENDINGS,
            accept_multiple_files=True,
            key=f"import-files-{turn}",
        )
    st.caption(
        _(
            "可读 Excel、CSV、GeoJSON、GeoPackage、Shapefile、OSM。一次最多 {files} 个文件、共 {size} MB。"
            "文件只放在临时目录,用完即删。",
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
    return _kept(given)


def _kept(given: Sequence[Any]) -> Upload:
    ids = tuple(file.file_id for file in given)
    held: Upload | None = st.session_state.get("import-held")
    if held is not None and held.ids == ids:
        return held
    forget()
    _sweep()
    folder = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
    paths: list[Path] = []
    for file in given:
        path = Path(folder.name) / _safe_name(file.name, {p.name.lower() for p in paths})
        path.write_bytes(file.getbuffer())
        paths.append(path)
    st.session_state["import-held"] = Upload(ids, folder, tuple(paths))
    return st.session_state["import-held"]


def _sweep() -> None:
    """Remove uploads that a stopped app has left behind: those older than a day."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > STALE_SECONDS:
                shutil.rmtree(folder, ignore_errors=True)


def _safe_name(name: str, taken: set[str]) -> str:
    """Return a file name without a folder and without what a system forbids; a number where it is taken."""
    plain = re.sub(r'[\x00-\x1f<>:"|?*]', "_", Path(name.replace("\\", "/")).name).strip(" .") or "file"
    stem, ending = Path(plain).stem[:80], Path(plain).suffix
    other, number = f"{stem}{ending}", 2
    while other.lower() in taken:
        other, number = f"{stem}-{number}{ending}", number + 1
    return other


def forget() -> None:
    """Remove the uploaded files and what was chosen for them."""
    upload: Upload | None = st.session_state.pop("import-held", None)
    if upload is not None:
        upload.folder.cleanup()
    for key in [k for k in st.session_state if str(k).startswith(("import-table", "import-preview"))]:
        del st.session_state[key]
    for key in ("import-choices", "import-asked"):
        st.session_state.pop(key, None)


def _tables(upload: Upload) -> list[Path]:
    return [path for path in upload.paths if path.suffix.lower() not in COMPANIONS]


def _previews(upload: Upload) -> list[TablePreview]:
    """Return what the tables look like as far as they have been looked at; look at them if nobody has."""
    _ask_again(upload)
    jobs.watch("preview", _("正在读取文件"), _looked)
    found = st.session_state.get("import-preview", [])
    if not found and not jobs.running("preview") and st.button(_("重新读取"), key="import-again"):
        st.session_state.pop("import-asked", None)
        st.rerun()
    return found


def _ask_again(upload: Upload) -> None:
    """Look at the files (again) when they or the choices about them have changed since."""
    choices = st.session_state.get("import-choices", {})
    asked = (upload.ids, tuple(sorted((k, c.layer, c.crs or "") for k, c in choices.items())))
    if st.session_state.get("import-asked") == asked or jobs.running("preview"):
        return
    first = "import-asked" not in st.session_state
    st.session_state["import-asked"] = asked
    if not first and _as_seen(choices):
        return
    jobs.start("preview", "planning.preview:preview", paths=_tables(upload), choices=choices)
    st.rerun()


def _as_seen(choices: Mapping[tuple[str, str], Choice]) -> bool:
    """Tell whether the last look was at the tables as they are chosen now."""
    seen = {table.key: table for table in st.session_state.get("import-preview", [])}
    return all(
        key in seen and seen[key].layer == choice.layer and not choice.crs for key, choice in choices.items()
    )


def _looked(found: list[TablePreview]) -> None:
    st.session_state["import-preview"] = found


def _table(number: int, table: TablePreview) -> Wish:
    """Draw one table: what it is, the layer it becomes, its coordinate system, its date and source."""
    with st.container(border=True, key=f"import-table-{number}"):
        place = f"{table.file} · {table.table}" if table.table else table.file
        st.markdown(
            f"**{outcome.plain(place)}** · {_('{n} 行', n=f'{table.rows:,}')}"
            if table.rows
            else f"**{outcome.plain(place)}**"
        )
        if not table.columns and not table.layer:
            _said(table.faults)
            return Wish("", None, "", "")
        wish = _choices(number, table)
        if wish.layer:
            _understood(table)
            _said(table.faults)
        if len(table.head):
            with st.expander(_("前几行")):
                st.dataframe(worded(table.head, table.layer, language()), hide_index=True, placeholder="—")
    return wish


def _choices(number: int, table: TablePreview) -> Wish:
    left, middle, right, last = st.columns([2, 3, 2, 2])
    options = ["", *SCHEMAS]
    layer = left.selectbox(
        _("作为图层"),
        options,
        index=options.index(table.guess),
        format_func=lambda name: layer_label(name, language()) if name else _("不导入"),
        key=f"import-table-{number}-layer",
    )
    located = bool(layer and SCHEMAS[layer].geometry)
    crs = middle.selectbox(
        _("坐标系"),
        ["", *_systems()],
        format_func=lambda code: _systems()[code] if code else _("按文件判断"),
        disabled=not located,
        key=f"import-table-{number}-crs",
    )
    as_of = right.text_input(
        _("统计时点"), placeholder=_("如:2026-09-01"), disabled=not layer, key=f"import-table-{number}-asof"
    )
    source = last.text_input(
        _("来源"), placeholder=_("如:教育事业统计"), disabled=not layer, key=f"import-table-{number}-source"
    )
    return Wish(layer, (crs or None) if located else None, as_of.strip(), source.strip())


def _systems() -> dict[str, str]:
    from gis import systems

    return {code: words.text(language()) for code, words in systems.choices()} | WEB_MAPS


def _understood(table: TablePreview) -> None:
    """Say which columns were understood, which not, which are missing, and how the place is known."""
    lang = language()
    known = [
        f"{head} → {w.text(lang)}" if head != w.text(lang) else head for head, w in table.columns.items() if w
    ]
    unknown = [head for head, words in table.columns.items() if words is None]
    lines = [_("认出 {n} 列:{names}", n=len(known), names=_listed(known))] if known else []
    if unknown:
        lines.append(_("不认得 {n} 列(原样保留,不参与计算):{names}", n=len(unknown), names=_listed(unknown)))
    if table.missing:
        names = _listed([words.text(lang) for words in table.missing])
        lines.append(_("缺 {n} 个必需的列:{names}", n=len(table.missing), names=names))
    if table.crs_note.zh and not table.crs_needed:
        lines.append(_("坐标系:{note}", note=table.crs_note.text(lang)))
    st.caption("  \n".join(outcome.plain(line) for line in lines))


def _listed(names: Sequence[str]) -> str:
    return _("、").join(names)


def _said(faults: Sequence[Fault]) -> None:
    wrong = errors(faults)
    # Unknown columns are named above already.
    noticed = [fault for fault in faults if fault.kind != "column_unknown"]
    lines = grouped(wrong or noticed, lang=language(), limit=SHOWN_FAULTS)
    if lines:
        draw = st.error if wrong else st.warning
        draw("\n".join(f"- {outcome.plain(line)}" for line in lines))


def _start(
    project: Project | None,
    found: Sequence[TablePreview],
    chosen: Sequence[Wish],
    into: Mapping[str, Any] | None,
) -> None:
    """Draw where the layers go and the button; start the import."""
    wanted = [(table, wish) for table, wish in zip(found, chosen) if wish.layer]
    sources, doubled = _sources(wanted)
    for layer in doubled:
        label = layer_label(layer, language())
        st.error(_("有几张表都选作“{layer}”。请只留一张,其余选“不导入”。", layer=label))
    target = _target(project) if into is None else into
    ready = bool(sources) and not doubled and target is not None and not jobs.running("import")
    label = _("导入 {n} 个图层", n=len(sources))
    if st.button(label, type="primary", disabled=not ready, key="import-start") and target is not None:
        st.session_state.pop("import-result", None)
        jobs.start("import", "planning.imports:attempt", files=sources, **target)
        st.rerun()


def _sources(wanted: Sequence[tuple[TablePreview, Wish]]) -> tuple[dict[str, Source], list[str]]:
    """Return the tables by layer, and the layers that several tables of different files claim.

    Tables of one file that look alike (a sheet a school) are read as one: that is the reader's own rule.
    """
    by_layer: dict[str, list[tuple[TablePreview, Wish]]] = {}
    for table, wish in wanted:
        by_layer.setdefault(wish.layer, []).append((table, wish))
    sources, doubled = {}, []
    for layer, rows in by_layer.items():
        table, wish = rows[0]
        alike = len({t.path for t, _wish in rows}) == 1 and all(t.guess == layer for t, _wish in rows)
        if len(rows) > 1 and not alike:
            doubled.append(layer)
        name = table.table if len(rows) == 1 else ""
        sources[layer] = Source(
            table.path, name, wish.crs, as_of=wish.as_of, source=wish.source, file=table.file
        )
    return sources, doubled


def _target(project: Project | None) -> dict[str, Any] | None:
    """Draw the choice between the open project and a new one; return the arguments of the import."""
    if project is None:
        return _new_project()
    new = st.segmented_control(
        _("导入到"),
        ["here", "new"],
        default="new" if project.synthetic else "here",
        required=True,
        format_func=lambda key: (
            _("新项目") if key == "new" else _("当前项目:{name}", name=project.title(language()))
        ),
        key="import-target",
    )
    if new == "new":
        return _new_project()
    if project.synthetic:
        st.warning(_("当前项目是合成数据。真实数据请导入新项目,以免混在一起。"))
    return {"project_id": project.id}


def _new_project() -> dict[str, Any] | None:
    left, middle, right = st.columns([3, 2, 2])
    name = left.text_input(_("新项目名称"), placeholder=_("如:某县 2026 年划片"), key="import-name").strip()
    # Plans are made for the autumn to come; from September on, for that of the next year.
    today = datetime.now(UTC)
    year = middle.number_input(
        _("规划学年(秋季)"),
        1990,
        2100,
        today.year + (today.month > 8),
        step=1,
        format="%d",
        key="import-year",
    )
    system = right.selectbox(
        _("学制"),
        ["6-3", "5-4"],
        format_func=lambda key: {"6-3": _("六三制"), "5-4": _("五四制")}[key],
        key="import-system",
    )
    if not name:
        st.caption(_("填写名称后才能导入。"))
        return None
    return {"project_id": free_id(name), "name": name, "year": int(year), "stage_system": system}


def _finished(result: dict[str, Any]) -> None:
    st.session_state["import-result"] = result
    if result["saved"]:
        forget()
        st.session_state["import-turn"] = st.session_state.get("import-turn", 0) + 1
