"""Rule packs (规则包): thresholds as dated data, each with its clause, strength and how sure we are of it.

A pack is a TOML file in data/policies or one of the county's own. "Stricter wins" compares only rules of
the same metric, stage, scope and date; the planner may override a value with a note.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from gis.faults import Fault, FaultError, Words, register_kinds
from planning.vocabulary import CONFIDENCE, METRICS, OPS, SCOPES, STAGES, STRENGTHS

FOLDER: Final = Path(__file__).resolve().parents[1] / "data" / "policies"

register_kinds(
    {
        "pack_missing": (
            "没有规则包“{found}”。现有规则包：{known}。",
            'there is no rule pack "{found}". There are: {known}.',
        ),
        "pack_unreadable": (
            "规则包无法读取：{found}。请检查 TOML 格式。",
            "the rule pack cannot be read: {found}. Check that it is valid TOML.",
        ),
        "pack_field": (
            "规则“{rule}”的“{field}”是“{found}”，应为{expected}。请改正。",
            'rule "{rule}": "{field}" is "{found}"; expected {expected}. Correct it.',
        ),
        "override_unknown": (
            "没有编号为“{found}”的规则，无法自定数值。请检查规则编号。",
            'there is no rule "{found}" to override. Check the rule id.',
        ),
        "override_note": (
            "自定规则“{found}”的数值须写明理由。请补充说明。",
            'overriding rule "{found}" needs a note that says why. Add one.',
        ),
    }
)


@dataclass(frozen=True)
class Rule:
    """One threshold.

    Attributes
    ----------
    id, name, name_en : str
        The id is unique over all packs.
    metric, stage, scope, strength, op, confidence : str
        Keys of `METRICS`, `STAGES`, `SCOPES`, `STRENGTHS`, `OPS`, `CONFIDENCE`.
    value : float or None
        Threshold in `unit`; None for `op = "count"`, which only says how many there are.
    source, clause : str
        Document and place in it.
    valid_from, valid_to : date
        In force on these days and between them; no `valid_to` means until further notice. Where a
        source gives a year only, its first day.
    at : int or None
        Class size that a share or a count of classes looks at; for a warning, the band it belongs to.
    grades : str
        Grades the rule is about, such as "1-3"; empty for all.
    due : date or None
        Day by which a target is to be met.
    note, note_en : str
        How the text was read, or why the planner set another value.
    pack : str
        Id of the pack.
    over : tuple of str
        Ids of the rules this one stands before, after `stricter`.
    """

    id: str
    name: str
    name_en: str
    metric: str
    stage: str
    scope: str
    strength: str
    op: str
    unit: str
    source: str
    clause: str
    confidence: str
    valid_from: date
    value: float | None = None
    valid_to: date | None = None
    at: int | None = None
    grades: str = ""
    due: date | None = None
    note: str = ""
    note_en: str = ""
    pack: str = ""
    over: tuple[str, ...] = ()

    def holds(self, on: date) -> bool:
        """Tell whether the rule is in force on a day."""
        return self.valid_from <= on and (self.valid_to is None or on <= self.valid_to)

    def met(self, found: float | None) -> bool | None:
        """Tell whether a value meets the threshold; None where there is no value or no threshold."""
        if found is None or self.value is None or pd.isna(found):
            return None
        tests = {
            "le": found <= self.value,
            "lt": found < self.value,
            "ge": found >= self.value,
            "gt": found > self.value,
        }
        return tests[self.op]

    def title(self, lang: str = "zh") -> str:
        """Return the name in a language."""
        return self.name_en if lang == "en" else self.name


@dataclass(frozen=True)
class RulePack:
    """The rules of one jurisdiction.

    Attributes
    ----------
    id, name, name_en, jurisdiction : str
        What it is.
    stage_system : str
        "6-3" or "5-4" where the document implies one, else empty.
    note, note_en : str
        What to know about the text.
    rules : tuple of Rule
        In the order of the file.
    """

    id: str
    name: str
    name_en: str
    jurisdiction: str = ""
    stage_system: str = ""
    note: str = ""
    note_en: str = ""
    rules: tuple[Rule, ...] = ()

    def frame(self) -> pd.DataFrame:
        """Return the rules as a table, one column an attribute."""
        return frame(self.rules)


def frame(rules: Iterable[Rule]) -> pd.DataFrame:
    """Return rules as a table, one column an attribute."""
    names = [field.name for field in fields(Rule)]
    return pd.DataFrame([[getattr(rule, name) for name in names] for rule in rules], columns=names)


def pack_ids(folder: Path = FOLDER) -> list[str]:
    """Return the ids of the packs that ship, the national one first."""
    found = sorted(path.stem for path in folder.glob("*.toml"))
    return sorted(found, key=lambda name: name != "national")


def load_pack(pack: str | Path) -> RulePack:
    """Load a rule pack.

    Parameters
    ----------
    pack : str or Path
        Id of a pack that ships, or the path of a county's own file.

    Returns
    -------
    RulePack

    Raises
    ------
    FaultError
        If there is no such pack, or with every fault in the file.
    """
    path = FOLDER / f"{pack}.toml" if isinstance(pack, str) and not pack.endswith(".toml") else Path(pack)
    if not path.is_file():
        raise FaultError([Fault("pack_missing", found=str(pack), params={"known": pack_ids()})])
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FaultError([Fault("pack_unreadable", file=path.name, found=str(error))]) from error
    return _pack(document, path.name)


def load_packs(packs: Sequence[str | Path]) -> tuple[Rule, ...]:
    """Load the rules of several packs in their order, every fault at once.

    Raises
    ------
    FaultError
        As `load_pack`, for all packs together.
    """
    rules: list[Rule] = []
    faults: list[Fault] = []
    for pack in packs:
        try:
            rules += load_pack(pack).rules
        except FaultError as error:
            faults += error.faults
    if faults:
        raise FaultError(faults)
    return tuple(rules)


def override(rules: Iterable[Rule], changes: Mapping[str, Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Return the rules with the planner's own values in place of some.

    Parameters
    ----------
    rules : iterable of Rule
        Rules of the packs.
    changes : mapping of rule id to mapping
        Each with `value` and `note`; a draft keeps it as its setting "overrides".

    Raises
    ------
    FaultError
        If a rule is not known or a note is missing.
    """
    known = {rule.id: rule for rule in rules}
    faults = [Fault("override_unknown", found=name) for name in changes if name not in known]
    faults += [
        Fault("override_note", found=n) for n, c in changes.items() if not str(c.get("note", "")).strip()
    ]
    if faults:
        raise FaultError(faults)
    for name, change in changes.items():
        note = str(change["note"]).strip()
        value = float(change["value"])
        known[name] = replace(known[name], value=value, confidence="override", note=note, note_en=note)
    return tuple(known.values())


