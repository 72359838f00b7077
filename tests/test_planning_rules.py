"""Rules: classes counted one by one, every meaning of 大班额 apart, no data never passes."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning import indicators, policy, rules
from planning.vocabulary import METRICS

unhurried = settings(deadline=None)

YEAR = 2025
PACKS = policy.in_force(["national", "jiangyuan"], on=date(2026, 9, 1))


def classes(*rows) -> pd.DataFrame:
    whole = [(school, YEAR, grade, str(n), pupils) for n, (school, grade, pupils) in enumerate(rows)]
    old = [("a", YEAR - 1, 1, "1", 90)]
    return pd.DataFrame(old + whole, columns=["school_id", "year", "grade", "class_no", "pupils"])


def schools() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "school_id": ["a", "b", "n", "p"],
            "kind": ["primary", "junior", "nine_year", "primary"],
            "provider": ["public", "public", "public", "private"],
            "boarding": [False, False, True, False],
            "area": ["urban", "rural", "town", "urban"],
            "teaching_area": [450.0, 580.0, 1000.0, None],
            "lowest_grade": [1, 7, 1, 1],
            "highest_grade": [6, 9, 9, 6],
        }
    )


ROSTER = classes(
    ("a", 1, 45), ("a", 2, 46), ("a", 3, 56), ("b", 7, 50),
    ("b", 8, 51), ("b", 9, 61), ("n", 1, 66), ("n", 7, 30),
)  # fmt: skip


def facts(**changes) -> rules.Facts:
    return replace(rules.Facts(YEAR, schools(), ROSTER), **changes)


def found(metric=None, given_facts=None, which=PACKS) -> pd.DataFrame:
    frame = rules.evaluate(which, given_facts or facts()).set_index("rule_id")
    return frame if metric is None else frame[frame["metric"] == metric]


def test_distribution_counts_classes_in_each_bin():
    got = indicators.class_distribution(ROSTER).set_index(["stage", "bin"])
    assert got.loc["primary", "classes"].to_dict() == {
        "<=45": 1, "46-50": 1, "51-55": 0, "56-60": 1, "61-65": 0, ">=66": 1,
    }  # fmt: skip
    assert got.loc[("junior", "<=45"), "share"] == 25
    assert got.groupby("stage")["classes"].sum().to_dict() == {"junior": 4, "primary": 4}


def test_each_meaning_of_oversized_counts_its_own():
    got = found("class_count_over")["found"].to_dict()
    assert got == {
        "national.large.definition": 3,
        "national.very_large.definition": 1,
        "national.very_large.none_2020": 1,
        "jiangyuan.large_2018.primary": 2,
        "jiangyuan.large_2018.junior": 1,
    }
    passed = found("class_count_over")["passed"]
    assert passed.isna().to_dict()["national.large.definition"]
    assert not passed["jiangyuan.large_2018.junior"]


def test_shares_are_of_classes():
    got = found()
    assert got.loc["jiangyuan.standard_2020.primary", "found"] == 25
    assert got.loc["jiangyuan.standard_2020.junior", "found"] == 50
    assert got.loc["jiangyuan.over_51_2020", "found"] == 50
    row = got.loc["national.large.share_2020"]
    assert (row["found"], row["checked"], row["failing"], row["passed"]) == (37.5, 8, 3, False)
    assert got.loc["national.class_size.primary", ["found", "failing"]].to_list() == [66, 3]


def test_school_size_takes_nine_year_schools_whole():
    size = policy.Rule(**{**vars(next(r for r in PACKS if r.metric == "school_size")), "value": 100})
    got = found(
        "school_size", which=[replace(size, id=s, stage=s) for s in ("primary", "junior", "nine_year")]
    )
    assert got["found"].to_dict() == {"primary": 147, "junior": 162, "nine_year": 96}
    assert got["passed"].to_list() == [False, False, True]
    worst = rules.failing_schools(replace(size, stage="primary"), facts())
    assert worst[["school_id", "found"]].to_dict("records") == [{"school_id": "a", "found": 147}]


def test_schools_with_oversized_classes_worst_first():
    rule = next(r for r in PACKS if r.id == "national.large.share_2020")
    worst = rules.failing_schools(rule, facts())
    assert worst["school_id"].to_list() == ["n", "b", "a"]
    assert worst["largest"].to_list() == [66, 61, 56]


def test_floor_area_and_its_dispersion():
    got = found()
    # School a: 450 m2 / 147 pupils; school n shares 1,000 m2 over 66 + 30 pupils.
    assert got.loc["national.teaching_area.primary", "found"] == pytest.approx(450 / 147)
    assert got.loc["national.teaching_area.primary", ["checked", "failing"]].to_list() == [2, 1]
    assert got.loc["national.resource_cv.primary", "found"] > 0
    bare = facts(schools=schools().drop(columns="teaching_area"))
    assert found("teaching_area", bare)["passed"].isna().all()


def test_distances_keep_to_their_scope():
    walks = pd.DataFrame(
        {
            "stage": ["primary"] * 4,
            "zone_id": ["a", "a", "n", "a"],
            "unit_id": ["u1", "u2", "u3", "u4"],
            "pupils": [10, 5, 7, 0],
            "metres": [600.0, 900.0, 9000.0, 99999.0],
            "straight": [450.0, 700.0, 8000.0, 99999.0],
            "crossings": [0, 1, 2, 9],
        }
    )
    row = found("service_radius", facts(walks=walks)).loc["national.radius.primary"]
    assert (row["found"], row["checked"], row["failing"], row["passed"]) == (700, 2, 1, False)
    assert found("service_radius", facts(walks=walks)).loc["national.radius.junior", "checked"] == 0
    assert pd.isna(found("walk_minutes", facts(walks=walks))["found"].iloc[0])


def test_distances_go_by_where_the_home_is():
    walks = pd.DataFrame(
        {
            "stage": "primary",
            "zone_id": ["a", "a", "b", "a"],
            "unit_id": ["u1", "u2", "u3", "u4"],
            "pupils": 5,
            "metres": [700.0, 9000.0, 1200.0, 1.0],
            "straight": [600.0, 8000.0, 900.0, 1.0],
            "crossings": 0,
            "area": ["urban", "rural", "rural", None],
        }
    )
    got = found(None, facts(walks=walks))
    assert got.loc["national.radius.primary", ["found", "checked", "unknown"]].to_list() == [600, 1, 1]
    assert got.loc["national.walk.primary_1_3", ["found", "checked"]].to_list() == [150, 2]


def attendance() -> pd.DataFrame:
    rows = [("u1", "a", 1, 8), ("u2", "a", 1, 2), ("u1", "a", 2, 10), (None, "a", 3, 5), ("u2", "p", 1, 9)]
    return pd.DataFrame(rows, columns=["unit_id", "school_id", "grade", "pupils"])


PLAN = pd.Series({"u1": "a", "u2": "n"}, name="zone_id")


def test_proximity_by_both_formulas():
    enrolled = indicators.proximity_share(attendance(), PLAN, schools(), "primary").set_index("school_id")
    assert enrolled.loc["a"].to_list() == [25, 18, 72.0]
    fresh = indicators.proximity_share(attendance(), PLAN, schools(), "primary", basis="entrants")
    assert fresh.set_index("school_id").loc["a", "share"] == 80
    row = found("proximity_share", facts(attendance=attendance(), plans={"primary": PLAN}))
    assert row.loc["national.proximity.primary", ["found", "checked"]].to_list() == [72, 1]


def test_seat_loads_against_the_warning_lines():
    loads = pd.DataFrame({"stage": "primary", "zone_id": ["a", "n", None], "load": [95.0, None, 500.0]})
    got = found("seat_load", facts(loads=loads))
    assert got["passed"].to_dict() == {"national.warning.red": True, "national.warning.yellow": False}
    assert got["unknown"].to_list() == [1, 1]


def test_no_data_never_passes():
    empty = facts(classes=ROSTER[:0], schools=schools().drop(columns=["area", "teaching_area"]))
    got = found(None, empty)
    assert got["passed"].isna().all()
    assert len(got) == len(PACKS)
    assert set(got["metric"]) <= set(METRICS)


def test_scopes_and_what_they_cannot_say():
    inside, unknown = indicators.in_scope(schools(), "urban_town_public_day")
    assert schools()["school_id"][inside].to_list() == ["a"]
    assert not unknown.any()
    gaps = schools().assign(area=["urban", None, "town", "urban"])
    assert indicators.in_scope(gaps, "rural")[1].to_list() == [False, True, False, False]
    assert indicators.in_scope(schools().drop(columns="area"), "rural")[1].all()
    assert indicators.in_scope(schools(), "all")[0].all()


def test_dispersion_is_weighted_by_pupils():
    weights = np.array([0.149, 0.123, 0.295, 0.252, 0.182])
    values = np.array([6.2, 3.7, 10.51, 2.11, 7.31])
    assert indicators.weighted_cv(weights * values, weights) == pytest.approx(0.52, abs=0.005)
    assert values.std() / values.mean() == pytest.approx(0.489, abs=0.005)
    assert np.isnan(indicators.weighted_cv(np.array([]), np.array([])))


@unhurried
@given(
    st.lists(st.tuples(st.floats(0.1, 100), st.integers(1, 3000)), min_size=1, max_size=9), st.floats(0.1, 10)
)
def test_dispersion_does_not_depend_on_the_unit(each, factor):
    value, pupils = np.array(each).T
    cv = indicators.weighted_cv(value * pupils, pupils)
    assert cv == pytest.approx(indicators.weighted_cv(value * pupils * factor, pupils), abs=1e-9)
    assert cv >= 0
    assert indicators.weighted_cv(pupils * 5.0, pupils) == pytest.approx(0, abs=1e-9)


@unhurried
@given(st.lists(st.tuples(st.sampled_from("abn"), st.integers(1, 9), st.integers(0, 99)), min_size=1))
def test_every_class_is_in_one_bin(rows):
    got = indicators.class_distribution(classes(*rows))
    assert got["classes"].sum() == len(rows)
    assert got.groupby("stage")["share"].sum().round(6).eq(100).all()
