"""Edits of a draft on the page 划片: quick choice and preview, who signs, a late step, the move offered."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from playwright.sync_api import expect

from planning import drafts, zoneproblem
from tests.browser.desk import SLOW, Desk, unit
from tests.browser.tables import cells, lines, reads
from ui.views import edits
from zoning.edit import changes

pytestmark = pytest.mark.browser


def test_a_group_is_chosen_at_once_and_the_preview_tells_what_its_move_does(desk: Desk) -> None:
    plan, year = desk.in_force(), desk.project.year
    schools = desk.project.layers["schools"].drop_duplicates("zone_id").set_index("zone_id")["name"]
    children = zoneproblem.demand(desk.project, "primary", year)
    load = children.groupby(plan).sum()
    sizes = plan.value_counts()
    small, other = str(sizes[sizes > 2].idxmin()), str(load.idxmin())
    assert small != other
    units = list(plan.index[plan == small])
    pupils = int(children[units].sum())
    draft = edits.create(desk.project, "整片调整", author="王老师").id
    desk.open(draft=draft)
    desk.section("调整单元")
    desk.pick("edit-quick", f"片区 {schools[small]}")
    expect(desk.key("zones-edit")).to_contain_text(f"已选 {len(units)} 个单元")
    names = desk.project.layers["units"].set_index("unit_id")["name"]
    chosen = desk.tables("edit").first
    lines(chosen, len(units) + 1)
    assert {row[0] for row in cells(chosen)} <= set(names[units])
    desk.pick("edit-target", str(schools[other]))
    preview = desk.tables("edit").last
    lines(preview, 3)  # the zone that is emptied, and the one that takes it in
    rows = {row[0]: row for row in cells(preview)}
    assert f"{load[other]:,} → {load[other] + pupils:,}" in rows[str(schools[other])]
    assert f"{pupils:,} → 0" in rows[str(schools[small])]

    signed = desk.key("zones-who").locator("input")
    expect(signed).to_have_value("王老师")
    signed.fill("赵老师")
    signed.press("Enter")
    desk.settled()
    rev = desk.store.get(draft).rev
    desk.click("edit-move")
    desk.saved(rev + 1)
    assert desk.store.history(draft)[-1].author == "赵老师"
    assert set(desk.plan(draft)[units]) == {other}
    desk.pick("edit-quick", "较现行片区已调整的单元")
    expect(desk.key("zones-edit")).to_contain_text(f"已选 {len(units)} 个单元")

    desk.section("与现行对比")
    lines(desk.tables("compare").nth(1), len(units) + 1)
    desk.section("历史与文件")
    kept = json.loads(desk.download("draft-export"))
    steps = desk.store.history(draft)
    again = desk.store.load(json.dumps(kept), author="钱老师", project_id=desk.project.id, file="x.json")
    assert [op.payload for op in desk.store.history(again.id)] == [op.payload for op in steps]
    assert desk.plan(again.id).to_dict() == desk.plan(draft).to_dict()


def test_a_late_step_can_be_given_up_for_what_the_other_tab_did(desk: Desk) -> None:
    draft = edits.create(desk.project, "放弃", author="王老师").id
    (late, name), (early, _name) = unit(desk, 2), unit(desk, 3)
    desk.open(draft=draft)
    desk.section("调整单元")
    desk.pick("edit-units", name)
    year, rev = desk.project.year, desk.store.get(draft).rev
    assert desk.store.append(draft, rev, drafts.assign("primary", year, [early], None), author="李老师")
    desk.click("edit-lock")
    dialog = desk.page.get_by_role("dialog")
    dialog.locator(".st-key-clash-reload button").click()
    expect(dialog).to_have_count(0, timeout=SLOW)
    desk.saved(rev + 1)
    assert desk.store.get(draft).rev == rev + 1 and late not in desk.store.state(draft).locked(
        "primary", year
    )
    # and an undo that came too late has nothing to be done again
    desk.store.append(draft, rev + 1, drafts.note("又先到"), author="李老师")
    desk.click("draft-undo")
    expect(dialog).to_contain_text("又先到", timeout=SLOW)
    expect(dialog.locator(".st-key-clash-again")).to_have_count(0)
    dialog.locator(".st-key-clash-reload button").click()
    desk.saved(rev + 2)
    assert pd.isna(desk.plan(draft)[early])


def test_the_move_that_saves_most_is_offered_and_units_far_from_their_nearest_school_are_listed(desk: Desk):
    draft = edits.create(desk.project, "建议", author="王老师").id
    unit_id, name = unit(desk)
    schools = desk.project.layers["schools"].drop_duplicates("zone_id").set_index("name")["zone_id"]
    desk.open(draft=draft)
    desk.section("为什么")
    desk.pick("why-unit", name)
    reads(desk.tables("why"), "1", *_nearest(desk, unit_id))
    possible = [row for row in cells(desk.tables("why")) if row[-1] == "可以改划"]
    offered = min(possible, key=lambda row: float(row[-2]))[1]
    expect(desk.key("why-move")).to_contain_text(f"划入{offered}")
    desk.key("why-all").locator("label").click()
    desk.settled()
    every = desk.tables("why").last
    counted = re.search(r"(\d+) 个单元中 (\d+) 个没有划入", desk.key("zones-why").inner_text())
    assert counted is not None and 0 < int(counted[2]) < int(counted[1])
    lines(every, int(counted[2]) + 1)
    desk.key("why-far").locator("label").click()
    desk.settled()
    lines(every, int(counted[1]) + 1)
    rev = desk.store.get(draft).rev
    desk.click("why-move")
    desk.saved(rev + 1)
    changed = changes(desk.in_force(), desk.plan(draft))
    assert changed[["unit_id", "after"]].to_numpy().tolist() == [[unit_id, schools[offered]]]


def _nearest(desk: Desk, unit_id: str) -> tuple[str, int]:
    """Return the name of the nearest school that a unit can have, and the metres there."""
    problem = zoneproblem.build(desk.project, "primary", desk.project.year)
    metres = pd.Series(problem.metres[problem.unit_ids.get_loc(unit_id)], index=problem.zone_ids)
    schools = desk.project.layers["schools"].drop_duplicates("zone_id").set_index("zone_id")["name"]
    return str(schools[metres.idxmin()]), round(float(metres.min()))
