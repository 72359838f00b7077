"""Warnings by the rules of a draft's search: those of the board, and the marks of the one-file map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from planning import drafts, zoneoptions
from planning.project import Project
from planning.zoneoptions import Choice
from ui.state import Context, draft_store
from ui.views import edits, reasons, ruled, warned, zones
from ui.views.zones import Assessment
from ui.zones import board


@pytest.fixture(scope="module")
def context(demo: Project) -> Context:
    draft = edits.create(demo, "一稿", author="王老师")
    town = whole_town(demo)
    rules = Choice(max_metres=6000.0, towns=(town,), least=60, share=0.9, most_moved=0)
    context = Context(demo, "primary", demo.year, draft.id)
    desk = edits.look(context)
    op = edits.engine_step(desk.key, look(context)[1].plan, {"how": "optimise", "rules": rules.payload()})
    draft_store(demo).append(draft.id, desk.state.rev, op, author="王老师")
    return context


def whole_town(project) -> str:
    """Return a town that lies in one primary zone of the plan in force and has several units."""
    rows = project.layers["catchments"].query("stage == 'primary'").drop_duplicates("unit_id")
    zone = rows.set_index("unit_id")["zone_id"]
    units = project.layers["units"].dropna(subset=["town"])
    grouped = units.assign(zone=units["unit_id"].map(zone)).groupby("town")["zone"].agg(["nunique", "size"])
    towns = grouped[(grouped["nunique"] == 1) & (grouped["size"] > 2)]
    return str(towns.index[0]) if len(towns) else str(grouped["nunique"].idxmin())


def look(context: Context) -> tuple[edits.Desk, Assessment]:
    desk = edits.look(context)
    plan = desk.state.plan(context.stage, context.year)
    return desk, zones.assess(context, plan, desk.state.locked(context.stage, context.year))


def full(context: Context, found: Assessment, rules: Choice) -> pd.DataFrame:
    """Return what a plan breaks, with the rules put into the problem and every unit looked at anew."""
    posed = zoneoptions.options(
        context.project, context.stage, rules, found.problem, found.reference, year=context.year
    ).apply(replace(found.problem))
    return posed.check(found.plan)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_what_is_told_while_painting_is_what_the_whole_check_finds(context, seed):
    rng = np.random.default_rng(seed)
    desk, found = look(context)
    store = draft_store(context.project)
    towns = context.project.layers["units"].set_index("unit_id")["town"]
    inside = set(towns.index[towns == whole_town(context.project)])
    for _stroke in range(2):
        units = rng.choice(found.plan.index.to_numpy(dtype=object), int(rng.integers(1, 40)), replace=False)
        zone = str(rng.choice(found.problem.zone_ids.to_numpy(dtype=object)))
        # locks in the town that is kept whole could leave it no zone, and its rule would not fit any more
        free = [unit for unit in units if unit not in inside]
        held = drafts.lock(*desk.key, free[:2]) if free and rng.random() < 0.2 else None
        op = held or drafts.assign(*desk.key, list(units), zone if rng.random() < 0.9 else None)
        store.append(desk.draft.id, desk.state.rev, op, author="王老师")
        desk, found = look(context)
        under, said = warned.live(context, desk, found)
        rules = under.ruled.search.rules
        pd.testing.assert_frame_equal(under.breaks, full(context, found, rules))
        told = " ".join(said)
        kinds = set(under.breaks["kind"])
        for kind, name in {
            "too_far": "最远步行",
            "over_share": "负荷上限",
            "too_small": "每片区至少",
        }.items():
            assert (name in told) == (kind in kinds)
        assert (f"{rules.towns[0]}被分开" in told) == ("split" in kinds)
        assert ("最多调整学生" in told) == (under.ruled.posed.moved(found.plan) > 0)


def test_the_one_file_map_and_the_notice_go_by_the_rules_of_the_search(context):
    _desk, found = look(context)
    under, said = warned.live(context, _desk, found)
    assert said and all("的优化中设定" in line for line in said)
    page, plain = board.html(context, under), board.html(context, found)
    assert all(line in page for line in said) and not any(line in plain for line in said)
    names = set(warned.marks(under).values())
    assert names and all(f"不符合:{words}" in page and f"不符合:{words}" not in plain for words in names)
    notices = [" ".join(reasons.rows(context, each, public=True)["notice"]) for each in (under, found)]
    assert ["所在的组须整体划入一个片区" in said for said in notices] == [True, False]


def test_at_the_switch_the_board_warns_by_the_plain_rules(context, monkeypatch):
    desk, found = look(context)
    monkeypatch.setitem(warned.st.session_state, ruled.PLAIN, True)
    assert warned.live(context, desk, found) == (found, [])
