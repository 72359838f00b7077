"""Migrant children tried on past rolls: the range of the stream, or the reason that there is none."""

from __future__ import annotations

import pandas as pd
import pytest

from planning import adopted, forecasts, lineage, streamcheck, streams, unitcheck
from planning.project import create_project, open_project
from tests.test_planning_forecasts import EPSG, YEAR, layers

SETTINGS = forecasts.Settings(until=YEAR + 4, estates=False)


def rolls(first: int, *, counted: float = 1.0) -> pd.DataFrame:
    """Every pupil of the enrolment has a home; a quarter are migrant, in even years a fifth."""
    rows = layers()["enrolment"].query("year >= @first")
    pupils = (rows["pupils"] * counted).round().astype(int)
    share = rows["year"].map(lambda year: 0.2 if year % 2 == 0 else 0.25)
    return rows[["school_id", "year", "grade"]].assign(
        unit_id="u0",
        home="unit",
        pupils=pupils,
        migrant=(pupils * share).round().astype(int),
        boarding=0,
    )


def made(folder, **more):
    project = create_project(layers() | more, name="三校", year=YEAR, epsg=EPSG, folder=folder)
    forecasts.forecast_job(project.folder, SETTINGS)
    return open_project(project.folder)


def test_the_back_test_gives_the_stream_a_range_inside_the_whole_and_leaves_its_mean(tmp_path):
    project = made(tmp_path, attendance=rolls(YEAR - 4))
    frame = forecasts.stored(project, SETTINGS)
    before = streams.split(project, frame)
    assert "migrant_low" not in before
    forecasts.backtest_job(project.folder)
    found = streamcheck.widths(project)
    assert set(found["level"]) == {"school", "zone", "area"} and (found["bases"] >= 2).all()
    after = streams.split(project, frame)
    pd.testing.assert_frame_equal(after[list(before)], before)
    assert len(after.attrs["stream_widths"]) == len(found)
    for level in ("school", "area"):
        own = streams.by_level(after, None, level, "primary")
        assert own["migrant_low"].between(0, own["migrant"]).all()
        assert (own["migrant_high"] >= own["migrant"]).all()
        assert (own["migrant_high"] <= own["high"]).all()
        assert (own["migrant_high"] > own["migrant_low"]).any()
    assert after.loc[after["level"] == "cell", "migrant_low"].isna().all()


def renamed(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(
        school_id=rows["school_id"].mask(rows["year"].lt(YEAR - 2) & rows["school_id"].eq("西"), "旧")
    )


def test_a_renamed_school_is_tried_as_the_school_it_is_now(tmp_path):
    own = {"enrolment": layers()["enrolment"], "attendance": rolls(YEAR - 5)}
    plain, turned = (
        create_project(
            layers() | {n: how(f) for n, f in own.items()}, name=n, year=YEAR, epsg=EPSG, folder=tmp_path
        )
        for n, how in (("plain", pd.DataFrame.copy), ("turned", renamed))
    )
    apart = [check.tried(turned) for check in (streamcheck, unitcheck)]
    before = [check.place(turned) for check in (streamcheck, unitcheck)]
    row = {"subject": "school", "change": "renamed", "year": YEAR - 2, "from_id": "旧", "to_id": "西"}
    lineage.store(turned.folder, lineage.frame_of([row]))
    assert all(
        check.place(turned) != old for check, old in zip((streamcheck, unitcheck), before, strict=True)
    )
    for check, old in zip((streamcheck, unitcheck), apart, strict=True):
        found, wanted = check.tried(turned), check.tried(plain)
        pd.testing.assert_frame_equal(found, wanted, check_dtype=False)
        assert len(old) != len(wanted) or not old.equals(wanted)


def test_rolls_of_one_base_year_give_no_range(tmp_path):
    project = made(tmp_path, attendance=rolls(YEAR - 1))
    forecasts.backtest_job(project.folder)
    assert streamcheck.widths(project) is None
    split = streams.split(project, forecasts.stored(project, SETTINGS))
    assert "migrant" in split and "migrant_low" not in split


@pytest.mark.parametrize("more", [{}, {"attendance": rolls(YEAR - 4, counted=0.5)}])
def test_without_rolls_or_with_rolls_of_half_the_pupils_nothing_is_judged(tmp_path, more):
    project = create_project(layers() | more, name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)
    assert streamcheck.tried(project).empty


def test_a_wider_past_error_makes_a_wider_range_and_untried_levels_get_none():
    rows = [(name, 1000.0, 950.0, 1050.0, 200.0) for name, _column in adopted.LEVELS.values()]
    frame = pd.DataFrame(rows, columns=["level", "mean", "low", "high", "migrant"]).assign(year=YEAR + 1)
    found = pd.DataFrame({"level": ["area", "school"], "horizon": 1, "width": [1.0, 2.0]})
    made = streamcheck.ranged(frame, found, base=YEAR).set_index("level")
    reach = (made["migrant_high"] - made["migrant_low"]) / 2
    # a fifth of the total's 50, and the chance of 200 in 1000
    assert reach["area_stage"] == pytest.approx((10**2 + 1.2816**2 * 160) ** 0.5)
    assert reach["school_stage"] == pytest.approx(2 * reach["area_stage"])
    assert reach[["zone_id_stage", "town_stage"]].isna().all()
