"""The search for catchments as a job that says in words how far it is."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from gis.faults import Words
from planning import tasks

if TYPE_CHECKING:
    from zoning.result import Result

_SEARCHING = Words("还没有方案", "no plan yet")
_BEST = Words("目前最好 {cost:,.1f} 人·公里", "best so far {cost:,.1f} pupil-km")
_BOUND = Words("已证明的下限 {bound:,.1f}", "proven lower bound {bound:,.1f}")
_APART = Words("相差 {gap:.2f} %", "{gap:.2f} % apart")
# Below what every plan within the rules must cost: it cannot keep them.
_BELOW = Words("仍有超员", "still overfull")


@dataclass(frozen=True)
class Teller:
    """Passes on how a job stands: the steps before the search as they are, the search in words."""

    progress: Callable[[float, str], None]
    lang: str

    def __call__(self, *said: Any) -> None:
        """Take (fraction, message) from the steps before, or (cost, bound, fraction) from the search."""
        if len(said) == 2:
            self.progress(*said)
        else:
            cost, bound, fraction = said
            self.progress(fraction, stands(cost, bound, self.lang))


def stands(cost: float, bound: float, lang: str = "zh") -> str:
    """Return how a search stands, in one line.

    Parameters
    ----------
    cost : float
        Pupil-kilometres of the best plan so far, which may still be overfull; not finite before there is one.
    bound : float
        Pupil-kilometres that no plan that keeps the rules can go below.
    lang : {"zh", "en"}
        Language.

    Examples
    --------
    >>> stands(100.0, 99.0, "en")
    'best so far 100.0 pupil-km · proven lower bound 99.0 · 1.00 % apart'
    """
    known = isfinite(bound) and bound > 0
    parts = [_BEST if isfinite(cost) else _SEARCHING]
    parts += [_BOUND] if known else []
    parts += [_APART if cost >= bound else _BELOW] if known and isfinite(cost) else []
    gap = (cost - bound) / cost * 100 if isfinite(cost) and cost > 0 else 0.0
    return " · ".join(part.text(lang).format(cost=cost, bound=bound, gap=gap) for part in parts)


def search_job(
    *,
    lang: str = "zh",
    progress: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    **settings: Any,
) -> "Result":
    """Run `planning.tasks.optimise_job` and word its progress.

    Parameters
    ----------
    lang : {"zh", "en"}
        Language of the progress.
    progress : callable, optional
        progress(fraction, message).
    cancelled : callable, optional
        True ends the search with the best plan so far.
    **settings
        As in `planning.tasks.optimise_job`.

    Raises
    ------
    FaultError
        With what the data lack.
    """
    told: Any = None if progress is None else Teller(progress, lang)
    return tasks.optimise_job(lang=lang, progress=told, cancelled=cancelled, **settings)
