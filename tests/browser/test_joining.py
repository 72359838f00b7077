"""Two neighbouring zones are joined into one with a ballot, in a real browser, and parted again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gis.layers import zone_of
from planning import joining, several
from planning.project import Project, list_projects, open_project
from tests.browser import pausing
from tests.browser.desk import SLOW, Desk

pytestmark = pytest.mark.browser


def plan_of(project: Project) -> dict[str, str]:
    rows = project.layers["catchments"]
    return rows[rows["stage"].eq("primary")].set_index("unit_id")["zone_id"].to_dict()


def test_two_zones_are_joined_after_a_dialog_and_parted_again(
    page: Page, app: str, home: Path, ready: Callable[[Page], None]
) -> None:
    desk = Desk(page, app, home, ready)
    project = open_project(list_projects(home)[0].folder)
    rows = project.layers["catchments"]
    plan = rows[rows["stage"].eq("primary")].set_index("unit_id")["zone_id"]
    schools = project.layers["schools"]
    names = schools.set_index("school_id")["name"]
    pairs = joining.beside(project, "primary", plan)
    junior = set(several.members(project, "junior")["zone_id"])
    alone = zone_of(schools).value_counts().eq(1)
    a, b = next(
        (a, b) for a, b in pairs.itertuples(index=False) if alone[a] and alone[b] and not {a, b} & junior
    )
    desk.open()
    desk.section("多校划片")
    desk.pick("join-first", names[a])
    desk.pick("join-others", names[b])
    page.keyboard.press("Tab")  # closes the list over the button; Escape on a closed one clears the choice
    desk.settled()
    expect(desk.key("join-others")).to_contain_text(names[b])
    desk.click("join-go")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("各校随机派位", timeout=SLOW)
    assert plan_of(open_project(project.folder)) == plan.to_dict()  # not yet
    pausing.given_up(desk, "join-go", confirm="join-confirm", cancel="cancel-join", part="zones-join")
    assert plan_of(open_project(project.folder)) == plan.to_dict()
    desk.settled()
    desk.click("join-go")
    dialog.locator(".st-key-join-confirm button").click()
    expect(page.locator(".st-key-join-part")).to_be_visible(timeout=2 * SLOW)
    ready(page)
    now = open_project(project.folder)
    assert several.ballot_zones(now, "primary") == {a}
    assert plan_of(now) == plan.replace(b, a).to_dict()
    desk.pick("join-part", names[a])
    desk.click("join-part-go")
    expect(dialog).to_contain_text("拆成每校一个片区", timeout=SLOW)
    dialog.locator(".st-key-join-confirm button").click()
    expect(page.locator(".st-key-zones-join")).to_contain_text("没有多校划片的片区", timeout=2 * SLOW)
    ready(page)
    assert plan_of(open_project(project.folder)) == plan.to_dict()
