"""Why one unit goes where it goes: the schools it could have, and a sentence to read out."""

from __future__ import annotations

import pandas as pd

from gis.travel import minutes
from ui import widgets
from ui.state import Context, stage_word
from ui.texts import _
from ui.views import links, reasons, several, zones
from ui.views import plan as plans
from ui.views.zones import Assessment
from zoning import explain

NEAREST = 8


def options(context: Context, found: Assessment, unit: str) -> pd.DataFrame:
    """Return every zone for a unit, nearest first: see `zoning.explain.options`."""
    rows = explain.options(found.problem, found.plan, unit)
    return found.ruled.posed.reasons(rows.assign(unit_id=unit), found.plan) if found.ruled else rows


def table(context: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the options in words: the nearest ones, and the zone of the plan wherever it ranks."""
    names = plans.zone_names(context.project.key, context.stage, context.project)
    near = rows[(rows["rank"] <= NEAREST) | (rows["reason"] == "current")]
    return pd.DataFrame(
        {
            "rank": near["rank"],
            "zone": [names.get(zone, zone) for zone in near["zone_id"]],
            "metres": near["metres"].where(near["metres"] < float("inf")),
            "extra_m": near["extra_m"].where(near["extra_m"] < float("inf")),
            "room": near["room"],
            "beside": [_("是") if beside else _("否") for beside in near["beside"]],
            "pupil_km": near["pupil_km"].where(near["pupil_km"].abs() < float("inf")).round(1),
            "verdict": [reasons.why_not(row) for row in near.to_dict("records")],
        }
    ).reset_index(drop=True)


def sentence(context: Context, found: Assessment, unit: str) -> str:
    """Return what can be read out on the telephone: who, where to, how far, why not a nearer school."""
    (row,) = reasons.rows(context, found, [unit]).to_dict("records")
    head = _(
        "{unit}:{year}{stage}入学 {pupils} 人。",
        unit=row["unit"],
        year=widgets.school_year(context.year),
        stage=stage_word(context.stage).lower(),
        pupils=row["pupils"],
    )
    guess = zones.unit_estimated(context, found, unit)
    said = head + reasons.notice(row, estimated=guess)
    said += several.said(context, found.plan, context.stage, unit)
    return said + _("若对换:{swap}。", swap=row["swap_words"]) if row["swap_words"] else said


def walk(context: Context, found: Assessment, unit: str) -> str:
    """Return the walk of a unit to its school in words: minutes, crossings, the ride where it is asked."""
    walks, project = plans.walks(context, found.plan), context.project
    rows = walks[walks["unit_id"].eq(unit) & walks["metres"].notna()].to_dict("records")
    if not rows:
        return ""
    own = rows[0]
    words = _(
        "步行约 {minutes} 分钟({speed:g} 米/分,{way}),穿过大路、铁路、河流 {crossings} 次。",
        minutes=widgets.whole(minutes(own["metres"], speed=project.walk_speed)),
        speed=project.walk_speed,
        way=links.way_word(str(own["way"])),
        crossings=int(own["crossings"]),
    )
    if pd.notna(own["ride_minutes"]):
        words += _(
            "乘车约 {minutes} 分钟({metres},不含候车)。",
            minutes=widgets.whole(own["ride_minutes"]),
            metres=widgets.metres(own["ride_metres"]),
        )
    return words
