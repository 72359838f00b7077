"""Stated rates, build-up and slips: kept with source and author, checked whole, and used by the forecast."""

from __future__ import annotations

import pandas as pd
import pytest

from forecasting.scenarios import LOW_MIDDLE_HIGH
from gis.faults import FaultError
from planning import assumed, bornshares, forecasts, outlook, statedvalues, streamcheck, streams
from planning.project import create_project, save_layers
from tests.test_planning_forecasts import EPSG, YEAR, births, layers, schools

BOARD = {"what": "boarding", "first_grade": 7, "last_grade": 9, "value": 0.25, "source": "学籍"}
MOVE = {"what": "transfers", "first_grade": 1, "last_grade": 6, "value": 0.05, "source": "近三年转学台账"}


@pytest.fixture
def project(tmp_path):
    own = schools().assign(provider=["public", "private", "public"], zone_id=["东", "西", "一中"])
    plan = {"unit_id": ["u0", "u0"], "stage": ["primary", "junior"], "zone_id": ["东", "一中"]}
    catchments = pd.DataFrame(plan).assign(from_year=YEAR)
    made = layers() | {"schools": own, "catchments": catchments}
    return create_project(made, name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)


def made(project, **more) -> pd.DataFrame:
    chosen = forecasts.Settings(until=YEAR + 2, **more).under(assumed.in_force(project))
    forecasts.forecast_job(project.folder, chosen)
    return forecasts.stored(project, chosen)


def area(frame: pd.DataFrame, stage: str = "primary", level: str = "area_stage") -> pd.Series:
    rows = frame[(frame["level"] == level) & (frame["stage"] == stage) & (frame["year"] == YEAR + 2)]
    return rows.set_index(["group", "scenario"])["mean"]


def test_what_is_stated_is_read_back_with_its_source_and_changes_nothing_else(project):
    assumed.set_yield(project, estate_id="e1", primary=0.3, junior=0.1, source="实测", by="赵")
    assumed.set_stated(project, [BOARD, MOVE], by="王")
    assumed.set_build_up(project, [0.3, 0.8, 1.0], source="2019—2023 年交付小区", by="李")
    slip = {"estate_id": "e1", "low": 3, "middle": 1, "high": 0, "source": "住建局"}
    assumed.set_slip(project, slip, by="李")
    assumed.save(
        project,
        scenarios=[{"name": "低", "births": 0.8, "migration": 0.0, "estate_delay": 2}],
        source="统计局",
        by="王",
    )
    now = assumed.in_force(project)
    assert [(one.what, one.value, one.source, one.by) for one in now.stated] == [
        ("boarding", 0.25, "学籍", "王"),
        ("transfers", 0.05, "近三年转学台账", "王"),
    ]
    assert now.build_up == statedvalues.BuildUp((0.3, 0.8, 1.0), "2019—2023 年交付小区", "李")
    assert [case.slips for case in now.cases] == [(("e1", 3),), (("e1", 1),), (("e1", 0),)]
    assert len(now.yields) == 1 and now.scenarios[1] == LOW_MIDDLE_HIGH[1]
    assumed.reset(project, by="王")
    kept = assumed.in_force(project)
    assert (kept.stated, kept.build_up, kept.slips) == (now.stated, now.build_up, now.slips)
    assert kept.scenarios == LOW_MIDDLE_HIGH


def test_a_later_value_takes_the_place_and_can_be_taken_back(project):
    assumed.set_stated(project, [BOARD], by="王")
    assumed.set_stated(project, [{**BOARD, "value": 0.5}], by="李")
    (one,) = assumed.in_force(project).stated
    assert (one.value, one.by) == (0.5, "李")
    assumed.drop_stated(project, one, by="李")
    assert assumed.in_force(project).stated == ()
    with pytest.raises(FaultError, match="没有可撤回"):
        assumed.drop_stated(project, one, by="李")
    with pytest.raises(FaultError, match="没有可撤回"):
        assumed.drop_slip(project, "e1", by="李")
    assumed.set_build_up(project, [1.0], source="x", by="李")
    assert assumed.set_build_up(project, [], source="", by="李").build_up is None


def test_every_fault_of_stated_values_is_said_at_once(project):
    wrong = {
        "what": "boarding",
        "first_grade": 9,
        "last_grade": 7,
        "schools": "night",
        "value": 1.5,
        "source": " ",
    }
    with pytest.raises(FaultError) as caught:
        assumed.set_stated(project, [wrong, {**MOVE, "what": "luck"}], by="")
    kinds = sorted(fault.kind for fault in caught.value.faults)
    assert kinds == [
        "assumed_source", "stated_choice", "stated_choice", "stated_grades", "stated_source", "stated_value",
    ]  # fmt: skip
    assert "150%" in str(caught.value)
    for curve in ([0.5, 0.4, 1.0], [0.5], [], [2.0, 1.0]):
        if curve:
            with pytest.raises(FaultError, match="入住进度"):
                assumed.set_build_up(project, curve, source="x", by="王")
    with pytest.raises(FaultError, match="推迟的年数"):
        assumed.set_slip(
            project, {"estate_id": "e1", "low": 1.5, "middle": -1, "high": 0, "source": "x"}, by="王"
        )
    assert not (project.folder / assumed.ASSUMED_FILE).exists()


