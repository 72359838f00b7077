"""What goes out: nothing runs as a formula, nothing is lost, the source is said."""

import csv
import io
import json
import tempfile
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, Polygon, box

from gis.crs import LOCAL
from gis.export import FORMULA_STARTS, guarded, sheet_name, to_csv, to_excel, to_geojson, to_geopackage
from gis.faults import FaultError

EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", '=HYPERLINK("http://x")', "http://x"]


def sheets_of(data):
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def points():
    frame = pd.DataFrame({"unit_id": ["a", "b"], "residents": pd.array([10, None], dtype="Int64")})
    return gpd.GeoDataFrame(frame, geometry=[Point(500_000.125, 4.4e6), Point(500_100, 4.4e6)], crs=4546)


def test_excel_keeps_text_as_text_and_numbers_as_numbers():
    frame = pd.DataFrame(
        {
            "文字": [*EVIL, None],
            "数": [*range(9), np.nan],
            "整": pd.array([*range(9), None], dtype="Int64"),
            "是": [True] * 10,
            "长": [10**17] * 10,
        }
    )
    data = to_excel({"表": frame}, source="教育事业统计", year=2026, scope="康巴什区", notes=["按学校汇总"])
    sheets = sheets_of(data)
    assert [row[0] for row in sheets["表"][1:10]] == EVIL
    assert sheets["表"][10][:3] == ["", "", ""]
    assert sheets["表"][3][1:4] == [2.0, 2.0, True] and sheets["表"][1][4] == str(10**17)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = b"".join(archive.read(n) for n in archive.namelist() if "worksheets/" in n)
    assert b"<f>" not in parts and b"<hyperlink" not in parts
    assert sheets["说明"] == [
        ["来源", "教育事业统计"],
        ["学年", "2026"],
        ["范围", "康巴什区"],
        ["按学校汇总", ""],
    ]


def test_synthetic_data_are_stamped_on_every_sheet():
    sheets = sheets_of(to_excel({"甲": points(), "乙": pd.DataFrame({"a": [1]})}, synthetic=True))
    assert all("合成数据" in rows[0][0] for rows in sheets.values())
    assert sheets["甲"][1] == ["unit_id", "residents", "x", "y"] and sheets["甲"][2][2] == 500_000.125
    english = sheets_of(to_excel({"a": points()}, synthetic=True, lang="en", source="x"))
    assert list(english) == ["a", "Notes"] and "synthetic" in english["Notes"][0][0]


def test_an_empty_workbook_and_empty_tables():
    assert list(sheets_of(to_excel({}))) == ["说明"]
    assert sheets_of(to_excel({"空": pd.DataFrame({"a": []})}))["空"] == [["a"]]


def test_cells_that_are_too_long_are_cut_and_said():
    sheets = sheets_of(to_excel({"长": pd.DataFrame({"a": ["字" * 40_000]})}))
    assert len(sheets["长"][1][0]) == 32_767 and "长: 1" in sheets["说明"][0][1]


def test_more_rows_than_a_sheet_holds():
    with pytest.raises(FaultError, match=r"1,048,574"):
        to_excel({"大": pd.DataFrame(index=range(1_048_576))})


@settings(deadline=None)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_sheet_names_are_legal_and_distinct(titles):
    taken = set()
    names = [sheet_name(title, taken) for title in titles]
    assert len({n.lower() for n in names}) == len(titles)
    for name in names:
        assert 0 < len(name) <= 31 and not set(name) & set("[]:*?/\\")
        assert not name.startswith("'") and not name.endswith("'") and name.lower() != "history"


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8"), max_size=10), st.integers()), max_size=5))
def test_no_text_in_a_csv_starts_like_a_formula_and_nothing_is_lost(rows):
    frame = pd.DataFrame(rows, columns=["文字", "数"])
    data = to_csv(frame)
    assert data.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert read[0] == ["文字", "数"] and len(read) == len(rows) + 1
    for (text, number), (cell, digits) in zip(rows, read[1:], strict=True):
        assert not cell.startswith(FORMULA_STARTS)
        assert cell.removeprefix("'") == text or cell == text or (not text.strip() and cell == "")
        assert int(digits) == number


