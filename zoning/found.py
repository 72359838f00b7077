"""The plans that a run has found so far."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

ELITE = 6
"""Plans whose catchments always stay in the set partitioning."""


@dataclass
class Best:
    """The best plan so far, least overload first; ``elite`` holds good plans that differ."""

    zone: np.ndarray | None = None
    cost: float = math.inf
    over: float = math.inf
    elite: list[tuple[float, float, np.ndarray]] = field(default_factory=list)

    def keep(self, over: float, cost: float, zone: np.ndarray) -> None:
        """Keep a plan among the elite if it differs from them and is good enough."""
        if any((zone == other).all() for _, _, other in self.elite):
            return
        self.elite.append((over, cost, zone.copy()))
        self.elite.sort(key=lambda plan: plan[:2])
        del self.elite[ELITE:]
