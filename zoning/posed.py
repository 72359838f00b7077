"""A catchment problem with optional rules in it: what is solved, what a plan breaks, why a unit may stay."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from zoning.check import check_positions, loads
from zoning.grouping import Grouping
from zoning.problem import Problem
from zoning.reasons import Reason
from zoning.sides import SLACK, Sides, attribute

if TYPE_CHECKING:
    from zoning.options import Options

KINDS = ("too_far", "barrier", "split", "feeder", "over_share", "too_small", "unbalanced")
"""Kinds of :meth:`Posed.check` beside those of :data:`zoning.check.KINDS`."""


_SIDES = {"least": "too_small", "balance": "unbalanced"}


@dataclass(frozen=True, eq=False)
class Posed:
    """A problem with options in it, and the way back to the plain one.

    Attributes
    ----------
    options
        The options.
    plain
        The problem without them.
    changed
        The problem with every hard rule among them, groups unmerged: what a plan is checked against.
    problem
        What is solved: groups merged into one unit each, the price of moving in ``metres``.
    grouping
        How units merge.
    far
        True where a pair is beyond the longest walk for the unit or one of its group, shape (n, m).
    spared
        Units that a rule could not be asked of: they go to the nearest school that is left.
    scope
        Zones that the options hold for, shape (m,); all but after :meth:`within`.
    sides
        Limits on sums of zones and the price of borders, of the units as they are.
    """

    options: Options
    plain: Problem
    changed: Problem
    problem: Problem
    grouping: Grouping
    far: np.ndarray
    spared: tuple[str, ...]
    scope: np.ndarray
    sides: Sides

    def expand(self, zones: pd.Series) -> pd.Series:
        """Return a plan of the merged units as a plan of all units."""
        return self.plain.series(self.problem.positions(zones)[self.grouping.of])

    def reduce(self, zones: pd.Series) -> pd.Series:
        """Return a plan as a start for the merged problem: groups that it splits have no zone."""
        at = self.plain.positions(zones)
        first = at[self.grouping.first]
        split = np.zeros(len(first), dtype=bool)
        split[self.grouping.of[at != first[self.grouping.of]]] = True
        return self.problem.series(np.where(split, -1, first))

    def within(self, zones: Collection[str]) -> Posed:
        """Return the same options for some zones only: what a plan is to be checked against, not solved."""
        inside = self.plain.zone_ids.isin(list(zones))
        changed = replace(
            self.changed,
            capacity=np.where(inside, self.changed.capacity, self.plain.capacity),
            forbidden=np.where(inside, self.changed.forbidden, self.plain.forbidden),
        )
        low = np.where(inside, self.sides.low, -np.inf)
        high = np.where(inside, self.sides.high, np.inf)
        return replace(self, changed=changed, scope=inside, sides=replace(self.sides, low=low, high=high))

    def proofs(self, found: Iterable[Reason]) -> tuple[Reason, ...]:
        """Return proofs about merged units as proofs about all units; a unit named stands for its group."""
        size = np.bincount(self.grouping.of)
        told = []
        for reason in found:
            units = np.flatnonzero(np.isin(self.grouping.of, reason.units))
            whole = int(size[reason.units[0]]) if reason.unit else 1
            told.append(replace(reason, units=tuple(units.tolist()), whole=whole))
        return tuple(told)

    def moved(self, zones: pd.Series) -> int:
        """Return the pupils whose zone differs from the one in force; 0 without a plan in force."""
        return moved(self.plain, self.options.present, zones)

    def means(self, zones: pd.Series) -> pd.Series | None:
        """Return the balanced attribute of each zone by zone id, and of all under ""; None without one."""
        if self.options.balance is None:
            return None
        value, mean = attribute(self.plain, self.options.balance)
        at, m = self.plain.positions(zones), self.plain.n_zones
        given, pupils = at >= 0, self.plain.demand
        total = np.bincount(at[given], (value * pupils)[given], m)
        with np.errstate(invalid="ignore"):
            own = total / np.bincount(at[given], pupils[given], m)
        return pd.Series([*own, mean], index=[*self.plain.zone_ids, ""])

    @cached_property
    def _roomy(self) -> Problem:
        """The problem that a plan is checked against: over its share of seats is not yet overloaded."""
        if self.options.share is None:
            return self.changed
        return replace(self.changed, capacity=self.plain.capacity)

    def check(self, zones: pd.Series, *, cut: np.ndarray | None = None) -> pd.DataFrame:
        """List what a plan breaks, as :func:`zoning.check.check` does, with the options' own kinds.

        A walk too long is ``too_far``, a barrier ``barrier``, a group in several zones ``split`` (one row a
        unit away from the zone with most of the group's pupils), a primary zone in several junior ones
        ``feeder`` in the same way, a zone over its share of seats ``over_share`` (beside ``overload`` where
        it is over all of them), one below the least size ``too_small``, one whose mean is too far from that
        of all ``unbalanced`` (its pupils as amount).

        ``cut`` is what :func:`zoning.check.cut_off` says of the plan under the plain rules, where that is
        known: it need not be looked for again but where an approved 飞地 ties units to a zone.
        """
        at = self.plain.positions(zones)
        found = check_positions(self._roomy, at, cut=None if self.options.enclaves else cut)
        units = np.maximum(self.plain.unit_ids.get_indexer(pd.Index(found["unit_id"].fillna(""))), 0)
        zone = at[units]
        kind = found["kind"].to_numpy(dtype=object)
        new = (kind == "forbidden") & ~self.plain.forbidden[units, zone]
        kind[new & self.far[units, zone]] = "too_far"
        kind[new & ~self.far[units, zone]] = "barrier"
        rows = [found.assign(kind=kind), *self._split(at), *self._full(at), *self._beside(at)]
        return pd.concat(rows, ignore_index=True).astype(found.dtypes.to_dict())

    def reasons(self, table: pd.DataFrame, zones: pd.Series) -> pd.DataFrame:
        """Name the options among the reasons of a table of :mod:`zoning.explain` made with ``changed``.

        Parameters
        ----------
        table
            With ``zone_id`` and ``reason``, and ``unit_id``; what is forbidden by an option becomes
            ``too_far`` or ``barrier``, what would split a group that shall stay whole ``split``; what could
            be but would leave a zone below the least size ``too_small``, or farther from the balance
            ``unbalanced``. An exchange that would split a group, or leave one of the two
            zones farther below the least size or from the balance, is taken out.
        zones
            The plan that the table is about.
        """
        at = self.plain.positions(zones)
        unit = self.plain.unit_ids.get_indexer(pd.Index(table["unit_id"]))
        zone = self.plain.zone_ids.get_indexer(pd.Index(table["zone_id"]))
        why = table["reason"].to_numpy(dtype=object)
        new = (why == "forbidden") & ~self.plain.forbidden[unit, zone]
        free = np.isin(why, ("not_beside", "cuts_off", "full", "possible"))
        why[new] = np.where(self.far[unit, zone], "too_far", "barrier")[new]
        grouped = np.bincount(self.grouping.of)[self.grouping.of] > 1
        why[free & grouped[unit]] = "split"
        for kind, worse in self._worse(at, unit, zone):
            why[(why == "possible") & worse] = kind
        found = table.assign(reason=pd.Series(why, index=table.index, dtype="str"))
        if "swap_unit_id" in table:
            other = self.plain.unit_ids.get_indexer(pd.Index(table["swap_unit_id"].fillna("")))
            bound = grouped[unit] | ((other >= 0) & grouped[other])
            bound |= (other >= 0) & self._worse_swap(at, unit, zone, np.maximum(other, 0))
            found.loc[bound, ["swap_unit_id", "swap_pupil_km"]] = None
        return found

    def _worse(self, at: np.ndarray, unit: np.ndarray, zone: np.ndarray) -> Iterable[tuple[str, np.ndarray]]:
        """Tell for moves of units whether one of the two zones would miss what it shall keep by more."""
        now, placed, total = np.maximum(at[unit], 0), at[unit] >= 0, self.sides.totals(at)
        for k, kind in enumerate(self.sides.kinds):
            weight, low, high = self.sides.weight[k][unit], self.sides.low[k], self.sides.high[k]

            here, there = total[k][now], total[k][zone]
            more = _gap(there + weight, low[zone], high[zone]) - _gap(there, low[zone], high[zone])
            left = _gap(here - weight, low[now], high[now]) - _gap(here, low[now], high[now])
            left[~placed] = 0.0
            yield _SIDES[kind], np.maximum(more, left) > SLACK

    def _worse_swap(
        self, at: np.ndarray, unit: np.ndarray, zone: np.ndarray, other: np.ndarray
    ) -> np.ndarray:
        """Tell for exchanges whether one of the two zones would miss what it shall keep by more."""
        now, total, worse = np.maximum(at[unit], 0), self.sides.totals(at), np.zeros(len(unit), dtype=bool)
        for k in range(len(self.sides.kinds)):
            low, high, weight = self.sides.low[k], self.sides.high[k], self.sides.weight[k]
            change = weight[unit] - weight[other]
            for there, step in ((zone, change), (now, -change)):
                before = _gap(total[k][there], low[there], high[there])
                worse |= _gap(total[k][there] + step, low[there], high[there]) - before > SLACK
        return worse

    def _split(self, at: np.ndarray) -> Iterable[pd.DataFrame]:
        for kind, groups in (("split", self.options.together), ("feeder", self.options.feeders)):
            for group in groups:
                units = self.plain.unit_ids.get_indexer(pd.Index(list(group), dtype="str").unique())
                size = np.bincount(at[units] + 1, self.plain.demand[units] + 1e-9, minlength=1)
                away = units[at[units] + 1 != int(size.argmax())]
                away = away[(at[away] < 0) | self.scope[at[away]]]
                if len(away):
                    yield self._rows(kind, self.plain.series(at)[self.plain.unit_ids[away]], away)

    def _full(self, at: np.ndarray) -> Iterable[pd.DataFrame]:
        over = loads(self.plain, at) - self.changed.capacity
        full = np.flatnonzero((over > 0) & (self.changed.capacity < self.plain.capacity))
        if len(full):
            yield self._of_zones("over_share", full, over[full])

    def _beside(self, at: np.ndarray) -> Iterable[pd.DataFrame]:
        pupils = loads(self.plain, at)
        for kind, missed in zip(self.sides.kinds, self.sides.missed(at), strict=True):
            zones = np.flatnonzero(missed > 0)
            amount = np.ceil(missed - SLACK).astype(np.int64) if kind == "least" else pupils
            if len(zones):
                yield self._of_zones(_SIDES[kind], zones, amount[zones])

    def _of_zones(self, kind: str, zones: np.ndarray, amount: np.ndarray) -> pd.DataFrame:
        names = self.plain.zone_ids[zones]
        return pd.DataFrame({"kind": kind, "zone_id": names, "unit_id": None, "amount": amount})

    def _rows(self, kind: str, zones: pd.Series, units: np.ndarray) -> pd.DataFrame:
        columns = {"kind": kind, "zone_id": zones.to_numpy(), "unit_id": zones.index.to_numpy()}
        return pd.DataFrame({**columns, "amount": self.plain.demand[units]})


def _gap(value: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.maximum(np.maximum(low - value, value - high), 0.0)


def moved(problem: Problem, present: pd.Series | None, zones: pd.Series) -> int:
    """Return the pupils of units that have a zone in ``present`` and another one, or none, in ``zones``."""
    if present is None:
        return 0
    before, after = present.reindex(problem.unit_ids), zones.reindex(problem.unit_ids)
    away = before.notna() & (after.isna() | (after != before).fillna(True))
    return int(problem.demand[away.to_numpy(dtype=bool)].sum())
