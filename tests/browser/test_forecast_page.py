"""The page 预测 in the browser: peaks by zone, and the back-test that one click makes."""

from __future__ import annotations

import pandas as pd
import pytest
from playwright.sync_api import Page, expect


@pytest.mark.browser
def test_peaks_and_the_back_test_stand_on_the_page(app, page: Page, ready):
    page.goto(f"{app}/forecast?lang=en&stage=primary")
    expect(page.get_by_text("Peak by catchment, and seats empty after it").first).to_be_visible()
    ready(page)
    with page.expect_download() as taken:
        page.locator(".st-key-zone-peaks-file-xlsx button").click()
    peaks = pd.read_excel(taken.value.path(), engine="calamine")
    assert len(peaks) > 5

    page.locator(".st-key-backtest button").click()
    expect(page.get_by_text("Schools hardest to forecast").first).to_be_visible()
    ready(page)
    with page.expect_download() as taken:
        page.locator(".st-key-backtest-file-xlsx button").click()
    sheets = pd.read_excel(taken.value.path(), sheet_name=None, engine="calamine")
    assert {"Schools hardest to forecast", "Back-test"} <= set(sheets)
    assert all(len(table) for table in sheets.values())
    pupils = page.get_by_text("the 80% range held").first
    before = pupils.inner_text()
    page.locator(".st-key-backtest-level").get_by_text("District total").click()
    expect(pupils).not_to_have_text(before)
