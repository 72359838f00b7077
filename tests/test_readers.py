"""Tables of every kind into layers; bad files with every fault named."""

import io
import sqlite3
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from gis.around import is_total
from gis.export import to_csv, to_excel, to_geojson, to_geopackage
from gis.faults import FaultError, errors
from gis.layers import SCHEMAS, worded
from gis.readers import inspect, read_all, read_layer
from gis.schema import check
from tests.reading import faults_of, kinds, units, workbook

CLASSES = (
    "学校,学年,年级,班级,班额\n一小,2026,一年级,1班,46\n一小,2026,一年级,2班,51\n二中,2026,初一,1班,57\n"
)


def rows_of(text):
    return [[int(c) if c.isdecimal() else c for c in line.split(",")] for line in text.split()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_in_the_encodings_that_are_about(tmp_path, encoding, delimiter):
    path = tmp_path / "班级.csv"
    path.write_bytes(CLASSES.replace(",", delimiter).encode(encoding))
    result = read_layer(path, "classes", as_of="2026-09-01")
    assert result.frame["school_id"].tolist() == ["一小", "一小", "二中"]
    assert result.frame["grade"].tolist() == [1, 1, 7] and result.frame["class_no"].tolist() == [
        "1",
        "2",
        "1",
    ]
    assert result.source["rows"] == 3 and result.source["as_of"] == "2026-09-01"
    assert result.source["file"] == "班级.csv" and not result.faults


def test_a_csv_in_no_encoding_we_know(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"\xff\xff\x81\x20\xfe")
    assert kinds(faults_of(tmp_path / "a.csv", "classes")) == ["encoding_unknown"]


def test_every_fault_of_a_file_at_once_with_its_row(tmp_path):
    path = tmp_path / "班级.csv"
    text = (
        "班级统计表,,,,\n(2026年9月1日),,,,\n"
        + CLASSES
        + "\n一小,2026,一年级,1班,40\n二中,明年,高一,2班,-5\n合计,,,,154\n注：含随班就读,,,,\n"
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FaultError) as caught:
        read_layer(path, "classes")
    found = {(f.kind, f.row) for f in caught.value.faults}
    assert found == {
        ("key_duplicate", 8),
        ("value_not_year", 9),
        ("value_not_grade", 9),
        ("value_negative", 9),
        ("total_row", 10),
        ("note_row", 11),
    }
    assert "第 4 行" in str(caught.value), "the row that the duplicate repeats"
    assert "班级.csv" in caught.value.text("en").splitlines()[0]


def test_rows_longer_than_the_header_are_said(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(CLASSES + "三小,2026,1,1班,40,多余\n", encoding="utf-8")
    (fault,) = faults_of(path, "classes")
    assert (fault.kind, fault.row, fault.found) == ("row_too_long", 5, "多余")


def test_points_by_degrees_state_what_was_assumed(tmp_path):
    path = tmp_path / "小区.csv"
    path.write_text("名称,经度,纬度\n甲,109.78,39.61\n乙,109.80,39.62\n", encoding="utf-8")
    result = read_layer(path, "units")
    assert kinds(result.faults) == ["column_assumed", "datum_assumed"]
    assert result.frame.crs.to_epsg() == 4490 and "经纬度" in result.crs_note.zh
    assert list(result.frame.columns) == SCHEMAS["units"].names
    stated = read_layer(path, "units", crs=4326)
    assert kinds(stated.faults) == ["column_assumed"] and stated.frame.crs.to_epsg() == 4326
    shifted = read_layer(path, "units", crs="GCJ-02")
    metres = shifted.frame.to_crs(4546).distance(result.frame.to_crs(4546))
    assert shifted.frame.crs.to_epsg() == 4326 and metres.between(100, 800).all()


def test_surveyors_axes_are_exchanged_and_said(tmp_path):
    path = tmp_path / "小区.csv"
    path.write_text(
        "编号,名称,X坐标,Y坐标\n1,甲,4385123.5,37478123.5\n2,乙,4385223.5,37478223.5\n", encoding="utf-8"
    )
    result = read_layer(path, "units")
    assert "axes_swapped" in kinds(result.faults) and result.frame.crs.to_epsg() == 4525
    assert result.frame.geometry.x.iloc[0] == 37478123.5


def test_places_with_faults_are_named_by_row(tmp_path):
    path = tmp_path / "小区.csv"
    lines = ["编号,名称,经度,纬度", *(f"{i},小区{i},109.{70 + i},39.6" for i in range(8))]
    lines += ["8,无,,", "9,度分秒,109°46′,39.6", "10,写反,39.6,109.7", "11,缺一,109.7,"]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = {(f.kind, f.row) for f in faults_of(path, "units")}
    assert found == {
        ("geometry_missing", 10),
        ("coordinate_not_number", 11),
        ("coordinate_outlier", 12),
        ("geometry_missing", 13),
    }


def test_plain_coordinates_need_the_meridian(tmp_path):
    path = tmp_path / "小区.csv"
    path.write_text("编号,名称,x,y\n1,甲,478123.5,4385123.5\n", encoding="utf-8")
    (fault,) = faults_of(path, "units")
    assert (
        fault.kind == "crs_unknown"
        and "中央经线" in fault.text()
        and "EPSG:4546" in fault.params["candidates"]
    )
    assert read_layer(path, "units", crs="EPSG:4546").frame.crs.to_epsg() == 4546
    assert kinds(faults_of(path, "units", crs=4326)) == ["crs_conflict"]
    assert kinds(faults_of(path, "units", crs="EPSG:0")) == ["crs_not_understood"]


def test_wkt_and_mapped_columns(tmp_path):
    path = tmp_path / "小区.csv"
    path.write_text(
        '编号,名称,几何\n1,甲,"POLYGON ((109 39, 109.1 39, 109.1 39.1, 109 39))"\n', encoding="utf-8"
    )
    assert read_layer(path, "units").frame.geom_type.tolist() == ["Polygon"]
    path.write_text("编号,名称,几何\n1,甲,POLYGON 109\n", encoding="utf-8")
    assert kinds(faults_of(path, "units")) == ["geometry_unreadable"]
    path.write_text("c1,c2,东,北\n1,甲,109.1,39.1\n", encoding="utf-8")
    result = read_layer(path, "units", mapping={"c1": "unit_id", "c2": "name", "东": "x", "北": "y"})
    assert result.frame["name"].tolist() == ["甲"] and result.frame.geometry.x.tolist() == [109.1]


def test_a_workbook_as_bureaus_make_them(tmp_path):
    rows = [["2026年秋季班级情况"], [], ["学校名称", "学 年", "年级", "班 级", "班额（人）", "班主任"]]
    rows += [["一小", "2026学年", "一年级", "1班", 46, "张"], ["", "2026学年", "一年级", "2班", 51, "李"]]
    rows += [["二小", "2026学年", "二年级", "（1）班", "４４", None], ["合计", "", "", "", 141, ""]]
    path = workbook(
        tmp_path / "班级.xlsx",
        {"班级": rows, "说明": [["填表说明"], ["一", "二"]]},
        merged=[(3, 0, 4, 0, "一小")],
    )
    result = read_layer(path, "classes")
    assert result.frame["school_id"].tolist() == ["一小", "一小", "二小"]
    assert result.frame["pupils"].tolist() == [46, 51, 44]
    assert kinds(result.faults) == ["column_unknown", "merged_filled", "total_row"]
    assert result.source["title"] == "2026年秋季班级情况" and result.source["table"] == "班级"
    assert "班主任" in result.frame.columns


def test_sheets_of_one_kind_are_joined_and_said(tmp_path):
    first, second = rows_of(CLASSES), rows_of(CLASSES.replace("2026", "2025").replace("班额", "班额(人)"))
    second[1][4] = "五十"
    path = workbook(tmp_path / "a.xlsx", {"2026年": first, "2025年": second, "杂项": [["甲", "乙"], [1, 2]]})
    (fault,) = faults_of(path, "classes")
    assert (fault.sheet, fault.row, fault.kind) == ("2025年", 2, "value_not_number")
    second[1][4] = 50
    result = read_layer(
        workbook(path, {"2026年": first, "2025年": second, "杂项": [["甲", "乙"], [1, 2]]}), "classes"
    )
    assert len(result.frame) == 6 and kinds(result.faults) == ["table_left", "tables_joined"]
    assert len(read_layer(path, "classes", table="2025年").frame) == 3
    assert kinds(faults_of(path, "classes", table="2024年")) == ["table_missing"]
    assert kinds(faults_of(path, "births")) == ["layer_not_found"]


def test_duplicates_across_sheets_name_the_sheet(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {"甲表": rows_of(CLASSES), "乙表": rows_of(CLASSES)})
    faults = faults_of(path, "classes")
    assert kinds(faults) == ["key_duplicate"] * 3 and "2 (甲表)" in faults[0].text()


def test_sheets_that_look_alike_but_differ_are_not_chosen_between(tmp_path):
    more = [[*row, "一区"] for row in rows_of(CLASSES)]
    more[0][-1] = "区县"
    enrolment = [[row[0], row[1], row[2], row[4]] for row in rows_of(CLASSES)]
    enrolment[0][-1] = "在校生数"
    wide = [[*row, "x"] for row in enrolment]
    wide[0][-1] = "区县"
    path = workbook(tmp_path / "a.xlsx", {"一": enrolment, "二": wide})
    assert kinds(faults_of(path, "enrolment")) == ["layer_ambiguous"]
    said = faults_of(path, "enrolment", table=["一", "二"])
    assert kinds(errors(said)) == ["key_duplicate"] * 4, "named both, they are one, and what is double shows"
    assert kinds(faults_of(path, "enrolment", table=["一", "三"])) == ["table_missing"]


def test_all_layers_of_a_workbook(tmp_path):
    births = [["年份", "出生人数"], [2024, "1,234"], [2025, 1100]]
    path = workbook(tmp_path / "a.xlsx", {"班级": rows_of(CLASSES), "出生": births})
    assert {i.name: i.layer for i in inspect(path)} == {"班级": "classes", "出生": "births"}
    results = read_all(path)
    assert set(results) == {"classes", "births"} and results["births"].frame["births"].tolist() == [
        1234,
        1100,
    ]
    births[1][1], bad = "一千", rows_of(CLASSES)
    bad[1][4] = -1
    with pytest.raises(FaultError) as caught:
        read_all(workbook(path, {"班级": bad, "出生": births}))
    assert kinds(caught.value.faults) == ["value_negative", "value_not_number"]
    with pytest.raises(FaultError) as caught:
        read_all(workbook(path, {"甲": [["a", "b"], [1, 2]]}))
    assert kinds(caught.value.faults) == ["layer_not_found"]


@pytest.mark.parametrize(
    "name",
    [
        "/vsizip/a.zip/b.csv",
        "/vsicurl/http://a/b.gpkg",
        "http://a/b.csv",
        "PG:dbname=x",
        "GPKG:a.gpkg:t",
        "<OGRVRTDataSource/>.shp",
        "s3://a/b.gpkg",
        "\\vsimem\\a.shp",
    ],
)
def test_paths_that_are_not_files_here_are_refused(name):
    assert kinds(faults_of(name, "units")) == ["file_refused"]


def test_files_that_are_not_what_they_say(tmp_path):
    vrt = b"<OGRVRTDataSource><OGRVRTLayer name='x'/></OGRVRTDataSource>"
    for name in ("a.gpkg", "b.xlsx"):
        (tmp_path / name).write_bytes(vrt)
        assert kinds(faults_of(tmp_path / name, "units")) == ["file_content"]
    shape = tmp_path / "c.shp"
    for end in (".shp", ".shx", ".dbf"):
        shape.with_suffix(end).write_bytes(vrt)
    assert kinds(faults_of(shape, "units")) == ["file_content"]
    sqlite3.connect(tmp_path / "d.gpkg").execute("create table t (a)").connection.commit()
    assert kinds(faults_of(tmp_path / "d.gpkg", "units")) == ["file_content"]
    (tmp_path / "e.csv").write_bytes(b"PK\x03\x04aaaa")
    assert kinds(faults_of(tmp_path / "e.csv", "units")) == ["file_content"]
    (tmp_path / "f.xlsx").write_bytes(b"PK\x03\x04aaaa")
    assert kinds(faults_of(tmp_path / "f.xlsx", "units")) == ["file_unreadable"]
    (tmp_path / "g.gpkg").write_bytes(to_geopackage({"units": units()})[:5000])
    assert kinds(faults_of(tmp_path / "g.gpkg", "units")) == ["file_unreadable"]
    (tmp_path / "h.vrt").write_bytes(vrt)
    assert kinds(faults_of(tmp_path / "h.vrt", "units")) == ["file_format"]
    assert kinds(faults_of(tmp_path / "none.csv", "units")) == ["file_missing"]
    assert kinds(faults_of(tmp_path, "units")) == ["file_refused"]


def test_bounds_on_size_rows_and_unpacked_size(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(CLASSES, encoding="utf-8")
    assert kinds(faults_of(path, "classes", max_mb=0.0001)) == ["file_too_large"]
    long = CLASSES + "".join(f"一小,2026,1,{i},40\n" for i in range(3, 60))
    path.write_text(long, encoding="utf-8")
    assert kinds(faults_of(path, "classes", max_rows=20)) == ["too_many_rows"]
    for name, data in (("u.gpkg", to_geopackage({"units": units()})), ("u.geojson", to_geojson(units()))):
        (tmp_path / name).write_bytes(data)
        assert kinds(faults_of(tmp_path / name, "units", max_rows=5)) == ["too_many_rows"]
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 10_000_000)
    (tmp_path / "bomb.xlsx").write_bytes(bomb.getvalue())
    assert kinds(faults_of(tmp_path / "bomb.xlsx", "classes", max_mb=1)) == ["file_too_large"]


@pytest.mark.parametrize("content", ["", "\n\n", "学校,学年,年级,班级,班额\n"])
def test_empty_tables_say_so(tmp_path, content):
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    assert "table_empty" in kinds(faults_of(path, "classes"))


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@st.composite
def unit_frames(draw):
    n = draw(st.integers(1, 6))
    ids = draw(st.lists(NAMES, min_size=n, max_size=n, unique_by=lambda s: s.casefold()))
    frame = gpd.GeoDataFrame(
        {
            "unit_id": ids,
            "name": draw(st.lists(NAMES, min_size=n, max_size=n)),
            "kind": draw(st.lists(st.sampled_from(["estate", "village", None]), min_size=n, max_size=n)),
            "residents": draw(st.lists(st.none() | st.integers(0, 10**6), min_size=n, max_size=n)),
        },
        geometry=[Point(500_000 + draw(st.integers(-1000, 1000)) / 8, 4_400_000 + i) for i in range(n)],
        crs=4546,
    )
    checked, faults = check(frame, SCHEMAS["units"])
    return None if errors(faults) else checked


SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(frame=unit_frames(), kind=st.sampled_from(["csv", "xlsx", "gpkg", "words"]))
def test_what_is_written_reads_back(tmp_path, frame, kind):
    if frame is None or any(name.strip().lower() in ("#n/a", "#ref!") for name in frame["name"]):
        return
    data = {
        "csv": lambda: to_csv(frame),
        "xlsx": lambda: to_excel({"units": frame}, synthetic=True),
        "gpkg": lambda: to_geopackage({"units": frame}),
        "words": lambda: to_csv(worded(frame, "units").assign(x=frame.geometry.x, y=frame.geometry.y)),
    }[kind]()
    path = tmp_path / f"a.{'csv' if kind == 'words' else kind}"
    path.write_bytes(data)
    if any(is_total(row) for row in frame[["unit_id", "name"]].to_numpy().tolist()):
        return  # a place that is called 合计 is taken for a total, which is said
    result = read_layer(path, "units", crs=4546)
    assert not result.faults
    pd.testing.assert_frame_equal(pd.DataFrame(result.frame), pd.DataFrame(frame))


def ods_cell(value):
    kind = "float" if isinstance(value, int) else "string"
    number = f'office:value="{value}"' if kind == "float" else ""
    return (
        f'<table:table-cell office:value-type="{kind}" {number}><text:p>{value}</text:p></table:table-cell>'
    )


def test_an_open_document_sheet(tmp_path):
    rows = [["年份", "出生人数"], [2024, 10], [2025, 12]]
    body = "".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows)
    spaces = "".join(
        f' xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text")
    )
    content = (
        f"<office:document-content{spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="出生">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    path = tmp_path / "a.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    assert read_layer(path, "births").frame["births"].tolist() == [10, 12]


WIDE = "学校名称,小学,一年级,二年级,初一人数,在校生数\n一小,x,40,41,,81\n二校,y,50,五十,52,152\n"


def test_grades_side_by_side_become_rows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(WIDE, encoding="utf-8")
    with pytest.raises(FaultError) as caught:
        read_layer(path, "enrolment", values={"year": 2026})
    (fault,) = errors(caught.value.faults)
    assert (fault.row, fault.column, fault.found) == (3, "二年级", "五十")
    path.write_text(WIDE.replace("五十", "50"), encoding="utf-8")
    result = read_layer(path, "enrolment", values={"year": 2026})
    assert kinds(result.faults) == ["column_unknown", "table_unpivoted", "total_column", "value_given"]
    assert result.frame[["school_id", "year", "grade", "pupils"]].to_numpy().tolist() == [
        ["一小", 2026, 1, 40],
        ["一小", 2026, 2, 41],
        ["二校", 2026, 1, 50],
        ["二校", 2026, 2, 50],
        ["二校", 2026, 7, 52],
    ]
    assert "在校生数" not in result.frame, "the total of the columns is no pupils of a grade"
    path.write_text(WIDE.replace("五十", "50").replace(",152", ",150"), encoding="utf-8")
    (differs,) = [f for f in read_layer(path, "enrolment", values={"year": 2026}).faults if f.row]
    assert (differs.kind, differs.row, differs.params["sum"]) == ("row_total_differs", 3, 152)
    assert inspect(path)[0].layer == "enrolment"
    five = read_layer(path, "enrolment", values={"year": 2026}, stage_system="5-4").frame
    assert five["grade"].tolist() == [1, 2, 1, 2, 6]
    assert kinds(faults_of(path, "enrolment")) == ["column_missing"]


@pytest.mark.parametrize("x", ["111.79", "109.99"])
def test_a_place_far_from_the_others_is_said_by_row(tmp_path, x):
    path = tmp_path / "小区.csv"
    lines = ["编号,名称,经度,纬度", *(f"{i},小区{i},109.{780 + i},39.6" for i in range(12))]
    path.write_text("\n".join([*lines, f"12,远,{x},39.6", ""]), encoding="utf-8")
    said = [f for f in read_layer(path, "units").faults if f.kind == "place_far"]
    far = x.startswith("111")
    assert [(f.row, f.params["kilometres"]) for f in said] == ([(14, 171)] if far else [])


def test_a_county_of_scattered_villages_has_no_outlier(tmp_path):
    path = tmp_path / "村.csv"
    lines = [f"{i},村{i},{108 + 0.4 * (i % 5)},{38 + 0.4 * (i // 5)}" for i in range(20)]
    path.write_text("\n".join(["编号,名称,经度,纬度", *lines, ""]), encoding="utf-8")
    assert "place_far" not in kinds(read_layer(path, "units").faults)
