"""Rules against facts: 大班额 in each of its meanings, 大校额, distances, proximity, floor area.

Classes are counted one by one and never averaged over a school. A rule that the data cannot answer is
shown as such (`passed` missing), not as met.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from gis.layers import zone_of
from planning import stages
from planning.indicators import in_scope, proximity_share, weighted_cv
from planning.need import pupils_now
from planning.policy import Rule
from planning.vocabulary import SCOPES

_LONG: Final = ("nine_year", "twelve_year")

#: Metric of a rule on distance -> the column of `planning.spatial.travel` it is held against.
DISTANCES: Final = {"service_radius": "straight", "walk_minutes": "metres", "crossings": "crossings"}

COLUMNS: Final = (
    "rule_id", "pack", "name", "name_en", "metric", "stage", "scope", "strength", "found", "op", "threshold",
    "unit", "passed", "checked", "failing", "unknown", "year", "due", "source", "clause", "confidence",
    "note", "note_en",
)  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What the rules are held against.

    Attributes
    ----------
    year : int
        School year of the classes.
    schools : DataFrame
        Layer schools.
    classes : DataFrame
        Layer classes.
    system : {"6-3", "5-4"}
        Stage system.
    enrolment : DataFrame, optional
        Layer enrolment, for schools without classes.
    walks : DataFrame, optional
        stage, zone_id, unit_id, pupils, metres (walk), straight (metres), crossings, area (of the unit, if
        known): one row a unit with its zone's school.
    attendance : DataFrame, optional
        unit_id, school_id, grade, pupils: where the pupils of each school live.
    plans : mapping of stage to Series
        Unit_id -> zone_id, for proximity.
    walk_speed : float
        Metres per minute.
    loads : DataFrame, optional
        stage, zone_id, load (%): the balance of the year.
    """

    year: int
    schools: pd.DataFrame
    classes: pd.DataFrame
    system: str = "6-3"
    enrolment: pd.DataFrame | None = None
    walks: pd.DataFrame | None = None
    attendance: pd.DataFrame | None = None
    plans: dict[str, pd.Series] = field(default_factory=dict)
    walk_speed: float = 60.0
    loads: pd.DataFrame | None = None

    def classes_of(self, stage: str) -> pd.DataFrame:
        """Return the classes of the year in a stage, or in "both"."""
        rows = self.classes[self.classes["year"] == self.year]
        if stage == "both":
            return rows
        return rows[rows["grade"].isin(stages.grades(self.system, stage))]

    def pupils(self) -> pd.DataFrame:
        """Return school_id, stage, pupils of the year."""
        return pupils_now(self.classes, self.year, system=self.system, enrolment=self.enrolment)


@dataclass(frozen=True)
class Finding:
    """What a rule was found to be.

    Attributes
    ----------
    found : float or None
        Value to hold against the threshold; None where the data do not say.
    checked, failing, unknown : int
        How many classes, schools, zones or units were looked at, missed the threshold, or could not be
        judged.
    """

    found: float | None = None
    checked: int = 0
    failing: int = 0
    unknown: int = 0


def evaluate(rules: Iterable[Rule], facts: Facts) -> pd.DataFrame:
    """Hold each rule against the facts.

    Parameters
    ----------
    rules : iterable of Rule
        The rules in force (`planning.policy.in_force`).
    facts : Facts
        The data.

    Returns
    -------
    DataFrame
        `COLUMNS`, one row a rule. `passed` is True, False or missing: no threshold (口径), or no data
        (`found` is missing too). `checked`, `failing` and `unknown` count classes for class rules, schools
        for school rules, zones for seat loads, units for distances.
    """
    rows = [_row(rule, _MEASURES[rule.metric](rule, facts), facts.year) for rule in rules]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.astype({"found": "Float64", "threshold": "Float64", "passed": "boolean"})


