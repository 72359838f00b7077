"""The fields of the base map: clearing leaves no key behind, neither on the disk nor on the page."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from planning import basemap

KEY = "0123456789abcdef0123456789abcdef"
TILES = "http://127.0.0.1/{z}/{x}/{y}.png"


def _script() -> None:
    from ui import basemap as page

    page.panel()


@pytest.fixture
def app(tmp_path, monkeypatch) -> AppTest:
    monkeypatch.setenv("HUAPIAN_HOME", str(tmp_path))
    monkeypatch.delenv(basemap.ENV_KEY, raising=False)
    monkeypatch.delenv(basemap.ENV_TILES, raising=False)
    return AppTest.from_function(_script, default_timeout=30).run()


def test_a_cleared_key_does_not_come_back_with_the_next_save(app):
    app.text_input(key="basemap-key").input(KEY)
    app.button(key="basemap-keep").click().run()
    assert basemap.stored().key == KEY
    app.button(key="basemap-clear").click().run()
    assert basemap.stored().sheets() == []
    app.text_input(key="basemap-template").input(TILES)
    app.button(key="basemap-keep").click().run()
    assert not app.exception
    assert (basemap.stored().key, basemap.stored().template) == ("", TILES)
