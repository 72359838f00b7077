"""Add up 300,000 pupils of a made-up county, as the app does: a job that gets the roll through its pipe.

    python -m benchmarks.pupils [--count 300000] [--addresses 0.4] [--format csv] [--seed 1]

The roll has names, ID numbers, guardians and phones, all made up; `--addresses` is the share of pupils whose
home is an address in the ways of benchmarks/addresses.py, the others have the code of their unit. Nothing but
the project is on disk. The clock runs from the start of the worker to its answer; the peak is the worker's.
"""

from __future__ import annotations

import argparse
import csv
import io
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import pandas as pd
import psutil

from benchmarks.addresses import County, Spoiler, county
from planning import jobs
from planning.project import create_project

HEADERS: Final = (
    "学校名称", "年级", "班级", "姓名", "身份证件号", "出生日期", "小区编号", "现住址", "是否随迁子女",
    "是否寄宿", "监护人姓名", "联系电话",
)  # fmt: skip
SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗"
GIVEN: Final = "子涵欣怡浩然梓轩思远雨桐佳琪博文嘉豪若曦明宇诗"
GRADES: Final = "一二三四五六七八九"


def schools(count: int) -> pd.DataFrame:
    """Return schools by id and name."""
    ids = [f"S{number:03d}" for number in range(count)]
    names = [f"岭南区第{number + 1}学校" for number in range(count)]
    return pd.DataFrame({"school_id": ids, "name": names, "area": "urban"})


def rows(made: County, count: int, *, addresses: float, seed: int) -> Iterator[list[str]]:
    """Yield pupils: the same for the same seed."""
    draw, spoiler = random.Random(seed), Spoiler(made, seed=seed + 1)
    names = list(schools(100)["name"])
    for number in range(count):
        grade = draw.randrange(9)
        born = f"{2019 - grade}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}"
        home = draw.choice(made.homes)
        located = draw.random() < addresses
        yield [
            draw.choice(names),
            f"{GRADES[grade]}年级",
            f"{draw.randint(1, 12)}班",
            _person(draw),
            f"150602{born.replace('-', '')}{number % 1000:03d}{number // 1000 % 10}",
            born,
            "" if located else home.unit_id,
            spoiler.address()[0] if located else "",
            draw.choice("是否否否"),
            draw.choice("是否否否否"),
            _person(draw),
            f"13{draw.randint(100000000, 999999999)}",
        ]


def _person(draw: random.Random) -> str:
    return draw.choice(SURNAMES) + draw.choice(GIVEN) + draw.choice(GIVEN)


def roll(made: County, count: int, *, addresses: float, seed: int, form: str) -> bytes:
    """Return the roll as a file's bytes: "csv" in GB18030, or "xlsx"."""
    every = rows(made, count, addresses=addresses, seed=seed)
    if form == "csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows([HEADERS, *every])
        return text.getvalue().encode("gb18030")
    import xlsxwriter

    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("学籍")
        for at, row in enumerate([HEADERS, *every]):
            for column, text_ in enumerate(row):
                sheet.write_string(at, column, text_)
    return buffer.getvalue()


def run(files: list[tuple[str, bytes]], folder: str) -> tuple[float, float, float, dict[str, Any]]:
    """Return seconds by the clock and of the processor, peak MB of the worker, and its answer."""
    began, peak, busy = time.perf_counter(), 0.0, 0.0
    with jobs.start(
        "planning.rolljobs:count_roll", folder=folder, files=files, roll="enrolled", year=2026
    ) as job:
        worker = psutil.Process(job.process.pid)
        while (state := job.poll()).status == "running":
            try:
                peak = max(peak, worker.memory_info().rss / 1e6)
                busy = sum(worker.cpu_times()[:2])
            except psutil.Error:
                break
            time.sleep(0.02)
        state = job.wait()
    if state.status != "done":
        raise SystemExit(f"{state.status}: {state.error} {state.detail}")
    return time.perf_counter() - began, busy, peak, state.result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pupils", description=__doc__)
    parser.add_argument("--count", type=int, default=300_000)
    parser.add_argument("--addresses", type=float, default=0.4)
    parser.add_argument("--format", choices=("csv", "xlsx"), default="csv")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    made = county(5000, seed=given.seed)
    data = roll(made, given.count, addresses=given.addresses, seed=given.seed, form=given.format)
    layers = {**made.layers, "schools": schools(100)}
    with tempfile.TemporaryDirectory() as folder:
        project = create_project(layers, name="岭南区", year=2026, epsg=4547, folder=folder)
        seconds, busy, peak, answer = run([(f"学籍.{given.format}", data)], str(project.folder))
    counted = answer["counted"]
    size = f"a .{given.format} of {len(data) / 1e6:.0f} MB"
    print(f"{given.count:,} rows in {size}, {given.addresses:.0%} of the homes by address")
    print(f"{seconds:.1f} s by the clock, {busy:.1f} s of processor; peak {peak:.0f} MB")
    print(f"{len(counted.cells):,} totals; homes found {counted.matched:.1%}")
    print(counted.ways.round(4).to_string(index=False))
    print(counted.left_out[["reason", "rows"]].to_string(index=False), f"\n{len(counted.faults)} notes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
