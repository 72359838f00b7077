"""Where the children of a roll live: their addresses put together, matched, and grouped where not found.

In memory only, as all that a roll holds.
"""

import pandas as pd

from gis.values import as_text
from planning.addresses import MATCHED, match, place_word
from planning.gazetteer import Gazetteer
from planning.progress import Cancelled, Progress
from planning.rolltemplates import ADDRESSES


def homes(
    frame: pd.DataFrame,
    units: pd.DataFrame,
    names: Gazetteer,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> dict[str, pd.Series]:
    """Return of each row: `unit_id`, `kind` of match, `home`, and `units`, those it may be in.

    Parameters
    ----------
    frame : DataFrame
        Rows of a roster with `text` (see `texts`).
    units : DataFrame
        The project's: an id of one that stands in the column `unit` is taken as it is.
    names : Gazetteer
    progress, cancelled : callable, optional
        Given by a job.
    """
    known = set(units["unit_id"].astype(str))
    stated = frame["unit"].map(as_text, na_action="ignore")
    coded = stated.isin(known)
    found = match(frame["text"].where(~coded), names, progress=progress, cancelled=cancelled)
    unit = stated.where(coded, found["unit_id"].set_axis(frame.index))
    kind = found["kind"].set_axis(frame.index).where(~coded, "code")
    home = kind.map({"outside": "outside"} | dict.fromkeys(MATCHED, "unit")).fillna("unknown")
    units_of = found["units"].set_axis(frame.index)
    return {"unit_id": unit, "kind": kind, "home": home, "units": units_of}


def texts(frame: pd.DataFrame) -> pd.Series:
    """Return where each child lives as one text: town, community and estate before the address."""
    address = frame[ADDRESSES[0]]
    for other in ADDRESSES[1:]:
        address = address.where(address.notna(), frame[other])
    out = pd.Series("", index=frame.index, dtype=object)
    for column in (frame["town"], frame["community"], frame["unit"], address):
        if column.notna().any():
            out = out + " " + column.map(as_text, na_action="ignore").fillna("").astype(object)
    return out.str.strip().where(lambda text: text != "")


def keys(written: pd.Series, names: Gazetteer) -> pd.Series:
    """Return what each unknown place is known by: town and word, else the text itself."""
    known = {text: _key(text, names)[0] for text in written.dropna().unique()}
    return written.map(known).fillna("")


def _key(text: str, names: Gazetteer) -> tuple[str, str, str]:
    address = names.reader.read(text)
    word = place_word(address)
    return (f"{address.town} {word}".strip() if word else text), address.town, word


def places(frame: pd.DataFrame, names: Gazetteer, people: frozenset[str]) -> pd.DataFrame:
    """Return the places that were not found, those with most children first (`Counted.places`).

    Parameters
    ----------
    frame : DataFrame
        Rows without a home: `text`, `kind`, `units`.
    names : Gazetteer
    people : frozenset of str
        Names of people in the roll.
    """
    columns = ["place", "town", "word", "kind", "rows", "units", "example", "person"]
    frame = frame[frame["text"].notna()]
    found = frame.groupby("text", sort=False).agg(
        rows=("kind", "size"), kind=("kind", "first"), units=("units", "first")
    )
    found = found.reset_index()
    known = [_key(text, names) for text in found["text"]]
    found = found.assign(
        **{name: [key[i] for key in known] for i, name in enumerate(("place", "town", "word"))}
    )
    if found.empty:
        return pd.DataFrame(columns=columns)
    out = found.groupby("place", sort=False).agg(
        town=("town", "first"),
        word=("word", "first"),
        kind=("kind", "first"),
        rows=("rows", "sum"),
        units=("units", "first"),
        example=("text", "first"),
    )
    out = out.reset_index().assign(person=lambda f: [_has_name(word, people) for word in f["word"]])
    return out.sort_values("rows", ascending=False, kind="stable")[columns].reset_index(drop=True)


def _has_name(word: str, people: frozenset[str]) -> bool:
    """Tell whether a name of the roll (two characters or more) is in a word."""
    parts = (word[start:end] for start in range(len(word)) for end in range(start + 2, len(word) + 1))
    return any(part in people for part in parts)
