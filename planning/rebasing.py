"""Plans turned over to next year's units and zones (方案转年), each unit kept, moved or named as a conflict.

What a turn does is said by maps alone, so that a draft can keep them as one step and show the same result
whenever it is opened again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

Plan = Mapping[str, str | None]

#: What can become of a unit of a plan; the first two are no conflicts.
KINDS: Final = (
    "kept",
    "moved",
    "unit_split",
    "zones_merged",
    "unit_new",
    "units_merged",
    "unit_gone",
    "zone_gone",
    "zone_split",
)
#: Kinds that leave children without a zone: the planner must decide.
OPEN: Final = ("unit_new", "units_merged", "unit_gone", "zone_gone", "zone_split")
OUTCOME_COLUMNS: Final = ("kind", "unit_id", "zone_id", "to_unit", "to_zone")


@dataclass(frozen=True)
class Turn:
    """What next year's ids are.

    Attributes
    ----------
    year : int
        The year that is opened.
    units : mapping of str to tuple of str
        Units that changed, each with its successors; empty for one that is gone.
    zones : mapping of stage to mapping of str to tuple of str
        Zones that changed in a stage, each with its successors; several mean that the planner must choose.
    new : tuple of str
        Units that come from none.
    given : mapping of (stage, from_year) to mapping of str to str
        Which of several successors of its zone a unit of that plan goes to, where that is settled.
    """

    year: int
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    zones: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    new: tuple[str, ...] = ()
    given: Mapping[tuple[str, int], Mapping[str, str]] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """Return the turn as JSON values."""
        zones = {stage: {i: list(to) for i, to in zones.items()} for stage, zones in self.zones.items()}
        units = {i: list(to) for i, to in self.units.items()}
        plain = {"year": self.year, "units": units, "zones": zones, "new": list(self.new)}
        given = [[stage, year, dict(to)] for (stage, year), to in self.given.items()]
        return plain | {"given": given} if given else plain

    @classmethod
    def of(cls, payload: Mapping[str, Any]) -> "Turn":
        """Return the turn that a step of a draft keeps."""
        zones = {s: {i: tuple(to) for i, to in z.items()} for s, z in payload["zones"].items()}
        units = {i: tuple(to) for i, to in payload["units"].items()}
        given = {(str(stage), int(year)): dict(to) for stage, year, to in payload.get("given", [])}
        return cls(int(payload["year"]), units, zones, tuple(payload["new"]), given)


def is_payload(payload: Mapping[str, Any]) -> bool:
    """Tell whether JSON values are a turn."""
    units, zones, new = payload.get("units"), payload.get("zones"), payload.get("new")
    if not (isinstance(units, dict) and isinstance(zones, dict) and isinstance(new, list)):
        return False
    if not all(isinstance(part, dict) for part in zones.values()):
        return False
    if not _is_given(payload.get("given", [])) or not all(
        _text(payload.get(k, "")) for k in ("part", "edit")
    ):
        return False
    edits = [payload[name] for name in ("split", "join") if name in payload]
    lists = [new, *edits, *units.values(), *(to for part in zones.values() for to in part.values())]
    return all(isinstance(ids, list) and all(isinstance(i, str) for i in ids) for ids in lists)


def _is_given(rows: Any) -> bool:
    def one(row: Any) -> bool:
        if not (isinstance(row, list) and len(row) == 3 and isinstance(row[2], dict)):
            return False
        return isinstance(row[0], str) and isinstance(row[1], int) and all(map(_text, row[2].values()))

    return isinstance(rows, list) and all(map(one, rows))


def _text(value: Any) -> bool:
    return isinstance(value, str)


def turned(plan: Plan, stage: str, turn: Turn, *, from_year: int | None = None) -> dict[str, str | None]:
    """Return a plan of one stage with next year's units and zones; open ones have no zone.

    Without the year that the plan holds from, nothing is taken as settled (`Turn.given`).
    """
    given = {} if from_year is None else turn.given.get((stage, from_year), {})
    return _turn(plan, turn.zones.get(stage, {}), turn, given)[0]


def outcomes(plan: Plan, stage: str, turn: Turn) -> pd.DataFrame:
    """Return what becomes of each unit of a plan.

    Returns
    -------
    DataFrame
        kind (see `KINDS`), unit_id, zone_id (before), to_unit, to_zone (after): at least one row for each
        unit of the plan, one for each unit that is new.
    """
    rows = _turn(plan, turn.zones.get(stage, {}), turn, {})[1]
    return pd.DataFrame(rows, columns=list(OUTCOME_COLUMNS)).astype("str")


def turned_units(units: Iterable[str], turn: Turn) -> frozenset[str]:
    """Return units under next year's ids."""
    return frozenset(to for unit in units for to in turn.units.get(unit, (unit,)))


_Row = tuple[str, str | None, str | None, str | None, str | None]


def _turn(
    plan: Plan, zones: Mapping[str, tuple[str, ...]], turn: Turn, given: Mapping[str, str]
) -> tuple[dict[str, str | None], list[_Row]]:
    heirs = {unit: turn.units.get(unit, (unit,)) for unit in plan}
    claims: dict[str, dict[str, str | None]] = {}
    for unit, tos in heirs.items():
        for to in tos:
            claims.setdefault(to, {})[unit] = _zone(plan[unit], zones, given.get(unit))
    # all origins of a unit must agree, and none may be without a zone, for it to have one without being asked
    agreed = {to: _agreed(list(claim.values())) for to, claim in claims.items()}
    merging = _merging(plan, zones)
    rows: list[_Row] = []
    for unit, tos in heirs.items():
        zone = plan[unit]
        if not tos:
            rows.append(("unit_gone", unit, zone, None, None))
        for to in tos:
            settled = len(set(claims[to].values())) == 1
            kind = _kind(unit, to, zone, agreed[to], zones, settled, len(tos), merging)
            rows.append((kind, unit, zone, to, agreed[to]))
    new = [unit for unit in turn.new if unit not in agreed]
    rows += [("unit_new", None, None, unit, None) for unit in new]
    return {**agreed, **dict.fromkeys(new)}, rows


def _zone(zone: str | None, zones: Mapping[str, tuple[str, ...]], given: str | None = None) -> str | None:
    if zone is None:
        return None
    tos = zones.get(zone, (zone,))
    return tos[0] if len(tos) == 1 else given if given in tos else None


def _agreed(zones: list[str | None]) -> str | None:
    return zones[0] if len(set(zones)) == 1 else None


def _merging(plan: Plan, zones: Mapping[str, tuple[str, ...]]) -> set[str]:
    """Return the zones after the turn that several zones of the plan have become."""
    origins: dict[str, set[str]] = {}
    for zone in plan.values():
        to = _zone(zone, zones)
        if zone is not None and to is not None:
            origins.setdefault(to, set()).add(zone)
    return {to for to, before in origins.items() if len(before) > 1}


def _kind(
    unit: str,
    to: str,
    zone: str | None,
    now: str | None,
    zones: Mapping[str, tuple[str, ...]],
    settled: bool,
    parts: int,
    merging: set[str],
) -> str:
    if zone is not None and len(zones.get(zone, (zone,))) != 1:
        return "zone_split" if zones[zone] else "zone_gone"
    if not settled:
        return "units_merged"
    if parts > 1:
        return "unit_split"
    if now is not None and now in merging:
        return "zones_merged"
    return "kept" if (to, now) == (unit, zone) else "moved"
