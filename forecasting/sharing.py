"""Share a forecast of schools down to the units pupils live in, and sum units to any plan.

Schools are forecast, because that is what is counted every year; units are too small for it. A school's
pupils are shared over the units they come from, cohort by cohort, so that a changed plan is only another
sum: nothing is forecast anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from forecasting.panel import Floats

#: Pupils at which a grade's own homes weigh as much as those of the whole school (设定).
EVIDENCE = 40.0
#: Children that the pull of a unit's change towards no change is worth (设定).
STEADY = 8.0
#: Home of pupils who live outside the area or nobody knows where.
ELSEWHERE = ""
_KEYS = ["unit_id", "stage", "grade", "year", "scenario"]


@dataclass(frozen=True)
class _Homes:
    """Homes of the pupils now at school: shares over units by school and grade."""

    schools: pd.Index
    units: pd.Index
    grades: dict[int, Floats]  # (schools, units), rows that add up to 1, or NaN where the grade is not there
    whole: Floats  # (schools, units)


def by_unit(
    cells: pd.DataFrame,
    homes: pd.DataFrame,
    children: pd.DataFrame | None = None,
    *,
    base_year: int,
    coverage: float = 0.8,
) -> pd.DataFrame:
    """Share cells of a forecast down to home units.

    A cohort that is at school now keeps the homes it has. One that enters later comes from the homes of the
    school's pupils, each unit weighed by how its registered children of that cohort compare with those of
    the last three.

    Parameters
    ----------
    cells : DataFrame
        Rows of the level cell of ``forecast.forecast``: school, grade, stage, year, mean, low, high,
        scenario.
    homes : DataFrame
        school, unit_id (`ELSEWHERE` for no unit), grade, pupils: who attends now, or may be taken to. A
        school that is not in it has all its pupils at `ELSEWHERE`.
    children : DataFrame, optional
        unit_id, cohort, children: registered children by the autumn of grade 1.
    base_year : int
        Year of `homes`.
    coverage : float
        Of the cells' ranges.

    Returns
    -------
    DataFrame
        unit_id, stage, grade, year, scenario, mean, shared: the part of the standard deviation that comes
        from the schools' own ranges (see `ranged`). Means of a school's units add up to its own.
    """
    known = _homes(cells, homes)
    change = _change(children, known.units, base_year)
    width = 2.0 * float(stats.norm.ppf(0.5 + coverage / 2.0))
    rows = cells.assign(
        at=known.schools.get_indexer(pd.Index(cells["school"])),
        level=cells["grade"].astype(int),
        sd=(cells["high"] - cells["low"]) / width,
    )
    blocks = []
    for _key, part in rows.groupby(["stage", "level", "year", "scenario"]):
        grade, year = int(part["level"].iloc[0]), int(part["year"].iloc[0])
        share = _shares(known, change, grade, year - base_year, base_year)[part["at"]]
        block = pd.DataFrame(
            {
                "unit_id": known.units,
                "mean": part["mean"].to_numpy(float) @ share,
                "shared": part["sd"].to_numpy(float) @ share,
            }
        )
        blocks.append(
            block.assign(
                stage=part["stage"].iloc[0], grade=grade, year=year, scenario=part["scenario"].iloc[0]
            )
        )
    whole = pd.concat(blocks, ignore_index=True)
    return whole.loc[whole["mean"] > 0, [*_KEYS, "mean", "shared"]].reset_index(drop=True)


def ranged(units: pd.DataFrame, by: Sequence[str], *, coverage: float = 0.8) -> pd.DataFrame:
    """Sum units and give every total a range.

    The schools' errors are taken as one shock shared by all (wide rather than narrow), and which of their
    pupils live in a unit as a matter of chance (Poisson). These ranges are estimates (估): units have no
    history of their own to check them against.

    Parameters
    ----------
    units : DataFrame
        From `by_unit`, with any further columns to sum by, such as zone_id.
    by : sequence of str
        Columns that name a total.
    coverage : float
        Share of outcomes the range should hold.

    Returns
    -------
    DataFrame
        `by`, mean, low, high; low is never below 0.
    """
    sums = units.groupby(list(by), as_index=False)[["mean", "shared"]].sum()
    reach = float(stats.norm.ppf(0.5 + coverage / 2.0)) * np.sqrt(sums["shared"] ** 2 + sums["mean"])
    low = (sums["mean"] - reach).clip(lower=0.0)
    return sums.assign(low=low, high=sums["mean"] + reach).drop(columns="shared")


def _homes(cells: pd.DataFrame, homes: pd.DataFrame) -> _Homes:
    schools = pd.Index(sorted(set(cells["school"])))
    units = pd.Index(sorted({*homes["unit_id"], ELSEWHERE}))
    here = homes[homes["school"].isin(schools)]
    rows, columns = (
        schools.get_indexer(pd.Index(here["school"])),
        units.get_indexer(pd.Index(here["unit_id"])),
    )
    whole = _grid(rows, columns, here["pupils"], (len(schools), len(units)))
    whole[whole.sum(axis=1) == 0, units.get_loc(ELSEWHERE)] = 1.0
    mean = whole / whole.sum(axis=1, keepdims=True)
    grades = {}
    for grade, part in here.assign(row=rows, column=columns).groupby(here["grade"].astype(int)):
        own = _grid(part["row"].to_numpy(), part["column"].to_numpy(), part["pupils"], whole.shape)
        size = own.sum(axis=1, keepdims=True)
        mixed = (own + EVIDENCE * mean) / (size + EVIDENCE)
        grades[int(str(grade))] = np.where(size > 0, mixed, np.nan)
    return _Homes(schools, units, grades, mean)


def _grid(rows: np.ndarray, columns: np.ndarray, values: pd.Series, shape: tuple[int, int]) -> Floats:
    grid = np.zeros(shape)
    np.add.at(grid, (rows, columns), values.to_numpy(float))
    return grid


def _change(children: pd.DataFrame | None, units: pd.Index, base_year: int) -> pd.DataFrame:
    """Registered children of each unit and coming cohort against those of the last three; index `units`."""
    if children is None or children.empty:
        return pd.DataFrame(index=units)
    table = children.pivot_table(index="unit_id", columns="cohort", values="children", aggfunc="sum")
    recent = [c for c in range(base_year - 2, base_year + 1) if c in table]
    if not recent:
        return pd.DataFrame(index=units)
    before = table[recent].fillna(0).mean(axis=1)
    ratio = (table.fillna(0) + STEADY).div(before + STEADY, axis=0)
    return ratio.reindex(units).fillna(1.0)


def _shares(known: _Homes, change: pd.DataFrame, grade: int, ahead: int, base_year: int) -> Floats:
    """Shares over units of each school's pupils of a grade, so many years ahead; rows add up to 1."""
    cohort = base_year + ahead - grade + 1
    entering = known.whole
    if cohort in change:
        entering = entering * change[cohort].to_numpy(float)
        entering = entering / entering.sum(axis=1, keepdims=True)
    now = known.grades.get(grade - ahead)
    return entering if now is None else np.where(np.isnan(now), entering, now)
