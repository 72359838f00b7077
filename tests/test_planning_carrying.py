"""Tables under next year's ids: sums are kept, whole pupils stay whole, what stays behind is handed back."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning import carrying

KNOWN = {"school": frozenset({"a", "b", "c"}), "unit": frozenset({"x", "y", "z"})}


def enrolment(*rows):
    return pd.DataFrame(rows, columns=["school_id", "year", "grade", "pupils"])


def carried(frame, layer, schools=None, units=None):
    return carrying.carry(frame, layer, {"school": schools or {}, "unit": units or {}}, known=KNOWN)


def plain(frame):
    return [tuple(row) for row in frame.itertuples(index=False)]


def test_a_merger_adds_up_and_a_split_shares_out():
    frame = enrolment(("a", 2025, 1, 40), ("old", 2025, 1, 31), ("gone", 2025, 1, 9))
    fates = {"old": (("a", 0.5), ("b", 0.5)), "gone": ()}
    got, left = carried(frame, "enrolment", fates)
    assert sorted(plain(got)) == [("a", 2025, 1, 56), ("b", 2025, 1, 15)]
    assert plain(left) == [("gone", 2025, 1, 9)]


def test_two_that_exchange_their_ids_are_not_added_up():
    got, _ = carried(
        enrolment(("a", 2025, 1, 40), ("b", 2025, 1, 30)), "enrolment", {"a": (("b", 1),), "b": (("a", 1),)}
    )
    assert sorted(plain(got)) == [("a", 2025, 1, 30), ("b", 2025, 1, 40)]


def test_an_id_that_is_unknown_next_year_and_has_no_successor_is_left_behind():
    got, left = carried(enrolment(("q", 2025, 1, 40)), "enrolment")
    assert not len(got) and plain(left) == [("q", 2025, 1, 40)]


def test_classes_of_two_schools_keep_numbers_of_their_own():
    frame = pd.DataFrame(
        {"school_id": ["a", "old"], "year": 2025, "grade": 1, "class_no": ["1", "1"], "pupils": [40, 35]}
    )
    got, _ = carried(frame, "classes", {"old": (("a", 1.0),)})
    assert got["pupils"].tolist() == [40, 35]
    assert got["school_id"].tolist() == ["a", "a"] and got["class_no"].is_unique


def test_whole_classes_go_with_the_larger_part_of_a_split():
    frame = pd.DataFrame({"school_id": ["old"], "year": 2025, "grade": 1, "class_no": ["1"], "pupils": [40]})
    got, _ = carried(frame, "classes", {"old": (("a", 0.3), ("b", 0.7))})
    assert plain(got) == [("b", 2025, 1, "1", 40)]


def test_attendance_follows_home_and_school_and_keeps_those_without_a_home():
    frame = pd.DataFrame(
        {
            "unit_id": ["o", None],
            "home": ["unit", "outside"],
            "school_id": ["old", "old"],
            "year": 2025,
            "grade": 1,
            "pupils": [10, 5],
            "migrant": [4, 5],
        }
    )
    got, left = carried(frame, "attendance", {"old": (("c", 1.0),)}, {"o": (("x", 0.5), ("y", 0.5))})
    assert got["school_id"].eq("c").all() and not len(left)
    assert got.groupby("unit_id", dropna=False)["pupils"].sum().tolist() == [5, 5, 5]
    assert (got["migrant"] <= got["pupils"]).all() and got["migrant"].sum() == 9


def test_entrances_follow_their_owners():
    frame = pd.DataFrame({"owner_kind": ["school", "unit"], "owner_id": ["o", "o"]})
    got, _ = carried(frame, "entrances", {"o": (("a", 1.0),)}, {"o": (("x", 1.0),)})
    assert got["owner_id"].tolist() == ["a", "x"]


def test_a_layer_without_ids_stays_as_it_is():
    frame = pd.DataFrame({"year": [2025], "births": [100]})
    got, left = carried(frame, "births")
    pd.testing.assert_frame_equal(got, frame)
    assert not len(left)


shares = st.lists(st.integers(1, 9), min_size=1, max_size=3).map(lambda w: [x / sum(w) for x in w])
fate = shares.map(lambda s: tuple(zip("xyz", s, strict=False)))


@given(
    rows=st.lists(
        st.tuples(st.sampled_from("opqx"), st.integers(2024, 2026), st.integers(0, 500), st.integers(0, 500)),
        max_size=12,
        unique_by=lambda row: row[:2],
    ),
    fates=st.dictionaries(st.sampled_from("opq"), fate),
)
def test_no_child_is_lost_or_made_up(rows, fates):
    frame = pd.DataFrame(rows, columns=["unit_id", "cohort", "children", "migrant"])
    frame = frame.assign(migrant=frame[["children", "migrant"]].min(axis=1))
    frame = frame.astype({"unit_id": "str", "cohort": "int64", "children": "int64", "migrant": "int64"})
    got, left = carried(frame, "children", units=fates)
    for count in ("children", "migrant"):
        both = pd.concat([got, left]).groupby("cohort")[count].sum()
        assert both.to_dict() == frame.groupby("cohort")[count].sum().to_dict()
    assert (got["migrant"] <= got["children"]).all()
    assert not got.duplicated(["unit_id", "cohort"]).any()


@given(total=st.integers(0, 10_000), parts=st.lists(st.floats(0.001, 1), min_size=1, max_size=6))
def test_parts_add_up_and_are_off_by_less_than_one(total, parts):
    got = carrying.apportion(total, parts)
    assert sum(got) == total
    assert all(abs(g - total * p / sum(parts)) < 1 + 1e-6 for g, p in zip(got, parts, strict=True))


@pytest.mark.parametrize("blank", [None, pd.NA])
def test_a_sum_of_which_a_part_is_not_known_is_not_known(blank):
    frame = pd.DataFrame({"unit_id": ["x", "o"], "cohort": 2026, "children": [5, 6], "migrant": [1, blank]})
    got, _ = carried(frame.astype({"migrant": "Int64"}), "children", units={"o": (("x", 1.0),)})
    assert got["children"].tolist() == [11] and got["migrant"].isna().all()
