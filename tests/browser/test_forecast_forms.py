"""The page 预测: scenarios and stated values are kept, act on the forecast, and are taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page, expect

from gis.layers import SCHEMAS
from gis.schema import check
from planning import assumed, forecasts
from planning.project import Project, create_project
from tests.test_planning_forecasts import EPSG, YEAR, births, enrolment, layers, schools
from ui.views.forecast import AHEAD

pytestmark = pytest.mark.browser

FORECAST = 180_000


class Forms:
    """The forms of the page, by the keys of their controls."""

    def __init__(self, page: Page, ready: Callable[[Page], None], project: Project) -> None:
        self.page, self.ready, self.project = page, ready, project

    def at(self, key: str) -> Locator:
        return self.page.locator(f'[class*="st-key-{key}"]')

    def fill(self, **texts: object) -> None:
        """Fill inputs of a form, which reach the script with its button."""
        for key, text in texts.items():
            self.type(self.at(key.replace("_", "-")).locator("input").first, text)

    def type(self, box: Locator, text: object) -> None:
        box.fill(str(text))
        box.press("Tab")

    def pick(self, key: str, option: str) -> None:
        self.at(key).locator("input").click()
        self.page.get_by_role("option", name=option).click()
        self.ready(self.page)

    def press(self, key: str) -> assumed.Assumed:
        """Press a button that writes an entry, and return what is assumed then."""
        before, button = len(assumed.history(self.project)), self.at(key).locator("button")
        for tried in range(300):  # a loaded machine takes its time
            if len(assumed.history(self.project)) > before:
                break
            if tried % 100 == 0:  # again where the end of a forecast drew the page anew under the click
                button.click()
            self.page.wait_for_timeout(100)
        self.ready(self.page)
        # every save gives the inputs keys of their own: what is typed before they are there is lost
        mark = re.sub("[^a-zA-Z0-9_-]", "-", assumed.in_force(self.project).at)
        expect(self.at(f"assume-source-{mark}")).to_be_visible()
        self.ready(self.page)
        said = self.page.get_by_test_id("stAlert").all_inner_texts()
        assert len(assumed.history(self.project)) > before, (key, said)
        return assumed.in_force(self.project)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Births, kindergarten rolls and a private school; no estates."""
    nursery = [(year, name, 60 + year % 4) for year in range(YEAR - 8, YEAR + 1) for name in ("大班", "中班")]
    rolls = pd.DataFrame(nursery, columns=["year", "grade", "children"])
    made = {
        "units": layers()["units"],
        "schools": schools().assign(provider=["public", "private", "public"]),
        "enrolment": enrolment(),
        "births": births(),
        "kindergarten": check(rolls, SCHEMAS["kindergarten"])[0],
    }
    return create_project(made, name="三校", year=YEAR, epsg=EPSG, folder=tmp_path)


def test_scenarios_and_stated_values_are_kept_act_on_the_forecast_and_are_taken_back(
    project, serve, page: Page, ready
):
    forms = Forms(page, ready, project)
    page.goto(f"{serve(project.folder.parent)}/forecast?lang=en&stage=primary")
    expect(forms.at("by-level").first).to_be_visible(timeout=FORECAST)
    ready(page)
    page.get_by_text("See and change assumptions").click()
    _scenarios(forms)
    _stated(forms)
    expect(forms.at("by-level").first).to_be_visible(timeout=FORECAST)
    chosen = forecasts.Settings(until=YEAR + AHEAD, estates=False)
    plain = forecasts.stored(project, chosen)
    found = forecasts.stored(project, chosen.under(assumed.in_force(project)))
    assert plain is not None and found is not None
    assert "kindergarten" in set(plain["basis"])
    sums = [frame.groupby("scenario")["mean"].sum() for frame in (plain, found)]
    assert (sums[0] != sums[1]).all()


def _scenarios(forms: Forms) -> None:
    for key, low, high in (("births", 0.5, 1.5), ("migration", -5, 4), ("delay", 3, 1)):
        boxes = forms.at(f"{key}-").locator("input")
        forms.type(boxes.nth(0), low)
        forms.type(boxes.nth(1), high)
    forms.fill(cutoff=12, assume_source="survey", assume_by="Wang")
    now = forms.press("assume-save")
    low, _, high = now.scenarios
    assert (low.births, low.migration, low.estate_delay) == (0.5, -0.05, 3)
    assert (high.births, high.migration, high.estate_delay) == (1.5, 0.04, 1)
    assert (now.cutoff_month, now.source, now.by) == (12, "survey", "Wang")
    assert forms.press("assume-reset").scenarios == assumed.Assumed().scenarios
    expect(forms.at("births-").locator("input").first).not_to_have_value("0.50")


def _stated(forms: Forms) -> None:
    forms.at("state-save").locator("button").click()
    expect(forms.page.get_by_text("states no source").first).to_be_visible()
    forms.ready(forms.page)
    assert assumed.in_force(forms.project).stated == ()
    forms.at("state-grades").get_by_role("slider").last.press("ArrowLeft")
    forms.pick("state-schools", "Public schools")
    forms.fill(state_value=5, state_year=YEAR + 2, state_source="ledger", state_by="Zhou")
    (one,) = forms.press("state-save").stated
    assert (one.what, one.first_grade, one.last_grade, one.schools) == ("transfers", 1, 5, "public")
    assert (one.value, one.from_year, one.source, one.by) == (0.05, YEAR + 2, "ledger", "Zhou")
    forms.pick("state-what", "Share of boarders")
    forms.fill(state_value=25, state_source="rolls", state_by="Wu")
    assert [one.what for one in forms.press("state-save").stated] == ["transfers", "boarding"]
    forms.pick("state-which", "Share of boarders")
    assert [one.what for one in forms.press("state-back").stated] == ["transfers"]
