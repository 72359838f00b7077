"""Plans turned over to a new year: every unit is kept, moved or named, in a plan and in a draft's history."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.faults import FaultError
from planning import drafts, rebasing
from planning.rebasing import OPEN, Turn
from planning.store import DraftStore, sqlite_url

TURN = Turn(
    2027,
    units={"u2": ("u2a", "u2b"), "u3": ("u1",), "u5": (), "u6": ("u7",)},
    zones={"primary": {"Z2": ("Z9",), "Z3": (), "Z4": ("Z4", "Z8"), "Z5": ("Z1",)}},
    new=("n1",),
)


def kinds(plan):
    found = rebasing.outcomes(plan, "primary", TURN)
    return {(r.unit_id if pd.notna(r.unit_id) else r.to_unit): r.kind for r in found.itertuples()}


def test_every_kind_of_outcome_is_told():
    plan = {"u0": "Z1", "u2": "Z2", "u5": "Z1", "u6": "Z2", "u8": "Z3", "u9": "Z4"}
    assert kinds(plan) == {
        "u0": "kept",
        "u2": "unit_split",
        "u5": "unit_gone",
        "u6": "moved",
        "u8": "zone_gone",
        "u9": "zone_split",
        "n1": "unit_new",
    }
    turned = rebasing.turned(plan, "primary", TURN)
    assert turned == {
        "u0": "Z1", "u2a": "Z9", "u2b": "Z9", "u7": "Z9", "u8": None, "u9": None, "n1": None
    }  # fmt: skip


def test_units_of_two_zones_that_become_one_unit_are_asked_about():
    assert rebasing.turned({"u1": "Z1", "u3": "Z2"}, "primary", TURN)["u1"] is None
    assert kinds({"u1": "Z1", "u3": "Z2"})["u3"] == "units_merged"
    # of one zone, or of two that became one, there is nothing to ask
    assert rebasing.turned({"u1": "Z1", "u3": "Z1"}, "primary", TURN)["u1"] == "Z1"
    assert rebasing.turned({"u1": "Z1", "u3": "Z5"}, "primary", TURN)["u1"] == "Z1"
    assert kinds({"u0": "Z1", "u4": "Z5"})["u4"] == "zones_merged"


def test_zones_of_the_other_stage_are_not_touched():
    assert rebasing.turned({"u0": "Z2"}, "junior", TURN)["u0"] == "Z2"


plans = st.dictionaries(
    st.sampled_from(["u0", "u1", "u2", "u3", "u4", "u5", "u6"]),
    st.sampled_from(["Z1", "Z2", "Z3", "Z4", "Z5", "Z6", None]),
)


@given(plan=plans)
def test_no_unit_is_lost_in_silence(plan):
    turned, found = rebasing.turned(plan, "primary", TURN), rebasing.outcomes(plan, "primary", TURN)
    assert set(plan) == set(found["unit_id"].dropna())
    assert set(turned) == set(found["to_unit"].dropna())
    # a unit that had a zone and has none now is told as open
    for row in found[found["zone_id"].notna() & found["to_zone"].isna()].itertuples():
        assert row.kind in OPEN
    for row in found[found["to_zone"].notna()].itertuples():
        assert turned[row.to_unit] == row.to_zone


@given(plan=plans)
def test_a_zone_that_was_merged_is_parted_as_it_was(plan):
    join = Turn(2026, zones={"primary": {"Z2": ("Z1",)}})
    here = {unit: zone for unit, zone in plan.items() if zone in ("Z1", "Z2")}
    part = Turn(2026, zones={"primary": {"Z1": ("Z1", "Z2")}}, given={("primary", 2026): here})
    part = Turn.of(part.payload())
    joined = rebasing.turned(plan, "primary", join, from_year=2026)
    assert rebasing.turned(joined, "primary", part, from_year=2026) == plan
    # in a plan of another year nothing is settled: the planner must choose
    other = rebasing.turned(joined, "primary", part, from_year=2027)
    assert all(other[unit] is None for unit in here)


def test_what_is_given_must_be_well_formed():
    good = Turn(2026, given={("primary", 2026): {"u1": "Z1"}}).payload()
    assert rebasing.is_payload(good)
    for bad in ({}, [["primary", 2026]], [["primary", "2026", {}]], [["primary", 2026, {"u1": None}]]):
        assert not rebasing.is_payload(good | {"given": bad})


def test_a_turn_survives_being_kept():
    assert Turn.of(TURN.payload()) == TURN and rebasing.is_payload(TURN.payload())


@pytest.fixture
def store(tmp_path):
    made = DraftStore(sqlite_url(tmp_path / "drafts.sqlite"))
    yield made
    made.close()


def series(**zones):
    return pd.Series(zones, dtype="str").rename_axis("unit_id").rename("zone_id")


def start(store):
    first = drafts.plan("primary", 2026, series(u0="Z1", u2="Z2", u3="Z1"))
    return store.create("demo", "初稿", author="王", ops=[first]).id


def plan_of(store, draft, rev=None):
    return store.state(draft, rev).plan("primary", 2027).fillna("-").to_dict()


def test_a_turned_draft_has_the_new_years_units_and_its_old_revisions_the_old_ones(store):
    draft = start(store)
    store.append(draft, 1, drafts.lock("primary", 2026, ["u2", "u3"]))
    assert store.append(draft, 2, drafts.rebase(TURN)) == 3
    assert plan_of(store, draft) == {"u0": "Z1", "u2a": "Z9", "u2b": "Z9", "u1": "Z1", "n1": "-"}
    assert store.state(draft).locks["primary", 2026] == {"u1", "u2a", "u2b"}
    assert plan_of(store, draft, 2) == {"u0": "Z1", "u2": "Z2", "u3": "Z1"}


def test_undo_takes_back_the_step_before_the_turn_and_keeps_the_turn(store):
    draft = start(store)
    store.append(draft, 1, drafts.assign("primary", 2026, ["u2"], "Z1"))
    store.append(draft, 2, drafts.rebase(TURN))
    turned = plan_of(store, draft)
    assert turned["u2a"] == "Z1"
    store.undo(draft, 3, author="王")
    assert plan_of(store, draft) == {**turned, "u2a": "Z9", "u2b": "Z9"}
    store.redo(draft, 4, author="王")
    assert plan_of(store, draft) == turned
    assert store.undo(draft, 5, author="王") == 6


def test_restoring_forking_and_comparing_across_a_turn_speak_the_new_ids(store):
    draft = start(store)
    store.append(draft, 1, drafts.assign("primary", 2026, ["u2"], "Z1"))
    store.append(draft, 2, drafts.rebase(TURN))
    store.append(draft, 3, drafts.restore(1))
    assert plan_of(store, draft)["u2a"] == "Z9"
    old = store.fork(draft, "旧稿", author="李", rev=2)
    assert plan_of(store, old.id)["u2a"] == "Z1"
    assert set(store.compare(draft, old.id)["unit_id"]) == {"u2a", "u2b"}


def test_a_turn_twice_over_and_back_before_both(store):
    draft = start(store)
    store.append(draft, 1, drafts.rebase(TURN))
    store.append(draft, 2, drafts.rebase(Turn(2028, units={"u2a": ("w",)})))
    store.append(draft, 3, drafts.assign("primary", 2026, ["w"], "Z7"))
    store.append(draft, 4, drafts.restore(1))
    assert plan_of(store, draft) == {"u0": "Z1", "w": "Z9", "u2b": "Z9", "u1": "Z1", "n1": "-"}


def test_an_exported_draft_brings_its_turn_along(store):
    draft = start(store)
    store.append(draft, 1, drafts.rebase(TURN))
    store.append(draft, 2, drafts.restore(1))
    again = store.load(store.export(draft), author="李", project_id="other")
    assert plan_of(store, again.id) == plan_of(store, draft)


def test_a_damaged_turn_is_refused():
    with pytest.raises(FaultError):
        drafts.check([drafts.Op("rebase", {"year": 2027, "units": {"u1": "u2"}, "zones": {}, "new": []})])


step = st.one_of(
    st.tuples(st.just("assign"), st.sampled_from(["u0", "u2", "u2a", "n1"]), st.sampled_from(["Z1", "Z2"])),
    st.tuples(st.just("lock"), st.sampled_from(["u0", "u2"]), st.just("")),
    st.tuples(st.just("rebase"), st.just(""), st.just("")),
)


@given(steps=st.lists(step, max_size=8), units=st.sampled_from(["u0", "u2"]))
def test_undo_brings_back_the_state_before_the_last_step_under_the_ids_of_now(steps, units):
    made = {
        "assign": lambda u, z: drafts.assign("primary", 2026, [u], z),
        "lock": lambda u, _: drafts.lock("primary", 2026, [u]),
        "rebase": lambda *_: drafts.rebase(TURN),
    }
    ops = [drafts.plan("primary", 2026, series(u0="Z1", u2="Z2"))]
    ops += [made[kind](unit, zone) for kind, unit, zone in steps]
    before = drafts.fold(ops)
    ops.append(drafts.assign("primary", 2026, [units], "Z7"))
    undone = [*ops, drafts.restore(drafts.undo_target(ops), via="undo")]
    assert str(drafts.fold(undone).frame()) == str(before.frame())
    redone = [*undone, drafts.restore(drafts.redo_target(undone), via="redo")]
    assert str(drafts.fold(redone).frame()) == str(drafts.fold(ops).frame())
    # undo of everything, then of nothing, across any number of turns
    count = sum(op.kind != "rebase" for op in ops)
    for _ in range(count):
        ops.append(drafts.restore(drafts.undo_target(ops), via="undo"))
    assert drafts.undo_target(ops) is None
