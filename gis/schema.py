"""Schemas of tables, declared once, and the check that turns a table as it came into one with fixed columns.

The check reports every fault at once: missing and doubled columns, values that do not fit, repeated keys.
Unknown columns are kept under their own header and named in a warning; nothing is dropped or changed without
being said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from gis.columns import Choice, Column, Frame, Places, Schema
from gis.faults import Fault, raise_errors
from gis.geometries import check_geometry
from gis.headers import Match, match_headers
from gis.values import Bad, as_text, fold, is_blank, parse
from gis.words import Words

__all__ = ["Choice", "Column", "Frame", "Places", "Schema", "check", "validate"]


def validate(
    frame: Frame,
    schema: Schema,
    *,
    file: str = "",
    sheet: str = "",
    mapping: Mapping[str, str] | None = None,
    stage_system: str = "6-3",
) -> Frame:
    """Return the frame with the schema's columns and dtypes, or raise every fault at once.

    Warnings are not returned; use :func:`check` to see them. Parameters as in :func:`check`.

    Raises
    ------
    FaultError
        With every fault of the table, if at least one is an error.
    """
    checked, faults = check(frame, schema, file=file, sheet=sheet, mapping=mapping, stage_system=stage_system)
    raise_errors(faults)
    return checked


def check(
    frame: Frame,
    schema: Schema,
    *,
    file: str = "",
    sheet: str = "",
    places: Places | None = None,
    mapping: Mapping[str, str] | None = None,
    words: Mapping[str, Mapping[str, Any]] | None = None,
    match: Match | None = None,
    stage_system: str = "6-3",
) -> tuple[Frame, list[Fault]]:
    """Check a table as it came against a schema; return it with fixed columns, and every fault.

    Parameters
    ----------
    frame
        Any headers and dtypes. A GeoDataFrame where the schema has geometry.
    schema
        What it should be.
    file, sheet
        For the faults; or ``places`` when the rows do not start below a header in row 1.
    mapping
        Header -> column name, for headers that are not understood by themselves; an empty name for a column
        that is not to be used.
    words
        Column name -> what cells hold -> what is meant, for values that are not understood by themselves.
    match
        What the columns mean, where that is settled already; ``mapping`` is not looked at then.
    stage_system
        ``"6-3"`` or ``"5-4"``.

    Returns
    -------
    frame
        Columns of the schema in its order (optional ones that are absent, filled with NA), then unknown
        columns under their own headers, geometry last; a fresh index 0..n-1. Cells with faults are NA.
    faults
        Errors and warnings, column faults first, then by row.
    """
    places = places or Places.of(len(frame), file=file, sheet=sheet)
    sheet = sheet or (places.sheets[0] if len(frame) else "")
    plain = (
        pd.DataFrame(frame.drop(columns="geometry")) if "geometry" in frame.columns else pd.DataFrame(frame)
    )
    plain = plain.reset_index(drop=True)
    match = match or match_headers(
        [str(c) for c in plain.columns], schema, mapping=mapping, file=places.file, sheet=sheet
    )
    checked, faults = _convert(plain, schema, match, places, stage_system, words or {})
    faults += _fill(checked, schema, match, places, stage_system)
    faults += _pairs(checked, schema, match, places) + _keys(checked, schema, match, places)
    checked = _ordered(checked, plain, schema, match)
    if schema.geometry:
        checked, more = check_geometry(checked, frame, schema, places)
        faults += more
    return _settled(checked, schema), match.faults + sorted(faults, key=_order(places))


def _order(places: Places) -> Callable[[Fault], tuple[int, int]]:
    files = places.files or [places.file] * len(places.sheets)
    tables = {name: i for i, name in enumerate(dict.fromkeys(zip(files, places.sheets)))}
    return lambda fault: (tables.get((fault.file, fault.sheet), -1), fault.row or 0)


def _convert(
    plain: pd.DataFrame,
    schema: Schema,
    match: Match,
    places: Places,
    stage_system: str,
    words: Mapping[str, Mapping[str, Any]],
) -> tuple[pd.DataFrame, list[Fault]]:
    columns: dict[str, pd.Series] = {}
    faults: list[Fault] = []
    for column in schema.columns:
        at = match.columns.get(column.name)
        if at is None:
            continue
        meant = {fold(text): value for text, value in words.get(column.name, {}).items()}
        series, bad = _convert_column(plain.iloc[:, at], column, stage_system, meant)
        columns[column.name] = series
        header = match.header(column.name)
        for row, found, fault in bad:
            params = {"label": column.label, "name": column.name} | fault.params
            head = places.cells[column.name][row] if column.name in places.cells else header
            faults.append(
                places.fault(fault.kind, row, layer=schema.name, column=head, found=found, **params)
            )
    return pd.DataFrame(columns, index=plain.index), faults


def _convert_column(
    cells: pd.Series, column: Column, stage_system: str, meant: Mapping[str, Any]
) -> tuple[pd.Series, list[tuple[int, str, Bad]]]:
    """Parse each distinct cell once; return the column and (row, found, fault) for those that do not fit."""
    seen: dict[tuple[type, Any], Any] = {}
    values: list[Any] = []
    bad: list[tuple[int, str, Bad]] = []
    fillable = bool(column.fallback and column.quiet)
    for row, cell in enumerate(cells.astype(object)):
        key = (type(cell), cell)
        if key not in seen:
            said = meant.get(fold(as_text(cell)), cell) if meant and not is_blank(cell) else cell
            seen[key] = parse(said, column, stage_system=stage_system)
        value = seen[key]
        if isinstance(value, Bad):
            bad.append((row, "" if is_blank(cell) else as_text(cell), value))
            value = None
        elif value is None and column.required and not fillable:
            bad.append((row, "" if is_blank(cell) else as_text(cell), Bad("value_missing")))
        values.append(value)
    return _cast(pd.Series(values, index=cells.index, dtype=object), column), bad


def _cast(series: pd.Series, column: Column) -> pd.Series:
    dtype: Any = column.dtype
    return series.astype(dtype)


def _fill(
    checked: pd.DataFrame, schema: Schema, match: Match, places: Places, stage_system: str
) -> list[Fault]:
    """Add the columns that are not in the table, from their fallback or derivation, else as NA."""
    faults: list[Fault] = []
    given = set(match.columns)
    for column in schema.columns:
        if column.fallback and column.quiet and column.name in checked and column.fallback in checked:
            checked[column.name] = checked[column.name].fillna(checked[column.fallback])
        if column.name in checked:
            continue
        if column.fallback in given:
            given.add(column.name)
        faults += _absent(checked, column, schema, match, places, stage_system, given)
    return faults


def _absent(
    checked: pd.DataFrame,
    column: Column,
    schema: Schema,
    match: Match,
    places: Places,
    stage_system: str,
    given: set[str],
) -> list[Fault]:
    place = (places.file, match.sheet, schema.name)
    if column.name in given:
        checked[column.name] = _cast(checked[column.fallback], column)
        source = schema[column.fallback].label
        assumed = {"label": column.label, "source": source}
        return [] if column.quiet else [Fault("column_assumed", *place, params=assumed)]
    derived = column.derive(checked, stage_system) if column.derive else None
    if derived is not None:
        checked[column.name] = _cast(derived, column)
        blank = np.flatnonzero(checked[column.name].isna() & column.required)
        by_kind = {"label": column.label, "system": stage_system}
        return [Fault("grades_assumed", *place, params=by_kind)] + [
            places.fault("value_missing", int(i), layer=schema.name, column=column.zh, label=column.label)
            for i in blank
        ]
    checked[column.name] = _cast(pd.Series(None, index=checked.index, dtype=object), column)
    if not column.required:
        return []
    headers = [column.zh, column.name, *column.aliases[:4]]
    missing = {"label": column.label, "headers": list(dict.fromkeys(headers))}
    return [Fault("column_missing", *place, params=missing)] if column.name not in match.doubled else []


def _pairs(checked: pd.DataFrame, schema: Schema, match: Match, places: Places) -> list[Fault]:
    faults = []
    for part, whole in schema.not_above:
        over = (checked[part] > checked[whole]).fillna(False).to_numpy(bool)
        for row in np.flatnonzero(over):
            params: dict[str, Any] = {
                "part_label": schema[part].label,
                "whole_label": schema[whole].label,
                "part": str(checked[part].iloc[row]),
                "whole": str(checked[whole].iloc[row]),
            }
            faults.append(
                places.fault(
                    "part_above_whole", int(row), layer=schema.name, column=match.header(part), **params
                )
            )
    return faults


def _keys(checked: pd.DataFrame, schema: Schema, match: Match, places: Places) -> list[Fault]:
    """Return a fault for each row whose key stands in an earlier row, naming that row.

    Part of a key that need not be there may be blank, and two blanks are the same.
    """
    if not schema.key:
        return []
    keys = checked[list(schema.key)].fillna({name: "" for name in schema.key if not schema[name].required})
    whole = keys[keys.notna().all(axis=1)]
    position = pd.Series(whole.index, index=whole.index)
    firsts = position.groupby([whole[k] for k in schema.key], sort=False).transform("min")
    faults = []
    label = Words("、".join(schema[k].zh for k in schema.key), ", ".join(schema[k].en for k in schema.key))
    for row in np.asarray(whole.index)[(firsts != position).to_numpy()]:
        at = int(firsts.loc[row])
        text = "，".join(filter(None, (str(keys[k].iloc[row]) for k in schema.key)))
        params: dict[str, Any] = {
            "first_row": row_name(places, at, int(row)),
            "first_at": places.at(at),
            "key": text,
            "label": label,
        }
        column = match.header(schema.key[0]) if len(schema.key) == 1 else ""
        faults.append(
            places.fault("key_duplicate", int(row), layer=schema.name, column=column, found=text, **params)
        )
    return faults


def row_name(places: Places, row: int, other: int) -> str:
    """Return the row of a record in words, with its file and sheet where they are not those of another."""
    file, sheet, number = places.at(row)
    other_file, other_sheet, _ = places.at(other)
    elsewhere = [name for name, own in ((file, other_file), (sheet, other_sheet)) if name != own]
    return f"{number} ({', '.join(elsewhere)})" if elsewhere else str(number)


def _ordered(checked: pd.DataFrame, plain: pd.DataFrame, schema: Schema, match: Match) -> pd.DataFrame:
    names = [c.name for c in schema.columns]
    extras = {name: plain.iloc[:, at].infer_objects() for name, at in match.extras.items()}
    return pd.concat([checked[names], pd.DataFrame(extras, index=checked.index)], axis=1)


def _settled(frame: Frame, schema: Schema) -> Frame:
    """Give required whole-number columns without a blank a plain integer dtype."""
    for column in schema.columns:
        if column.required and column.dtype == "Int64" and not frame[column.name].isna().any():
            frame[column.name] = frame[column.name].astype("int64")
    return frame
