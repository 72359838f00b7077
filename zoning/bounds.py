"""Lower bounds on the cost of every plan, and what they say about single pairs of unit and zone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoning.lagrange import Pairs, ascend, evaluate, forced
from zoning.problem import Problem
from zoning.reach import Reach
from zoning.solver import Limits, Model, solve

FIRST_CHOICES = 16
"""Zones a unit, cheapest first, with which a large linear model starts."""

SMALL = 300_000
"""Pairs up to which the linear model takes all at once."""

SAFETY = 1e-9
"""Relative slack taken off each bound against rounding."""


@dataclass(frozen=True)
class Bound:
    """A lower bound and the prices it comes from.

    Parameters
    ----------
    value
        No plan costs less, pupil-km.
    price
        Price of each unit, shape (n,); with it, reduced costs tell good catchments.
    seat_price
        What a seat is worth in each zone in the linear model, pupil-km a pupil, shape (m,).
    least
        Least reduced cost of any catchment of each zone at these prices, shape (m,).
    share
        Solution of the linear model, shape (n, m), or None.
    """

    value: float
    price: np.ndarray
    seat_price: np.ndarray
    least: np.ndarray
    share: np.ndarray | None = None


def linear(problem: Problem, tight: Reach, limits: Limits) -> Bound:
    """Bound by the linear model without connection, where units may be shared among zones.

    The bound is computed from the seat prices alone over all pairs, so that it holds whatever the solver's
    tolerances and whichever pairs it was given.
    """
    use = _first_choices(problem, tight)
    seat_price, share = np.zeros(problem.n_zones), None
    best, best_price = -np.inf, seat_price
    while limits.left > 0:
        found = _transport(problem, use, limits)
        if found is None:
            break
        seat_price, share = found
        value = _priced(problem, tight, seat_price)
        if value.min(axis=1).sum() - seat_price @ problem.capacity > best:
            best = float(value.min(axis=1).sum() - seat_price @ problem.capacity)
            best_price = seat_price
        more = _missing(value, use)
        if not more.any():
            break
        use |= more
    value = _priced(problem, tight, best_price)
    unit_price = value.min(axis=1)
    total = float(unit_price.sum() - best_price @ problem.capacity)
    least = -best_price * problem.capacity
    return Bound(_safe(total), unit_price, best_price, least, share)


def _priced(problem: Problem, tight: Reach, seat_price: np.ndarray) -> np.ndarray:
    """Return cost plus seats used at their price, ``inf`` where a pair is closed, shape (n, m)."""
    cost = problem.cost + problem.demand[:, None] * seat_price
    return np.where(tight.allowed, cost, np.inf)


def _first_choices(problem: Problem, tight: Reach) -> np.ndarray:
    if tight.allowed.sum() <= SMALL:
        return tight.allowed.copy()
    metres = np.where(tight.allowed, problem.metres, np.inf)
    keep = min(FIRST_CHOICES, problem.n_zones - 1)
    use = metres <= np.partition(metres, keep, axis=1)[:, [keep]]
    return use & tight.allowed


def _missing(value: np.ndarray, use: np.ndarray) -> np.ndarray:
    """Return the pairs left out of the model that would lower its cost."""
    inside = np.where(use, value, np.inf).min(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        return ~use & (value < inside - 1e-7 * np.maximum(np.abs(inside), 1.0))


def _transport(problem: Problem, use: np.ndarray, limits: Limits) -> tuple[np.ndarray, np.ndarray] | None:
    """Solve the linear model on the pairs in ``use``; return seat prices and shares."""
    n, m = problem.n_units, problem.n_zones
    unit, zone = np.nonzero(use)
    pairs = len(unit)
    dear = 10.0 * (problem.cost[unit, zone] / np.maximum(problem.demand[unit], 1)).max(initial=1.0)
    cost = np.concatenate([problem.cost[unit, zone], np.full(m, dear)])
    row = np.concatenate([unit, zone + n, np.arange(m) + n])
    column = np.concatenate([np.arange(pairs), np.arange(pairs), np.arange(m) + pairs])
    value = np.concatenate([np.ones(pairs), problem.demand[unit], np.full(m, -1.0)])
    upper = np.full(pairs + m, np.inf)
    lower = np.concatenate([np.ones(n), np.full(m, -np.inf)])
    rooms = np.concatenate([np.ones(n), problem.capacity])
    found = solve(Model.from_triplets(cost, upper, lower, rooms, row, column, value), limits)
    if found.x is None or found.duals is None:
        return None
    share = np.zeros((n, m))
    share[unit, zone] = found.x[:pairs]
    return np.maximum(-found.duals[n:], 0.0), share


@dataclass(frozen=True)
class Priced:
    """Costs of all pairs less the prices of rows, shape (n, m), and what those add to every plan's cost."""

    cost: np.ndarray
    extra: float


