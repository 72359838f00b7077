"""Jobs of the app held still, so that what is to be cancelled is not over before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
from playwright.sync_api import expect

from tests.browser.desk import Desk


@contextmanager
def held(worker: psutil.Process | None = None) -> Iterator[None]:
    """Hold a worker, by default that of the job just asked for, while the block runs, before it does much."""
    worker = worker or _worker()
    worker.suspend()
    try:
        yield
    finally:
        with suppress(psutil.NoSuchProcess):  # ended by force meanwhile
            worker.resume()


def given_up(desk: Desk, ask: str, *, confirm: str, cancel: str, part: str) -> None:
    """Turn away the dialog that a button opens, then confirm it and cancel the job: nothing has changed."""
    dialog = desk.page.get_by_role("dialog")
    desk.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    desk.settled()
    desk.click(ask)
    dialog.locator(f".st-key-{confirm} button").click()
    with held():
        desk.key(cancel).locator("button").first.click()
        desk.settled()
    expect(desk.key(part)).to_contain_text("已取消,数据未改动")


def _worker() -> psutil.Process:
    for _ in range(6_000):
        for process in psutil.Process().children(recursive=True):
            if _is_worker(process):
                return process
        time.sleep(0.01)
    raise AssertionError("no job was started")


def _is_worker(process: psutil.Process) -> bool:
    try:
        return "planning.worker" in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
