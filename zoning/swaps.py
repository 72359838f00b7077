"""The swaps that one unit could be part of: it goes to another zone, and a unit of that zone comes back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gis.faults import Fault, FaultError
from zoning.check import cut_off, loads
from zoning.problem import Problem

TRIED = 400
"""Swaps whose zones are looked at, most promising first."""


def swaps(problem: Problem, zones: pd.Series, unit: str, *, most: int = 5) -> pd.DataFrame:
    """List the swaps of one unit that cut nothing off and overfill no more, best first.

    Parameters
    ----------
    problem, zones
        The problem and the plan.
    unit
        Unit id.
    most
        Rows wanted.

    Returns
    -------
    pandas.DataFrame
        Columns ``zone_id`` (where the unit goes), ``unit_id`` (what comes back in its place), ``over``
        (change of pupils over capacity) and ``pupil_km`` (change of the whole plan's sum); the fewest pupils
        over come first, then the shortest walks. Empty where there is none, or the unit is held.

    Raises
    ------
    FaultError
        If the problem does not have the unit, or the plan does not fit the problem.
    """
    if unit not in problem.unit_ids:
        raise FaultError([Fault("zoning_unit_unknown", found=str(unit))])
    at = int(problem.unit_ids.get_indexer(pd.Index([unit]))[0])
    zone = problem.positions(zones)
    pairs = _pairs(problem, zone, at).head(TRIED)
    before, found = int(cut_off(problem, zone).sum()), []
    columns = (pairs[name].to_numpy() for name in ("other", "over", "pupil_km"))
    for other, over, change in zip(*columns, strict=True):
        after = zone.copy()
        after[at], after[other] = zone[other], zone[at]
        if int(cut_off(problem, after).sum()) <= before:
            names = (problem.zone_ids[zone[other]], problem.unit_ids[other])
            found.append((*names, int(over), float(change)))
        if len(found) == most:
            break
    return pd.DataFrame(found, columns=["zone_id", "unit_id", "over", "pupil_km"])


def _pairs(problem: Problem, zone: np.ndarray, at: int) -> pd.DataFrame:
    """Return the units that may change places with one, and what that would change, best first."""
    now = int(zone[at])
    free = (problem.fixed < 0) & (zone >= 0) & (zone != now)
    if now < 0 or problem.fixed[at] >= 0:
        free[:] = False
    other = np.flatnonzero(free)
    to = zone[other]
    other = other[problem.allowed[at, to] & problem.allowed[other, now]]
    to = zone[other]
    need, given = problem.demand[at], problem.demand[other]
    load, room = loads(problem, zone), problem.capacity
    here = _over(load[now] - need + given, room[now]) - _over(load[now], room[now])
    there = _over(load[to] + need - given, room[to]) - _over(load[to], room[to])
    cost = problem.cost
    change = cost[at, to] - cost[at, now] + cost[other, now] - cost[other, to]
    table = pd.DataFrame({"other": other, "over": here + there, "pupil_km": change})
    return table[table["over"] <= 0].sort_values(["over", "pupil_km"], kind="stable", ignore_index=True)


def _over(load: np.ndarray, room: np.ndarray) -> np.ndarray:
    return np.maximum(load - room, 0)
