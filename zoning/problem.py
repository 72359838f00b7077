"""The catchment problem (划片): who lives where, how far each school is, how much room there is.

A :class:`Problem` is checked once when it is built and never changed afterwards. Units and zones keep the
order they were given in; everything else is an array in that order.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from gis.faults import Fault, FaultError
from zoning import faults as _faults  # noqa: F401  (registers the words of the faults raised here)


@dataclass(frozen=True, eq=False)
class Problem:
    """Units, zones, distances and rooms of one stage and year.

    Build it with :meth:`from_frames` or :func:`zoning.bench.read_bench`, which check their input.

    Parameters
    ----------
    unit_ids, zone_ids
        Ids of the ``n`` units and ``m`` zones, unique.
    demand
        Pupils of each unit, shape (n,), whole numbers, 0 or more.
    metres
        Walk from unit to zone, shape (n, m), metres; ``inf`` where there is no way.
    capacity
        Room of each zone in pupils, shape (m,), whole numbers, 0 or more.
    anchors
        For each zone the positions of the units its schools stand in (one or several campuses).
    indptr, indices
        Which units are neighbours, in CSR form, symmetric, without loops or doubles.
    locked
        Position of the zone a unit is held in, or -1, shape (n,).
    forbidden
        True where a unit may not go to a zone, shape (n, m).

    Notes
    -----
    A unit with a school in it belongs to that school's zone. When several zones have a school in one unit,
    the unit belongs to one of them, and the others may reach their own units through it.
    """

    unit_ids: pd.Index
    zone_ids: pd.Index
    demand: np.ndarray
    metres: np.ndarray
    capacity: np.ndarray
    anchors: tuple[np.ndarray, ...]
    indptr: np.ndarray
    indices: np.ndarray
    locked: np.ndarray
    forbidden: np.ndarray

    def __post_init__(self) -> None:
        for value in vars(self).values():
            for array in value if isinstance(value, tuple) else (value,):
                if isinstance(array, np.ndarray):
                    array.flags.writeable = False

    def __getstate__(self) -> dict[str, object]:
        """Leave derived arrays out when the problem travels to a worker process."""
        return {name: vars(self)[name] for name in self.__dataclass_fields__}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Be read-only there too: pickles of arrays are not, and the engine would be compiled once more."""
        vars(self).update(state)
        self.__post_init__()

    @property
    def n_units(self) -> int:
        """Number of units."""
        return len(self.unit_ids)

    @property
    def n_zones(self) -> int:
        """Number of zones."""
        return len(self.zone_ids)

    @cached_property
    def cost(self) -> np.ndarray:
        """Pupil-kilometres of each unit in each zone, shape (n, m); 0 for a unit without pupils."""
        with np.errstate(invalid="ignore"):
            cost = self.demand[:, None] * (self.metres / 1000.0)
        cost[self.demand == 0] = 0.0
        return cost

    @cached_property
    def fixed(self) -> np.ndarray:
        """Zone that each unit must belong to, by a school in it or by a lock, or -1, shape (n,)."""
        fixed = self.locked.copy()
        counts = np.bincount(np.concatenate(self.anchors), minlength=self.n_units)
        for zone, units in enumerate(self.anchors):
            alone = units[counts[units] == 1]
            fixed[alone] = zone
        return fixed

    @cached_property
    def allowed(self) -> np.ndarray:
        """True where a unit may go to a zone: a way there, not forbidden, and in keeping with ``fixed``."""
        allowed = np.isfinite(self.metres) & ~self.forbidden
        for unit, zones in self._shared.items():
            others = np.ones(self.n_zones, dtype=bool)
            others[zones] = False
            allowed[unit, others] = False
        held = np.flatnonzero(self.fixed >= 0)
        keep = allowed[held, self.fixed[held]]
        allowed[held] = False
        allowed[held, self.fixed[held]] = keep
        return allowed

    @cached_property
    def roots(self) -> np.ndarray:
        """True where a unit ties a piece of a zone to one of its schools, shape (n, m)."""
        roots = np.zeros((self.n_units, self.n_zones), dtype=bool)
        for zone, units in enumerate(self.anchors):
            roots[units, zone] = True
        for unit, zones in self._shared.items():
            roots[self.neighbours(unit)[:, None], zones] = True
        return roots

    @cached_property
    def _shared(self) -> dict[int, list[int]]:
        """Units with schools of several zones, and those zones."""
        holders: dict[int, list[int]] = {}
        for zone, units in enumerate(self.anchors):
            for unit in units:
                holders.setdefault(int(unit), []).append(zone)
        return {unit: zones for unit, zones in holders.items() if len(zones) > 1}

    def neighbours(self, unit: int) -> np.ndarray:
        """Return the positions of the units beside the unit at position ``unit``."""
        return self.indices[self.indptr[unit] : self.indptr[unit + 1]]

    def series(self, zone: np.ndarray) -> pd.Series:
        """Return zone positions as a plan: index ``unit_id``, values zone ids, NA for position -1."""
        values = np.array([*self.zone_ids, None], dtype=object)[zone]
        return pd.Series(values, index=self.unit_ids, name="zone_id", dtype="str")

    def positions(self, zones: pd.Series) -> np.ndarray:
        """Return a plan as zone positions in the order of the units, -1 where it names no zone.

        Raises
        ------
        FaultError
            If the plan names a unit twice, or a unit or zone that the problem does not have.
        """
        faults = [
            Fault("zoning_plan_unit_twice", found=str(u))
            for u in zones.index[zones.index.duplicated()].unique()
        ]
        faults += [
            Fault("zoning_plan_unit_unknown", found=str(u)) for u in zones.index.difference(self.unit_ids)
        ]
        named = zones.dropna()
        strange = named[~named.isin(self.zone_ids)]
        faults += [
            Fault("zoning_plan_zone_unknown", found=str(z), params={"unit": str(u)})
            for u, z in strange.items()
        ]
        if faults:
            raise FaultError(faults)
        return self.zone_ids.get_indexer(pd.Index(zones.reindex(self.unit_ids))).astype(np.int32)

    @staticmethod
    def from_frames(
        demand: pd.Series,
        zones: pd.DataFrame,
        travel: pd.DataFrame,
        adjacency: pd.DataFrame,
        *,
        locks: pd.Series | None = None,
        forbidden: pd.DataFrame | None = None,
    ) -> Problem:
        """Build a problem from frames, reporting every fault at once.

        Parameters
        ----------
        demand
            Pupils by unit; the index holds the unit ids.
        zones
            Columns ``zone_id``, ``capacity`` (of the whole zone, the same on each of its rows) and
            ``unit_id`` (a unit with a school of the zone); one row a campus.
        travel
            Columns ``unit_id``, ``zone_id``, ``metres``; the shortest of several rows counts; a pair without
            a finite row has no way.
        adjacency
            Columns ``a``, ``b``: unit ids of neighbours, in either order.
        locks
            Zone id by unit id for units that must stay; missing values are no lock.
        forbidden
            Columns ``unit_id``, ``zone_id``: pairs that must not be.

        Raises
        ------
        FaultError
            With every fault found.
        """
        from zoning.building import build

        return build(demand, zones, travel, adjacency, locks=locks, forbidden=forbidden)


def adjacency_arrays(n_units: int, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return neighbour lists in CSR form from pairs of positions; either order, doubles count once."""
    both = np.unique(np.stack([np.concatenate([a, b]), np.concatenate([b, a])], axis=1), axis=0)
    counts = np.bincount(both[:, 0], minlength=n_units)
    indptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return indptr, both[:, 1].astype(np.int32)


def components(n_units: int, indptr: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """Return the number of the connected part each unit lies in, shape (n,)."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    graph = csr_matrix((np.ones(len(indices), dtype=np.int8), indices, indptr), shape=(n_units, n_units))
    return connected_components(graph, directed=False)[1]


def ids(values: Iterable[object]) -> pd.Index:
    """Return ids as an index of strings."""
    return pd.Index([str(v) for v in values], dtype="str")
