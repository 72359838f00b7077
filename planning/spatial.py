"""What a project's geometry leads to: territories, neighbours, the road graph and walks, kept as files.

Each is computed when first asked for and stored in the project's folder `derived`, under a name made of the
data version and the settings it depends on; a changed project computes anew.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from gis.faults import Words
from gis.roads import RoadGraph
from planning import derived, seats, stages
from planning.progress import Cancelled, Progress
from planning.project import Project

#: What the steps of `derive` are called.
STEPS: Final[dict[str, Words]] = {
    "territories": Words("划分单元范围", "territories of the units"),
    "adjacency": Words("判断相邻关系", "neighbouring units"),
    "graph": Words("建立步行路网", "walking network"),
    "travel_primary": Words("计算小学步行距离", "walks to primary schools"),
    "travel_junior": Words("计算初中步行距离", "walks to junior schools"),
}
#: Minutes on foot after which the ride is told too: 国办发〔2018〕27号, 路途时间一般不超过半小时.
RIDE_AFTER: Final = 30.0
#: Layers that each derived thing is made of: saving others leaves it valid.
_GROUND: Final = ("units", "areas", "barriers", "roads")
_MADE_OF: Final = {
    "territories": _GROUND,
    "adjacency": _GROUND,
    "graph": ("roads",),
    "driving": ("roads",),
    "snaps": ("units", "schools", "roads", "entrances"),
}
_LEVELS: Final = ("city", "district", "town")


def territories(project: Project) -> gpd.GeoDataFrame:
    """Return the ground each unit stands for (`gis.territories.territories`).

    Returns
    -------
    GeoDataFrame
        unit_id, geometry (Polygon or MultiPolygon), in the project's CRS.

    Raises
    ------
    FaultError
        If units cannot be given a territory.
    """
    path = _path(project, "territories")
    if not path.exists():
        from gis.territories import territories as tessellate

        found = tessellate(
            _frame(project, "units"),
            area=_area(project),
            barriers=_optional(project, "barriers"),
            roads=_optional(project, "roads"),
        )
        derived.store(found, path)
    return gpd.read_parquet(path)


def neighbours(project: Project) -> pd.DataFrame:
    """Return the pairs of neighbouring units that the map gives (`gis.adjacency.from_territories`).

    Returns
    -------
    DataFrame
        a, b (unit ids, a < b), shared_m, source ("territory").
    """
    path = _path(project, "adjacency")
    if not path.exists():
        from gis.adjacency import from_territories

        roads = _optional(project, "roads")
        flagged = roads is not None and {"bridge", "tunnel"} & set(roads.columns)
        found = from_territories(
            territories(project),
            barriers=_barriers(project),
            bridges=roads if flagged else None,
            min_shared=project.min_shared,
        )
        derived.store(found, path, attrs=("isolated", "components"))
    return pd.read_parquet(path)


def adjacency(project: Project) -> pd.DataFrame:
    """Return the pairs of neighbouring units, with the links that the planner added and without those cut.

    Returns
    -------
    DataFrame
        a, b (unit ids, a < b), shared_m, source ("territory", or "manual" for an added link).

    Raises
    ------
    FaultError
        If layer links contradicts itself.
    """
    found = neighbours(project)
    if "links" not in project.layers or not len(project.layers["links"]):
        return found
    from gis.adjacency import edited

    return edited(found, project.layers["links"], project.layers["units"]["unit_id"])


def road_graph(project: Project) -> RoadGraph | None:
    """Return the walking network with all its parts, or None where the project has no roads."""
    from gis.roads import WALKABLE

    return _graph(project, "graph", WALKABLE)


def _graph(project: Project, name: str, classes: tuple[str, ...]) -> RoadGraph | None:
    roads = _optional(project, "roads")
    if roads is None or ("road_class" in roads and not roads["road_class"].isin(classes).any()):
        return None
    from gis import roads as networks

    path = _path(project, name, suffix=".npz")
    if not path.exists():
        graph = networks.graph_from_lines(roads, walkable=classes, keep_all=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_suffix(".writing.npz")
        networks.save(graph, scratch)
        derived.publish(scratch, path)
    return networks.load(path)


def travel(project: Project, stage: str) -> pd.DataFrame:
    """Return the walk from every unit to every school that teaches a stage, and the ride where it is asked.

    A ride (`gis.riding`) is given for rural units and for walks of more than `RIDE_AFTER` minutes.

    Returns
    -------
    DataFrame
        unit_id, school_id, metres, estimate (straight line x detour), crossings, way and off_road (as
        `gis.travel.walking` gives them), straight (metres as the crow flies, which is what a service radius
        means), ride_metres, ride_minutes (NA: not asked, or no drivable way known).
    """
    return pd.read_parquet(travel_file(project, stage))


def travel_file(project: Project, stage: str) -> Path:
    """Return where `travel` is stored, computed if it is not there yet."""
    path = _travel_path(project, stage)
    if not path.exists():
        from gis.access import anchors
        from gis.travel import walking

        units, schools = _frame(project, "units"), _taught(project, stage)
        entrances = _optional(project, "entrances")
        found = walking(
            units,
            schools,
            graph=road_graph(project),
            barriers=_barriers(project),
            entrances=entrances,
            detour=project.detour,
        )
        start, end = anchors(units, entrances), anchors(schools, entrances)
        # walking() gives every pair: units in their order, schools in theirs within each.
        straight = np.hypot(*(start[:, None, :] - end[None, :, :]).transpose(2, 0, 1))
        derived.store(_ridden(project, found.assign(straight=straight.ravel()), schools), path)
    return path


def _ridden(project: Project, walks: pd.DataFrame, schools: gpd.GeoDataFrame) -> pd.DataFrame:
    """Add the rides of the pairs that ask for one."""
    from gis import riding

    units = _frame(project, "units")
    rural = units["area"].eq("rural").fillna(False) if "area" in units else pd.Series(False, units.index)
    far = walks["metres"].to_numpy() > RIDE_AFTER * project.walk_speed
    asked = np.logical_or(far, rural.to_numpy(dtype=bool).repeat(len(schools)))
    columns = ("ride_metres", "ride_minutes")
    graph = _graph(project, "driving", riding.DRIVABLE) if asked.any() else None
    if graph is None:
        return walks.assign(**dict.fromkeys(columns, np.nan))
    rides = riding.riding(
        units,
        schools,
        graph,
        entrances=_optional(project, "entrances"),
        speed=project.ride_speed,
        walk_speed=project.walk_speed,
    )
    return walks.assign(**{name: rides[name].where(asked) for name in columns})


def snaps(project: Project) -> pd.DataFrame:
    """Return how far units and schools lie from the nearest road of the walking network.

    Returns
    -------
    DataFrame
        layer (units, schools), id, snap_m (metres; of the nearest entrance); empty without roads.
    """
    path = _path(project, "snaps")
    if not path.exists():
        from gis.travel import snap_distances

        graph, frames = road_graph(project), []
        for layer, key in (("units", "unit_id"), ("schools", "school_id")):
            places = _optional(project, layer)
            if graph is not None and places is not None:
                metres = snap_distances(places, graph, _optional(project, "entrances"))
                frames.append(pd.DataFrame({"layer": layer, "id": places[key], "snap_m": metres}))
        empty = pd.DataFrame({"layer": [], "id": [], "snap_m": []}).astype({"layer": str, "id": str})
        derived.store(pd.concat(frames, ignore_index=True) if frames else empty, path)
    return pd.read_parquet(path)


def zone_travel(project: Project, stage: str) -> pd.DataFrame:
    """Return the walk from every unit to the nearest school of every zone of a stage.

    Schools that take no entrants of the stage, and private ones, belong to no zone (`seats.zoned`).

    Returns
    -------
    DataFrame
        unit_id, zone_id, school_id and the other columns of `travel`.
    """
    from planning.zonewalks import nearest_pairs

    return nearest_pairs(project, stage).astype(dict.fromkeys(("unit_id", "zone_id", "school_id"), "str"))


def walks(
    project: Project,
    plan: pd.Series,
    stage: str,
    demand: pd.Series | None = None,
    *,
    travel: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return each unit's walk under a plan, as `planning.rules.Facts.walks` wants it.

    Parameters
    ----------
    project : Project
        The project.
    plan : Series
        Unit_id -> zone_id.
    stage : str
        School stage.
    demand : Series, optional
        Pupils by unit_id; default the entrants of the planning year.
    travel : DataFrame, optional
        The rows of `zone_travel` that the plan needs (`planning.walkbook`); default all of them.

    Returns
    -------
    DataFrame
        stage, unit_id, zone_id, school_id, pupils, the other columns of `travel` and, where units state it,
        area (城区、镇区、乡村); units without a zone are left out.
    """
    if demand is None:
        children = project.layers["children"]
        demand = seats.entrants(children, stage, project.year, system=project.stage_system)
    placed = plan.dropna().rename("zone_id").rename_axis("unit_id").reset_index()
    pairs = zone_travel(project, stage) if travel is None else travel
    found = placed.merge(pairs, on=["unit_id", "zone_id"], how="left")
    pupils = found["unit_id"].map({} if demand is None else demand.to_dict()).fillna(0).astype("int64")
    units = project.layers["units"]
    if "area" in units:
        found["area"] = found["unit_id"].map(dict(zip(units["unit_id"], units["area"], strict=True)))
    return found.assign(stage=stage, pupils=pupils)


