"""Choosing from a select box of a page that may be run anew meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from playwright.sync_api import Locator
from playwright.sync_api import TimeoutError as PlaywrightTimeout

PATIENCE = (5_000, 10_000, 45_000)  # milliseconds


def pick(box: Locator, typed: str, rest: Callable[[], None]) -> None:
    """Choose an option by typing its name: a long list draws only what is in sight.

    Again when a run of the script, or the page as it scrolled, closed the list meanwhile; `rest` waits until
    the page is at rest.
    """
    option = box.page.get_by_role("option").filter(has_text=typed).first
    for timeout in PATIENCE:
        box.click()
        box.fill(typed)
        with contextlib.suppress(PlaywrightTimeout):
            option.click(timeout=timeout)
            return
        box.page.keyboard.press("Escape")
        rest()
    raise AssertionError(f"no option {typed}")
