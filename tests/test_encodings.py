"""Text in the encodings that are about: detected, stated, shown for a look; garbled text is said."""

import geopandas as gpd
import pyogrio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from gis.faults import FaultError, errors
from gis.garbled import restored
from gis.readers import read_layer

NAMES = ["鄂尔多斯花园", "康巴什小区"]
#: 㸆 and 镕 with a rare sign: characters that GBK or GB2312 alone do not have.
RARE = ["𠮷祥家园", "昇龙小区"]


def kinds(faults):
    return sorted(f.kind for f in faults)


def faults_of(*args, **options):
    with pytest.raises(FaultError) as caught:
        read_layer(*args, **options)
    return caught.value.faults


def shapefile(path, names, *, encoding, cpg=None, language=0):
    """Write a shapefile whose .dbf is in an encoding, its .cpg and its language byte as told."""
    frame = gpd.GeoDataFrame(
        {"编号": ["1", "2"], "名称": names},
        geometry=[Point(500100, 4385000), Point(500200, 4385000)],
        crs=4546,
    )
    pyogrio.write_dataframe(frame, path, encoding=encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    if cpg is not None:
        path.with_suffix(".cpg").write_text(cpg)
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = language
    path.with_suffix(".dbf").write_bytes(bytes(table))
    return path


@pytest.mark.parametrize(
    ("encoding", "names", "cpg", "said"),
    [
        ("GBK", NAMES, None, ["encoding_detected"]),
        ("GBK", NAMES, "GBK", []),
        ("GBK", NAMES, "936", []),
        ("GBK", NAMES, "GB18030", []),
        ("GBK", NAMES, "UTF-8", ["encoding_declared_wrong"]),
        ("GBK", NAMES, "ISO-8859-1", ["encoding_declared_wrong"]),
        ("GB18030", RARE, None, ["encoding_detected"]),
        ("GB18030", RARE, "GB18030", []),
        ("UTF-8", NAMES, None, ["encoding_detected"]),
        ("UTF-8", NAMES, "UTF-8", []),
        ("UTF-8", NAMES, "GBK", ["encoding_declared_wrong"]),
    ],
)
def test_shapefiles_in_every_encoding(tmp_path, encoding, names, cpg, said):
    path = shapefile(tmp_path / "u.shp", names, encoding=encoding, cpg=cpg)
    result = read_layer(path, "units")
    assert result.frame["name"].tolist() == names and kinds(result.faults) == said
    for fault in result.faults:
        assert set(fault.params["samples"]) & set(names), "the texts as read, for a look at them"
        assert names[0] in fault.text() or names[1] in fault.text()


def test_the_user_may_state_the_encoding_of_a_shapefile(tmp_path):
    path = shapefile(tmp_path / "u.shp", NAMES, encoding="GBK")
    stated = read_layer(path, "units", encoding="gb18030")
    assert stated.frame["name"].tolist() == NAMES and not stated.faults
    assert kinds(faults_of(path, "units", encoding="utf-8")) == ["encoding_unknown"]
    wrong = faults_of(path, "units", encoding="latin-1")
    garbled = next(f for f in wrong if f.kind == "text_garbled")
    assert garbled.params["guess"] in (*NAMES, "编号", "名称")


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8", "gbk", "utf-16-le"])
def test_the_user_may_state_the_encoding_of_a_table(tmp_path, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes("年份,镇街,出生人数\n2024,甲,10\n".encode(encoding))
    result = read_layer(path, "births", encoding=encoding)
    assert result.frame["town"].tolist() == ["甲"] and result.source["encoding"] == encoding
    assert kinds(faults_of(path, "births", encoding="ascii")) == ["encoding_unknown"]


def test_geojson_is_utf8_and_said_where_it_is_not(tmp_path):
    place = '{"type":"Point","coordinates":[109,39]}'
    feature = f'{{"type":"Feature","properties":{{"name":"康巴什小区"}},"geometry":{place}}}'
    text = f'{{"type":"FeatureCollection","features":[{feature}]}}'
    path = tmp_path / "a.geojson"
    for encoding, said in (("utf-8", []), ("utf-8-sig", []), ("gb18030", ["encoding_detected"])):
        path.write_bytes(text.encode(encoding))
        result = read_layer(path, "units")
        assert result.frame["name"].tolist() == ["康巴什小区"]
        assert [k for k in kinds(result.faults) if k.startswith("encoding")] == said
    assert "康巴什小区" in result.faults[0].text()
    assert "encoding_detected" not in kinds(read_layer(path, "units", encoding="gbk").faults)


def test_text_saved_in_the_wrong_encoding_before_is_said(tmp_path):
    text = "年份,镇街,出生人数\n2024,康巴什镇,10\n2025,罕台镇政府,11\n"
    path = tmp_path / "a.csv"
    twice = text.encode("utf-8").decode("gb18030", errors="replace")
    path.write_bytes(twice.encode("utf-8"))
    found = errors(faults_of(path, "births"))
    assert "text_lost" in kinds(found) or "text_garbled" in kinds(found)
    path.write_bytes(text.encode("gb18030").decode("latin-1").encode("utf-8"))
    garbled = next(f for f in errors(faults_of(path, "births")) if f.kind == "text_garbled")
    assert garbled.params["guess"] in text and garbled.params["count"] >= 2
    assert "UTF-8" in garbled.text() and "UTF-8" in garbled.text("en")
    path.write_bytes(text.replace("康巴什镇", "锟斤拷锟斤拷").encode())
    assert "text_lost" in kinds(errors(faults_of(path, "births")))


@given(st.text(st.characters(codec="gb2312", categories=["Lo"]), min_size=1, max_size=12))
def test_proper_chinese_is_not_called_garbled(text):
    assert restored(text) == ""


@given(st.lists(st.sampled_from("小区花园学校镇村街道东西南北中人民"), min_size=3, max_size=10).map("".join))
def test_garbled_text_is_restored(text):
    for read_as, was in (("latin-1", "gb18030"), ("latin-1", "utf-8")):
        assert restored(text.encode(was).decode(read_as)) == text
