"""What plans change for whom, and the places that they disagree about."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning import review

UNITS = pd.Index(list("abcdef"), name="unit_id")
# Six units in a row.
INDPTR = np.array([0, 1, 3, 5, 7, 9, 10])
INDICES = np.array([1, 0, 2, 1, 3, 2, 4, 3, 5, 4])


def plan(zones: str) -> pd.Series:
    return pd.Series([None if z == "-" else z for z in zones], index=UNITS, dtype="str")


def leaf(
    zones: str, *, metres: list[float], load: list[float], pupils: tuple[int, ...] = (5,) * 6
) -> pd.DataFrame:
    columns = {"pupils": pupils, "zone_id": plan(zones), "metres": metres, "load": load}
    return pd.DataFrame(columns, index=UNITS)


def test_what_a_plan_changes_for_each_unit():
    base = leaf("XXXYY-", metres=[100, 300, 900, 200, 100, np.nan], load=[120, 120, 120, 60, 60, np.nan])
    new = leaf("XXYYYY", metres=[100, 300, 400, 200, 100, 700], load=[90, 90, 101, 101, 101, 101])
    found = review.changes(base, new)
    assert found["moved"].tolist() == [False, False, True, False, False, True]
    assert found["distance"].tolist() == ["same", "same", "much_nearer", "same", "same", "unknown"]
    assert found["crowding"].tolist() == ["relieved"] * 2 + ["emptier"] + ["overfull"] * 2 + ["unknown"]
    assert found.loc["c", "change_m"] == -500 and found.loc["c", ["before", "after"]].tolist() == ["X", "Y"]


def test_a_unit_of_unknown_walk_that_stays_is_unchanged():
    base = leaf("XXXYYY", metres=[np.nan] * 6, load=[50] * 6)
    assert set(review.changes(base, base)["distance"]) == {"same"}


def test_gains_count_every_pupil_once_and_weigh_by_pupils():
    pupils = (1, 9, 4, 0, 2, 3)
    base = leaf("XXXYYY", metres=[100, 300, 900, 200, 100, 50], load=[80] * 6, pupils=pupils)
    new = leaf("YYXYYY", metres=[700, 500, 900, 200, 100, 50], load=[80] * 6, pupils=pupils)
    found = review.gains(review.changes(base, new), "distance")
    assert found.index.tolist() == list(review.DISTANCE[:5])
    assert found["pupils"].to_dict() == {
        "much_nearer": 0,
        "nearer": 0,
        "same": 9,
        "farther": 9,
        "much_farther": 1,
    }
    assert found["units"].sum() == 5  # nobody lives in the sixth
    assert found.loc["farther", "change"] == 200 and found.loc["same", "change"] == 0


def test_a_school_without_seats_leaves_the_mean_of_its_band_unknown():
    base = pd.DataFrame({"pupils": [4], "zone_id": ["a"], "metres": [100.0], "load": [90.0]}, index=["u"])
    changed = review.changes(base, base.assign(zone_id="b", load=np.inf))
    table = review.gains(changed, "crowding")
    assert table.loc["overfull", "pupils"] == 4 and pd.isna(table.loc["overfull", "change"])


def test_neighbours_with_one_disagreement_are_one_place_and_most_pupils_come_first():
    pupils = pd.Series([1, 1, 1, 1, 9, 1], index=UNITS)
    found = review.places([plan("XXXXYY"), plan("YYXZXY"), plan("XXXXYY")], pupils, INDPTR, INDICES)
    assert found.to_dict() == {"e": 0, "a": 1, "b": 1, "d": 2}
    assert found.index.tolist() == ["e", "a", "b", "d"]


def test_plans_that_agree_have_no_contested_place():
    pupils = pd.Series(1, index=UNITS)
    assert review.places([plan("XX--YY"), plan("XX--YY")], pupils, INDPTR, INDICES).empty


@given(st.lists(st.text("XY-", min_size=6, max_size=6), min_size=2, max_size=3))
def test_a_unit_is_in_a_place_exactly_where_plans_disagree(texts: list[str]):
    pupils = pd.Series(range(6), index=UNITS)
    found = review.places([plan(text) for text in texts], pupils, INDPTR, INDICES)
    assert set(found.index) == {u for at, u in enumerate(UNITS) if len({text[at] for text in texts}) > 1}
    for units in found.groupby(found).groups.values():
        assert len({tuple(text[UNITS.get_loc(u)] for text in texts) for u in units}) == 1


@pytest.mark.parametrize(
    ("change", "band"), [(-500, "much_nearer"), (-99, "same"), (100, "farther"), (np.nan, "unknown")]
)
def test_distance_bands(change: float, band: str):
    assert review.distance_band(pd.Series([change])).tolist() == [band]
