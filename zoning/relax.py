"""The cheapest ways to make a problem solvable, each tried: seats, locks released, bans lifted, parts joined.

A relaxation removes minimal conflicts one after another by giving up one rule of each; what turns out not to
be needed is taken back. It is only called a solution once `optimise` has found a plan with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from zoning.conflict import LARGE, Conflict, conflict, minimal, only, proven
from zoning.problem import Problem, adjacency_arrays, components
from zoning.result import Result

Give = Literal["seats", "lock", "ban"]

MOST = 4
"""Schools that are tried as the place for more seats, most wanted first."""

CONFLICTS = 40
"""Conflicts removed in one relaxation, after which it is given up."""

WORK = 8_000
"""Work of one try (see :class:`zoning.result.Result`)."""

STEPS = 3
"""Further steps of seats given where a try was left undecided: whole units pack badly."""


@dataclass(frozen=True)
class Loosened:
    """An optional rule given up or loosened.

    Attributes
    ----------
    rule
        A field of :class:`zoning.options.Options`, or ``"moved"`` for a limit on the pupils moved.
    at
        The group that may be parted, or the zone with a smaller size of its own.
    value
        The new limit; None where the rule is given up.
    """

    rule: str
    at: tuple[str, ...] = ()
    value: float | None = None


@dataclass(frozen=True)
class Relaxation:
    """What would be given up, by position.

    Attributes
    ----------
    seats
        Zones and the seats they would gain.
    release
        Units whose lock would go.
    allow
        Units and zones no longer forbidden to them.
    join
        Pairs of units that would count as neighbours (认可的飞地).
    loosen
        Optional rules that would be given up or loosened.
    """

    seats: tuple[tuple[int, int], ...] = ()
    release: tuple[int, ...] = ()
    allow: tuple[tuple[int, int], ...] = ()
    join: tuple[tuple[int, int], ...] = ()
    loosen: tuple[Loosened, ...] = ()


@dataclass(frozen=True)
class Tried:
    """A relaxation and what came of solving the problem with it."""

    relaxation: Relaxation
    result: Result


def relaxed(problem: Problem, change: Relaxation) -> Problem:
    """Return the problem with a relaxation made."""
    capacity, locked, forbidden = (a.copy() for a in (problem.capacity, problem.locked, problem.forbidden))
    for zone, more in change.seats:
        capacity[zone] += more
    locked[list(change.release)] = -1
    for unit, zone in change.allow:
        forbidden[unit, zone] = False
    indptr, indices = problem.indptr, problem.indices
    if change.join:
        owner = np.repeat(np.arange(problem.n_units), np.diff(indptr))
        more_a, more_b = np.array(change.join).T
        a, b = np.concatenate([owner, more_a]), np.concatenate([indices, more_b])
        indptr, indices = adjacency_arrays(problem.n_units, a, b)
    return replace(
        problem, capacity=capacity, locked=locked, forbidden=forbidden, indptr=indptr, indices=indices
    )


def relaxations(
    problem: Problem, *, step: int = 1, most: int = MOST, poll: Callable[[], None] = lambda: None
) -> Iterator[Relaxation]:
    """Propose relaxations that leave no plain proof against a plan: seats where they lack most, then others.

    Parameters
    ----------
    problem
        A problem that is proven to have no plan.
    step
        Seats come in multiples of this, such as a class.
    most
        Schools to try as the place for more seats.
    poll
        Called before each step; may raise to stop the work.

    Yields
    ------
    Relaxation
        None of which is tried yet; on a very large map (:data:`zoning.conflict.LARGE`) only the first kind.
    """
    base = Relaxation(join=_bridges(problem))
    start = relaxed(problem, base)
    clash = conflict(start, poll=poll)
    if clash is None:
        if base.join:
            yield base
        return
    seen = set()
    if (spread := _spread(start, step, poll)) is not None:
        seen.add(spread)
        yield replace(spread, join=base.join)
    if problem.metres.size > LARGE:
        return  # the others ask thousands of questions, each of seconds there
    places = sorted(clash.zones, key=lambda z: -_pressure(start)[z])[:most]
    wishes: list[tuple[Give, int]] = [("seats", z) for z in places]
    for wish in [*wishes, ("lock", -1), ("ban", -1)]:
        if wish[0] != "seats" and not getattr(clash, {"lock": "locks", "ban": "bans"}[wish[0]]):
            continue
        found = _repair(start, wish[0], wish[1], step, poll)
        if found is not None and found not in seen:
            seen.add(found)
            yield replace(found, join=base.join)


def fit(problem: Problem, zone: np.ndarray, *, step: int = 1) -> Relaxation:
    """Return the seats that a plan needs to hold, in multiples of ``step``: a way out that is sure."""
    load = np.bincount(zone[zone >= 0], problem.demand[zone >= 0], problem.n_zones).astype(np.int64)
    over = np.maximum(load - problem.capacity, 0)
    return Relaxation(seats=tuple((int(z), _steps(over[z], step)) for z in np.flatnonzero(over)))


def attempt(
    problem: Problem,
    change: Relaxation,
    *,
    start: pd.Series | None = None,
    step: int = 1,
    work: int = WORK,
    seconds: float | None = None,
    seed: int = 0,
    cancelled: Callable[[], bool] | None = None,
) -> Tried:
    """Solve the problem with a relaxation.

    Where seats are given and the search finds no plan, a step more is given where its best plan is most
    overfull, up to :data:`STEPS` times; what is returned is the last try.
    """
    from zoning.optimise import optimise

    for turn in range(STEPS + 1):
        posed = relaxed(problem, change)
        result = optimise(posed, start, work=work, seconds=seconds, seed=seed, cancelled=cancelled)
        stopped = cancelled is not None and cancelled()
        more = fit(posed, posed.positions(result.zones), step=step).seats
        if result.feasible or not change.seats or not more or stopped or turn == STEPS:
            break
        most = max(more, key=lambda pair: pair[1])
        change = joined(change, Relaxation(seats=((most[0], step),)))
    return Tried(change, result)


def _spread(problem: Problem, step: int, poll: Callable[[], None]) -> Relaxation | None:
    """Give a step of seats at a time where the proofs and the nearest schools say that they lack most."""
    change = Relaxation()
    while reasons := proven(posed := relaxed(problem, change)):
        poll()
        zones = sorted({z for reason in reasons if reason.short for z in reason.zones})
        if not zones:
            return None
        wanted = _pressure(posed)
        # All that lacks at once would give too much to some; half of it at a time comes out the same.
        lacking = max(reason.short for reason in reasons) // step // 2
        for zone in sorted(zones, key=lambda z: -wanted[z])[: max(lacking, 1)]:
            change = joined(change, Relaxation(seats=((zone, step),)))
    return change


def _repair(
    problem: Problem, give: Give, first: int, step: int, poll: Callable[[], None]
) -> Relaxation | None:
    """Remove conflicts one by one, giving up rules of one kind where a conflict has any; None if it fails."""
    change = Relaxation()
    for _ in range(CONFLICTS):
        posed = relaxed(problem, change)
        clash = conflict(posed, poll=poll)
        if clash is None:
            return _pruned(problem, change, poll)
        more = _yielded(posed, clash, give, first, step, poll)
        if more is None:
            return None
        change = joined(change, more)
    return None


def _yielded(
    problem: Problem, clash: Conflict, give: Give, first: int, step: int, poll: Callable[[], None]
) -> Relaxation | None:
    """Return what removes one conflict: seats, a lock or bans, the wished kind first."""
    order = sorted(("seats", "lock", "ban"), key=lambda kind: kind != give)
    for kind in order:
        if kind == "seats" and clash.zones:
            wanted = _pressure(problem)
            zone = first if first in clash.zones else max(clash.zones, key=lambda z: wanted[z])
            more = _least_seats(problem, clash, zone, step, poll)
            if more:
                return Relaxation(seats=((zone, more),))
        elif kind == "lock" and clash.locks:
            return Relaxation(release=(max(clash.locks, key=lambda u: problem.demand[u]),))
        elif kind == "ban" and clash.bans:
            return _lifted(problem, clash, poll)
    return None


def _least_seats(
    problem: Problem, clash: Conflict, zone: int, step: int, poll: Callable[[], None]
) -> int | None:
    """Return the least seats, in steps, with which a zone ends a conflict; None if seats do not help."""
    alone = only(problem, clash.rules)

    def enough(steps: int) -> bool:
        poll()
        return not proven(relaxed(alone, Relaxation(seats=((zone, steps * step),))))

    low, high = 0, _steps(int(problem.demand.sum()), step) // step
    if not enough(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high * step


def _lifted(problem: Problem, clash: Conflict, poll: Callable[[], None]) -> Relaxation | None:
    """Return bans of a conflict that are enough to lift, those of the nearest schools first."""
    alone = only(problem, clash.rules)
    pairs = [(u, int(z)) for u in clash.bans for z in np.flatnonzero(problem.forbidden[u])]
    pairs = [pair for pair in pairs if np.isfinite(problem.metres[pair])]
    pairs.sort(key=lambda pair: problem.metres[pair])

    def enough(chosen: Iterable[tuple[int, int]]) -> bool:
        poll()
        return not proven(relaxed(alone, Relaxation(allow=tuple(chosen))))

    return Relaxation(allow=tuple(minimal(pairs, enough))) if enough(pairs) else None


def _pruned(problem: Problem, change: Relaxation, poll: Callable[[], None]) -> Relaxation:
    """Take back what is not needed; the most seats are taken back first."""
    parts = [Relaxation(seats=(pair,)) for pair in sorted(change.seats, key=lambda pair: pair[1])]
    parts += [Relaxation(release=(u,)) for u in change.release]
    parts += [Relaxation(allow=(pair,)) for pair in change.allow]

    def enough(chosen: Iterable[Relaxation]) -> bool:
        poll()
        return not proven(relaxed(problem, _all(chosen)))

    return _all(minimal(parts, enough)) if len(parts) > 1 else change


def _all(parts: Iterable[Relaxation]) -> Relaxation:
    total = Relaxation()
    for part in parts:
        total = joined(total, part)
    return total


def joined(one: Relaxation, other: Relaxation) -> Relaxation:
    """Return two relaxations in one, the seats of a zone added up."""
    seats = dict(one.seats)
    for zone, more in other.seats:
        seats[zone] = seats.get(zone, 0) + more
    return Relaxation(
        tuple(sorted(seats.items())),
        tuple(sorted({*one.release, *other.release})),
        tuple(sorted({*one.allow, *other.allow})),
        tuple(sorted({*one.join, *other.join})),
        tuple(dict.fromkeys([*one.loosen, *other.loosen])),
    )


def _bridges(problem: Problem) -> tuple[tuple[int, int], ...]:
    """Return the shortest join to a school for every part of the map that has none."""
    part = components(problem.n_units, problem.indptr, problem.indices)
    served = {int(part[u]) for units in problem.anchors for u in units}
    found = []
    for lonely in sorted(set(part.tolist()) - served):
        units = np.flatnonzero(part == lonely)
        metres = np.where(problem.allowed[units], problem.metres[units], np.inf)
        at, zone = np.unravel_index(int(metres.argmin()), metres.shape)
        if np.isfinite(metres[at, zone]):
            found.append((int(units[at]), int(problem.anchors[zone][0])))
    return tuple(found)


def _pressure(problem: Problem) -> np.ndarray:
    """Return the pupils over the seats of each zone if everybody went to the nearest allowed school."""
    metres = np.where(problem.allowed, problem.metres, np.inf)
    near, open_ = metres.argmin(axis=1), np.isfinite(metres).any(axis=1)
    return np.bincount(near[open_], problem.demand[open_], problem.n_zones) - problem.capacity


def _steps(seats: int, step: int) -> int:
    """Return seats rounded up to whole steps."""
    return int(-(-int(seats) // step) * step)
