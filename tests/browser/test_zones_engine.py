"""The engine asked from the page 划片 in a real browser: what it makes is kept, and why is told."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from planning import drafts, spatial, unitcolumns, zoneproblem
from planning.zoneoptions import Choice
from tests.browser.desk import SLOW, Desk, unit
from ui.views import edits, ruled
from ui.zones.options import searches
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


def _astray(desk: Desk, zones: list[str]) -> str:
    """Return a unit of the first zone that lies beside the second and has the longest way to walk there."""
    problem = zoneproblem.build(desk.project, "primary", desk.project.year)
    plan, at = desk.in_force(), [list(problem.zone_ids).index(zone) for zone in zones]
    pairs = spatial.adjacency(desk.project)[["a", "b"]].to_numpy()
    beside = {a for a, b in [*pairs, *pairs[:, ::-1]] if plan[a] == zones[0] and plan[b] == zones[1]}
    beside -= set(zoneproblem.anchors(desk.project, "primary")["unit_id"])
    extra = {u: problem.cost[problem.unit_ids.get_loc(u)] for u in beside}
    return str(max(sorted(beside), key=lambda u: extra[u][at[1]] - extra[u][at[0]]))


def _search(desk: Desk, draft: str) -> dict[str, object]:
    """Have the engine search, take its plan if there is one, and return what the last step says of it."""
    desk.click("engine-optimise")
    expect(desk.key("engine-outcome")).to_be_visible(timeout=180_000)
    desk.settled()
    if desk.key("engine-adopt").count():
        desk.click("engine-adopt")
    return dict(desk.store.history(draft)[-1].payload.get("engine", {}))


def test_locks_seed_and_rules_of_a_search_are_those_that_were_chosen(desk):
    zones = ["DS-S01", "DS-S02"]
    year, astray = desk.project.year, _astray(desk, zones)
    draft = edits.create(desk.project, "锁着优化", author="王老师").id
    rev = desk.store.get(draft).rev
    for op in (
        drafts.assign("primary", year, [astray], zones[1]),
        drafts.lock("primary", year, [astray]),
    ):
        rev = desk.store.append(draft, rev, op, author="王老师")
    desk.open(draft=draft)
    names = desk.project.layers["schools"].set_index("school_id")["name"]
    for zone in zones:
        desk.pick("engine-within", str(names[zone]))
        desk.page.keyboard.press("Escape")
    desk.key("engine-seconds").get_by_text("10", exact=True).click()
    desk.settled()
    seed = desk.key("engine-seed").locator("input")
    seed.fill("7")
    seed.press("Enter")
    desk.settled()
    _search(desk, draft)
    assert desk.plan(draft)[astray] == zones[1]  # it is locked, whatever else could be done
    desk.key("engine-locks").locator("label").click()
    desk.settled()
    engine = _search(desk, draft)
    assert (engine["keep_locks"], engine["seed"]) == (False, 7)
    assert desk.plan(draft)[astray] == zones[0]


def test_every_optional_rule_counts_its_searches_and_a_search_stops_when_it_is_told(desk):
    draft = edits.create(desk.project, "全部规则", author="王老师").id
    desk.open(draft=draft)
    fold = desk.key("engine-options")
    fold.locator("summary").click()
    desk.settled()
    choice = Choice()

    def counted(**rule: object) -> None:
        nonlocal choice
        choice = replace(choice, **rule)
        expect(fold).to_contain_text(f"需求解 {searches(choice)} 次")

    typed = {"max-metres": "9000", "share": "99", "least": "5", "stay": "50", "most-moved": "900"}
    chosen = {"max_metres": 9000.0, "share": 0.99, "least": 5, "stay": 50.0, "most_moved": 900}
    for (key, text), (name, value) in zip(typed.items(), chosen.items(), strict=True):
        box = desk.key(f"engine-{key}").locator("input")
        box.fill(text)
        box.press("Enter")
        desk.settled()
        counted(**{name: value})
    desk.key("engine-no-crossing").locator("label").click()
    desk.settled()
    counted(no_crossing=True)
    expect(desk.key("engine-deviation-number").locator("input")).to_be_disabled()
    attribute = unitcolumns.attributes(desk.project)[0]
    desk.pick("engine-balance", ruled.attribute_word(attribute))
    counted(balance=attribute, deviation=0.1)
    expect(desk.key("engine-deviation-share").locator("input")).to_be_enabled()
    for key, word, rule in (
        ("towns", unitcolumns.values(desk.project, "town")[0], {"towns": ("x",)}),
        ("enclaves", unit(desk)[1], {"enclaves": (("u", "z"),)}),
    ):
        desk.pick(f"engine-{key}", word)
        desk.page.keyboard.press("Escape")
        counted(**rule)
    desk.key("engine-seconds").get_by_text("120", exact=True).click()
    desk.settled()
    desk.click("engine-optimise")
    stop = desk.key("engine-cancel").locator("button").first
    stop.wait_for(timeout=SLOW)
    stop.click()
    # It would have gone on for two minutes at least.
    expect(desk.key("engine-outcome")).to_be_visible(timeout=100_000)
    desk.settled()
    drop = desk.key("engine-drop")
    if drop.count():
        desk.click("engine-drop")
        expect(desk.key("engine-outcome")).to_have_count(0)
