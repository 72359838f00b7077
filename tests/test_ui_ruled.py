"""A draft judged by the optional rules of its search: what it breaks, on what ground, why units stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.make_demo import make_demo
from planning import drafts
from planning.project import list_projects, open_project
from planning.zoneoptions import Choice
from ui.state import Context, draft_store
from ui.views import breaks, edits, reasons, ruled, why, zones
from ui.views.zones import Assessment

RULES = Choice(max_metres=1500.0, no_crossing=True, least=10, share=0.5, most_moved=0)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    home: Path = tmp_path_factory.mktemp("ruled")
    make_demo(home, which="county")
    project = open_project(list_projects(home)[0].folder)
    draft = edits.create(project, "一稿", author="王老师")
    return Context(project, "primary", project.year, draft.id)


def looked(context: Context) -> tuple[edits.Desk, Assessment]:
    desk = edits.look(context)
    plan = desk.state.plan(context.stage, context.year)
    return desk, zones.assess(context, plan, desk.state.locked(context.stage, context.year))


def test_rules_of_the_search_are_told_with_their_ground_and_its_time(context):
    desk, found = looked(context)
    assert ruled.judged(context, desk, found) is None
    store = draft_store(context.project)
    assert desk.draft is not None
    op = edits.engine_step(desk.key, found.plan, {"how": "optimise", "rules": RULES.payload()})
    store.append(desk.draft.id, desk.state.rev, op, author="王老师")
    desk, found = looked(context)
    assert desk.draft is not None
    unit = next(u for u in found.plan.index if found.problem.fixed[found.problem.unit_ids.get_loc(u)] < 0)
    other = next(zone for zone in found.problem.zone_ids if zone != found.plan[unit])
    store.append(desk.draft.id, desk.state.rev, drafts.assign(*desk.key, [unit], other), author="王老师")
    desk, found = looked(context)
    under = ruled.judged(context, desk, found)
    assert under is not None and under.ruled is not None
    told = {each.rule: each for each in breaks.broken(context, under)}
    plain = {each.rule: each for each in breaks.broken(context, found)}
    own = {"最远步行", "小学生不跨越障碍", "负荷上限", "最多调整学生(人)"}
    assert own <= set(told) and not own & set(plain)
    when = edits.when(desk.history[-2].at)
    assert {told[rule].source for rule in own} == {f"规划人员在 {when} 的优化中设定"}
    assert told["最多调整学生(人)"].rows["unit_id"].tolist() == [unit]
    assert (told["负荷上限"].rows["pupils"] > 0).all()
    verdicts = why.options(context, under, unit)
    assert "too_far" in set(verdicts["reason"]) and "too_far" not in set(
        why.options(context, found, unit)["reason"]
    )
    said = " ".join(reasons.rows(context, under)["nearer_schools"])
    assert "途中要跨越障碍" in said and "已设为禁止划入" not in said
    assert "最远步行 1,500 米" in ruled.words(under.ruled.search.rules)
