"""A lower bound by Lagrangian relaxation: each zone packs its own knapsack, units are priced by agreement.

Dropping the rule that every unit has exactly one zone, at a price for each unit, leaves one knapsack a
zone. For any prices, their sum is a valid lower bound on the cost of every plan (Fisher 1981); connection
is relaxed too. Prices rise by subgradient steps. The knapsacks are solved by branch and bound (Horowitz and
Sahni 1974); where that takes too long, the fractional value stands in, which keeps the bound valid.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

NODES = 20_000
"""Most nodes of one branch and bound."""

PATIENCE = 15
"""Steps without gain after which steps get shorter."""


class Pairs(NamedTuple):
    """Open pairs of free units and zones, zone by zone, and the room that fixed units leave in each zone."""

    start: np.ndarray
    unit: np.ndarray
    cost: np.ndarray
    demand: np.ndarray
    room: np.ndarray


@njit(cache=True, nogil=True)
def _fractional(profit: np.ndarray, need: np.ndarray, count: int, at: int, room: int) -> float:
    """Return the fractional value of the items from ``at`` on, sorted by profit for room."""
    total = 0.0
    for k in range(at, count):
        if need[k] > room:
            return total + profit[k] * room / need[k]
        room -= need[k]
        total += profit[k]
    return total


@njit(cache=True, nogil=True)
def _fill(
    profit: np.ndarray, need: np.ndarray, count: int, room: int, taken: np.ndarray, trial: np.ndarray
) -> float:
    """Solve a knapsack of ``count`` items sorted by profit for room; return a value never too low.

    ``taken`` receives the best items found.
    """
    most = _fractional(profit, need, count, 0, room)
    best, value, at = -1.0, 0.0, 0
    for _ in range(NODES):
        if value + _fractional(profit, need, count, at, room) > best + 1e-12 * most:
            while at < count and need[at] <= room:
                trial[at] = True
                value += profit[at]
                room -= need[at]
                at += 1
            if at < count:
                trial[at] = False
                at += 1
                if at < count:
                    continue
            if value > best:
                best = value
                taken[:count] = trial[:count]
        at -= 1
        while at >= 0 and not trial[at]:
            at -= 1
        if at < 0:
            return best
        trial[at] = False
        value -= profit[at]
        room += need[at]
        at += 1
    return most


@njit(cache=True, nogil=True)
def _pack(pairs: Pairs, zone: int, price: np.ndarray, cover: np.ndarray) -> float:
    """Return the least reduced cost of a catchment of ``zone`` and count its units in ``cover``."""
    low, high = pairs.start[zone], pairs.start[zone + 1]
    items = np.empty(high - low, dtype=np.int64)
    count, free = 0, 0.0
    for k in range(low, high):
        unit = pairs.unit[k]
        gain = price[unit] - pairs.cost[k]
        if gain <= 0.0 or pairs.demand[unit] > pairs.room[zone]:
            continue
        if pairs.demand[unit] == 0:
            free += gain
            cover[unit] += 1
        else:
            items[count] = k
            count += 1
    profit, need = np.empty(count), np.empty(count, dtype=np.int64)
    for i in range(count):
        unit = pairs.unit[items[i]]
        profit[i] = price[unit] - pairs.cost[items[i]]
        need[i] = pairs.demand[unit]
    order = np.argsort(-profit / need)
    taken, trial = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.bool_)
    worth = _fill(profit[order], need[order], count, pairs.room[zone], taken, trial)
    for i in range(count):
        if taken[i]:
            cover[pairs.unit[items[order[i]]]] += 1
    return -free - worth


@njit(cache=True, nogil=True)
def evaluate(pairs: Pairs, price: np.ndarray, cover: np.ndarray, least: np.ndarray) -> float:
    """Return the bound at ``price``; fill how often each unit is covered and the least value of each zone."""
    cover[:] = 0
    total = price.sum()
    for zone in range(pairs.room.size):
        least[zone] = _pack(pairs, zone, price, cover)
        total += least[zone]
    return total


@njit(cache=True, nogil=True)
def ascend(
    pairs: Pairs,
    price: np.ndarray,
    at: np.ndarray,
    free: np.ndarray,
    target: float,
    rounds: int,
    pace: np.ndarray,
) -> None:
    """Raise the bound by ``rounds`` subgradient steps towards ``target``.

    ``price`` is changed in place to the best prices met and ``at`` to where the steps stand; ``free`` tells
    the units that are priced. ``pace`` holds the length of a step, the steps without gain and the best bound,
    to go on with.
    """
    cover, least = np.zeros(price.size, dtype=np.int64), np.zeros(pairs.room.size)
    step, stale, best = pace
    for _ in range(rounds):
        value = evaluate(pairs, at, cover, least)
        if value > best:
            stale = 0.0 if value > best + 1e-5 * abs(value) else stale + 1.0
            best = value
            price[:] = at
        else:
            stale += 1.0
        if stale > PATIENCE:
            step *= 0.7
            stale = 0.0
            at[:] = price
            value = evaluate(pairs, at, cover, least)
        slope = np.where(free, 1.0 - cover, 0.0)
        norm = (slope * slope).sum()
        if norm == 0.0 or target <= value:
            break
        at += step * (target - value) / norm * slope
    pace[:] = step, stale, best


@njit(cache=True, nogil=True)
def forced(pairs: Pairs, price: np.ndarray, bound: float, least: np.ndarray) -> np.ndarray:
    """Return for every pair a lower bound on the cost of all plans that use it, shape (pairs,)."""
    result = np.empty(pairs.unit.size)
    for zone in range(pairs.room.size):
        low, high = pairs.start[zone], pairs.start[zone + 1]
        gain = np.empty(high - low)
        for k in range(low, high):
            gain[k - low] = max(price[pairs.unit[k]] - pairs.cost[k], 0.0)
        need = pairs.demand[pairs.unit[low:high]]
        order = np.argsort(-gain / np.maximum(need, 1e-9))
        for k in range(low, high):
            room = pairs.room[zone] - need[k - low]
            if room < 0:
                result[k] = np.inf
                continue
            worth = price[pairs.unit[k]] - pairs.cost[k]
            for i in order:
                if i == k - low or gain[i] <= 0.0:
                    continue
                if need[i] > room:
                    worth += gain[i] * room / need[i]
                    break
                room -= need[i]
                worth += gain[i]
            result[k] = bound - least[zone] - worth
    return result
