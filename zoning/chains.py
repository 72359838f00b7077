"""Ejection chains: empty an overfull zone by moving a unit on, then one out of the zone it fills, and so on.

A chain is searched in depth: every candidate of a zone is a unit at its border and the zone it would go to;
where that zone becomes overfull, a unit of it must go on in turn (Glover 1996; for districts Yagiura,
Ibaraki and Glover 2004). Tight maps of few, large units are hardly ever mended by single moves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from zoning.kernels import COST, OVER, Board, State, gather, holds, keep_best, move, touches, uniform

WIDTH = 1_024
"""Most candidates of one zone."""

DEPTH, PATIENCE = 8, 300
"""Moves of the longest chain, and moves tried for one zone and length before another is begun."""


class Chain(NamedTuple):
    """The chain under way, one row a move: its candidates, how far they are tried, and the move made."""

    unit: np.ndarray
    zone: np.ndarray
    order: np.ndarray
    listed: np.ndarray
    tried: np.ndarray
    moved: np.ndarray
    source: np.ndarray


def chain() -> Chain:
    """Return room for one chain."""
    unit, zone, order = (np.zeros((DEPTH, WIDTH), dtype=np.int64) for _ in range(3))
    return Chain(unit, zone, order, *(np.zeros(DEPTH, dtype=np.int64) for _ in range(4)))


@njit(cache=True, nogil=True)
def _listed(chain: Chain, level: int, unit: int, zone: int) -> bool:
    """Whether the last candidates of a level are of ``unit`` and one of them goes to ``zone``."""
    for k in range(chain.listed[level] - 1, -1, -1):
        if chain.unit[level, k] != unit:
            return False
        if chain.zone[level, k] == zone:
            return True
    return False


@njit(cache=True, nogil=True)
def _list(
    board: Board, state: State, chain: Chain, level: int, zone: int, last: bool, ceiling: float
) -> None:
    """List the moves out of an overfull zone, in random order, those that cost and overfill little first."""
    chain.source[level], chain.listed[level], chain.tried[level] = zone, 0, 0
    key = np.empty(chain.unit.shape[1])
    over = state.load[zone] - board.capacity[zone]
    for unit in state.queue[: gather(board, state, zone)]:
        need = board.demand[unit]
        if need == 0 or (last and need < over):
            continue
        for k in range(board.indptr[unit], board.indptr[unit + 1]):
            to = state.zone[board.indices[k]]
            if to == zone or not board.allowed[unit, to] or _listed(chain, level, unit, to):
                continue
            more = max(state.load[to] + need - board.capacity[to], 0)
            rise = board.cost[unit, to] - board.cost[unit, zone]
            at = chain.listed[level]
            if (last and more > 0) or state.scores[COST] + rise >= ceiling or at == key.size:
                continue
            chain.unit[level, at], chain.zone[level, at] = unit, to
            key[at] = uniform(state.random) * rise + uniform(state.random) * state.weight[to] * more
            chain.listed[level] = at + 1
    count = chain.listed[level]
    chain.order[level, :count] = np.argsort(key[:count])


@njit(cache=True, nogil=True)
def _overfull(board: Board, state: State, chain: Chain, level: int) -> int:
    """Return the zone that the chain overfilled last, or the one it began with; -1 if none is left."""
    for k in range(level, -1, -1):
        zone = state.zone[chain.moved[k]]
        if state.load[zone] > board.capacity[zone]:
            return zone
    zone = chain.source[0]
    return zone if state.load[zone] > board.capacity[zone] else -1


@njit(cache=True, nogil=True)
def _mended(board: Board, state: State, chain: Chain, zone: int, length: int, ceiling: float) -> bool:
    """Empty one zone by a chain of at most ``length`` moves, or leave all as it was."""
    goal = state.scores[OVER] - (state.load[zone] - board.capacity[zone])
    level, tries = 0, 0
    _list(board, state, chain, 0, zone, length == 1, ceiling)
    while level >= 0:
        if tries == PATIENCE or chain.tried[level] == chain.listed[level]:
            level -= 1
            if level >= 0:
                move(board, state, chain.moved[level], chain.source[level])
            continue
        at = chain.order[level, chain.tried[level]]
        chain.tried[level] += 1
        unit, to, source = chain.unit[level, at], chain.zone[level, at], chain.source[level]
        tries += 1
        if not holds(board, state, unit, source) or not touches(board, state, unit, to):
            continue
        move(board, state, unit, to)
        chain.moved[level] = unit
        if state.scores[OVER] <= goal:
            return True
        full = _overfull(board, state, chain, level)
        if full >= 0 and level + 1 < length:
            level += 1
            _list(board, state, chain, level, full, level + 1 == length, ceiling)
        else:
            move(board, state, unit, source)
    return False


@njit(cache=True, nogil=True)
def eject(board: Board, state: State, chain: Chain, ceiling: float) -> None:
    """Empty overfull zones by chains, short ones first, as long as one succeeds.

    ``state.weight`` is the price of a pupil too many in the order in which moves are tried; moves that bring
    the plan to ``ceiling`` or more are passed over.
    """
    on = True
    while on and state.scores[OVER] > 0:
        on = False
        for length in range(1, chain.listed.size + 1):
            for zone in range(state.load.size):
                if state.load[zone] > board.capacity[zone]:
                    on = _mended(board, state, chain, zone, length, ceiling) or on
            if on:
                break
    keep_best(state)