def failing_schools(rule: Rule, facts: Facts) -> pd.DataFrame:
    """Return the schools that a class-size or school-size rule is about, worst first (大班额、大校额名单).

    Returns
    -------
    DataFrame
        school_id, found (classes over the limit, or pupils), largest (class). Empty for other metrics.
    """
    if rule.metric == "school_size":
        sizes, _ = _sizes(rule, facts)
        over = sizes[sizes.map(lambda pupils: rule.met(float(pupils)) is False)]
        frame = over.rename("found").reset_index().assign(largest=float("nan"))
    elif rule.metric.startswith("class_"):
        rows, _ = _rows_in_scope(facts.classes_of(rule.stage), facts, rule.scope)
        grouped = rows[rows["pupils"] >= _limit(rule)].groupby("school_id")["pupils"]
        frame = grouped.agg(found="size", largest="max").reset_index()
    else:
        return pd.DataFrame(columns=["school_id", "found", "largest"])
    order = ["found", "largest"] if rule.metric != "school_size" else ["found"]
    return frame.sort_values(order, ascending=False, ignore_index=True)


def _row(rule: Rule, finding: Finding, year: int) -> tuple[object, ...]:
    passed = rule.met(finding.found)
    return (
        rule.id, rule.pack, rule.name, rule.name_en, rule.metric, rule.stage, rule.scope, rule.strength,
        finding.found, rule.op, rule.value, rule.unit, passed, finding.checked, finding.failing,
        finding.unknown, year, rule.due, rule.source, rule.clause, rule.confidence, rule.note, rule.note_en,
    )  # fmt: skip


def _rows_in_scope(rows: pd.DataFrame, facts: Facts, scope: str) -> tuple[pd.DataFrame, int]:
    inside, unknown = in_scope(facts.schools, scope)
    ids = facts.schools["school_id"]
    return rows[rows["school_id"].isin(ids[inside])], int(rows["school_id"].isin(ids[unknown]).sum())


def _limit(rule: Rule) -> float:
    """Return the smallest class that a rule objects to."""
    if rule.metric in ("class_count_over", "class_share_over"):
        return float(rule.at or 0)
    return float(rule.at if rule.metric == "class_share_standard" and rule.at else rule.value or 0) + 1


def _class_rule(rule: Rule, facts: Facts) -> Finding:
    rows, unknown = _rows_in_scope(facts.classes_of(rule.stage), facts, rule.scope)
    if rows.empty:
        return Finding(unknown=unknown)
    over = int((rows["pupils"] >= _limit(rule)).sum())
    found: float = over
    if rule.metric in ("class_size", "standard_class"):
        found = float(rows["pupils"].max())
    elif rule.metric == "class_share_over":
        found = over / len(rows) * 100
    elif rule.metric == "class_share_standard":
        found = (len(rows) - over) / len(rows) * 100
    return Finding(found, len(rows), over, unknown)


def _sizes(rule: Rule, facts: Facts) -> tuple[pd.Series, int]:
    """Pupils of each school that a size rule is about: nine-year schools whole, others by stage."""
    inside, unknown = in_scope(facts.schools, rule.scope)
    kind = facts.schools["kind"] if "kind" in facts.schools else pd.Series(pd.NA, index=inside.index)
    long = kind.isin(_LONG)
    chosen = facts.schools["school_id"][inside & (long if rule.stage == "nine_year" else ~long)]
    rows = facts.pupils()
    if rule.stage in stages.STAGES:
        rows = rows[rows["stage"] == rule.stage]
    rows = rows[rows["school_id"].isin(chosen)]
    return rows.groupby("school_id")["pupils"].sum(), int(unknown.sum())


def _school_size(rule: Rule, facts: Facts) -> Finding:
    sizes, unknown = _sizes(rule, facts)
    if sizes.empty:
        return Finding(unknown=unknown)
    failing = sum(rule.met(float(pupils)) is False for pupils in sizes)
    return Finding(float(sizes.max()), len(sizes), failing, unknown)


def _areas(rule: Rule, facts: Facts) -> tuple[pd.DataFrame, int]:
    """Floor area and pupils of the schools a rule is about; a nine-year school's area goes by its pupils."""
    inside, unknown = in_scope(facts.schools, rule.scope)
    pupils = facts.pupils()
    share = pupils["pupils"] / pupils.groupby("school_id")["pupils"].transform("sum")
    if "teaching_area" not in facts.schools:
        return pd.DataFrame(columns=["pupils", "area"]), int(inside.sum())
    area = pd.to_numeric(facts.schools["teaching_area"]).astype("float64")
    held = pupils["school_id"].map(dict(zip(facts.schools["school_id"], area, strict=True))) * share
    chosen = pupils.assign(area=held)
    chosen = chosen[chosen["school_id"].isin(facts.schools["school_id"][inside]) & (chosen["pupils"] > 0)]
    chosen = chosen[chosen["stage"] == rule.stage]
    return chosen.dropna(subset="area"), int(unknown.sum()) + int(chosen["area"].isna().sum())


