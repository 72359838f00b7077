"""Indicators of the present state: class sizes, proximity share (就近划片), dispersion (差异系数)."""

from typing import Literal

import numpy as np
import pandas as pd

from gis import hotspots
from gis.layers import zone_of
from planning import stages
from planning.vocabulary import SCOPES

Basis = Literal["enrolled", "entrants"]


def class_distribution(
    classes: pd.DataFrame, *, year: int | None = None, system: str = "6-3"
) -> pd.DataFrame:
    """Count classes by size, over the edges 45/50/51/56/61/66.

    Parameters
    ----------
    classes : DataFrame
        Layer classes.
    year : int, optional
        School year; default the latest.
    system : {"6-3", "5-4"}
        Stage system.

    Returns
    -------
    DataFrame
        stage, bin (<=45, 46-50, 51-55, 56-60, 61-65, >=66), classes, share (% of the stage's classes).
    """
    bins = hotspots.class_bins(classes, year=year, primary_grades=stages.primary_years(system))
    names = hotspots.bin_labels()
    counted = bins.groupby("stage")[names].sum()
    long = counted.reset_index().melt(id_vars="stage", var_name="bin", value_name="classes")
    long = long.sort_values("stage", kind="stable", ignore_index=True)
    total = long.groupby("stage")["classes"].transform("sum")
    return long.assign(share=long["classes"] / total.where(total > 0) * 100)


def in_scope(schools: pd.DataFrame, scope: str, *, areas: bool = True) -> tuple[pd.Series, pd.Series]:
    """Tell which schools a scope takes in, and of which that cannot be said.

    Parameters
    ----------
    schools : DataFrame
        area, provider and boarding, where known.
    scope : str
        Key of `planning.vocabulary.SCOPES`.
    areas : bool
        Whether the area (城区、镇区、乡村) of the school counts.

    Returns
    -------
    inside, unknown : Series of bool
        On the index of `schools`; a school of unknown scope is not inside.
    """
    wanted = SCOPES[scope]
    inside = pd.Series(True, index=schools.index)
    unknown = pd.Series(False, index=schools.index)
    tests: list[tuple[str, tuple[str | bool, ...]]] = []
    if areas and wanted.areas is not None:
        tests.append(("area", tuple(wanted.areas)))
    if wanted.provider is not None:
        tests.append(("provider", (wanted.provider,)))
    if wanted.day_only:
        tests.append(("boarding", (False,)))
    for column, fit in tests:
        values = schools[column] if column in schools else pd.Series(pd.NA, index=schools.index)
        inside &= values.isin(list(fit))
        unknown |= values.isna()
    return inside & ~unknown, unknown


def proximity_share(
    attendance: pd.DataFrame,
    plan: pd.Series,
    schools: pd.DataFrame,
    stage: str,
    *,
    basis: Basis = "enrolled",
    system: str = "6-3",
) -> pd.DataFrame:
    """Return the share of each school's pupils who live inside its catchment (就近划片入学比例).

    Formulas: `enrolled` (the one found in use): enrolled pupils whose home is inside the catchment / enrolled
    pupils x 100 %; `entrants` (some places): the same over the entry grade only. With several schools in a
    zone (多校划片) the zone is the catchment of each.

    Parameters
    ----------
    attendance : DataFrame
        unit_id (home), school_id (attended), grade, pupils. A home outside every unit has no unit_id.
    plan : Series
        Unit_id -> zone_id.
    schools : DataFrame
        school_id and zone_id.
    stage, system
        School stage and stage system.
    basis : {"enrolled", "entrants"}
        Which formula.

    Returns
    -------
    DataFrame
        school_id, pupils, inside, share (%).
    """
    grades = stages.grades(system, stage) if basis == "enrolled" else (stages.entry_grade(system, stage),)
    rows = attendance[attendance["grade"].isin(grades)]
    own = rows["school_id"].map(zone_of(schools).set_axis(schools["school_id"]).to_dict())
    home = rows["unit_id"].map(plan.dropna().to_dict())
    counted = rows.assign(inside=rows["pupils"].where(own.eq(home).fillna(False), 0))
    frame = counted.groupby("school_id", as_index=False)[["pupils", "inside"]].sum()
    return frame.assign(share=frame["inside"] / frame["pupils"].where(frame["pupils"] > 0) * 100)


def weighted_cv(totals: pd.Series | np.ndarray, pupils: pd.Series | np.ndarray) -> float:
    """Return the pupil-weighted coefficient of variation between schools (校际差异系数).

    Formula: CV = S / X; X = sum(x_i) / sum(P_i); S = sqrt(sum(P_i / P (X_i - X)^2)) with X_i = x_i / P_i,
    x_i a school's resource and P_i its pupils (the 2012 method, 教督〔2012〕3号). It is not 差异率, the
    dispersion of test results.

    Parameters
    ----------
    totals : array of float
        The schools' resource, such as floor area in m2.
    pupils : array of float
        Their pupils, above 0.

    Returns
    -------
    float
        NaN where there is no school, or nothing to share.

    Examples
    --------
    >>> weights = np.array([0.149, 0.123, 0.295, 0.252, 0.182])
    >>> round(weighted_cv(weights * [6.2, 3.7, 10.51, 2.11, 7.31], weights), 2)
    0.52
    """
    x, weight = np.asarray(totals, dtype=float), np.asarray(pupils, dtype=float)
    if not len(x) or not x.sum() > 0:
        return float("nan")
    mean = x.sum() / weight.sum()
    spread = np.sqrt((weight / weight.sum() * (x / weight - mean) ** 2).sum())
    return float(spread / mean)
