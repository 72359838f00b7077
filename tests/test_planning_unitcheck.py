"""Ranges of home units: tried on past rolls, calibrated, and used where the back-test was run."""

from __future__ import annotations

import pandas as pd
import pytest

from planning import assumed, forecasts, lineage, outlook, streams, unitcheck
from planning.project import create_project, open_project
from tests.test_planning_forecasts import EPSG, YEAR, layers
from tests.test_planning_townflow import project as two_towns


def outcomes(off: float, count: int = 100) -> pd.DataFrame:
    """Three base years of units whose errors go evenly from 0 to `off` times the half range."""
    step = [off * (n + 0.5) / count for n in range(count)]
    parts = [
        pd.DataFrame(
            {
                "base": base,
                "horizon": 1,
                "unit_id": "u",
                "stage": "primary",
                "mean": 50.0,
                "low": 40.0,
                "high": 60.0,
                "actual": [50.0 + 10.0 * s for s in step],
            }
        )
        for base in (2021, 2022, 2023)
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(("off", "held", "width"), [(2.0, 0.5, 1.6), (1.0, 1.0, 0.8)])
def test_the_width_makes_the_range_hold_eight_of_ten_on_years_left_out(off, held, width):
    row = unitcheck.table(outcomes(off)).iloc[0]
    assert row["held"] == pytest.approx(held)
    assert row["width"] == pytest.approx(width, abs=0.01)
    assert row["held_apart"] == pytest.approx(0.8, abs=0.01)
    assert (row["count"], row["bases"]) == (300, 3)


def test_one_base_year_cannot_be_checked_on_another():
    row = unitcheck.table(outcomes(2.0).query("base == 2021")).iloc[0]
    assert pd.isna(row["held_apart"]) and row["width"] > 1.5


def test_ranges_are_widened_by_horizon_and_not_below_nothing():
    units = pd.DataFrame({"year": [2027, 2028, 2031], "mean": 10.0, "low": 4.0, "high": 16.0})
    widths = pd.DataFrame({"horizon": [1, 2], "width": [1.0, 2.0]})
    found = unitcheck.widened(units, widths, base=2026)
    assert found["high"].tolist() == [16.0, 22.0, 22.0]
    assert found["low"].tolist() == [4.0, 0.0, 0.0]
    assert found["mean"].tolist() == [10.0] * 3


def test_rolls_of_past_years_judge_the_units_and_the_back_test_makes_their_ranges(tmp_path):
    made = two_towns(tmp_path)
    settings = forecasts.Settings(until=YEAR + 3, estates=False)
    forecasts.forecast_job(made.folder, settings)
    frame = forecasts.stored(made, settings)
    before = streams.by_unit(made, frame)
    assert "widths" not in before.attrs
    forecasts.backtest_job(made.folder)
    tried = unitcheck.stored(open_project(made.folder))
    assert set(tried["unit_id"]) == {"u0", "u1"}
    assert set(tried["base"]) == set(range(YEAR - 4, YEAR))
    # the rolls count only two grades of a school that has six: what was forecast is more than what came
    assert (tried["actual"] >= 0).all() and set(tried["horizon"]) == {1, 2, 3}
    after = streams.by_unit(made, frame)
    own = streams.by_level(frame, after, "unit", "primary")
    assert [row["horizon"] for row in own.attrs["widths"]] == [1, 2, 3]
    pd.testing.assert_series_equal(after["mean"], before["mean"])
    assert (after["high"] != before["high"]).any()
    cases = [vars(case) for case in assumed.in_force(made).scenarios]
    assumed.save(made, scenarios=cases, cutoff_month=12, source="示例", by="王")
    assert unitcheck.stored(made) is None  # tried under another cut-off


def test_without_rolls_nothing_can_be_tried(tmp_path):
    made = create_project(layers(), name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)
    assert unitcheck.tried(made).empty


def split(tmp_path):
    """Return a county whose east school was kept with the west one as 合 before the newest years."""
    past = layers()["enrolment"]
    whole = past["school_id"].mask(past["school_id"].isin(["东", "西"]) & past["year"].lt(YEAR - 1), "合")
    one = past.assign(school_id=whole, pupils=past["pupils"] + (past["year"] % 3))
    one = one.groupby(["school_id", "year", "grade"], as_index=False)[["pupils"]].sum()
    made = create_project(layers() | {"enrolment": one}, name="分校", year=YEAR, epsg=EPSG, folder=tmp_path)
    told = {"subject": "school", "change": "split", "year": YEAR - 1, "from_id": "合", "share": 1 / 3}
    rows = [told | {"to_id": "东"}, told | {"to_id": "西", "share": 2 / 3}]
    gone = {"subject": "school", "change": "renamed", "year": YEAR, "from_id": "无", "to_id": "无名"}
    lineage.store(made.folder, lineage.frame_of([*rows, gone]))
    return made, one


def test_the_pupils_of_a_split_school_are_rounded_to_the_sum_they_had(tmp_path):
    made, one = split(tmp_path)
    joined = outlook.joined(made)
    assert (joined["enrolment"] % 1 != 0).any()
    rounded = unitcheck._whole(joined)
    sums = rounded.groupby(["year", rounded["grade"].astype(int)])["enrolment"].sum()
    assert sums.tolist() == one.groupby(["year", "grade"])["pupils"].sum().tolist()
    beside = joined.merge(rounded, on=["year", "district", "school", "grade"])
    assert ((beside["enrolment_x"] - beside["enrolment_y"]).abs() < 1).all()
    known = beside[beside["enrolment_x"] % 1 == 0]
    assert (known["enrolment_x"] == known["enrolment_y"]).all()


def test_rows_of_the_lineage_table_that_were_not_used_are_said_with_the_back_test(tmp_path):
    made, _ = split(tmp_path)
    forecasts.backtest_job(made.folder)
    said = forecasts.stored_backtest(open_project(made.folder)).attrs["warnings"]
    assert [line["en"] for line in said if '"无"' in line["en"]] and all(line["zh"] for line in said)
