"""Say why a unit goes where it goes: the schools it could have, their distance and room, what bars them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gis.faults import Fault, FaultError
from zoning.check import cut_off, loads
from zoning.problem import Problem

REASONS = (
    "current",
    "school_inside",
    "locked",
    "forbidden",
    "unreachable",
    "not_beside",
    "cuts_off",
    "full",
    "possible",
)
"""What decides about each zone in :func:`options`, strongest first.

The zone of the plan now; another zone has a school in the unit; the unit is locked; the pair is forbidden; no
way there; no unit of the zone beside; moving would cut units off; too few seats; the move can be made as it
stands.
"""


def options(problem: Problem, zones: pd.Series, unit: str) -> pd.DataFrame:
    """List every zone for one unit, nearest first.

    Parameters
    ----------
    problem, zones
        The problem and the plan to explain.
    unit
        Unit id.

    Returns
    -------
    pandas.DataFrame
        Columns ``zone_id``, ``rank`` (1 = nearest), ``metres``, ``extra_m`` (against the nearest), ``seats``,
        ``room`` (seats left for the unit, itself not counted), ``short`` (seats that would lack),
        ``beside`` (the unit would be tied to the zone), ``cuts_off`` (units that moving it would cut off),
        ``pupil_km`` (change of the whole plan's sum by the move), ``reason`` (one of :data:`REASONS`).

    Raises
    ------
    FaultError
        If the problem does not have the unit, or the plan does not fit the problem.
    """
    if unit not in problem.unit_ids:
        raise FaultError([Fault("zoning_unit_unknown", found=str(unit))])
    at = int(problem.unit_ids.get_indexer(pd.Index([unit]))[0])
    zone = problem.positions(zones)
    now = int(zone[at])
    without = zone.copy()
    without[at] = -1
    room = problem.capacity - loads(problem, without)
    need = int(problem.demand[at])
    metres = problem.metres[at]
    table = pd.DataFrame(
        {
            "zone_id": problem.zone_ids,
            "rank": pd.Series(metres).rank(method="min").astype("int64"),
            "metres": metres,
            "extra_m": metres - metres.min(),
            "seats": problem.capacity,
            "room": room,
            "short": np.maximum(need - room, 0),
            "beside": _beside(problem, zone, at),
            "cuts_off": np.where(np.arange(problem.n_zones) == now, 0, _cuts(problem, zone, without, at)),
            "pupil_km": problem.cost[at] - (problem.cost[at, now] if now >= 0 else 0.0),
        }
    )
    table["reason"] = _reasons(problem, table, at, now)
    return table.sort_values(["metres", "zone_id"], ignore_index=True)


def _beside(problem: Problem, zone: np.ndarray, at: int) -> np.ndarray:
    """Return for each zone whether the unit touches it or holds a way to its school."""
    beside = problem.roots[at].copy()
    near = zone[problem.neighbours(at)]
    beside[near[near >= 0]] = True
    return beside


def _cuts(problem: Problem, zone: np.ndarray, without: np.ndarray, at: int) -> int:
    """Return how many more units are cut off once the unit has left its zone."""
    before = cut_off(problem, zone)
    before[at] = False
    return int((cut_off(problem, without) & ~before).sum())


def _reasons(problem: Problem, table: pd.DataFrame, at: int, now: int) -> list[str]:
    other = np.arange(problem.n_zones)
    fixed, locked = int(problem.fixed[at]), int(problem.locked[at])
    home = np.array([at in units for units in problem.anchors])
    tests = {
        "current": other == now,
        "school_inside": bool(home.any()) & ~home,
        "locked": (locked >= 0) & (other != fixed),
        "forbidden": problem.forbidden[at],
        "unreachable": ~np.isfinite(problem.metres[at]),
        "not_beside": ~table["beside"].to_numpy(),
        "cuts_off": table["cuts_off"].to_numpy() > 0,
        "full": table["short"].to_numpy() > 0,
    }
    return [next((name for name, holds in tests.items() if holds[z]), "possible") for z in other]
