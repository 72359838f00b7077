"""Small drawn maps for the tests of the catchment engine, and an exhaustive search to judge it by."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from zoning.check import check_positions, cost
from zoning.problem import Problem


def drawn(
    demand: dict[str, int],
    schools: list[tuple[str, int, str]],
    at: dict[str, float] | dict[str, tuple[float, float]],
    edges: str,
    **more: object,
) -> Problem:
    """Build a problem from pupils, schools (zone, seats, unit), places in metres and "AB BC" edges."""
    place = {unit: np.atleast_1d(np.asarray(where, dtype=float)) for unit, where in at.items()}
    travel = [
        (unit, zone, float(np.linalg.norm(place[unit] - place[home])))
        for unit in demand
        for zone, _, home in schools
    ]
    return Problem.from_frames(
        pd.Series(demand),
        pd.DataFrame(schools, columns=["zone_id", "capacity", "unit_id"]),
        pd.DataFrame(travel, columns=["unit_id", "zone_id", "metres"]),
        pd.DataFrame([tuple(pair) for pair in edges.split()], columns=["a", "b"]),
        **more,
    )


def six_in_a_row(left: int = 30, right: int = 30, **more: object) -> Problem:
    """Units A to F, 100 m apart, ten pupils each; school L in A, school R in F."""
    return drawn(
        dict.fromkeys("ABCDEF", 10),
        [("L", left, "A"), ("R", right, "F")],
        {unit: 100.0 * k for k, unit in enumerate("ABCDEF")},
        "AB BC CD DE EF",
        **more,
    )


def every_plan(problem: Problem):
    """Yield every plan that keeps all rules, as zone positions."""
    choices = [np.flatnonzero(row) for row in problem.allowed]
    for zones in itertools.product(*choices):
        plan = np.array(zones, dtype=np.int32)
        # most plans fail on room, which is told in a moment; the whole check takes milliseconds
        if (np.bincount(plan, problem.demand, problem.n_zones) > problem.capacity).any():
            continue
        if not len(check_positions(problem, plan)):
            yield plan


def least_cost(problem: Problem) -> float | None:
    """Return the cost of the best plan by trying all, or None when there is none."""
    return min((cost(problem, plan) for plan in every_plan(problem)), default=None)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    """Draw a map of two to seven units and up to three zones, connected or not, with or without room."""
    n = draw(st.integers(2, 7))
    m = draw(st.integers(1, min(3, n)))
    pairs = list(itertools.combinations(range(n), 2))
    tree = [(draw(st.integers(0, k - 1)), k) for k in range(1, n)]
    loose = draw(st.booleans()) and draw(st.booleans())
    extra = draw(st.lists(st.sampled_from(pairs), max_size=5))
    edges = (tree[1:] if loose else tree) + extra
    demand = draw(st.lists(st.integers(0, 5), min_size=n, max_size=n))
    shared = draw(st.booleans()) and draw(st.booleans())
    homes = draw(st.lists(st.integers(0, n - 1), min_size=m, max_size=m, unique=not shared))
    campus = draw(st.integers(0, n - 1)) if draw(st.booleans()) else homes[0]
    spare = draw(st.integers(-1, 6))
    total = max(sum(demand) + spare, 0)
    cut = sorted(draw(st.lists(st.integers(0, total), min_size=m - 1, max_size=m - 1)))
    seats = np.diff([0, *cut, total])
    metres = draw(st.lists(st.integers(0, 900), min_size=n * m, max_size=n * m))
    closed = draw(st.lists(st.integers(0, n * m - 1), max_size=2))
    names = [f"u{k}" for k in range(n)]
    rows = [(f"z{z}", int(seats[z]), names[homes[z]]) for z in range(m)]
    rows.append(("z0", int(seats[0]), names[campus]))
    travel = [(names[k // m], f"z{k % m}", np.nan if k in closed else float(d)) for k, d in enumerate(metres)]
    return Problem.from_frames(
        pd.Series(demand, index=names),
        pd.DataFrame(rows, columns=["zone_id", "capacity", "unit_id"]),
        pd.DataFrame(travel, columns=["unit_id", "zone_id", "metres"]),
        pd.DataFrame([(names[a], names[b]) for a, b in edges], columns=["a", "b"]).drop_duplicates(),
    )
