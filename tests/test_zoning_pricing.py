"""Listing catchments against every subset of units, and plans drawn from them."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from tests.zoning_maps import drawn
from zoning import bounds, partition
from zoning.check import check_positions, cost, cut_off
from zoning.columns import Lister, Prices
from zoning.core import Cuts
from zoning.mixing import Mix, Mixer
from zoning.reach import reach
from zoning.solver import Limits


@pytest.fixture
def small():
    """Three by three units, a school in two corners, little room to spare."""
    edges = "AB BC DE EF GH HI AD DG BE EH CF FI"
    at = {name: (100.0 * (k % 3), 100.0 * (k // 3)) for k, name in enumerate("ABCDEFGHI")}
    demand = dict(zip("ABCDEFGHI", [3, 2, 4, 1, 5, 2, 3, 2, 4]))
    return drawn(demand, [("L", 14, "A"), ("R", 14, "I")], at, edges)


def connected_sets(problem, tight, zone):
    """Return every connected set of units that holds what the zone must take and fits its room."""
    held = np.flatnonzero(tight.fixed == zone)
    free = np.flatnonzero((tight.fixed < 0) & tight.allowed[:, zone])
    sets = set()
    for size in range(len(free) + 1):
        for some in combinations(free, size):
            units = np.concatenate([held, some]).astype(int)
            plan = np.full(problem.n_units, -1)
            plan[units] = zone
            if problem.demand[units].sum() <= problem.capacity[zone] and not cut_off(problem, plan).any():
                sets.add(frozenset(int(u) for u in units))
    return sets


def test_every_connected_catchment_is_listed_once_and_none_gains_more_than_told(small):
    tight = reach(small)
    lister = Lister(small, tight)
    price = np.random.default_rng(1).uniform(0.0, 1.0, small.n_units)
    for zone in range(2):
        listed = lister.within(zone, Prices(price, np.zeros(2), 1.0), 1e9, 1_000, 100_000)
        found = [frozenset(listed.units[a:b].tolist()) for a, b in zip(listed.start[:-1], listed.start[1:])]
        assert len(found) == len(set(found))
        assert set(found) == connected_sets(small, tight, zone)
        gains = [sum(price[u] - small.cost[u, zone] for u in units if tight.fixed[u] < 0) for units in found]
        _, most = lister.best(zone, price, 0.0)
        assert most == pytest.approx(max(gains))


def test_drawn_plans_keep_every_rule(small):
    tight = reach(small)
    bound = bounds.linear(small, tight, Limits())
    plans = list(Mixer(small, tight, Cuts(), seed=0).draw(bound, Limits()))
    assert plans
    assert not len(check_positions(small, plans[-1]))
    assert cost(small, plans[-1]) >= bound.value


def test_a_known_plan_is_a_solution_to_start_from_once_its_catchments_are_listed(small):
    tight = reach(small)
    plan, other = (np.array([int(name in right) for name in "ABCDEFGHI"]) for right in ("EFHI", "CFHI"))
    of_left = partition.of_plan(small, plan).take(np.array([0]))
    unit, zone = np.nonzero(tight.allowed & (tight.fixed < 0)[:, None] & (np.arange(2) == 1))
    mix = Mix(small, tight, partition.joined([of_left, of_left]), unit, zone, np.array([np.inf, 14.0]))
    assert mix.hint(plan) is None  # it would take its catchment twice
    mix = replace(mix, listed=partition.distinct(mix.listed))
    assert len(mix.listed) == 1
    assert mix.plan(mix.hint(plan)).tolist() == plan.tolist()
    assert mix.hint(other) is None


def test_draws_start_from_the_known_plan_and_lose_nothing_to_it(small):
    tight = reach(small)
    bound = bounds.linear(small, tight, Limits())
    best = min(Mixer(small, tight, Cuts(), seed=0).draw(bound, Limits()), key=lambda p: cost(small, p))
    mixer = Mixer(small, tight, Cuts(), seed=0)
    mixer.known = [best]
    first = next(mixer.draw(bound, Limits()))
    assert cut_off(small, first).any() or cost(small, first) <= cost(small, best) + 1e-9
