"""What the caller of an optimisation asks for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from zoning.solver import Limits

DEFAULT_WORK = 40_000
"""Work allowed when neither time nor work is given and no proof is asked for."""


@dataclass(frozen=True)
class Terms:
    """What the caller asks for: time, work, proof, and who is told."""

    limits: Limits
    work: int | None
    exact: bool
    began: float
    progress: Callable[[float, float, float], None] | None

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return self.limits.clock() - self.began

    @property
    def timed(self) -> bool:
        """Whether time alone limits the run, so that it need not take the same steps each time."""
        return self.work is None and math.isfinite(self.limits.deadline)

    def over(self, work: int) -> bool:
        """Return whether the time or the work allowed is used up."""
        most = self.work
        if most is None and math.isinf(self.limits.deadline) and not self.exact:
            most = DEFAULT_WORK
        return self.limits.left <= 0 or (most is not None and work >= most)

    def used(self, work: int) -> float:
        """Return the share of time or work used."""
        parts = [0.0]
        if math.isfinite(self.limits.deadline):
            parts.append(self.seconds / max(self.limits.deadline - self.began, 1e-9))
        if self.work is not None:
            parts.append(work / max(self.work, 1))
        return min(max(parts), 1.0)
