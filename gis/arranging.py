"""A table as it stands in a file, arranged as its layer is: one row a record, grade, class and year apart.

Everything that is worked out is said; what cannot be is left as it is, for the check to find.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from gis.around import named_school, named_year
from gis.columns import Places, Schema
from gis.faults import Fault
from gis.grades import class_parts, intake_grade, is_intake, spoken_grade
from gis.headers import fold_header, match_headers, says_as_of
from gis.pieces import Piece, named
from gis.rawtable import RawTable
from gis.stages import has_stages, row_stages
from gis.totals import total_faults
from gis.values import Bad, as_date, as_text, fold, is_blank, parse
from gis.wide import unpivot


@dataclass(frozen=True)
class Options:
    """What the caller says about the tables of a layer; see :func:`gis.readers.read_layer`."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    coordinates: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stage_system: str = "6-3"
    schools: pd.DataFrame | None = None

    @property
    def primary(self) -> int:
        """Years of the primary stage."""
        return int(self.stage_system.split("-")[0])


@dataclass
class _Table:
    """A table on its way: changed step by step, with what is said about each."""

    frame: pd.DataFrame
    places: Places
    schema: Schema
    options: Options
    sheet: str
    mapping: Mapping[str, str]
    faults: list[Fault]

    def headers(self) -> list[str]:
        return [str(c) for c in self.frame.columns]

    def at(self, name: str) -> int | None:
        """Return the position of a column of the schema, None without it."""
        found = match_headers(self.headers(), self.schema, mapping=self.mapping).columns
        return found.get(name)

    def say(self, kind: str, *, column: str = "", found: str = "", **params: Any) -> None:
        place = (self.places.file, self.sheet, self.schema.name, None)
        self.faults.append(Fault(kind, *place, column=column, found=found, params=params))

    def add(self, name: str, cells: Sequence[Any] | Any, *, header: str = "") -> None:
        """Add a column of the schema, whose cells stand under a header of the file."""
        self.frame = self.frame.assign(**{name: cells})
        if header:
            heads = {**self.places.cells, name: [header] * len(self.frame)}
            self.places = self.places.take(range(len(self.frame)), cells=heads)

    def put(self, at: int, cells: Sequence[Any]) -> None:
        """Put other cells into a column."""
        header = self.frame.columns[at]
        self.frame = self.frame.assign(**{header: pd.Series(cells, index=self.frame.index, dtype=object)})


def arrange(table: RawTable, schema: Schema, options: Options, *, file: str) -> Piece:
    """Return a table arranged as its layer, its columns named.

    Parameters
    ----------
    table
        As it stands in the file.
    options
        What the caller says; of its mapping, the headers that the table has.
    file
        What people know the file by.
    """
    there = {fold_header(str(c)) for c in table.frame.columns}
    mapping = {header: name for header, name in options.mapping.items() if fold_header(header) in there}
    places = Places(file, [table.name] * len(table.frame), table.rows, table.feature)
    wide = unpivot(table.frame, schema, places, mapped=list(mapping))
    faults = [*table.faults, *wide.faults, *total_faults(table, schema, file=file, mapping=mapping)]
    arranged = _Table(wide.frame, wide.places, schema, options, table.name, mapping, faults)
    _classes(arranged)
    _given(arranged)
    _stated_year(arranged, table)
    _stated_school(arranged, table)
    _grades(arranged)
    return named(
        arranged.frame,
        schema,
        arranged.places,
        mapping=mapping,
        coordinates=options.coordinates,
        sheet=table.name,
        faults=arranged.faults,
    )


def as_of_dates(tables: Sequence[RawTable]) -> list[str]:
    """Return the dates of the statistics (统计时点) that tables state, around them or in a column."""
    found: dict[str, None] = {}
    for table in tables:
        if table.stated.get("as_of"):
            found[table.stated["as_of"]] = None
        for at in [i for i, c in enumerate(table.frame.columns) if says_as_of(str(c))]:
            for cell in dict.fromkeys(c for c in table.frame.iloc[:, at] if not is_blank(c)):
                date = as_date(cell)
                found[date.isoformat() if date else as_text(cell)] = None
    return list(found)


def _classes(table: _Table) -> None:
    """Take grade and class apart where one column holds both (三(2)班, 2021级3班), and say so."""
    names = {column.name for column in table.schema.columns}
    if not {"grade", "class_no"} <= names:
        return
    grade, class_no = table.at("grade"), table.at("class_no")
    source = class_no if class_no is not None else grade
    if source is None:
        return
    parts = _cached(table.frame.iloc[:, source], lambda cell: class_parts(fold(as_text(cell))))
    if not any(parts):
        return
    header = table.headers()[source]
    grades = [part[0] if part else None for part in parts]
    if class_no is None:
        cells = list(table.frame.iloc[:, source])
        table.add("class_no", [p[1] if p else None for p in parts], header=header)
        table.put(source, [g or cell for g, cell in zip(grades, cells)])
        table.say("grade_from_class", column=header, found=header)
    elif grade is None:
        table.add("grade", grades, header=header)
        table.say("grade_from_class", column=header, found=header)
    else:
        _both(table, grade, source, grades)
    if class_no is not None:
        pairs = zip(table.frame.iloc[:, source], parts)
        table.put(source, [part[1] if part else cell for cell, part in pairs])


