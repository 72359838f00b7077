"""What can be pressed on the pages 总览 and 现状 and beside every page, each seen to do what it says."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from planning.project import list_projects

pytestmark = pytest.mark.browser
KINDS = ("xlsx", "gpkg", "geojson", "html")


def _files(page: Page, name: str, ready: Callable[[Page], None]) -> dict[str, bytes]:
    """Return what the downloads below a map give, by the end of the file's name."""
    found = {}
    for kind in KINDS:
        ready(page)
        with page.expect_download() as waiting:
            page.locator(f".st-key-{name}-{kind} button").click()
        assert waiting.value.suggested_filename.endswith(f".{kind}")
        found[kind] = Path(waiting.value.path()).read_bytes()
    return found


def _table(file: bytes, sheet: str) -> pd.DataFrame:
    return pd.read_excel(io.BytesIO(file), sheet_name=sheet, header=None, engine="calamine")


def _check(files: dict[str, bytes], sheet: str, *, rows: int, stamp: str) -> None:
    """Hold the files of a map against what it shows: so many rows, and marked as made up."""
    assert len(_table(files["xlsx"], sheet)) > rows
    assert files["gpkg"].startswith(b"SQLite format 3")
    assert len(json.loads(files["geojson"])["features"]) >= rows
    page = files["html"].decode()
    assert stamp in page and "leaflet" in page


def test_the_overview_leads_on_and_gives_its_files(read_only_app, read_only_home, page: Page, ready):
    project = list_projects(read_only_home)[0]
    page.goto(f"{read_only_app}/?lang=zh&stage=primary")
    ready(page)
    page.frame_locator("iframe").first.locator(".leaflet-container").wait_for()
    _check(_files(page, "balance", ready), "学位供需", rows=10, stamp="合成数据")

    page.get_by_text("这些数字怎么来的", exact=True).click()
    expect(page.get_by_text(re.compile("负荷 = |负荷"))).not_to_have_count(0)
    expect(page.locator('[data-testid="stExpanderDetails"]').last).to_contain_text("不用别处的空位抵消")

    figure = page.locator('[data-testid="stMetric"]').filter(has_text="入学人数").first
    before = figure.inner_text()
    page.get_by_role("slider").press("ArrowRight")
    expect(page).to_have_url(re.compile(f"year={project.year + 1}"))
    ready(page)
    expect(figure).not_to_have_text(before)
    expect(page.get_by_text(re.compile(f"{project.year + 1}学年")).first).to_be_visible()

    for page_name, title in (("zones", "划片"), ("status", "现状"), ("seats", "学位")):
        link = page.locator(f".st-key-decision-{page_name} a")
        if not link.count():  # nothing there to decide this year
            continue
        link.click()
        expect(page.locator("h1").first).to_have_text(title)
        page.get_by_role("link", name="总览", exact=True).click()
        expect(page.locator("h1").first).to_have_text("总览")
        ready(page)


def test_today_tests_for_clusters_and_gives_its_files(read_only_app, page: Page, ready):
    page.goto(f"{read_only_app}/status?lang=zh&stage=primary")
    ready(page)
    legend = page.frame_locator("iframe").first.locator(".hp-legend")
    expect(legend).to_contain_text("班额")
    expect(legend).not_to_contain_text("聚集检验")
    page.locator(".st-key-clusters label").first.click()
    ready(page)
    expect(page.frame_locator("iframe").first.locator(".hp-legend")).to_contain_text("聚集检验(Gi*)")
    _check(_files(page, "class-size", ready), "各校班额", rows=10, stamp="合成数据")
    with page.expect_download() as waiting:
        page.locator(".st-key-rules-xlsx button").click()
    assert len(_table(Path(waiting.value.path()).read_bytes(), "规则核对")) > 5
