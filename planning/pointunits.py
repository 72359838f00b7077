"""Units from points in a project: address points of estates read from bytes, and units that are only points.

The ground is derived (推定) by `gis.pointunits`; units that have polygons keep them.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from gis import crs as systems
from gis import tables
from gis.columns import Places, Schema
from gis.faults import Fault, FaultError, errors, register_kinds
from gis.headers import aliases
from gis.layers import SCHEMAS
from gis.locations import locate
from gis.pointunits import REACH, units_from_points
from gis.schema import check
from planning.placing import target_crs
from planning.progress import Cancelled, Progress
from planning.project import Project, open_project, save_layers

register_kinds(
    {
        "points_none": (
            "没有可以推定范围的点：现有单元都有面，也没有给出地址点表。",
            "there are no points to derive units from: every unit has a polygon, and no table of points was "
            "given.",
        ),
        "points_lost": (
            "点“{found}”全部落在已有小区或村的面里，不能另成一个单元。请删去这些点或核对名称。",
            'every point of "{found}" lies inside another unit\'s polygon, so it cannot be a unit of its '
            "own. Leave these points out or check the name.",
        ),
    }
)

_UNITS: Final = SCHEMAS["units"]
_TAKEN: Final = ("name", "kind", "town", "district", "area")
#: A table of address points: one row an address, any number of rows a unit; no house number is needed.
SCHEMA: Final = Schema("units", tuple(_UNITS[name] for name in _TAKEN), geometry=("Point",))


def read_points(name: str, data: bytes, project: Project, *, crs: Any = None) -> gpd.GeoDataFrame:
    """Read a table of address points with coordinates, from its bytes.

    Parameters
    ----------
    name, data
        What the file is called and holds (.xlsx, .csv ...): name of the estate or village, coordinates, and
        where they are there town, kind and area. Other columns (house numbers, owners) are not taken.
    project : Project
        Whose coordinate system the points get.
    crs
        What the planner states; see `gis.locations.locate`.

    Raises
    ------
    FaultError
        With every fault of the table.
    """
    vocabulary = {word for part in aliases(SCHEMA) for word in part}
    opened = tables.open_bytes(data, name, vocabulary=vocabulary)
    table = opened.load(opened.heads[0].name)
    places = Places(name, [table.name] * len(table.frame), table.rows)
    located = locate(table.frame, SCHEMA, places, crs=crs)
    frame, said = check(located.frame, SCHEMA, places=places)
    faults = [*table.faults, *located.faults, *said]
    if errors(faults) or not len(frame):
        raise FaultError(faults or [Fault("table_empty", name)])
    kept = gpd.GeoDataFrame(frame[[*_TAKEN, "geometry"]], geometry="geometry", crs=located.frame.crs)
    return systems.to_project(kept, target_crs(project, {})[0])


def derived_units(
    project: Project, points: gpd.GeoDataFrame | None = None, *, reach: float = REACH
) -> gpd.GeoDataFrame:
    """Return the project's units with ground derived for those that are points, and for new points.

    Parameters
    ----------
    project : Project
        Its towns (areas), roads, rivers and rails bound the ground.
    points : GeoDataFrame, optional
        Address points (`read_points`), in the project's coordinate system. A name that a unit of the same
        town bears adds to that unit.
    reach : float
        Metres from its points that a unit reaches at most.

    Raises
    ------
    FaultError
        If there is no point, or a new unit would have no ground of its own.
    """
    there = project.layers.get("units", gpd.GeoDataFrame({"unit_id": []}, geometry=[]))
    is_point = there.geometry.geom_type == "Point"
    seeds = [there[is_point]] if is_point.any() else []
    if points is not None:
        seeds.append(_identified(points, there))
    if not seeds:
        raise FaultError([Fault("points_none")])
    every = gpd.GeoDataFrame(pd.concat(seeds, ignore_index=True), crs=seeds[0].crs)
    kept = there[~is_point]
    every = every[~every["unit_id"].isin(kept["unit_id"])]
    found = units_from_points(
        every,
        bounds=_bounds(project),
        roads=_layer(project, "roads"),
        barriers=_layer(project, "barriers"),
        reach=reach,
    )
    taken = shapely.union_all(kept.geometry.to_numpy())
    found = found.set_geometry(shapely.difference(found.geometry.to_numpy(), taken))
    lost = found.loc[found.geometry.is_empty, "unit_id"]
    if len(lost):
        raise FaultError([Fault("points_lost", layer="units", found=unit) for unit in lost])
    old = there[is_point].set_index("unit_id").drop(columns=["geometry", "derived"], errors="ignore")
    found = _with_known(found, old)
    whole = pd.concat([kept, found], ignore_index=True)
    order = {unit: i for i, unit in enumerate(there["unit_id"])}
    whole = whole.sort_values("unit_id", key=lambda ids: ids.map(order).fillna(len(order)), kind="stable")
    derived = whole["derived"].astype("boolean") if "derived" in whole else False
    return gpd.GeoDataFrame(whole.assign(derived=derived).reset_index(drop=True), crs=found.crs)


def _identified(points: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return points with the id of the unit of their name and town, or a new one made of these."""
    known: dict[tuple[str, str], str] = {}
    if len(units):
        town = units["town"].fillna("") if "town" in units else pd.Series("", index=units.index)
        known = {
            (str(n), str(t)): str(u) for n, t, u in zip(units["name"], town, units["unit_id"], strict=True)
        }
    names = points["name"].astype(str)
    towns = points["town"].fillna("").astype(str)
    several = towns.groupby(names).transform("nunique") > 1
    new = names.where(~several, names + "·" + towns)
    found = [known.get((name, town), own) for name, town, own in zip(names, towns, new, strict=True)]
    return points.assign(unit_id=found)


def _with_known(found: gpd.GeoDataFrame, old: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return derived units with what the project knew about those that were points."""
    indexed = found.set_index("unit_id")
    for column in old.columns:
        values = old[column].reindex(indexed.index)
        indexed[column] = values.where(values.notna(), indexed[column]) if column in indexed else values
    return indexed.reset_index()


def _layer(project: Project, name: str) -> gpd.GeoDataFrame | None:
    return project.layers[name] if project.has(name) else None


def _bounds(project: Project) -> gpd.GeoDataFrame | None:
    """Return the finest bounds that the project has: towns."""
    areas = _layer(project, "areas")
    if areas is None:
        return None
    towns = areas[areas["level"] == "town"] if "level" in areas else areas
    return towns if len(towns) else areas


def derive_job(
    folder: str | Path,
    files: Sequence[tuple[str, bytes]] = (),
    *,
    reach: float = REACH,
    crs: Any = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> dict[str, Any]:
    """Derive units from points and save them; for a job.

    Returns
    -------
    dict
        `units` derived; or `faults`, and the project is as it was; nothing when cancelled before the save.
    """
    project = open_project(folder)
    try:
        frames = [read_points(name, data, project, crs=crs) for name, data in files]
        if progress is not None:
            progress(0.3, "")
        points = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True)) if frames else None
        found = derived_units(project, points, reach=reach)
    except FaultError as error:
        return {"faults": error.faults}
    if cancelled is not None and cancelled():
        return {}
    save_layers(project, {"units": found}, sources=_sources(project))
    return {"units": int(found["derived"].fillna(False).sum())}


def _sources(project: Project) -> pd.DataFrame:
    """Return what is stated about the units, as it was."""
    stated = project.sources[project.sources["layer"] == "units"]
    if stated.empty:
        return pd.DataFrame({"layer": ["units"], "as_of": [""], "source": [""], "file": [""]})
    return stated[["layer", "as_of", "source", "file"]]
