"""What planners' data hold now and then: each has a clear answer, none is a crash."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from gis.faults import FaultError
from tests.test_zoning_relax import held
from tests.zoning_maps import drawn, every_plan, six_in_a_row
from zoning import explain
from zoning.check import check
from zoning.optimise import optimise
from zoning.problem import Problem

LINE = {unit: 100.0 * k for k, unit in enumerate("ABCDEF")}


def kinds(result) -> set[str]:
    assert result.feasible is False
    assert all(reason.zh and reason.en for reason in result.reasons)
    return {reason.kind for reason in result.reasons}


def test_no_pupils_at_all_cost_nothing():
    problem = drawn(dict.fromkeys("ABC", 0), [("Z", 0, "A"), ("Y", 5, "C")], LINE, "AB BC")
    result = optimise(problem, work=500)
    assert (result.feasible, result.cost, result.gap) == (True, 0.0, 0.0)
    assert not len(check(problem, result.zones))
    assert explain.nearer(problem, result.zones).empty


def test_a_school_without_seats_takes_nobody_but_its_own_empty_unit():
    empty = drawn({"A": 0, "B": 4, "C": 4}, [("Z", 0, "A"), ("Y", 8, "C")], LINE, "AB BC")
    assert "".join(optimise(empty, work=500).zones) == "ZYY"
    lived_in = drawn({"A": 1, "B": 4, "C": 4}, [("Z", 0, "A"), ("Y", 9, "C")], LINE, "AB BC")
    assert "own_units_too_many" in kinds(optimise(lived_in, work=500))


def test_two_schools_in_one_unit_share_it_out():
    problem = drawn(
        {"A": 2, "B": 3, "C": 3}, [("Z", 5, "A"), ("Y", 3, "A")], dict.fromkeys("ABC", 0.0), "AB AC"
    )
    result = optimise(problem, work=500)
    assert result.feasible is True
    assert not len(check(problem, result.zones))


def test_a_unit_without_any_way_to_a_school_is_named():
    walks = pd.DataFrame({"unit_id": ["A"], "zone_id": ["Z"], "metres": [0.0]})
    problem = Problem.from_frames(
        pd.Series({"A": 1, "B": 1}),
        pd.DataFrame({"zone_id": ["Z"], "capacity": [5], "unit_id": ["A"]}),
        walks,
        pd.DataFrame({"a": ["A"], "b": ["B"]}),
    )
    result = optimise(problem)
    assert kinds(result) == {"no_school_open"}
    assert "“B”" in result.reasons[0].zh


def test_islands_with_and_without_a_school():
    served = drawn(dict.fromkeys("ABCD", 1), [("Z", 2, "A"), ("Y", 2, "D")], LINE, "AB CD")
    assert "".join(optimise(served, work=500).zones) == "ZZYY"
    assert "no_school_in_part" in kinds(optimise(drawn(dict.fromkeys("ABC", 1), [("Z", 9, "A")], LINE, "AB")))
    crowded = drawn(dict.fromkeys("ABCD", 3), [("Z", 20, "A"), ("Y", 4, "D")], LINE, "AB CD")
    assert "seats_on_island" in kinds(optimise(crowded))


def test_edges_given_twice_and_both_ways_are_one():
    once = six_in_a_row()
    twice = drawn(
        dict.fromkeys("ABCDEF", 10), [("L", 30, "A"), ("R", 30, "F")], LINE, "AB BA BC BC CD DE ED EF"
    )
    assert twice.indices.tolist() == once.indices.tolist()
    assert optimise(twice, work=500).zones.equals(optimise(once, work=500).zones)


@pytest.mark.parametrize("unknown", [np.nan, None, "", np.inf])
def test_a_distance_that_is_unknown_is_no_way(unknown):
    walks = pd.DataFrame(
        {
            "unit_id": ["A", "A", "B", "B"],
            "zone_id": ["Z", "Y", "Z", "Y"],
            "metres": pd.Series([0.0, 1.0, unknown, 0.0], dtype=object),
        }
    )
    problem = Problem.from_frames(
        pd.Series({"A": 1, "B": 1}),
        pd.DataFrame({"zone_id": ["Z", "Y"], "capacity": [5, 5], "unit_id": ["A", "B"]}),
        walks,
        pd.DataFrame({"a": ["A"], "b": ["B"]}),
    )
    assert problem.metres[1].tolist() == [np.inf, 0.0]
    assert "".join(optimise(problem, work=500).zones) == "ZY"


def test_one_school_takes_everybody_or_lacks_seats():
    one = drawn(dict.fromkeys("ABC", 2), [("Z", 6, "B")], LINE, "AB BC")
    result = optimise(one, work=500)
    assert (result.feasible, result.gap, "".join(result.zones)) == (True, 0.0, "ZZZ")
    assert "seats_in_all" in kinds(optimise(drawn(dict.fromkeys("ABC", 2), [("Z", 5, "B")], LINE, "AB BC")))


def test_more_schools_than_units():
    schools = [(f"z{k}", 3, unit) for k, unit in enumerate("AABBB")]
    problem = drawn({"A": 3, "B": 2}, schools, LINE, "AB")
    result = optimise(problem, work=500)
    assert result.feasible is True
    assert not len(check(problem, result.zones))


def test_pupils_beyond_all_seats_are_a_proof_with_the_number_that_lacks():
    result = optimise(six_in_a_row(left=20, right=25))
    assert "seats_in_all" in kinds(result)
    assert next(r for r in result.reasons if r.kind == "seats_in_all").short == 15
    assert result.zones.notna().all()


def test_a_unit_larger_than_any_school_is_named():
    problem = drawn({"A": 1, "B": 9, "C": 1}, [("L", 8, "A"), ("R", 8, "C")], LINE, "AB BC")
    assert "unit_too_large" in kinds(optimise(problem))


def test_no_schools_and_no_units_are_faults():
    nothing = pd.DataFrame({"zone_id": [], "capacity": [], "unit_id": []})
    walks = pd.DataFrame({"unit_id": [], "zone_id": [], "metres": []})
    with pytest.raises(FaultError) as error:
        Problem.from_frames(pd.Series(dtype=int), nothing, walks, pd.DataFrame({"a": [], "b": []}))
    assert {fault.kind for fault in error.value.faults} == {"zoning_empty"}


@given(held())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_map_has_a_plan_that_keeps_the_rules_a_true_proof_or_no_answer(problem):
    result = optimise(problem, work=1000)
    if result.feasible:
        assert not len(check(problem, result.zones))
        assert result.bound <= result.cost + 1e-9
    elif result.feasible is False:
        assert result.reasons
        assert not list(every_plan(problem))
    else:
        assert len(check(problem, result.zones)) == result.violations
