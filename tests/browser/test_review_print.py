"""The one-file review on paper: maps kept within a sheet of A4, everything unfolded, no table cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from planning import drafts
from planning.project import list_projects, open_project
from planning.store import DraftStore

pytestmark = pytest.mark.browser
SHEET = 703  # pixels: the width of A4 between margins of 12 mm
WIDE = """() => [...document.querySelectorAll("section table, .hp-pair-deck")]
    .map((each) => each.getBoundingClientRect().right).reduce((a, b) => Math.max(a, b), 0)"""
INK = """() => window.pair.leaves.map(({ sheet }) => {
    const canvas = sheet._container, { width, height } = canvas;
    const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
    return data.some((value) => value > 0);
})"""


@pytest.fixture
def sheet(home: Path, tmp_path: Path) -> Path:
    """Return the one-file review of the plan in force and a draft."""
    from ui.review import onefile
    from ui.state import Context
    from ui.views import review

    project = open_project(list_projects(home)[0].folder)
    store = DraftStore(project.drafts_url)
    plan = drafts.fold(drafts.plans(project.layers["catchments"])).plan("primary", project.year)
    other = plan.iloc[:12].map(lambda zone: next(z for z in sorted(set(plan.dropna())) if z != zone))
    draft = store.create(project.id, "一稿", author="王", ops=[drafts.plan("primary", project.year, plan)])
    store.append(draft.id, 1, drafts.assign_many("primary", project.year, other), author="王")
    store.close()
    context = Context(project, "primary", project.year, None)
    chosen = review.load(context, ["", draft.id])
    path = tmp_path / "review.html"
    path.write_text(onefile.html(context, chosen, review.places(chosen)), encoding="utf-8")
    return path


def test_a_review_prints_on_a4_with_its_maps_and_every_row(page: Page, sheet: Path):
    page.goto(sheet.as_uri())
    page.locator(".hp-pair[data-ready]").wait_for()
    expect(page.locator("details[open]")).to_have_count(0)
    page.set_viewport_size({"width": SHEET, "height": 1000})
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#walk")).to_be_hidden()
    expect(page.locator(".hp-pair-bar")).to_be_hidden()
    expect(page.locator("details:not([open])")).to_have_count(0)
    expect(page.locator("details table tr").last).to_be_visible()
    assert page.evaluate(WIDE) <= SHEET
    assert page.evaluate(INK) == [True, True]
    expect(page.locator("thead").first).to_have_css("display", "table-header-group")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(page.locator("details[open]")).to_have_count(0)
    expect(page.locator("#walk")).to_be_visible()
    assert page.pdf(prefer_css_page_size=True)[:5] == b"%PDF-"
