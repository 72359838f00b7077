"""New estates (新建小区): households x pupils per household, building up over the years since handover.

No number of pupils per household is built in: it comes from the estate's own row, from yields by housing type
that the planner entered with a source, or from ``yields.calibrate`` on estates already delivered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

import forecasting.kinds  # noqa: F401  registers the wordings
from forecasting.history import YEARS
from forecasting.panel import Bools, Floats, Panel
from gis.faults import Fault, raise_errors
from gis.words import Words

#: Share of the mature number of pupils present 0, 1, 2 ... years after handover. An assumption (设定) to
#: edit: families move in over about six years.
BUILD_UP = (0.15, 0.40, 0.60, 0.75, 0.90, 1.0)


STAGE_WORDS = {"primary": Words("小学", "primary"), "junior": Words("初中", "junior")}
STAGES = tuple(STAGE_WORDS)

#: Least, most, whether whole, and what is expected, by column; as of an import.
LIMITS: dict[str, tuple[float, float, bool, Words]] = {
    "households": (0, 1e8, True, Words("整数户数，不小于 0", "a whole number of households, 0 or more")),
    "handover_year": (*YEARS, True, Words("四位年份，如 2027", "a year of four digits, such as 2027")),
    "primary_yield": (0, 5, False, Words("每户学生数，0 到 5，如 0.3", "pupils per household, 0 to 5")),
    "junior_yield": (0, 5, False, Words("每户学生数，0 到 5，如 0.1", "pupils per household, 0 to 5")),
    "from_outside": (0, 1, False, Words("0 到 1 的数，如 0.3", "a number from 0 to 1, such as 0.3")),
}


def check(estates: pd.DataFrame, yields: pd.DataFrame | None = None, *, file: str = "") -> list[Fault]:
    """Every fault of an estates table: what is missing, what cannot be, and estates that stand twice.

    An estate may stand in one row a stage, so that its pupils can go to two schools; phases are estates
    of their own, as in an import, so that each can slip.

    Parameters
    ----------
    estates : DataFrame
        Columns estate_id, households, handover_year and, optionally, housing_type, primary_yield,
        junior_yield, unit_id.
    yields : DataFrame, optional
        See `pupils`.
    """
    names, mature = _names(estates), _yields(estates, yields)

    def told(kind: str, rows: Bools, column: str, **params: Words) -> list[Fault]:
        return [
            Fault(kind, file=file, row=row + 2, column=column, found=names[row], params=params)
            for row in np.flatnonzero(rows).tolist()
        ]

    found = [fault for column in LIMITS for fault in _beyond(estates, column, file)]
    found += told("fc_unfilled", np.array([not name for name in names]), "estate_id")
    found += told("fc_unfilled", ~_filled(estates, "households"), "households")
    found += told("fc_estate_date", ~_filled(estates, "handover_year"), "handover_year")
    for stage, words in STAGE_WORDS.items():
        column = f"{stage}_yield"
        lacking = ~np.isfinite(mature[stage]) & ~_filled(estates, column)
        found += told("fc_estate_yield", lacking, column, stage=words)
    found += _doubles(names, mature, file)
    return sorted(found, key=lambda fault: (fault.row or 0, fault.column))


def _filled(estates: pd.DataFrame, column: str) -> Bools:
    if column not in estates:
        return np.zeros(len(estates), dtype=bool)
    cells = estates[column]
    return (cells.notna() & (cells.astype("str").str.strip() != "")).to_numpy(bool)


def _number(estates: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as numbers; NaN where a cell holds none, or the table has no such column."""
    if column not in estates:
        return pd.Series(np.nan, index=estates.index)
    return pd.to_numeric(estates[column], errors="coerce").astype("float64")


def _beyond(estates: pd.DataFrame, column: str, file: str) -> list[Fault]:
    """Return a fault for each cell of a column that cannot be, by `LIMITS`."""
    low, high, whole, expected = LIMITS[column]
    number = _number(estates, column)
    good = number.between(low, high) & (number.mod(1).eq(0) | (not whole))
    return [
        Fault(
            "fc_estate_value",
            file=file,
            row=row + 2,
            column=column,
            found=_plain(estates[column].iloc[row]),
            params={"expected": expected},
        )
        for row in np.flatnonzero(_filled(estates, column) & ~good.to_numpy(bool)).tolist()
    ]


def _names(estates: pd.DataFrame) -> list[str]:
    names = estates["estate_id"]
    return names.astype("str").str.strip().where(names.notna(), "").tolist()


def _plain(value: object) -> str:
    """Return a cell as a file would write it: -500, not -500.0."""
    return np.format_float_positional(value, trim="-") if isinstance(value, float) else str(value)


def _doubles(names: Sequence[str], mature: Mapping[str, Floats], file: str) -> list[Fault]:
    """Return a fault for each row whose estate gives pupils of a stage in an earlier row, too."""
    faults: list[Fault] = []
    first: dict[tuple[str, str], int] = {}
    for row, name in enumerate(names):
        stages = [stage for stage in STAGES if name and mature[stage][row] != 0]
        again = [first[name, stage] for stage in stages if (name, stage) in first]
        for stage in stages:
            first.setdefault((name, stage), row + 2)
        if again:
            params = {"first": min(again)}
            faults.append(Fault("fc_estate_double", file, "", "", row + 2, "estate_id", name, params))
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
    raise_errors(check(estates, yields))
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


def delivered(estates: pd.DataFrame, *, before: int) -> dict[str, int]:
    """Return no delay for every estate that was handed over before a year, as the slips of `pupils`.

    A delay would take its pupils out of the years that are over and bring them once more in those to come:
    a low scenario with more pupils.
    """
    over = _number(estates, "handover_year") < before
    return dict.fromkeys(estates.loc[over, "estate_id"].astype("str"), 0)


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
    already living in an estate by the panel's newest year are in the history and are taken off; so an estate
    handed over before that year is not late by `delay`, which would bring them once more. Grades of a
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
    raise_errors(faults(estates, panel.schools, yields))
    rows = _school_rows(estates, panel.schools)
    slips = delivered(estates, before=panel.last_year) | dict(slips or {})
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
        own = _number(estates, f"{stage}_yield")
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
    names = _names(estates)
    schools = estates["school"].astype("str").str.strip().where(estates["school"].notna(), "").tolist()
    unplaced = [
        Fault(
            "fc_estate_school" if schools[i] else "fc_unfilled",
            file=file,
            row=i + 2,
            column="school",
            found=names[i],
            params={"school": schools[i]},
        )
        for i in np.flatnonzero(rows < 0).tolist()
    ]
    unsaid = np.flatnonzero(~_filled(estates, "from_outside")).tolist()
    return unplaced + [
        Fault("fc_estate_outside", file=file, row=i + 2, column="from_outside", found=names[i])
        for i in unsaid
    ]
