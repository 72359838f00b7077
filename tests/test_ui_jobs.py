"""What a page says of a job that was cancelled: never that nothing changed where something was saved."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest
from streamlit.testing.v1 import AppTest

from tests.browser.pausing import held

UNCHANGED, SAVED = "已取消,数据未改动。", "取消时已经在保存:改动已存。"


def script(found: str) -> None:
    """A page with one job, which returns the settings of a project and does not listen while it works."""
    import streamlit as st

    from ui import jobs

    jobs.watch(
        "k",
        "read",
        lambda result: st.session_state.update(done=result),
        saved=lambda result: found == "saved" and result is not None,
        stopped=lambda result: found == "some" and st.session_state.update(some=result) is None,
    )
    if "asked" not in st.session_state:
        st.session_state["asked"] = True
        jobs.start("k", "planning.settings:read", folder=st.session_state["folder"])


def cancelled(found: str, project_folder: Path) -> AppTest:
    """Return the page once its job has been cancelled and has returned all the same."""
    page = AppTest.from_function(script, args=(found,), default_timeout=60)
    page.session_state["folder"] = project_folder
    page.run()
    job = page.session_state["jobs"]["k"]
    with held(psutil.Process(job.process.pid)):
        job.cancel()
    job.wait(60)
    return page.run()


@pytest.mark.parametrize("found", ["saved", "some", "nothing"])
def test_a_cancelled_job_is_told_of_by_what_it_left(found: str, demo) -> None:
    page = cancelled(found, demo.folder)
    assert not page.exception
    assert [one.value for one in page.info] == ([SAVED] if found == "saved" else [])
    assert [one.value for one in page.error] == ([UNCHANGED] if found == "nothing" else [])
    left = {key: page.session_state[key]["id"] for key in ("done", "some") if key in page.session_state}
    assert left == {"saved": {"done": demo.id}, "some": {"some": demo.id}, "nothing": {}}[found]


def test_what_was_said_of_a_job_is_said_once(demo) -> None:
    page = cancelled("saved", demo.folder)
    assert page.info
    assert not page.run().info
