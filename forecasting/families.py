"""Families of series, and the method that forecasts the totals of each, chosen by past error.

A family is a part of the pupils whose numbers are made alike: those at school already, by grade band; those
who enter the first grade within the years ahead; and those who enter a later one (junior schools). The rule
for all families together (``tuning.Choice.own_share``) stands for each, unless one of the methods was clearly
nearer in that family's own past, and the totals of whole districts were nearer with it too.

A choice is judged one to three years ahead and holds no further: in later years the rule for all families
stands again, so that a total kept as it is never goes on when cohorts of another size are known to come.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from forecasting.cohort import entered_late
from forecasting.panel import GRADE_ORDER, Bools, Floats, Ints, Panel

if TYPE_CHECKING:
    from forecasting.errors import Past

#: Pupils at school already, by the grade they will be in; then those who have yet to enter.
NAMES = ("to_3", "4_to_6", "from_7", "entrants", "step")

#: Methods compared: ours, the three-year ratio, no change.
CANDIDATES = ("cohort", "gpr3", "naive")

#: Years ahead on which choices are judged, and up to which they hold.
JUDGED = 3

#: Fewest past base years from which a family's method is chosen, and how often chance alone may seem a gain
#: in any family of a history: one-sided Student's t over base years, each the mean of its horizons, which are
#: not independent; corrected for the methods compared in a family (Bonferroni) and for the families (Holm).
LEAST_YEARS, CHANCE = 4, 0.05

COLUMNS = (
    "family", "horizon", "method", "cohort_share", "gpr3_share", "naive_share",
    "cohort_wape", "gpr3_wape", "naive_wape", "used_wape", "years", "cells", "why",
)  # fmt: skip


@dataclass(frozen=True)
class Mix:
    """Whose totals are used, by family.

    Attributes
    ----------
    own_share : float
        Share of our own district totals in every family not named in `taken`; the rest is GPR3's.
    taken : mapping of str to str
        Method of `CANDIDATES` by family, where past error says so, up to `judged` years ahead.
    driven : bool
        Registers, kindergartens or births say who enters, so that entrants stay as we forecast them. Those
        who come to a later grade (step) are at another school already for as long as choices hold, and births
        tell nothing of them; in later years they stay as we forecast them too.
    judged : int
        Years ahead up to which `taken` holds.
    """

    own_share: float = 1.0
    taken: Mapping[str, str] = field(default_factory=dict)
    driven: bool = False
    judged: int = JUDGED

    def weights(self, family: str, horizon: int = 1) -> Floats:
        """Shares of `CANDIDATES` in a family so many years ahead; shape (3,)."""
        if self.driven and (family == "entrants" or (family == "step" and horizon > self.judged)):
            return np.array([1.0, 0.0, 0.0])
        if family in self.taken and horizon <= self.judged:
            return np.array([float(self.taken[family] == name) for name in CANDIDATES])
        return np.array([self.own_share, 1.0 - self.own_share, 0.0])


def codes(panel: Panel, open_cells: Bools, horizon: int) -> Ints:
    """Position in `NAMES` of each cell's family `horizon` years ahead, -1 where not open; shape (S, G)."""
    order = np.array([GRADE_ORDER[grade] for grade in panel.grades])
    found = np.broadcast_to(np.searchsorted([3, 6], order), open_cells.shape).copy()
    found[entered_late(open_cells, horizon)] = NAMES.index("step")
    # From the first grade of all upwards, as many grades as there are years ahead.
    first = np.logical_and.accumulate(open_cells, axis=1) & (np.arange(len(order)) < horizon)
    found[first] = NAMES.index("entrants")
    return np.where(open_cells, found, -1)


@dataclass(frozen=True)
class _Sums:
    """Totals of one past forecast: told (family, candidate, district), came (family, district)."""

    cutoff: int
    horizon: int
    told: Floats
    came: Floats
    cells: Ints

    def errors(self, weights: Floats) -> Floats:
        """Error of every family and district under shares of shape (families, candidates)."""
        return np.einsum("fmd,fm->fd", self.told, weights) - self.came