def stricter(rules: Iterable[Rule], *, on: date) -> tuple[Rule, ...]:
    """Return the rules in force on a day, of several comparable ones only the strictest.

    Comparable are rules of the same metric (with its class size and grades), stage, scope, strength and
    direction: a strict 宜 never hides a 必须. A value the planner set himself stands before the others.

    Parameters
    ----------
    rules : iterable of Rule
        Rules of all packs, overrides made.
    on : date
        The day.

    Returns
    -------
    tuple of Rule
        In the order given; `over` names the rules each stands before. Of equal ones the first stays.
    """
    groups: dict[tuple[object, ...], list[Rule]] = {}
    for rule in rules:
        if rule.holds(on):
            groups.setdefault(_comparable(rule), []).append(rule)
    return tuple(_strictest(group) for group in groups.values())


def in_force(
    packs: Sequence[str | Path], *, on: date, overrides: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[Rule, ...]:
    """Load packs, make the overrides and return the rules that count on a day (see `stricter`)."""
    return stricter(override(load_packs(packs), overrides or {}), on=on)


def school_year_day(year: int) -> date:
    """Return the day that stands for a school year (学年): 1 September, the day of the statistical return."""
    return date(year, 9, 1)


def threshold(rules: Iterable[Rule], metric: str, stage: str, *, scope: str | None = None) -> float | None:
    """Return the strictest value among rules for a metric and stage; None if no rule gives one.

    For engines that need one number (standard class size, size cap); strength and scope count only if given.
    """
    fit = [
        rule
        for rule in rules
        if rule.metric == metric and rule.stage in (stage, "both") and scope in (None, rule.scope)
    ]
    valued = [rule for rule in fit if rule.value is not None]
    return _strictest(valued).value if valued else None


def _comparable(rule: Rule) -> tuple[object, ...]:
    kind = rule.op[0] if rule.op != "count" else rule.op
    return (rule.metric, rule.at, rule.grades, rule.stage, rule.scope, rule.strength, kind)


def _strictest(group: Sequence[Rule]) -> Rule:
    own = [rule for rule in group if rule.confidence == "override"] or list(group)
    sign = -1 if own[0].op in ("ge", "gt") else 1
    # At the same value, < is stricter than <= and > than >=.
    best = min(own, key=lambda r: (sign * (r.value or 0), r.op in ("le", "ge")))
    return replace(best, over=tuple(rule.id for rule in group if rule.id != best.id))


_CHOICES: Final[dict[str, Mapping[str, object]]] = {
    "metric": METRICS,
    "stage": STAGES,
    "scope": SCOPES,
    "strength": STRENGTHS,
    "op": OPS,
    "confidence": {key: None for key in CONFIDENCE if key != "override"},
}
_TYPES: Final[dict[str, tuple[type | tuple[type, ...], Words]]] = {
    **dict.fromkeys(("id", "name", "name_en", "unit", "source", "clause"), (str, Words("文字", "text"))),
    "valid_from": (date, Words("日期", "a date")),
    "value": ((int, float, type(None)), Words("数", "a number")),
    "valid_to": ((date, type(None)), Words("日期", "a date")),
    "due": ((date, type(None)), Words("日期", "a date")),
    "at": ((int, type(None)), Words("整数", "a whole number")),
    **dict.fromkeys(("grades", "note", "note_en"), ((str, type(None)), Words("文字", "text"))),
}


def _pack(document: Mapping[str, Any], file: str) -> RulePack:
    rows = document.get("rule", [])
    faults = [fault for row in rows for fault in _faults(row, file)]
    ids = [row.get("id") for row in rows]
    faults += [
        _fault(file, i, "id", i, Words("不重复的编号", "an id that is used once"))
        for i in sorted({str(i) for i in ids if ids.count(i) > 1})
    ]
    head = {k: document[k] for k in ("id", "name", "name_en") if isinstance(document.get(k), str)}
    missing = {"id", "name", "name_en"} - set(head)
    faults += [_fault(file, file, k, "", Words("文字", "text")) for k in sorted(missing)]
    if faults:
        raise FaultError(faults)
    extra = {k: document.get(k, "") for k in ("jurisdiction", "stage_system", "note", "note_en")}
    return RulePack(**head, **extra, rules=tuple(Rule(**row, pack=head["id"]) for row in rows))


def _faults(row: Mapping[str, Any], file: str) -> list[Fault]:
    rule = str(row.get("id", "?"))
    found = [
        _fault(file, rule, name, row.get(name, ""), Words("、".join(known), ", ".join(known)))
        for name, known in _CHOICES.items()
        if row.get(name) not in known
    ]
    found += [
        _fault(file, rule, name, row.get(name, ""), words)
        for name, (kind, words) in _TYPES.items()
        if not isinstance(row.get(name), kind) or isinstance(row.get(name), bool)
    ]
    unknown = sorted(set(row) - set(_CHOICES) - set(_TYPES))
    found += [_fault(file, rule, n, row[n], Words("（没有这一项）", "(no such field)")) for n in unknown]
    if row.get("op") in OPS and (row.get("value") is None) != (row["op"] == "count"):
        found.append(_fault(file, rule, "value", row.get("value", ""), Words("数", "a number")))
    return found


def _fault(file: str, rule: object, name: str, value: object, expected: Words) -> Fault:
    params = {"rule": str(rule), "field": name, "expected": expected}
    return Fault("pack_field", file=file, found=str(value), params=params)
