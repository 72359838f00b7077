"""Columns of personal data, told by header and by content."""

from __future__ import annotations

import pandas as pd
import pytest

from gis.faults import Fault
from planning.personal import columns, harmless, is_name


@pytest.mark.parametrize(
    ("header", "cells", "layer", "personal"),
    [
        ("班主任姓名", ["甲"], "classes", True),
        ("联系电话", [1], "classes", True),
        ("教师", ["王小明"], "classes", True),
        ("教师数", [31, 28], "schools", False),
        ("编号2", ["150602201905037731"], "classes", True),
        ("编号2", [1.50602201905037e17], "classes", True),
        ("办公室", ["0477-8899776"], "classes", True),
        ("第9列", ["13987654321"], "units", True),
        ("第9列", ["李雷 139 8765 4321"], "units", True),
        ("第9列", ["王小明", "欧阳子涵", "张伟"], "classes", True),
        ("原村名", ["王家沟", "李家湾", "张家村"], "units", False),
        ("物业", ["甲物业", "乙物业"], "units", False),
        ("source", ["合成数据"], "units", False),
        ("备注", ["病假一人"], "classes", True),
        ("备注", ["2025年建成"], "estates", False),
        ("面积", [120.5, 88.0], "schools", False),
        ("标识码", [2115000123, 3115000456], "schools", False),
        ("日期", pd.to_datetime(["2026-09-01"]), "classes", False),
    ],
)
def test_column(header: str, cells: list[object], layer: str, personal: bool) -> None:
    frame = pd.DataFrame({header: cells})
    assert columns(frame, [], layer=layer) == ([header] if personal else [])


def test_own_columns_are_left_alone() -> None:
    frame = pd.DataFrame({"name": ["王小明"], "source": ["13987654321"]})
    assert columns(frame, ["name", "source"]) == []


def test_names() -> None:
    assert [is_name(text) for text in ("张伟", "司马相如", "阳光花园", "张家镇", "A组")] == [
        True, True, False, False, False,
    ]  # fmt: skip


def test_cells_outside_the_table_are_not_repeated() -> None:
    fault = Fault("row_too_long", row=3, found="王小明", params={"extra": 1})
    assert "王小明" not in harmless([fault])[0].text()
