"""Seats and need: pupils are conserved, parts add up, and what is not known is not called zero."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning import need, seats

unhurried = settings(deadline=None)

UNITS = ["u1", "u2", "u3", "u4", "u5", "u6"]


def children(cohorts=range(2018, 2030), count=10) -> pd.DataFrame:
    rows = [(unit, cohort, count) for unit in UNITS for cohort in cohorts]
    return pd.DataFrame(rows, columns=["unit_id", "cohort", "children"])


def schools() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "school_id": ["实小东", "实小西", "二小", "九年", "民办", "一中"],
            "zone_id": ["实小", "实小", None, None, None, None],
            "kind": ["primary", "primary", "teaching_point", "nine_year", "primary", "junior"],
            "provider": ["public", "public", None, "public", "private", "public"],
            "district": "甲",
            "lowest_grade": [1, 4, 1, 1, 1, 7],
            "highest_grade": [6, 6, 3, 9, 6, 9],
            "primary_intake": pd.array([40, None, 20, 30, 90, None], dtype="Int64"),
            "junior_intake": pd.array([None, None, None, 50, None, 60], dtype="Int64"),
            "primary_seats": pd.array([100, 140, 60, 180, 540, None], dtype="Int64"),
            "junior_seats": pd.array([None, None, None, None, None, 180], dtype="Int64"),
            "teaching_area": [1000.0, None, 300.0, 2000.0, 900.0, 1500.0],
        }
    )


def plan(*zones) -> pd.Series:
    return pd.Series(list(zones), index=pd.Index(UNITS, name="unit_id"), name="zone_id", dtype="str")


def test_seats_are_those_of_the_zones_schools():
    found = seats.capacity(schools(), "primary")
    assert found.to_dict() == {"九年": 30, "二小": 20, "实小": 40}
    assert seats.capacity(schools(), "primary", "enrolment")["实小"] == 240
    assert seats.capacity(schools(), "primary", private=True)["民办"] == 90


def test_a_zone_with_an_unstated_school_has_unknown_seats():
    found = seats.capacity(schools(), "junior", "enrolment")
    assert pd.isna(found["九年"]) and found["一中"] == 180
    assert pd.isna(seats.capacity(schools().drop(columns="junior_intake"), "junior")["一中"])


def test_entrants_are_the_cohort_of_the_stage():
    register = children().assign(children=lambda f: f["cohort"] - 2010)
    assert seats.entrants(register, "primary", 2026)["u1"] == 16
    assert seats.entrants(register, "junior", 2026)["u1"] == 10
    assert seats.entrants(register, "junior", 2026, system="5-4")["u1"] == 11
    assert seats.enrolled(register, "primary", 2026)["u1"] == sum(range(11, 17))
    assert seats.entrants(register, "primary", 2030) is None


def test_balance_by_zone_and_year():
    given_plan = plan("实小", "实小", "实小", "实小", "二小", None)
    found = seats.balance(given_plan, children(), schools(), [2026, 2030], stage="primary")
    now = found[found["year"] == 2026].set_index("zone_id")
    assert now.loc["实小", ["entrants", "seats", "gap", "load", "level"]].to_list() == [
        40,
        40,
        0,
        100.0,
        "red",
    ]
    assert now.loc["二小", ["gap", "load", "level"]].to_list() == [-10, 50.0, "green"]
    assert now.loc["九年", "entrants"] == 0
    loose = found[found["zone_id"].isna() & (found["year"] == 2026)]
    assert loose["entrants"].to_list() == [10] and loose["level"].isna().all()
    assert found.loc[found["year"] == 2030, "entrants"].isna().all()
    sums = seats.totals(found).set_index("year")
    assert sums.loc[2026, ["entrants", "short", "spare", "red", "unplaced"]].to_list() == [60, 0, 40, 1, 10]
    assert pd.isna(sums.loc[2030, "entrants"])


def test_each_year_may_have_its_own_plan():
    plans = {2026: plan(*["实小"] * 6), 2027: plan(*["二小"] * 6)}
    found = seats.balance(plans, children(), schools(), plans, stage="primary")
    at = found.set_index(["year", "zone_id"])["entrants"]
    assert (at[2026, "实小"], at[2027, "实小"], at[2027, "二小"]) == (60, 0, 60)


@pytest.mark.parametrize(
    ("load", "level"),
    [(0, "green"), (89.9, "green"), (90, "yellow"), (99.9, "yellow"), (100, "red"), (math.inf, "red")],
)
def test_warning_levels(load, level):
    assert seats.levels(pd.Series([load, np.nan])).to_list()[0] == level


def test_pupils_without_any_seat_are_red():
    none = pd.Series({"实小": 0, "二小": 0}, dtype="Int64")
    found = seats.balance(plan(*["实小"] * 6), children(), schools(), [2026], stage="primary", seats=none)
    assert found.set_index("zone_id")["level"].to_dict() == {"实小": "red", "二小": "green"}


@unhurried
@given(
    counts=st.lists(st.integers(0, 500), min_size=6, max_size=6),
    zones=st.lists(st.sampled_from(["实小", "二小", "九年", "别处", None]), min_size=6, max_size=6),
    mode=st.sampled_from(seats.MODES),
    known=st.integers(0, 6),
)
def test_balance_conserves_the_children(counts, zones, mode, known):
    register = children().assign(children=lambda f: f["unit_id"].map(dict(zip(UNITS, counts, strict=True))))
    found = seats.balance(plan(*zones)[:known], register, schools(), [2026], stage="primary", mode=mode)
    assert found["entrants"].sum() == sum(counts) * (1 if mode == "intake" else 6)
    assert found["zone_id"].is_unique
    assert (found["gap"].dropna() == (found["entrants"] - found["seats"]).dropna()).all()


def roster(sizes: dict[str, list[tuple[int, int]]]) -> pd.DataFrame:
    rows = [
        (school, 2025, grade, str(number), pupils)
        for school, classes in sizes.items()
        for number, (grade, pupils) in enumerate(classes)
    ]
    return pd.DataFrame(rows, columns=["school_id", "year", "grade", "class_no", "pupils"])


def test_relief_of_one_school_step_by_step():
    one = schools()[lambda f: f["school_id"] == "九年"].assign(teaching_area=400.0)
    classes = roster({"九年": [(1, 60), (2, 45), (7, 55)]})
    caps = {"primary": 100, "junior": 100, "nine_year": 120}
    found = need.relief(one, classes, year=2025, caps=caps).set_index("stage")
    # 160 pupils: 15 + 5 over the standard, 160 - 120 - 20 = 20 over the cap; the floor holds
    # 160 x 400 / (105 x 4.5 + 55 x 5.8) = 80.9, so 160 - 80.9 - 40 = 39.1 lack room.
    assert found["class_relief"].to_dict() == {"primary": 15, "junior": 5}
    assert found["school_relief"].sum() == pytest.approx(20)
    assert found.loc["primary", "school_relief"] == pytest.approx(20 * 105 / 160)
    assert found["facility"].sum() == pytest.approx(120 - 160 * 400 / (105 * 4.5 + 55 * 5.8))


def test_an_unknown_floor_area_is_said():
    found = need.relief(schools(), roster({"实小西": [(4, 45)]}), year=2025)
    assert found["facility_known"].to_list() == [False]
    assert found["facility"].to_list() == [0.0]


SIZES = st.dictionaries(
    st.sampled_from(["实小东", "九年", "一中"]),
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 90)), min_size=1, max_size=12),
    min_size=1,
)


@unhurried
@given(SIZES, st.integers(50, 400), st.floats(0, 4000))
def test_the_parts_of_relief_add_up_and_count_nobody_twice(sizes, cap, area):
    classes, caps = roster(sizes), {"primary": cap, "junior": cap, "nine_year": cap}
    found = need.relief(schools().assign(teaching_area=area), classes, year=2025, caps=caps)
    parts = found.groupby("school_id")[["pupils", "class_relief", "school_relief", "facility"]].sum()
    norm = found["pupils"] * found["stage"].map(need.AREA)
    needed = norm.groupby(found["school_id"]).sum()
    held = (parts["pupils"] * area / needed.where(needed > 0)).fillna(0)
    wanted = np.maximum.reduce([parts["class_relief"], parts["pupils"] - cap, parts["pupils"] - held])
    total = parts[["class_relief", "school_relief", "facility"]].sum(axis=1)
    np.testing.assert_allclose(total, wanted, atol=1e-6)
    assert (total <= parts["pupils"] + 1e-6).all()
    assert found["pupils"].sum() == classes["pupils"].sum()


def outlook(values: dict[int, float]) -> pd.DataFrame:
    frame = pd.DataFrame({"year": list(values), "mean": list(values.values())})
    return frame.assign(district="甲", stage="primary", low=frame["mean"] * 0.9, high=frame["mean"] * 1.1)


def test_growth_looks_three_years_ahead_for_the_peak():
    found = need.growth(outlook({2025: 100, 2026: 110, 2027: 130, 2028: 120, 2029: 400}), now=2025).iloc[0]
    assert (found["growth"], found["peak"], found["peak_year"]) == (30, 130, 2027)
    assert need.growth(outlook({2025: 100, 2026: 90}), now=2025)["growth"].to_list() == [0]
    with pytest.raises(ValueError, match="2024"):
        need.growth(outlook({2025: 100}), now=2024)


@unhurried
@given(SIZES, st.floats(0, 500))
def test_need_is_the_sum_of_its_four_parts(sizes, more):
    relieved = need.relief(schools(), roster(sizes), year=2025)
    grown = need.growth(outlook({2025: 100, 2026: 100 + more}), now=2025)
    found = need.need(relieved, grown)
    assert (found[list(need.PARTS)].sum(axis=1) == found["total"]).all()
    assert (found[list(need.PARTS)] >= 0).all().all()
    exact = relieved[list(need.PARTS[1:])].sum().sum() + more
    assert exact - 1e-3 <= found["total"].sum() <= exact + 4 * len(found) + 1e-3


def test_seats_left_empty_after_the_peak():
    room = pd.Series({("甲", "primary"): 130})
    forecast = outlook({2025: 100, 2027: 130, 2030: 80, 2035: 60})
    found = need.empty_after_peak(forecast, room).iloc[0]
    assert (found["peak_year"], found["end_year"], found["empty"]) == (2027, 2035, 70)
    assert (found["empty_low"], found["empty_high"]) == pytest.approx((64, 76))
    assert need.empty_after_peak(forecast, room[:0]).empty


def test_enrolment_stands_in_for_schools_without_classes():
    more = pd.DataFrame({"school_id": ["一中", "九年"], "year": 2025, "grade": [7, 1], "pupils": [80, 999]})
    found = need.pupils_now(roster({"九年": [(1, 30), (7, 20)]}), 2025, enrolment=more)
    assert found.set_index(["school_id", "stage"])["pupils"].to_dict() == {
        ("一中", "junior"): 80,
        ("九年", "primary"): 30,
        ("九年", "junior"): 20,
    }
