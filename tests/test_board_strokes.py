"""Strokes of the board become steps of a draft: each once, in order, and never over somebody else's."""

from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from planning import drafts
from planning.project import Project
from ui.board.strokes import Ledger, deal
from ui.state import Context, draft_store
from ui.views import edits
from ui.zones.drafting import Tray


@pytest.fixture
def context(tmp_path) -> Context:
    units = pd.DataFrame({"unit_id": ["u1", "u2", "u3"], "name": ["甲", "乙", "丙"]})
    in_force = pd.DataFrame(
        [("primary", 2026, "u1", "a"), ("primary", 2026, "u2", "b")],
        columns=["stage", "from_year", "unit_id", "zone_id"],
    )
    layers = {"units": units, "catchments": in_force}
    project = Project(id="p", name="测", folder=tmp_path, year=2026, epsg=4513, layers=layers)
    return Context(project, "primary", 2026, edits.create(project, "一稿", author="王").id)


def stroke(context: Context, n: int, zone: str = "a", *, kind: str = "assign", rev: int = 1) -> dict:
    """Return one stroke on u1 as a board sends it; the draft begins at revision 1."""
    on = {"draft": context.draft_id, "stage": "primary", "year": 2026, "rev": rev}
    return {"n": n, "kind": kind, "units": [] if kind in ("undo", "redo") else ["u1"], "zone": zone, **on}


def queue(*items: dict) -> dict:
    return {"client": "tab", "items": list(items)}


def written(context: Context) -> list[str]:
    history = draft_store(context.project).history(context.draft_id)[1:]
    return [next(iter(op.payload["zones"])) if op.kind == "assign" else op.kind for op in history]


def test_what_has_been_dealt_with_is_not_done_again(context):
    book, told = Ledger(), Tray(author="王")
    first, second = stroke(context, 1, "b"), stroke(context, 2, "")
    deal(context, book, told, queue(first))
    deal(context, book, told, queue(first, second))
    deal(context, book, told, queue(first, second))
    assert written(context) == ["b", ""] and book.done == {"tab": 2} and told.clash is None
    assert draft_store(context.project).history(context.draft_id)[-1].author == "王"


def test_runs_beside_one_another_keep_every_stroke_once_and_in_order(context):
    book, told = Ledger(), Tray()
    strokes = [stroke(context, n, "ab"[n % 2]) for n in range(1, 41)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: deal(context, book, told, queue(*strokes[:n])), range(1, 41)))
    assert written(context) == ["ab"[n % 2] for n in range(1, 41)] and told.clash is None


def test_strokes_after_somebody_elses_step_are_all_handed_back(context):
    book, told, store = Ledger(), Tray(), draft_store(context.project)
    store.append(context.draft_id, 1, drafts.assign("primary", 2026, ["u2"], "a"), author="赵")
    deal(context, book, told, queue(stroke(context, 1, "b"), stroke(context, 2, "")))
    deal(context, book, told, queue(stroke(context, 3, "a")))  # painted before the dialog came
    assert written(context) == ["a"] and book.done == {"tab": 3}
    assert told.clash is not None and [next(iter(op.payload["zones"])) for op in told.clash.ops] == [
        "b",
        "",
        "a",
    ]


def test_undo_takes_back_what_was_painted_and_stops_at_the_beginning(context):
    book, told, store = Ledger(), Tray(), draft_store(context.project)
    items = [stroke(context, 1, "b"), *(stroke(context, n, kind="undo") for n in (2, 3))]
    deal(context, book, told, queue(*items))
    assert store.state(context.draft_id).plan("primary", 2026)["u1"] == "a"
    deal(context, book, told, queue(*items, stroke(context, 4, kind="redo")))
    assert store.state(context.draft_id).plan("primary", 2026)["u1"] == "b" and told.clash is None


def test_strokes_on_the_plan_in_force_ask_for_a_draft_and_wait_for_it(context):
    book, told = Ledger(), Tray()
    strokes = [{**stroke(context, n, zone), "draft": ""} for n, zone in ((1, "b"), (2, ""))]
    deal(context, book, told, queue(strokes[0]))
    deal(context, book, told, queue(*strokes))
    assert told.ask is not None and [next(iter(op.payload["zones"])) for op in told.ask.ops] == ["b", ""]
    assert written(context) == []
