"""The terms of a search on the page 划片: its time, the rules of balance, and the point that is taken."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import expect

from planning import drafts, unitcolumns, zoneproblem
from planning.project import save_layers
from planning.zoneoptions import Choice
from tests.browser.desk import Desk
from tests.browser.tables import cells
from tests.browser.test_why import overfull
from ui.views import edits, ruled
from zoning.check import check
from zoning.edit import changes

pytestmark = pytest.mark.browser


def test_a_search_takes_the_time_and_the_balance_that_were_chosen(desk: Desk) -> None:
    draft = edits.create(desk.project, "均衡", author="王老师").id
    desk.open(draft=draft)
    desk.key("engine-seconds").get_by_text("10", exact=True).click()
    desk.key("engine-options").locator("summary").click()
    desk.settled()
    expect(desk.key("engine-small")).to_have_count(0)  # nothing yet to be spared from
    attribute = unitcolumns.attributes(desk.project)[0]
    desk.pick("engine-balance", ruled.attribute_word(attribute))
    name = "share" if attribute == unitcolumns.MIGRANT else "number"
    within = desk.key(f"engine-deviation-{name}").locator("input")
    within.fill("37")
    within.press("Enter")
    desk.settled()
    schools = desk.project.layers["schools"].set_index("school_id")["name"]
    for zone in ("DS-S01", "DS-S02"):
        desk.pick("engine-small", str(schools[zone]))
        desk.page.keyboard.press("Escape")
    desk.click("engine-optimise")
    expect(desk.key("engine-outcome")).to_be_visible(timeout=180_000)
    desk.settled()
    if desk.key("engine-adopt").count():
        desk.click("engine-adopt")
    engine = desk.store.history(draft)[-1].payload["engine"]
    assert engine["seconds"] < 20  # it stops at its time, not at the thirty seconds that stand there at first
    assert Choice.of(engine["rules"]) == Choice(
        balance=attribute, deviation=0.37 if name == "share" else 37.0, small=("DS-S01", "DS-S02")
    )


def test_a_search_for_points_or_for_ways_out_stops_when_it_is_told(desk: Desk) -> None:
    for draft, section, part, job in (
        ("", "与现行对比", "frontier", "zones-frontier"),
        (overfull(desk.project), "自动划片", "relax", "zones-relax"),
    ):
        desk.open(draft=draft)
        desk.section(section)
        start = desk.key(f"{part}-start").locator("button").first
        desk.click(f"{part}-start")
        expect(start).to_be_disabled()
        desk.key(f"cancel-{job}").locator("button").first.click()
        # Either would have gone on for minutes.
        expect(desk.key(part)).to_contain_text("已取消,数据未改动")
        expect(start).to_be_enabled()


def _roomy(desk: Desk) -> str:
    """Double the seats, so that few must move, and name communities; return a draft with few units free."""
    schools = desk.project.layers["schools"]
    roomy = schools.assign(junior_intake=schools["junior_intake"] * 2)
    units = desk.project.layers["units"]
    halved = units.assign(committee=["东社区" if at % 2 else "西社区" for at in range(len(units))])
    project = desk.project = save_layers(desk.project, {"schools": roomy, "units": halved})
    plan = desk.in_force("junior")
    problem = zoneproblem.build(project, "junior", project.year)
    at = np.arange(problem.n_units), problem.positions(plan.reindex(problem.unit_ids))
    saved = pd.Series(problem.cost[at] - problem.cost.min(axis=1), index=problem.unit_ids)
    anchors = zoneproblem.anchors(project, "junior")["unit_id"]
    astray = check(problem, plan)["unit_id"].dropna()
    free = saved.drop(anchors).nlargest(6).index.union(astray)
    draft = edits.create(project, "取舍", author="王老师")
    held = [str(unit) for unit in plan.index.difference(free)]
    desk.store.append(draft.id, draft.rev, drafts.lock("junior", project.year, held), author="王老师")
    return draft.id


def test_groups_go_by_the_column_chosen_and_any_point_of_the_trade_off_can_be_taken(desk: Desk) -> None:
    draft = _roomy(desk)
    desk.open(draft=draft, stage="junior")
    desk.key("engine-options").locator("summary").click()
    desk.settled()
    expect(desk.key("engine-towns")).to_be_visible()  # of towns, until another column is chosen
    desk.pick("engine-column", "committee")
    expect(desk.key("engine-towns")).to_have_count(0)
    desk.pick("engine-towns-committee", "西社区")
    desk.page.keyboard.press("Escape")
    expect(desk.key("engine-options")).to_contain_text("需求解 2 次")
    desk.section("与现行对比")
    desk.key("frontier-seconds").get_by_text("600", exact=True).click()
    desk.settled()
    desk.click("frontier-start")
    expect(desk.key("frontier-adopt")).to_be_visible(timeout=180_000)
    desk.settled()
    expect(desk.key("frontier").locator('[data-testid="stVegaLiteChart"]')).to_contain_text("限时 600 秒")
    points = cells(desk.key("frontier").locator('[data-testid="stDataFrame"]'))
    chosen = int(points[2][0])
    desk.pick("frontier-point", f"调整 {chosen:,} 人")
    desk.click("frontier-adopt")
    desk.settled()
    moved = desk.store.history(draft)[-1].payload["engine"]["moved"]
    assert moved == chosen != int(points[0][0])
    units = changes(desk.in_force("junior"), desk.plan(draft, "junior"))
    demand = zoneproblem.demand(desk.project, "junior", desk.project.year)
    assert demand[units["unit_id"]].sum() == moved > 0
