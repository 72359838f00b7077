"""Roads and barriers from OpenStreetMap extracts (.osm, .osm.pbf), whole or clipped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

import gis.space_faults  # noqa: F401  registers the wordings
from gis.faults import Fault, FaultError

CLASSES = {
    "expressway": ("motorway", "motorway_link"),
    "arterial": ("trunk", "trunk_link", "primary", "primary_link"),
    "secondary": ("secondary", "secondary_link", "tertiary", "tertiary_link"),
    "local": ("residential", "unclassified", "living_street", "service", "road"),
    "path": ("footway", "path", "pedestrian", "steps", "track", "cycleway", "bridleway", "corridor"),
}
"""Values of the ``highway`` tag by road class; others (construction, proposed, raceway ...) are left out."""

ROAD_CLASS = {value: road_class for road_class, values in CLASSES.items() for value in values}
_WATER = ("river", "canal")
_RAIL = ("rail", "light_rail", "narrow_gauge")
_NO_WAY = ("no", "private")


def read_osm(
    path: str | Path, *, bbox: tuple[float, float, float, float] | None = None, crs: Any = None
) -> gpd.GeoDataFrame:
    """Read the roads of an .osm or .osm.pbf file through GDAL's OSM driver.

    A clipped extract, whose ways refer to nodes that are not in it, is read as far as it goes.

    Parameters
    ----------
    path : path of the file
    bbox : (west, south, east, north) in degrees, optional
    crs : optional
        CRS to convert to, anything geopandas takes; default EPSG:4326.

    Returns
    -------
    GeoDataFrame
        ``road_id, name, road_class, bridge, tunnel, geometry`` (LineString). Ways closed to walkers
        (``foot`` no or private; ``access`` no or private with no ``foot``) are left out, expressways kept:
        they bound territories, and the walking graph leaves them out itself.

    Raises
    ------
    FaultError
        If the file is missing or unreadable or holds no road.
    """
    lines = _read_lines(path, bbox)
    tags = lines["other_tags"].fillna("")
    road_class = lines["highway"].map(ROAD_CLASS)
    foot, access = _tag(tags, "foot"), _tag(tags, "access")
    closed = foot.isin(_NO_WAY) | (access.isin(_NO_WAY) & foot.isna())
    keep = road_class.notna() & (~closed | (road_class == "expressway"))
    frame = gpd.GeoDataFrame(
        {
            "road_id": lines["osm_id"].astype(str),
            "name": lines["name"].fillna("").astype(str),
            "road_class": road_class,
            "bridge": _flag(tags, "bridge"),
            "tunnel": _flag(tags, "tunnel"),
        },
        geometry=lines.geometry,
        crs=4326,
    )[keep].reset_index(drop=True)
    if not len(frame):
        raise FaultError([Fault("space_no_roads", file=Path(path).name, layer="roads")])
    return frame.astype({"road_class": str}) if crs is None else frame.astype({"road_class": str}).to_crs(crs)


def read_osm_barriers(
    path: str | Path, *, bbox: tuple[float, float, float, float] | None = None, crs: Any = None
) -> gpd.GeoDataFrame:
    """Read rivers, canals and railways above ground from an .osm or .osm.pbf file.

    Parameters and errors as for :func:`read_osm`; a file without barriers gives an empty frame.

    Returns
    -------
    GeoDataFrame
        ``barrier_id, name, kind`` (river or rail), geometry (LineString).
    """
    lines = _read_lines(path, bbox)
    tags = lines["other_tags"].fillna("")
    rail = lines["railway"] if "railway" in lines else _tag(tags, "railway")
    kind = pd.Series(pd.NA, index=lines.index, dtype="str")
    kind[lines["waterway"].isin(_WATER)] = "river"
    kind[rail.isin(_RAIL)] = "rail"
    keep = kind.notna() & ~_flag(tags, "tunnel")
    columns = {"barrier_id": lines["osm_id"].astype(str), "name": lines["name"].fillna(""), "kind": kind}
    frame = gpd.GeoDataFrame(columns, geometry=lines.geometry, crs=4326)[keep].reset_index(drop=True)
    return frame if crs is None else frame.to_crs(crs)


def _read_lines(path: str | Path, bbox: tuple[float, float, float, float] | None) -> gpd.GeoDataFrame:
    file = Path(path)
    if not file.is_file() or file.suffix.lower() not in (".osm", ".pbf"):
        raise FaultError([Fault("space_no_osm_file", file=file.name, layer="roads")])
    try:
        frame = pyogrio.read_dataframe(file, layer="lines", bbox=bbox)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
        raise FaultError([Fault("space_bad_osm_file", file=file.name, found=str(error))]) from error
    usable = ~(shapely.is_missing(frame.geometry) | shapely.is_empty(frame.geometry))
    return frame[usable].reset_index(drop=True)


def _tag(tags: pd.Series, name: str) -> pd.Series:
    """Value of one tag in GDAL's ``other_tags`` ("key"=>"value",...), NA where it is not set."""
    return tags.str.extract(rf'"{name}"=>"([^"]*)"', expand=False)


def _flag(tags: pd.Series, name: str) -> pd.Series:
    value = _tag(tags, name)
    return value.notna() & ~value.isin(["no", "building_passage"])
