"""The page 划片 in a real browser: what it shows, and what its buttons leave in the store of drafts."""

from __future__ import annotations

import io
import json
import re

import geopandas as gpd
import pandas as pd
import pytest
from playwright.sync_api import expect

from gis.faults import FaultError
from planning import drafts, reach, zoneproblem
from planning.project import open_project
from planning.walkbook import WalkBook
from tests.browser.desk import SLOW, unit

pytestmark = pytest.mark.browser


def test_a_draft_starts_as_the_plan_in_force_and_is_chosen(desk):
    desk.open()
    expect(desk.key("draft-undo")).to_have_count(0)
    desk.click("draft-new")
    dialog = desk.page.get_by_role("dialog")
    dialog.locator(".st-key-draft-create button").click()
    expect(dialog.locator('[data-testid="stAlert"]')).to_be_visible(timeout=SLOW)
    draft = desk.create("一稿")
    expect(desk.page).to_have_url(re.compile(draft))
    kept = desk.store.get(draft)
    assert (kept.author, kept.project_id) == ("王老师", desk.project.id)
    for stage in ("primary", "junior"):
        assert desk.plan(draft, stage).to_dict() == desk.in_force(stage).to_dict()
    expect(desk.key("draft-undo").locator("button")).to_be_disabled(timeout=SLOW)
    expect(desk.key("draft-redo").locator("button")).to_be_disabled(timeout=SLOW)


def test_an_edit_of_the_plan_in_force_asks_for_a_draft_and_leaves_it_alone(desk):
    before = desk.in_force().to_dict()
    unit_id, name = unit(desk)
    desk.open()
    desk.section("调整单元")
    desk.pick("edit-units", name)
    desk.click("edit-lock")
    draft = desk.create("二稿")
    desk.saved(3)
    assert list(desk.store.state(draft).locked("primary", desk.project.year).index) == [unit_id]
    again = open_project(desk.project.folder)
    state = drafts.fold(drafts.plans(again.layers["catchments"]))
    assert state.plan("primary", desk.project.year).to_dict() == before


def test_a_move_beyond_a_limit_is_told_before_it_is_made(desk):
    desk.new("半径")
    rule = next(r for r in reach.limits(desk.project, "primary", 2026) if r.metric == "service_radius")
    zones = list(map(str, zoneproblem.build(desk.project, "primary", 2026).zone_ids))
    units = desk.project.layers["units"]
    one_of_a_name = units["unit_id"][~units["name"].duplicated(keep=False)].tolist()
    book = WalkBook.of(desk.project, "primary")
    far = pd.DataFrame(
        reach.beyond(desk.project, book, rule, units=one_of_a_name, zones=zones), one_of_a_name, zones
    )
    children = zoneproblem.demand(desk.project, "primary", 2026).reindex(one_of_a_name).fillna(0)
    unit_id = next(u for u in one_of_a_name if children[u] and far.loc[u].any() and not far.loc[u].all())
    schools = desk.project.layers["schools"].drop_duplicates("zone_id").set_index("zone_id")["name"]
    alert = desk.page.locator('[data-testid="stAlert"]').filter(
        has_text="1 个单元离学校超过 500 米(直线,不是步行)"
    )
    desk.section("调整单元")
    desk.pick("edit-units", str(units.set_index("unit_id")["name"][unit_id]))
    desk.pick("edit-target", str(schools[far.columns[far.loc[unit_id]][0]]))
    expect(alert).to_contain_text(rule.clause, timeout=SLOW)
    desk.pick("edit-target", str(schools[far.columns[~far.loc[unit_id]][0]]))
    expect(alert).to_have_count(0, timeout=SLOW)


