import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.zoning_maps import drawn, problems, six_in_a_row
from zoning import bounds
from zoning.chains import chain, eject
from zoning.check import cost, cut_off, loads
from zoning.reach import reach
from zoning.search import SHAKE, Search
from zoning.solver import Limits
from zoning.starts import grow


def searched(problem, *, seed=1):
    tight = reach(problem)
    return Search(problem, tight, bounds.linear(problem, tight, Limits()), seed=seed)


def mended(problem, plan, *, tries=30, ceiling=np.inf, seed=1):
    search = searched(problem, seed=seed)
    search.mend(np.array(plan, dtype=np.int32), Limits(), tries=tries, ceiling=ceiling)
    return search.best


OVERFULL = [0, 0, 0, 0, 1, 1, 1, 2, 2]


@pytest.fixture
def packed():
    """Nine units in a row and three schools, each with room for just its third."""
    units = "ABCDEFGHI"
    return drawn(
        dict.fromkeys(units, 10),
        [("a", 30, "A"), ("b", 30, "E"), ("c", 30, "I")],
        {unit: 100.0 * k for k, unit in enumerate(units)},
        "AB BC CD DE EF FG GH HI",
    )


def test_a_chain_empties_a_zone_through_another_into_a_third(packed):
    search = searched(packed)
    search.put(np.array(OVERFULL, dtype=np.int32))
    eject(search.board, search.state, chain(), np.inf)
    assert search.best[0].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert search.best[2] == 0


def test_a_chain_that_cannot_be_closed_leaves_all_as_it_was():
    problem = six_in_a_row(20, 30)
    search = searched(problem)
    search.put(np.array([0, 0, 0, 1, 1, 1], dtype=np.int32))
    eject(search.board, search.state, chain(), np.inf)
    assert search.zone.tolist() == [0, 0, 0, 1, 1, 1]
    assert search.best[2] == 10


def test_a_plan_is_mended_only_below_the_ceiling(packed):
    best = cost(packed, np.array([0, 0, 0, 1, 1, 1, 2, 2, 2]))
    assert mended(packed, OVERFULL, ceiling=best)[2] > 0
    assert mended(packed, OVERFULL, ceiling=best + 1)[2] == 0


def test_few_tries_follow_once_a_plan_fits(packed):
    search = searched(packed)
    proposals = search.mend(np.array(OVERFULL, dtype=np.int32), Limits(), tries=30, ceiling=np.inf)
    assert 1 < proposals // (SHAKE * 9) < 30


def test_without_time_the_plan_stays(packed):
    search = searched(packed)
    begun = np.array(OVERFULL, dtype=np.int32)
    assert search.mend(begun, Limits(cancelled=lambda: True), tries=30, ceiling=np.inf) == 0
    assert (search.best[0] == begun).all()
    assert search.best[2] == 10


def test_what_cannot_fit_stays_whole():
    problem = six_in_a_row(20, 20)
    plan, _cost, over = mended(problem, [0, 0, 0, 1, 1, 1])
    assert over == loads(problem, plan).sum() - 40
    assert not cut_off(problem, plan).any()


@settings(max_examples=40, deadline=None)
@given(problems(), st.integers(0, 3))
def test_mending_keeps_zones_together_and_pupils_counted(problem, seed):
    tight = reach(problem)
    if tight.reasons:
        return
    metres = np.where(np.isfinite(problem.metres), problem.metres, 1e12)
    start = grow(problem, tight, metres)
    if cut_off(problem, start).any():
        return
    plan, km, over = mended(problem, start, tries=3, seed=seed)
    assert not cut_off(problem, plan).any()
    assert tight.allowed[np.arange(problem.n_units), plan].all()
    assert over == np.maximum(loads(problem, plan) - problem.capacity, 0).sum()
    assert km == pytest.approx(cost(problem, plan))


def test_the_same_seed_gives_the_same_plan(packed):
    first, again = (mended(packed, OVERFULL, seed=5)[0] for _ in range(2))
    assert (first == again).all()
