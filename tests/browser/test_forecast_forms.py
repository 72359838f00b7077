"""The page 预测: scenarios and stated values are kept, act on the forecast, and are taken back."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from gis.layers import SCHEMAS
from gis.schema import check
from planning import assumed, forecasts
from planning.project import Project, create_project
from tests.browser.forms import Forms
from tests.test_planning_forecasts import EPSG, YEAR, births, enrolment, layers, schools
from ui.views.forecast import AHEAD

pytestmark = pytest.mark.browser


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
    forms.open(serve(project.folder.parent))
    forms.unfold("See and change assumptions")
    forms.key("state-save").locator("button").click()
    expect(page.get_by_text("states no source").first).to_be_visible()
    forms.rest()
    assert assumed.in_force(project).stated == ()
    forms.at("state-grades").get_by_role("slider").last.press("ArrowLeft")
    forms.pick("state-schools", "Public schools")
    forms.fill(state_value=5, state_year=YEAR + 2, state_source="ledger", state_by="Zhou")
    _scenarios(forms)
    _stated(forms)
    forms.drawn()
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
    expect(forms.box("births-")).not_to_have_value("0.50")
    forms.type(forms.box("births-"), 0.6)
    assert forms.press("assume-reset").scenarios == assumed.Assumed().scenarios
    expect(forms.box("births-")).to_have_value("0.90")


def _stated(forms: Forms) -> None:
    """What was typed before another form was saved is still there to be saved."""
    forms.type(forms.box("births-"), 0.7)
    (one,) = forms.press("state-save").stated
    assert (one.what, one.first_grade, one.last_grade, one.schools) == ("transfers", 1, 5, "public")
    assert (one.value, one.from_year, one.source, one.by) == (0.05, YEAR + 2, "ledger", "Zhou")
    expect(forms.box("state-source-")).to_have_value("")
    forms.pick("state-what", "Share of boarders")
    forms.fill(state_value=25, state_source="rolls", state_by="Wu")
    assert [one.what for one in forms.press("state-save").stated] == ["transfers", "boarding"]
    forms.pick("state-which", "Share of boarders")
    assert [one.what for one in forms.press("state-back").stated] == ["transfers"]
    expect(forms.box("births-")).to_have_value("0.70")
