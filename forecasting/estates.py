"""New estates (新建小区): households x pupils per household, building up over the years since handover.

No number of pupils per household is built in: it comes from the estate's own row, from yields by housing type
that the planner entered with a source, or from ``yields.calibrate`` on estates already delivered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import numpy as np
import pandas as pd

import forecasting.kinds  # noqa: F401  registers the wordings
from forecasting.panel import Floats, Panel
from gis.faults import Fault, FaultError

#: Share of the mature number of pupils present 0, 1, 2 ... years after handover. An assumption (设定) to
#: edit: families move in over about six years.
BUILD_UP = (0.15, 0.40, 0.60, 0.75, 0.90, 1.0)


class _Place(TypedDict):
    file: str
    row: int


STAGES = ("primary", "junior")


def check(estates: pd.DataFrame, yields: pd.DataFrame | None = None, *, file: str = "") -> list[Fault]:
    """Every fault of an estates table: no handover year, no yield, no households.

    Parameters
    ----------
    estates : DataFrame
        Columns estate_id, households, handover_year and, optionally, housing_type, primary_yield,
        junior_yield, unit_id.
    yields : DataFrame, optional
        See `pupils`.
    """
    faults = []
    mature = _yields(estates, yields)
    for row, estate in enumerate(estates.to_dict("records")):
        name, place = str(estate["estate_id"]), _Place(file=file, row=row + 2)
        if pd.isna(estate.get("handover_year")):
            faults.append(Fault("fc_estate_date", column="handover_year", found=name, **place))
        households = estate.get("households")
        if pd.isna(households):
            faults.append(Fault("fc_blank", column="households", **place))
        elif households < 0:
            faults.append(Fault("fc_negative", column="households", found=str(households), **place))
        faults += [
            Fault("fc_estate_yield", column=f"{stage}_yield", found=name, params={"stage": stage}, **place)
            for stage in STAGES
            if not np.isfinite(mature[stage][row])
        ]
    return faults


def pupils(
    estates: pd.DataFrame,
    years: Sequence[int],
    yields: pd.DataFrame | None = None,
    *,
    build_up: Sequence[float] = BUILD_UP,
    delay: int = 0,
    slips: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Pupils living in each estate, by stage and year.

    Parameters
    ----------
    estates : DataFrame
        See `check`. A yield in the estate's own row goes before that of its housing type. Phases are rows of
        their own.
    years : sequence of int
        School years wanted, by their autumn.
    yields : DataFrame, optional
        Columns housing_type, stage, pupils_per_household (at maturity), source.
    build_up : sequence of float
        Share of maturity 0, 1, 2 ... years after handover; the last value stands for all later years.
    delay : int
        Years by which every handover slips.
    slips : mapping of str to int, optional
        Years by which the handover of one estate (estate_id) slips, in place of `delay`.

    Returns
    -------
    DataFrame
        Columns estate_id, unit_id, stage, year, pupils (float).

    Raises
    ------
    FaultError
        With every fault of `check`.
    """
    faults = check(estates, yields)
    if faults:
        raise FaultError(faults)
    curve = np.asarray(build_up, dtype=float)
    late = estates["estate_id"].astype("str").map(dict(slips or {})).fillna(delay).to_numpy(float)
    since = np.asarray(years)[None, :] - estates["handover_year"].to_numpy(float)[:, None] - late[:, None]
    share = np.where(since >= 0, curve[np.clip(since, 0, len(curve) - 1).astype(int)], 0.0)
    mature = _yields(estates, yields)
    base = estates["households"].to_numpy(float)[:, None] * share
    unit = estates["unit_id"] if "unit_id" in estates else pd.Series("", index=estates.index)
    names = pd.DataFrame({"estate_id": estates["estate_id"].astype("str"), "unit_id": unit.astype("str")})
    parts = []
    for stage in STAGES:
        long = names.loc[names.index.repeat(len(years))].reset_index(drop=True)
        counts = (base * mature[stage][:, None]).ravel()
        parts.append(long.assign(stage=stage, year=np.tile(np.asarray(years), len(estates)), pupils=counts))
    return pd.concat(parts, ignore_index=True)


