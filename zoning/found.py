"""The plans that a run has found so far."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from zoning.check import cost, overload
from zoning.problem import Problem

ELITE = 6
"""Plans whose catchments always stay in the set partitioning."""

ENDS = 10
"""Latest plans at which the steps ended, good or not."""


@dataclass
class Best:
    """The best plan so far, least overload first.

    ``elite`` holds good plans that differ; ``ends`` the plans at which the latest steps ended, which differ
    more.
    """

    zone: np.ndarray | None = None
    cost: float = math.inf
    over: float = math.inf
    elite: list[tuple[float, float, np.ndarray]] = field(default_factory=list)
    ends: list[np.ndarray] = field(default_factory=list)

    @property
    def known(self) -> list[np.ndarray]:
        """Plans whose catchments a model may take, the best before all; none while no plan fits."""
        if self.zone is None or self.over:
            return []
        return [self.zone, *[plan for _, _, plan in self.elite], *self.ends]

    @property
    def ceiling(self) -> float:
        """Cost from which an overfull plan is not worth mending: none while no plan fits."""
        return self.cost if self.over == 0 else math.inf

    def end(self, zone: np.ndarray) -> None:
        """Remember where a step ended."""
        self.ends.append(zone.copy())
        del self.ends[:-ENDS]

    def keep(self, over: float, cost: float, zone: np.ndarray) -> None:
        """Keep a plan among the elite if it differs from them and is good enough."""
        if any((zone == other).all() for _, _, other in self.elite):
            return
        self.elite.append((over, cost, zone.copy()))
        self.elite.sort(key=lambda plan: plan[:2])
        del self.elite[ELITE:]


def rank(problem: Problem, zone: np.ndarray) -> tuple[float, float]:
    """Return overload and cost of a plan: the lower, the better."""
    return float(overload(problem, zone).sum()), cost(problem, zone)
