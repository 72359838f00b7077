"""The table of zones on the page 总览, and what the page 现状 says of its numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from planning import drafts, seats
from planning.project import list_projects, open_project
from tests.browser.folds import unfold
from tests.browser.tables import cells, lines

pytestmark = pytest.mark.browser


def test_each_zone_stands_with_its_load_and_the_page_of_today_explains_its_numbers(
    page: Page, read_only_app: str, read_only_home: Path, ready: Callable[[Page], None]
) -> None:
    project = open_project(list_projects(read_only_home)[0].folder)
    layers = project.layers
    plan = drafts.fold(drafts.plans(layers["catchments"])).plan("primary", project.year)
    rows = seats.balance(plan, layers["children"], layers["schools"], [project.year], stage="primary")
    named = layers["schools"].drop_duplicates("zone_id").set_index("name")["zone_id"]
    page.goto(f"{read_only_app}/?lang=zh&stage=primary")
    ready(page)
    table = page.locator('[data-testid="stDataFrame"]').last
    lines(table, plan.nunique() + 1)
    known = rows.set_index("zone_id")
    words = {"red": "红(≥ 100%)", "yellow": "黄(90–100%)", "green": "绿(< 90%)"}
    shown = cells(table)
    assert len(shown) > 5
    for name, entrants, intake, gap, _load, warning in shown:
        row = known.loc[named[name.split("、")[0]]]  # a zone of several schools has all their names
        told = [f"{row[column]:.0f}" for column in ("entrants", "seats", "gap")]
        assert [entrants.replace(",", ""), intake.replace(",", ""), gap.replace(",", "")] == told
        assert warning == words[row["level"]]
    inside = page.frame_locator("iframe").first
    scale = inside.locator(".leaflet-control-scale-line").first
    choice = inside.locator(".hp-places select")
    whole = [scale.inner_text()]
    for at in (1, 0):  # a part of the map, and where it opened
        choice.select_option(index=at)
        expect(scale).not_to_have_text(whole[-1])
        whole.append(scale.inner_text())
    assert whole[0] == whole[2]
    page.get_by_role("link", name="现状", exact=True).click()
    expect(page.locator("h1").first).to_have_text("现状")
    ready(page)
    unfold(page, "这些数字怎么来的", "平均 55 人会掩盖大班额")
