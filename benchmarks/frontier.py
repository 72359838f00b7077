"""Measure the frontier of pupils moved against cost on the real study bcps_es2017, beside its known optimum.

Run ``python -m benchmarks.frontier [--seconds 900] [--points 12] [--table file.csv]``. The plan in force is
the column ES1516 of the instance in ``../shared/bench/zoning``.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import pandas as pd

from benchmarks.zoning import HOME
from zoning.bench import read_bench
from zoning.check import check, cost
from zoning.frontier import frontier


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=900.0)
    parser.add_argument("--points", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--table", type=Path, help="CSV file that keeps the points")
    options = parser.parse_args(arguments)
    folder = HOME / "bcps_es2017"
    if not folder.is_dir():
        sys.exit(f"no instance: {folder} is absent")
    problem = read_bench(*(folder / f"{name}.csv" for name in ("units", "schools", "adjacency")))
    units = pd.read_csv(folder / "units.csv", dtype={"id": "str"})
    force = pd.Series(units["ES1516"].astype("str").to_numpy(), index=units["id"])
    began, worked = time.monotonic(), time.process_time()
    found = frontier(
        problem,
        force,
        points=options.points,
        seconds=options.seconds,
        seed=options.seed,
        progress=lambda _cost, _bound, share: say(share, began),
    )
    table = found.table()
    if options.table:
        table.to_csv(options.table, index=False)
    broken = sum(len(check(problem, point.zones)) for point in found.points)
    over = check(problem, force).query("kind == 'overload'")["amount"].sum()
    print(f"in force: {cost(problem, problem.positions(force)):.2f} pupil-km, {over} over capacity")
    print(table.round(2).to_string(index=False))
    verdict = "proven" if found.least_proven else "not proven"
    print(f"no plan moves fewer than {found.least:g} pupils; fewest {verdict}; {broken} rules broken")
    print(f"{time.monotonic() - began:.1f} s by the wall, {time.process_time() - worked:.1f} s of CPU")


def say(share: float, began: float) -> None:
    """Say how far the run is."""
    print(f"{share:.0%}, {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
