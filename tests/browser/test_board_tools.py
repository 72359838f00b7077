"""Tools and warnings of the planning board in a real browser."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from planning import zoneproblem
from tests.browser.canvas import SLOW, Canvas
from zoning.check import check

pytestmark = pytest.mark.browser


def _school(board: Canvas, zone: str) -> list[list[float]]:
    """Return where the schools of a zone lie on the screen."""
    found: list[list[float]] = board.ask(
        f"const z = {board.zones().index(zone)}, box = b.map.getContainer().getBoundingClientRect();"
        "return b.data.schools.filter((s) => s[5] === z).map((s) => {"
        " const p = b.map.latLngToContainerPoint([s[0], s[1]]); return [box.left + p.x, box.top + p.y]; })"
    )
    return found


def test_units_behind_a_drawn_line_follow_it(board: Canvas) -> None:
    board.begin("线")
    plan = board.plan()
    unit = next(u for u in board.large(40) if len(_school(board, plan[u])) == 1)
    zone = plan[unit]
    into = next(other for other in board.zones() if other != zone)
    (sx, sy), (x, y) = _school(board, zone)[0], board.spot(unit)
    far = ((x - sx) ** 2 + (y - sy) ** 2) ** 0.5
    ux, uy = (x - sx) / far, (y - sy) / far  # away from the school
    x, y = x - 3 * ux, y - 3 * uy
    board.into(into)
    board.page.locator(".hp-board-map").focus()
    board.page.keyboard.press("d")
    expect(board.page.locator('.hp-board button[data-tool="line"]')).to_have_attribute("aria-pressed", "true")
    board.page.mouse.move(x + 6 * uy, y - 6 * ux)
    board.page.mouse.down()
    board.page.mouse.move(x - 6 * uy, y + 6 * ux, steps=4)
    board.page.mouse.up()
    board.saved()
    after = board.plan()
    ahead = {u: (px - x) * ux + (py - y) * uy for u in plan.index[plan == zone] for px, py in [board.spot(u)]}
    assert after[unit] == into
    for u, pixels in ahead.items():
        if abs(pixels) > 1:
            assert after[u] == (into if pixels > 0 else zone)
    assert after[plan != zone].equals(plan[plan != zone])


def test_a_line_that_parts_nothing_says_so_and_changes_nothing(board: Canvas) -> None:
    board.begin("空线")
    plan = board.plan()
    unit = board.large(1)[0]
    board.into(plan[unit])  # the zone that is painted is no zone to part
    board.tool("line")
    board.page.locator(".hp-board-map").hover()
    x, y = board.spot(unit)
    board.page.mouse.move(x, y)
    board.page.mouse.down()
    board.page.mouse.move(x + 2, y)
    board.page.mouse.up()
    expect(board.page.locator(".hp-board-foot")).to_contain_text("没有分出单元")
    assert board.plan().equals(plan)


def test_warnings_name_their_rule(board: Canvas) -> None:
    board.begin("提醒")
    said = board.page.locator(".hp-board-warnings")
    plan, unit = board.plan(), board.large(1)[0]
    expect(said).not_to_contain_text("每个单元划入一个片区")
    place = board.spot(unit)
    board.page.locator(".hp-board-aim select").select_option("-2")
    board.tool("brush")
    board.page.locator(".hp-board input[type=range]").fill("4")
    board.click(unit)
    expect(said).to_contain_text("每个单元划入一个片区:1 个单元没有片区。依据:《义务教育法》第十二条")
    assert board.spot(unit) == place  # a warning that comes moves no map
    board.saved()
    into = _farthest(board, unit, plan[unit])
    board.into(into)
    board.click(unit)
    board.saved()
    expect(said).not_to_contain_text("每个单元划入一个片区", timeout=SLOW)
    problem = zoneproblem.build(board.project, "primary", board.project.year)
    cut = check(problem, board.plan()).query("kind == 'cut_off'")["unit_id"]
    assert unit in set(cut)
    expect(said).to_contain_text(f"片区连片,不设飞地:{len(cut)} 个单元与学校不相连", timeout=SLOW)
    over = board.ask("return b.data.zone.filter((z, i) => z.seats !== null && b.load[i] > z.seats).length")
    text = f"片区入学人数不超过招生计划:{over} 个片区超出"
    expect(said).to_contain_text(text) if over else expect(said).not_to_contain_text("招生计划:")
    board.tool("lock")
    board.click(unit)
    board.saved()
    board.page.wait_for_function(
        f"() => {{ const b = document.querySelector('.hp-board').board;"
        f" return b.state.locked.has(b.ground.ids.indexOf({json.dumps(unit)})) }}"
    )
    expect(said).not_to_contain_text("锁定的单元不动")
    board.into(plan[unit])
    board.tool("brush")
    board.click(unit)
    expect(said).to_contain_text("锁定的单元不动:1 个锁定的单元没有改动")


def _farthest(board: Canvas, unit: str, own: str) -> str:
    """Return the zone whose school lies farthest from a unit."""
    x, y = board.spot(unit)
    far = {
        zone: min((px - x) ** 2 + (py - y) ** 2 for px, py in spots)
        for zone in board.zones()
        if zone != own and (spots := _school(board, zone))
    }
    return max(far, key=far.__getitem__)
