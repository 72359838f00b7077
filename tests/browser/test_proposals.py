"""The page 预测: births and the share that entered, and a proposed change of schools taken over and back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from planning import lineage
from planning.project import save_layers
from tests.test_planning_forecasts import births
from tests.test_planning_proposals import renamed

#: A forecast on a loaded machine, in milliseconds.
FORECAST = 180_000
WARNED = "perhaps it was renamed"


@pytest.mark.browser
def test_a_proposed_change_is_taken_into_the_lineage_table_and_back(tmp_path, serve, page: Page, ready):
    project = save_layers(renamed(tmp_path), {"births": births()})
    page.goto(f"{serve(tmp_path)}/forecast?lang=en&stage=primary")
    expect(page.get_by_text(WARNED).first).to_be_visible(timeout=FORECAST)
    ready(page)
    shares = page.get_by_test_id("stExpander").filter(has_text="From births to entrants")
    shares.get_by_text("From births to entrants").click()
    expect(shares.get_by_test_id("stDataFrame")).to_be_visible()
    ready(page)
    page.locator(".st-key-changes-take button").click()
    expect(page.get_by_text("the author is missing")).to_be_visible()
    assert lineage.stored(project.folder).empty
    ready(page)
    who = page.locator(".st-key-changes-by input")
    who.fill("Wang")
    who.press("Tab")
    ready(page)
    page.locator(".st-key-changes-take button").click()
    expect(page.locator(".st-key-changes-back button")).to_be_visible(timeout=FORECAST)
    expect(page.get_by_text(WARNED)).to_have_count(0)
    ready(page)
    assert lineage.stored(project.folder)["to_id"].tolist() == ["西"]
    page.locator(".st-key-changes-back button").click()
    expect(page.get_by_text(WARNED).first).to_be_visible(timeout=FORECAST)
    assert lineage.stored(project.folder).empty
