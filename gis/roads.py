"""The walking network: an immutable graph made from road lines, saved and loaded as one file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gis.faults import Fault, FaultError
from gis.osm import read_osm, read_osm_barriers
from gis.osmgraphs import download_roads, read_graphml
from gis.space_faults import metres_faults

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from gis import noding

__all__ = ["CLASSES", "WALKABLE", "RoadGraph", "download_roads", "graph_from_lines", "load", "read_graphml"]
__all__ += ["read_osm", "read_osm_barriers", "save"]

CLASSES = ("expressway", "arterial", "secondary", "local", "path")
WALKABLE = CLASSES[1:]
"""Classes that people may walk along: all but expressways."""


@dataclass(frozen=True, eq=False)
class RoadGraph:
    """A road network for walking: undirected, lengths in metres; its arrays cannot be written to.

    Attributes
    ----------
    xy : float64 (n, 2)
        Nodes: ends and junctions of roads.
    u, v : int32 (m,)
        Nodes at the ends of each edge.
    length : float64 (m,)
        Metres along the edge.
    road_class : int8 (m,)
        Index into ``CLASSES``.
    bridge, tunnel : bool (m,)
    road : int32 (m,)
        Number of the road: edges of one name and class share it; a nameless road is one line of the layer.
    indptr, indices, weights : CSR of the symmetric n x n matrix of lengths (the shortest of parallel edges)
    shape_start : int64 (m + 1,), shape_xy : float64 (k, 2)
        Vertices of edge i are ``shape_xy[shape_start[i]:shape_start[i + 1]]``.
    crs : str
        The project CRS of the coordinates, "" if unknown.
    dropped_m, dropped_edges : float, int
        Roads left out because no walk leads from them to the largest connected part.
    """

    xy: npt.NDArray[np.float64]
    u: npt.NDArray[np.int32]
    v: npt.NDArray[np.int32]
    length: npt.NDArray[np.float64]
    road_class: npt.NDArray[np.int8]
    bridge: npt.NDArray[np.bool_]
    tunnel: npt.NDArray[np.bool_]
    road: npt.NDArray[np.int32]
    indptr: npt.NDArray[np.int32]
    indices: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float64]
    shape_start: npt.NDArray[np.int64]
    shape_xy: npt.NDArray[np.float64]
    crs: str = ""
    dropped_m: float = 0.0
    dropped_edges: int = 0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)

    @property
    def matrix(self) -> csr_array:
        """Symmetric matrix of edge lengths in metres."""
        from scipy.sparse import csr_array

        n = len(self.xy)
        return csr_array((self.weights, self.indices, self.indptr), shape=(n, n))

    @cached_property
    def _lines(self) -> npt.NDArray[np.object_]:
        edge = np.repeat(np.arange(len(self.u)), np.diff(self.shape_start))
        lines = np.asarray(shapely.linestrings(self.shape_xy, indices=edge), dtype=object)
        lines.setflags(write=False)
        return lines

    def lines(self) -> npt.NDArray[np.object_]:
        """Edges as LineStrings; the array cannot be written to."""
        return self._lines

    def to_frame(self) -> gpd.GeoDataFrame:
        """Edges as a layer: ``road_class, bridge, tunnel, metres, geometry``."""
        names = np.array(CLASSES, dtype=object)[self.road_class]
        columns = {
            "road_class": names,
            "bridge": self.bridge,
            "tunnel": self.tunnel,
            "metres": self.length,
        }
        return gpd.GeoDataFrame(columns, geometry=self.lines(), crs=self.crs or None)


def graph_from_lines(
    roads: gpd.GeoDataFrame,
    *,
    snap: float = 0.5,
    node_crossings: bool = False,
    walkable: Collection[str] = WALKABLE,
    keep_all: bool = False,
) -> RoadGraph:
    """Build the walking network from road lines.

    Lines are joined where they share a vertex, and where the end of one lies within ``snap`` of another.
    Lines that merely cross are not joined (a footbridge, a flyover) unless ``node_crossings``; bridges and
    tunnels are joined at shared vertices and at their own ends only.

    Parameters
    ----------
    roads : GeoDataFrame
        ``road_class``, optional ``name``, ``bridge`` and ``tunnel``, (Multi)LineString geometry, projected.
        Without ``road_class`` every line counts as local.
    snap : float
        Metres.
    node_crossings : bool
        Join lines that cross without a shared vertex: for road layers drawn without junctions.
    walkable : classes to keep
    keep_all : bool
        Keep every connected part instead of the one with the greatest length. What is left out is reported in
        ``dropped_m`` and ``dropped_edges``.

    Returns
    -------
    RoadGraph

    Raises
    ------
    FaultError
        If the CRS is not in metres or no road is left.
    """
    from gis import noding  # scipy is slow to import, and a saved graph needs none of it

    frame = _lines(roads, walkable)
    shapes = frame.geometry.to_numpy()
    apart = (frame["bridge"] | frame["tunnel"]).to_numpy()
    chain = noding.chains(shapes, apart, snap=snap, node_crossings=node_crossings)
    found = noding.edges(chain)
    main = noding.main_component(found.u, found.v, found.length, len(found.xy))
    kept = np.ones(len(found.u), dtype=bool) if keep_all else main[found.u]
    return _graph(chain, found, kept, frame, str(roads.crs.to_string() if roads.crs is not None else ""))


def _lines(roads: gpd.GeoDataFrame, walkable: Collection[str]) -> gpd.GeoDataFrame:
    if faults := metres_faults(roads, "roads"):
        raise FaultError(faults)
    road_class = roads["road_class"] if "road_class" in roads else pd.Series("local", index=roads.index)
    flags = {
        name: roads[name].fillna(False).astype(bool) if name in roads else False
        for name in ("bridge", "tunnel")
    }
    columns = {"road_class": road_class, "road": _road_numbers(roads, road_class), **flags}
    frame = gpd.GeoDataFrame(columns, geometry=roads.geometry, crs=roads.crs)
    frame = frame[road_class.isin(list(walkable)) & road_class.isin(CLASSES)].explode(ignore_index=True)
    frame = frame.set_geometry(shapely.force_2d(frame.geometry.to_numpy()))
    frame = frame[(frame.geom_type == "LineString") & (frame.length > 0)].reset_index(drop=True)
    if not len(frame):
        raise FaultError([Fault("space_no_roads", layer="roads")])
    return frame


def _road_numbers(roads: gpd.GeoDataFrame, road_class: pd.Series) -> pd.Series:
    name = roads["name"] if "name" in roads else pd.Series("", index=roads.index)
    key = road_class.astype(str) + "|" + name.fillna("").astype(str)
    row = pd.Series(np.arange(len(roads)), index=roads.index)
    nameless = name.isna() | (name == "")
    return pd.Series(pd.factorize(key.where(~nameless, row.astype(str)))[0], index=roads.index)


def _graph(
    chain: noding.Chains, found: noding.Edges, kept: Any, frame: gpd.GeoDataFrame, crs: str
) -> RoadGraph:
    nodes, number = np.unique(np.concatenate([found.u[kept], found.v[kept]]), return_inverse=True)
    u, v = np.split(number.ravel().astype(np.int32), 2)
    length, line = found.length[kept], found.line[kept]
    from gis import noding

    rows, begin = noding.slices(found.start[kept], found.stop[kept])
    matrix = _shortest(u, v, length, len(nodes))
    codes = pd.Categorical(frame["road_class"], categories=list(CLASSES)).codes
    return RoadGraph(
        xy=found.xy[nodes],
        u=u,
        v=v,
        length=length,
        road_class=codes[line].astype(np.int8),
        bridge=frame["bridge"].to_numpy(dtype=bool)[line],
        tunnel=frame["tunnel"].to_numpy(dtype=bool)[line],
        road=frame["road"].to_numpy(dtype=np.int32)[line],
        indptr=matrix.indptr.astype(np.int32),
        indices=matrix.indices.astype(np.int32),
        weights=matrix.data,
        shape_start=begin,
        shape_xy=chain.xy[rows],
        crs=crs,
        dropped_m=float(found.length[~kept].sum()),
        dropped_edges=int((~kept).sum()),
    )


def _shortest(u: Any, v: Any, length: Any, count: int) -> csr_array:
    """Symmetric matrix that keeps the shortest of parallel edges and no loop."""
    from scipy.sparse import csr_array

    a, b, w = np.concatenate([u, v]), np.concatenate([v, u]), np.tile(length, 2)
    order = np.lexsort((w, b, a))
    a, b, w = a[order], b[order], w[order]
    first = np.concatenate([[True], (np.diff(a) != 0) | (np.diff(b) != 0)]) & (a != b)
    return csr_array((w[first], (a[first], b[first])), shape=(count, count))


def save(graph: RoadGraph, path: str | Path) -> None:
    """Write a graph to one .npz file."""
    values: dict[str, Any] = {field.name: np.asarray(getattr(graph, field.name)) for field in fields(graph)}
    with Path(path).open("wb") as file:
        np.savez_compressed(file, **values)


def load(path: str | Path) -> RoadGraph:
    """Read a graph that :func:`save` wrote; nothing in the file is executed.

    Raises
    ------
    ValueError
        If the file is not a saved graph.
    """
    with np.load(Path(path), allow_pickle=False) as file:
        missing = {field.name for field in fields(RoadGraph)} - set(file.files)
        if missing:
            raise ValueError(f"{Path(path).name} is not a saved road graph: it lacks {sorted(missing)}")
        values = {field.name: file[field.name] for field in fields(RoadGraph)}
    plain: dict[str, Any] = {name: v.item() if v.ndim == 0 else v for name, v in values.items()}
    return RoadGraph(**plain)
