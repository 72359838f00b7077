"""Measure the catchment engine on published instances, beside their best known plans.

Run ``python -m benchmarks.zoning [names] --seconds 60 --seed 1 --jobs 1``; without names, all instances in
``../shared/bench/zoning``. Each instance runs in a process of its own, so that the seconds count from process
start as a user's do. ``--exact`` asks for a proof.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean

HOME = Path(__file__).parents[2] / "shared" / "bench" / "zoning"
GUIDE_ONLY = ("gy_39a", "gy_41a", "zy_13a")
"""Instances whose total capacity differs from the published table: their values are a guide only."""

HEADER = (
    "| instance | feasible | cost | best known | gap to best % | own gap % | first plan s | seconds |",
    "|---|---|---:|---:|---:|---:|---:|---:|",
)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", help="instances; all by default")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(measure(options.one, options.seconds, options.seed, options.exact)))
        return
    if not HOME.is_dir():
        sys.exit(f"no instances: {HOME} is absent")
    names = options.names or sorted(path.name for path in HOME.iterdir() if path.is_dir())
    print(*HEADER, sep="\n")
    with ThreadPoolExecutor(options.jobs) as pool:
        records = [shown(r) for r in pool.map(lambda name: spawn(name, options), names)]
    close([r for r in records if r["name"] not in GUIDE_ONLY])


def spawn(name: str, options: argparse.Namespace) -> dict:
    """Measure one instance in a new process."""
    words = [sys.executable, "-m", "benchmarks.zoning", "--one", name, "--seconds", str(options.seconds)]
    words += ["--seed", str(options.seed)] + ["--exact"] * options.exact
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def measure(name: str, seconds: float, seed: int, exact: bool) -> dict:
    """Solve one instance and return the figures of a row."""
    from zoning import bench

    folder = HOME / name
    files = (folder / "units.csv", folder / "schools.csv", folder / "adjacency.csv")
    result = bench.solve(bench.read_bench(*files), seconds=seconds, seed=seed, exact=exact)
    best = json.loads((folder / "best_known.json").read_text(encoding="utf-8"))["best_known"]
    offset = bench.elapsed() - result.seconds
    first = next((step.seconds + offset for step in result.trace if step.over == 0), None)
    return {
        "name": name,
        "feasible": result.feasible,
        "cost": result.cost,
        "best": best,
        "to_best": 100 * (result.cost / best - 1) if result.feasible else None,
        "gap": 100 * result.gap if result.feasible else None,
        "low": 100 * (1 - result.bound / best),
        "first": first,
        "seconds": bench.elapsed(),
    }


def shown(record: dict) -> dict:
    """Print one row and pass the record on."""

    def number(key: str, form: str) -> str:
        return "" if record[key] is None else format(record[key], form)

    cells = (
        record["name"],
        {True: "yes", False: "no (proven)", None: "undecided"}[record["feasible"]],
        number("cost", ",.2f"),
        number("best", ",.2f"),
        number("to_best", ".4f"),
        number("gap", ".4f"),
        number("first", ".1f"),
        number("seconds", ".1f"),
    )
    print("| " + " | ".join(cells) + " |", flush=True)
    return record


def close(records: list[dict]) -> None:
    """Print the figures over all instances whose published values hold."""
    gaps = [r["to_best"] for r in records if r["to_best"] is not None]
    if not gaps:
        return
    print(
        f"\n{len(gaps)} of {len(records)} feasible; gap to the best known: mean {mean(gaps):.3f} %, "
        f"worst {max(gaps):.3f} %, equal or better on {sum(g <= 1e-4 for g in gaps)}; "
        f"own gap: mean {mean(r['gap'] for r in records if r['gap'] is not None):.3f} %"
    )


if __name__ == "__main__":
    main()
