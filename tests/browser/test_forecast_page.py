"""The page 预测 in the browser: peaks by zone, the back-test that one click makes, and ranges it doubts."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

#: A first forecast, its map and its charts on a loaded machine, in milliseconds.
FORECAST = 180_000


def backtested(page: Page, ready) -> None:
    """Have the page show the back-test, which takes a minute of work, so that it is made once here."""
    start = page.locator(".st-key-backtest button")
    made = page.get_by_text("Schools hardest to forecast").first
    expect(start.or_(made).first).to_be_visible(timeout=FORECAST)
    if start.count():
        start.click()
    expect(made).to_be_visible(timeout=FORECAST)
    ready(page)


@pytest.mark.browser
def test_peaks_and_the_back_test_stand_on_the_page(app, page: Page, ready):
    page.goto(f"{app}/forecast?lang=en&stage=primary")
    expect(page.get_by_text("Peak by catchment, and seats empty after it").first).to_be_visible(
        timeout=FORECAST
    )
    ready(page)
    with page.expect_download() as taken:
        page.locator(".st-key-zone-peaks-file-xlsx button").click()
    peaks = pd.read_excel(taken.value.path(), engine="calamine")
    assert len(peaks) > 5

    backtested(page, ready)
    with page.expect_download() as taken:
        page.locator(".st-key-backtest-file-xlsx button").click()
    sheets = pd.read_excel(taken.value.path(), sheet_name=None, engine="calamine")
    assert {"Schools hardest to forecast", "Back-test"} <= set(sheets)
    assert all(len(table) for table in sheets.values())
    pupils = page.get_by_text("the 80% range held").first
    before = pupils.inner_text()
    page.locator(".st-key-backtest-level").get_by_text("District total").click()
    expect(pupils).not_to_have_text(before)


@pytest.mark.browser
def test_ranges_that_held_too_seldom_are_said_beside_the_bars(app, page: Page, ready):
    page.goto(f"{app}/forecast?lang=en&stage=primary")
    backtested(page, ready)
    expect(page.get_by_text("does not settle that the ranges are right")).to_be_visible()
    page.locator(".st-key-backtest-level").get_by_text("District total").click()
    ready(page)
    warned = page.get_by_test_id("stAlert").filter(has_text="these ranges are probably too narrow")
    expect(warned).to_contain_text(re.compile(r"3 year\(s\) ahead: 1 of 4 outcomes of 4 base years"))
    with page.expect_download() as taken:
        page.locator(".st-key-backtest-file-xlsx button").click()
    sheets = pd.read_excel(taken.value.path(), sheet_name=None, header=None, engine="calamine")
    words = " ".join(str(cell) for sheet in sheets.values() for cell in sheet.to_numpy().ravel())
    assert "looks like less than 80%" in words


@pytest.mark.browser
def test_a_value_is_adopted_beside_the_forecast_and_scenarios_are_saved_with_the_project(
    app, page: Page, ready
):
    def sheets() -> dict[str, pd.DataFrame]:
        with page.expect_download() as taken:
            page.locator(".st-key-levels-file-xlsx button").click()
        return pd.read_excel(taken.value.path(), sheet_name=None, header=1, engine="calamine")

    def fill(key: str, text: str) -> None:
        page.locator(f".st-key-{key} input").fill(text)
        page.locator(f".st-key-{key} input").press("Tab")
        ready(page)

    page.goto(f"{app}/forecast?lang=en&stage=primary")
    expect(page.locator(".st-key-by-level")).to_be_visible(timeout=FORECAST)
    ready(page)
    page.locator(".st-key-by-level").get_by_text("Whole area").click()
    ready(page)
    before = sheets()["Forecast by level"]
    page.get_by_text("Record or withdraw an adopted value").click()
    page.locator(".st-key-adopt-keep button").click()
    expect(page.get_by_text("the reason is missing")).to_be_visible()
    ready(page)
    fill("adopt-value", "1")
    fill("adopt-reason", "=1+1")
    fill("adopt-by", "Wang")
    page.locator(".st-key-adopt-keep button").click()
    expect(page.get_by_text("the reason is missing")).to_have_count(0)
    ready(page)
    written = sheets()
    assert written["Adopted value"]["Author"].tolist() == ["Wang"]
    beside = written["Forecast by level"]
    assert beside["Against the range"].dropna().tolist() == ["outside the 80% range"]
    numbers = ["Scenario", "School year", "Forecast"]
    pd.testing.assert_frame_equal(beside[numbers], before[numbers])

    page.get_by_text("See and change assumptions").click()
    low = page.get_by_label("Net migration a year (%)").first
    expect(low).to_be_visible()
    low.fill("-5")
    low.press("Tab")
    page.get_by_label("Source", exact=True).first.fill("survey")
    fill("assume-by", "Wang")
    page.locator(".st-key-assume-save button").click()
    expect(page.get_by_text("scenarios: set in this project")).to_be_visible()
    ready(page)
    expect(page.locator(".st-key-levels-file-xlsx button")).to_be_visible(timeout=FORECAST)
    ready(page)
    after = sheets()["Forecast by level"]
    now = {name: rows[numbers[2]].tolist() for name, rows in after.groupby("Scenario")}
    was = {name: rows[numbers[2]].tolist() for name, rows in before.groupby("Scenario")}
    assert now["Middle"] == was["Middle"] and now["Low"] != was["Low"]
