"""Tables checked against schemas: what people write is understood, what is wrong is all said."""

import datetime

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from gis.faults import FaultError, errors, warnings
from gis.headers import bare_header, find_coordinates, fold_header, match_headers, score
from gis.layers import SCHEMAS
from gis.schema import check, validate
from gis.values import Bad, parse

CLASSES = SCHEMAS["classes"]
ENROLMENT = SCHEMAS["enrolment"]


def classes(n=6, **changed):
    frame = pd.DataFrame(
        {
            "学校代码": ["S1"] * n,
            "学年": [2026] * n,
            "年级": [1] * n,
            "班级": [str(i + 1) for i in range(n)],
            "班额": [40] * n,
        }
    ).astype(object)
    for header, values in changed.items():
        frame[header] = values
    return frame


def kinds(faults):
    return sorted(f.kind for f in faults)


@pytest.mark.parametrize(
    "header",
    [
        "班额",
        "班额（人）",
        "班 额",
        "　班额",
        "ｐｕｐｉｌｓ",
        "Pupils",
        "人数(人)",
        "学生数：",
        "class size",
        "*班额",
    ],
)
def test_headers_are_understood_as_people_write_them(header):
    frame = classes().rename(columns={"班额": header})
    checked, faults = check(frame, CLASSES)
    assert not faults
    assert list(checked.columns) == ["school_id", "year", "grade", "class_no", "pupils"]
    assert checked["pupils"].dtype == "int64" and checked["pupils"].tolist() == [40] * 6


def test_brackets_count_where_they_tell_columns_apart():
    match = match_headers(
        ["学校代码", "学位（小学）", "学位（初中）", "教学及辅助用房面积（㎡）"], SCHEMAS["schools"]
    )
    assert match.columns == {"school_id": 0, "primary_seats": 1, "junior_seats": 2, "teaching_area": 3}
    assert fold_header(" 学 校（名称） ") == "学校名称" and bare_header("班额（人）") == "班额"


def test_a_name_stands_for_the_id_only_where_there_is_no_id():
    only_name = match_headers(["学校", "学年", "年级", "班级", "人数"], CLASSES)
    assert only_name.columns["school_id"] == 0
    both = match_headers(["学校", "学校代码", "学年", "年级", "班级", "人数"], CLASSES)
    assert both.columns["school_id"] == 1 and both.extras == {"学校": 0} and not both.faults


def test_two_headers_for_one_column_are_a_fault_and_a_mapping_settles_it():
    frame = classes().assign(人数=30)
    with pytest.raises(FaultError) as caught:
        validate(frame, CLASSES, file="班级.csv")
    assert kinds(errors(caught.value.faults)) == ["column_twice"]
    assert "“班额”" in str(caught.value) and "“人数”" in str(caught.value)
    checked, faults = check(frame, CLASSES, mapping={"人数": "pupils"})
    assert checked["pupils"].tolist() == [30] * 6
    assert kinds(faults) == ["column_unknown"] and checked["班额"].tolist() == [40] * 6


def test_mappings_that_do_not_fit_are_faults():
    _, faults = check(classes(), CLASSES, mapping={"没有": "pupils", "班额": "nonsense"})
    assert kinds(errors(faults)) == ["mapping_target", "mapping_unknown"]


def test_missing_columns_are_named_all_at_once_with_headers_that_would_do():
    with pytest.raises(FaultError) as caught:
        validate(classes().drop(columns=["班额", "年级"]), CLASSES, file="班级.csv", sheet="表1")
    faults = errors(caught.value.faults)
    assert kinds(faults) == ["column_missing"] * 2
    assert all(f.file == "班级.csv" and f.sheet == "表1" for f in faults)
    assert "班额" in str(caught.value) and "class size" in caught.value.text("en")


def test_unknown_columns_are_kept_and_said_and_optional_ones_are_added_empty():
    frame = pd.DataFrame({"school": ["a"], "year": [2026], "grade": [1], "pupils": [30], "备注": ["x"]})
    checked, faults = check(frame, ENROLMENT)
    assert kinds(faults) == ["column_unknown"] and faults[0].column == "备注"
    assert checked["备注"].tolist() == ["x"]
    assert checked["district"].isna().all() and checked["district"].dtype == "str"


