import numpy as np

from tests.zoning_maps import six_in_a_row
from zoning import bounds
from zoning.core import Cuts
from zoning.drawer import LONGEST_WAIT, Drawer
from zoning.reach import reach
from zoning.regroup import PATIENCE, SIZES, Groups, regroup
from zoning.solver import Limits


def regrouped(plan):
    problem = six_in_a_row(60, 60)
    tight = reach(problem)
    bound = bounds.linear(problem, tight, Limits())
    zones = Groups(problem, tight, np.random.default_rng(1)).choose(np.array(plan), bound)
    return regroup(problem, tight, bound, np.array(plan), zones, Cuts(), Limits(), effort=100)


def test_a_group_is_made_the_best_it_can_be():
    assert regrouped([0, 1, 1, 1, 1, 1]).tolist() == [0, 0, 0, 1, 1, 1]


def test_a_group_that_is_best_already_is_left():
    assert regrouped([0, 0, 0, 1, 1, 1]) is None


def test_groups_grow_once_small_ones_do_not_pay_and_start_again_after_the_largest():
    problem = six_in_a_row(60, 60)
    groups = Groups(problem, reach(problem), np.random.default_rng(1))
    groups.learn(paid=False)
    groups.learn(paid=True)
    sizes = []
    for _ in range(len(SIZES) * PATIENCE):
        groups.learn(paid=False)
        sizes.append(groups.size)
    assert sizes[PATIENCE - 2 : PATIENCE] == [0, 1]
    assert max(sizes) == len(SIZES) - 1
    assert sizes[-1] == 0


def test_draws_that_do_not_pay_become_seldom_and_those_that_pay_frequent():
    problem = six_in_a_row(60, 60)
    drawer = Drawer(problem, reach(problem), Cuts(), seed=1)
    drawer.few = False
    waits = []
    for paid in (False, False, False, False, True):
        drawer.learn(10, paid=paid)
        waits.append(drawer.due - 10)
    assert waits == [2, 4, LONGEST_WAIT, LONGEST_WAIT, 1]


def test_a_draw_gives_whole_plans_one_at_a_time():
    problem = six_in_a_row(60, 60)
    tight = reach(problem)
    drawer = Drawer(problem, tight, Cuts(), seed=1)
    plan = drawer.draw(bounds.linear(problem, tight, Limits()), Limits(), [])
    assert plan.tolist() == [0, 0, 0, 1, 1, 1]
