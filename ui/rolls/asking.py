"""What a planner says about a roll: which template, the files, year, cut-off, headers not understood."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, Final

import streamlit as st

from gis.columns import Column
from gis.faults import Fault
from planning.birthdates import CUTOFF
from planning.rolltemplates import ROLLS, guess
from ui import jobs, widgets
from ui.state import Context
from ui.texts import _, language

ENDINGS: Final = ["xlsx", "xls", "xlsm", "ods", "csv", "tsv", "txt"]


def draw(context: Context) -> None:
    """Draw the questions and the button that starts the job."""
    turn = st.session_state.setdefault("roll-turn", 0)
    files = st.file_uploader(
        _("选择花名册(可多选,如每校一份)"), type=ENDINGS, accept_multiple_files=True, key=f"roll-files-{turn}"
    )
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    names = list(ROLLS)
    roll = left.selectbox(
        _("名册种类"),
        names,
        index=names.index(guess(files[0].name)) if files else 0,
        format_func=lambda name: ROLLS[name].words.text(language()),
        key=f"roll-kind-{turn}-{len(files)}",
    )
    with right:
        _template(context, roll)
    settings = _settings(context, roll)
    mapping = _mapping(roll)
    buttons = st.container(horizontal=True)
    ready = bool(files) and not jobs.running("roll")
    if buttons.button(_("读取并汇总"), type="primary", disabled=not ready, key="roll-start"):
        st.session_state.pop("roll-answer", None)
        held = [(file.name, file.getvalue()) for file in files]
        where = {"folder": str(context.project.folder), "lang": language()}
        jobs.start(
            "roll",
            "planning.rolljobs:count_roll",
            **where,
            files=held,
            roll=roll,
            mapping=mapping,
            **settings,
        )
        st.rerun()
    if (files or "roll-answer" in st.session_state) and buttons.button(_("清除名册和结果"), key="roll-clear"):
        forget()
        st.rerun()


def forget() -> None:
    """Let go of the uploaded rolls and of what was made of them."""
    turn = st.session_state.get("roll-turn", 0)
    for key in [key for key in st.session_state if str(key).startswith("roll-") and key != "roll-saved"]:
        del st.session_state[key]
    st.session_state["roll-turn"] = turn + 1


def _template(context: Context, roll: str) -> None:
    from planning.project import open_project
    from planning.rollforms import form

    label = ROLLS[roll].words.text(language())
    folder, lang = context.project.folder, language()
    widgets.download(
        _("下载“{name}”模板", name=label),
        lambda: form(ROLLS[roll], project=open_project(folder), lang=lang),
        f"{roll}.xlsx",
        key="roll-template",
    )


def _settings(context: Context, roll: str) -> dict[str, Any]:
    """Draw year and date of the figures, and for children the cut-off of age."""
    year, as_of, month, day = st.columns(4)
    chosen: dict[str, Any] = {
        "year": int(
            year.number_input(
                _("学年(秋季)"),
                1990,
                2100,
                context.project.year,
                step=1,
                format="%d",
                key=f"roll-year-{roll}",
            )
        )
    }
    as_of.date_input(_("统计时点"), value=None, format="YYYY-MM-DD", key="roll-as-of")
    if ROLLS[roll].layer == "children":
        months = range(1, 13)
        at = month.selectbox(_("入学年龄截止:月"), months, index=CUTOFF[0] - 1, key="roll-cutoff-month")
        last = (datetime.date(2023, at % 12 + 1, 1) - datetime.timedelta(days=1)).day
        on = day.number_input(
            _("入学年龄截止:日"), 1, last, min(CUTOFF[1], last), key=f"roll-cutoff-day-{at}"
        )
        chosen["cutoff"] = (int(at), int(on))
    return chosen


def _mapping(roll: str) -> dict[str, str]:
    """Draw a choice of header for each column that the last reading lacked."""
    faults: Sequence[Fault] = st.session_state.get("roll-answer", {}).get("faults", [])
    lacking = [fault for fault in faults if fault.kind in ("column_missing", "roll_no_home", "roll_no_birth")]
    headers = st.session_state.get("roll-answer", {}).get("headers", [])
    if not lacking or not headers:
        return {}
    st.caption(_("有的列没有认出来。请指明哪一列是,再重新汇总。"))
    asked = [column for column in ROLLS[roll].schema.columns if _is_asked(column, lacking)]
    mapping: dict[str, str] = {}
    for column, place in zip(asked, st.columns(max(len(asked), 1))):
        header = place.selectbox(
            column.label.text(language()),
            headers,
            index=None,
            placeholder=_("选择一列"),
            key=f"roll-map-{roll}-{column.name}",
        )
        if header:
            mapping[header] = column.name
    return mapping


def _is_asked(column: Column, lacking: Sequence[Fault]) -> bool:
    kinds = {fault.kind for fault in lacking}
    missing = [fault.params.get("label") for fault in lacking if fault.kind == "column_missing"]
    wanted = {"unit", "address"} if "roll_no_home" in kinds else set()
    wanted |= {"birth"} if "roll_no_birth" in kinds else set()
    return column.name in wanted or column.label in missing
