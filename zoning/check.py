"""Check a plan against the hard rules: every unit in one zone, room, connection, locks, forbidden pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from zoning.problem import Problem

KINDS = (
    "unassigned",
    "overload",
    "cut_off",
    "school_elsewhere",
    "lock_broken",
    "forbidden",
    "unreachable",
)
"""Rules a plan can break, as they stand in the column ``kind`` of :func:`check`."""


def check(problem: Problem, zones: pd.Series) -> pd.DataFrame:
    """List everything in a plan that breaks a hard rule.

    Parameters
    ----------
    problem
        The problem that the plan answers.
    zones
        Plan: index ``unit_id``, values zone ids; units may be missing or NA.

    Returns
    -------
    pandas.DataFrame
        Columns ``kind`` (one of :data:`KINDS`), ``zone_id``, ``unit_id``, ``amount`` (pupils concerned: those
        over the room for ``overload``, those of the unit otherwise); no row when the plan keeps every rule.

    Raises
    ------
    FaultError
        If the plan names units or zones that the problem does not have, or a unit twice.
    """
    return check_positions(problem, problem.positions(zones))


def check_positions(problem: Problem, zone: np.ndarray) -> pd.DataFrame:
    """Do the work of :func:`check` for a plan of zone positions, -1 for none."""
    over = np.maximum(loads(problem, zone) - problem.capacity, 0)
    full = np.flatnonzero(over)
    overload = pd.DataFrame(
        {"kind": "overload", "zone_id": problem.zone_ids[full], "unit_id": None, "amount": over[full]}
    )
    held, given = problem.locked >= 0, zone >= 0
    fixed = problem.fixed
    at = np.maximum(zone, 0)
    unit = np.arange(problem.n_units)
    parts = [
        _rows(problem, zone, "unassigned", ~given),
        overload,
        _rows(problem, zone, "cut_off", cut_off(problem, zone)),
        _rows(problem, zone, "school_elsewhere", given & ~held & (fixed >= 0) & (zone != fixed)),
        _rows(problem, zone, "lock_broken", given & held & (zone != problem.locked)),
        _rows(problem, zone, "forbidden", given & problem.forbidden[unit, at]),
        _rows(problem, zone, "unreachable", given & ~np.isfinite(problem.metres[unit, at])),
    ]
    kinds = {"kind": "str", "zone_id": "str", "unit_id": "str", "amount": "int64"}
    frames = [part.astype(kinds) for part in parts if len(part)]
    return pd.concat(frames, ignore_index=True) if frames else _rows(problem, zone, "", ~given & given)


def _rows(problem: Problem, zone: np.ndarray, kind: str, broken: np.ndarray) -> pd.DataFrame:
    units = np.flatnonzero(broken)
    return pd.DataFrame(
        {
            "kind": pd.Series([kind] * len(units), dtype="str"),
            "zone_id": np.array([*problem.zone_ids, None], dtype=object)[zone[units]],
            "unit_id": problem.unit_ids[units],
            "amount": problem.demand[units],
        }
    ).astype({"zone_id": "str", "unit_id": "str"})


def loads(problem: Problem, zone: np.ndarray) -> np.ndarray:
    """Return the pupils in each zone, shape (m,)."""
    given = zone >= 0
    load = np.zeros(problem.n_zones, dtype=np.int64)
    np.add.at(load, zone[given], problem.demand[given])
    return load


def pieces(problem: Problem, zone: np.ndarray) -> np.ndarray:
    """Return for each unit the number of the connected piece of its zone it lies in, shape (n,)."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    n = problem.n_units
    a = np.repeat(np.arange(n), np.diff(problem.indptr))
    b = problem.indices
    same = (zone[a] == zone[b]) & (zone[a] >= 0)
    graph = csr_matrix((np.ones(int(same.sum()), dtype=np.int8), (a[same], b[same])), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def cut_off(problem: Problem, zone: np.ndarray) -> np.ndarray:
    """Return True for units whose piece of their zone holds none of the zone's schools, shape (n,)."""
    given = zone >= 0
    piece = pieces(problem, zone)
    rooted = np.zeros(piece.max(initial=-1) + 1, dtype=bool)
    root = given & problem.roots[np.arange(problem.n_units), np.maximum(zone, 0)]
    rooted[piece[root]] = True
    return given & ~rooted[piece]


def cost(problem: Problem, zone: np.ndarray) -> float:
    """Return the pupil-kilometres of a plan; units without a zone count nothing."""
    given = np.flatnonzero(zone >= 0)
    return float(problem.cost[given, zone[given]].sum())
