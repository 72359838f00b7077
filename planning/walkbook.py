"""The walks of every unit to every zone, looked up for a plan without searching through all of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from planning.project import Project
from planning.zonewalks import nearest_pairs


@dataclass(frozen=True)
class WalkBook:
    """Walks of a stage, found by unit and zone; treat as immutable.

    Attributes
    ----------
    rows : DataFrame
        As `planning.zonewalks.nearest_pairs`.
    units, zones : Index
        What the rows speak of.
    at : array of int32, shape (units, zones)
        Which row says it, -1 for none.
    """

    rows: pd.DataFrame
    units: pd.Index
    zones: pd.Index
    at: npt.NDArray[np.int32]

    @classmethod
    def of(cls, project: Project, stage: str) -> "WalkBook":
        """Return the walks of a stage."""
        rows = nearest_pairs(project, stage)
        unit, units = pd.factorize(rows["unit_id"])
        zone, zones = pd.factorize(rows["zone_id"])
        at = np.full((len(units), len(zones)), -1, dtype=np.int32)
        at[unit, zone] = np.arange(len(rows), dtype=np.int32)
        return cls(rows, pd.Index(units, dtype="str"), pd.Index(zones, dtype="str"), at)

    def under(self, plan: pd.Series) -> pd.DataFrame:
        """Return the rows that a plan (unit_id -> zone_id) makes use of; none of a pair that is not known."""
        placed = plan.dropna()
        unit, zone = self.units.get_indexer(placed.index), self.zones.get_indexer(pd.Index(placed))
        known = (unit >= 0) & (zone >= 0)
        row = self.at[unit[known], zone[known]]
        found = self.rows.take(row[row >= 0])
        return found.astype(dict.fromkeys(("unit_id", "zone_id", "school_id"), "str"))
