"""What an optimisation gives back."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from zoning.reasons import Reason


@dataclass(frozen=True)
class Step:
    """One line of the trace: seconds since the start, work done, cost, pupils over, and bound then."""

    seconds: float
    work: int
    cost: float
    over: int
    bound: float


@dataclass(frozen=True)
class Result:
    """A plan, what it costs, and how far from the best possible it can be.

    Parameters
    ----------
    zones
        The plan: index ``unit_id``, values zone ids. With ``feasible`` None it is the plan with the fewest
        pupils over that was found; with False it is a draft that cannot keep the rules.
    cost
        Pupil-kilometres of the plan.
    bound
        No plan that keeps the rules costs less; ``inf`` when there is none.
    feasible
        True: the plan keeps every hard rule. False: proven that no plan does, see ``reasons``. None: no such
        plan was found, and none was ruled out.
    reasons
        Proofs that there is no plan.
    violations
        Number of broken rules in the plan (rows of :func:`zoning.check.check`).
    work
        Work done: thousands of proposals, other steps counted alike. Same work and seed, same plan.
    seconds
        Time taken.
    trace
        How cost and bound came closer.
    """

    zones: pd.Series
    cost: float
    bound: float
    feasible: bool | None
    reasons: tuple[Reason, ...] = ()
    violations: int = 0
    work: int = 0
    seconds: float = 0.0
    trace: tuple[Step, ...] = field(default=(), repr=False)

    @property
    def gap(self) -> float:
        """Share of the cost that the bound leaves open, 0 when proven best; NaN without a feasible plan."""
        if self.feasible is not True:
            return math.nan
        return 0.0 if self.cost <= 0 else max(self.cost - self.bound, 0.0) / self.cost

    @property
    def proven_best(self) -> bool:
        """Whether no plan can be cheaper."""
        return self.feasible is True and self.cost - self.bound <= 1e-6 * max(abs(self.cost), 1.0)
