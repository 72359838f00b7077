"""Disagreements between layers told where they stand: file, sheet and row, as far as the files are at hand.

`gis.checks` looks at layers only. While an import holds the places of their rows, each of its faults can name
the rows to look at, and these can be handed out to be mended.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from gis.columns import Places
from gis.faults import Fault
from gis.layers import SCHEMAS

#: Most rows that are named for one fault; the sentence is the same for all of them.
MOST_ROWS: Final = 50
#: Kinds that speak of a whole layer, or of units that a table does not name: no row is wrong.
_WHOLE: Final = frozenset({"crs_differs", "years_missing", "unit_unassigned", "layer_missing"})


def with_places(
    faults: Iterable[Fault], frames: Mapping[str, pd.DataFrame], places: Mapping[str, Places]
) -> list[Fault]:
    """Return faults between layers with the file, sheet and row of what they speak of.

    Parameters
    ----------
    faults : iterable of Fault
        As `gis.checks` gives them: layer, column and what was found.
    frames : mapping of str to DataFrame
        The layers that were checked, rows in the order of `places`.
    places : mapping of str to Places
        Of the layers that were just read; faults of other layers stay as they are.

    Returns
    -------
    list of Fault
        One for each row, at most `MOST_ROWS` a fault; those whose row cannot be told as they were.
    """
    found: list[Fault] = []
    for fault in faults:
        rows = _rows(fault, frames[fault.layer]) if fault.layer in places and fault.layer in frames else []
        found += [_placed(fault, places[fault.layer], row) for row in rows[:MOST_ROWS]] or [fault]
    return found


def _placed(fault: Fault, places: Places, row: int) -> Fault:
    file, sheet, at = places.at(row)
    feature = places.feature if isinstance(places.feature, bool) else places.feature[row]
    params = {**fault.params, **({"feature": True} if feature else {})}
    if fault.column in {column.name for column in SCHEMAS[fault.layer].columns}:
        params.setdefault("label", SCHEMAS[fault.layer][fault.column].label)
    return replace(fault, file=file, sheet=sheet, row=at, params=params)


def _rows(fault: Fault, frame: pd.DataFrame) -> list[int]:
    """Return the positions of the rows that a fault speaks of; none where that cannot be told."""
    if fault.kind in _WHOLE or fault.row is not None:
        return []
    if fault.kind == "class_sum_differs":
        wanted = {key: fault.params[key] for key in ("year", "grade")} | {"school_id": fault.found}
        return _matching(frame, wanted)
    if fault.column:
        return _matching(frame, {fault.column: fault.found})
    key = SCHEMAS[fault.layer].key
    return _matching(frame, {key[0]: fault.found}) if len(key) == 1 else []


def _matching(frame: pd.DataFrame, wanted: Mapping[str, object]) -> list[int]:
    if not set(wanted) <= set(map(str, frame.columns)):
        return []
    mask = np.ones(len(frame), dtype=bool)
    for column, value in wanted.items():
        mask &= (frame[column].astype(str) == str(value)).to_numpy(dtype=bool)
    return np.flatnonzero(mask).tolist()
