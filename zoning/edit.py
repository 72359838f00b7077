"""Change a plan by hand; every function returns a new plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gis.faults import Fault, FaultError
from zoning import faults as _faults  # noqa: F401  (registers the words of the faults raised here)
from zoning.check import check_positions, cut_off, cut_off_in
from zoning.indicators import before_of, nearest_metres, summary_of, totals_of
from zoning.problem import Problem


def assign(zones: pd.Series, units: Iterable[str], zone: str | None) -> pd.Series:
    """Put units into a zone.

    Parameters
    ----------
    zones
        Plan: index ``unit_id``, values zone ids.
    units
        Ids of the units to move.
    zone
        Zone id, or None to leave the units without a zone.

    Returns
    -------
    pandas.Series
        The plan after the change.

    Raises
    ------
    FaultError
        If the plan does not have one of the units.
    """
    chosen = pd.Index([str(unit) for unit in units], dtype="str")
    unknown = chosen.difference(zones.index)
    if len(unknown):
        raise FaultError([Fault("zoning_unit_unknown", found=str(unit)) for unit in unknown])
    changed = zones.copy()
    changed.loc[chosen] = pd.NA if zone is None else zone
    return changed


def changes(before: pd.Series, after: pd.Series) -> pd.DataFrame:
    """Return the units whose zone differs between two plans: columns ``unit_id``, ``before``, ``after``."""
    left, right = before.align(after)
    same = (left == right).fillna(False).astype(bool) | (left.isna() & right.isna())
    table = pd.DataFrame({"before": left[~same], "after": right[~same]})
    return table.rename_axis("unit_id").reset_index()


@dataclass(frozen=True, eq=False)
class Session:
    """A plan under edit: after each move every measure and rule is known anew, at the price of the change.

    Begin with :meth:`begin`; :meth:`move` returns the session after the change, so that undoing is keeping
    the one before. Connection is looked at in the zones touched only.

    Parameters
    ----------
    problem
        The problem.
    zone
        The plan as zone positions, -1 for none, shape (n,).
    cut
        Which units are cut off from the schools of their zone, shape (n,).
    nearest
        Walk of each unit to its nearest school, metres, shape (n,).
    before
        The plan to count moved pupils against (see :func:`zoning.indicators.before_of`), or None.
    limit
        A walking distance in metres for ``share_within``, or None.
    """

    problem: Problem
    zone: np.ndarray
    cut: np.ndarray
    nearest: np.ndarray
    before: np.ndarray | None = None
    limit: float | None = None

    @staticmethod
    def begin(
        problem: Problem,
        zones: pd.Series,
        *,
        reference: pd.Series | None = None,
        limit: float | None = None,
    ) -> Session:
        """Look at a whole plan once.

        Raises
        ------
        FaultError
            If the plan names units or zones that the problem does not have, or a unit twice.
        """
        zone = problem.positions(zones)
        before = None if reference is None else before_of(problem, reference)
        return Session(problem, zone, cut_off(problem, zone), nearest_metres(problem), before, limit)

    def move(self, units: Iterable[str], zone: str | None) -> Session:
        """Put units into a zone, or with None into no zone.

        Raises
        ------
        FaultError
            If the problem does not have one of the units, or the zone.
        """
        problem = self.problem
        chosen = pd.Index([str(unit) for unit in units], dtype="str")
        at = problem.unit_ids.get_indexer(chosen)
        faults = [Fault("zoning_unit_unknown", found=str(unit)) for unit in chosen[at < 0]]
        if zone is not None and zone not in problem.zone_ids:
            names = ", ".join(chosen)
            faults.append(Fault("zoning_plan_zone_unknown", found=str(zone), params={"unit": names}))
        if faults:
            raise FaultError(faults)
        to = -1 if zone is None else int(problem.zone_ids.get_indexer(pd.Index([zone]))[0])
        return self._moved(at, to)

    def _moved(self, at: np.ndarray, to: int) -> Session:
        touched = np.unique(np.append(self.zone[at], to))
        zone, cut = self.zone.copy(), self.cut.copy()
        zone[at] = to
        cut[at] = False
        cut[np.isin(zone, touched)] = False
        for one in touched[touched >= 0]:
            cut[cut_off_in(self.problem, zone, int(one))] = True
        return replace(self, zone=zone, cut=cut)

    @property
    def zones(self) -> pd.Series:
        """The plan: index ``unit_id``, values zone ids."""
        return self.problem.series(self.zone)

    def check(self) -> pd.DataFrame:
        """Return what :func:`zoning.check.check` says of the plan."""
        return check_positions(self.problem, self.zone, cut=self.cut)

    def summary(self) -> pd.DataFrame:
        """Return what :func:`zoning.indicators.summary` says of the plan."""
        return summary_of(self.problem, self.zone, self.cut, self.nearest, limit=self.limit)

    def totals(self, broken: pd.DataFrame | None = None) -> pd.Series:
        """Return what :func:`zoning.indicators.totals` says; ``broken`` is :meth:`check`, where known."""
        broken = self.check() if broken is None else broken
        return totals_of(self.problem, self.zone, broken, self.nearest, limit=self.limit, before=self.before)
