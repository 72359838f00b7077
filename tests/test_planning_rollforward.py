"""A year rolled forward: nothing applied in silence, no pupil lost, the old year as it was."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import box
from shapely.geometry import Point

from gis.faults import FaultError, errors
from planning import drafts, imports, incoming, journal, lineage, newyear, rollforward
from planning.project import create_project, list_projects, open_project, save_layers
from planning.reviewlog import Comment, ReviewLog
from planning.store import DraftStore
from tests import nextyear

EPSG, YEAR = 4545, 2026
ROOT = Path(__file__).parents[1]


def units(*ids, names=None, at=None):
    places = at or list(range(len(ids)))
    shapes = [box(500_000 + 300 * n, 4_400_000, 500_300 + 300 * n, 4_400_300) for n in places]
    frame = {"unit_id": list(ids), "name": names or [f"{i}村" for i in ids]}
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=EPSG)


def schools(*ids, at=None, **more):
    frame = {"school_id": list(ids), "name": [f"{i}小学" for i in ids], "kind": "primary"}
    points = [Point(500_100 + 600 * n, 4_400_100) for n in at or range(len(ids))]
    return gpd.GeoDataFrame(
        {**frame, "lowest_grade": 1, "highest_grade": 6, **more}, geometry=points, crs=EPSG
    )


def enrolment(years, ids, pupils=30):
    rows = [(school, year, grade, pupils) for school in ids for year in years for grade in range(1, 7)]
    return pd.DataFrame(rows, columns=["school_id", "year", "grade", "pupils"])


def children(ids, count=10):
    rows = [(unit, cohort, count) for unit in ids for cohort in range(2024, 2030)]
    return pd.DataFrame(rows, columns=["unit_id", "cohort", "children"])


U, S = ("u1", "u2", "u3", "u4", "u5", "u6"), ("s1", "s2", "s3")
PLAN = pd.Series(["s1", "s1", "s2", "s2", "s3", "s3"], index=pd.Index(U, name="unit_id"), name="zone_id")


def catchments(plan=PLAN):
    return pd.DataFrame(
        {"stage": "primary", "from_year": 2024, "unit_id": plan.index, "zone_id": plan.to_numpy()}
    )


@pytest.fixture
def old(tmp_path):
    layers = {
        "units": units(*U),
        "schools": schools(*S),
        "children": children(U),
        "enrolment": enrolment(range(2022, 2027), S),
        "catchments": catchments(),
    }
    home = tmp_path / "home"
    return create_project(layers, id="town", name="某镇", name_en="Town", year=YEAR, epsg=EPSG, folder=home)


def stage(old, **layers):
    """Put layers of next year where files would go."""
    return save_layers(incoming.begin(old, year=YEAR + 1), layers)


def accepted(old, new, table=None):
    """Return the lineage table with every proposal accepted."""
    known = lineage.empty() if table is None else table
    found = rollforward.matchings(old, new, known)
    return lineage.frame_of(pd.concat([known, *(m.proposals for m in found.values())], ignore_index=True))


def split_and_merged(old):
    """Next year: u2 in two parts, u4 in u3, u7 new; s3 closed, s9 opened; this year's enrolment counted."""
    new_units = units("u1", "u2a", "u2b", "u3", "u5", "u6", "u7", at=[0, 1, 1.5, 2, 4, 5, 9])
    shapes = new_units.geometry.copy()
    shapes.iloc[1] = box(500_300, 4_400_000, 500_450, 4_400_300)
    shapes.iloc[2] = box(500_450, 4_400_000, 500_600, 4_400_300)
    shapes.iloc[3] = box(500_600, 4_400_000, 501_200, 4_400_300)
    new_units = new_units.set_geometry(shapes)
    return stage(
        old,
        units=new_units,
        schools=schools("s1", "s2", "s9", at=[0, 1, 7], name=["s1小学", "s2小学", "康巴什小学"]),
        enrolment=enrolment([2027], ["s1", "s2", "s9"]),
    )


def test_next_years_files_leave_this_year_alone(old, tmp_path):
    before = sorted((p.name, p.read_bytes()) for p in old.folder.iterdir() if p.is_file())
    new = split_and_merged(old)
    assert (new.year, new.epsg, set(new.layers)) == (2027, EPSG, {"units", "schools", "enrolment"})
    assert sorted((p.name, p.read_bytes()) for p in old.folder.iterdir() if p.is_file()) == before
    assert [project.id for project in list_projects(old.folder.parent)] == ["town"]
    incoming.drop(old)
    assert incoming.staged(old) is None


def test_a_year_that_does_not_follow_is_refused(old):
    with pytest.raises(FaultError, match="2026"):
        incoming.begin(old, year=YEAR)


