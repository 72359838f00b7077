"""随迁子女 as a stream of their own: the part of a forecast whose household is registered elsewhere.

The total is forecast as a whole, because it has the longer history; the stream is its share. A cohort at
school keeps the share it has; one that enters later has that of its registered children. Shares of
schools and grades with few pupils are pulled towards the school's and the area's.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from forecasting import levels
from forecasting.panel import Floats

#: Pupils at which a cell's own share weighs as much as its school's, and a school's as the area's (设定).
EVIDENCE = 60.0
#: The streams are multiples of this, as means are, so that both add up exactly.
GRAIN = 1.0 / 64.0
_JOIN = ["level", *levels.KEYS, "year", "scenario"]


def cell_shares(
    cells: pd.DataFrame,
    recent: pd.DataFrame | None,
    register: pd.DataFrame | None = None,
    *,
    base_year: int,
    evidence: float = EVIDENCE,
) -> pd.Series:
    """Share of migrant children in each cell of a forecast.

    Parameters
    ----------
    cells : DataFrame
        Rows of the level cell: school, grade, year.
    recent : DataFrame or None
        school, grade, pupils, migrant of `base_year`, from the rolls.
    register : DataFrame, optional
        cohort, children, migrant: registered children by the autumn of grade 1, whole area.
    base_year : int
        Newest year of the history.
    evidence : float
        Pupils that a pull is worth.

    Returns
    -------
    Series
        0 to 1, on the index of `cells`.

    Raises
    ------
    ValueError
        If neither table says anything of migrant children.
    """
    by_cohort = _register_shares(register)
    if recent is None or recent.empty:
        if by_cohort.empty:
            raise ValueError("neither the rolls nor the register state migrant children")
        return _of_cohorts(cells, by_cohort)
    area = recent["migrant"].sum() / max(recent["pupils"].sum(), 1)
    by_school = recent.groupby("school")[["pupils", "migrant"]].sum()
    school = (by_school["migrant"] + evidence * area) / (by_school["pupils"] + evidence)
    own = recent.groupby(["school", "grade"], as_index=False)[["pupils", "migrant"]].sum()
    own = own.assign(
        grade=own["grade"].astype(int),
        share=(own["migrant"] + evidence * own["school"].map(school)) / (own["pupils"] + evidence),
    )
    began = cells["grade"].astype(int) - (cells["year"] - base_year)
    keys = pd.MultiIndex.from_arrays([cells["school"], began])
    known = own.set_index(["school", "grade"])["share"].reindex(keys).to_numpy(float)
    # Those who enter later: the share of their cohort, more or less as their school has more or fewer.
    usual = cells["school"].map(school).fillna(area).to_numpy(float)
    if len(by_cohort):
        usual = usual / max(area, 1e-9) * _of_cohorts(cells, by_cohort).to_numpy(float)
    share = np.where(np.isnan(known), usual, known)
    return pd.Series(np.clip(share, 0.0, 1.0), index=cells.index, name="share")


def split(
    forecast: pd.DataFrame,
    shares: pd.Series,
    *,
    groups: pd.DataFrame | None = None,
    names: Sequence[str] = (),
) -> pd.DataFrame:
    """Add the streams to a forecast: `migrant` and `local` pupils, which add up to `mean`.

    Parameters
    ----------
    forecast : DataFrame
        From ``forecast.forecast``, with the level cell.
    shares : Series
        From `cell_shares`, on the index of the rows of the level cell.
    groups : DataFrame, optional
        The planner's groups of schools the forecast was summed by.
    names : sequence of str
        Columns of `groups`.

    Returns
    -------
    DataFrame
        The forecast with the columns migrant and local; attrs are kept.
    """
    cells = forecast.loc[shares.index]
    migrant = np.floor(cells["mean"] * shares / GRAIN) * GRAIN
    wide = cells.assign(group="", migrant=migrant).pivot_table(
        index=["district", "school", "grade", "stage", "group"],
        columns=["year", "scenario"],
        values="migrant",
        sort=False,
    )
    labels = wide.index.to_frame(index=False).astype("str")
    values = wide.to_numpy(float)
    found = [levels.level(labels, n) for n in forecast["level"].unique() if n in levels.NAMED]
    found += [levels.grouping(labels, n, _one(groups, n), by_stage=s) for n in names for s in (False, True)]
    times = wide.columns.to_frame(index=False)
    streams = pd.concat([_long(level, values, times) for level in found], ignore_index=True)
    joined = forecast.merge(streams, on=_JOIN, how="left", validate="one_to_one")
    joined.index = forecast.index
    joined = joined.assign(local=joined["mean"] - joined["migrant"])
    joined.attrs = forecast.attrs
    return joined


def _one(groups: pd.DataFrame | None, name: str) -> pd.DataFrame:
    if groups is None:
        raise ValueError(f"no groups of schools given for the level {name!r}")
    return groups[["school", name]]


def _long(level: levels.Level, values: Floats, times: pd.DataFrame) -> pd.DataFrame:
    """Sums of one level as rows with their keys, year and scenario."""
    sums = level.sums(values)
    labels = level.labels.loc[level.labels.index.repeat(len(times))].reset_index(drop=True)
    repeated = pd.concat([times] * len(level.labels), ignore_index=True)
    return labels.assign(
        level=level.name, year=repeated["year"], scenario=repeated["scenario"], migrant=sums.ravel()
    )


def _register_shares(register: pd.DataFrame | None) -> pd.Series:
    """Share of migrant children by cohort, NaN left out."""
    if register is None or "migrant" not in register or register["migrant"].isna().all():
        return pd.Series(dtype=float)
    stated = register.dropna(subset="migrant")
    sums = stated.groupby("cohort")[["children", "migrant"]].sum()
    sums = sums[sums["children"] > 0]
    return sums["migrant"].astype(float) / sums["children"].astype(float)


def _of_cohorts(cells: pd.DataFrame, by_cohort: pd.Series) -> pd.Series:
    """Share of each cell's cohort; beyond the register the newest and oldest known ones stand."""
    cohort = cells["year"] - cells["grade"].astype(int) + 1
    known = np.clip(cohort, by_cohort.index.min(), by_cohort.index.max())
    filled = by_cohort.reindex(range(int(by_cohort.index.min()), int(by_cohort.index.max()) + 1)).ffill()
    return pd.Series(filled.reindex(known).to_numpy(float), index=cells.index)
