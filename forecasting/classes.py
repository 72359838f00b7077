"""From pupils to classes (班数) by school, grade and year, and the chance of oversize classes (大班额)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from forecasting.panel import GRADE_ORDER, Bools, Floats, Ints

RULES = ("standard", "keep")


def classes(
    cells: pd.DataFrame,
    *,
    standard: Mapping[str, int],
    large: int | Mapping[str, int] = 56,
    rule: str = "standard",
    current: pd.DataFrame | None = None,
    coverage: float = 0.8,
) -> pd.DataFrame:
    """Classes to open for the forecast pupils.

    Two rules. ``standard``: every year each grade has as few classes as the standard size allows,
    ``ceil(pupils / standard)``. ``keep``: a cohort keeps exactly the classes it has as it moves up
    (不拆班、不并班), however full they become; the entrants of each stage are formed by the standard size,
    as is a cohort whose classes are not known. Neither rule adds a class because classes are oversized:
    `extra` says how many that would take.

    Parameters
    ----------
    cells : DataFrame
        Forecast rows of level "cell"; other levels are ignored.
    standard : mapping of str to int
        Pupils a class by stage or by grade, e.g. {"primary": 45, "junior": 50} (GB 50099-2011 3.0.1).
    large : int or mapping of str to int
        Smallest class that counts as oversize, where stages differ by stage or by grade: 56 大班额, 66
        超大班额 (教育部); other rules differ.
    rule : {"standard", "keep"}
        See above.
    current : DataFrame, optional
        Columns district (optional), school, grade, classes: classes in the year before the first forecast
        year; needed by "keep".
    coverage : float
        What the forecast's ranges hold.

    Returns
    -------
    DataFrame
        Columns district, school, grade, stage, year, scenario; pupils, pupils_low, pupils_high; classes, low,
        high (classes by the rule at the ends of the range: by "keep" alike for a cohort that has its classes,
        and for others those of their entrance); size (pupils a class); p_oversized (chance that classes of
        even size reach `large`, with the number of classes given); extra (classes to add until none of
        even size reaches `large`).

    Raises
    ------
    ValueError
        For an unknown rule, "keep" without `current`, or a grade without a standard.
    """
    if rule not in RULES or (rule == "keep" and current is None):
        raise ValueError(f"rule {rule!r}: expected one of {RULES}; 'keep' needs the current classes")
    frame = cells[cells["level"] == "cell"].reset_index(drop=True)
    size = _standard(frame, standard)
    least = np.full(len(frame), float(large)) if isinstance(large, int) else _standard(frame, large)
    number, low, high = (_needed(frame[end], size) for end in ("mean", "low", "high"))
    if rule == "keep" and current is not None:
        number, low, high = (_kept(frame, formed, current) for formed in (number, low, high))
    result = frame[["district", "school", "grade", "stage", "year", "scenario"]].assign(
        pupils=frame["mean"],
        pupils_low=frame["low"],
        pupils_high=frame["high"],
        classes=number.astype(int),
        low=np.minimum(low, number).astype(int),
        high=np.maximum(high, number).astype(int),
    )
    result["size"] = np.divide(frame["mean"], number, out=np.zeros(len(frame)), where=number > 0)
    result["p_oversized"] = exceeds(frame, number * (least - 1.0), coverage=coverage)
    result["extra"] = np.maximum(_needed(frame["mean"], least - 1.0) - number, 0).astype(int)
    return result


def exceeds(frame: pd.DataFrame, limit: Floats, *, coverage: float = 0.8) -> Floats:
    """Probability that the pupils of each row exceed `limit`, from its range (log-normal)."""
    low = np.maximum(frame["low"].to_numpy(float), 1e-3)
    high = np.maximum(frame["high"].to_numpy(float), low)
    sigma = np.maximum(np.log(high / low) / (2.0 * stats.norm.ppf(0.5 + coverage / 2.0)), 1e-6)
    centre = (np.log(high) + np.log(low)) / 2.0
    chance = stats.norm.sf((np.log(np.maximum(limit, 1e-3)) - centre) / sigma)
    return np.where(frame["mean"].to_numpy(float) > 0, chance, 0.0)


def _standard(frame: pd.DataFrame, standard: Mapping[str, int]) -> Floats:
    size = frame["grade"].map(standard).astype(float).fillna(frame["stage"].map(standard).astype(float))
    unknown = sorted(frame["grade"][size.isna()].unique())
    if unknown:
        raise ValueError(f"no class size for grades {', '.join(unknown)}")
    return size.to_numpy(float)


def _needed(pupils: pd.Series, size: Floats) -> Floats:
    """Fewest classes of at most `size`; a hair of tolerance keeps 90.0000001 pupils in two classes of 45."""
    return np.ceil(np.round(pupils.to_numpy(float), 2) / size - 1e-9)


def _kept(frame: pd.DataFrame, formed: Floats, current: pd.DataFrame) -> Floats:
    """Classes when each cohort keeps its own: last year's grade below sets this year's grade.

    Where that grade had none, they are those `formed` anew.
    """
    keys = ["scenario", "district", "school"]
    schools = frame[keys].drop_duplicates().reset_index(drop=True)
    row = pd.MultiIndex.from_frame(schools).get_indexer(pd.MultiIndex.from_frame(frame[keys]))
    step = (frame["year"] - frame["year"].min()).to_numpy()
    on = [c for c in ("district", "school") if c in current]
    start = schools.rename_axis("row").reset_index().merge(current[[*on, "grade", "classes"]], on=on)
    lowest = min(GRADE_ORDER.values())
    column = frame["grade"].map(GRADE_ORDER).to_numpy() - lowest
    number = np.zeros((len(schools), len(GRADE_ORDER)))
    grade = start["grade"].astype("str").map(GRADE_ORDER).to_numpy(dtype=int) - lowest
    number[start["row"].to_numpy(dtype=int), grade] = start["classes"]
    entry = _enters(frame, column)
    alive = frame["mean"].round(2).to_numpy(float) > 0
    result = formed.copy()
    for year in range(step.max() + 1):
        here = step == year
        moved = np.zeros_like(number)
        moved[:, 1:] = number[:, :-1]
        kept = moved[row[here], column[here]]
        # A cohort that died out has no classes to keep, and one that comes to life has none to come from.
        result[here] = np.where((kept > 0) & alive[here] & ~entry[here], kept, formed[here])
        number[row[here], column[here]] = result[here]
    return result


def _enters(frame: pd.DataFrame, column: Ints) -> Bools:
    """Tell the rows of the first grade of a later stage: it is formed anew, in nine-year schools too."""
    stage = dict(zip(column.tolist(), frame["stage"], strict=True))
    first = [grade for grade in stage if grade - 1 in stage and stage[grade - 1] != stage[grade]]
    return np.isin(column, first)
