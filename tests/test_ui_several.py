"""What is read out about a unit in a zone of several schools."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ui.state import Context
from ui.views import phone, reasons, several, zones


@pytest.fixture(scope="module")
def project(demo):
    return demo


def unit_of(project, zone):
    rows = project.layers["catchments"]
    return rows.loc[rows["stage"].eq("primary") & rows["zone_id"].eq(zone), "unit_id"].iloc[0]


def test_a_caller_hears_the_teaching_point_and_the_school_after_it(project):
    context = Context(project, "primary", project.year, None)
    answer = phone.answer(context, "primary", unit_of(project, "DS-S45"))
    assert "3 年级及以下在北桥村教学点" in answer and "4 年级起到西石镇中心小学" in answer


def test_a_caller_hears_every_school_of_a_ballot_and_nothing_of_it_elsewhere(project):
    schools = project.layers["schools"].copy()
    schools.loc[schools["school_id"].eq("DS-S22"), "zone_id"] = "DS-S21"
    joined = replace(project, layers={**project.layers, "schools": schools}, version=project.version + 1)
    context = Context(joined, "primary", joined.year, None)
    names = schools.set_index("school_id")["name"]
    answer = phone.answer(context, "primary", unit_of(joined, "DS-S21"))
    assert "随机派位" in answer and names["DS-S21"] in answer and names["DS-S22"] in answer
    assert "招生计划 240 人" in answer and "招生计划 195 人" in answer
    plan = several.plans.in_force(joined, "primary", joined.year)
    assert several.said(context, plan, "primary", unit_of(joined, "DS-S01")) == ""


def test_a_notice_says_the_ballot_with_the_mean_walk_and_never_calls_it_the_nearest(project):
    schools = project.layers["schools"].copy()
    schools.loc[schools["school_id"].eq("DS-S22"), "zone_id"] = "DS-S21"
    joined = replace(project, layers={**project.layers, "schools": schools}, version=project.version + 2)
    context = Context(joined, "primary", joined.year, None)
    plan = several.plans.in_force(joined, "primary", joined.year).replace("DS-S22", "DS-S21")
    found = zones.assess(context, plan)
    rows = reasons.rows(context, found).set_index("unit_id")
    units = plan.index[plan.eq("DS-S21")]
    drawn = rows.loc[units]
    assert drawn["ballot"].all() and drawn["notice"].str.contains("随机派位").all()
    assert not drawn["notice"].str.contains("最近的划片学校").any()
    expected = several.several.ballot_walks(joined, "primary").set_index(["zone_id", "unit_id"])
    mean = expected["expected"]["DS-S21"]
    assert drawn["metres"].tolist() == mean[units].tolist()
    near = expected["nearest"]["DS-S21"].reindex(rows.index)
    beside = rows[rows["rank"].eq(1) & ~rows["ballot"] & near.lt(rows["metres"])]
    assert not beside["notice"].str.contains("最近的划片学校").any()
    table = zones.unit_table(context, found).set_index("unit_id").loc[units]
    assert set(table["school"]) == {"随机派位"} and table["metres"].tolist() == mean[units].tolist()


def test_figures_table_and_notice_tell_the_walk_to_the_school_that_has_seats(project):
    schools = project.layers["schools"].copy()
    point, centre = schools["school_id"].eq("DS-S45"), schools["school_id"].eq("DS-S41")
    schools.loc[point, ["zone_id", "primary_intake"]] = ["DS-S41", 10]
    schools.loc[centre, "primary_intake"] = 500
    joined = replace(project, layers={**project.layers, "schools": schools}, version=project.version + 3)
    context = Context(joined, "primary", joined.year, None)
    plan = several.plans.in_force(joined, "primary", joined.year).replace("DS-S45", "DS-S41")
    found = zones.assess(context, plan)
    demand = zones.demand(found)
    bands = several.several.bands(joined, plan, demand).set_index("unit_id")
    lived = bands[demand.reindex(bands.index).gt(0)]
    assert found.zones.loc["DS-S41", "longest_walk_m"] == lived["lower_metres"].max()
    table = zones.unit_table(context, found).set_index("unit_id").loc[bands.index]
    names = schools.set_index("school_id")["name"]
    assert table["school"].tolist() == bands["lower_school"].map(names).tolist()
    assert table["metres"].tolist() == bands["lower_metres"].tolist()
    rows = reasons.rows(context, found).set_index("unit_id").loc[bands.index]
    assert rows["metres"].tolist() == bands["lower_metres"].tolist()
    young = bands["lower_school"].eq("DS-S45")
    assert rows.loc[young, "notice"].str.contains("3 年级及以下在北桥村教学点").all()
    assert not rows.loc[~young, "notice"].str.contains("教学点就读").any()
    passed = rows[rows["shared"]]
    assert len(passed) and not passed["notice"].str.contains("最近的划片学校").any()
    assert passed["notice"].str.contains("不是片内最近的一所").all()
    # schools of other zones on the way to the one that the unit is shared out to are told as nearer
    at = found.problem.unit_ids.get_indexer(passed.index)
    others = np.delete(found.problem.metres[at], found.problem.zone_ids.get_loc("DS-S41"), axis=1)
    nearer = (others < passed["metres"].to_numpy()[:, None]).sum(axis=1)
    assert (passed["rank"] == nearer + 1).all() and (nearer > 0).any()
    assert passed.loc[nearer > 0, "notice"].str.contains("步行更近的片区有").all()
