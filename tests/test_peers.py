from hypothesis import given, settings

from benchmarks.peers import flow
from tests.zoning_maps import least_cost, problems
from zoning.check import check_positions, cost


@settings(max_examples=25, deadline=None)
@given(problems())
def test_plain_flow_model_is_the_same_problem(problem):
    plan, _ = flow(problem, seconds=20, seed=1)
    best = least_cost(problem)
    assert (plan is None) == (best is None)
    if plan is not None:
        assert check_positions(problem, plan).empty
        assert abs(cost(problem, plan) - best) < 1e-6
