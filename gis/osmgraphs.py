"""Road graphs of osmnx as a layer of roads: saved ones (.graphml), and a download when it is asked for."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import geopandas as gpd
import pandas as pd

import gis.space_faults  # noqa: F401  registers the wordings
from gis.faults import Fault, FaultError, register_kinds
from gis.osm import ROAD_CLASS

register_kinds(
    {
        "roads_graph_unreadable": (
            "不是 osmnx 保存的路网({found})。请用 osmnx 的 save_graphml 重新保存，或改用 .osm、.osm.pbf。",
            "this is no road graph as osmnx saves it ({found}). Save it again with save_graphml, or use an "
            ".osm or .osm.pbf file.",
        ),
        "roads_download_failed": (
            "下载道路没有成功({found})，项目里的道路没有改动。请检查网络和范围；"
            "不能上网时，导入 .osm、.osm.pbf 或已保存的路网。",
            "the roads could not be downloaded ({found}); those of the project are as they were. Check the "
            "network and the extent, or import an .osm or .osm.pbf file or a saved graph.",
        ),
        "roads_download_extent": (
            "没有说明下载哪里的道路。请给出地名，或经纬度范围(西、南、东、北)。",
            "it is not said where the roads are to come from. Give a place or bounds in degrees (west, "
            "south, east, north).",
        ),
    }
)

_HIGHWAYS = "|".join(ROAD_CLASS)


def read_graphml(path: str | Path, *, crs: Any = None) -> gpd.GeoDataFrame:
    """Read the roads of a graph that osmnx saved; nothing in the file is executed or fetched.

    Parameters
    ----------
    path : path of the file
    crs : optional
        CRS to convert to; default that of the graph.

    Returns
    -------
    GeoDataFrame
        As :func:`gis.osm.read_osm`; the two directions of a street are one line.

    Raises
    ------
    FaultError
        ``file_missing``, ``roads_graph_unreadable``, or ``space_no_roads``.
    """
    import networkx  # slow to import, and only wanted here
    import osmnx

    path = Path(path)
    if not path.is_file():
        raise FaultError([Fault("file_missing", found=str(path))])
    try:
        graph = osmnx.load_graphml(path)
        return _roads(graph, path.name, crs)
    except (KeyError, ValueError, TypeError, AttributeError, ParseError, networkx.NetworkXError) as error:
        if isinstance(error, FaultError):
            raise
        reason = f"{type(error).__name__}: {error}"
        raise FaultError([Fault("roads_graph_unreadable", path.name, found=reason)]) from error


def download_roads(
    place: str = "",
    *,
    bbox: tuple[float, float, float, float] | None = None,
    crs: Any = None,
    endpoint: str = "",
    timeout: float = 60,
) -> gpd.GeoDataFrame:
    """Download the roads of a place from OpenStreetMap through osmnx. Uses the network: only when asked.

    Parameters
    ----------
    place : str
        Name that OpenStreetMap's geocoder knows; not used where `bbox` is given.
    bbox : tuple of float, optional
        West, south, east, north in degrees (WGS 84).
    crs : optional
        CRS to convert to; default EPSG:4326.
    endpoint : str
        Address of another Overpass server, without ``/interpreter``.
    timeout : float
        Seconds for one answer.

    Returns
    -------
    GeoDataFrame
        As :func:`gis.osm.read_osm`.

    Raises
    ------
    FaultError
        ``roads_download_extent``, ``roads_download_failed`` (no network, no such place, no answer) or
        ``space_no_roads``.
    """
    import osmnx  # slow to import, and only wanted here
    import requests
    from osmnx._errors import InsufficientResponseError, ResponseStatusCodeError

    if bbox is None and not place.strip():
        raise FaultError([Fault("roads_download_extent", layer="roads")])
    failures = (requests.RequestException, InsufficientResponseError, ResponseStatusCodeError, OSError)
    options: dict[str, Any] = {"simplify": False, "retain_all": True}
    options["custom_filter"] = f'["highway"~"^({_HIGHWAYS})$"]'
    with _settings(osmnx.settings, endpoint, timeout):
        try:
            if bbox is not None:
                graph = osmnx.graph_from_bbox(bbox, **options)
            else:
                graph = osmnx.graph_from_place(place, **options)
        except failures as error:
            reason = type(error).__name__
            raise FaultError([Fault("roads_download_failed", layer="roads", found=reason)]) from error
    return _roads(graph, "", crs)


@contextmanager
def _settings(settings: Any, endpoint: str, timeout: float) -> Iterator[None]:
    """Set osmnx up for one download, with nothing kept on disk, and put everything back after it."""
    own: dict[str, Any] = {"use_cache": False, "requests_timeout": timeout, "doh_url_template": None}
    own |= {"overpass_url": endpoint, "overpass_rate_limit": False} if endpoint else {}
    before = {name: getattr(settings, name) for name in own}
    resolve = socket.getaddrinfo  # osmnx puts its own in its place
    try:
        for name, value in own.items():
            setattr(settings, name, value)
        yield
    finally:
        socket.getaddrinfo = resolve
        for name, value in before.items():
            setattr(settings, name, value)


def _roads(graph: Any, file: str, crs: Any) -> gpd.GeoDataFrame:
    """Return the edges of a graph as roads, each street once."""
    import osmnx

    edges = osmnx.graph_to_gdfs(osmnx.convert.to_undirected(graph), nodes=False).reset_index(drop=True)
    blank = pd.Series(pd.NA, index=edges.index, dtype="str")
    columns = {name: edges[name].map(_first) if name in edges else blank for name in _TAGS}
    frame = gpd.GeoDataFrame(
        {
            "road_id": columns["osmid"].astype(str) + "-" + edges.index.astype(str),
            "name": columns["name"].fillna("").astype(str),
            "road_class": columns["highway"].map(ROAD_CLASS),
            "bridge": ~columns["bridge"].fillna("no").isin(["no"]),
            "tunnel": ~columns["tunnel"].fillna("no").isin(["no", "building_passage"]),
        },
        geometry=edges.geometry,
        crs=edges.crs,
    )
    frame = frame[frame["road_class"].notna()].reset_index(drop=True).astype({"road_class": str})
    if not len(frame):
        raise FaultError([Fault("space_no_roads", file=file, layer="roads")])
    return frame if crs is None else frame.to_crs(crs)


_TAGS = ("osmid", "name", "highway", "bridge", "tunnel")


def _first(value: Any) -> Any:
    """Return the first of osmnx's lists of values."""
    return value[0] if isinstance(value, list) else value
