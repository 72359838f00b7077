"""The base map under the board in a real browser: tiles are asked for while it is on, at no other time."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from planning import basemap
from planning.basemap import BaseMap
from tests.browser.canvas import Canvas

pytestmark = pytest.mark.browser
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


class Tiles(ThreadingHTTPServer):
    """A tile cache of the bureau's own network, on this machine."""

    def __init__(self) -> None:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.send_header("Content-Length", str(len(PIXEL)))
                self.end_headers()
                self.wfile.write(PIXEL)

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = asked


@pytest.fixture
def tiles() -> Iterator[Tiles]:
    server = Tiles()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def _settings(board: Canvas, ready) -> None:
    board.page.goto(f"{board.app}/data?lang=zh")
    ready(board.page)
    board.page.locator(".st-key-data-section").get_by_text("设定", exact=True).click()
    ready(board.page)


def test_tiles_are_asked_for_only_while_they_are_on(board: Canvas, tiles: Tiles, ready, home) -> None:
    page = board.page
    board.begin("底图")
    control, box = page.locator(".hp-board-layers"), page.locator('input[data-layer="tiles"]')
    control.locator("summary").click()
    expect(box).to_be_disabled()
    expect(control.locator("label").filter(has=box)).to_have_attribute(
        "title", "没有设定:请在“数据”页“设定”中填写天地图密钥或内网瓦片地址。"
    )
    _settings(board, ready)
    address = page.locator(".st-key-basemap-template input")
    address.fill("http://nowhere/{z}")
    page.locator(".st-key-basemap-keep button").click()
    ready(page)
    expect(page.get_by_text("不能用").first).to_be_visible()
    assert basemap.stored(home) == BaseMap()
    address.fill(f"http://127.0.0.1:{tiles.server_port}/wmts?TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}")
    page.locator(".st-key-basemap-keep button").click()
    expect(page.get_by_text("现在:已设定,向 127.0.0.1 取瓦片。")).to_be_visible()
    board.open(board.draft)
    control.locator("summary").click()
    expect(box).to_be_enabled()
    assert not tiles.asked  # set, but not switched on
    assert f"127.0.0.1:{tiles.server_port}" not in board.ask("return JSON.stringify(b.data)")
    box.click()
    expect(page.locator(".hp-board-legend")).to_contain_text("在线底图:127.0.0.1(内网瓦片,须为 Web 墨卡托)")
    expect(page.locator(".hp-board-map .leaflet-tile-loaded").first).to_be_attached()
    assert tiles.asked and all(path.startswith("/wmts?TILEMATRIX=") for path in tiles.asked)
    box.click()
    expect(page.locator(".hp-board-map .leaflet-tile")).to_have_count(0)
    expect(page.locator(".hp-board-legend")).not_to_contain_text("在线底图")
    asked = len(tiles.asked)
    board.ask("b.map.setZoom(b.map.getZoom() + 1, { animate: false })")
    board.into(board.zones()[0])
    board.click(board.large(1, apart_from=board.zones()[0])[0])
    board.saved()
    assert len(tiles.asked) == asked
    _settings(board, ready)
    page.locator(".st-key-basemap-clear button").click()
    expect(page.get_by_text("现在:没有在线底图。")).to_be_visible()
    assert basemap.stored(home) == BaseMap()