def test_move_preview_undo_redo_lock_and_unlock(desk):
    draft = desk.new("三稿")
    unit_id, name = unit(desk, 1)
    old = desk.plan(draft)[unit_id]
    desk.section("调整单元")
    desk.pick("edit-units", name)
    desk.pick("edit-target", "移出片区")  # no zone: a break of a hard rule, and the preview says so
    warning = desk.page.locator('[data-testid="stAlert"]').filter(has_text="每个单元划入一个片区")
    expect(warning).to_be_visible(timeout=SLOW)
    desk.click("edit-move")
    desk.saved(3)
    assert pd.isna(desk.plan(draft)[unit_id])
    assert desk.store.history(draft)[-1].author == "王老师"
    desk.click("draft-undo")
    desk.saved(4)
    assert desk.plan(draft)[unit_id] == old
    expect(desk.key("draft-undo").locator("button")).to_be_disabled(timeout=SLOW)
    desk.click("draft-redo")
    desk.saved(5)
    assert pd.isna(desk.plan(draft)[unit_id])
    desk.click("draft-undo")
    desk.saved(6)
    desk.click("edit-lock")
    desk.saved(7)
    assert unit_id in desk.store.state(draft).locked("primary", desk.project.year)
    expect(desk.key("edit-move").locator("button")).to_be_disabled(timeout=SLOW)
    desk.click("edit-unlock")
    desk.saved(8)
    assert desk.store.state(draft).locked("primary", desk.project.year).empty


def test_a_caller_is_told_the_school_and_since_when(desk):
    unit_id, name = unit(desk)
    zone = desk.in_force()[unit_id]
    school = str(desk.project.layers["schools"].set_index("school_id")["name"][zone])
    desk.open()
    desk.section("电话查询")
    box = desk.key("phone-text").locator("input")
    box.fill(name)
    box.press("Enter")
    said = desk.key("phone-answer")
    expect(said).to_contain_text(f"{name}的小学划入{school}", timeout=SLOW)
    expect(said).to_contain_text(re.compile(r"自 \d{4} 学年起"))
    expect(said).to_contain_text(re.compile(r"步行约 [\d.,]+ k?m( 估)?。"))
    box.fill("没有这样的地方啊")
    box.press("Enter")
    expect(desk.page.locator('[data-testid="stAlert"]').filter(has_text="没有找到")).to_be_visible(
        timeout=SLOW
    )
    expect(said).to_have_count(0)


def test_two_tabs_on_one_draft_get_a_dialog_and_lose_nothing(desk):
    draft = desk.new("六稿")
    unit_id, name = unit(desk, 2)
    desk.section("调整单元")
    desk.pick("edit-units", name)
    # somebody else, in another tab, is first
    assert desk.store.append(draft, 2, drafts.note("先到"), author="李老师") == 3
    desk.click("edit-lock")
    dialog = desk.page.get_by_role("dialog")
    expect(dialog).to_contain_text("李老师", timeout=SLOW)
    expect(dialog.get_by_role("listitem").filter(has_text=name)).to_have_count(1)  # what was not written
    assert desk.store.get(draft).rev == 3
    dialog.locator(".st-key-clash-again button").click()
    desk.saved(4)
    assert unit_id in desk.store.state(draft).locked("primary", desk.project.year)
    assert [op.payload["text"] for op in desk.store.state(draft).notes] == ["先到"]


def test_a_late_step_can_be_kept_as_a_draft_of_its_own(desk):
    draft = desk.new("七稿")
    unit_id, name = unit(desk, 3)
    desk.section("调整单元")
    desk.pick("edit-units", name)
    desk.store.append(draft, 2, drafts.note("先到"), author="李老师")
    desk.click("edit-lock")
    desk.page.get_by_role("dialog").locator(".st-key-clash-fork button").click()
    expect(desk.key("zones-bar")).to_contain_text("七稿(另存)", timeout=SLOW)
    aside = desk.draft_id("七稿(另存)")
    assert unit_id in desk.store.state(aside).locked("primary", desk.project.year)
    assert desk.store.get(draft).rev == 3


