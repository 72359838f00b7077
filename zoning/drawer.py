"""Plans drawn from models of likely pairs and catchments: more seldom while they do not pay."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from zoning.bounds import Bound
from zoning.core import Cuts
from zoning.mixing import Mixer
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.sketch import Sketcher
from zoning.solver import Limits

FEW = 12
"""Mean units a zone up to which plans are drawn from catchments."""

LONGEST_WAIT = 8
"""Most turns between two draws that do not pay."""


class Drawer:
    """Draws one plan at a time; parameters as of :class:`zoning.sketch.Sketcher`."""

    def __init__(self, problem: Problem, tight: Reach, cuts: Cuts, *, seed: int) -> None:
        few = problem.n_units <= FEW * problem.n_zones
        self.source: Mixer | Sketcher = (Mixer if few else Sketcher)(problem, tight, cuts, seed=seed)
        self.plans: Iterator[np.ndarray] = iter(())
        self.few = few
        self.due, self.wait = 1 if few else 0, 1

    def draw(self, bound: Bound, limits: Limits, known: list[np.ndarray]) -> np.ndarray | None:
        """Return the next plan of the models under way, or the first of new ones; None if there is none.

        Models of catchments start from the first of the ``known`` plans, and may take those of all.
        """
        if isinstance(self.source, Mixer):
            self.source.known = known
        zone = next(self.plans, None)
        if zone is None:
            self.plans = iter(self.source.draw(bound, limits))
            zone = next(self.plans, None)
        return zone

    def learn(self, turn: int, *, paid: bool) -> None:
        """Take note whether the draw of a turn paid, which decides when the next is due.

        Models of catchments go on at once: they pay late, when most of their rows are known.
        """
        self.wait = 1 if paid or self.few else min(2 * self.wait, LONGEST_WAIT)
        self.due = turn + self.wait
