"""Rolls told from other tables by their first rows."""

from __future__ import annotations

import io
import zipfile

import pandas as pd
import pytest

from gis.export import to_excel
from planning.rollguess import is_roll

ROLL = pd.DataFrame({"学校": ["甲小学"], "姓名": ["某某"], "身份证件号": ["1"], "现住址": ["x"]})
CLASSES = pd.DataFrame({"学校": ["甲小学"], "班号": [1], "班主任姓名": ["某某"], "联系电话": ["1"]})


def zipped(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize(("table", "expected"), [(ROLL, True), (CLASSES, False)])
def test_text(encoding: str, table: pd.DataFrame, expected: bool) -> None:
    data = ("2026年统计表\n" + table.to_csv(index=False)).encode(encoding)
    assert is_roll("a.csv", data) is expected
    assert is_roll("a.zip", zipped("in/a.csv", data)) is expected


@pytest.mark.parametrize(("table", "expected"), [(ROLL, True), (CLASSES, False)])
def test_workbook(table: pd.DataFrame, expected: bool) -> None:
    data = to_excel({"说明": pd.DataFrame({"a": [1]}), "表": table})
    assert is_roll("a.xlsx", data) is expected
    assert is_roll("a.zip", zipped("a.xlsx", data)) is expected


@pytest.mark.parametrize("name", ["a.zip", "a.xlsx", "a.gpkg", "a.csv"])
def test_what_cannot_be_read_is_no_roll(name: str) -> None:
    assert not is_roll(name, b"PK\x03\x04 broken")
    assert not is_roll(name, b"")
