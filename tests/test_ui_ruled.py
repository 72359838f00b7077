"""A draft judged by the optional rules of its search: what it breaks, on what ground, why units stay."""

from __future__ import annotations

import pandas as pd
import pytest

from planning import drafts
from planning.project import Project
from planning.relaxing import WaysOut
from planning.zoneoptions import Choice
from ui.state import Context, draft_store
from ui.views import breaks, edits, reasons, relax, review, ruled, why, zones
from ui.views.zones import Assessment
from zoning import cases, loosen
from zoning.relax import Loosened, Relaxation, Tried
from zoning.result import Result

RULES = Choice(max_metres=1500.0, no_crossing=True, least=10, share=0.5, most_moved=0)


@pytest.fixture(scope="module")
def context(demo: Project) -> Context:
    draft = edits.create(demo, "一稿", author="王老师")
    return Context(demo, "primary", demo.year, draft.id)


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


def test_a_cap_too_low_is_named_and_loosened_with_its_old_value(context):
    _desk, found = looked(context)
    asked = relax.posed(context, found, rules={"share": 0.5})
    change = Relaxation(loosen=(Loosened("share", value=1.0),))
    tried = loosen.attempt(asked.case, change, step=45, work=300)
    ways = WaysOut(cases.conflict(asked.case), (tried,))
    assert ways.conflict is not None
    said = " ".join(relax.conflict_lines(context, asked, ways.conflict))
    assert "负荷上限 50 %" in said and "互相矛盾、缺一不可的规则" in said
    (row,) = relax.table(context, asked, ways).to_dict("records")
    assert row["what"] == "负荷上限放宽到 100 %(原 50 %)"
    assert row["verdict"].startswith("可行") and row["mean_walk"] > 0


def test_pupils_over_a_cap_are_counted_once_in_what_was_tried(context):
    _desk, found = looked(context)
    asked = relax.posed(context, found, rules={"share": 0.5})
    crowded = found.plan.where(found.plan.isna(), str(asked.problem.zone_ids[0]))
    ways = WaysOut(None, (Tried(Relaxation(), Result(crowded, 0.0, 0.0, None)),))
    (row,) = relax.table(context, asked, ways).to_dict("records")
    held = int(asked.problem.capacity[0] * 0.5)
    assert f"仍超员 {int(asked.problem.demand.sum()) - held:,} 人" in row["verdict"]


def test_every_rule_has_words_for_giving_way(context):
    _desk, found = looked(context)
    town = str(context.project.layers["units"]["town"].iloc[0])
    units = context.project.layers["units"]
    group = tuple(units.loc[units["town"] == town, "unit_id"])[:2]
    rules = {"least": 120, "share": 0.9, "deviation": 0.1, "most_moved": 80}
    asked = relax.posed(context, found, rules=rules)
    zone = str(asked.problem.zone_ids[0])
    changes = (
        Loosened("least", (zone,), 90),
        Loosened("least", value=100),
        Loosened("share", value=0.95),
        Loosened("balance", value=0.2),
        Loosened("moved", value=120),
        Loosened("together", group),
        Loosened("balance"),
    )
    said = relax.loosened.words(asked, {zone: "东关小学"}, changes)
    assert said[:3] == [
        "东关小学至少 90 人(原 120 人)",
        "每片区最少人数放宽到 100 人(原 120 人)",
        "负荷上限放宽到 95 %(原 90 %)",
    ]
    assert said[3:5] == ["均衡属性放宽到 0.2(原 0.1)", "最多调整学生(人)放宽到 120 人(原 80 人)"]
    assert said[5].startswith("允许分到几个片区:") and said[6] == "不用这条规则:均衡属性"


def test_the_longest_walk_stands_in_a_conflict_under_its_own_name(context):
    _desk, found = looked(context)
    asked = relax.posed(context, found, rules={"max_metres": 400.0})
    case = asked.case
    far = [int(unit) for unit in pd.Series(case.far.any(axis=1)).pipe(lambda s: s.index[s])[:2]]
    (line,) = relax.loosened.bans(case, relax.named(context, asked.problem), far)
    assert line.startswith("最远步行 400 米:")


def test_the_review_and_the_preview_of_a_move_judge_by_the_same_rules(context):
    desk, found = looked(context)
    assert desk.draft is not None
    op = edits.engine_step(desk.key, found.plan, {"how": "optimise", "rules": RULES.payload()})
    draft_store(context.project).append(desk.draft.id, desk.state.rev, op, author="王老师")
    desk, found = looked(context)
    under = ruled.judged(context, desk, found)
    (plan,) = review.load(context, [desk.draft.id])
    assert under is not None and plan.under is not None and not plan.unfit
    assert plan.judged.breaks.equals(under.breaks)
    rows, _behind = review.rules(context, [plan])
    assert {"最远步行", "负荷上限"} <= set(rows["rule"])
    assert rows.set_index("rule").loc["负荷上限", "source"].endswith("的优化中设定")
    moved = found.plan.copy()
    units = [u for u in found.plan.index if found.problem.fixed[found.problem.unit_ids.get_loc(u)] < 0][:40]
    moved[units] = str(found.problem.zone_ids[0])
    after = ruled.judged(context, desk, zones.assess(context, moved))
    assert after is not None
    said = " ".join(breaks.new_hard(context, under, after))
    assert "最远步行:新增" in said and "最多调整学生" in said
    assert "最远步行" not in " ".join(breaks.new_hard(context, found, zones.assess(context, moved)))
