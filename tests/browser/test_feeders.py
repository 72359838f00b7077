"""小学与初中 on the page 划片, and feeders (对口直升) as an optional rule of a junior search."""

from __future__ import annotations

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from planning import feeders as planned
from planning import zoneproblem
from tests.browser.desk import Desk
from zoning import feeders
from zoning.feeders import REASONS

pytestmark = pytest.mark.browser
# Lines of links on both maps, full and dashed, without the white below them.
LINES = """() => document.querySelector(".st-key-feeders-maps .hp-pair").pair.leaves.map((leaf) => {
    const drawn = leaf.links.getLayers().filter((each) => each.getLatLngs).map((each) => each.options);
    const lines = drawn.filter((each) => each.color !== "#ffffff");
    const dashed = lines.filter((each) => each.dashArray);
    return [lines.length - dashed.length, dashed.length];
})"""
RINGS = """() => document.querySelector(".st-key-feeders-maps .hp-pair").pair.leaves.map((leaf) =>
    leaf.links.getLayers().filter((each) => each.getRadius && !each.options.fill).length)"""


def in_force(desk: Desk, stage: str):
    plan = desk.project.layers["catchments"]
    return plan[plan["stage"].eq(stage)].set_index("unit_id")["zone_id"]


def test_both_stages_lie_on_linked_maps_with_links_and_a_table_to_take_away(desk: Desk, page: Page, tmp_path):
    desk.open(lang="zh")
    desk.section("小学与初中")
    page.locator(".st-key-feeders-maps .hp-pair[data-ready]").wait_for()
    expect(page.locator(".st-key-feeders-maps .hp-pair-map")).to_have_count(2)
    titles = page.locator(".st-key-feeders-maps .hp-title b")
    expect(titles.nth(0)).to_have_text("小学 · 现行片区")
    expect(titles.nth(1)).to_have_text("初中 · 现行片区")
    expect(page.locator(".st-key-feeders-maps .hp-legend")).to_contain_text("满员(100% 及以上)的片区名为红色")

    demand = zoneproblem.demand(desk.project, "junior", desk.project.year)
    links = feeders.links(in_force(desk, "primary"), in_force(desk, "junior"), demand)
    own = planned.nine_year(desk.project)
    rings = len(links.merge(own, on=["primary_zone", "junior_zone"]))
    whole, split = int(links["whole"].sum()), int((~links["whole"]).sum())
    assert whole and split and rings
    for plain, dashed in page.evaluate(LINES):
        assert dashed and plain + dashed == whole + split - rings
    assert page.evaluate(RINGS) == [rings, rings]
    parts = feeders.split(links)
    said = page.locator(".st-key-zones-feeders")
    expect(said).to_contain_text(f"{len(parts)} 个被拆分")
    expect(said).to_contain_text(f"{parts['pupils'].sum():,} 名新生")
    expect(said).to_contain_text(f"九年一贯制学校 {len(own)} 所")
    expect(said).to_contain_text(f"{planned.offset(desk.project)} 年后入初中")
    expect(desk.tables("feeders")).to_have_count(3)

    with page.expect_download() as waiting:
        page.locator(".st-key-feeders-xlsx button").click()
    waiting.value.save_as(tmp_path / "feeders.xlsx")
    book = pd.read_excel(tmp_path / "feeders.xlsx", sheet_name=None, header=None, engine="calamine")
    rows = book["对口关系"].astype(str)
    assert len(rows) >= len(links) and rows.eq("拆分").any(axis=None)
    assert {"被拆分的小学片区", "各年升入初中的人数"} <= set(book)


def test_feeders_are_a_rule_of_a_junior_search_and_what_cannot_go_whole_is_named(desk: Desk, page: Page):
    desk.open(stage="junior")
    desk.key("engine-options").locator("summary").click()
    desk.settled()
    expect(desk.key("zones-engine")).not_to_contain_text("需求解")
    desk.pick("engine-feeders", "现行片区")
    expect(desk.key("zones-engine")).to_contain_text("需求解 2 次")
    problem = zoneproblem.build(desk.project, "junior", desk.project.year)
    unfit = planned.fed(desk.project, ("", 0, desk.project.year), problem).unfit
    assert len(unfit)
    for reason in unfit["reason"].unique():
        expect(desk.key("zones-engine")).to_contain_text(REASONS[reason].text("zh"))
