"""The headers that files may have, by layer."""

from __future__ import annotations

from typing import Final

import pandas as pd

from gis.columns import Column
from gis.layers import SCHEMAS
from ui.texts import _, language

#: Most Chinese headers that the table names for one column.
LONG: Final = 14


def headers(layer: str) -> pd.DataFrame:
    """Return the columns of a layer: required or not, what stands in them, the headers understood."""
    rows = [
        {
            _("列"): column.label.text(language()),
            _("必填"): _needed(column),
            _("内容"): _content(column),
            _("中文表头"): "、".join(h for h in _written(column) if _chinese(h)),
            _("英文表头"): ", ".join(h for h in _written(column) if not _chinese(h)),
        }
        for column in SCHEMAS[layer].columns
    ]
    return pd.DataFrame([*rows, *_place_rows(layer)])


def _needed(column: Column) -> str:
    if not column.required or column.derive:
        return ""
    return _("二者之一") if column.fallback else _("必填")


def _written(column: Column) -> list[str]:
    words = [column.zh, *column.aliases, *column.weak]
    english = [column.name, column.en]
    chinese = [w for w in dict.fromkeys(words) if _chinese(w)][:LONG]
    return list(dict.fromkeys([*chinese, *english, *(w for w in words if not _chinese(w))]))


def _chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def _content(column: Column) -> str:
    if column.kind == "choice":
        return column.expected.text(language())
    return {
        "id": _("编号,文本"),
        "text": _("文字"),
        "class": _("班号,如 1、(1)班"),
        "integer": _("整数"),
        "number": _("数"),
        "year": _("学年,如 2026、2026-2027"),
        "grade": _("年级,如 1、一年级、初一"),
        "boolean": _("是、否"),
    }[column.kind]


def _place_rows(layer: str) -> list[dict[str, str]]:
    schema = SCHEMAS[layer]
    if not schema.geometry:
        return []
    shapes = {
        "Point": _("点"), "LineString": _("线"), "Polygon": _("面"),
    }  # fmt: skip
    allowed = _("、").join(word for name, word in shapes.items() if name in schema.geometry)
    point = "Point" in schema.geometry
    return [
        {
            _("列"): _("位置"),
            _("必填"): _("必填") if schema.geometry_required else "",
            _("内容"): _("几何:{shapes}", shapes=allowed),
            _("中文表头"): "经度、纬度;X坐标、Y坐标" if point else "",
            _("英文表头"): "lon, lat; x, y; wkt" if point else "wkt",
        }
    ]
