"""Why there is no plan, what would have to give, and whether a plan is found then."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.zoning_maps import drawn, every_plan, problems, six_in_a_row
from zoning.check import check
from zoning.conflict import conflict, minimal, only, proven
from zoning.problem import Problem
from zoning.relax import Relaxation, attempt, fit, relaxations, relaxed

TINY = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def held(draw: st.DrawFn) -> Problem:
    """Draw a small map with locks and forbidden pairs; many such have no plan."""
    problem = draw(problems())
    units, zones = range(problem.n_units), range(problem.n_zones)
    locked, forbidden = problem.locked.copy(), problem.forbidden.copy()
    homes = set(np.concatenate(problem.anchors).tolist())
    for unit in draw(st.sets(st.sampled_from(units), max_size=3)) - homes:
        locked[unit] = draw(st.sampled_from(zones))
    for unit, zone in draw(st.sets(st.tuples(st.sampled_from(units), st.sampled_from(zones)), max_size=4)):
        forbidden[unit, zone] = locked[unit] != zone
    from dataclasses import replace

    return replace(problem, locked=locked, forbidden=forbidden)


@given(held())
@TINY
def test_a_conflict_is_true_and_none_of_its_rules_can_be_spared(problem):
    clash = conflict(problem)
    if clash is None:
        return
    assert not list(every_plan(only(problem, clash.rules)))
    assert clash.reasons and clash.minimal
    for rule in clash.rules:
        assert not proven(only(problem, [each for each in clash.rules if each != rule]))


@given(held())
@TINY
def test_what_is_proposed_leaves_no_proof_and_what_is_tried_keeps_every_rule(problem):
    for change in relaxations(problem, step=2):
        posed = relaxed(problem, change)
        assert not proven(posed)
        assert all(more % 2 == 0 for _, more in change.seats)
        tried = attempt(problem, change, step=2, work=300)
        after = relaxed(problem, tried.relaxation)
        if tried.result.feasible:
            assert not len(check(after, tried.result.zones))
        elif tried.result.feasible is False:
            assert not list(every_plan(after))


def test_seats_lacking_everywhere_are_given_in_classes_at_either_school():
    short = six_in_a_row(left=20, right=20)
    clash = conflict(short)
    assert (clash.zones, clash.locks, clash.bans, clash.short) == ((0, 1), (), (), 20)
    found = list(relaxations(short, step=15))
    assert {change.seats for change in found} == {((0, 15), (1, 15)), ((0, 30),), ((1, 30),)}
    tried = attempt(short, found[0], step=15)
    assert tried.result.feasible is True
    assert not len(check(relaxed(short, tried.relaxation), tried.result.zones))


def test_a_lock_that_cuts_a_catchment_is_named_and_released():
    problem = drawn(
        dict.fromkeys("ABCD", 1),
        [("L", 9, "A"), ("R", 9, "D")],
        {unit: 100.0 * k for k, unit in enumerate("ABCD")},
        "AB BC CD",
        locks=pd.Series({"B": "R", "C": "L"}),
    )
    clash = conflict(problem)
    assert "cut_by_locks" in {reason.kind for reason in clash.reasons}
    assert set(clash.locks) == {1, 2} and not clash.zones
    (change,) = relaxations(problem)
    assert len(change.release) == 1 and not change.seats
    assert attempt(problem, change).result.feasible is True


def test_the_nearest_forbidden_school_is_opened_to_the_unit_that_needs_it():
    far = pd.DataFrame({"unit_id": ["C", "C", "D"], "zone_id": ["L", "R", "L"]})
    problem = six_in_a_row(left=60, right=60, forbidden=far)
    (change,) = relaxations(problem)
    assert change == Relaxation(allow=((2, 0),))
    assert attempt(problem, change).result.feasible is True


def test_an_island_without_a_school_is_joined_where_the_walk_is_shortest():
    problem = drawn(
        dict.fromkeys("ABCD", 1),
        [("L", 9, "A"), ("R", 9, "B")],
        {"A": 0.0, "B": 100.0, "C": 300.0, "D": 250.0},
        "AB CD",
    )
    (change,) = relaxations(problem)
    assert change.join == ((3, 1),)
    assert attempt(problem, change).result.feasible is True


def test_an_island_with_too_few_seats_is_told_of_with_the_seats_it_lacks():
    problem = drawn(
        {"A": 3, "B": 3, "C": 3, "D": 3},
        [("L", 20, "A"), ("R", 4, "C")],
        {unit: 100.0 * k for k, unit in enumerate("ABCD")},
        "AB CD",
    )
    (reason,) = (r for r in proven(problem) if r.kind == "seats_on_island")
    assert (reason.zones, reason.short) == ((1,), 2)
    (change,) = relaxations(problem)
    assert change.seats == ((1, 2),)


def test_where_no_plain_proof_speaks_a_plan_names_the_seats_it_needs():
    row = "ABCDEF"
    packed = drawn(
        dict(zip(row, [4, 3, 3, 3, 3, 4])),
        [("L", 9, "A"), ("R", 11, "F")],
        {unit: float(k) for k, unit in enumerate(row)},
        " ".join(a + b for a, b in pairwise(row)),
    )
    assert not list(every_plan(packed))
    change = fit(packed, np.array([0, 0, 0, 1, 1, 1]), step=5)
    assert change.seats == ((0, 5),)
    assert attempt(packed, change, step=5).result.feasible is True


def test_a_very_large_map_is_told_its_proof_and_given_seats_without_endless_questions(monkeypatch):
    for module in ("conflict", "relax"):
        monkeypatch.setattr(f"zoning.{module}.LARGE", 5)
    short = six_in_a_row(left=20, right=20)
    clash = conflict(short)
    assert (clash.zones, clash.minimal) == ((0, 1), False)
    assert [change.seats for change in relaxations(short, step=15)] == [((0, 15), (1, 15))]


@pytest.mark.parametrize("size", [1, 7, 30])
def test_minimal_choices_are_found_with_few_questions(size):
    asked = []

    def holds(chosen):
        asked.append(chosen)
        return {size // 2, size - 1} <= set(chosen)

    assert set(minimal(range(size), holds)) == {size // 2, size - 1}
    assert len(asked) <= 20
