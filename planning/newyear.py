"""Opening the new year (开新学年): one save that makes next year's project, or leaves everything as it was.

The project is written beside the others under a hidden name and gets its place by one rename. A crash before
that leaves nothing that counts; this year's project is only read.
"""

import hashlib
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from gis.faults import Fault, FaultError, errors, register_kinds, warnings
from gis.layers import layer_label
from planning import derived, drafts, importlog, incoming, journal, lineage, rebasing, rollforward
from planning.matching import Matching
from planning.progress import Cancelled, Progress, never, silent
from planning.project import (
    DRAFTS_FILE,
    SOURCE_COLUMNS,
    Project,
    list_projects,
    open_project,
    save_layers,
)
from planning.rebasing import OPEN, Turn
from planning.reviewlog import ReviewLog
from planning.rollforward import Carried
from planning.settings import PROJECT_FILE
from planning.store import Conflict, DraftStore

#: One line for each year rolled forward, the last one how the project itself came to be.
YEARS_FILE: Final = "years.jsonl"
_SCRATCH: Final = ".opening-"

register_kinds(
    {
        "year_not_begun": (
            "还没有开始转入下一学年。请先导入下一年度的文件。",
            "the next school year has not been begun. Import its files first.",
        ),
        "year_taken": (
            "编号为“{found}”的项目已经存在。请换一个编号。",
            'a project with the id "{found}" exists already. Choose another id.',
        ),
    }
)


