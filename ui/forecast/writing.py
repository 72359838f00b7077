"""Write an assumption down and draw the page anew with the form's inputs anew, or say every fault."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import streamlit as st

from gis.faults import FaultError
from ui import widgets


def attempt(write: Callable[[], object], *, form: str = "") -> None:
    """Write something down and draw the page anew, or say every fault.

    Parameters
    ----------
    write : callable
        Writes; raises the faults of what was typed.
    form : str
        Whose inputs begin anew, see `mark`; what is typed in other forms stays.
    """
    try:
        write()
    except FaultError as error:
        widgets.faults(error.faults)
        return
    st.session_state[_saved(form)] = st.session_state.get(_saved(form), 0) + 1
    st.rerun()


def mark(form: str, *shown: object) -> str:
    """Return the end of the keys of a form's inputs: other keys make them show what is in force.

    They change when the form is saved in this tab, and when what it shows is changed by whatever else.

    Parameters
    ----------
    form : str
        As in `attempt`.
    *shown
        The values in force that the inputs begin with.
    """
    return f"{st.session_state.get(_saved(form), 0)}-{zlib.crc32(repr(shown).encode()):x}"


def _saved(form: str) -> str:
    return f"saved-{form}"
