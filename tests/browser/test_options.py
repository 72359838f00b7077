"""Optional rules of the engine on the page 划片: chosen, searched with, priced, recorded in the draft."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from playwright.sync_api import expect

from planning import zoneproblem
from planning.project import list_projects, open_project
from planning.store import DraftStore
from planning.zoneoptions import Choice
from ui.views import edits
from zoning.check import check

pytestmark = pytest.mark.browser


def typed(page, ready, key, text):
    box = page.locator(f".st-key-{key} input")
    box.fill(text)
    box.press("Enter")
    ready(page)


def test_rules_are_off_at_first_and_a_plan_under_them_is_priced_and_traced(page, app, home, ready):
    project = open_project(list_projects(home)[0].folder)
    store = DraftStore(project.drafts_url)
    draft = edits.create(project, "规则", author="王老师").id
    page.goto(f"{app}/zones?lang=zh&stage=primary&draft={draft}")
    ready(page)
    page.locator(".st-key-engine-options summary").click()
    ready(page)
    fold = page.locator(".st-key-engine-options")
    expect(fold).to_contain_text("全部默认关闭")
    expect(fold).not_to_contain_text("需求解")
    typed(page, ready, "engine-compact", "1")
    expect(fold).to_contain_text("需求解 2 次")
    page.locator(".st-key-engine-seconds").get_by_text("10", exact=True).click()
    ready(page)
    page.locator(".st-key-engine-optimise button").click()
    ready(page)
    said = page.locator(".st-key-engine-prices")
    expect(said).to_contain_text(re.compile("较现行片区调整.*折合 0 米"), timeout=300_000)
    expect(said).to_contain_text(re.compile("片区之间的边界共 [\\d.]+ 公里"))
    expect(said.locator('[data-testid="stDataFrame"]')).to_have_count(1)
    ready(page)
    step = store.history(draft)[-1]
    engine = step.payload.get("engine")
    if engine is None:  # no plan was found on a busy machine: it is offered, not saved
        expect(page.locator(".st-key-engine-adopt")).to_be_visible()
        return
    assert Choice.of(engine["rules"]) == Choice(compact=1.0)
    prices = engine["rules_told"]["prices"]
    assert [each["rule"] for each in prices] == ["compact"]
    plan = pd.Series({unit: zone for zone, units in step.payload["zones"].items() for unit in units})
    problem = zoneproblem.build(project, "primary", project.year)
    assert check(problem, plan).empty
    # what can never be is proven before a search, by the name of the zone
    typed(page, ready, "engine-least", "900")
    page.locator(".st-key-engine-optimise button").click()
    ready(page)
    outcome = page.locator(".st-key-engine-outcome")
    expect(outcome).to_contain_text("已证明在可选规则之下没有可行方案", timeout=120_000)
    expect(outcome).to_contain_text("各片区的最少人数合计")
    expect(outcome).not_to_contain_text("片区“DS-S")


def test_a_draft_is_judged_by_the_rules_of_its_search_or_by_the_plain_ones(page, app, home, ready):
    project = open_project(list_projects(home)[0].folder)
    store = DraftStore(project.drafts_url)
    draft = edits.create(project, "按规则核对", author="王老师")
    state = store.state(draft.id)
    key = state.key_for("primary", project.year)
    about = {"how": "optimise", "rules": Choice(max_metres=1500.0, least=5000).payload(), "within": []}
    plan = state.plan("primary", project.year)
    store.append(draft.id, draft.rev, edits.engine_step(key, plan, about), author="王老师")
    page.goto(f"{app}/zones?lang=zh&stage=primary&draft={draft.id}")
    ready(page)
    page.locator(".st-key-zones-section").get_by_text("规则核对", exact=True).click()
    ready(page)
    section = page.locator(".st-key-zones-rules")
    expect(section).to_contain_text(
        "规划人员设定的可选规则判断,此后的手工改动也按它们判断:最远步行 1,500 米;"
    )
    page.locator(".st-key-zones-section").get_by_text("为什么", exact=True).click()
    ready(page)
    page.locator(".st-key-why-all").get_by_text("列出全部单元的理由", exact=True).click()
    ready(page)
    expect(page.locator(".st-key-zones-why")).to_contain_text("每片区至少 5,000 人")
    page.locator(".st-key-judge-plain").get_by_text("只按一般规则判断", exact=True).click()
    ready(page)
    expect(page.locator(".st-key-zones-why")).not_to_contain_text("每片区至少 5,000 人")
    page.locator(".st-key-zones-section").get_by_text("规则核对", exact=True).click()
    ready(page)
    expect(section).not_to_contain_text("规划人员设定的可选规则")
