"""Write an assumption down and draw the page anew, or say every fault."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gis.faults import FaultError
from ui import widgets


def attempt(write: Callable[[], object]) -> None:
    """Write something down and draw the page anew, or say every fault."""
    try:
        write()
    except FaultError as error:
        widgets.faults(error.faults)
        return
    st.rerun()