def chosen(
    pasts: Mapping[str, Sequence[Past]], panel: Panel, mix: Mix, *, horizons: int = JUDGED
) -> tuple[Mix, pd.DataFrame]:
    """Choose a method for each family where its past tells, and record what was found.

    Parameters
    ----------
    pasts : mapping of str to sequence of Past
        Past forecasts of each of `CANDIDATES` from the same base years, knowing only what was known then.
    panel : Panel
        The history.
    mix : Mix
        What holds for all families together; its `taken` is filled.
    horizons : int
        Years ahead that count and are recorded, and up to which the choice holds.

    Returns
    -------
    mix : Mix
        With the methods taken.
    record : DataFrame
        `COLUMNS`, a row a family and year ahead: shares of the three methods used; past error (WAPE, %) of
        the family's district totals under each and under what is used, NaN without past; base years and
        cells compared; ``why``: "nearer" (clearly nearer in the past), "alike" (none was, so the shares of
        all families stand), "short" (fewer than `LEAST_YEARS` base years), "known" (registers or births say
        who enters). ``method`` is "mixed" where none has the whole.
    """
    sums, mix = _sums(pasts, panel), replace(mix, judged=horizons)
    near = [s for s in sums if s.horizon <= horizons]
    reasons: dict[str, str] = {}
    gains: dict[str, tuple[str, float]] = {}
    for family, name in enumerate(NAMES):
        here = [s for s in near if s.came[family].sum() > 0]
        if name == "entrants" and mix.driven:
            reasons[name] = "known"
        elif len({s.cutoff for s in here}) < LEAST_YEARS:
            reasons[name] = "short"
        else:
            reasons[name] = "alike"
            gains[name] = _nearest(here, family, mix.weights(name))
    made = replace(mix, taken=_together(near, mix, _clear(gains)))
    reasons |= dict.fromkeys(made.taken, "nearer")
    return made, _record(sums, panel, made, reasons, horizons)


def rows(record: pd.DataFrame) -> list[dict[str, str | float | None]]:
    """Return a record (see `chosen`) as rows with a JSON form; unknown errors are None."""
    plain = record.astype(object).where(record.notna(), None)
    return [dict(zip(COLUMNS, row, strict=True)) for row in plain[list(COLUMNS)].itertuples(index=False)]


def unchosen(panel: Panel, mix: Mix, why: str, *, horizons: int = JUDGED) -> pd.DataFrame:
    """Return the record, as from `chosen`, of a history from which nothing could be chosen."""
    return _record([], panel, mix, dict.fromkeys(NAMES, why), horizons)


def _sums(pasts: Mapping[str, Sequence[Past]], panel: Panel) -> list[_Sums]:
    """Past forecasts of all candidates, added up by family and district."""
    told = [{(p.cutoff, p.horizon): p for p in pasts[name]} for name in CANDIDATES]
    shape, result = (len(NAMES), len(panel.district_names)), []
    for key, past in told[0].items():
        rows, columns = np.nonzero(past.judged)
        family = codes(panel, past.judged, past.horizon)[rows, columns]
        group = family * shape[1] + panel.district_codes[rows]

        def summed(values: Floats, group: Ints = group, where: Bools = past.judged) -> Floats:
            return np.bincount(group, values[where], minlength=shape[0] * shape[1]).reshape(shape)

        forecasts = np.stack([summed(found[key].forecast) for found in told], axis=1)
        cells = np.bincount(family, minlength=len(NAMES))
        result.append(_Sums(*key, forecasts, summed(past.actual), cells))
    return result


def _nearest(sums: Sequence[_Sums], family: int, plain: Floats) -> tuple[str, float]:
    """Return the candidate nearest to a family's totals, and how likely chance makes one seem nearer."""
    trials = np.vstack([plain, np.eye(len(CANDIDATES))])
    found: dict[int, list[Floats]] = {}
    for s in sums:
        wrong = np.abs(trials @ s.told[family] - s.came[family]).sum(axis=1)
        found.setdefault(s.cutoff, []).append(wrong / s.came[family].sum())
    near = np.array([np.mean(rows, axis=0) for rows in found.values()])
    best = 1 + int(near[:, 1:].mean(axis=0).argmin())
    gain = near[:, 0] - near[:, best]
    compared = sum(not np.array_equal(plain, trial) for trial in trials[1:])
    return CANDIDATES[best - 1], compared * chance(gain)


