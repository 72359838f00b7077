"""Fixtures that several tests share: a small drawn town, and where the real benchmark data lie."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from benchmarks.startup import LOOPBACK_ONLY

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


def _find_browser() -> str:
    names = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge")
    found = os.environ.get("HUAPIAN_BROWSER") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.fail("no Chromium, Chrome or Edge: `python3 run.py test` installs one")
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return the one browser of this test process: Playwright can be started only once in it."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", LOOPBACK_ONLY]
        browser = playwright.chromium.launch(executable_path=_find_browser(), args=arguments)
        yield browser
        browser.close()
