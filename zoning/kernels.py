"""Compiled local search over plans: annealing with shifts, swaps and chains that keep zones connected.

Everything here works on plain arrays held in named tuples, knows nothing of ids, and draws its random numbers
from a state that the caller owns, so that a seed fixes the whole trajectory.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

COST, OVER, BEST_COST, BEST_OVER = range(4)
"""Places in :attr:`State.scores`."""


class Board(NamedTuple):
    """The fixed side of a search: graph, demands, costs, rooms.

    ``cost``, ``allowed`` and ``roots`` have one row a unit and one column a zone; ``roots[u, z]`` is True
    where unit ``u`` ties a piece of zone ``z`` to a school of the zone. ``price[u]`` is what covering a unit
    is worth in the relaxation, so that ``cost - price`` summed over a catchment is its reduced cost.
    """

    indptr: np.ndarray
    indices: np.ndarray
    demand: np.ndarray
    cost: np.ndarray
    capacity: np.ndarray
    allowed: np.ndarray
    roots: np.ndarray
    anchor_ptr: np.ndarray
    anchor_units: np.ndarray
    movable: np.ndarray
    hashes: np.ndarray
    price: np.ndarray


class State(NamedTuple):
    """The moving side of a search; every array is changed in place."""

    zone: np.ndarray
    load: np.ndarray
    weight: np.ndarray
    key: np.ndarray
    value: np.ndarray
    random: np.ndarray
    stamp: np.ndarray
    visited: np.ndarray
    mark: np.ndarray
    queue: np.ndarray
    best: np.ndarray
    scores: np.ndarray


class Pool(NamedTuple):
    """Catchments met on the way: a hash table of keys, and the units of each catchment in a row.

    ``limit[z]`` is the highest reduced cost at which a catchment of zone ``z`` is worth keeping.
    """

    table: np.ndarray
    zone: np.ndarray
    start: np.ndarray
    units: np.ndarray
    filled: np.ndarray
    limit: np.ndarray


@njit(cache=True, nogil=True, inline="always")
def _next(random: np.ndarray) -> np.uint64:
    """Step an xorshift64* generator (Vigna 2016)."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    return x * np.uint64(2685821657736338717)


@njit(cache=True, nogil=True, inline="always")
def _below(random: np.ndarray, bound: int) -> int:
    """Draw an integer in [0, bound)."""
    return (np.int64(_next(random) >> np.uint64(33)) * np.int64(bound)) >> np.int64(31)  # type: ignore[return-value]


@njit(cache=True, nogil=True, inline="always")
def uniform(random: np.ndarray) -> float:
    """Draw a float in (0, 1]."""
    return (float(_next(random) >> np.uint64(11)) + 1.0) * (1.0 / 9007199254740992.0)


@njit(cache=True, nogil=True)
def _mark_neighbours(board: Board, state: State, unit: int, zone: int) -> tuple[int, int]:
    """Mark the neighbours of ``unit`` in ``zone``; return how many there are and one of them."""
    state.stamp[0] += 1
    stamp = state.stamp[0]
    state.visited[unit] = stamp  # walks from the neighbours must not pass through the unit itself
    count, first = 0, -1
    for k in range(board.indptr[unit], board.indptr[unit + 1]):
        x = board.indices[k]
        if state.zone[x] == zone:
            state.mark[x] = stamp
            count += 1
            first = x
    return count, first


@njit(cache=True, nogil=True)
def _flood(board: Board, state: State, first: int, zone: int, enough: int) -> tuple[int, int]:
    """Visit the piece of ``zone`` around ``first`` until ``enough`` marked units are met.

    Return how many units stand in the queue and how many of them are marked.
    """
    stamp = state.stamp[0]
    visited, mark, queue = state.visited, state.mark, state.queue
    queue[0] = first
    visited[first] = stamp
    head, tail, met = 0, 1, 1
    while head < tail and met != enough:
        x = queue[head]
        head += 1
        for k in range(board.indptr[x], board.indptr[x + 1]):
            y = board.indices[k]
            if state.zone[y] == zone and visited[y] != stamp:
                visited[y] = stamp
                queue[tail] = y
                tail += 1
                if mark[y] == stamp:
                    met += 1
    return tail, met


@njit(cache=True, nogil=True)
def _rooted(board: Board, state: State, tail: int, zone: int) -> bool:
    """Whether one of the first ``tail`` units of the queue ties ``zone`` to a school."""
    for k in range(tail):  # noqa: SIM110  (numba compiles no generator)
        if board.roots[state.queue[k], zone]:
            return True
    return False


