"""Yields (学生产出率) measured on estates already delivered: pupils per household by housing type and age.

An estate fills over years, so a young one tells of the build-up and an old one of maturity; both are learned
together. Few estates say little: a type's own figure is pulled towards that of all types, and every row
says on how many estates and households it rests. Where no estate seen is old (``age_high`` below the last
year of the build-up), maturity is extrapolated by the assumed build-up: if families in fact move in faster,
the figure is too high by as much.

A yield counts all children of the ages of a stage who live there, not entrants of one year: primary is six
cohorts (five under 5-4), so the entrants of a year are about a sixth of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.estates import BUILD_UP
from forecasting.panel import Floats

#: Households at which a type's own figure weighs as much as that of all types together (设定).
EVIDENCE = 500.0
#: Fewest estates from which a range over estates is stated.
LEAST_ESTATES = 3
#: Residents per household of an estate beyond which its unit must hold other homes too, whose children are no
#: yield of the estate (设定; the census of 2020 found 2.6 persons a household).
MOST_PER_HOUSEHOLD = 5.0
_ROUNDS = 8

OBSERVED = ("unit_id", "housing_type", "households", "stage", "year", "age", "pupils", "shared")
YIELDS = (
    "housing_type", "stage", "pupils_per_household", "low", "high", "own", "weight", "estates", "households",
    "age_low", "age_high",
)  # fmt: skip
AGES = ("housing_type", "stage", "age", "estates", "households", "pupils", "observed", "fitted")


@dataclass(frozen=True)
class Calibration:
    """What delivered estates say.

    Attributes
    ----------
    yields : DataFrame
        `YIELDS`: pupils_per_household at maturity after shrinkage, the 80 % range over estates (NaN below
        `LEAST_ESTATES`), `own` before shrinkage, `weight` of the own figure (0-1), estates, households and
        the ages in years that were seen.
    ages : DataFrame
        `AGES`: by years since handover, pupils per household as observed and as fitted.
    build_up : tuple of float
        Share of maturity 0, 1, 2 ... years after handover; the last is 1.
    """

    yields: pd.DataFrame
    ages: pd.DataFrame
    build_up: tuple[float, ...]


def observed(
    estates: pd.DataFrame, living: pd.DataFrame, *, residents: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Put the delivered estates beside the pupils who live in their units.

    Phases in one unit are one estate: households add up, its type is that of its largest phase and its
    age the mean over households, because pupils are known by unit only.

    Parameters
    ----------
    estates : DataFrame
        unit_id, households, handover_year and, optionally, housing_type.
    living : DataFrame
        unit_id, year, stage, pupils: who lives in each unit and is of the stage. A unit and year that is
        not in it is unknown, not empty.
    residents : mapping of str to float, optional
        People who live in each unit.

    Returns
    -------
    DataFrame
        `OBSERVED`, one row a unit, stage and year at or after handover; shared: more than
        `MOST_PER_HOUSEHOLD` residents a household, so that the unit holds other homes and `calibrate` leaves
        it out.
    """
    given = estates.dropna(subset=["unit_id", "households", "handover_year"])
    types = given["housing_type"] if "housing_type" in given else pd.Series("", index=given.index)
    rows = given[["unit_id"]].assign(
        housing_type=types.astype("object").where(types.notna(), "").astype("str"),
        households=given["households"].astype(float),
        handover=given["handover_year"].astype(float),
    )
    met = rows[rows["households"] > 0].merge(living, on="unit_id")
    met = met[met["handover"] <= met["year"]]
    met = met.assign(weighted=met["households"] * (met["year"] - met["handover"]))
    met = met.sort_values("households", ascending=False, kind="stable")
    keys = ["unit_id", "stage", "year"]
    sums = met.groupby(keys, as_index=False).agg(
        housing_type=("housing_type", "first"),
        households=("households", "sum"),
        weighted=("weighted", "sum"),
        pupils=("pupils", "first"),
    )
    age = (sums["weighted"] / sums["households"]).round().astype("int64")
    lived = sums["unit_id"].map(dict(residents or {})).astype(float)
    return sums.assign(age=age, shared=lived > MOST_PER_HOUSEHOLD * sums["households"])[list(OBSERVED)]


