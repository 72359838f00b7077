"""Every page works in both languages with the network cut."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, expect

TITLES = {
    "": ("总览", "Overview"),
    "data": ("数据", "Data"),
    "status": ("现状", "Today"),
    "zones": ("划片", "Zoning"),
    "forecast": ("预测", "Forecast"),
    "seats": ("学位", "Seats"),
}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def shown_map(page: Page, name: str) -> Locator | FrameLocator:
    """Return where a page's map is: a file of its own in a frame, or the board to paint on."""
    return page.locator(".hp-board") if name == "zones" else page.frame_locator("iframe").first


@pytest.mark.browser
@pytest.mark.parametrize("stage", ["primary", "junior"])
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", TITLES)
def test_page_opens_with_its_title_a_map_and_no_error(read_only_app, page: Page, ready, name, lang, stage):
    page.goto(f"{read_only_app}/{name}?lang={lang}&stage={stage}")
    ready(page)
    expect(page.locator("h1").first).to_have_text(TITLES[name][lang == "en"])
    expect(shown_map(page, name).locator(".leaflet-container")).to_be_visible()
    expect(page.locator('[data-testid="stAlert"]').filter(has_text="Traceback")).to_have_count(0)
    (_in_english if lang == "en" else _marked_synthetic)(page, name)


def _in_english(page: Page, name: str) -> None:
    words = page.locator("h1, h2, h3, .stButton button, .stDownloadButton button, label").all_inner_texts()
    known = ("中文", "语言 Language")
    assert not [text for text in words if CHINESE.search(text.replace(known[0], "").replace(known[1], ""))]


def _marked_synthetic(page: Page, name: str) -> None:
    expect(page.get_by_text("合成数据").first).to_be_visible()
    expect(shown_map(page, name).locator(".hp-stamp")).to_have_text("合成数据")


@pytest.mark.browser
def test_language_project_and_stage_stand_in_the_url(read_only_app, page: Page, ready):
    page.goto(f"{read_only_app}/status?lang=zh")
    ready(page)
    page.get_by_role("button", name="English").or_(page.get_by_text("English", exact=True)).first.click()
    expect(page.locator("h1").first).to_have_text("Today")
    expect(page).to_have_url(re.compile("lang=en"))
    page.get_by_text("Junior", exact=True).first.click()
    expect(page).to_have_url(re.compile("stage=junior"))


@pytest.mark.browser
def test_an_empty_home_leads_on(tmp_path_factory, serve, page: Page, ready):
    address = serve(tmp_path_factory.mktemp("empty"))
    page.goto(address)
    ready(page)
    expect(page.locator(".st-key-demo-county button")).to_be_visible()
    page.locator(".st-key-demo-county button").click()
    expect(page.locator("h1").first).to_have_text("总览", timeout=120_000)
