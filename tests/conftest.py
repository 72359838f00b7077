"""Fixtures that several tests share: a small drawn town, and where the real benchmark data lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no failure: examples are bounded in number, not in time.
settings.register_profile("huapian", deadline=None)
settings.load_profile("huapian")

BENCH = Path(__file__).parents[2] / "shared" / "bench"


@pytest.fixture(scope="session")
def bench() -> Path:
    """Return the folder of real instances and data; the test is skipped where it is absent."""
    if not BENCH.is_dir():
        pytest.skip("the benchmark data are not beside the checkout")
    return BENCH