def calibrate(
    seen: pd.DataFrame, *, build_up: Sequence[float] = BUILD_UP, evidence: float = EVIDENCE
) -> Calibration:
    """Learn pupils per household at maturity by housing type and stage, and how estates fill.

    Model: pupils = households x yield(type, stage) x share(age). Both factors are ratios of sums, fitted in
    turn; the yield of a type is pulled towards that of all types, the shares towards `build_up`. An estate
    seen in several years counts once.

    Parameters
    ----------
    seen : DataFrame
        From `observed`; units marked as shared are left out.
    build_up : sequence of float
        Shares of maturity to start from, where ages are seldom or never seen.
    evidence : float
        Households that the pull is worth.

    Returns
    -------
    Calibration
        Empty tables and `build_up` itself where there is nothing to learn from.
    """
    share = np.asarray(build_up, dtype=float)
    seen = seen[~seen["shared"]] if "shared" in seen else seen
    if seen.empty or not seen["pupils"].sum():
        return Calibration(pd.DataFrame(columns=YIELDS), pd.DataFrame(columns=AGES), tuple(share.tolist()))
    rows = seen.assign(
        once=1.0 / seen.groupby(["unit_id", "stage"])["year"].transform("size"),
        at=seen["age"].clip(0, len(share) - 1).astype(int),
    )
    pupils = (rows["pupils"] * rows["once"]).to_numpy(float)
    households = (rows["households"] * rows["once"]).to_numpy(float)
    at, prior = rows["at"].to_numpy(), share.copy()
    for _ in range(_ROUNDS):
        mature = _mature(rows, pupils, households * share[at], evidence)
        share = _shares(pupils, households * mature, at, prior, evidence * float(np.mean(mature)))
    mature = _mature(rows, pupils, households * share[at], evidence)
    fitted = rows.assign(mature=mature, full=households * share[at], share=share[at], came=pupils)
    return Calibration(_yields(fitted, evidence), _ages(fitted), tuple(np.round(share, 3).tolist()))


def _mature(rows: pd.DataFrame, pupils: Floats, full: Floats, evidence: float) -> Floats:
    """Pupils per household at maturity of each row's type and stage, shrunk."""
    sums = rows[["stage", "housing_type"]].assign(pupils=pupils, full=full)
    whole = sums.groupby("stage")[["pupils", "full"]].transform("sum")
    own = sums.groupby(["stage", "housing_type"])[["pupils", "full"]].transform("sum")
    overall = whole["pupils"] / whole["full"]
    return ((own["pupils"] + evidence * overall) / (own["full"] + evidence)).to_numpy(float)


def _shares(pupils: Floats, expected: Floats, at: np.ndarray, prior: Floats, evidence: float) -> Floats:
    """Share of maturity by age: never falling, 1 at the end."""
    size = len(prior)
    came = np.bincount(at, pupils, size) + evidence * prior
    could = np.bincount(at, expected, size) + evidence
    rising: Floats = np.maximum.accumulate(came / could)
    return np.clip(rising / rising[-1], 0.0, 1.0)


def _yields(rows: pd.DataFrame, evidence: float) -> pd.DataFrame:
    each = rows.groupby(["housing_type", "stage", "unit_id"], as_index=False)[["came", "full"]].sum()
    ratios = each.assign(ratio=each["came"] / each["full"]).groupby(["housing_type", "stage"])["ratio"]
    enough = ratios.count() >= LEAST_ESTATES
    found = rows.groupby(["housing_type", "stage"]).agg(
        pupils_per_household=("mature", "first"),
        came=("came", "sum"),
        full=("full", "sum"),
        estates=("unit_id", "nunique"),
        age_low=("age", "min"),
        age_high=("age", "max"),
    )
    households = rows.drop_duplicates(["housing_type", "stage", "unit_id"])
    found = found.assign(
        low=ratios.quantile(0.1).where(enough),
        high=ratios.quantile(0.9).where(enough),
        own=found["came"] / found["full"],
        weight=found["full"] / (found["full"] + evidence),
        households=households.groupby(["housing_type", "stage"])["households"].sum(),
    )
    return found.reset_index()[list(YIELDS)]


def _ages(rows: pd.DataFrame) -> pd.DataFrame:
    keys = ["housing_type", "stage", "age"]
    found = rows.assign(expected=rows["households"] * rows["mature"] * rows["share"]).groupby(keys)
    table = found.agg(
        estates=("unit_id", "nunique"),
        households=("households", "sum"),
        pupils=("pupils", "sum"),
        expected=("expected", "sum"),
    )
    return table.assign(
        observed=table["pupils"] / table["households"], fitted=table["expected"] / table["households"]
    ).reset_index()[list(AGES)]
