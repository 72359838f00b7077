"""Zones joined into one with a ballot: every plan follows, and parting gives everybody back."""

import json
from contextlib import closing

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from gis.faults import FaultError
from gis.layers import zone_of
from planning import drafts, joining, several, spatial
from planning.project import Project, create_project, open_project, save_layers
from planning.store import DraftStore
from tests.test_planning_splitting import CRS, X, Y, layers
from ui.views import edits


@pytest.fixture
def project(tmp_path) -> Project:
    return create_project(layers(), name="测", id="p", year=2026, epsg=CRS, folder=tmp_path)


def in_force(project: Project) -> pd.Series:
    return project.layers["catchments"].set_index("unit_id")["zone_id"]


def zones(project: Project) -> list[str]:
    return zone_of(project.layers["schools"]).tolist()


def test_plans_follow_a_join_and_come_back_when_it_is_parted(project):
    store = DraftStore(project.drafts_url)
    draft = store.create(project.id, "一稿", author="王老师").id
    own = in_force(project).replace({"a": "b", "b": "a"})  # a draft that differs from the plan in force
    store.append(draft, 0, drafts.plan("primary", 2026, own), author="王老师")
    store.append(draft, 1, drafts.lock("primary", 2026, ["u4"]), author="王老师")
    saved = joining.join(project, "primary", ["a", "b"], in_force(project), author="王老师")
    assert zones(saved) == ["a", "a"] and set(in_force(saved)) == {"a"}
    assert several.ballot_zones(saved, "primary") == {"a"}
    state = store.state(draft)
    assert set(state.plan("primary", 2026)) == {"a"}
    assert state.locked("primary", 2026).to_dict() == {"u4": "a"}
    back = joining.part(saved, "primary", "a", author="王老师")
    assert zones(back) == ["a", "b"]
    assert in_force(back).to_dict() == in_force(project).to_dict()
    state = store.state(draft)
    assert state.plan("primary", 2026).to_dict() == own.to_dict()
    assert state.locked("primary", 2026).to_dict() == {"u4": "a"}
    # older states come back under the zones of now, and undo passes over the edit of zones
    for rev in (1, 3):
        store.append(draft, store.get(draft).rev, drafts.restore(rev), author="王老师")
        assert store.state(draft).plan("primary", 2026).to_dict() == own.to_dict()
    store.close()


def test_walks_stay_as_no_school_has_moved(project):
    walks = spatial.travel(project, "primary")
    saved = joining.join(project, "primary", ["a", "b"], in_force(project))
    assert spatial.ready(saved, "primary")
    pd.testing.assert_frame_equal(spatial.travel(saved, "primary"), walks)
    assert set(spatial.zone_travel(saved, "primary")["zone_id"]) == {"a"}


def test_undo_after_parting_takes_back_what_the_planner_did_not_the_edit_of_zones(project):
    store = DraftStore(project.drafts_url)
    draft = store.create(project.id, "一稿", author="王老师").id
    store.append(draft, 0, drafts.plan("primary", 2026, in_force(project)), author="王老师")
    store.append(draft, 1, drafts.assign("primary", 2026, ["u3"], "a"), author="王老师")
    saved = joining.join(project, "primary", ["a", "b"], in_force(project))
    joining.part(saved, "primary", "a")
    assert store.state(draft).plan("primary", 2026)["u3"] == "a"
    store.undo(draft, store.get(draft).rev, author="王老师")
    assert store.state(draft).plan("primary", 2026).to_dict() == in_force(project).to_dict()
    store.close()


def test_a_copy_of_an_old_step_is_what_stood_then_after_a_join_was_parted(project):
    store = DraftStore(project.drafts_url)
    first = in_force(project)
    draft = store.create(project.id, "一稿", author="王", ops=[drafts.plan("primary", 2026, first)]).id
    store.append(draft, 1, drafts.assign("primary", 2026, ["u3"], "a"), author="王")
    joining.part(joining.join(project, "primary", ["a", "b"], first), "primary", "a")
    copy = store.fork(draft, "二稿", author="王", rev=1)
    assert store.state(copy.id).plan("primary", 2026).to_dict() == first.to_dict()
    store.close()


@pytest.mark.parametrize("undone", [False, True])
def test_a_draft_is_parted_as_it_was_drawn_though_copied_or_undone_while_joined(project, undone):
    store = DraftStore(project.drafts_url)
    own = in_force(project).replace({"a": "b", "b": "a"})
    draft = store.create(project.id, "一稿", author="王", ops=[drafts.plan("primary", 2026, own)]).id
    if undone:
        store.append(draft, 1, drafts.assign("primary", 2026, ["u3"], "b"), author="王")
    saved = joining.join(project, "primary", ["a", "b"], in_force(project))
    if undone:
        store.undo(draft, store.get(draft).rev, author="王")
    copy = store.fork(draft, "二稿", author="王").id
    joining.part(saved, "primary", "a")
    for each in (draft, copy):
        assert store.state(each).plan("primary", 2026).to_dict() == own.to_dict()
    store.close()


