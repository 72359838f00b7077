"""Tables carried over to next year's ids: rows that follow a merger, are shared out by a split, or stay.

Whole pupils stay whole: a split is shared out by largest remainders, so that every total is kept.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from gis.layers import SCHEMAS

#: What became of each id: its successors with their shares; an id that is not there stays as it is.
Fates = Mapping[str, Sequence[tuple[str, float]]]

#: Columns of ids by layer, and whose ids they are; schools and units themselves are not carried.
ID_COLUMNS: Final[dict[str, dict[str, str]]] = {
    "children": {"unit_id": "unit"},
    "attendance": {"unit_id": "unit", "school_id": "school"},
    "enrolment": {"school_id": "school"},
    "classes": {"school_id": "school"},
    "estates": {"unit_id": "unit"},
    "aliases": {"unit_id": "unit"},
    "doorplates": {"unit_id": "unit"},
    "links": {"a": "unit", "b": "unit"},
    "entrances": {"owner_id": "owner_kind"},
}
_COUNTED: Final = ("children", "attendance", "enrolment")
#: A count and the part of it that another column counts: both are shared out so that the part stays one.
_PARTS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "children": ("children", ("migrant",)),
    "attendance": ("pupils", ("migrant", "boarding")),
    "enrolment": ("pupils", ()),
}


def apportion(total: int, shares: Sequence[float]) -> list[int]:
    """Share out a whole number by largest remainders; the parts add up to it.

    Examples
    --------
    >>> apportion(10, [0.5, 0.25, 0.25])
    [5, 3, 2]
    """
    exact = [total * share / sum(shares) for share in shares]
    parts = [int(value) for value in exact]
    order = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    for i in order[: total - sum(parts)]:
        parts[i] += 1
    return parts


def carry(
    frame: pd.DataFrame, layer: str, fates: Mapping[str, Fates], *, known: Mapping[str, frozenset[str]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Carry a layer over to next year's ids.

    Parameters
    ----------
    frame : DataFrame
        The layer.
    layer : str
        Its name; one without ids of schools or units comes back as it is.
    fates : mapping of {"school", "unit"} to Fates
        From `planning.lineage.fates`.
    known : mapping of {"school", "unit"} to set of str
        Ids of next year.

    Returns
    -------
    carried : DataFrame
        Pupils and children summed where ids merge and shared out where they split. Whole classes, estates and
        names go with the largest part of a split.
    left : DataFrame
        Rows of the layer whose id has no successor: they stay behind in last year's archive.
    """
    columns = ID_COLUMNS.get(layer, {})
    left = [frame.iloc[:0]]
    for column, subject in columns.items():
        if column not in frame:
            continue
        owner = frame[subject] if subject in frame else pd.Series(subject, frame.index)
        share = layer in _COUNTED
        frame, lost = _carried(frame, column, owner, fates, known, _PARTS[layer] if share else None)
        left.append(lost)
    carried = _summed(frame, layer) if layer in _COUNTED and columns else _apart(frame, layer)
    return carried.reset_index(drop=True), pd.concat(left, ignore_index=True)


def _carried(
    frame: pd.DataFrame,
    column: str,
    owner: pd.Series,
    fates: Mapping[str, Fates],
    known: Mapping[str, frozenset[str]],
    counts: tuple[str, tuple[str, ...]] | None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows under the ids of their successors, and those without one."""
    heirs: list[list[tuple[str, float]] | None] = [
        None if pd.isna(i) else _heirs(str(i), fates.get(o, {}), known.get(o, frozenset()))
        for i, o in zip(frame[column], owner, strict=True)
    ]
    if counts is None:
        heirs = [h and [max(h, key=lambda heir: heir[1])] for h in heirs]
    # as arrays, since an empty list would choose columns
    lost = np.array([h is not None and not h for h in heirs], dtype=bool)
    single = frame.assign(**{column: pd.Series([h[0][0] if h else None for h in heirs], frame.index, "str")})
    several = np.array([len(h or ()) > 1 for h in heirs], dtype=bool)
    whole = single[~(lost | several)]
    if counts is None or not several.any():
        return whole, frame[lost]
    shared = [
        part
        for (_, row), heir, many in zip(frame.iterrows(), heirs, several, strict=True)
        if many and heir
        for part in _shared(row, column, heir, counts)
    ]
    parts = pd.DataFrame(shared, columns=frame.columns).astype(frame.dtypes.to_dict())
    return pd.concat([whole, parts], ignore_index=True), frame[lost]


def _heirs(i: str, fates: Fates, known: frozenset[str]) -> list[tuple[str, float]]:
    found = [(to, share) for to, share in fates.get(i, ((i, 1.0),)) if to in known]
    return found if sum(share for _, share in found) > 0 else [(to, 1.0) for to, _ in found]


def _shared(
    row: pd.Series, column: str, heirs: Sequence[tuple[str, float]], counts: tuple[str, tuple[str, ...]]
) -> list[dict[str, Any]]:
    """Return a row for each successor, its counts shared out so that a part never exceeds the whole."""
    whole, parts = counts
    shares = [share for _, share in heirs]
    given = [name for name in parts if name in row and pd.notna(row[name])]
    total = None if pd.isna(row[whole]) else int(row[whole])
    plain = {str(name): value for name, value in row.items()}
    out = [{**plain, column: to} for to, _ in heirs]
    if total is None:
        return out
    amounts = apportion(total, shares)
    for record, amount in zip(out, amounts, strict=True):
        record[whole] = amount
    for name in given:
        _share_part(out, name, int(row[name]), amounts)
    return out


def _share_part(out: list[dict[str, Any]], name: str, part: int, amounts: Sequence[int]) -> None:
    """Share out a part of a count in proportion to the amounts it is a part of."""
    within = apportion(part, amounts) if sum(amounts) else [0] * len(amounts)
    for record, own in zip(out, within, strict=True):
        record[name] = own


def _summed(frame: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Return one row for each key, counts added up."""
    whole, parts = _PARTS[layer]
    counts = [name for name in (whole, *parts) if name in frame]
    schema = SCHEMAS[layer]
    keys = [name for name in schema.key if name in frame] or [
        name for name in frame.columns if name not in counts
    ]
    if not frame.duplicated(keys).any():
        return frame
    groups = frame.groupby(keys, sort=False, dropna=False)
    others = [name for name in frame.columns if name not in [*keys, *counts]]
    # a sum of which a part is not known is not known
    summed = groups[counts].sum().where(groups[counts].count().eq(groups.size(), axis=0))
    summed = summed.astype(frame[counts].dtypes.to_dict() if summed.notna().all(axis=None) else "Int64")
    return pd.concat([summed, groups[others].first()], axis=1).reset_index()[list(frame.columns)]


def _apart(frame: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Return classes with numbers of their own where two schools became one; of repeated names, one."""
    if layer == "classes":
        return _numbered(frame)
    key = [name for name in (SCHEMAS[layer].key if layer in SCHEMAS else ()) if name in frame]
    if layer in ID_COLUMNS and layer != "estates" and key:
        return frame.drop_duplicates(key)
    return frame


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    keys = ["school_id", "year", "grade"]
    again = frame.groupby([*keys, "class_no"], sort=False).cumcount()
    if not again.any():
        return frame
    number = [f"{no}（并入{n}）" if n else no for no, n in zip(frame["class_no"], again, strict=True)]
    return frame.assign(class_no=pd.Series(number, frame.index, dtype="str"))
