"""What optional rules cost: each alone against the plan without it, as a range where proofs leave a gap."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import pandas as pd

from gis.faults import FaultError
from zoning.check import check, cost
from zoning.options import STEERING, TIGHTENING, Options
from zoning.posed import Posed
from zoning.problem import Problem
from zoning.result import Result
from zoning.solver import Limits

Solve = Callable[[Problem, pd.Series | None], Result]
"""Solves a problem from a start; the same work and seed every time make prices comparable."""

DEAREST = 12
"""Times that the price of moving is raised or halved in :func:`limit_moved`."""


@dataclass(frozen=True)
class Price:
    """What an option costs in pupil-kilometres.

    Attributes
    ----------
    name
        The option, or ``"all"`` for all together.
    found
        Difference of the two plans that were found; NaN where there is no plan.
    low, high
        The cost of the rule lies between these, both proven; for ``stay`` and ``compact``, and for all
        together with one of them, it is that of the plan found, for a mere price forbids nothing.
    feasible
        As in :class:`zoning.result.Result`, of the problem with the option.
    """

    name: str
    found: float
    low: float
    high: float
    feasible: bool | None


@dataclass(frozen=True)
class Optioned:
    """A plan under optional rules.

    Attributes
    ----------
    result
        With the plan of all units; ``cost`` is walked pupil-kilometres, ``bound`` holds for every plan that
        keeps the rules, ``violations`` counts the rows of :meth:`zoning.posed.Posed.check`.
    posed
        The problem with the options.
    prices
        One for each option, and ``"all"`` where there are several.
    """

    result: Result
    posed: Posed
    prices: tuple[Price, ...] = ()


def solve(
    problem: Problem,
    options: Options,
    by: Solve,
    *,
    start: pd.Series | None = None,
    limits: Limits | None = None,
    seed: int = 0,
) -> Optioned:
    """Solve a problem under options.

    Parameters
    ----------
    problem, options
        The problem and the options.
    by
        Solves the problem with what the engine knows of the options; smallest sizes, balance and borders are
        brought about from there (:mod:`zoning.steered`).
    start
        A plan to start from.
    limits, seed
        Of what comes after ``by``: its work is fixed, so that the limits only cut it short.

    Raises
    ------
    FaultError
        As :meth:`zoning.options.Options.apply`.
    """
    posed = options.apply(problem)
    begin = None if start is None else posed.reduce(start)
    found = by(posed.problem, begin) if posed.sides.idle else _steered(posed, by, begin, limits, seed)
    zones = posed.expand(found.zones)
    at = problem.positions(zones)
    broken = posed.check(zones)
    return Optioned(
        replace(
            found,
            zones=zones,
            cost=found.cost if found.feasible is False else cost(problem, at),
            bound=_walked_bound(posed, found.bound),
            violations=len(broken),
            reasons=posed.proofs(found.reasons),
        ),
        posed,
    )


def _steered(posed: Posed, by: Solve, start: pd.Series | None, limits: Limits | None, seed: int) -> Result:
    """Solve with limits on sums of zones or a price of borders; what can never be is not searched for."""
    from zoning import steered

    task = steered.posed(posed.problem, posed.sides.merged(posed.grouping), limits=limits, seed=seed)
    return steered.none_at_all(task) if task.reasons else steered.steered(task, by(posed.problem, start))


def _walked_bound(posed: Posed, bound: float) -> float:
    """Return a bound on walked pupil-kilometres from one that may hold the price of every move."""
    stay, present = posed.options.stay, posed.options.present
    if not stay or present is None or not math.isfinite(bound):
        return bound
    home = present.reindex(posed.plain.unit_ids).notna().to_numpy()
    return max(bound - stay / 1000 * float(posed.plain.demand[home].sum()), 0.0)


def prices(
    problem: Problem,
    options: Options,
    by: Solve,
    *,
    start: pd.Series | None = None,
    limits: Limits | None = None,
    seed: int = 0,
) -> tuple[Optioned, tuple[Price, ...]]:
    """Solve under all options, and price each of them alone against the plain problem.

    Parameters
    ----------
    problem
        The plain problem.
    options
        The options.
    by
        How each problem is solved: one call for all, one for none, and one for each of several.
    start
        A plan to start every search from.
    limits, seed
        As in :func:`solve`.

    Returns
    -------
    Optioned
        The plan under all options, without prices.
    tuple of Price
        See :class:`Price`.
    """
    both = solve(problem, options, by, start=start, limits=limits, seed=seed)
    if not options.active:
        return both, ()
    if len(options.active) == 1 and both.result.feasible is False:
        return both, (Price(options.active[0], math.nan, math.nan, math.nan, False),)
    plain = by(problem, start)
    if len(options.active) == 1:
        alone = {options.active[0]: both}
    else:
        own = {name: options.only(name) for name in options.active}
        alone = {
            name: solve(problem, only, by, start=start, limits=limits, seed=seed)
            for name, only in own.items()
            if _can_be(problem, only)
        }
        alone["all"] = both
    both = _raised(both, plain.bound)
    plain = _best(problem, plain, list(alone.values()))
    names = dict.fromkeys([*options.active, *alone])
    none = Price("", math.nan, math.nan, math.nan, False)
    found = (price(n, alone[n], plain) if n in alone else replace(none, name=n) for n in names)
    return both, tuple(found)


def _can_be(problem: Problem, only: Options) -> bool:
    """Tell whether an option can be asked for alone: an approved enclave may be all that ties a group."""
    try:
        only.apply(problem)
    except FaultError:
        return False
    return True


def _raised(both: Optioned, bound: float) -> Optioned:
    """Return a plan with the plain bound where it is higher: it holds for rules that only tighten."""
    tight = all(name in TIGHTENING for name in both.posed.options.active)
    if not tight or not math.isfinite(bound) or bound <= both.result.bound:
        return both
    return replace(both, result=replace(both.result, bound=bound))


def _best(problem: Problem, plain: Result, others: list[Optioned]) -> Result:
    """Return the cheapest plan known of the plain problem: a plan under rules may be the shortest met."""
    for each in others:
        zones = each.result.zones
        if each.result.feasible is not True or len(check(problem, zones)):
            continue
        if plain.feasible is not True or each.result.cost < plain.cost:
            plain = replace(plain, zones=zones, cost=each.result.cost, feasible=True, violations=0)
    return plain


def price(name: str, with_it: Optioned, without: Result) -> Price:
    """Return what an option costs, from the plans found with it and without."""
    found, active = with_it.result, with_it.posed.options.active
    if found.feasible is not True or without.feasible is not True:
        return Price(name, math.nan, math.nan, math.nan, found.feasible)
    least = found.cost if any(each in STEERING for each in active) else found.bound
    low, high = least - without.cost, found.cost - without.bound
    if all(each in TIGHTENING for each in active):
        low, high = max(low, 0.0), max(high, 0.0)
    elif set(active) == {"enclaves"}:
        low, high = min(low, 0.0), min(high, 0.0)
    return Price(name, found.cost - without.cost, low, max(high, low), True)


def limit_moved(
    problem: Problem,
    options: Options,
    most: int,
    by: Solve,
    *,
    start: pd.Series | None = None,
    limits: Limits | None = None,
    seed: int = 0,
) -> Options:
    """Return options whose price of moving keeps the pupils moved to a limit, where one was found.

    A heuristic, no proof: the price is raised until the plan found moves few enough, then bisected. A plan
    over the limit can exist only between two prices, and the plan under the limit that is found need not be
    the shortest.

    Parameters
    ----------
    problem
        The plain problem.
    options
        With ``present``; a price in ``stay`` is where the search begins.
    most
        Most pupils whose zone may change.
    by, start, limits, seed
        As in :func:`prices`; called up to :data:`DEAREST` times.

    Returns
    -------
    Options
        The lowest price found that keeps the limit; where none does, the highest that was tried.
    """
    low, high = 0.0, max(options.stay, 0.0)
    kept = math.inf
    for _ in range(DEAREST):
        tried = solve(problem, replace(options, stay=high), by, start=start, limits=limits, seed=seed)
        few = tried.result.feasible is True and tried.posed.moved(tried.result.zones) <= most
        if few:
            kept = high
        else:
            low = high
        if kept <= 0 or tried.result.feasible is False or (math.isfinite(kept) and kept - low < 0.1 * kept):
            break
        high = (low + kept) / 2 if math.isfinite(kept) else max(100.0, high * 4)
    return replace(options, stay=kept if math.isfinite(kept) else high)
