"""Folds of a page: what they hold is not to be seen until they are opened."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def unfold(page: Page, label: str, says: str) -> None:
    """Open a fold and see what it says, which was not to be seen before."""
    fold = page.locator('[data-testid="stExpander"]').filter(has=page.get_by_text(label, exact=True)).last
    text = fold.get_by_text(says).last
    expect(text).not_to_be_visible()
    fold.locator("summary").click()
    expect(text).to_be_visible()
