"""How many units would be cut off if one left its zone, for every unit at once."""

from __future__ import annotations

import numpy as np
from numba import njit

from zoning.problem import Problem


def hinges(problem: Problem, zone: np.ndarray) -> np.ndarray:
    """Return for each unit how many others would lose their way to the school if it left its zone.

    Parameters
    ----------
    problem
        The problem.
    zone
        Plan as zone positions, -1 for none, shape (n,).

    Returns
    -------
    numpy.ndarray
        Whole numbers, shape (n,). Units that are cut off already count nowhere.

    Notes
    -----
    One search in depth from all schools at once (Tarjan 1972): what hangs below a unit and reaches no unit
    met before it hangs on it alone.
    """
    placed = zone >= 0
    rooted = placed & problem.roots[np.arange(problem.n_units), np.maximum(zone, 0)]
    return _hanging(problem.indptr, problem.indices, zone.astype(np.int32), rooted)


@njit(cache=True, nogil=True)
def _hanging(indptr: np.ndarray, indices: np.ndarray, zone: np.ndarray, rooted: np.ndarray) -> np.ndarray:
    n = zone.size
    met = np.zeros(n, dtype=np.int64)  # order in which units are met, from 1; the schools are 0
    low = np.zeros(n, dtype=np.int64)  # the earliest met that a unit, or one below it, touches
    size = np.ones(n, dtype=np.int64)
    parent = np.full(n, -1, dtype=np.int64)
    at = indptr[:-1].astype(np.int64)
    lost = np.zeros(n, dtype=np.int64)
    stack = np.empty(n, dtype=np.int64)
    clock = 0
    for start in range(n):
        if not rooted[start] or met[start] > 0:
            continue
        clock += 1
        met[start] = clock
        stack[0] = start
        depth = 1
        while depth > 0:
            u = stack[depth - 1]
            if at[u] < indptr[u + 1]:
                v = indices[at[u]]
                at[u] += 1
                if zone[v] != zone[u]:
                    continue
                if met[v] == 0:
                    clock += 1
                    met[v] = clock
                    low[v] = 0 if rooted[v] else clock
                    parent[v] = u
                    stack[depth] = v
                    depth += 1
                elif v != parent[u]:
                    low[u] = min(low[u], met[v])
                continue
            depth -= 1
            p = parent[u]
            if p >= 0:
                size[p] += size[u]
                low[p] = min(low[p], low[u])
                if low[u] >= met[p]:
                    lost[p] += size[u]
    return lost