def _both(table: _Table, grade: int, source: int, grades: Sequence[str | None]) -> None:
    """Fill blank grades from the class, and compare those that both columns name."""
    cells = list(table.frame.iloc[:, grade])
    filled = [g if is_blank(cell) and g else cell for g, cell in zip(grades, cells)]
    header = table.headers()[source]
    if filled != cells:
        table.put(grade, filled)
        table.say("grade_from_class", column=header, found=header)
    primary = table.options.primary
    for row, (named_grade, cell) in enumerate(zip(grades, filled)):
        if not named_grade or is_blank(cell):
            continue
        said, other = (spoken_grade(fold(as_text(text)), primary=primary) for text in (cell, named_grade))
        if said and other and said != other:
            found = as_text(table.frame.iat[row, source])
            place = {"layer": table.schema.name, "column": header, "found": found}
            table.faults.append(table.places.fault("class_grade_differs", row, grade=said, **place))


def _given(table: _Table) -> None:
    """Add what the caller gives for every row, where the table has no such column."""
    for name, value in table.options.values.items():
        if table.at(name) is None:
            label = table.schema[name].label
            table.add(name, value)
            table.say("value_given", found=str(value), label=label)


def _stated_year(table: _Table, raw: RawTable) -> None:
    """Add the 学年 that the lines around the table, its name or the file's state, where no column does."""
    column = next((c for c in table.schema.columns if c.name == "year" and not c.calendar), None)
    if column is None or table.at("year") is not None:
        return
    said = {f"{raw.title or raw.stated.get('year')}": raw.stated.get("year", "")}
    names = (table.sheet, Path(table.places.file).stem)
    text, year = _first({**said, **{name: named_year(name) for name in names}})
    if year:
        table.add("year", year)
        table.say("value_stated", found=year, label=column.label, stated=text)


def _stated_school(table: _Table, raw: RawTable) -> None:
    """Add the school that the table's name, its title or the file's name states, where no column does."""
    column = next((c for c in table.schema.columns if c.name == "school_id" and c.weak), None)
    if column is None or column.fallback or table.at("school_id") is not None:
        return
    names = (table.sheet, raw.stated.get("school", ""), raw.title, Path(table.places.file).stem)
    text, school = _first({name: named_school(name) for name in names if name})
    if school:
        table.add("school_id", school)
        table.say("value_stated", found=school, label=column.label, stated=text)


def _first(found: Mapping[str, str]) -> tuple[str, str]:
    """Return the first text in which something was found, and what; empty texts without any."""
    return next(((text, value) for text, value in found.items() if value), ("", ""))


def _grades(table: _Table) -> None:
    """Work out grades that are named by the year of entry (2021级) or within a stage (初中 | 一年级)."""
    grade = table.at("grade") if any(c.name == "grade" for c in table.schema.columns) else None
    if grade is None:
        return
    cells = list(table.frame.iloc[:, grade])
    texts = _cached(cells, lambda cell: "" if is_blank(cell) else fold(as_text(cell)))
    meant = {fold(word) for word in table.options.words.get("grade", {})}
    intakes = [row for row, text in enumerate(texts) if text not in meant and is_intake(text)]
    if not intakes and not has_stages(table.headers()):
        return
    options = table.options
    stages = row_stages(table.frame, table.schema, table.mapping, options.schools, options.primary)
    if stages.column:
        cells = [_within(c, t, s, options) for c, t, s in zip(cells, texts, stages.stated)]
    years = _years(table) if intakes else []
    done: dict[int, int] = {}
    for row in intakes if years else []:
        year = years[row]
        if year is not None:
            found = intake_grade(texts[row], year=year, primary=options.primary, stage=stages.any[row])
            done |= {row: found} if found else {}
    for row, number in done.items():
        cells[row] = number
    if done or stages.column:
        header = table.headers()[grade]
        table.put(grade, cells)
        first = next(iter(done), None)
        if first is not None:
            params = {"count": len(done), "grade": done[first]}
            table.say("grade_from_intake", column=header, found=texts[first], **params)


def _within(cell: Any, text: str, stage: str, options: Options) -> Any:
    """Return a grade counted within the junior stage (一年级 under 初中) as the grade it is."""
    if stage != "junior" or not text or is_intake(text):
        return cell
    grade = spoken_grade(text, primary=options.primary)
    return options.primary + grade if 1 <= grade <= 9 - options.primary else cell


def _years(table: _Table) -> list[int | None]:
    """Return the 学年 of each row; none at all without such a column."""
    at = table.at("year")
    if at is None:
        return []
    column = table.schema["year"]
    read = _cached(table.frame.iloc[:, at], lambda cell: parse(cell, column))
    return [None if isinstance(year, Bad) else year for year in read]


def _cached(cells: Any, read: Callable[[Any], Any]) -> list[Any]:
    """Return what is read of each cell, each distinct one read once."""
    seen: dict[tuple[type, Any], Any] = {}
    out = []
    for cell in cells:
        key = (type(cell), cell)
        if key not in seen:
            seen[key] = read(cell)
        out.append(seen[key])
    return out
