"""What the section on neighbours and walks shows, on six units in a row by a river."""

import geopandas as gpd
import pytest
from shapely.geometry import LineString, Point, box

from gis import maps
from planning import links, spatial
from planning.project import create_project, save_layers
from ui.maps import data as drawing
from ui.views import links as views

EPSG, LEFT, BASE = 4545, 400_000, 4_400_000


@pytest.fixture
def project(tmp_path):
    shapes = [box(LEFT + 500 * n, BASE, LEFT + 500 * (n + 1), BASE + 500) for n in range(5)]
    shapes.append(box(LEFT, BASE + 1100, LEFT + 500, BASE + 1600))  # beyond the river
    names = ["甲", "乙", "丙", "丁", "甲", "对岸"]
    columns = {"unit_id": [f"u{n}" for n in range(6)], "name": names, "town": ["镇一"] * 5 + [None]}
    school = {"school_id": ["s"], "name": ["小学"], "kind": "primary", "provider": "public"}
    school |= {"lowest_grade": [1], "highest_grade": [6]}
    roads = [
        LineString([(LEFT, BASE), (LEFT + 2500, BASE)]),
        LineString([(LEFT, BASE + 1300), (LEFT + 900, BASE + 1300)]),
    ]
    layers = {
        "units": gpd.GeoDataFrame(columns, geometry=shapes, crs=EPSG),
        "schools": gpd.GeoDataFrame(school, geometry=[Point(LEFT + 100, BASE + 10)], crs=EPSG),
        "roads": gpd.GeoDataFrame({"road_class": "local"}, index=[0, 1], geometry=roads, crs=EPSG),
        "barriers": gpd.GeoDataFrame(
            {"kind": ["river"]},
            geometry=[LineString([(LEFT - 900, BASE + 800), (LEFT + 3000, BASE + 800)])],
            crs=EPSG,
        ),
    }
    return create_project(layers, name="六单元", year=2026, epsg=EPSG, folder=tmp_path)


def test_units_that_read_alike_are_told_apart(project):
    names = views.unit_names(project)
    assert names["u0"] == "甲 · 镇一 · u0" and names["u4"] == "甲 · 镇一 · u4"
    assert names["u1"] == "乙 · 镇一" and names["u5"] == "对岸"


def test_a_unit_is_cut_from_its_neighbours_and_linked_to_others_nearest_first(project):
    assert views.partners(project, "u1", "cut") == ["u0", "u2"]
    assert views.partners(project, "u1", "link") == ["u3", "u5", "u4"]


def test_what_no_road_reaches_is_named_with_its_reason(project):
    walks = views.nearest(project.key, "primary", project)
    found = views.unreachable(project, walks)
    assert found["单元"].tolist() == ["对岸"] and found["原因"].tolist() == ["路网不通(估)"]
    counts = views.grounds(walks)
    assert counts.to_numpy().tolist() == [["沿路网", 5, "83.3%"], ["路网不通(估)", 1, "16.7%"]]


def test_places_far_from_roads_are_listed_the_farthest_first(project):
    far = views.far_places(project)
    assert set(far["图层"]) == {"小区与村"} and far["离最近道路(米)"].tolist() == [250] * 5
    assert "小学" not in set(far["名称"])


def test_entrances_are_drawn_among_the_layers(project):
    gates = {"owner_kind": ["unit"], "owner_id": ["u1"], "kind": ["gate"], "name": ["东门"]}
    point = [Point(LEFT + 600, BASE + 5)]
    saved = save_layers(project, {"entrances": gpd.GeoDataFrame(gates, geometry=point, crs=EPSG)})
    page = maps.html(drawing.overview(saved, None))
    assert "东门" in page and "出入口" in page
    walks = views.nearest(saved.key, "primary", saved).set_index("unit_id")
    assert walks.loc["u1", "off_road"] == pytest.approx(5 + 10)  # from the gate, and to the school


def test_edits_are_told_in_words_and_drawn(project):
    edited = links.edit(project, "u0", "u5", action="link", reason="渡口<b>")
    assert views.edits(edited).to_numpy().tolist() == [
        ["连通", "甲 · 镇一 · u0", "对岸", "渡口<b>", "已生效"]
    ]
    page = views.map_html(edited.key, "zh", edited)
    assert "人工连通 (1)" in page and "渡口<b>" not in page
    assert len(spatial.adjacency(edited)) == len(spatial.neighbours(edited)) + 1
