"""What a run has found so far: plans, a bound, and the way there."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from zoning.bounds import Bound
from zoning.check import check_positions, cost, overload
from zoning.exact import searched
from zoning.problem import Problem
from zoning.result import Result, Step
from zoning.terms import Terms

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

    def take(self, over: float, cost: float, zone: np.ndarray) -> bool:
        """Take a plan if it is better than the best; return whether it is."""
        if (over, cost) >= (self.over, self.cost - 1e-9):
            return False
        self.zone, self.cost, self.over = zone.copy(), cost, over
        return True

    def join(self, other: Best) -> None:
        """Keep the best plan of a start of its own beside the others."""
        if other.zone is not None:
            self.end(other.zone)
            self.keep(other.over, other.cost, other.zone)

    def keep(self, over: float, cost: float, zone: np.ndarray) -> None:
        """Keep a plan among the elite if it differs from them and is good enough."""
        if any((zone == other).all() for _, _, other in self.elite):
            return
        self.elite.append((over, cost, zone.copy()))
        self.elite.sort(key=lambda plan: plan[:2])
        del self.elite[ELITE:]


class Standing:
    """Where a run stands.

    Parameters
    ----------
    problem, terms
        The problem, and what the caller asks for.

    Attributes
    ----------
    plans
        All plans found.
    bound
        A bound on the cost of every plan, with its prices.
    work, trace
        Work done, and the steps that led here.
    finished, none_at_all
        Whether nothing is left to do, and whether that is because there is no plan.
    """

    def __init__(self, problem: Problem, terms: Terms) -> None:
        self.problem, self.terms, self.plans = problem, terms, Best()
        self.bound = Bound(0.0, np.zeros(problem.n_units), *np.zeros((2, problem.n_zones)))
        self.work, self.trace = 0, list[Step]()
        self.finished, self.none_at_all = False, False

    def note(self) -> None:
        """Write the trace, tell the caller, and see whether the plan is proven best."""
        best, low = self.plans, self.bound.value
        if best.over == 0 and best.cost - low <= 1e-7 * max(best.cost, 1e-9):
            self.finished = True
        if self.finished and best.over == 0:
            low = min(low, best.cost)
        self.trace.append(Step(self.terms.seconds, self.work, best.cost, int(min(best.over, 2**62)), low))
        if self.terms.progress is not None:
            told = best.cost if best.zone is not None else math.nan
            self.terms.progress(told, low, self.terms.used(self.work))

    def raise_bound(self, value: float) -> None:
        """Take a bound if it is higher."""
        if value > self.bound.value:
            self.bound = replace(self.bound, value=value)
            self.note()

    def result(self, zone: np.ndarray) -> Result:
        """Return the answer, with a plan: the best, or a draft where there is none."""
        problem, best = self.problem, self.plans
        feasible = False if self.none_at_all else (True if best.over == 0 else None)
        low = min(self.bound.value, best.cost) if feasible else self.bound.value
        if feasible and self.finished:
            low = best.cost
        self.note()
        return Result(
            zones=problem.series(zone),
            cost=cost(problem, zone),
            bound=math.inf if feasible is False else low,
            feasible=feasible,
            reasons=(searched(),) if feasible is False else (),
            violations=len(check_positions(problem, zone)),
            work=self.work,
            seconds=self.terms.seconds,
            trace=tuple(self.trace),
        )


def rank(problem: Problem, zone: np.ndarray) -> tuple[float, float]:
    """Return overload and cost of a plan: the lower, the better."""
    return float(overload(problem, zone).sum()), cost(problem, zone)
