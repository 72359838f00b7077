"""Class-size hotspots: classes counted by size, never averaged; oversized classes; Gi* with a correction."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

BIN_TOPS = (45, 50, 55, 60, 65)
"""Largest class of each bin: <=45, 46-50, 51-55, 56-60, 61-65, and >=66 above the last."""

MIN_POINTS = 30
"""Below this many values the local statistic says nothing that a look at the table does not."""


def bin_labels(tops: Sequence[int] = BIN_TOPS) -> list[str]:
    """Name the bins of class size, which are also the columns of :func:`class_bins`.

    Examples
    --------
    >>> bin_labels()
    ['<=45', '46-50', '51-55', '56-60', '61-65', '>=66']
    """
    if list(tops) != sorted(set(tops)) or not tops:
        raise ValueError(f"the tops of the bins must rise, not {tuple(tops)}")
    middle = [f"{low + 1}-{top}" for low, top in itertools.pairwise(tops)]
    return [f"<={tops[0]}", *middle, f">={tops[-1] + 1}"]


def stages(grades: pd.Series, *, primary_grades: int = 6) -> pd.Series:
    """Stage ("primary" or "junior") of each grade; ``primary_grades`` is 6 under 6-3 and 5 under 5-4."""
    values = np.where(grades <= primary_grades, "primary", "junior")
    return pd.Series(values, index=grades.index, name="stage", dtype="str")


def of_year(frame: pd.DataFrame, year: int | None) -> pd.DataFrame:
    """Rows of one year: ``year``, or the latest in the frame."""
    if not len(frame):
        return frame
    return frame[frame["year"] == (frame["year"].max() if year is None else year)]


def class_bins(
    classes: pd.DataFrame,
    *,
    edges: Sequence[int] = BIN_TOPS,
    year: int | None = None,
    primary_grades: int = 6,
) -> pd.DataFrame:
    """Count the classes of each size by school and grade.

    A class counts in the bin of its own size; a school's average would hide a class of 70 beside one of 40.

    Parameters
    ----------
    classes : DataFrame
        ``school_id, year, grade, class_no, pupils``, one row a class.
    edges : sequence of int
        Largest class of every bin but the last.
    year : int, optional
        Default: the latest year in ``classes``.
    primary_grades : int
        Grades of primary school: 6 under 6-3, 5 under 5-4.

    Returns
    -------
    DataFrame
        ``school_id, grade, stage``, one int column for each of ``bin_labels(edges)``, ``classes`` (their sum)
        and ``largest`` (pupils of the largest class); sorted. ``attrs``: ``year``.
    """
    names = bin_labels(edges)
    rows = of_year(classes, year)
    bins = np.searchsorted(np.asarray(edges), rows["pupils"].to_numpy(), side="left")
    flags = pd.DataFrame(np.eye(len(names), dtype=np.int64)[bins], columns=names, index=rows.index)
    keys = [rows["school_id"], rows["grade"]]
    out = flags.groupby(keys, sort=True).sum()
    out["classes"] = out[names].sum(axis=1)
    out["largest"] = rows["pupils"].groupby(keys).max()
    out = out.reset_index()
    out.insert(2, "stage", stages(out["grade"], primary_grades=primary_grades))
    out.attrs = {"year": int(rows["year"].iloc[0]) if len(rows) else year}
    return out


def oversized(
    classes: pd.DataFrame, *, threshold: int | Mapping[str, int], primary_grades: int = 6
) -> pd.Series:
    """Tell which classes have ``threshold`` pupils or more (大班额).

    Parameters
    ----------
    classes : DataFrame
        ``grade, pupils``.
    threshold : int or mapping of stage to int
        Smallest class that is oversized, from the rule in force (56 nationally, 66 for 超大班额).

    Returns
    -------
    Series of bool on the index of ``classes``.
    """
    if isinstance(threshold, Mapping):
        limit = stages(classes["grade"], primary_grades=primary_grades).map(threshold).astype(float)
        return (classes["pupils"] >= limit).rename("oversized")
    return (classes["pupils"] >= threshold).rename("oversized")


def counts(
    classes: pd.DataFrame,
    schools: gpd.GeoDataFrame,
    *,
    thresholds: int | Mapping[str, int],
    year: int | None = None,
    primary_grades: int = 6,
) -> gpd.GeoDataFrame:
    """Count classes and oversized classes by school and stage, on the map.

    Returns
    -------
    GeoDataFrame
        ``school_id, stage, classes, oversized, share`` (of classes, 0-1), ``largest`` and the school's name
        and point; schools without classes are left out.
    """
    rows = of_year(classes, year)
    table = rows.assign(
        stage=stages(rows["grade"], primary_grades=primary_grades),
        over=oversized(rows, threshold=thresholds, primary_grades=primary_grades),
    )
    grouped = table.groupby(["school_id", "stage"], sort=True)
    out = grouped.agg(classes=("pupils", "size"), oversized=("over", "sum"), largest=("pupils", "max"))
    out["share"] = out["oversized"] / out["classes"]
    keep = [c for c in ("school_id", "name") if c in schools] + [schools.geometry.name]
    merged = out.reset_index().merge(pd.DataFrame(schools[keep]), on="school_id", how="inner")
    return gpd.GeoDataFrame(merged, geometry=schools.geometry.name, crs=schools.crs)


def getis_ord(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    values: pd.Series | npt.NDArray[np.float64],
    *,
    k: int = 8,
    permutations: int = 999,
    seed: int = 0,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Find clusters of high and of low values: Getis-Ord Gi* with a correction for testing every place.

    Parameters
    ----------
    points : GeoDataFrame or GeoSeries
        Projected, in metres.
    values : one number a point; missing ones are left out of the test.
    k : int
        Neighbours of each point (itself counts as well).
    permutations : int
        Conditional permutations; no p-value can be below 2 / (permutations + 1).
    seed : int
    alpha : float
        False discovery rate.

    Returns
    -------
    DataFrame
        On the index of ``points``: ``gi`` (z-score), ``p`` (two-sided, from permutations), ``q`` (corrected
        after Benjamini and Hochberg 1995), ``kind`` ("hot", "cold", "none"). With fewer than ``MIN_POINTS``
        values, or none that differ, all are "none" and ``attrs["reason"]`` says "few" or "constant".

    Notes
    -----
    Ord and Getis (1995), through ``esda.G_Local`` with binary weights; the one-sided pseudo p of esda is
    doubled.
    """
    series = points if isinstance(points, gpd.GeoSeries) else points.geometry
    value = np.asarray(values, dtype=float)
    if len(value) != len(series):
        raise ValueError(f"{len(series)} points need as many values, not {len(value)}")
    out = pd.DataFrame({"gi": np.nan, "p": np.nan, "q": np.nan, "kind": "none"}, index=series.index)
    out.attrs = {"k": k, "permutations": permutations, "seed": seed, "alpha": alpha, "reason": ""}
    known = np.isfinite(value)
    if known.sum() < max(MIN_POINTS, k + 2):
        out.attrs["reason"] = "few"
    elif np.ptp(value[known]) == 0:
        out.attrs["reason"] = "constant"
    else:
        xy = shapely.get_coordinates(shapely.point_on_surface(series.to_numpy()[known]))
        z, p, q = _local_g(xy, value[known], k, permutations, seed)
        kind = np.where(q > alpha, "none", np.where(z > 0, "hot", "cold"))
        out.loc[known, ["gi", "p", "q"]] = np.stack([z, p, q], axis=1)
        out.loc[known, "kind"] = kind
    return out


