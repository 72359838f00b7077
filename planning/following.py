"""What an edit of a project's layers owes the rest: drafts follow, sources and walks are kept."""

import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress

import pandas as pd

from gis.faults import Fault, FaultError, register_kinds
from planning import derived, spatial, stages
from planning.drafts import Op
from planning.project import DRAFTS_FILE, Project
from planning.store import Conflict, DraftStore

_TRIES = 20  # times that a step is made anew because somebody else was first

register_kinds(
    {
        "draft_behind": (
            "方案“{found}”一直有人在改,没能跟上拆分或合并之后的单元和片区。请稍后刷新页面,会自动补上。",
            'draft "{found}" was being changed all the time and could not follow to the units and zones '
            "after the split or join. Reload the page in a moment: it is done by itself.",
        ),
    }
)

#: Makes the step that an edit adds to a draft, from the draft as it stands; None for no step.
Step = Callable[[DraftStore, str], Op | None]


def drafts_follow(project: Project, step: Step, *, author: str = "") -> None:
    """Add a step to every draft of a project.

    Raises
    ------
    FaultError
        With the drafts that could not follow (`follow`); the others have.
    """
    if not (project.folder / DRAFTS_FILE).exists():
        return
    store, behind = DraftStore(project.drafts_url), []
    try:
        for draft_id in store.list(project.id)["draft_id"]:
            try:
                follow(store, str(draft_id), step, author=author)
            except FaultError as error:
                behind += error.faults
    finally:
        store.close()
    if behind:
        raise FaultError(behind)


def steps_of(project: Project, step: Step) -> dict[str, Op]:
    """Return the step that each draft of a project would be given, by draft."""
    if not (project.folder / DRAFTS_FILE).exists():
        return {}
    store = DraftStore(project.drafts_url)
    try:
        made = {str(draft): step(store, str(draft)) for draft in store.list(project.id)["draft_id"]}
        return {draft: op for draft, op in made.items() if op is not None}
    finally:
        store.close()


def follow(store: DraftStore, draft_id: str, step: Step, *, author: str = "") -> bool:
    """Add a step to one draft, made anew when somebody was first; tell whether there was one to add.

    Raises
    ------
    FaultError
        If somebody was first every time.
    """
    for _each in range(_TRIES):
        rev = store.get(draft_id).rev
        op = step(store, draft_id)
        if op is None:
            return False
        if not isinstance(store.append(draft_id, rev, op, author=author), Conflict):
            return True
    raise FaultError([Fault("draft_behind", found=store.get(draft_id).name)])


def same_sources(project: Project, layers: Iterable[str]) -> pd.DataFrame:
    """Return the sources of layers as they were, for `save_layers`: the edit brings no new one."""
    rows = project.sources
    return rows[rows["layer"].isin(list(layers))].drop(columns="rows")


def same_walks(before: Project, after: Project) -> None:
    """Keep the stored walks for the next version: the edit has changed no place and no grade of a school.

    Where the disk takes no more they are worked out again when they are asked for: the edit itself is done.
    """
    for stage in stages.STAGES:
        old, new = (spatial._travel_path(project, stage) for project in (before, after))
        if old.exists() and not new.exists():
            scratch = new.with_suffix(".writing.parquet")
            try:
                shutil.copyfile(old, scratch)
                derived.publish(scratch, new)
            except OSError:
                with suppress(OSError):
                    scratch.unlink(missing_ok=True)
