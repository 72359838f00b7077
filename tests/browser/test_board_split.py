"""A large unit is split along a line drawn on the board, in a real browser, and put together again."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from planning import parting, splitting
from planning.parting import Wish
from planning.project import open_project
from tests.browser import picking
from tests.browser.canvas import SLOW, Canvas
from tests.browser.tables import cells, reads

pytestmark = pytest.mark.browser


def _split_before(board: Canvas) -> tuple[str, list[str]]:
    """Split the largest unit straight across; return it and its parts."""
    units = board.project.layers["units"]
    unit = str(units.loc[units.geometry.area.idxmax(), "unit_id"])
    line = parting.straight(parting.ground(board.project, unit), across="west", share=0.5)
    board.project = splitting.split(
        board.project, Wish(unit, line, ("先拆的西", "先拆的东"), None), author="李"
    )
    return unit, splitting.splits(board.project)[0]["parts"]


def test_a_line_splits_a_unit_and_undo_joins_the_one_chosen(board: Canvas, ready) -> None:
    first, halves = _split_before(board)
    board.begin("拆")
    page, project, plan = board.page, board.project, board.plan()
    names = project.layers["units"].set_index("unit_id")["name"]
    shared = names.duplicated(keep=False)
    unit = next(u for u in board.large(40) if not shared[u] and u not in halves)
    x, y = board.spot(unit)
    board.tool("split")
    page.mouse.move(x - 6, y)
    page.mouse.down()
    page.mouse.move(x + 6, y, steps=4)
    page.mouse.up()
    panel = page.locator(".st-key-zones-split")
    expect(panel).to_contain_text("按底图上画的线", timeout=SLOW)
    ready(page)
    preview, share = (
        panel.locator('[data-testid="stDataFrame"]').last,
        page.locator(f".st-key-split-area-{unit}"),
    )
    expect(share).to_have_count(0)  # the line says how much
    along = cells(preview)
    panel.get_by_text("东西切(第一部分在西)").click()
    expect(share).to_be_visible()
    reads(preview, f"{names[unit]}一区", f"{unit}-1", "50.0%")
    assert cells(preview) != along
    panel.get_by_text("按底图上画的线(第一部分在线的左侧)").click()
    expect(share).to_have_count(0)
    reads(preview, *along[0])
    ready(page)
    dialog = picking.ask(page.locator(".st-key-split-ask-go button"))
    expect(dialog).to_contain_text(f"“{names[unit]}一区”和“{names[unit]}二区”", timeout=SLOW)
    assert set(open_project(project.folder).layers["units"]["unit_id"]) == set(names.index)  # not yet
    dialog.locator(".st-key-split-confirm button").click()
    expect(panel).to_contain_text("已保存。相邻关系和步行距离", timeout=2 * SLOW)
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
    assert board.ask("return b.data.guessed.map((u) => b.ground.ids[u]).sort()") == sorted([*parts, *halves])
    ready(page)
    picking.pick(page.locator(".st-key-split-undo input").first, "先拆的西", lambda: ready(page))
    ready(page)
    picking.ask(page.locator(".st-key-split-undo-go button"))
    expect(dialog).to_contain_text("合回原单元", timeout=SLOW)
    expect(dialog).to_contain_text("先拆的西、先拆的东")
    dialog.locator(".st-key-split-confirm button").click()
    page.wait_for_function(
        "unit => document.querySelector('.hp-board')?.board?.ground?.ids.includes(unit)",
        arg=first,
        timeout=2 * SLOW,
    )
    ready(page)
    now = open_project(project.folder)
    assert [row["unit"] for row in splitting.splits(now)] == [unit]  # the other one stays split
    whole = plan.drop([unit, *halves])
    assert board.plan().to_dict() == {**whole, first: plan[halves[0]], **dict.fromkeys(parts, plan[unit])}
