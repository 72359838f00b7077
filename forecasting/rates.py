"""What a planner states beside the history: transfers, repeaters, and how pupils divide.

No value is built in. Transfers and repeaters change the forecast, in every scenario; a stated share of
private schools (民办) moves pupils between schools and leaves the total as it is; shares of boarders (寄宿)
or of pupils from outside (区外) only tell a part of each number apart. Rates of transfers and repeaters come
on top of what past progression ratios hold already: 0 means "as in the past", not "none".

Of births, the share that enters school is learned whole: survival x migration x enrolment. Survival and net
migration to entrance can be stated apart; the rest is then what is learned. So one statement, the same for
past and future, changes no forecast; what changes it is a future that is stated to differ from the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from forecasting.cohort import by_district
from forecasting.panel import Bools, Floats, Panel
from gis.faults import Fault, FaultError, register_kinds

TRANSFERS: Final = "transfers"
REPEAT: Final = "repeat"
PRIVATE: Final = "private"
BOARDING: Final = "boarding"
OUTSIDE: Final = "from_outside"
SURVIVAL: Final = "survival"
MIGRATION: Final = "birth_migration"
#: What can be stated.
KINDS: Final = (TRANSFERS, REPEAT, PRIVATE, BOARDING, OUTSIDE, SURVIVAL, MIGRATION)
#: Those of children born, up to their entrance.
BORN: Final = (SURVIVAL, MIGRATION)

register_kinds(
    {
        "fc_no_private": (
            "设定了民办学校占比，但在校生历史里这些年级没有民办学校，或全是民办学校，无法分开。请核对学校的举办者。",
            "a share of private schools is stated, but in these grades the history has no private school, or "
            "none but private ones, so nothing can be told apart. Check who runs the schools.",
        ),
    }
)


@dataclass(frozen=True)
class Rate:
    """One stated value.

    Attributes
    ----------
    what : str
        One of `KINDS`. transfers: net gain of pupils on moving into a grade, entrants included; repeat:
        share of a grade's pupils who repeat it; private: share of all pupils who are at `schools`;
        boarding, from_outside: share of pupils who board, or come from outside the area; survival: share of
        those born who live to entrance; birth_migration: net gain of a birth year by migration until then.
    value : float
        Share (0.01 = 1 %); transfers and repeat beyond what the past ratios hold, a year.
    grades : tuple of str
        Grades it is for.
    from_year : int
        First school year it holds in.
    schools : tuple of str or None
        Schools it is for, all where None; for private, the private schools.
    """

    what: str
    value: float
    grades: tuple[str, ...]
    from_year: int = 0
    schools: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.what not in KINDS:
            raise ValueError(f"unknown rate {self.what!r}: expected one of {', '.join(KINDS)}")


def applied(panel: Panel, mean: Floats, given: Sequence[Rate]) -> Floats:
    """Return a forecast under the stated rates of transfers and repeaters.

    Parameters
    ----------
    panel : Panel
        The history; its newest year is the base.
    mean : ndarray, shape (S, G, H)
        Expected pupils without them; NaN where not open.
    given : sequence of Rate
        Other kinds are left alone. Of several for one cell and year the last stands.

    Returns
    -------
    ndarray, shape (S, G, H)
        Nobody repeats a grade that is closing: its pupils move on. Cohorts carry on what they gained or lost;
        those who enter from a grade taught elsewhere in the district (初中) are as many more or fewer as its
        leavers are.
    """
    if not any(rate.what in (TRANSFERS, REPEAT) for rate in given):
        return mean
    gain, stay = (_rates(panel, given, what, mean.shape[2]) for what in (TRANSFERS, REPEAT))
    stay = np.where(np.isfinite(mean), stay, 0.0)
    plain_before = now_before = np.nan_to_num(panel.counts[:, :, -1])
    result = np.full_like(mean, np.nan)
    for step in range(mean.shape[2]):
        plain = np.nan_to_num(mean[:, :, step])
        moving = now_before * (1.0 - stay[:, :, step])
        now = plain * _carried(panel, moving, plain_before) * (1.0 + gain[:, :, step])
        now = np.where(np.isfinite(mean[:, :, step]), now + now_before * stay[:, :, step], 0.0)
        now = np.maximum(now, 0.0)
        result[:, :, step] = np.where(np.isfinite(mean[:, :, step]), now, np.nan)
        plain_before, now_before = plain, now
    return result


def private_as_stated(panel: Panel, mean: Floats, given: Sequence[Rate]) -> Floats:
    """Return a forecast in which private schools have the stated share of the area's pupils; totals stay.

    Parameters
    ----------
    panel, mean, given
        As in `applied`.

    Raises
    ------
    FaultError
        Where the grades of a rate have no private school, or no other.
    """
    result = mean.copy()
    for rate in (r for r in given if r.what == PRIVATE):
        grades, mine = _cells(panel, rate)
        later = _later(panel, rate, mean.shape[2])
        inside = (mine[:, None] & grades[None, :])[:, :, None] & later
        outside = (~mine[:, None] & grades[None, :])[:, :, None] & later
        part, other = (
            np.where(here, np.nan_to_num(result), 0.0).sum(axis=(0, 1)) for here in (inside, outside)
        )
        if ((part <= 0) | (other <= 0))[later].any():
            raise FaultError([Fault("fc_no_private")])
        total = part + other
        factors = (
            rate.value * total / np.maximum(part, 1e-9),
            (1.0 - rate.value) * total / np.maximum(other, 1e-9),
        )
        for here, factor in zip((inside, outside), factors, strict=True):
            result = np.where(here, result * factor, result)
    return result


def shares(cells: pd.DataFrame, given: Sequence[Rate], what: str) -> pd.Series:
    """Return the stated share of each cell of a forecast, 0 where none is stated.

    Parameters
    ----------
    cells : DataFrame
        Rows of the level cell: school, grade, year.
    given : sequence of Rate
        Of several for one cell the last stands.
    what : str
        Usually boarding or from_outside.
    """
    found = pd.Series(0.0, index=cells.index, name="share")
    for rate in given:
        if rate.what == what:
            here = cells["grade"].astype(str).isin(rate.grades) & (cells["year"] >= rate.from_year)
            if rate.schools is not None:
                here &= cells["school"].isin(rate.schools)
            found[here] = rate.value
    return found


def kept(given: Sequence[Rate]) -> tuple[tuple[int, float], ...]:
    """Return the stated share of those born who are there at entrance, by first year of entrance.

    Parameters
    ----------
    given : sequence of Rate
        `SURVIVAL` and `MIGRATION` (others are left alone). Each value holds from its year until the next of
        its kind; the first of a kind also holds before.

    Returns
    -------
    tuple of (int, float)
        Years in order, and survival times (1 + net migration); empty where nothing is stated.
    """
    own = sorted((r for r in given if r.what in BORN), key=lambda rate: rate.from_year)
    years = sorted({rate.from_year for rate in own})
    return tuple((y, in_year(own, SURVIVAL, y, 1.0) * (1.0 + in_year(own, MIGRATION, y, 0.0))) for y in years)


def in_year(given: Sequence[Rate], what: str, year: int, plain: float) -> float:
    """Return what is stated for children who enter in a year, `plain` where nothing is (see `kept`)."""
    own = sorted(((r.from_year, r.value) for r in given if r.what == what), key=lambda pair: pair[0])
    before = [value for start, value in own if start <= year]
    return before[-1] if before else own[0][1] if own else plain


def _rates(panel: Panel, given: Sequence[Rate], what: str, ahead: int) -> Floats:
    """Rate of every cell and forecast year, 0 where none is stated; shape (S, G, H)."""
    found = np.zeros((*panel.counts.shape[:2], ahead))
    for rate in given:
        if rate.what == what:
            grades, mine = _cells(panel, rate)
            here = (mine[:, None] & grades[None, :])[:, :, None] & _later(panel, rate, ahead)
            found[here] = rate.value
    return found


def _cells(panel: Panel, rate: Rate) -> tuple[Bools, Bools]:
    """Grades and schools a rate is for."""
    grades = np.isin(panel.grades, list(rate.grades))
    if rate.schools is None:
        return grades, np.ones(len(panel.schools), dtype=bool)
    return grades, panel.schools["school"].isin(rate.schools).to_numpy(bool)


def _later(panel: Panel, rate: Rate, ahead: int) -> Bools:
    return panel.last_year + 1 + np.arange(ahead) >= rate.from_year


def _carried(panel: Panel, moving: Floats, plain: Floats) -> Floats:
    """Pupils who move up now over those who would have without the rates; by district where they enter."""
    ratio = np.ones_like(moving)
    codes = panel.district_codes
    district = _ratio(by_district(moving, panel), by_district(plain, panel))[codes]
    own = _ratio(moving, plain)
    ratio[:, 1:] = np.where(plain[:, :-1] > 0, own[:, :-1], district[:, :-1])
    return ratio


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.ones_like(above), where=below > 0)
