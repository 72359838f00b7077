"""Whether a file is a roll of children, told by its first rows, before anything of it is written."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import python_calamine

from gis.files import OLE, ZIP
from gis.headers import fold_header

#: Rows of a sheet among which headers are looked for.
_ROWS: Final = 15
_BYTES: Final = 20_000
_TABLES: Final = (".xlsx", ".xls", ".xlsm", ".csv", ".tsv", ".txt")
#: Bytes of a table in a .zip above which it is not unpacked to be looked at.
_LARGEST: Final = 200_000_000
_NAMES: Final = ("姓名", "pupilname", "studentname", "childname")
_OTHERS: Final = ("班主任", "教师", "校长", "负责人", "联系人", "填表", "审核")
_PERSONAL: Final = (
    "身份证", "证件号", "学籍号", "出生日期", "出生年月", "住址", "家庭地址", "户籍地址", "监护人", "家长",
    "idcard", "idnumber", "birthdate", "homeaddress",
)  # fmt: skip


def is_roll(name: str, data: bytes) -> bool:
    r"""Tell whether a table, or one in a .zip, lists children: names beside IDs, birth dates or addresses.

    Parameters
    ----------
    name, data
        What the file is called and holds. Only its first rows are read, in memory.

    Examples
    --------
    >>> is_roll("a.csv", "学校,年级,姓名,身份证号\n".encode())
    True
    >>> is_roll("a.csv", "学校,年级,班号,班额,班主任姓名,联系电话\n".encode())
    False
    """
    return any(_listed(row) for row in _rows(name, data))


def _listed(cells: Iterable[str]) -> bool:
    headers = [fold_header(cell) for cell in cells]
    named = any(any(w in h for w in _NAMES) and not any(o in h for o in _OTHERS) for h in headers)
    return named and any(any(word in header for word in _PERSONAL) for header in headers)


def _rows(name: str, data: bytes) -> Iterator[list[str]]:
    if data.startswith(ZIP) and Path(name).suffix.lower() == ".zip":
        yield from _inside(data)
    elif data.startswith((OLE, ZIP)):
        yield from _of_workbook(data)
    elif Path(name).suffix.lower() in (".csv", ".tsv", ".txt", ".xls", ".htm", ".html"):
        yield from _of_text(data)


def _inside(data: bytes) -> Iterator[list[str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.infolist():
                table = Path(entry.filename).suffix.lower() in _TABLES
                if table and entry.file_size <= _LARGEST:
                    yield from _rows(entry.filename, archive.read(entry))
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError):
        return  # a broken or locked archive: whoever reads it says so


def _of_workbook(data: bytes) -> Iterator[list[str]]:
    try:
        with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            for sheet in book.sheet_names:
                for row in book.get_sheet_by_name(sheet).to_python(nrows=_ROWS):
                    yield [str(cell) for cell in row]
    except (python_calamine.CalamineError, OSError):
        return  # not a workbook: whoever reads it says so


def _of_text(data: bytes) -> Iterator[list[str]]:
    start = data[:_BYTES]
    encodings = ("utf-16",) if start[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8", "gb18030")
    for encoding in encodings:
        text = start.decode(encoding, "ignore")
        for line in text.splitlines()[:_ROWS]:
            yield line.replace("\t", ",").replace(";", ",").replace("|", ",").split(",")
