"""What is read out about a unit in a zone of several schools."""

from __future__ import annotations

from dataclasses import replace

import pytest

from data.make_demo import make_demo
from planning.project import list_projects, open_project
from ui.state import Context
from ui.views import phone, several


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    home = tmp_path_factory.mktemp("spoken")
    make_demo(home, which="county")
    return open_project(list_projects(home)[0].folder)


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
