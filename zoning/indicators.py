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
    best = nearest_metres(problem)[units]
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
    return summary_of(problem, zone, cut_off(problem, zone), nearest_metres(problem), limit=limit)


def summary_of(
    problem: Problem, zone: np.ndarray, cut: np.ndarray, best: np.ndarray, *, limit: float | None = None
) -> pd.DataFrame:
    """Do the work of :func:`summary` for zone positions, the units cut off, and :func:`nearest_metres`."""
    m = problem.n_zones
    load = _loads(problem, zone)
    units, at, pupils, metres = _walks_of(problem, zone)
    count = np.bincount(at, pupils, m)
    longest = np.full(m, -np.inf)
    np.maximum.at(longest, at, metres)
    with np.errstate(divide="ignore", invalid="ignore"):
        columns = {
            "seats": problem.capacity,
            "pupils": load,
            "spare": problem.capacity - load,
            "fill": load / problem.capacity,
            "units": np.bincount(zone[zone >= 0], minlength=m),
            "mean_walk_m": np.bincount(at, pupils * metres, m) / count,
            "longest_walk_m": np.where(longest >= 0, longest, np.nan),
            "share_nearest": np.bincount(at, pupils * (metres <= best[units]), m) / count,
            "cut_off_units": np.bincount(zone[cut], minlength=m),
        }
        if limit is not None:
            columns["share_within"] = np.bincount(at, pupils * (metres <= limit), m) / count
    return pd.DataFrame(columns, index=problem.zone_ids.rename("zone_id"))


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
    at = problem.positions(zones)
    broken = check_positions(problem, at) if broken is None else broken
    before = None if reference is None else before_of(problem, reference)
    return totals_of(problem, at, broken, nearest_metres(problem), limit=limit, before=before)


def totals_of(
    problem: Problem,
    zone: np.ndarray,
    broken: pd.DataFrame,
    best: np.ndarray,
    *,
    limit: float | None = None,
    before: np.ndarray | None = None,
) -> pd.Series:
    """Do the work of :func:`totals` for zone positions, with :func:`nearest_metres` and :func:`before_of`."""
    units, _, pupils, metres = _walks_of(problem, zone)
    count = max(int(pupils.sum()), 1)
    kinds = broken["kind"].to_numpy()
    figures = {
        "pupils": int(problem.demand.sum()),
        "seats": int(problem.capacity.sum()),
        "pupil_km": float((pupils * metres).sum() / 1000),
        "mean_walk_m": float((pupils * metres).sum() / count) if len(pupils) else np.nan,
        "longest_walk_m": float(metres.max(initial=0.0)) if len(metres) else np.nan,
        "over": int(broken["amount"].to_numpy()[kinds == "overload"].sum()),
        "share_nearest": float(pupils[metres <= best[units]].sum() / count),
        "cut_off_units": int((kinds == "cut_off").sum()),
        "unassigned_units": int((zone < 0).sum()),
        "violations": len(broken),
    }
    if limit is not None:
        figures["share_within"] = float(pupils[metres <= limit].sum() / count)
    if before is not None:
        figures["moved"] = int(problem.demand[(before != -1) & (zone != before)].sum())
    return pd.Series(figures, dtype="float64")


def nearest_metres(problem: Problem) -> np.ndarray:
    """Return the walk of each unit to the nearest zone it may go to, shape (n,), metres; inf for none."""
    return np.where(problem.allowed, problem.metres, np.inf).min(axis=1)


def before_of(problem: Problem, reference: pd.Series) -> np.ndarray:
    """Return an earlier plan as zone positions: -1 where it says nothing, -2 for a zone that is no more."""
    earlier = reference.reindex(problem.unit_ids)
    at = problem.zone_ids.get_indexer(pd.Index(earlier))
    return np.where(earlier.notna().to_numpy() & (at < 0), -2, at)


def _by_zone(problem: Problem, values: np.ndarray, name: str) -> pd.Series:
    return pd.Series(values, index=problem.zone_ids.rename("zone_id"), name=name)


def _with_pupils(problem: Problem, zone: np.ndarray) -> np.ndarray:
    return np.flatnonzero((zone >= 0) & (problem.demand > 0))


def _walks(problem: Problem, zones: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return zone, pupils and walk of each assigned unit with pupils."""
    zone = problem.positions(zones)
    return _walks_of(problem, zone)[1:]


def _walks_of(problem: Problem, zone: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return position, zone, pupils and walk of each assigned unit with pupils."""
    units = _with_pupils(problem, zone)
    return units, zone[units], problem.demand[units], problem.metres[units, zone[units]]


def _share(problem: Problem, zone: np.ndarray, pupils: np.ndarray, those: np.ndarray, name: str) -> pd.Series:
    with np.errstate(invalid="ignore"):
        share = np.bincount(zone, pupils * those, problem.n_zones) / np.bincount(
            zone, pupils, problem.n_zones
        )
    return _by_zone(problem, share, name)
