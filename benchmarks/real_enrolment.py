"""New York's enrolment through ``cli.py forecast``, as its own process: what it reads, writes and refuses."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.real_report import BENCH, Report

CLI = Path(__file__).parents[1] / "cli.py"
COLUMNS = ["level", "district", "school", "grade", "year", "mean", "low", "median", "high"]
K8 = ("K", *(str(n) for n in range(1, 9)))
LAST, UNTIL = 2016, 2019
#: WAPE % of school x grade cells one and three years ahead: three-year progression ratio, and best known.
STANDING = {1: (7.1, 6.4), 3: (14.0, 12.9)}


def nyc(report: Report, *, home: Path, bench: Path = BENCH) -> None:
    """Forecast K-8 from what was known in 2016, hold it against 2017-2019, and break a copy of the file."""
    full = read(bench)
    home.mkdir(parents=True, exist_ok=True)
    known = full[full["year"].astype(int) <= LAST]
    report.line(f"  K-8 of {full['school'].nunique():,} schools in {full['district'].nunique()} districts;")
    report.line(
        f"  history to {LAST} ({len(known):,} rows, 2012 is missing in the source); forecast to {UNTIL},"
    )
    report.line("  the years that followed are held back; 2020-21 are pandemic years and left out.")
    history, out = home / "history.csv", home / "forecast.csv"
    known.to_csv(history, index=False)
    run, seconds = command(history, out)
    summary(report, run, seconds)
    frame = pd.read_csv(out, dtype={"district": str, "school": str, "grade": str})
    adds_up(report, frame)
    accuracy(report, frame, full)
    broken(report, known, home)


def read(bench: Path = BENCH) -> pd.DataFrame:
    """The city's enrolment by school and grade, K-8, before the pandemic, as text."""
    frame = pd.read_csv(bench / "forecast" / "nyc_school_grade.csv", dtype=str)
    return frame[frame["grade"].isin(K8) & (frame["year"].astype(int) <= UNTIL)]


def command(history: Path, out: Path, until: int = UNTIL) -> tuple[subprocess.CompletedProcess[str], float]:
    """Run the command; return what it did and how long it took."""
    words = [sys.executable, "-X", "utf8", str(CLI), "forecast", "--history", str(history)]
    words += ["--until", str(until), "--out", str(out)]
    began = time.monotonic()
    run = subprocess.run(words, capture_output=True, text=True, encoding="utf-8", check=False)
    return run, time.monotonic() - began


def summary(report: Report, run: subprocess.CompletedProcess[str], seconds: float) -> None:
    """Say how the command ended and what it printed last."""
    report.part("cli.py forecast")
    report.figure("exit", "exit code", run.returncode)
    report.figure("seconds", "seconds, start of Python included", seconds)
    if run.returncode:
        report.line(run.stderr)
        return
    said = json.loads(run.stdout.splitlines()[-1])
    report.line(f"  rows {said['rows']:,}, schools {said['schools']:,}, years {said['years']}")
    for name in ("warnings", "notes"):
        report.line(f"  {name}: {len(said[name])}")
        report.some([_english(words) for words in said[name]], shown=6)


def _english(words: object) -> str:
    return str(words["en"]) if isinstance(words, dict) and "en" in words else str(words)


def adds_up(report: Report, frame: pd.DataFrame) -> None:
    """Check the columns, and that the mean adds up from cells to schools and districts."""
    report.part("the file written")
    report.line(f"  columns {','.join(frame.columns)}")
    report.figures["columns_right"] = float(list(frame.columns) == COLUMNS)
    cells = frame[frame["level"] == "cell"]
    for level, keys in (("school", ["district", "school", "year"]), ("district", ["district", "year"])):
        stated = frame[frame["level"] == level].set_index(keys)["mean"]
        summed = cells.groupby(keys)["mean"].sum()
        off = (stated - summed.reindex(stated.index)).abs()
        words = f"{level}s: mean less the sum of its cells, greatest"
        report.figure(f"sum_off_{level}", words, off.max())
        report.figure(f"sum_missing_{level}", f"{level}s without cells", off.isna().sum())
    ordered = (frame["low"] <= frame["median"]) & (frame["median"] <= frame["high"]) & (frame["low"] >= 0)
    report.figure("unordered", "rows where not 0 <= low <= median <= high", (~ordered).sum())


def accuracy(report: Report, frame: pd.DataFrame, full: pd.DataFrame) -> None:
    """Hold the forecast against what came: error by year and level, and how often the ranges held."""
    report.part(f"against what came in {LAST + 1}-{UNTIL}")
    actual = full.assign(year=full["year"].astype(int), enrolment=full["enrolment"].astype(float))
    keys = {
        "cell": ["district", "school", "grade"],
        "school": ["district", "school"],
        "district": ["district"],
    }
    rows = []
    for level, by in keys.items():
        came = actual.groupby([*by, "year"])["enrolment"].sum().rename("actual").reset_index()
        both = frame[frame["level"] == level].merge(came, on=[*by, "year"], suffixes=("", "_"))
        for year, part in both.groupby("year"):
            error = (part["mean"] - part["actual"]).abs().sum() / part["actual"].sum()
            inside = part["actual"].between(part["low"], part["high"]).mean()
            rows.append((level, year, len(part), 100 * error, 100 * inside))
    table = pd.DataFrame(rows, columns=["level", "year", "rows", "WAPE %", "covered %"])
    report.table(table.set_index(["level", "year"]))
    found = table.set_index(["level", "year"])["WAPE %"]
    for ahead, (plain, best) in STANDING.items():
        words = f"WAPE % of cells {ahead} year{'s' if ahead > 1 else ''} ahead"
        beside = f"best known {best}; ratio GPR3, all base years,"
        report.figure(f"wape_{ahead}", words, found["cell", LAST + ahead], plain, beside)
    report.line("  Not like for like: the standing is over all base years and schools with unchanged grades;")
    report.line("  python -m benchmarks.forecast measures both in one run.")


def broken(report: Report, known: pd.DataFrame, home: Path) -> None:
    """Break a copy in eight ways; every fault must be named and nothing written."""
    frame = known.tail(400).reset_index(drop=True)
    frame.loc[3, "enrolment"] = "-5"
    frame.loc[7, "enrolment"] = "about 40"
    frame.loc[11, "enrolment"] = ""
    frame.loc[15, "year"] = "20l5"
    frame.loc[19, "school"] = ""
    frame.loc[23, "grade"] = "grade eleventy"
    frame.loc[27, "enrolment"] = "31.5"
    frame = pd.concat([frame, frame.iloc[[30]].assign(enrolment="999")])
    path, out = home / "broken.csv", home / "broken_out.csv"
    frame.to_csv(path, index=False)
    run, _ = command(path, out)
    report.part("a copy broken in eight places")
    report.figure("broken_exit", "exit code", run.returncode, 2, "contract")
    report.figure("broken_written", "files written", int(out.exists()))
    lines = [line for line in run.stderr.splitlines() if line.strip()]
    report.figure("broken_lines", "lines on stderr, both languages", len(lines))
    report.some(lines, shown=40)
    rows = [3, 7, 11, 15, 19, 23, 27, 400]
    named = [any(f" {row + 2} " in line or f"row {row + 2}," in line for line in lines) for row in rows]
    report.figure("broken_named", "broken rows named", int(np.sum(named)), len(rows), "broken")
