"""Enrolment as one array, school x grade x year, which every step of the forecast shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# What an array holds is said by these names; numpy's stubs are too coarse to check it.
Floats = NDArray[Any]
Ints = NDArray[Any]
Bools = NDArray[Any]

#: Grades in the order pupils pass through them; anything else is a fault of the input.
GRADE_ORDER: dict[str, int] = {"PK3": -2, "PK": -1, "K": 0, **{str(n): n for n in range(1, 13)}}


@dataclass(frozen=True)
class Panel:
    """Pupils by school, grade and year; immutable.

    Attributes
    ----------
    schools : DataFrame
        Columns district, school; sorted; row ``s`` belongs to ``counts[s]``.
    grades : tuple of str
        Grade labels in the order they are passed through, without holes.
    first_year : int
        School year (by its autumn) of ``counts[:, :, 0]``; years follow without holes.
    counts : ndarray, shape (schools, grades, years)
        Pupils; NaN where the school did not teach the grade or nothing was reported.
    planned : ndarray of bool, shape (schools, grades), optional
        Grades a school will teach once the cohort below reaches them; see `with_plans`.
    crossed : ndarray of bool, shape (schools, years), optional
        Steps of schools into a year that cross a merger or a split nobody has stated (see
        ``lineage.recognise``): they teach no ratio, and no error is judged across them.
    names : mapping of (str, str) to str
        What schools are called, by district and school, for warnings.
    """

    schools: pd.DataFrame
    grades: tuple[str, ...]
    first_year: int
    counts: Floats
    planned: Bools | None = None
    crossed: Bools | None = None
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def called(self, schools: pd.DataFrame) -> list[str]:
        """Schools, in columns district and school, as people know them: name and code, or code alone."""
        keys = zip(schools["district"], schools["school"])
        return [f"{self.names[key]} ({key[1]})" if key in self.names else key[1] for key in keys]

    @property
    def years(self) -> Ints:
        """School years of the third axis."""
        return self.first_year + np.arange(self.counts.shape[2])

    @property
    def last_year(self) -> int:
        """The newest year in the panel."""
        return int(self.years[-1])

    @cached_property
    def district_names(self) -> list[str]:
        """Districts in sorted order."""
        return [str(name) for name in self._districts[1]]

    @cached_property
    def district_codes(self) -> Ints:
        """Position of each school's district in ``district_names``."""
        return self._districts[0].astype(np.int64)

    @cached_property
    def _districts(self) -> tuple[Ints, pd.Index]:
        return pd.factorize(self.schools["district"], sort=True)

    @cached_property
    def open_cells(self) -> Bools:
        """Cells (school, grade) taught in the newest year."""
        return np.isfinite(self.counts[:, :, -1])

    @cached_property
    def taught_ahead(self) -> Bools:
        """Cells open now or planned in a school that is open now."""
        if self.planned is None:
            return self.open_cells
        return self.open_cells | (self.planned & self.open_cells.any(axis=1, keepdims=True))

    def until(self, year: int) -> Panel:
        """Return what was known in `year`: later columns and plans are cut off."""
        span = slice(year - self.first_year + 1)
        crossed = None if self.crossed is None else self.crossed[:, span]
        return replace(self, counts=self.counts[:, :, span], planned=None, crossed=crossed)

    def at(self, year: int) -> Floats:
        """Return the counts of `year`, NaN where it lies outside the panel; shape (schools, grades)."""
        index = year - self.first_year
        if 0 <= index < self.counts.shape[2]:
            return self.counts[:, :, index]
        return np.full(self.counts.shape[:2], np.nan)


def from_frame(history: pd.DataFrame) -> Panel:
    """Arrange a checked history (see `history.check`) as a panel.

    Parameters
    ----------
    history : DataFrame
        Columns year, district, school, grade, enrolment; one row a cell and year.
    """
    schools = history[["district", "school"]].drop_duplicates().sort_values(["district", "school"])
    schools = schools.reset_index(drop=True)
    grades = grade_span(history["grade"])
    first, last = int(history["year"].min()), int(history["year"].max())
    counts = np.full((len(schools), len(grades), last - first + 1), np.nan)
    rows = pd.MultiIndex.from_frame(schools).get_indexer(
        pd.MultiIndex.from_frame(history[["district", "school"]])
    )
    columns = history["grade"].map({g: i for i, g in enumerate(grades)}).to_numpy(np.int64)
    counts[rows, columns, history["year"].to_numpy(np.int64) - first] = history["enrolment"].to_numpy(float)
    return Panel(schools, grades, first, counts)


def with_plans(panel: Panel, schools: pd.DataFrame) -> Panel:
    """Open grades that schools will teach as their oldest cohort moves up (新校逐年招生), and name schools.

    Parameters
    ----------
    panel : Panel
        History.
    schools : DataFrame
        Columns school, lowest_grade, highest_grade and optionally district and name; schools without history
        are left out, as there is no cohort to move up.
    """
    on = [c for c in ("district", "school") if c in schools]
    spans = panel.schools.merge(schools[[*on, "lowest_grade", "highest_grade"]], on=on, how="left")
    low, high = (_orders(spans[c])[:, None] for c in ("lowest_grade", "highest_grade"))
    order = np.array([GRADE_ORDER[g] for g in panel.grades], dtype=float)[None, :]
    above = np.cumsum(panel.open_cells, axis=1) > 0
    planned = (order >= low) & (order <= high) & above
    return replace(panel, planned=planned, names=_names(panel, schools, on))


def _names(panel: Panel, schools: pd.DataFrame, on: Sequence[str]) -> dict[tuple[str, str], str]:
    """Names of the panel's schools that say more than their codes."""
    if "name" not in schools:
        return {}
    found = panel.schools.merge(schools[[*on, "name"]], on=on).dropna(subset="name")
    found = found[~found["name"].isin(["", *found["school"]])]
    return dict(zip(zip(found["district"], found["school"]), found["name"]))


def _orders(labels: pd.Series) -> Floats:
    """Position of grade labels (text or whole numbers); NaN for blanks and unknown ones."""
    text = labels.map(lambda v: f"{v:.0f}" if isinstance(v, float) and np.isfinite(v) else str(v))
    return text.map(GRADE_ORDER).to_numpy(float)


def grade_span(labels: pd.Series) -> tuple[str, ...]:
    """Every grade from the lowest to the highest label present."""
    orders = [GRADE_ORDER[g] for g in labels.unique()]
    return tuple(g for g, n in GRADE_ORDER.items() if min(orders) <= n <= max(orders))


def span(years: Sequence[int]) -> str:
    """Return ordered years as people write them, runs as first–last: 2024, 2027–2029."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
