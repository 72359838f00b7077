"""What the section on neighbours and walks shows: edits, whom a unit can be linked to, what walks rest on."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import streamlit as st

from gis.layers import layer_label, value_label
from planning import links, spatial
from planning.project import Project
from ui.texts import _, language


@st.cache_data(max_entries=8, show_spinner=False)
def map_html(key: str, lang: str, _project: Project) -> str:
    """Return the map of neighbours as one file, once for each version of the data and language."""
    from gis import maps
    from ui.maps import links as drawing

    return str(maps.html(drawing.neighbours(_project)))


def unit_names(project: Project) -> dict[str, str]:
    """Return unit id -> name with its town, told apart by id where several read alike."""
    units = project.layers["units"]
    towns = units["town"] if "town" in units else pd.Series(pd.NA, index=units.index)
    words = units["name"].where(towns.isna(), units["name"] + " · " + towns.astype("str"))
    alike = words.duplicated(keep=False)
    words = words.where(~alike, words + " · " + units["unit_id"])
    return dict(zip(units["unit_id"], words, strict=True))


def partners(project: Project, unit: str, action: str) -> list[str]:
    """Return whom `unit` can be cut from (its neighbours) or linked to (all others), the nearest first."""
    found = spatial.neighbours(project)
    beside = set(found.loc[found["a"] == unit, "b"]) | set(found.loc[found["b"] == unit, "a"])
    units = project.layers["units"]
    if not isinstance(units, gpd.GeoDataFrame):
        return sorted(beside)
    own = units.geometry[units["unit_id"] == unit].iloc[0]
    order = units["unit_id"].iloc[units.geometry.distance(own).argsort(kind="stable")]
    return [i for i in order if i != unit and (i in beside) == (action == "cut")]


def edits(project: Project) -> pd.DataFrame:
    """Return the planner's edits in words."""
    rows, names = links.edits(project), unit_names(project)
    works = {True: _("已生效"), False: _("单元已不存在,不起作用")}
    return pd.DataFrame(
        {
            _("改动"): [value_label("action", a, language(), layer="links") for a in rows["action"]],
            _("单元甲"): [names.get(i, i) for i in rows["a"]],
            _("单元乙"): [names.get(i, i) for i in rows["b"]],
            _("理由"): rows["reason"],
            _("状态"): [works[bool(w)] for w in rows["works"]],
        }
    )


def way_word(way: str) -> str:
    """Return what a walking distance is the length of, in words."""
    return {
        "roads": _("沿路网"),
        "no_roads": _("没有路网(估)"),
        "far": _("离道路太远(估)"),
        "no_way": _("路网不通(估)"),
        "beyond": _("超过上限"),
    }[way]


@st.cache_data(max_entries=16, show_spinner=False)
def nearest(key: str, stage: str, _project: Project) -> pd.DataFrame:
    """Return the walk from every unit to its nearest zone: see `planning.spatial.zone_travel`."""
    found = spatial.zone_travel(_project, stage).sort_values(["metres", "zone_id"], kind="stable")
    return found.drop_duplicates("unit_id").reset_index(drop=True)


def grounds(walks: pd.DataFrame) -> pd.DataFrame:
    """Return on what the walks to the nearest school rest: words, units, share."""
    counts = walks["way"].astype("str").value_counts()
    return pd.DataFrame(
        {
            _("到最近学校的距离"): [way_word(str(way)) for way in counts.index],
            _("单元数"): counts.to_numpy(),
            _("占比"): [f"{n / len(walks):.1%}" for n in counts],
        }
    )


def unreachable(project: Project, walks: pd.DataFrame) -> pd.DataFrame:
    """Return the units from which no way over the network leads to the nearest school, and why."""
    rows = walks[walks["way"].isin(["no_way", "far"])]
    names = unit_names(project)
    return pd.DataFrame(
        {
            _("单元"): [names.get(i, i) for i in rows["unit_id"]],
            _("原因"): [way_word(str(way)) for way in rows["way"]],
            _("估算距离(米)"): rows["metres"].round().astype("Int64"),
        }
    )


@st.cache_data(max_entries=8, show_spinner=False)
def _snaps(key: str, _project: Project) -> pd.DataFrame:
    return spatial.snaps(_project)


def far_places(project: Project) -> pd.DataFrame:
    """Return units and schools farther than `gis.travel.LONG_SNAP` from any road, the farthest first."""
    from gis.travel import LONG_SNAP

    found = _snaps(project.key, project)
    rows = found[found["snap_m"] > LONG_SNAP].sort_values("snap_m", ascending=False)
    named = {
        layer: project.layers[layer].drop_duplicates(key).set_index(key)["name"].to_dict()
        for layer, key in (("units", "unit_id"), ("schools", "school_id"))
    }
    return pd.DataFrame(
        {
            _("图层"): [layer_label(layer, language()) for layer in rows["layer"]],
            _("名称"): [named[layer].get(i, i) for layer, i in zip(rows["layer"], rows["id"], strict=True)],
            _("离最近道路(米)"): rows["snap_m"].round().astype("Int64"),
        }
    )
