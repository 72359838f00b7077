"""Read 300,000 classes of made-up schools from a workbook, a text file and a web page called .xls.

    python -m benchmarks.reading [--rows 300000] [--seed 1]

The files are written to a folder that goes afterwards. Seconds are of one process with everything imported;
the peak is the memory of that process so far. A web page is read with a tenth of the rows.
"""

from __future__ import annotations

import argparse
import csv
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from gis.readers import read_layer

HEADERS: Final = ("学校代码", "学校名称", "学年", "年级", "班级", "班额")
GRADES: Final = "一二三四五六"
_PER_SCHOOL: Final = 6 * 3 * 36


def rows(count: int, seed: int) -> Iterator[tuple[Any, ...]]:
    """Yield classes, no two of one key: the same for the same seed."""
    draw = random.Random(seed)
    for number in range(count):
        school, rest = divmod(number, _PER_SCHOOL)
        year, rest = divmod(rest, 18)
        grade, class_no = divmod(rest, 3)
        word = f"{GRADES[grade]}年级"
        pupils = draw.randrange(20, 60)
        yield f"S{school:04d}", f"第{school}小学", f"{1990 + year}学年", word, f"{class_no + 1}班", pupils


def write(folder: Path, count: int, seed: int) -> list[Path]:
    """Write the files and return them."""
    text, book, page = folder / "班级.csv", folder / "班级.xlsx", folder / "班级.xls"
    with text.open("w", encoding="gbk", newline="") as file:
        csv.writer(file).writerows([HEADERS, *rows(count, seed)])
    with xlsxwriter.Workbook(str(book), {"constant_memory": True}) as made:
        sheet = made.add_worksheet("班级")
        for i, row in enumerate([HEADERS, *rows(count, seed)]):
            sheet.write_row(i, 0, row)
    lines = [HEADERS, *rows(count // 10, seed)]
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in line) + "</tr>\n" for line in lines)
    page.write_bytes(f"<html><body><table>{body}</table></body></html>".encode("gbk"))
    return [text, book, page]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading")
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        for path in write(Path(folder), given.rows, given.seed):
            start, own = time.perf_counter(), time.process_time()
            count = len(read_layer(path, "classes").frame)
            took, used = time.perf_counter() - start, time.process_time() - own
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            sys.stdout.write(
                f"{path.name}: {count:,} rows, {took:.1f} s ({used:.1f} s of CPU), peak {peak:,.0f} MB\n"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
