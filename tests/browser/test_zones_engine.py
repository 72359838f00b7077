"""The engine asked from the page 划片 in a real browser: what it makes is kept, and why is told."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from planning import drafts, zoneproblem
from tests.browser.desk import SLOW, unit
from zoning.check import check

pytestmark = pytest.mark.browser


def test_nearest_draft_takes_over_and_any_state_comes_back(desk):
    draft = desk.new("四稿")
    before = desk.plan(draft)
    desk.click("engine-nearest")
    desk.saved(3)
    problem = zoneproblem.build(desk.project, "primary", desk.project.year)
    kinds = set(check(problem, desk.plan(draft))["kind"])
    assert "cut_off" not in kinds and "unassigned" not in kinds
    desk.section("历史与文件")
    desk.pick("history-rev", "方案建立时")
    desk.click("history-restore")
    desk.saved(4)
    assert desk.plan(draft).to_dict() == before.to_dict()


def test_optimise_saves_a_plan_that_keeps_every_rule_or_says_why_not(desk):
    draft = desk.new("五稿")
    desk.key("engine-seconds").get_by_text("10", exact=True).click()
    desk.settled()
    desk.click("engine-optimise")
    expect(desk.key("engine-cancel")).to_be_visible(timeout=SLOW)
    said = desk.key("engine-outcome")
    expect(said).to_be_visible(timeout=120_000)
    problem = zoneproblem.build(desk.project, "primary", desk.project.year)
    engine = desk.store.history(draft)[-1].payload.get("engine")
    if engine is None:  # undecided or impossible: nothing is saved, and the page does not call it a plan
        expect(said).to_contain_text(re.compile("不等于无解|已证明没有可行方案"))
        return
    expect(said).to_contain_text("离理论最优不超过")
    assert (engine["how"], engine["seed"], engine["feasible"]) == ("optimise", 0, True)
    assert engine["bound"] <= engine["cost"] + 1e-6
    plan = desk.plan(draft)
    assert check(problem, plan).empty
    walked = problem.cost[range(problem.n_units), problem.positions(plan)].sum()
    assert walked == pytest.approx(engine["cost"])
    desk.click("draft-undo")
    desk.saved(4)
    assert desk.plan(draft).to_dict() == desk.in_force().to_dict()


def test_only_the_units_without_a_zone_are_placed(desk):
    draft = desk.new("补齐")
    before = desk.plan(draft)
    gone = [unit(desk, at)[0] for at in (4, 5)]
    desk.store.append(draft, 2, drafts.assign("primary", desk.project.year, gone, None), author="王老师")
    desk.open(draft=draft)
    desk.click("engine-complete")
    desk.saved(4)
    plan = desk.plan(draft)
    assert plan.notna().all()
    assert plan.drop(gone).to_dict() == before.drop(gone).to_dict()
    expect(desk.key("engine-complete").locator("button").first).to_be_disabled(timeout=SLOW)


def test_optimise_among_chosen_zones_leaves_all_others_alone(desk):
    draft = desk.new("两片")
    before = desk.plan(draft)
    names = desk.project.layers["schools"].set_index("school_id")["name"]
    zones = ["DS-S01", "DS-S02"]
    for zone in zones:
        desk.pick("engine-within", str(names[zone]))
        desk.page.keyboard.press("Escape")
    desk.key("engine-seconds").get_by_text("10", exact=True).click()
    desk.settled()
    desk.click("engine-optimise")
    expect(desk.key("engine-outcome")).to_be_visible(timeout=120_000)
    adopt = desk.key("engine-adopt")
    if adopt.count():
        desk.click("engine-adopt")
    engine = desk.store.history(draft)[-1].payload["engine"]
    assert sorted(engine["within"]) == zones
    plan = desk.plan(draft).reindex(before.index)
    assert (plan != before).any()
    assert plan[~before.isin(zones)].to_dict() == before[~before.isin(zones)].to_dict()
    assert set(plan[before.isin(zones)]) <= set(zones)


def test_why_names_the_school_the_walk_and_the_rank(desk):
    unit_id, name = unit(desk)
    desk.open()
    desk.section("为什么")
    desk.pick("why-unit", name)
    school = desk.project.layers["schools"].set_index("school_id")["name"]
    zone = desk.in_force()[unit_id]
    expect(desk.key("why-sentence")).to_contain_text(name)
    expect(desk.key("why-sentence")).to_contain_text(str(school.get(zone, "")))
    expect(desk.tables("why")).to_have_count(1, timeout=SLOW)
