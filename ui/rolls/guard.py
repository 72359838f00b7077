"""Rolls kept out of the ordinary import, which holds its files in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from planning.rollguess import is_roll
from ui import outcome
from ui.texts import _


def without_rolls(given: Iterable[Any]) -> list[Any]:
    """Return uploaded files without those that list children, and say where these are read."""
    seen: dict[str, bool] = st.session_state.setdefault("import-rolls", {})
    kept = []
    for file in given:
        if file.file_id not in seen:
            seen[file.file_id] = is_roll(file.name, bytes(file.getbuffer()))
        if seen[file.file_id]:
            name = outcome.plain(file.name)
            st.error(
                _(
                    "“{name}”像是学生或儿童名册,没有放进临时目录。请在“花名册”里读取:名册只在内存中汇总。",
                    name=name,
                )
            )
        else:
            kept.append(file)
    return kept
