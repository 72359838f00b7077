"""Drafts (方案) as a list of operations, and the state they fold into.

Nothing is ever changed or deleted: undo and redo append a `restore`, so history, audit and comparison
come from the list itself. The list is kept by `planning.store`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

import pandas as pd

from gis.faults import Fault, FaultError, register_kinds
from planning import rebasing
from planning.rebasing import Turn

OpKind = Literal["assign", "plan", "lock", "unlock", "setting", "note", "restore", "rebase"]
PlanKey = tuple[str, int]

_FIELDS: Final[dict[str, dict[str, type | tuple[type, ...]]]] = {
    "assign": {"stage": str, "from_year": int, "zones": dict},
    "plan": {"stage": str, "from_year": int, "zones": dict},
    "lock": {"stage": str, "from_year": int, "units": list},
    "unlock": {"stage": str, "from_year": int, "units": list},
    "setting": {"key": str},
    "note": {"text": str},
    "restore": {"rev": int, "via": str},
    "rebase": {"year": int, "units": dict, "zones": dict, "new": list},
}

register_kinds(
    {
        "draft_op": (
            "方案中的第 {number} 步无法识别：{found}。文件可能被改动过，请重新导出。",
            "step {number} of the draft is not known: {found}. The file may have been altered; "
            "export it again.",
        ),
        "draft_file": (
            "这不是方案文件：{found}。请选择由本软件导出的方案（.json）。",
            "this is no draft file: {found}. Choose a draft exported by this software (.json).",
        ),
    }
)


@dataclass(frozen=True)
class Op:
    """One step in a draft.

    Attributes
    ----------
    kind : str
        assign (units to zones), plan (a whole plan), lock, unlock, setting, note, restore, or rebase (the
        turn to next year's units and zones).
    payload : mapping
        What `kind` needs, JSON values only. `zones` maps each zone_id to its list of unit ids; the
        empty text stands for no zone.
    author, at : str
        Who and when (ISO 8601, UTC).
    rev : int
        Its place in the draft, from 1; 0 before it is stored.
    """

    kind: str
    payload: Mapping[str, Any]
    author: str = ""
    at: str = ""
    rev: int = 0


@dataclass(frozen=True)
class DraftState:
    """A draft as its operations leave it at one revision. Treat as immutable.

    Attributes
    ----------
    plans : mapping of (stage, from_year) to Series
        Index unit_id, name zone_id, missing where a unit has no zone.
    locks : mapping of (stage, from_year) to frozenset of str
        Units that stay where they are.
    settings : mapping of str to JSON value
        Forecast settings, school projects, the draft's own copy of rule values ...
    notes : tuple of Op
        The notes, oldest first.
    rev : int
        Revision shown.
    """

    plans: Mapping[PlanKey, pd.Series] = field(default_factory=dict)
    locks: Mapping[PlanKey, frozenset[str]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Op, ...] = ()
    rev: int = 0

    def key_for(self, stage: str, year: int) -> PlanKey | None:
        """Return the plan that holds for a stage in a year: the latest one that has begun by then."""
        begun = [key for key in self.plans if key[0] == stage and key[1] <= year]
        return max(begun, key=lambda key: key[1], default=None)

    def plan(self, stage: str, year: int) -> pd.Series:
        """Return the plan for a stage in a year; empty where there is none."""
        key = self.key_for(stage, year)
        return self.plans[key] if key else _series({})

    def locked(self, stage: str, year: int) -> pd.Series:
        """Return the locked units of that plan with their zones; units without a zone are left out."""
        key = self.key_for(stage, year)
        if key is None:
            return _series({})
        plan = self.plans[key]
        return plan[plan.index.isin(list(self.locks.get(key, ())))].dropna()

    def frame(self) -> pd.DataFrame:
        """Return every plan as one frame: stage, from_year, unit_id, zone_id."""
        parts = [
            pd.DataFrame({"stage": s, "from_year": y, "unit_id": p.index, "zone_id": p.to_numpy()})
            for (s, y), p in self.plans.items()
        ]
        columns = {"stage": "str", "from_year": "int64", "unit_id": "str", "zone_id": "str"}
        whole = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(columns))
        return whole.astype(columns)


def assign(stage: str, from_year: int, units: Iterable[str], zone: str | None) -> Op:
    """Return the step that gives units to one zone, or to none."""
    return Op("assign", {"stage": stage, "from_year": from_year, "zones": {zone or "": sorted(set(units))}})


def assign_many(stage: str, from_year: int, zones: pd.Series) -> Op:
    """Return the step that gives each unit of a Series (unit_id -> zone_id) its zone."""
    return Op("assign", {"stage": stage, "from_year": from_year, "zones": _by_zone(zones)})


def plan(stage: str, from_year: int, zones: pd.Series) -> Op:
    """Return the step that replaces a whole plan by a Series (unit_id -> zone_id)."""
    return Op("plan", {"stage": stage, "from_year": from_year, "zones": _by_zone(zones)})


def plans(frame: pd.DataFrame) -> list[Op]:
    """Return one step for each stage and year of a plan frame (stage, from_year, unit_id, zone_id)."""
    keys = frame[["stage", "from_year"]].drop_duplicates().sort_values(["stage", "from_year"])
    found = []
    for stage, year in zip(keys["stage"], keys["from_year"], strict=True):
        rows = frame[(frame["stage"] == stage) & (frame["from_year"] == year)]
        found.append(plan(str(stage), int(year), rows.set_index("unit_id")["zone_id"]))
    return found


def lock(stage: str, from_year: int, units: Iterable[str]) -> Op:
    """Return the step that locks units where they are."""
    return Op("lock", {"stage": stage, "from_year": from_year, "units": sorted(set(units))})


def unlock(stage: str, from_year: int, units: Iterable[str]) -> Op:
    """Return the step that frees locked units."""
    return Op("unlock", {"stage": stage, "from_year": from_year, "units": sorted(set(units))})


def setting(key: str, value: Any) -> Op:
    """Return the step that sets a value; None takes the setting out."""
    return Op("setting", {"key": key, "value": value})


def note(text: str, *, about: str = "") -> Op:
    """Return the step that adds a note, perhaps about one unit, zone or rule."""
    return Op("note", {"text": text, "about": about})


def restore(rev: int, *, via: Literal["undo", "redo", "restore"] = "restore") -> Op:
    """Return the step that brings back the state at an earlier revision."""
    return Op("restore", {"rev": rev, "via": via})


def rebase(turn: Turn) -> Op:
    """Return the step that turns every plan and lock over to next year's units and zones."""
    return Op("rebase", turn.payload())


def opens_year(op: Op) -> bool:
    """Tell whether a step turns a draft to another year; an edit of units or zones is a turn too."""
    return op.kind == "rebase" and not {"split", "join", "part"} & set(op.payload)


def check(ops: Sequence[Op], *, first: int = 1, file: str = "") -> None:
    """Check that steps, the first of which becomes revision `first`, are ones that `fold` understands.

    Raises
    ------
    FaultError
        With one fault for each step that is not.
    """
    faults = [
        Fault("draft_op", file=file, found=wrong, params={"number": number})
        for number, op in enumerate(ops, first)
        if (wrong := _wrong(op, number))
    ]
    if faults:
        raise FaultError(faults)


def effective(ops: Sequence[Op], rev: int | None = None) -> list[Op]:
    """Return the steps that make up the state at a revision, restores resolved.

    A restore to a revision before the turn to a new year brings that state back under the new year's ids.

    Parameters
    ----------
    ops : sequence of Op
        The whole list; revision n is `ops[n - 1]`.
    rev : int, optional
        Default: the last.

    Raises
    ------
    ValueError
        If there is no such revision.
    """
    at = len(ops) if rev is None else rev
    if not 0 <= at <= len(ops):
        raise ValueError(f"no revision {at}: the draft has {len(ops)}")
    chain: list[Op] = []
    while at > 0:
        op = ops[at - 1]
        if op.kind == "restore":
            back = op.payload["rev"]
            chain += turns_since(ops[: at - 1], back)[::-1]
            at = back
        else:
            chain.append(op)
            at -= 1
    return chain[::-1]


def turns_since(ops: Sequence[Op], rev: int) -> list[Op]:
    """Return the turns that a state at a revision has still to go through, in their order."""
    return _standing([op for op in reversed(ops[rev:]) if op.kind == "rebase"])[::-1]


def _standing(turns: Sequence[Op]) -> list[Op]:
    """Return turns, latest first, without zones joined and parted again: older states keep their own."""
    left = list(turns)
    for later in turns:
        for join in (op for op in left if "part" in later.payload and "join" in op.payload):
            parts = [zones.get(later.payload["part"], []) for zones in later.payload["zones"].values()]
            if join.rev < later.rev and any(set(zones) == set(join.payload["join"]) for zones in parts):
                left = [op for op in left if op is not join and op is not later]
                break
    return left


def fold(ops: Sequence[Op], *, base: Sequence[Op] = (), rev: int | None = None) -> DraftState:
    """Return the state that the steps leave.

    Parameters
    ----------
    ops : sequence of Op
        Steps of the draft.
    base : sequence of Op
        Effective steps of the draft it was forked from, at the fork.
    rev : int, optional
        Revision to show; default the last.
    """
    at = len(ops) if rev is None else rev
    plans: dict[PlanKey, dict[str, str | None]] = {}
    locks: dict[PlanKey, frozenset[str]] = {}
    settings: dict[str, Any] = {}
    notes: list[Op] = []
    for op in [*base, *effective(ops, at)]:
        if op.kind in ("assign", "plan"):
            _fold_plan(op, plans)
        elif op.kind in ("lock", "unlock"):
            _fold_lock(op, locks)
        elif op.kind == "rebase":
            _fold_turn(op, plans, locks)
        elif op.kind == "setting":
            _fold_setting(op, settings)
        else:
            notes.append(op)
    series = MappingProxyType({key: _series(zones) for key, zones in plans.items()})
    return DraftState(series, MappingProxyType(locks), MappingProxyType(settings), tuple(notes), at)


def undo_target(ops: Sequence[Op]) -> int | None:
    """Return the revision that undo brings back; None if nothing is left to undo."""
    at = len(ops)
    while at > 0 and ops[at - 1].kind in ("restore", "rebase"):
        if ops[at - 1].payload.get("via") == "restore":
            break  # going back to an old state is itself a step that can be undone
        # a new year cannot be undone: what is undone is the step before it
        at = at - 1 if ops[at - 1].kind == "rebase" else ops[at - 1].payload["rev"]
    return at - 1 if at > 0 else None


def redo_target(ops: Sequence[Op]) -> int | None:
    """Return the revision that redo brings back; None if the last step was no undo."""
    undone: list[int] = []
    for number, op in enumerate(ops, 1):
        via = op.payload.get("via") if op.kind == "restore" else None
        if via == "undo":
            undone.append(number - 1)
        elif via == "redo":
            undone = undone[:-1]
        elif op.kind != "rebase":
            undone.clear()
    return undone[-1] if undone else None


def moved(a: DraftState, b: DraftState) -> pd.DataFrame:
    """Return the units whose zone differs between two states.

    Returns
    -------
    DataFrame
        stage, from_year, unit_id, zone_a, zone_b: plans that only one of the two has included.
    """
    keys = ["stage", "from_year", "unit_id"]
    left = a.frame().rename(columns={"zone_id": "zone_a"})
    both = left.merge(b.frame().rename(columns={"zone_id": "zone_b"}), on=keys, how="outer", sort=True)
    same = (both["zone_a"] == both["zone_b"]) | (both["zone_a"].isna() & both["zone_b"].isna())
    return both[~same].reset_index(drop=True)


def _fold_plan(op: Op, plans: dict[PlanKey, dict[str, str | None]]) -> None:
    key = (op.payload["stage"], op.payload["from_year"])
    old = plans.get(key, {}) if op.kind == "assign" else {}
    new = {unit: zone or None for zone, units in op.payload["zones"].items() for unit in units}
    plans[key] = {**old, **new}


def _fold_lock(op: Op, locks: dict[PlanKey, frozenset[str]]) -> None:
    key = (op.payload["stage"], op.payload["from_year"])
    units, held = frozenset(op.payload["units"]), locks.get(key, frozenset())
    locks[key] = held | units if op.kind == "lock" else held - units


def _fold_turn(
    op: Op, plans: dict[PlanKey, dict[str, str | None]], locks: dict[PlanKey, frozenset[str]]
) -> None:
    turn = Turn.of(op.payload)
    for key, zones in plans.items():
        plans[key] = rebasing.turned(zones, key[0], turn, from_year=key[1])
    for key, held in locks.items():
        locks[key] = rebasing.turned_units(held, turn)


def _fold_setting(op: Op, settings: dict[str, Any]) -> None:
    if op.payload.get("value") is None:
        settings.pop(op.payload["key"], None)
    else:
        settings[op.payload["key"]] = op.payload["value"]


def _series(zones: Mapping[str, str | None]) -> pd.Series:
    index = pd.Index(list(zones), dtype="str", name="unit_id")
    return pd.Series(list(zones.values()), index=index, dtype="str", name="zone_id")


def _by_zone(zones: pd.Series) -> dict[str, list[str]]:
    if zones.index.has_duplicates:
        raise ValueError(f"units twice in a plan: {sorted(zones.index[zones.index.duplicated()])[:5]}")
    found: dict[str, list[str]] = {}
    for unit, zone in zip(zones.index, zones.astype(object).where(zones.notna(), ""), strict=True):
        found.setdefault(str(zone), []).append(str(unit))
    return found


def _wrong(op: Op, number: int) -> str:
    """Say what is wrong with a step, in a word that needs no translation; empty if nothing is."""
    wanted = _FIELDS.get(op.kind)
    if wanted is None:
        return op.kind or "?"
    bad = [name for name, kind in wanted.items() if not isinstance(op.payload.get(name), kind)]
    if bad:
        return f"{op.kind}: {', '.join(bad)}"
    if op.kind == "rebase":
        return "" if rebasing.is_payload(op.payload) else "rebase: unit_id"
    lists = [op.payload["units"]] if "units" in wanted else list(op.payload.get("zones", {}).values())
    if not all(isinstance(units, list) and all(isinstance(u, str) for u in units) for units in lists):
        return f"{op.kind}: unit_id"
    if op.kind == "restore" and not 0 <= op.payload["rev"] < number:
        return f"restore: rev {op.payload['rev']}"
    return ""
