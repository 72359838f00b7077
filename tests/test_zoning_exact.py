"""Proofs, the live model under them and rows from minimum cuts, judged by all plans of tiny maps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.zoning_maps import drawn, every_plan, problems, six_in_a_row
from zoning import bounds
from zoning.check import cost
from zoning.core import Cuts, Part
from zoning.exact import Prover
from zoning.facets import add_facets
from zoning.live import Live
from zoning.reach import reach
from zoning.separators import separate_flows
from zoning.solver import Limits

TINY = settings(max_examples=60, deadline=None)


def live(problem, tight, cuts, **more):
    held = tight.fixed >= 0
    return Live(problem, Part(tight.allowed & ~held[:, None], np.where(held, tight.fixed, -1)), cuts, **more)


def test_a_share_at_the_far_end_asks_for_the_units_on_the_way():
    problem = six_in_a_row(left=60, right=60)
    share = np.zeros((6, 2))
    share[:, 0], share[:, 1] = [1, 0.3, 0.8, 0.8, 0.8, 0], [0, 0.7, 0.2, 0.2, 0.2, 1]
    cuts = Cuts()
    separate_flows(problem, problem.allowed, share, cuts)
    rows = {(int(u), int(z), *map(int, s)) for u, z, s in cuts.rows.values()}
    assert (4, 0, 1) in rows and (2, 0, 1) in rows  # E and C reach L by B alone
    assert all(z == 0 or share[u, 1] > share[list(s), 1].sum() for u, z, *s in rows)


def test_a_way_that_has_no_room_is_no_way():
    """From S to T lead A with five pupils and B with one; with four seats only the way by B counts."""
    problem = drawn(
        {"S": 1, "A": 5, "B": 1, "T": 1, "Z": 0},
        [("L", 4, "S"), ("R", 9, "Z")],
        {"S": 0.0, "A": 100.0, "B": 100.0, "T": 200.0, "Z": 300.0},
        "SA SB AT BT TZ AZ",
    )
    share = np.zeros((5, 2))
    share[:, 0], share[:, 1] = [1, 0.5, 0.2, 0.7, 0], [0, 0.5, 0.8, 0.3, 1]
    cuts = Cuts()
    separate_flows(problem, problem.allowed, share, cuts)
    rows = [(int(u), int(z), *map(int, s)) for u, z, s in cuts.rows.values()]
    assert (3, 0, 2) in rows


@given(problem=problems(), seed=st.integers(0, 99))
@TINY
def test_rows_from_cuts_cut_no_plan(problem, seed):
    tight, random, cuts = reach(problem), np.random.default_rng(seed), Cuts()
    for _ in range(5):
        share = (
            random.random(tight.allowed.shape) * tight.allowed * (random.random(tight.allowed.shape) < 0.6)
        )
        separate_flows(
            problem, tight.allowed, share / np.maximum(share.sum(axis=1, keepdims=True), 1e-9), cuts
        )
    for plan in every_plan(problem):
        for unit, zone, separator in cuts.rows.values():
            assert (plan[unit] == zone) <= (plan[separator] == zone).any()


@given(problem=problems(), seed=st.integers(0, 99))
@TINY
def test_a_live_model_bounds_every_plan_with_and_without_a_limit(problem, seed):
    tight = reach(problem)
    plans = list(every_plan(problem))
    if tight.reasons or (tight.fixed >= 0).all():
        return
    random = np.random.default_rng(seed)
    weight = random.integers(0, 4, tight.allowed.shape)
    cuts = Cuts()
    model = live(problem, tight, cuts, weight=weight, idle=0)
    units = np.arange(problem.n_units)
    weights = [weight[units, plan].sum() for plan in plans]
    for most in (np.inf, *random.permutation([0, 3, 6, 9])):
        model.limit(most)
        within = [plan for plan, w in zip(plans, weights, strict=True) if w <= most]
        best = min((cost(problem, plan) for plan in within), default=np.inf)
        for _ in range(3):
            found = model.solve(Limits())
            assert found is not None
            assert found.value <= best + 1e-9
            if not np.isfinite(found.value):
                break
            core = model.core
            for plan in within:
                used = plan[core.unit] == core.zone
                assert found.value + max(found.reduced[used].max(), 0.0) <= cost(problem, plan) + 1e-6
            separate_flows(problem, tight.allowed, found.share, cuts)
        whole = model.whole(Limits(), None, effort=None)
        assert whole.infeasible or whole.bound + model.base <= best + 1e-6


@given(problem=problems(), data=st.data())
@TINY
def test_a_proof_from_any_plan_ends_at_the_best(problem, data):
    tight = reach(problem)
    plans = list(every_plan(problem))
    if tight.reasons or not plans:
        return
    known = data.draw(st.sampled_from(plans))
    thorough = data.draw(st.booleans())
    prover, low = Prover(problem, tight, thorough=thorough), bounds.linear(problem, tight, Limits())
    best = min(cost(problem, plan) for plan in plans)
    for _ in range(3):  # a second and third attempt go on from what the first has learnt
        proof = prover.prove(low, known, Limits(), effort=None)
        assert proof.bound <= best + 1e-9
        known = min([known, *proof.plans], key=lambda plan: cost(problem, plan))
        if proof.finished:
            break
    assert proof.finished
    assert cost(problem, known) == pytest.approx(best, abs=1e-6)
    assert proof.bound == pytest.approx(best, rel=1e-6, abs=1e-6)


@given(problem=problems(), seed=st.integers(0, 99), nodes=st.sampled_from([1, 3, 1000]))
@TINY
def test_rows_of_catchments_cut_no_plan(problem, seed, nodes):
    tight, plans = reach(problem), list(every_plan(problem))
    if tight.reasons or (tight.fixed >= 0).all():
        return
    model = live(problem, tight, Cuts())
    best = min((cost(problem, plan) for plan in plans), default=np.inf)
    for _ in range(4):
        found = model.solve(Limits())
        assert found is not None
        assert found.value <= best + 1e-9
        if not np.isfinite(found.value):
            break
        add_facets(problem, tight, model, found, Limits(), nodes=nodes, steps=5)
    for plan in plans:
        x = (plan[model.core.unit] == model.core.zone).astype(float)
        assert (model.matrix @ x >= model.low - 1e-9).all()


def test_rows_of_catchments_say_what_no_row_of_a_way_says():
    """Each zone has room for one unit of three pupils, yet shares fill it with one and a third."""
    problem = drawn(
        {"S": 0, "A": 3, "B": 3, "C": 3, "T": 0},
        [("L", 4, "S"), ("R", 7, "T")],
        {"S": 0.0, "A": 100.0, "B": 100.0, "C": 100.0, "T": 1000.0},
        "SA SB SC AT BT CT",
    )
    tight = reach(problem)
    model = live(problem, tight, Cuts())
    first = model.solve(Limits())
    assert first is not None
    for _ in range(10):
        found = model.solve(Limits())
        if not add_facets(problem, tight, model, found, Limits(), nodes=1000, steps=20):
            break
    assert first.value < found.value - 0.5
    assert found.value == pytest.approx(min(cost(problem, plan) for plan in every_plan(problem)), rel=1e-6)
