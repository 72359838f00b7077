"""The order in which the parts of the optimisation work, and what they have found so far."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from zoning import bounds, core, exact, partition, starts
from zoning.check import check_positions, cut_off
from zoning.check import cost as plan_cost
from zoning.coolings import COOLINGS, POLISH, QUENCH
from zoning.drawer import Drawer
from zoning.found import Best, rank
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.recombine import recombine
from zoning.refine import Refiner
from zoning.regroup import connected, neighbouring, regroup
from zoning.result import Result, Step
from zoning.search import Cooling, Search
from zoning.settle import settle
from zoning.shake import Shaker
from zoning.terms import Terms

LAGRANGE_ROUNDS = 200
"""Steps of the bound each time it is raised."""

COMBINE_WORK, PROOF_WORK, SKETCH_WORK = 1_000, 2_000, 4_000
"""What steps count as work that count neither proposals nor simplex iterations."""

REGROUPED, RECOMBINED = 1_500, 3_000
"""Simplex iterations allowed to a group of zones, and to putting plans together."""

CHAINED = 200
"""Most tries to mend a plan by chains."""

SHAKES, MIXED = 6, 8
"""How often the best plan is shaken in a turn; how many turns lie between two draws from catchments."""

LARGE = 100_000
"""Pairs of unit and zone from which only steps are taken whose time grows with the units."""

PROVABLE = 1_500
"""Open pairs up to which a proof is tried although none was asked for."""

PROOF_SHARE = 0.3
"""Share of the time left that a proof may take; a quarter of it while no plan fits."""

FIRST_EFFORT = 100_000
"""Work allowed to the first proof, in the solver's stop checks times open pairs; more each time."""


