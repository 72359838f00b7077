"""The catchments of one zone that are worth most at given prices, found by branch and bound.

A catchment grows from what the zone holds by units beside it, so each one listed is connected. At every step
a unit beside the catchment is taken or ruled out; a branch ends when the units it can still reach, even if
the last could be split, do not bring it to the gain looked for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

FREE, TAKEN, OUT = 0, 1, 2

COUNT, NODES, SHORT = range(3)
"""Places in :attr:`Found.filled`."""


class Ground(NamedTuple):
    """The fixed side: graph, pupils, costs, and what each zone may grow by.

    ``open_pairs[u, z]`` tells which free units may join a zone, ``seeds[u, z]`` which of them touch what the
    zone holds already, ``room[z]`` the pupils it can still take.
    """

    indptr: np.ndarray
    indices: np.ndarray
    demand: np.ndarray
    cost: np.ndarray
    room: np.ndarray
    open_pairs: np.ndarray
    seeds: np.ndarray


class Patch(NamedTuple):
    """The units open to one zone, most gain for its pupils first, and the graph among them."""

    unit: np.ndarray
    gain: np.ndarray
    need: np.ndarray
    seed: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray


class Found(NamedTuple):
    """Catchments of one zone: gain, and units as bits of a row of 64-bit words.

    ``filled`` holds the number of catchments, the nodes used, and 1 where the search was cut short.
    """

    gain: np.ndarray
    bits: np.ndarray
    filled: np.ndarray


@njit(cache=True, nogil=True)
def _patch(ground: Ground, zone: int, price: np.ndarray) -> Patch:
    """Cut the units that may join ``zone`` out of the map."""
    n = price.size
    unit = np.empty(n, dtype=np.int64)
    rate = np.empty(n)
    count = 0
    for u in range(n):
        if ground.open_pairs[u, zone] and ground.demand[u] <= ground.room[zone]:
            unit[count] = u
            rate[count] = -(price[u] - ground.cost[u, zone]) / max(ground.demand[u], 1e-6)
            count += 1
    unit = unit[:count][np.argsort(rate[:count], kind="mergesort")]
    place = np.full(n, -1, dtype=np.int64)
    indptr = np.zeros(count + 1, dtype=np.int64)
    for i in range(count):
        place[unit[i]] = i
    size = 0
    for i in range(count):
        for k in range(ground.indptr[unit[i]], ground.indptr[unit[i] + 1]):
            size += place[ground.indices[k]] >= 0
        indptr[i + 1] = size
    indices = np.empty(size, dtype=np.int64)
    at = 0
    gain, need, seed = np.empty(count), np.empty(count, dtype=np.int64), np.empty(count, dtype=np.bool_)
    for i in range(count):
        u = unit[i]
        gain[i], need[i], seed[i] = price[u] - ground.cost[u, zone], ground.demand[u], ground.seeds[u, zone]
        for k in range(ground.indptr[u], ground.indptr[u + 1]):
            if place[ground.indices[k]] >= 0:
                indices[at] = place[ground.indices[k]]
                at += 1
    return Patch(unit, gain, need, seed, indptr, indices)


@njit(cache=True, nogil=True)
def _look(  # noqa: C901  (one loop after another, kept together for speed)
    patch: Patch,
    status: np.ndarray,
    touch: np.ndarray,
    room: int,
    seen: np.ndarray,
    stamp: int,
    queue: np.ndarray,
) -> tuple[float, int]:
    """Return the most that a branch can still gain, and the unit beside the catchment to decide on.

    ``touch`` counts what ties each unit to the catchment. The unit is -1 where none fits.
    """
    tail, pick = 0, -1
    count = status.size
    for i in range(count):
        if touch[i] > 0 and status[i] == FREE and patch.need[i] <= room:
            seen[i] = stamp
            queue[tail] = i
            tail += 1
            if pick < 0:
                pick = i
    if pick < 0:
        return 0.0, -1
    head = 0
    while head < tail:
        x = queue[head]
        head += 1
        for k in range(patch.indptr[x], patch.indptr[x + 1]):
            y = patch.indices[k]
            if seen[y] != stamp and status[y] == FREE and patch.need[y] <= room:
                seen[y] = stamp
                queue[tail] = y
                tail += 1
    most, left = 0.0, room
    for i in range(count):
        if patch.gain[i] <= 0.0:
            break
        if seen[i] == stamp and status[i] == FREE:
            if patch.need[i] > left:
                most += patch.gain[i] * left / patch.need[i]
                break
            left -= patch.need[i]
            most += patch.gain[i]
    return most, pick


@njit(cache=True, nogil=True)
def _keep(patch: Patch, status: np.ndarray, gain: float, found: Found, floor: float, replace: bool) -> float:
    """List the catchment as it stands; return the gain that later ones must pass."""
    count = found.filled[COUNT]
    if count < found.gain.size:
        row = count
        found.filled[COUNT] = count + 1
    elif replace:
        row = found.gain.argmin()
    else:
        found.filled[SHORT] = 1
        return floor
    found.gain[row] = gain
    found.bits[row] = 0
    for i in range(status.size):
        if status[i] == TAKEN:
            u = patch.unit[i]
            found.bits[row, u // 64] |= np.uint64(1) << np.uint64(u % 64)
    if replace and found.filled[COUNT] == found.gain.size:
        return max(floor, found.gain.min())
    return floor


@njit(cache=True, nogil=True)
def search(
    ground: Ground, zone: int, price: np.ndarray, floor: float, nodes: int, replace: bool, found: Found
) -> float:
    """List catchments of ``zone`` that gain more than ``floor`` and return a value that none passes.

    The gain of a catchment is the sum of ``price - cost`` of the units it takes beside those held. With
    ``replace`` a full list keeps the best, else the search ends when it is full. A search cut short after
    ``nodes`` returns what the open branches could still gain.
    """
    patch = _patch(ground, zone, price)
    count = patch.unit.size
    status = np.zeros(count, dtype=np.int8)
    touch = patch.seed.astype(np.int64)
    seen, queue = np.full(count, -1, dtype=np.int64), np.empty(count, dtype=np.int64)
    stack, reach = np.empty(count, dtype=np.int64), np.empty(count + 1)
    found.filled[:] = 0
    depth, room, value = 0, ground.room[zone], 0.0
    least = max(floor, 0.0)
    if floor < 0.0:
        floor = _keep(patch, status, 0.0, found, floor, replace)
    top = 0.0
    for node in range(nodes):
        most, pick = _look(patch, status, touch, room, seen, node, queue)
        if pick >= 0 and value + most > floor:
            reach[depth] = value + most
            stack[depth] = pick
            depth += 1
            status[pick] = TAKEN
            value += patch.gain[pick]
            room -= patch.need[pick]
            for k in range(patch.indptr[pick], patch.indptr[pick + 1]):
                touch[patch.indices[k]] += 1
            if value > floor:
                top = max(top, value)
                floor = _keep(patch, status, value, found, floor, replace)
            continue
        while depth > 0 and status[stack[depth - 1]] == OUT:
            depth -= 1
            status[stack[depth]] = FREE
        found.filled[NODES] = node + 1
        if depth == 0 or found.filled[SHORT]:
            break
        last = stack[depth - 1]
        status[last] = OUT
        value -= patch.gain[last]
        room += patch.need[last]
        for k in range(patch.indptr[last], patch.indptr[last + 1]):
            touch[patch.indices[k]] -= 1
    if depth == 0:
        return max(top, least)
    found.filled[SHORT] = 1
    return max(top, least, reach[:depth].max())
