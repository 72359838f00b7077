"""The app's router: language, project and draft pickers, and the pages."""

from __future__ import annotations

import streamlit as st

from ui import state, style
from ui.texts import _

st.set_page_config(page_title="划片 huapian", layout="wide", initial_sidebar_state="expanded")
state.language_picker()
style.apply()
context = state.pickers()


def pages() -> list[st.Page]:
    """Return the pages in the order of a planner's work; each module loads when its page opens."""
    titles = {
        "overview": _("总览"),
        "data": _("数据"),
        "status": _("现状"),
        "zones": _("划片"),
        "forecast": _("预测"),
        "seats": _("学位"),
        "review": _("评审"),
    }
    made = {
        name: st.Page(state.lazy_page(name, context), title=title, url_path=name, default=name == "overview")
        for name, title in titles.items()
    }
    st.session_state["pages"] = made  # so that one page can link to another
    return list(made.values())


st.navigation(pages(), position="top").run()
