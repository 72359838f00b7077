"""The running app in a real browser, with everything but loopback cut."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

import run
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
    const loaded = document.fonts.status === "loaded";  // text may move when its font comes
    if (state !== "notRunning" || !loaded) { window.stillSince = null; return false; }
    window.stillSince ??= performance.now();
    const still = performance.now() - window.stillSince >= quiet;
    if (still) window.stillSince = null;
    return still;
}"""
# Nothing here looks at what moves, and without a graphics card each frame of it costs the two processors.
AT_REST = """document.addEventListener("DOMContentLoaded", () => {
    const style = document.createElement("style");
    style.textContent = "*, ::before, ::after { animation: none !important; transition: none !important }";
    document.head.append(style);
})"""
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
LOCAL_SCHEMES = {"data", "blob", "about", "file", "chrome-extension"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class App:
    """One app of a run of tests, over one folder of projects after another."""

    def __init__(self, home: Path) -> None:
        port = _free_port()
        command = [sys.executable, "-m", "tests.browser.serving", "--server.port", str(port)]
        command += ["--server.headless", "true", "--server.address", "127.0.0.1"]
        self.address = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        self.show(home)
        assert run.healthy(self._process, self.address), "the app did not start"

    def show(self, home: Path) -> None:
        """Have every page that opens from now on show a folder's projects."""
        self._process.stdin.write(f"{home}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline().rstrip("\n") == str(home)

    def end_jobs(self) -> None:
        """End what pages that are closed have left running; the next module's jobs are its own."""
        for process in psutil.Process(self._process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def stop(self) -> None:
        """End it; on a busy machine by force: what it served is over, and nothing is kept."""
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[[Path], str]]:
    """Return a function that starts an app of its own over a folder of projects and returns its address.

    It stops at the end of the module: thirty apps idle together take more memory than a small machine has.
    """
    running: list[App] = []

    def start(home: Path) -> str:
        running.append(App(home))
        return running[-1].address

    yield start
    for app in running:
        app.stop()


@pytest.fixture(scope="session")
def read_only_home(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the demo that gains what the app derives, which `demo_home` must not."""
    return _copy(demo_home, tmp_path_factory)


@pytest.fixture(scope="session")
def read_only_app(read_only_home: Path) -> Iterator[str]:
    """Return the address of an app that tests only look at."""
    app = App(read_only_home)
    yield app.address
    app.stop()


@pytest.fixture(scope="module")
def home(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the demo for this module to change."""
    return _copy(demo_home, tmp_path_factory)


def _copy(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("home") / "projects"
    shutil.copytree(demo_home, copy)
    return copy


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Return the app that modules use in turn: to start one takes longer than many a test."""
    app = App(tmp_path_factory.mktemp("nothing"))
    yield app
    app.stop()


@pytest.fixture(scope="module")
def app(home: Path, shared_app: App) -> Iterator[str]:
    """Return the address of an app over this module's own copy of the demo."""
    shared_app.show(home)
    yield shared_app.address
    shared_app.end_jobs()


def _new_context(browser: Browser) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": 1440, "height": 1000}, accept_downloads=True, locale="zh-CN"
    )
    context.add_init_script(AT_REST)
    return context


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """Return a profile of the browser for this test alone, apart from that of `page`."""
    context = _new_context(browser)
    yield context
    context.close()


@pytest.fixture(scope="session")
def profile(browser: Browser) -> Iterator[BrowserContext]:
    """Return the profile of all pages: the scripts of an app are read and compiled once, no more is kept."""
    profile = _new_context(browser)
    profile.new_page()  # stays, so that others are tabs beside it: a window is a second of work each time
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
    window, *_ = profile.pages
    page = profile.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    profile.remove_listener("request", note)
    broken = page.locator('[data-testid="stException"]').count()
    for open_page in set(profile.pages) - {window}:
        if urlsplit(open_page.url).hostname in LOOPBACK:
            open_page.evaluate("localStorage.clear()")
        open_page.close()
    profile.clear_cookies()
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
