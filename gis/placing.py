"""Faults between layers, brought back to the rows of the files that the layers came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from gis.columns import Places
from gis.faults import Fault
from gis.layers import SCHEMAS

#: What a fault says of its rows beside the id: columns of the same names, where the layer has them.
_TOLD = ("year", "grade")


def placed(
    faults: Iterable[Fault], layers: Mapping[str, pd.DataFrame], places: Mapping[str, Places]
) -> list[Fault]:
    """Return faults with file, sheet and row of the first row that each is about, where that can be told.

    Parameters
    ----------
    faults
        As :func:`gis.checks.check_project` gives them: layer and id, no row.
    layers
        Layer name -> frame, its rows in the order in which they were read.
    places
        Layer name -> where each row stands (:attr:`gis.readers.ReadResult.places`).

    Returns
    -------
    list of Fault
        In the same order; a fault whose row is known already, or cannot be told, as it is.
    """
    return [_placed(fault, layers, places) for fault in faults]


def _placed(fault: Fault, layers: Mapping[str, pd.DataFrame], places: Mapping[str, Places]) -> Fault:
    frame, known = layers.get(fault.layer), places.get(fault.layer)
    if fault.row is not None or frame is None or known is None or len(frame) != len(known.rows):
        return fault
    key = [name for name in (fault.column, *SCHEMAS[fault.layer].key[:1]) if name in frame]
    if not key or not fault.found:
        return fault
    mask = frame[key[0]].astype("str") == fault.found
    for name in _TOLD:
        if name in fault.params and name in frame:
            mask &= frame[name].astype("str") == str(fault.params[name])
    rows = np.flatnonzero(mask.fillna(False).to_numpy(dtype=bool))
    if not len(rows):
        return fault
    file, sheet, row = known.at(int(rows[0]))
    params: dict[str, Any] = {**fault.params, **({"feature": True} if known.is_feature(int(rows[0])) else {})}
    return replace(fault, file=file, sheet=sheet, row=row, params=params)