def test_copying_a_draft_starts_where_it_stands(desk):
    draft = desk.new("八稿")
    desk.click("engine-nearest")
    desk.saved(3)
    desk.click("draft-fork")
    copy = desk.create("八稿之二", author="李老师")
    assert desk.store.get(copy).parent_id == draft
    assert desk.plan(copy).to_dict() == desk.plan(draft).to_dict()


def test_rules_and_comparison(desk):
    desk.new("九稿")
    desk.click("engine-nearest")
    desk.saved(3)
    desk.section("规则核对")
    expect(desk.tables("rules")).to_have_count(2, timeout=SLOW)
    desk.section("与现行对比")
    expect(desk.tables("compare")).to_have_count(2, timeout=SLOW)
    expect(desk.page.locator('[data-testid="stVegaLiteChart"]').first).to_be_visible(timeout=SLOW)


def test_exports_hold_the_plan_and_the_draft_comes_back(desk):
    draft = desk.new("十稿")
    desk.click("engine-nearest")
    desk.saved(3)
    desk.section("导出")
    plan = desk.plan(draft)
    book = io.BytesIO(desk.download("plan-xlsx"))
    first = pd.read_excel(book, sheet_name="划片方案", header=None, nrows=1, engine="calamine")
    assert "合成数据" in first.iloc[0, 0]  # above the headers of every sheet of a synthetic project
    sheets = pd.read_excel(book, sheet_name=None, header=1, engine="calamine")
    rows = sheets["划片方案"].set_index("单元编号")
    assert rows["片区编号"].to_dict() == plan.to_dict()
    assert {"学校", "学生数", "距离(米)", "原片区"} <= set(rows.columns)
    layer = gpd.read_file(io.BytesIO(desk.download("plan-gpkg")), layer="units")
    assert layer.set_index("unit_id")["zone_id"].to_dict() == plan.to_dict()
    zones = json.loads(desk.download("plan-geojson"))
    assert {f["properties"]["zone_id"] for f in zones["features"]} == set(plan)
    html = desk.download("plan-html").decode()
    assert "合成数据" in html and "http://" not in re.sub(r"http://www\.w3\.org\S*", "", html)
    text = desk.download("plan-json")
    desk.section("历史与文件")
    files = {"name": "back.json", "mimeType": "application/json"}
    desk.key("draft-file").locator("input[type=file]").set_input_files({**files, "buffer": text})
    desk.click("draft-import")
    expect(desk.key("zones-bar")).to_contain_text("十稿(2)", timeout=SLOW)
    expect(desk.key("draft-import")).to_have_count(0)  # one click brings a file in, two do not bring it twice
    back = desk.draft_id("十稿(2)")
    assert desk.plan(back).to_dict() == plan.to_dict()
    assert [op.kind for op in desk.store.history(back)] == [op.kind for op in desk.store.history(draft)]


def test_a_file_that_is_no_draft_is_refused_with_a_reason(desk):
    desk.open()
    before = len(desk.store.list())
    desk.section("历史与文件")
    desk.key("draft-file").locator("input[type=file]").set_input_files(
        {"name": "x.json", "mimeType": "application/json", "buffer": b"{}"}
    )
    desk.click("draft-import")
    expect(desk.page.locator('[data-testid="stAlert"]').filter(has_text="这不是方案文件")).to_be_visible(
        timeout=SLOW
    )
    assert len(desk.store.list()) == before
    with pytest.raises(FaultError):
        desk.store.load("{}", author="x")


@pytest.mark.parametrize(("lang", "stage"), [("zh", "primary"), ("en", "junior")])
def test_every_part_opens_in_both_languages_and_stages(desk, lang, stage):
    draft = desk.store.create(
        desk.project.id, f"{lang}-{stage}", author="t", ops=drafts.plans(desk.project.layers["catchments"])
    )
    for chosen in ("", draft.id):
        desk.open(draft=chosen, lang=lang, stage=stage)
        parts = desk.key("zones-section").locator("button")
        for number in range(parts.count()):
            parts.nth(number).click()
            desk.settled()
            expect(desk.page.locator('[data-testid="stException"]')).to_have_count(0)
