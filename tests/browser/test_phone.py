"""Questions by telephone in a real browser: what an answer rests on, and free places to change to."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from planning.project import list_projects, open_project
from tests.browser import picking

pytestmark = pytest.mark.browser


def test_free_places_are_filtered_exported_and_answers_name_their_clause(
    page: Page, read_only_app: str, read_only_home: Path, ready: Callable[[Page], None]
) -> None:
    project = open_project(list_projects(read_only_home)[0].folder)
    page.goto(f"{read_only_app}/zones?lang=zh&stage=primary")
    ready(page)
    picking.press(page.get_by_role("radio", name="电话查询"))
    ready(page)
    expect(page.get_by_text("班额为 2026")).to_be_visible()
    offered = _export(page)
    assert len(offered) and (offered["剩余学位"] > 0).all()
    page.locator(".st-key-phone-free label").click()
    ready(page)
    every = _export(page)
    assert len(every) > len(offered)
    grade = page.locator(".st-key-phone-grade input")
    grade.click()
    page.get_by_role("option", name="3", exact=True).click()
    ready(page)
    assert set(_export(page)["年级"]) == {3}
    name = str(project.layers["units"]["name"].iloc[0])
    box = page.locator(".st-key-phone-text input")
    box.fill(name)
    box.press("Enter")
    ready(page)
    answer = page.locator(".st-key-phone-answer")
    expect(answer).to_contain_text(re.compile(r"自 \d{4} 学年起"))
    expect(answer).to_contain_text(re.compile("小学依据:.*教督〔2017〕6号"))


def _export(page: Page) -> pd.DataFrame:
    """Return the table of places as the download has it, checked against its own formula."""
    with page.expect_download() as download:
        page.locator(".st-key-phone-places-xlsx button").click()
    sheet = pd.read_excel(
        BytesIO(Path(download.value.path()).read_bytes()), sheet_name="空余学位", header=1, engine="calamine"
    )
    known = sheet[sheet["结论"].isin(["有空位", "已满"])]
    assert (known["剩余学位"] == (known["学位"] - known["学生数"]).clip(lower=0)).all()
    return sheet