@njit(cache=True, nogil=True)
def holds(board: Board, state: State, unit: int, zone: int) -> bool:
    """Whether every piece of ``zone`` stays tied to a school of it once ``unit`` has left."""
    count, first = _mark_neighbours(board, state, unit, zone)
    strict = board.roots[unit, zone]
    if count == 0 or (count == 1 and not strict):
        return True
    tail, met = _flood(board, state, first, zone, -1 if strict else count)
    if met == count and not strict:
        return True
    if not _rooted(board, state, tail, zone):
        return False
    for k in range(board.indptr[unit], board.indptr[unit + 1]):
        x = board.indices[k]
        if state.zone[x] == zone and state.visited[x] != state.stamp[0]:
            tail, met = _flood(board, state, x, zone, -1)
            if not _rooted(board, state, tail, zone):
                return False
    return True


@njit(cache=True, nogil=True)
def touches(board: Board, state: State, unit: int, zone: int) -> bool:
    """Whether ``unit`` is tied to ``zone`` by a neighbour in it or by a school."""
    if board.roots[unit, zone]:
        return True
    for k in range(board.indptr[unit], board.indptr[unit + 1]):
        if state.zone[board.indices[k]] == zone:
            return True
    return False


@njit(cache=True, nogil=True, inline="always")
def _toll(load: np.ndarray, room: np.ndarray, weight: np.ndarray, zone: int, change: int) -> float:
    """Change of the weighted overload of ``zone`` when its load changes by ``change``."""
    over = load[zone] - room[zone]
    return weight[zone] * (max(over + change, 0) - max(over, 0))


@njit(cache=True, nogil=True)
def move(board: Board, state: State, unit: int, zone: int) -> None:
    """Put ``unit`` into ``zone`` and keep loads, keys, values and scores right."""
    old = state.zone[unit]
    need = board.demand[unit]
    over = max(state.load[old] - board.capacity[old], 0) + max(state.load[zone] - board.capacity[zone], 0)
    state.load[old] -= need
    state.load[zone] += need
    now = max(state.load[old] - board.capacity[old], 0) + max(state.load[zone] - board.capacity[zone], 0)
    state.scores[COST] += board.cost[unit, zone] - board.cost[unit, old]
    state.scores[OVER] += now - over
    state.key[old] ^= board.hashes[unit]
    state.key[zone] ^= board.hashes[unit]
    state.value[old] -= board.cost[unit, old] - board.price[unit]
    state.value[zone] += board.cost[unit, zone] - board.price[unit]
    state.zone[unit] = zone


@njit(cache=True, nogil=True, inline="always")
def _wander(
    indptr: np.ndarray,
    indices: np.ndarray,
    where: np.ndarray,
    random: np.ndarray,
    start: int,
    zone: int,
    steps: int,
) -> int:
    """Take a random walk inside ``zone`` and return where it ends."""
    at = start
    for _ in range(steps):
        low, high = indptr[at], indptr[at + 1]
        x = indices[low + _below(random, high - low)]
        if where[x] == zone:
            at = x
    return at


@njit(cache=True, nogil=True)
def _shift(board: Board, state: State, unit: int, zone: int) -> bool:
    """Move one unit unless the zone it leaves breaks."""
    if not holds(board, state, unit, state.zone[unit]):
        return False
    move(board, state, unit, zone)
    return True


@njit(cache=True, nogil=True)
def _chain(board: Board, state: State, unit: int, zone: int, other: int, target: int) -> bool:
    """Move ``unit`` to ``zone`` and ``other`` from there to ``target`` unless a zone breaks.

    It is a swap when ``target`` is the zone that ``unit`` leaves. Both zones are judged with both moves made,
    for one may mend what the other breaks.
    """
    old = state.zone[unit]
    state.zone[unit] = zone
    state.zone[other] = target
    fine = touches(board, state, unit, zone) and touches(board, state, other, target)
    fine = fine and holds(board, state, unit, old) and holds(board, state, other, zone)
    state.zone[unit] = old
    state.zone[other] = zone
    if fine:
        move(board, state, unit, zone)
        move(board, state, other, target)
    return fine


@njit(cache=True, nogil=True, inline="always")
def keep_best(state: State) -> bool:
    """Remember the plan when it is the best so far: least overload first, then least cost."""
    cost, over, scores = state.scores[COST], state.scores[OVER], state.scores
    better = over < scores[BEST_OVER] or (over == scores[BEST_OVER] and cost < scores[BEST_COST] - 1e-9)
    if better:
        scores[BEST_COST] = cost
        scores[BEST_OVER] = over
        state.best[:] = state.zone
    return better


