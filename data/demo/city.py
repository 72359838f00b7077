"""Put the parts of each district together, and the districts together to the city."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from data.demo import history, homes, people, places, plans, schools, zones
from data.demo import roads as ways
from data.demo.plans import ENTRY_COHORT, Plan
from data.demo.roads import Roads
from data.demo.settings import COHORTS, DISTRICTS, EPSG, SOURCE, District, rng
from data.demo.terrain import Terrain, terrain
from planning.progress import Progress

STAGES: Final = ("primary", "junior")
Layers = dict[str, pd.DataFrame]

_INTERNAL: Final = {
    "units": ["grid", "core", "x", "y", "rank", "school_x", "school_y", "town_en"],
    "schools": ["unit", "core", "x", "y"],
}


@dataclass(frozen=True)
class Part:
    """One district as generated: its layers, and what the tests and the city need besides.

    Attributes
    ----------
    layers : dict
        Layers of the contract, without areas and barriers.
    plans : dict
        Catchments by stage, with their flaws.
    roads : Roads
    """

    layers: Layers
    plans: dict[str, Plan]
    roads: Roads


def part(district: District, ground: Terrain, taken: set[str]) -> Part:
    """Generate one district.

    Parameters
    ----------
    district : District
    ground : Terrain
    taken : set of str
        Names of units used so far; grows.

    Returns
    -------
    Part
    """
    grids = places.settlements(district, ground)
    units = places.units(district, ground, grids, taken)
    roads = ways.roads(district, ground, grids, units)
    new = people.estates(district, units)
    units["residents"] = people.residents(district, units, new)
    kids = people.children(district, units, new)
    by_unit = kids["children"].to_numpy().reshape(len(units), len(COHORTS))
    entrants = {stage: by_unit[:, ENTRY_COHORT[stage] - COHORTS[0]] for stage in STAGES}
    outline = ground.areas.loc[ground.areas["area_id"] == district.code, "geometry"].iloc[0]
    near = zones.neighbours(units, roads, outline, ground.barriers)
    sites = schools.sites(district, units, by_unit.mean(axis=1), roads)
    drawn = {s: plans.plan(district, s, units, sites, entrants[s], near, roads) for s in STAGES}
    sites = plans.with_seats(sites, drawn, entrants, district)
    random = rng("enrolment", district.code)
    went = history.attended(units, sites, drawn, by_unit, random)
    pupils = history.enrolment(district, sites, went, random)
    rosters = history.classes(district, sites, pupils, drawn)
    sites = history.with_rooms(district, sites, rosters, drawn)
    layers = {
        "units": _tidy("units", units.assign(source=SOURCE)),
        "children": kids,
        "schools": _tidy("schools", _placed(sites)),
        "classes": rosters,
        "enrolment": pupils,
        "attendance": homes.attendance(district, units, sites, went, pupils, kids, new),
        "births": people.births_layer(district, units),
        "estates": new,
        "roads": roads.layer,
        "catchments": pd.concat([drawn[s].layer(units, s) for s in STAGES], ignore_index=True),
    }
    return Part(layers, drawn, roads)


def county(code: str, *, progress: Progress | None = None) -> Layers:
    """Generate one district as a project of its own.

    Parameters
    ----------
    code : str
        Code of the district, such as "DS".
    progress : callable, optional
        Called with a share 0..1 and a word.

    Returns
    -------
    dict of str to DataFrame
        All twelve layers of the contract.
    """
    ground = terrain()
    district = next(d for d in DISTRICTS if d.code == code)
    _tell(progress, 0.3, district.name)
    layers = dict(part(district, ground, set()).layers)
    areas = ground.areas[ground.areas["district"] == district.name].reset_index(drop=True)
    outline = areas.geometry[areas["level"] == "district"].iloc[0]
    barriers = ground.barriers.clip(outline, keep_geom_type=True)
    barriers = barriers.sort_values("barrier_id").explode(ignore_index=True)
    barriers["barrier_id"] = [f"B{n:02d}" for n in range(1, len(barriers) + 1)]
    return {**layers, "areas": areas, "barriers": barriers}


def city(*, progress: Progress | None = None, districts: Sequence[District] = DISTRICTS) -> Layers:
    """Generate all nine banners and districts.

    Parameters
    ----------
    progress : callable, optional
        Called with a share 0..1 and a word.
    districts : sequence of District
        All of them by default.

    Returns
    -------
    dict of str to DataFrame
        All twelve layers of the contract.
    """
    ground, taken = terrain(), set[str]()
    parts = []
    for number, district in enumerate(districts):
        _tell(progress, number / len(districts), district.name)
        parts.append(part(district, ground, taken))
    names = list(parts[0].layers)
    layers = {name: pd.concat([p.layers[name] for p in parts], ignore_index=True) for name in names}
    links = _links(parts, ground, list(districts))
    layers["roads"] = pd.concat([layers["roads"], links], ignore_index=True)
    return {**layers, "areas": ground.areas, "barriers": ground.barriers}


def _tell(progress: Progress | None, share: float, word: str) -> None:
    if progress is not None:
        progress(share, word)


def _tidy(layer: str, frame: pd.DataFrame) -> pd.DataFrame:
    out = frame.drop(columns=_INTERNAL[layer])
    return out[[c for c in out.columns if c != "geometry"] + ["geometry"]]


def _placed(sites: pd.DataFrame) -> gpd.GeoDataFrame:
    first = ["school_id", "name", "name_en", "kind", "provider", "boarding"]
    ordered = sites[first + [c for c in sites.columns if c not in first]]
    return gpd.GeoDataFrame(ordered, geometry=gpd.points_from_xy(sites["x"], sites["y"]), crs=EPSG)


def _links(parts: list[Part], ground: Terrain, districts: list[District]) -> gpd.GeoDataFrame:
    """Trunk roads that join neighbouring districts where their roads come closest."""
    outline = ground.areas.set_index("area_id").geometry
    rows = [
        _link(one.roads.nodes, other.roads.nodes)
        for (first, one), (second, other) in combinations(zip(districts, parts), 2)
        if outline[first.code].touches(outline[second.code])
    ]
    words = {"name": "国省干线", "name_en": "Trunk Road", "road_class": "arterial"}
    frame = pd.DataFrame({**words, "geometry": rows}) if rows else pd.DataFrame(columns=[*words, "geometry"])
    layer = gpd.GeoDataFrame(ways.split_at_bridges(frame, ground.barriers), geometry="geometry", crs=EPSG)
    layer.insert(0, "road_id", [f"C0-R{n:04d}" for n in range(1, len(layer) + 1)])
    return layer.assign(tunnel=False, district="", source=SOURCE)


def _link(nodes: np.ndarray, others: np.ndarray) -> shapely.LineString:
    gap, near = cKDTree(others).query(nodes)
    return shapely.LineString([nodes[gap.argmin()], others[near[gap.argmin()]]])
