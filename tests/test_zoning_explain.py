"""Why each unit goes where it goes: the fast table against the slow answers for one unit."""

from itertools import product
from time import perf_counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.zoning_maps import drawn, problems, six_in_a_row
from zoning import explain
from zoning.check import check_positions, cut_off
from zoning.explain import nearer
from zoning.hinges import hinges
from zoning.swaps import swaps

TINY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def plan_of(problem, draw) -> np.ndarray:
    """Draw any plan, broken or not; some units have no zone."""
    zones = st.integers(-1, problem.n_zones - 1)
    return np.array(draw(st.lists(zones, min_size=problem.n_units, max_size=problem.n_units)), dtype=np.int32)


@given(problems(), st.data())
@TINY
def test_hinges_count_what_a_leaving_unit_cuts_off(problem, data):
    zone = plan_of(problem, data.draw)
    before = cut_off(problem, zone)
    for unit, counted in enumerate(hinges(problem, zone)):
        without = zone.copy()
        without[unit] = -1
        lost = cut_off(problem, without) & ~before
        assert counted == (0 if zone[unit] < 0 else lost.sum())


@given(problems(), st.data())
@TINY
def test_every_unit_at_once_is_told_what_one_is_told(problem, data):
    zone = plan_of(problem, data.draw)
    zones = problem.series(zone)
    table = nearer(problem, zones, most=problem.n_zones)
    for unit in problem.unit_ids:
        one = explain.options(problem, zones, unit)
        own = one.loc[one["reason"] == "current", "metres"]
        wanted = one[(one["metres"] < own.min()) if len(own) else np.isfinite(one["metres"])]
        found = table[table["unit_id"] == unit].sort_values(["metres", "zone_id"])
        columns = ["zone_id", "rank", "metres", "reason", "short"]
        assert found[columns].to_dict("records") == wanted[columns].to_dict("records")


@given(problems(), st.data())
@TINY
def test_an_exchange_breaks_nothing_and_costs_what_is_said(problem, data):
    zone = plan_of(problem, data.draw)
    before = check_positions(problem, zone)
    for row in nearer(problem, problem.series(zone)).dropna(subset="swap_unit_id").itertuples():
        unit, partner = (problem.unit_ids.get_loc(u) for u in (row.unit_id, row.swap_unit_id))
        after = zone.copy()
        after[unit], after[partner] = zone[partner], zone[unit]
        assert problem.zone_ids[after[unit]] == row.zone_id
        broken = check_positions(problem, after)
        assert len(broken) <= len(before)
        assert cut_off(problem, after).sum() <= cut_off(problem, zone).sum()
        change = sum(problem.cost[u, after[u]] - problem.cost[u, zone[u]] for u in (unit, partner))
        assert row.swap_pupil_km == pytest.approx(change)
        assert row.swap_pupils == problem.demand[partner]


def test_a_full_school_names_the_seats_and_the_cheapest_exchange():
    problem = drawn(
        {"A": 5, "B": 5, "C": 5, "D": 5, "E": 5, "F": 5},
        [("L", 15, "A"), ("R", 15, "F")],
        {"A": (0, 0), "B": (100, 0), "C": (100, 100), "D": (120, 50), "E": (300, 0), "F": (400, 0)},
        "AB AC BD CD DE EF BC BE CE",
    )
    plan = pd.Series(list("LLLRRR"), index=list("ABCDEF"))
    (row,) = nearer(problem, plan).to_dict("records")
    assert (row["unit_id"], row["zone_id"], row["rank"], row["reason"]) == ("D", "L", 1, "full")
    assert row["short"] == 5
    best = swaps(problem, plan, "D", most=1).iloc[0]
    assert (row["swap_unit_id"], row["swap_pupils"]) == (best["unit_id"], 5)
    assert row["swap_pupil_km"] == pytest.approx(best["pupil_km"])


def test_a_unit_at_its_nearest_school_needs_no_reason():
    assert nearer(six_in_a_row(), pd.Series(list("LLLRRR"), index=list("ABCDEF"))).empty


def test_five_thousand_units_are_explained_in_seconds():
    wide, high, step = 100, 50, 10
    names = [f"u{k}" for k in range(wide * high)]
    at = np.array(list(product(range(wide), range(high))), dtype=float)
    homes = [k for k, (x, y) in enumerate(at) if x % step == 5 and y % step == 5]
    metres = 100 * np.abs(at[:, None] - at[homes][None]).sum(axis=2)
    edges = [(k, k + high) for k in range((wide - 1) * high)]
    edges += [(k, k + 1) for k in range(wide * high) if (k + 1) % high]
    from zoning.problem import Problem

    zones = [f"z{k}" for k in range(len(homes))]
    problem = Problem.from_frames(
        pd.Series(3, index=names),
        pd.DataFrame({"zone_id": zones, "capacity": 300, "unit_id": [names[k] for k in homes]}),
        pd.DataFrame(
            {
                "unit_id": np.repeat(names, len(homes)),
                "zone_id": np.tile(zones, len(names)),
                "metres": metres.ravel(),
            }
        ),
        pd.DataFrame([(names[a], names[b]) for a, b in edges], columns=["a", "b"]),
    )
    second = problem.series(np.argsort(metres, axis=1, kind="stable")[:, 1].astype(np.int32))
    nearer(problem, second.head(0))  # compiles
    began = perf_counter()
    table = nearer(problem, second)
    assert perf_counter() - began < 15  # 0.1 s on an idle machine
    assert table["unit_id"].nunique() > 4000
