"""Reasons of every unit, rules with their grounds on the map, and ways out of a plan that cannot be."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from planning import drafts, zoneproblem
from planning.project import Project, list_projects, open_project
from planning.store import DraftStore

pytestmark = pytest.mark.browser


@pytest.fixture
def project(home: Path) -> Project:
    return open_project(list_projects(home)[0].folder)


def opened(page: Page, app: str, ready: Callable[[Page], None], *, draft: str = "", lang: str = "zh") -> None:
    page.goto(f"{app}/zones?lang={lang}&stage=primary&draft={draft}")
    ready(page)
    page.locator(".st-key-zones-bar").wait_for()
    ready(page)


def choose(page: Page, ready: Callable[[Page], None], key: str, label: str) -> None:
    page.locator(f".st-key-{key}").get_by_text(label, exact=True).click()
    ready(page)


def test_every_unit_has_a_reason_and_a_sheet_fit_to_be_published(page, app, ready, project):
    opened(page, app, ready)
    choose(page, ready, "zones-section", "为什么")
    choose(page, ready, "why-all", "列出全部单元的理由")
    section = page.locator(".st-key-zones-why")
    expect(section.locator('[data-testid="stDataFrame"]')).to_have_count(1)
    expect(section).to_contain_text("相对就近")
    with page.expect_download() as waiting:
        page.locator(".st-key-why-xlsx button").first.click()
    book = io.BytesIO(Path(waiting.value.path()).read_bytes())
    rows = pd.read_excel(book, sheet_name="划片理由", header=1, engine="calamine")
    assert set(rows["单元编号"]) == set(project.layers["units"]["unit_id"])
    said = rows["说明(可用于公示)"]
    nearest = rows["按距离排"] == 1
    assert said[nearest].str.contains("最近的划片学校").all()
    assert said[~nearest].str.contains("相对就近").all() and not said[~nearest].str.contains("最近").any()
    assert not rows["学生数"].astype(str).isin(list("1234")).any()
    choose(page, ready, "zones-section", "规则核对")
    expect(page.locator(".st-key-zones-rules").locator('[data-testid="stDataFrame"]')).to_have_count(2)
    choose(page, ready, "breaks-where", "在地图上看")
    frame = page.locator(".st-key-breaks-map iframe")
    expect(frame).to_be_visible()
    expect(frame.content_frame.locator("canvas").first).to_be_visible()


def overfull(project: Project) -> str:
    """Make a draft that locks every unit of the fullest zone, which then has too few seats."""
    plans = drafts.plans(project.layers["catchments"])
    state = drafts.fold(plans)
    problem = zoneproblem.build(project, "primary", project.year)
    zone = problem.positions(zoneproblem.fitting(problem, state.plan("primary", project.year)))
    load = np.bincount(zone[zone >= 0], problem.demand[zone >= 0], problem.n_zones)
    held = problem.unit_ids[zone == int((load - problem.capacity).argmax())]
    key = state.key_for("primary", project.year)
    assert key is not None
    store = DraftStore(project.drafts_url)
    return store.create(
        project.id, "锁满", author="王老师", ops=[*plans, drafts.lock(*key, [str(u) for u in held])]
    ).id


def test_what_cannot_work_is_said_before_a_search_with_ways_out_that_were_tried(page, app, ready, project):
    draft = overfull(project)
    opened(page, app, ready, draft=draft)
    warned = page.locator(".st-key-engine-obstacles")
    expect(warned).to_contain_text(re.compile("已可断定没有可行方案.*缺 \\d+ 个", re.S))
    page.locator(".st-key-relax-start button").first.click()
    expect(warned).to_contain_text("最小冲突", timeout=300_000)
    ready(page)
    expect(warned).to_contain_text("缺一不可的规则")
    expect(warned.locator('[data-testid="stDataFrame"]')).to_have_count(1)
    opened(page, app, ready, draft=draft, lang="en")
    expect(warned).to_contain_text("Before any search it is certain that there is no feasible plan")
