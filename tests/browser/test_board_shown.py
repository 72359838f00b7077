"""The planning board in a real browser: what it shows, says and finds."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from planning import zoneproblem
from tests.browser.canvas import SLOW, Canvas
from zoning.check import check
from zoning.swaps import swaps

pytestmark = pytest.mark.browser


def test_a_school_or_a_unit_gives_the_zone_to_paint(board: Canvas) -> None:
    board.begin("取")
    unit = board.large(1)[0]
    choice = board.page.locator(".hp-board-aim select")
    x, y = board.spot(unit)
    board.page.mouse.click(x, y, button="right")
    expect(choice).to_have_value(str(board.zones().index(board.plan()[unit])))
    board.page.locator(".hp-board .hp-symbol").last.dispatch_event("click")
    last = board.ask("return b.data.schools[b.data.schools.length - 1][5]")
    expect(choice).to_have_value(str(last))
    expect(board.page.locator('.hp-board button[data-tool="brush"]')).to_have_attribute(
        "aria-pressed", "true"
    )


def test_view_tool_and_zone_stay_while_the_page_runs_again(board: Canvas) -> None:
    board.begin("留")
    zone = board.zones()[0]
    board.ask("b.map.setZoom(b.map.getZoom() + 0.5, { animate: false })")
    unit = board.large(1, apart_from=zone)[0]
    board.into(zone)
    view = board.ask("return [b.map.getZoom(), b.map.getCenter().lat, b.map.getCenter().lng]")
    board.ask("b.state.marked = 7; window.there = [...document.querySelectorAll('.hp-board *')]")
    labels = board.page.locator(".hp-board .hp-label").all_inner_texts()
    board.click(unit)
    board.saved()
    expect(board.page.locator(".st-key-zones-bar")).to_contain_text("第 3 步", timeout=SLOW)
    assert board.ask("return [b.map.getZoom(), b.map.getCenter().lat, b.map.getCenter().lng]") == view
    assert board.ask("return [b.tool, b.target, b.state.marked]") == ["brush", 0, 7]
    # Loads are other ones now, in the same places of the page: what is made afresh flickers.
    assert board.page.locator(".hp-board .hp-label").all_inner_texts() != labels
    kept = "window.there.filter((e) => e.matches('canvas, .hp-label, .hp-symbol, button, select'))"
    assert board.ask(f"return {kept}.length") > 30
    assert board.ask(f"return {kept}.every((e) => e.isConnected)")


def test_the_board_speaks_english(board: Canvas) -> None:
    board.begin("英", lang="en")
    words = board.page.locator(".hp-board-tools").inner_text()
    assert "Brush" in words and "Lasso" in words
    board.tool("box")
    expect(board.page.locator(".hp-board-foot")).to_contain_text("Drag a box")


def test_units_to_mend_are_found_and_shown_one_by_one(board: Canvas) -> None:
    board.begin("待处理")
    problem = zoneproblem.build(board.project, "primary", board.project.year)
    wrong = check(problem, zoneproblem.fitting(problem, board.plan()))
    wrong = set(wrong.loc[wrong["kind"].isin(["cut_off", "unassigned"]), "unit_id"])
    button = board.page.locator('.hp-board button[data-tool="trouble"]')
    expect(button).to_contain_text(str(len(wrong)))
    seen = set()
    for _ in wrong:
        button.click()
        unit = board.ask("return b.ground.ids[b.state.marked]")
        x, y = board.spot(unit)
        box = board.page.locator(".hp-board-map").bounding_box()
        assert box and box["x"] < x < box["x"] + box["width"] and box["y"] < y < box["y"] + box["height"]
        seen.add(unit)
    assert seen == wrong


def test_a_unit_asked_about_is_explained_and_swapped(board: Canvas) -> None:
    board.begin("问")
    plan = board.plan()
    problem = zoneproblem.build(board.project, "primary", board.project.year)
    fitted = zoneproblem.fitting(problem, plan)
    unit = next(each for each in board.large(60) if len(swaps(problem, fitted, each, most=1)))
    best = swaps(problem, fitted, unit, most=1).iloc[0]
    board.tool("ask")
    board.click(unit)
    name = str(board.project.layers["units"].set_index("unit_id")["name"][unit])
    expect(board.page.locator(".st-key-why-sentence")).to_contain_text(name, timeout=SLOW)
    board.page.locator(".st-key-why-swap button").first.click()
    expect(board.page.locator(".st-key-zones-bar")).to_contain_text("第 3 步", timeout=SLOW)
    after = board.plan()
    assert (after[unit], after[best["unit_id"]]) == (best["zone_id"], plan[unit])
    assert (after != plan).sum() == 2


def test_the_years_to_come_are_counted_while_painting(board: Canvas) -> None:
    board.begin("来年")
    zone = board.zones()[0]
    first = board.large(1, apart_from=zone)[0]
    board.into(zone)
    later = board.page.locator(".hp-board-ahead")
    year = board.project.year + 1
    before = zoneproblem.demand(board.project, "primary", year)
    own = board.plan().index[board.plan() == zone]
    expect(later).to_contain_text(f"{year} {before[own].sum()} ")
    board.click(first)
    board.saved()
    more = board.plan().index[board.plan() == zone]
    expect(later).to_contain_text(f"{year} {before[more].sum()} ")
    assert before[more].sum() != before[own].sum()


def test_the_map_says_what_it_shows(board: Canvas) -> None:
    board.begin("图例", lang="en")
    page = board.page
    expect(page.locator(".hp-board .hp-stamp")).to_be_visible()
    expect(page.locator(".hp-board .hp-north svg")).to_be_visible()
    expect(page.locator(".hp-board .leaflet-control-scale-line")).to_contain_text("km")
    expect(page.locator(".hp-board-legend")).to_contain_text("Locked")
    unit = board.large(1)[0]
    page.mouse.move(*board.spot(unit))
    expect(page.locator(".hp-board-tip")).to_contain_text("Entrants")
