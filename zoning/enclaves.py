"""Enclaves (飞地): pieces of a catchment that hold none of its schools, and what surrounds them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from zoning.check import cut_off, pieces
from zoning.problem import Problem


def enclaves(problem: Problem, zones: pd.Series) -> pd.DataFrame:
    """List the units of every piece of a zone that is cut off from its schools.

    Parameters
    ----------
    problem, zones
        The problem and a plan for it.

    Returns
    -------
    pandas.DataFrame
        One row a unit: ``zone_id``, ``piece`` (1, 2, ... over the whole plan, the most pupils first),
        ``unit_id``, ``pupils``, ``piece_units`` and ``piece_pupils`` (of the whole piece), ``around``
        (ids of the zones beside the piece, joined by a comma).

    Raises
    ------
    FaultError
        If the plan does not fit the problem.
    """
    zone = problem.positions(zones)
    lost = np.flatnonzero(cut_off(problem, zone))
    piece = pieces(problem, zone)[lost]
    table = pd.DataFrame(
        {
            "zone_id": problem.zone_ids[zone[lost]],
            "part": piece,
            "unit_id": problem.unit_ids[lost],
            "pupils": problem.demand[lost],
            "beside": [_beside(problem, zone, int(u)) for u in lost],
        }
    )
    grouped = table.groupby("part")
    table["piece_units"] = grouped["pupils"].transform("size").astype("int64")
    table["piece_pupils"] = grouped["pupils"].transform("sum").astype("int64")
    around = grouped["beside"].agg(lambda sets: ",".join(sorted(set().union(*sets))))
    table["around"] = table["part"].map(around.to_dict()).astype("str")
    table = table.sort_values(["piece_pupils", "part", "unit_id"], ascending=[False, True, True])
    table["piece"] = pd.factorize(table["part"])[0] + 1
    columns = ["zone_id", "piece", "unit_id", "pupils", "piece_units", "piece_pupils", "around"]
    return table[columns].reset_index(drop=True)


def _beside(problem: Problem, zone: np.ndarray, unit: int) -> set[str]:
    """Return the ids of the other zones beside a unit."""
    near = zone[problem.neighbours(unit)]
    return {str(problem.zone_ids[z]) for z in near if z >= 0 and z != zone[unit]}
