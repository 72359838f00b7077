"""Measure the edit loop on made cities: one unit moves, and every indicator and rule is known anew.

Run ``python -m benchmarks.edit [--units 5000 50000] [--moves 200]``. Beside it, in the same run, the whole
evaluation of the same plans; both are compared after the last move. Units on a border of their zone move
into the zone beside it. The cities are those of :mod:`benchmarks.scale`.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

from benchmarks.scale import city
from zoning import check, indicators
from zoning.edit import Session, assign
from zoning.problem import Problem


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--units", type=int, nargs="+", default=[5_000, 50_000])
    parser.add_argument("--moves", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    rows = [measure(n, moves=options.moves, seed=options.seed) for n in options.units]
    print(pd.DataFrame(rows).to_string(index=False))


def measure(n_units: int, *, moves: int, seed: int) -> dict[str, float]:
    """Move units of one city and return the cells of its row, milliseconds."""
    problem, random = city(n_units, seed=seed), np.random.default_rng(seed)
    reference = zones = indicators.nearest(problem)
    session = Session.begin(problem, zones, reference=reference, limit=3000.0)
    edits, wholes = [], []
    for number in range(moves):
        unit, zone = border(problem, session.zone, random)
        began = time.perf_counter()
        session = session.move([unit], zone)
        broken = session.check()
        found = session.summary(), session.totals(broken), broken
        edits.append(time.perf_counter() - began)
        zones = assign(zones, [unit], zone)
        if number % 10 == 9:
            began = time.perf_counter()
            whole = evaluate(problem, zones, reference)
            wholes.append(time.perf_counter() - began)
            compare(found, whole)
    ms = 1000 * np.percentile(edits, [50, 95]), 1000 * np.percentile(wholes, [50, 95])
    names = ("edit p50 ms", "edit p95 ms", "whole p50 ms", "whole p95 ms")
    figures = dict(zip(names, np.concatenate(ms).round(1).tolist(), strict=True))
    return {"units": problem.n_units, "schools": problem.n_zones, "moves": moves, **figures}


def border(problem: Problem, zone: np.ndarray, random: np.random.Generator) -> tuple[str, str]:
    """Return a unit beside another zone, and that zone."""
    while True:
        unit = int(random.integers(problem.n_units))
        near = zone[problem.neighbours(unit)]
        other = near[(near >= 0) & (near != zone[unit])]
        if len(other):
            return str(problem.unit_ids[unit]), str(problem.zone_ids[other[0]])


def evaluate(
    problem: Problem, zones: pd.Series, reference: pd.Series
) -> tuple[pd.DataFrame, pd.Series, pd.DataFrame]:
    """Evaluate a whole plan."""
    broken = check.check(problem, zones)
    summary = indicators.summary(problem, zones, limit=3000.0)
    totals = indicators.totals(problem, zones, limit=3000.0, reference=reference, broken=broken)
    return summary, totals, broken


def compare(
    found: tuple[pd.DataFrame, pd.Series, pd.DataFrame], whole: tuple[pd.DataFrame, pd.Series, pd.DataFrame]
) -> None:
    """Raise AssertionError where both differ."""
    pd.testing.assert_frame_equal(found[0], whole[0])
    pd.testing.assert_series_equal(found[1], whole[1])
    pd.testing.assert_frame_equal(found[2], whole[2])


if __name__ == "__main__":
    main()
