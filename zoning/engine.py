"""The order in which the parts of the optimisation work."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from zoning import bounds, core, exact, partition, starts
from zoning.check import cost as plan_cost
from zoning.check import cut_off
from zoning.coolings import COOLINGS, POLISH, QUENCH
from zoning.drawer import Drawer
from zoning.found import Best, Standing, rank
from zoning.problem import Problem
from zoning.proving import PROVABLE, Proving
from zoning.reach import Reach
from zoning.recombine import recombine
from zoning.refine import Refiner
from zoning.regroup import connected, neighbouring, regroup
from zoning.result import Result
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

STALE = 150_000
"""Work without a better plan after which a run that is to prove, and so takes long, makes a new start: the
more, the longer it got better before."""

LARGE = 100_000
"""Pairs of unit and zone from which only steps are taken whose time grows with the units."""


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
        self.proving = Proving(problem, tight, terms, seed=seed)
        self.limits = replace(terms.limits, cancelled=self._stopped)
        self.now, self.cuts = Standing(problem, terms), core.Cuts()
        self.best = self.at = self.now.plans  # the plans worked on may be those of a new start alone
        self.drawer = Drawer(problem, tight, self.cuts, seed=seed)
        self.refiner = Refiner(problem, tight, self.cuts, self.random)
        self.shaker = Shaker(problem, tight, self.cuts, self.random)
        self.large = problem.n_units * problem.n_zones >= LARGE
        self.restarts = 0
        self.combiner = partition.Combiner(problem, seed=seed)

    def run(self, begin: np.ndarray | None) -> Result:
        """Work until a limit is met or nothing is left to do."""
        try:
            self._search(begin)
        finally:
            last = self.proving.end()
        if last is not None:
            self._learn(last)
        zone = self.best.zone
        return self.now.result(
            self.starts["near"] if zone is None else settle(self.problem, self.tight, zone)
        )

    def _search(self, begin: np.ndarray | None) -> None:
        self._begin(begin)
        search = Search(*self._known, seed=self.seed)
        self._fit_start(search)
        fits = self.best.over == 0 and not self.large
        if self.terms.exact and fits and self._open(self.best.zone).sum() > PROVABLE:
            self._prove()  # smaller ones wait for the first turn, which soon leaves less to prove
        turn = self._turns(search, 0)
        while not self._over():
            self._restart()
            turn = self._turns(search, turn)

    def _turns(self, search: Search, turn: int) -> int:
        """Take turns until the plans worked on have long got no better; return the number of the next."""
        began = last = self.now.work
        while not self._over():
            before = self.at.over, self.at.cost
            self._turn(search, turn)
            turn += 1
            if (self.at.over, self.at.cost) < before:
                last = self.now.work
            stale = self.now.work - last >= max(STALE, last - began) and self.best.over == 0
            if stale and self.terms.exact and not self.large:
                break
        return turn

    def _restart(self) -> None:
        """Begin anew, apart from all plans known, and keep where that leads beside them."""
        self.restarts += 1
        self.at = Best()
        search = Search(*self._known, seed=self.seed + self.restarts)
        for zone in self.starts.values():
            self._offer(zone)
        self._fit_start(search)
        self._turns(search, 0)
        self.best.join(self.at)
        self.at = self.best

    def _over(self) -> bool:
        return self.now.finished or self.limits.left <= 0 or self.terms.over(self.now.work)

    def _stopped(self) -> bool:
        """Tell whether the caller wants an end, or a proof beside the search has left nothing to do."""
        return self.proving.ended or self.terms.limits.cancelled()

    def _offer(self, zone: np.ndarray) -> bool:
        """Take a plan if it is whole, connected and better than the best; return whether it is."""
        if (zone < 0).any() or not self.tight.allowed[np.arange(len(zone)), zone].all():
            return False
        if cut_off(self.problem, zone).any():
            return False
        over, cost = rank(self.problem, zone)
        self.at.keep(over, cost, zone)
        better = self.at.take(over, cost, zone)
        if self.best.take(over, cost, zone) or (better and self.at is self.best):
            if over == 0:
                self.proving.better(cost)
            self.now.note()
        return better

    @property
    def _known(self) -> tuple[Problem, Reach, bounds.Bound]:
        return self.problem, self.tight, self.now.bound

    @property
    def _target(self) -> float:
        """Cost of the best plan, or a guess at it."""
        return self.at.cost if self.at.over == 0 else self.now.bound.value * 1.03

    @property
    def _lost(self) -> bool:
        """Whether zones are small, to be drawn from catchments, and no plan fits."""
        return self.drawer.few and self.at.over > 0

    def _begin(self, begin: np.ndarray | None) -> None:
        """Find the first bound and the first plans."""
        self.now.bound = bounds.linear(self.problem, self.tight, self.limits.share(0.5))
        self._lagrange()
        self.starts = starts.first(*self._known, begin)
        for zone in self.starts.values():
            self._offer(zone)
        if self.at.zone is None:
            self._mend_starts()
        self.now.note()

    def _fit_start(self, search: Search) -> None:
        """Cool the start that follows the linear model: most often a plan that fits, near the bound."""
        zone = self.starts["share"]
        proposals = min(4_000 * self.problem.n_units, 20_000_000)
        for cooling in (POLISH, QUENCH):
            if self.at.over and not cut_off(self.problem, zone).any():
                self._cool(search, zone, replace(cooling, proposals=proposals))
        if self.at.over and self.at.zone is not None:
            self._chain(search, self.at.zone)

    def _mend_starts(self) -> None:
        """Connect a start that is cut off, by a whole-number model of all."""
        mended = connected(*self._known, self.starts["near"], self.cuts, self.limits, seed=self.seed)
        self.now.work += mended.work
        if mended.zone is not None:
            self._offer(mended.zone)

    def _lagrange(self) -> None:
        if not self.large:
            self.now.bound = bounds.lagrangian(
                *self._known, target=self._target, rounds=LAGRANGE_ROUNDS, limits=self.limits
            )

    def _turn(self, search: Search, turn: int) -> None:
        """Look for a plan, or a better one, and try a proof."""
        if self.large and self.at.zone is not None:
            self._polish(search, self.at.zone)
            return
        (self._seek if self._lost else self._improve)(search, turn)
        if self.terms.exact or turn % 4 == 2 or self.best.over > 0:
            self._prove()
        if self.at.zone is None and turn >= 3:
            self.now.work += COMBINE_WORK

    def _seek(self, search: Search, turn: int) -> None:
        """Look for a plan that fits: a cooling may do, before catchments are drawn from, which takes long."""
        if self.at.zone is None:
            return
        self._anneal(search, turn, self.at.zone)
        if turn > 0 and self._lost:
            self._sketch(search, turn)
        if turn % 4 == 3:
            self._combine(search)
            self._refine(self.at.zone, best=True)
            self._recombine()

    def _improve(self, search: Search, turn: int) -> None:
        """Draw, cool, join catchments and re-optimise groups of zones, each as often as it pays."""
        if self.at.zone is None:
            return
        small = self.problem.n_units <= partition.BIG_CATCHMENT * self.problem.n_zones
        if not self.drawer.few or turn % MIXED == 1:
            self._sketch(search, turn)
        if small or turn % 4 == 3:
            self._anneal(search, turn, self.at.zone)
        if turn % (2 if small else 8) == 1:
            self._combine(search)
        self._refine(self.at.zone, best=True)
        for _ in range(SHAKES):
            self._shake(self.at.zone)
        self._recombine()

    def _shake(self, best: np.ndarray) -> None:
        """Leave the best plan a little, and see where re-optimising nearby leads."""
        if self._over() or self.at.over:
            return
        shaken, work = self.shaker.shake(best, self.now.bound, self.limits, seed=self.seed + self.now.work)
        self.now.work += work
        moved = np.flatnonzero(shaken != best)
        if len(moved):
            near = np.union1d(shaken[moved], best[moved])
            self.at.end(self._refine(shaken, near=near))

    def _sketch(self, search: Search, turn: int) -> None:
        """Draw a plan from a model of the likely pairs and mend it, more seldom while that does not pay."""
        if turn < self.drawer.due:
            return
        before, lost = (self.at.over, self.at.cost), self._lost
        zone = self.drawer.draw(self.now.bound, self.limits, self.at.known)
        self.now.work += SKETCH_WORK
        if zone is not None and not cut_off(self.problem, zone).any():
            self._offer(zone)
            self.at.end(zone)
            if self.at.zone is None or not (self.at.zone == zone).all() or self.at.over:
                end = self._mend(search, zone, POLISH)
                if self.at.over or not rank(self.problem, end)[0]:  # what stays overfull rarely pays
                    end = self._refine(end)
                if not lost:  # while no plan fits, the next draw is worth more
                    self._recombine(end)
        self.drawer.learn(turn, paid=(self.at.over, self.at.cost) < before or self.at.over > 0)

    def _anneal(self, search: Search, turn: int, best: np.ndarray) -> None:
        """Cool once, from a start that goes with the cooling, and mend what is overfull at the end."""
        name, cooling = COOLINGS[turn % len(COOLINGS)]
        zone = self.starts.get(name)
        if zone is None or cut_off(self.problem, zone).any():
            zone = best
        n = self.problem.n_units
        base = max(min(60_000 * n, 20_000_000), 300 * n) * (1.0 + 0.5 * (turn // len(COOLINGS)))
        search.allow_gap(max(self._target - self.now.bound.value, 0.0) + 1e-6 * self.now.bound.value)
        self._cool(search, zone, replace(cooling, proposals=int(base)))
        found, cost, over = search.best
        if over and cost < self.at.ceiling:
            self._mend(search, search.zone)
            self._mend(search, found)
        if not over:
            found = self._refine(found)
        self.at.end(found)

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
        self.now.work += math.ceil(search.cool(cooling, self.limits) / 1000)
        self._offer(search.best[0])

    def _mend(self, search: Search, zone: np.ndarray, cooling: Cooling = QUENCH) -> np.ndarray:
        """Make a good but overfull plan fit: cool shortly with dear overload, then chains, then exactly."""
        self._cool(search, zone, replace(cooling, proposals=min(4_000 * self.problem.n_units, 2_000_000)))
        found, cost, over = search.best
        if over and cost < self.at.ceiling:
            if self._chain(search, found):
                return search.best[0]
            return self._regroup(found, tries=12 if self.at.over else 6, fit=True)
        return found

    def _chain(self, search: Search, zone: np.ndarray) -> bool:
        """Make an overfull plan fit by chains of moves; return whether that gives the best plan so far."""
        made = search.mend(zone, self.limits, tries=CHAINED, ceiling=self.at.ceiling)
        self.now.work += math.ceil(made / 1000)
        return self._offer(search.best[0])

    def _combine(self, search: Search) -> None:
        """Join recorded catchments into a plan; where some units are left, place them and cool shortly."""
        problem = self.problem
        kept = partition.joined([partition.of_plan(problem, zone) for _, _, zone in self.at.elite])
        met = partition.recorded(problem, search.pool)
        self.now.work += COMBINE_WORK
        found = self.combiner.combine(met, kept, search.bound.price, self.limits)
        if found is None or self._offer(found) or (found >= 0).all():
            return
        zone = starts.grow(problem, self.tight, starts.walks(problem), found)
        if not cut_off(problem, zone).any():
            self._mend(search, zone)

    def _recombine(self, first: np.ndarray | None = None) -> None:
        """Put the best plan together anew from where the latest steps ended, ``first`` before all."""
        ends = [self.at.ends[k] for k in self.random.permutation(len(self.at.ends))]
        for number in range(len(ends) if first is None else 1):
            if self._over() or self.at.zone is None:
                return
            others = ends[number:] + ends[:number] if first is None else [first, *ends]
            plans, seed = [self.at.zone, *others], self.seed + number
            found = recombine(*self._known, plans, self.cuts, self.limits, most=RECOMBINED, seed=seed)
            if found is None:
                return
            self.now.work += found.work
            if found.zone is None or not self._offer(found.zone):
                return

    def _refine(self, zone: np.ndarray, *, best: bool = False, near: np.ndarray | None = None) -> np.ndarray:
        """Re-optimise groups of a plan exactly, the ``best`` or another; return where this leads."""
        known, seed = (self.now.bound, self.limits), self.seed + self.now.work
        short = near is not None or self.at.over > 0
        for found in self.refiner.follow(zone, *known, best=best, short=short, near=near, seed=seed):
            self.now.work += found.work
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
            part = (self.now.bound, zone, zones, self.cuts, self.limits)
            found = regroup(self.problem, self.tight, *part, most=REGROUPED, seed=self.seed + self.now.work)
            self.now.work += found.work
            if found.zone is not None:
                zone = found.zone
                self._offer(zone)
            if fit and rank(self.problem, zone)[0] == 0:
                break
        return zone

    def _prove(self) -> None:
        """Raise the bound, and try a proof if one is asked for or looks near."""
        self._lagrange()
        self.now.work += PROOF_WORK
        known = self.best.zone if self.best.over == 0 else None
        pairs = int(self._open(known).sum())
        if not self.proving.worth(known, pairs):
            self.now.note()
            return
        found = self.proving.attempt(self.now.bound, known, pairs, wait=self.best.zone is None)
        if found is None:  # it goes on beside the search
            self.now.raise_bound(self.proving.low)
        elif self._learn(found) and not self._over():
            self._prove()  # a better plan closes more pairs

    def _learn(self, found: exact.Proof) -> bool:
        """Take what a proof gave; return whether that is a better plan."""
        better = [plan for plan in found.plans if self._offer(plan)]
        if found.finished:
            self.now.finished = True
            self.now.none_at_all = self.best.over > 0
        self.now.raise_bound(min(found.bound, self.best.cost) if self.best.over == 0 else found.bound)
        return bool(better)

    def _open(self, known: np.ndarray | None) -> np.ndarray:
        """Return the pairs that a plan better than ``known`` may use."""
        if known is None:
            return self.tight.allowed
        return bounds.close_pairs(*self._known, plan_cost(self.problem, known))
