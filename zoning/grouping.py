"""Merge groups of units (社区, 镇街) that must stay in one zone into one unit each, and find them again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from gis.faults import Fault, FaultError, register_kinds
from zoning.problem import Problem, adjacency_arrays, components

register_kinds(
    {
        "zoning_group_schools": (
            "单元“{found}”等 {n} 个单元要整体划入一个片区，但其中有几个片区的学校（{zones}）。请分开。",
            'the {n} units of "{found}" and others should stay in one zone, but schools of several zones are '
            "in them ({zones}). Split this group.",
        ),
        "zoning_group_apart": (
            "单元“{found}”等 {n} 个单元要整体划入一个片区，但它们在地图上不相连。"
            "请把不相连的部分移出这一组，或补上相邻关系。",
            'the {n} units of "{found}" and others should stay in one zone, but they are not connected. '
            "Take the parts that lie apart out of the group, or add the links.",
        ),
        "zoning_group_locks": (
            "单元“{found}”等 {n} 个单元要整体划入一个片区，却锁定在几个片区（{zones}）。请解除其中的锁定。",
            'the {n} units of "{found}" and others should stay in one zone, but are locked to several zones '
            "({zones}). Release locks.",
        ),
        "zoning_group_twice": (
            "单元“{found}”同时在几个要整体划入的组里。请只留在一组。",
            'unit "{found}" is in several groups that should stay whole. Leave it in one.',
        ),
    }
)


@dataclass(frozen=True, eq=False)
class Grouping:
    """Which merged unit every unit is in.

    Attributes
    ----------
    of
        Position of the merged unit of each unit, shape (n,).
    first
        Position of the first unit of each merged unit, whose id it bears, shape (k,).
    """

    of: np.ndarray
    first: np.ndarray

    def members(self) -> Iterator[np.ndarray]:
        """Yield the units of each group of two or more."""
        for group in np.flatnonzero(np.bincount(self.of) > 1):
            yield np.flatnonzero(self.of == group)

    def any(self, pairs: np.ndarray) -> np.ndarray:
        """Return True for pairs (group, zone) that are True for any unit of the group."""
        found = np.zeros((len(self.first), pairs.shape[1]), dtype=bool)
        np.logical_or.at(found, self.of, pairs)
        return found

    def merged(self, problem: Problem) -> Problem:
        """Return the problem of the merged units; pupil-kilometres of a plan stay the same."""
        k = len(self.first)
        if k == problem.n_units:
            return problem
        demand = np.bincount(self.of, problem.demand, k).astype(np.int64)
        locked = np.full(k, -1, dtype=np.int32)
        held = problem.locked >= 0
        locked[self.of[held]] = problem.locked[held]
        owner = np.repeat(np.arange(problem.n_units), np.diff(problem.indptr))
        a, b = self.of[owner], self.of[problem.indices]
        indptr, indices = adjacency_arrays(k, a[a != b], b[a != b])
        return replace(
            problem,
            unit_ids=problem.unit_ids[self.first],
            demand=demand,
            metres=self._mean(problem),
            anchors=tuple(np.unique(self.of[units]).astype(np.int32) for units in problem.anchors),
            indptr=indptr,
            indices=indices,
            locked=locked,
            forbidden=self.any(problem.forbidden),
        )

    def _mean(self, problem: Problem) -> np.ndarray:
        """Return the mean walk of each group, weighted by pupils; by units where it has none."""
        k = len(self.first)
        total = np.bincount(self.of, problem.demand, k)
        weight = np.where(total[self.of] > 0, problem.demand, 1).astype(float)
        weight /= np.bincount(self.of, weight, k)[self.of]
        known = np.isfinite(problem.metres)
        mean = np.zeros((k, problem.n_zones))
        np.add.at(mean, self.of, np.where(known, problem.metres, 0.0) * weight[:, None])
        mean[self.any(~known)] = np.inf
        return mean


def grouped(problem: Problem, groups: Sequence[Sequence[str]]) -> Grouping:
    """Return how groups of units merge.

    Parameters
    ----------
    problem
        The problem; its units must include those of the groups.
    groups
        Unit ids; a group of fewer than two changes nothing.

    Raises
    ------
    FaultError
        With every group that holds schools of two zones, is not connected or is locked to two zones, and
        every unit in two groups.
    """
    named = [problem.unit_ids.get_indexer(pd.Index(list(group), dtype="str").unique()) for group in groups]
    members = [np.sort(units) for units in named if len(units) > 1]
    faults = [fault for units in members for fault in _faults(problem, units)]
    every = np.concatenate(members) if members else np.array([], dtype=np.int64)
    times = np.bincount(every, minlength=problem.n_units)
    faults += [Fault("zoning_group_twice", found=str(u)) for u in problem.unit_ids[times > 1]]
    if faults:
        raise FaultError(faults)
    leader = np.arange(problem.n_units)
    for units in members:
        leader[units] = units[0]
    first, of = np.unique(leader, return_inverse=True)
    return Grouping(of.astype(np.int32), first)


def _faults(problem: Problem, units: np.ndarray) -> Iterator[Fault]:
    """Yield what keeps units from being one."""
    inside = np.zeros(problem.n_units, dtype=bool)
    inside[units] = True
    schools = [z for z in range(problem.n_zones) if inside[problem.anchors[z]].any()]
    locks = np.unique(problem.locked[units])
    locks = np.unique([*locks[locks >= 0], *schools]).astype(int)
    about = {"n": str(len(units))}
    found = str(problem.unit_ids[units[0]])
    if len(schools) > 1:
        zones = [str(z) for z in problem.zone_ids[schools]]
        yield Fault("zoning_group_schools", found=found, params={**about, "zones": zones})
    elif len(locks) > 1:
        zones = [str(z) for z in problem.zone_ids[locks]]
        yield Fault("zoning_group_locks", found=found, params={**about, "zones": zones})
    owner = np.repeat(np.arange(problem.n_units), np.diff(problem.indptr))
    both = inside[owner] & inside[problem.indices]
    indptr, indices = adjacency_arrays(problem.n_units, owner[both], problem.indices[both])
    if len(np.unique(components(problem.n_units, indptr, indices)[units])) > 1:
        yield Fault("zoning_group_apart", found=found, params=about)