def knows_crossings(project: Project) -> bool:
    """Tell whether there is anything whose crossing could be counted: without, a count of 0 says nothing."""
    return not {"roads", "barriers"}.isdisjoint(project.layers)


def ready(project: Project, stage: str | None = None) -> bool:
    """Tell whether everything derived (for one stage, or all) is stored, so that no wait is ahead."""
    wanted = [_path(project, "territories"), _path(project, "adjacency")]
    wanted += [_travel_path(project, each) for each in ([stage] if stage else _stages(project))]
    return all(path.exists() for path in wanted)


def derive(
    project: Project,
    *,
    lang: str = "zh",
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> dict[str, int]:
    """Compute and store all that is derived from a project.

    Parameters
    ----------
    project : Project
        The project.
    lang : {"zh", "en"}
        Language of the progress messages.
    progress : callable, optional
        progress(fraction, message).
    cancelled : callable, optional
        Asked between the steps.

    Returns
    -------
    dict of str to int
        Rows by step (territories, adjacency, graph, travel_primary, travel_junior); a step that is missing
        was cancelled.
    """
    steps: dict[str, Callable[[Project], object]] = {
        "territories": territories,
        "adjacency": neighbours,
        "graph": road_graph,
    }
    for stage in _stages(project):
        steps[f"travel_{stage}"] = partial(travel, stage=stage)
    done: dict[str, int] = {}
    for number, (name, step) in enumerate(steps.items()):
        if cancelled is not None and cancelled():
            break
        if progress is not None:
            progress(number / len(steps), STEPS[name].text(lang))
        result = step(project)
        done[name] = len(result) if isinstance(result, pd.DataFrame) else int(result is not None)
    return done


def _path(project: Project, what: str, suffix: str = ".parquet") -> Path:
    """Return where something is stored, under the layers and settings that it depends on."""
    settings = (project.min_shared,) if what == "adjacency" else ()
    return derived.path(project, what, *settings, layers=_MADE_OF[what], suffix=suffix)


def _travel_path(project: Project, stage: str) -> Path:
    settings = (project.detour, project.walk_speed, project.ride_speed, project.stage_system)
    layers = ("units", "schools", "roads", "barriers", "entrances")
    return derived.path(project, f"travel_{stage}", *settings, layers=layers)


def _stages(project: Project) -> list[str]:
    return [stage for stage in stages.STAGES if len(_taught(project, stage))]


def _frame(project: Project, layer: str) -> gpd.GeoDataFrame:
    found = project.layers[layer]
    if not isinstance(found, gpd.GeoDataFrame):
        raise TypeError(f"layer {layer} has no geometry")
    return found


def _optional(project: Project, layer: str) -> gpd.GeoDataFrame | None:
    return _frame(project, layer) if layer in project.layers and len(project.layers[layer]) else None


def _barriers(project: Project) -> gpd.GeoDataFrame | None:
    from gis.barriers import all_barriers

    return all_barriers(_optional(project, "barriers"), _optional(project, "roads"))


def _taught(project: Project, stage: str) -> gpd.GeoDataFrame:
    schools = _frame(project, "schools")
    take = seats.teaches(schools, stage, system=project.stage_system, mode="enrolment")
    return schools[take.fillna(False).astype(bool)].reset_index(drop=True)


def _area(project: Project) -> gpd.GeoDataFrame | None:
    """Return the study area: the areas of the coarsest level there is."""
    areas = _optional(project, "areas")
    if areas is None or "level" not in areas:
        return areas
    for level in _LEVELS:
        if areas["level"].eq(level).any():
            return areas[areas["level"].eq(level)]
    return areas
