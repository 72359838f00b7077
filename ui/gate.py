"""Before a page that needs them: territories, neighbours and walks, computed once per version as a job."""

from __future__ import annotations

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
    key = f"derive-{project.id}"
    failed = f"job-error-{key}" in st.session_state
    jobs.watch(key, _("正在推算单元范围、相邻关系和步行距离"), lambda _result: None)
    if not jobs.running(key) and (not failed or st.button(_("重试"), key="derive-retry")):
        jobs.start(key, "planning.tasks:derive_job", folder=project.folder, lang=language())
        st.rerun()
    return False
