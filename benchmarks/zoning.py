"""Measure the catchment engine on published instances, beside their best known plans.

Run ``python -m benchmarks.zoning [names] --seconds 60 --seeds 1 2 3 --jobs 1``; without names, all instances
in ``../shared/bench/zoning``. Each run is a process of its own, so that the seconds count from process start
as a user's do. With ``--clock cpu`` they are the seconds that the process has worked on one core: the measure
on a machine that does other things too. With ``--table file.csv`` each run adds a row to the file as it ends,
and runs that stand in it already are not repeated. ``--exact`` asks for a proof.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean

HOME = Path(__file__).parents[2] / "shared" / "bench" / "zoning"
GUIDE_ONLY = ("gy_39a", "gy_41a", "zy_13a")
"""Instances whose total capacity differs from the published table: their values are a guide only."""

COLUMNS = (
    "instance",
    "seed",
    "feasible",
    "first plan s",
    "gap at half %",
    "gap to best %",
    "cost",
    "best known",
    "bound",
    "own gap %",
    "seconds",
)


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    if options.one:
        print(json.dumps(measure(options.one, options)))
        return
    if not HOME.is_dir():
        sys.exit(f"no instances: {HOME} is absent")
    names = options.names or sorted(path.name for path in HOME.iterdir() if path.is_dir())
    rows = read(options.table)
    done = {(row["instance"], row["seed"]) for row in rows}
    left = [(name, seed) for seed in options.seeds for name in names if (name, str(seed)) not in done]
    with ThreadPoolExecutor(options.jobs) as pool:
        for row in pool.map(lambda run: spawn(run[0], run[1], options), left):
            rows.append(row)
            write(options.table, rows)
            print(row["instance"], row["seed"], row["gap to best %"], file=sys.stderr, flush=True)
    report(rows, options)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", help="instances; all by default")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--table", type=Path, help="CSV file that keeps the rows")
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def spawn(name: str, seed: int, options: argparse.Namespace) -> dict[str, str]:
    """Measure one instance in a new process."""
    words = [sys.executable, "-m", "benchmarks.zoning", "--one", name, "--seconds", str(options.seconds)]
    words += ["--seeds", str(seed), "--clock", options.clock] + ["--exact"] * options.exact
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def measure(name: str, options: argparse.Namespace) -> dict[str, str]:
    """Solve one instance and return the cells of its row."""
    from zoning import bench

    folder, seconds, seed, cpu = HOME / name, options.seconds, options.seeds[0], options.clock == "cpu"
    files = (folder / "units.csv", folder / "schools.csv", folder / "adjacency.csv")
    result = bench.solve(bench.read_bench(*files), seconds=seconds, seed=seed, exact=options.exact, cpu=cpu)
    best = json.loads((folder / "best_known.json").read_text(encoding="utf-8"))["best_known"]
    now = bench.elapsed(cpu=cpu)
    plans = [(step.seconds + now - result.seconds, step.cost) for step in result.trace if step.over == 0]
    half = seconds / 2 - bench.margin(seconds / 2)
    early = [100 * (cost / best - 1) for at, cost in plans if at <= half]
    values = (
        name,
        str(seed),
        {True: "yes", False: "no (proven)", None: "undecided"}[result.feasible],
        cell(plans[0][0] if plans else None, ".1f"),
        cell(min(early, default=None), ".4f"),
        cell(100 * (result.cost / best - 1) if result.feasible else None, ".4f"),
        cell(result.cost if result.feasible else None, ".4f"),
        cell(best, ".4f"),
        cell(result.bound, ".4f"),
        cell(100 * result.gap if result.feasible else None, ".4f"),
        cell(now, ".1f"),
    )
    return dict(zip(COLUMNS, values, strict=True))


def cell(value: float | None, form: str) -> str:
    """Return a number as text, empty for none."""
    return "" if value is None else format(value, form)


def read(table: Path | None) -> list[dict[str, str]]:
    """Return the rows measured before."""
    if table is None or not table.exists():
        return []
    with table.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(table: Path | None, rows: list[dict[str, str]]) -> None:
    """Write the rows measured so far."""
    if table is None:
        return
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def report(rows: list[dict[str, str]], options: argparse.Namespace) -> None:
    """Print all rows, and the figures over the instances whose published values hold."""
    clock = "CPU seconds of one core" if options.clock == "cpu" else "seconds by the wall"
    print(f"Seconds are {clock}, {options.seconds:g} allowed; the half is {options.seconds / 2:g}.\n")
    print("| " + " | ".join(COLUMNS) + " |\n|---" + "|---:" * (len(COLUMNS) - 1) + "|")
    for row in sorted(rows, key=lambda row: (row["seed"], row["instance"])):
        print("| " + " | ".join(row[name] for name in COLUMNS) + " |")
    firm = [row for row in rows if row["instance"] not in GUIDE_ONLY]
    gaps = [float(row["gap to best %"]) for row in firm if row["gap to best %"]]
    if not gaps:
        return
    print(
        f"\n{len(gaps)} of {len(firm)} feasible; gap to the best known: mean {mean(gaps):.3f} %, "
        f"worst {max(gaps):.3f} %, equal or better on {sum(g <= 1e-4 for g in gaps)}; own gap: mean "
        f"{mean(float(row['own gap %']) for row in firm if row['own gap %']):.3f} %"
    )


if __name__ == "__main__":
    main()
