"""Columns of the units that optional rules use: groups kept whole (镇街, 社区), attributes to balance."""

from __future__ import annotations

from typing import Final

import pandas as pd

from gis.layers import SCHEMAS
from planning import seats
from planning.project import Project

MIGRANT: Final = "migrant"
"""The attribute that comes from the children: the share of migrant children (随迁子女) among the entrants."""

_OTHER: Final = frozenset({"unit_id", "name", "name_en", "kind", "area", "source", "geometry", "note"})


def groups(project: Project) -> list[str]:
    """Return the columns by which units form groups: text, two units or more in some group; 镇街 first."""
    units = project.layers["units"]
    found = [str(c) for c in units.columns if c not in _OTHER and _groups(units[c])]
    return sorted(found, key=lambda column: column != "town")


def members(project: Project, column: str, value: str) -> list[str]:
    """Return the units of one group."""
    units = project.layers["units"]
    if column not in units:
        return []
    inside = units[column].astype("string").str.strip().eq(value).fillna(False).astype(bool)
    return units.loc[inside, "unit_id"].astype(str).tolist()


def values(project: Project, column: str) -> list[str]:
    """Return the groups of a column, by name."""
    named = project.layers["units"][column].astype("string").str.strip().dropna()
    return sorted(str(value) for value in named.unique() if value)


def attributes(project: Project) -> list[str]:
    """Return what can be balanced: migrant children where the register states them, other numbers of units.

    Numbers of the schema (residents) are counts, not shares: they are left out, those that a bureau has added
    are offered.
    """
    units, children = project.layers["units"], project.layers.get("children")
    own = {c.name for c in SCHEMAS["units"].columns}
    found = [
        str(c)
        for c in units.columns
        if c not in own and pd.api.types.is_numeric_dtype(units[c]) and units[c].nunique() > 1
    ]
    known = children is not None and MIGRANT in children and children[MIGRANT].notna().any()
    return [*([MIGRANT] if known else []), *found]


def attribute(project: Project, column: str, stage: str, year: int) -> pd.Series:
    """Return an attribute by unit_id, missing where it is not known; of migrant children a share, 0 to 1."""
    units = project.layers["units"].set_index("unit_id")
    if column != MIGRANT:
        return units[column].astype("Float64").astype(float) if column in units else _nothing(units.index)
    children = project.layers["children"]
    cohorts = seats.cohorts(stage, year, system=project.stage_system)
    rows = children[children["cohort"].isin(cohorts) & children[MIGRANT].notna()]
    sums = rows.groupby("unit_id")[["children", MIGRANT]].sum()
    sums = sums[sums["children"] > 0]
    return (sums[MIGRANT] / sums["children"]).astype(float).reindex(units.index)


def _groups(column: pd.Series) -> bool:
    if pd.api.types.is_numeric_dtype(column) or not pd.api.types.is_string_dtype(column.dtype):
        return False
    sizes = column.dropna().astype("string").str.strip().value_counts()
    return len(sizes) > 1 and bool((sizes > 1).any())


def _nothing(units: pd.Index) -> pd.Series:
    return pd.Series(float("nan"), index=units)
