"""Yields measured on delivered estates, and taken over as assumptions with their source."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from gis.faults import FaultError
from planning import assumed, calibrated
from planning.project import create_project
from tests.test_planning_forecasts import EPSG, YEAR, layers, places

TYPE = "商品房"


def estates() -> gpd.GeoDataFrame:
    """Three old estates of one type, one of them among other homes, and one still to come."""
    frame = {
        "estate_id": ["e0", "e1", "e2", "e3"],
        "name": ["甲苑", "乙苑", "丙苑", "丁苑"],
        "unit_id": ["u0", "u1", "u2", "u3"],
        "district": "甲",
        "households": 1000,
        "handover_year": [YEAR - 12, YEAR - 12, YEAR - 12, YEAR + 2],
        "housing_type": TYPE,
        "primary_yield": 0.2,
        "junior_yield": [0.1, 0.1, 0.1, None],
    }
    return gpd.GeoDataFrame(frame, geometry=places(4), crs=EPSG)


def rolls() -> pd.DataFrame:
    rows = [(f"u{n}", "unit", "东", YEAR, 1, count) for n, count in enumerate((300, 300, 2000))]
    rows.append((None, "outside", "东", YEAR, 1, 50))
    columns = ["unit_id", "home", "school_id", "year", "grade", "pupils"]
    return pd.DataFrame(rows, columns=columns).assign(migrant=0, boarding=0)


def project(tmp_path, **more):
    units = {"unit_id": [f"u{n}" for n in range(4)], "name": [f"{n}号" for n in range(4)]}
    units["residents"] = [2600, 2600, 20_000, 0]
    found = layers() | {"units": gpd.GeoDataFrame(units, geometry=places(4), crs=EPSG), "estates": estates()}
    return create_project(found | more, name="小区", year=YEAR, epsg=EPSG, folder=tmp_path)


def test_old_estates_say_what_lives_there_and_shared_units_do_not(tmp_path):
    row = calibrated.table(project(tmp_path, attendance=rolls())).set_index("stage").loc["primary"]
    assert row["pupils_per_household"] == pytest.approx(0.3, abs=1e-6)
    assert (row["estates"], row["households"], row["age_low"]) == (2, 2000, 12)
    assert pd.isna(row["low"])  # two estates give no range


def test_without_rolls_the_register_says_who_lives_there(tmp_path):
    kids = pd.DataFrame({"unit_id": ["u0", "u1"], "cohort": YEAR, "children": 150})
    found = calibrated.table(project(tmp_path, children=kids)).set_index("stage")
    assert found.loc["primary", "pupils_per_household"] == pytest.approx(0.15, abs=1e-6)


def test_nobody_known_measures_nothing(tmp_path):
    assert calibrated.table(project(tmp_path)).empty


def test_measured_yields_are_taken_over_for_the_type_in_one_entry_with_their_source(tmp_path):
    made = project(tmp_path, attendance=rolls())
    assumed.set_yield(made, estate_id="e9", primary=0.4, junior=0.2, source="别处", by="王")
    measured = calibrated.table(made)
    rows = calibrated.for_estates(made, measured[measured["stage"] == "primary"], TYPE)
    # the one to come states no yield of its own for the stage that was not measured
    assert [row["estate_id"] for row in rows] == ["e0", "e1", "e2"]
    assert {row["junior"] for row in rows} == {0.1}
    before = len(assumed.history(made))
    assumed.set_yields(made, [{**row, "source": "实测"} for row in rows], by="李")
    assert len(assumed.history(made)) == before + 1
    kept = {y.estate_id: (y.primary, y.source, y.by) for y in assumed.in_force(made).yields}
    assert kept["e0"] == (0.3, "实测", "李") and kept["e9"] == (0.4, "别处", "王")
    with pytest.raises(FaultError) as raised:
        assumed.set_yields(made, [{**rows[0], "source": ""}, {**rows[1], "primary": 9, "source": "x"}], by="")
    assert [f.kind for f in raised.value.faults] == ["assumed_source", "assumed_value", "assumed_estate"]
    assert len(assumed.history(made)) == before + 1
