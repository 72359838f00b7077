"""The dirty county in tests: rows mended by the list of corrections, and layers compared with the truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd

from data.dirty.sheets import Correction
from data.make_dirty import truth
from gis.mending import DELETE, DO, FILE, ROW

KEYS = {
    "units": ["unit_id"],
    "schools": ["school_id"],
    "children": ["unit_id", "cohort"],
    "classes": ["school_id", "year", "grade", "class_no"],
    "enrolment": ["school_id", "year", "grade"],
    "births": ["year", "town"],
    "estates": ["estate_id"],
    "roads": ["road_id"],
    "barriers": ["barrier_id"],
    "areas": ["area_id"],
    "catchments": ["stage", "from_year", "unit_id"],
}


def corrected(rows: pd.DataFrame, corrections: Iterable[Correction]) -> pd.DataFrame:
    """Do by the list of corrections what a planner does by hand in the workbook of faulty rows."""
    done = rows.astype(object)
    by_place = {(Path(one.file).name, one.row): one for one in corrections}
    for at, row in enumerate(rows.to_dict("records")):
        one = by_place.get((row[FILE], int(row[ROW])))
        if one is None:
            continue
        if one.clean is None:
            done.iat[at, list(rows.columns).index(DO)] = DELETE
            continue
        heads = [head for head in rows.columns if head == one.column or head.endswith(f"·{one.column}")]
        done.iat[at, list(rows.columns).index(heads[0])] = one.clean
    return done


def left_out(corrections: Iterable[Correction]) -> set[tuple[str, int]]:
    """Return file and row of the rows that should not be there."""
    return {(Path(one.file).name, one.row) for one in corrections if one.clean is None}


def check_clean(layers: Mapping[str, pd.DataFrame]) -> None:
    """Check that a project holds what the county holds: the same rows and cells, places within a metre."""
    clean = truth()
    # A class number is text: there are classes called 1(2).
    clean["classes"] = clean["classes"].astype({"class_no": str})
    assert set(layers) == set(clean)
    for layer, wanted in clean.items():
        _check(layers[layer], wanted, KEYS[layer], layer)


def _check(frame: pd.DataFrame, wanted: pd.DataFrame, keys: list[str], layer: str) -> None:
    frame, wanted = (f.sort_values(keys, ignore_index=True) for f in (frame, wanted))
    assert len(frame) == len(wanted), layer
    for column in wanted.columns.drop("geometry", errors="ignore"):
        mine, theirs = (f[column].astype(object).where(f[column].notna(), None) for f in (frame, wanted))
        assert mine.tolist() == theirs.tolist(), (layer, column)
    if isinstance(wanted, gpd.GeoDataFrame):
        there = wanted.geometry.to_crs(frame.crs)
        assert (frame.geometry.hausdorff_distance(there, align=False) < 1).all(), layer
