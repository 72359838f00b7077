"""Walks of a plan in zones of several schools: to the school that entrants are shared out to, or a mean."""

from __future__ import annotations

import pandas as pd
import pytest

from planning import attended, several, spatial, zoneproblem
from tests.test_planning_several import in_force, with_schools
from zoning import indicators

POINT, CENTRE = "DS-S45", "DS-S41"


def joined(demo, seats):
    """Return the project with the teaching point in the zone of its centre school, and that plan."""
    changes = {POINT: {"zone_id": CENTRE, "primary_intake": seats}, CENTRE: {"primary_intake": 500}}
    return with_schools(demo, changes), in_force(demo).replace(POINT, CENTRE)


def ways(project):
    return spatial.travel(project, "primary").set_index(["unit_id", "school_id"])


def test_units_walk_to_the_school_they_are_shared_out_to(demo):
    project, plan = joined(demo, 10)
    pupils = zoneproblem.demand(project, "primary", project.year)
    bands = several.bands(project, plan, pupils).set_index("unit_id")
    assert set(bands["lower_school"]) == {POINT, CENTRE}
    rows = attended.walks(project, plan, "primary", pupils).set_index("unit_id")
    before = spatial.walks(project, plan, "primary", pupils).set_index("unit_id")
    assert rows.index.tolist() == before.index.tolist() and rows.columns.tolist() == before.columns.tolist()
    mine = rows.loc[bands.index]
    assert mine["school_id"].tolist() == bands["lower_school"].tolist()
    way = ways(project).loc[list(zip(mine.index, mine["school_id"], strict=True))]
    for column in ("metres", "straight", "crossings"):
        assert mine[column].tolist() == way[column].tolist()
    assert (mine["school_id"] != before.loc[bands.index, "school_id"]).any()
    others = rows.index.difference(bands.index)
    pd.testing.assert_frame_equal(rows.loc[others], before.loc[others])


def test_the_cost_of_the_search_is_a_lower_bound_of_what_entrants_walk(demo):
    walked = []
    for seats in (0, 5, 10, 20, 400):
        project, plan = joined(demo, seats)
        problem = zoneproblem.build(project, "primary", project.year)
        posed = attended.posed(project, "primary", problem, plan)
        assert (posed.metres >= problem.metres).all()
        assert (posed.demand == problem.demand).all()
        walked.append(indicators.totals(posed, plan)["pupil_km"])
        assert walked[-1] >= indicators.totals(problem, plan)["pupil_km"]
    assert walked == sorted(walked, reverse=True) and walked[0] > walked[-1]  # seats near by shorten walks
    assert walked[-1] == pytest.approx(indicators.totals(problem, plan)["pupil_km"])  # with room for all


def test_a_plan_without_a_teaching_point_in_it_keeps_the_problem(demo):
    problem = zoneproblem.build(demo, "primary", demo.year)
    plan = in_force(demo).replace(POINT, CENTRE)
    assert attended.posed(demo, "primary", problem, plan) is problem


def test_a_ballot_tells_the_mean_walk(demo):
    project = with_schools(demo, {"DS-S22": {"zone_id": "DS-S21"}})
    plan = in_force(demo).replace("DS-S22", "DS-S21")
    pupils = zoneproblem.demand(project, "primary", project.year)
    rows = attended.walks(project, plan, "primary", pupils).set_index("unit_id")
    told = several.expected_walks(project, plan, "primary").set_index("unit_id")
    assert rows.loc[told.index, "metres"].tolist() == told["expected"].tolist()
    before = spatial.walks(project, plan, "primary", pupils).set_index("unit_id")
    others = rows.index.difference(told.index)
    assert rows.loc[others, "metres"].equals(before.loc[others, "metres"])
