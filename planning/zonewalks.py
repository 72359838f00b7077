"""The walks to the schools of zones with ids as categories: millions of pairs, read and held small."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from planning import seats, spatial
from planning.project import Project

_IDS: Final = ("unit_id", "zone_id", "school_id")


def nearest_pairs(project: Project, stage: str, *, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the walk from every unit to the nearest school of every zone, as `planning.spatial.zone_travel`.

    Parameters
    ----------
    project : Project
    stage : str
        School stage.
    columns : sequence of str, optional
        The columns of `planning.spatial.travel` that are wanted, metres among them; default all.

    Returns
    -------
    DataFrame
        unit_id, zone_id, school_id (categories of str) and the columns.
    """
    pairs = _pairs(project, stage, columns)
    schools = seats.zoned(project.layers["schools"], stage, system=project.stage_system)
    zone = dict(zip(schools["school_id"].astype(str), schools["zone_id"].astype(str), strict=True))
    taught = [zone.get(str(school), "") for school in pairs["school_id"].cat.categories]
    zones = pd.Index(sorted(set(taught) - {""}), dtype="str")
    at = zones.get_indexer(pd.Index(taught, dtype="str"))[pairs["school_id"].cat.codes]
    pairs = pairs.assign(zone_id=pd.Categorical.from_codes(at, categories=zones))[at >= 0]
    if len(zones) < sum(map(bool, taught)):
        pairs = _nearest(pairs)
    return pairs[[*_IDS, *(c for c in pairs if c not in _IDS)]].reset_index(drop=True)


def _pairs(project: Project, stage: str, columns: Sequence[str] | None) -> pd.DataFrame:
    """Return `planning.spatial.travel` with ids as categories, schools in the order of their ids."""
    pairs = pd.read_parquet(
        spatial.travel_file(project, stage),
        columns=None if columns is None else ["unit_id", "school_id", *columns],
        read_dictionary=["unit_id", "school_id"],
    )
    school = pairs["school_id"].cat
    return pairs.assign(school_id=school.reorder_categories(sorted(school.categories)))


def _nearest(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each unit and zone, that of the school with the shortest walk, the first by id."""
    unit, zone, school = (pairs[name].cat.codes.to_numpy(np.int64) for name in _IDS)
    rank = np.lexsort((school, pairs["metres"].to_numpy()))
    pair = unit * len(pairs["zone_id"].cat.categories) + zone
    _, first = np.unique(pair[rank], return_index=True)
    return pairs.iloc[np.sort(rank[first])]
