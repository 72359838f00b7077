"""Choosing from the controls of a page that may be run anew meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from playwright.sync_api import Locator, expect
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


def press(option: Locator) -> None:
    """Press one of several parts of a control until it is the one chosen.

    Again when a press was lost on a page that was being run anew.
    """
    for timeout in PATIENCE[:-1]:
        option.click()
        with contextlib.suppress(AssertionError):
            expect(option).to_be_checked(timeout=timeout)
            return
    option.click()
    expect(option).to_be_checked()


def ask(button: Locator) -> Locator:
    """Press a button that opens a dialog, and return the dialog; again when the press was lost."""
    dialog = button.page.get_by_role("dialog")
    for timeout in PATIENCE:
        button.click()
        with contextlib.suppress(AssertionError):
            expect(dialog).to_be_visible(timeout=timeout)
            return dialog
    raise AssertionError("no dialog opened")