def test_headers_and_negative_numbers_in_csv():
    text = to_csv(pd.DataFrame({"=a": [-1.5, np.nan], "b": pd.array([True, None], dtype="boolean")})).decode(
        "utf-8-sig"
    )
    assert text.split("\r\n") == ["'=a,b", "-1.5,True", ",", ""]
    assert guarded("一小") == "一小" and guarded("＝1") == "'＝1"


def test_polygons_in_csv_are_wkt_and_exact():
    frame = points().set_geometry(points().buffer(10))
    text = to_csv(frame).decode("utf-8-sig")
    assert "POLYGON ((" in text
    again = gpd.GeoSeries.from_wkt([row["wkt"] for row in csv.DictReader(io.StringIO(text))])
    assert (again.to_numpy() == frame.geometry.to_numpy()).all()


def test_geopackage_has_every_layer_plain_tables_too():
    plain = pd.DataFrame({"year": [2026], "mixed": pd.Series([{"a": 1}], dtype=object)})
    nowhere = gpd.GeoDataFrame({"estate_id": ["e"]}, geometry=gpd.GeoSeries([None], crs=4546))
    mixed = gpd.GeoDataFrame({"a": ["x", "y"]}, geometry=[Point(0, 0), box(0, 0, 1, 1)], crs=LOCAL)
    data = to_geopackage(
        {"units": points(), "births": plain, "estates": nowhere, "local": mixed},
        metadata={"source": "统计"},
        synthetic=True,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.gpkg"
        path.write_bytes(data)
        assert set(pyogrio.list_layers(path)[:, 0]) == {"units", "births", "estates", "local"}
        units = pyogrio.read_dataframe(path, layer="units")
        assert units.crs.to_epsg() == 4546 and units["unit_id"].tolist() == ["a", "b"]
        assert "geometry" not in pyogrio.read_dataframe(path, layer="births").columns
        local = pyogrio.read_dataframe(path, layer="local")
        assert local.crs.type_name == "Engineering CRS" and local.geom_type.tolist() == ["Point", "Polygon"]
        said = pyogrio.read_info(path, layer="units")["dataset_metadata"]
        assert said["source"] == "统计" and "合成数据" in said["synthetic"]
    with pytest.raises(ValueError, match="at least one"):
        to_geopackage({})


def test_geojson_is_wgs84_rounded_and_wound_as_the_standard_asks():
    clockwise = Polygon([(500_000, 4.4e6), (500_000, 4.4001e6), (500_100, 4.4001e6), (500_100, 4.4e6)])
    frame = gpd.GeoDataFrame(
        {
            "name": ["一", None],
            "n": pd.array([1, None], dtype="Int64"),
            "v": [np.nan, np.inf],
            "b": [True, False],
        },
        geometry=[clockwise, None],
        crs=4546,
    )
    content = json.loads(to_geojson(frame, synthetic=True))
    first, second = content["features"]
    assert first["properties"] == {"name": "一", "n": 1, "v": None, "b": True}
    assert (
        second["properties"] == {"name": None, "n": None, "v": None, "b": False}
        and second["geometry"] is None
    )
    ring = first["geometry"]["coordinates"][0]
    assert Polygon(ring).exterior.is_ccw and all(110 < x < 112 and round(x, 7) == x for x, _ in ring)
    assert "合成数据" in content["synthetic"] and "crs" not in content


@pytest.mark.parametrize("crs", [None, LOCAL])
def test_geojson_needs_a_relation_to_the_earth(crs):
    with pytest.raises(FaultError):
        to_geojson(points().set_crs(crs, allow_override=True))


def test_columns_that_a_geopackage_would_mix_up_or_drop_are_kept(tmp_path):
    frame = points().assign(
        UNIT_ID=["c", "d"], fid=["x", "y"], FID=[1, 2], geom=[1.5, 2.5], Fid_2=[True, False]
    )
    path = tmp_path / "a.gpkg"
    path.write_bytes(to_geopackage({"units": frame}))
    read = pyogrio.read_dataframe(path).drop(columns="geometry")
    assert list(read.columns) == ["unit_id", "residents", "UNIT_ID_2", "fid_2", "FID_3", "geom_2", "Fid_2_2"]
    assert read["fid_2"].tolist() == ["x", "y"] and read["FID_3"].tolist() == [1, 2]
