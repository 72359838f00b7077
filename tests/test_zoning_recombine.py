import numpy as np
from hypothesis import given

from tests.test_zoning_optimise import TINY
from tests.zoning_maps import drawn, problems, six_in_a_row
from zoning import bounds
from zoning.check import cost, cut_off
from zoning.core import Cuts
from zoning.optimise import optimise
from zoning.reach import proofs, reach
from zoning.recombine import mixed, recombine
from zoning.solver import Limits
from zoning.starts import grow


def put_together(problem, plans):
    tight = reach(problem)
    bound = bounds.linear(problem, tight, Limits())
    return recombine(problem, tight, bound, plans, Cuts(), Limits(), most=3_000)


def test_the_better_plan_between_two_is_found():
    problem = six_in_a_row(60, 60)
    short, long = np.array([0, 0, 1, 1, 1, 1]), np.array([0, 0, 0, 0, 1, 1])
    assert put_together(problem, [short, long]).zone.tolist() == [0, 0, 0, 1, 1, 1]


def test_plans_that_do_not_differ_open_nothing():
    problem = six_in_a_row(60, 60)
    plan = np.array([0, 0, 0, 1, 1, 1])
    assert not mixed(problem, reach(problem), [plan, plan]).any()
    assert put_together(problem, [plan, plan]) is None


def test_units_far_from_a_difference_are_held():
    problem = six_in_a_row(60, 60)
    opened = mixed(problem, reach(problem), [np.array([0, 0, 0, 0, 0, 1]), np.array([0, 0, 0, 0, 1, 1])])
    assert not opened[:3].any()
    assert opened[4].all()


@given(problems())
@TINY
def test_what_is_found_is_connected_and_no_worse(problem):
    tight = reach(problem)
    plans = [grow(problem, tight, problem.metres * sign) for sign in (1.0, -1.0)]
    if proofs(problem, tight) or any(cut_off(problem, plan).any() for plan in plans):
        return
    found = put_together(problem, plans)
    if found is None or found.zone is None:
        return
    better = found.zone
    assert not cut_off(problem, better).any()
    load = [np.bincount(plan, problem.demand, problem.n_zones) for plan in (plans[0], better)]
    before, after = (np.maximum(each - problem.capacity, 0).sum() for each in load)
    assert (after, cost(problem, better)) <= (before, cost(problem, plans[0]) + 1e-6) or after < before


def test_little_work_suffices_to_prove_that_a_star_has_no_plan():
    problem = drawn(
        {"A": 0, "B": 0, "C": 0, "D": 2, "E": 2, "F": 3, "G": 5},
        [("X", 0, "B"), ("Y", 10, "B"), ("Z", 8, "C")],
        dict.fromkeys("ABCDEFG", 0.0),
        "AB AC AD AE AF AG",
    )
    assert optimise(problem, work=2000, exact=True).feasible is False
