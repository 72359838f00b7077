"""What the page 预测 may not hide: full classes that nobody splits."""

from __future__ import annotations

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

#: A first forecast, its map and its charts on a loaded machine, in milliseconds.
FORECAST = 180_000


@pytest.mark.browser
def test_classes_that_move_up_whole_fill_up_and_the_page_says_so(app, page: Page, ready):
    page.goto(f"{app}/forecast?lang=en&stage=primary")
    said = page.get_by_text("grades of schools oversized classes are at least as likely as not")
    expect(said).to_be_visible(timeout=FORECAST)
    ready(page)
    with page.expect_download() as taken:
        page.locator(".st-key-classes-file-xlsx button").click()
    told = pd.read_excel(taken.value.path(), header=None, engine="calamine")
    top = int(told.index[told.eq("Classes to add").any(axis=1)][0])
    rows = told.iloc[top + 1 :].set_axis(told.loc[top], axis=1).dropna(subset="Classes to add")
    first = rows[rows["School year"] == rows["School year"].min()]
    likely, extra = int((first["Oversized (chance)"] >= 0.5).sum()), int(first["Classes to add"].sum())
    assert likely > 0 and extra > 0
    expect(said).to_contain_text(f"in {likely} grades")
    expect(said).to_contain_text(f"{extra} more classes are needed")
    older = first[first["Grade"].astype(str).str.contains("[2-6]")]
    assert len(older) and (older["Classes, low"] == older["Classes, high"]).all()
    assert (first["Pupils, low"] <= first["Pupils"]).all() and (
        first["Pupils"] <= first["Pupils, high"]
    ).all()
