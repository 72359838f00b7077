"""The page that a newcomer meets before there is a project: what it offers besides the demo of a county."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from planning.project import list_projects
from tests.browser import pausing, picking
from tests.browser.folds import unfold

pytestmark = pytest.mark.browser


def test_folds_tell_of_headers_and_commands_and_the_demo_of_the_city_can_be_given_up(
    page: Page, serve: Callable[[Path], str], ready: Callable[[Page], None], tmp_path: Path
) -> None:
    page.goto(serve(tmp_path))
    ready(page)
    unfold(page, "用命令行导入", "python cli.py import my-county")
    unfold(page, "各图层的表头和 Excel 模板", "表头不分大小写")
    picking.pick(page.locator(".st-key-data-headers-layer input"), "学校", lambda: ready(page))
    ready(page)
    with page.expect_download() as waiting:
        page.locator(".st-key-data-template button").click()
    form = pd.read_excel(
        io.BytesIO(Path(waiting.value.path()).read_bytes()), sheet_name=None, header=None, engine="calamine"
    )
    assert waiting.value.suggested_filename == "schools.xlsx"
    assert any("学校" in str(cell) for sheet in form.values() for cell in sheet.iloc[:5].to_numpy().ravel())

    page.locator(".st-key-demo-city button").click()
    with pausing.held():
        page.locator(".st-key-cancel-demo button").click()
        expect(page.get_by_text("已取消,数据未改动")).to_be_visible()
    expect(page.locator(".st-key-demo-city button")).to_be_enabled()
    assert not list_projects(tmp_path)
