"""What a project's data say of flows between towns and of the peak of each zone."""

from __future__ import annotations

import pandas as pd
import pytest

from planning import lineage, measured, outlook
from planning.project import create_project, save_layers
from tests.test_planning_forecasts import EPSG, YEAR, layers

ROLLS = ["unit_id", "home", "school_id", "year", "grade", "pupils"]


@pytest.fixture
def project(tmp_path):
    made = layers()
    made["units"] = made["units"].assign(town="北")
    made["schools"] = made["schools"].assign(
        zone_id=["z", "z", "j"], town=["北", "南", "南"], primary_seats=[200, 200, None]
    )
    rows = [
        ("u0", "unit", "东", YEAR, 1, 20),
        ("u0", "unit", "西", YEAR, 1, 5),
        (None, "outside", "西", YEAR, 1, 3),
        (None, "unknown", "西", YEAR, 1, 2),
    ]
    made["attendance"] = pd.DataFrame(rows, columns=ROLLS)
    return create_project(made, name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)


def test_flows_count_every_pupil_once_between_towns(project):
    table = measured.flow_table(project)
    assert set(table["stage"]) == {"primary"}
    flows = table.set_index(["home", "attended"])["pupils"].to_dict()
    assert flows == {("北", "北"): 20, ("北", "南"): 5, ("outside", "南"): 3, ("unknown", "南"): 2}


def test_flows_of_schools_renamed_and_split_are_those_of_the_schools_of_today(project):
    rows = [
        ("u0", "unit", "旧", YEAR - 1, 1, 9),
        ("u0", "unit", "总", YEAR - 1, 1, 4),
        ("u0", "unit", "总", YEAR - 1, 2, 3),
        (None, "outside", "总", YEAR - 1, 1, 1),
    ]
    past = pd.concat([project.layers["attendance"], pd.DataFrame(rows, columns=ROLLS)], ignore_index=True)
    made = save_layers(project, {"attendance": past})
    before = measured.flow_table(made)
    assert before[(before["year"] == YEAR - 1) & (before["attended"] != "")].empty
    told = [
        {"change": "renamed", "from_id": "旧", "to_id": "东"},
        {"change": "split", "from_id": "总", "to_id": "东", "share": 0.4},
        {"change": "split", "from_id": "总", "to_id": "西", "share": 0.6},
    ]
    lineage.store(made.folder, lineage.frame_of([{"subject": "school", "year": YEAR, **row} for row in told]))
    table = measured.flow_table(made)
    pupils = table[table["year"] == YEAR - 1].set_index(["home", "attended"])["pupils"]
    # 9 + 0.4 x 7 = 11.8 and 4.2 of the town's 16; of the one from outside 0.6 go south
    assert pupils.drop("outside").to_dict() == {("北", "北"): 12, ("北", "南"): 4}
    assert pupils["outside"].sum() == 1
    pd.testing.assert_frame_equal(
        table[table["year"] == YEAR].reset_index(drop=True),
        before[before["year"] == YEAR].reset_index(drop=True),
    )


def test_there_are_no_flows_without_rolls_or_towns(tmp_path):
    plain = create_project(layers(), name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)
    assert measured.flow_table(plain) is None


def test_a_zones_peak_is_set_against_its_seats_and_what_stays_empty(project):
    def row(year, mean, scenario="中", group="z"):
        return ("zone_id_stage", group, "primary", year, mean, mean - 10.0, mean + 10.0, scenario)

    rows = [
        row(YEAR + 1, 450.0),
        row(YEAR + 2, 350.0),
        row(YEAR + 1, 999.0, "高"),
        row(YEAR + 1, 9.0, "中", ""),
    ]
    columns = ["level", "group", "stage", "year", "mean", "low", "high", "scenario"]
    forecast = pd.DataFrame(rows, columns=columns).assign(district="", school="", grade="")
    past = outlook.history(project)
    (peak,) = measured.zone_peaks(project, forecast, past, "primary").to_dict("records")
    own = past[(past["year"] == YEAR) & past["school"].isin(["东", "西"])]
    assert peak["zone_id"] == "z" and peak["pupils"] == own["enrolment"].sum()
    assert (peak["peak_year"], peak["last_year"], peak["seats"]) == (YEAR + 1, YEAR + 2, 400)
    assert peak["gap"] == peak["mean"] - 400 and peak["empty"] == pytest.approx(400 - 350, abs=1)
    assert measured.zone_peaks(project, forecast, past, "junior").empty
