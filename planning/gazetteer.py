"""The names by which addresses are found: units, aliases (地址别名), groups of villages, door numbers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

import pandas as pd

from planning.addresstext import Reader, core, normal
from planning.syllables import sounds

#: What is more of a home comes first where an address names several units.
RANKS: Final = {"group": 0, "estate": 0, "village": 1, "block": 2}
_PHASE: Final = re.compile(r"(?<=..)(?:\d{1,2}期|[a-z]\d?区|[东南西北中]区|\d区)$")
_GROUP: Final = re.compile(r"(?<=..)\d+组$")


class Entry(NamedTuple):
    """One unit under one name."""

    unit_id: str
    town: str
    rank: int
    alias: bool = False


class Doors(NamedTuple):
    """Door numbers of a street that belong to a unit; `step` 2 for one side of it, 1 for both."""

    first: int
    last: int
    step: int
    entry: Entry

    def holds(self, number: int) -> bool:
        """Tell whether a door number is among them."""
        return self.first <= number <= self.last and (number - self.first) % self.step == 0


@dataclass(frozen=True)
class Gazetteer:
    """What a project knows of names; made by `gazetteer`.

    Attributes
    ----------
    reader : Reader
        Takes addresses apart with the project's administrative names and streets.
    names : dict of str to tuple of Entry
        Units and aliases by name without 小区 and the like.
    doors : dict of str to tuple of Doors
        Door numbers by street.
    """

    reader: Reader
    names: Mapping[str, tuple[Entry, ...]]
    doors: Mapping[str, tuple[Doors, ...]] = field(default_factory=dict)

    @cached_property
    def stems(self) -> dict[str, tuple[str, ...]]:
        """Names by what they are without their phase or group: 阳光花园 -> 阳光花园1期, 阳光花园2期."""
        found: dict[str, list[str]] = {}
        for name in self.names:
            if (short := stem(name)) != name:
                found.setdefault(short, []).append(name)
        return {short: tuple(names) for short, names in found.items()}

    @cached_property
    def spoken(self) -> dict[str, tuple[str, ...]]:
        """Names of three characters and more by their sounds."""
        found: dict[str, list[str]] = {}
        for name in self.names:
            if len(name) > 2:
                found.setdefault(sounds(name), []).append(name)
        return {sound: tuple(names) for sound, names in found.items()}


def stem(name: str) -> str:
    """Return a name without its phase (二期, A区) or group (3组)."""
    return _GROUP.sub("", _PHASE.sub("", name))


def gazetteer(layers: Mapping[str, pd.DataFrame]) -> Gazetteer:
    """Return the names of a project's layers.

    Parameters
    ----------
    layers : mapping of str to DataFrame
        `units`; where they are there, `aliases`, `doorplates`, and `areas` for the names of towns, counties
        and cities.

    Returns
    -------
    Gazetteer
    """
    units = layers["units"]
    doorplates = layers.get("doorplates", pd.DataFrame({"street": []}))
    reader = Reader(
        districts=_named(layers, "district"),
        towns=_named(layers, "town"),
        cities=_named(layers, "city"),
        streets=[normal(street) for street in doorplates["street"].dropna().unique()],
    )
    entries = dict(zip(units["unit_id"].astype(str), _entries(units), strict=True))
    names: dict[str, list[Entry]] = {}
    doors: dict[str, list[Doors]] = {}
    for name, entry in zip(units["name"], entries.values(), strict=True):
        _add_unit(names, doors, reader, _text(name), entry)
    for alias, town, unit_id in _rows(layers.get("aliases"), "alias", "town", "unit_id"):
        if unit_id in entries:
            entry = entries[unit_id]._replace(alias=True)
            names.setdefault(core(normal(alias)), []).append(entry._replace(town=town) if town else entry)
    for row in _rows(layers.get("doorplates"), "street", "first", "last", "parity", "unit_id"):
        _add_doors(doors, row, entries)
    return Gazetteer(
        reader,
        {name: tuple(dict.fromkeys(found)) for name, found in names.items() if len(name) > 1},
        {street: tuple(found) for street, found in doors.items()},
    )


def _named(layers: Mapping[str, pd.DataFrame], level: str) -> list[str]:
    """Return the names of a level of administration that the project has."""
    frames = [layers[name] for name in ("units", "schools") if name in layers]
    found = {text for frame in frames if level in frame for text in map(_text, frame[level].dropna())}
    if "areas" in layers and "level" in layers["areas"]:
        areas = layers["areas"]
        found |= set(map(_text, areas.loc[areas["level"] == level, "name"].dropna()))
    return sorted(found - {""})


def _text(value: Any) -> str:
    return "" if pd.isna(value) else str(value).strip()


def _entries(units: pd.DataFrame) -> Iterable[Entry]:
    for unit_id, town, kind in _rows(units, "unit_id", "town", "kind"):
        yield Entry(unit_id, town, RANKS.get(kind, 1))


def _rows(frame: pd.DataFrame | None, *columns: str) -> Iterable[tuple[str, ...]]:
    if frame is None:
        return []
    return zip(*(map(_text, frame[c] if c in frame else [""] * len(frame)) for c in columns), strict=True)


def _add_unit(
    names: dict[str, list[Entry]], doors: dict[str, list[Doors]], reader: Reader, name: str, entry: Entry
) -> None:
    """Add a unit under its name, and under what is left of it without towns and counties."""
    read = reader.read(name)
    for key in {core(normal(name)), read.group or "".join(read.parts[-1:])}:
        if key:
            names.setdefault(key, []).append(entry)
    if read.street and not read.parts and not read.group:
        doors.setdefault(read.street, []).append(Doors(read.number, read.number, 1, entry))


def _add_doors(doors: dict[str, list[Doors]], row: tuple[str, ...], entries: Mapping[str, Entry]) -> None:
    street, first, last, parity, unit_id = row
    if unit_id not in entries or not (street and first and last):
        return
    start = int(float(first))
    if parity in ("odd", "even"):
        start += (start % 2 == 0) == (parity == "odd")
    step = 2 if parity in ("odd", "even") else 1
    doors.setdefault(normal(street), []).append(Doors(start, int(float(last)), step, entries[unit_id]))
