"""The smaller controls of the page 划片 that only show: which rule, place, years and plans are looked at."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from planning import drafts, yearly, zoneproblem
from planning import feeders as planned
from tests.browser.desk import Desk
from tests.browser.folds import unfold
from tests.browser.tables import cells, lines, reads
from ui.views import edits
from zoning import feeders
from zoning.check import check

pytestmark = pytest.mark.browser


def test_the_rule_the_years_and_the_place_that_were_chosen_are_shown(desk: Desk, page: Page) -> None:
    plan, year = desk.in_force(), desk.project.year
    names = desk.project.layers["units"].set_index("unit_id")["name"]
    desk.open()
    beside = page.locator('[data-testid="stDataFrame"]').first
    lines(beside, plan.nunique() + 1)  # every zone stands beside the board
    desk.section("规则核对")
    broken = check(zoneproblem.build(desk.project, "primary", year), plan)
    cases = desk.tables("rules").last
    lines(cases, int((broken["kind"] == "overload").sum()) + 1)
    desk.pick("breaks-rule", "片区连片")
    cut = broken.loc[broken["kind"] == "cut_off", "unit_id"]
    lines(cases, len(cut) + 1)
    assert {row[0] for row in cells(cases)} == set(names[cut])

    desk.section("逐年核对")
    years = range(year, year + 6)
    checked = yearly.check_years(desk.project, dict.fromkeys(years, plan), "primary")
    tight = int(checked["first_over"].notna().sum())
    assert 0 < tight < len(checked)
    lines(desk.tables("yearly"), tight + 1)
    desk.key("yearly-tight").locator("label").click()
    desk.settled()
    lines(desk.tables("yearly"), len(checked) + 1)

    desk.section("电话查询")
    box = desk.key("phone-text").locator("input")
    box.fill("花园")
    box.press("Enter")
    desk.settled()
    alike = names[names.str.contains("花园")]
    expect(desk.key("zones-phone")).to_contain_text(f"有 {len(alike)} 处符合")
    expect(desk.key("phone-answer")).to_have_count(0)
    for at in (1, 0):
        desk.key("phone-which").locator("label").filter(has_text=str(alike.iloc[at])).last.click()
        expect(desk.key("phone-answer")).to_contain_text(f"{alike.iloc[at]}的小学划入")
    unfold(page, "这些数字怎么来的", "前者只是在给定时间内没有结论")


def _whole(desk: Desk) -> pd.Series:
    """Return a junior plan to which every primary zone goes whole: where most of its pupils go now."""
    primary, junior = desk.in_force(), desk.in_force("junior")
    demand = zoneproblem.demand(desk.project, "junior", desk.project.year)
    links = feeders.links(primary, junior, demand).dropna()
    most = links.sort_values("pupils").drop_duplicates("primary_zone", keep="last")
    return primary.map(most.set_index("primary_zone")["junior_zone"].to_dict())


def test_each_stage_beside_the_other_is_taken_from_the_plan_chosen_for_it(desk: Desk, page: Page) -> None:
    year, primary = desk.project.year, desk.in_force()
    zones = sorted(set(primary))
    junior = edits.create(desk.project, "整体升入", author="王老师")
    desk.store.append(junior.id, junior.rev, drafts.plan("junior", year, _whole(desk)), author="王老师")
    fewer = edits.create(desk.project, "少一片", author="王老师")
    desk.store.append(
        fewer.id,
        fewer.rev,
        drafts.plan("primary", year, primary.replace(zones[0], zones[1])),
        author="王老师",
    )
    desk.open()
    desk.section("小学与初中")
    said, titles = desk.key("zones-feeders"), page.locator(".st-key-feeders-maps .hp-title b")
    expect(said).to_contain_text(f"{len(zones)} 个小学片区中")
    desk.pick("feeders-junior-in-force", "整体升入")
    expect(said).to_contain_text(f"{len(zones)} 个小学片区都整体升入一个初中片区")
    expect(titles.nth(0)).to_have_text("小学 · 现行片区")
    expect(titles.nth(1)).to_have_text("初中 · 整体升入")
    expect(desk.tables("feeders")).to_have_count(2)  # none is split
    named = desk.project.layers["schools"].drop_duplicates("zone_id").set_index("zone_id")["name"]
    arriving = planned.arriving(desk.project, _whole(desk), [year]).set_index("zone_id")
    row = arriving[arriving["entrants"] > 0].iloc[0]
    assert (
        row["entrants"]
        != planned.arriving(desk.project, desk.in_force("junior"), [year])
        .set_index("zone_id")
        .loc[row.name, "entrants"]
    )
    reads(desk.tables("feeders").last, named[row.name], int(row["seats"]), int(row["entrants"]))
    desk.pick("feeders-primary-in-force", "少一片")
    expect(titles.nth(0)).to_have_text("小学 · 少一片")
    expect(said).to_contain_text(f"{len(zones) - 1} 个小学片区")


def test_loads_of_every_zone_and_year_stand_on_the_page_of_seats_too(desk: Desk, page: Page) -> None:
    plan, year = desk.in_force(), desk.project.year
    checked = yearly.check_years(desk.project, dict.fromkeys(range(year, year + 6), plan), "primary")
    page.goto(f"{desk.app}/seats?lang=zh&stage=primary")
    heat = page.locator('[data-testid="stDataFrame"]').filter(
        has=page.locator("th").filter(has_text=re.compile(f"^{year + 5}$"))
    )
    lines(heat, plan.nunique() + 1)
    schools = desk.project.layers["schools"].drop_duplicates("zone_id").set_index("name")["zone_id"]
    for name, *loads in cells(heat)[:3]:
        own = checked[checked["zone_id"] == schools[name]].sort_values("year")["load"]
        assert [float(load) for load in loads] == pytest.approx(own.tolist())
