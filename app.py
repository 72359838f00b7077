"""The app's router: language, project and draft pickers, and the pages."""

from __future__ import annotations

import streamlit as st

from ui import state
from ui.texts import _

st.set_page_config(page_title="划片 huapian", layout="wide", initial_sidebar_state="expanded")
state.language_picker()


def pages() -> list[st.Page]:
    """Return the pages in the order of a planner's work; each module loads when its page opens."""

    def page(module: str, title: str, *, default: bool = False) -> st.Page:
        return st.Page(state.lazy_page(module), title=title, url_path=module, default=default)

    return [
        page("overview", _("总览"), default=True),
        page("data", _("数据")),
        page("status", _("现状")),
        page("zones", _("划片")),
        page("forecast", _("预测")),
        page("seats", _("学位")),
    ]


st.navigation(pages(), position="top").run()
