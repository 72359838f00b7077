"""The planning board in a real browser: what it shows, says and finds."""

from __future__ import annotations

import pandas as pd
import pytest
from playwright.sync_api import expect

from planning import spatial, zoneproblem
from tests.browser.canvas import SLOW, Canvas
from ui.views.levels import percent
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


def _alike(board: Canvas) -> tuple[str, str, str]:
    """Return a unit of a third zone beside a zone, and another zone far off that has this one's colour."""
    plan = board.plan()
    hue = board.ask("return Object.fromEntries(b.data.zone.map((z) => [z.id, z.colour]))")
    pairs = spatial.adjacency(board.project)[["a", "b"]]
    pairs = pd.concat([pairs, pairs.rename(columns={"a": "b", "b": "a"})])
    for unit in board.large(60):
        beside = set(pairs.loc[pairs["a"] == unit, "b"].map(plan).dropna())
        for zone in sorted(beside - {plan[unit]}):
            far = [z for z, colour in hue.items() if colour == hue[zone] and z not in beside]
            if far:
                return unit, zone, far[0]
    raise AssertionError("no two zones are alike in colour")


def test_zones_that_come_to_lie_side_by_side_differ_in_colour_on_every_map(board: Canvas, ready) -> None:
    board.begin("同色")
    page = board.page
    unit, beside, far = _alike(board)
    colours = "return Object.fromEntries(b.data.zone.map((z) => [z.id, z.colour]))"
    usual = board.ask(colours)
    board.into(far)
    page.locator(".hp-board input[type=range]").fill("4")
    board.click(unit)
    board.saved()
    now = f"document.querySelector('.hp-board').board.data.zone.find((z) => z.id === '{beside}').colour"
    other = f"document.querySelector('.hp-board').board.data.zone.find((z) => z.id === '{far}').colour"
    page.wait_for_function(f"{now} !== {other}", timeout=SLOW)
    new = board.ask(colours)
    changed = {zone for zone in new if new[zone] != usual[zone]}
    assert changed and changed & {beside, far} and len(changed) < len(new) / 4  # the others keep theirs
    assert board.ask("return b.state.colours") == list(new.values())
    ready(page)
    page.goto(f"{board.app}/review?lang=zh&stage=primary")
    ready(page)
    page.locator(".hp-pair[data-ready]").wait_for()
    shown = page.evaluate(
        "() => { const { data, leaves } = document.querySelector('.hp-pair').pair;"
        " return data.plans.map((plan, i) => [plan.name,"
        " Object.fromEntries(data.zone.map((z, n) => [z.id, leaves[i].state.colours[n]]))]) }"
    )
    names = [name for name, _ in shown]
    assert "现行片区" in names[0] and "同色" in names[1]
    assert [hues for _, hues in shown[:2]] == [usual, new]
    expect(page.locator(".hp-legend")).to_contain_text("个别片区在各图上颜色不同")


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
    # figure and colour agree, and both with the tables that Python makes
    shares = board.ask(
        "b.data.zone[0].seats = 500;"
        "return [...Array(600).keys()].map((n) => { b.load[0] = n; return [b._share(0), b._full(0)] })"
    )
    assert shares[498] == [" 99.6%", False] and shares[500] == [" 100%", True]
    assert [share for share, _ in shares] == [f" {percent(n / 5)}" for n in range(600)]
    assert [full for _, full in shares] == [n >= 500 for n in range(600)]
