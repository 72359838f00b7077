"""Sharing a zone's units out among its schools: what cannot be reached or has no seats."""

from __future__ import annotations

import pandas as pd

from zoning.within import share_out


def test_a_school_that_no_way_leads_to_gets_nobody():
    walks = pd.DataFrame({"a": [10.0, 20.0]}, index=["u", "v"])
    found = share_out(pd.Series({"u": 5, "v": 5}), walks, pd.Series({"a": 5, "b": 20}))
    assert found.to_dict() == {"u": "a", "v": "a"}


def test_without_schools_or_ways_nobody_has_a_school():
    walks = pd.DataFrame({"a": [float("nan")] * 2}, index=["u", "v"])
    pupils = pd.Series({"u": 5, "v": 0})
    assert share_out(pupils, walks, pd.Series({"a": 9})).isna().all()
    assert share_out(pupils, walks, pd.Series({}, dtype="int64")).isna().all()
