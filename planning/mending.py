"""Faulty rows of an import handed out as a workbook, mended in Excel or WPS, and given back.

The planner never edits the files themselves: rows come out with where they stand and what is wrong, and go
back to the same file, sheet and row. A row marked 删除 is left out, and the import's report says so.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pandas as pd

from gis import export
from gis.faults import ERROR, Fault, FaultError, Words, register_kinds
from gis.layers import layer_label
from gis.mending import DELETE, DO, FAULTS, FILE, OWN, ROW, SHEET, faulty_rows
from gis.opening import open_file
from gis.values import as_text, is_blank
from planning import personal
from planning.reading import Source

__all__ = ["left_out", "of_rows", "read", "tables", "together", "workbook"]

register_kinds({"import_row_said": ("{said}", "{said}")})
#: Warnings that are said of a row and need nothing of the planner, or whose row holds no record (totals).
_SETTLED: Final = frozenset(
    {
        "geometry_repaired",
        "geometry_flattened",
        "header_rows",
        "note_row",
        "reference_by_name",
        "total_row",
        "total_differs",
    }
)
_PLACE: Final = [FILE, SHEET, ROW]
_HOW: Final = (
    Words(
        f"每行写明在哪个文件、工作表、行，“{FAULTS}”列说明错在哪里、怎么改。",
        f"Each row says in which file, sheet and row it stands; {FAULTS} says what is wrong, and how to mend "
        "it.",
    ),
    Words(
        f"直接改后面各列的值；不要的行在“{DO}”列写“{DELETE}”。前三列（{FILE}、{SHEET}、{ROW}）不要改。",
        f"Change the cells after it; for a row that is not wanted write {DELETE} under {DO}. "
        f"Leave the first three columns ({FILE}, {SHEET}, {ROW}) as they are.",
    ),
    Words(
        "改好保存后在导入页交回，原文件不用动。没有改的行照原样处理。",
        "Save the workbook and give it back on the import page; the files themselves stay as they are. Rows "
        "that were not changed are read as they were.",
    ),
)


def tables(
    sources: Mapping[str, Sequence[Source]],
    faults: Iterable[Fault],
    *,
    mended: pd.DataFrame | None = None,
    lang: str = "zh",
) -> dict[str, pd.DataFrame]:
    """Return the faulty rows of each layer, as they stand in the files or were last mended.

    Parameters
    ----------
    sources : mapping of str to sequence of Source
        Layer -> its files, as they were to be imported.
    faults : iterable of Fault
        What was found; rows with warnings are handed out like rows with errors.
    mended : DataFrame, optional
        Rows given back before: they are shown as they were mended.
    lang : {"zh", "en"}
        Of the sentences.

    Returns
    -------
    dict of str to DataFrame
        Layer -> `gis.mending.OWN`, then the headers of its files, without columns that look like personal
        data; layers without a faulty row are left out.
    """
    found = list(faults)
    out: dict[str, pd.DataFrame] = {}
    for layer, given in sources.items():
        paths = {source.name: source.path for source in given}
        encoding = next((source.encoding for source in given if source.encoding), "")
        own = [fault for fault in of_rows(found) if fault.layer in ("", layer)]
        rows = faulty_rows(paths, map(_to_mend, own), encoding=encoding, lang=lang)
        if len(rows):
            out[layer] = _without_personal(_as_mended(rows, mended))
    return out


def of_rows(faults: Iterable[Fault]) -> list[Fault]:
    """Return the faults that speak of one record and ask something of the planner."""
    return [fault for fault in faults if fault.row is not None and fault.kind not in _SETTLED]


def workbook(rows: Mapping[str, pd.DataFrame], *, lang: str = "zh") -> bytes:
    """Return faulty rows as an .xlsx: a sheet a layer, and how to mend them; no cell is a formula."""
    sheets = {layer_label(layer, lang): frame for layer, frame in rows.items()}
    return export.to_excel(sheets, notes=[line.text(lang) for line in _HOW], lang=lang)


def read(path: str | Path) -> pd.DataFrame:
    """Return the mended rows out of all sheets of the workbook in which they come back.

    Raises
    ------
    FaultError
        When the file cannot be opened, or no sheet has the columns that say where its rows belong.
    """
    opened = open_file(path)
    own = [head.name for head in opened.heads if set(_PLACE) <= set(head.headers)]
    if not own:
        raise FaultError([Fault("mended_headers", opened.file, params={"headers": _PLACE})])
    return together(*(opened.load(name).frame.astype(object) for name in own))


def together(*parts: pd.DataFrame | None) -> pd.DataFrame:
    """Return mended rows of several workbooks as one; of rows for the same place, the last counts."""
    kept = [part for part in parts if part is not None and len(part)]
    if not kept:
        return pd.DataFrame(columns=list(OWN))
    rows = pd.concat(kept, ignore_index=True)
    places = pd.Series(_places(rows), index=rows.index)
    return rows[~places.duplicated(keep="last")].reset_index(drop=True)


def left_out(mended: pd.DataFrame | None, files: Iterable[str]) -> list[dict[str, Any]]:
    """Return where the rows stand that the planner left out (删除), of these files: file, sheet, row."""
    if mended is None or DO not in mended:
        return []
    known = set(files)
    return [
        {"file": file, "sheet": sheet, "row": int(row) if row.isdecimal() else row}
        for (file, sheet, row), done in zip(_places(mended), mended[DO], strict=True)
        if file in known and not is_blank(done) and as_text(done).strip() == DELETE
    ]


def _to_mend(fault: Fault) -> Fault:
    """Return a warning as an error with its own words: its row is handed out as well."""
    if fault.level == ERROR or fault.row is None:
        return fault
    plain = replace(fault, file="", sheet="", layer="", row=None)
    said = Words(plain.text("zh"), plain.text("en"))
    place = (fault.file, fault.sheet, fault.layer, fault.row)
    return Fault("import_row_said", *place, params={"said": said})


def _places(rows: pd.DataFrame) -> list[tuple[str, str, str]]:
    def text(cell: Any) -> str:
        return "" if is_blank(cell) else as_text(cell).strip()

    columns = ([text(cell) for cell in rows[name]] for name in _PLACE)
    return list(zip(*columns, strict=True))


def _as_mended(rows: pd.DataFrame, mended: pd.DataFrame | None) -> pd.DataFrame:
    """Return faulty rows with the cells that were mended before in place of those of the file."""
    if mended is None or not len(mended):
        return rows
    at = {place: position for position, place in enumerate(_places(mended))}
    out = rows.astype(object)
    for position, place in enumerate(_places(rows)):
        if place not in at:
            continue
        given = mended.iloc[at[place]]
        for column in set(out.columns) & set(mended.columns) - {*_PLACE, FAULTS}:
            out.iat[position, list(out.columns).index(column)] = given[column]
    return out


def _without_personal(rows: pd.DataFrame) -> pd.DataFrame:
    # Cells under headers that do not come back stay as they are in the file: nothing is lost.
    return rows.drop(columns=personal.columns(rows, OWN))