@pytest.mark.parametrize("more", [{"join": 5}, {"join": [["a"]]}, {"part": ["a"]}, {"split": "u1"}])
def test_a_file_with_an_edit_of_zones_that_names_none_is_refused(more):
    op = drafts.Op("rebase", {"year": 2026, "units": {}, "zones": {}, "new": [], **more})
    with pytest.raises(FaultError):
        drafts.check([op])


def test_a_zone_that_was_not_joined_here_is_parted_by_walk_within_seats(project):
    schools = project.layers["schools"].assign(zone_id="z", primary_intake=[14, 90])
    rows = project.layers["catchments"].assign(zone_id="z")
    joined = save_layers(project, {"schools": schools, "catchments": rows})
    children = joined.layers["children"].replace({"cohort": {2019: 2026 - 6}})
    joined = save_layers(joined, {"children": children})
    parted = joining.part(joined, "primary", "z")
    assert zones(parted) == ["z", "b"]  # the first school keeps the id
    # seven entrants a unit: the first school has room for two units, though three are nearer
    assert in_force(parted).to_dict() == dict(zip(in_force(joined).index, ["z"] * 2 + ["b"] * 4, strict=True))


@pytest.mark.parametrize(
    ("chosen", "kind"), [(["a"], "join_few"), (["a", "x"], "join_unknown"), (["a", "b"], "join_apart")]
)
def test_a_choice_that_cannot_be_is_told(project, chosen, kind):
    gap = in_force(project).drop(["u2", "u3"])  # nothing of one lies beside the other
    with pytest.raises(FaultError) as error:
        joining.join(project, "primary", chosen, gap)
    assert [fault.kind for fault in error.value.faults] == [kind]
    with pytest.raises(FaultError) as error:
        joining.part(project, "primary", "a")
    assert [fault.kind for fault in error.value.faults] == ["join_single"]


def test_schools_of_both_stages_are_not_joined_in_the_other_unawares(project):
    both = save_layers(project, {"schools": project.layers["schools"].assign(highest_grade=9)})
    with pytest.raises(FaultError) as error:
        joining.join(both, "primary", ["a", "b"], in_force(both))
    assert [fault.kind for fault in error.value.faults] == ["join_both"]
    one = save_layers(both, {"schools": both.layers["schools"].assign(highest_grade=[6, 9])})
    saved = joining.join(one, "primary", ["a", "b"], in_force(one))
    assert several.members(saved, "junior")["zone_id"].tolist() == ["a"]


def test_a_failed_save_leaves_everything_as_it_was(project):
    store = DraftStore(project.drafts_url)
    draft = store.create(project.id, "一稿", author="王老师").id
    store.append(draft, 0, drafts.plan("primary", 2026, in_force(project)), author="王老师")
    save_layers(project, {"aliases": None})  # somebody else was first
    with pytest.raises(FaultError) as error:
        joining.join(project, "primary", ["a", "b"], in_force(project))
    assert [fault.kind for fault in error.value.faults] == ["project_changed"]
    now = open_project(project.folder)
    assert zones(now) == ["a", "b"] and in_force(now).to_dict() == in_force(project).to_dict()
    assert store.get(draft).rev == 1
    store.close()


def test_a_draft_exported_before_a_join_keeps_its_units_in_the_joined_zone(project):
    store = DraftStore(project.drafts_url)
    draft = store.create(
        project.id, "一稿", author="王", ops=[drafts.plan("primary", 2026, in_force(project))]
    )
    store.append(draft.id, 1, drafts.lock("primary", 2026, ["u4"]), author="王")
    text = store.export(draft.id)
    saved = joining.join(project, "primary", ["a", "b"], in_force(project))
    late = edits.load(saved, text, author="李", file="一稿.json")
    state = store.state(late.id)
    assert set(state.plan("primary", 2026)) == {"a"} and state.locked("primary", 2026).to_dict() == {
        "u4": "a"
    }
    joining.part(saved, "primary", "a")  # and is given back as it was drawn
    assert store.state(late.id).plan("primary", 2026).to_dict() == in_force(project).to_dict()
    store.close()


