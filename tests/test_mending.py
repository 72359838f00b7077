"""Faulty rows are given out as they stand, mended, and given back in their places; nothing else changes."""

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point

from gis.export import to_csv, to_excel
from gis.faults import FaultError, errors
from gis.mending import DELETE, DO, FAULTS, FILE, ROW, SHEET, faulty_rows
from gis.readers import read_layer
from planning import mending

HEAD = "学校代码,学年,年级,班级,班额,备注\n"
GOOD = HEAD + "S1,2026,一年级,1班,45,a\nS1,2026,一年级,2班,46,b\n"


def faults_of(*args, **options):
    with pytest.raises(FaultError) as caught:
        read_layer(*args, **options)
    return caught.value.faults


def kinds(faults):
    return sorted(f.kind for f in faults)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "班额.csv"
    path.write_text(GOOD + "S1,2026,一年级,2班,-4,c\nS1,明年,十年级,3班,4０,d\n", encoding="utf-8")
    return path


def test_faulty_rows_stand_as_they_are_with_what_is_wrong(path):
    rows = faulty_rows({path.name: path}, faults_of(path, "classes"))
    assert rows.columns.tolist() == [FILE, SHEET, ROW, FAULTS, DO, *HEAD.strip().split(",")]
    assert rows[ROW].tolist() == [4, 5] and rows["班额"].tolist() == ["-4", "4０"]
    assert "与第 3 行重复" in rows[FAULTS][0] and "负数" in rows[FAULTS][0]
    assert "“学年”" in rows[FAULTS][1] and "“年级”" in rows[FAULTS][1] and "班额.csv" not in rows[FAULTS][1]
    english = faulty_rows({path.name: path}, faults_of(path, "classes"), lang="en")
    assert "negative" in english[FAULTS][0]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_mended_rows_come_back_through_a_file(tmp_path, path, kind):
    rows = faulty_rows({path.name: path}, faults_of(path, "classes"))
    rows.loc[0, ["班级", "班额"]] = ["4班", "44"]
    rows.loc[1, ["学年", "年级"]] = ["2026", "二年级"]
    back = tmp_path / f"改好.{kind}"
    back.write_bytes(to_excel({"问题行": rows}, synthetic=False) if kind == "xlsx" else to_csv(rows))
    result = read_layer(path, "classes", mended=mending.read(back))
    assert result.frame["pupils"].tolist() == [45, 46, 44, 40] and result.frame["grade"].tolist() == [
        1,
        1,
        1,
        2,
    ]
    assert result.frame["备注"].tolist() == ["a", "b", "c", "d"]
    (said,) = [f for f in result.faults if f.kind == "row_mended"]
    assert (said.params["count"], said.params["left"]) == (2, 0)
    assert [result.places.at(i)[2] for i in range(4)] == [2, 3, 4, 5], "rows keep their numbers"


def test_a_row_goes_only_when_it_is_said_to(path):
    rows = faulty_rows({path.name: path}, faults_of(path, "classes"))
    rows.loc[1, ["学年", "年级"]] = ["2026", "二年级"]
    assert kinds(errors(faults_of(path, "classes", mended=rows.iloc[[1]]))) == [
        "key_duplicate",
        "value_negative",
    ]
    rows.loc[0, DO] = DELETE
    result = read_layer(path, "classes", mended=rows)
    assert result.frame["pupils"].tolist() == [45, 46, 40]
    assert [result.places.at(i)[2] for i in range(3)] == [2, 3, 5]
    assert next(f for f in result.faults if f.kind == "row_mended").params["left"] == 1


def test_mended_rows_that_belong_nowhere_are_faults(tmp_path, path):
    rows = faulty_rows({path.name: path}, faults_of(path, "classes"))
    rows.loc[0, ROW], rows.loc[1, SHEET] = 99, "表二"
    found = errors(faults_of(path, "classes", mended=rows))
    assert sorted(f.found for f in found if f.kind == "mended_unknown") == ["5", "99"]
    other = tmp_path / "x.csv"
    other.write_text(GOOD, encoding="utf-8")
    with pytest.raises(FaultError) as error:
        mending.read(other)
    assert kinds(error.value.faults) == ["mended_headers"]


def test_features_can_be_mended_and_taken_out(tmp_path):
    path = tmp_path / "u.gpkg"
    frame = gpd.GeoDataFrame(
        {"编号": ["1", "1", "3"], "名称": ["甲", "乙", "丙"], "常住人口": [5, -6, 7]},
        geometry=[Point(500100, 4385000), Point(500200, 4385000), None],
        crs=4546,
    )
    pyogrio.write_dataframe(frame, path, layer="小区")
    rows = faulty_rows({path.name: path}, faults_of(path, "units"))
    assert rows[ROW].tolist() == [2, 3] and "geometry" not in rows
    rows.loc[0, ["编号", "常住人口"]] = ["2", 6]
    rows.loc[1, DO] = DELETE
    result = read_layer(path, "units", mended=rows)
    assert result.frame["unit_id"].tolist() == ["1", "2"] and result.frame["residents"].tolist() == [5, 6]
    assert result.frame.geometry.x.tolist() == [500100, 500200]


def test_totals_still_stand_where_they_stood(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(
        "年份,镇街,出生人数\n2024,甲,10\n2024,乙,-1\n小计,,12\n2025,甲,5\n小计,,5\n", encoding="utf-8"
    )
    rows = faulty_rows({path.name: path}, faults_of(path, "births"))
    rows.loc[0, "出生人数"] = 2
    assert "total_differs" not in kinds(read_layer(path, "births", mended=rows).faults)
    rows.loc[0, DO] = DELETE
    (differs,) = [f for f in read_layer(path, "births", mended=rows).faults if f.kind == "total_differs"]
    assert (differs.row, differs.params["sum"]) == (4, 10)


SLOW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(
    st.dictionaries(st.integers(0, 19), st.sampled_from(["-1", "四十", "1.5", ""]), min_size=1, max_size=8)
)
def test_mending_what_is_listed_gives_the_clean_table(tmp_path, spoilt):
    lines = [f"S1,2026,1,{i + 1},{20 + i},x" for i in range(20)]
    clean = tmp_path / "clean.csv"
    clean.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    dirty = tmp_path / "dirty.csv"
    text = [f"S1,2026,1,{i + 1},{spoilt[i]},x" if i in spoilt else line for i, line in enumerate(lines)]
    dirty.write_text(HEAD + "\n".join(text) + "\n", encoding="utf-8")
    rows = faulty_rows({dirty.name: dirty}, faults_of(dirty, "classes"))
    assert rows[ROW].tolist() == sorted(i + 2 for i in spoilt)
    rows["班额"] = [20 + row - 2 for row in rows[ROW]]
    mended = read_layer(dirty, "classes", mended=rows).frame
    pd.testing.assert_frame_equal(mended, read_layer(clean, "classes").frame)
