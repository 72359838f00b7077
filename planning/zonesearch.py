"""How a search for catchments stands, in words."""

from math import isfinite

from gis.faults import Words

_SEARCHING = Words("还没有方案", "no plan yet")
_BEST = Words("目前最好 {cost:,.1f} 人·公里", "best so far {cost:,.1f} pupil-km")
_BOUND = Words("已证明的下限 {bound:,.1f}", "proven lower bound {bound:,.1f}")
_APART = Words("相差 {gap:.2f} %", "{gap:.2f} % apart")
# Below what every plan within the rules must cost: it cannot keep them.
_BELOW = Words("仍有超员", "still overfull")


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
