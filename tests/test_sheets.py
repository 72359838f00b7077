"""Sheets as bureaus make them: merged headers, notes, web pages called .xls, text called .xls, drawings."""

import datetime

import geopandas as gpd
import pyogrio
import pytest
import xlsxwriter
from shapely.geometry import Point, Polygon

from gis.faults import FaultError, errors
from gis.markup import is_markup, tables
from gis.readers import inspect, read_layer


def kinds(faults):
    return sorted(f.kind for f in faults)


def faults_of(*args, **options):
    with pytest.raises(FaultError) as caught:
        read_layer(*args, **options)
    return caught.value.faults


def workbook(path, rows, merged=(), dates=()):
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Sheet1")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for i, row in enumerate(rows):
            for j, cell in enumerate(row):
                if isinstance(cell, datetime.date):
                    sheet.write_datetime(i, j, cell, day)
                elif cell is not None:
                    sheet.write(i, j, cell)
        for top, left, bottom, right in merged:
            sheet.merge_range(top, left, bottom, right, rows[top][left])
    return path


NOTES = [
    ["在校生统计表", None, None, None, None, None],
    ["填报单位：某县教体局", None, None, "单位：人", None, None],
]


def test_a_header_of_three_merged_rows(tmp_path):
    rows = [
        *NOTES,
        ["学校代码", "学年", "义务教育", None, None, None],
        [None, None, "小学", None, "初中", None],
        [None, None, "一年级", "二年级", "一年级", "二年级"],
        ["甲", "乙", 1, 2, 3, 4],
        ["S1", 2026, 40, 41, None, None],
        ["S2", 2026, None, None, 50, "５１"],
        ["合计", None, 40, 41, 50, 51],
        ["注：含随班就读", None, None, None, None, None],
    ]
    merged = [
        (0, 0, 0, 5),
        (2, 0, 4, 0),
        (2, 1, 4, 1),
        (2, 2, 2, 5),
        (3, 2, 3, 3),
        (3, 4, 3, 5),
        (9, 0, 9, 5),
    ]
    result = read_layer(workbook(tmp_path / "a.xlsx", rows, merged), "enrolment")
    assert result.frame[["school_id", "grade", "pupils"]].to_numpy().tolist() == [
        ["S1", 1, 40], ["S1", 2, 41], ["S2", 7, 50], ["S2", 8, 51],
    ]  # fmt: skip
    assert kinds(result.faults) == [
        "header_rows",
        "note_row",
        "numbering_row",
        "table_unpivoted",
        "total_row",
    ]
    bad = [*rows[:7], ["S2", 2026, None, None, 50, -1], *rows[8:]]
    (fault,) = errors(faults_of(workbook(tmp_path / "b.xlsx", bad, merged), "enrolment"))
    assert (fault.row, fault.kind) == (8, "value_negative") and "二年级" in fault.column


def test_dates_of_excel(tmp_path):
    day = datetime.date(2027, 9, 30)
    rows = [["项目名称", "户数", "交付时间"], ["甲", 100, day], ["乙", 200, "2028年底"], ["丙", 300, 46295]]
    frame = read_layer(workbook(tmp_path / "a.xlsx", rows), "estates").frame
    assert frame["handover_year"].tolist() == [2027, 2028, 2026]
    classes = [
        ["学校代码", "学年", "年级", "班级", "人数"],
        ["S1", 2026, "一年级", datetime.date(2026, 1, 2), 40],
    ]
    (fault,) = errors(faults_of(workbook(tmp_path / "b.xlsx", classes), "classes"))
    assert fault.kind == "value_is_date", "1-2 typed into Excel is a date: it is said, not guessed"


PAGE = """<html><head><meta charset="gb2312"></head><body><table><tr><td>导航</td></tr></table>
<table border=1><tr><td colspan=4>出生人口</td></tr><tr><th>年份</th><th>镇街</th><th>出生人数</th></tr>
<tr><td rowspan=2>2024</td><td>甲镇</td><td>1,234</td></tr>
<tr><td>乙镇&nbsp;</td><td>12</td></tr></table></body></html>"""


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_web_page_called_xls(tmp_path, encoding):
    path = tmp_path / "出生.xls"
    path.write_bytes(PAGE.encode(encoding))
    result = read_layer(path, "births")
    assert result.frame["births"].tolist() == [1234, 12] and result.frame["year"].tolist() == [2024, 2024]
    assert result.frame["town"].tolist() == ["甲镇", "乙镇"] and result.source["encoding"] == encoding
    assert "ending_differs" in kinds(result.faults) and "merged_filled" in kinds(result.faults)


def test_text_called_xls(tmp_path):
    path = tmp_path / "出生.xls"
    path.write_bytes("年份\t出生人数\n2024\t10\n".encode("gbk"))
    result = read_layer(path, "births")
    assert result.frame["births"].tolist() == [10] and kinds(result.faults) == ["ending_differs"]
    path.write_bytes("年份\t出生人数\n2024\t10\n".encode("utf-16"))
    assert read_layer(path, "births").frame["births"].tolist() == [10]


