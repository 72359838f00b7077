"""Before a page that needs them: territories, walks and the forecast, computed once per version as a job."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from planning import spatial
from ui import jobs
from ui.state import Context
from ui.texts import _, language


def derived(context: Context) -> bool:
    """Return whether all that is derived from the project is stored; else start and show the job for it."""
    project = context.project
    if spatial.ready(project, context.stage):
        return True
    label = _("正在推算单元范围、相邻关系和步行距离")
    _make("derive", project.id, label, "planning.tasks:derive_job", folder=project.folder, lang=language())
    return False


def forecast(context: Context) -> pd.DataFrame | None:
    """Return the forecast with this tab's settings; where it is not made yet, start and show its job."""
    from ui.views import forecast as forecasts  # a second of imports that a page of maps does without

    frame = forecasts.current(context)
    if frame is None:
        chosen, folder = forecasts.settings(context), context.project.folder
        label = _("正在预测各校各年级")
        function = "planning.forecasts:forecast_job"
        _renew("forecast", context.project.id, asked=repr(chosen))
        _make("forecast", context.project.id, label, function, folder=folder, settings=chosen)
    return frame


def _renew(what: str, project_id: str, *, asked: str) -> None:
    """Drop a job, and what stopped the last one, where other settings are asked for now."""
    key = f"{what}-{project_id}"
    if st.session_state.get(f"asked-{key}") != asked:
        jobs.drop(key)
        st.session_state.pop(f"stopped-{key}", None)
        st.session_state[f"asked-{key}"] = asked


def _make(what: str, project_id: str, label: str, function: str, **arguments: Any) -> None:
    """Run a job once; after a failure or a cancel, say so and start again only when asked."""
    key = f"{what}-{project_id}"
    stopped = f"stopped-{key}"
    if reason := st.session_state.pop(f"job-error-{key}", None):
        st.session_state[stopped] = reason
    jobs.watch(key, label, lambda _result: None)
    if jobs.running(key):
        return
    if stopped in st.session_state:
        st.error(st.session_state[stopped])
        if not st.button(_("重试"), key=f"{what}-retry"):
            return
        del st.session_state[stopped]
    jobs.start(key, function, **arguments)
    st.rerun()
