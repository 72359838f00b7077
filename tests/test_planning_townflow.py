"""Entrants by the flow from home towns to schools: measured on the rolls known then, used in the forecast."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from planning import forecasts, lineage, tasks, townflow
from planning.project import create_project, open_project
from tests.test_planning_forecasts import EPSG, YEAR, layers, places

FIRST = YEAR - 4


def rolls() -> pd.DataFrame:
    """In the town all go to the east school; of the village half do, and from `YEAR` on all."""
    moves = [("u0", "东", 40, 40), ("u1", "东", 10, 20), ("u1", "西", 10, 0)]
    rows = [
        (unit, "unit", school, year, grade, now if year == YEAR else before)
        for year in range(FIRST, YEAR + 1)
        for grade in (1, 2)
        for unit, school, before, now in moves
    ]
    rows.append((None, "outside", "西", YEAR, 1, 9))
    columns = ["unit_id", "home", "school_id", "year", "grade", "pupils"]
    return pd.DataFrame(rows, columns=columns).query("pupils > 0").assign(migrant=0, boarding=0)


def births(towns: bool = True) -> pd.DataFrame:
    rows = [(y, 50 if t == "城" else 25, "甲", t) for y in range(YEAR - 16, YEAR) for t in ("城", "乡")]
    frame = pd.DataFrame(rows, columns=["year", "births", "district", "town"])
    return frame if towns else frame.groupby(["year", "district"], as_index=False)[["births"]].sum()


def children() -> pd.DataFrame:
    """The village has no children to come."""
    rows = [("u0", c, 40) for c in range(YEAR - 8, YEAR + 5)]
    rows += [("u1", c, 20 if c <= YEAR else 0) for c in range(YEAR - 8, YEAR + 5)]
    return pd.DataFrame(rows, columns=["unit_id", "cohort", "children"])


def whole(**more) -> dict[str, pd.DataFrame]:
    units = {"unit_id": ["u0", "u1"], "name": ["一号", "二村"], "district": "甲", "town": ["城", "乡"]}
    found = layers() | {"units": gpd.GeoDataFrame(units, geometry=places(2), crs=EPSG)}
    return found | {"attendance": rolls()} | more


def project(tmp_path, **more):
    return create_project(whole(**more), name="两镇", year=YEAR, epsg=EPSG, folder=tmp_path)


def test_first_graders_with_a_home_are_counted_by_town_up_to_the_year_that_is_known(tmp_path):
    made = project(tmp_path)
    came = townflow.entering(made, base=YEAR)
    assert set(came["year"]) == {YEAR - 2, YEAR - 1, YEAR}
    assert came.groupby("home")["pupils"].sum().to_dict() == {"乡": 60, "城": 120}
    assert townflow.entering(made, base=FIRST)["year"].unique().tolist() == [FIRST]
    assert townflow.entering(made, base=FIRST - 1) is None


def test_a_flow_of_the_past_knows_no_later_rolls(tmp_path):
    made = project(tmp_path, births=births())
    then, now = (
        townflow.flow(made, base=base).set_index(["town", "school"])["share"] for base in (YEAR - 1, YEAR)
    )
    assert now["乡", "东"] > then["乡", "东"]
    assert then.groupby("town").sum().to_dict() == pytest.approx({"乡": 0.8, "城": 0.8}, abs=0.01)


def test_a_school_renamed_between_the_years_is_one_school_in_the_flow(tmp_path):
    rows = rolls()
    before = rows["school_id"].mask(rows["school_id"].eq("东") & rows["year"].lt(YEAR), "东旧")
    past = whole()["enrolment"]
    old = past["school_id"].mask(past["school_id"].eq("东") & past["year"].lt(YEAR), "东旧")
    plain = project(tmp_path / "plain", births=births())
    made = project(
        tmp_path / "renamed",
        births=births(),
        attendance=rows.assign(school_id=before),
        enrolment=past.assign(school_id=old),
    )
    told = {"subject": "school", "change": "renamed", "year": YEAR, "from_id": "东旧", "to_id": "东"}
    lineage.store(made.folder, lineage.frame_of([told]))
    one, other = (
        townflow.flow(p, base=YEAR).sort_values(["town", "school"], ignore_index=True) for p in (plain, made)
    )
    pd.testing.assert_frame_equal(one, other)


@pytest.mark.parametrize("more", [{}, {"births": births(towns=False)}])
def test_nothing_by_town_to_divide_leaves_the_flow_out(tmp_path, more):
    told = townflow.known(project(tmp_path, **more), base=YEAR)
    assert told.flow is None and told.notes == []


def test_registered_children_of_a_village_are_missed_in_the_school_they_went_to(tmp_path):
    made = project(tmp_path, births=births(), children=children())
    frame = tasks.forecast_job(made.folder, YEAR + 2, estates=False)
    first = frame[(frame["level"] == "cell") & (frame["grade"] == "1") & (frame["year"] == YEAR + 2)]
    mean = first.set_index("school")["mean"]
    assert set(first["basis"]) == {"registered"}
    # without the flow both lose the third that the district loses
    assert mean["西"] < 0.6 * mean["东"]
    assert any("进城就读" in line["zh"] and "rolls of" in line["en"] for line in frame.attrs["notes"])
    plain = create_project(
        {n: f for n, f in whole(births=births(), children=children()).items() if n != "attendance"},
        name="无花名册",
        year=YEAR,
        epsg=EPSG,
        folder=tmp_path / "plain",
    )
    without = tasks.forecast_job(plain.folder, YEAR + 2, estates=False)
    assert not any("进城就读" in line["zh"] for line in without.attrs["notes"])
    # the district's own total of entrants stays what it was, but for how far it leans on past error
    totals = [
        f[(f["level"] == "district_grade") & (f["grade"] == "1")]["mean"].sum() for f in (frame, without)
    ]
    assert totals[0] == pytest.approx(totals[1], rel=0.02)


def test_the_back_test_takes_the_flow_where_rolls_were_known(tmp_path):
    made = project(tmp_path, births=births())
    forecasts.backtest_job(made.folder)
    frame = forecasts.stored_backtest(open_project(made.folder))
    assert {FIRST - 1, YEAR - 1} <= set(frame["cutoff"])


def test_a_register_of_coming_years_alone_is_warned_of_and_no_flow_is_told_of(tmp_path):
    later = children().query(f"cohort > {YEAR}")
    frame = tasks.forecast_job(project(tmp_path, children=later).folder, YEAR + 2, estates=False)
    assert any("登记的适龄儿童说到" in line["zh"] for line in frame.attrs["warnings"])
    assert not any("进城就读" in line["zh"] for line in frame.attrs["notes"])
    assert "registered" not in set(frame["basis"])
