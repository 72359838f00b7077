"""Edits of layers that lineage and drafts follow (拆分, 合并): one step, whatever cuts it short.

What is still to be done once the layers are saved is written down before they are. If the process dies in
between, `planning.project.open_project` does the rest when the project is next opened, or forgets about it
where the layers were not saved.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import psutil

from gis.faults import Fault, FaultError, register_kinds
from gis.layers import zone_of
from planning import drafts, lineage, settings
from planning.following import Step, drafts_follow
from planning.project import Project, check_current
from planning.settings import UNFINISHED_FILE
from planning.store import DraftStore

CUT_SHORT: Final = 30.0
"""Seconds after which what cannot be read was cut short while being written, and not just begun."""

register_kinds(
    {
        "edit_busy": (
            "另一处改动正在保存,这次没有改动。请稍后再试。",
            "another edit is being saved; nothing was changed this time. Try again in a moment.",
        ),
    }
)


@contextmanager
def edit(project: Project, **record: Any) -> Iterator[dict[str, Any]]:
    """Write down what an edit owes the rest, and keep it until the block has ended well.

    Parameters
    ----------
    project : Project
        Before the edit.
    units : list of str
        Units that are there once the layers are saved, and not before.
    zones : mapping of str to str
        The zone of schools once the layers are saved.
    lineage : mapping
        drop (pairs of ids) and add (rows) of `planning.lineage`.
    steps : mapping of str to payload
        The turn that each draft is to go through, by draft; under "" that of the others.
    by : str
        Who.

    Raises
    ------
    FaultError
        If another process is at such an edit, or somebody saved the project meanwhile.
    """
    settle(project)
    place = project.folder / UNFINISHED_FILE
    own = {"id": uuid4().hex, "version": project.version + 1, **_myself(), **record}
    try:
        with place.open("x", encoding="utf-8") as file:
            file.write(json.dumps(own))  # in ASCII, so that one cut short is no broken character
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise FaultError([Fault("edit_busy")]) from None
    try:
        check_current(project)  # nobody else can begin such an edit now
    except FaultError:
        _forget(place)
        raise
    try:
        yield own
    except BaseException:
        _leave(place, own)
        raise
    _forget(place)


def finish(project: Project, record: Mapping[str, Any], *, step: Step | None = None) -> None:
    """Do what an edit owes once its layers are saved; what is done already is left as it is.

    ``step`` makes the turn of a draft as it now stands; by default it is the one written down.
    """
    changed = record.get("lineage")
    if changed:
        rows = lineage.stored(project.folder)
        dropped = {(a, b) for a, b in changed["drop"]} | {(r["from_id"], r["to_id"]) for r in changed["add"]}
        own = [s == "unit" and (a, b) in dropped for s, a, b in zip(
            rows["subject"], rows["from_id"], rows["to_id"], strict=True)]  # fmt: skip
        kept = rows[[not each for each in own]]
        lineage.store(project.folder, lineage.frame_of([*_records(kept), *changed["add"]]))
    drafts_follow(project, _once(record, step), author=str(record.get("by", "")))


def settle(project: Project) -> None:
    """Finish the edit that a process left when it died; none where it had not saved the layers."""
    place = project.folder / UNFINISHED_FILE
    record = _read(place)
    stale = settings.read(project.folder)["version"] != project.version
    if record is None or _alive(record) or stale:  # an old project cannot tell what was saved
        return
    if _saved(project, record):
        finish(project, record)
    _forget(place)


def _forget(place: Path) -> None:
    place.unlink(missing_ok=True)


def _records(frame: Any) -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(k): v for k, v in row.items()} for row in plain.to_dict("records")]


def _once(record: Mapping[str, Any], step: Step | None) -> Step:
    """Return the step with the mark of the edit; none for a draft that has it, by itself or its origin."""

    def made(store: DraftStore, draft: str) -> drafts.Op | None:
        there = [*store.steps(draft), *store.history(draft)]
        if any(op.payload.get("edit") == record["id"] for op in there):
            return None
        known = record.get("steps", {})
        op = step(store, draft) if step else drafts.Op("rebase", known.get(draft, known.get("", {})))
        return (
            None if op is None or not op.payload else drafts.Op(op.kind, {**op.payload, "edit": record["id"]})
        )

    return made


def _saved(project: Project, record: Mapping[str, Any]) -> bool:
    """Tell whether the layers are those that the edit was to save."""
    if project.version < record.get("version", 0):
        return False
    known = set(project.layers["units"]["unit_id"].astype(str))
    schools = project.layers["schools"]
    zones = dict(zip(schools["school_id"].astype(str), zone_of(schools), strict=True))
    wanted = record.get("zones", {})
    return set(record.get("units", [])) <= known and all(zones.get(s) == z for s, z in wanted.items())


def _read(place: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        if place.exists() and time.time() - place.stat().st_mtime > CUT_SHORT:
            place.unlink(missing_ok=True)
        return None
    return found if isinstance(found, dict) else None


def _myself() -> dict[str, Any]:
    own = psutil.Process()
    return {"pid": own.pid, "born": own.create_time()}


def _alive(record: Mapping[str, Any]) -> bool:
    """Tell whether the process that began an edit is still at it."""
    try:
        owner = psutil.Process(int(record["pid"]))
        same = abs(owner.create_time() - float(record["born"])) < 1.0
        return same and owner.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _leave(place: Path, record: Mapping[str, Any]) -> None:
    """Give an edit up: who next opens the project settles it, as if this process had died."""
    scratch = place.with_suffix(".writing")
    scratch.write_text(json.dumps({**record, "born": 0.0}), encoding="utf-8")
    scratch.replace(place)
