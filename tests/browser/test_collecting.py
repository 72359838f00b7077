"""收表核数 in the browser: forms go out, come back, are sent back or taken in, and explained."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from planning import collecting, reconcile
from planning.project import open_project
from tests.browser import pausing, picking
from tests.collecting import counts, county, fill, sheets

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of projects with the drawn county."""
    folder = tmp_path_factory.mktemp("county")
    county(folder)
    return folder


def section(page: Page, name: str) -> None:
    choose(page, "data-section", name)


def step(page: Page, name: str) -> None:
    choose(page, "collect-step", name)


def choose(page: Page, key: str, name: str) -> None:
    """Choose a part of the page, and wait until it is the one shown."""
    picking.press(page.locator(f".st-key-{key}").get_by_role("radio", name=name, exact=True))


@pytest.mark.browser
def test_forms_go_out_come_back_and_are_taken_in(app, home, page: Page, ready, tmp_path):
    page.goto(f"{app}/data?lang=zh")
    ready(page)
    section(page, "收表核数")
    expect(page.get_by_text("共 3 家填报,本学年还没有发过。")).to_be_visible()
    page.locator(".st-key-collect-make button").click()
    ready(page)
    with page.expect_download() as got:
        page.locator(".st-key-collect-download button").click()
    got.value.save_as(tmp_path / "forms.zip")
    with zipfile.ZipFile(tmp_path / "forms.zip") as archive:
        sent = {name.split("_")[1]: archive.read(name) for name in archive.namelist()}
    good = fill(sent["第一小学"], tmp_path / "一小回复.xlsx", change=counts(range(40, 52), 2))
    wrong = fill(sent["第二中学"], tmp_path / "二中.xlsx", change=counts([50, -2, 48, 47, 46, 45], 2))

    step(page, "2 收表")
    expect(page.get_by_text("还没有收到这张表")).to_be_visible()
    page.locator('input[type="file"]').set_input_files([good, wrong])
    page.locator(".st-key-collect-start button").click()
    with pausing.held():
        page.locator(".st-key-cancel-collect-read button").click()
        ready(page)
    expect(page.get_by_text("已取消:读过的文件已经记录,其余没有读。")).to_be_visible()
    ready(page)
    page.locator(".st-key-collect-start button").click()  # the files are still there
    expect(page.get_by_text("读了 2 个文件:收下 1 份,退回 1 份")).to_be_visible()
    expect(page.get_by_text("应报 3 · 未报 1 · 退回 1 · 已收 1 · 已入库 0")).to_be_visible()
    ready(page)
    with page.expect_download() as got:
        page.locator(".st-key-collect-slip-S2 button").click()
    got.value.save_as(tmp_path / "slip.xlsx")
    rows = sheets((tmp_path / "slip.xlsx").read_bytes())["退回单"]
    assert rows[1][2:4] == [4, "班额"] and "-2" in rows[1][4]

    expect(page.get_by_text("还缺 2 家:北山学校、第二中学")).to_be_visible()
    page.locator(".st-key-collect-take-in button").click()
    expect(page.get_by_text("已把 1 家的表并入")).to_be_visible()
    classes = open_project(home / "county").layers["classes"]
    this = classes[classes["year"] == 2026]
    assert set(this["school_id"]) == {"S1"} and this["pupils"].tolist() == list(range(40, 52))
    assert len(classes[classes["year"] == 2025]) == 36


@pytest.mark.browser
def test_a_difference_is_explained_and_the_explanation_stays(app, home, page: Page, ready, tmp_path):
    project = open_project(home / "county")
    from planning.project import save_layers

    more = project.layers["enrolment"].copy()
    more.loc[0, "pupils"] += 2
    save_layers(project, {"enrolment": more})
    page.goto(f"{app}/data?lang=zh")
    ready(page)
    section(page, "收表核数")
    step(page, "3 核对")
    page.locator(".st-key-check-year").get_by_role("combobox").click()
    page.get_by_role("option", name="2025学年").click()
    expect(page.get_by_text("一致 17 · 不一致 1 · 缺数 0")).to_be_visible()
    grid = page.locator('[class*="st-key-check-edit"] canvas').first
    box = grid.bounding_box()
    assert box is not None
    # the field of the explanation stands in the right half of the only row
    page.mouse.dblclick(box["x"] + box["width"] * 0.75, box["y"] + 52)
    field = page.locator("textarea.gdg-input")
    field.fill("9 月转出 2 人")
    field.press("Enter")
    page.get_by_role("button", name="保存 1 条说明").click()
    expect(page.get_by_text("差异中已说明 1,需重新说明 0,未说明 0")).to_be_visible()
    found = reconcile.reconcile(open_project(home / "county"), 2025)
    assert reconcile.differing(found.rows)["explanation"].tolist() == ["9 月转出 2 人"]
    ready(page)
    with page.expect_download() as got:
        page.locator(".st-key-check-xlsx button").click()
    got.value.save_as(tmp_path / "check.xlsx")
    assert "9 月转出 2 人" in sheets((tmp_path / "check.xlsx").read_bytes())["差异"][1]


@pytest.mark.browser
@pytest.mark.parametrize("name", ["1 Send out", "2 Receive", "3 Reconcile"])
def test_the_steps_speak_english_in_an_english_tab(app, page: Page, ready, name):
    page.goto(f"{app}/data?lang=en")
    ready(page)
    section(page, "Collection")
    step(page, name)
    ready(page)
    page.wait_for_timeout(500)
    words = page.locator(".stMainBlockContainer").inner_text()
    named = ("某县", "第一小学", "第二中学", "北山学校", "城关镇", "北山镇", "收表")
    for word in named:
        words = words.replace(word, "")
    assert not [line for line in words.splitlines() if CHINESE.search(line) and ".xlsx" not in line]


def test_the_record_of_the_collection_is_kept(home):
    """What the planner did in the browser stands in the record, in order."""
    kinds = [record["kind"] for record in collecting.read(home / "county", "classes", 2026)]
    assert kinds == ["issued", "return", "return", "taken"]
