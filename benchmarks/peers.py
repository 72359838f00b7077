"""Measure the catchment engine beside what people use today, on published instances and in one run.

Run ``python -m benchmarks.peers [names] --seconds 60 --seed 1``. The peers are

- nearest school, whatever its room, and nearest school with room (what is done by hand);
- spopt's capacitated p-median with every school open, solved by HiGHS: it knows no neighbours, so its plans
  cut units off. spopt is no part of the project: ``pip install spopt``, or its rows say that it is absent;
- the plain whole-number model with a flow of each zone through neighbouring units, solved by HiGHS.

Each runs on one core for at most the same seconds, building of its model included.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from benchmarks.zoning import HOME
from zoning.bench import read_bench
from zoning.check import cost, cut_off, overload
from zoning.draft import grow
from zoning.optimise import optimise
from zoning.problem import Problem
from zoning.solver import Limits, Model, solve

NAMES = ("gy2_21a", "gy2_18c", "gy_40c", "gy_37a", "zy_14c", "zy_17c")
"""Instances measured when none is named: two of each family."""

Answer = tuple[np.ndarray | None, float]
"""A plan as zone positions, or None, and a lower bound (-inf where the peer proves none)."""


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", default=NAMES)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if not HOME.is_dir():
        raise SystemExit(f"no instances: {HOME} is absent")
    print("| instance | method | plan | pupils over | units cut off | gap to best % | own gap % | seconds |")
    print("|---|---|---|---:|---:|---:|---:|---:|")
    for name in options.names:
        for method, ask in PEERS.items():
            print(row(name, method, ask, seconds=options.seconds, seed=options.seed), flush=True)


def row(name: str, method: str, ask: Callable[..., Answer], *, seconds: float, seed: int) -> str:
    """Return one line of the table: a method on an instance."""
    folder = HOME / name
    best = json.loads((folder / "best_known.json").read_text(encoding="utf-8"))["best_known"]
    problem = read_bench(*(folder / f"{table}.csv" for table in ("units", "schools", "adjacency")))
    began = time.monotonic()
    if method == "spopt p-median" and find_spec("spopt") is None:
        return f"| {name} | {method} | spopt is not installed | | | | | |"
    plan, bound = ask(problem, seconds=seconds, seed=seed)
    spent = time.monotonic() - began
    if plan is None:
        return f"| {name} | {method} | none | | | | | {spent:.1f} |"
    over = int(overload(problem, plan).sum())
    cut = int(cut_off(problem, plan).sum())
    paid = cost(problem, plan)
    own = f"{100 * (1 - bound / paid):.3f}" if math.isfinite(bound) else ""
    kept = "keeps the rules" if not over and not cut else "breaks them"
    cells = (name, method, kept, over, cut, f"{100 * (paid / best - 1):.3f}", own, f"{spent:.1f}")
    return "| " + " | ".join(map(str, cells)) + " |"


def ours(problem: Problem, *, seconds: float, seed: int) -> Answer:
    """Return the plan and the bound of the engine."""
    result = optimise(problem, seconds=seconds, seed=seed)
    return problem.positions(result.zones), result.bound


def nearest(problem: Problem, **_: float) -> Answer:
    """Send every unit to its nearest school, whatever its room."""
    return problem.metres.argmin(axis=1).astype(np.int32), -math.inf


def with_room(problem: Problem, **_: float) -> Answer:
    """Send every unit to the nearest school with room, from the schools outward."""
    return grow(problem), -math.inf


def p_median(problem: Problem, *, seconds: float, seed: int) -> Answer:
    """Ask spopt: every school open, whole units, within the seats; neighbours are unknown to it."""
    pulp, locate = import_module("pulp"), import_module("spopt.locate")

    began = time.monotonic()
    asked = locate.PMedian.from_cost_matrix(
        problem.cost / np.maximum(problem.demand[:, None], 1),
        problem.demand,
        p_facilities=problem.n_zones,
        facility_capacities=problem.capacity,
    )
    left = max(seconds - (time.monotonic() - began), 1.0)
    asked.problem.solve(pulp.HiGHS(msg=False, timeLimit=left, threads=1, gapRel=0, random_seed=seed))
    values = [[variable.value() for variable in unit] for unit in asked.cli_assgn_vars]
    if any(value is None for unit in values for value in unit):
        return None, -math.inf
    share = np.array(values)
    return (share.argmax(axis=1).astype(np.int32) if (share.sum(axis=1) > 0.5).all() else None), -math.inf


def flow(problem: Problem, *, seconds: float, seed: int) -> Answer:
    """Ask HiGHS for the plain model: pairs of unit and zone, and a flow of each zone through neighbours."""
    limits = Limits(time.monotonic() + seconds)
    model, pairs = flow_model(problem)
    outcome = solve(model, limits, seed=seed)
    if outcome.x is None:
        return None, outcome.bound
    share = outcome.x[:pairs].reshape(problem.n_units, problem.n_zones)
    return share.argmax(axis=1).astype(np.int32), outcome.bound


def flow_model(problem: Problem) -> tuple[Model, int]:
    """Return the model, and how many of its columns are pairs (unit-major); the flows follow, zone by zone.

    A unit of zone z takes one from what flows in along its neighbours; only the school's unit gives, if it is
    of the zone itself; what flows over an edge of the zone is less than ``n``, over any other nothing.
    """
    n, m = problem.n_units, problem.n_zones
    tail = np.repeat(np.arange(n), np.diff(problem.indptr))
    head = problem.indices
    arcs, pairs = len(head), n * m
    pair = np.arange(pairs).reshape(n, m)
    zone = np.repeat(np.arange(m), arcs)
    into = pairs + np.arange(m * arcs)
    tails, heads = np.tile(tail, m), np.tile(head, m)
    roots = problem.roots
    kept, held = n + m + heads * m + zone, n + m + tails * m + zone
    inflow = n + m + into
    unit, z = np.divmod(np.arange(pairs), m)
    most = float(n - 1)
    entries = [
        (unit, np.arange(pairs), np.ones(pairs)),
        (n + z, np.arange(pairs), problem.demand[unit].astype(float)),
        (n + m + np.arange(pairs), np.arange(pairs), np.where(roots.ravel(), most, -1.0)),
        (kept, into, np.ones(m * arcs)),
        (held, into, -np.ones(m * arcs)),
        (inflow, into, np.ones(m * arcs)),
        (inflow, pair[heads, zone], np.full(m * arcs, -most)),
    ]
    rows, columns, values = (np.concatenate(part) for part in zip(*entries, strict=True))
    free = np.where(roots.ravel(), np.inf, 0.0)
    own = (problem.fixed[:, None] < 0) | (problem.fixed[:, None] == np.arange(m))
    model = Model.from_triplets(
        np.concatenate([problem.cost.ravel(), np.zeros(m * arcs)]),
        np.concatenate([(problem.allowed & own).ravel().astype(float), np.full(m * arcs, most)]),
        np.concatenate([np.ones(n), np.full(m, -np.inf), np.zeros(pairs), np.full(m * arcs, -np.inf)]),
        np.concatenate([np.ones(n), problem.capacity.astype(float), free, np.zeros(m * arcs)]),
        rows,
        columns,
        values,
        integer=np.arange(pairs + m * arcs) < pairs,
    )
    return model, pairs


PEERS: dict[str, Callable[..., Answer]] = {
    "nearest school": nearest,
    "nearest with room": with_room,
    "spopt p-median": p_median,
    "HiGHS, flow model": flow,
    "huapian": ours,
}


if __name__ == "__main__":
    main()
