"""What the page 评审 lists for what is chosen: places, bands, the tree of drafts, and under which rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from planning.reviewlog import ReviewLog
from planning.zoneoptions import Choice
from tests.browser.tables import cells, lines
from tests.browser.test_review_controls import _pick
from tests.browser.test_review_page import MOVED, NAME, SPOT, Review, desk  # noqa: F401 - a fixture
from tests.browser.test_review_print import sheet  # noqa: F401 - a fixture
from ui.views import edits

pytestmark = pytest.mark.browser


def _zones(desk: Review, draft: str) -> dict[str, str]:  # noqa: F811
    """Return the name of the zone by name of the unit, of units whose name no other has."""
    plan = desk.store.state(draft).plan("primary", desk.project.year)
    units = desk.project.layers["units"].set_index("unit_id")["name"]
    units = units[~units.duplicated(keep=False)]
    schools = desk.project.layers["schools"].drop_duplicates("zone_id").set_index("zone_id")["name"]
    return {str(units[unit]): str(schools[zone]) for unit, zone in plan.items() if unit in units.index}


def _bands(desk: Review, page, ready, tables: Locator, by: str) -> None:  # noqa: F811
    """Choose each band of a measure that any pupil is in, and count the units that are listed."""
    sums, listed = (tables.nth(at + 2 * (by == "crowding")) for at in (0, 1))
    told = [(row[0], int(row[1])) for row in cells(sums)]
    several = [(band, units) for band, units in told if units]
    assert len(several) > 1
    for band, units in several:
        _pick(page, ready, f"review-band-{by}-0", band)
        lines(listed, units + 1)


def test_places_bands_and_the_tree_list_what_was_chosen(desk: Review, page, ready):  # noqa: F811
    desk.open()
    page.get_by_role("link", name="去“划片”页新建方案").click()  # nothing to review yet: the way to a draft
    expect(page.locator(".st-key-draft-new")).to_be_visible()
    desk.drafts()
    named = desk.store.list().set_index("name")["draft_id"]
    desk.open()
    desk.maps()
    tables = page.locator('[data-testid="stDataFrame"]')
    zones, seen = _zones(desk, named["二稿"]), []
    for at in (1, 2):
        desk.click("review-next")
        walk = page.locator(".st-key-review-walk")
        expect(walk).to_contain_text(f"第 {at} 处")
        lines(tables.first, 3)
        place = walk.locator("strong").inner_text().split("、")[0]
        assert place in zones
        expect(tables.first.locator("tbody tr").nth(1)).to_contain_text(f"B · 二稿{zones[place]}")
        seen.append(place)
    assert len(set(seen)) == 2

    gains = desk.section("gains", "谁受益谁受损").locator('[data-testid="stDataFrame"]')
    for by in ("distance", "crowding"):
        _bands(desk, page, ready, gains, by)

    tree = desk.section("tree", "方案谱系").locator('[data-testid="stDataFrame"]')
    assert [row[:3] for row in cells(tree)] == [
        [NAME, "现行片区", "王"],
        ["\u3000└ 二稿", f"{NAME} · 第 2 步", "李"],
    ]
    _pick(page, ready, "review-note-draft", "二稿")
    desk.fill("review-note", "东片再议")
    desk.fill("review-note-author", "孙")
    desk.click("review-note-add")
    expect(page.get_by_text("备注已加。")).to_be_visible()
    expect(tree.locator("tbody tr").last).to_contain_text("东片再议")

    desk.section("comments", "意见")
    units = desk.project.layers["units"]
    unit = units[~units["name"].duplicated(keep=False)].iloc[MOVED + 1]
    _pick(page, ready, "review-unit", str(unit["name"]))
    desk.fill("review-comment", "门口太窄")
    desk.fill("review-comment-author", "周")
    desk.click("review-comment-add")
    expect(page.get_by_text("已记下。")).to_be_visible()
    log = ReviewLog(desk.project.drafts_url)
    kept = log.comments(desk.project.id).iloc[-1]
    assert (kept["unit_id"], kept["text"], kept["author"]) == (unit["unit_id"], "门口太窄", "周")
    log.close()


def test_plans_are_held_against_the_rules_of_their_search_or_the_plain_ones(desk: Review, page, ready):  # noqa: F811
    draft = edits.create(desk.project, "按规则", author="王")
    plan = desk.store.state(draft.id).plan("primary", desk.project.year)
    about = {"how": "optimise", "rules": Choice(max_metres=1500.0).payload(), "within": []}
    key = ("primary", desk.project.year)
    desk.store.append(draft.id, draft.rev, edits.engine_step(key, plan, about), author="王")
    page.goto(f"{desk.app}/review?lang=zh&stage=primary&draft={draft.id}&plans=in-force,{draft.id}")
    ready(page)
    said = desk.section("figures", "指标")
    rules = said.locator('[data-testid="stDataFrame"]').nth(1)
    expect(said).to_contain_text("优化时设定的可选规则判断:最远步行 1,500 米")
    expect(rules.locator("tbody tr").filter(has_text="自设")).to_have_count(1)
    page.locator(".st-key-judge-plain label").first.click()
    ready(page)
    expect(said).not_to_contain_text("优化时设定的可选规则判断")
    expect(rules.locator("tbody tr").filter(has_text="自设")).to_have_count(0)


def test_in_a_file_places_are_walked_back_and_a_list_is_closed(page: Page, sheet: Path):  # noqa: F811
    page.goto(sheet.as_uri())
    page.locator(".hp-pair[data-ready]").wait_for()
    where, listed, back = page.locator("#where"), page.locator("#list"), page.locator("#back")
    framed: list[list[str]] = []
    expect(back).to_be_disabled()
    for button, place in (("#next", 1), ("#next", 2), ("#back", 1)):
        page.locator(button).click()
        expect(where).to_contain_text(f"第 {place} 处")
        framed.append(page.evaluate("() => window.pair.leaves.map((leaf) => [...leaf.state.place].join())"))
    first, second, again = framed
    assert first == again != second and all(first)
    expect(back).to_be_disabled()
    expect(listed.locator("tbody tr").first).to_be_visible()
    listed.locator("button").click()
    expect(listed).to_be_empty()
    page.locator(".hp-pair").scroll_into_view_if_needed()
    spot = SPOT.replace(
        'document.querySelector(".hp-pair")', "window"
    )  # in a file the maps are known by name
    x, y, unit = page.wait_for_function(spot).json_value()
    page.mouse.click(x, y)
    expect(listed.locator("p")).to_contain_text(unit)
    expect(listed.locator("tbody tr")).to_have_count(1)