VALUES = [
    ("classes", "pupils", "４５", 45),
    ("classes", "pupils", "45人", 45),
    ("classes", "pupils", 45.0, 45),
    ("classes", "pupils", 45.5, "value_fraction"),
    ("classes", "pupils", "45.5", "value_fraction"),
    ("classes", "pupils", -1, "value_negative"),
    ("classes", "pupils", "约45", "value_not_number"),
    ("classes", "pupils", "4,5", "value_not_number"),
    ("classes", "pupils", "inf", "value_not_number"),
    ("classes", "pupils", float("inf"), "value_not_number"),
    ("classes", "pupils", True, "value_not_number"),
    ("classes", "pupils", 10**20, "value_above"),
    ("classes", "pupils", "#REF!", "value_error_cell"),
    ("classes", "pupils", "—", None),
    ("units", "residents", "1,234,567", 1234567),
    ("units", "residents", "１，２３４", 1234),
    ("schools", "teaching_area", "1,234.5㎡", 1234.5),
    ("estates", "primary_yield", "6", "value_above"),
    ("classes", "year", "2026学年", 2026),
    ("classes", "year", "2026-2027", 2026),
    ("classes", "year", "2026－27学年", 2026),
    ("classes", "year", 2026.0, 2026),
    ("classes", "year", "2026-2028", "value_not_year"),
    ("classes", "year", "26", "value_not_year"),
    ("classes", "year", "2026-09-01", 2026),
    ("classes", "year", datetime.datetime(2026, 9, 1), 2026),
    ("classes", "year", "2026-03-01", "value_not_year"),
    ("classes", "year", "2026年秋季", 2026),
    ("classes", "year", "2027年春季学期", 2026),
    ("classes", "year", "2026-2027学年第二学期", 2026),
    ("classes", "year", 46266, 2026),
    ("births", "year", "2026年3月", 2026),
    ("births", "year", datetime.date(2026, 3, 31), 2026),
    ("births", "year", 46100, 2026),
    ("estates", "handover_year", "2027年底", 2027),
    ("classes", "grade", "初一", 7),
    ("classes", "grade", "七年级", 7),
    ("classes", "grade", "7", 7),
    ("classes", "grade", "小学三年级", 3),
    ("classes", "grade", "初中二年级", 8),
    ("classes", "grade", "Grade 9", 9),
    ("classes", "grade", "高一", "value_not_grade"),
    ("classes", "grade", "初四", "value_not_grade"),
    ("classes", "grade", 0, "value_not_grade"),
    ("classes", "grade", 10, "value_not_grade"),
    ("classes", "grade", "K", "value_not_grade"),
    ("classes", "class_no", "（1）班", "1"),
    ("classes", "class_no", "二班", "2"),
    ("classes", "class_no", 3.0, "3"),
    ("classes", "class_no", "科技班", "科技班"),
    ("classes", "class_no", "十二班", "12"),
    ("classes", "class_no", "三（2）班", "2"),
    ("classes", "class_no", datetime.date(2026, 9, 1), "value_is_date"),
    ("classes", "grade", "2021级", "value_intake"),
    ("schools", "boarding", "√", True),
    ("schools", "boarding", "走读", False),
    ("schools", "boarding", "Ｙ", True),
    ("schools", "boarding", 0, False),
    ("schools", "boarding", "也许", "value_not_allowed"),
    ("schools", "kind", "完全小学", "primary"),
    ("schools", "kind", "九年一贯制", "nine_year"),
    ("schools", "kind", "Primary School", "primary"),
    ("schools", "kind", "小学校", "value_not_allowed"),
    ("schools", "provider", "民办", "private"),
    ("schools", "school_id", "００１", "001"),
    ("schools", "school_id", 2150000001.0, "2150000001"),
    ("schools", "school_id", 3.15e17, "id_rounded"),
    ("schools", "school_id", "1.23E+17", "id_rounded"),
    ("schools", "name", " 第一小学 ", "第一小学"),
    ("schools", "name", "　", None),
]


@pytest.mark.parametrize(("layer", "column", "cell", "expected"), VALUES)
def test_cells_as_people_write_them(layer, column, cell, expected):
    value = parse(cell, SCHEMAS[layer][column])
    if isinstance(value, Bad):
        value = value.kind
    assert value == expected and type(value) is type(expected)


def test_junior_grades_follow_the_stage_system():
    grade = CLASSES["grade"]
    assert parse("初一", grade, stage_system="5-4") == 6
    assert parse("初四", grade, stage_system="5-4") == 9
    assert parse("七年级", grade, stage_system="5-4") == 7
    assert isinstance(parse("小学六年级", grade, stage_system="5-4"), Bad)


