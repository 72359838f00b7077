"""As a job: why a catchment problem has no plan, and the cheapest ways out, each tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from gis.faults import Words
from planning.progress import Cancelled, Progress
from zoning.check import check_positions
from zoning.conflict import Conflict, conflict
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
    """

    conflict: Conflict | None = None
    tried: tuple[Tried, ...] = ()
    complete: bool = True


class _StoppedError(Exception):
    """The user has cancelled."""


def relax_job(
    problem: Problem,
    plan: pd.Series | None = None,
    step: int = 1,
    seed: int = 0,
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
    lang : {"zh", "en"}
        Language of the progress messages.
    progress, cancelled : callable, optional
        Given by the job.

    Returns
    -------
    WaysOut
        When cancelled, what was found so far.
    """
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


def _ranked(tried: list[Tried]) -> tuple[Tried, ...]:
    def key(each: Tried) -> tuple[bool, int, int, float]:
        change = each.relaxation
        others = len(change.release) + len(change.allow) + len(change.join)
        seats = sum(more for _, more in change.seats)
        return not each.result.feasible, seats, others, each.result.cost

    return tuple(sorted(tried, key=key))
