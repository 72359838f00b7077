"""Pupils moved against walking on the page 划片: a job that is stopped keeps its points, and one is taken."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from planning import zoneproblem
from tests.browser.tables import cells
from ui.views import edits
from zoning.check import check
from zoning.optimise import optimise

pytestmark = pytest.mark.browser


def test_what_a_stopped_trade_off_has_found_is_kept_and_becomes_a_step_of_the_draft(desk):
    problem = zoneproblem.build(desk.project, "junior", desk.project.year)
    begun = edits.create(desk.project, "取舍", author="王老师")
    plan = optimise(problem, work=50).zones  # a point there is in any case, however soon it is stopped
    assert check(problem, plan).empty
    key = ("junior", desk.project.year)
    desk.store.append(begun.id, begun.rev, edits.engine_step(key, plan, {"how": "nearest"}), author="王老师")
    draft = begun.id
    desk.open(draft=draft, stage="junior")
    desk.section("与现行对比")
    part, start = desk.key("frontier"), desk.key("frontier-start").locator("button").first
    part.get_by_text("600", exact=True).click()
    desk.settled()
    desk.click("frontier-start")
    expect(start).to_be_disabled()
    expect(part).to_contain_text("正在求最少调整多少学生")
    desk.key("cancel-zones-frontier").locator("button").first.click()
    expect(part).to_contain_text("已提前停止,曲线没有求完")
    desk.settled()
    expect(start).to_be_enabled()
    expect(part).to_contain_text(re.compile("最少(要)?调整 [\\d,]+ 名学生"))
    expect(part.locator('[data-testid="stVegaLiteChart"]')).to_have_count(1)
    points = cells(part.locator('[data-testid="stDataFrame"]'))
    proven = sum(row[-1] == "已证明最好" for row in points)
    expect(part).to_contain_text(f"{len(points)} 个点中 {proven} 个已证明最好")
    rev = desk.store.history(draft)[-1].rev
    desk.click("frontier-adopt")
    desk.saved(rev + 1)
    engine = desk.store.history(draft)[-1].payload["engine"]
    assert (engine["how"], engine["moved"]) == ("frontier", int(points[0][0].replace(",", "")))
    assert check(problem, desk.plan(draft, "junior")).empty
