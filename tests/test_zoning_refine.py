from dataclasses import replace

import numpy as np
import pytest

from tests.zoning_maps import six_in_a_row
from zoning import bounds
from zoning.core import PART_WORK, Cuts
from zoning.reach import reach
from zoning.refine import Refiner
from zoning.shake import MOVES, TRIES, Shaker
from zoning.solver import Limits

BEST = [0, 0, 0, 1, 1, 1]


def made(kind):
    problem = six_in_a_row(60, 60)
    tight = reach(problem)
    tool = kind(problem, tight, Cuts(), np.random.default_rng(1))
    return tool, bounds.linear(problem, tight, Limits())


@pytest.mark.parametrize("kinds", [{}, {"best": True}, {"short": True}, {"near": np.array([1])}])
def test_following_leads_to_the_best_plan_and_ends(kinds):
    refiner, bound = made(Refiner)
    found = list(refiner.follow(np.array([0, 1, 1, 1, 1, 1]), bound, Limits(), seed=1, **kinds))
    plans = [each.zone.tolist() for each in found if each.zone is not None]
    assert plans[-1] == BEST
    assert all(each.work >= PART_WORK for each in found)
    assert list(refiner.follow(np.array(BEST), bound, Limits(), seed=1)) == []  # all is known to be the best


def test_what_was_tried_on_the_best_plan_is_not_tried_again_on_others():
    refiner, bound = made(Refiner)
    assert list(refiner.follow(np.array(BEST), bound, Limits(), seed=1, best=True))
    assert list(refiner.follow(np.array(BEST), bound, Limits(), seed=1)) == []


def test_a_plan_that_wrong_walks_would_not_change_is_left():
    shaker, bound = made(Shaker)
    plan, work = shaker.shake(np.array(BEST), bound, Limits(), seed=1)
    assert plan.tolist() == BEST
    assert 0 < work <= TRIES * (PART_WORK + 100)


def test_shaking_moves_a_plan_where_walks_are_nearly_equal():
    problem = six_in_a_row(60, 60)
    metres = problem.metres.copy()
    metres[2] = [250.0, 249.0]
    metres[3] = [249.0, 250.0]
    tight = reach(problem)
    even = replace(problem, metres=metres)
    shaker = Shaker(even, tight, Cuts(), np.random.default_rng(1))
    bound = bounds.linear(even, tight, Limits())
    ends = [shaker.shake(np.array(BEST), bound, Limits(), seed=seed)[0] for seed in range(20)]
    moved = [int((end != BEST).sum()) for end in ends]
    assert any(moved)
    assert max(moved) <= 2 * MOVES
    assert all((end[[0, 1, 4, 5]] == [0, 0, 1, 1]).all() for end in ends)
