"""The planner's edits of neighbours: units linked (a ferry, a footbridge) or cut, kept as layer `links`."""

from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd

from gis.faults import Fault, FaultError, Words, register_kinds
from gis.layers import empty
from planning import spatial
from planning.progress import Cancelled, Progress
from planning.project import Project, open_project, save_layers

LAYER: Final = "links"
ACTIONS: Final = ("link", "cut")
#: Source of the layer: it is made in the app, not read from a file.
SOURCE: Final = "在本软件中改动"

register_kinds(
    {
        "links_no_reason": (
            "没有写改动的理由。请写明,例如“有渡口”“隔着围墙”,以便别人核对。",
            'the change has no reason. Give one, such as "a ferry" or "a wall", so that others can check it.',
        ),
        "links_same_unit": (
            "选了同一个单元({found})。请选两个不同的单元。",
            "both are the same unit ({found}). Choose two different ones.",
        ),
        "links_unknown_unit": (
            "没有编号为 {found} 的单元。请重新选择。",
            "there is no unit {found}. Choose again.",
        ),
        "links_already": (
            "{found} 在地图上本来就相邻,不用连通;断开过的,撤销那条改动即可。",
            "{found} are neighbours on the map already; where they were cut, undo that change.",
        ),
        "links_apart": (
            "{found} 在地图上本来就不相邻,不用断开;连通过的,撤销那条改动即可。",
            "{found} are no neighbours on the map; where they were linked, undo that change.",
        ),
    }
)


def edits(project: Project) -> pd.DataFrame:
    """Return the edits of a project.

    Returns
    -------
    DataFrame
        a, b (unit ids), action (link or cut), reason, works (bool: both units are there).
    """
    if LAYER not in project.layers:
        return empty(LAYER).assign(works=pd.Series(dtype="bool"))
    rows, units = project.layers[LAYER], set(project.layers["units"]["unit_id"])
    return rows.assign(works=rows["a"].isin(units) & rows["b"].isin(units)).reset_index(drop=True)


def edit(project: Project, a: str, b: str, *, action: str, reason: str) -> Project:
    """Link or cut a pair of units; an earlier edit of the pair is replaced.

    Parameters
    ----------
    project : Project
    a, b : str
        Unit ids.
    action : {"link", "cut"}
    reason : str
        Why, in the planner's words.

    Returns
    -------
    Project
        Saved, at the next version.

    Raises
    ------
    FaultError
        With everything that is wrong: no reason, an unknown unit, a unit with itself, a pair that is as asked
        without an edit; or if someone else saved the project in between.
    ValueError
        If the action is neither.
    """
    if action not in ACTIONS:
        raise ValueError(f"action must be one of {ACTIONS}, not {action!r}")
    if faults := _faults(project, a, b, action, reason):
        raise FaultError(faults)
    row = {"a": min(a, b), "b": max(a, b), "action": action, "reason": reason.strip()}
    return _save(project, pd.concat([_without(project, a, b), pd.DataFrame([row])], ignore_index=True))


def undo(project: Project, a: str, b: str) -> Project:
    """Take the edit of a pair back: the units are neighbours or not as the map has them.

    Raises
    ------
    FaultError
        If someone else saved the project in between.
    """
    return _save(project, _without(project, a, b))


def edit_job(
    folder: str | Path,
    a: str,
    b: str,
    action: str,
    reason: str = "",
    lang: str = "zh",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> str:
    """Run `edit`, or with action "undo" `undo`, as a job (`planning.jobs`); return the action, "" if stopped.

    Saving is whole or not at all and is not interrupted: a cancel before it leaves the project as it was.
    """
    if progress is not None:
        progress(0.2, _SAVING.text(lang))
    project = open_project(folder)
    if cancelled is not None and cancelled():
        return ""
    if action == "undo":
        undo(project, a, b)
    else:
        edit(project, a, b, action=action, reason=reason)
    return action


_SAVING: Final = Words("保存改动", "saving the change")


def _faults(project: Project, a: str, b: str, action: str, reason: str) -> list[Fault]:
    units = project.layers["units"]
    known = set(units["unit_id"])
    faults = [Fault("links_unknown_unit", layer=LAYER, found=i) for i in (a, b) if i not in known]
    if a == b:
        faults.append(Fault("links_same_unit", layer=LAYER, found=a))
    if not reason.strip():
        faults.append(Fault("links_no_reason", layer=LAYER, column="reason"))
    if not faults:
        names = units.drop_duplicates("unit_id").set_index("unit_id")["name"]
        there = spatial.neighbours(project)
        beside = ((there["a"] == min(a, b)) & (there["b"] == max(a, b))).any()
        if beside == (action == "link"):
            kind = "links_already" if beside else "links_apart"
            faults.append(Fault(kind, layer=LAYER, found=f"{names[a]} – {names[b]}"))
    return faults


def _without(project: Project, a: str, b: str) -> pd.DataFrame:
    """Return the rows of other pairs, as the layer has them."""
    if LAYER not in project.layers:
        return empty(LAYER)
    rows, pair = project.layers[LAYER], {a, b}
    same = [{one, two} == pair for one, two in zip(rows["a"], rows["b"], strict=True)]
    return rows[[not hit for hit in same]]


def _save(project: Project, rows: pd.DataFrame) -> Project:
    if not len(rows):
        return save_layers(project, {LAYER: None})
    source = {"layer": LAYER, "as_of": date.today().isoformat(), "source": SOURCE, "file": ""}
    return save_layers(project, {LAYER: rows.reset_index(drop=True)}, sources=pd.DataFrame([source]))
