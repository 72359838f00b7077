from itertools import count, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from tests.zoning_maps import drawn, every_plan, least_cost, problems, six_in_a_row
from zoning import bounds
from zoning.check import check, check_positions, cost, cut_off
from zoning.core import Cuts, separate
from zoning.exact import Prover
from zoning.kernels import holds
from zoning.optimise import optimise
from zoning.reach import proofs, reach
from zoning.search import Cooling, Search
from zoning.solver import Limits
from zoning.starts import grow

TINY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def plan_of(result) -> str:
    return "".join(result.zones)


def test_six_in_a_row_is_proven_best():
    result = optimise(six_in_a_row())
    assert plan_of(result) == "LLLRRR"
    assert result.feasible is True
    assert result.cost == pytest.approx(6.0)
    assert result.gap == pytest.approx(0.0, abs=1e-6)
    assert result.violations == 0


def test_ring_is_cut_in_two():
    ring = drawn(
        dict.fromkeys("ABCDEFGH", 5),
        [("N", 20, "A"), ("S", 20, "E")],
        {u: (np.cos(k * np.pi / 4), np.sin(k * np.pi / 4)) for k, u in enumerate("ABCDEFGH")},
        "AB BC CD DE EF FG GH HA",
    )
    result = optimise(ring)
    assert result.feasible is True
    assert result.cost == pytest.approx(least_cost(ring))


def test_locks_and_forbidden_pairs_are_kept():
    problem = six_in_a_row(left=50, right=50, locks=pd.Series({"E": "L"}))
    assert plan_of(optimise(problem)) == "LLLLLR"
    forbidden = pd.DataFrame({"unit_id": ["B"], "zone_id": ["L"]})
    assert plan_of(optimise(six_in_a_row(left=50, right=50, forbidden=forbidden))) == "LRRRRR"


@pytest.mark.parametrize(
    ("problem", "kind"),
    [
        (six_in_a_row(left=20, right=20), "seats_in_all"),
        (six_in_a_row(left=5, right=90), "own_units_too_many"),
        (six_in_a_row(locks=pd.Series({"E": "L"})), "no_way_with_room"),
        (drawn({"A": 1, "B": 1}, [("Z", 5, "A")], {"A": 0.0, "B": 1.0}, ""), "no_school_in_part"),
    ],
)
def test_infeasible_is_proven_with_reasons(problem, kind):
    result = optimise(problem)
    assert result.feasible is False
    assert kind in {reason.kind for reason in result.reasons}
    assert all(reason.zh and reason.en for reason in result.reasons)
    assert least_cost(problem) is None


def test_shortage_of_a_part_is_found():
    problem = drawn(
        {"A": 2, "B": 3, "C": 3, "D": 1, "E": 1},
        [("Z", 4, "A"), ("Y", 4, "C"), ("X", 9, "E")],
        {u: float(k) for k, u in enumerate("ABCDE")},
        "AB BC CD DE",
        forbidden=pd.DataFrame({"unit_id": ["D", "D"], "zone_id": ["Y", "Z"]}),
    )
    assert {reason.kind for reason in optimise(problem).reasons} & {"seats_in_part", "no_way_with_room"}
    assert least_cost(problem) is None


def test_out_of_time_is_undecided_not_infeasible():
    row = "ABCDEFGHIJKL"
    packed = drawn(
        dict(zip(row, [7, 5, 3, 8, 2, 6, 4, 9, 1, 5, 7, 3])),
        [("L", 29, "A"), ("M", 12, "E"), ("R", 19, "L")],
        {u: float(k) for k, u in enumerate(row)},
        " ".join(a + b for a, b in pairwise(row)),
    )
    assert least_cost(packed) is None
    result = optimise(packed, seconds=0.0)
    assert result.feasible is not True
    assert result.zones.notna().all()
    assert np.isnan(result.gap)


def test_same_seed_and_work_give_the_same_plan():
    problem = grid(6, 5)
    first, second = (optimise(problem, work=3000, seed=7) for _ in range(2))
    assert first.zones.equals(second.zones)
    assert (first.work, first.bound) == (second.work, second.bound)


def test_start_progress_and_cancel():
    problem = grid(5, 4)
    told = []
    start = problem.series(np.full(problem.n_units, -1))
    result = optimise(
        problem, start, work=1000, progress=lambda *words: told.append(words), cancelled=lambda: len(told) > 2
    )
    assert result.zones.notna().all()
    assert told
    assert all(0.0 <= used <= 1.0 for _, _, used in told)