class Engine:
    """One optimisation run.

    Parameters
    ----------
    problem, tight
        A problem without a plain proof that it has no plan, and its open pairs.
    terms
        What the caller asks for.
    seed
        Fixes every random choice.
    """

    def __init__(self, problem: Problem, tight: Reach, terms: Terms, *, seed: int) -> None:
        self.problem, self.tight, self.terms, self.seed = problem, tight, terms, seed
        self.random = np.random.default_rng(seed)
        self.limits = terms.limits
        self.best, self.cuts = Best(), core.Cuts()
        self.prover = exact.Prover(problem, tight, thorough=terms.exact, seed=seed)
        self.drawer = Drawer(problem, tight, self.cuts, seed=seed)
        self.refiner = Refiner(problem, tight, self.cuts, self.random)
        self.shaker = Shaker(problem, tight, self.cuts, self.random)
        self.large = problem.n_units * problem.n_zones >= LARGE
        self.work, self.trace = 0, list[Step]()
        self.finished, self.none_at_all = False, False
        self.combiner = partition.Combiner(problem, seed=seed)
        self.effort = FIRST_EFFORT * (200.0 if terms.exact else 1.0)
        self.bound = bounds.Bound(0.0, np.zeros(problem.n_units), *np.zeros((2, problem.n_zones)))

    def run(self, begin: np.ndarray | None) -> Result:
        """Work until a limit is met or nothing is left to do."""
        self._begin(begin)
        search = Search(self.problem, self.tight, self.bound, seed=self.seed)
        self._fit_start(search)
        fits = self.best.over == 0 and not self.large
        if self.terms.exact and fits and self._open(self.best.zone).sum() > PROVABLE:
            self._prove()  # smaller ones wait for the first turn, which soon leaves less to prove
        turn = 0
        while not self._over():
            self._turn(search, turn)
            turn += 1
        return self._result()

    def _over(self) -> bool:
        return self.finished or self.terms.over(self.work)

    def _offer(self, zone: np.ndarray) -> bool:
        """Take a plan if it is whole, connected and better than the best; return whether it is."""
        problem, best = self.problem, self.best
        if (zone < 0).any() or not self.tight.allowed[np.arange(len(zone)), zone].all():
            return False
        over, cost = rank(self.problem, zone)
        if cut_off(problem, zone).any():
            return False
        best.keep(over, cost, zone)
        if (over, cost) >= (best.over, best.cost - 1e-9):
            return False
        best.zone, best.cost, best.over = zone.copy(), cost, over
        self._note()
        return True

    def _note(self) -> None:
        """Write the trace, tell the caller, and see whether the plan is proven best."""
        best, low = self.best, self.bound.value
        if best.over == 0 and best.cost - low <= 1e-7 * max(best.cost, 1e-9):
            self.finished = True
        if self.finished and best.over == 0:
            low = min(low, best.cost)
        self.trace.append(Step(self.terms.seconds, self.work, best.cost, int(min(best.over, 2**62)), low))
        if self.terms.progress is not None:
            cost = best.cost if best.zone is not None else math.nan
            self.terms.progress(cost, low, self.terms.used(self.work))

    def _raise_bound(self, value: float) -> None:
        if value > self.bound.value:
            self.bound = replace(self.bound, value=value)
            self._note()

    @property
    def _target(self) -> float:
        """Cost of the best plan, or a guess at it."""
        return self.best.cost if self.best.over == 0 else self.bound.value * 1.03

    @property
    def _lost(self) -> bool:
        """Whether zones are small, to be drawn from catchments, and no plan fits."""
        return self.drawer.few and self.best.over > 0

    def _begin(self, begin: np.ndarray | None) -> None:
        """Find the first bound and the first plans."""
        problem, tight = self.problem, self.tight
        self.bound = bounds.linear(problem, tight, self.limits.share(0.5))
        self._lagrange()
        self.starts = starts.first(problem, tight, self.bound, begin)
        for zone in self.starts.values():
            self._offer(zone)
        if self.best.zone is None:
            self._mend_starts()
        self._note()

    def _fit_start(self, search: Search) -> None:
        """Cool the start that follows the linear model: most often a plan that fits, near the bound."""
        zone = self.starts["share"]
        proposals = min(4_000 * self.problem.n_units, 20_000_000)
        for cooling in (POLISH, QUENCH):
            if self.best.over and not cut_off(self.problem, zone).any():
                self._cool(search, zone, replace(cooling, proposals=proposals))
        if self.best.over and self.best.zone is not None:
            self._chain(search, self.best.zone)

    def _mend_starts(self) -> None:
        """Connect a start that is cut off, by a whole-number model of all."""
        known, near = (self.problem, self.tight, self.bound), self.starts["near"]
        mended = connected(*known, near, self.cuts, self.limits, seed=self.seed)
        self.work += mended.work
        if mended.zone is not None:
            self._offer(mended.zone)

    def _lagrange(self) -> None:
        if self.large:
            return
        known, limits = (self.problem, self.tight, self.bound), self.limits
        self.bound = bounds.lagrangian(*known, target=self._target, rounds=LAGRANGE_ROUNDS, limits=limits)

    def _turn(self, search: Search, turn: int) -> None:
        """Look for a plan, or a better one, and try a proof."""
        if self.large and self.best.zone is not None:
            self._polish(search, self.best.zone)
            return
        (self._seek if self._lost else self._improve)(search, turn)
        if self.terms.exact or turn % 4 == 2 or self.best.over > 0:
            self._prove()
        if self.best.zone is None and turn >= 3:
            self.work += COMBINE_WORK

    def _seek(self, search: Search, turn: int) -> None:
        """Look for a plan that fits: a cooling may do, before catchments are drawn from, which takes long."""
        if self.best.zone is None:
            return
        self._anneal(search, turn, self.best.zone)
        if turn > 0 and self._lost:
            self._sketch(search, turn)
        if turn % 4 == 3:
            self._combine(search)
            self._refine(self.best.zone, best=True)
            self._recombine()

    def _improve(self, search: Search, turn: int) -> None:
        """Draw, cool, join catchments and re-optimise groups of zones, each as often as it pays."""
        if self.best.zone is None:
            return
        small = self.problem.n_units <= partition.BIG_CATCHMENT * self.problem.n_zones
        if not self.drawer.few or turn % MIXED == 1:
            self._sketch(search, turn)
        if small or turn % 4 == 3:
            self._anneal(search, turn, self.best.zone)
        if turn % (2 if small else 8) == 1:
            self._combine(search)
        self._refine(self.best.zone, best=True)
        for _ in range(SHAKES):
            self._shake(self.best.zone)
        self._recombine()

    def _shake(self, best: np.ndarray) -> None:
        """Leave the best plan a little, and see where re-optimising nearby leads."""
        if self._over() or self.best.over:
            return
        shaken, work = self.shaker.shake(best, self.bound, self.limits, seed=self.seed + self.work)
        self.work += work
        moved = np.flatnonzero(shaken != best)
        if len(moved):
            near = np.union1d(shaken[moved], best[moved])
            self.best.end(self._refine(shaken, near=near))

    def _sketch(self, search: Search, turn: int) -> None:
        """Draw a plan from a model of the likely pairs and mend it, more seldom while that does not pay."""
        if turn < self.drawer.due:
            return
        before, lost = (self.best.over, self.best.cost), self._lost
        zone = self.drawer.draw(self.bound, self.limits, self.best.known)
        self.work += SKETCH_WORK
        if zone is not None and not cut_off(self.problem, zone).any():
            self._offer(zone)
            self.best.end(zone)
            if self.best.zone is None or not (self.best.zone == zone).all() or self.best.over:
                end = self._mend(search, zone, POLISH)
                if self.best.over or not rank(self.problem, end)[0]:  # what stays overfull rarely pays
                    end = self._refine(end)
                if not lost:  # while no plan fits, the next draw is worth more
                    self._recombine(end)
        self.drawer.learn(turn, paid=(self.best.over, self.best.cost) < before or self.best.over > 0)

    def _anneal(self, search: Search, turn: int, best: np.ndarray) -> None:
        """Cool once, from a start that goes with the cooling, and mend what is overfull at the end."""
        name, cooling = COOLINGS[turn % len(COOLINGS)]
        zone = self.starts.get(name)
        if zone is None or cut_off(self.problem, zone).any():
            zone = best
        n = self.problem.n_units
        base = max(min(60_000 * n, 20_000_000), 300 * n) * (1.0 + 0.5 * (turn // len(COOLINGS)))
        search.allow_gap(max(self._target - self.bound.value, 0.0) + 1e-6 * self.bound.value)
        self._cool(search, zone, replace(cooling, proposals=int(base)))
        found, cost, over = search.best
        if over and cost < self.best.ceiling:
            self._mend(search, search.zone)
            self._mend(search, found)
        if not over:
            found = self._refine(found)
        self.best.end(found)

    def _polish(self, search: Search, best: np.ndarray) -> None:
        """Cool a large map from the best plan, a little hot and then cold, and re-optimise where it ends."""
        for cooling in (QUENCH, POLISH):
            proposals = 400 * self.problem.n_units
            self._cool(search, best, replace(cooling, proposals=proposals, record_from=1.0))
            best = search.zone
        self._regroup(best, tries=12)

    def _cool(self, search: Search, zone: np.ndarray, cooling: Cooling) -> None:
        search.forget_best()
        search.put(zone)
        self.work += math.ceil(search.cool(cooling, self.limits) / 1000)
        self._offer(search.best[0])

    def _mend(self, search: Search, zone: np.ndarray, cooling: Cooling = QUENCH) -> np.ndarray:
        """Make a good but overfull plan fit: cool shortly with dear overload, then chains, then exactly."""
        self._cool(search, zone, replace(cooling, proposals=min(4_000 * self.problem.n_units, 2_000_000)))
        found, cost, over = search.best
        if over and cost < self.best.ceiling:
            if self._chain(search, found):
                return search.best[0]
            return self._regroup(found, tries=12 if self.best.over else 6, fit=True)
        return found

    def _chain(self, search: Search, zone: np.ndarray) -> bool:
        """Make an overfull plan fit by chains of moves; return whether that gives the best plan so far."""
        made = search.mend(zone, self.limits, tries=CHAINED, ceiling=self.best.ceiling)
        self.work += math.ceil(made / 1000)
        return self._offer(search.best[0])

    def _combine(self, search: Search) -> None:
        """Join recorded catchments into a plan; where some units are left, place them and cool shortly."""
        problem = self.problem
        kept = partition.joined([partition.of_plan(problem, zone) for _, _, zone in self.best.elite])
        met = partition.recorded(problem, search.pool)
        self.work += COMBINE_WORK
        found = self.combiner.combine(met, kept, search.bound.price, self.limits)
        if found is None or self._offer(found) or (found >= 0).all():
            return
        zone = starts.grow(problem, self.tight, starts.walks(problem), found)
        if not cut_off(problem, zone).any():
            self._mend(search, zone)

    def _recombine(self, first: np.ndarray | None = None) -> None:
        """Put the best plan together anew from where the latest steps ended, ``first`` before all."""
        ends = [self.best.ends[k] for k in self.random.permutation(len(self.best.ends))]
        for number in range(len(ends) if first is None else 1):
            if self._over() or self.best.zone is None:
                return
            others = ends[number:] + ends[:number] if first is None else [first, *ends]
            known, plans = (self.problem, self.tight, self.bound), [self.best.zone, *others]
            seed = self.seed + number
            found = recombine(*known, plans, self.cuts, self.limits, most=RECOMBINED, seed=seed)
            if found is None:
                return
            self.work += found.work
            if found.zone is None or not self._offer(found.zone):
                return

    def _refine(self, zone: np.ndarray, *, best: bool = False, near: np.ndarray | None = None) -> np.ndarray:
        """Re-optimise groups of a plan exactly, the ``best`` or another; return where this leads."""
        known, seed = (self.bound, self.limits), self.seed + self.work
        short = near is not None or self.best.over > 0
        for found in self.refiner.follow(zone, *known, best=best, short=short, near=near, seed=seed):
            self.work += found.work
            if found.zone is not None:
                zone = found.zone
                self._offer(zone)
            if self._over():
                break
        return zone

    def _regroup(self, zone: np.ndarray, *, tries: int, fit: bool = False) -> np.ndarray:
        """Re-optimise neighbouring zones exactly, overfull ones first; ``fit``: until none is."""
        for number in range(tries):
            if self._over():
                break
            zones = neighbouring(self.problem, zone, 3 + number % 4, self.random)
            part = (self.bound, zone, zones, self.cuts, self.limits)
            found = regroup(self.problem, self.tight, *part, most=REGROUPED, seed=self.seed + self.work)
            self.work += found.work
            if found.zone is not None:
                zone = found.zone
                self._offer(zone)
            if fit and rank(self.problem, zone)[0] == 0:
                break
        return zone

    def _prove(self) -> None:
        """Raise the bound, and try a proof if one is asked for or looks near."""
        self._lagrange()
        self.work += PROOF_WORK
        known = self.best.zone if self.best.over == 0 else None
        if not self.terms.exact and (known is None or self._open(known).sum() > PROVABLE):
            self._note()
            return
        effort = math.ceil(self.effort / (1 + len(np.flatnonzero(self._open(known)))))
        self.effort *= 2.0
        limits = self.limits.share(PROOF_SHARE if known is not None else PROOF_SHARE / 4)
        found = self.prover.prove(self.bound, known, limits, effort=effort)
        better = [plan for plan in found.plans if self._offer(plan)]
        if found.finished:
            self.finished = True
            self.none_at_all = self.best.over > 0
        self._raise_bound(min(found.bound, self.best.cost) if self.best.over == 0 else found.bound)
        if better and not self._over():
            self._prove()  # a better plan closes more pairs

    def _open(self, known: np.ndarray | None) -> np.ndarray:
        """Return the pairs that a plan better than ``known`` may use."""
        if known is None:
            return self.tight.allowed
        return bounds.close_pairs(self.problem, self.tight, self.bound, plan_cost(self.problem, known))

    def _result(self) -> Result:
        problem, best = self.problem, self.best
        zone = self.starts["near"] if best.zone is None else settle(problem, self.tight, best.zone)
        feasible = False if self.none_at_all else (True if best.over == 0 else None)
        low = min(self.bound.value, best.cost) if feasible else self.bound.value
        if feasible and self.finished:
            low = best.cost
        self._note()
        return Result(
            zones=problem.series(zone),
            cost=plan_cost(problem, zone),
            bound=math.inf if feasible is False else low,
            feasible=feasible,
            reasons=(exact.searched(),) if feasible is False else (),
            violations=len(check_positions(problem, zone)),
            work=self.work,
            seconds=self.terms.seconds,
            trace=tuple(self.trace),
        )
