"""Build a :class:`~zoning.problem.Problem` from frames, collecting every fault before raising."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from gis.faults import Fault, FaultError
from zoning.problem import Problem, adjacency_arrays, ids


@dataclass
class Collector:
    """Faults found so far, and checks of single columns that add to them."""

    faults: list[Fault] = field(default_factory=list)

    def add(self, kind: str, file: str = "", row: int | None = None, **words: str) -> None:
        """Note one fault; ``row`` is the position of the row in its frame, and is shown for files only."""
        column, found = words.pop("column", ""), words.pop("found", "")
        shown = None if row is None or not file else row + 2
        self.faults.append(Fault(kind, file=file, row=shown, column=column, found=found, params=words))

    def done(self) -> None:
        """Raise what was found.

        Raises
        ------
        FaultError
            If there is any fault.
        """
        if self.faults:
            raise FaultError(self.faults)

    def columns(self, frame: pd.DataFrame, names: tuple[str, ...], file: str = "") -> bool:
        """Note missing columns; return whether all are there."""
        missing = [name for name in names if name not in frame.columns]
        for name in missing:
            self.add("zoning_column_missing", file, found=name)
        return not missing

    def unique(self, values: pd.Index, file: str = "", column: str = "") -> None:
        """Note empty and repeated ids."""
        for row in np.flatnonzero(values == ""):
            self.add("zoning_id_missing", file, int(row), column=column)
        for row in np.flatnonzero(values.duplicated() & (values != "")):
            self.add("zoning_id_twice", file, int(row), column=column, found=values[int(row)])

    def numbers(self, values: pd.Series, file: str = "") -> np.ndarray:
        """Return a column as finite floats, noting what is none (and reading it as 0)."""
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        for row in np.flatnonzero(~np.isfinite(numbers)):
            self.add(
                "zoning_not_number", file, int(row), column=str(values.name), found=_said(values.iloc[row])
            )
        return np.where(np.isfinite(numbers), numbers, 0.0)

    def counts(self, values: pd.Series, file: str = "") -> np.ndarray:
        """Return a column as whole numbers of pupils, noting what is none (and reading it as 0)."""
        numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        with np.errstate(invalid="ignore"):
            wrong = ~np.isfinite(numbers) | (numbers < 0) | (numbers != np.floor(numbers))
        for row in np.flatnonzero(wrong):
            self.add(
                "zoning_not_count", file, int(row), column=str(values.name), found=_said(values.iloc[row])
            )
        return np.where(wrong, 0, numbers).astype(np.int64)

    def units(self, known: pd.Index, values: pd.Series, file: str = "") -> np.ndarray:
        """Return the positions of unit ids, noting unknown ones (-1)."""
        return self._known("zoning_unit_unknown", known, values, file)

    def zones(self, known: pd.Index, values: pd.Series, file: str = "") -> np.ndarray:
        """Return the positions of zone ids, noting unknown ones (-1)."""
        return self._known("zoning_zone_unknown", known, values, file)

    def _note(self, kind: str, file: str, values: pd.Series, row: int) -> None:
        self.add(kind, file, row, column=str(values.name), found=_said(values.iloc[row]))

    def _known(self, kind: str, known: pd.Index, values: pd.Series, file: str) -> np.ndarray:
        there = known.drop_duplicates()
        if isinstance(values.dtype, pd.CategoricalDtype):  # millions of pairs of few ids
            at = np.append(there.get_indexer(ids(values.cat.categories)), -1)[values.cat.codes]
        else:
            at = there.get_indexer(ids(values))
        for row in np.flatnonzero(at < 0):
            self._note(kind, file, values, int(row))
        return at

    def neighbours(
        self, known: pd.Index, frame: pd.DataFrame, file: str = ""
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return neighbour lists in CSR form, noting unknown units and units beside themselves."""
        a, b = self.units(known, frame["a"], file), self.units(known, frame["b"], file)
        for row in np.flatnonzero((a == b) & (a >= 0)):
            self.add("zoning_self_neighbour", file, int(row), found=known[a[row]])
        sound = (a >= 0) & (b >= 0) & (a != b)
        return adjacency_arrays(len(known), a[sound], b[sound])


def _said(value: object) -> str:
    return "" if value is None or value is pd.NA else str(value)


