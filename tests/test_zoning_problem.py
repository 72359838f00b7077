import pickle

import numpy as np
import pandas as pd
import pytest

from gis.faults import FaultError
from tests.zoning_maps import drawn, six_in_a_row
from zoning import draft, edit, explain, indicators
from zoning.check import check
from zoning.problem import Problem


def kinds(error: pytest.ExceptionInfo[FaultError]) -> set[str]:
    return {fault.kind for fault in error.value.faults}


def test_every_fault_is_reported_at_once():
    with pytest.raises(FaultError) as error:
        Problem.from_frames(
            pd.Series([1, -2, 2.5, 3], index=["a", "b", "b", ""]),
            pd.DataFrame({"zone_id": ["z", "z"], "capacity": [3, 4], "unit_id": ["a", "nowhere"]}),
            pd.DataFrame({"unit_id": ["a"], "zone_id": ["z"], "metres": [-1.0]}),
            pd.DataFrame({"a": ["a", "x"], "b": ["a", "b"]}),
        )
    assert kinds(error) == {
        "zoning_not_count",
        "zoning_id_twice",
        "zoning_id_missing",
        "zoning_capacity_differs",
        "zoning_unit_unknown",
        "zoning_metres_negative",
        "zoning_self_neighbour",
    }
    for lang in ("zh", "en"):
        assert all(fault.text(lang) for fault in error.value.faults)


def test_a_problem_sent_to_a_worker_is_read_only_there_too():
    sent = pickle.loads(pickle.dumps(six_in_a_row()))
    with pytest.raises(ValueError, match="read-only"):
        sent.demand[0] = 9
    with pytest.raises(ValueError, match="read-only"):
        sent.anchors[0][0] = 1


def test_missing_columns_are_named():
    empty = pd.DataFrame()
    with pytest.raises(FaultError) as error:
        Problem.from_frames(pd.Series({"a": 1}), empty, empty, empty)
    assert [fault.found for fault in error.value.faults] == [
        *("zone_id", "capacity", "unit_id"),
        *("unit_id", "zone_id", "metres"),
        *("a", "b"),
    ]


def test_contradicting_locks_are_faults():
    forbidden = pd.DataFrame({"unit_id": ["C"], "zone_id": ["L"]})
    with pytest.raises(FaultError) as error:
        six_in_a_row(locks=pd.Series({"A": "R", "C": "L"}), forbidden=forbidden)
    assert kinds(error) == {"zoning_lock_off_school", "zoning_lock_forbidden"}


def test_doubled_edges_count_once_and_arrays_are_frozen():
    problem = drawn({"A": 1, "B": 1}, [("Z", 2, "A")], {"A": 0.0, "B": 1.0}, "AB BA AB")
    assert problem.indices.tolist() == [1, 0]
    with pytest.raises(ValueError, match="read-only"):
        problem.demand[0] = 5


def test_draft_is_nearest_with_room():
    assert draft.nearest_with_room(six_in_a_row()).tolist() == list("LLLRRR")
    assert draft.nearest_with_room(six_in_a_row(left=20, right=40)).tolist() == list("LLRRRR")


def test_draft_overfills_least_and_leaves_islands_out():
    crowded = draft.nearest_with_room(six_in_a_row(left=20, right=20))
    assert crowded.notna().all()
    assert sorted(crowded.value_counts()) == [3, 3]
    island = drawn({"A": 1, "B": 1}, [("Z", 5, "A")], {"A": 0.0, "B": 1.0}, "")
    assert draft.nearest_with_room(island).isna().tolist() == [False, True]


def test_check_finds_each_kind():
    problem = six_in_a_row(
        locks=pd.Series({"B": "L"}), forbidden=pd.DataFrame({"unit_id": ["E"], "zone_id": ["L"]})
    )
    plan = pd.Series(["R", "R", "R", "R", "L"], index=list("ABCDE"), dtype="str")
    found = check(problem, plan)
    assert set(found["kind"]) == {
        "unassigned",
        "overload",
        "cut_off",
        "school_elsewhere",
        "lock_broken",
        "forbidden",
    }
    assert found.loc[found["kind"] == "overload", "amount"].tolist() == [10]
    assert not len(check(problem, draft.nearest_with_room(problem)))


