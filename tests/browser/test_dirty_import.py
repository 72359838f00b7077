"""The dirty county through the app: a zip in, said what must be said, rows mended, a clean project out."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.startup import wait_for_map
from data.make_dirty import INCOMING, make_dirty
from planning import importlog, mappings, mending
from planning.project import list_projects
from tests.browser import picking
from tests.dirty import check_clean, corrected, left_out

#: An import of the whole county, in milliseconds.
LONG = 180_000
WORD = "安置及商品房小区"


@dataclass(frozen=True)
class Said:
    """What a planner reads and chooses, in one language."""

    lang: str
    name: str
    estate: str
    baidu: str
    cgcs: str
    meridian: str
    detected: str
    checked: str
    imported: str
    left: str
    pages: tuple[str, ...]

    @property
    def systems(self) -> tuple[tuple[str, str, str], ...]:
        """Each file that does not state its coordinate system, with what the planner states."""
        return (
            ("学校基本情况（百度坐标）.csv", self.baidu, ""),
            ("新建小区（自然资源局）.xlsx", self.cgcs, self.meridian),
            ("行政村（民政局）.xlsx", self.detected, ""),
            ("小区图斑.shp", self.detected, ""),
        )


CHINESE = Said(
    "zh", "脏数据县", "小区", "BD-09 经纬度（百度）", "国家 2000(CGCS2000)", "三度带中央经线 111",
    "就是检测到的", "核对完毕", "已导入到", "有 7 行没有导入",
    ("数据", "总览", "现状", "划片", "预测", "学位"),
)  # fmt: skip
ENGLISH = Said(
    "en", "Dirty county", "estate", "BD-09 degrees (Baidu)", "CGCS2000", "3-degree Gauss-Kruger CM 111E",
    "as detected", "Checked: no errors", "Imported into", "7 rows were left out",
    ("Data", "Overview", "Today", "Zoning", "Forecast", "Seats"),
)  # fmt: skip


@pytest.fixture(scope="module")
def empty_home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("empty") / "projects"


@pytest.fixture(scope="module")
def empty_app(empty_home, serve) -> str:
    return serve(empty_home)


def settle(page: Page) -> None:
    """Wait until no job is under way and no script is running."""
    app = page.locator('[data-testid="stApp"]')
    for _ in range(3):
        expect(app).not_to_have_attribute("data-test-script-state", "running", timeout=LONG)
        expect(page.locator('[data-testid="stProgress"]')).to_have_count(0, timeout=LONG)
        page.wait_for_timeout(400)


def pick(page: Page, box, text: str) -> None:
    """Choose what contains a text in a select box."""
    picking.pick(box.locator("input"), text, lambda: settle(page))
    settle(page)


def look_at(page: Page, file: str) -> None:
    box = page.locator(".st-key-import-table-chosen")
    if box.locator("input").input_value() != file:
        pick(page, box, file)


def state_system(page: Page, file: str, system: str, zone: str) -> None:
    look_at(page, file)
    pick(page, page.locator('[class*="st-key-import-table-"][class*="-family"]').first, system)
    if zone:
        pick(page, page.locator('[class*="-zone-"]').first, zone)


def say_word(page: Page, file: str, meaning: str) -> None:
    look_at(page, file)
    pick(page, page.locator('[class*="-word-"]').filter(has_text=WORD).first, meaning)
    page.locator('[class*="-apply"] button').first.click()
    settle(page)


def mend(page: Page, corrections, folder: Path, number: int) -> None:
    """Download the faulty rows, mend them by the list of corrections, and give them back."""
    settle(page)
    with page.expect_download(timeout=LONG) as got:
        page.locator(".st-key-import-mend-xlsx button").click()
    path = folder / f"rows-{number}.xlsx"
    got.value.save_as(path)
    rows = mending.read(path)
    path.write_bytes(mending.workbook({"units": corrected(rows, corrections)}))
    page.locator('[class*="st-key-import-mend-file"] input[type=file]').set_input_files(path)
    # what is given back drops the faults found before; a click sooner would be lost
    expect(page.locator(".st-key-import-mend-xlsx button")).to_have_count(0, timeout=LONG)
    settle(page)


@pytest.mark.browser
@pytest.mark.parametrize("said", [CHINESE, ENGLISH], ids=["zh", "en"])
def test_the_dirty_county_goes_in_and_comes_out_clean(serve, said: Said, page: Page, ready, tmp_path):
    home = tmp_path / "projects"
    corrections = make_dirty(tmp_path)
    (tmp_path / INCOMING / "旧花名册.et").write_bytes(b"WPS")
    packed = shutil.make_archive(str(tmp_path / "来件"), "zip", tmp_path / INCOMING)
    page.set_default_timeout(60_000)
    page.goto(f"{serve(home)}/?lang={said.lang}")
    ready(page)
    page.locator(".st-key-import-upload input[type=file]").set_input_files(packed)
    page.locator(".st-key-import-table-chosen").wait_for(timeout=LONG)
    settle(page)
    expect(page.get_by_text("旧花名册.et").first).to_be_visible()
    expect(page.locator(".st-key-import-start button")).to_be_disabled()
    for file, system, zone in said.systems:
        state_system(page, file, system, zone)
    say_word(page, "小区图斑.shp", said.estate)
    page.locator(".st-key-import-name input").fill(said.name)
    page.locator(".st-key-import-name input").press("Enter")
    settle(page)
    for number in range(4):
        page.locator(".st-key-import-check button").click()
        settle(page)
        # a script at rest may still be about to draw what the check found
        faulty = page.locator(".st-key-import-mend-xlsx button")
        expect(page.get_by_text(said.checked).or_(faulty).first).to_be_visible(timeout=LONG)
        if page.get_by_text(said.checked).count() and not faulty.count():
            break
        mend(page, corrections, tmp_path, number)
    page.locator(".st-key-import-start button").click()
    made = saved(page, home, said.name)
    check_clean(made.layers)
    report = importlog.read(made.folder)[-1]
    assert {(one["file"], one["row"]) for one in report["left_out"]} == left_out(corrections)
    # What came of it stands where files go in, and the words said are remembered.
    page.get_by_role("link", name=said.pages[0], exact=True).click()
    expect(page.get_by_text(said.imported).first).to_be_visible(timeout=LONG)
    expect(page.get_by_text(said.left).first).to_be_visible()
    (kept,) = [one for one in mappings.listed(home) if one.layer == "units" and one.words]
    assert kept.words == {"kind": {WORD: "estate"}}
    walk_through(page, said)


@pytest.mark.browser
def test_the_import_speaks_english(empty_home, empty_app, page: Page, ready, tmp_path):
    path = tmp_path / "units.csv"
    rows = "".join(f"U{n},Estate {n},{109.98 + n / 300:.4f},39.82\n" for n in range(6))
    path.write_text(f"unit id,name,lon,lat\n{rows}", encoding="utf-8")
    page.set_default_timeout(60_000)
    page.goto(f"{empty_app}/data?lang=en")
    ready(page)
    if page.locator(".st-key-data-section").count():
        picking.press(page.locator(".st-key-data-section").get_by_role("radio", name="Import", exact=True))
    page.locator(".st-key-import-upload input[type=file]").set_input_files(path)
    page.locator(".st-key-import-table-chosen").wait_for(timeout=LONG)
    settle(page)
    expect(page.get_by_text("First choose the coordinate system of 1 tables").first).to_be_visible()
    pick(page, page.locator('[class*="st-key-import-table-"][class*="-family"]').first, "as detected")
    words = page.locator('[data-testid="stMain"]').inner_text()
    assert not re.search("[\u4e00-\u9fff]", words.replace("脏数据县", "")), words
    if page.locator(".st-key-import-target").count():
        picking.press(page.locator(".st-key-import-target").get_by_role("radio", name="A new project"))
        settle(page)
    page.locator(".st-key-import-name input").fill("English county")
    page.locator(".st-key-import-name input").press("Enter")
    settle(page)
    page.locator(".st-key-import-start button").click()
    assert len(saved(page, empty_home, "English county").layers["units"]) == 6


def walk_through(page: Page, said: Said) -> None:
    """Open every page on the mended county: each has its map, none breaks."""
    for name in said.pages:
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.locator("h1").filter(has_text=name).first).to_be_visible(timeout=LONG)
        settle(page)
        assert page.locator('[data-testid="stException"]').count() == 0, name
        if name != said.pages[0]:  # which is at its import section
            assert wait_for_map(page), name


def saved(page: Page, home: Path, name: str):
    """Wait until a project of this name is there and return it."""
    for _ in range(LONG // 500):
        page.wait_for_timeout(500)
        found = [project for project in list_projects(home) if project.name == name]
        if found:
            return found[0]
    raise AssertionError(f"{name} was not imported")
