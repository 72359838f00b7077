"""Long work from a page: progress, cancel, and the result kept until the page has used it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from gis.faults import FaultError
from planning import jobs, settings
from planning.project import Project
from ui.texts import _, language

#: Seconds for a cancelled job to hand over what it has found so far: a busy machine takes its time.
GRACE = 30.0


def start(key: str, function: str, **arguments: Any) -> None:
    """Start ``module:function`` in a worker process under `key`; a running job of that key goes on."""
    running = st.session_state.setdefault("jobs", {})
    if key not in running:
        running[key] = jobs.start(function, packages=jobs.PACKAGES | {"ui"}, **arguments)


def running(key: str) -> bool:
    """Return whether a job of that key is under way."""
    return key in st.session_state.get("jobs", {})


def drop(key: str) -> None:
    """Cancel the job of that key, if there is one, and forget it with what it said."""
    if job := st.session_state.get("jobs", {}).pop(key, None):
        job.cancel()
    for said in ("error", "late"):
        st.session_state.pop(f"job-{said}-{key}", None)


#: Is given what a cancelled job returned, None if it was ended by force; tells whether anything came of it.
Left = Callable[[Any], bool]


def watch(
    key: str,
    label: str,
    done: Callable[[Any], object],
    *,
    saved: Left | None = None,
    stopped: Left | None = None,
) -> None:
    """Draw the progress of the job under `key` with a cancel button; hand its result to `done` once.

    Of a cancelled job it is said that nothing has changed, unless `saved` finds that the cancel came while
    its work was being saved (then `done` has its result all the same, None if it was ended by force), or
    `stopped` makes something of what it had found so far.
    """
    if error := st.session_state.pop(f"job-error-{key}", None):
        st.error(error)
    if st.session_state.pop(f"job-late-{key}", False):
        st.info(_("取消时已经在保存:改动已存。"))
    if running(key):
        _progress(key, label, done, saved or _nothing, stopped or _nothing)


def reported(report: Any) -> bool:
    """Tell of a job that returns a report whether it says that something was saved."""
    return bool(report and report["saved"])


def answered(project: Project) -> Left:
    """Return what tells of a job that returns nothing unless it saved a project whether it did.

    Of one ended by force only the version of the project tells.
    """

    def told(result: Any) -> bool:
        ended = result is None
        return settings.read(project.folder)["version"] != project.version if ended else bool(result)

    return told


def _nothing(_result: Any) -> bool:
    return False


@st.fragment(run_every=0.5)
def _progress(key: str, label: str, done: Callable[[Any], object], saved: Left, stopped: Left) -> None:
    job = st.session_state.get("jobs", {}).get(key)
    if job is None:
        return
    state = job.poll()
    if state.status == "running":
        bar, button = st.columns([5, 1], vertical_alignment="bottom")
        bar.progress(
            min(max(state.progress, 0.0), 1.0), text=f"{label} · {state.message}" if state.message else label
        )
        if button.button(_("取消"), key=f"cancel-{key}"):
            job.cancel()
        return
    del st.session_state["jobs"][key]
    if state.status == "done":
        done(state.result)
    elif state.status == "cancelled" and saved(state.result):
        st.session_state[f"job-late-{key}"] = True
        done(state.result)
    elif state.status != "cancelled" or not stopped(state.result):
        st.session_state[f"job-error-{key}"] = _reason(state)
    st.rerun()


def _reason(state: jobs.JobState) -> str:
    if state.status == "cancelled":
        return _("已取消,数据未改动。")
    if isinstance(state.error, FaultError):
        return state.error.text(language())
    return _("计算没有完成:{reason}", reason=state.error)
