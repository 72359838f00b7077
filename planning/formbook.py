"""A form as a workbook: headers with notes, drop-downs, checked numbers, instructions, and a hidden mark.

Works in Excel and in WPS: the lists stand on a hidden sheet, so that they may be long, and every text is
written as text, so that none runs as a formula. The mark tells which form it is when it comes back.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pandas as pd
import python_calamine
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from gis.export import FORMULA_STARTS, guarded, sheet_name

#: Hidden sheet of the lists and the mark.
HIDDEN: Final = "_huapian"
NOTES: Final = "说明 Notes"
#: Rows of a form that can be filled in below those that are filled in already.
SPARE_ROWS: Final = 300
_FIRST_LIST: Final = 2
_FILLS: Final = {"given": "#e5e7eb", "asked": "#fff7e6", "head": "#0f6e6e"}
_WRONG: Final = "请从列表中选择 / Choose from the list"


@dataclass(frozen=True)
class Field:
    """One column of a form.

    Attributes
    ----------
    header : str
        As it stands over the column.
    note : str
        What is expected, shown at the header.
    options : tuple of str
        What the drop-down offers; empty for none.
    open : bool
        Whether something that is not in the list may be written after a question.
    whole : bool or None
        True for a whole number, False for any number, None for anything.
    least, most : float or None
        Limits of a number.
    given : bool
        Whether the bureau filled it in, and it is not to be changed.
    """

    header: str
    note: str = ""
    options: tuple[str, ...] = ()
    open: bool = False
    whole: bool | None = None
    least: float | None = None
    most: float | None = None
    given: bool = False


@dataclass(frozen=True)
class Formbook:
    """What a form holds: one sheet to fill in, instructions, and the mark to know it by."""

    sheet: str
    title: str
    fields: Sequence[Field]
    rows: Sequence[Sequence[Any]] = ()
    notes: Sequence[str] = ()
    mark: Mapping[str, Any] = field(default_factory=dict)


def write(form: Formbook) -> bytes:
    """Return the workbook of a form (.xlsx)."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet(sheet_name(form.sheet))
        notes = book.add_worksheet(NOTES)
        hidden = book.add_worksheet(HIDDEN)
        _write_head(book, sheet, form)
        _write_rows(book, sheet, form)
        lists = _write_lists(hidden, form)
        for at, one in enumerate(form.fields):
            _validate(sheet, at, one, lists.get(at, ""), len(form.rows))
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        for row, line in enumerate(form.notes):
            notes.write_string(row, 0, line, wrap)
        notes.set_column(0, 0, 100)
        hidden.write_string(0, 0, json.dumps(dict(form.mark), ensure_ascii=False))
        hidden.very_hidden()
        sheet.activate()
    return buffer.getvalue()


def _write_head(book: xlsxwriter.Workbook, sheet: Worksheet, form: Formbook) -> None:
    sheet.write_string(0, 0, form.title, book.add_format({"bold": True, "font_size": 13}))
    head = {"bold": True, "font_color": "#ffffff", "bg_color": _FILLS["head"], "text_wrap": True, "border": 1}
    style = book.add_format(head)
    for at, one in enumerate(form.fields):
        sheet.write_string(1, at, one.header, style)
        if one.note:
            sheet.write_comment(1, at, one.note, {"x_scale": 2.2, "y_scale": 1.4, "author": ""})
        longest = max([len(one.header), *(len(str(row[at])) for row in form.rows[:200])])
        sheet.set_column(at, at, min(max(2 * longest + 2, 10), 40))
    sheet.freeze_panes(2, 0)


def _write_rows(book: xlsxwriter.Workbook, sheet: Worksheet, form: Formbook) -> None:
    styles = {
        True: book.add_format({"bg_color": _FILLS["given"], "border": 1, "border_color": "#c8ccd0"}),
        False: book.add_format({"bg_color": _FILLS["asked"], "border": 1, "border_color": "#c8ccd0"}),
    }
    for number, row in enumerate(form.rows, start=2):
        for at, (one, cell) in enumerate(zip(form.fields, row, strict=True)):
            if pd.isna(cell):
                sheet.write_blank(number, at, None, styles[one.given])
            elif isinstance(cell, str):
                sheet.write_string(number, at, cell, styles[one.given])
            else:
                sheet.write_number(number, at, cell, styles[one.given])


def _write_lists(hidden: Worksheet, form: Formbook) -> dict[int, str]:
    """Write each list once below the mark; return field number -> range."""
    ranges: dict[tuple[str, ...], str] = {}
    for one in form.fields:
        if not one.options or one.options in ranges:
            continue
        column = _FIRST_LIST + len(ranges)
        for row, option in enumerate(one.options):
            hidden.write_string(row, column, guarded(option))
        name = xlsxwriter.utility.xl_col_to_name(column, col_abs=True)
        ranges[one.options] = f"='{HIDDEN}'!{name}$1:{name}${len(one.options)}"
    return {at: ranges[one.options] for at, one in enumerate(form.fields) if one.options}


def _validate(sheet: Worksheet, at: int, one: Field, where: str, rows: int) -> None:
    rule: dict[str, Any] = {"error_type": "warning" if one.open else "stop", "error_message": _WRONG}
    if where:
        rule |= {"validate": "list", "source": where}
    elif one.whole is not None:
        least, most = one.least or 0, one.most
        said = f">= {least:g}" if most is None else f"{least:g} - {most:g}"
        kind = "整数 / whole number" if one.whole else "数 / number"
        rule |= {"validate": "integer" if one.whole else "decimal", "error_message": f"{kind} {said}"}
        limits = {"criteria": ">=", "value": least}
        rule |= limits if most is None else {"criteria": "between", "minimum": least, "maximum": most}
    else:
        return
    sheet.data_validation(2, at, 1 + rows + SPARE_ROWS, at, rule)


def read_mark(path: str | Path) -> dict[str, Any] | None:
    """Return the mark of a form that came back; None for a file that is no form or has lost its mark."""
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            if HIDDEN not in book.sheet_names:
                return None
            cells = book.get_sheet_by_name(HIDDEN).to_python(skip_empty_area=False, nrows=1)
    except (python_calamine.CalamineError, OSError):
        return None
    try:
        mark = json.loads(str(cells[0][0])) if cells and cells[0] else None
    except json.JSONDecodeError:
        return None
    return mark if isinstance(mark, dict) else None


def choosable(names: Mapping[str, str]) -> dict[str, str]:
    """Return id -> what stands in a list for it: its name, or its id where the name would mislead.

    A name that stands twice names nobody, and one that begins like a formula must not be picked into a cell.
    """
    counts = pd.Series(list(names.values()), dtype="str").value_counts()
    return {
        key: name if name and counts[name] == 1 and not name.startswith(FORMULA_STARTS) else key
        for key, name in names.items()
    }


def read_title(path: str | Path) -> str:
    """Return the text in the first row of a workbook; empty for any other file."""
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            cells = book.get_sheet_by_index(0).to_python(skip_empty_area=False, nrows=1)
    except (python_calamine.CalamineError, OSError):
        return ""
    return " ".join(str(cell) for row in cells for cell in row if cell != "")