def test_private_schools_are_forecast_apart_and_the_parts_add_up(project):
    frame = made(project)
    own = area(frame, level="provider_stage")
    assert own["private", "中"] + own["public", "中"] == area(frame)["", "中"]
    rows = streams.by_level(frame, None, streamcheck.PROVIDER, "primary")
    assert set(rows["place"]) == {"public", "private"} and (rows["low"] < rows["high"]).all()


def test_transfers_act_in_every_scenario_and_are_said(project):
    before = area(made(project))
    assumed.set_stated(project, [MOVE], by="王")
    frame = made(project)
    assert (area(frame) > before * 1.05).all()
    said = [line for line in frame.attrs["notes"] if "近三年转学台账" in line["zh"]]
    assert len(said) == 1 and "+5.0 %" in said[0]["en"] and "王" in said[0]["zh"]


def test_boarders_are_told_apart_at_every_level_and_add_up_exactly(project):
    assumed.set_stated(project, [BOARD], by="王")
    frame = made(project)
    told = streams.with_stated(project, frame, assumed.in_force(project).stated)
    pd.testing.assert_series_equal(told["mean"], frame["mean"])
    assert "from_outside" not in told
    sums = told.groupby(["level", "year", "scenario"])["boarding"].sum().unstack("level")
    assert (sums["area_stage"] == sums["cell"]).all() and (sums["provider_stage"] == sums["cell"]).all()
    junior = told[(told["level"] == "area_stage") & (told["stage"] == "junior")]
    assert (junior["boarding"] / junior["mean"]).between(0.24, 0.25).all()
    by_school = streams.by_level(told, None, "school", "junior")
    assert by_school["boarding"].gt(0).all() and "from_outside" not in by_school


def test_a_slip_and_a_build_up_move_the_estate(project):
    plain = area(made(project, from_outside=1.0))
    slip = {"estate_id": "e1", "low": 9, "middle": 0, "high": 0, "source": "住建局"}
    assumed.set_slip(project, slip, by="李")
    late = area(made(project, from_outside=1.0))
    assert late["", "中"] == plain["", "中"] and late["", "低"] < plain["", "低"]
    assumed.set_build_up(project, [0.0, 1.0], source="实测", by="李")
    quick = area(made(project, from_outside=1.0))
    assert quick["", "中"] > late["", "中"]


def test_schools_are_named_by_what_they_are(project):
    given = [statedvalues.stated({**MOVE, "schools": which}, "王") for which in ("all", "public", "boarding")]
    assert [rate.schools for rate in statedvalues.as_rates(project, given)] == [None, ("东", "一中"), ()]
    assert set(outlook.groups(project.layers["schools"])["provider"]) == {"public", "private"}
    assert "provider" not in outlook.groups(project.layers["schools"].drop(columns="provider"))


def test_a_value_for_schools_of_which_there_are_none_is_refused(project):
    with pytest.raises(FaultError) as refused:
        assumed.set_stated(project, [{**MOVE, "schools": "boarding"}, {**MOVE, "value": 9.0}], by="王")
    assert [fault.kind for fault in refused.value.faults] == ["stated_no_school", "stated_value"]
    assert not assumed.in_force(project).stated


def test_of_two_values_the_one_that_begins_later_holds_from_then_on(
    project,
):
    late, soon = {**MOVE, "from_year": YEAR + 4, "value": 0.1}, {**MOVE, "from_year": YEAR + 1}
    assumed.set_stated(project, [late], by="王")
    assumed.set_stated(project, [soon], by="王")
    told = statedvalues.as_rates(project, assumed.in_force(project).stated)
    assert [rate.from_year for rate in told] == [YEAR + 1, YEAR + 4]


def test_survival_and_migration_are_of_grade_one_and_shown_beside_the_learned_share(project):
    told = {"first_grade": 3, "last_grade": 5, "schools": "private", "source": "人口普查"}
    rows = [
        {**told, "what": "survival", "value": 0.99, "from_year": YEAR - 9},
        {**told, "what": "birth_migration", "value": 0.0, "from_year": YEAR - 9},
        {**told, "what": "birth_migration", "value": 0.2, "from_year": YEAR + 1},
    ]
    with pytest.raises(FaultError) as refused:
        assumed.set_stated(project, rows, by="王")
    assert {fault.kind for fault in refused.value.faults} == {"stated_no_births"}
    project = save_layers(project, {"births": births()})
    before = made(project)
    assumed.set_stated(project, rows, by="王")
    now = assumed.in_force(project)
    assert {one.key[1:4] for one in now.stated} == {(1, 1, "all")}
    after = made(project)
    assert area(after)["", "中"] > area(before)["", "中"] + 5
    assert any("+20.0 %" in said["en"] for said in after.attrs["notes"])
    shown = bornshares.by_year(project)
    assert shown["survival"].tolist() == [0.99] * len(shown) and (shown["migration"] == 0).all()
    assert shown["enrolled"].tolist() == pytest.approx((shown["share"] / 0.99).tolist())
    with pytest.raises(FaultError):
        assumed.set_stated(project, [{**rows[0], "value": 1.2}], by="王")
    with pytest.raises(FaultError):
        assumed.set_stated(project, [{**rows[0], "source": ""}], by="王")


def test_an_empty_value_is_said_to_be_empty(project):
    with pytest.raises(FaultError) as caught:
        assumed.set_stated(project, [{**MOVE, "value": float("nan")}], by="王")
    (fault,) = caught.value.faults
    assert fault.kind == "stated_blank" and "nan" not in fault.text("zh") + fault.text("en")
    assert "-20%" in fault.text("en")
