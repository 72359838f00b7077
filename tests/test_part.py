"""A problem cut to a few zones, on six units in a row with three schools."""

import numpy as np
import pandas as pd
import pytest

from zoning.check import check
from zoning.optimise import optimise
from zoning.part import part
from zoning.problem import Problem

UNITS = [f"u{n}" for n in range(6)]


@pytest.fixture
def row() -> Problem:
    """Schools a in u0, b in u2 and c in u5; ten pupils a unit; a alone is overfull in the plan below."""
    at = {"a": 0, "b": 2, "c": 5}
    travel = pd.DataFrame([(u, z, 100.0 * abs(i - at[z])) for i, u in enumerate(UNITS) for z in at])
    return Problem.from_frames(
        pd.Series(10, index=UNITS),
        pd.DataFrame({"zone_id": list(at), "capacity": [10, 30, 30], "unit_id": ["u0", "u2", "u5"]}),
        travel.set_axis(["unit_id", "zone_id", "metres"], axis=1),
        pd.DataFrame({"a": UNITS[:-1], "b": UNITS[1:]}),
        locks=pd.Series({"u1": "a"}),
    )


def plan(*zones: str) -> pd.Series:
    return pd.Series(zones, index=UNITS)


def test_only_the_zones_and_their_units_are_left(row):
    cut = part(row, plan("a", "a", "b", "c", "c", "c"), ["b", "c"])
    assert list(cut.unit_ids) == ["u2", "u3", "u4", "u5"] and list(cut.zone_ids) == ["b", "c"]
    assert [list(cut.neighbours(u)) for u in range(4)] == [[1], [0, 2], [1, 3], [2]]
    assert [list(a) for a in cut.anchors] == [[0], [3]]
    assert (cut.locked == -1).all() and cut.metres.tolist()[1] == [100.0, 200.0]


def test_a_lock_inside_stays_a_lock(row):
    cut = part(row, plan("a", "a", "b", "b", "c", "c"), ["a", "b"])
    assert cut.zone_ids[cut.locked[list(cut.unit_ids).index("u1")]] == "a"


def test_a_search_among_two_zones_is_not_stopped_by_a_third(row):
    before = plan("a", "a", "b", "c", "c", "c")  # a has 20 pupils for 10 seats, and one of them is locked
    cut = part(row, before, ["b", "c"])
    found = optimise(cut, before.reindex(cut.unit_ids), work=50, seed=0)
    assert found.feasible and found.zones.to_dict() == {"u2": "b", "u3": "b", "u4": "c", "u5": "c"}
    assert check(cut, found.zones).empty
    assert optimise(row, before, work=50, seed=0).feasible is not True


def test_the_school_of_a_zone_comes_along_wherever_the_plan_has_it(row):
    cut = part(row, plan("a", "a", "a", "b", "b", "c"), ["b"])
    assert list(cut.unit_ids) == ["u2", "u3", "u4"]
    with pytest.raises(ValueError, match="none"):
        part(row, plan(*"aabbcc"), ["x"])
    assert np.isfinite(cut.metres).all()