def _teaching_area(rule: Rule, facts: Facts) -> Finding:
    rows, unknown = _areas(rule, facts)
    if rows.empty:
        return Finding(unknown=unknown)
    each = rows["area"] / rows["pupils"]
    failing = sum(rule.met(value) is False for value in each)
    return Finding(float(each.min()), len(rows), failing, unknown)


def _resource_cv(rule: Rule, facts: Facts) -> Finding:
    rows, unknown = _areas(rule, facts)
    value = weighted_cv(rows["area"].to_numpy(), rows["pupils"].to_numpy())
    return Finding(None if np.isnan(value) else value, len(rows), 0, unknown)


def _distance(rule: Rule, facts: Facts) -> Finding:
    if facts.walks is None:
        return Finding()
    rows = facts.walks[(facts.walks["stage"] == rule.stage) & (facts.walks["pupils"] > 0)]
    inside, unknown = walks_in_scope(rows, facts.schools, rule.scope)
    column = DISTANCES[rule.metric]
    values = rows[inside][column].dropna() / (facts.walk_speed if rule.metric == "walk_minutes" else 1)
    open_rows = int(unknown.sum()) + int(inside.sum()) - len(values)
    if values.empty:
        return Finding(unknown=open_rows)
    failing = sum(rule.met(float(value)) is False for value in values)
    return Finding(float(values.max()), len(values), failing, open_rows)


def walks_in_scope(rows: pd.DataFrame, schools: pd.DataFrame, scope: str) -> tuple[pd.Series, pd.Series]:
    """Tell which walks a scope takes in: by where the home is if that is known, else by the school.

    Parameters
    ----------
    rows : DataFrame
        zone_id and, where units state it, area (城区、镇区、乡村).
    schools : DataFrame
        Layer schools.
    scope : str
        Key of `planning.vocabulary.SCOPES`.

    Returns
    -------
    inside, unknown : Series of bool
        On the index of `rows`; a walk of unknown scope is not inside.
    """
    areas = SCOPES[scope].areas
    by_home = areas is not None and "area" in rows
    taken, open_schools = in_scope(schools, scope, areas=not by_home)
    zones = zone_of(schools)
    inside, unknown = rows["zone_id"].isin(zones[taken]), rows["zone_id"].isin(zones[open_schools])
    if by_home and areas is not None:
        inside &= rows["area"].isin(list(areas))
        unknown |= rows["area"].isna()
    return inside & ~unknown, unknown


def _proximity(rule: Rule, facts: Facts) -> Finding:
    if facts.attendance is None or rule.stage not in facts.plans:
        return Finding()
    inside, unknown = in_scope(facts.schools, rule.scope)
    shares = proximity_share(
        facts.attendance, facts.plans[rule.stage], facts.schools, rule.stage, system=facts.system
    )
    shares = shares[shares["school_id"].isin(facts.schools["school_id"][inside]) & (shares["pupils"] > 0)]
    if shares.empty:
        return Finding(unknown=int(unknown.sum()))
    failing = sum(rule.met(share) is False for share in shares["share"])
    overall = float(shares["inside"].sum() / shares["pupils"].sum() * 100)
    return Finding(overall, len(shares), failing, int(unknown.sum()))


def _seat_load(rule: Rule, facts: Facts) -> Finding:
    if facts.loads is None:
        return Finding()
    rows = facts.loads.dropna(subset=["zone_id"])
    if rule.stage in stages.STAGES:
        rows = rows[rows["stage"] == rule.stage]
    known = rows["load"].dropna()
    if known.empty:
        return Finding(unknown=len(rows))
    failing = sum(rule.met(load) is False for load in known)
    return Finding(float(known.max()), len(known), failing, len(rows) - len(known))


_MEASURES: Final[dict[str, Callable[[Rule, Facts], Finding]]] = {
    **dict.fromkeys(
        ("standard_class", "class_size", "class_share_standard", "class_share_over", "class_count_over"),
        _class_rule,
    ),
    "school_size": _school_size,
    **dict.fromkeys(("service_radius", "walk_minutes", "crossings"), _distance),
    "proximity_share": _proximity,
    "teaching_area": _teaching_area,
    "resource_cv": _resource_cv,
    "seat_load": _seat_load,
}
