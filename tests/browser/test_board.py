"""The planning board in a real browser: what is painted is what is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from planning import zoneproblem
from planning.project import list_projects, open_project
from planning.store import DraftStore
from ui.views import edits
from zoning.check import check
from zoning.swaps import swaps

pytestmark = pytest.mark.browser
SLOW = 60_000
#: The board stays where it is for half a second: what is drawn above it later moves it on a slow machine.
SETTLED = """() => {
    const now = performance.now(), top = document.querySelector('.hp-board').getBoundingClientRect().top;
    if (window.boardTop !== top) { window.boardTop = top; window.boardSince = now; }
    return now - window.boardSince >= 500;
}"""


class Canvas:
    """The board under test, and the store behind it."""

    def __init__(self, page: Page, app: str, home: Path) -> None:
        self.page, self.app = page, app
        self.project = open_project(list_projects(home)[0].folder)
        self.store = DraftStore(self.project.drafts_url)
        self.draft = ""

    def begin(self, name: str, *, lang: str = "zh") -> None:
        """Open a fresh draft on the board."""
        own = edits.free_name(self.project, name)
        self.draft = self.store.create(
            self.project.id, own, author="王老师", ops=edits.first_steps(self.project)
        ).id
        self.open(self.draft, lang=lang)

    def open(self, draft: str = "", *, lang: str = "zh") -> None:
        self.page.goto(f"{self.app}/zones?lang={lang}&stage=primary&draft={draft}")
        self.page.locator(".hp-board[data-ready]").wait_for(timeout=SLOW)
        self.page.wait_for_function("document.querySelector('.hp-board').board.pictured", timeout=SLOW)
        self.page.wait_for_function(SETTLED, polling=50, timeout=SLOW)

    def ask(self, script: str) -> Any:
        return self.page.evaluate(
            f"() => {{ const b = document.querySelector('.hp-board').board; {script} }}"
        )

    def tool(self, name: str) -> None:
        self.page.locator(f'.hp-board button[data-tool="{name}"]').click()

    def into(self, zone: str) -> None:
        """Choose the zone to paint into."""
        names = self.zones()
        self.page.locator(".hp-board-aim select").select_option(str(names.index(zone)))

    def zones(self) -> list[str]:
        return [str(zone) for zone in zoneproblem.build(self.project, "primary", self.project.year).zone_ids]

    def spot(self, unit: str) -> tuple[float, float]:
        """Return where the unit's own point lies on the screen."""
        x, y = self.ask(
            f"const u = b.ground.ids.indexOf({json.dumps(unit)}), g = b.ground;"
            "const scale = 256 * Math.pow(2, b.map.getZoom());"
            "const p = b.map.latLngToContainerPoint(b.map.unproject("
            "[(g.anchor[2*u] + g.corner[0]) * scale, (g.anchor[2*u+1] + g.corner[1]) * scale]));"
            "const box = b.map.getContainer().getBoundingClientRect();"
            "return [box.left + p.x, box.top + p.y];"
        )
        return x, y

    def clear(self, unit: str) -> bool:
        """Tell whether the unit's own point is in sight and under no school."""
        x, y = self.spot(unit)
        script = (
            "([x, y]) => { const e = document.elementFromPoint(x, y); return !!e && e.tagName === 'CANVAS' }"
        )
        seen = self.page.evaluate(script, [x, y])
        return bool(seen)

    def click(self, unit: str) -> None:
        self.page.mouse.click(*self.spot(unit))

    def saved(self) -> None:
        self.page.wait_for_function(
            "document.querySelector('.hp-board').dataset.pending === '0'", timeout=4 * SLOW
        )

    def plan(self) -> pd.Series:
        return self.store.state(self.draft).plan("primary", self.project.year)

    def shown(self) -> dict[str, str | None]:
        """Return the plan as the browser has it."""
        zones = self.zones()
        pairs = self.ask("return b.ground.ids.map((id, u) => [id, b.state.zones[u]])")
        return {unit: None if number == 65535 else zones[number] for unit, number in pairs}

    def large(self, n: int = 3, *, apart_from: str = "") -> list[str]:
        """Return large units in sight that are not of a zone."""
        plan = self.plan()
        shapes = self.project.layers["units"].set_index("unit_id")
        order = self.ask(
            "return b.ground.ids.map((id, u) => [id, (b.ground.box[4*u+2] - b.ground.box[4*u])"
            " * (b.ground.box[4*u+3] - b.ground.box[4*u+1])]).sort((p, q) => q[1] - p[1]).map((p) => p[0])"
        )
        fit = (u for u in order if u in shapes.index and plan.get(u) != apart_from and self.clear(u))
        return [unit for unit, _ in zip(fit, range(n), strict=False)]


@pytest.fixture
def board(page: Page, app: str, home: Path) -> Iterator[Canvas]:
    page.set_viewport_size({"width": 1440, "height": 1300})
    made = Canvas(page, app, home)
    yield made
    made.store.close()


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
    board.click(unit)
    board.saved()
    expect(board.page.locator(".st-key-zones-bar")).to_contain_text("第 3 步", timeout=SLOW)
    assert board.ask("return [b.map.getZoom(), b.map.getCenter().lat, b.map.getCenter().lng]") == view
    assert board.ask("return [b.tool, b.target]") == ["brush", 0]


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
