"""Optional rules of a project: from what the planner chose to a plan that keeps them, and their prices."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from gis.faults import FaultError
from planning import spatial, zoneproblem
from planning.project import Project
from planning.zoneoptions import Choice, options, options_job
from zoning.check import check


@pytest.fixture(scope="module")
def project(demo: Project) -> Project:
    return demo


@pytest.fixture(scope="module")
def present(project: Project) -> pd.Series:
    plan = project.layers["catchments"]
    return plan[plan["stage"].eq("primary")].set_index("unit_id")["zone_id"]


def test_a_choice_is_recorded_in_full_and_read_back():
    choice = Choice(
        max_metres=1500.0, column="社区", towns=("甲",), enclaves=(("u", "z"),), share=0.95, small=("z",)
    )
    recorded = json.loads(json.dumps(choice.payload()))
    assert sorted(recorded) == ["column", "enclaves", "max_metres", "share", "small", "towns"]
    assert Choice.of(recorded) == choice
    assert Choice().payload() == {} and Choice.of({}) == Choice()


def test_crossings_and_towns_come_from_the_project(project, present):
    problem = zoneproblem.build(project, "primary", project.year)
    town = str(project.layers["units"]["town"].iloc[0])
    made = options(project, "primary", Choice(no_crossing=True, towns=(town,)), problem, present)
    walks = spatial.zone_travel(project, "primary").set_index(["unit_id", "zone_id"])["crossings"]
    assert made.barred and (walks[list(made.barred)] > 0).all()
    assert len(made.barred) == sum(n > 0 for (_, z), n in walks.items() if z in problem.zone_ids)
    units = project.layers["units"]
    assert set(made.together[0]) == set(units.loc[units["town"].eq(town), "unit_id"])
    junior = zoneproblem.build(project, "junior", project.year)
    assert options(project, "junior", Choice(no_crossing=True), junior, present).barred == ()


def test_a_plan_under_rules_keeps_them_with_a_price_for_each(project, present):
    said: list[tuple[float, str]] = []
    room = zoneproblem.zones(project, "primary").set_index("zone_id")["capacity"]
    small = tuple(sorted(set(room[room < 30].index)))
    told = options_job(
        project.folder,
        "primary",
        project.year,
        Choice(stay=300.0, share=0.99, least=20, small=small, balance="migrant", deviation=0.4, compact=1.0),
        present,
        start=present,
        seconds=None,
        work=600,
        progress=lambda share, text: said.append((share, text)),
    )
    problem = zoneproblem.build(project, "primary", project.year)
    assert told.result.feasible and check(problem, told.result.zones).empty
    assert told.broken.empty and told.border is not None and told.means is not None
    load = problem.demand.tolist()
    sizes = pd.Series(load, index=problem.unit_ids).groupby(told.result.zones).sum().drop(list(small))
    assert sizes.min() >= 20
    assert (told.means.drop(["", *small]) - told.means[""]).abs().max() <= 0.4 + 1e-9
    assert [price.name for price in told.prices] == ["stay", "least", "share", "balance", "compact", "all"]
    for price in told.prices:
        assert 0 <= price.low <= price.found + 1e-6 <= price.high + 2e-6
    assert told.pupils == problem.demand.sum() and 0 < told.moved < told.pupils
    shares = [share for share, _ in said]
    assert shares == sorted(shares) and shares[-1] <= 1 and len({text[:6] for _, text in said}) > 1


def test_among_some_zones_every_other_unit_stays(project, present):
    within = sorted(present.dropna().unique())[:3]
    told = options_job(
        project.folder, "primary", project.year, Choice(max_metres=2000.0), present,
        start=present, seconds=None, work=200, within=within,
    )  # fmt: skip
    others = present[present.notna() & ~present.isin(within)]
    problem = zoneproblem.build(project, "primary", project.year)
    kept = zoneproblem.fitting(problem, others).dropna()
    assert (told.result.zones[kept.index] == kept).all()


def test_a_town_with_two_schools_is_refused_by_name(project, present):
    town = str(project.layers["units"]["town"].mode().iloc[0])
    with pytest.raises(FaultError) as caught:
        options_job(project.folder, "primary", project.year, Choice(towns=(town,)), present)
    assert {fault.kind for fault in caught.value.faults} <= {"zoning_group_schools", "zoning_group_apart"}
