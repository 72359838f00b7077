"""Pupils moved against walking on the page 划片: found as a job, drawn, and taken over as a step."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from planning import zoneproblem
from ui.views import edits
from zoning.check import check

pytestmark = pytest.mark.browser


def test_a_point_of_the_trade_off_becomes_a_step_of_the_draft(desk):
    draft = edits.create(desk.project, "取舍", author="王老师").id
    desk.open(draft=draft, stage="junior")
    desk.section("与现行对比")
    part = desk.key("frontier")
    part.get_by_text("60", exact=True).click()
    desk.settled()
    desk.click("frontier-start")
    expect(desk.key("frontier-adopt").locator("button").first).to_be_visible(timeout=300_000)
    desk.settled()
    expect(part).to_contain_text("名学生")
    expect(part.locator('[data-testid="stDataFrame"]')).to_have_count(1)
    expect(part.locator('[data-testid="stVegaLiteChart"]')).to_have_count(1)
    rev = desk.store.history(draft)[-1].rev
    desk.click("frontier-adopt")
    desk.saved(rev + 1)
    assert desk.store.history(draft)[-1].payload["engine"]["how"] == "frontier"
    problem = zoneproblem.build(desk.project, "junior", desk.project.year)
    assert check(problem, desk.plan(draft, "junior")).empty
