"""Annealing over connected plans, and the catchments it meets (compiled in :mod:`zoning.kernels`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoning.bounds import Bound
from zoning.chains import chain, eject
from zoning.check import cost as plan_cost
from zoning.check import loads
from zoning.kernels import BEST_COST, BEST_OVER, COST, OVER, Board, Pool, State, anneal, keep_best
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.solver import Limits

BLOCK = 100_000
"""Most proposals between two looks at the clock."""

STAGES = 400
"""Temperatures of one cooling."""

SHAKE = 70
"""Proposals a unit of the short cooling that shakes a plan before chains mend it."""

SHAKE_MOST = 20_000
"""Most of those in all."""

SHAKES = ((0.1, 1.0), (0.1, 3.0), (0.3, 10.0))
"""Temperatures of those in turn, in mean costs of a unit, and prices of a pupil too many, in seat prices."""

POOL_CATCHMENTS = 200_000
POOL_UNITS = 8_000_000


@dataclass(frozen=True)
class Cooling:
    """One cooling, from hot to cold while overload gets dearer.

    Parameters
    ----------
    proposals
        Moves to propose in all.
    hot, cold
        First and last temperature, in mean costs of a unit.
    soft, hard
        First and last price of a pupil too many, in seat prices of the relaxation.
    swing
        By how much the price of a zone rises each stage while it is overfull, and falls while it is not.
    chains
        Share of proposals that move two units at once.
    walk
        Longest way between the two, in steps.
    record_from
        Part of the cooling after which catchments are recorded, 0 to 1.
    """

    proposals: int
    hot: float = 2.0
    cold: float = 0.05
    soft: float = 1.0
    hard: float = 5.0
    swing: float = 0.0
    chains: float = 0.4
    walk: int = 6
    record_from: float = 0.5


class Search:
    """A plan under change, with everything the compiled moves need.

    Parameters
    ----------
    problem, tight
        The problem and its open pairs.
    bound
        Its prices scale temperatures and overload and tell which catchments are worth keeping.
    seed
        Fixes every random choice.
    """

    def __init__(self, problem: Problem, tight: Reach, bound: Bound, *, seed: int) -> None:
        random = np.random.default_rng(seed)
        n, m = problem.n_units, problem.n_zones
        self.problem, self.bound = problem, bound
        self.board = _board(problem, tight, bound, random)
        self.state = _state(n, m, random)
        self.pool = _pool(n, m)
        self.unit_cost = max(bound.value, 1e-9) / max(n - m, 1)
        self.seat_price = bound.seat_price + 0.3 * max(bound.value, 1e-9) / max(int(problem.demand.sum()), 1)

    def put(self, zone: np.ndarray) -> None:
        """Go on from another plan; every unit must have a zone."""
        problem, state = self.problem, self.state
        state.zone[:] = zone
        state.load[:] = loads(problem, zone)
        state.scores[COST] = plan_cost(problem, zone)
        state.scores[OVER] = np.maximum(state.load - problem.capacity, 0).sum()
        state.key[:] = 0
        np.bitwise_xor.at(state.key, zone, self.board.hashes[:-1])
        own = self.board.cost[np.arange(problem.n_units), zone] - self.board.price
        state.value[:] = np.bincount(zone, own, problem.n_zones)
        keep_best(state)

    def forget_best(self) -> None:
        """Start a new record of the best plan."""
        self.state.scores[[BEST_COST, BEST_OVER]] = np.inf

    def allow_gap(self, gap: float) -> None:
        """Keep catchments that a plan less than ``gap`` above the bound may have."""
        self.pool.limit[:] = self.bound.least + gap

    def cool(self, plan: Cooling, limits: Limits) -> int:
        """Run one cooling and return how many proposals were made before time ran out."""
        done, factor = 0, np.ones(self.problem.n_zones)
        for stage in range(STAGES):
            part = stage / (STAGES - 1)
            heat = self.unit_cost * plan.hot * (plan.cold / plan.hot) ** part
            factor = self._swing(factor, plan.swing)
            self.state.weight[:] = self.seat_price * factor * plan.soft * (plan.hard / plan.soft) ** part
            due = plan.proposals * (stage + 1) // STAGES
            while done < due:
                if limits.left <= 0:
                    return done
                count = min(due - done, BLOCK)
                keep = part >= plan.record_from
                anneal(self.board, self.state, self.pool, count, heat, plan.chains, plan.walk, keep)
                done += count
        return done

    def mend(self, zone: np.ndarray, limits: Limits, *, tries: int, ceiling: float) -> int:
        """Shake a plan a little and empty its overfull zones by chains, again and again.

        Parameters
        ----------
        zone
            Plan to begin with each time.
        tries
            How often; a tenth as often once a plan fits.
        ceiling
            Plans that cost as much are passed over.

        Returns
        -------
        int
            How many proposals were made; the plan found is :attr:`best`.
        """
        state, room = self.state, chain()
        done = due = 0
        proposals = min(SHAKE * self.problem.n_units, SHAKE_MOST)
        self.forget_best()
        self.put(zone)  # so that there is a best plan even if no time is left
        while done < (due or tries) and limits.left > 0:
            heat, soft = SHAKES[done % len(SHAKES)]
            self.put(zone)
            state.weight[:] = self.seat_price * soft
            anneal(self.board, state, self.pool, proposals, self.unit_cost * heat, 0.4, 6, False)
            state.weight[:] = self.seat_price
            eject(self.board, state, room, ceiling)
            done += 1
            if state.scores[OVER] == 0:
                ceiling = min(ceiling, float(state.scores[COST]))
                due = due or done + tries // 10
        return done * proposals

    def _swing(self, factor: np.ndarray, swing: float) -> np.ndarray:
        if swing == 0.0:
            return factor
        full = self.state.load > self.problem.capacity
        return np.clip(np.where(full, factor * (1 + swing), factor / (1 + swing)), 0.3, 1000.0)

    @property
    def zone(self) -> np.ndarray:
        """The plan as it stands."""
        return self.state.zone.copy()

    @property
    def best(self) -> tuple[np.ndarray, float, int]:
        """The best plan since the record began, its cost and its overload."""
        return self.state.best.copy(), float(self.state.scores[BEST_COST]), int(self.state.scores[BEST_OVER])


def _board(problem: Problem, tight: Reach, bound: Bound, random: np.random.Generator) -> Board:
    counts = [len(units) for units in problem.anchors]
    cost = np.where(np.isfinite(problem.cost), problem.cost, 0.0)
    return Board(
        indptr=problem.indptr.copy(),
        indices=problem.indices.copy(),
        demand=problem.demand.copy(),
        cost=np.ascontiguousarray(cost),
        capacity=problem.capacity.copy(),
        allowed=np.ascontiguousarray(tight.allowed).copy(),
        roots=problem.roots.copy(),
        anchor_ptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        anchor_units=np.concatenate(problem.anchors).astype(np.int32),
        movable=np.flatnonzero((tight.fixed < 0) & (np.diff(problem.indptr) > 0)).astype(np.int32),
        hashes=random.integers(1, 2**63, problem.n_units + 1, dtype=np.uint64),
        price=bound.price.copy(),
    )


def _state(n: int, m: int, random: np.random.Generator) -> State:
    return State(
        zone=np.zeros(n, dtype=np.int32),
        load=np.zeros(m, dtype=np.int64),
        weight=np.ones(m),
        key=np.zeros(m, dtype=np.uint64),
        value=np.zeros(m),
        random=random.integers(1, 2**63, 1, dtype=np.uint64),
        stamp=np.zeros(1, dtype=np.int64),
        visited=np.zeros(n, dtype=np.int64),
        mark=np.zeros(n, dtype=np.int64),
        queue=np.zeros(n, dtype=np.int32),
        best=np.zeros(n, dtype=np.int32),
        scores=np.array([0.0, 0.0, np.inf, np.inf]),
    )


def _pool(n: int, m: int) -> Pool:
    catchments = min(POOL_CATCHMENTS, POOL_UNITS // max(n // m, 1))
    return Pool(
        table=np.zeros(4 * catchments + 7, dtype=np.uint64),
        zone=np.zeros(catchments, dtype=np.int32),
        start=np.zeros(catchments + 1, dtype=np.int64),
        units=np.zeros(POOL_UNITS + n, dtype=np.int32),
        filled=np.zeros(1, dtype=np.int64),
        limit=np.full(m, np.inf),
    )
