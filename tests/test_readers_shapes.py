"""Files of shapes into layers: GeoJSON, GeoPackage, shapefile, real geometries."""

import json
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import LineString, MultiLineString, Point

from gis.crs import LOCAL, is_local
from gis.export import to_csv, to_geojson, to_geopackage
from gis.faults import FaultError
from gis.layers import SCHEMAS
from gis.readers import inspect, read_all, read_layer
from gis.schema import check
from tests.reading import faults_of, kinds, units

BENCH = Path(__file__).parents[2] / "shared" / "bench"


def test_geojson_without_a_crs_member(tmp_path):
    path = tmp_path / "units.geojson"
    path.write_bytes(to_geojson(units()))
    result = read_layer(path, "units")
    assert result.frame.crs.to_epsg() == 4326 and not result.faults
    projected = json.loads(units(4525, 37_500_000).to_json(drop_id=True))
    projected.pop("crs", None)
    path.write_text(json.dumps(projected))
    assert read_layer(path, "units").frame.crs.to_epsg() == 4525
    projected["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    path.write_text(json.dumps(projected))
    (fault,) = faults_of(path, "units")
    assert fault.kind == "crs_conflict" and "37" in fault.text()


@pytest.mark.parametrize(
    "content", ["", "[1]", "{", '{"type": "Topology"}', '{"type":"FeatureCollection","features":[1]}']
)
def test_what_is_not_geojson(tmp_path, content):
    path = tmp_path / "a.geojson"
    path.write_text(content)
    assert kinds(faults_of(path, "units")) == ["file_unreadable"]


def test_features_with_faults_are_named_by_number(tmp_path):
    good = {"type": "Point", "coordinates": [109.8, 39.6]}
    shapes = [good, None, {"type": "Point", "coordinates": ["a", 1]}, {"type": "Blob"}, good]
    features = [
        {"type": "Feature", "id": i, "properties": {"name": f"甲{i}", "more": {"a": [1]}}, "geometry": shape}
        for i, shape in enumerate(shapes)
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    faults = faults_of(path, "units")
    assert {(f.kind, f.row) for f in faults} == {
        ("geometry_missing", 2),
        ("geometry_unreadable", 3),
        ("geometry_unreadable", 4),
    }
    assert "第 2 个要素" in faults[-1].text() or "第 2 个要素" in str(FaultError(faults))


def test_geopackage_layers_by_name_or_by_looks(tmp_path):
    path = tmp_path / "p.gpkg"
    births, _ = check(pd.DataFrame({"year": [2024], "births": [10]}), SCHEMAS["births"])
    path.write_bytes(to_geopackage({"units": units(), "births": births}))
    result = read_layer(path, "units")
    assert not result.faults and result.frame.crs.to_epsg() == 4546
    assert read_layer(path, "births").frame["births"].tolist() == [10]
    assert [(i.name, i.layer, i.rows) for i in inspect(path)] == [
        ("units", "units", 6),
        ("births", "births", 1),
    ]
    assert set(read_all(path)) == {"units", "births"}


def test_a_shapefile_in_gbk_with_and_without_cpg(tmp_path):
    frame = gpd.GeoDataFrame(
        {"编号": ["1", "2"], "名称": ["鄂尔多斯花园", "康巴什小区"]}, geometry=units().geometry[:2], crs=4546
    )
    path = tmp_path / "u.shp"
    pyogrio.write_dataframe(frame, path, encoding="GBK")
    for cpg in ("GBK", None, "UTF-8"):
        path.with_suffix(".cpg").unlink(missing_ok=True)
        if cpg:
            path.with_suffix(".cpg").write_text(cpg)
        result = read_layer(path, "units")
        assert result.frame["name"].tolist() == ["鄂尔多斯花园", "康巴什小区"], cpg
        said = {None: ["encoding_detected"], "UTF-8": ["encoding_declared_wrong"]}.get(cpg, [])
        assert kinds(result.faults) == said, cpg
        assert all("康巴什小区" in fault.text() for fault in result.faults)
    path.with_suffix(".prj").unlink()
    assert kinds(faults_of(path, "units")) == ["crs_unknown"]
    path.with_suffix(".dbf").unlink()
    assert kinds(faults_of(path, "units")) == ["companion_missing"]


def test_long_texts_cut_inside_a_character_are_still_utf8(tmp_path):
    path = tmp_path / "u.shp"
    frame = gpd.GeoDataFrame({"id": ["1"], "name": ["名" * 100]}, geometry=units().geometry[:1], crs=4546)
    with pytest.warns(RuntimeWarning):
        pyogrio.write_dataframe(frame, path, encoding="UTF-8")
    assert read_layer(path, "units").frame["name"].iloc[0].startswith("名" * 80)


def test_lines_of_several_parts_become_several_rows(tmp_path):
    lines = [
        LineString([(500000, 4400000), (500100, 4400000)]),
        MultiLineString([[(500000, 4400100), (500100, 4400100)], [(500000, 4400200), (500100, 4400200)]]),
    ]
    roads = gpd.GeoDataFrame(
        {"name": ["a", "b"], "highway": ["primary", "residential"]}, geometry=lines, crs=4546
    )
    path = tmp_path / "roads.gpkg"
    path.write_bytes(to_geopackage({"道路": roads}))
    frame = read_layer(path, "roads").frame
    assert frame["name"].tolist() == ["a", "b", "b"] and frame["road_class"].tolist() == [
        "arterial",
        "local",
        "local",
    ]
    assert set(frame.geom_type) == {"LineString"}


def test_gongyi_and_zhengzhou():
    path = BENCH / "geometry" / "gongyi_units.geojson"
    if not path.exists():
        pytest.skip("benchmark data are absent")
    result = read_layer(path, "units")
    assert len(result.frame) == 1276 and result.frame.crs.to_epsg() == 4497
    assert "demand" in result.frame and result.frame.is_valid.all()
    local = BENCH / "geometry" / "zhengzhou_units.geojson"
    assert kinds(faults_of(local, "units")) == ["crs_unknown"]
    stated = read_layer(local, "units", crs="local").frame
    assert is_local(stated.crs) and stated.crs == LOCAL and len(stated) == 324
    blocks = read_layer(
        BENCH / "geometry" / "baltimore_sw_planning_blocks.geojson", "units", mapping={"PBID": "unit_id"}
    )
    assert len(blocks.frame) == 182 and "geometry_collapsed" in kinds(blocks.faults)


def test_a_long_polygon_in_a_csv(tmp_path):
    ring = Point(500_000, 4_400_000).buffer(1000, quad_segs=2000)
    frame = gpd.GeoDataFrame({"unit_id": ["1"], "name": ["甲"]}, geometry=[ring], crs=4546)
    path = tmp_path / "a.csv"
    path.write_bytes(to_csv(frame))
    assert path.stat().st_size > 200_000
    assert read_layer(path, "units", crs=4546).frame.geometry.iloc[0] == ring


def test_geometries_that_are_not_finite(tmp_path):
    path = tmp_path / "a.geojson"
    text = '{"type":"FeatureCollection","features":[%s]}'
    feature = (
        '{"type":"Feature","properties":{"name":"a%d"},"geometry":{"type":"Point","coordinates":[%s,39]}}'
    )
    path.write_text(
        text % ",".join(feature % (i, x) for i, x in enumerate(["109.1", "109.2", "NaN", "1e400"]))
    )
    assert [(f.kind, f.row) for f in faults_of(path, "units")] == [
        ("geometry_invalid", 3),
        ("geometry_invalid", 4),
    ]
    for properties in ("[1]", '"x"'):
        path.write_text(text % (feature % (1, "109")).replace('{"name":"a1"}', properties))
        assert kinds(faults_of(path, "units")) == ["file_unreadable"]
