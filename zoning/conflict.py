"""Which schools, units and rules contradict each other, when a problem is proven to have no plan.

The rules that may be given up are the seats of each school, each lock, and what is forbidden to each unit;
neighbours, ways and the school in its own unit are facts. A conflict is minimal: without any one of its rules
the proof is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from zoning.problem import Problem
from zoning.reach import proofs, reach
from zoning.reasons import Reason

LARGE = 1_000_000
"""Pairs of unit and zone above which a conflict is not made minimal: every question would take seconds."""

Item = TypeVar("Item")
Rule = tuple[str, int]
"""``("seats", zone)``, ``("lock", unit)`` or ``("ban", unit)``, by position."""


@dataclass(frozen=True)
class Conflict:
    """Rules that cannot all hold, positions of schools and units, and the proof in words.

    Attributes
    ----------
    zones
        Zones whose seats are too few.
    locks, bans
        Units whose lock, or whose forbidden zones, stand in the way.
    units
        Units whose pupils cannot be placed.
    reasons
        The proof when only these rules hold.
    minimal
        Whether every one of the rules was found to be needed.
    optional
        Optional rules among them (:func:`zoning.cases.atoms`).
    """

    zones: tuple[int, ...]
    locks: tuple[int, ...]
    bans: tuple[int, ...]
    units: tuple[int, ...]
    reasons: tuple[Reason, ...]
    minimal: bool
    optional: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of the conflict."""
        named = (("seats", self.zones), ("lock", self.locks), ("ban", self.bans))
        return tuple((kind, at) for kind, places in named for at in places)

    @property
    def short(self) -> int:
        """Seats that lack, as far as the proof counts them."""
        return max((reason.short for reason in self.reasons), default=0)


def proven(problem: Problem) -> tuple[Reason, ...]:
    """Return the plain proofs that a problem has no plan, none if there is no such proof."""
    return proofs(problem, reach(problem))


def conflict(problem: Problem, *, poll: Callable[[], None] = lambda: None) -> Conflict | None:
    """Find a minimal set of rules that contradict each other.

    Parameters
    ----------
    problem
        The problem.
    poll
        Called before each step; may raise to stop the work.

    Returns
    -------
    Conflict or None
        None where no plain proof says that there is no plan. Seats are blamed before locks, locks before
        what is forbidden.
    """
    known = proven(problem)
    if not known:
        return None
    if problem.metres.size > LARGE:
        return _as_proven(problem, known)
    every = rules(problem)

    def contradict(kept: Sequence[Rule]) -> bool:
        poll()
        return bool(proven(only(problem, kept)))

    found = minimal(every, contradict)
    held = contradict(found)
    found = found if held else every
    reasons = proven(only(problem, found))
    by_kind = {kind: tuple(at for k, at in found if k == kind) for kind in ("seats", "lock", "ban")}
    units = sorted({u for reason in reasons for u in reason.units})
    return Conflict(by_kind["seats"], by_kind["lock"], by_kind["ban"], tuple(units), reasons, held)


def _as_proven(problem: Problem, reasons: tuple[Reason, ...]) -> Conflict:
    """Return all that proofs speak of, more than need be."""
    zones = sorted({z for reason in reasons for z in reason.zones})
    units = np.array(sorted({u for reason in reasons for u in reason.units}), dtype=int)
    locks = units[problem.locked[units] >= 0]
    bans = units[problem.forbidden[units].any(axis=1)]
    return Conflict(
        tuple(zones), tuple(locks.tolist()), tuple(bans.tolist()), tuple(units.tolist()), reasons, False
    )


def rules(problem: Problem) -> list[Rule]:
    """Return the rules that may be given up: the seats of every zone, locks, what is forbidden."""
    found: list[Rule] = [("seats", z) for z in range(problem.n_zones)]
    found += [("lock", int(u)) for u in np.flatnonzero(problem.locked >= 0)]
    return found + [("ban", int(u)) for u in np.flatnonzero(problem.forbidden.any(axis=1))]


def only(problem: Problem, kept: Sequence[Rule]) -> Problem:
    """Return the problem with no rule but those kept: seats for everybody, no lock, nothing forbidden."""
    held = {kind: [at for k, at in kept if k == kind] for kind in ("seats", "lock", "ban")}
    capacity = np.maximum(problem.capacity, problem.demand.sum())
    capacity[held["seats"]] = problem.capacity[held["seats"]]
    locked = np.full_like(problem.locked, -1)
    locked[held["lock"]] = problem.locked[held["lock"]]
    forbidden = np.zeros_like(problem.forbidden)
    forbidden[held["ban"]] = problem.forbidden[held["ban"]]
    return replace(problem, capacity=capacity, locked=locked, forbidden=forbidden)


def minimal(items: Sequence[Item], holds: Callable[[Sequence[Item]], bool]) -> list[Item]:
    """Return items that suffice, none of which can be left out; early ones are preferred.

    Parameters
    ----------
    items
        Items that hold together.
    holds
        Whether a choice of them suffices; more items must not make it fail.

    Notes
    -----
    QuickXplain (Junker 2004): about ``k log(n / k)`` questions for ``k`` of ``n`` items.

    Examples
    --------
    >>> minimal([1, 2, 3, 4, 5, 6], lambda chosen: sum(chosen) >= 9)
    [2, 3, 4]
    """
    if not len(items) or holds([]):
        return []
    return _split([], False, list(items), holds)


def _split(
    base: list[Any], grown: bool, items: list[Any], holds: Callable[[Sequence[Any]], bool]
) -> list[Any]:
    if grown and holds(base):
        return []
    if len(items) == 1:
        return items
    half = len(items) // 2
    first, second = items[:half], items[half:]
    kept_second = _split(base + first, True, second, holds)
    kept_first = _split(base + kept_second, bool(kept_second), first, holds)
    return kept_first + kept_second
