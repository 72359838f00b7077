"""Schools renamed, merged and split: recognised in the rolls, and joined where the planner states it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting import history, lineage, methods, panel
from forecasting.forecast import forecast
from gis.faults import FaultError

CHANGED = 2020


def county(seed=0):
    """Three schools of nine grades, nine years."""
    rng, size, rows = np.random.default_rng(seed), {}, []
    for school, first in (("a", 60), ("b", 80), ("c", 100)):
        for year in range(2015, 2024):
            for grade in range(1, 10):
                before = size.get((school, year - 1, grade - 1))
                size[school, year, grade] = (
                    rng.poisson(first) if before is None else round(before * rng.normal(0.99, 0.03))
                )
                rows.append((year, "d", school, str(grade), size[school, year, grade]))
    return pd.DataFrame(rows, columns=["year", "district", "school", "grade", "enrolment"])


def taken_over(rows, olds, new, *, before=False):
    """Give the years from the change on (or before it) of some schools to another."""
    late = (rows["year"] < CHANGED) if before else (rows["year"] >= CHANGED)
    moved = rows.assign(school=rows["school"].mask(late & rows["school"].isin(olds), new))
    keys = ["year", "district", "school", "grade"]
    return moved.groupby(keys, as_index=False)[["enrolment"]].sum()


def stated(change, *pairs, year=CHANGED, **more):
    return pd.DataFrame(
        [{"change": change, "year": year, "from_id": a, "to_id": b, **more} for a, b in pairs]
    )


def seen(rows):
    found = lineage.recognise(panel.from_frame(history.read(rows)))
    return sorted(found[["change", "year", "from_id", "to_id"]].itertuples(index=False, name=None))


CASES = {
    "renamed": (lambda rows: taken_over(rows, ["b"], "z"), [("b", "z")]),
    "merged into one that stays": (lambda rows: taken_over(rows, ["a"], "b"), [("a", "b"), ("b", "b")]),
    "merged into a new one": (lambda rows: taken_over(rows, ["a", "b"], "z"), [("a", "z"), ("b", "z")]),
    "split": (lambda rows: taken_over(rows, ["a"], "b", before=True), [("b", "a"), ("b", "b")]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_change_is_recognised_said_and_no_pandemic(name):
    make, pairs = CASES[name]
    rows, change = make(county()), name.split()[0]
    assert seen(rows) == [(change, CHANGED, a, b) for a, b in pairs]
    plain, made = (forecast(r, until=2026) for r in (county(), rows))
    said = [w for w in made.attrs["warnings"] if "perhaps" in w["en"]]
    assert len(said) == 1 and change in said[0]["en"] and str(CHANGED) in said[0]["zh"]
    told = pd.DataFrame(
        {"school": ["a", "b", "z"], "name": ["甲校", "乙校", "己校"], "lowest_grade": 1, "highest_grade": 6}
    )
    named = [w["zh"] for w in forecast(rows, until=2026, schools=told).attrs["warnings"]]
    assert any(
        all(f"{told.set_index('school')['name'][s]} ({s})" in w for p in pairs for s in p) for w in named
    )
    assert not [w for w in made.attrs["warnings"] if "pandemic" in w["en"]]
    width = [
        (row["high"] - row["low"]) / row["mean"]
        for frame in (plain, made)
        for _, row in frame[(frame["level"] == "district") & (frame["year"] == 2026)].iterrows()
    ]
    assert width[1] < 2.5 * width[0]


@pytest.mark.parametrize("name", CASES)
def test_stated_changes_join_the_histories(name):
    make, pairs = CASES[name]
    table = stated(name.split()[0], *pairs)
    joined, faults = lineage.joined(history.read(make(county())), table)
    assert not faults
    by_year = joined.groupby(["year", "grade"])["enrolment"].sum()
    pd.testing.assert_series_equal(
        by_year, county().groupby(["year", "grade"])["enrolment"].sum(), check_dtype=False
    )
    whole = panel.from_frame(joined)
    assert np.isfinite(whole.counts).all()  # every school has all its years
    assert lineage.recognise(whole).empty and not methods.broken_years(whole)
    made = forecast(make(county()), until=2026, lineage=table)
    assert not [w for w in made.attrs["warnings"] if "perhaps" in w["en"] or "closed" in w["en"]]


def test_a_renamed_school_is_forecast_as_if_it_had_kept_its_name():
    plain = forecast(county(), until=2026)
    made = forecast(
        taken_over(county(), ["b"], "z"), until=2026, lineage=stated("renamed", ("b", "z"), subject="school")
    )
    one, other = (
        f[(f["level"] == "school")].set_index(["school", "year"])[["mean", "low", "high"]]
        for f in (plain, made)
    )
    pd.testing.assert_frame_equal(other.rename(index={"z": "b"}, level=0).sort_index(), one.sort_index())


def test_a_split_takes_stated_shares_else_those_of_the_first_year():
    rows = taken_over(county(), ["a"], "b", before=True)
    halves = stated("split", ("b", "a"), ("b", "b"), share=0.5)
    table = lineage.joined(history.read(rows), halves)[0].set_index(["school", "year", "grade"])["enrolment"]
    whole = rows.set_index(["school", "year", "grade"])["enrolment"]
    assert table["a", 2017, "3"] == table["b", 2017, "3"] == whole["b", 2017, "3"] / 2
    counted = lineage.joined(history.read(rows), stated("split", ("b", "a"), ("b", "b")))[0]
    counted = counted.set_index(["school", "year", "grade"])["enrolment"]
    share = whole["a", CHANGED, "3"] / (whole["a", CHANGED, "3"] + whole["b", CHANGED, "3"])
    assert counted["a", 2017, "3"] == pytest.approx(share * whole["b", 2017, "3"])


@pytest.mark.parametrize("share", [None, 0.7])
def test_rolls_by_home_are_shared_out_as_the_history_is(share):
    rows = history.read(taken_over(county(), ["a"], "b", before=True))
    table = pd.concat([stated("split", ("b", "a"), share=share), stated("split", ("b", "b"), share=0.3)])
    halves = [
        rows.assign(home=home, pupils=rows["enrolment"] * part) for home, part in (("u", 0.25), ("v", 0.75))
    ]
    moved = lineage.carried(pd.concat(halves, ignore_index=True), table, rows, ["pupils"])
    keys = ["year", "district", "school", "grade"]
    joined = lineage.joined(rows, table)[0].set_index(keys)["enrolment"].sort_index()
    pd.testing.assert_series_equal(moved.groupby(keys)["pupils"].sum(), joined, check_names=False)
    assert (joined.xs(2017, level="year")["d"]["a"] > 0).all()
    # a change of 2020 stands in the rolls of 2020, and one long after the history in none
    later = lineage.carried(halves[0], table.assign(year=2030), rows, ["pupils"])
    pd.testing.assert_frame_equal(later, halves[0])


def test_names_in_a_row_and_changes_of_next_year_are_followed():
    rows = county().assign(district="d")
    rows["school"] = rows["school"].mask(rows["school"].eq("a") & rows["year"].ge(2018), "y")
    rows["school"] = rows["school"].mask(rows["school"].eq("y") & rows["year"].ge(2021), "z")
    twice = pd.concat([stated("renamed", ("y", "z"), year=2021), stated("renamed", ("a", "y"), year=2018)])
    assert set(lineage.joined(history.read(rows), twice)[0]["school"]) == {"b", "c", "z"}
    next_year = stated("renamed", ("a", "n"), year=2024)
    assert set(lineage.joined(history.read(county()), next_year)[0]["school"]) == {"n", "b", "c"}


def test_what_cannot_be_joined_is_said():
    rows = history.read(county())
    for table, kind in (
        (stated("renamed", ("nobody", "nowhere")), "fc_lineage_unknown"),
        (stated("renamed", ("a", "z"), year=2030), "fc_lineage_later"),
        (stated("renamed", ("a", None)), "fc_lineage_incomplete"),
    ):
        kept, faults = lineage.joined(rows, table)
        assert [f.kind for f in faults] == [kind]
        pd.testing.assert_frame_equal(kept, rows)
    with pytest.raises(FaultError, match="沿革"):
        forecast(county(), until=2026, lineage=stated("merged", ("a", None)))
    gap = rows[~(rows["school"].eq("a") & rows["year"].eq(2017))]
    kept, faults = lineage.joined(gap, stated("merged", ("a", "b")))
    assert [f.kind for f in faults] == ["fc_lineage_gap"]
    assert 2017 not in set(kept.loc[kept["school"] == "b", "year"])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(sorted(CASES)))
def test_no_pupil_is_lost_or_made_by_joining(seed, name):
    make, pairs = CASES[name]
    rows = history.read(make(county(seed)))
    joined = lineage.joined(rows, stated(name.split()[0], *pairs))[0]
    assert joined["enrolment"].sum() == pytest.approx(rows["enrolment"].sum())


def test_schools_that_only_close_or_open_are_not_taken_for_one_another():
    rows = county()
    closed = rows[~(rows["school"].eq("a") & rows["year"].ge(CHANGED))]
    assert seen(closed) == []
    small = rows[rows["school"].eq("a") & rows["year"].ge(CHANGED)].assign(
        school="new", enrolment=lambda f: f["enrolment"] * 2
    )
    assert seen(pd.concat([closed, small])) == []


def test_a_year_that_moves_all_schools_is_still_a_broken_one():
    rows = county()
    hit = rows["year"].eq(CHANGED)
    rows.loc[hit, "enrolment"] = (rows.loc[hit, "enrolment"] * 0.8).round().astype(int)
    assert CHANGED in methods.broken_years(panel.from_frame(history.read(rows)))
