"""Tools and warnings of the planning board in a real browser."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from planning import zoneproblem
from planning.zoneoptions import Choice
from tests.browser.canvas import SLOW, Canvas
from ui.views import edits
from zoning.check import check

pytestmark = pytest.mark.browser
KEYS = {
    "a": "ask", "c": "pick", "b": "brush", "r": "box", "o": "ring", "d": "line", "t": "town", "l": "lock",
    "x": "split", "v": "pan",
}  # fmt: skip
CENTRE = "return [b.map.getCenter().lat, b.map.getCenter().lng]"


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


def test_warnings_name_a_rule_of_the_search_as_soon_as_a_stroke_breaks_it(board: Canvas) -> None:
    board.begin("整体划入")
    said = board.page.locator(".hp-board-warnings")
    plan, towns = board.plan(), board.project.layers["units"].set_index("unit_id")["town"]
    unit = next(u for u in board.large(60) if plan[towns.index[towns.eq(towns[u])]].nunique() == 1)
    about = {"how": "optimise", "rules": Choice(towns=(towns[unit],)).payload()}
    key = ("primary", board.project.year)
    board.store.append(board.draft, board.store.get(board.draft).rev, edits.engine_step(key, plan, about))
    board.open(board.draft)
    expect(said).not_to_contain_text("成组单元整体划入")
    board.into(_farthest(board, unit, plan[unit]))
    board.tool("brush")
    board.page.locator(".hp-board input[type=range]").fill("4")
    board.click(unit)
    told = f"成组单元整体划入:{towns[unit]}被分开"
    expect(said).to_contain_text(told, timeout=SLOW)
    board.saved()
    board.into(plan[unit])
    board.click(unit)
    board.saved()
    expect(said).not_to_contain_text("成组单元整体划入", timeout=SLOW)


def _farthest(board: Canvas, unit: str, own: str) -> str:
    """Return the zone whose school lies farthest from a unit."""
    x, y = board.spot(unit)
    far = {
        zone: min((px - x) ** 2 + (py - y) ** 2 for px, py in spots)
        for zone in board.zones()
        if zone != own and (spots := _school(board, zone))
    }
    return max(far, key=far.__getitem__)


def _drag(board: Canvas, spot: tuple[float, float], reach: int, *, drop: bool = True) -> None:
    """Drag across a spot, from `reach` pixels above and left of it to as many below and right."""
    x, y = spot
    board.page.mouse.move(x - reach, y - reach)
    board.page.mouse.down()
    board.page.mouse.move(x + reach, y + reach, steps=4)
    if drop:
        board.page.mouse.up()


def _rest(board: Canvas) -> None:
    """Wait until a map that was thrown has come to rest."""
    board.page.wait_for_function(
        f"() => {{ const b = document.querySelector('.hp-board').board; const centre = () => {{ {CENTRE} }};"
        " const at = String(centre());"
        " const still = b.last === at; b.last = at; return still }",
        polling=300,
    )


def test_every_key_takes_up_its_tool_and_the_map_goes_where_it_is_sent(board: Canvas) -> None:
    board.begin("看图")
    page, press = board.page, board.page.keyboard.press
    plan, box = board.plan(), page.locator(".hp-board-map")
    box.focus()
    for key, tool in KEYS.items():
        press(key)
        expect(page.locator(f'.hp-board button[data-tool="{tool}"]')).to_have_attribute(
            "aria-pressed", "true"
        )
    for take in (lambda: press("v"), lambda: board.tool("pan")):
        board.tool("box")  # nothing is aimed at: it draws, and moves no map
        spot, before = board.spot(board.large(1)[0]), board.ask(CENTRE)
        _drag(board, spot, 30)
        assert board.ask(CENTRE) == before
        take()
        _drag(board, spot, 30)
        _rest(board)
        assert board.ask(CENTRE) != before
    places = page.locator(".hp-board-tools select")
    places.select_option("1")
    south, west, north, east = board.ask("return b.data.places[1].slice(1)")
    lat, lon = board.ask(CENTRE)
    assert south < lat < north and west < lon < east
    assert board.ask(f"return b.map.getBounds().contains([[{south}, {west}], [{north}, {east}]])")
    for name, change in (("in", 1), ("out", -1)):
        zoom = board.ask("return b.map.getZoom()")
        page.locator(f".hp-board .leaflet-control-zoom-{name}").click()
        page.wait_for_function(
            "([zoom, change]) => { const { map } = document.querySelector('.hp-board').board;"
            " return !map._animatingZoom && Math.sign(map.getZoom() - zoom) === change }",
            arg=[zoom, change],
        )
    box.focus()
    press("n")
    marked = board.ask("return b.state.marked")
    assert marked in board.ask("return b._troubled()")
    control = page.locator(".hp-board-layers")
    control.locator("summary").focus()
    press("Enter")
    expect(control).to_have_attribute("open", "")
    press("Escape")
    expect(control).not_to_have_attribute("open", "")
    assert board.plan().equals(plan)


def test_keys_paint_give_up_lock_and_bring_back_as_the_mouse_does(board: Canvas) -> None:
    board.begin("键盘")
    page, press = board.page, board.page.keyboard.press
    zone, box = board.zones()[0], page.locator(".hp-board-map")
    unit, taken = board.large(2, apart_from=zone)
    plan = board.plan()
    choice = page.locator(".hp-board-aim select")
    box.focus()
    press("c")
    board.click(taken)
    expect(choice).to_have_value(str(board.zones().index(plan[taken])))
    expect(page.locator('.hp-board button[data-tool="brush"]')).to_have_attribute("aria-pressed", "true")
    board.tool("pick")
    board.click(unit)
    expect(choice).to_have_value(str(board.zones().index(plan[unit])))

    board.into(zone)
    box.focus()
    press("r")
    _drag(board, board.spot(unit), 12, drop=False)
    press("Escape")
    page.mouse.up()
    assert board.ask("return b.queue.length") == 0 and board.shown() == plan.to_dict()  # given up
    _drag(board, board.spot(unit), 12)
    board.saved()
    assert board.plan()[unit] == zone
    undo, redo = (page.locator(f'.hp-board button[data-tool="{name}"]') for name in ("undo", "redo"))
    expect(undo).to_be_enabled(timeout=SLOW)
    undo.click()
    board.saved()
    assert board.plan().equals(plan)
    expect(redo).to_be_enabled(timeout=SLOW)
    box.focus()
    press("Control+Shift+z")
    board.saved()
    assert board.plan()[unit] == zone

    press("b")
    for _ in range(20):
        press("]")
    assert board.ask("return [b.size, b.brush.value]") == [120, "120"]
    page.mouse.move(*board.spot(unit))
    page.mouse.down()
    wide = board.ask("return b.stroke.size")
    press("Escape")
    page.mouse.up()
    board.saved()
    for _ in range(20):
        press("[")
    assert board.ask("return [b.size, b.brush.value]") == [4, "4"]
    before = board.plan()
    board.into(board.zones()[1])
    board.click(unit)
    board.saved()
    assert wide > 1 and (board.plan() != before).sum() == 1

    box.focus()
    press("l")
    board.click(unit)
    board.saved()
    assert list(board.store.state(board.draft).locked("primary", board.project.year).index) == [unit]
    press("a")
    board.click(taken)
    name = str(board.project.layers["units"].set_index("unit_id")["name"][taken])
    expect(page.locator(".st-key-why-sentence")).to_contain_text(name, timeout=SLOW)
