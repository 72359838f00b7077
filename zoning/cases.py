"""A problem with optional rules that may be given up one by one, and what can be proven against it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from zoning import bounds, steered
from zoning.conflict import LARGE, Conflict, minimal, only, rules
from zoning.options import Options
from zoning.posed import Posed
from zoning.problem import Problem
from zoning.reach import proofs, reach
from zoning.reasons import Reason
from zoning.relax import Loosened, Relaxation, relaxed
from zoning.solver import Limits

Atom = tuple[str, tuple[str, ...]]
"""An optional rule that may be given up: a field of the options, and the group or zone it is asked of."""


@dataclass(frozen=True, eq=False)
class Case:
    """A problem and the optional rules on it.

    Attributes
    ----------
    problem
        With the pairs beyond the longest walk or over a barrier forbidden, and approved enclaves joined.
    options
        The other rules.
    far, crossed
        True where a pair is forbidden by the longest walk, or by a barrier, shape (n, m).
    most_moved
        Most pupils moved against ``options.present``; None without such a limit.
    limit
        The longest walk, metres, if there is one.
    """

    problem: Problem
    options: Options
    far: np.ndarray
    crossed: np.ndarray
    most_moved: int | None = None
    limit: float | None = None

    @staticmethod
    def of(problem: Problem, options: Options | None = None, most_moved: int | None = None) -> Case:
        """Return the case of a problem and all its optional rules.

        Raises
        ------
        FaultError
            As :meth:`zoning.options.Options.apply`.
        """
        given = options or Options()
        posed = given.apply(problem)
        added = posed.changed.forbidden & ~problem.forbidden
        rest = replace(given, max_metres=None, barred=(), enclaves=())
        full = replace(posed.changed, capacity=problem.capacity)
        return Case(full, rest, added & posed.far, added & ~posed.far, most_moved, given.max_metres)

    def posed(self) -> Posed:
        """Return the problem with the rules in it."""
        return self.options.apply(self.problem)

    def moving(self) -> Posed:
        """Return the problem in which a pupil moved is a kilometre and nothing else costs."""
        nothing = np.where(np.isfinite(self.problem.metres), 0.0, np.inf)
        return replace(self.options, stay=1000.0, compact=0.0).apply(replace(self.problem, metres=nothing))

    def least_moved(self) -> int:
        """Return how many pupils every plan that keeps the other rules must move, by a linear model."""
        posed = self.moving().problem
        low = bounds.linear(posed, reach(posed), Limits()).value
        return max(math.ceil(low - 1e-6), 0) if math.isfinite(low) else 0

    def relaxed(self, change: Relaxation) -> Case:
        """Return the case with a relaxation made."""
        options, most = self.options, self.most_moved
        for each in change.loosen:
            if each.rule == "moved":
                most = None if each.value is None else int(each.value)
            else:
                options = loosened(options, each)
        return replace(self, problem=relaxed(self.problem, change), options=options, most_moved=most)

    def only(self, kept: Sequence[tuple]) -> Case:
        """Return the case with no rule but those kept, of :func:`zoning.conflict.rules` and :func:`atoms`."""
        held = set(kept)
        gone = tuple(Loosened(rule, at) for rule, at in atoms(self) if (rule, at) not in held)
        plain = [rule for rule in kept if rule[0] in ("seats", "lock", "ban")]
        return replace(self.relaxed(Relaxation(loosen=gone)), problem=only(self.problem, plain))


def loosened(options: Options, change: Loosened) -> Options:
    """Return options with one of them given up or loosened."""
    if change.rule in ("together", "feeders"):
        groups = options.together if change.rule == "together" else options.feeders
        left = tuple(group for group in groups if change.at and group != change.at)
        if change.rule == "together":
            return replace(options, together=left)
        return replace(options, feeders=left)
    if change.rule == "least" and change.at:
        fewest = 0 if change.value is None else int(change.value)
        others = tuple(pair for pair in options.leasts if pair[0] not in change.at)
        return replace(options, leasts=(*others, *((zone, fewest) for zone in change.at)))
    if change.rule == "least":
        return replace(options, least=None if change.value is None else int(change.value))
    if change.rule == "balance":
        return (
            replace(options, balance=None, deviation=None)
            if change.value is None
            else replace(options, deviation=change.value)
        )
    return replace(options, share=change.value)


def atoms(case: Case) -> list[Atom]:
    """Return the optional rules that may be given up; the longest walk and barriers stand among the bans."""
    options, own = case.options, dict(case.options.leasts)
    found: list[Atom] = [("share", ())] if options.share is not None else []
    found += [("together", group) for group in options.together if len(group) > 1]
    found += [("feeders", group) for group in options.feeders if len(group) > 1]
    if options.least:
        asked = (str(z) for z in case.problem.zone_ids if z not in options.small)
        found += [("least", (z,)) for z in asked if own.get(z, options.least) > 0]
    found += [("balance", ())] if options.balance is not None else []
    return found + ([("moved", ())] if case.most_moved is not None else [])


def proven(case: Case) -> tuple[Reason, ...]:
    """Return the plain proofs that no plan keeps the rules, none if there is no such proof."""
    posed = case.posed()
    found = proofs(posed.problem, reach(posed.problem))
    if not found and posed.sides.kinds:
        found = steered.posed(posed.problem, posed.sides.merged(posed.grouping)).reasons
    if not found and case.most_moved is not None and (low := case.least_moved()) > case.most_moved:
        found = (Reason("moved_in_all", numbers={"least": low, "most": case.most_moved}),)
    return posed.proofs(found)


def conflict(case: Case, *, poll: Callable[[], None] = lambda: None) -> Conflict | None:
    """Find a minimal set of rules that contradict each other, optional ones among them.

    Parameters
    ----------
    case
        The problem and its rules.
    poll
        Called before each step; may raise to stop the work.

    Returns
    -------
    Conflict or None
        None where no plain proof says that there is no plan. Optional rules are blamed before seats, seats
        before locks, locks before what is forbidden. ``minimal`` is False on a large map
        (:data:`zoning.conflict.LARGE`), where all that the proofs speak of is told.
    """
    known = proven(case)
    if not known:
        return None
    every: list[tuple] = [*atoms(case), *rules(case.posed().changed)]

    def contradict(kept: Sequence[tuple]) -> bool:
        poll()
        return bool(proven(case.only(kept)))

    large = case.problem.metres.size > LARGE
    found = every if large else minimal(every, contradict)
    held = not large and contradict(found) and not any(_idle(found, rule, contradict) for rule in found)
    reasons = known if large else proven(case.only(found)) or known
    of = {kind: tuple(at for k, at in found if k == kind) for kind in ("seats", "lock", "ban")}
    units = sorted({u for reason in reasons for u in reason.units})
    named = tuple(rule for rule in found if rule[0] not in of)
    if large:  # what the proofs do not speak of is left out
        zones = {z for reason in reasons for z in reason.zones}
        of = {"seats": tuple(sorted(zones)), "lock": (), "ban": ()}
    return Conflict(of["seats"], of["lock"], of["ban"], tuple(units), reasons, held, named)


def _idle(found: list[tuple], rule: tuple, contradict: Callable[[Sequence[tuple]], bool]) -> bool:
    """Tell whether a conflict stands without one of its rules."""
    return contradict([each for each in found if each != rule])
