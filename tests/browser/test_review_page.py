"""The page 评审 in a real browser: linked maps, contested places, what is said, the one-file review."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from planning import drafts
from planning.project import Project, list_projects, open_project
from planning.reviewlog import ReviewLog
from planning.store import DraftStore
from tests.browser import picking

pytestmark = pytest.mark.browser
PATIENCE = 60_000
NAME = "一稿<img src=x onerror='window.harm=1'>"
MOVED = 12
# Where both maps look, rounded, once they look at the same place.
SAME = """() => {
    const { leaves } = document.querySelector(".hp-pair").pair;
    const look = ({ map }) => [map.getCenter().lat.toFixed(4), map.getCenter().lng.toFixed(4), map.getZoom()];
    const looks = leaves.map((leaf) => look(leaf).join());
    return new Set(looks).size === 1 ? looks[0] : null;
}"""
FOCUS = """place => {
    const { pair } = document.querySelector(".hp-pair");
    return pair.data.focus.place === place && pair.leaves.every((leaf) => leaf.state.place.size > 0);
}"""
# A unit in sight on the first map and where it lies on the screen.
SPOT = """() => {
    const { pair } = document.querySelector(".hp-pair"), leaf = pair.leaves[0];
    const box = leaf.box.getBoundingClientRect();
    const x = box.width / 2, y = box.height / 2, u = pair._unit(leaf, [x, y]);
    return u < 0 ? null : [box.left + x, box.top + y, pair.ground.ids[u]];
}"""


class Review:
    """The page under test, the project, and what is kept of it."""

    def __init__(self, page: Page, app: str, home: Path, ready: Callable[[Page], None]) -> None:
        self.page, self.app, self.ready = page, app, ready
        self.project: Project = open_project(list_projects(home)[0].folder)
        self.store = DraftStore(self.project.drafts_url)

    def drafts(self) -> None:
        """Make two drafts, the second from the first, once."""
        if len(self.store.list(self.project.id)):
            return
        year = self.project.year
        plan = drafts.fold(drafts.plans(self.project.layers["catchments"])).plan("primary", year)
        zones = sorted(set(plan.dropna()))
        other = plan.iloc[:MOVED].map(lambda zone: next(z for z in zones if z != zone))
        first = self.store.create(
            self.project.id, NAME, author="王", ops=[drafts.plan("primary", year, plan)]
        )
        self.store.append(first.id, 1, drafts.assign_many("primary", year, other), author="王")
        second = self.store.fork(first.id, "二稿", author="李")
        self.store.append(
            second.id, 0, drafts.assign_many("primary", year, other.iloc[:4].map(lambda _: zones[-1]))
        )

    def open(self, lang: str = "zh") -> None:
        self.page.goto(f"{self.app}/review?lang={lang}&stage=primary")
        self.ready(self.page)

    def maps(self) -> Locator:
        self.page.locator(".hp-pair[data-ready]").wait_for()
        return self.page.locator(".hp-pair-map")

    def click(self, key: str) -> None:
        self.page.locator(f".st-key-{key} button").first.click()
        self.ready(self.page)

    def add(self, name: str) -> None:
        """Add a plan to those that are compared."""
        picker = self.page.locator(".st-key-review-plans input")
        picking.pick(picker, name, lambda: self.ready(self.page))
        self.page.keyboard.press("Escape")
        self.ready(self.page)

    def section(self, key: str, word: str) -> Locator:
        self.page.locator(".st-key-review-section").get_by_text(word, exact=True).click()
        self.ready(self.page)
        found = self.page.locator(f".st-key-review-{key}")
        found.wait_for()
        return found

    def fill(self, key: str, text: str) -> None:
        self.page.locator(f".st-key-{key} input, .st-key-{key} textarea").first.fill(text)


@pytest.fixture
def desk(page: Page, app: str, home: Path, ready: Callable[[Page], None]) -> Review:
    made = Review(page, app, home, ready)
    yield made
    made.store.close()


def test_plans_lie_on_linked_maps_and_places_are_walked_through(desk, page):
    desk.open()
    expect(page.get_by_text("还没有可评审的方案")).to_be_visible()
    desk.drafts()
    desk.open()
    expect(desk.maps()).to_have_count(2)
    expect(page.locator(".hp-pair .hp-stamp").first).to_have_text("合成数据")
    before = page.wait_for_function(SAME).json_value()
    box = desk.maps().nth(1).bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 320, box["y"] + 260, steps=5)
    page.mouse.up()
    page.wait_for_function(f"before => (({SAME})() || before) !== before", arg=before)

    expect(page.locator(".st-key-review-back button")).to_be_disabled()
    for key, place in (("next", 0), ("next", 1), ("back", 0)):
        desk.click(f"review-{key}")
        expect(page.locator(".st-key-review-walk")).to_contain_text(f"第 {place + 1} 处")
        page.wait_for_function(FOCUS, arg=place)
        page.wait_for_function(SAME)

    page.locator(".hp-pair-bar").get_by_role("button", name="卷帘").click()
    page.locator(".hp-pair-bar input[type=range]").fill("20")
    expect(desk.maps().nth(1)).to_have_css("clip-path", re.compile(r"20%"))
    page.locator(".hp-pair-bar").get_by_role("button", name="并排").click()
    expect(desk.maps().nth(1)).to_have_css("clip-path", "none")

    page.locator(".st-key-review-big label").first.click()
    desk.ready(page)
    expect(page.locator('[data-testid="stSidebar"]')).to_be_hidden()
    expect(page.locator(".st-key-review-indicators-big td").first).to_have_css(
        "font-size", re.compile("2[0-9]")
    )
    page.locator(".st-key-review-big label").first.click()
    desk.ready(page)
    expect(page.locator('[data-testid="stSidebar"]')).to_be_visible()

    desk.section("gains", "谁受益谁受损")
    gained = page.locator('.st-key-review-gains [data-testid="stDataFrame"]')
    expect(gained).to_have_count(4)
    desk.section("moved", "变化的单元")
    expect(page.locator(".st-key-review-moved h3")).to_contain_text("B · 二稿 与 A · 现行片区")
    desk.section("figures", "指标")
    said = page.get_by_text(re.compile(r"入学人数\(人\) · A"))
    expect(said).to_be_visible()
    page.locator(".st-key-review-whose").get_by_text(re.compile("^B")).click()
    desk.ready(page)
    expect(said).to_have_count(0)

    desk.add("一稿")
    expect(desk.maps()).to_have_count(3)
    desk.section("moved", "变化的单元")
    heading = page.locator(".st-key-review-moved h3").last
    expect(heading).to_contain_text(NAME)  # as written, not as markup
    page.goto(page.url)  # a link opens the same plans and the same part
    desk.ready(page)
    expect(desk.maps()).to_have_count(3)
    expect(heading).to_contain_text(NAME)


def test_what_a_meeting_says_is_kept_and_marked_on_the_maps(desk, page):
    desk.drafts()
    desk.open("en")
    desk.maps()
    desk.click("review-next")
    page.wait_for_function(FOCUS, arg=0)
    desk.section("comments", "Comments")
    page.locator(".hp-pair").scroll_into_view_if_needed()
    x, y, unit = page.wait_for_function(SPOT).json_value()
    page.mouse.click(x, y)
    desk.ready(page)
    desk.click("review-comment-add")
    expect(page.get_by_text("Write the comment and the name")).to_be_visible()
    desk.fill("review-comment", "过马路不安全 <b>请看</b>")
    desk.fill("review-comment-author", "王老师")
    desk.click("review-comment-add")
    expect(page.get_by_text("Recorded.")).to_be_visible()
    expect(page.locator(".hp-pair-note").first).to_have_attribute("title", "过马路不安全 <b>请看</b>")
    log = ReviewLog(desk.project.drafts_url)
    kept = log.comments(desk.project.id).iloc[0]
    assert (kept["unit_id"], kept["author"]) == (unit, "王老师") and kept["lat"] > 30
    desk.click("review-settle")
    expect(page.locator(".hp-pair-note")).to_have_count(0)
    assert log.comments(desk.project.id)["settled_by"].tolist() == ["王老师"]

    desk.section("decisions", "Decisions")
    for key, text in (("", "采用二稿"), ("-names", "赵、钱"), ("-author", "孙")):
        desk.fill(f"review-decision{key}", text)
    desk.click("review-decision-add")
    expect(page.get_by_text("Recorded.")).to_be_visible()
    taken = log.decisions(desk.project.id).iloc[0]
    assert taken[["text", "names", "author", "draft", "rev"]].tolist() == [
        "采用二稿",
        "赵、钱",
        "孙",
        "二稿",
        1,
    ]
    assert taken["held_on"] == date.today().isoformat()
    log.close()

    desk.section("tree", "Tree of drafts")
    desk.fill("review-note", "先看东片")
    desk.fill("review-note-author", "孙")
    desk.click("review-note-add")
    expect(page.get_by_text("Note added.")).to_be_visible()
    notes = [
        n.payload["text"] for each in desk.store.list()["draft_id"] for n in desk.store.state(each).notes
    ]
    assert notes == ["先看东片"]


def test_the_one_file_review_opens_offline_and_asks_for_nothing(
    desk, page, context: BrowserContext, tmp_path
):
    desk.drafts()
    log = ReviewLog(desk.project.drafts_url)
    desk.open()
    desk.maps()
    desk.add("一稿")
    desk.section("export", "导出")
    page.locator(".st-key-review-make button").click()
    page.locator(".st-key-cancel-review-file button").click()
    expect(page.get_by_text("已取消")).to_be_visible()
    expect(page.locator(".st-key-review-html")).to_have_count(0)
    page.locator(".st-key-review-make button").click()
    page.locator(".st-key-review-html button").wait_for(timeout=4 * PATIENCE)
    with page.expect_download() as waiting:
        page.locator(".st-key-review-html button").click()
    waiting.value.save_as(tmp_path / "review.html")
    with page.expect_download() as waiting:
        page.locator(".st-key-review-json button").click()
    assert Path(waiting.value.path()).read_text(encoding="utf-8") == log.export(desk.project.id)
    log.close()

    sheet, asked, broken = context.new_page(), [], []
    sheet.on("request", lambda request: asked.append(request.url))
    sheet.on("pageerror", lambda error: broken.append(str(error)))
    sheet.goto((tmp_path / "review.html").as_uri())
    sheet.locator(".hp-pair[data-ready]").wait_for()
    expect(sheet.locator(".hp-pair-map")).to_have_count(3)
    expect(sheet.locator("header .hp-stamp")).to_contain_text("合成数据")
    expect(sheet.locator("section").last).to_be_visible()
    expect(sheet.locator("th").filter(has_text=NAME).first).to_be_visible()
    sheet.locator("#next").click()
    expect(sheet.locator("#where")).to_contain_text("第 1 处")
    expect(sheet.locator("#list tbody tr").first).to_be_visible()
    sheet.get_by_role("button", name=f"{MOVED} 个单元换学校").first.click()
    expect(sheet.locator("#list tbody tr")).to_have_count(MOVED)
    sheet.locator("section td button.figure").first.click()
    expect(sheet.locator("#list tbody")).to_contain_text("<5")
    assert (
        not [url for url in asked if not url.startswith("file:") or "review.html" not in url] and not broken
    )
    assert sheet.evaluate("window.harm") is None
