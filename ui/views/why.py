"""Why a unit goes where it goes: the schools it could have, and a sentence to read out."""

from __future__ import annotations

import pandas as pd

from gis.travel import minutes
from ui import widgets
from ui.state import Context, stage_word
from ui.texts import _
from ui.views import links
from ui.views import plan as plans
from ui.views.zones import Assessment
from zoning import explain

NEAREST = 8


def options(context: Context, found: Assessment, unit: str) -> pd.DataFrame:
    """Return every zone for a unit, nearest first: see `zoning.explain.options`."""
    return explain.options(found.problem, found.plan, unit)


def reason_words(row: pd.Series) -> str:
    """Return what decides about one zone, in words."""
    words = {
        "current": _("现在的片区"),
        "school_inside": _("单元内有别的学校,划入该校"),
        "locked": _("单元已锁定"),
        "forbidden": _("已设为禁止划入"),
        "unreachable": _("没有路可到"),
        "not_beside": _("与该片区不相连"),
        "cuts_off": _("移出会使 {n} 个单元与学校断开", n=int(row["cuts_off"])),
        "full": _("学位不够,还缺 {n} 个", n=int(row["short"])),
        "possible": _("可以改划"),
    }
    return words[str(row["reason"])]


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
            "verdict": [reason_words(row) for _at, row in near.iterrows()],
        }
    ).reset_index(drop=True)


def sentence(context: Context, found: Assessment, unit: str, rows: pd.DataFrame) -> str:
    """Return what can be read out on the telephone: who, where to, how far, and why not the nearest."""
    name = str(context.project.layers["units"].set_index("unit_id")["name"].get(unit, unit))
    pupils = int(found.problem.demand[found.problem.unit_ids.get_loc(unit)])
    head = _(
        "{unit}:{year}{stage}入学 {pupils} 人。",
        unit=name,
        year=widgets.school_year(context.year),
        stage=stage_word(context.stage).lower(),
        pupils=pupils,
    )
    own = rows[rows["reason"] == "current"]
    if own.empty:
        return head + _("这个单元还没有划入片区。")
    return head + _where(context, own.iloc[0], rows.iloc[0])


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


def _where(context: Context, own: pd.Series, nearest: pd.Series) -> str:
    names = plans.zone_names(context.project.key, context.stage, context.project)
    walk = widgets.metres(own["metres"])
    zone = names.get(own["zone_id"], own["zone_id"])
    if own["rank"] == 1:
        return _("划入{zone},步行 {walk},是最近的学校。", zone=zone, walk=walk)
    return _(
        "划入{zone},步行 {walk},按距离排第 {rank}。最近的是{near}({near_walk}):{reason}。",
        zone=zone,
        walk=walk,
        rank=int(own["rank"]),
        near=names.get(nearest["zone_id"], nearest["zone_id"]),
        near_walk=widgets.metres(nearest["metres"]),
        reason=reason_words(nearest),
    )
