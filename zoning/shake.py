"""Leave a good plan by a few units: re-optimise groups with walks that are a little wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zoning.bounds import Bound
from zoning.core import Cuts
from zoning.groups import Groups, Way
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.solver import Limits

WAY = Way(rings=2, share=1.0, most=1_000, size=150.0)
"""Groups of units along borders: many zones at once, with little work."""

BLURS = (0.05, 0.1, 0.2)
"""By how much walks are blurred at random, as a share."""

TRIES, MOVES = 4, 2
"""Groups tried in one shaking, and moves made, at most."""


class Shaker:
    """Shakes plans; parameters as of :class:`zoning.refine.Refiner`."""

    def __init__(self, problem: Problem, tight: Reach, cuts: Cuts, random: np.random.Generator) -> None:
        self.problem, self.tight, self.cuts, self.random = problem, tight, cuts, random
        self.size = WAY.size

    def shake(self, zone: np.ndarray, bound: Bound, limits: Limits, *, seed: int) -> tuple[np.ndarray, int]:
        """Return a connected plan that is the best in places if walks were a little different, and the work.

        It may be the plan given.
        """
        groups, moves, work = self._groups(), 0, 0
        for number in range(TRIES):
            found = groups.step(zone, bound, self.cuts, limits, seed=seed + number)
            if found is None:
                break
            work += found.work
            if found.zone is not None:
                zone, moves = found.zone, moves + 1
            if moves == MOVES or limits.left <= 0:
                break
        self.size = float(groups.size[0])
        return zone, work

    def _groups(self) -> Groups:
        """Return groups of the problem with blurred walks, as large as the last ones were at the end."""
        blur, walks = float(self.random.choice(BLURS)), self.problem.metres
        wrong = self.random.uniform(1.0 - blur, 1.0 + blur, walks.shape)
        blurred = replace(self.problem, metres=walks * wrong)
        return Groups(blurred, self.tight, self.random, {}, ways=(WAY._replace(size=self.size),))
