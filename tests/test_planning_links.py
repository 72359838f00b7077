"""Edits of neighbours: made with a reason, kept in the project, taken back; on six units in a row."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely.geometry import box

from gis.faults import FaultError
from planning import jobs, links, spatial
from planning.project import create_project, open_project, save_layers

EPSG = 4545
UNITS = [f"u{n}" for n in range(6)]


@pytest.fixture
def project(tmp_path):
    shapes = [box(400_000 + 500 * n, 4_400_000, 400_500 + 500 * n, 4_400_500) for n in range(6)]
    units = gpd.GeoDataFrame(
        {"unit_id": UNITS, "name": [f"小区{n}" for n in range(6)]}, geometry=shapes, crs=EPSG
    )
    return create_project({"units": units}, name="六单元", year=2026, epsg=EPSG, folder=tmp_path)


def pairs(project) -> set[str]:
    found = spatial.adjacency(project)
    return {f"{a}-{b}" for a, b in zip(found["a"], found["b"], strict=True)}


def test_a_ferry_links_and_a_wall_cuts_and_both_can_be_taken_back(project):
    before = pairs(project)
    linked = links.edit(project, "u5", "u0", action="link", reason=" 渡口 ")
    both = links.edit(linked, "u2", "u3", action="cut", reason="围墙")
    assert pairs(both) == before - {"u2-u3"} | {"u0-u5"}
    assert links.edits(open_project(project.folder)).to_dict("records") == [
        {"a": "u0", "b": "u5", "action": "link", "reason": "渡口", "works": True},
        {"a": "u2", "b": "u3", "action": "cut", "reason": "围墙", "works": True},
    ]
    row = both.sources.set_index("layer").loc["links"]
    assert row["source"] == links.SOURCE and row["rows"] == 2 and row["as_of"]
    once = links.undo(both, "u3", "u2")
    assert pairs(once) == before | {"u0-u5"}
    none = links.undo(once, "u0", "u5")
    assert pairs(none) == before and "links" not in none.layers and links.edits(none).empty


def test_a_second_edit_of_a_pair_replaces_the_first(project):
    once = links.edit(project, "u0", "u1", action="cut", reason="围墙")
    twice = links.edit(once, "u1", "u0", action="cut", reason="河道")
    assert links.edits(twice)["reason"].tolist() == ["河道"]


def test_everything_wrong_is_told_at_once_and_nothing_is_saved(project):
    with pytest.raises(FaultError) as caught:
        links.edit(project, "x", "x", action="cut", reason=" ")
    kinds = {fault.kind for fault in caught.value.faults}
    assert kinds == {"links_unknown_unit", "links_same_unit", "links_no_reason"}
    with pytest.raises(FaultError, match="小区0 – 小区1"):
        links.edit(project, "u0", "u1", action="link", reason="路")
    with pytest.raises(FaultError, match="不用断开"):
        links.edit(project, "u0", "u5", action="cut", reason="路")
    with pytest.raises(ValueError, match="action"):
        links.edit(project, "u0", "u5", action="ferry", reason="路")
    assert open_project(project.folder).version == 1


def test_edits_of_units_that_went_away_wait(project):
    linked = links.edit(project, "u0", "u5", action="link", reason="渡口")
    fewer = save_layers(linked, {"units": linked.layers["units"].iloc[:5]})
    assert links.edits(fewer)["works"].tolist() == [False]
    assert pairs(fewer) == {f"u{n}-u{n + 1}" for n in range(4)}


def test_an_edit_runs_as_a_job(project):
    with jobs.start(
        "planning.links:edit_job", folder=project.folder, a="u0", b="u5", action="link", reason="渡口"
    ) as job:
        assert job.wait(60).result == "link"
    assert pairs(open_project(project.folder)) >= {"u0-u5"}
    links.edit_job(project.folder, "u0", "u5", "undo", progress=lambda share, word: None)
    assert links.edits(open_project(project.folder)).empty
    assert links.edit_job(project.folder, "u0", "u5", "link", "渡口", cancelled=lambda: True) == ""
    assert links.edits(open_project(project.folder)).empty


def test_layers_say_when_the_edits_name_nobody(project):
    from gis.checks import check_project

    rows = pd.DataFrame({"a": ["u0"], "b": ["zz"], "action": ["link"], "reason": ["渡口"]})
    found = check_project({**project.layers, "links": rows})
    assert [(fault.kind, fault.found) for fault in found] == [("reference_unknown", "zz")]
