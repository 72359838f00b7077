"""A roll through the page: read, assigned, saved; and no person of it in anything that the app writes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from conftest import ROOT, _free_port
from playwright.sync_api import Page, expect
from test_privacy import HOUSES, IDS, NAMES, NUMBERS, found_in

import run
from planning.project import Project, open_project
from tests.browser import picking

SLOW = 120_000


@dataclass(frozen=True)
class Watched:
    """An app whose home, temporary folder and log lie in one folder."""

    folder: Path
    address: str

    @property
    def project(self) -> Project:
        return open_project(next((self.folder / "home").glob("*/project.toml")).parent)


@pytest.fixture(scope="module")
def watched(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """Return an app whose every file lands in one folder."""
    folder = tmp_path_factory.mktemp("watched")
    shutil.copytree(demo_home, folder / "home")
    (folder / "tmp").mkdir()
    own = {"HUAPIAN_HOME": folder / "home", "TMPDIR": folder / "tmp", "HOME": folder}
    port = _free_port()
    command = [sys.executable, "-m", "ui.serve", "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.address", "127.0.0.1"]
    environment = os.environ | {name: str(path) for name, path in own.items()}
    with (folder / "app.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        address = f"http://127.0.0.1:{port}"
        assert run.healthy(process, address), "the app did not start"
        yield Watched(folder, address)
        process.terminate()
        process.wait(timeout=20)


def roll(project: Project) -> bytes:
    """Return a register of six pupils: three homes are known, two in an unknown estate, one elsewhere."""
    unit, school = project.layers["units"].iloc[0], project.layers["schools"]["name"].iloc[0]
    homes = [f"{unit['town']}{unit['name']}{HOUSES[0]}室"] * 3
    homes += [
        f"{unit['town']}瑶池别苑{HOUSES[2]}",
        f"{unit['town']}瑶池别苑{HOUSES[0]}",
        "外省某市白水县城关镇1号",
    ]
    rows = [
        (school, "一年级", NAMES[n % len(NAMES)], IDS[n], home, NUMBERS[2], "是" if n == 0 else "否")
        for n, home in enumerate(homes)
    ]
    heads = ["学校名称", "年级", "姓名", "身份证件号", "现住址", "联系电话", "是否随迁子女"]
    return pd.DataFrame(rows, columns=heads).to_csv(index=False).encode("gb18030")


def open_rolls(page: Page, watched: Watched, ready: Callable[[Page], None], lang: str, name: str) -> None:
    page.goto(f"{watched.address}/data?lang={lang}")
    ready(page)
    picking.press(page.locator(".st-key-data-section").get_by_role("radio", name=name, exact=True))
    expect(page.locator(".st-key-roll-start button")).to_be_visible(timeout=SLOW)


def read_roll(page: Page, name: str, data: bytes) -> None:
    upload = page.locator('[data-testid="stFileUploader"] input[type=file]').first
    upload.set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})
    start = page.locator(".st-key-roll-start button")
    expect(start).to_be_enabled(timeout=SLOW)
    start.click()


@pytest.mark.browser
def test_a_roll_is_read_and_saved_and_no_person_written(
    watched: Watched, page: Page, ready: Callable[[Page], None]
) -> None:
    open_rolls(page, watched, ready, "zh", "花名册")
    read_roll(page, "学籍.csv", roll(watched.project))
    save = page.locator(".st-key-roll-save button")
    expect(save).to_contain_text("6", timeout=SLOW)
    shown = page.locator('[data-testid="stMetric"]')
    expect(shown.filter(has_text="住址匹配率")).to_contain_text("60.0%")
    expect(shown.filter(has_text="住址不明")).to_contain_text("2")
    expect(page.get_by_text("没有找到的住址(1 处)")).to_be_visible()
    assert found_in(watched.folder) == []
    save.click()
    expect(page.get_by_text("已保存 6 人的汇总")).to_be_visible(timeout=SLOW)
    rolls = watched.project.layers["attendance"]
    mine = rolls["school_id"] == watched.project.layers["schools"]["school_id"].iloc[0]
    layer = rolls[mine & (rolls["year"] == watched.project.year)]
    assert layer["pupils"].sum() == 6
    assert (~mine).any()
    assert layer["migrant"].sum() == 1
    assert layer.groupby("home")["pupils"].sum().to_dict() == {"outside": 1, "unit": 3, "unknown": 2}
    assert found_in(watched.folder) == []


@pytest.mark.browser
def test_a_roll_that_cannot_be_read_says_what_to_mend(
    watched: Watched, page: Page, ready: Callable[[Page], None]
) -> None:
    open_rolls(page, watched, ready, "en", "Rolls")
    before = watched.project.version
    data = f"姓名,电话\n{NAMES[0]},{NUMBERS[2]}\n".encode("gb18030")
    read_roll(page, "学籍.csv", data)
    expect(page.get_by_text("Not added up")).to_be_visible(timeout=SLOW)
    expect(page.get_by_text("Some columns were not recognised")).to_be_visible()
    assert watched.project.version == before
    assert found_in(watched.folder) == []


@pytest.mark.browser
def test_a_roll_given_to_the_ordinary_import_is_turned_away_before_it_is_written(
    watched: Watched, page: Page, ready: Callable[[Page], None]
) -> None:
    page.goto(f"{watched.address}/data?lang=zh")
    ready(page)
    picking.press(page.locator(".st-key-data-section").get_by_role("radio", name="导入", exact=True))
    upload = page.locator(".st-key-import-upload input[type=file]")
    upload.set_input_files({"name": "学籍.csv", "mimeType": "text/csv", "buffer": roll(watched.project)})
    expect(page.get_by_text("像是学生或儿童名册")).to_be_visible(timeout=SLOW)
    assert not [path for path in (watched.folder / "tmp").rglob("*") if path.is_file()]
    assert found_in(watched.folder) == []
