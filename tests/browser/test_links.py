"""The page 数据, neighbours: a pair is linked with a reason, shown as edited, and the edit taken back."""

from __future__ import annotations

import contextlib

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from planning import links, spatial
from planning.project import list_projects
from tests.browser import picking


def pick(page: Page, ready, key: str, at: int) -> str:
    """Choose an option of a selectbox; again when a run of the script closed the list meanwhile."""
    option = page.get_by_role("option").nth(at)
    for _ in range(4):
        ready(page)
        page.locator(f'[class*="st-key-{key}"] input').first.click()
        with contextlib.suppress(PlaywrightTimeout):
            words = option.inner_text(timeout=8_000)
            option.click(timeout=8_000)
            return words
        page.keyboard.press("Escape")
    raise AssertionError(f"{key} offers nothing")


@pytest.mark.browser
def test_a_link_is_made_shown_and_undone(app, home, page: Page, ready):
    before = len(spatial.adjacency(list_projects(home)[0]))
    page.goto(f"{app}/data?lang=zh")
    ready(page)
    picking.press(page.locator(".st-key-data-section").get_by_role("radio", name="相邻与步行", exact=True))
    expect(page.get_by_text("这些数字怎么来的")).to_be_visible()
    save = page.locator(".st-key-links-save button")
    expect(save).to_be_disabled()
    expect(page.get_by_text("还没有改动")).to_be_visible()
    one = pick(page, ready, "links-a-", 0)
    other = pick(page, ready, "links-b-", 2)
    ready(page)
    page.get_by_placeholder("例如:有渡口").fill("有渡口")
    page.get_by_placeholder("例如:有渡口").press("Enter")
    expect(save).to_be_enabled()
    save.click()
    expect(page.get_by_text("已连通。")).to_be_visible()
    project = list_projects(home)[0]
    row = links.edits(project).iloc[0]
    names = project.layers["units"].set_index("unit_id")["name"]
    assert row["reason"] == "有渡口" and row["action"] == "link"
    assert {names[row["a"]], names[row["b"]]} == {one.split(" · ")[0], other.split(" · ")[0]}
    assert len(spatial.adjacency(project)) == before + 1
    drawn = page.frame_locator("iframe").first.locator("html")
    expect(drawn).to_contain_text("人工连通 (1)")
    page.locator(".st-key-links-undo-go button").click()
    expect(page.get_by_text("已撤销。")).to_be_visible()
    assert links.edits(list_projects(home)[0]).empty
    assert len(spatial.adjacency(list_projects(home)[0])) == before


@pytest.mark.browser
def test_the_section_says_where_walks_come_from(read_only_app, page: Page, ready):
    page.goto(f"{read_only_app}/data?lang=en")
    ready(page)
    picking.press(
        page.locator(".st-key-data-section").get_by_role("radio", name="Neighbours and walks", exact=True)
    )
    expect(page.get_by_text("Where the walking distances come from")).to_be_visible()
    expect(page.get_by_text("There are no entrances")).to_be_visible()
