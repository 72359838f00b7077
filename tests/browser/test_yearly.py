"""The years after a plan's own, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_every_zone_is_checked_for_six_years_and_the_first_year_over_plan_is_said(
    page: Page, read_only_app: str, ready: Callable[[Page], None]
) -> None:
    page.goto(f"{read_only_app}/zones?lang=zh&stage=primary")
    ready(page)
    page.locator(".st-key-zones-section").get_by_text("逐年核对", exact=True).click()
    ready(page)
    section = page.locator(".st-key-zones-yearly")
    expect(section).to_contain_text("超出招生计划")
    with page.expect_download() as waiting:
        section.locator(".st-key-yearly-xlsx button").click()
    book = BytesIO(Path(waiting.value.path()).read_bytes())
    rows = pd.read_excel(book, sheet_name="逐年核对", header=1, engine="calamine")
    assert rows.groupby("片区")["学年"].nunique().eq(6).all()
    known = rows[rows["入学人数来自"] == "登记"]
    assert len(known) and (known["缺招生计划"] == (known["入学人数"] - known["招生计划"]).clip(lower=0)).all()
    assert rows.groupby("学年")["计划来自"].unique().map(len).eq(1).all()
