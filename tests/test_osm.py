"""Roads out of OpenStreetMap: clipped extracts, saved graphs, and a download that fails plainly offline."""

import contextlib
import http.server
import json
import socket
import threading
import zlib

import geopandas as gpd
import osmnx
import pytest

from gis.faults import FaultError
from gis.osmgraphs import download_roads, read_graphml
from gis.readers import inspect, read_layer

NODES = {1: (109.80, 39.60), 2: (109.81, 39.60), 3: (109.82, 39.60), 4: (109.82, 39.61)}
#: Way -> its nodes and tags; nodes from 90 on are outside of the clip.
WAYS = {
    10: ([1, 2, 3], {"highway": "primary", "name": "人民路", "name:en": "Renmin Road"}),
    11: ([3, 4, 91], {"highway": "residential"}),
    12: ([90, 91], {"highway": "residential"}),
    13: ([2, 4], {"waterway": "river", "name": "清河"}),
    14: ([2, 4], {"highway": "footway", "bridge": "yes"}),
    15: ([1, 4], {"highway": "construction"}),
}


def osm_text():
    nodes = "".join(f'<node id="{i}" lon="{x}" lat="{y}" version="1"/>' for i, (x, y) in NODES.items())
    ways = "".join(
        f'<way id="{i}" version="1">{"".join(f"""<nd ref="{n}"/>""" for n in refs)}'
        f'{"".join(f"""<tag k="{k}" v="{v}"/>""" for k, v in tags.items())}</way>'
        for i, (refs, tags) in WAYS.items()
    )
    relation = '<relation id="1"><member type="way" ref="99" role="outer"/></relation>'
    return f'<?xml version="1.0" encoding="UTF-8"?><osm version="0.6">{nodes}{ways}{relation}</osm>'


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    """Return one field of a protocol buffer: a number, or bytes with their length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def zigzag(number):
    return number << 1 if number >= 0 else (-number << 1) - 1


def deltas(numbers):
    return b"".join(varint(zigzag(b - a)) for a, b in zip([0, *numbers], numbers))


def blob(kind, content):
    body = field(2, len(content)) + field(3, zlib.compress(content))
    header = field(1, kind.encode()) + field(3, len(body))
    return len(header).to_bytes(4, "big") + header + body


def osm_pbf():
    """Return the same extract in OpenStreetMap's binary form."""
    strings = [b""]

    def number(text):
        data = text.encode()
        if data not in strings:
            strings.append(data)
        return strings.index(data)

    ids, places = list(NODES), list(NODES.values())
    lats, lons = ([round(p[axis] * 1e7) for p in places] for axis in (1, 0))
    dense = field(1, deltas(ids)) + field(8, deltas(lats)) + field(9, deltas(lons))
    ways = b""
    for i, (refs, tags) in WAYS.items():
        keys = b"".join(varint(number(k)) for k in tags)
        values = b"".join(varint(number(v)) for v in tags.values())
        ways += field(3, field(1, i) + field(2, keys) + field(3, values) + field(8, deltas(refs)))
    table = b"".join(field(1, s) for s in strings)
    block = field(1, table) + field(2, field(2, dense)) + field(2, ways)
    header = field(4, b"OsmSchema-V0.6") + field(4, b"DenseNodes")
    return blob("OSMHeader", header) + blob("OSMData", block)


@pytest.fixture(params=["a.osm", "a.osm.pbf"])
def extract(tmp_path, request):
    path = tmp_path / request.param
    path.write_bytes(osm_text().encode() if path.suffix == ".osm" else osm_pbf())
    return path


def test_a_clipped_extract_is_read_as_far_as_it_goes(extract):
    result = read_layer(extract, "roads")
    roads = result.frame.set_index("road_id")
    assert sorted(roads.index) == ["10", "11", "14"], "a way of which two nodes are there is a road"
    assert roads.loc["10", "name"] == "人民路" and roads.loc["10", "road_class"] == "arterial"
    assert len(roads.geometry["11"].coords) == 2 and roads.loc["14", "bridge"]
    assert result.frame.crs.to_epsg() == 4326 and not result.faults
    barriers = read_layer(extract, "barriers")
    assert barriers.frame["name"].tolist() == ["清河"] and barriers.frame["kind"].tolist() == ["river"]


