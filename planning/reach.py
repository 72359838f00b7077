"""How far a unit may be from its school: the limits on distance of the rule packs, for every unit and zone.

A service radius (服务半径) is a straight line and no walk; a walking time goes along the roads. Each is held
against the distance it speaks of.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from planning import policy, spatial
from planning.policy import Rule
from planning.project import Project
from planning.rules import DISTANCES, walks_in_scope
from planning.walkbook import WalkBook

_BROKEN: Final[dict[str, Callable[[Any, float], npt.NDArray[np.bool_]]]] = {
    "le": np.greater,
    "lt": np.greater_equal,
    "ge": np.less,
    "gt": np.less_equal,
}


def limits(project: Project, stage: str, year: int) -> list[Rule]:
    """Return the rules on distance that are in force for a stage in a school year.

    Rules on crossings are left out where no road and no barrier is known that could be crossed.
    """
    rules = policy.in_force(project.packs, on=policy.school_year_day(year))
    held = [rule for rule in rules if rule.metric in DISTANCES and rule.stage in (stage, "both")]
    known = spatial.knows_crossings(project)
    return [
        rule
        for rule in held
        if rule.value is not None and rule.op in _BROKEN and (known or rule.metric != "crossings")
    ]


def beyond(
    project: Project, book: WalkBook, rule: Rule, *, units: Sequence[str], zones: Sequence[str]
) -> npt.NDArray[np.bool_]:
    """Tell which units would be beyond a rule's limit in which zones.

    Parameters
    ----------
    project : Project
    book : WalkBook
        Of the stage.
    rule : Rule
        One of `limits`.
    units, zones : sequence of str
        What the rows and columns of the answer stand for.

    Returns
    -------
    array of bool, shape (units, zones)
        False also where the rule does not speak of the pair (城区、镇区、乡村; public or not), or where the
        distance is not known. The school is that of the zone with the shortest walk.
    """
    rows = book.rows[["unit_id", "zone_id"]]
    known = project.layers["units"]
    if "area" in known:
        rows = rows.assign(area=rows["unit_id"].map(dict(zip(known["unit_id"], known["area"], strict=True))))
    inside, _unknown = walks_in_scope(rows, project.layers["schools"], rule.scope)
    found = pd.to_numeric(book.rows[DISTANCES[rule.metric]]).to_numpy(dtype="float64", na_value=np.nan)
    found = found / project.walk_speed if rule.metric == "walk_minutes" else found
    limit = float("nan") if rule.value is None else rule.value
    broken = inside.to_numpy(dtype=bool) & ~np.isnan(found) & _BROKEN[rule.op](found, limit)
    row, column = book.units.get_indexer(pd.Index(units)), book.zones.get_indexer(pd.Index(zones))
    there = (row >= 0)[:, None] & (column >= 0)[None, :]
    return np.append(broken, False)[np.where(there, book.at[np.ix_(row, column)], -1)]
