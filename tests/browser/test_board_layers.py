"""Layers of the planning board in a real browser: what is switched on is shown, and nothing else is sent."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from playwright.sync_api import expect

from planning import reach, zoneproblem
from planning.walkbook import WalkBook
from tests.browser.canvas import Canvas

pytestmark = pytest.mark.browser


def _switch(board: Canvas, *names: str) -> None:
    """Turn layers over, by their boxes."""
    control = board.page.locator(".hp-board-layers")
    control.locator("summary").click()
    for name in names:
        control.locator(f'input[data-layer="{name}"]').click()
    control.locator("summary").click()


def _pixels(board: Canvas) -> str:
    """Return what the canvas shows, once it has been drawn."""
    script = "(done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))"
    board.page.evaluate(f"() => new Promise({script})")
    return str(board.ask("return b.sheet._container.toDataURL()"))


def test_lines_and_borders_are_hidden_and_shown_again(board: Canvas) -> None:
    board.begin("图层")
    seen = [_pixels(board)]
    for name in ("roads", "barriers", "borders"):
        _switch(board, name)
        seen.append(_pixels(board))
    assert len(set(seen)) == 4  # each took something off the map
    board.saved()
    _switch(board, "roads", "barriers", "borders")
    assert _pixels(board) == seen[0]


def test_what_is_sent_is_sent_once_and_only_when_it_is_switched_on(board: Canvas) -> None:
    board.begin("班额")
    page, legend = board.page, board.page.locator(".hp-board-legend")
    place = board.page.locator(".hp-board-map").bounding_box()
    expect(page.locator(".hp-layer")).to_have_count(0)
    held = "Object.keys(window.huapianLayers || {}).filter((name) => name !== 'limits').join()"
    assert not page.evaluate(held)
    _switch(board, "classes")
    classes = board.project.layers["classes"]
    grades = board.project.grades("primary")
    rows = classes[(classes["year"] == classes["year"].max()) & classes["grade"].isin(grades)]
    expect(page.locator(".hp-layer")).to_have_count(rows["school_id"].nunique())
    # a font that comes late may shift it by a part of a pixel, a legend beside it by whole lines
    assert board.page.locator(".hp-board-map").bounding_box() == pytest.approx(place, abs=1)
    expect(legend).to_contain_text("≥ 66")
    _switch(board, "classes", "estates")
    expect(legend).to_contain_text("交付年不明")
    expect(legend).not_to_contain_text("≥ 66")
    estates = board.project.layers["estates"]
    expect(page.locator(".hp-layer")).to_have_count(len(estates))
    year = str(int(estates["handover_year"].dropna().iloc[0]))
    expect(page.locator(".hp-layer").filter(has_text=year).first).to_be_attached()
    page.wait_for_function(f"{held} === 'estates'")  # the other is let go of
    page.evaluate("window.sentBefore = window.huapianLayers.estates")
    board.into(board.zones()[0])
    board.click(board.large(1, apart_from=board.zones()[0])[0])
    board.saved()
    assert page.evaluate(
        "window.sentBefore === window.huapianLayers.estates"
    )  # a stroke does not send it anew


def test_units_show_their_walk_and_the_choice_stays_for_the_session(board: Canvas) -> None:
    board.begin("距离", lang="en")
    page = board.page
    unit = board.large(1)[0]
    before = _pixels(board)
    _switch(board, "distance")
    expect(page.locator(".hp-board-legend")).to_contain_text("> 2,000 m")
    assert _pixels(board) != before
    hue, metres = board.ask(f"const u = b.ground.number.get('{unit}'); return [b._hue(u), b.data.walks[u]]")
    tops, colours = board.ask("return [b.data.layers.walks.tops, b.data.layers.walks.colours]")
    assert hue == colours[sum(abs(metres) > top for top in tops)]
    zone = board.zones()[0]
    other = board.large(1, apart_from=zone)[0]
    board.into(zone)
    assert (
        board.ask(
            f"const u = b.ground.number.get('{other}'); b.touch([u]); const hue = b._hue(u);"
            "b.stroke.clear(); b.update(b.data, b.send); return hue"
        )
        == "#ffffff"
    )  # the walk to the new school is not known until Python has told it
    page.get_by_role("link", name="Data").first.click()
    expect(page.locator(".st-key-data-section")).to_be_visible()
    page.get_by_role("link", name="Zoning").first.click()
    board.shown_up()
    assert board.ask("return [...b.on].sort()") == ["barriers", "borders", "distance", "roads"]
    expect(page.locator('input[data-layer="distance"]')).to_be_checked()


def test_painting_beyond_a_limit_names_the_rule_and_what_it_measures(board: Canvas) -> None:
    board.begin("半径")
    said = board.page.locator(".hp-board-warnings")
    rule = next(r for r in reach.limits(board.project, "primary", 2026) if r.metric == "service_radius")
    zones, book = board.zones(), WalkBook.of(board.project, "primary")
    units = list(board.plan().index)
    far = reach.beyond(board.project, book, rule, units=units, zones=zones)
    children = zoneproblem.demand(board.project, "primary", board.project.year).reindex(units).fillna(0) > 0
    place = board.ask("return b.data.places[1].slice(1)")
    board.ask(f"b._fit({json.dumps(place)})")
    unit = next(u for u in board.large(60) if far[units.index(u)].any() and children[u])
    at = units.index(unit)
    near = next((z for z, out in zip(zones, far[at], strict=True) if not out), None)
    beyond = next(z for z, out in zip(zones, far[at], strict=True) if out and z != board.plan()[unit])
    board.into(beyond)
    board.page.locator(".hp-board input[type=range]").fill("4")
    board.click(unit)
    now = pd.Series(board.shown()).reindex(units)
    all_of_it = int((far[range(len(units)), [zones.index(z) for z in now]] & children.to_numpy()).sum())
    expect(said).to_contain_text(
        f"{rule.title()}:刚划入的 1 个单元离学校超过 500 米(直线,不是步行);全方案共 {all_of_it} 个。"
        f"依据:{rule.source} {rule.clause}"
    )
    board.saved()
    expect(said).to_contain_text(rule.title())  # it stays when the plan is back from Python
    if near is not None:
        board.into(near)
        board.click(unit)
        expect(said).not_to_contain_text(rule.title())
    board.saved()
    undo = board.page.locator('.hp-board button[data-tool="undo"]')
    expect(undo).to_be_enabled()
    undo.click()
    board.saved()
    expect(said).not_to_contain_text(rule.title())  # nothing was painted