@njit(cache=True, nogil=True)
def gather(board: Board, state: State, zone: int) -> int:
    """Fill the queue with the units of ``zone``, outward from its schools; return how many."""
    state.stamp[0] += 1
    stamp, visited, queue = state.stamp[0], state.visited, state.queue
    head, tail = 0, 0
    for k in range(board.anchor_ptr[zone], board.anchor_ptr[zone + 1]):
        x = board.anchor_units[k]
        if visited[x] != stamp:
            visited[x] = stamp
            queue[tail] = x
            tail += 1
    while head < tail:
        x = queue[head]
        head += 1
        for k in range(board.indptr[x], board.indptr[x + 1]):
            y = board.indices[k]
            if state.zone[y] == zone and visited[y] != stamp:
                visited[y] = stamp
                queue[tail] = y
                tail += 1
    kept = 0
    for k in range(tail):  # a unit with schools of several zones may belong to another of them
        if state.zone[queue[k]] == zone:
            queue[kept] = queue[k]
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def _is_new(board: Board, state: State, pool: Pool, zone: int) -> bool:
    """Enter the key of the catchment of ``zone`` in the table; return whether it was not there yet."""
    size = np.uint64(pool.table.size)
    key = (state.key[zone] ^ (board.hashes[-1] * np.uint64(2 * zone + 1))) | np.uint64(1)
    slot = key % size
    while pool.table[slot] != 0:
        if pool.table[slot] == key:
            return False
        slot = (slot + np.uint64(1)) % size
    pool.table[slot] = key
    return True


@njit(cache=True, nogil=True)
def record(board: Board, state: State, pool: Pool, zone: int) -> None:
    """Add the catchment of ``zone`` to the pool when it fits its room, is worth it and is new."""
    if state.load[zone] > board.capacity[zone] or state.value[zone] > pool.limit[zone]:
        return
    count = pool.filled[0]
    if count >= pool.zone.size or pool.start[count] + state.zone.size > pool.units.size:
        return
    if not _is_new(board, state, pool, zone):
        return
    begin = pool.start[count]
    size = gather(board, state, zone)
    pool.units[begin : begin + size] = state.queue[:size]
    pool.zone[count] = zone
    pool.start[count + 1] = begin + size
    pool.filled[0] = count + 1


@njit(cache=True, nogil=True)
def _settle(board: Board, state: State, pool: Pool, old: int, zone: int, third: int, keep: bool) -> None:
    """Remember the plan that a move led to, and its new catchments if ``keep``."""
    keep_best(state)
    if keep:
        record(board, state, pool, old)
        record(board, state, pool, zone)
        if third != old:
            record(board, state, pool, third)


@njit(cache=True, nogil=True)
def anneal(
    board: Board, state: State, pool: Pool, proposals: int, heat: float, chains: float, walk: int, keep: bool
) -> int:
    """Make ``proposals`` proposals at temperature ``heat`` and return how many were accepted.

    ``chains`` is the share of proposals that move two units, ``walk`` the longest way between the two in
    steps; ``keep`` records the catchments that accepted moves lead to.
    """
    # the arrays of the inner loop stand in locals: reading them from the tuples costs more than the move
    indptr, indices, allowed, movable = board.indptr, board.indices, board.allowed, board.movable
    cost, demand, room = board.cost, board.demand, board.capacity
    where, load, weight, random = state.zone, state.load, state.weight, state.random
    accepted = 0
    if movable.size == 0:  # every unit is held: nothing to propose, and nothing to draw from
        return accepted
    for _ in range(proposals):
        unit = movable[_below(random, movable.size)]
        low, high = indptr[unit], indptr[unit + 1]
        beside = indices[low + _below(random, high - low)]
        old, zone, third = where[unit], where[beside], where[unit]
        if zone == old or not allowed[unit, zone]:
            continue
        need, out, other = demand[unit], 0, -1
        rise = cost[unit, zone] - cost[unit, old]
        if uniform(random) < chains:
            other = _wander(indptr, indices, where, random, beside, zone, _below(random, walk))
            low, high = indptr[other], indptr[other + 1]
            third = where[indices[low + _below(random, high - low)]]
            if third == zone or not allowed[other, third]:
                continue
            out = demand[other]
            rise += cost[other, third] - cost[other, zone]
        rise += _toll(load, room, weight, zone, need - out)
        if third == old:
            rise += _toll(load, room, weight, old, out - need)
        else:
            rise += _toll(load, room, weight, old, -need) + _toll(load, room, weight, third, out)
        if rise > 0.0 and rise > -heat * np.log(uniform(random)):
            continue
        if other < 0:
            moved = _shift(board, state, unit, zone)
        else:
            moved = _chain(board, state, unit, zone, other, third)
        if moved:
            accepted += 1
            _settle(board, state, pool, old, zone, third, keep)
    return accepted