def warm() -> None:
    """Test a grid for clusters, so that the compiled code lies in the cache for later processes."""
    corners = np.indices((6, 6)).reshape(2, -1).T * 100.0
    getis_ord(gpd.GeoSeries(shapely.points(corners)), np.arange(36.0))


@cache
def _esda() -> Any:
    """Return esda, with what numba compiles of its local statistic kept on disk.

    esda itself keeps nothing: to compile takes 15 seconds and more in every process, to read half a second.
    """
    import esda
    from esda import crand, getisord

    # Where nothing can be kept, as in a folder that may only be read, it is compiled each time as before.
    with suppress(AttributeError, RuntimeError):
        for part in (*vars(crand).values(), *vars(getisord).values()):
            if hasattr(part, "enable_caching"):
                part.enable_caching()
        # What draws the permutations is compiled for the statistic that it is given, which numba knows by a
        # name made anew in each process: without a lasting one it would never be found again.
        getisord._g_local_star_crand._set_uuid(f"esda {esda.__version__} G*")
    return esda


def _local_g(xy: Any, value: Any, k: int, permutations: int, seed: int) -> tuple[Any, Any, Any]:
    from libpysal.graph import Graph
    from scipy.stats import false_discovery_control

    graph = Graph.build_knn(pd.DataFrame(xy, columns=["x", "y"]).to_numpy(), k=k)
    found = _esda().G_Local(
        value,
        graph,
        transform="B",
        star=True,
        permutations=permutations,
        keep_simulations=False,
        n_jobs=1,
        seed=seed,
    )
    p = np.minimum(1.0, 2.0 * np.asarray(found.p_sim))
    return np.asarray(found.Zs), p, false_discovery_control(p)
