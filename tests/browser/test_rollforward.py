"""A planner's year in the browser: write the forecast down, roll forward, check September."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from planning import newyear, spring
from planning.project import open_project
from tests import nextyear

#: Where to leave pictures of each step to look at; none are taken without it.
PICTURES = os.environ.get("HUAPIAN_PICTURES", "")


def picture(page: Page, name: str) -> None:
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


def section(page: Page, app: str, name: str, ready, **query: str) -> None:
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    page.goto(f"{app}/data?{asked}")
    ready(page)
    page.locator(".st-key-data-section").get_by_text(name, exact=True).click()
    ready(page)


def press(page: Page, key: str) -> None:
    page.locator(f".st-key-{key} button").first.click()


@pytest.fixture(scope="module")
def files(home: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return next year's files of the demo county."""
    old = open_project(home / "demo-county")
    folder = tmp_path_factory.mktemp("files")
    return list(nextyear.files(nextyear.layers(old), folder).values())


@pytest.mark.browser
def test_the_forecast_is_written_down_before_it_is_known(app, home, page, ready):
    section(page, app, "九月对账", ready, lang="zh")
    expect(page.get_by_text("还没有记下过预测。")).to_be_visible()
    ready(page)
    page.get_by_text("记下 2027学年 的预测").click()
    press(page, "september-forecast")
    page.locator(".st-key-september-note input").fill("提交局务会的稿")
    page.locator(".st-key-september-note input").press("Enter")
    ready(page)
    press(page, "september-record")
    expect(page.get_by_text("2027学年的在校生还没有导入", exact=False)).to_be_visible()
    ready(page)
    picture(page, "september-before")
    (record,) = spring.records(open_project(home / "demo-county"))
    assert (record.year, record.note) == (2027, "提交局务会的稿")


@pytest.mark.browser
def test_next_years_files_go_into_a_project_of_their_own(app, home, files, page, ready, tmp_path):
    before = (home / "demo-county" / "project.toml").read_bytes()
    section(page, app, "转入下一学年", ready, lang="zh")
    picture(page, "roll-begin")
    press(page, "roll-begin")
    page.locator(".st-key-import-upload input[type=file]").set_input_files(files)
    expect(page.locator(".st-key-import-start button")).to_be_enabled()
    expect(page.locator(".st-key-import-start")).to_contain_text("导入 4 个图层")
    press(page, "import-start")
    expect(page.get_by_text("没有列出的图层沿用本学年的", exact=False)).to_be_visible()
    ready(page)
    picture(page, "roll-files")
    assert (home / "demo-county" / "project.toml").read_bytes() == before

    page.get_by_text("4 开新学年").click()
    expect(page.locator(".st-key-roll-open button")).to_be_disabled()
    page.get_by_text("2 沿革:谁成了谁").click()
    expect(page.get_by_text("去向未定 2 个", exact=False).first).to_be_visible()
    ready(page)
    picture(page, "roll-lineage")
    with page.expect_download() as taken:
        press(page, "roll-lineage-xlsx")
    table = pd.read_excel(taken.value.path(), engine="calamine")
    assert set(table["变更"]) == {"更名", "合并", "拆分", "新建", "撤销"}
    # the table given back counts row by row, the proposals that were left in it too
    given = tmp_path / "沿革.xlsx"
    given.write_bytes(Path(taken.value.path()).read_bytes())
    page.locator("[class*=st-key-roll-lineage-back] input[type=file]").set_input_files(given)
    press(page, "roll-lineage-read")
    expect(page.get_by_text("去向未定 0 个", exact=False).first).to_be_visible()
    ready(page)
    page.locator(".st-key-roll-save").scroll_into_view_if_needed()
    picture(page, "roll-lineage-back")
    press(page, "roll-tick-all")
    ready(page)
    press(page, "roll-save")
    expect(page.get_by_text("去向未定 0 个", exact=False).first).to_be_visible()

    page.get_by_text("3 转入内容与冲突").click()
    expect(page.get_by_text("各图层怎么带过去")).to_be_visible()
    ready(page)
    picture(page, "roll-carry")
    page.get_by_text("4 开新学年").click()
    expect(page.locator(".st-key-roll-open button")).to_be_enabled()
    picture(page, "roll-open")
    press(page, "roll-open")
    expect(page.get_by_text("新学年已开好", exact=False)).to_be_visible()
    ready(page)
    picture(page, "roll-opened")
    assert (home / "demo-county" / "project.toml").read_bytes() == before
    made = open_project(home / "demo-county-2027")
    assert (made.year, newyear.parent(made).id) == (2027, "demo-county")
    page.get_by_role("button", name="打开", exact=True).click()
    ready(page)
    expect(page.get_by_text("由“东胜区", exact=False).first).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("lang", "name", "inside", "outside"),
    [
        ("zh", "九月对账", "落在 80% 区间内", "高于区间"),
        ("en", "September", "Within the 80 % range", "above"),
    ],
)
def test_september_is_set_beside_what_was_said(app, page, ready, lang, name, inside, outside):
    section(page, app, name, ready, lang=lang, project="demo-county-2027")
    expect(page.get_by_text(inside)).to_be_visible()
    ready(page)
    picture(page, f"september-{lang}")
    with page.expect_download() as taken:
        press(page, "september-xlsx")
    table = pd.read_excel(taken.value.path(), engine="calamine")
    assert table.iloc[:, -1].str.contains(outside).any()
    assert len(table) >= 25
