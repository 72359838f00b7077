"""Proofs beside the search, and new starts: right answers, an end when asked, and no plan lost."""

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from tests.test_zoning_optimise import grid
from tests.zoning_maps import least_cost, problems, six_in_a_row
from zoning import bounds
from zoning.check import check
from zoning.engine import Engine
from zoning.found import Best
from zoning.optimise import optimise
from zoning.proving import Proving
from zoning.reach import reach
from zoning.solver import Limits
from zoning.terms import Terms

TINY = settings(max_examples=40, deadline=None)


def proving(problem, *, seconds=60.0, cancelled=lambda: False):
    limits = Limits(time.monotonic() + seconds, cancelled)
    terms = Terms(limits=limits, work=None, exact=True, began=time.monotonic(), progress=None)
    tight = reach(problem)
    return Proving(problem, tight, terms, seed=0), bounds.linear(problem, tight, Limits())


@given(problems())
@TINY
def test_a_proof_beside_the_search_agrees_with_exhaustive_search(problem):
    best = least_cost(problem)
    result = optimise(problem, seconds=30, exact=True)
    assert result.seconds < 25  # all that is small is proven long before the time is up
    if best is None:
        assert result.feasible is False
        return
    assert result.feasible is True and not len(check(problem, result.zones))
    assert result.cost == result.bound == pytest.approx(best, abs=1e-9)


def test_a_try_beside_the_search_is_seen_to_end():
    problem = six_in_a_row(60, 60)
    tries, bound = proving(problem)
    best = np.array([0, 0, 0, 1, 1, 1])
    assert tries.attempt(bound, best, 12, wait=False) is None
    found = tries.attempt(bound, best, 12, wait=True)
    assert found is not None and found.finished
    assert tries.end() is None  # nothing is left to try
    tries, bound = proving(problem)
    assert not tries.ended
    tries.attempt(bound, best, 12, wait=False)
    assert tries.running is not None
    tries.running.result()
    assert tries.ended
    last = tries.end()
    assert last is not None and last.finished and last.bound == found.bound


def test_a_run_ends_when_it_is_cancelled_though_a_proof_goes_on():
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    began = time.monotonic()
    result = optimise(grid(8, 8), seconds=600, exact=True, cancelled=stop.is_set)
    assert time.monotonic() - began < 60
    assert result.bound <= result.cost and len(threading.enumerate()) < 10


def test_a_failure_beside_the_search_is_not_lost(monkeypatch):
    tries, bound = proving(six_in_a_row(60, 60))
    monkeypatch.setattr(tries.prover, "_linear", lambda *_: 1 / 0)
    tries.attempt(bound, None, 12, wait=False)
    with pytest.raises(ZeroDivisionError):
        tries.end()


def test_new_starts_lose_no_plan_and_are_the_same_each_time():
    problem = grid(8, 6)

    def run():
        terms = Terms(limits=Limits(), work=9_000, exact=False, began=0.0, progress=None)
        made = Engine(problem, reach(problem), terms, seed=3)
        first = made.run(None)
        made.terms = replace(terms, work=made.now.work + 9_000)
        made.now.finished = False
        made._restart()
        assert made.at is made.best and made.now.work > first.work
        assert (made.best.over, made.best.cost) <= (0, first.cost)
        return made

    one, other = run(), run()
    assert (one.best.zone == other.best.zone).all() and one.now.work == other.now.work
    assert len(one.best.ends) and not len(check(problem, problem.series(one.best.zone)))


def test_the_best_of_a_start_of_its_own_is_kept_beside_the_others():
    all_plans, own, empty = Best(), Best(), Best()
    all_plans.take(0, 10.0, np.array([0, 1]))
    own.take(0, 12.0, np.array([1, 1]))
    all_plans.join(empty)
    assert not all_plans.ends
    all_plans.join(own)
    assert all_plans.cost == 10.0 and all_plans.ends[0].tolist() == [1, 1]
    assert [cost for _, cost, _ in all_plans.elite] == [12.0]
