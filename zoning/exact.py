"""Close in on the best plan with proof: whole-number models of all that is open, with connection rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoning.bounds import Bound, Priced, close_pairs, lagrangian
from zoning.check import cost as plan_cost
from zoning.check import cut_off, loads
from zoning.core import Cuts, Part, separate
from zoning.drawer import FEW
from zoning.facets import add_facets
from zoning.live import Live, Relaxed
from zoning.problem import Problem
from zoning.reach import Reach, reach
from zoning.reasons import Reason
from zoning.separators import separate_flows
from zoning.solver import Limits

REBUILD = 0.7
"""Share of the pairs of a model left open below which it is made anew."""

LEVELS = ((0, 0), (3_000, 40), (10_000, 40))
"""Nodes and searches spent on rows of catchments for each zone: none, and more in later tries."""

PATIENCE, STALL = 5, 0.05
"""Rounds of the linear model in which the gap must close by a share, or the whole-number model follows."""

CUT_SHORT = {False: 20, True: 2}
"""Whole-number models ended early whose plan was cut off, after which it is no use to go on; thorough: fewer,
for more rows of catchments do more."""

KEPT = 1_000_000
"""Runs for which rows are kept that others share: all."""

STEPS = 30
"""Steps of the knapsack bound after each run of the linear model."""

SAFETY = 1e-8
"""Relative slack taken off bounds that rest on the solver's tolerances."""


@dataclass(frozen=True)
class Proof:
    """What an attempt at a proof gave.

    Parameters
    ----------
    bound
        Lower bound on the cost of every plan; ``inf`` when there is none at all.
    plans
        Plans met that keep every rule, as zone positions.
    finished
        Whether nothing is left to prove: the best plan is known, or that there is none.
    """

    bound: float
    plans: tuple[np.ndarray, ...]
    finished: bool


