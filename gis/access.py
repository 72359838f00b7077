"""Where units are left and schools entered: entrances, dwelling anchors, and the roads they meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse.csgraph import connected_components

from gis.crossings import NO_BARRIERS, BarrierLines, met
from gis.faults import Fault
from gis.roads import RoadGraph

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

KEYS = {"unit": "unit_id", "school": "school_id"}
"""Column with the ids of each kind of owner of an entrance."""

STEP = 200.0
"""Metres that people beside a stray stretch of road are taken to walk off road to the main network."""

_BESIDE = 0.05


@dataclass(frozen=True)
class Access:
    """Places at which owners (units or schools) are left or entered.

    Attributes
    ----------
    xy : float64 (k, 2)
    owner : int64 (k,)
        Row of the owner; rising.
    inside : float64 (k,)
        Metres from the owner's dwelling anchor to the entrance, 0 where there is none.
    """

    xy: Floats
    owner: Ints
    inside: Floats


@dataclass(frozen=True)
class Snapped:
    """Where places meet the network.

    ``edge``; ``at``, metres from the edge's start along it; ``off``, metres beside it; ``side`` of the edge's
    direction (1 left, -1 right, 0 on it); ``owner`` and ``inside`` as in :class:`Access`; ``met``, halves of
    the barriers between the place and the road (:func:`gis.crossings.met`); ``xy`` of the place.
    """

    edge: Ints
    at: Floats
    off: Floats
    side: npt.NDArray[np.int8]
    owner: Ints
    inside: Floats
    met: Ints
    xy: Floats

    def only(self, keep: npt.NDArray[Any]) -> Snapped:
        """Return the places that are kept (bool), or in that order (row numbers)."""
        return Snapped(**{name: value[keep] for name, value in vars(self).items()})


def anchors(frame: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame | None = None) -> Floats:
    """Return x and y of the place each row stands for: where its people live or its teaching is.

    That is its dwelling anchor where ``entrances`` has one (the mean of several), else its point, else a
    point inside its polygon.
    """
    xy = shapely.get_coordinates(shapely.point_on_surface(frame.geometry.to_numpy()))
    homes = _owned(frame, entrances, dwelling=True)
    if len(homes):
        mean = homes.groupby("owner")[["x", "y"]].mean()
        xy[mean.index.to_numpy()] = mean.to_numpy()
    return xy


def access(frame: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame | None = None) -> Access:
    """Return the places at which the units or schools of ``frame`` are left or entered.

    Those are its entrances (出入口); where it has none, its anchor (see :func:`anchors`). From the dwelling
    anchor (居住点) of an owner that also has entrances, the straight way to each is added.

    Parameters
    ----------
    frame : GeoDataFrame
        ``unit_id`` or ``school_id``, geometry; projected, in metres.
    entrances : GeoDataFrame, optional
        ``owner_kind`` (unit, school), ``owner_id``, optional ``kind`` (gate, dwelling; missing means gate),
        geometry (Point). Rows of other owners are left alone.
    """
    home = anchors(frame, entrances)
    gates = _owned(frame, entrances, dwelling=False)
    lived = _owned(frame, entrances, dwelling=True)["owner"].unique()
    bare = np.setdiff1d(np.arange(len(frame)), gates["owner"].to_numpy())
    xy = np.vstack([gates[["x", "y"]].to_numpy(dtype=float), home[bare]])
    owner = np.concatenate([gates["owner"].to_numpy(dtype=np.int64), bare])
    way = np.hypot(*(xy - home[owner]).T)
    inside = np.where(np.isin(owner, lived), way, 0.0)
    order = np.argsort(owner, kind="stable")
    return Access(xy[order], owner[order], inside[order])


def _owned(frame: gpd.GeoDataFrame, entrances: gpd.GeoDataFrame | None, *, dwelling: bool) -> pd.DataFrame:
    """Rows of ``entrances`` that belong to rows of ``frame``: owner (row number), x, y."""
    if entrances is None or not len(entrances):
        return pd.DataFrame({"owner": np.empty(0, np.int64), "x": np.empty(0), "y": np.empty(0)})
    kind = "school" if KEYS["school"] in frame else "unit"
    lived = entrances["kind"].eq("dwelling") if "kind" in entrances else pd.Series(False, entrances.index)
    rows = pd.Index(frame[KEYS[kind]].astype(str)).get_indexer(entrances["owner_id"].astype(str))
    usable = ~(entrances.geometry.isna() | entrances.geometry.is_empty)
    keep = entrances["owner_kind"].eq(kind) & (rows >= 0) & (lived.fillna(False) == dwelling) & usable
    xy = shapely.get_coordinates(shapely.centroid(entrances.geometry[keep].to_numpy()))
    return pd.DataFrame({"owner": rows[keep.to_numpy()], "x": xy[:, 0], "y": xy[:, 1]})


def unknown_owners(entrances: gpd.GeoDataFrame, layers: Mapping[str, pd.DataFrame]) -> list[Fault]:
    """Return a warning for every owner of entrances that is not in its layer.

    Parameters
    ----------
    entrances : GeoDataFrame
        As :func:`access` takes them.
    layers : mapping
        Frames by name: ``units``, ``schools``; entrances of one that is not there are not judged.
    """
    known = {
        kind: set(layers[f"{kind}s"][key].astype(str)) for kind, key in KEYS.items() if f"{kind}s" in layers
    }
    owners = dict.fromkeys(zip(entrances["owner_kind"], entrances["owner_id"].astype(str)))
    return [
        Fault("space_unknown_owner", layer="entrances", column="owner_id", found=owner)
        for kind, owner in owners
        if kind in known and owner not in known[kind]
    ]


def snap(
    graph: RoadGraph,
    places: Access,
    *,
    barriers: BarrierLines = NO_BARRIERS,
    max_snap: float = np.inf,
) -> Snapped:
    """Put every place on the nearest edge of the network, except those farther off than ``max_snap`` metres.

    A place whose nearest road is not joined to the main part of the network (a yard, a stretch drawn apart)
    is put on the nearest road of the main part as well where that is within ``STEP`` and no barrier lies
    between: a digitising gap is stepped over, a river is not.
    """
    main = _main(graph)
    near = _nearest(graph, places, np.arange(len(graph.u)), barriers)
    near = near.only(near.off <= max_snap)
    stray = near.only(~main[near.edge])
    apart = Access(stray.xy, stray.owner, stray.inside)
    again = _nearest(graph, apart, np.flatnonzero(main), barriers)
    again = again.only((again.off <= min(STEP, max_snap)) & (again.met == 0))
    both = {name: np.concatenate([value, getattr(again, name)]) for name, value in vars(near).items()}
    return Snapped(**both).only(np.argsort(both["owner"], kind="stable"))


def parts(graph: RoadGraph) -> Ints:
    """Return the number of the connected part of the network that each edge belongs to."""
    return connected_components(graph.matrix, directed=False)[1][graph.u].astype(np.int64)


def _main(graph: RoadGraph) -> npt.NDArray[np.bool_]:
    """Edges of the connected part with the most road."""
    part = parts(graph)
    return part == np.argmax(np.bincount(part, weights=graph.length))


def _nearest(graph: RoadGraph, places: Access, edges: Ints, barriers: BarrierLines) -> Snapped:
    points = np.asarray(shapely.points(places.xy), dtype=object)
    tree = shapely.STRtree(graph.lines()[edges])
    row = tree.nearest(points).astype(np.int64) if len(points) else np.empty(0, np.int64)
    line, edge = tree.geometries[row], edges[row]
    at = np.asarray(shapely.line_locate_point(line, points))
    foot = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
    off = np.hypot(*(places.xy - foot).T)
    side = _side(line, at, foot, places.xy)
    side[off < _BESIDE] = 0
    ways = np.asarray(shapely.linestrings(np.stack([places.xy, foot], axis=1)), dtype=object)
    at = np.clip(at, 0.0, graph.length[edge])
    return Snapped(edge, at, off, side, places.owner, places.inside, met(ways, barriers), places.xy)


def _side(line: npt.NDArray[np.object_], at: Floats, foot: Floats, xy: Floats) -> npt.NDArray[np.int8]:
    """Side of each line on which the place lies, by the line's direction round its foot."""
    before, after = (
        shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(at + step, 0.0)))
        for step in (-1.0, 1.0)
    )
    along, off = after - before, xy - foot
    return np.sign(along[:, 0] * off[:, 1] - along[:, 1] * off[:, 0]).astype(np.int8)
