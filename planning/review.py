"""Two or three plans against each other: what moves, who gains and who loses, which places are contested.

Plans come as frames of one row a unit, the same units in each; the others are held against the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

#: Metres by which a walk must change to count as changed, and as much changed.
SOME, MUCH = 100.0, 500.0
#: Percentage points by which the load of one's school must change to count as changed.
POINTS = 5.0
FULL = 100.0
#: Bands of the change of a walk, best first; `unknown` where either walk is.
DISTANCE: Final = ("much_nearer", "nearer", "same", "farther", "much_farther", "unknown")
#: Bands of the change of crowding, best first; the ends cross the line of a full school.
CROWDING: Final = ("relieved", "emptier", "same", "fuller", "overfull", "unknown")

COLUMNS: Final = ("pupils", "zone_id", "metres", "load")


def changes(base: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return what another plan changes for each unit.

    Parameters
    ----------
    base, other : DataFrame
        Index unit_id; pupils, zone_id (missing for none), metres (walk), load (% of the zone's seats).

    Returns
    -------
    DataFrame
        On the same index: pupils, moved, before, after (zone ids), metres_before, metres_after, change_m,
        load_before, load_after, distance and crowding (bands).
    """
    after = other.reindex(base.index)
    frame = pd.DataFrame(
        {
            "pupils": base["pupils"],
            "moved": differs(base["zone_id"], after["zone_id"]),
            "before": base["zone_id"],
            "after": after["zone_id"],
            "metres_before": base["metres"].astype("float64"),
            "metres_after": after["metres"].astype("float64"),
            "load_before": base["load"].astype("float64"),
            "load_after": after["load"].astype("float64"),
        }
    )
    frame["change_m"] = frame["metres_after"] - frame["metres_before"]
    distance = distance_band(frame["change_m"])
    # Where nobody moves and no walk is known in either plan, nothing has changed.
    frame["distance"] = distance.mask(~frame["moved"] & (distance == "unknown"), "same")
    frame["crowding"] = crowding_band(frame["load_before"], frame["load_after"])
    return frame


def differs(a: pd.Series, b: pd.Series) -> pd.Series:
    """Tell where two plans on one index differ; no zone is the same as no zone."""
    same = (a == b).fillna(False).astype(bool) | (a.isna() & b.isna())
    return ~same


def distance_band(change: pd.Series) -> pd.Series:
    """Return the band of `DISTANCE` of each change of a walk, metres.

    Examples
    --------
    >>> distance_band(pd.Series([-600.0, -100.0, 20.0, 500.0])).tolist()
    ['much_nearer', 'nearer', 'same', 'much_farther']
    """
    edges = [change <= -MUCH, change <= -SOME, change < SOME, change < MUCH, change >= MUCH]
    return pd.Series(np.select(edges, DISTANCE[:5], "unknown"), index=change.index, dtype="str")


def crowding_band(before: pd.Series, after: pd.Series) -> pd.Series:
    """Return the band of `CROWDING` of each change of a load, per cent before and after.

    Examples
    --------
    >>> crowding_band(pd.Series([104.0, 90.0, 96.0]), pd.Series([100.0, 97.0, 101.0])).tolist()
    ['relieved', 'fuller', 'overfull']
    """
    change = after - before
    tests = [
        (before > FULL) & (after <= FULL),
        (before <= FULL) & (after > FULL),
        change <= -POINTS,
        change >= POINTS,
        change.notna(),
    ]
    bands = ("relieved", "overfull", "emptier", "fuller", "same")
    return pd.Series(np.select(tests, bands, "unknown"), index=before.index, dtype="str")


def gains(changed: pd.DataFrame, by: str) -> pd.DataFrame:
    """Sum up what a plan changes.

    Parameters
    ----------
    changed : DataFrame
        As `changes`.
    by : {"distance", "crowding"}
        Which bands.

    Returns
    -------
    DataFrame
        Index band, every one of them in order (`unknown` only where there is one): units, pupils, and change
        (mean over pupils: metres, or points of load).
    """
    bands = DISTANCE if by == "distance" else CROWDING
    change = changed["change_m"] if by == "distance" else changed["load_after"] - changed["load_before"]
    lived = changed[changed["pupils"] > 0]
    change = change.where(np.isfinite(change))  # a school without a seat has no finite load
    weight = lived["pupils"].where(change.notna(), 0)
    grouped = lived.assign(weight=weight, weighted=change * weight).groupby(by)
    sums = grouped.agg(
        units=("pupils", "size"),
        pupils=("pupils", "sum"),
        weight=("weight", "sum"),
        weighted=("weighted", "sum"),
    )
    table = sums.reindex([band for band in bands if band != "unknown" or band in sums.index])
    table[["units", "pupils"]] = table[["units", "pupils"]].fillna(0).astype("int64")
    known = table.index != "unknown"
    mean = (table["weighted"] / table["weight"].where(table["weight"] > 0)).where(known)
    return table.assign(change=mean).drop(columns=["weight", "weighted"]).rename_axis("band")


def places(
    plans: Sequence[pd.Series], pupils: pd.Series, indptr: np.ndarray, indices: np.ndarray
) -> pd.Series:
    """Return the contested places: neighbouring units about which the plans disagree in the same way.

    Parameters
    ----------
    plans : sequence of Series
        Zone ids on one index of units.
    pupils : Series
        Pupils of each unit, on the same index.
    indptr, indices : array
        Neighbours of the units in CSR form, in the index's order.

    Returns
    -------
    Series
        Number of the place by unit_id, from 0, the one with most pupils first; only contested units, those
        with most pupils first within a place.
    """
    first = plans[0]
    contested = np.zeros(len(first), dtype=bool)
    for other in plans[1:]:
        contested |= differs(first, other).to_numpy()
    if not contested.any():
        return pd.Series(dtype="int64", index=pd.Index([], dtype="str", name="unit_id"), name="place")
    said = pd.DataFrame({n: plan.astype(object).fillna("") for n, plan in enumerate(plans)})
    kind = said.groupby(list(said.columns), sort=False).ngroup().to_numpy()
    a = np.repeat(np.arange(len(first)), np.diff(indptr))
    joined = contested[a] & contested[indices] & (kind[a] == kind[indices])
    links = csr_matrix((joined[joined], (a[joined], indices[joined])), shape=(len(first),) * 2)
    piece = pd.Series(connected_components(links, directed=False)[1], index=first.index)[contested]
    own = pupils[contested]
    total = own.groupby(piece).sum()
    smallest = pd.Series(piece.index, index=piece.index).groupby(piece).min()
    order = pd.DataFrame({"pupils": -total, "unit": smallest}).sort_values(["pupils", "unit"]).index
    number = piece.map({old: new for new, old in enumerate(order)}).rename("place")
    rank = pd.DataFrame(
        {"place": number, "pupils": -own, "unit": number.index.astype(str)}, index=number.index
    )
    return number.loc[rank.sort_values(["place", "pupils", "unit"]).index]
