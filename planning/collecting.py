"""收表: forms sent out, returns received, sent back or accepted, and taken in when the planner says.

The record of a collection is one file that only grows, `collection.jsonl` in the project's folder: a later
return stands in place of an earlier one, and both stay in the record. Nothing but counts and facts is kept.
"""

import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import pandas as pd

from gis.faults import Fault, FaultError, Words, errors, warnings
from gis.files import ARCHIVES
from planning import importlog, journal, merging, templates
from planning.forms import FORMS, Issue, senders
from planning.progress import Cancelled, Progress
from planning.project import Project, open_project
from planning.returns import Desk, Return, form_name, harmless

COLLECTION_FILE: Final = "collection.jsonl"
#: What a sender's return comes to.
STATES: Final = {
    "missing": Words("未报", "Not returned"),
    "refused": Words("退回", "Sent back"),
    "accepted": Words("已收", "Accepted"),
    "taken": Words("已入库", "Taken in"),
}
#: Temporary folders of this name are swept up by the app, should it have been stopped before it could.
SCRATCH: Final = "huapian-upload-returns-"


def read(folder: Path, layer: str = "", year: int | None = None) -> list[dict[str, Any]]:
    """Return the records of a project's collections in order, of one form and year where they are given."""
    return [
        record
        for record in journal.read(folder / COLLECTION_FILE)
        if layer in ("", record.get("layer")) and year in (None, record.get("year"))
    ]


