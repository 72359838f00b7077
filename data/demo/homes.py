"""Where the pupils of each school live: six years of rolls that add up to the enrolment."""

from typing import Any, Final

import numpy as np
import pandas as pd

from data.demo.history import by_grade, moved_up
from data.demo.people import filled, places
from data.demo.settings import COHORTS, SOURCE, YEAR, District, rng

#: Years of rolls: enough to forecast three years ahead from three of them.
ROLL_YEARS: Final = tuple(range(YEAR - 5, YEAR + 1))
_OUTSIDE: Final = 0.012
_UNKNOWN: Final = 0.004
_MIGRANT_OUTSIDE: Final = 0.6
#: Migrant children became more by the year, and not evenly.
_MIGRANT_GROWTH: Final = 0.03
_MIGRANT_NOISE: Final = 0.02
_BOARDS: Final = {"core": 0.3, "town": 0.8, "rural": 0.9}
_COLUMNS: Final = (
    "unit_id", "home", "school_id", "year", "grade", "area", "pupils", "migrant", "boarding", "source",
)  # fmt: skip


def attendance(
    district: District,
    units: pd.DataFrame,
    schools: pd.DataFrame,
    went: dict[str, np.ndarray],
    enrolment: pd.DataFrame,
    children: pd.DataFrame,
    new: pd.DataFrame,
) -> pd.DataFrame:
    """Share the pupils of each school, year and grade out over the units they live in.

    A child keeps its home from year to year, but for new estates, which fill.

    Parameters
    ----------
    district : District
    units, schools : DataFrame
    went : dict of str to ndarray (schools, cohorts, units)
        From `history.attended`.
    enrolment, children, new : DataFrame
        The layers `enrolment`, `children` and `estates`.

    Returns
    -------
    DataFrame
        The contract's layer `attendance`; it adds up to the enrolment of `ROLL_YEARS`.
    """
    random = rng("attendance", district.code)
    drawn = {stage: random.poisson(went[stage]).astype(float) for stage in sorted(went)}
    lived = moved_up(schools, by_grade(drawn, ROLL_YEARS) * _filling(units, new)[:, None, :])
    rows = enrolment[enrolment["year"].isin(ROLL_YEARS) & (enrolment["pupils"] > 0)].reset_index(drop=True)
    at = pd.Index(schools["school_id"]).get_indexer(rows["school_id"])
    pupils = rows["pupils"].to_numpy()
    away = random.binomial(pupils[:, None], [_OUTSIDE, _UNKNOWN])
    weight = lived[at, rows["year"] - ROLL_YEARS[0], rows["grade"] - 1]
    away[:, 0] = np.where(weight.sum(axis=1) > 0, away[:, 0], pupils - away[:, 1])
    counts = np.hstack([_whole(weight, pupils - away.sum(axis=1)), away])
    return _long(units, schools, rows, counts, _migrant(children, len(units)), random)


def _filling(units: pd.DataFrame, new: pd.DataFrame) -> np.ndarray:
    """Share of today's children that lived in each unit in each year, shape (years, units)."""
    handover = units["unit_id"].map(new.set_index("unit_id")["handover_year"])
    then = np.array([filled(year - handover) for year in ROLL_YEARS])
    return then / then[-1]


def _whole(weight: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Whole numbers by weight that add up to the total of each row (largest remainders)."""
    exact = weight / np.maximum(weight.sum(axis=1), 1e-9)[:, None] * total[:, None]
    whole = np.floor(exact).astype(int)
    order = np.argsort(whole - exact, axis=1, kind="stable")
    left = np.arange(exact.shape[1])[None, :] < (total - whole.sum(axis=1))[:, None]
    np.put_along_axis(whole, order, np.take_along_axis(whole, order, axis=1) + left, axis=1)
    return whole


def _migrant(children: pd.DataFrame, units: int) -> np.ndarray:
    """Share of migrant children by unit and cohort, a last row for homes that are no unit."""
    shape = (units, len(COHORTS))
    own, whole = (children[c].to_numpy().reshape(shape) for c in ("migrant", "children"))
    share = np.divide(own, whole, out=np.zeros(shape), where=whole > 0)
    return np.vstack([share, np.full((1, shape[1]), _MIGRANT_OUTSIDE)])


def _long(
    units: pd.DataFrame,
    schools: pd.DataFrame,
    rows: pd.DataFrame,
    counts: np.ndarray,
    migrant: np.ndarray,
    random: np.random.Generator,
) -> pd.DataFrame:
    row, home = np.nonzero(counts)
    number, inside = counts[row, home], home < len(units)
    which = np.where(inside, home, len(units))
    held = rows.iloc[row].reset_index(drop=True)
    trend = np.exp(random.normal(_MIGRANT_GROWTH, _MIGRANT_NOISE, len(ROLL_YEARS)))
    turn = np.r_[np.cumprod(1 / trend[:0:-1])[::-1], 1.0][held["year"] - ROLL_YEARS[0]]
    share = np.clip(migrant[which, held["year"] - held["grade"] + 1 - COHORTS[0]] * turn, 0.0, 1.0)
    boards = np.array([_BOARDS[p] for p in places(units)] + [_BOARDS["rural"]])[which]
    own = schools.set_index("school_id")
    columns: dict[str, Any] = {
        "unit_id": pd.Series([*units["unit_id"], None], dtype="object").to_numpy()[which],
        "home": np.select([inside, home == len(units)], ["unit", "outside"], "unknown"),
        "area": held["school_id"].map(own["area"]),
        "pupils": number,
        "migrant": random.binomial(number, share),
        "boarding": random.binomial(number, np.where(held["school_id"].map(own["boarding"]), boards, 0.0)),
        "source": SOURCE,
    }
    return held[["school_id", "year", "grade"]].assign(**columns)[list(_COLUMNS)]
