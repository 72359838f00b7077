"""电话查询: which school a 小区, a village or an alias has, since which year, in a sentence to read out.

Only the plan in force answers: a draft is nothing to tell a caller. What was typed is not kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from planning import addresses, policy, spatial
from planning.freeplaces import free_places, roster_year
from planning.gazetteer import Gazetteer, gazetteer
from planning.project import Project
from ui import widgets
from ui.board import words
from ui.state import STAGES, Context, stage_word
from ui.texts import _, language
from ui.views import plan as plans
from ui.views import several

MOST = 30  # units offered where a word fits many


@dataclass(frozen=True)
class Match:
    """What a word was understood as: how (a kind of `planning.addresses.KINDS`, or "part"), and the units."""

    kind: str
    units: tuple[str, ...]


@st.cache_resource(max_entries=8, show_spinner=False)
def _names(key: str, lang: str, _project: Project) -> Gazetteer:
    return gazetteer(_project.layers)


def find(context: Context, text: str) -> Match:
    """Return the units that a name, an alias or an address fits; names that hold the word where none does."""
    names = _names(context.project.key, language(), context.project)
    row = addresses.match([text.strip()], names).iloc[0]
    units = tuple(filter(None, str(row["units"]).split(",")))
    if row["kind"] in addresses.MATCHED or (row["kind"] == "ambiguous" and units):
        return Match(str(row["kind"]), units)
    if row["kind"] == "outside":
        return Match("outside", ())
    holding = tuple(_holding(context.project, text.strip()))
    return Match("part" if holding else "unknown", holding)


def _holding(project: Project, word: str) -> list[str]:
    """Return the units whose name or alias holds a word."""
    units = project.layers["units"]
    frames = [units[["unit_id", "name"]]]
    if "aliases" in project.layers:
        frames.append(project.layers["aliases"][["unit_id", "alias"]].set_axis(["unit_id", "name"], axis=1))
    named = pd.concat([pd.DataFrame(frame) for frame in frames], ignore_index=True).dropna()
    fits = named["name"].astype(str).str.contains(word, case=False, regex=False)
    known = named.loc[fits & named["unit_id"].isin(units["unit_id"]), "unit_id"]
    return known.astype(str).drop_duplicates().head(MOST).tolist()


def since(context: Context, stage: str, unit: str) -> int | None:
    """Return the school year since which the plan in force has had a unit in the zone it is in."""
    state = plans.in_force_state(context.project.key, context.project)
    key = state.key_for(stage, context.year)
    if key is None or pd.isna(zone := state.plans[key].get(unit)):
        return None
    begun = sorted((year for s, year in state.plans if s == stage and year <= key[1]), reverse=True)
    found = key[1]
    for year in begun:
        if state.plans[stage, year].get(unit) != zone:
            break
        found = year
    return found


def answer(context: Context, stage: str, unit: str) -> str:
    """Return the sentence to read out for one stage."""
    name = str(context.project.layers["units"].set_index("unit_id")["name"].get(unit, unit))
    plan = plans.in_force(context.project, stage, context.year)
    zone, word = plan.get(unit), stage_word(stage).lower()
    if pd.isna(zone):
        return _("{unit}在现行片区中还没有划定{stage}。请记下电话,查实后答复。", unit=name, stage=word)
    year = since(context, stage, unit) or context.year
    said = _(
        "{unit}的{stage}划入{zone},自 {year} 学年起。",
        unit=name,
        stage=word,
        zone=plans.zone_names(context.project.key, stage, context.project).get(zone, zone),
        year=year,
    )
    if more := several.said(context, plan, stage, unit):
        return said + more
    walk = _walk(context, stage, unit, str(zone))
    return said + (_("步行约 {walk}。", walk=walk) if walk else "")


def _walk(context: Context, stage: str, unit: str, zone: str) -> str:
    travel = spatial.zone_travel(context.project, stage)
    found = travel[(travel["unit_id"] == unit) & (travel["zone_id"] == zone) & np.isfinite(travel["metres"])]
    if found.empty:
        return ""
    row = found.iloc[0]
    return words.walk(widgets.metres(row["metres"]), _("估") if row["estimate"] else "")


def stages(context: Context) -> list[str]:
    """Return the stages that the plan in force speaks of."""
    state = plans.in_force_state(context.project.key, context.project)
    return [stage for stage in STAGES if state.key_for(stage, context.year)]


def clause(context: Context, stage: str, unit: str) -> str:
    """Return what an answer rests on: the source of the plan in force, and the clauses of the rules."""
    rules = policy.in_force(context.project.packs, on=policy.school_year_day(context.year))
    said = [
        _("{source}({clause})", source=rule.source, clause=rule.clause) if rule.clause else rule.source
        for rule in rules
        if rule.metric == "proximity_share" and rule.stage in (stage, "both")
    ]
    layers = context.project.layers
    year = since(context, stage, unit)
    if "catchments" in layers and year is not None and "source" in layers["catchments"]:
        rows = layers["catchments"]
        own = (rows["unit_id"] == unit) & (rows["stage"] == stage) & (rows["from_year"] <= context.year)
        last = rows[own].sort_values("from_year").tail(1)
        said = [*last["source"].dropna().astype(str), *said]
    return _(";").join(dict.fromkeys(said))


@dataclass(frozen=True)
class Places:
    """Free places by school and grade (`planning.freeplaces`), and the school year of the classes."""

    year: int
    rows: pd.DataFrame
    source: str


def places(context: Context) -> Places | None:
    """Return the free places for pupils who change school; None where there are no classes."""
    layers, project = context.project.layers, context.project
    if "classes" not in layers or (year := roster_year(layers["classes"], context.year)) is None:
        return None
    rules = policy.in_force(project.packs, on=policy.school_year_day(year))
    sizes = {stage: policy.threshold(rules, "standard_class", stage) for stage in STAGES}
    rows = free_places(
        layers["schools"],
        layers["classes"],
        year=year,
        standard={stage: size for stage, size in sizes.items() if size is not None},
        system=project.stage_system,
        enrolment=layers.get("enrolment"),
    )
    used = [rule for rule in rules if rule.metric == "standard_class" and rule.stage in STAGES]
    return Places(year, rows, _(";").join(dict.fromkeys(f"{rule.source} {rule.clause}" for rule in used)))


def places_table(found: Places, *, stage: str, grade: int | None, only_free: bool) -> pd.DataFrame:
    """Return the places of a stage in words: one grade or all, schools with places first."""
    rows = found.rows[found.rows["stage"] == stage]
    if grade is not None:
        rows = rows[rows["grade"] == grade]
    if only_free:
        rows = rows[rows["free"].fillna(0) > 0]
    rows = rows.assign(
        room=rows["free"],
        verdict=[_verdict(*pair) for pair in zip(rows["unknown"], rows["free"], strict=True)],
    )
    rows = rows.sort_values(["grade", "free"], ascending=[True, False], kind="stable")
    return rows[["school", "grade", "classes", "pupils", "seats", "room", "verdict"]].reset_index(drop=True)


def _verdict(unknown: str, free: object) -> str:
    words = {
        "no_classes": _("没有这个年级的班额,不作答"),
        "differs": _("班额表与在校生表不一致,不作答"),
        "no_standard": _("规则包没有标准班额,不作答"),
        "incomplete": _("非完全小学(教学点)的标准班额不同,不作答"),
    }
    return words.get(unknown) or (_("有空位") if free else _("已满"))