def test_an_extract_is_two_tables_that_are_not_counted(extract):
    assert [(i.name, i.layer, i.rows) for i in inspect(extract)] == [
        ("roads", "roads", -1),
        ("barriers", "barriers", -1),
    ]
    with pytest.raises(FaultError) as error:
        read_layer(extract, "units")
    assert error.value.faults[0].kind == "layer_not_found"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.osm", b"<html><table></table></html>", "file_content"),
        ("a.osm", b"<osm version='0.6'><node id='1'", "space_bad_osm_file"),
        ("a.osm", b"<osm version='0.6'></osm>", "space_no_roads"),
        ("a.osm.pbf", b"\0\0\0\x0dnothing", "file_content"),
        ("a.osm.pbf", b"\0\0\0\x0d\x0a\x09OSMHeader\x18\x7cshort", "space_bad_osm_file"),
        ("a.graphml", b"<osm/>", "file_content"),
        ("a.graphml", b"<graphml><graph></graphml>", "roads_graph_unreadable"),
        ("a.graphml", b"<graphml></graphml>", "roads_graph_unreadable"),
    ],
)
def test_files_that_are_no_maps(tmp_path, name, content, kind):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FaultError) as error:
        read_layer(tmp_path / name, "roads")
    assert [f.kind for f in error.value.faults] == [kind]
    assert error.value.faults[0].file == name


def saved_graph(tmp_path):
    (tmp_path / "g.osm").write_text(osm_text().replace('<nd ref="91"/>', "").replace('<nd ref="90"/>', ""))
    graph = osmnx.graph_from_xml(tmp_path / "g.osm", simplify=False, retain_all=True)
    path = tmp_path / "路网.graphml"
    osmnx.save_graphml(graph, path)
    return path


def test_a_saved_graph_is_a_layer_of_roads(tmp_path):
    path = saved_graph(tmp_path)
    assert [(i.layer, i.rows) for i in inspect(path)] == [("roads", 4)]
    result = read_layer(path, "roads")
    assert sorted(result.frame["road_class"]) == ["arterial", "arterial", "local", "path"]
    assert "人民路" in set(result.frame["name"]) and result.frame.crs.to_epsg() == 4326
    assert set(result.frame.geom_type) == {"LineString"} and result.frame["bridge"].sum() == 1
    assert read_graphml(path, crs=4547).crs.to_epsg() == 4547
    with pytest.raises(FaultError):
        read_graphml(tmp_path / "none.graphml")


@contextlib.contextmanager
def server(answer):
    """Serve one answer to every request on this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}/api"
        finally:
            running.shutdown()
            thread.join()


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


BBOX = (109.79, 39.59, 109.83, 39.62)


def test_a_download_without_a_network_fails_plainly():
    before = dict(vars(osmnx.settings)), socket.getaddrinfo
    with pytest.raises(FaultError) as error:
        download_roads(bbox=BBOX, endpoint=f"http://127.0.0.1:{closed_port()}/api", timeout=2)
    (fault,) = error.value.faults
    assert (
        fault.kind == "roads_download_failed" and ".osm.pbf" in fault.text() and "network" in fault.text("en")
    )
    assert (dict(vars(osmnx.settings)), socket.getaddrinfo) == before, "nothing of osmnx stays changed"


def test_a_download_that_is_answered_with_nonsense_or_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for answer in (b"not json", b'{"elements": []}'):
        with server(answer) as endpoint, pytest.raises(FaultError) as error:
            download_roads(bbox=BBOX, endpoint=endpoint, timeout=5)
        assert error.value.faults[0].kind == "roads_download_failed"
    assert not list(tmp_path.iterdir()), "nothing is kept on the disk"


def test_what_a_server_sends_becomes_roads():
    elements = [{"type": "node", "id": i, "lon": x, "lat": y} for i, (x, y) in NODES.items()]
    elements += [
        {"type": "way", "id": i, "nodes": refs, "tags": tags}
        for i, (refs, tags) in WAYS.items()
        if "highway" in tags and max(refs) < 90
    ]
    with server(json.dumps({"elements": elements}).encode()) as endpoint:
        roads = download_roads(bbox=BBOX, endpoint=endpoint, crs=4547, timeout=5)
    assert isinstance(roads, gpd.GeoDataFrame) and roads.crs.to_epsg() == 4547
    assert sorted(roads["road_class"]) == ["arterial", "arterial", "path"]


def test_a_download_of_nowhere():
    with pytest.raises(FaultError) as error:
        download_roads("  ")
    assert error.value.faults[0].kind == "roads_download_extent"
