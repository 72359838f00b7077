"""Returned rows into a layer: what was returned stands there, and nothing else has changed."""

import json
from pathlib import Path

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from planning.merging import merged, plain, typed
from planning.project import Project

SCHOOLS, YEARS, GRADES = st.sampled_from(["A", "B", "C"]), st.sampled_from([2025, 2026]), st.integers(1, 9)
FIGURES = st.dictionaries(st.tuples(SCHOOLS, YEARS, GRADES), st.integers(0, 60), max_size=12)


def enrolment(figures: dict[tuple[str, int, int], int]) -> pd.DataFrame:
    rows = [{"school_id": s, "year": y, "grade": g, "pupils": n} for (s, y, g), n in figures.items()]
    return typed(rows, "enrolment")


@given(FIGURES, FIGURES)
def test_a_return_replaces_its_school_and_year_whole_and_leaves_all_others(before, come):
    project = Project("x", "x", Path("x"), 2026, 4546, layers={"enrolment": enrolment(before)})
    after = merged(project, "enrolment", enrolment(come))
    replaced = {(school, year) for school, year, _ in come}
    wanted = {key: n for key, n in before.items() if key[:2] not in replaced} | come
    found = {(r.school_id, r.year, r.grade): r.pupils for r in after.itertuples()}
    assert found == wanted and len(after) == len(wanted)


@given(FIGURES)
def test_rows_are_the_same_after_the_record(figures):
    rows = enrolment(figures)
    again = typed(json.loads(json.dumps(plain(rows), ensure_ascii=False)), "enrolment")
    pd.testing.assert_frame_equal(again, rows)


def test_a_blank_stays_blank_in_the_record():
    facts = typed([{"school_id": "A", "classrooms": 0, "boarding": False}], "schools")
    again = typed(json.loads(json.dumps(plain(facts))), "schools")
    assert again["classrooms"].tolist() == [0] and again["boarding"].tolist() == [False]
    assert pd.isna(again["name"].iloc[0]) and pd.isna(again["teaching_area"].iloc[0])


def test_a_layer_that_is_not_there_yet_is_what_was_returned():
    project = Project("x", "x", Path("x"), 2026, 4546, layers={})
    rows = enrolment({("A", 2026, 1): 40})
    pd.testing.assert_frame_equal(merged(project, "enrolment", rows), rows)
