"""Say why a unit goes where it goes: the schools it could have, their distance and room, what bars them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gis.faults import Fault, FaultError
from zoning.check import cut_off, loads
from zoning.hinges import hinges
from zoning.problem import Problem
from zoning.trades import trades

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
    with np.errstate(invalid="ignore"):  # no way there, and none to the nearest either
        extra = metres - metres.min()
        change = problem.cost[at] - (problem.cost[at, now] if now >= 0 else 0.0)
    table = pd.DataFrame(
        {
            "zone_id": problem.zone_ids,
            "rank": pd.Series(metres).rank(method="min").astype("int64"),
            "metres": metres,
            "extra_m": extra,
            "seats": problem.capacity,
            "room": room,
            "short": np.maximum(need - room, 0),
            "beside": _beside(problem, zone, at),
            "cuts_off": np.where(np.arange(problem.n_zones) == now, 0, _cuts(problem, zone, without, at)),
            "pupil_km": change,
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


def nearer(problem: Problem, zones: pd.Series, *, most: int = 3) -> pd.DataFrame:
    """Say for every unit why it does not go to a zone nearer than its own, and what an exchange would cost.

    Parameters
    ----------
    problem, zones
        The problem and the plan to explain.
    most
        Zones listed for one unit, nearest first.

    Returns
    -------
    pandas.DataFrame
        One row a unit and nearer zone, in the order of the units, nearest first: ``unit_id``, ``zone_id``,
        ``rank`` (1 = nearest), ``metres``, ``reason`` (one of :data:`REASONS`), ``short`` (seats that would
        lack), ``cuts_off`` (units that its leaving would cut off), ``pupil_km`` (change of the whole plan's
        sum by the move), ``swap_unit_id`` (NA without one), ``swap_pupils`` and ``swap_pupil_km`` (the
        best exchange, see :func:`zoning.trades.trades`; only where seats are what lacks). A unit at its
        nearest zone has no row; to one without a zone all are nearer.

    Raises
    ------
    FaultError
        If the plan does not fit the problem.
    """
    zone = problem.positions(zones)
    unit, other, rank = _closer(problem, zone, most)
    table = pd.DataFrame({"unit": unit, "zone": other, "rank": rank})
    now = zone[unit]
    table["metres"] = problem.metres[unit, other]
    room = problem.capacity - loads(problem, zone)
    table["short"] = np.maximum(problem.demand[unit] - room[other], 0)
    table["cuts_off"] = hinges(problem, zone)[unit]
    own = np.where(now >= 0, problem.cost[unit, np.maximum(now, 0)], 0.0)
    table["pupil_km"] = problem.cost[unit, other] - own
    table["reason"] = _pair_reasons(problem, zone, table)
    partner, change = np.full(len(table), -1), np.full(len(table), np.nan)
    full = (table["reason"] == "full").to_numpy() & (now >= 0)
    partner[full], change[full] = trades(problem, zone, unit[full], other[full])
    found = partner >= 0
    table["swap_unit_id"] = pd.Series(np.array([*problem.unit_ids, None], dtype=object)[partner], dtype="str")
    table["swap_pupils"] = np.where(found, problem.demand[np.maximum(partner, 0)], 0)
    table["swap_pupil_km"] = change
    table.insert(0, "unit_id", problem.unit_ids[unit])
    table.insert(1, "zone_id", problem.zone_ids[other])
    return table.drop(columns=["unit", "zone"])


def _closer(problem: Problem, zone: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return units, zones nearer than their own, and their ranks, at most ``most`` for each unit."""
    every = np.arange(problem.n_units)
    own = np.where(zone >= 0, problem.metres[every, np.maximum(zone, 0)], np.inf)
    kept = min(most, problem.n_zones)
    near = (
        np.argpartition(problem.metres, kept - 1, axis=1)[:, :kept] if kept else np.empty((len(own), 0), int)
    )
    metres = np.take_along_axis(problem.metres, near, axis=1)
    near = np.take_along_axis(near, np.lexsort((near, metres), axis=1), axis=1)
    metres = np.take_along_axis(problem.metres, near, axis=1)
    unit, at = np.nonzero(metres < own[:, None])
    return unit, near[unit, at], (metres[unit] < metres[unit, at][:, None]).sum(axis=1) + 1


def _pair_reasons(problem: Problem, zone: np.ndarray, table: pd.DataFrame) -> np.ndarray:
    """Return what decides about each unit and zone of a table, as :func:`options` does for one unit."""
    unit, other = table["unit"].to_numpy(), table["zone"].to_numpy()
    home = np.zeros((problem.n_units, problem.n_zones), dtype=bool)
    for z, units in enumerate(problem.anchors):
        home[units, z] = True
    owner = np.repeat(np.arange(problem.n_units), np.diff(problem.indptr))
    given = zone[problem.indices] >= 0
    beside = problem.roots.copy()
    beside[owner[given], zone[problem.indices][given]] = True
    return np.select(
        [
            home[unit].any(axis=1) & ~home[unit, other],
            (problem.locked[unit] >= 0) & (other != problem.fixed[unit]),
            problem.forbidden[unit, other],
            ~beside[unit, other],
            table["cuts_off"] > 0,
            table["short"] > 0,
        ],
        ["school_inside", "locked", "forbidden", "not_beside", "cuts_off", "full"],
        "possible",
    )
