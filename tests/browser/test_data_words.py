"""The page 数据 speaks one language at a time, and makes its files only when asked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import picking

CHINESE = re.compile(r"[\u4e00-\u9fff]")
SHOWN = """e => [...e.querySelectorAll('button div, button p, section > div')].map(x =>
  getComputedStyle(x, '::after').content + (x.offsetParent ? x.innerText : '')).join(' ')"""


def section(page: Page, name: str) -> None:
    picking.press(page.locator(".st-key-data-section").get_by_role("radio", name=name, exact=True))


@pytest.mark.browser
@pytest.mark.parametrize(("lang", "name"), [("zh", "导入"), ("en", "Import")])
def test_the_uploader_speaks_the_language_of_the_tab(read_only_app, page: Page, ready, lang, name):
    page.goto(f"{read_only_app}/data?lang={lang}")
    ready(page)
    section(page, name)
    zone = page.locator('[data-testid="stFileUploaderDropzone"]').first
    expect(zone).to_be_visible()
    words = zone.evaluate(SHOWN)
    if lang == "zh":
        assert "选择文件" in words and "200 MB" in words
        assert not re.search("Upload|Browse|Drag|per file|Limit", words)
    else:
        assert "Upload" in words and not CHINESE.search(words)


@pytest.mark.browser
def test_english_pages_name_schools_in_english(read_only_app, page: Page, ready):
    page.goto(f"{read_only_app}/data?lang=en")
    ready(page)
    drawn = page.frame_locator("iframe").first.locator("html")
    assert "Dongsheng Xinyu Nine-year School" in drawn.evaluate("e => e.innerHTML")


@pytest.mark.browser
def test_the_workbook_can_be_imported_again(read_only_app, page: Page, ready, tmp_path):
    from gis.readers import inspect, read_layer

    page.goto(f"{read_only_app}/data?lang=en")
    ready(page)
    with page.expect_download() as got:
        page.locator(".st-key-data-export-xlsx button").click()
    got.value.save_as(tmp_path / "layers.xlsx")
    table = next(found for found in inspect(tmp_path / "layers.xlsx") if found.layer == "schools")
    assert "School name" in table.columns
    schools = read_layer(tmp_path / "layers.xlsx", "schools", table=table.name).frame
    # the page shows English names; the workbook keeps those the bureau uses
    assert schools["name"].map(lambda name: bool(CHINESE.search(name))).all()