def test_seconds_are_those_of_the_clock():
    ticks = count()
    result = optimise(grid(5, 4), seconds=60, clock=lambda: float(next(ticks)))
    assert 60 <= result.seconds <= 80
    assert result.zones.notna().all()


def test_units_without_pupils_go_to_the_nearest_zone_beside():
    problem = drawn(
        {"A": 5, "B": 0, "C": 0, "D": 5},
        [("L", 5, "A"), ("R", 5, "D")],
        {"A": 0.0, "B": 1.0, "C": 2.0, "D": 3.0},
        "AB BC CD",
    )
    assert plan_of(optimise(problem)) == "LLRR"


@given(problems())
@TINY
def test_agrees_with_exhaustive_search(problem):
    best = least_cost(problem)
    result = optimise(problem, work=2000, exact=True)
    if best is None:
        assert result.feasible is False
        return
    assert result.feasible is True
    assert not len(check(problem, result.zones))
    assert result.cost == pytest.approx(best, abs=1e-9)
    assert result.bound <= best + 1e-9


@given(problems())
@TINY
def test_bounds_and_proofs_hold_for_every_plan(problem):
    tight = reach(problem)
    reasons = proofs(problem, tight)
    plans = list(every_plan(problem))
    if reasons:
        assert not plans
        return
    for plan in plans:
        assert tight.allowed[np.arange(problem.n_units), plan].all()
    low = bounds.linear(problem, tight, Limits())
    raised = bounds.lagrangian(problem, tight, low, target=2 * low.value + 1, rounds=50, limits=Limits())
    best = min((cost(problem, plan) for plan in plans), default=np.inf)
    assert low.value <= raised.value <= best + 1e-9
    left = bounds.close_pairs(problem, tight, raised, best)
    for plan in plans:
        if cost(problem, plan) <= best:
            assert left[np.arange(problem.n_units), plan].all()
    proof = Prover(problem, tight).prove(raised, None, Limits(), effort=None)
    assert proof.finished
    assert proof.bound <= best + 1e-6
    assert bool(proof.plans) == bool(plans)


@given(problems())
@TINY
def test_rows_cut_no_plan(problem):
    tight = reach(problem)
    cuts = Cuts()
    random = np.random.default_rng(0)
    for _ in range(10):
        draw = np.array([random.choice(np.flatnonzero(row)) if row.any() else -1 for row in tight.allowed])
        if (draw >= 0).all():
            separate(problem, tight.allowed, draw, cuts)
    for plan in every_plan(problem):
        for unit, zone, separator in cuts.rows.values():
            assert (plan[unit] == zone) <= (plan[separator] == zone).any()


@given(problems())
@TINY
def test_moves_never_cut_a_zone(problem):
    tight = reach(problem)
    if tight.reasons:
        return
    zone = grow(problem, tight, np.where(np.isfinite(problem.metres), problem.metres, 1e9))
    if cut_off(problem, zone).any():
        return
    bound = bounds.linear(problem, tight, Limits())
    search = Search(problem, tight, bound, seed=1)
    search.put(zone)
    search.cool(Cooling(3000), Limits())
    assert not cut_off(problem, search.zone).any()
    assert search.state.scores[0] == pytest.approx(cost(problem, search.zone))
    assert not set(check_positions(problem, search.zone)["kind"]) - {"overload"}
    for unit in search.board.movable:
        left = search.zone
        left[unit] = -1
        assert holds(search.board, search.state, unit, search.zone[unit]) == (
            not cut_off(problem, left).any()
        )


def grid(width: int, height: int):
    """Units on a grid with four schools, tight enough to need a search."""
    random = np.random.default_rng(3)
    names = {(x, y): chr(65 + y * width + x) for x in range(width) for y in range(height)}
    edges = [names[x, y] + names[x + 1, y] for x in range(width - 1) for y in range(height)]
    edges += [names[x, y] + names[x, y + 1] for x in range(width) for y in range(height - 1)]
    demand = {name: int(random.integers(1, 9)) for name in names.values()}
    seats = int(np.ceil(sum(demand.values()) * 1.08 / 4))
    corners = [(0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)]
    schools = [(f"Z{k}", seats, names[corner]) for k, corner in enumerate(corners)]
    return drawn(
        demand, schools, {name: (100.0 * x, 100.0 * y) for (x, y), name in names.items()}, " ".join(edges)
    )