def test_two_campuses_hold_two_pieces():
    problem = drawn(
        dict.fromkeys("ABCDE", 1),
        [("Z", 4, "A"), ("Y", 2, "C"), ("Z", 4, "E")],
        {unit: float(k) for k, unit in enumerate("ABCDE")},
        "AB BC CD DE",
    )
    assert not len(check(problem, pd.Series(list("ZZYZZ"), index=list("ABCDE"))))
    cut = check(problem, pd.Series(list("ZYYYZ"), index=list("ABCDE")))
    assert set(cut["kind"]) == {"overload"}


def test_two_schools_in_one_unit_share_the_way():
    problem = drawn(
        {"A": 2, "B": 1, "C": 1},
        [("Z", 3, "A"), ("Y", 3, "A")],
        {"A": 0.0, "B": 1.0, "C": 2.0},
        "AB AC",
    )
    assert not len(check(problem, pd.Series({"A": "Z", "B": "Z", "C": "Y"})))
    assert problem.allowed.all()


def test_indicators_by_hand():
    problem, plan = six_in_a_row(), pd.Series(list("LLRRRR"), index=list("ABCDEF"))
    assert indicators.load(problem, plan).to_dict() == {"L": 20, "R": 40}
    assert indicators.mean_walk(problem, plan).to_dict() == {"L": 50.0, "R": 150.0}
    assert indicators.longest_walk(problem, plan).to_dict() == {"L": 100.0, "R": 300.0}
    assert indicators.share_within(problem, plan, 150).to_dict() == {"L": 1.0, "R": 0.5}
    assert indicators.share_nearest(problem, plan).to_dict() == {"L": 1.0, "R": 0.75}
    before = pd.Series(list("LLLRRR"), index=list("ABCDEF"))
    totals = indicators.totals(problem, plan, limit=150, reference=before)
    assert totals[["pupil_km", "over", "moved", "violations"]].tolist() == [7.0, 10.0, 10.0, 1.0]
    summary = indicators.summary(problem, plan, limit=150)
    assert summary.loc["R", ["seats", "pupils", "spare", "units"]].tolist() == [30, 40, -10, 4]


def test_zone_without_pupils_has_no_walk():
    problem = drawn({"A": 0, "B": 3}, [("Z", 0, "A"), ("Y", 3, "B")], {"A": 0.0, "B": 9.0}, "AB")
    plan = pd.Series({"A": "Z", "B": "Y"})
    assert np.isnan(indicators.mean_walk(problem, plan)["Z"])
    assert not len(check(problem, plan))


def test_edit_returns_a_new_plan():
    plan = pd.Series(list("LLLRRR"), index=list("ABCDEF"), dtype="str")
    changed = edit.assign(plan, ["C"], "R")
    assert plan["C"] == "L"
    assert edit.changes(plan, changed).to_dict("records") == [{"unit_id": "C", "before": "L", "after": "R"}]
    assert edit.assign(plan, ["C"], None).isna().sum() == 1
    with pytest.raises(FaultError):
        edit.assign(plan, ["nowhere"], "L")


def test_options_say_what_is_against_each_school():
    problem, plan = six_in_a_row(), pd.Series(list("LLLRRR"), index=list("ABCDEF"))
    reasons = explain.options(problem, plan, "C").set_index("zone_id")
    assert reasons["reason"].to_dict() == {"L": "current", "R": "full"}
    assert reasons.loc["R", ["rank", "metres", "short"]].tolist() == [2, 300.0, 10]
    assert explain.options(problem, plan, "B").set_index("zone_id")["reason"]["R"] == "not_beside"
    assert explain.options(problem, plan, "A").set_index("zone_id")["reason"]["R"] == "school_inside"
    roomy = six_in_a_row(right=60)
    assert explain.options(roomy, plan, "C").set_index("zone_id")["reason"]["R"] == "possible"
    with pytest.raises(FaultError):
        explain.options(problem, plan, "nowhere")