def test_nothing_is_applied_before_the_planner_says_what_became_of_whom(old):
    new = split_and_merged(old)
    found = rollforward.carry(old, new, lineage.empty())
    told = {(fault.kind, fault.found) for fault in errors(found.faults)}
    assert {("roll_gone", "u2"), ("roll_gone", "u4"), ("roll_gone", "s3"), ("roll_new", "s9")} <= told
    assert newyear.open_year(old.folder, id="town-2027", name="某镇")["saved"] is False
    assert not rollforward.undecided(old, new, accepted(old, new))


def test_proposals_say_what_became_of_each(old):
    new = split_and_merged(old)
    rows = accepted(old, new)[["subject", "change", "from_id", "to_id"]].fillna("-")
    assert set(rows.itertuples(index=False, name=None)) == {
        ("unit", "split", "u2", "u2a"),
        ("unit", "split", "u2", "u2b"),
        ("unit", "merged", "u4", "u3"),
        ("unit", "opened", "-", "u7"),
        ("school", "closed", "s3", "-"),
        ("school", "opened", "-", "s9"),
    }


def test_pupils_and_children_are_all_accounted_for(old):
    new = split_and_merged(old)
    carried = rollforward.carry(old, new, accepted(old, new))
    assert not errors(carried.faults)
    rows = carried.summary.set_index("layer")
    for layer in ("children", "enrolment"):
        row = rows.loc[layer]
        came = row["pupils_after"] - row["pupils_new"]
        assert row["pupils_before"] == came + row["replaced"] + row["left_pupils"]
    assert rows.loc["children", ["left_pupils", "replaced"]].tolist() == [0, 0]
    got = carried.layers["children"].groupby("unit_id")["children"].sum()
    assert got.to_dict() == {"u1": 60, "u2a": 30, "u2b": 30, "u3": 120, "u5": 60, "u6": 60}
    # a closed school's history has no successor: it stays in this year's project, and is said to
    assert rows.loc["enrolment", "left_pupils"] == 5 * 6 * 30 == carried.left["enrolment"]["pupils"].sum()
    assert set(carried.layers["enrolment"]["year"]) == set(range(2022, 2028))


def test_a_year_counted_again_takes_the_place_of_that_schools_year_only(old):
    new = stage(old, enrolment=enrolment([2026, 2027], ["s1"], pupils=40))
    carried = rollforward.carry(old, new, lineage.empty())
    got = carried.layers["enrolment"].groupby(["school_id", "year"])["pupils"].sum()
    assert (got["s1", 2026], got["s2", 2026], got["s1", 2025]) == (240, 180, 180)
    assert carried.summary.set_index("layer").loc["enrolment", "replaced"] == 180


def test_the_plan_in_force_is_turned_and_open_units_are_asked_about(old):
    new = split_and_merged(old)
    carried = rollforward.carry(old, new, accepted(old, new))
    plan = carried.layers["catchments"].set_index("unit_id")["zone_id"].to_dict()
    assert plan == {"u1": "s1", "u2a": "s1", "u2b": "s1", "u3": "s2"}
    waiting = rollforward.open_units(carried, {})
    assert dict(zip(waiting["unit"], waiting["kind"], strict=True)) == {
        "u5": "zone_gone", "u6": "zone_gone", "u7": "unit_new"
    }  # fmt: skip
    answers = {"primary": {"u5": "s9", "u7": "s9", "u1": "s9"}}
    again = rollforward.carry(old, new, accepted(old, new), answers=answers)
    plan = again.layers["catchments"].set_index("unit_id")["zone_id"].to_dict()
    # an answer about a unit that has a zone changes nothing
    assert (plan["u5"], plan["u7"], plan["u1"], "u6" in plan) == ("s9", "s9", "s1", False)
    assert rollforward.open_units(again, answers)["unit"].tolist() == ["u6"]


def test_zones_follow_the_schools_they_are_named_after(old):
    new = stage(old, schools=schools("s1", "n2", "s3"))
    table = lineage.frame_of(
        [{"subject": "school", "change": "renamed", "from_id": "s2", "to_id": "n2", "year": 2027}]
    )
    carried = rollforward.carry(old, new, table)
    assert carried.turn.zones == {"primary": {"s2": ("n2",)}}
    assert carried.layers["catchments"]["zone_id"].tolist() == ["s1", "s1", "n2", "n2", "s3", "s3"]
    assert not errors(carried.faults)


def test_a_file_without_a_word_of_zones_leaves_the_campuses_together(tmp_path):
    layers = {"units": units(*U), "schools": schools(*S, zone_id=["s1", "s1", "s3"])}
    old = create_project(layers, id="t", name="t", year=YEAR, epsg=EPSG, folder=tmp_path)
    new = stage(old, schools=schools("n1", "s2", "s3"))
    table = lineage.frame_of(
        [{"subject": "school", "change": "renamed", "from_id": "s1", "to_id": "n1", "year": 2027}]
    )
    carried = rollforward.carry(old, new, table)
    assert carried.layers["schools"]["zone_id"].tolist() == ["n1", "n1", "s3"]


