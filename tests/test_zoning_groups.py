import numpy as np
import pytest

from tests.zoning_maps import drawn, six_in_a_row
from zoning import bounds
from zoning.core import Cuts, Improved
from zoning.groups import GROW, LEAST, WAYS, Groups
from zoning.reach import reach
from zoning.solver import Limits

WHOLE = tuple(way for way in WAYS if not way.rings)
BORDERS = tuple(way for way in WAYS if way.rings == 1)


def six(ways=WAYS):
    problem = six_in_a_row(60, 60)
    tight = reach(problem)
    bound = bounds.linear(problem, tight, Limits())
    return Groups(problem, tight, np.random.default_rng(1), {}, ways=ways), bound


def seven():
    """Seven units in a row, schools in the first, the middle and the last."""
    schools = [("L", 99, "A"), ("M", 99, "D"), ("R", 99, "G")]
    at = {unit: 100.0 * k for k, unit in enumerate("ABCDEFG")}
    problem = drawn(dict.fromkeys("ABCDEFG", 10), schools, at, "AB BC CD DE EF FG")
    tight = reach(problem)
    groups = Groups(problem, tight, np.random.default_rng(1), {})
    return groups, bounds.linear(problem, tight, Limits()), np.array([0, 0, 1, 1, 1, 2, 2])


def end(groups, bound, plan, steps=60):
    """Follow better plans; return the last one and how many steps found one."""
    zone, better = np.array(plan), 0
    for seed in range(steps):
        found = groups.step(zone, bound, Cuts(), Limits(), seed=seed)
        if found is not None and found.zone is not None:
            zone, better = found.zone, better + 1
    return zone.tolist(), better


@pytest.mark.parametrize(("ways", "steps"), [(WHOLE, 1), (BORDERS, 2)])
def test_groups_lead_to_the_best_plan_borders_step_by_step(ways, steps):
    assert end(*six(ways=ways), [0, 1, 1, 1, 1, 1]) == ([0, 0, 0, 1, 1, 1], steps)


def test_what_is_proven_best_is_not_tried_again():
    groups, bound = six()
    best = np.array([0, 0, 0, 1, 1, 1])
    assert groups.step(best, bound, Cuts(), Limits(), seed=0).solved
    assert end(groups, bound, best) == (best.tolist(), 0)
    assert groups.choose(best, bound, Limits()) is None
    assert groups.choose(np.array([0, 0, 1, 1, 1, 1]), bound, Limits()) is not None


def test_a_group_has_the_pairs_among_as_many_touching_zones_as_its_size_holds():
    groups, _, plan = seven()
    pairs = np.zeros((7, 3), dtype=bool)
    pairs[[1, 2, 4, 5], [1, 0, 2, 1]] = True
    two, three = (groups._across(plan, np.array([0, 1, 2]), pairs, size) for size in (2, 4))
    assert np.argwhere(two).tolist() == [[1, 0], [1, 1], [2, 0], [2, 1]]
    assert np.argwhere(three & ~two).tolist() == [[4, 1], [4, 2], [5, 1], [5, 2]]


@pytest.mark.parametrize("number", range(len(WAYS)))
def test_a_small_group_begins_near_the_zones_that_were_asked_for(number):
    groups, bound, plan = seven()
    groups.size[:] = 1.0  # room for two zones only
    for _ in range(20):
        opened = groups._opened(plan, bound, number, np.array([0]))
        assert set(np.flatnonzero(opened.any(axis=1))) <= {1, 2, 3, 4}  # of the first zone and the middle one


def ways(groups, bound, count, gain=lambda way: 0.0):
    """Choose and learn again and again, each try taking what was expected; return how often each way came."""
    often = np.zeros(len(groups.ways), dtype=int)
    for _ in range(count):
        groups.tried.clear()
        way, _, _ = groups.choose(np.array([0, 1, 1, 1, 1, 1]), bound, Limits())
        groups.learn(way, gain(way), Improved(None, False, int(groups.expected[way])))
        often[way] += 1
    return often


def test_while_nothing_gains_every_way_has_its_turn_and_dear_ones_less_often():
    groups, bound = six()
    often = ways(groups, bound, 400)
    assert (often > 0).all()
    assert often[groups.expected.argmin()] > 3 * often[groups.expected.argmax()]


def test_the_way_that_gains_is_taken_most():
    groups, bound = six()
    last = len(groups.ways) - 1
    often = ways(groups, bound, 400, gain=lambda way: 1e-3 * (way == last))
    assert often.argmax() == last


def test_groups_grow_while_they_are_solved_and_shrink_while_they_lead_nowhere():
    groups, _ = six()
    plan, size = np.zeros(6, dtype=int), groups.size[0]
    groups.learn(0, 0.0, Improved(None, True, 10))
    assert groups.size[0] == pytest.approx(min(GROW * size, groups.problem.metres.size))
    groups.size[0] = size
    groups.learn(0, 1e-4, Improved(plan, False, 10))  # stopped, but better: as large as before
    assert groups.size[0] == size
    for _ in range(20):
        groups.learn(0, 0.0, Improved(None, False, 10))
    assert groups.size[0] == LEAST
