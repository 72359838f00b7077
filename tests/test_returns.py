"""Returns as schools send them: several files as one layer, class texts, years of entry, totals, dates."""

import pandas as pd
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.arranging import Options, arrange
from gis.faults import FaultError, errors
from gis.layers import SCHEMAS
from gis.locations import locate
from gis.opening import vocabulary
from gis.pieces import settled
from gis.readers import inspect, read_layer, samples
from gis.schema import check
from gis.sheets import raw_table


def kinds(faults):
    return sorted(f.kind for f in faults)


def faults_of(*args, **options):
    with pytest.raises(FaultError) as caught:
        read_layer(*args, **options)
    return caught.value.faults


def csv(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def workbook(path, rows):
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("表")
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                sheet.write(i, j, cell)
    return path


HEAD = "学校代码,学年,年级,班级,班额\n"


def test_files_of_towns_are_one_layer(tmp_path):
    a = csv(tmp_path / "班额表_A镇.csv", HEAD + "S1,2026,一年级,1班,45\nS1,2026,一年级,2班,46\n")
    b = csv(tmp_path / "班额表_B镇.csv", "班级人数,学校标识码,学年,年级,班级,备注\n40,S2,2026,初一,1,x\n")
    result = read_layer([a, b], "classes", as_of="2026-09-01")
    assert result.frame["school_id"].tolist() == ["S1", "S1", "S2"]
    assert result.frame["pupils"].tolist() == [45, 46, 40] and result.frame["grade"].tolist() == [1, 1, 7]
    assert result.source["files"] == ["班额表_A镇.csv", "班额表_B镇.csv"] and result.source["rows"] == 3
    assert [result.places.at(i)[::2] for i in range(3)] == [
        ("班额表_A镇.csv", 2), ("班额表_A镇.csv", 3), ("班额表_B镇.csv", 2),
    ]  # fmt: skip
    assert result.frame["备注"].tolist()[-1] == "x" and kinds(result.faults) == ["column_unknown"]


def test_faults_of_several_files_come_at_once_each_in_its_file(tmp_path):
    a = csv(tmp_path / "a.csv", HEAD + "S1,2026,1,1,45\nS1,2026,1,2,-1\n")
    b = csv(tmp_path / "b.csv", "学校标识码,学年,年级,班级,班级人数\nS1,2026,1,1,45\nS2,2026,1,1,四十\n")
    c = csv(tmp_path / "c.csv", "学校代码,学年,年级,班级\nS3,2026,1,1\n")
    d = tmp_path / "d.csv"
    d.write_bytes(b"\xff\xff\x81\x20\xfe")
    found = {(f.kind, f.file, f.row, f.column) for f in errors(faults_of([a, b, c, d], "classes"))}
    assert found == {
        ("value_negative", "a.csv", 3, "班额"),
        ("key_duplicate", "b.csv", 2, ""),
        ("value_not_number", "b.csv", 3, "班级人数"),
        ("column_missing", "c.csv", None, ""),
        ("encoding_unknown", "d.csv", None, ""),
    }
    duplicate = next(f for f in faults_of([a, b], "classes") if f.kind == "key_duplicate")
    assert "2 (a.csv)" in duplicate.text() and duplicate.params["first_at"] == ("a.csv", "", 2)


def test_files_of_one_name_are_told_apart_by_their_folder(tmp_path):
    a = csv(tmp_path / "A镇" / "班额.csv", HEAD + "S1,2026,1,1,45\n")
    b = csv(tmp_path / "B镇" / "班额.csv", HEAD + "S2,2026,1,1,-5\n")
    (fault,) = errors(faults_of([a, b], "classes"))
    assert fault.file == "B镇/班额.csv"
    (fault,) = errors(faults_of([a, b], "classes", names=["甲", "乙"]))
    assert fault.file == "乙"


def test_points_and_outlines_of_two_files_are_one_layer(tmp_path):
    a = csv(tmp_path / "村.csv", "编号,名称,经度,纬度\n1,甲,109.78,39.61\n")
    b = csv(
        tmp_path / "小区.csv",
        '编号,名称,几何\n2,乙,"POLYGON ((109 39, 109.1 39, 109.1 39.1, 109 39))"\n',
    )
    frame = read_layer([a, b], "units", crs=4490).frame
    assert frame.geom_type.tolist() == ["Point", "Polygon"] and frame.crs.to_epsg() == 4490


@pytest.mark.parametrize(("system", "expected"), [("6-3", [3, 7, 1, 8, 7]), ("5-4", [3, 7, 1, 7, 6])])
def test_classes_that_name_their_grade(tmp_path, system, expected):
    text = "学校,学年,班级,人数\n甲,2026,三（2）班,40\n甲,2026,701班,41\n甲,2026,一年级3班,42\n"
    path = csv(tmp_path / "a.csv", text + "甲,2026,初二(12)班,43\n甲,2026,初一十班,44\n")
    result = read_layer(path, "classes", stage_system=system)
    assert result.frame["grade"].tolist() == expected
    assert result.frame["class_no"].tolist() == ["2", "1", "3", "12", "10"]
    (said,) = result.faults
    assert said.kind == "grade_from_class" and said.found == "班级"


def test_a_class_without_a_grade_is_a_fault_at_its_cell(tmp_path):
    path = csv(tmp_path / "a.csv", "学校,学年,班级,人数\n甲,2026,三（2）班,40\n甲,2026,2班,41\n")
    (fault,) = errors(faults_of(path, "classes"))
    assert (fault.kind, fault.row, fault.column) == ("value_missing", 3, "班级")


def test_a_class_that_contradicts_its_grade_is_said(tmp_path):
    path = csv(tmp_path / "a.csv", HEAD + "甲,2026,一年级,二(1)班,40\n甲,2026,二年级,二(2)班,40\n")
    result = read_layer(path, "classes")
    (said,) = result.faults
    assert (said.kind, said.row, said.found) == ("class_grade_differs", 2, "二(1)班")
    assert result.frame["class_no"].tolist() == ["1", "2"] and result.frame["grade"].tolist() == [1, 2]


def test_years_of_entry_become_grades_by_school_and_year(tmp_path):
    text = "学校名称,学年,班级,人数\n第一小学,2026,2024级1班,40\n城关初级中学,2026,2024级2班,41\n"
    text += "第一小学,2025,2024级1班,39\n城关实验学校,2026,初中2026级3班,42\n城关实验学校,2026,2021级3班,42\n"
    result = read_layer(csv(tmp_path / "a.csv", text), "classes")
    assert result.frame["grade"].tolist() == [3, 9, 2, 7, 6]
    assert kinds(result.faults) == ["grade_from_class", "grade_from_intake"]
    assert result.faults[-1].params["count"] == 5


def test_a_year_of_entry_that_may_be_either_stage_is_a_fault_until_it_is_told(tmp_path):
    path = csv(tmp_path / "a.csv", "学校代码,学年,年级,班级,人数\nS9,2026,2024级,1,40\n")
    (fault,) = errors(faults_of(path, "classes"))
    assert fault.kind == "value_intake" and fault.params["name"] == "grade"
    assert read_layer(path, "classes", words={"grade": {"2024级": 9}}).frame["grade"].tolist() == [9]
    schools = pd.DataFrame({"school_id": ["S9"], "name": ["九中"], "lowest_grade": [7], "highest_grade": [9]})
    assert read_layer(path, "classes", schools=schools).frame["grade"].tolist() == [9]
    staged = csv(tmp_path / "b.csv", "学校代码,学段,学年,年级,班级,人数\nS9,小学,2026,2024级,1,40\n")
    assert read_layer(staged, "classes").frame["grade"].tolist() == [3]


def test_grades_counted_within_the_junior_stage(tmp_path):
    text = "学校代码,学段,学年,年级,在校生数\nS1,小学,2026,一年级,40\nS1,初中,2026,一年级,50\n"
    path = csv(tmp_path / "a.csv", text + "S1,初中,2026,九年级,51\n")
    assert read_layer(path, "enrolment").frame["grade"].tolist() == [1, 7, 9]
    five = read_layer(path, "enrolment", stage_system="5-4").frame
    assert five["grade"].tolist() == [1, 6, 9], "grade 6 is the first junior year under 5-4"


def test_totals_are_compared_with_what_they_add_up(tmp_path):
    rows = [["学校代码", "学年", "年级", "在校生数"], ["S1", 2026, 1, 40], ["S1", 2026, 2, 41]]
    rows += [["小计", "", "", 81], ["S2", 2026, 1, "1,000"], ["小计", "", "", 1001], ["合计", "", "", 1081]]
    result = read_layer(workbook(tmp_path / "a.xlsx", rows), "enrolment")
    assert result.frame["pupils"].tolist() == [40, 41, 1000]
    (said,) = [f for f in result.faults if f.kind == "total_differs"]
    assert (said.row, said.column, said.found) == (6, "在校生数", "1001")
    assert said.params["difference"] == "+1" and "1,000" not in said.text() and "1001" in said.text()
    first = [rows[0], ["总计", "", "", 81], *rows[1:3]]
    assert "total_differs" not in kinds(read_layer(workbook(tmp_path / "b.xlsx", first), "enrolment").faults)


def test_totals_of_grades_side_by_side(tmp_path):
    text = "学校代码,学年,一年级,二年级,合计\nS1,2026,40,41,81\nS2,2026,50,51,101\n合计,,90,93,183\n"
    result = read_layer(csv(tmp_path / "a.csv", text), "enrolment")
    (said,) = [f for f in result.faults if f.kind.endswith("differs")]
    assert (said.kind, said.row, said.column, said.params["sum"]) == ("total_differs", 4, "二年级", 92)


def test_the_year_in_the_title_is_used_and_said(tmp_path):
    text = "某县2026-2027学年在校生统计表,,\n统计时点：2026年9月1日,,\n学校代码,年级,在校生数\nS1,1,40\n"
    path = csv(tmp_path / "a.csv", text)
    result = read_layer(path, "enrolment")
    assert result.frame["year"].tolist() == [2026] and result.source["as_of"] == "2026-09-01"
    (said,) = result.faults
    assert said.kind == "value_stated" and "2026-2027学年" in said.text()
    given = read_layer(path, "enrolment", values={"year": 2025}, as_of="2025-09-01")
    assert given.frame["year"].tolist() == [2025] and given.source["as_of"] == "2025-09-01"
    assert kinds(given.faults) == ["as_of_differs", "value_given"]


def test_a_column_of_dates_states_the_date_of_the_data(tmp_path):
    text = "学校代码,学年,年级,在校生数,统计时点\nS1,2026,1,40,2026/9/1\nS2,2026,1,40,%s\n"
    result = read_layer(csv(tmp_path / "a.csv", text % "2026年9月1日"), "enrolment")
    assert result.source["as_of"] == "2026-09-01" and not result.faults
    several = read_layer(csv(tmp_path / "b.csv", text % "2026-10-01"), "enrolment")
    assert several.source["as_of"] == "" and kinds(several.faults) == ["as_of_several"]


def test_people_named_above_a_table_are_not_kept(tmp_path):
    text = "班额统计表,,,,\n填表人：张三,,联系电话：13800000000,,\n" + HEAD + "S1,2026,1,1,45\n"
    path = csv(tmp_path / "a.csv", text + "填表人：李四,,,,\n")
    result = read_layer(path, "classes")
    said = " ".join(f.text() for f in result.faults) + str(result.source)
    assert "班额统计表" in said and not any(word in said for word in ("张三", "李四", "13800000000"))


def test_a_column_may_be_said_not_to_be_used(tmp_path):
    path = csv(tmp_path / "a.csv", "学校代码,学年,年级,班级,班额,人数,备注\nS1,2026,1,1,45,44,x\n")
    assert kinds(faults_of(path, "classes")) == ["column_twice", "column_unknown"]
    result = read_layer(path, "classes", mapping={"人数": "", "备注": ""})
    assert result.frame["pupils"].tolist() == [45] and not result.faults
    assert kinds(errors(faults_of(path, "classes", mapping={"没有": "pupils", "人数": ""}))) == [
        "mapping_unknown"
    ]


def test_words_say_what_values_mean(tmp_path):
    text = "学校代码,学校名称,办学类型,最低年级,最高年级,x,y\n1,甲,村级完小,1,6,500100,4385000\n"
    path = csv(tmp_path / "a.csv", text + "2,乙,职业中学,7,9,500200,4385000\n")
    found = [f for f in faults_of(path, "schools", crs=4546) if f.kind == "value_not_allowed"]
    assert [(f.params["name"], f.found) for f in found] == [("kind", "村级完小"), ("kind", "职业中学")]
    words = {"kind": {"村级完小": "primary", " 职业中学": "初中"}}
    assert read_layer(path, "schools", crs=4546, words=words).frame["kind"].tolist() == ["primary", "junior"]


def test_what_a_form_for_mapping_needs(tmp_path):
    path = csv(tmp_path / "a.csv", "编码,学年,档,人数\nS1,2026,甲,1\nS1,2026,乙,2\nS2,2026,甲,3\n")
    (info,) = inspect(path)
    assert info.columns == ("编码", "学年", "档", "人数") and info.file == "a.csv" and info.rows == 3
    assert samples(path) == {
        "编码": ["S1", "S2"],
        "学年": ["2026"],
        "档": ["甲", "乙"],
        "人数": ["1", "2", "3"],
    }
    assert samples(path, count=1)["人数"] == ["1"]
    with pytest.raises(KeyError):
        samples(path, "没有")


def test_headers_of_ten_letters_are_guessed_and_said(tmp_path):
    text = "XQDM,XQMC,CZRK,行政区划代,x,y\n1,甲,5,150602,500100,4385000\n"
    result = read_layer(csv(tmp_path / "a.csv", text), "units", crs=4546)
    assert result.frame["unit_id"].tolist() == ["1"] and result.frame["residents"].tolist() == [5]
    assert kinds(result.faults) == ["column_unknown", *["header_guessed"] * 3]
    areas = 'XZQHDM,MC,几何\n1,甲,"POLYGON ((0 0, 9 0, 9 9, 0 0))"\n'
    said = read_layer(csv(tmp_path / "b.csv", areas), "areas", crs="local", mapping={"MC": "name"})
    assert said.frame["area_id"].tolist() == ["1"]


def sheets(path, tables):
    with xlsxwriter.Workbook(str(path)) as book:
        for name, rows in tables.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    sheet.write(i, j, cell)
    return path


def test_a_sheet_a_school(tmp_path):
    rows = [["学年", "年级", "班级", "人数"], [2026, "一年级", "1班", 40]]
    path = sheets(
        tmp_path / "班额.xlsx", {"城关第一小学": rows, "罕台中学": [rows[0], [2026, "初一", "1班", 50]]}
    )
    result = read_layer(path, "classes")
    assert result.frame["school_id"].tolist() == ["城关第一小学", "罕台中学"]
    said = [f for f in result.faults if f.kind == "value_stated"]
    assert [(f.sheet, f.found) for f in said] == [("城关第一小学", "城关第一小学"), ("罕台中学", "罕台中学")]
    plain = sheets(tmp_path / "b.xlsx", {"Sheet1": rows})
    assert kinds(errors(faults_of(plain, "classes"))) == ["column_missing"], "no school is made up"


def test_a_file_a_school_and_a_line_that_names_it(tmp_path):
    text = "学年,年级,班级,人数\n2026,1,1,40\n"
    a = csv(tmp_path / "第一小学.csv", text)
    b = csv(tmp_path / "表2.csv", "班额统计表,,,\n填报单位：第二小学,,填表人：张三,\n" + text)
    result = read_layer([a, b], "classes")
    assert result.frame["school_id"].tolist() == ["第一小学", "第二小学"]
    assert "张三" not in " ".join(f.text() for f in result.faults)


def test_the_year_in_the_name_of_a_sheet_or_file(tmp_path):
    rows = [["学校代码", "年级", "在校生数"], ["S1", 1, 40]]
    path = sheets(tmp_path / "在校生.xlsx", {"2024年": rows, "2025-2026学年": rows})
    assert read_layer(path, "enrolment").frame["year"].tolist() == [2024, 2025]
    named = sheets(tmp_path / "2026学年在校生.xlsx", {"Sheet1": rows})
    result = read_layer(named, "enrolment")
    assert result.frame["year"].tolist() == [2026] and kinds(result.faults) == ["value_stated"]


WORDS = ["一年级", "2021级3班", "合计", "注：", "2026学年", "S1", "#REF!", "１２", "—", "初四", "3班"]
NUMBERS = st.integers(-5, 2030) | st.floats(allow_nan=False, width=16)
CELLS = st.one_of(st.none(), NUMBERS, st.text(max_size=5), st.dates(), st.sampled_from(WORDS))
HEADERS = st.sampled_from(
    [
        *["学校代码", "学校名称", "学年", "年级", "班级", "班额", "学段", "一年级", "二年级", "合计", "XQDM"],
        *["统计时点", "经度", "纬度", "名称", "编号", "备注", "户数", "1班", "2班", ""],
    ]
)
SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(
    heads=st.lists(HEADERS, min_size=1, max_size=7),
    body=st.lists(st.lists(CELLS, min_size=1, max_size=7), max_size=6),
    layer=st.sampled_from(["classes", "enrolment", "units", "schools", "estates", "births", "catchments"]),
    system=st.sampled_from(["6-3", "5-4"]),
)
def test_whatever_a_table_holds_is_read_or_said(tmp_path, heads, body, layer, system):
    cells = [list(heads), *[list(row) for row in body]]
    table = raw_table("表", cells, file="a.xlsx", vocabulary=vocabulary())
    piece = arrange(table, SCHEMAS[layer], Options(stage_system=system), file="a.xlsx")
    assert len(piece.frame) == len(piece.places.rows) >= len(table.frame)
    located = locate(piece.frame, SCHEMAS[layer], piece.places)
    piece = settled(piece, located.frame)
    checked, faults = check(piece.frame, SCHEMAS[layer], places=piece.places, match=piece.match)
    assert len(checked) == len(piece.frame)
    rows = set(table.rows)
    assert all(f.row is None or f.row in rows for f in faults), "a fault names a row of the file"
    for fault in [*piece.faults, *piece.match.faults, *faults]:
        assert fault.text() and fault.text("en")
