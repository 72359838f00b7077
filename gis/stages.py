"""Which stage the pupils of a row are in: by a column that says so, by the kind or the name of the school."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from gis.columns import Schema
from gis.headers import bare_header, match_headers
from gis.values import as_text, fold, is_blank

_COLUMNS = ("学段", "学段名称", "阶段", "stage")
_KINDS = ("办学类型", "学校类型", "学校类别", "学校办学类型", "schooltype")
_NAMES = ("学校名称", "学校", "校名", "学校全称", "单位名称", "school", "schoolname")
_BRANCH = r"(?:[(（].*[)）]|\S{0,4}(?:分校|校区))?"
_PRIMARY = re.compile(rf"(?:小学|完小|教学点|中心校){_BRANCH}$")
_JUNIOR = re.compile(rf"(?:初级中学|初中|中学){_BRANCH}$")
_BOTH = ("九年", "十二年", "一贯", "完全中学")


@dataclass(frozen=True)
class RowStages:
    """The stage of each row, ``"primary"``, ``"junior"`` or empty.

    Attributes
    ----------
    column : bool
        Whether the table has a column of stages.
    stated : list of str
        By that column.
    any : list of str
        By that column, else by kind and name of the school.
    """

    column: bool
    stated: list[str]
    any: list[str]


def stage_word(text: str) -> str:
    """Return the stage that a text (学段, kind or name of a school) names; empty where it names both or none.

    Examples
    --------
    >>> [stage_word(word) for word in ("小学", "初中", "第一小学", "城关初级中学", "九年一贯制学校")]
    ['primary', 'junior', 'primary', 'junior', '']
    """
    plain = fold(text)
    if any(word in plain for word in _BOTH):
        return ""
    if plain in ("primary", "小学阶段", "小学段") or _PRIMARY.search(plain):
        return "primary"
    return "junior" if plain in ("junior", "初中阶段", "初中段") or _JUNIOR.search(plain) else ""


def has_stages(headers: Sequence[str]) -> bool:
    """Tell whether one of the headers is that of the stage (学段)."""
    return any(bare_header(header) in _COLUMNS for header in headers)


def row_stages(
    frame: pd.DataFrame,
    schema: Schema,
    mapping: Mapping[str, str],
    schools: pd.DataFrame | None,
    primary: int,
) -> RowStages:
    """Return the stage of each row of a table.

    Parameters
    ----------
    frame
        Under the file's headers.
    schools
        The schools of the project, where known: ``school_id``, ``name`` and the grades they teach.
    primary
        Years of the primary stage.
    """
    headers = [bare_header(str(c)) for c in frame.columns]
    at = match_headers([str(c) for c in frame.columns], schema, mapping=mapping).columns.get("school_id")
    stated = _column(frame, headers, _COLUMNS)
    sources = [stated, _column(frame, headers, _KINDS), _column(frame, headers, _NAMES)]
    if at is not None:
        known = _of_schools(schools, primary)
        ids = [as_text(cell).strip() for cell in frame.iloc[:, at]]
        sources.insert(1, [known.get(school, "") for school in ids])
        sources.append([stage_word(school) for school in ids])
    present = [source for source in sources if source]
    combined = [next(filter(None, row), "") for row in zip(*present)] if present else [""] * len(frame)
    return RowStages(bool(stated), stated or [""] * len(frame), combined)


def _column(frame: pd.DataFrame, headers: list[str], words: tuple[str, ...]) -> list[str]:
    at = next((i for word in words for i, header in enumerate(headers) if header == word), None)
    if at is None:
        return []
    seen: dict[Any, str] = {}
    for cell in frame.iloc[:, at]:
        if cell not in seen:
            seen[cell] = "" if is_blank(cell) else stage_word(as_text(cell))
    return [seen[cell] for cell in frame.iloc[:, at]]


def _of_schools(schools: pd.DataFrame | None, primary: int) -> dict[str, str]:
    """Return the stage of each school that has only one, by id and by name."""
    if schools is None or not {"lowest_grade", "highest_grade"} <= set(schools.columns):
        return {}
    stage = pd.Series("", index=schools.index)
    stage = stage.mask((schools["highest_grade"] <= primary).fillna(False).astype(bool), "primary")
    stage = stage.mask((schools["lowest_grade"] > primary).fillna(False).astype(bool), "junior")
    found = dict(zip(schools["name"].astype(str), stage))
    return found | dict(zip(schools["school_id"].astype(str), stage))