def build(
    demand: pd.Series,
    zones: pd.DataFrame,
    travel: pd.DataFrame,
    adjacency: pd.DataFrame,
    *,
    locks: pd.Series | None,
    forbidden: pd.DataFrame | None,
) -> Problem:
    """Do the work of :meth:`zoning.problem.Problem.from_frames`."""
    check = Collector()
    _columns(check, zones, travel, adjacency, forbidden)
    check.done()
    unit_ids = ids(demand.index)
    check.unique(unit_ids, column="unit_id")
    for table in (demand, zones):
        if not len(table):
            check.add("zoning_empty")
    pupils = check.counts(demand.rename(str(demand.name or "demand")))
    zone_ids, capacity, anchors = _zones(check, zones, unit_ids)
    metres = _metres(check, travel, unit_ids, zone_ids)
    indptr, indices = check.neighbours(unit_ids, adjacency)
    banned = _forbidden(check, forbidden, unit_ids, zone_ids)
    locked = _locks(check, locks, unit_ids, zone_ids, anchors, banned)
    check.done()
    return Problem(unit_ids, zone_ids, pupils, metres, capacity, anchors, indptr, indices, locked, banned)


def _columns(
    check: Collector,
    zones: pd.DataFrame,
    travel: pd.DataFrame,
    adjacency: pd.DataFrame,
    forbidden: pd.DataFrame | None,
) -> None:
    check.columns(zones, ("zone_id", "capacity", "unit_id"))
    check.columns(travel, ("unit_id", "zone_id", "metres"))
    check.columns(adjacency, ("a", "b"))
    if forbidden is not None:
        check.columns(forbidden, ("unit_id", "zone_id"))


def _zones(
    check: Collector, zones: pd.DataFrame, unit_ids: pd.Index
) -> tuple[pd.Index, np.ndarray, tuple[np.ndarray, ...]]:
    """Return zone ids in order of appearance, their capacities and the units of their schools."""
    names = ids(zones["zone_id"])
    zone_ids = names.drop_duplicates()
    capacity = check.counts(zones["capacity"])
    at = check.units(unit_ids, zones["unit_id"])
    of = zone_ids.get_indexer(names)
    first = np.array([capacity[of == z][0] for z in range(len(zone_ids))], dtype=np.int64)
    for z in np.unique(of[capacity != first[of]]) if len(of) else ():
        check.add("zoning_capacity_differs", found=zone_ids[z], column="capacity")
    anchors = tuple(np.unique(at[(of == z) & (at >= 0)]).astype(np.int32) for z in range(len(zone_ids)))
    return zone_ids, first, anchors


def _metres(check: Collector, travel: pd.DataFrame, unit_ids: pd.Index, zone_ids: pd.Index) -> np.ndarray:
    """Return the shortest walk of each pair, ``inf`` where there is none."""
    unit, zone = check.units(unit_ids, travel["unit_id"]), check.zones(zone_ids, travel["zone_id"])
    length = pd.to_numeric(travel["metres"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    for row in np.flatnonzero(length < 0):
        found, near = travel["zone_id"].iloc[row], travel["unit_id"].iloc[row]
        check.add("zoning_metres_negative", found=str(found), unit=str(near), column="metres")
    metres = np.full((len(unit_ids), len(zone_ids)), np.inf)
    sound = (unit >= 0) & (zone >= 0) & np.isfinite(length)
    np.minimum.at(metres, (unit[sound], zone[sound]), length[sound])
    return metres


def _forbidden(
    check: Collector, forbidden: pd.DataFrame | None, unit_ids: pd.Index, zone_ids: pd.Index
) -> np.ndarray:
    banned = np.zeros((len(unit_ids), len(zone_ids)), dtype=bool)
    if forbidden is not None:
        unit = check.units(unit_ids, forbidden["unit_id"])
        zone = check.zones(zone_ids, forbidden["zone_id"])
        sound = (unit >= 0) & (zone >= 0)
        banned[unit[sound], zone[sound]] = True
    return banned


def _locks(
    check: Collector,
    locks: pd.Series | None,
    unit_ids: pd.Index,
    zone_ids: pd.Index,
    anchors: tuple[np.ndarray, ...],
    banned: np.ndarray,
) -> np.ndarray:
    """Return the zone each unit is locked to, noting locks that contradict a school or a forbidden pair."""
    locked = np.full(len(unit_ids), -1, dtype=np.int32)
    if locks is None:
        return locked
    held = locks.dropna()
    unit = check.units(unit_ids, pd.Series(held.index, name="unit_id"))
    zone = check.zones(zone_ids, held.rename("zone_id"))
    sound = (unit >= 0) & (zone >= 0)
    locked[unit[sound]] = zone[sound]
    homes: dict[int, set[int]] = {}
    for z, units in enumerate(anchors):
        for u in units:
            homes.setdefault(int(u), set()).add(z)
    for u in map(int, np.flatnonzero(locked >= 0)):
        z = int(locked[u])
        if z not in homes.get(u, {z}):
            check.add("zoning_lock_off_school", found=zone_ids[z], unit=unit_ids[u])
        if banned[u, z]:
            check.add("zoning_lock_forbidden", found=zone_ids[z], unit=unit_ids[u])
    return locked
