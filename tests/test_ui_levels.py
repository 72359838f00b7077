"""Loads in words and in tables: figure and colour agree at the limits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.seats import levels
from ui.texts import columns, speaking
from ui.views.levels import percent

LOADS = [89.4, 89.6, 90.0, 99.4, 99.6, 99.96, 100.0, 100.4, 112.5, np.nan, np.inf]


@pytest.mark.parametrize(
    ("load", "said"),
    list(zip(LOADS, ["89%", "89.6%", "90%", "99%", "99.6%", "99.9%", "100%", "100%", "113%", "—", "无学位"])),
)
def test_a_load_is_never_rounded_up_to_a_limit(load, said):
    with speaking("zh"):
        assert percent(load) == said


@given(st.integers(0, 3000), st.integers(1, 3000))
def test_what_is_said_has_the_level_of_what_is_meant(entrants, seats):
    load = 100 * entrants / seats
    shown = columns.rounded(pd.DataFrame({"load": [load]}))["load"]
    said = pd.Series([float(percent(load).rstrip("%"))])
    meant = levels(pd.Series([load])).tolist()
    assert levels(shown).tolist() == levels(said).tolist() == meant
    assert abs(shown[0] - load) <= 0.1 and abs(said[0] - load) <= 0.5


def test_tables_keep_what_is_unknown():
    shown = columns.rounded(pd.DataFrame({"load": LOADS}))["load"]
    assert shown.tolist()[:-2] == pytest.approx([89.4, 89.6, 90.0, 99.4, 99.6, 99.9, 100.0, 100.4, 112.5])
    assert np.isnan(shown.iloc[-2]) and np.isinf(shown.iloc[-1])