class Prover:
    """Closes in on the best plan of a problem; what one attempt has learnt serves the next.

    Parameters
    ----------
    problem, tight
        The problem and its open pairs.
    shared
        Rows to share with other provers of the same pairs; by default it keeps its own, which say more.
    limit
        A weight of each pair, shape (n, m), and what the weights of a plan may sum up to.
    thorough
        Whether rows of connected catchments are looked for, the harder the more often it has tried.
    seed
        Fixes the solver's random choices.

    Notes
    -----
    Pairs that no plan cheaper than the best can use are closed for good, and its own rows are valid for the
    pairs left, so the best plan handed in must never get worse. :attr:`ceiling`, its cost, may be lowered
    from another thread while a proof goes on.
    """

    def __init__(
        self,
        problem: Problem,
        tight: Reach,
        *,
        shared: Cuts | None = None,
        limit: tuple[np.ndarray, float] | None = None,
        thorough: bool = False,
        seed: int = 0,
    ) -> None:
        self.thorough, self.tries = thorough, 0
        self.problem, self.left, self.limit, self.seed = problem, tight, limit, seed
        self.all_pairs = None if shared is None else tight.allowed
        self.cuts = Cuts() if shared is None else shared
        self.low, self.ceiling = -np.inf, np.inf
        self.live: Live | None = None

    def prove(self, bound: Bound, best: np.ndarray | None, limits: Limits, *, effort: int | None) -> Proof:
        """Try to find the best plan and prove it.

        Parameters
        ----------
        bound
            A bound on the cost of every plan, with its prices.
        best
            The best plan that keeps every rule, or None.
        limits
            Time and wish to stop.
        effort
            Work allowed to each whole-number model; None for no limit.
        """
        self.ceiling = min(self.ceiling, np.inf if best is None else plan_cost(self.problem, best))
        self.low = max(self.low, bound.value)
        if not self._close(bound, None):
            return self._done(())
        if (self.left.fixed >= 0).all():
            return self._only(self.left.fixed)
        self._linear(self._model(), limits.share(0.5))
        if self.low >= self._enough:
            return self._done(())
        whole = self._whole(self._model(), best, limits, effort)
        self.low = max(self.low, whole.bound)
        return self._done(whole.plans) if whole.finished else Proof(self.bound, whole.plans, finished=False)

    def _done(self, plans: tuple[np.ndarray, ...]) -> Proof:
        return Proof(self.bound, plans, finished=True)

    def _only(self, plan: np.ndarray) -> Proof:
        """Return the proof when a single plan is left: it keeps every rule or there is none better."""
        problem, cost = self.problem, plan_cost(self.problem, plan)
        heavy = self.limit is not None and self.limit[0][np.arange(len(plan)), plan].sum() > self.limit[1]
        if heavy or cut_off(problem, plan).any() or (loads(problem, plan) > problem.capacity).any():
            self.low = self.ceiling
            return self._done(())
        self.low = min(cost, self.ceiling)
        return self._done((plan,))

    @property
    def _rows_for(self) -> np.ndarray:
        """The pairs that new rows must be valid for, shape (n, m)."""
        return self.left.allowed if self.all_pairs is None else self.all_pairs

    @property
    def bound(self) -> float:
        """A bound on the cost of every plan, as far as the proof has come."""
        return min(self.low, self.ceiling)

    @property
    def _enough(self) -> float:
        """The bound at which the best plan is proven."""
        return self.ceiling - SAFETY * abs(self.ceiling) if np.isfinite(self.ceiling) else np.inf

    def _model(self) -> Live:
        """Return the model of the pairs left, made anew when many have been closed."""
        count = int((self.left.allowed & (self.left.fixed < 0)[:, None]).sum())
        if self.live is None or count < REBUILD * len(self.live.cost):
            held = self.left.fixed >= 0
            part = Part(self.left.allowed & ~held[:, None], np.where(held, self.left.fixed, -1))
            weight, most = (None, np.inf) if self.limit is None else self.limit
            more = {} if self.all_pairs is None else {"idle": KEPT}
            self.live = Live(self.problem, part, self.cuts, weight=weight, seed=self.seed, **more)
            self.live.limit(most)
        self.live.keep(self.left.allowed)
        return self.live

    def _close(self, bound: Bound, priced: Priced | None) -> bool:
        """Close the pairs that no cheaper plan can use; return whether there may be such a plan."""
        if np.isfinite(self.ceiling):
            return self._keep(close_pairs(self.problem, self.left, bound, self.ceiling, priced))
        return not self.left.reasons

    def _keep(self, allowed: np.ndarray) -> bool:
        """Take the pairs left; return whether a plan can be made of them."""
        if (allowed != self.left.allowed).any():
            self.left = reach(self.problem, allowed)
        if self.left.reasons:
            self.low = self.ceiling
        return not self.left.reasons

    def _linear(self, live: Live, limits: Limits) -> None:
        """Raise the bound by the linear model with the rows it calls for, closing pairs."""
        few = self.problem.n_units <= FEW * self.problem.n_zones  # where rows of catchments are soon found
        levels = LEVELS[: self.tries + 1 + few] if self.thorough else LEVELS[:1]
        self.tries += 1
        for nodes, steps in levels[-2:]:
            self._rounds(live, limits, nodes, steps)

    def _rounds(self, live: Live, limits: Limits, nodes: int, steps: int) -> None:
        """Solve the linear model and add rows, those of catchments by so much search, until it stalls."""
        values = [-np.inf] * PATIENCE
        while limits.left > 0:
            found = live.solve(limits)
            if found is None:
                return
            self.low = max(self.low, found.value)
            if self.low >= self._enough or not self._tighten(live, found, limits):
                return
            values.append(found.value)
            gap = max(min(self.ceiling, 1.02 * found.value) - found.value, 1e-9 * abs(found.value))
            stalled = values[-1] - values[-1 - PATIENCE] < STALL * gap
            new = self._separate(found.share)
            if steps:
                new += add_facets(self.problem, self.left, live, found, limits, nodes=nodes, steps=steps)
            if stalled or not new:
                return
            live.keep(self.left.allowed)

    def _tighten(self, live: Live, found: Relaxed, limits: Limits) -> bool:
        """Close pairs by reduced costs and by knapsacks at the model's prices; tell if a plan may be left."""
        if not np.isfinite(self.ceiling):
            return True
        core, problem = live.core, self.problem
        allowed = self.left.allowed.copy()
        dear = found.value + found.reduced > self._enough
        allowed[core.unit[dear], core.zone[dear]] = False
        if not self._keep(allowed):
            return False
        cost = problem.cost.copy()
        cost[core.unit, core.zone] = found.cost
        priced = Priced(cost, found.extra)
        start = Bound(-np.inf, found.price, np.zeros(problem.n_zones), np.zeros(problem.n_zones), None)
        raised = lagrangian(
            problem, self.left, start, target=self.ceiling, rounds=STEPS, limits=limits, priced=priced
        )
        self.low = max(self.low, raised.value)
        return self.low < self._enough and self._close(raised, priced)

    def _separate(self, share: np.ndarray) -> int:
        return separate_flows(self.problem, self._rows_for, share, self.cuts)

    def _whole(self, live: Live, best: np.ndarray | None, limits: Limits, effort: int | None) -> Proof:
        """Solve the whole-number model again and again, adding rows where plans are cut off."""
        low, problem, cut_short = -np.inf, self.problem, 0
        while limits.left > 0:
            found = live.whole(limits, best, effort=effort)
            if found.infeasible:
                return Proof(np.inf, (), finished=True)
            low = max(low, safe(found.bound + live.base))
            if found.x is None:
                break
            plan = live.core.plan(found.x)
            if not cut_off(problem, plan).any():
                plans = (plan,) if (loads(problem, plan) <= problem.capacity).all() else ()
                return Proof(low, plans, finished=found.optimal)
            shares = live.core.shares(found.x)
            new = separate(problem, self._rows_for, plan, self.cuts) + self._separate(shares)
            cut_short += not found.optimal
            if not new or cut_short == CUT_SHORT[self.thorough]:
                break
        return Proof(low, (), finished=False)


def safe(value: float) -> float:
    """Return a bound less the slack for the solver's tolerances."""
    return value - SAFETY * abs(value)


def searched() -> Reason:
    """Return the reason to give when the whole search is done and there is no plan."""
    return Reason("searched")
