"""The planning board in a real browser: what is painted is what is kept."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.browser.canvas import SLOW, Canvas
from ui.views import edits

pytestmark = pytest.mark.browser


def test_a_brush_stroke_is_one_step_seen_at_once_and_kept(board: Canvas) -> None:
    board.begin("画笔")
    zone = board.zones()[0]
    first, second = board.large(2, apart_from=zone)
    rev = board.store.get(board.draft).rev
    board.into(zone)
    figures = board.page.locator(".hp-board-figures").inner_text()
    board.page.mouse.move(*board.spot(first))
    board.page.mouse.down()
    board.page.mouse.move(*board.spot(second))
    assert board.page.locator(".hp-board-figures").inner_text() != figures  # counted while painting
    board.page.mouse.up()
    board.saved()
    plan = board.plan()
    assert plan[first] == plan[second] == zone
    assert board.store.get(board.draft).rev == rev + 1
    assert {unit: value for unit, value in board.shown().items() if value} == plan.dropna().to_dict()


def test_nothing_under_a_fast_stroke_is_skipped(board: Canvas) -> None:
    board.begin("快笔")
    zone = board.zones()[0]
    board.into(zone)
    ends = board.large(2, apart_from=zone)
    (ax, ay), (bx, by) = map(board.spot, ends)
    under = board.ask(
        f"const n = 200, box = b.map.getContainer().getBoundingClientRect(), found = new Set();"
        f"for (let i = 0; i <= n; i++) {{"
        f"  const x = {ax} + ({bx} - {ax}) * i / n, y = {ay} + ({by} - {ay}) * i / n;"
        f"  const u = b.ground.at(...b.pointer._place({{ clientX: x, clientY: y }}));"
        f"  if (u >= 0) found.add(b.ground.ids[u]); }} return [...found];"
    )
    board.page.mouse.move(ax, ay)
    board.page.mouse.down()
    board.page.mouse.move(bx, by)  # one event, however far
    board.page.mouse.up()
    board.saved()
    plan = board.plan()
    assert len(under) >= 3 and all(plan[unit] == zone for unit in under)


def test_box_lasso_and_township(board: Canvas) -> None:
    board.begin("框")
    zone, other, third = board.zones()[:3]
    unit = board.large(1, apart_from=zone)[0]
    x, y = board.spot(unit)
    board.into(zone)
    board.tool("box")
    board.page.mouse.move(x - 12, y - 12)
    board.page.mouse.down()
    board.page.mouse.move(x + 12, y + 12, steps=3)
    board.page.mouse.up()
    board.saved()
    assert board.plan()[unit] == zone
    board.into(other)
    board.tool("ring")
    board.page.mouse.move(x, y - 14)
    board.page.mouse.down()
    for dx, dy in ((14, 10), (-14, 10), (0, -14)):
        board.page.mouse.move(x + dx, y + dy)
    board.page.mouse.up()
    board.saved()
    assert board.plan()[unit] == other
    board.into(third)
    board.tool("town")
    board.click(unit)
    board.saved()
    units = board.project.layers["units"].set_index("unit_id")
    town = units.index[units["town"] == units["town"][unit]]
    assert len(town) > 1 and board.plan()[town].eq(third).all()


def test_locked_units_are_left_alone_and_unlocked_again(board: Canvas) -> None:
    board.begin("锁")
    zone = board.zones()[0]
    unit = board.large(1, apart_from=zone)[0]
    before = board.plan()[unit]
    board.tool("lock")
    board.click(unit)
    board.saved()
    assert unit in board.store.state(board.draft).locked("primary", board.project.year).index
    board.page.wait_for_function(
        f"() => {{ const b = document.querySelector('.hp-board').board;"
        f" return b.state.locked.has(b.ground.ids.indexOf({json.dumps(unit)})) }}"
    )
    board.into(zone)
    board.tool("brush")
    board.page.locator(".hp-board input[type=range]").fill("4")
    board.click(unit)
    expect(board.page.locator(".hp-board-foot")).to_contain_text("锁定")
    board.saved()
    assert board.plan()[unit] == before
    board.tool("lock")
    board.click(unit)
    board.saved()
    assert not len(board.store.state(board.draft).locked("primary", board.project.year))


def test_keys_take_back_and_bring_back(board: Canvas) -> None:
    board.begin("键")
    zone = board.zones()[0]
    unit = board.large(1, apart_from=zone)[0]
    before = board.plan()[unit]
    board.into(zone)
    board.page.locator(".hp-board-map").focus()
    board.page.keyboard.press("o")
    expect(board.page.locator('.hp-board button[data-tool="ring"]')).to_have_attribute("aria-pressed", "true")
    board.page.keyboard.press("b")
    board.click(unit)
    board.saved()
    assert board.plan()[unit] == zone
    expect(board.page.locator('.hp-board button[data-tool="undo"]')).to_be_enabled(timeout=SLOW)
    board.page.keyboard.press("Control+z")
    board.saved()
    assert board.plan()[unit] == before
    expect(board.page.locator('.hp-board button[data-tool="redo"]')).to_be_enabled(timeout=SLOW)
    board.page.keyboard.press("Control+y")
    board.saved()
    assert board.plan()[unit] == zone


def test_the_first_stroke_on_the_plan_in_force_asks_for_a_draft_and_is_kept(board: Canvas) -> None:
    board.open()
    zone = board.zones()[0]
    plan = board.project.layers["catchments"]
    board.draft = board.store.create(
        board.project.id, "查", author="王老师", ops=edits.first_steps(board.project)
    ).id
    unit = board.large(1, apart_from=zone)[0]
    assert len(plan)
    board.into(zone)
    board.click(unit)
    dialog = board.page.get_by_role("dialog")
    dialog.locator(".st-key-draft-name input").fill("一笔起稿")
    dialog.locator(".st-key-draft-author input").fill("李老师")
    dialog.locator(".st-key-draft-author input").press("Tab")
    board.page.wait_for_timeout(500)
    dialog.locator(".st-key-draft-create button").click()
    expect(board.page.locator(".st-key-zones-bar")).to_contain_text("一笔起稿", timeout=SLOW)
    found = board.store.list()
    board.draft = str(found.loc[found["name"] == "一笔起稿", "draft_id"].iloc[0])
    assert board.plan()[unit] == zone


def test_another_tab_first_is_said_and_nothing_overwritten(board: Canvas) -> None:
    from planning import drafts

    board.begin("两处")
    zone, other = board.zones()[:2]
    unit, theirs = board.large(2, apart_from=zone)
    rev = board.store.get(board.draft).rev
    elsewhere = drafts.assign(
        "primary", board.store.state(board.draft).key_for("primary", 2026)[1], [theirs], other
    )
    board.store.append(board.draft, rev, elsewhere, author="赵老师")
    board.into(zone)
    board.click(unit)
    expect(board.page.get_by_role("dialog")).to_contain_text("没有写入", timeout=SLOW)
    assert board.plan()[theirs] == other
    assert board.plan()[unit] != zone
    board.page.locator(".st-key-clash-again button").click()
    expect(board.page.locator(".st-key-zones-bar")).to_contain_text(f"第 {rev + 2} 步", timeout=SLOW)
    assert board.plan()[unit] == zone and board.plan()[theirs] == other


def test_two_hundred_strokes_at_speed_are_all_kept_in_order(board: Canvas) -> None:
    board.begin("二百")
    zones = board.zones()
    units = board.large(4)
    spots = [board.spot(unit) for unit in units]
    board.into(zones[0])
    board.page.locator(".hp-board input[type=range]").fill("4")
    rev = board.store.get(board.draft).rev
    expected, sent = board.plan().to_dict(), []
    board.ask(
        "const send = b.send; window.runs = 0; b.send = (...what) => { window.runs += 1; send(...what); }"
    )
    board.ask("const update = b.update; b.update = (data, send) => update.call(b, data, b.send)")
    for turn in range(200):
        zone = turn % len(zones)
        board.ask(f"b.target = {zone}")
        board.page.mouse.click(*spots[turn % 4])
        if expected[units[turn % 4]] != zones[zone]:  # a click on a unit of the zone is no stroke
            expected[units[turn % 4]] = zones[zone]
            sent.append(zones[zone])
    board.saved()
    ops = board.store.history(board.draft)[rev:]
    moved = [next(iter(op.payload["zones"])) for op in ops]
    assert board.plan().to_dict() == expected
    assert board.shown() == expected
    assert len(sent) >= 150
    assert moved == sent
    assert 0 < board.ask("return window.runs") < len(sent) / 2  # what came while Python worked went together


def test_a_zone_is_locked_and_freed_as_a_whole(board: Canvas) -> None:
    board.begin("锁片")
    zone = board.zones()[0]
    board.into(zone)
    hold = board.page.locator('.hp-board button[data-tool="hold"]')
    hold.click()
    board.saved()
    own = set(board.plan().index[board.plan() == zone])
    assert own and set(board.store.state(board.draft).locked("primary", board.project.year).index) == own
    expect(hold).to_have_text("解锁片区", timeout=SLOW)
    hold.click()
    board.saved()
    assert not len(board.store.state(board.draft).locked("primary", board.project.year))
