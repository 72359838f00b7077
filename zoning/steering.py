"""Compiled search that keeps more than seats: sums of zones between limits, and short borders.

The same connected plans as in :mod:`zoning.kernels`, with another energy: cost, borders at their price,
pupils too many and rows missed at prices that rise while they are missed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from zoning.kernels import COST, OVER, Board, State, holds, move, touches, uniform

MISSED, BORDER, BEST_BAD, BEST_ENERGY = range(4)
"""Places in :attr:`Steer.scores`."""


class Steer(NamedTuple):
    """What is asked for beside seats; ``total``, ``price``, ``scores`` and ``best`` change.

    ``weight`` has shape (k, n), ``low``, ``high``, ``total`` and ``price`` (k, m); ``border`` is the price of
    each entry of the neighbour lists.
    """

    weight: np.ndarray
    low: np.ndarray
    high: np.ndarray
    total: np.ndarray
    price: np.ndarray
    border: np.ndarray
    scores: np.ndarray
    best: np.ndarray


@njit(cache=True, nogil=True, inline="always")
def _gap(steer: Steer, k: int, zone: int, total: float) -> float:
    return max(steer.low[k, zone] - total, total - steer.high[k, zone], 0.0)


@njit(cache=True, nogil=True)
def _rise(board: Board, state: State, steer: Steer, unit: int, zone: int) -> tuple[float, float, float]:
    """Return how energy, rows missed and border cost change when ``unit`` goes to ``zone``."""
    old, need = state.zone[unit], board.demand[unit]
    rise = board.cost[unit, zone] - board.cost[unit, old]
    over, room = state.load[old] - board.capacity[old], state.load[zone] - board.capacity[zone]
    rise += state.weight[old] * (max(over - need, 0) - max(over, 0))
    rise += state.weight[zone] * (max(room + need, 0) - max(room, 0))
    missed = 0.0
    for k in range(steer.weight.shape[0]):
        w = steer.weight[k, unit]
        here, there = steer.total[k, old], steer.total[k, zone]
        a = _gap(steer, k, old, here - w) - _gap(steer, k, old, here)
        b = _gap(steer, k, zone, there + w) - _gap(steer, k, zone, there)
        missed += a + b
        rise += steer.price[k, old] * a + steer.price[k, zone] * b
    border = 0.0
    for j in range(board.indptr[unit], board.indptr[unit + 1]):
        beside = state.zone[board.indices[j]]
        if beside == old:
            border += steer.border[j]
        elif beside == zone:
            border -= steer.border[j]
    return rise + border, missed, border


@njit(cache=True, nogil=True)
def _put(
    board: Board, state: State, steer: Steer, unit: int, zone: int, missed: float, border: float
) -> None:
    """Move a unit and keep sums and scores right."""
    old = state.zone[unit]
    move(board, state, unit, zone)
    for k in range(steer.weight.shape[0]):
        steer.total[k, old] -= steer.weight[k, unit]
        steer.total[k, zone] += steer.weight[k, unit]
    steer.scores[MISSED] += missed
    steer.scores[BORDER] += border


@njit(cache=True, nogil=True)
def keep_best(state: State, steer: Steer) -> None:
    """Remember the plan when it is the best so far: fewest pupils over and rows missed, then energy."""
    scores = steer.scores
    bad = state.scores[OVER] + max(scores[MISSED], 0.0)
    bad = 0.0 if bad < 1e-7 else bad
    energy = state.scores[COST] + scores[BORDER]
    if bad < scores[BEST_BAD] - 1e-9 or (
        bad <= scores[BEST_BAD] + 1e-9 and energy < scores[BEST_ENERGY] - 1e-9
    ):
        scores[BEST_BAD], scores[BEST_ENERGY] = bad, energy
        steer.best[:] = state.zone


@njit(cache=True, nogil=True, inline="always")
def _pick(random: np.ndarray, low: int, high: int) -> int:
    """Draw a whole number from ``low`` to ``high - 1``."""
    return min(low + int(uniform(random) * (high - low)), high - 1)


@njit(cache=True, nogil=True)
def _swap(board: Board, state: State, steer: Steer, unit: int, other: int, limit: float) -> bool:
    """Let two units change zones unless the energy rises above ``limit`` or a zone breaks."""
    old, zone = state.zone[unit], state.zone[other]
    rise, missed, border = _rise(board, state, steer, unit, zone)
    _put(board, state, steer, unit, zone, missed, border)
    again, missed, border = _rise(board, state, steer, other, old)
    fine = rise + again <= limit and touches(board, state, other, old)
    if fine:
        _put(board, state, steer, other, old, missed, border)
        fine = touches(board, state, unit, zone)
        fine = fine and holds(board, state, unit, old) and holds(board, state, other, zone)
        if not fine:
            _back, missed, border = _rise(board, state, steer, other, zone)
            _put(board, state, steer, other, zone, missed, border)
    if not fine:
        _back, missed, border = _rise(board, state, steer, unit, old)
        _put(board, state, steer, unit, old, missed, border)
    return fine


@njit(cache=True, nogil=True)
def anneal(board: Board, state: State, steer: Steer, proposals: int, heat: float, swaps: float) -> None:
    """Make ``proposals`` proposals at temperature ``heat``, the share ``swaps`` of them exchanges."""
    indptr, indices = board.indptr, board.indices
    if board.movable.size == 0:
        return
    for _ in range(proposals):
        unit = board.movable[_pick(state.random, 0, board.movable.size)]
        other = indices[_pick(state.random, indptr[unit], indptr[unit + 1])]
        old, zone = state.zone[unit], state.zone[other]
        if zone == old or not board.allowed[unit, zone]:
            continue
        limit = -heat * np.log(uniform(state.random))
        if uniform(state.random) >= swaps:
            rise, missed, border = _rise(board, state, steer, unit, zone)
            moved = rise <= limit and holds(board, state, unit, old)
            if moved:
                _put(board, state, steer, unit, zone, missed, border)
        else:
            for _step in range(_pick(state.random, 0, 6)):  # a walk inside the zone, to units farther away
                near = indices[_pick(state.random, indptr[other], indptr[other + 1])]
                other = near if state.zone[near] == zone else other
            moved = board.allowed[other, old] and _swap(board, state, steer, unit, other, limit)
        if moved:
            keep_best(state, steer)
