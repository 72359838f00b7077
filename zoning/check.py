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


def check_positions(problem: Problem, zone: np.ndarray, *, cut: np.ndarray | None = None) -> pd.DataFrame:
    """Do the work of :func:`check` for a plan of zone positions, -1 for none.

    ``cut`` is what :func:`cut_off` says of the plan, where that is known.
    """
    over = overload(problem, zone)
    held, given = problem.locked >= 0, zone >= 0
    fixed = problem.fixed
    at = np.maximum(zone, 0)
    unit = np.arange(problem.n_units)
    broken = {
        "unassigned": ~given,
        "overload": over > 0,
        "cut_off": cut_off(problem, zone) if cut is None else cut,
        "school_elsewhere": given & ~held & (fixed >= 0) & (zone != fixed),
        "lock_broken": given & held & (zone != problem.locked),
        "forbidden": given & problem.forbidden[unit, at],
        "unreachable": given & ~np.isfinite(problem.metres[unit, at]),
    }
    where = {kind: np.flatnonzero(those) for kind, those in broken.items()}
    full = where.pop("overload")
    kinds, units = np.repeat(list(where), [len(w) for w in where.values()]), np.concatenate([*where.values()])
    first = len(where["unassigned"])  # overload stands second
    return pd.DataFrame(
        {
            "kind": pd.Series(np.insert(kinds.astype(object), first, ["overload"] * len(full)), dtype="str"),
            "zone_id": _names(problem.zone_ids, np.insert(zone[units], first, full)),
            "unit_id": _names(problem.unit_ids, np.insert(units, first, [-1] * len(full))),
            "amount": np.insert(problem.demand[units], first, over[full]).astype(np.int64),
        }
    )


def _names(ids: pd.Index, at: np.ndarray) -> pd.Series:
    """Return the ids at positions, NA for -1."""
    names = np.full(len(at), None, dtype=object)
    names[at >= 0] = ids[at[at >= 0]]
    return pd.Series(names, dtype="str")


def loads(problem: Problem, zone: np.ndarray) -> np.ndarray:
    """Return the pupils in each zone, shape (m,)."""
    given = zone >= 0
    load = np.zeros(problem.n_zones, dtype=np.int64)
    np.add.at(load, zone[given], problem.demand[given])
    return load


def overload(problem: Problem, zone: np.ndarray) -> np.ndarray:
    """Return the pupils in each zone beyond its room, shape (m,)."""
    return np.maximum(loads(problem, zone) - problem.capacity, 0)


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


def cut_off_in(problem: Problem, zone: np.ndarray, one: int) -> np.ndarray:
    """Return the positions of the units of one zone that :func:`cut_off` would name, looking at no other."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    units = np.flatnonzero(zone == one)
    count = problem.indptr[units + 1] - problem.indptr[units]
    first = np.repeat(problem.indptr[units] - np.cumsum(count) + count, count)
    beside = problem.indices[first + np.arange(count.sum())]
    tail = np.repeat(np.arange(len(units)), count)
    same = zone[beside] == one
    head = np.searchsorted(units, beside[same])
    links = (np.ones(len(head), dtype=np.int8), (tail[same], head))
    piece = connected_components(csr_matrix(links, shape=(len(units), len(units))), directed=False)[1]
    rooted = np.unique(piece[problem.roots[units, one]])
    return units[~np.isin(piece, rooted)]


def cost(problem: Problem, zone: np.ndarray) -> float:
    """Return the pupil-kilometres of a plan; units without a zone count nothing."""
    given = np.flatnonzero(zone >= 0)
    return float(problem.cost[given, zone[given]].sum())
