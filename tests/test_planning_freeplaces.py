"""Free places: counted only where classes, pupils and standard are known and agree."""

import pandas as pd
import pytest

from planning.freeplaces import free_places, roster_year

STANDARD = {"primary": 45.0, "junior": 50.0}


def schools() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "school_id": ["一小", "二小", "民办"],
            "name": ["第一小学", "第二小学", "民办小学"],
            "provider": ["public", None, "private"],
            "lowest_grade": [1, 1, 1],
            "highest_grade": [6, 6, 6],
        }
    )


def classes() -> pd.DataFrame:
    rows = [("一小", 2025, 1, 40), ("一小", 2025, 1, 48), ("一小", 2025, 2, 60), ("民办", 2025, 1, 10)]
    return pd.DataFrame(rows, columns=["school_id", "year", "grade", "pupils"])


def places(**given) -> pd.DataFrame:
    options = {"year": 2025, "standard": STANDARD} | given
    return free_places(schools(), classes(), **options).set_index(["school_id", "grade"])


def test_places_are_seats_by_the_standard_less_the_pupils_present():
    found = places()
    assert found.loc[("一小", 1), ["classes", "seats", "pupils", "free"]].tolist() == [2, 90, 88, 2]
    assert found.loc[("一小", 2), "free"] == 0  # over the standard: full, not below zero


def test_a_grade_without_classes_is_listed_and_nothing_is_claimed():
    row = places().loc[("二小", 1)]
    assert row["unknown"] == "no_classes"
    assert pd.isna(row["free"])


@pytest.mark.parametrize("short", [{"kind": "teaching_point"}, {"highest_grade": 4}])
def test_nothing_is_claimed_where_the_standard_of_complete_schools_does_not_hold(short):
    found = free_places(schools().assign(**short), classes(), year=2025, standard=STANDARD)
    assert set(found["unknown"]) <= {"incomplete", "no_classes"} and found["free"].isna().all()
    assert (found["unknown"] == "incomplete").any()


def test_a_private_school_is_not_offered():
    assert "民办" not in places().index.get_level_values("school_id")


def test_nothing_is_claimed_where_the_enrolment_counts_other_pupils():
    enrolment = pd.DataFrame(
        [("一小", 2025, 1, 90), ("一小", 2025, 2, 60), ("二小", 2024, 1, 5)],
        columns=["school_id", "year", "grade", "pupils"],
    )
    found = places(enrolment=enrolment)
    assert found.loc[("一小", 1), "unknown"] == "differs"
    assert pd.isna(found.loc[("一小", 1), "free"])
    assert found.loc[("一小", 2), "unknown"] == ""


def test_nothing_is_claimed_without_a_standard_or_a_class_whose_pupils_are_stated():
    assert places(standard={"junior": 50.0}).loc[("一小", 1), "unknown"] == "no_standard"
    gap = classes().astype({"pupils": "Int64"})
    gap.loc[0, "pupils"] = pd.NA
    found = free_places(schools(), gap, year=2025, standard=STANDARD)
    assert found.set_index(["school_id", "grade"]).loc[("一小", 1), "unknown"] == "no_classes"


@pytest.mark.parametrize(("year", "found"), [(2024, None), (2025, 2025), (2030, 2025)])
def test_the_last_classes_up_to_the_year_are_used(year, found):
    assert roster_year(classes(), year) == found
