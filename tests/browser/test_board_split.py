"""A large unit is split along a line drawn on the board, in a real browser, and put together again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from planning import splitting
from planning.project import open_project
from tests.browser.canvas import SLOW, Canvas

pytestmark = pytest.mark.browser


def test_a_line_splits_a_unit_and_undo_joins_it(board: Canvas, ready) -> None:
    board.begin("拆")
    page, project, plan = board.page, board.project, board.plan()
    names = project.layers["units"].set_index("unit_id")["name"]
    shared = names.duplicated(keep=False)
    unit = next(u for u in board.large(40) if not shared[u])
    x, y = board.spot(unit)
    board.tool("split")
    page.mouse.move(x - 6, y)
    page.mouse.down()
    page.mouse.move(x + 6, y, steps=4)
    page.mouse.up()
    panel = page.locator(".st-key-zones-split")
    expect(panel).to_contain_text("按底图上画的线", timeout=SLOW)
    ready(page)
    page.locator(".st-key-split-ask-go button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"“{names[unit]}一区”和“{names[unit]}二区”", timeout=SLOW)
    assert set(open_project(project.folder).layers["units"]["unit_id"]) == set(names.index)  # not yet
    dialog.locator(".st-key-split-confirm button").click()
    expect(page.locator(".st-key-split-undo")).to_be_visible(timeout=2 * SLOW)
    ready(page)
    now = open_project(project.folder)
    parts = splitting.splits(now)[0]["parts"]
    assert set(now.layers["units"]["unit_id"]) == set(names.index) - {unit} | set(parts)
    assert set(board.plan()[parts]) == {plan[unit]}
    board.shown_up()
    page.wait_for_function(
        "part => document.querySelector('.hp-board').board.ground.ids.includes(part)",
        arg=parts[0],
        timeout=SLOW,
    )
    assert board.ask(
        f"return b.data.guessed.map((u) => b.ground.ids[u]).sort().join() === '{','.join(sorted(parts))}'"
    )
    ready(page)
    page.locator(".st-key-split-undo-go button").click()
    expect(dialog).to_contain_text("合回原单元", timeout=SLOW)
    dialog.locator(".st-key-split-confirm button").click()
    page.wait_for_function(
        "unit => document.querySelector('.hp-board')?.board?.ground?.ids.includes(unit)",
        arg=unit,
        timeout=2 * SLOW,
    )
    ready(page)
    assert set(open_project(project.folder).layers["units"]["unit_id"]) == set(names.index)
    assert board.plan().to_dict() == plan.to_dict()