def chance(gains: Floats) -> float:
    """How likely chance alone makes gains, one a base year, seem so large: one-sided Student's t."""
    doubt = max(float(gains.std(ddof=1)) / np.sqrt(len(gains)), 1e-12)
    return float(stats.t.sf(gains.mean() / doubt, len(gains) - 1))


def _clear(gains: Mapping[str, tuple[str, float]]) -> dict[str, str]:
    """Keep what is clear among all families compared: Holm's rule, the least likely by chance first."""
    clear: dict[str, str] = {}
    for name, (method, chance) in sorted(gains.items(), key=lambda item: item[1][1]):
        if chance * (len(gains) - len(clear)) > CHANCE:
            break
        clear[name] = method
    return clear


def _together(sums: Sequence[_Sums], mix: Mix, clear: Mapping[str, str]) -> dict[str, str]:
    """Take what is clear one family at a time, the best first, while whole districts' totals come nearer.

    Errors of families can cancel in the total, so that a gain in one may be a loss in all.
    """
    taken: dict[str, str] = {}
    lowest = _whole(sums, mix)
    while left := [name for name in clear if name not in taken]:
        scores = {name: _whole(sums, replace(mix, taken=taken | {name: clear[name]})) for name in left}
        best = min(left, key=scores.__getitem__)
        if scores[best] >= lowest:
            break
        taken[best], lowest = clear[best], scores[best]
    return taken


def _whole(sums: Sequence[_Sums], mix: Mix) -> float:
    """Mean error of district totals as a share of pupils; every base year counts alike."""
    weights = np.array([mix.weights(name) for name in NAMES])
    found: dict[int, list[float]] = {}
    for s in sums:
        wrong = np.abs(s.errors(weights).sum(axis=0)).sum()
        found.setdefault(s.cutoff, []).append(float(wrong / max(s.came.sum(), 1.0)))
    return float(np.mean([np.mean(rows) for rows in found.values()]))


def _record(
    sums: Sequence[_Sums], panel: Panel, mix: Mix, reasons: Mapping[str, str], horizons: int
) -> pd.DataFrame:
    """Rows of `COLUMNS` for the families there are."""
    rows = []
    for horizon in range(1, horizons + 1):
        present = np.unique(codes(panel, panel.open_cells, horizon))
        here = [s for s in sums if s.horizon == horizon]
        for family, name in enumerate(NAMES):
            if family not in present:
                continue
            weights = mix.weights(name, horizon)
            whole = [c for c, share in zip(CANDIDATES, weights, strict=True) if share >= 1.0]
            row = {"family": name, "horizon": horizon, "method": whole[0] if whole else "mixed"}
            row |= {f"{c}_share": float(w) for c, w in zip(CANDIDATES, weights, strict=True)}
            used = [s for s in here if s.came[family].sum() > 0]
            for column, shares in zip((*CANDIDATES, "used"), (*np.eye(len(CANDIDATES)), weights)):
                row[f"{column}_wape"] = _wape(used, family, shares)
            cells = sum(int(s.cells[family]) for s in used)
            rows.append(row | {"years": len(used), "cells": cells, "why": reasons[name]})
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.sort_values("family", key=lambda c: c.map(NAMES.index), kind="stable", ignore_index=True)


def _wape(sums: Sequence[_Sums], family: int, weights: Floats) -> float:
    """Past error of a family's district totals, in % of its pupils."""
    pupils = sum(float(s.came[family].sum()) for s in sums)
    wrong = sum(float(np.abs(weights @ s.told[family] - s.came[family]).sum()) for s in sums)
    return 100.0 * wrong / pupils if pupils else float("nan")
