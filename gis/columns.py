"""What a schema is made of: columns, choices, keys; and where the rows of a table stand in their file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import pandas as pd

from gis.faults import Fault
from gis.words import Words

Kind = Literal["id", "text", "class", "integer", "number", "year", "grade", "boolean", "choice"]
#: A table; a GeoDataFrame where it has a geometry.
Frame: TypeAlias = pd.DataFrame

_DTYPES = {
    "integer": "Int64",
    "year": "Int64",
    "grade": "Int64",
    "number": "float64",
    "boolean": "boolean",
}


@dataclass(frozen=True)
class Choice:
    """One allowed value of a column: the code that is stored, its words, and other ways to write it."""

    name: str
    zh: str
    en: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """One column of a layer.

    Parameters
    ----------
    name
        The fixed name used in code.
    zh, en
        What people read.
    kind
        What it holds; ``"class"`` is a class number within a grade, ``"year"`` a 学年 by its autumn.
    required
        Must be there and filled in every row.
    aliases
        Other headers that mean this column; spaces, full-width forms, units and case do not matter.
    weak
        Headers that mean this column only where no other does: 学校 is the id without 学校代码.
    choices
        Allowed values, for ``kind="choice"``; extra words for yes and no, for ``kind="boolean"``.
    minimum, maximum
        Limits of a number.
    suffixes
        Units that may stand after a number in the cell (``45人``).
    fallback
        Another column to use when this one is not in the table.
    quiet
        Whether that fallback is the rule (not an assumption that must be said) and fills blank cells too.
    calendar
        Whether a year is a calendar year, which any date tells; a 学年 is told by a date in its autumn only.
    derive
        ``f(frame, stage_system) -> Series | None``: how to work the column out when it is not in the table.
    """

    name: str
    zh: str
    en: str
    kind: Kind = "text"
    required: bool = False
    aliases: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    suffixes: tuple[str, ...] = ()
    fallback: str = ""
    quiet: bool = False
    calendar: bool = False
    derive: Callable[[pd.DataFrame, str], pd.Series | None] | None = None

    @property
    def label(self) -> Words:
        """What people read."""
        return Words(self.zh, self.en)

    @property
    def dtype(self) -> str:
        """The pandas dtype of the column where it may be blank."""
        return _DTYPES.get(self.kind, "str")

    @property
    def expected(self) -> Words:
        """What a cell should hold, in words."""
        if self.kind in ("choice", "boolean"):
            return Words("、".join(c.zh for c in self.choices), ", ".join(c.en for c in self.choices))
        whole = self.kind == "integer"
        least = f"，不小于 {self.minimum:g}" if self.minimum is not None else ""
        at_least = f" of at least {self.minimum:g}" if self.minimum is not None else ""
        return Words(
            ("整数" if whole else "数") + least, ("a whole number" if whole else "a number") + at_least
        )


@dataclass(frozen=True)
class Schema:
    """The columns of a layer, its key and its geometry.

    Parameters
    ----------
    name
        Layer name; its words are in :data:`gis.words.LAYER_WORDS`.
    columns
        In the order in which a checked frame has them.
    key
        Columns that no two rows may share; empty when rows have no key.
    geometry
        Allowed geometry types; empty for a plain table.
    geometry_required
        Whether every row must have one.
    not_above
        Pairs (a, b) of columns with a <= b in every row.
    apart
        Polygons of one layer should not overlap: those that share the values of these columns (an empty
        tuple: all of them); None where they may.
    titles
        Words in the name of a file or sheet that tell the layer from others with the same headers.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    geometry: tuple[str, ...] = ()
    geometry_required: bool = True
    not_above: tuple[tuple[str, str], ...] = ()
    apart: tuple[str, ...] | None = None
    titles: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Column:
        """Return the column of that name; raise ``KeyError`` when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> list[str]:
        """Column names in order, geometry last."""
        return [c.name for c in self.columns] + (["geometry"] if self.geometry else [])


@dataclass(frozen=True)
class Places:
    """Where each row of a frame stands in the file it came from.

    Parameters
    ----------
    file
        File name without its folder.
    sheets
        Sheet (or layer of the file) of each row.
    rows
        1-based row in that sheet; for features, the number of the feature.
    feature
        Whether rows are features of a spatial file: all of them, or one by one.
    cells
        Column name -> header of each row's cell, where it is not the same for all (grades side by side).
    files
        File of each row, for rows out of several files; empty where ``file`` is that of all.
    """

    file: str
    sheets: Sequence[str]
    rows: Sequence[int]
    feature: bool | Sequence[bool] = False
    cells: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Sequence[str] = ()

    @classmethod
    def of(cls, length: int, *, file: str = "", sheet: str = "") -> Places:
        """Return the places of a plain table whose header is row 1."""
        return cls(file, [sheet] * length, range(2, length + 2))

    def take(self, rows: Sequence[int], *, cells: Mapping[str, Sequence[str]] | None = None) -> Places:
        """Return the places of these rows (by position), with ``cells`` in place of those there are."""
        taken = {name: [heads[r] for r in rows] for name, heads in self.cells.items()}
        return Places(
            self.file,
            [self.sheets[r] for r in rows],
            [self.rows[r] for r in rows],
            self.feature if isinstance(self.feature, bool) else [self.feature[r] for r in rows],
            taken if cells is None else cells,
            [self.files[r] for r in rows] if self.files else (),
        )

    def at(self, row: int) -> tuple[str, str, int]:
        """Return file, sheet and row in the file of the row with this position."""
        return self.files[row] if self.files else self.file, self.sheets[row], int(self.rows[row])

    def is_feature(self, row: int) -> bool:
        """Tell whether the row with this position is a feature of a spatial file."""
        return self.feature if isinstance(self.feature, bool) else self.feature[row]

    def fault(
        self, kind: str, row: int, *, layer: str, column: str = "", found: str = "", **params: Any
    ) -> Fault:
        """Return a fault at the row with this position."""
        extra = {"feature": True} if self.is_feature(row) else {}
        file, sheet, at = self.at(row)
        return Fault(kind, file, sheet, layer, at, column, found, params | extra)
