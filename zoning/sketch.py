"""Near-best plans from a whole-number model of the pairs that good plans are made of.

The prices of the bound tell how much a plan must cost at least that uses a pair. The model sees only the
pairs whose plans could still be nearly as cheap as the bound; a unit that a solution cuts off is joined again
to what it touches, and rows against such pieces stand in the next sketch.
"""

from __future__ import annotations

import numpy as np

from zoning import starts
from zoning.bounds import Bound, close_pairs
from zoning.check import cut_off
from zoning.core import Core, Cuts, Part, separate
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.solver import Limits

WIDTH = 3e-4
"""First width of the model: how far above the bound a plan with any of its pairs may be, as a share."""

NARROW, WIDE = 2e-5, 0.05
"""Widths stay between these."""

EFFORT = 100
"""Stop checks of the solver allowed to one sketch."""


class Sketcher:
    """Draws plans from models that widen when they are solved and narrow when they are too hard.

    Parameters
    ----------
    problem, tight
        The problem and its open pairs.
    cuts
        Connection rows, shared with the other models.
    seed
        Seed of the solver, changed from sketch to sketch.
    """

    def __init__(self, problem: Problem, tight: Reach, cuts: Cuts, *, seed: int) -> None:
        self.problem, self.tight, self.cuts, self.seed = problem, tight, cuts, seed
        self.width = WIDTH

    def draw(self, bound: Bound, limits: Limits) -> list[np.ndarray]:
        """Return plans in which pieces that were cut off are joined again, so that they may be overfull."""
        part = self._part(bound)
        if not part.open_pairs.any():
            return []
        core = Core(self.problem, part, self.cuts)
        found = core.run(limits, whole=True, effort=EFFORT, seed=self.seed)
        self.seed += 1
        hard = not found.optimal and not found.infeasible
        self.width = float(np.clip(self.width * (0.8 if hard else 2.0), NARROW, WIDE))
        if found.x is None:
            return []
        zone = core.plan(found.x)
        if not cut_off(self.problem, zone).any():
            return [zone]
        separate(self.problem, self.tight.allowed, zone, self.cuts)
        return [self._joined(zone)]

    def _part(self, bound: Bound) -> Part:
        """Return the pairs of the model; every unit keeps at least the one that is cheapest at the prices."""
        problem, tight = self.problem, self.tight
        open_pairs = close_pairs(problem, tight, bound, bound.value * (1.0 + self.width))
        bare = np.flatnonzero(~open_pairs.any(axis=1))
        price = problem.cost[bare] + problem.demand[bare, None] * bound.seat_price
        open_pairs[bare, np.where(tight.allowed[bare], price, np.inf).argmin(axis=1)] = True
        held = tight.fixed >= 0
        return Part(open_pairs & ~held[:, None], np.where(held, tight.fixed, -1))

    def _joined(self, zone: np.ndarray) -> np.ndarray:
        metres = np.where(np.isfinite(self.problem.metres), self.problem.metres, 1e12)
        return starts.grow(self.problem, self.tight, metres, zone)
