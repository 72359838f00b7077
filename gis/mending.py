"""Rows with faults, given out as a table, mended by hand, and given back in their places."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from gis.faults import Fault, errors
from gis.opening import open_file
from gis.rawtable import RawTable
from gis.values import as_text, is_blank

#: Headers of the table of faulty rows, before the headers of the file: where the row stands, what is wrong.
FILE, SHEET, ROW, FAULTS, DO = "文件", "工作表", "行号", "问题", "处理"
OWN = (FILE, SHEET, ROW, FAULTS, DO)
#: What is written under 处理 for a row that is to go.
DELETE = "删除"


def faulty_rows(
    paths: Mapping[str, str | Path], faults: Iterable[Fault], *, encoding: str = "", lang: str = "zh"
) -> pd.DataFrame:
    """Return the rows that have errors, as they stand in their files, with what is wrong with each.

    Parameters
    ----------
    paths
        What people know each file by -> the file.
    faults
        Of those files; those without a row are left out, and warnings too.
    encoding
        Text encoding, where the user states it.
    lang
        Language of the sentences under 问题.

    Returns
    -------
    pandas.DataFrame
        :data:`OWN`, then the headers of the files; one row for each faulty row, in the order of the files.
        Cells as text, numbers as numbers. May hold personal data: give it to the user and keep it nowhere.
    """
    by_place: dict[tuple[str, str, int], list[Fault]] = {}
    for fault in errors(faults):
        if fault.row is not None and fault.file in paths:
            by_place.setdefault((fault.file, fault.sheet, fault.row), []).append(fault)
    parts = []
    for file, sheet in dict.fromkeys((file, sheet) for file, sheet, _ in by_place):
        table = open_file(str(paths[file]), name=file, encoding=encoding).load(sheet)
        cells = table.frame.drop(columns="geometry", errors="ignore")
        at = {int(row): i for i, row in enumerate(table.rows)}
        rows = sorted(row for f, s, row in by_place if (f, s) == (file, sheet) and row in at)
        own = {
            FILE: file,
            SHEET: sheet,
            ROW: rows,
            FAULTS: ["；".join(_said(f, lang) for f in by_place[file, sheet, row]) for row in rows],
            DO: "",
        }
        part = cells.iloc[[at[row] for row in rows]].reset_index(drop=True).astype(object)
        parts.append(pd.concat([pd.DataFrame(own, index=part.index), part], axis=1))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(OWN))


def _said(fault: Fault, lang: str) -> str:
    """Return what is wrong without the place, which the row has columns for; the header stays."""
    return replace(fault, file="", sheet="", layer="", row=None).text(lang)


def mend(
    tables: Sequence[RawTable], mended: pd.DataFrame, *, file: str
) -> tuple[list[RawTable], list[Fault]]:
    """Return tables with the rows that were given back in their places, and what was done.

    Cells under headers that a table has not are left alone; rows of other files as well. A row with 删除
    under 处理 is taken out.
    """
    own = mended[[as_text(cell).strip() == file for cell in mended[FILE]]]
    out = []
    faults: list[Fault] = []
    known = set()
    for table in tables:
        sheets = ["" if is_blank(cell) else as_text(cell).strip() for cell in own[SHEET]]
        rows = own[[sheet == table.name for sheet in sheets]]
        known |= set(rows.index)
        changed, said = _mended(table, rows, file)
        out.append(changed)
        faults += said
    faults += [_astray(file, own.loc[row]) for row in own.index if row not in known]
    return out, faults


def _astray(file: str, row: pd.Series) -> Fault:
    sheet = "" if is_blank(row[SHEET]) else as_text(row[SHEET])
    return Fault("mended_unknown", file, sheet, found=as_text(row[ROW]))


def _mended(table: RawTable, rows: pd.DataFrame, file: str) -> tuple[RawTable, list[Fault]]:
    if not len(rows):
        return table, []
    at = {as_text(row): i for i, row in enumerate(table.rows)}
    frame, gone, done, faults = table.frame.copy(), [], 0, []
    columns = [c for c in map(str, rows.columns) if c not in OWN and c in frame.columns and c != "geometry"]
    frame[columns] = frame[columns].astype(object)
    for _, row in rows.iterrows():
        place = at.get(as_text(row[ROW]).strip())
        if place is None:
            faults.append(_astray(file, row))
        elif DO in row and not is_blank(row[DO]) and as_text(row[DO]).strip() == DELETE:
            gone.append(place)
        else:
            done += 1
            for column in columns:
                frame.at[place, column] = _cell(row[column])
    faults.append(Fault("row_mended", file, table.name, params={"count": done, "left": len(gone)}))
    return _without(replace(table, frame=frame), set(gone)), faults


def _without(table: RawTable, gone: set[int]) -> RawTable:
    """Return a table without the rows at these positions; its totals stand before those that follow them."""
    kept = [i for i in range(len(table.frame)) if i not in gone]
    totals = [replace(t, before=t.before - sum(i < t.before for i in gone)) for t in table.totals]
    frame = table.frame.iloc[kept].reset_index(drop=True)
    return replace(table, frame=frame, rows=[table.rows[i] for i in kept], totals=tuple(totals))


def _cell(cell: Any) -> Any:
    return None if is_blank(cell) else cell
