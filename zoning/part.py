"""A problem cut to a few of its zones: what a search may move among them, everything else left alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pandas as pd

from zoning.problem import Problem, adjacency_arrays


def part(problem: Problem, zones: pd.Series, within: Collection[str]) -> Problem:
    """Return the problem of some zones: those zones, and the units that a plan or a school puts in them.

    Parameters
    ----------
    problem
        The whole problem.
    zones
        The plan, unit_id -> zone_id; units of other zones, and units without one, are left out.
    within
        Zone ids.

    Raises
    ------
    ValueError
        If the problem has none of the zones.
    """
    chosen = np.flatnonzero(problem.zone_ids.isin(list(within)))
    if not len(chosen):
        raise ValueError("none of these zones is in the problem")
    inside = np.isin(problem.positions(zones), chosen)
    inside[np.concatenate([problem.anchors[z] for z in chosen])] = True
    units = np.flatnonzero(inside)
    place = np.full(problem.n_units, -1, dtype=np.int32)
    place[units] = np.arange(len(units), dtype=np.int32)
    zone = np.full(problem.n_zones + 1, -1, dtype=np.int32)  # the last stands for no lock
    zone[chosen] = np.arange(len(chosen), dtype=np.int32)
    owner = np.repeat(np.arange(problem.n_units), np.diff(problem.indptr))
    pairs = np.stack([place[owner], place[problem.indices]])
    kept = pairs[:, (pairs >= 0).all(axis=0)]
    indptr, indices = adjacency_arrays(len(units), kept[0], kept[1])
    return replace(
        problem,
        unit_ids=problem.unit_ids[units],
        zone_ids=problem.zone_ids[chosen],
        demand=problem.demand[units],
        metres=problem.metres[np.ix_(units, chosen)],
        capacity=problem.capacity[chosen],
        anchors=tuple(place[problem.anchors[z]] for z in chosen),
        indptr=indptr,
        indices=indices,
        locked=zone[problem.locked[units]],
        forbidden=problem.forbidden[np.ix_(units, chosen)],
    )
