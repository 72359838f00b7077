"""Measures of a plan. A measure by zone is a Series on the zones, one by unit a Series on the units.

Walks are in metres, as in the problem's distances; pupils are weighted by their number. A zone without pupils
has no mean walk (NaN).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from zoning.check import check_positions, cut_off
from zoning.check import loads as _loads
from zoning.problem import Problem


def walk(problem: Problem, zones: pd.Series) -> pd.Series:
    """Return each unit's walk to its school, metres; NaN without a school."""
    zone = problem.positions(zones)
    metres = problem.metres[np.arange(problem.n_units), np.maximum(zone, 0)]
    return pd.Series(np.where(zone >= 0, metres, np.nan), index=problem.unit_ids, name="walk_m")


def nearest(problem: Problem) -> pd.Series:
    """Return each unit's nearest zone that it may go to, NA where there is none."""
    metres = np.where(problem.allowed, problem.metres, np.inf)
    zone = np.where(np.isfinite(metres).any(axis=1), metres.argmin(axis=1), -1)
    return problem.series(zone)


def load(problem: Problem, zones: pd.Series) -> pd.Series:
    """Return the pupils in each zone."""
    return _by_zone(problem, _loads(problem, problem.positions(zones)), "pupils")


def fill(problem: Problem, zones: pd.Series) -> pd.Series:
    """Return pupils over seats in each zone; inf without seats, NaN without both."""
    pupils = load(problem, zones)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _by_zone(problem, pupils.to_numpy() / problem.capacity, "fill")


def mean_walk(problem: Problem, zones: pd.Series) -> pd.Series:
    """Return the mean walk of the pupils of each zone, metres."""
    zone, pupils, metres = _walks(problem, zones)
    total = np.bincount(zone, pupils * metres, problem.n_zones)
    with np.errstate(invalid="ignore"):
        return _by_zone(problem, total / np.bincount(zone, pupils, problem.n_zones), "mean_walk_m")


def longest_walk(problem: Problem, zones: pd.Series) -> pd.Series:
    """Return the longest walk of a unit with pupils in each zone, metres; NaN where no pupil lives."""
    zone, _, metres = _walks(problem, zones)
    longest = np.full(problem.n_zones, -np.inf)
    np.maximum.at(longest, zone, metres)
    return _by_zone(problem, np.where(longest >= 0, longest, np.nan), "longest_walk_m")


def share_within(problem: Problem, zones: pd.Series, limit: float) -> pd.Series:
    """Return the share of pupils of each zone whose walk is at most ``limit`` metres."""
    zone, pupils, metres = _walks(problem, zones)
    return _share(problem, zone, pupils, metres <= limit, "share_within")


def share_nearest(problem: Problem, zones: pd.Series) -> pd.Series:
    """Return the share of pupils of each zone for whom no school they may go to is nearer."""
    zone, pupils, metres = _walks(problem, zones)
    units = _with_pupils(problem, problem.positions(zones))
    best = np.where(problem.allowed, problem.metres, np.inf).min(axis=1)[units]
    return _share(problem, zone, pupils, metres <= best, "share_nearest")


def moved(zones: pd.Series, reference: pd.Series, demand: pd.Series) -> pd.Series:
    """Return the pupils of each unit whose zone differs from the plan ``reference``.

    A unit that ``reference`` does not know, or leaves without a zone, counts as not moved.
    """
    before = reference.reindex(zones.index)
    changed = (before.notna() & (zones.isna() | (zones != before).fillna(True))).astype(bool)
    return demand.reindex(zones.index).where(changed, 0).rename("moved")


def summary(problem: Problem, zones: pd.Series, *, limit: float | None = None) -> pd.DataFrame:
    """Return one row a zone: seats, pupils, spare seats, walks, shares and units cut off.

    Parameters
    ----------
    problem, zones
        The problem and a plan for it.
    limit
        A walking distance in metres; adds the column ``share_within``.

    Returns
    -------
    pandas.DataFrame
        Index ``zone_id``; columns ``seats, pupils, spare, fill, units, mean_walk_m, longest_walk_m,
        share_nearest, cut_off_units`` (and ``share_within``).
    """
    zone = problem.positions(zones)
    pupils = load(problem, zones)
    given = zone >= 0
    table = pd.DataFrame(
        {
            "seats": problem.capacity,
            "pupils": pupils,
            "spare": problem.capacity - pupils,
            "fill": fill(problem, zones),
            "units": np.bincount(zone[given], minlength=problem.n_zones),
            "mean_walk_m": mean_walk(problem, zones),
            "longest_walk_m": longest_walk(problem, zones),
            "share_nearest": share_nearest(problem, zones),
            "cut_off_units": np.bincount(zone[cut_off(problem, zone)], minlength=problem.n_zones),
        },
        index=pupils.index,
    )
    return table if limit is None else table.assign(share_within=share_within(problem, zones, limit))


def totals(
    problem: Problem,
    zones: pd.Series,
    *,
    limit: float | None = None,
    reference: pd.Series | None = None,
    broken: pd.DataFrame | None = None,
) -> pd.Series:
    """Return the figures of the whole plan; `broken` is what `check` says of it, where that is known.

    Returns
    -------
    pandas.Series
        ``pupils, seats, pupil_km, mean_walk_m, longest_walk_m, over, share_nearest, cut_off_units,
        unassigned_units, violations``, and ``share_within`` and ``moved`` when asked for.
    """
    _, pupils, metres = _walks(problem, zones)
    at = problem.positions(zones)
    units = _with_pupils(problem, at)
    best = np.where(problem.allowed, problem.metres, np.inf).min(axis=1)[units]
    broken = check_positions(problem, at) if broken is None else broken
    count = max(int(pupils.sum()), 1)
    figures = {
        "pupils": int(problem.demand.sum()),
        "seats": int(problem.capacity.sum()),
        "pupil_km": float((pupils * metres).sum() / 1000),
        "mean_walk_m": float((pupils * metres).sum() / count) if len(pupils) else np.nan,
        "longest_walk_m": float(metres.max(initial=0.0)) if len(metres) else np.nan,
        "over": int(broken.loc[broken["kind"] == "overload", "amount"].sum()),
        "share_nearest": float(pupils[metres <= best].sum() / count),
        "cut_off_units": int((broken["kind"] == "cut_off").sum()),
        "unassigned_units": int((at < 0).sum()),
        "violations": len(broken),
    }
    if limit is not None:
        figures["share_within"] = float(pupils[metres <= limit].sum() / count)
    if reference is not None:
        demand = pd.Series(problem.demand, index=problem.unit_ids)
        figures["moved"] = int(moved(problem.series(at), reference, demand).sum())
    return pd.Series(figures, dtype="float64")


def _by_zone(problem: Problem, values: np.ndarray, name: str) -> pd.Series:
    return pd.Series(values, index=problem.zone_ids.rename("zone_id"), name=name)


def _with_pupils(problem: Problem, zone: np.ndarray) -> np.ndarray:
    return np.flatnonzero((zone >= 0) & (problem.demand > 0))


def _walks(problem: Problem, zones: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return zone, pupils and walk of each assigned unit with pupils."""
    zone = problem.positions(zones)
    units = _with_pupils(problem, zone)
    return zone[units], problem.demand[units], problem.metres[units, zone[units]]


def _share(problem: Problem, zone: np.ndarray, pupils: np.ndarray, those: np.ndarray, name: str) -> pd.Series:
    with np.errstate(invalid="ignore"):
        share = np.bincount(zone, pupils * those, problem.n_zones) / np.bincount(
            zone, pupils, problem.n_zones
        )
    return _by_zone(problem, share, name)
