"""Splitting a unit: nobody is lost, every plan follows, and it can be taken back."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.faults import FaultError
from planning import drafts, lineage, newyear, parting, spatial, splitting
from planning.catching import catch_up
from planning.parting import Wish
from planning.project import Project, create_project, open_project, save_layers
from planning.store import DraftStore
from ui.views import edits

CRS = 4547
X, Y = 500_000.0, 4_000_000.0
DOWN = ((X + 150, Y + 200), (X + 150, Y - 100))  # through the middle of u1, from north to south: east is left


def layers() -> dict[str, pd.DataFrame]:
    """Six units of 100 m in a row, the last only a point, with a school at each end."""
    shapes = [shapely.box(X + 100 * n, Y, X + 100 * n + 100, Y + 100) for n in range(5)]
    ids = [f"u{n}" for n in range(6)]
    units = gpd.GeoDataFrame(
        {"unit_id": ids, "name": [f"小区{n}" for n in range(6)], "kind": "estate", "residents": 101},
        geometry=[*shapes, shapely.Point(X + 550, Y + 50)],
        crs=CRS,
    )
    schools = gpd.GeoDataFrame(
        {"school_id": ["a", "b"], "name": ["一小", "二小"], "zone_id": ["a", "b"], "kind": "primary",
         "provider": "public", "primary_intake": 90, "lowest_grade": 1, "highest_grade": 6},
        geometry=[shapely.Point(X + 50, Y + 50), shapely.Point(X + 450, Y + 50)],
        crs=CRS,
    )  # fmt: skip
    children = pd.DataFrame(
        {
            "unit_id": ids * 2,
            "cohort": [2020] * 6 + [2019] * 6,
            "children": [7] * 12,
            "migrant": [3] * 12,
            "source": "摸底",
        }
    )
    attendance = pd.DataFrame(
        {"unit_id": ["u1", "u2"], "school_id": ["a", "a"], "year": 2025, "grade": 1, "pupils": [5, 6]}
    )
    catchments = pd.DataFrame(
        {"stage": "primary", "from_year": 2022, "unit_id": ids, "zone_id": ["a", "a", "a", "b", "b", "b"]}
    )
    entrances = gpd.GeoDataFrame(
        {"owner_id": ["u1", "u1", "a"], "owner_kind": ["unit", "unit", "school"]},
        geometry=[shapely.Point(X + 110, Y), shapely.Point(X + 190, Y), shapely.Point(X + 40, Y)],
        crs=CRS,
    )
    aliases = pd.DataFrame({"alias": ["老一村"], "unit_id": ["u1"]})
    county = gpd.GeoDataFrame(
        {"area_id": ["c"], "name": ["县"], "level": ["city"]},
        geometry=[shapely.box(X, Y, X + 600, Y + 100)],
        crs=CRS,
    )
    links = pd.DataFrame({"a": ["u1"], "b": ["u3"], "action": ["link"], "reason": ["渡口"]})
    return {
        "units": units, "schools": schools, "children": children, "attendance": attendance,
        "catchments": catchments, "entrances": entrances, "aliases": aliases, "links": links, "areas": county,
    }  # fmt: skip


@pytest.fixture
def project(tmp_path) -> Project:
    return create_project(layers(), name="测", id="p", year=2026, epsg=CRS, folder=tmp_path)


def wish(**changes) -> Wish:
    return replace(Wish("u1", DOWN, ("东区", "西区")), **changes)


def test_ground_children_and_plans_follow_the_parts(project):
    saved = splitting.split(project, wish(), author="王")
    units = saved.layers["units"].set_index("unit_id")
    assert list(units.index) == ["u0", "u1-1", "u1-2", "u2", "u3", "u4", "u5"]
    assert list(units.loc[["u1-1", "u1-2"], "name"]) == ["东区", "西区"]
    assert units.geometry["u1-1"].centroid.x == pytest.approx(X + 175)
    assert units.loc[["u1-1", "u1-2"], "residents"].sum() == 101
    children = saved.layers["children"]
    parts = children[children["unit_id"].str.startswith("u1-")]
    assert parts.groupby("cohort")["children"].sum().tolist() == [7, 7]
    assert parts.groupby("cohort")["migrant"].sum().tolist() == [3, 3]
    assert sorted(parts.loc[parts["cohort"] == 2020, "children"]) == [3, 4]
    assert (
        parts["source"].str.contains("估算").all()
        and not children["source"][children["unit_id"] == "u0"].str.contains("估").any()
    )
    assert saved.layers["attendance"]["pupils"].sum() == 11
    plan = saved.layers["catchments"].set_index("unit_id")["zone_id"]
    assert plan[["u1-1", "u1-2"]].tolist() == ["a", "a"] and len(plan) == 7
    doors = saved.layers["entrances"]
    assert doors["owner_id"].tolist().count("u1-1") == doors["owner_id"].tolist().count("u1-2") == 1
    assert doors.loc[doors["owner_id"] == "u1-1", "geometry"].iloc[0].x == X + 190
    assert saved.layers["aliases"]["unit_id"].isin(["u1-1", "u1-2"]).all()
    assert lineage.fates(lineage.stored(saved.folder), "unit", 2026)["u1"] == (("u1-1", 0.5), ("u1-2", 0.5))


def test_neighbours_and_walks_are_computed_anew_for_the_parts(project):
    before = spatial.neighbours(project)
    assert (before["a"] == "u1").any()
    saved = splitting.split(project, wish())
    pairs = set(map(tuple, spatial.adjacency(saved)[["a", "b"]].to_numpy()))
    assert {("u0", "u1-2"), ("u1-1", "u1-2"), ("u1-1", "u2")} <= pairs
    walks = spatial.zone_travel(saved, "primary").set_index(["unit_id", "zone_id"])["metres"]
    assert walks["u1-2", "a"] < walks["u1-1", "a"]


def test_drafts_keep_their_zone_and_their_locks_and_undo_stays_on_its_side(project):
    store = DraftStore(project.drafts_url)
    steps = [*drafts.plans(project.layers["catchments"]), drafts.assign("primary", 2022, ["u1"], "b"),
             drafts.lock("primary", 2022, ["u1"])]  # fmt: skip
    draft = store.create("p", "一稿", author="王", ops=steps)
    saved = splitting.split(project, wish(), author="王")
    state = store.state(draft.id)
    plan = state.plan("primary", 2026)
    assert plan[["u1-1", "u1-2"]].tolist() == ["b", "b"] and "u1" not in plan.index
    assert set(state.locked("primary", 2026).index) == {"u1-1", "u1-2"}
    assert edits.strangers(saved, state) == 0
    store.undo(draft.id, store.get(draft.id).rev, author="王")  # takes the lock back, not the split
    assert set(store.state(draft.id).plan("primary", 2026).index) == set(saved.layers["units"]["unit_id"])
    assert store.state(draft.id).locked("primary", 2026).empty
    assert newyear.conflicts(saved).empty
    store.close()


def test_a_split_is_taken_back(project):
    store = DraftStore(project.drafts_url)
    same = store.create("p", "一稿", author="王", ops=drafts.plans(project.layers["catchments"]))
    saved = splitting.split(project, wish(), author="王")
    apart = store.create("p", "二稿", author="王", ops=[*drafts.plans(saved.layers["catchments"]),
                         drafts.assign("primary", 2022, ["u1-1"], "b")])  # fmt: skip
    assert [row["unit"] for row in splitting.splits(saved)] == ["u1"]
    back = splitting.undo(saved, "u1", author="王")
    assert splitting.splits(back) == [] and not len(lineage.stored(back.folder))
    for name, old in project.layers.items():
        if name == "links":
            continue
        keys = [c for c in old.columns if c != "geometry"]
        now = back.layers[name]
        assert list(now.columns) == list(old.columns)
        order = [c for c in ("unit_id", "owner_id", "cohort", "school_id") if c in keys]
        a, b = (f[keys].sort_values(order, ignore_index=True) for f in (pd.DataFrame(old), pd.DataFrame(now)))
        pd.testing.assert_frame_equal(a, b, check_dtype=False)
    shape = back.layers["units"].set_index("unit_id").geometry["u1"]
    assert shape.equals(project.layers["units"].set_index("unit_id").geometry["u1"])
    assert store.state(same.id).plan("primary", 2026)["u1"] == "a"
    assert pd.isna(store.state(apart.id).plan("primary", 2026)["u1"])  # two zones: the planner decides
    with pytest.raises(FaultError):
        splitting.undo(back, "u1")
    store.close()


def test_a_unit_put_together_again_can_be_split_and_put_together_once_more(project):
    back = splitting.undo(splitting.split(project, wish()), "u1")
    again = splitting.split(back, wish(share=0.25))
    assert [row["shares"] for row in splitting.splits(again)] == [[0.25, 0.75]]
    assert "u1" in set(splitting.undo(again, "u1").layers["units"]["unit_id"])


def test_parts_are_guessed_until_new_rolls_name_them(project):
    saved = splitting.split(project, wish())
    assert splitting.guessed(saved) == ["u1-1", "u1-2"]
    deeper = splitting.split(saved, wish(unit_id="u1-1", line=((X + 175, Y + 200), (X + 175, Y - 100))))
    assert splitting.guessed(deeper) == ["u1-1-1", "u1-1-2", "u1-2"]
    rolls = deeper.layers["children"]
    counted = rolls.assign(source=rolls["source"].mask(rolls["unit_id"].str.startswith("u1-1-"), "新名册"))
    assert splitting.guessed(save_layers(deeper, {"children": counted})) == ["u1-2"]


def test_a_failed_save_leaves_everything_as_it_was(project):
    store = DraftStore(project.drafts_url)
    draft = store.create("p", "一稿", author="王", ops=drafts.plans(project.layers["catchments"]))
    save_layers(project, {"aliases": project.layers["aliases"]})  # somebody else was first
    with pytest.raises(FaultError, match="没有保存"):
        splitting.split(project, wish())
    now = open_project(project.folder)
    assert set(now.layers["units"]["unit_id"]) == {f"u{n}" for n in range(6)}
    assert splitting.splits(now) == [] and not len(lineage.stored(now.folder))
    assert store.get(draft.id).rev == draft.rev
    store.close()


def test_a_point_gets_parts_of_its_territory(project):
    line = parting.straight(parting.ground(project, "u5"), across="south", share=0.25)
    saved = splitting.split(project, Wish("u5", line, ("南", "北"), share=0.5))
    shapes = saved.layers["units"].set_index("unit_id").geometry
    territory = shapely.area(parting.ground(project, "u5"))
    assert shapes["u5-1"].area == pytest.approx(0.25 * territory, rel=1e-3)
    assert shapes["u5-1"].centroid.y < shapes["u5-2"].centroid.y
    children = saved.layers["children"].set_index(["unit_id", "cohort"])["children"]
    assert {children["u5-1", 2020], children["u5-2", 2020]} == {3, 4}  # as stated, not by area


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"line": ((X + 300, Y), (X + 300, Y + 9))}, ["split_line"]),
        ({"line": ((X + 150, Y),)}, ["split_line"]),
        ({"names": ("东区", " 东区 ")}, ["split_names"]),
        ({"share": 1.5, "names": ("", "西区")}, ["split_names", "split_share"]),
    ],
)
def test_a_wish_that_cannot_be_is_told_whole(project, changes, kinds):
    with pytest.raises(FaultError) as caught:
        parting.look(project, wish(**changes))
    assert [fault.kind for fault in caught.value.faults] == kinds
    with pytest.raises(FaultError):
        parting.look(project, wish(unit_id="none"))


def test_a_draft_from_a_file_catches_up(project):
    saved = splitting.split(project, wish())
    store = DraftStore(project.drafts_url)
    late = store.create("p", "外来", author="李", ops=drafts.plans(project.layers["catchments"]))
    assert edits.strangers(saved, store.state(late.id)) == 1
    assert catch_up(saved, late.id, author="李")
    assert edits.strangers(saved, store.state(late.id)) == 0
    assert not catch_up(saved, late.id, author="李")
    store.close()


def test_a_draft_exported_while_split_comes_back_to_the_whole_unit_after_the_undo(project):
    store = DraftStore(project.drafts_url)
    draft = store.create("p", "一稿", author="王", ops=drafts.plans(project.layers["catchments"])).id
    saved = splitting.split(project, wish())
    deeper = splitting.split(saved, wish(unit_id="u1-1", line=((X + 175, Y + 200), (X + 175, Y - 100))))
    store.append(draft, store.get(draft).rev, drafts.assign("primary", 2022, ["u2"], "b"), author="王")
    text = store.export(draft)
    back = splitting.undo(splitting.undo(deeper, "u1-1"), "u1")
    late = edits.load(back, text, author="李", file="一稿.json")
    plan = store.state(late.id).plan("primary", 2026)
    assert set(plan.index) == set(back.layers["units"]["unit_id"])
    assert plan["u1"] == "a" and plan["u2"] == "b"
    store.close()


@settings(deadline=None, max_examples=60)
@given(
    points=st.lists(
        st.tuples(st.integers(-50, 150), st.integers(-50, 150)), min_size=2, max_size=5, unique=True
    )
)
def test_no_ground_is_lost_or_counted_twice(points):
    shape = shapely.box(0, 0, 100, 100).difference(shapely.box(40, 40, 60, 60))
    first, second = parting.cut(shape, points)
    assert shapely.area(first) + shapely.area(second) == pytest.approx(shapely.area(shape), abs=1e-6)
    assert shapely.area(shapely.intersection(first, second)) == pytest.approx(0, abs=1e-6)
