"""Ways out under optional rules: each loosened as little as proofs leave, or as a plan without it needs.

What a plan breaks says by how much a rule must give: that way out is sure, for the plan keeps what is left.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from zoning import relax
from zoning.cases import Case, atoms, proven
from zoning.check import loads
from zoning.conflict import LARGE, minimal
from zoning.optimise import optimise
from zoning.options import Options
from zoning.posed import Posed
from zoning.prices import Optioned, solve
from zoning.problem import Problem
from zoning.relax import STEPS, WORK, Loosened, Relaxation, Tried
from zoning.result import Result
from zoning.solver import Limits

KINDS = ("share", "together", "feeders", "least", "balance", "moved")
"""Optional rules that are loosened one at a time; a longest walk and barriers are opened pair by pair."""

DEAR = (500.0, 5_000.0, 50_000.0)
"""Prices of moving that are tried in turn to keep a limit on the moved, metres a pupil."""

HALVINGS = 12
"""Times that the distance between a limit that is proven too tight and one that is not is halved."""


def kinds(case: Case) -> list[str]:
    """Return the optional rules of a case that can be loosened."""
    there = {rule for rule, _ in atoms(case)}
    return [kind for kind in KINDS if kind in there]


def dropped(case: Case, kind: str) -> Relaxation:
    """Return the relaxation that gives up an optional rule altogether."""
    return Relaxation(loosen=tuple(Loosened(rule, at) for rule, at in atoms(case) if rule == kind))


def bare(case: Case) -> Relaxation:
    """Return the relaxation that gives up every optional rule, the longest walk and barriers among them."""
    pairs = np.argwhere(case.far | case.crossed)
    return Relaxation(
        allow=tuple((int(u), int(z)) for u, z in pairs),
        loosen=tuple(Loosened(rule, at) for rule, at in atoms(case)),
    )


def least(case: Case, kind: str, *, poll: Callable[[], None] = lambda: None) -> Iterator[Relaxation]:
    """Yield the least that a rule must give so that no plain proof is left; the rule alone must be enough."""

    def enough(loosen: Iterable[Loosened]) -> bool:
        poll()
        return not proven(case.relaxed(Relaxation(loosen=tuple(loosen))))

    if case.problem.metres.size > LARGE or enough(()):
        return  # on a very large map each question takes seconds
    options = case.options
    if kind in ("together", "feeders"):
        yield Relaxation(loosen=tuple(minimal(dropped(case, kind).loosen, enough)))
    elif kind == "share":
        first, last = math.floor((options.share or 1.0) * 100 + 1e-9), 100
        values = [percent / 100 for percent in range(first + 1, last + 1)]
        yield from _first(values, lambda v: (Loosened("share", value=v),), enough)
    elif kind == "balance":
        low, high = options.deviation or 0.0, _widest(case)
        values = [_up(low + (high - low) * k / 2**HALVINGS) for k in range(1, 2**HALVINGS + 1)]
        yield from _first(values, lambda v: (Loosened("balance", value=v),), enough)
    elif kind == "moved":
        yield Relaxation(loosen=(Loosened("moved", value=case.least_moved()),))
    else:
        asked = options.least or 0
        yield from _first(range(asked - 1, 0, -1), lambda v: (Loosened("least", value=v),), enough)
        zones = [each.at for each in minimal(dropped(case, "least").loosen, enough)]
        by_zone = lambda v: tuple(Loosened("least", at, v) for at in zones)  # noqa: E731
        yield from _first(range(asked - 1, -1, -1), by_zone, enough)


def _first(
    values: Iterable[float],
    change: Callable[[float], tuple[Loosened, ...]],
    enough: Callable[[Iterable[Loosened]], bool],
) -> Iterator[Relaxation]:
    """Yield the first of values, ever looser, that is enough, if any is."""
    tried = list(values)
    low, high = -1, len(tried) - 1
    if not tried or not enough(change(tried[high])):
        return
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(change(tried[middle])) else (middle, high)
    yield Relaxation(loosen=change(tried[high]))


def _widest(case: Case) -> float:
    """Return how far the mean of a zone can be from that of all."""
    from zoning.sides import attribute

    if case.options.balance is None:
        return 0.0
    value, mean = attribute(case.problem, case.options.balance)
    return float(np.abs(value - mean).max(initial=0.0))


def _up(value: float) -> float:
    """Return a number rounded up to three figures."""
    scale = 10.0 ** (2 - math.floor(math.log10(value))) if value > 0 else 1.0
    return math.ceil(value * scale - 1e-9) / scale


def needed(case: Case, zones: pd.Series, *, step: int = 1) -> Relaxation:
    """Return what a plan needs the rules to give: seats in multiples of ``step``, and optional rules."""
    posed = case.posed()
    at, broken = posed.plain.positions(zones), posed.check(zones)
    there = set(broken["kind"])
    load, loosen = loads(posed.plain, at), list(_parted(case, posed, at))
    full = math.ceil((load / posed.plain.capacity.clip(1)).max(initial=0.0) * 100 - 1e-9)
    share = case.options.share
    if share is not None and "over_share" in there:
        share = min(full, 100) / 100
        loosen.append(Loosened("share", value=share))
    if "too_small" in there:
        short = broken.loc[broken["kind"] == "too_small", "zone_id"]
        sizes = dict(zip(posed.plain.zone_ids, load, strict=True))
        loosen += [Loosened("least", (str(z),), int(sizes[z])) for z in short]
    means = posed.means(zones)
    if means is not None and "unbalanced" in there:
        own = means.drop(["", *case.options.small])
        loosen.append(Loosened("balance", value=_up(float((own - means[""]).abs().max()))))
    if case.most_moved is not None and (moved := posed.moved(zones)) > case.most_moved:
        loosen.append(Loosened("moved", value=moved))
    wanted = np.ceil(load / (share or 1.0) - 1e-9).astype(np.int64) - posed.plain.capacity
    seats = tuple((int(z), -(-int(wanted[z]) // step) * step) for z in np.flatnonzero(wanted > 0))
    allow = broken[broken["kind"] == "forbidden"]
    units = posed.plain.unit_ids.get_indexer(pd.Index(allow["unit_id"]))
    pairs = tuple((int(u), int(at[u])) for u in units)
    return Relaxation(seats=seats, allow=pairs, loosen=tuple(loosen))


def _parted(case: Case, posed: Posed, at: np.ndarray) -> Iterator[Loosened]:
    for rule in ("together", "feeders"):
        for group in getattr(case.options, rule):
            units = posed.plain.unit_ids.get_indexer(pd.Index(list(group), dtype="str"))
            if len(np.unique(at[units])) > 1:
                yield Loosened(rule, group)


def relaxations(
    case: Case, *, step: int = 1, poll: Callable[[], None] = lambda: None
) -> Iterator[Relaxation]:
    """Propose seats, locks released and bans lifted while every optional rule stays."""
    posed = case.posed()
    share, group = case.options.share or 1.0, posed.grouping
    for change in relax.relaxations(posed.problem, step=step, poll=poll):
        release = [u for g in change.release for u in np.flatnonzero(group.of == g)]
        pairs = [(int(u), z) for g, z in change.allow for u in np.flatnonzero(group.of == g)]
        yield replace(
            change,
            seats=tuple((z, -(-math.ceil(more / share - 1e-9) // step) * step) for z, more in change.seats),
            release=tuple(int(u) for u in release if case.problem.locked[u] >= 0),
            allow=tuple(pair for pair in pairs if case.problem.forbidden[pair]),
            join=tuple((int(group.first[a]), int(group.first[b])) for a, b in change.join),
        )


def attempt(
    case: Case,
    change: Relaxation,
    *,
    start: pd.Series | None = None,
    step: int = 1,
    work: int = WORK,
    seconds: float | None = None,
    seed: int = 0,
    cancelled: Callable[[], bool] | None = None,
) -> Tried:
    """Solve a case with a relaxation; what the plan found still needs of a limit on the moved is added.

    Where seats are given and no plan is found, more are given as in :func:`zoning.relax.attempt`.
    """
    limits = Limits(cancelled=cancelled) if cancelled is not None else Limits()

    def by(posed: Problem, begin: pd.Series | None) -> Result:
        return optimise(posed, begin, work=work, seconds=seconds, seed=seed, cancelled=cancelled)

    for turn in range(STEPS + 1):
        now = case.relaxed(change)
        solved = partial(solve, now.problem, by=by, start=start, limits=limits, seed=seed)
        found = _fewer(now, solved)
        stopped = cancelled is not None and cancelled()
        more = needed(now, found.result.zones, step=step)
        settled = found.result.feasible is not None or not change.seats or not more.seats
        if settled or stopped or turn == STEPS:
            break
        most = max(more.seats, key=lambda pair: pair[1])
        change = relax.joined(change, Relaxation(seats=((most[0], step),)))
    moved = tuple(each for each in more.loosen if each.rule == "moved")
    if found.result.feasible and moved:
        kept = tuple(each for each in change.loosen if each.rule != "moved")
        change = replace(change, loosen=(*kept, *moved))
    return Tried(change, found.result)


def _fewer(case: Case, solved: Callable[[Options], Optioned]) -> Optioned:
    """Solve with ever higher prices of moving while more pupils move than the limit."""
    found = solved(case.options)
    for stay in DEAR:
        over = case.most_moved is not None and found.posed.moved(found.result.zones) > case.most_moved
        if not over or not found.result.feasible:
            break
        if stay > case.options.stay:
            found = solved(replace(case.options, stay=stay))
    return found


def fewest(case: Case, *, work: int = WORK, seconds: float | None = None, seed: int = 0) -> pd.Series | None:
    """Return a plan that moves as few pupils as a search can, None where none was found."""
    posed = case.moving()
    found = optimise(posed.problem, work=work, seconds=seconds, seed=seed)
    return posed.expand(found.zones) if found.feasible else None


def sure(case: Case, zones: pd.Series, *, step: int = 1) -> Tried | None:
    """Return what a plan at hand needs, as a relaxation tried; None where that is not enough for it."""
    change = needed(case, zones, step=step)
    now = case.relaxed(change)
    posed = now.posed()
    if change == Relaxation() or len(posed.check(zones)):
        return None
    at = posed.plain.positions(zones)
    walked = float(posed.plain.cost[np.arange(len(at)), at].sum())
    return Tried(change, Result(zones, walked, -math.inf, True))
