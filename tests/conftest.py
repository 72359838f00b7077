"""Fixtures that several tests share: a small drawn town, and where the real benchmark data lie."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from benchmarks.startup import LOOPBACK_ONLY
from data.make_demo import make_demo
from planning import locking, spatial
from planning.project import Project, list_projects, open_project

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


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the demo county, all that is derived from it included; copy it to write to it.

    Made once for all processes of a run, of which each has a folder of its own inside that of the run.
    """
    folder = tmp_path_factory.getbasetemp()
    shared = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    home = shared / "demo-home"
    while not home.is_dir():
        with locking.held(shared / ".demo-lock") as free:
            if free and not home.is_dir():
                _made_demo(shared / "demo-making").replace(home)
            elif not free:
                time.sleep(0.1)
    return home


def _made_demo(home: Path) -> Path:
    make_demo(home, which="county")
    for project in list_projects(home):
        spatial.derive(project)
    return home


@pytest.fixture(scope="module")
def demo(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return the demo county in a copy of this module's own."""
    home = tmp_path_factory.mktemp("county") / "projects"
    shutil.copytree(demo_home, home)
    return open_project(list_projects(home)[0].folder)


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
