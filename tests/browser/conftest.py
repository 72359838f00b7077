"""The running app in a real browser, with everything but loopback cut."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from tests.browser.canvas import Canvas
from tests.browser.desk import Desk

ROOT = Path(__file__).parents[2]
# A forecast on a busy two-core machine takes its time; nothing here measures speed.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)
# A click reaches the script a moment later: only a script at rest for this long (ms) has seen it.
QUIET = 250
STILL = """quiet => {
    const state = document.querySelector('[data-testid="stApp"]').dataset.testScriptState;
    if (state !== "notRunning") { window.stillSince = null; return false; }
    window.stillSince ??= performance.now();
    const still = performance.now() - window.stillSince >= quiet;
    if (still) window.stillSince = null;
    return still;
}"""
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
LOCAL_SCHEMES = {"data", "blob", "about", "file", "chrome-extension"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _serving() -> Iterator[Callable[[Path], str]]:
    running: list[subprocess.Popen[bytes]] = []

    def start(home: Path) -> str:
        port = _free_port()
        command = [sys.executable, "-m", "ui.serve", "--server.port", str(port)]
        command += ["--server.headless", "true", "--server.address", "127.0.0.1"]
        running.append(subprocess.Popen(command, cwd=ROOT, env=os.environ | {"HUAPIAN_HOME": str(home)}))
        address = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2)
                return address
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the app did not start")

    try:
        yield start
    finally:
        _stop(running)


def _stop(running: list[subprocess.Popen[bytes]]) -> None:
    for process in running:
        process.terminate()
    for process in running:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:  # a busy machine: what it served is over, and nothing is kept
            process.kill()


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Path], str]]:
    """Return a function that starts the app over a folder of projects and returns its address.

    It stops at the end of the module: thirty apps idle together take more memory than a small machine has.
    """
    with _serving() as start:
        yield start


@pytest.fixture(scope="session")
def read_only_home(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the demo that gains what the app derives, which `demo_home` must not."""
    return _copy(demo_home, tmp_path_factory)


@pytest.fixture(scope="session")
def read_only_app(read_only_home: Path) -> Iterator[str]:
    """Return the address of an app that tests only look at."""
    with _serving() as start:
        yield start(read_only_home)


@pytest.fixture(scope="module")
def home(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the demo for this module to change."""
    return _copy(demo_home, tmp_path_factory)


def _copy(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("home") / "projects"
    shutil.copytree(demo_home, copy)
    return copy


@pytest.fixture(scope="module")
def app(home: Path, serve: Callable[[Path], str]) -> str:
    """Return the address of an app over this module's own copy of the demo."""
    return serve(home)


def _new_context(browser: Browser) -> BrowserContext:
    return browser.new_context(
        viewport={"width": 1440, "height": 1000}, accept_downloads=True, locale="zh-CN"
    )


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a profile of the browser for this test alone, apart from that of `page`."""
    context = _new_context(browser)
    yield context
    context.close()


@pytest.fixture(scope="module")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """Return the profile of the pages of a module, which read and compile the app's scripts once."""
    profile = _new_context(browser)
    yield profile
    profile.close()


@pytest.fixture
def page(profile: BrowserContext) -> Iterator[Page]:
    """Return a browser page; the test fails when anything outside loopback is asked for, or a page breaks."""
    asked: list[str] = []

    def note(request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in LOCAL_SCHEMES and parts.hostname not in LOOPBACK:
            asked.append(request.url)

    # The browser itself resolves nothing but loopback; to cut here, by a route, would cost it its cache.
    profile.on("request", note)
    page = profile.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    profile.remove_listener("request", note)
    broken = page.locator('[data-testid="stException"]').count()
    for open_page in profile.pages:
        open_page.close()
    assert not asked, f"asked outside loopback: {asked[:5]}"
    assert broken == 0, "the page shows an exception"


@pytest.fixture
def board(page: Page, app: str, home: Path) -> Iterator[Canvas]:
    """Return the planning board of this module's own app."""
    page.set_viewport_size({"width": 1440, "height": 1300})
    made = Canvas(page, app, home)
    yield made
    made.store.close()


@pytest.fixture
def desk(page: Page, app: str, home: Path, ready: Callable[[Page], None]) -> Iterator[Desk]:
    """Return the page 划片 of this module's own app."""
    made = Desk(page, app, home, ready)
    yield made
    made.store.close()


@pytest.fixture
def ready() -> Callable[[Page], None]:
    """Return a function that waits until the script of a page has finished running."""

    def wait(page: Page) -> None:
        page.locator("h1").first.wait_for()
        page.wait_for_function(STILL, arg=QUIET, polling=50)

    return wait
