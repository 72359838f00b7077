"""What the board sends: strokes, in a queue that is emptied only by being dealt with.

The browser sends every stroke that it has not yet seen acknowledged, in order, under a number that only
grows, each with the draft, stage, year and revision it was painted on, units and zones by their ids. A run of
the script may be cut short by the next stroke, or go on for a moment beside the run that the next stroke
began: nothing is lost by that, nor done twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import streamlit as st

from planning import drafts
from planning.drafts import Op
from planning.store import Conflict
from ui.state import Context
from ui.zones import drafting
from ui.zones.drafting import Ask, Clash, Tray


@dataclass
class Ledger:
    """The number of the last stroke dealt with, by board: one browser tab may open several in its life.

    `lock` is held while strokes are dealt with.
    """

    done: dict[str, int] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


def ledger() -> Ledger:
    """Return this tab's ledger."""
    kept: Ledger = st.session_state.setdefault("board-ledger", Ledger())
    return kept


def receive(context: Context, queue: Mapping[str, Any] | None) -> None:
    """Deal with what a board sent. A callback."""
    if queue:
        deal(context, ledger(), drafting.tray(), queue)


def deal(context: Context, book: Ledger, told: Tray, queue: Mapping[str, Any]) -> None:
    """Write the strokes of a queue that are new, one step each.

    The first that comes too late (another tab was first) stops the rest: they were painted on what is no
    longer there. The planner is shown what happened, and decides about all of them.
    """
    client = str(queue["client"])
    with book.lock:
        last = book.done.get(client, 0)
        fresh = [item for item in queue["items"] if int(item["n"]) > last]
        for at, item in enumerate(fresh):
            if not _write(context, told, item, fresh[at:]):
                book.done[client] = int(fresh[-1]["n"])
                return
            book.done[client] = int(item["n"])


def _write(context: Context, told: Tray, item: Mapping[str, Any], rest: Sequence[Mapping[str, Any]]) -> bool:
    """Deal with one stroke; tell whether the next may follow."""
    draft, ops = str(item["draft"]), steps(rest)
    if not draft:
        earlier = told.ask.ops if told.ask else ()
        told.ask = Ask(ops=earlier + ops) if ops else told.ask
        return False
    refused = told.clash.ops if told.clash and told.clash.draft_id == draft else ()
    base = _revision(told, draft, int(item["rev"]))
    if item["kind"] in ("undo", "redo"):
        answer = drafting.back(context, draft, base, item["kind"] == "redo", told=told)
    else:
        answer = drafting.append(context, draft, base, step(item), told=told)
    if isinstance(answer, Conflict):
        told.clash = Clash(draft, refused + ops, answer)
        return False
    return True


def steps(items: Sequence[Mapping[str, Any]]) -> tuple[Op, ...]:
    """Return the steps that strokes are, without those that only go back or forth."""
    return tuple(step(item) for item in items if item["kind"] not in ("undo", "redo"))


def step(item: Mapping[str, Any]) -> Op:
    """Return the step of a draft that a stroke is."""
    stage, year, units = str(item["stage"]), int(item["year"]), list(map(str, item["units"]))
    if item["kind"] == "lock":
        return drafts.lock(stage, year, units)
    if item["kind"] == "unlock":
        return drafts.unlock(stage, year, units)
    return drafts.assign(stage, year, units, str(item["zone"]) or None)


def _revision(told: Tray, draft: str, shown: int) -> int:
    """Return the revision a stroke stands on: the one its board showed, and this tab's own steps since."""
    while (draft, shown + 1) in told.own:
        shown += 1
    return shown
