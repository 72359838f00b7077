"""Class-size hotspots: counts of classes, thresholds by stage, and a local statistic that is corrected."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis import hotspots
from gis.hotspots import bin_labels, class_bins, counts, getis_ord, oversized, stages

ROOT = Path(__file__).parents[1]
CRS = 4547
ESDA = "ignore:The alternative hypothesis:DeprecationWarning"


def classes(*rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["school_id", "year", "grade", "pupils"])
    frame["class_no"] = frame.groupby(["school_id", "year", "grade"]).cumcount() + 1
    return frame


ROSTER = classes(
    ("a", 2026, 1, 45), ("a", 2026, 1, 46), ("a", 2026, 1, 70), ("a", 2026, 7, 55), ("a", 2026, 7, 56),
    ("b", 2026, 1, 60), ("b", 2026, 1, 61), ("b", 2026, 1, 65), ("b", 2026, 1, 66), ("a", 2025, 1, 99),
)  # fmt: skip


def test_classes_are_counted_in_the_bins_of_the_rule() -> None:
    found = class_bins(ROSTER)
    assert found.columns.tolist() == ["school_id", "grade", "stage", *bin_labels(), "classes", "largest"]
    rows = found.set_index(["school_id", "grade"])[bin_labels()]
    assert rows.loc[("a", 1)].tolist() == [1, 1, 0, 0, 0, 1]
    assert rows.loc[("a", 7)].tolist() == [0, 0, 1, 1, 0, 0]
    assert rows.loc[("b", 1)].tolist() == [0, 0, 0, 1, 2, 1]
    assert found["stage"].tolist() == ["primary", "junior", "primary"]
    assert found["largest"].tolist() == [70, 56, 66]
    assert found.attrs["year"] == 2026


def test_the_year_and_the_bins_are_arguments() -> None:
    found = class_bins(ROSTER, year=2025, edges=(50,))
    assert found["<=50"].tolist() == [0]
    assert found[">=51"].tolist() == [1]
    with pytest.raises(ValueError, match="rise"):
        class_bins(ROSTER, edges=(50, 45))


def test_no_classes_give_an_empty_table() -> None:
    assert len(class_bins(ROSTER.iloc[:0])) == 0


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 9), st.integers(0, 120)), max_size=40))
def test_every_class_is_counted_once(rows) -> None:
    found = class_bins(classes(*[(s, 2026, g, p) for s, g, p in rows]))
    assert found[bin_labels()].to_numpy().sum() == len(rows) == found["classes"].sum()


def test_stages_follow_the_system() -> None:
    grades = pd.Series([1, 5, 6, 9])
    assert stages(grades).tolist() == ["primary", "primary", "primary", "junior"]
    assert stages(grades, primary_grades=5).tolist() == ["primary", "primary", "junior", "junior"]


def test_oversized_by_stage() -> None:
    assert oversized(ROSTER, threshold=66).sum() == 3
    by_stage = oversized(ROSTER, threshold={"primary": 66, "junior": 56})
    assert by_stage.index.equals(ROSTER.index)
    assert by_stage.tolist() == [False, False, True, False, True, False, False, False, True, True]


def test_counts_stand_on_the_map() -> None:
    schools = gpd.GeoDataFrame(
        {"school_id": ["b", "a", "c"], "name": ["乙", "甲", "丙"]},
        geometry=[shapely.Point(1, 1), shapely.Point(0, 0), shapely.Point(2, 2)],
        crs=CRS,
    )
    found = counts(ROSTER, schools, thresholds={"primary": 56, "junior": 61})
    assert found.crs == CRS
    assert found[["school_id", "stage", "name"]].to_numpy().tolist() == [
        ["a", "junior", "甲"],
        ["a", "primary", "甲"],
        ["b", "primary", "乙"],
    ]
    assert found["oversized"].tolist() == [0, 1, 4]
    assert found["share"].tolist() == pytest.approx([0, 1 / 3, 1])


def grid(side: int) -> gpd.GeoSeries:
    xy = [(100.0 * i, 100.0 * j) for j in range(side) for i in range(side)]
    return gpd.GeoSeries([shapely.Point(p) for p in xy], crs=CRS)


@pytest.mark.filterwarnings(ESDA)
def test_a_planted_cluster_is_found_and_repeats_with_its_seed() -> None:
    points = grid(12)
    near = points.distance(shapely.Point(200, 200)) < 250
    values = np.random.default_rng(3).poisson(3, len(points)) + 8.0 * near
    found = getis_ord(points, values, seed=7)
    hot = found["kind"] == "hot"
    assert near[hot].mean() > 0.7
    assert hot[near].mean() > 0.7
    pd.testing.assert_frame_equal(found, getis_ord(points, values, seed=7))
    assert ((found["q"] >= found["p"]) & (found["q"] <= 1)).all()
    assert found.attrs["reason"] == ""


@pytest.mark.filterwarnings(ESDA)
def test_noise_raises_few_alarms() -> None:
    noise = np.random.default_rng(5).normal(size=(10, 144))
    alarms = [(getis_ord(grid(12), v)["kind"] != "none").any() for v in noise]
    assert np.mean(alarms) <= 0.3


@pytest.mark.filterwarnings(ESDA)
def test_missing_values_are_left_out() -> None:
    values = np.arange(144.0)
    values[10] = np.nan
    found = getis_ord(grid(12), values)
    assert found["kind"].iloc[10] == "none"
    assert found["q"].isna().sum() == 1


def test_few_or_equal_values_say_nothing() -> None:
    few = getis_ord(grid(3), np.arange(9.0))
    assert (few["kind"] == "none").all()
    assert few.attrs["reason"] == "few"
    assert getis_ord(grid(6), np.ones(36)).attrs["reason"] == "constant"
    with pytest.raises(ValueError, match="as many values"):
        getis_ord(grid(6), np.ones(5))


@pytest.mark.filterwarnings(ESDA)
def test_what_set_up_compiles_is_read_by_the_next_process_and_is_all_that_is_compiled() -> None:
    code = (
        "from gis import hotspots; hotspots.warm();"
        "from esda import crand, getisord;"
        "parts = [p for m in (crand, getisord) for p in vars(m).values() if hasattr(p, 'enable_caching')];"
        "print(sum(sum(p.stats.cache_hits.values()) for p in parts),"
        " sum(sum(p.stats.cache_misses.values()) for p in parts))"
    )
    hotspots.warm()  # what the set-up does
    command = [sys.executable, "-W", "ignore", "-c", code]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert int(said[0]) > 0 and int(said[1]) == 0  # nothing was compiled
    from esda import crand

    known = crand.compute_chunk.signatures
    getis_ord(grid(7), np.random.default_rng(1).poisson(2, 49), k=5, permutations=99, seed=3)
    assert crand.compute_chunk.signatures == known