def two_drafts(old):
    store = DraftStore(old.drafts_url)
    first = store.create("town", "初稿", author="王", ops=[drafts.plan("primary", 2026, PLAN)])
    store.append(first.id, 1, drafts.assign("primary", 2026, ["u1"], "s2"), author="王")
    second = store.fork(first.id, "二稿", author="李")
    store.append(second.id, 0, drafts.assign("primary", 2026, ["u2"], "s3"), author="李")
    store.close()
    return first.id, second.id


def opened(old, new, **more):
    incoming.settle(new, accepted(old, new))
    said = newyear.open_year(old.folder, id="town-2027", name="某镇 2027", author="王", **more)
    assert said["saved"], said
    return open_project(old.folder.parent / "town-2027")


def test_the_new_year_is_a_project_of_its_own_and_the_old_one_stays(old):
    two_drafts(old)
    log = ReviewLog(old.drafts_url)
    log.comment("town", Comment("过路口", "primary"), author="王")
    log.close()
    journal.append(old.folder / "explanations.jsonl", {"text": "转学"})
    before = {name: frame.copy() for name, frame in old.layers.items()}
    made = opened(old, split_and_merged(old))
    assert (made.year, made.name, made.version) == (2027, "某镇 2027", 1)
    assert [row["text"] for row in journal.read(made.folder / "explanations.jsonl")] == ["转学"]
    assert ReviewLog(made.drafts_url).comments("town-2027")["text"].tolist() == ["过路口"]
    assert ReviewLog(old.drafts_url).comments("town")["text"].tolist() == ["过路口"]
    assert len(lineage.stored(made.folder)) == 6
    again = open_project(old.folder)
    assert (again.year, again.version) == (2026, 1)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(pd.DataFrame(again.layers[name]), pd.DataFrame(frame))
    assert newyear.parent(made).id == "town" and [p.id for p in newyear.children(old)] == ["town-2027"]
    assert incoming.staged(old) is None
    (came,) = newyear.history(made)
    assert (came["parent"], came["from_year"], came["year"], came["by"]) == ("town", 2026, 2027, "王")
    assert not list(old.folder.parent.glob(".*"))


def test_drafts_are_turned_in_the_new_project_only_and_their_conflicts_are_listed_until_solved(old):
    first, second = two_drafts(old)
    made = opened(old, split_and_merged(old))
    there, here = DraftStore(old.drafts_url), DraftStore(made.drafts_url)
    assert [len(there.history(i)) for i in (first, second)] == [2, 1]
    assert sorted(here.list("town-2027")["name"]) == ["二稿", "初稿"]
    plan = here.state(second).plan("primary", 2027).fillna("-").to_dict()
    # u2 was given to s3, which has closed; u3 and u4 were both in s2
    assert plan == {"u1": "s2", "u2a": "-", "u2b": "-", "u3": "s2", "u5": "-", "u6": "-", "u7": "-"}
    waiting = newyear.conflicts(made)
    assert set(waiting[waiting["draft"] == "二稿"]["to_unit"]) == {"u2a", "u2b", "u5", "u6", "u7"}
    here.append(second, here.get(second).rev, drafts.assign("primary", 2026, ["u5", "u6", "u7"], "s9"))
    waiting = newyear.conflicts(made)
    assert set(waiting[waiting["draft"] == "二稿"]["to_unit"]) == {"u2a", "u2b"}
    # undo of what was done before the turn keeps the turn
    here.append(second, here.get(second).rev, drafts.restore(0))
    assert here.state(second).plan("primary", 2027)["u2a"] == "s1"
    there.close()
    here.close()


def test_a_cancelled_opening_leaves_nothing(old):
    new = split_and_merged(old)
    incoming.settle(new, accepted(old, new))
    said = newyear.open_year(old.folder, id="town-2027", name="某镇", cancelled=lambda: True)
    assert (said["saved"], said["faults"]) == (False, [])
    assert [p.name for p in old.folder.parent.iterdir()] == ["town"] and incoming.staged(old) is not None


def test_an_id_that_is_taken_is_refused(old):
    new = split_and_merged(old)
    incoming.settle(new, accepted(old, new))
    said = newyear.open_year(old.folder, id="town", name="某镇")
    assert [fault.kind for fault in said["faults"]] == ["year_taken"]


KILLED = textwrap.dedent(
    """
    import os, signal, sys
    from planning import newyear

    def die(share, said):
        if share >= float(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)

    newyear.open_year(sys.argv[1], id="town-2027", name="某镇", progress=die)
    """
)