def test_a_near_value_is_suggested():
    _, faults = check(classes().assign(年级="一年及"), CLASSES)
    assert kinds(faults) == ["value_not_grade"] * 6
    value = parse("九年一贯制校", SCHEMAS["schools"]["kind"])
    assert "九年一贯制" in value.params["hint"].zh


def test_duplicate_keys_name_both_rows():
    frame = classes()
    frame.loc[4, "班级"] = "1班"
    _, faults = check(frame, CLASSES, file="班级.csv")
    assert kinds(faults) == ["key_duplicate"]
    assert faults[0].row == 6 and "第 2 行" in faults[0].text() and "row 2" in faults[0].text("en")


def test_a_part_is_not_more_than_the_whole():
    frame = pd.DataFrame(
        {"小区": ["a", "b"], "入学年份": [2026, 2026], "适龄儿童": [5, 5], "其中随迁": [6, None]}
    )
    checked, faults = check(frame, SCHEMAS["children"])
    assert kinds(faults) == ["part_above_whole"] and faults[0].row == 2
    assert checked["migrant"].dtype == "Int64"


def schools(**changed):
    data = {"学校名称": ["甲", "乙"], "类型": ["小学", "初级中学"], **changed}
    return gpd.GeoDataFrame(data, geometry=[Point(0, 0), Point(1, 1)], crs=4546)


def test_ids_from_names_and_grades_from_kinds_are_said():
    checked, faults = check(schools(), SCHEMAS["schools"])
    assert kinds(faults) == ["column_assumed", "grades_assumed", "grades_assumed"]
    assert checked["school_id"].tolist() == ["甲", "乙"]
    assert checked[["lowest_grade", "highest_grade"]].to_numpy().tolist() == [[1, 6], [7, 9]]
    five, _ = check(schools(), SCHEMAS["schools"], stage_system="5-4")
    assert five[["lowest_grade", "highest_grade"]].to_numpy().tolist() == [[1, 5], [6, 9]]
    assert checked.crs.to_epsg() == 4546


def test_the_grades_of_a_teaching_point_are_not_guessed():
    _, faults = check(schools(类型=["教学点", "小学"]), SCHEMAS["schools"])
    assert kinds(errors(faults)) == ["value_missing"] and errors(faults)[0].row == 2


def test_blank_zones_stay_blank():
    checked, faults = check(schools(片区=["Z", None]), SCHEMAS["schools"])
    assert checked["zone_id"].fillna("").tolist() == ["Z", ""] and not errors(faults)


BOW_TIE = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
SPIKE = Polygon([(0, 0), (10, 0), (10, 10), (0, 10), (0, 5), (-1, 5), (0, 5)])


@pytest.mark.parametrize(
    ("shape", "expected", "kind"),
    [
        (Polygon([(0, 0), (1, 0), (1, 1)]), "Polygon", None),
        (MultiPolygon([Polygon([(0, 0), (1, 0), (1, 1)])]), "MultiPolygon", None),
        (None, None, "geometry_missing"),
        (Point(), None, "geometry_missing"),
        (LineString([(0, 0), (1, 1)]), None, "geometry_type"),
        (BOW_TIE, None, "geometry_invalid"),
        (SPIKE, "Polygon", "geometry_repaired"),
        (Polygon([(1, 1), (1, 1), (1, 1), (1, 1)]), "Point", "geometry_collapsed"),
        (Point(0, 0, 5), "Point", "geometry_flattened"),
    ],
)
def test_geometries(shape, expected, kind):
    units = gpd.GeoDataFrame(
        {"unit_id": ["a", "b"], "name": ["a", "b"]}, geometry=[Point(9, 9), shape], crs=4546
    )
    checked, faults = check(units, SCHEMAS["units"])
    assert kinds(faults) == ([kind] if kind else [])
    got = checked.geometry.iloc[1]
    assert (got.geom_type if got is not None else None) == expected
    assert got is None or (got.is_valid and not got.has_z)


def test_a_layer_that_needs_places_says_when_there_are_none():
    _, faults = check(pd.DataFrame({"unit_id": ["a"], "name": ["a"]}), SCHEMAS["units"])
    assert kinds(faults) == ["geometry_columns_missing"]


