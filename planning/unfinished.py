"""Edits of layers that lineage and drafts follow (拆分, 合并): one step, whatever cuts it short.

What is still to be done once the layers are saved is written down before they are. If the process dies in
between, `planning.project.open_project` does the rest when the project is next opened, or forgets about it
where the layers were not saved. A lock that the system lets go of tells an edit cut short from one under way.
"""

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from pyogrio.errors import DataSourceError
from sqlalchemy.exc import SQLAlchemyError

from gis.faults import Fault, FaultError, register_kinds
from gis.layers import zone_of
from planning import drafts, givenback, lineage, locking, settings
from planning.following import Step, drafts_follow
from planning.project import Project, check_current
from planning.settings import UNFINISHED_FILE
from planning.store import DraftStore

LOCK_FILE: Final = ".edit-lock"
#: What a full disk, a file held by another program or one without permission raises.
_NO_DISK: Final = (OSError, SQLAlchemyError, sqlite3.Error, DataSourceError)
#: What else a record, a layer or a draft that is damaged raises.
_DAMAGED: Final = (FaultError, RuntimeError, LookupError, TypeError, ValueError, AttributeError)

register_kinds(
    {
        "edit_busy": (
            "另一处改动正在保存,这次没有改动。请稍后再试。",
            "another edit is being saved; nothing was changed this time. Try again in a moment.",
        ),
        "edit_unsaved": (
            "没有保存成({found}),什么都没有改动。请检查磁盘空间和文件夹权限,然后再试。",
            "it could not be saved ({found}); nothing was changed. Check the free space of the disk and the "
            "permissions of the folder, then try again.",
        ),
        "edit_owed": (
            "改动已保存,但方案还没有全部跟上({found})。请检查磁盘空间和文件夹权限,再刷新页面:余下的会自动补上。",
            "the change is saved, but not all drafts have followed ({found}). Check the free space of the "
            "disk and the permissions of the folder, then reload the page: the rest is done by itself.",
        ),
        "edit_unsettled": (
            "上次拆分单元或合并、拆开片区保存到一半就中断了,余下的现在补不上({found})。项目可以查看,"
            "但在补上之前不能再拆分或合并。请检查磁盘空间和文件夹权限,关闭占用这些文件的程序,再刷新页面;"
            "仍不行时,请从备份恢复项目文件夹。",
            "splitting units, or joining or parting zones, was cut short last time while being saved, and "
            "the rest cannot be done now ({found}). The project can be looked at, but nothing can be split "
            "or joined until then. Check the free space of the disk and the permissions of the folder, close "
            "programs that hold its files, then reload the page; if it still fails, restore the folder of "
            "the project from a backup.",
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
    near : mapping of stage to mapping of str to str
        Where a parted zone's units go of which nothing else is known (`planning.givenback.completed`).
    by : str
        Who.

    Raises
    ------
    FaultError
        If another process is at such an edit, if somebody saved the project meanwhile, or if the disk takes
        no more: then nothing has changed, or the fault says what is owed still.
    """
    with ExitStack() as stack:
        try:
            mine = stack.enter_context(locking.held(project.folder / LOCK_FILE))
        except _NO_DISK as error:
            raise FaultError([Fault("edit_unsaved", found=_said(error))]) from error
        if not mine:
            raise FaultError([Fault("edit_busy")])
        place = project.folder / UNFINISHED_FILE
        if place.exists() and (left := _unsettled(project)):
            raise FaultError(left)
        check_current(project)  # nobody else can begin such an edit now
        own = {"id": uuid4().hex, "version": project.version + 1, **record}
        try:
            _write_down(place, own)
            yield own
        except BaseException as error:
            _give_up(project, error)
            raise
        _forget(project)


def _give_up(project: Project, error: BaseException) -> None:
    """Leave what an edit owes to who next opens the project; where nothing was saved, it owes nothing."""
    saved = settings.read(project.folder)["version"] != project.version
    if not saved:
        _forget(project)
    if isinstance(error, _NO_DISK):
        raise FaultError([Fault("edit_owed" if saved else "edit_unsaved", found=_said(error))]) from error


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


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


def settle(project: Project) -> list[Fault]:
    """Finish the edit that a process left when it died; none where it had not saved the layers.

    Nothing is raised: a project opens whatever stands in the way, which is returned.
    """
    if not (project.folder / UNFINISHED_FILE).exists():
        return []
    try:
        with locking.held(project.folder / LOCK_FILE) as mine:
            return _unsettled(project) if mine else []
    except _NO_DISK as error:
        return [_cut_short(project, error)]


def _unsettled(project: Project) -> list[Fault]:
    """Finish what is left of an edit, under the lock; return what stands in the way."""
    try:
        record = _read(project.folder / UNFINISHED_FILE)
        if settings.read(project.folder)["version"] != project.version:
            return []  # an old project cannot tell what was saved
        if record is not None and _saved(project, record):
            finish(project, record)
    except (*_NO_DISK, *_DAMAGED) as error:
        return [_cut_short(project, error)]
    _forget(project)
    return []


def _cut_short(project: Project, error: Exception) -> Fault:
    return Fault("edit_unsettled", file=project.folder.name, found=_said(error))


def _write_down(place: Path, record: Mapping[str, Any]) -> None:
    with place.open("w", encoding="utf-8") as file:
        file.write(json.dumps(record))  # in ASCII, so that one cut short is no broken character
        file.flush()
        os.fsync(file.fileno())


def _forget(project: Project) -> None:
    """Take the record away; where that fails, the edit is finished again, which changes nothing."""
    with suppress(OSError):
        (project.folder / UNFINISHED_FILE).unlink(missing_ok=True)


def _records(frame: Any) -> list[dict[str, Any]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return [{str(k): v for k, v in row.items()} for row in plain.to_dict("records")]


def _once(record: Mapping[str, Any], step: Step | None) -> Step:
    """Return the step with the mark of the edit; none for a draft that has it, by itself or its origin."""

    def made(store: DraftStore, draft: str) -> drafts.Op | None:
        there = [*store.steps(draft), *store.history(draft)]
        if any(op.payload.get("edit") == record["id"] for op in there):
            return None
        op = step(store, draft) if step else _as_written(record, store, draft)
        return (
            None if op is None or not op.payload else drafts.Op(op.kind, {**op.payload, "edit": record["id"]})
        )

    return made


def _as_written(record: Mapping[str, Any], store: DraftStore, draft: str) -> drafts.Op:
    known = record.get("steps", {})
    payload = known.get(draft, known.get("", {}))
    return drafts.Op("rebase", givenback.completed(store, draft, payload, record.get("near", {})))


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
    """Return what is owed; None where it was cut short while being written, before anything was saved."""
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None
