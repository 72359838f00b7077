"""As a job: why a catchment problem has no plan, and the cheapest ways out, each tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from gis.faults import Words
from planning.progress import Cancelled, Progress, silent
from zoning import cases, loosen
from zoning.cases import Case
from zoning.check import check_positions
from zoning.conflict import Conflict, conflict
from zoning.options import Options
from zoning.problem import Problem
from zoning.relax import Relaxation, Tried, attempt, fit, relaxations, relaxed

SECONDS = 20.0
"""Most seconds of one try; work ends it sooner on a county."""

_LOOKING = Words("正在找互相矛盾的规则", "looking for rules that contradict each other")
_TRYING = Words("正在试算第 {n} 种放宽办法", "trying relaxation {n}")


@dataclass(frozen=True)
class WaysOut:
    """What was found.

    Attributes
    ----------
    conflict : Conflict or None
        A minimal conflict; None where no plain proof says that there is no plan.
    tried : tuple of Tried
        Relaxations with what came of each: those with a plan first, the fewest seats first.
    complete : bool
        False when stopped before all were tried.
    vain : tuple of str
        Optional rules (`zoning.loosen.KINDS`) of which it is proven that to give up one alone is not enough.
    """

    conflict: Conflict | None = None
    tried: tuple[Tried, ...] = ()
    complete: bool = True
    vain: tuple[str, ...] = ()


class _StoppedError(Exception):
    """The user has cancelled."""


def relax_job(
    problem: Problem,
    plan: pd.Series | None = None,
    step: int = 1,
    seed: int = 0,
    options: Options | None = None,
    most_moved: int | None = None,
    lang: str = "zh",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> WaysOut:
    """Find a minimal conflict and try the cheapest relaxations.

    Parameters
    ----------
    problem : Problem
        A problem without a plan, or one that a search has left undecided.
    plan : Series, optional
        Unit_id -> zone_id, the least overloaded plan of a search: the seats it needs are a way out, too.
    step : int
        Seats come in multiples of this: a class.
    seed : int
        Of the searches.
    options : Options, optional
        Optional rules on the problem; each of them is tried as what gives way as well.
    most_moved : int, optional
        Most pupils moved against ``options.present``.
    lang : {"zh", "en"}
        Language of the progress messages.
    progress, cancelled : callable, optional
        Given by the job.

    Returns
    -------
    WaysOut
        When cancelled, what was found so far.
    """
    if options is not None and (options.active or most_moved is not None):
        job = _Job(Case.of(problem, options, most_moved), step, seed, lang, progress or silent, cancelled)
        return job.run(plan)
    tell = progress or (lambda share, message: None)
    tried: list[Tried] = []
    clash = None

    def poll() -> None:
        if cancelled is not None and cancelled():
            raise _StoppedError

    try:
        tell(0.05, _LOOKING.text(lang))
        clash = conflict(problem, poll=poll)
        for change, start in _ways(problem, plan, step, poll):
            poll()
            n = len(tried) + 1
            tell(1 - 0.8**n, _TRYING.text(lang).format(n=n))
            tried.append(
                attempt(
                    problem, change, start=start, step=step, seconds=SECONDS, seed=seed, cancelled=cancelled
                )
            )
        poll()
    except _StoppedError:
        return WaysOut(clash, _ranked(tried), complete=False)
    return WaysOut(clash, _ranked(tried))


def _ways(
    problem: Problem, plan: pd.Series | None, step: int, poll: Callable[[], None]
) -> Iterator[tuple[Relaxation, pd.Series | None]]:
    """Yield relaxations, and a plan to start from where one is known to keep every other rule."""
    seen = set()
    for change in relaxations(problem, step=step, poll=poll):
        seen.add(change)
        yield change, None
    if plan is None:
        return
    zone = problem.positions(plan)
    change = fit(problem, zone, step=step)
    if change.seats and change not in seen and not len(check_positions(relaxed(problem, change), zone)):
        yield change, plan


class _Job:
    """The same under optional rules: what is tried, and which rules are of no help."""

    def __init__(
        self, case: Case, step: int, seed: int, lang: str, tell: Progress, cancelled: Cancelled | None
    ) -> None:
        self.case, self.step, self.seed, self.lang = case, step, seed, lang
        self.tell, self.cancelled = tell, cancelled
        self.tried: list[Tried] = []
        self.vain: list[str] = []

    def run(self, plan: pd.Series | None) -> WaysOut:
        """Return the conflict and what was tried, as far as it came."""
        clash = None
        try:
            self.tell(0.05, _LOOKING.text(self.lang))
            clash = cases.conflict(self.case, poll=self._poll)
            for kind in loosen.kinds(self.case):
                self._loosen(kind, proven=clash is not None)
            if clash is not None:
                for change in loosen.relaxations(self.case, step=self.step, poll=self._poll):
                    self._try(change)
            if plan is not None and (known := loosen.sure(self.case, plan, step=self.step)):
                self._try(known.relaxation, plan)
            if not any(each.result.feasible for each in self.tried):
                self._measure(loosen.bare(self.case))
            self._poll()
        except _StoppedError:
            return WaysOut(clash, _ranked(self.tried), False, tuple(self.vain))
        return WaysOut(clash, _ranked(self.tried), True, tuple(self.vain))

    def _loosen(self, kind: str, *, proven: bool) -> None:
        """Try the least that the proofs leave of a rule, and what a plan found without it needs."""
        self._poll()
        gone = loosen.dropped(self.case, kind)
        if proven and cases.proven(self.case.relaxed(gone)):
            self.vain.append(kind)
            return
        found = [
            self._try(change, self._begin(kind)) for change in loosen.least(self.case, kind, poll=self._poll)
        ]
        if any(each.result.feasible for each in found):
            return
        self._measure(gone)

    def _measure(self, gone: Relaxation) -> None:
        """Solve without some rules, and tell by how much they must give for the plan that is found."""
        free = self._attempt(gone, None)
        known = loosen.sure(self.case, free.result.zones, step=self.step) if free.result.feasible else None
        if known is not None:
            self.tried.append(known)
        elif not free.result.feasible and not gone.allow:
            self.tried.append(free)

    def _begin(self, kind: str) -> pd.Series | None:
        """Return the plan to start from: of a limit on the moved, one that moves as few as can be."""
        if kind != "moved":
            return None
        return loosen.fewest(self.case, seconds=SECONDS, seed=self.seed)

    def _try(self, change: Relaxation, start: pd.Series | None = None) -> Tried:
        found = self._attempt(change, start)
        self.tried.append(found)
        return found

    def _attempt(self, change: Relaxation, start: pd.Series | None) -> Tried:
        self._poll()
        n = len(self.tried) + 1
        self.tell(1 - 0.8**n, _TRYING.text(self.lang).format(n=n))
        return loosen.attempt(
            self.case, change, start=start, step=self.step, seconds=SECONDS, seed=self.seed,
            cancelled=self.cancelled,
        )  # fmt: skip

    def _poll(self) -> None:
        if self.cancelled is not None and self.cancelled():
            raise _StoppedError


def _ranked(tried: list[Tried]) -> tuple[Tried, ...]:
    def key(each: Tried) -> tuple[bool, int, int, float]:
        change = each.relaxation
        others = len(change.release) + len(change.allow) + len(change.join) + len(change.loosen)
        seats = sum(more for _, more in change.seats)
        return not each.result.feasible, seats, others, each.result.cost

    return tuple(sorted(tried, key=key))
