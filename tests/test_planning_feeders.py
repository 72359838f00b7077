"""Feeder patterns of a project: where the primary plan comes from, nine-year schools, who arrives when."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from gis.faults import FaultError
from planning import drafts, feeders, seats, zoneproblem
from planning.project import Project
from planning.store import DraftStore
from planning.zoneoptions import Choice, options, options_job
from zoning.feeders import REASONS


@pytest.fixture(scope="module")
def project(demo: Project) -> Project:
    return demo


def in_force(project: Project, stage: str) -> pd.Series:
    plan = project.layers["catchments"]
    return plan[plan["stage"].eq(stage)].set_index("unit_id")["zone_id"]


def test_the_primary_plan_is_that_in_force_or_of_a_revision_of_a_draft(project):
    year = project.year
    own = feeders.primary_plan(project, ("", 0, year))
    assert own.dropna().sort_index().to_dict() == in_force(project, "primary").dropna().to_dict()
    store = DraftStore(project.drafts_url)
    first = store.create(project.id, "一稿", author="王", ops=[drafts.plan("primary", year, own)])
    unit, zones = own.index[0], sorted(set(own.dropna()))
    other = next(zone for zone in zones if zone != own[unit])
    store.append(first.id, 1, drafts.assign("primary", year, [unit], other), author="王")
    store.close()
    assert feeders.primary_plan(project, (first.id, 1, year))[unit] == own[unit]
    assert feeders.primary_plan(project, (first.id, 2, year))[unit] == other
    for source, kind in (
        ((first.id, 9, year), "feeder_draft"),
        (("none", 1, year), "feeder_draft"),
        ((first.id, 1, 1990), "feeder_plan"),
    ):
        with pytest.raises(FaultError) as error:
            feeders.primary_plan(project, source)
        assert [fault.kind for fault in error.value.faults] == [kind]


def test_every_unit_of_a_primary_zone_is_in_a_group_or_the_zone_is_named(project):
    problem = zoneproblem.build(project, "junior", project.year)
    found = feeders.fed(project, ("", 0, project.year), problem)
    plan = in_force(project, "primary").dropna()
    grouped = {unit for group in found.groups for unit in group}
    loose = set(plan.index[plan.isin(found.unfit["primary_zone"])])
    assert grouped and grouped.isdisjoint(loose) and grouped | loose == set(plan.index)


def test_a_junior_search_keeps_primary_zones_whole_and_names_those_it_could_not_ask(project):
    choice = Choice(feeders=("", 0, project.year))
    assert Choice.of(json.loads(json.dumps(choice.payload()))) == choice
    present = in_force(project, "junior")
    told = options_job(project.folder, "junior", project.year, choice, present, seconds=None, work=20_000)
    assert [price.name for price in told.prices] == ["feeders"]
    assert not told.broken["kind"].isin(["feeder", "cut_off"]).any()
    primary = in_force(project, "primary").dropna()
    spared = {zone for zone, _reason in told.unfit}
    whole = set(primary) - spared
    assert whole and {reason for _zone, reason in told.unfit} <= {*REASONS}
    ends = told.result.zones.groupby(primary.reindex(told.result.zones.index)).nunique()
    assert (ends[list(whole)] == 1).all()
    problem = zoneproblem.build(project, "junior", project.year)
    broken = options(project, "junior", choice, problem, present).apply(problem).check(present)
    assert (broken["kind"] == "feeder").any()
    primary_problem = zoneproblem.build(project, "primary", project.year)
    assert options(project, "primary", choice, primary_problem, present).feeders == ()


def test_nine_year_schools_are_those_that_take_entrants_of_both_stages(project):
    found = feeders.nine_year(project).set_index("school_id")
    kinds = project.layers["schools"].set_index("school_id")["kind"]
    assert len(found) and set(kinds[found.index]) <= {"nine_year", "twelve_year"}


def test_all_who_arrive_are_counted_in_the_year_they_do(project):
    plan, years = in_force(project, "junior"), range(project.year, project.year + 4)
    found = feeders.arriving(project, plan, years)
    assert set(found["year"] - found["cohort"]) == {feeders.offset(project)} <= {5, 6}
    children = project.layers["children"]
    for year, rows in found.groupby("year"):
        known = seats.entrants(children, "junior", year, system=project.stage_system)
        assert rows["entrants"].sum() == known.sum() > 0
