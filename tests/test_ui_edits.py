"""Edits of drafts as the page 划片 makes them, without the page."""

import json
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.faults import FaultError
from planning import drafts
from planning.project import Project
from planning.store import DraftStore, sqlite_url
from ui.state import draft_store
from ui.views import edits
from ui.zones.moving import apart


@pytest.fixture
def project(tmp_path) -> Project:
    units = pd.DataFrame({"unit_id": ["u1", "u2", "u3"], "name": ["甲", "乙", "丙"]})
    in_force = pd.DataFrame(
        [("primary", 2022, "u1", "a"), ("primary", 2022, "u2", "b"), ("primary", 2028, "u1", "b")],
        columns=["stage", "from_year", "unit_id", "zone_id"],
    )
    layers = {"units": units, "catchments": in_force}
    return Project(id="p", name="测", folder=tmp_path, year=2026, epsg=4513, layers=layers)


def desk(project: Project, draft_id: str) -> edits.Desk:
    store = draft_store(project)
    history = tuple(store.history(draft_id))
    return edits.Desk(store.get(draft_id), store.state(draft_id), history, ("primary", 2026))


def test_a_draft_begins_in_the_planning_year_and_keeps_plans_for_later_years(project):
    draft = edits.create(project, "一稿", author="王")
    state = draft_store(project).state(draft.id)
    assert set(state.plans) == {("primary", 2026), ("primary", 2028)}
    assert state.plan("primary", 2026).to_dict() == {"u1": "a", "u2": "b"}


def test_undo_stops_where_the_draft_began(project):
    draft = edits.create(project, "一稿", author="王")
    store = draft_store(project)
    assert not desk(project, draft.id).can_undo
    store.append(draft.id, draft.rev, drafts.assign("primary", 2026, ["u1"], "b"), author="王")
    assert desk(project, draft.id).can_undo
    store.undo(draft.id, draft.rev + 1, author="王")
    back = desk(project, draft.id)
    assert not back.can_undo and back.can_redo
    assert back.state.plan("primary", 2026)["u1"] == "a"


def test_drafts_never_share_a_name(project):
    names = [edits.create(project, "一稿", author="王").name for _ in range(3)]
    assert names == ["一稿", "一稿(2)", "一稿(3)"]
    text = draft_store(project).export(edits.create(project, "二稿", author="王").id)
    assert edits.load(project, text, author="李", file="x.json").name == "二稿(2)"


def test_a_draft_of_another_project_is_refused_and_leaves_no_trace(project, tmp_path):
    elsewhere = DraftStore(sqlite_url(tmp_path / "other.sqlite"))
    far = pd.Series({"x1": "z"}, name="zone_id")
    text = elsewhere.export(
        elsewhere.create("q", "稿", author="王", ops=[drafts.plan("primary", 2026, far)]).id
    )
    elsewhere.close()
    with pytest.raises(FaultError) as caught:
        edits.load(project, text, author="王", file="q.json")
    assert caught.value.faults[0].kind == "draft_elsewhere"
    assert draft_store(project).list(project.id).empty


def test_units_that_the_project_lost_are_counted(project):
    draft = edits.create(project, "一稿", author="王")
    fewer = replace(project, layers={**project.layers, "units": project.layers["units"].iloc[1:]})
    assert edits.strangers(fewer, draft_store(project).state(draft.id)) == 1


def test_a_plan_of_the_engine_is_one_step_with_its_bound_in_it(project):
    draft = edits.create(project, "一稿", author="王")
    zones = pd.Series({"u1": "b", "u2": "b"}, name="zone_id")
    about = {"how": "optimise", "seconds": 10.0, "seed": 3, "cost": 12.5, "feasible": True, "gap": 0.0061}
    step = edits.engine_step(("primary", 2026), zones, about)
    draft_store(project).append(draft.id, draft.rev, step, author="王")
    kept = json.loads(draft_store(project).export(draft.id))["ops"][-1]["payload"]["engine"]
    assert kept == about
    assert "离理论最优不超过 0.7 %" in edits.engine_words(kept)
    assert "离理论最优" not in edits.engine_words({**kept, "feasible": None})


@given(st.floats(0, 0.9))
def test_the_proven_gap_is_never_said_smaller_than_it_is(gap):
    assert float(edits.gap_words(gap).removesuffix(" %")) >= gap * 100 - 1e-9


def test_choices_never_read_the_same():
    names = apart(pd.Series({"u1": "东方花园", "u2": "东方花园", "u3": "建设小区"}))
    assert len(set(names.values())) == 3
    assert names["u3"] == "建设小区"


def test_a_time_is_said_to_the_minute_and_nonsense_as_it_is():
    assert len(edits.when("2026-11-22T09:53:30.219+00:00")) == len("2026-11-22 09:53")
    assert edits.when("昨天") == "昨天"
