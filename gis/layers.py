"""The layers of a project: their columns, the words people read, and how people write them.

Column and layer names are the contract between packages; they are declared in ``layers.toml`` beside this
file. ``year`` is a 学年 by its autumn. Schools state the grades they teach, so the 6-3 and 5-4 systems share
one schema.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from gis.schema import Choice, Column, Frame, Schema, check
from gis.words import Words, layer_words

_FROM_GRADE_ONE = ("primary", "nine_year", "twelve_year", "teaching_point")


def _lowest_grade(frame: pd.DataFrame, stage_system: str) -> pd.Series | None:
    """Return the lowest grade by kind of school; None when kinds are not known."""
    if "kind" not in frame or frame["kind"].isna().all():
        return None
    first_junior = int(stage_system.split("-")[0]) + 1
    return frame["kind"].map(dict.fromkeys(_FROM_GRADE_ONE, 1) | {"junior": first_junior})


def _highest_grade(frame: pd.DataFrame, stage_system: str) -> pd.Series | None:
    """Return the highest grade by kind of school; a teaching point's differs from place to place: blank."""
    if "kind" not in frame or frame["kind"].isna().all():
        return None
    last_primary = int(stage_system.split("-")[0])
    return frame["kind"].map({"primary": last_primary, "junior": 9, "nine_year": 9, "twelve_year": 9})


_DERIVE = {"lowest_grade": _lowest_grade, "highest_grade": _highest_grade}


def _column_of(row: dict[str, Any]) -> Column:
    words = {name: tuple(row.pop(name, "").split()) for name in ("also", "weak", "suffixes")}
    zh, en = row.pop("words")
    choices = tuple(Choice(name, a, b, tuple(more.split())) for name, a, b, more in row.pop("choices", ()))
    derive = _DERIVE.get(row.pop("derive", ""))
    return Column(
        zh=zh,
        en=en,
        aliases=words["also"],
        weak=words["weak"],
        suffixes=words["suffixes"],
        choices=choices,
        derive=derive,
        **row,
    )


def _schema_of(name: str, table: dict[str, Any]) -> Schema:
    return Schema(
        name,
        tuple(_column_of(row) for row in table["columns"]),
        key=tuple(table.get("key", ())),
        geometry=tuple(table.get("geometry", ())),
        geometry_required=table.get("geometry_required", True),
        not_above=tuple((part, whole) for part, whole in table.get("not_above", ())),
        titles=tuple(table.get("titles", "").split()),
        apart=tuple(table["apart"]) if "apart" in table else None,
    )


def _load() -> dict[str, Schema]:
    tables = tomllib.loads(Path(__file__).with_name("layers.toml").read_text(encoding="utf-8"))
    return {name: _schema_of(name, table) for name, table in tables.items()}


#: Every layer of a project.
SCHEMAS: dict[str, Schema] = _load()


def layer_label(layer: str, lang: str = "zh") -> str:
    """Return what people read for a layer (``小区与村``, ``units``)."""
    return layer_words(layer).text(lang)


def label(column: str, lang: str = "zh", *, layer: str = "") -> str:
    """Return what people read for a column; a name that is in no layer is shown as it is.

    Where layers word a column differently (``pupils`` is 班额 in classes, 在校生数 in enrolment), ``layer``
    decides; without it, the first layer that has the column.
    """
    found = _column(column, layer)
    return found.label.text(lang) if found else column


def value_label(column: str, value: Any, lang: str = "zh", *, layer: str = "") -> str:
    """Return what people read for a value of a column (``nine_year`` -> 九年一贯制学校); blank for NA."""
    if pd.isna(value):
        return ""
    found = _column(column, layer)
    kind = found.kind if found else "text"
    if kind == "boolean":
        return Words("是", "yes").text(lang) if value else Words("否", "no").text(lang)
    if kind == "grade":
        return grade_label(int(value), lang)
    for choice in found.choices if found else ():
        if choice.name == value:
            return Words(choice.zh, choice.en).text(lang)
    return str(value)


def grade_label(grade: int, lang: str = "zh") -> str:
    """Return a grade in words: 七年级, grade 7. The number is the same in the 6-3 and 5-4 systems."""
    return f"grade {grade}" if lang == "en" else f"{'一二三四五六七八九'[grade - 1]}年级"


def worded(
    frame: Frame, layer: str, lang: str = "zh", *, renamed: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Return a layer's table in words for people: headers and codes in ``lang``, geometry left out.

    What comes out can be read back by :func:`gis.readers.read_layer`, in either language.
    """
    schema = SCHEMAS[layer]
    out = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).copy()
    for column in schema.columns:
        if column.name in out and column.kind in ("choice", "boolean", "grade"):
            words = [value_label(column.name, v, lang, layer=layer) or None for v in out[column.name]]
            out[column.name] = pd.Series(words, index=out.index, dtype="str")
    heads = {c.name: c.label.text(lang) for c in schema.columns} | dict(renamed or {})
    return out.rename(columns=heads)


def empty(layer: str) -> pd.DataFrame:
    """Return a layer's table without rows, with its columns and dtypes: a template, or a layer to come."""
    checked, _ = check(pd.DataFrame(columns=[c.name for c in SCHEMAS[layer].columns]), SCHEMAS[layer])
    return checked


def _column(name: str, layer: str) -> Column | None:
    for schema in [SCHEMAS[layer]] if layer else SCHEMAS.values():
        for column in schema.columns:
            if column.name == name:
                return column
    return None


def zone_of(schools: pd.DataFrame) -> pd.Series:
    """Return the zone (片区) of each school: its zone_id, else its own id.

    A boarding school (寄宿制) that states no zone has none: it takes pupils from everywhere, which is why the
    policy leaves it out of 就近划片. Where one does serve a catchment, its zone_id says so.
    """
    own = schools["school_id"].astype("str").rename("zone_id")
    if "boarding" in schools:
        own = own.mask(schools["boarding"].fillna(False).astype(bool))
    return schools["zone_id"].astype("str").fillna(own) if "zone_id" in schools else own