SPREADSHEET = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="出生"><Table>
<Row><Cell><Data ss:Type="String">年份</Data></Cell>
<Cell ss:Index="3"><Data ss:Type="String">出生人数</Data></Cell></Row>
<Row><Cell><Data ss:Type="Number">2024</Data></Cell>
<Cell ss:Index="3"><Data ss:Type="Number">10</Data></Cell></Row>
</Table></Worksheet></Workbook>"""


def test_excels_own_xml(tmp_path):
    path = tmp_path / "a.xls"
    path.write_text(SPREADSHEET, encoding="utf-8")
    assert read_layer(path, "births").frame["births"].tolist() == [10]


def test_a_web_archive(tmp_path):
    body = PAGE.encode("utf-8").hex("=").upper()
    text = (
        "MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"
        'Content-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
        f"={body}\r\n--x--\r\n"
    )
    path = tmp_path / "a.xls"
    path.write_text(text, encoding="ascii")
    assert read_layer(path, "births").frame["births"].tolist() == [1234, 12]


def test_markup_with_nonsense_stays_bounded():
    assert is_markup(b"  <HTML><table>") and not is_markup(b"<osm>") and not is_markup(b"a,b\n")
    ((_, cells, _),) = tables("<table><tr><td colspan=99999999>a<td rowspan=-3>b</table>")
    assert len(cells[0]) == 1001


def test_a_record_that_looks_like_a_note_is_kept(tmp_path):
    rows = [["编号", "名称", "x", "y"], [1, "甲", 500100, 4385000], [2, "注家营", 500200, 4385000]]
    frame = read_layer(workbook(tmp_path / "a.xlsx", rows), "units", crs=4546).frame
    assert frame["name"].tolist() == ["甲", "注家营"]


def test_a_repeated_header_is_left_and_said(tmp_path):
    head = ["年份", "出生人数"]
    result = read_layer(workbook(tmp_path / "a.xlsx", [head, [2024, 10], head, [2025, 11]]), "births")
    assert result.frame["births"].tolist() == [10, 11] and kinds(result.faults) == ["header_repeated"]


def test_a_drawing(tmp_path):
    square = Polygon([(500000, 4385000), (500100, 4385000), (500100, 4385100), (500000, 4385100)])
    path = tmp_path / "小区.dxf"
    lines = gpd.GeoDataFrame({"Layer": ["小区界"]}, geometry=[square.exterior], crs=4546)
    pyogrio.write_dataframe(lines, path, driver="DXF")
    text = "0\nTEXT\n5\nFF1\n100\nAcDbEntity\n8\n小区界\n100\nAcDbText\n10\n500050\n20\n4385050\n30\n0\n"
    text += "40\n5\n1\n幸福家园\n"
    data = path.read_text(encoding="utf-8")
    at = data.index("ENDSEC", data.index("ENTITIES")) - 2
    drawing = data[: data.rindex("\n", 0, at) + 1] + "  " + text + data[data.rindex("\n", 0, at) + 1 :]
    path.write_bytes(drawing.encode("gb18030"))
    assert [info.geometry for info in inspect(path)] != []
    mapping = {"句柄": "unit_id", "文字": "name", "图层": ""}
    result = read_layer(path, "units", crs=4546, mapping=mapping)
    polygons = result.frame[result.frame.geom_type == "Polygon"]
    assert polygons["name"].tolist() == ["幸福家园"] and polygons.geometry.iloc[0].equals(square)
    assert "lines_closed" in kinds(result.faults)


def test_a_file_geodatabase(tmp_path):
    path = tmp_path / "规划.gdb"
    frame = gpd.GeoDataFrame(
        {"编号": ["1", "2"], "名称": ["甲", "乙"]},
        geometry=[Point(500100, 4385000), Point(500200, 4385000)],
        crs=4546,
    )
    pyogrio.write_dataframe(frame, path, layer="小区", driver="OpenFileGDB")
    assert [(i.name, i.layer, i.rows) for i in inspect(path)] == [("小区", "units", 2)]
    result = read_layer(path, "units")
    assert result.frame["name"].tolist() == ["甲", "乙"] and result.frame.crs.to_epsg() == 4546
    (path / "a00000001.gdbtable").unlink()
    assert kinds(faults_of(path, "units")) == ["file_refused"]


@pytest.mark.parametrize(
    ("ending", "word"), [(".et", "Save As"), (".dwg", "DXF"), (".rar", "Unpack"), (".pdf", "workbook")]
)
def test_formats_that_cannot_be_read_say_how_to_save_them(tmp_path, ending, word):
    path = tmp_path / f"a{ending}"
    path.write_bytes(b"\0\1\2")
    (fault,) = faults_of(path, "units")
    assert fault.kind == "file_advice" and word in fault.text("en") and "请" in fault.text()


def test_hidden_sheets_are_left_and_said(tmp_path):
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for name in ("今年", "去年", "选项"):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["年份", "出生人数"])
            sheet.write_row(1, 0, [2024, len(name)])
        book.get_worksheet_by_name("去年").hide()
        book.get_worksheet_by_name("选项").very_hidden()
    result = read_layer(path, "births")
    assert len(result.frame) == 1 and [(f.kind, f.sheet) for f in result.faults] == [("sheet_hidden", "去年")]
    assert [info.name for info in inspect(path)] == ["今年"]
