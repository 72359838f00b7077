"""The demo county a year later: a new name, a new code, a split, a merger, a closing, an opening."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
from shapely.affinity import translate
from shapely.geometry import box
from shapely.ops import unary_union

from gis.export import to_csv, to_geojson
from gis.layers import worded
from planning.project import Project

YEAR = 2027
#: A school under another name, one under another code, one that closes (a teaching point), one that opens.
NAMED, CODED, NEW_CODE, OPENED = "DS-S01", "DS-S02", "DS-N02", "DS-N99"
#: A unit cut in two, and two that become one.
CUT, PARTS, KEPT, JOINED = "DS-U001", ("DS-U001A", "DS-U001B"), "DS-U003", "DS-U004"


def closed(project: Project) -> str:
    """Return the teaching point that closes."""
    schools = project.layers["schools"]
    return str(schools.loc[schools["kind"] == "teaching_point", "school_id"].iloc[0])


def layers(project: Project) -> dict[str, pd.DataFrame]:
    """Return next year's schools, units, children and enrolment."""
    return {
        "schools": schools(project),
        "units": units(project),
        "children": children(project),
        "enrolment": enrolment(project),
    }


def schools(project: Project) -> gpd.GeoDataFrame:
    now = project.layers["schools"]
    now = now[now["school_id"] != closed(project)].copy()
    now.loc[now["school_id"] == NAMED, "name"] = "东胜区第一实验学校"
    coded = now["school_id"] == CODED
    now.loc[coded, ["school_id", "zone_id"]] = NEW_CODE
    new = now[coded].assign(school_id=OPENED, zone_id=OPENED, name="东胜科教新城小学", highest_grade=6)
    new = new.set_geometry([translate(new.geometry.iloc[0], 2500, 1800)])
    return gpd.GeoDataFrame(pd.concat([now, new], ignore_index=True), crs=project.layers["schools"].crs)


def units(project: Project) -> gpd.GeoDataFrame:
    now = project.layers["units"].set_index("unit_id", drop=False)
    whole = now.loc[CUT].geometry
    left, low, right, high = whole.bounds
    middle = (left + right) / 2
    halves = [
        whole.intersection(box(left, low, middle, high)),
        whole.intersection(box(middle, low, right, high)),
    ]
    parts = pd.concat([now.loc[[CUT]]] * 2).assign(
        unit_id=list(PARTS), name=["碧华家园东区", "碧华家园西区"], geometry=halves, residents=[2000, 1800]
    )
    joined = unary_union([now.loc[KEPT].geometry, now.loc[JOINED].geometry]).convex_hull
    rest = now.drop([CUT, JOINED])
    rest.loc[KEPT, "geometry"] = joined
    whole_frame = pd.concat([rest, parts], ignore_index=True)
    return gpd.GeoDataFrame(whole_frame, geometry="geometry", crs=project.layers["units"].crs)


def children(project: Project) -> pd.DataFrame:
    now = project.layers["children"]
    joined = now.assign(unit_id=now["unit_id"].replace({JOINED: KEPT, CUT: PARTS[0]}))
    summed = joined.groupby(["unit_id", "cohort"], as_index=False)[["children", "migrant"]].sum()
    return summed.assign(source="登记")


def enrolment(project: Project) -> pd.DataFrame:
    """Return the pupils of next year alone: each class moved up, as many entrants as the year before."""
    now = project.layers["enrolment"]
    last = now[now["year"] == now["year"].max()]
    up = last.assign(grade=last["grade"] + 1)
    taught = project.layers["schools"].set_index("school_id")
    up = up[up["grade"] <= up["school_id"].map(taught["highest_grade"])]
    first = last[last["grade"] == last["school_id"].map(taught["lowest_grade"])]
    whole = pd.concat([up, first], ignore_index=True).assign(year=YEAR)
    whole = whole[whole["school_id"] != closed(project)]
    return whole.assign(school_id=whole["school_id"].replace({CODED: NEW_CODE}))


def files(made: dict[str, pd.DataFrame], folder: Path) -> dict[str, Path]:
    """Write the layers as files of a bureau: GeoJSON for places, text for tables."""
    paths = {}
    for layer, frame in made.items():
        place = isinstance(frame, gpd.GeoDataFrame)
        paths[layer] = folder / f"{layer}.{'geojson' if place else 'csv'}"
        text = to_geojson(frame.to_crs(4326)) if place else to_csv(worded(frame, layer))
        paths[layer].write_bytes(text)
    return paths
