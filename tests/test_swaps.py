"""Swaps of one unit, on six units in a row between two schools."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.faults import FaultError
from zoning.check import check, cost
from zoning.edit import assign
from zoning.problem import Problem
from zoning.swaps import swaps

UNITS = [f"u{n}" for n in range(6)]


def row(demand: list[int], room: tuple[int, int] = (30, 30), locks: pd.Series | None = None) -> Problem:
    """Schools a in u0 and b in u5; every unit beside the next and the one after."""
    travel = [(u, z, 100.0 * abs(i - p)) for i, u in enumerate(UNITS) for z, p in (("a", 0), ("b", 5))]
    near = [(UNITS[i], UNITS[j]) for i in range(6) for j in (i + 1, i + 2) if j < 6]
    return Problem.from_frames(
        pd.Series(demand, index=UNITS),
        pd.DataFrame({"zone_id": ["a", "b"], "capacity": room, "unit_id": ["u0", "u5"]}),
        pd.DataFrame(travel, columns=["unit_id", "zone_id", "metres"]),
        pd.DataFrame(near, columns=["a", "b"]),
        locks=locks,
    )


def plan(letters: str) -> pd.Series:
    return pd.Series(list(letters), index=UNITS)


def test_two_units_on_the_wrong_side_change_places():
    problem = row([10] * 6)
    found = swaps(problem, plan("aabaab"), "u3")
    best = found.iloc[0]
    assert (best["zone_id"], best["unit_id"], best["over"]) == ("b", "u2", 0)
    assert best["pupil_km"] == pytest.approx(-2.0)


def test_a_swap_may_take_pupils_out_of_a_full_school():
    problem = row([10, 20, 5, 5, 10, 10], room=(30, 40))
    found = swaps(problem, plan("aaabbb"), "u2")  # a holds 35 of 30
    assert found.empty or (found["over"] <= 0).all()
    found = swaps(problem, plan("aaabbb"), "u1")
    assert found.iloc[0]["over"] == -5 and found.iloc[0]["unit_id"] == "u4"


def test_schools_and_locked_units_stay():
    locked = row([10] * 6, locks=pd.Series({"u3": "a", "u2": "b"}))
    assert swaps(locked, plan("aabaab"), "u3").empty
    assert swaps(locked, plan("aabaab"), "u0").empty
    assert "u2" not in set(swaps(locked, plan("aabaab"), "u4")["unit_id"])
    with pytest.raises(FaultError):
        swaps(locked, plan("aabaab"), "nobody")


@given(st.lists(st.integers(0, 20), min_size=6, max_size=6), st.text("ab", min_size=4, max_size=4))
def test_what_is_said_of_a_swap_is_what_it_does(demand, middle):
    problem, before = row(demand), plan("a" + middle + "b")
    for unit in UNITS:
        for swap in swaps(problem, before, unit).itertuples():
            after = assign(assign(before, [unit], swap.zone_id), [swap.unit_id], before[unit])
            change = cost(problem, problem.positions(after)) - cost(problem, problem.positions(before))
            assert change == pytest.approx(swap.pupil_km)
            kinds = [check(problem, each)["kind"].eq("cut_off").sum() for each in (before, after)]
            assert kinds[1] <= kinds[0]
            over = [np.maximum(_loads(problem, each) - 30, 0).sum() for each in (before, after)]
            assert over[1] - over[0] == swap.over <= 0


def _loads(problem: Problem, zones: pd.Series) -> np.ndarray:
    return pd.Series(problem.demand, index=problem.unit_ids).groupby(zones).sum().to_numpy()
