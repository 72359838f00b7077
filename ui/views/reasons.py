"""Why each unit goes where it goes: one row a unit, with a sentence fit for a public notice."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from planning import several, smallcounts, spatial
from planning.project import Project
from ui import widgets
from ui.state import Context
from ui.texts import _, language
from ui.views import plan as plans
from ui.views import several as several_words
from ui.views.zones import Assessment, demand, fingerprint
from zoning import explain

Row = Mapping[Any, Any]
NEARER = 3
"""Nearer schools named for one unit."""


def table(context: Context, found: Assessment, *, public: bool = False) -> pd.DataFrame:
    """Return one row a unit: see `rows`; kept for the same plan and language."""
    mark = fingerprint(found.plan, found.held)
    rules = found.ruled.mark if found.ruled else ""
    place = (context.project.key, context.stage, context.year, mark, rules, language(), public)
    return _kept(place, context, found)


@st.cache_data(max_entries=4, show_spinner=False)
def _kept(place: tuple[object, ...], _context: Context, _found: Assessment) -> pd.DataFrame:
    return rows(_context, _found, public=bool(place[-1]))


def rows(
    context: Context, found: Assessment, units: Collection[str] | None = None, *, public: bool = False
) -> pd.DataFrame:
    """Return why each unit goes where it goes.

    Parameters
    ----------
    context, found
        Project, stage and year; the plan.
    units
        Unit ids; all by default.
    public
        Whether it may leave the bureau: numbers from which a count of 1 to 4 children could be worked out
        are left out.

    Returns
    -------
    DataFrame
        unit_id, unit, pupils, zone, metres, crossings, rank (1 = nearest), ballot (its zone draws lots),
        shared (a school of its zone is nearer than the one that its entrants are shared out to), passed (a
        school of a zone that draws lots is nearer, though the zone's mean is not), nearer_schools
        (each with its walk and why not it), swap_words (the best exchange: whom it moves, what it costs in
        pupil-metres), notice (a sentence, and what the grades after those of a teaching point do).
    """
    wanted = found.plan if units is None else found.plan[found.plan.index.isin(list(units))]
    bands = several_words.bands(context, found.plan, context.stage)
    ways = plans.walks(context, found.plan).set_index("unit_id")
    walked = _attended(found, ways["metres"], list(bands))
    near = explain.nearer(walked.problem, found.plan, most=NEARER)
    if found.ruled:
        near = found.ruled.posed.reasons(near, found.plan)
    near = near[near["unit_id"].isin(wanted.index)]
    told = _told(context, found, near, public=public)
    own = ways.reindex(wanted.index)
    guess = own["estimate"].fillna(False).astype(bool)
    zones, names = _zone_names(context), _unit_names(context)
    at = found.problem.unit_ids.get_indexer(wanted.index)
    metres = pd.Series(_metres(walked)[at], index=wanted.index)
    drawn = _drawn(context.project.key, context.stage, context.project)
    table = pd.DataFrame(
        {
            "unit": [names.get(u, u) for u in wanted.index],
            "pupils": demand(found).reindex(wanted.index),
            "zone": wanted.map(zones).fillna(_("未划入")),
            "metres": metres.where(np.isfinite(metres)),
            "crossings": _known_crossings(context, own["crossings"].astype("Int64"), guess),
            "rank": _ranks(walked, at),
            "ballot": wanted.isin(drawn["zone_id"]),
            "shared": metres.to_numpy() > _metres(found)[at],
            "passed": _least(drawn).reindex(wanted.index).to_numpy() < metres.to_numpy(),
            "nearer_schools": told["near"].reindex(wanted.index).fillna(""),
            "swap_words": told["swap"].reindex(wanted.index).fillna(""),
        },
        index=wanted.index,
    )
    table["notice"] = [
        notice(row, estimated=guess[row["unit_id"]]) + bands.get(row["unit_id"], "")
        for row in table.rename_axis("unit_id").reset_index().to_dict("records")
    ]
    if public:
        table["pupils"] = smallcounts.hidden(table["pupils"], smallcounts.small(table["pupils"]))
    return table.rename_axis("unit_id").reset_index()


def notice(row: Row, *, estimated: bool = False) -> str:
    """Return one row of `rows` as a sentence; a school is called the nearest only where none is nearer."""
    if pd.isna(row["rank"]):
        return _("{unit}还没有划入片区。", unit=row["unit"])
    unit, zone, walk = row["unit"], row["zone"], widgets.metres(row["metres"])
    way = _way(row["crossings"], estimated=estimated)
    n = int(row["rank"]) - 1
    some = _(",列前 {most} 所", most=NEARER) if n > NEARER else ""
    if row.get("ballot"):
        return _ballot_notice(row, n, some)
    if row.get("shared"):
        return _shared_notice(row, n, some)
    if n == 0 and row.get("passed"):
        return _(
            "{unit}划入{zone},步行 {walk}({way}),在各片区中平均步行最短(随机派位的片区按招生计划加权)。",
            unit=unit,
            zone=zone,
            walk=walk,
            way=way,
        )
    if n == 0:
        return _(
            "{unit}划入{zone},步行 {walk}({way}),是步行最近的划片学校。",
            unit=unit,
            zone=zone,
            walk=walk,
            way=way,
        )
    return _(
        "{unit}按相对就近划入{zone},步行 {walk}({way})。更近的划片学校有 {n} 所{some}:{near}。",
        unit=unit,
        zone=zone,
        walk=walk,
        way=way,
        n=n,
        some=some,
        near=row["nearer_schools"],
    )


def _ballot_notice(row: Row, n: int, some: str) -> str:
    """Return the sentence of a unit whose zone draws lots: which school it will be, nobody knows yet."""
    said = _(
        "{unit}划入{zone},片内各校随机派位,按招生计划加权的平均步行 {walk}",
        unit=row["unit"],
        zone=row["zone"],
        walk=widgets.metres(row["metres"]),
    )
    if n == 0:
        return said + _(",在各片区中最短。")
    return _passing(said, row, n, some)


def _shared_notice(row: Row, n: int, some: str) -> str:
    """Return the sentence of a unit that its zone's nearest school has no seats for."""
    said = _(
        "{unit}划入{zone},按招生计划在片内各校间测算,步行 {walk},不是片内最近的一所",
        unit=row["unit"],
        zone=row["zone"],
        walk=widgets.metres(row["metres"]),
    )
    return _passing(said, row, n, some) if n else said + _("。")


def _passing(said: str, row: Row, n: int, some: str) -> str:
    return said + _("。步行更近的片区有 {n} 个{some}:{near}。", n=n, some=some, near=row["nearer_schools"])


def _known_crossings(context: Context, crossings: pd.Series, guess: pd.Series) -> pd.Series:
    """Return the crossings, missing where nothing to cross is known, or a mere straight line meets none."""
    if not spatial.knows_crossings(context.project):
        return pd.Series(pd.NA, index=crossings.index, dtype="Int64")
    return crossings.mask(guess & crossings.eq(0).fillna(False))


def _way(crossings: Any, *, estimated: bool) -> str:
    parts = [_("估算")] if estimated else []
    if not pd.isna(crossings):
        n = int(crossings)
        parts.append(_("穿过大路、铁路、河流 {n} 次", n=n) if n else _("不穿过大路、铁路、河流"))
    return _(",").join(parts) or _("步行路线不详")


def why_not(row: Row, *, exact: bool = True) -> str:
    """Return what decides about one zone, in words; without the number of seats if not `exact`."""
    words = {
        "current": _("现在的片区"),
        "school_inside": _("单元内有别的学校,划入该校"),
        "locked": _("单元已锁定"),
        "forbidden": _("已设为禁止划入"),
        "too_far": _("超过所设的最远步行"),
        "barrier": _("途中要跨越障碍(大路、铁路、河流)"),
        "split": _("所在的组须整体划入一个片区"),
        "unreachable": _("没有路可到"),
        "not_beside": _("与该片区不相连"),
        "cuts_off": _("移出会使 {n} 个单元与学校断开", n=row["cuts_off"]),
        "full": _("学位不够,还缺 {n} 个", n=row["short"]) if exact else _("学位不够"),
        "too_small": _("移出会使现在的片区低于所设的最少人数"),
        "unbalanced": _("会使片区偏离所设的均衡更远"),
        "possible": _("可以改划"),
    }
    return words[str(row["reason"])]


def _told(context: Context, found: Assessment, near: pd.DataFrame, *, public: bool) -> pd.DataFrame:
    """Return for each unit with nearer schools what is said of them (near) and of an exchange (swap)."""
    zones, names = _zone_names(context), _unit_names(context)
    small = set(demand(found)[smallcounts.small(demand(found))].index) if public else set()
    crossed = _crossings(context, near)
    drawn = set(_drawn(context.project.key, context.stage, context.project)["zone_id"])
    near_words, swap_words = [], []
    for row, n in zip(near.to_dict("records"), crossed, strict=True):
        words = why_not(row, exact=row["unit_id"] not in small)
        if row["reason"] == "not_beside" and n > 0:
            words += _("(途中穿过大路、铁路、河流 {n} 次)", n=n)
        zone, walk = zones.get(row["zone_id"], row["zone_id"]), widgets.metres(row["metres"])
        if row["zone_id"] in drawn:
            zone = _("{zone}(随机派位)", zone=zone)
        near_words.append(_("{zone}(步行 {walk}):{why}", zone=zone, walk=walk, why=words))
        hidden = bool(small & {row["unit_id"], row["swap_unit_id"]})
        swap_words.append(_swap(row, names, zone, hidden=hidden))
    told = pd.DataFrame({"unit_id": near["unit_id"].to_numpy(), "near": near_words, "swap": swap_words})
    return told.groupby("unit_id").agg(_joined)


def _joined(words: pd.Series) -> str:
    return _(";").join(word for word in words if word)


def _swap(row: Row, names: dict[str, str], zone: str, *, hidden: bool) -> str:
    if pd.isna(row["swap_unit_id"]):
        return ""
    partner = names.get(str(row["swap_unit_id"]), str(row["swap_unit_id"]))
    if hidden:
        return _("与{unit}对换可进{zone}", unit=partner, zone=zone)
    metres = float(row["swap_pupil_km"]) * 1000
    return _(
        "与{unit}({pupils} 人)对换可进{zone},总步行 {change} 人·米",
        unit=partner,
        pupils=row["swap_pupils"],
        zone=zone,
        change=f"{metres:+,.0f}".replace("-", "−"),
    )


def _crossings(context: Context, near: pd.DataFrame) -> list[int]:
    """Return how often the way to each nearer school crosses a main road, railway or river; 0 unknown."""
    turn = near.groupby("unit_id").cumcount()
    crossed = pd.Series(0, index=near.index)
    for k in range(int(turn.max()) + 1 if len(turn) else 0):
        each = near[turn == k]
        walks = plans.walks(context, each.set_index("unit_id")["zone_id"]).set_index("unit_id")["crossings"]
        crossed[each.index] = each["unit_id"].map(walks.to_dict()).fillna(0).astype(int)
    return [int(n) for n in crossed]


@st.cache_resource(max_entries=8, show_spinner=False)
def _drawn(key: str, stage: str, _project: Project) -> pd.DataFrame:
    """Return `planning.several.ballot_walks`, kept."""
    return several.ballot_walks(_project, stage)


def _least(drawn: pd.DataFrame) -> pd.Series:
    """Return each unit's walk to the nearest school of any zone that draws lots."""
    return drawn.groupby("unit_id")["nearest"].min()


def _attended(found: Assessment, metres: pd.Series, shared: list[str]) -> Assessment:
    """Return the plan with the walks of some units to the school that their entrants are shared out to."""
    walks, at = found.problem.metres.copy(), found.problem.unit_ids.get_indexer(pd.Index(shared, dtype="str"))
    zone = found.problem.positions(found.plan)[at]
    own = metres.reindex(shared).to_numpy(float)
    known = (at >= 0) & (zone >= 0) & np.isfinite(own)
    walks[at[known], zone[known]] = own[known]
    return replace(found, problem=replace(found.problem, metres=walks)) if known.any() else found


def _metres(found: Assessment) -> np.ndarray:
    """Return each unit's walk to its zone, inf without one."""
    zone = found.problem.positions(found.plan)
    metres = found.problem.metres[np.arange(len(zone)), np.maximum(zone, 0)]
    return np.where(zone >= 0, metres, np.inf)


def _ranks(found: Assessment, at: np.ndarray) -> pd.Series:
    """Return the rank of each unit's zone by distance, NA without a zone."""
    own = _metres(found)[at]
    rank = (found.problem.metres[at] < own[:, None]).sum(axis=1) + 1
    placed = found.plan.notna().to_numpy()[at]
    return pd.Series(rank, index=found.problem.unit_ids[at]).where(placed).astype("Int64")


def _zone_names(context: Context) -> dict[str, str]:
    names = plans.zone_names(context.project.key, context.stage, context.project)
    return {str(zone): str(name) for zone, name in names.items()}


def _unit_names(context: Context) -> dict[str, str]:
    names = context.project.layers["units"].set_index("unit_id")["name"]
    return {str(unit): str(name) for unit, name in names.items()}
