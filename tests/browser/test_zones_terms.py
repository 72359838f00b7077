"""The terms of a search on the page 划片: its time, the rules of balance, and the point that is taken."""

from __future__ import annotations

from dataclasses import replace

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
from ui.zones.options import searches
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


def test_a_search_for_ways_out_stops_when_it_is_told(desk: Desk) -> None:
    desk.open(draft=overfull(desk.project))
    start = desk.key("relax-start").locator("button").first
    desk.click("relax-start")
    expect(start).to_be_disabled()
    desk.key("cancel-zones-relax").locator("button").first.click()
    expect(desk.key("relax")).to_contain_text("已取消,数据未改动")  # it would have gone on for minutes
    expect(start).to_be_enabled()


def _roomy(desk: Desk) -> str:
    """Double the seats, so that few must move; give communities and marks; return a draft, few units free."""
    schools = desk.project.layers["schools"]
    roomy = schools.assign(junior_intake=schools["junior_intake"] * 2)
    units = desk.project.layers["units"]
    halved = units.assign(
        committee=["东社区" if at % 2 else "西社区" for at in range(len(units))],
        mark=np.linspace(60.0, 90.0, len(units)),
    )
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


def _every_number(desk: Desk) -> Choice:
    """Type every number of the optional rules, to more pupils a zone than there are; return the choice."""
    typed = {"max-metres": "9000", "share": "99", "least": "5000", "stay": "50", "most-moved": "900"}
    for key, text in typed.items():
        _type(desk, key, text)
    expect(desk.key("engine-deviation-number").locator("input")).to_be_disabled()
    desk.pick("engine-balance", "mark")
    _type(desk, "deviation-number", "2.5")
    _type(desk, "compact", "3")
    return Choice(
        max_metres=9000.0,
        share=0.99,
        least=5000,
        stay=50.0,
        most_moved=900,
        balance="mark",
        deviation=2.5,
        compact=3.0,
    )


def _type(desk: Desk, key: str, text: str) -> None:
    box = desk.key(f"engine-{key}").locator("input")
    box.fill(text)
    box.press("Enter")
    desk.settled()


def test_a_plan_is_dropped_or_taken_groups_go_by_a_column_and_any_point_of_the_trade_off_is_taken(desk: Desk):
    draft = _roomy(desk)
    desk.open(draft=draft, stage="junior")
    desk.key("engine-options").locator("summary").click()
    desk.settled()
    chosen_rules, rev = _every_number(desk), desk.store.get(draft).rev
    for button, steps in (("drop", 0), ("adopt", 1)):
        desk.click("engine-optimise")
        expect(desk.key("engine-outcome")).to_contain_text(
            "已证明在可选规则之下没有可行方案", timeout=180_000
        )
        desk.click(f"engine-{button}")
        expect(desk.key("engine-outcome")).to_have_count(0)
        assert desk.store.get(draft).rev == rev + steps
    assert Choice.of(desk.store.history(draft)[-1].payload["engine"]["rules"]) == chosen_rules
    expect(desk.key("engine-towns")).to_be_visible()  # of towns, until another column is chosen
    desk.pick("engine-column", "committee")
    expect(desk.key("engine-towns")).to_have_count(0)
    desk.pick("engine-towns-committee", "西社区")
    desk.page.keyboard.press("Escape")
    with_groups = replace(chosen_rules, column="committee", towns=("西社区",))
    assert searches(with_groups) != searches(chosen_rules)
    expect(desk.key("engine-options")).to_contain_text(f"需求解 {searches(with_groups)} 次")
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
