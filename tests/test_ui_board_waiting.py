"""The words that stand where the board will be until it is drawn."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def _page() -> None:
    from types import SimpleNamespace
    from typing import Any, cast

    import streamlit as st

    from ui.zones import board

    context = cast(Any, SimpleNamespace(project=SimpleNamespace(key="p"), stage=st.session_state["stage"]))
    place = board.waiting(context)
    if st.session_state.get("drawn"):
        place.empty()


def test_loading_is_said_until_the_board_stands_and_not_at_every_stroke():
    app = AppTest.from_function(_page, default_timeout=120)  # a busy machine imports slowly
    app.session_state["stage"] = "primary"
    assert "地图正在载入" in app.run().info[0].value
    assert len(app.run().info) == 1  # a run that was broken off says it again
    app.session_state["zones-board-shown"] = ("p", "primary")
    assert not app.run().info
    app.session_state["stage"] = "junior"
    assert len(app.run().info) == 1
    app.session_state["drawn"] = True
    assert not app.run().info