def additions(
    estates: pd.DataFrame,
    panel: Panel,
    *,
    years: Sequence[int],
    stages: Mapping[str, Sequence[str]],
    yields: pd.DataFrame | None = None,
    build_up: Sequence[float] = BUILD_UP,
    delay: int = 0,
    slips: Mapping[str, int] | None = None,
) -> tuple[Floats, Floats]:
    """Estate pupils as additions to the school forecast, without counting anyone twice.

    Only the share of an estate's pupils who come from outside the area (column from_outside) adds to the
    district; the others leave other schools of their district, in proportion to the places given. Pupils
    already living in an estate by the panel's newest year are in the history and are taken off. Grades of a
    stage share an estate's pupils evenly; a grade the school does not teach gets none of them, which
    the other grades of the stage then share.

    Parameters
    ----------
    estates : DataFrame
        See `check`, with also school (of the panel), from_outside (0-1) and optionally district.
    panel : Panel
        Schools and grades.
    years : sequence of int
        Forecast years in a row.
    stages : mapping
        Grades of "primary" and "junior".
    yields, build_up, delay, slips
        See `pupils`.

    Returns
    -------
    gross : ndarray, shape (S, G, H)
        Pupils of estates in the schools that serve them.
    moved : ndarray, shape (districts, G, H)
        Of them, those who leave other schools of the district.

    Raises
    ------
    FaultError
        Faults of `check`, an unknown school, or no from_outside.
    """
    _raise(faults(estates, panel.schools, yields))
    rows = _school_rows(estates, panel.schools)
    living = pupils(estates, [panel.last_year, *years], yields, build_up=build_up, delay=delay, slips=slips)
    gross = np.zeros((*panel.counts.shape[:2], len(years)))
    moved = np.zeros((len(panel.district_names), panel.counts.shape[1], len(years)))
    inside = 1.0 - estates["from_outside"].to_numpy(float)
    for stage, part in living.groupby("stage"):
        grid = part["pupils"].to_numpy(float).reshape(len(estates), len(years) + 1)
        new = np.maximum(grid[:, 1:] - grid[:, :1], 0.0)
        taught = np.isin(panel.grades, list(stages.get(str(stage), ()))) & panel.open_cells[rows]
        share = taught / np.maximum(taught.sum(axis=1, keepdims=True), 1)
        pupils_by_grade = share[:, :, None] * new[:, None, :]
        np.add.at(gross, rows, pupils_by_grade)
        np.add.at(moved, panel.district_codes[rows], pupils_by_grade * inside[:, None, None])
    return gross, moved


def _yields(estates: pd.DataFrame, yields: pd.DataFrame | None) -> dict[str, Floats]:
    """Pupils per household at maturity by stage: the estate's own, else its housing type's, else NaN."""
    found = {}
    for stage in STAGES:
        blank = pd.Series(np.nan, index=estates.index)
        own = estates[f"{stage}_yield"].astype(float) if f"{stage}_yield" in estates else blank
        if yields is not None and "housing_type" in estates:
            table = yields[yields["stage"] == stage].set_index("housing_type")["pupils_per_household"]
            own = own.fillna(estates["housing_type"].map(table).astype(float))
        found[stage] = own.to_numpy(float)
    return found


def faults(
    estates: pd.DataFrame, schools: pd.DataFrame, yields: pd.DataFrame | None = None, *, file: str = ""
) -> list[Fault]:
    """Every fault of estates that are to be placed: those of `check`, unknown schools, no from_outside.

    Parameters
    ----------
    estates, yields
        See `additions`.
    schools : DataFrame
        Columns district, school: those of the history.
    file : str
        Name shown in the faults.
    """
    return check(estates, yields, file=file) + _placing_faults(estates, _school_rows(estates, schools), file)


def _school_rows(estates: pd.DataFrame, schools: pd.DataFrame) -> np.ndarray:
    """Row of `schools` each estate's school stands in; -1 where there is none."""
    on = ["district", "school"] if "district" in estates else ["school"]
    keys = pd.MultiIndex.from_frame(schools[on])
    wanted = pd.MultiIndex.from_frame(estates[on].astype("str"))
    position = pd.Series(np.arange(len(keys)), index=keys)
    return position[~position.index.duplicated()].reindex(wanted).fillna(-1).to_numpy(np.int64)


def _placing_faults(estates: pd.DataFrame, rows: np.ndarray, file: str) -> list[Fault]:
    blank = pd.Series(np.nan, index=estates.index)
    outside = estates["from_outside"].astype(float) if "from_outside" in estates else blank
    names = estates["estate_id"].astype("str").tolist()
    schools = estates["school"].astype("str").tolist()
    unplaced = [
        Fault(
            "fc_estate_school",
            file=file,
            row=i + 2,
            column="school",
            found=names[i],
            params={"school": schools[i]},
        )
        for i in np.flatnonzero(rows < 0).tolist()
    ]
    unsaid = np.flatnonzero(~outside.between(0.0, 1.0).to_numpy()).tolist()
    return unplaced + [
        Fault("fc_estate_outside", file=file, row=i + 2, column="from_outside", found=names[i])
        for i in unsaid
    ]


def _raise(faults: list[Fault]) -> None:
    if faults:
        raise FaultError(faults)
