import numpy as np
import pytest

from tests.zoning_maps import six_in_a_row
from zoning import bounds
from zoning.core import Cuts
from zoning.drawer import LONGEST_WAIT, Drawer
from zoning.reach import reach
from zoning.regroup import border, regroup
from zoning.solver import Limits


def known(room=60):
    problem = six_in_a_row(room, room)
    tight = reach(problem)
    return problem, tight, bounds.linear(problem, tight, Limits())


def regrouped(plan):
    zones = np.array([0, 1])
    return regroup(*known(), np.array(plan), zones, Cuts(), Limits(), most=3_000)


def test_a_group_is_made_the_best_it_can_be():
    found = regrouped([0, 1, 1, 1, 1, 1])
    assert found.zone.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.solved


def test_a_group_that_is_best_already_is_left():
    found = regrouped([0, 0, 0, 1, 1, 1])
    assert found.zone is None and found.solved


@pytest.mark.parametrize(("rings", "pairs"), [(1, {(2, 1), (3, 0)}), (2, {(1, 1), (2, 1), (3, 0), (4, 0)})])
def test_pairs_across_a_border_reach_as_many_units_behind_it_as_there_are_rings(rings, pairs):
    plan, random = np.array([0, 0, 0, 1, 1, 1]), np.random.default_rng(1)
    found = border(*known(), plan, random, share=1.0, rings=rings)
    assert {(int(unit), int(zone)) for unit, zone in np.argwhere(found)} == pairs


def test_of_the_pairs_across_borders_the_cheapest_are_kept_and_schools_never_move():
    plan, random = np.array([0, 0, 0, 0, 1, 1]), np.random.default_rng(1)
    every, cheapest = (border(*known(), plan, random, share=share, rings=3) for share in (1.0, 0.2))
    assert np.argwhere(every).tolist() == [[1, 1], [2, 1], [3, 1], [4, 0]]
    assert np.argwhere(cheapest).tolist() == [[3, 1]]  # D is nearer to the other school


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
