"""What a project's data say of flows between towns and of the peak of each zone."""

from __future__ import annotations

import pandas as pd
import pytest

from planning import measured, outlook
from planning.project import create_project
from tests.test_planning_forecasts import EPSG, YEAR, layers


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
    columns = ["unit_id", "home", "school_id", "year", "grade", "pupils"]
    made["attendance"] = pd.DataFrame(rows, columns=columns)
    return create_project(made, name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)


def test_flows_count_every_pupil_once_between_towns(project):
    table = measured.flow_table(project)
    assert set(table["stage"]) == {"primary"}
    flows = table.set_index(["home", "attended"])["pupils"].to_dict()
    assert flows == {("北", "北"): 20, ("北", "南"): 5, ("outside", "南"): 3, ("unknown", "南"): 2}


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
