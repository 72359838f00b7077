"""A plan checked for the years after its own."""

from __future__ import annotations

import pandas as pd

from planning import yearly
from planning.project import Project

YEARS = range(2026, 2032)


def project(tmp_path, *, enrolment: bool = True) -> Project:
    """Two zones: a full primary school, and a teaching point (grades 1-3) that it is the centre of."""
    schools = pd.DataFrame(
        {
            "school_id": ["中心", "点"],
            "zone_id": ["中心", "点"],
            "parent_id": [None, "中心"],
            "lowest_grade": [1, 1],
            "highest_grade": [6, 3],
            "primary_intake": [20, 5],
            "primary_seats": [120, 15],
        }
    )
    rows = [(unit, cohort, n) for unit, n in (("u1", 20), ("u2", 4)) for cohort in range(2026, 2031)]
    children = pd.DataFrame(rows, columns=["unit_id", "cohort", "children"])
    children.loc[children["cohort"].eq(2028) & children["unit_id"].eq("u1"), "children"] = 23
    layers = {"schools": schools, "children": children}
    if enrolment:
        held = [("中心", 2025, grade, 10) for grade in range(1, 7)] + [("点", 2025, g, 3) for g in (1, 2, 3)]
        layers["enrolment"] = pd.DataFrame(held, columns=["school_id", "year", "grade", "pupils"])
    return Project(id="p", name="测", folder=tmp_path, year=2026, epsg=4513, layers=layers)


def checked(tmp_path, **given) -> pd.DataFrame:
    plan = pd.Series({"u1": "中心", "u2": "点"})
    found = yearly.check_years(project(tmp_path, **given), dict.fromkeys(YEARS, plan), "primary")
    return found.set_index(["zone_id", "year"])


def test_the_first_year_over_plan_is_named_and_an_unregistered_year_is_not_zero(tmp_path):
    found = checked(tmp_path)
    assert found.loc[("中心", 2028), "short"] == 3
    assert set(found.loc["中心", "first_over"]) == {2028}
    assert found.loc["点", "first_over"].isna().all()
    assert found.loc[("中心", 2031), "basis"] == "unknown" and pd.isna(found.loc[("中心", 2031), "entrants"])
    assert set(found.loc["中心", "basis"].iloc[:5]) == {"registered"}
    assert found.loc["点", "intake_assumed"].to_list() == [False, True, True, True, True, True]


def test_pupils_stay_move_up_and_go_on_to_the_centre_school_after_grade_three(tmp_path):
    pupils = checked(tmp_path)["pupils"]
    # 2026: grades 1-5 of 2025 move up to 2-6, 20 enter, and 3 of the teaching point's third grade arrive.
    assert pupils["中心", 2026] == 50 + 20 + 3
    assert pupils["点", 2026] == 3 + 3 + 4
    assert pupils["中心", 2028] == 30 + 20 + 20 + 23 + 9
    # 2029: of 2025 two grades are left in each; the teaching point's entrants of 2026 have gone on, too.
    assert pupils["点", 2029] == 4 * 3
    assert pupils["中心", 2029] == (20 + 6) + (20 + 20 + 23 + 20) + 4
    assert pd.isna(pupils["中心", 2031])  # its entrants are not registered


def test_a_plan_for_a_later_year_counts_from_that_year(tmp_path):
    now, later = pd.Series({"u1": "中心", "u2": "点"}), pd.Series({"u1": "中心", "u2": "中心"})
    plans = {year: now if year < 2028 else later for year in YEARS}
    found = yearly.check_years(project(tmp_path), plans, "primary").set_index(["zone_id", "year"])
    assert found["entrants"]["点", 2027] == 4 and found["entrants"]["点", 2028] == 0
    assert found["entrants"]["中心", 2028] == 27


def test_pupils_at_school_are_not_guessed_without_enrolment(tmp_path):
    found = checked(tmp_path, enrolment=False)
    assert found.loc[("中心", 2026), "entrants"] == 20
    assert found["pupils"].loc[("中心", 2026)] is pd.NA


def test_pupils_are_conserved_while_all_are_known(tmp_path):
    pupils = checked(tmp_path)["pupils"].unstack("year").sum()
    entered = {2026: 24, 2027: 24, 2028: 27, 2029: 24, 2030: 24}
    left = {2026: 10, 2027: 10, 2028: 10, 2029: 13, 2030: 13}
    total = 69
    for year in range(2026, 2031):
        total += entered[year] - left[year]
        assert pupils[year] == total
