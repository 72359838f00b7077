"""Assumptions of a forecast: kept with the project, checked whole, reset, and used by the forecast."""

from __future__ import annotations

import pandas as pd
import pytest

from forecasting.scenarios import LOW_MIDDLE_HIGH, MIDDLE
from gis.faults import FaultError
from planning import assumed, forecasts, outlook
from planning.project import create_project
from tests.test_planning_forecasts import EPSG, YEAR, births, layers

LOW = {"name": "低", "births": 0.5, "migration": -0.02, "estate_delay": 2}
HIGH = {"name": "高", "births": 1.2, "migration": 0.01, "estate_delay": 0}
SAID = {"source": "统计局 2026 年估计", "by": "王"}


@pytest.fixture
def project(tmp_path):
    plan = {"unit_id": ["u0", "u0"], "stage": ["primary", "junior"], "zone_id": ["东", "一中"]}
    catchments = pd.DataFrame(plan).assign(from_year=YEAR)
    made = layers() | {"births": births(), "catchments": catchments}
    return create_project(made, name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)


def test_the_defaults_stand_until_something_is_said(project):
    assert assumed.in_force(project) == assumed.Assumed()
    settings = forecasts.Settings(until=YEAR + 1)
    assert settings.under(assumed.in_force(project)) == settings


def test_what_is_saved_is_read_back_and_the_middle_stays_plain(project):
    bent = {"name": "中", "births": 2.0, "migration": 0.1, "estate_delay": 3}
    assumed.save(project, scenarios=[LOW, bent, HIGH], cutoff_month=12, **SAID)
    now = assumed.in_force(project)
    assert [s.births for s in now.scenarios] == [0.5, 1.0, 1.2]
    assert now.scenarios[1] == MIDDLE
    assert (now.cutoff_month, now.source, now.by) == (12, SAID["source"], "王")
    assert now.at


def test_a_reset_is_a_further_entry_and_keeps_the_yields(project):
    assumed.save(project, scenarios=[LOW, HIGH], **SAID)
    assumed.set_yield(project, estate_id="e1", primary=0.3, junior=0.1, source="实测", by="赵")
    assert (assumed.in_force(project).by, assumed.in_force(project).yields[0].by) == ("王", "赵")
    assumed.reset(project, by="李")
    assert assumed.in_force(project).scenarios == LOW_MIDDLE_HIGH
    assert [given.estate_id for given in assumed.in_force(project).yields] == ["e1"]
    assert [entry.by for entry in assumed.history(project)] == ["王", "王", "李"]


def test_every_fault_is_said_at_once_and_nothing_is_written(project):
    wrong = {"name": "低", "births": -1, "migration": float("nan"), "estate_delay": 1.5}
    yields = [{"estate_id": "e1", "primary": 9.0, "junior": 0.1, "source": " "}]
    with pytest.raises(FaultError) as caught:
        assumed.save(project, scenarios=[wrong], cutoff_month=13, yields=yields, source="", by="")
    kinds = [fault.kind for fault in caught.value.faults]
    assert kinds.count("assumed_value") == 4 and kinds.count("assumed_blank") == 1
    assert not any("nan" in fault.text(lang) for fault in caught.value.faults for lang in ("zh", "en"))
    assert kinds.count("assumed_source") == 2 and kinds.count("assumed_estate") == 1
    assert not (project.folder / assumed.ASSUMED_FILE).exists()


def test_the_yields_of_an_estate_and_the_scenarios_leave_each_other_alone(project):
    assumed.save(project, scenarios=[LOW, HIGH], **SAID)
    given = {"estate_id": "e1", "primary": 0.4, "junior": 0.2}
    assumed.set_yield(project, **given, source="2023 年交付小区实测", by="李")
    assumed.save(project, scenarios=[HIGH], **SAID)
    now = assumed.in_force(project)
    assert now.yields == (assumed.Yield(**given, source="2023 年交付小区实测", by="李"),)
    assert now.scenarios[0] == LOW_MIDDLE_HIGH[0] and now.scenarios[2].births == 1.2
    with pytest.raises(FaultError, match="没有写来源"):
        assumed.set_yield(project, **given, source=" ", by="李")


def test_yields_take_the_place_of_the_tables(project):
    given = outlook.estates(project, from_outside=0.5, yields={"e1": (0.9, 0.2)})
    assert given["primary_yield"].max() == 0.9 and given["junior_yield"].max() == 0.2
    own = outlook.estates(project, from_outside=0.5, yields={"elsewhere": (0.9, 0.2)})
    assert own["primary_yield"].max() == 0.3


def test_the_forecast_follows_the_scenarios_and_keeps_the_middle(project):
    until = YEAR + 4
    plain = forecasts.Settings(until=until, estates=False)
    assumed.save(project, scenarios=[LOW, HIGH], **SAID)
    bent = plain.under(assumed.in_force(project))
    frames = []
    for settings in (plain, bent):
        forecasts.forecast_job(project.folder, settings)
        frame = forecasts.stored(project, settings)
        rows = frame[(frame["level"] == "area_stage") & (frame["stage"] == "primary")]
        frames.append(rows[rows["year"] == until].set_index("scenario")["mean"])
    before, after = frames
    assert after["中"] == before["中"]
    assert after["低"] < before["低"] < before["中"]
