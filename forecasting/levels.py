"""The levels a forecast is summed to: cell, school, district, and any grouping the planner has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.history import doubles
from forecasting.panel import Bools, Floats, Ints, Panel
from gis.faults import raise_errors

#: Levels of the plain forecast, from fine to coarse.
STANDARD = ("cell", "school", "district")

#: Levels that can be asked for by name; those with "stage" need `stages`.
NAMED = (*STANDARD, "area", "district_grade", "school_stage", "district_stage", "area_grade", "area_stage")

#: Columns that name a row of the forecast.
KEYS = ("district", "school", "grade", "stage", "group")


@dataclass(frozen=True)
class Level:
    """One way to sum cells.

    Attributes
    ----------
    name : str
        Value of the column ``level``.
    labels : DataFrame
        Columns `KEYS`, one row a total; "" where a key does not apply.
    codes : ndarray, shape (cells,)
        Row of `labels` each open cell belongs to.
    """

    name: str
    labels: pd.DataFrame
    codes: Ints

    def sums(self, values: Floats) -> Floats:
        """Sum over cells, shape (cells, ...) to (totals, ...)."""
        result = np.zeros((len(self.labels), *values.shape[1:]))
        np.add.at(result, self.codes, values)
        return result


def cells_of(panel: Panel, open_cells: Bools, stages: Mapping[str, Sequence[str]] | None) -> pd.DataFrame:
    """District, school, grade and stage of the open cells, in panel order."""
    rows, columns = np.nonzero(open_cells)
    stage_of = {g: stage for stage, grades in (stages or {}).items() for g in grades}
    frame = panel.schools.iloc[rows].reset_index(drop=True)
    grades = np.array(panel.grades, dtype=object)[columns]
    return frame.assign(grade=grades, stage=[stage_of.get(g, "") for g in grades], group="").astype("str")


def level(cells: pd.DataFrame, name: str) -> Level:
    """One of the `NAMED` levels.

    Raises
    ------
    ValueError
        If the name is not one of them.
    """
    keys = {
        "cell": ["district", "school", "grade", "stage"],
        "school": ["district", "school"],
        "district": ["district"],
        "area": [],
        "district_grade": ["district", "grade"],
        "school_stage": ["district", "school", "stage"],
        "district_stage": ["district", "stage"],
        "area_grade": ["grade"],
        "area_stage": ["stage"],
    }
    if name not in keys:
        raise ValueError(f"unknown level {name!r}: expected one of {', '.join(NAMED)}")
    return _grouped(cells, name, keys[name])


def grouping(cells: pd.DataFrame, name: str, groups: pd.DataFrame, *, by_stage: bool = False) -> Level:
    """A level from the planner's own groups of schools, such as zones or towns.

    Parameters
    ----------
    cells : DataFrame
        From `cells_of`.
    name : str
        Column of `groups` to sum by, and the level's name (``name_stage`` with `by_stage`).
    groups : DataFrame
        Columns school, optionally district, and `name`. Schools left out fall in the group "".
    by_stage : bool
        Whether to keep stages apart.

    Raises
    ------
    FaultError
        For each row whose school stands in an earlier one.
    """
    on = [c for c in ("district", "school") if c in groups]
    raise_errors(doubles(groups.reset_index(drop=True), on, str(groups.attrs.get("file", ""))))
    named = cells.drop(columns="group").merge(groups[[*on, name]], on=on, how="left", validate="many_to_one")
    labelled = cells.assign(group=named[name].astype("str").where(named[name].notna(), "").to_numpy())
    return _grouped(labelled, name + ("_stage" if by_stage else ""), ["group"] + ["stage"] * by_stage)


def unmatched(groups: pd.DataFrame, schools: pd.DataFrame) -> tuple[list[int], list[str]]:
    """Set the planner's groups against the schools there are.

    Parameters
    ----------
    groups : DataFrame
        school and, optionally, district.
    schools : DataFrame
        district, school: those of the history.

    Returns
    -------
    unknown : list of int
        Index of the rows whose school is none of `schools`.
    left : list of str
        Schools without a row.
    """
    on = [c for c in ("district", "school") if c in groups]
    given, there = (pd.MultiIndex.from_frame(frame[on].astype("str")) for frame in (groups, schools))
    left = schools.loc[~there.isin(given), "school"]
    return groups.index[~given.isin(there)].tolist(), left.astype("str").tolist()


def _grouped(cells: pd.DataFrame, name: str, keys: list[str]) -> Level:
    labels = cells.assign(**{k: "" for k in KEYS if k not in keys})[list(KEYS)]
    if not keys:
        return Level(name, labels.iloc[:1].reset_index(drop=True), np.zeros(len(cells), dtype=np.int64))
    codes = cells.groupby(keys, sort=False).ngroup().to_numpy(np.int64)
    first = ~pd.Series(codes).duplicated()
    return Level(name, labels[first.to_numpy()].reset_index(drop=True), codes)