@pytest.mark.parametrize("at", [0.2, 0.55, 0.75, 0.9])
def test_a_kill_in_the_middle_leaves_the_old_year_whole_and_the_next_try_works(old, at):
    two_drafts(old)
    new = split_and_merged(old)
    incoming.settle(new, accepted(old, new))
    layers = old.folder / f"layers-{old.version}.gpkg"
    before = ((old.folder / "project.toml").read_bytes(), layers.read_bytes())
    done = subprocess.run(
        check=False,
        args=[sys.executable, "-c", KILLED, str(old.folder), str(at)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == -signal.SIGKILL
    assert [project.id for project in list_projects(old.folder.parent)] == ["town"]
    assert ((old.folder / "project.toml").read_bytes(), layers.read_bytes()) == before
    assert len(DraftStore(old.drafts_url).list("town")) == 2
    assert newyear.open_year(old.folder, id="town-2027", name="某镇")["saved"]
    assert not list(old.folder.parent.glob(".*"))


def test_rolled_twice_a_project_knows_both_years(old):
    made = opened(old, split_and_merged(old))
    new = save_layers(incoming.begin(made, year=2028), {"enrolment": enrolment([2028], ["s1", "s2", "s9"])})
    assert newyear.open_year(made.folder, id="town-2028", name="某镇 2028")["saved"]
    last = open_project(old.folder.parent / "town-2028")
    assert [row["year"] for row in newyear.history(last)] == [2027, 2028]
    assert newyear.parent(last).id == "town-2027" and len(lineage.stored(last.folder)) == 6
    assert set(last.layers["enrolment"]["year"]) == set(range(2022, 2029)) and new.year == 2028


weights = st.lists(st.integers(1, 9), min_size=1, max_size=3)
unit_fates = st.dictionaries(st.sampled_from(U), weights, max_size=4)


@given(fates=unit_fates, count=st.integers(0, 50))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_children_are_conserved_whatever_became_of_the_units(old, fates, count):
    kept = [u for u in U if u not in fates]
    parts = {u: [f"{u}{letter}" for letter in "abc"[: len(w)]] for u, w in fates.items()}
    ids = [*kept, *(p for ps in parts.values() for p in ps)] or ["u0"]
    rows = [
        {
            "subject": "unit",
            "change": "split",
            "from_id": u,
            "to_id": p,
            "share": w / sum(fates[u]),
            "year": 2027,
        }
        for u, ps in parts.items()
        for p, w in zip(ps, fates[u], strict=True)
    ]
    before = replace(old, layers={**old.layers, "children": children(U, count)})
    new = replace(old, year=2027, layers={"units": units(*ids)})
    carried = rollforward.carry(before, new, lineage.frame_of(rows))
    assert carried.layers["children"]["children"].sum() == len(U) * 6 * count
    by_cohort = carried.layers["children"].groupby("cohort")["children"].sum()
    assert by_cohort.eq(len(U) * count).all()


def test_the_demo_county_goes_into_its_next_year_by_files(demo, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(demo.folder.parent, home)
    old = open_project(home / demo.folder.name)
    incoming.begin(old, year=nextyear.YEAR)
    paths = nextyear.files(nextyear.layers(old), tmp_path)
    said = imports.attempt(files=paths, **incoming.target(old))
    assert said["saved"], [fault.text("en") for fault in said["faults"]]
    new = incoming.staged(old)
    found = rollforward.matchings(old, new, incoming.table(new))
    rows = pd.concat([m.proposals for m in found.values()])[["change", "from_id", "to_id"]].fillna("-")
    assert set(rows.itertuples(index=False, name=None)) == {
        ("renamed", nextyear.NAMED, nextyear.NAMED),
        ("renamed", nextyear.CODED, nextyear.NEW_CODE),
        ("closed", nextyear.closed(old), "-"),
        ("opened", "-", nextyear.OPENED),
        ("split", nextyear.CUT, nextyear.PARTS[0]),
        ("split", nextyear.CUT, nextyear.PARTS[1]),
        ("merged", nextyear.JOINED, nextyear.KEPT),
    }
    incoming.settle(new, accepted(old, new))
    done = newyear.open_year(old.folder, id="demo-2027", name="东胜区 2027")
    assert done["saved"], [fault.text("en") for fault in done["faults"]]
    made = open_project(home / "demo-2027")
    before, after = old.layers["enrolment"], made.layers["enrolment"]
    gone = before.loc[before["school_id"] == nextyear.closed(old), "pupils"].sum()
    assert after.loc[after["year"] <= 2026, "pupils"].sum() == before["pupils"].sum() - gone
    plan = made.layers["catchments"]
    assert nextyear.CODED not in set(plan["zone_id"]) and set(nextyear.PARTS) <= set(plan["unit_id"])