def _append(folder: Path, kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
    return journal.append(folder / COLLECTION_FILE, {"kind": kind, **record})


def last_issue(folder: Path, layer: str, year: int) -> dict[str, Any] | None:
    """Return the record of the latest sending out of a form for a year; None when it was not sent out."""
    return next((r for r in reversed(read(folder, layer, year)) if r["kind"] == "issued"), None)


def issue(
    folder: str | Path,
    layer: str,
    year: int,
    *,
    due: str = "",
    as_of: str = "",
    in_one: bool = False,
    lang: str = "zh",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> dict[str, Any]:
    """Make the forms of a layer for a year and keep in the record that they were sent out; for jobs.

    Parameters
    ----------
    folder : str or Path
        The project's.
    layer, year, due, as_of, lang
        As in `planning.forms.Issue`.
    in_one : bool
        One workbook for all senders instead of a zip with one for each.

    Returns
    -------
    dict
        `data` (bytes, empty when cancelled), `name` (of the file), `layer`, `year`, `senders`, `revision`.
    """
    project = open_project(folder)
    before = last_issue(project.folder, layer, year)
    revision = int(before["revision"]) + 1 if before else 1
    asked = Issue(layer, year, lang, revision, journal.now()[:10], as_of, due)
    title = templates.file_title(asked)
    if in_one:
        data, name = templates.filled(project, asked, None), f"{title}.xlsx"
    else:
        data = templates.pack(project, asked, progress=progress, cancelled=cancelled)
        name = f"{title}.zip"
    count = len(senders(project, layer))
    if data:
        _append(project.folder, "issued", {**asdict(asked), "as_of": asked.moment, "senders": count})
    done = {"layer": layer, "year": year, "senders": count, "revision": revision}
    return {"data": data, "name": name, **done}


def receive(
    folder: str | Path,
    paths: Sequence[str | Path],
    year: int,
    *,
    layer: str = "",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> dict[str, Any]:
    """Read files that came back and keep in the record what they come to; for jobs.

    Parameters
    ----------
    folder : str or Path
        The project's.
    paths : sequence of path
        Workbooks, tables, folders and zips of them.
    year : int
        学年 that is being collected.
    layer : str
        Form that a file is taken for where nothing in it says otherwise.

    Returns
    -------
    dict
        `files` (how many were read), `accepted`, `refused`, `unchanged` (file, layer, owner, name of each),
        and `faults` (list of Fault) of files that no sender could be told for, or that are no tables.
    """
    project = open_project(folder)
    issued = {name: last_issue(project.folder, name, year) for name in FORMS}
    desk = Desk(project, year, layer, {n: int(r["revision"]) for n, r in issued.items() if r})
    found: dict[str, Any] = {"files": 0, "accepted": [], "refused": [], "unchanged": [], "faults": []}
    last = {(r["layer"], r["owner"]): r for r in read(project.folder, year=year) if r["kind"] == "return"}
    with tempfile.TemporaryDirectory(prefix=SCRATCH, ignore_cleanup_errors=True) as scratch:
        files, skipped = _files(paths, Path(scratch))
        found["faults"] += skipped
        for number, path in enumerate(files):
            if cancelled is not None and cancelled():
                break
            if progress is not None:
                progress(number / len(files), path.name)
            found["files"] += 1
            for one in desk.read(path):
                _keep(desk, one, found, last)
    return found


def _files(paths: Sequence[str | Path], scratch: Path) -> tuple[list[Path], list[Fault]]:
    """Return the files to read, those in zips and folders included, and why others are not read."""
    files: list[Path] = []
    faults: list[Fault] = []
    for number, path in enumerate(map(Path, paths)):
        if not path.is_dir() and path.suffix.lower() not in ARCHIVES:
            files.append(path)
            continue
        from gis.archives import expand

        into = scratch / str(number)
        into.mkdir()
        try:
            expanded = expand(path, into=into)
        except FaultError as error:
            faults += error.faults
            continue
        files += expanded.files
        faults += expanded.faults
    return files, faults


def _keep(
    desk: Desk, one: Return, found: dict[str, Any], last: dict[tuple[str, str], dict[str, Any]]
) -> None:
    """Put a return into the record, unless it is the one that stands there, and into what is reported."""
    if not one.owner:
        found["faults"] += one.faults
        return
    key = one.layer, one.owner
    name = desk.owners[one.layer].get(one.owner, one.owner)
    said = {"file": one.file, "layer": one.layer, "owner": one.owner, "name": name}
    state = "accepted" if one.accepted else "refused"
    before = last.get(key)
    if before is not None and (before["digest"], before["state"]) == (one.digest, state):
        found["unchanged"].append(said)
        return
    kept = [harmless(fault) for fault in one.faults]
    record = {
        "layer": one.layer, "year": desk.year, "owner": one.owner, "file": one.file, "digest": one.digest,
        "revision": one.revision, "state": state, "reasons": importlog.records(errors(kept)),
        "notes": importlog.records(warnings(kept)), "rows": merging.plain(one.rows),
    }  # fmt: skip
    last[key] = _append(desk.project.folder, "return", record)
    found[state].append(said)


def _standing(records: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Return sender -> the return that stands: the latest one."""
    return {record["owner"]: record for record in records if record["kind"] == "return"}


def _taken(records: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the senders whose standing return is in the project already.

    A return that came in while an earlier one was being taken in is not: the record says which file was.
    """
    last: dict[str, str] = {}
    taken: set[str] = set()
    for record in records:
        if record["kind"] == "return":
            last[record["owner"]] = record["digest"]
            taken.discard(record["owner"])
        elif record["kind"] == "taken":
            taken |= {owner for owner, digest in record["digests"].items() if last.get(owner) == digest}
    return taken


def status(project: Project, layer: str, year: int) -> pd.DataFrame:
    """Return how a collection stands, a row a sender.

    Returns
    -------
    DataFrame
        owner, name, town, state (see `STATES`), file, at (UTC, ISO), reasons, notes and rows (how many), and
        versions (how many returns of this sender the record holds).
    """
    return _status(project, layer, read(project.folder, layer, year))


def _status(project: Project, layer: str, records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    last, taken = _standing(records), _taken(records)
    versions = pd.Series([r["owner"] for r in records if r["kind"] == "return"], dtype="str").value_counts()
    found = []
    for one in senders(project, layer).to_dict("records"):
        record = last.get(one["owner"])
        state = "missing" if record is None else record["state"]
        held: Mapping[str, Any] = record or {}
        found.append(
            {
                **one,
                "state": "taken" if state == "accepted" and one["owner"] in taken else state,
                "file": held.get("file", ""),
                "at": held.get("at", ""),
                "reasons": len(held.get("reasons", ())),
                "notes": len(held.get("notes", ())),
                "rows": len(held.get("rows", ())),
                "versions": int(versions.get(one["owner"], 0)),
            }
        )
    columns = ["owner", "name", "town", "state", "file", "at", "reasons", "notes", "rows", "versions"]
    return pd.DataFrame(found, columns=columns)


def counts(table: pd.DataFrame) -> dict[str, int]:
    """Return how many senders are in each state."""
    return {state: int((table["state"] == state).sum()) for state in STATES}


def returned(folder: Path, layer: str, year: int) -> pd.DataFrame:
    """Return the rows of the returns that stand accepted, whether they have been taken in or not."""
    return _rows(read(folder, layer, year), layer)


def _rows(records: Sequence[Mapping[str, Any]], layer: str, *, skipped: Collection[str] = ()) -> pd.DataFrame:
    rows = [
        row
        for owner, record in _standing(records).items()
        if record["state"] == "accepted" and owner not in skipped
        for row in record["rows"]
    ]
    return merging.typed(rows, layer)


def standing(folder: Path, layer: str, year: int) -> dict[str, dict[str, Any]]:
    """Return sender -> the return that stands: file, at, state, reasons, notes, rows ..."""
    return {owner: dict(record) for owner, record in _standing(read(folder, layer, year)).items()}


def take_in(
    folder: str | Path,
    layer: str,
    year: int,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> dict[str, Any]:
    """Put the accepted returns into the project's layer, whole or not at all; for jobs.

    Rows of the layer for other years, and of senders who have not returned, stay as they are: they are last
    year's and are not taken for this year's.

    Returns
    -------
    dict
        The report of `planning.imports.attempt`, with `owners` (taken in now) and `missing` (names of senders
        without an accepted return).
    """
    from planning import imports

    project = open_project(folder)
    records = read(project.folder, layer, year)
    table = _status(project, layer, records)
    now = table.loc[table["state"] == "accepted", "owner"].astype(str).tolist()
    missing = table.loc[table["state"].isin(["missing", "refused"]), "name"].astype(str).tolist()
    rows = _rows(records, layer, skipped=_taken(records))
    if rows.empty:
        return {"saved": False, "faults": [], "owners": [], "missing": missing}
    with tempfile.TemporaryDirectory(prefix=SCRATCH, ignore_cleanup_errors=True) as scratch:
        path = merging.write(project, layer, rows, Path(scratch))
        source = imports.Source(
            path,
            layer,
            as_of=str((last_issue(project.folder, layer, year) or {}).get("as_of", f"{year}-09-01")),
            source=_said_source(len(table) - len(missing), len(table)),
            file=f"{year}{form_name(layer)}.gpkg",
        )
        report = imports.attempt(
            project_id=project.folder.name,
            files={layer: source},
            home=project.folder.parent,
            progress=progress,
            cancelled=cancelled,
        )
    if report["saved"]:
        last = _standing(records)
        digests = {owner: last[owner]["digest"] for owner in now}
        record = {"layer": layer, "year": year, "digests": digests, "version": report["version"]}
        _append(project.folder, "taken", record)
    return {**report, "owners": now, "missing": missing}


def _said_source(here: int, every: int) -> str:
    lacking = f"，缺 {every - here}" if here < every else ""
    return f"收表 {here}/{every}{lacking}"


def slip(record: Mapping[str, Any], *, name: str, lang: str = "zh") -> bytes:
    """Return the 退回单 of one return: what is wrong with it, where, and how to mend it, as a workbook."""
    from gis.export import to_excel

    heads = Words("序号 工作表 行 列 要改正的问题", "No. Sheet Row Column What_to_mend").text(lang).split()
    heads[-1] = heads[-1].replace("_", " ")
    title = Words("退回单", "Sent back").text(lang)
    sheets = {title: pd.DataFrame(list(_lines(record["reasons"], lang)), columns=heads)}
    if record["notes"]:
        asked = Words("请确认", "Please confirm").text(lang)
        sheets[asked] = pd.DataFrame(list(_lines(record["notes"], lang)), columns=heads)
    form, year = form_name(record["layer"], lang), record["year"]
    lines = [
        f"{name} · {form} · {year} · {record['file']}",
        Words(
            "请在原表上改正全部问题后重新报送；改正后的表会替代这一份。",
            "Please mend all of this in the same form and return it; it will stand in place of this one.",
        ).text(lang),
    ]
    return to_excel(sheets, notes=lines, lang=lang)


def _lines(records: Iterable[Mapping[str, Any]], lang: str) -> Iterator[list[Any]]:
    for number, said in enumerate(records, start=1):
        yield [number, said.get("sheet", ""), said.get("row"), said.get("column", ""), said[lang]]


def slips(project: Project, layer: str, year: int, *, lang: str = "zh") -> bytes:
    """Return a zip with the 退回单 of every return that was sent back."""
    import io
    import zipfile

    table = status(project, layer, year)
    last = _standing(read(project.folder, layer, year))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for number, one in enumerate(table[table["state"] == "refused"].itertuples(), start=1):
            data = slip(last[str(one.owner)], name=str(one.name), lang=lang)
            out.writestr(f"{number:03d}_{templates.safe(str(one.name))}.xlsx", data)
    return buffer.getvalue()
