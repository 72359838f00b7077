"""Change a plan by hand; every function returns a new plan."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from gis.faults import Fault, FaultError
from zoning import faults as _faults  # noqa: F401  (registers the words of the faults raised here)


def assign(zones: pd.Series, units: Iterable[str], zone: str | None) -> pd.Series:
    """Put units into a zone.

    Parameters
    ----------
    zones
        Plan: index ``unit_id``, values zone ids.
    units
        Ids of the units to move.
    zone
        Zone id, or None to leave the units without a zone.

    Returns
    -------
    pandas.Series
        The plan after the change.

    Raises
    ------
    FaultError
        If the plan does not have one of the units.
    """
    chosen = pd.Index([str(unit) for unit in units], dtype="str")
    unknown = chosen.difference(zones.index)
    if len(unknown):
        raise FaultError([Fault("zoning_unit_unknown", found=str(unit)) for unit in unknown])
    changed = zones.copy()
    changed.loc[chosen] = pd.NA if zone is None else zone
    return changed


def changes(before: pd.Series, after: pd.Series) -> pd.DataFrame:
    """Return the units whose zone differs between two plans: columns ``unit_id``, ``before``, ``after``."""
    left, right = before.align(after)
    same = (left == right).fillna(False).astype(bool) | (left.isna() & right.isna())
    table = pd.DataFrame({"before": left[~same], "after": right[~same]})
    return table.rename_axis("unit_id").reset_index()