def test_an_empty_table_has_the_columns_all_the_same():
    checked, faults = check(pd.DataFrame(columns=["学校代码", "学年", "年级", "班级", "班额"]), CLASSES)
    assert not faults and list(checked.columns) == [c.name for c in CLASSES.columns]


PLANTS = {
    "班额": ["-3", "四十", 40.5, None, "#N/A"],
    "学年": ["明年", None, 26],
    "年级": ["高一", 0, None],
    "学校代码": [None, "1.2E+17"],
}


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 39), st.sampled_from(sorted(PLANTS)), st.integers(0, 4)), max_size=12)
)
def test_every_planted_fault_is_found_where_it_is_and_no_other(plants):
    frame = classes(40)
    planted = {}
    for row, column, which in plants:
        planted[row, column] = PLANTS[column][which % len(PLANTS[column])]
    for (row, column), value in planted.items():
        frame.loc[row, column] = value
    _, faults = check(frame, CLASSES, file="班级.csv")
    assert sorted((f.row - 2, f.column) for f in faults) == sorted(planted)
    assert len(errors(faults)) == len(planted)


@settings(deadline=None)
@given(st.permutations(["学校代码", "学年", "年级", "班级", "班额", "备注", "教师"]))
def test_the_order_of_columns_does_not_matter_and_nothing_is_lost(order):
    frame = classes(3).assign(备注="x", 教师="y")[order]
    checked, faults = check(frame, CLASSES)
    assert len(warnings(faults)) == 2 == len(faults)
    assert set(checked.columns) == {"school_id", "year", "grade", "class_no", "pupils", "备注", "教师"}
    assert len(checked) == 3


def test_scores_tell_layers_apart():
    heads = {
        "classes": ["学校", "学年", "年级", "班级", "人数"],
        "enrolment": ["学校", "学年", "年级", "在校生数"],
        "births": ["年份", "出生人数"],
        "children": ["小区", "入学年份", "适龄儿童"],
        "catchments": ["学段", "学年", "小区", "学校"],
        "schools": ["学校代码", "学校名称", "办学类型", "经度", "纬度"],
        "estates": ["小区名称", "户数", "交付年份"],
    }
    for layer, headers in heads.items():
        scores = {name: score(headers, schema) for name, schema in SCHEMAS.items()}
        assert max(scores, key=scores.get) == layer, scores


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (["名称", "经度", "纬度"], (1, 2, True)),
        (["lat", "lon"], (1, 0, True)),
        (["X坐标", "Y坐标"], (0, 1, False)),
        (["y", "x"], (1, 0, False)),
        (["Easting(m)", "Northing(m)"], (0, 1, False)),
        (["纵坐标", "横坐标"], (1, 0, False)),
        (["名称"], None),
    ],
)
def test_columns_of_coordinates(headers, found):
    at = find_coordinates(headers)
    assert (at and (at.x, at.y, at.degrees)) == found


def square(x, y, side=100.0):
    return Polygon([(x, y), (x + side, y), (x + side, y + side), (x, y + side)])


def test_polygons_over_others_are_said_with_both_rows():
    shapes = [square(0, 0), square(100, 0), square(97, 0), square(60, 60), None, Point(50, 50)]
    units = gpd.GeoDataFrame(
        {"unit_id": list("abcdef"), "name": list("甲乙丙丁戊己")}, geometry=shapes, crs=4546
    )
    _, faults = check(units, SCHEMAS["units"], file="小区.gpkg")
    said = [f for f in faults if f.kind == "polygons_overlap"]
    assert [(f.row, f.found, f.params["other"], f.params["other_row"]) for f in said] == [
        (4, "丙", "乙", 3),
        (5, "丁", "甲", 2),
        (5, "丁", "乙", 3),
        (5, "丁", "丙", 4),
    ], "a touching edge and a sliver of three metres are none"
    assert "重叠" in said[0].text() and "97 %" in said[0].text("en") and said[0].level == "warning"


def test_a_town_lies_over_its_county_but_not_over_another_town():
    shapes = [square(0, 0, 300), square(0, 0), square(50, 0)]
    levels = {"area_id": list("abc"), "name": list("县镇乡"), "level": ["district", "town", "town"]}
    _, faults = check(gpd.GeoDataFrame(levels, geometry=shapes, crs=4546), SCHEMAS["areas"])
    assert [(f.kind, f.found) for f in faults] == [("polygons_overlap", "乡")]
