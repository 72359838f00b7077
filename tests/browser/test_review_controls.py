"""The smaller controls of the page 评审: which plan, number, band and draft, and the workbook."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import expect

from planning.reviewlog import Comment, ReviewLog
from tests.browser import picking
from tests.browser.folds import unfold
from tests.browser.test_review_page import FOCUS, MOVED, NAME, Review, desk  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
HELD = "2025-03-09"
# Whether all that there is lies in sight on every map.
WHOLE = """() => document.querySelector(".hp-pair").pair.leaves.every(({ map }) => {
    const [south, west, north, east] = document.querySelector(".hp-pair").pair.ground.view;
    return map.getBounds().contains([[south, west], [north, east]]);
})"""


def _pick(page, ready, key: str, word: str) -> None:
    picking.pick(page.locator(f".st-key-{key} input").first, word, lambda: ready(page))
    ready(page)


def _book(page, ready, key: str) -> dict[str, pd.DataFrame]:
    """Return the sheets of the workbook behind a button."""
    ready(page)
    with page.expect_download() as waiting:
        page.locator(f".st-key-{key} button").click()
    file = io.BytesIO(Path(waiting.value.path()).read_bytes())
    return pd.read_excel(file, sheet_name=None, header=None, engine="calamine")


def test_maps_open_whole_and_each_number_and_band_lists_its_units(desk: Review, page, ready):  # noqa: F811
    desk.drafts()
    desk.open()
    desk.maps()
    desk.add("一稿")
    expect(desk.maps()).to_have_count(3)
    page.wait_for_function(WHOLE)
    desk.click("review-next")
    page.wait_for_function(FOCUS, arg=0)
    assert not page.evaluate(WHOLE)
    bar = page.locator(".hp-pair-bar")
    bar.get_by_role("button", name="全图").click()
    page.wait_for_function(WHOLE)
    bar.get_by_role("button", name="卷帘").click()
    maps = desk.maps()
    expect(maps.nth(1)).to_be_visible()
    expect(maps.nth(2)).to_be_hidden()
    bar.locator("select").select_option(label=f"C · {NAME}")
    expect(maps.nth(1)).to_be_hidden()
    expect(maps.nth(2)).to_be_visible()

    unfold(page, "这些数字怎么来的", "只增不改,与方案存在同一个库里")

    _pick(page, ready, "review-what", "超出招生计划(人)")
    expect(page.get_by_text(re.compile(r"超出招生计划\(人\) · A · 现行片区"))).to_be_visible()
    assert len(_book(page, ready, "review-behind-file-xlsx")["数字背后的单元"]) > MOVED
    tables = desk.section("gains", "谁受益谁受损").locator('[data-testid="stDataFrame"]')
    expect(tables).to_have_count(8)  # of two plans by two measures, the sums and the units of one band
    _pick(page, ready, "review-band-distance-1", "近 500 米以上")
    expect(tables).to_have_count(7)
    expect(page.get_by_text("这一档没有单元")).to_be_visible()


def test_what_is_said_is_said_of_the_draft_and_the_day_that_were_chosen(desk: Review, page, ready):  # noqa: F811
    desk.drafts()
    log = ReviewLog(desk.project.drafts_url)
    for text in ("先说的", "后说的"):
        log.comment(desk.project.id, Comment(text, "primary"), author="周")
    desk.open()
    desk.maps()
    desk.section("comments", "意见")
    desk.fill("review-settle-who", "吴")
    page.keyboard.press("Tab")
    ready(page)
    _pick(page, ready, "review-which", "后说的")
    desk.click("review-settle")
    expect(page.get_by_text("已标为已处理")).to_be_visible()
    assert log.comments(desk.project.id).set_index("text")["settled_by"].to_dict() == {
        "先说的": "",
        "后说的": "吴",
    }

    desk.section("decisions", "决定")
    day = page.locator(".st-key-review-decision-day")
    day.get_by_role("spinbutton").first.click()
    page.keyboard.type("20250309")  # year, month and day are boxes of their own, filled one after the other
    expect(day.locator("input[type=date]")).to_have_value(HELD)
    _pick(page, ready, "review-decision-draft", "现行片区")
    for key, text in (("", "维持现行"), ("-names", "赵"), ("-author", "孙")):
        desk.fill(f"review-decision{key}", text)
    desk.click("review-decision-add")
    expect(page.get_by_text("已记下。")).to_be_visible()
    taken = log.decisions(desk.project.id).iloc[-1]
    assert taken[["text", "draft", "rev", "held_on"]].tolist() == ["维持现行", "现行片区", 0, HELD]
    log.close()

    desk.section("tree", "方案谱系")
    _pick(page, ready, "review-note-draft", "一稿")
    desk.fill("review-note", "给一稿")
    desk.fill("review-note-author", "孙")
    desk.click("review-note-add")
    expect(page.get_by_text("备注已加。")).to_be_visible()
    named = desk.store.list().set_index("name")["draft_id"]
    assert [note.payload["text"] for note in desk.store.state(named[NAME]).notes] == ["给一稿"]

    desk.section("export", "导出")
    book = _book(page, ready, "review-xlsx")
    assert {"指标", "规则核对", "变化的单元 B", "意见", "决定"} <= set(book)
    assert "维持现行" in book["决定"].to_string() and "后说的" in book["意见"].to_string()
