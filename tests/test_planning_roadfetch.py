"""Roads are asked of the network only when told to, and a failure leaves the project as it was."""

from __future__ import annotations

import json
from dataclasses import replace

import geopandas as gpd
import pytest
import shapely

from gis.faults import FaultError
from planning import roadfetch
from planning.project import create_project, open_project
from tests.test_osm import closed_port, server

EPSG = 4546


@pytest.fixture
def project(tmp_path):
    xs = [500_000.0 + 300 * n for n in range(6)]
    units = gpd.GeoDataFrame(
        {"unit_id": list("123456"), "name": [f"{n}村" for n in range(6)]},
        geometry=[shapely.Point(x, 4_390_000.0) for x in xs],
        crs=EPSG,
    )
    return create_project({"units": units}, id="six", name="六个村", folder=tmp_path, year=2026, epsg=EPSG)


def answer(project) -> bytes:
    west, south, east, north = roadfetch.extent(project)
    ends = [(1, west, south), (2, east, north)]
    nodes = [{"type": "node", "id": i, "lon": x, "lat": y} for i, x, y in ends]
    way = {"type": "way", "id": 7, "nodes": [1, 2], "tags": {"highway": "primary", "name": "人民路"}}
    return json.dumps({"elements": [*nodes, way]}).encode()


def test_what_is_asked_for_holds_the_units_and_a_margin(project):
    west, south, east, north = roadfetch.extent(project)
    asked = gpd.GeoSeries([shapely.box(west, south, east, north)], crs=4326).to_crs(EPSG).iloc[0]
    assert asked.contains(project.layers["units"].union_all().buffer(roadfetch.MARGIN * 0.98))
    assert east - west < 0.1 and north - south < 0.1


def test_roads_that_are_sent_become_the_projects(project):
    with server(answer(project)) as endpoint:
        saved = roadfetch.fetch(project, endpoint=endpoint, timeout=5)
    roads = open_project(saved.folder).layers["roads"]
    assert list(roads["name"]) == ["人民路"] and list(roads["road_class"]) == ["arterial"]
    assert roads.crs.to_epsg() == EPSG
    source = saved.sources.set_index("layer").loc["roads"]
    assert source["source"] == roadfetch.SOURCE and source["as_of"]


def test_without_a_network_the_project_stays_as_it_was(project):
    with pytest.raises(FaultError) as error:
        roadfetch.fetch(project, endpoint=f"http://127.0.0.1:{closed_port()}/api", timeout=2)
    assert [fault.kind for fault in error.value.faults] == ["roads_download_failed"]
    assert "roads" not in open_project(project.folder).layers


def test_a_cancel_saves_nothing(project):
    with server(answer(project)) as endpoint:
        same = roadfetch.fetch(project, endpoint=endpoint, timeout=5, cancelled=lambda: True)
    assert same.version == project.version == open_project(project.folder).version


def test_a_demo_and_a_local_grid_are_refused_at_once(project):
    with pytest.raises(FaultError) as error:
        roadfetch.extent(replace(project, synthetic=True, epsg=0))
    assert {fault.kind for fault in error.value.faults} == {"roadfetch_synthetic", "roadfetch_local"}
    assert all(fault.text("en") and fault.text("zh") for fault in error.value.faults)
