"""How long to re-optimise groups of a plan: until work enough has gained nothing."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zoning.bounds import Bound
from zoning.core import Cuts, Improved
from zoning.groups import Groups
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.solver import Limits

PATIENCE, PATIENCE_BEST, PATIENCE_SHORT = 8_000, 20_000, 4_000
"""Work without gain after which a plan is left: more for the best plan, less for one of many tries."""


class Refiner:
    """Follows better and better plans, group by group.

    What pays on the best plan differs from what pays on a rough one, so each learns its own ways; groups
    tried in vain are known to both.

    Parameters
    ----------
    problem, tight
        As for :func:`zoning.regroup.regroup`.
    cuts
        Rows known so far, and to be added to.
    random
        Source of every choice.
    """

    def __init__(self, problem: Problem, tight: Reach, cuts: Cuts, random: np.random.Generator) -> None:
        self.cuts, tried = cuts, dict[bytes, float]()
        self.groups = {best: Groups(problem, tight, random, tried) for best in (True, False)}

    def follow(
        self,
        zone: np.ndarray,
        bound: Bound,
        limits: Limits,
        *,
        seed: int,
        best: bool = False,
        short: bool = False,
        near: np.ndarray | None = None,
    ) -> Iterator[Improved]:
        """Yield what each group led to, better plans being followed, until patience is at an end.

        Parameters
        ----------
        zone, bound
            The plan to begin with, and a bound with its prices.
        limits, seed
            As for :func:`zoning.core.improve`.
        best
            Whether it is the best plan known.
        short
            Whether there are many more plans to try.
        near
            Zones that groups begin from; overfull ones, or any, if not given.
        """
        idle, patience = 0, PATIENCE_SHORT if short else PATIENCE_BEST if best else PATIENCE
        while idle < patience:
            found = self.groups[best].step(zone, bound, self.cuts, limits, seed=seed, near=near)
            if found is None:
                return
            seed, idle = seed + 1, idle + found.work
            if found.zone is not None:
                zone, idle = found.zone, 0
            yield found