def pairs_of(problem: Problem, tight: Reach, priced: Priced | None = None) -> tuple[Pairs, float]:
    """Return the open pairs of units that have a choice, and the cost of the units that have none."""
    cost, extra = (problem.cost, 0.0) if priced is None else (priced.cost, priced.extra)
    choice = tight.allowed & (tight.fixed < 0)[:, None]
    zone, unit = map(np.ascontiguousarray, np.nonzero(choice.T))  # one layout, so compiled once
    start = np.concatenate([[0], np.cumsum(np.bincount(zone, minlength=problem.n_zones))])
    held = np.flatnonzero(tight.fixed >= 0)
    used = np.bincount(tight.fixed[held], problem.demand[held], problem.n_zones).astype(np.int64)
    pairs = Pairs(start, unit, cost[unit, zone], problem.demand, problem.capacity - used)
    return pairs, float(cost[held, tight.fixed[held]].sum()) + extra


def lagrangian(
    problem: Problem,
    tight: Reach,
    bound: Bound,
    *,
    target: float,
    rounds: int,
    limits: Limits,
    priced: Priced | None = None,
) -> Bound:
    """Raise a bound by knapsack prices (see :mod:`zoning.lagrange`); never returns a lower one.

    Parameters
    ----------
    problem, tight
        The problem and its open pairs.
    bound
        Bound to start from; its prices are the first.
    target
        Cost of the best plan known, or a guess at it.
    rounds
        Steps to make.
    priced
        Costs in place of the problem's own.
    """
    pairs, base = pairs_of(problem, tight, priced)
    free = tight.fixed < 0
    price = np.where(free, bound.price, 0.0)
    at, pace = price.copy(), np.array([1.0, 0.0, -np.inf])
    for done in range(0, rounds, 10):
        if limits.left <= 0:
            break
        ascend(pairs, price, at, free, target - base, min(10, rounds - done), pace)
    cover, least = np.zeros(problem.n_units, dtype=np.int64), np.zeros(problem.n_zones)
    value = evaluate(pairs, price, cover, least)
    held = np.flatnonzero(~free)
    price[held] = problem.cost[held, tight.fixed[held]]
    total = _safe(float(value) + base)
    best = max(total, bound.value)
    return Bound(best, price, bound.seat_price, least, bound.share)


def close_pairs(
    problem: Problem, tight: Reach, bound: Bound, cost: float, priced: Priced | None = None
) -> np.ndarray:
    """Return the pairs left when those are closed that no plan cheaper than ``cost`` can use."""
    pairs, base = pairs_of(problem, tight, priced)
    cover, least = np.zeros(problem.n_units, dtype=np.int64), np.zeros(problem.n_zones)
    price = np.where(tight.fixed < 0, bound.price, 0.0)
    value = evaluate(pairs, price, cover, least)
    lowest = forced(pairs, price, value, least) + base
    zone = np.repeat(np.arange(problem.n_zones), np.diff(pairs.start))
    over = lowest > cost + SAFETY * abs(cost)
    allowed = tight.allowed.copy()
    allowed[pairs.unit[over], zone[over]] = False
    return allowed


def _safe(value: float) -> float:
    return value - SAFETY * abs(value)
