"""Feeder patterns (对口直升): every primary catchment goes whole to one junior catchment."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gis.faults import FaultError, Words
from zoning.grouping import grouped
from zoning.problem import Problem

REASONS: dict[str, Words] = {
    "outside": Words("有单元不参与这次划片", "some of its units take no part in this search"),
    "zoning_group_apart": Words("在地图上不相连", "its units are not connected"),
    "zoning_group_schools": Words("内有几个初中片区的学校", "schools of several junior zones are in it"),
    "zoning_group_locks": Words("单元锁定在几个初中片区", "its units are locked to several junior zones"),
    "nowhere": Words("没有一所初中可以接收全部单元", "no junior zone may take all of its units"),
    "room": Words("学生多于任何一所可去初中的学位", "no junior zone open to it takes as many pupils"),
}
"""Why a primary zone cannot be asked to go whole: it goes by units then, and is named."""

UNFIT = ("primary_zone", "reason", "units", "pupils")
"""Columns of :attr:`Feeders.unfit`."""


@dataclass(frozen=True, eq=False)
class Feeders:
    """The primary zones as groups of units of a junior problem.

    Attributes
    ----------
    groups
        Units of each primary zone that can go whole, in the order of the problem.
    unfit
        Columns ``primary_zone, reason, units, pupils``: zones that cannot, with a reason of
        :data:`REASONS`; their units are free.
    """

    groups: tuple[tuple[str, ...], ...] = ()
    unfit: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(UNFIT)))


def feeders(problem: Problem, primary: pd.Series, *, share: float = 1.0) -> Feeders:
    """Return the primary zones that can go whole to a junior zone, and those that cannot.

    A nine-year school (九年一贯制) stands in its own primary zone, so that this zone can only go to itself.

    Parameters
    ----------
    problem
        The junior problem.
    primary
        The primary plan, unit_id -> zone_id; units without a zone are free.
    share
        Share of its capacity that a junior zone may fill.
    """
    groups, unfit = [], []
    for zone, units in _members(primary):
        own = problem.unit_ids.intersection(units)
        if own.empty:
            continue
        at = problem.unit_ids.get_indexer(own)
        reason = "outside" if len(own) < len(units) else _reason(problem, at, share)
        if reason:
            unfit.append((zone, reason, len(own), int(problem.demand[at].sum())))
        else:
            groups.append(tuple(map(str, own)))
    return Feeders(tuple(groups), pd.DataFrame(unfit, columns=list(UNFIT)))


def _members(primary: pd.Series) -> list[tuple[str, pd.Index]]:
    """Return each zone with its units, in the order of the zones' ids."""
    placed = primary.dropna().astype("str")
    return [(str(zone), pd.Index(units.index.astype("str"))) for zone, units in placed.groupby(placed)]


def _reason(problem: Problem, units: np.ndarray, share: float) -> str:
    """Return why units cannot go to one zone; empty where they can."""
    try:
        grouped(problem, [tuple(problem.unit_ids[units])])
    except FaultError as error:
        return error.faults[0].kind
    open_ = problem.allowed[units].all(axis=0)
    if not open_.any():
        return "nowhere"
    room = np.floor(problem.capacity[open_].max() * share + 1e-9)
    return "room" if problem.demand[units].sum() > room else ""


def links(primary: pd.Series, junior: pd.Series, demand: pd.Series) -> pd.DataFrame:
    """Return which primary zone feeds which junior zone.

    Parameters
    ----------
    primary, junior
        Plans, unit_id -> zone_id.
    demand
        Pupils by unit_id; its units are those that count, and all of their pupils are in the result.

    Returns
    -------
    DataFrame
        ``primary_zone, junior_zone`` (missing where a unit has none), ``units, pupils, share`` (of the
        primary zone's pupils, 0 to 1; missing where it has none) and ``whole`` (all units of the primary
        zone go to this one junior zone). By primary zone, most pupils first.

    Examples
    --------
    >>> primary = pd.Series({"a": "P", "b": "P", "c": "Q"})
    >>> junior = pd.Series({"a": "J", "b": "K", "c": "K"})
    >>> found = links(primary, junior, pd.Series({"a": 30, "b": 10, "c": 20}))
    >>> found[["primary_zone", "junior_zone", "pupils", "whole"]].to_numpy().tolist()
    [['P', 'J', 30, False], ['P', 'K', 10, False], ['Q', 'K', 20, True]]
    """
    frame = pd.DataFrame(
        {
            "primary_zone": primary.reindex(demand.index).astype("str"),
            "junior_zone": junior.reindex(demand.index).astype("str"),
            "pupils": demand.astype("int64"),
        }
    )
    by = frame.groupby(["primary_zone", "junior_zone"], dropna=False)["pupils"]
    table = by.agg(units="size", pupils="sum").reset_index()
    zones = table.groupby("primary_zone", dropna=False)
    total = zones["pupils"].transform("sum")
    table["share"] = table["pupils"] / total.where(total > 0)
    ends = zones["units"].transform("size")
    table["whole"] = (ends == 1) & table["primary_zone"].notna() & table["junior_zone"].notna()
    order = ["primary_zone", "pupils", "junior_zone"]
    return table.sort_values(order, ascending=[True, False, True], ignore_index=True)


def split(table: pd.DataFrame) -> pd.DataFrame:
    """Return the primary zones that do not go whole to one junior zone.

    Parameters
    ----------
    table
        As :func:`links` returns it.

    Returns
    -------
    DataFrame
        ``primary_zone, junior_zone`` (the one that takes most of its pupils), ``parts`` and ``pupils``: those
        who go elsewhere, or nowhere yet.
    """
    rows = table[table["primary_zone"].notna() & ~table["whole"]]
    first = rows.assign(loose=rows["junior_zone"].isna()).sort_values(
        ["primary_zone", "loose", "pupils", "junior_zone"], ascending=[True, True, False, True]
    )
    zones = first.groupby("primary_zone")
    found = zones.agg(
        junior_zone=("junior_zone", "first"),
        parts=("units", "size"),
        most=("pupils", "first"),
        pupils=("pupils", "sum"),
    ).reset_index()
    most = found["most"].where(found["junior_zone"].notna(), 0)
    return found.assign(pupils=found["pupils"] - most).drop(columns="most")
