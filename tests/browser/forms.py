"""The forms of the page 预测 under test, by the keys of their controls, and the project behind them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from playwright.sync_api import Locator, Page, expect

from planning import assumed
from planning.project import Project
from tests.browser import picking

#: A first forecast, its map and its charts on a loaded machine, in milliseconds.
FORECAST = 180_000


class Forms:
    """The page under test in English, for primary schools."""

    def __init__(self, page: Page, ready: Callable[[Page], None], project: Project) -> None:
        self.page, self.ready, self.project = page, ready, project

    def open(self, address: str) -> None:
        self.page.goto(f"{address}/forecast?lang=en&stage=primary")
        self.drawn()

    def drawn(self) -> None:
        """Wait until the forecast is made and the page below it drawn."""
        expect(self.key("by-level")).to_be_visible(timeout=FORECAST)
        self.rest()

    def rest(self) -> None:
        self.ready(self.page)

    def key(self, name: str) -> Locator:
        return self.page.locator(f".st-key-{name}")

    def at(self, start: str) -> Locator:
        """Return the controls whose keys start so: those of a form's inputs end with what it shows."""
        return self.page.locator(f'[class*="st-key-{start}"]')

    def box(self, start: str) -> Locator:
        return self.at(start).locator("input").first

    def table(self, heading: str) -> Locator:
        """Return the table on view that has such a column."""
        return self.page.get_by_test_id("stDataFrame").filter(has_text=heading)

    def unfold(self, title: str) -> None:
        self.page.get_by_test_id("stExpander").get_by_text(title).first.click()

    def fill(self, **texts: object) -> None:
        """Fill inputs of a form, which reach the script with its button."""
        for name, text in texts.items():
            self.type(self.box(name.replace("_", "-")), text)

    def type(self, box: Locator, text: object) -> None:
        box.fill(str(text))
        box.press("Tab")

    def pick(self, start: str, option: object) -> None:
        picking.pick(self.box(start), str(option), self.rest)
        self.rest()

    def choose(self, name: str, part: str) -> None:
        picking.press(self.key(name).locator("label").filter(has_text=part))
        self.rest()

    def press(self, name: str) -> assumed.Assumed:
        """Press a button that writes an assumption, and return what is assumed then."""
        inputs = self._inputs(name)
        self.write(name, lambda: len(assumed.history(self.project)))
        # a save gives the inputs of its form keys of their own: what is typed before they are there is lost
        expect(inputs).to_have_count(0)
        self.rest()
        return assumed.in_force(self.project)

    def write(self, name: str, written: Callable[[], int]) -> None:
        """Press a button until there is more written than before."""
        before, button = written(), self.key(name).locator("button")
        for tried in range(300):  # a loaded machine takes its time
            if written() > before:
                break
            if tried % 100 == 0:  # again where the end of a forecast drew the page anew under the click
                button.click()
            self.page.wait_for_timeout(100)
        self.rest()
        assert written() > before, (name, self.page.get_by_test_id("stAlert").all_inner_texts())

    def _inputs(self, button: str) -> Locator:
        """Return the input of the source in the form of a button as it is now, or nothing if it has none."""
        form = self.page.get_by_test_id("stForm").filter(has=self.key(button))
        source = form.locator('[class*="-source-"]')
        known = source.first.get_attribute("class") if source.count() else ""
        keys = [name for name in (known or "").split() if name.startswith("st-key-")]
        return self.page.locator(f'[class~="{keys[0] if keys else "none"}"]')

    def download(self, name: str) -> Path:
        with self.page.expect_download() as taken:
            self.key(name).locator("button").click()
        return Path(taken.value.path())

    def sheets(self, name: str) -> dict[str, pd.DataFrame]:
        return pd.read_excel(self.download(name), sheet_name=None, engine="calamine")