def test_a_draft_exported_while_zones_were_joined_is_parted_when_it_comes_in_later(project):
    store = DraftStore(project.drafts_url)
    own = in_force(project).replace({"a": "b", "b": "a"})
    old = store.create(project.id, "一稿", author="王", ops=[drafts.plan("primary", 2026, own)]).id
    saved = joining.join(project, "primary", ["a", "b"], in_force(project))
    new = store.create(
        project.id, "二稿", author="王", ops=[drafts.plan("primary", 2026, in_force(saved))]
    ).id
    texts = [store.export(each) for each in (old, new)]
    back = joining.part(saved, "primary", "a")
    kept = store.create(
        project.id, "三稿", author="王", ops=[drafts.plan("primary", 2026, in_force(saved))]
    ).id
    texts.append(store.export(kept))
    loaded = [edits.load(back, text, author="李", file="稿.json").id for text in texts]
    plans = [store.state(each).plan("primary", 2026).to_dict() for each in loaded]
    # as it was drawn before the join; as in force; and as it was drawn after the parting, all in one zone
    assert plans == [own.to_dict(), in_force(back).to_dict(), in_force(saved).to_dict()]
    # joined once more, nothing is left to part
    again = joining.join(back, "primary", ["a", "b"], in_force(back))
    last = edits.load(again, texts[0], author="李", file="稿.json").id
    assert set(store.state(last).plan("primary", 2026)) == {"a"}
    store.close()


def test_a_draft_drawn_elsewhere_with_the_zones_apart_stays_as_it_was_drawn(project):
    elsewhere = DraftStore("sqlite://")  # of a colleague, where nothing is joined
    draft = elsewhere.create(
        project.id, "同事稿", author="李", ops=[drafts.plan("primary", 2026, in_force(project))]
    ).id
    saved = joining.join(project, "primary", ["a", "b"], in_force(project))
    moved = in_force(project).index[in_force(project) == "b"][0]
    elsewhere.append(draft, 1, drafts.assign("primary", 2026, [moved], "a"), author="李")
    drawn, text = elsewhere.state(draft).plan("primary", 2026), elsewhere.export(draft)
    back = joining.part(saved, "primary", "a")
    late = edits.load(back, text, author="李", file="稿.json")
    with closing(DraftStore(back.drafts_url)) as store:
        assert store.state(late.id).plan("primary", 2026).to_dict() == drawn.to_dict()


@pytest.mark.parametrize("at", ["2026-11-26T14:00:00", "昨天"])
def test_a_draft_whose_steps_have_no_time_to_be_read_is_taken_in_as_it_is(at, project):
    store = DraftStore(project.drafts_url)
    draft = store.create(
        project.id, "一稿", author="王", ops=[drafts.plan("primary", 2026, in_force(project))]
    )
    text = json.loads(store.export(draft.id))
    text["ops"][-1]["at"] = at
    joined = joining.join(project, "primary", ["a", "b"], in_force(project))
    back = joining.part(joined, "primary", "a")
    late = edits.load(back, json.dumps(text), author="李", file="稿.json")
    assert store.state(late.id).plan("primary", 2026).to_dict() == in_force(project).to_dict()
    store.close()


def test_joins_of_one_zone_in_both_stages_are_two_and_both_are_known(tmp_path):
    parts = layers()
    parts["schools"] = gpd.GeoDataFrame(
        {
            "school_id": ["a", "b", "d"],
            "name": ["一校", "二小", "三中"],
            "zone_id": ["a", "b", "d"],
            "kind": ["nine_year", "primary", "junior"],
            "provider": "public",
            "primary_intake": [90, 90, 0],
            "junior_intake": [90, 0, 90],
            "lowest_grade": [1, 1, 7],
            "highest_grade": [9, 6, 9],
        },
        geometry=[shapely.Point(X + x, Y + 50) for x in (50, 450, 350)],
        crs=CRS,
    )
    primary = parts["catchments"]
    junior = primary.assign(stage="junior", zone_id=primary["zone_id"].replace({"b": "d"}))
    parts["catchments"] = pd.concat([primary, junior], ignore_index=True)
    project = create_project(parts, name="测", id="p", year=2026, epsg=CRS, folder=tmp_path)
    own = primary.set_index("unit_id")["zone_id"]
    elsewhere = DraftStore("sqlite://")
    old = elsewhere.create("p", "旧稿", author="李", ops=[drafts.plan("primary", 2026, own)]).id
    once = joining.join(project, "primary", ["a", "b"], own)
    twice = joining.join(once, "junior", ["a", "d"], junior.set_index("unit_id")["zone_id"])
    late = edits.load(twice, elsewhere.export(old), author="李", file="旧稿.json")
    with closing(DraftStore(twice.drafts_url)) as store:
        assert set(store.state(late.id).plan("primary", 2026)) == {"a"}
