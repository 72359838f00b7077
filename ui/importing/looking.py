"""Looking at what came in: a job reads the tables, again only those of which something else was said."""

from __future__ import annotations

from typing import Any

import streamlit as st

from planning.preview import Choice, TablePreview
from ui import jobs
from ui.importing.uploads import Upload
from ui.texts import _

Key = tuple[str, str]


def choices() -> dict[Key, Choice]:
    """Return what the planner has said about each table, to be changed with `say`."""
    return st.session_state.setdefault("import-choices", {})


def choice(table: TablePreview) -> Choice:
    """Return what was said about a table; by itself it is the layer it looks like."""
    return choices().get(table.key, Choice(table.guess))


def say(table: TablePreview, said: Choice) -> None:
    """Note what the planner says about a table."""
    choices()[table.key] = said


def previews(upload: Upload, *, stage_system: str) -> list[TablePreview]:
    """Return the tables as far as they have been looked at; look at those that nobody has."""
    _ask(upload, stage_system)
    jobs.watch("preview", _("正在读取文件"), _looked)
    found: dict[Key, TablePreview] = st.session_state.get("import-preview", {})
    if (
        not found
        and upload.paths
        and not jobs.running("preview")
        and st.button(_("重新读取"), key="import-again")
    ):
        st.session_state.pop("import-looked", None)
        st.rerun()
    return list(found.values())


def stale(upload: Upload, *, stage_system: str) -> None:
    """Look again at the tables of which something was just said."""
    _ask(upload, stage_system)


def look_again() -> None:
    """Have every table looked at again: rows were given back mended."""
    st.session_state.pop("import-looked", None)


def _ask(upload: Upload, stage_system: str) -> None:
    if jobs.running("preview") or not upload.paths:
        return
    looked: dict[Key, Any] | None = st.session_state.get("import-looked")
    st.session_state["import-looked-system"] = stage_system
    now = {key: (said.read_as, stage_system) for key, said in choices().items()}
    if looked is None:
        only = None
    else:
        only = {key for key, read_as in now.items() if looked.get(key) != read_as}
        if not only:
            return
    st.session_state["import-looked"] = {**(looked or {}), **now}
    jobs.start(
        "preview",
        "planning.preview:preview",
        paths=list(upload.paths),
        choices=dict(choices()),
        only=only,
        names=upload.names,
        stage_system=stage_system,
        mended=st.session_state.get("import-mended"),
    )
    st.rerun()


def _looked(found: list[TablePreview]) -> None:
    held: dict[Key, TablePreview] = st.session_state.setdefault("import-preview", {})
    held.update({table.key: table for table in found})
    # What was looked at as it looks by itself need not be looked at again when the planner says the same.
    looked = st.session_state.setdefault("import-looked", {})
    for table in found:
        if table.key not in choices():
            say(table, Choice(table.guess))
            system = st.session_state["import-looked-system"]
            looked[table.key] = (choice(table).read_as, system)
