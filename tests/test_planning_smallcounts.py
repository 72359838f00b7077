"""Small counts hidden where they may be published."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.smallcounts import HIDDEN, SMALLEST, suppressed

COUNTS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=6)


@given(COUNTS)
def test_no_small_count_and_no_small_rest_is_left(rows: list[tuple[int, int]]) -> None:
    frame = pd.DataFrame(
        [(max(pair), min(pair)) for pair in rows], columns=["children", "migrant"], dtype="Int64"
    )
    out = suppressed("children", frame)
    for shown, part in zip(out["children"], out["migrant"], strict=True):
        for count in (shown, part):
            assert count == HIDDEN or count == 0 or count >= SMALLEST
        if shown != HIDDEN and part != HIDDEN:
            assert not 0 < shown - part < SMALLEST or part == 0


@pytest.mark.parametrize("layer", ["units", "classes"])
def test_other_layers_stay(layer: str) -> None:
    frame = pd.DataFrame({"pupils": [1, 2]})
    assert suppressed(layer, frame) is frame


def test_blanks_stay_blank_and_the_frame_is_not_changed() -> None:
    frame = pd.DataFrame({"pupils": [3, 30], "migrant": pd.array([None, None], "Int64"), "boarding": [0, 9]})
    out = suppressed("attendance", frame)
    assert out["migrant"].isna().all()
    assert out["pupils"].tolist() == [HIDDEN, 30]
    assert frame["pupils"].tolist() == [3, 30]
