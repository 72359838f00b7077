"""Faulty rows go out as a workbook and come back mended, in place of those of the files."""

from __future__ import annotations

import io
import zipfile

import pytest

from gis.faults import FaultError
from planning import mending
from planning.imports import Source, import_files
from planning.project import open_project

UNITS = "小区编号,小区名称,经度,纬度,常住人口,联系人电话\n"


def written(folder, rows):
    path = folder / "小区.csv"
    path.write_text(UNITS + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return {"units": (Source(path),)}


def rows(**changed):
    """Return six units in a row, some of them spoilt: number -> the whole line."""
    plain = {n: f"U{n},小区{n},{109.98 + n / 300:.4f},39.82,{100 * n},1380000000{n}" for n in range(6)}
    return list((plain | {int(k[1:]): v for k, v in changed.items()}).values())


def tried(files, home, mended=None):
    try:
        return import_files("row", files, year=2026, home=home, mended=mended), []
    except FaultError as error:
        return None, error.faults


def test_rows_go_out_with_their_place_and_what_is_wrong(tmp_path):
    files = written(tmp_path, rows(u2="U2,小区2,109.99,39.82,-5,13800000002"))
    _, faults = tried(files, tmp_path / "home")
    (frame,) = mending.tables(files, faults).values()
    assert frame[["文件", "行号"]].values.tolist() == [["小区.csv", 4]]
    assert "常住人口" in frame["问题"][0] and "负数" in frame["问题"][0]
    assert frame["常住人口"][0] == "-5" and "联系人电话" not in frame


def test_no_cell_of_the_workbook_is_a_formula(tmp_path):
    files = written(tmp_path, rows(u2='U2,"=HYPERLINK(""http://x"",""y"")",109.99,39.82,-5,0'))
    _, faults = tried(files, tmp_path / "home")
    book = mending.workbook(mending.tables(files, faults))
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        sheets = [archive.read(n).decode() for n in archive.namelist() if "worksheets" in n]
    assert sheets and not any("<f>" in sheet for sheet in sheets)


def test_a_mended_row_stands_in_and_one_marked_is_left_out(tmp_path):
    files = written(tmp_path, rows(u2="U2,小区2,109.99,39.82,-5,0", u4="U0,重复,109.99,39.82,5,0"))
    _, faults = tried(files, tmp_path / "home")
    out = mending.tables(files, faults)["units"].astype(object)
    out.loc[0, "常住人口"], out.loc[1, "处理"] = 250, "删除"
    back = tmp_path / "改好.xlsx"
    back.write_bytes(mending.workbook({"units": out}))
    report, faults = tried(files, tmp_path / "home", mending.read(back))
    assert not faults
    frame = open_project(tmp_path / "home" / "row").layers["units"].set_index("unit_id")
    assert frame.index.tolist() == ["U0", "U1", "U2", "U3", "U5"] and frame.loc["U2", "residents"] == 250
    assert report["left_out"] == [{"file": "小区.csv", "sheet": "", "row": 6}]


def test_what_is_mended_wrongly_comes_out_again_as_it_was_mended(tmp_path):
    files = written(tmp_path, rows(u2="U2,小区2,109.99,39.82,-5,0"))
    _, faults = tried(files, tmp_path / "home")
    once = mending.tables(files, faults)["units"].assign(常住人口="很多")
    _, faults = tried(files, tmp_path / "home", once)
    again = mending.tables(files, faults, mended=once)["units"]
    assert again["常住人口"].tolist() == ["很多"] and "不是数" in again["问题"][0]
    both = mending.together(once, again.assign(常住人口=7))
    assert len(both) == 1 and tried(files, tmp_path / "home", both)[1] == []


def test_rows_between_layers_that_disagree_are_named(tmp_path):
    files = written(tmp_path, rows())
    children = tmp_path / "儿童.csv"
    children.write_text("小区编号,入学年份,适龄儿童数\nU0,2026,5\nU9,2026,4\nU9,2027,4\n", encoding="utf-8")
    files["children"] = (Source(children),)
    _, faults = tried(files, tmp_path / "home")
    found = [(f.file, f.row, f.found) for f in faults if f.kind == "reference_unknown"]
    assert found == [("儿童.csv", 3, "U9"), ("儿童.csv", 4, "U9")]
    assert mending.tables(files, faults)["children"]["行号"].tolist() == [3, 4]


def test_another_workbook_is_refused(tmp_path):
    path = tmp_path / "别的.csv"
    path.write_text("甲,乙\n1,2\n", encoding="utf-8")
    with pytest.raises(FaultError, match="文件、工作表、行号"):
        mending.read(path)