def open_year(
    folder: str | Path,
    *,
    id: str,
    name: str,
    name_en: str = "",
    author: str = "",
    lang: str = "zh",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> dict[str, Any]:
    """Make next year's project out of this year's and what has come in for next year; runs as a job.

    Parameters
    ----------
    folder : str or Path
        This year's project.
    id, name, name_en : str
        Of the new project.
    author : str
        Who opens the year: signs the step by which each draft is turned over.
    lang : {"zh", "en"}
        Language of the progress messages.
    progress, cancelled : callable, optional
        Given by the job.

    Returns
    -------
    dict
        saved, project (the new id), faults: with an error among them nothing is saved.
    """
    old = open_project(folder)
    try:
        return _open(old, id, (name, name_en), author, lang, progress or silent, cancelled or never)
    except FaultError as error:
        return {"saved": False, "project": old.id, "faults": list(error.faults)}


def _open(
    old: Project,
    id: str,
    names: tuple[str, str],
    author: str,
    lang: str,
    tell: Progress,
    stop: Cancelled,
) -> dict[str, Any]:
    new = incoming.staged(old)
    home = old.folder.parent
    if new is None:
        raise FaultError([Fault("year_not_begun")])
    if (home / id).exists():
        raise FaultError([Fault("year_taken", found=id)])
    table, answers = incoming.table(new), incoming.answers(new)
    carried = rollforward.carry(old, new, table, answers=answers, progress=_part(tell, 0.5, lang))
    if errors(carried.faults):
        raise FaultError(carried.faults)
    scratch = home / f"{_SCRATCH}{id}"
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        made = _written(old, new, scratch / id, (id, *names), carried, tell)
        _record(old, new, made, carried, author)
        tell(0.9, names[0])
        if stop():
            return {"saved": False, "project": old.id, "faults": []}
        made.folder.rename(home / id)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    incoming.drop(old)
    tell(1.0, names[0])
    return {"saved": True, "project": id, "faults": warnings(carried.faults)}


def _part(tell: Progress, whole: float, lang: str) -> Progress:
    """Return the progress of a first part of the work, layers named in words."""
    return lambda share, layer: tell(whole * share, layer_label(layer, lang))


def _written(
    old: Project, new: Project, folder: Path, names: tuple[str, str, str], carried: Carried, tell: Progress
) -> Project:
    """Write the new project with all that goes along; return it where it stands for now."""
    _copy_rest(old.folder, folder)
    id, name, name_en = names
    nothing = pd.DataFrame(columns=list(SOURCE_COLUMNS))
    bare = replace(
        old, id=id, name=name, name_en=name_en, folder=folder, year=new.year, version=0,
        layers={}, revisions={}, sources=nothing,
    )  # fmt: skip
    tell(0.55, name)
    made = save_layers(bare, carried.layers, sources=_sources(old, new))
    tell(0.75, name)
    rows = pd.concat([lineage.stored(old.folder), incoming.table(new)], ignore_index=True)
    lineage.store(folder, rows.drop_duplicates(ignore_index=True))
    for report in importlog.read(new.folder):
        journal.append(folder / importlog.LOG_FILE, report)
    return made


def _copy_rest(old: Path, new: Path) -> None:
    """Copy what the project keeps beside its layers and drafts: records, mappings, whatever comes to be."""
    new.mkdir(parents=True)
    for path in old.iterdir():
        made_anew = path.name in (PROJECT_FILE, lineage.FILE, incoming.NEXT, derived.FOLDER)
        if made_anew or path.name.startswith((".", "layers-", DRAFTS_FILE)) or path.suffix == ".writing":
            continue
        if path.is_dir():
            shutil.copytree(path, new / path.name)
        else:
            shutil.copy2(path, new / path.name)


def _sources(old: Project, new: Project) -> pd.DataFrame:
    """Return the sources of next year's layers: the file's where one has come, else as they were."""
    columns = ["layer", "as_of", "source", "file"]
    kept = old.sources[~old.sources["layer"].isin(new.sources["layer"])]
    return pd.concat([new.sources[columns], kept[columns]], ignore_index=True)


def _record(old: Project, new: Project, made: Project, carried: Carried, author: str) -> None:
    """Turn the drafts over, and write down how this project came to be."""
    _copy_drafts(old, made)
    summary = carried.summary.astype(object).where(carried.summary.notna(), None)
    record = {
        "parent": old.id,
        "parent_name": old.name,
        "parent_version": old.version,
        "from_year": old.year,
        "year": new.year,
        "by": author,
        "turn": carried.turn.payload(),
        "layers": summary.to_dict("records"),
    }
    _turn_drafts(made, carried.turn, author)
    journal.append(made.folder / YEARS_FILE, record)


def _copy_drafts(old: Project, made: Project) -> None:
    source = (old.folder / DRAFTS_FILE).resolve()
    if not source.exists():
        return
    with (
        closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as there,
        closing(sqlite3.connect(made.folder / DRAFTS_FILE)) as here,
    ):
        there.backup(here)
        here.execute("UPDATE drafts SET project_id = ? WHERE project_id = ?", (made.id, old.id))
        here.commit()
    with closing(ReviewLog(made.drafts_url)) as log:
        log.hand_over(old.id, made.id)


def _turn_drafts(made: Project, turn: Turn, author: str) -> None:
    if not (made.folder / DRAFTS_FILE).exists():
        return
    store = DraftStore(made.drafts_url)
    try:
        for draft_id in store.list()["draft_id"]:
            head = store.get(draft_id).rev
            answer = store.append(draft_id, head, drafts.rebase(turn), author=author)
            assert not isinstance(answer, Conflict), "nobody else can have this file open"
    finally:
        store.close()


def history(project: Project) -> list[dict[str, Any]]:
    """Return how the project came to be, oldest year first; empty for one that was never rolled forward."""
    return journal.read(project.folder / YEARS_FILE)


def parent(project: Project) -> Project | None:
    """Return the project of the year before, None where there is none or it is gone."""
    came = history(project)
    if not came:
        return None
    with suppress(FaultError):
        return open_project(project.folder.parent / str(came[-1]["parent"]))
    return None


def children(project: Project) -> list[Project]:
    """Return the projects that were opened from this one."""
    others = list_projects(project.folder.parent)
    return [other for other in others if (came := history(other)) and came[-1]["parent"] == project.id]


@dataclass(frozen=True)
class Look:
    """What opening the year would do, as the files, the lineage table and the answers stand.

    Attributes
    ----------
    key : str
        From `look_key`: another key means that something has changed since.
    matchings : mapping of {"school", "unit"} to Matching
    carried : Carried
        Without its layers.
    drafts : DataFrame
        From `draft_outcomes`.
    """

    key: str
    matchings: Mapping[str, Matching]
    carried: Carried
    drafts: pd.DataFrame


def look_key(old: Project, new: Project) -> str:
    """Return what a look goes by: the data of both years, the table and the answers."""
    parts = [old.key, new.key, incoming.table(new).to_json(), repr(incoming.answers(new))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def look_job(folder: str | Path, *, lang: str = "zh", progress: Progress | None = None) -> Look:
    """Look at what opening the year would do, without doing it; runs as a job that tells layers in `lang`.

    Raises
    ------
    FaultError
        If the next year has not been begun.
    """
    old = open_project(folder)
    new = incoming.staged(old)
    if new is None:
        raise FaultError([Fault("year_not_begun")])
    table = incoming.table(new)
    tell = _part(progress or silent, 1.0, lang)
    carried = rollforward.carry(old, new, table, answers=incoming.answers(new), progress=tell)
    matchings = rollforward.matchings(old, new, table)
    drafts_then = draft_outcomes(old, carried.turn)
    return Look(look_key(old, new), matchings, replace(carried, layers={}), drafts_then)


def draft_outcomes(project: Project, turn: Turn) -> pd.DataFrame:
    """Return what a turn does to the project's drafts as they are now.

    Returns
    -------
    DataFrame
        draft_id, draft, stage, from_year and `rebasing.OUTCOME_COLUMNS`.
    """
    columns = ["draft_id", "draft", "stage", "from_year", *rebasing.OUTCOME_COLUMNS]
    parts = [pd.DataFrame(columns=columns)]
    if not (project.folder / DRAFTS_FILE).exists():
        return parts[0]
    store = DraftStore(project.drafts_url)
    try:
        for row in store.list(project.id).itertuples():
            parts += _outcomes(store, str(row.draft_id), str(row.name), turn, None)
    finally:
        store.close()
    return pd.concat(parts, ignore_index=True)[columns]


def conflicts(project: Project) -> pd.DataFrame:
    """Return the units that the last turn left without a zone in the drafts and that have none yet.

    Returns
    -------
    DataFrame
        draft_id, draft, stage, from_year and `rebasing.OUTCOME_COLUMNS`; units that are gone are not in it.
    """
    columns = ["draft_id", "draft", "stage", "from_year", *rebasing.OUTCOME_COLUMNS]
    came, parts = history(project), [pd.DataFrame(columns=columns)]
    if not came or not (project.folder / DRAFTS_FILE).exists():
        return parts[0]
    turn, store = Turn.of(came[-1]["turn"]), DraftStore(project.drafts_url)
    try:
        for row in store.list(project.id).itertuples():
            parts += _still_open(store, str(row.draft_id), str(row.name), turn)
    finally:
        store.close()
    return pd.concat(parts, ignore_index=True)[columns]


def _still_open(store: DraftStore, draft_id: str, name: str, turn: Turn) -> list[pd.DataFrame]:
    ops = store.history(draft_id)
    years = [op for op in ops if drafts.opens_year(op)]
    turned = [op.rev for op in years if op.payload["year"] == turn.year]
    if not turned:
        return []
    now = store.state(draft_id)
    found = []
    for part in _outcomes(store, draft_id, name, turn, turned[0] - 1):
        plan = now.plans.get((part["stage"].iloc[0], int(part["from_year"].iloc[0])))
        zoned = set() if plan is None else set(plan.dropna().index)
        waits = part["kind"].isin(OPEN) & part["to_unit"].notna() & ~part["to_unit"].isin(list(zoned))
        found.append(part[waits].drop_duplicates("to_unit"))
    return found


def _outcomes(store: DraftStore, draft_id: str, name: str, turn: Turn, rev: int | None) -> list[pd.DataFrame]:
    about = {"draft_id": draft_id, "draft": name}
    found = []
    for (stage, year), plan in store.state(draft_id, rev).plans.items():
        zones = {str(u): None if pd.isna(z) else str(z) for u, z in plan.items()}
        found.append(rebasing.outcomes(zones, stage, turn).assign(stage=stage, from_year=year, **about))
    return [part for part in found if len(part)]
