"""The page 划片 under test, as a planner handles it, and the store behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from playwright.sync_api import Locator, Page, expect

from planning import drafts, zoneproblem
from planning.project import list_projects, open_project
from planning.store import DraftStore
from tests.browser import picking

SLOW = 45_000  # milliseconds to wait for a page on a busy machine


class Desk:
    """The page under test, and the store behind it."""

    def __init__(self, page: Page, app: str, home: Path, ready: Callable[[Page], None]) -> None:
        self.page, self.app, self.ready = page, app, ready
        self.project = open_project(list_projects(home)[0].folder)
        self.store = DraftStore(self.project.drafts_url)

    def open(self, *, draft: str = "", lang: str = "zh", stage: str = "primary", year: int = 0) -> None:
        where = f"lang={lang}&stage={stage}&draft={draft}" + (f"&year={year}" if year else "")
        self.page.goto(f"{self.app}/zones?{where}")
        self.ready(self.page)
        self.key("zones-bar").wait_for()
        self.settled()

    def settled(self) -> None:
        """Wait until the script has run to its end: a button drawn by an older run is for an older draft."""
        self.ready(self.page)
        self.page.wait_for_timeout(300)
        self.ready(self.page)

    def key(self, name: str) -> Locator:
        return self.page.locator(f".st-key-{name}")

    def click(self, name: str) -> None:
        button = self.key(name).locator("button").first
        expect(button).to_be_enabled(timeout=SLOW)
        button.click()
        self.settled()

    def tables(self, section: str) -> Locator:
        """Return the tables of a part of the page."""
        return self.key(f"zones-{section}").locator('[data-testid="stDataFrame"]')

    def section(self, label: str) -> None:
        self.key("zones-section").get_by_text(label, exact=True).click()
        self.settled()

    def pick(self, name: str, typed: str) -> None:
        """Choose an option by typing its name."""
        picking.pick(self.key(name).locator("input").first, typed, self.settled)
        if name == "edit-units":
            self.page.keyboard.press("Escape")  # a choice of several stays open; one of one would be cleared
        self.settled()

    def create(self, name: str, author: str = "王老师") -> str:
        """Fill in the dialog that asks for a draft; return the draft's id."""
        dialog = self.page.get_by_role("dialog")
        dialog.locator(".st-key-draft-name input").fill(name)
        dialog.locator(".st-key-draft-author input").fill(author)
        dialog.locator(".st-key-draft-author input").press("Tab")
        self.settled()
        dialog.locator(".st-key-draft-create button").click()
        expect(dialog).to_have_count(0, timeout=SLOW)
        expect(self.key("zones-bar")).to_contain_text(name, timeout=SLOW)
        self.settled()
        return self.draft_id(name)

    def new(self, name: str) -> str:
        self.open()
        self.click("draft-new")
        return self.create(name)

    def draft_id(self, name: str) -> str:
        found = self.store.list()
        return str(found.loc[found["name"] == name, "draft_id"].iloc[0])

    def saved(self, rev: int) -> None:
        expect(self.key("zones-bar")).to_contain_text(f"第 {rev} 步", timeout=SLOW)
        self.settled()

    def plan(self, draft: str, stage: str = "primary") -> pd.Series:
        return self.store.state(draft).plan(stage, self.project.year)

    def in_force(self, stage: str = "primary") -> pd.Series:
        state = drafts.fold(drafts.plans(self.project.layers["catchments"]))
        return state.plan(stage, self.project.year)

    def download(self, name: str) -> bytes:
        self.settled()
        with self.page.expect_download() as waiting:
            self.key(name).locator("button").click()
        return Path(waiting.value.path()).read_bytes()


def unit(desk: Desk, at: int = 0) -> tuple[str, str]:
    """Return id and name of a unit without a school in it, whose name no other unit has."""
    units = desk.project.layers["units"]
    anchors = set(zoneproblem.anchors(desk.project, "primary")["unit_id"])
    single = ~units["name"].duplicated(keep=False) & ~units["unit_id"].isin(anchors)
    row = units[single].iloc[at]
    return str(row["unit_id"]), str(row["name"])
