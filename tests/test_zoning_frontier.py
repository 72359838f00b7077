"""The frontier of pupils moved against cost, judged by trying every plan of tiny maps."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.zoning_maps import drawn, every_plan, problems, six_in_a_row
from zoning.check import check, cost
from zoning.frontier import Point, _once, _Run, frontier
from zoning.solver import Limits


def test_the_fewest_moved_come_first_and_the_free_optimum_last():
    problem = six_in_a_row(left=40, right=40)
    found = frontier(problem, pd.Series(list("LLLLLR"), index=list("ABCDEF")))
    table = found.table()
    assert list(table.columns) == ["moved", "cost", "bound", "proven"]
    assert found.least == 10 and found.least_proven and found.finished
    assert table["moved"].tolist() == [10, 20]
    assert table["cost"].tolist() == pytest.approx([7.0, 6.0])
    assert table["proven"].all()


def test_a_plan_in_force_that_is_best_is_the_only_point():
    problem = six_in_a_row()
    found = frontier(problem, pd.Series(list("LLLRRR"), index=list("ABCDEF")))
    assert found.table()["moved"].tolist() == [0]
    assert found.least == 0


def test_a_point_that_moves_more_and_walks_farther_is_left_out():
    cheap = [
        Point(m, pd.Series(dtype="str"), m, cost, cost) for m, cost in ((30, 10.0), (50, 12.0), (80, 11.0))
    ]
    assert [point.moved for point in _once(cheap)] == [30]


def test_without_a_plan_there_is_no_point():
    found = frontier(six_in_a_row(left=20, right=20), pd.Series(list("LLLRRR"), index=list("ABCDEF")))
    assert not found.points and not found.least_proven
    assert found.table().empty


def test_a_stopped_run_keeps_the_plan_it_was_given_and_claims_no_more():
    present = pd.Series(list("LLLLLR"), index=list("ABCDEF"))
    plan = pd.Series(list("LLLRRR"), index=list("ABCDEF"))
    found = frontier(six_in_a_row(left=40, right=40), present, start=plan, stop=lambda: True)
    assert found.least <= 10 and not found.finished
    assert found.points[-1].cost == pytest.approx(6.0)
    assert found.table()["bound"].min() <= 6.0 and (found.table()["bound"] <= found.table()["cost"]).all()


def test_a_run_stopped_on_the_way_keeps_the_points_met_and_says_what_is_not_proven():
    # All but the last of ten in a row go left; each of the next four that goes right saves less than before.
    units, told = "ABCDEFGHIJ", []
    at = {unit: 100.0 * k for k, unit in enumerate(units)}
    schools = [("L", 100, "A"), ("R", 100, "J")]
    problem = drawn(dict.fromkeys(units, 10), schools, at, "AB BC CD DE EF FG GH HI IJ")
    present = pd.Series(list("LLLLLLLLLR"), index=list(units))
    whole = frontier(problem, present, points=5).table()
    assert whole["moved"].tolist() == [0, 10, 20, 30, 40] and whole["proven"].all()
    found = frontier(
        problem, present, points=5, progress=lambda *now: told.append(now), stop=lambda: len(told) > 2
    )
    assert not found.finished and found.least == 0  # stopped when the first point was told
    table = found.table()
    proven = table.set_index("moved")["proven"]
    assert proven[[0, 40]].all() and len(table) > 2
    best = whole.set_index("moved")["cost"].reindex(table["moved"]).to_numpy()
    assert (table["bound"] <= best + 1e-6).all() and (best <= table["cost"] + 1e-6).all()
    assert not proven.drop([0, 40]).any()
    assert all(check(problem, point.zones).empty for point in found.points)


def test_progress_tells_each_point_and_ends_at_one():
    told = []
    present = pd.Series(list("LLLLLR"), index=list("ABCDEF"))
    found = frontier(six_in_a_row(left=40, right=40), present, points=3, progress=lambda *at: told.append(at))
    shares = [share for _, _, share in told]
    assert np.isnan(told[0][0]) and shares == sorted(shares) and shares[-1] == 1.0
    assert told[-1][:2] == (found.points[-1].cost, found.points[-1].bound)


@settings(max_examples=40, deadline=None)
@given(problem=problems(), data=st.data())
def test_every_point_is_what_trying_all_plans_finds(problem, data):
    zone = st.integers(-1, problem.n_zones - 1)
    before = np.array(data.draw(st.lists(zone, min_size=problem.n_units, max_size=problem.n_units)))
    found = frontier(problem, problem.series(before), points=4)
    away = [int(problem.demand[(before >= 0) & (plan != before)].sum()) for plan in every_plan(problem)]
    costs = [cost(problem, plan) for plan in every_plan(problem)]
    assert bool(found.points) == bool(costs)
    if not costs:
        return
    assert found.least == found.points[0].moved == min(away)
    for point in found.points:
        within = [c for c, moved in zip(costs, away, strict=True) if moved <= point.limit]
        assert point.proven and point.cost == pytest.approx(min(within), abs=1e-6)
        assert not len(check(problem, point.zones))
    assert found.points[-1].cost == pytest.approx(min(costs), abs=1e-6)


def test_where_the_fewest_moved_are_not_found_plans_are_walked_back_from_the_free_end():
    problem = six_in_a_row(left=60, right=60)
    present = problem.positions(pd.Series(list("LLLLLR"), index=list("ABCDEF")))
    run = _Run(problem, present, Limits(), 0)
    free = problem.positions(pd.Series(list("LLLRRR"), index=list("ABCDEF")))
    met = run.walk_back([free])
    moved = [run.moved(plan) for plan in met]
    assert moved[-1] == 0 and moved == sorted(moved, reverse=True)
    assert all(run.keeps(plan) for plan in met)
    points = run.ascend([free, *met], 6.0, 2, lambda *_: None)
    assert [point.moved for point in points] == sorted({point.moved for point in points})
    for point in points:
        within = [c for c, m in zip(*_every(problem, run), strict=True) if m <= point.limit]
        assert point.bound <= min(within) + 1e-6 <= point.cost + 2e-6


def _every(problem, run):
    plans = list(every_plan(problem))
    return [cost(problem, plan) for plan in plans], [run.moved(plan) for plan in plans]
