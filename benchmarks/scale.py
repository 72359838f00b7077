"""Measure the catchment engine on made cities from 1,000 to 50,000 units, and how its time grows.

Run ``python -m benchmarks.scale [--units 1000 5000 20000 50000] [--seconds 180] [--plot file.svg]``; the plot
needs the package vl-convert-python. Each city is a process of its own; the seconds count the engine's work,
from the finished problem to the plan (with ``--clock cpu`` those that the process has worked), and the peak
of the memory is that of the whole process. The cities are synthetic: streets on a shaken grid,
rivers with few bridges, entrants in estates and villages, intake plans with 8 % to spare.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from zoning.problem import Problem, adjacency_arrays, ids

STEP = 120.0
"""Metres between neighbouring units."""

RIVER_EVERY, BRIDGE_EVERY = 60, 12
"""Rows of units between two rivers, and columns between two bridges."""

SPARE = 0.08
"""Seats above entrants, as a share."""

UNITS_A_SCHOOL = 83


def city(n_units: int, *, seed: int) -> Problem:
    """Make a city of about ``n_units`` units, one school for every 83.

    Units stand on a shaken grid; neighbours are those beside each other, save across a river without a
    bridge; walks are the shortest ways along the streets between neighbours. A third of the units are large
    estates. Seats follow the entrants around each school, so that some schools are short and some have room.
    """
    rng = np.random.default_rng(seed)
    side = round(math.sqrt(n_units))
    n = side * side
    place = np.stack(np.divmod(np.arange(n), side), axis=1) * STEP + rng.uniform(-STEP / 4, STEP / 4, (n, 2))
    a, b = _beside(side)
    indptr, indices = adjacency_arrays(n, a, b)
    demand = np.where(rng.random(n) < 1 / 3, rng.gamma(3.0, 10.0, n), rng.gamma(2.0, 2.5, n)).astype(np.int64)
    stands = np.sort(rng.choice(n, max(n // UNITS_A_SCHOOL, 1), replace=False))
    metres = _walks(place, indptr, indices, stands, rng)
    return Problem(
        unit_ids=ids(range(n)),
        zone_ids=ids(f"S{k}" for k in range(len(stands))),
        demand=demand,
        metres=metres,
        capacity=_seats(demand, metres, rng),
        anchors=tuple(np.array([u], dtype=np.int32) for u in stands),
        indptr=indptr,
        indices=indices,
        locked=np.full(n, -1, dtype=np.int32),
        forbidden=np.zeros(metres.shape, dtype=bool),
    )


def _beside(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of neighbours on the grid; a river parts two rows save at its bridges."""
    at = np.arange(side * side).reshape(side, side)
    row, column = np.divmod(np.arange(side * side).reshape(side, side)[:-1], side)
    parted = (row % RIVER_EVERY == RIVER_EVERY // 2) & (column % BRIDGE_EVERY != 0)
    a = np.concatenate([at[:, :-1].ravel(), at[:-1][~parted]])
    b = np.concatenate([at[:, 1:].ravel(), at[1:][~parted]])
    return a, b


def _walks(
    place: np.ndarray, indptr: np.ndarray, indices: np.ndarray, stands: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return metres along the streets from every unit to every school, shape (n, m)."""
    n = len(place)
    tail = np.repeat(np.arange(n), np.diff(indptr))
    length = np.linalg.norm(place[tail] - place[indices], axis=1) * rng.uniform(1.0, 1.3, len(indices))
    streets = csr_matrix((length, indices, indptr), shape=(n, n))
    metres = np.empty((n, len(stands)))
    for k, unit in enumerate(stands):
        metres[:, k] = dijkstra(streets, directed=False, indices=unit)
    return metres


def _seats(demand: np.ndarray, metres: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return intake plans: the entrants nearest to each school, evened out and shaken, with some to spare."""
    near = np.bincount(metres.argmin(axis=1), demand, metres.shape[1])
    wish = (0.5 * near + 0.5 * near.mean()) * rng.uniform(0.8, 1.25, len(near))
    own = demand[metres.argmin(axis=0)]
    seats = np.ceil(wish * demand.sum() * (1 + SPARE) / wish.sum()).astype(np.int64)
    return np.maximum(seats, own)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--units", type=int, nargs="+", default=[1_000, 5_000, 20_000, 50_000])
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        print(json.dumps(measure(options.one, options)))
        return
    rows = pd.DataFrame([spawn(n, options) for n in options.units])
    print(rows.to_string(index=False))
    if options.plot:
        plot(rows, options.plot)


def spawn(n_units: int, options: argparse.Namespace) -> dict[str, float]:
    """Measure one city in a new process."""
    words = [sys.executable, "-m", "benchmarks.scale", "--one", str(n_units)]
    words += ["--seconds", str(options.seconds), "--seed", str(options.seed), "--clock", options.clock]
    done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    if done.returncode:
        sys.exit(done.stderr)
    print(done.stdout.splitlines()[-1], file=sys.stderr, flush=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(n_units: int, options: argparse.Namespace) -> dict[str, float]:
    """Solve one city and return the cells of its row."""
    from zoning.optimise import optimise

    problem = city(n_units, seed=options.seed)
    clock = time.process_time if options.clock == "cpu" else time.monotonic
    made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, worked = time.monotonic(), time.process_time()
    result = optimise(problem, seconds=options.seconds, seed=options.seed, clock=clock)
    plans = [step for step in result.trace if step.over == 0]
    close = [s.seconds for s in plans if s.bound > 0 and s.cost <= 1.01 * result.bound]
    return {
        "units": problem.n_units,
        "schools": problem.n_zones,
        "feasible": result.feasible is True,
        "first plan s": round(plans[0].seconds, 1) if plans else math.nan,
        "first gap %": round(100 * (plans[0].cost / result.bound - 1), 2) if plans else math.nan,
        "within 1 % s": round(close[0], 1) if close else math.nan,
        "gap %": round(100 * (result.cost / result.bound - 1), 3),
        "seconds": round(time.monotonic() - began, 1),
        "cpu s": round(time.process_time() - worked, 1),
        "peak GB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "problem GB": round(made / 2**20, 2),
    }


def plot(rows: pd.DataFrame, file: Path) -> None:
    """Draw the time to a plan within 1 % of its bound over the number of units, beside a linear growth."""
    import altair as alt

    first = rows.iloc[0]
    linear = first["within 1 % s"] * rows["units"] / first["units"]
    long = pd.concat(
        [
            rows[["units"]].assign(s=rows["within 1 % s"], line="feasible, within 1 % of its bound"),
            rows[["units"]].assign(s=linear, line="linear growth from the first"),
        ]
    )
    scale = alt.Scale(type="log", nice=False)
    legend = alt.Legend(title=None, orient="top", labelLimit=400, columns=1)
    alt.Chart(long, width=480, height=300).mark_line(point=True).encode(
        x=alt.X("units", scale=scale, title="units"),
        y=alt.Y("s", scale=scale, title="seconds of one core"),
        color=alt.Color("line", legend=legend),
        strokeDash=alt.StrokeDash("line", legend=legend),
    ).save(file)


if __name__ == "__main__":
    main()
