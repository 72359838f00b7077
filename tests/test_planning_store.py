"""Drafts: an append-only list of steps that loses nothing and never overwrites."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gis.faults import FaultError
from planning import drafts
from planning.store import Conflict, DraftStore, sqlite_url

ROOT = Path(__file__).resolve().parents[1]
UNITS = ["u1", "u2", "u3", "u4"]
ZONES = ["实验小学", "二小", None]


@pytest.fixture
def store(tmp_path):
    made = DraftStore(sqlite_url(tmp_path / "drafts.sqlite"))
    yield made
    made.close()


def in_force() -> pd.Series:
    return pd.Series(["a", "a", "b", None], index=pd.Index(UNITS, name="unit_id"), dtype="str")


def start(store):
    return store.create("demo", "初稿", author="王", ops=[drafts.plan("primary", 2025, in_force())])


def same(one: drafts.DraftState, two: drafts.DraftState) -> bool:
    plain = [(s.frame().to_dict("records"), dict(s.locks), dict(s.settings), s.notes) for s in (one, two)]
    return str(plain[0]) == str(plain[1])


def test_a_draft_starts_from_the_plan_in_force(store):
    draft = start(store)
    assert (draft.rev, draft.author, draft.changed_by) == (1, "王", "王")
    plan = store.state(draft.id).plan("primary", 2026)
    assert plan.fillna("-").to_dict() == {"u1": "a", "u2": "a", "u3": "b", "u4": "-"}
    assert (plan.name, plan.index.name) == ("zone_id", "unit_id")
    assert store.state(draft.id).plan("primary", 2024).empty


def test_assigning_and_taking_out_of_a_zone(store):
    draft = start(store)
    assert store.append(draft.id, 1, drafts.assign("primary", 2025, ["u4"], "b"), author="李") == 2
    assert store.append(draft.id, 2, drafts.assign("primary", 2025, ["u1"], None), author="李") == 3
    plan = store.state(draft.id).plan("primary", 2025)
    assert pd.isna(plan["u1"]) and plan["u4"] == "b"
    assert [op.author for op in store.history(draft.id)] == ["王", "李", "李"]


def test_locks_keep_the_zone_they_were_set_in(store):
    draft = start(store)
    store.append(draft.id, 1, drafts.lock("primary", 2025, ["u1", "u3", "u4"]))
    store.append(draft.id, 2, drafts.unlock("primary", 2025, ["u3"]))
    assert store.state(draft.id).locked("primary", 2026).to_dict() == {"u1": "a"}
    assert store.state(draft.id).locked("junior", 2026).empty


def test_a_conflict_says_what_happened_and_writes_nothing(store):
    draft = start(store)
    store.append(draft.id, 1, drafts.note("先到"), author="李")
    answer = store.append(draft.id, 1, drafts.note("后到"), author="王")
    assert isinstance(answer, Conflict)
    assert (answer.rev, answer.base_rev, [op.payload["text"] for op in answer.since]) == (2, 1, ["先到"])
    assert [op.payload["text"] for op in store.state(draft.id).notes] == ["先到"]


def test_undo_and_redo_walk_back_and_forth(store):
    draft = start(store)
    for number, value in enumerate([1.1, 1.2], 1):
        store.append(draft.id, number, drafts.setting("detour", value))
    assert store.undo(draft.id, 3, author="王") == 4
    assert store.state(draft.id).settings["detour"] == 1.1
    assert store.undo(draft.id, 4, author="王") == 5
    assert "detour" not in store.state(draft.id).settings
    assert store.redo(draft.id, 5, author="王") == 6
    assert store.redo(draft.id, 6, author="王") == 7
    assert store.state(draft.id).settings["detour"] == 1.2
    assert store.redo(draft.id, 7, author="王") is None
    assert isinstance(store.undo(draft.id, 3, author="王"), Conflict)


def test_a_fork_starts_where_the_parent_was_and_goes_its_own_way(store):
    parent = start(store)
    store.append(parent.id, 1, drafts.assign("primary", 2025, ["u3"], "a"))
    child = store.fork(parent.id, "调整稿", author="李", rev=1)
    grandchild = store.fork(child.id, "再调整", author="李")
    store.append(grandchild.id, 0, drafts.assign("primary", 2025, ["u4"], "b"))
    store.append(parent.id, 2, drafts.assign("primary", 2025, ["u1"], "b"))
    plan = store.state(grandchild.id).plan("primary", 2025)
    assert plan.to_dict() == {"u1": "a", "u2": "a", "u3": "b", "u4": "b"}
    moved = store.compare(parent.id, grandchild.id).set_index("unit_id")[["zone_a", "zone_b"]]
    assert moved.fillna("").to_dict("index") == {
        "u1": {"zone_a": "b", "zone_b": "a"},
        "u3": {"zone_a": "a", "zone_b": "b"},
        "u4": {"zone_a": "", "zone_b": "b"},
    }


def test_drafts_are_listed_last_changed_first(store):
    first, second = start(store), store.create("other", "二稿", author="李")
    store.append(first.id, 1, drafts.note("x"), author="赵")
    assert list(store.list()["draft_id"]) == [first.id, second.id]
    assert list(store.list("demo")["changed_by"]) == ["赵"]


def test_an_exported_draft_comes_back_with_its_history(store, tmp_path):
    draft = start(store)
    child = store.fork(draft.id, "调整稿", author="李")
    store.append(child.id, 0, drafts.assign("primary", 2025, ["u4"], "b"), author="李")
    store.append(child.id, 1, drafts.note("说明"), author="李")
    store.undo(child.id, 2, author="李")
    other = DraftStore(sqlite_url(tmp_path / "other.sqlite"))
    copy = other.load(store.export(child.id), author="赵", project_id="elsewhere")
    assert (copy.project_id, copy.name, copy.rev) == ("elsewhere", "调整稿", 4)
    assert same(other.state(copy.id), store.state(child.id))
    assert [op.author for op in other.history(copy.id)] == ["王", "李", "李", "李"]
    assert other.redo(copy.id, 4, author="赵") == 5
    other.close()


def draft_text(**changes):
    document = {"format": "huapian-draft", "version": 1, "draft": {"name": "x"}, "base": [], "ops": []}
    return json.dumps({**document, **changes})


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{", "draft_file"),
        ("[]", "draft_file"),
        (draft_text(version=9), "draft_file"),
        (draft_text(ops={}), "draft_file"),
        (draft_text(draft={}), "draft_file"),
        (draft_text(ops=[1]), "draft_op"),
        (draft_text(ops=[{"kind": "drop", "payload": {}}]), "draft_op"),
        (draft_text(ops=[{"kind": "restore", "payload": {"rev": 1, "via": "undo"}}]), "draft_op"),
        (
            draft_text(ops=[{"kind": "lock", "payload": {"stage": "primary", "from_year": 1, "units": [1]}}]),
            "draft_op",
        ),
    ],
)
def test_files_that_are_no_drafts_are_refused(store, text, kind):
    with pytest.raises(FaultError) as caught:
        store.load(text, author="王", file="方案.json")
    assert {fault.kind for fault in caught.value.faults} == {kind}
    assert store.list().empty


def test_misuse_is_refused(store):
    draft = start(store)
    with pytest.raises(KeyError):
        store.state("nowhere")
    with pytest.raises(ValueError, match="no revision 7"):
        store.append(draft.id, 7, drafts.note("x"))
    with pytest.raises(ValueError, match="no revision 9"):
        store.fork(draft.id, "x", author="王", rev=9)
    with pytest.raises(FaultError):
        store.append(draft.id, 1, drafts.Op("restore", {"rev": 5, "via": "undo"}))
    with pytest.raises(ValueError, match="twice"):
        drafts.plan("primary", 2025, pd.Series(["a", "b"], index=["u1", "u1"]))


STEPS = st.one_of(
    st.builds(
        drafts.assign,
        st.sampled_from(["primary", "junior"]),
        st.sampled_from([2025, 2026]),
        st.lists(st.sampled_from(UNITS), min_size=1),
        st.sampled_from(ZONES),
    ),
    st.builds(drafts.lock, st.just("primary"), st.just(2025), st.lists(st.sampled_from(UNITS))),
    st.builds(drafts.unlock, st.just("primary"), st.just(2025), st.lists(st.sampled_from(UNITS))),
    st.builds(drafts.setting, st.sampled_from("ab"), st.one_of(st.none(), st.integers())),
    st.builds(drafts.note, st.text(max_size=5)),
)


class Editing(RuleBasedStateMachine):
    """An editor with undo, redo and going back, against a model that keeps every state it has seen."""

    def __init__(self):
        super().__init__()
        self.ops: list[drafts.Op] = []
        self.past: list[int] = []
        self.future: list[int] = []
        self.seen = [drafts.fold([])]

    def take(self, op):
        self.ops.append(op)
        self.seen.append(drafts.fold(self.ops))

    @rule(op=STEPS)
    def step(self, op):
        self.past.append(len(self.ops))
        self.future.clear()
        self.take(op)

    @rule(data=st.data())
    def go_back(self, data):
        rev = data.draw(st.integers(0, len(self.ops)))
        self.past.append(len(self.ops))
        self.future.clear()
        self.take(drafts.restore(rev))
        assert same(self.seen[-1], self.seen[rev])

    @precondition(lambda self: self.past)
    @rule()
    def undo(self):
        target, wanted = drafts.undo_target(self.ops), self.past.pop()
        self.future.append(len(self.ops))
        self.take(drafts.restore(target, via="undo"))
        assert same(self.seen[-1], self.seen[wanted])

    @precondition(lambda self: self.future)
    @rule()
    def redo(self):
        target, wanted = drafts.redo_target(self.ops), self.future.pop()
        self.past.append(len(self.ops))
        self.take(drafts.restore(target, via="redo"))
        assert same(self.seen[-1], self.seen[wanted])

    @invariant()
    def nothing_to_undo_or_redo_is_said(self):
        assert (drafts.undo_target(self.ops) is None) == (not self.past)
        assert (drafts.redo_target(self.ops) is None) == (not self.future)
        drafts.check(self.ops)


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@given(st.lists(st.tuples(STEPS, st.integers(0, 3)), max_size=12))
@settings(max_examples=40, deadline=None)
def test_order_is_kept_and_no_conflict_overwrites(steps):
    store = DraftStore("sqlite://")
    draft = store.create("demo", "并发", author="王")
    kept = []
    for op, behind in steps:
        base = max(0, len(kept) - behind)
        answer = store.append(draft.id, base, op)
        if base == len(kept):
            kept.append(op)
            assert answer == len(kept)
        else:
            assert answer.rev == len(kept) and len(answer.since) == len(kept) - base
    assert [(op.kind, dict(op.payload)) for op in store.history(draft.id)] == [
        (op.kind, dict(op.payload)) for op in kept
    ]
    store.close()


WRITER = """
    import sys
    from planning import drafts
    from planning.store import DraftStore
    store = DraftStore(sys.argv[1])
    rev = store.get(sys.argv[2]).rev
    while True:
        rev = store.append(sys.argv[2], rev, drafts.note(f"第{rev}步" * 50))
        print(rev, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("count", [1, 17, 60])
def test_a_writer_that_is_killed_loses_nothing_it_was_told_is_stored(store, tmp_path, count):
    draft = start(store)
    command = [
        sys.executable,
        "-c",
        textwrap.dedent(WRITER),
        sqlite_url(tmp_path / "drafts.sqlite"),
        draft.id,
    ]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True)
    told = [int(writer.stdout.readline()) for _ in range(count)]
    writer.send_signal(signal.SIGKILL)
    told += [int(line) for line in writer.stdout.read().split("\n") if line]
    writer.wait()
    revs = [op.rev for op in store.history(draft.id)]
    assert revs == list(range(1, len(revs) + 1))
    assert len(revs) >= told[-1]
    assert store.append(draft.id, len(revs), drafts.note("继续")) == len(revs) + 1


def test_two_processes_at_once_never_share_a_revision(store, tmp_path):
    draft = start(store)
    script = """
        import sys
        from planning import drafts
        from planning.store import Conflict, DraftStore
        store, done = DraftStore(sys.argv[1]), 0
        while done < 20:
            answer = store.append(sys.argv[2], store.get(sys.argv[2]).rev, drafts.note(sys.argv[3]))
            done += not isinstance(answer, Conflict)
    """
    url = sqlite_url(tmp_path / "drafts.sqlite")
    command = [sys.executable, "-c", textwrap.dedent(script), url, draft.id]
    writers = [subprocess.Popen([*command, name], cwd=ROOT) for name in ("甲", "乙")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    texts = [op.payload["text"] for op in store.state(draft.id).notes]
    assert sorted(texts) == ["乙"] * 20 + ["甲"] * 20
