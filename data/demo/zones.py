"""Catchments of the synthetic city: grown over neighbouring units so that they hang together."""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import Voronoi, cKDTree

from data.demo.roads import Roads
from data.demo.terrain import crossings

_AHEAD: Final = 30_000.0
_ROUNDS: Final = 40


@dataclass(frozen=True)
class Neighbours:
    """Which units of a district border on each other, and how far apart they are over the roads.

    Attributes
    ----------
    pairs : ndarray (m, 2)
        Rows of units, each pair once.
    metres : ndarray (m,)
        Road distance.
    count : int
        Units.
    touching : csr_array (count, count)
        Units that touch at all, be the border ever so short.
    """

    pairs: np.ndarray
    metres: np.ndarray
    count: int
    touching: csr_array

    def matrix(self) -> csr_array:
        """Return the road distances as a symmetric sparse matrix."""
        a, b = self.pairs.T
        both = (np.r_[self.metres, self.metres], (np.r_[a, b], np.r_[b, a]))
        return coo_array(both, shape=(self.count, self.count)).tocsr()

    def pieces(self, members: np.ndarray) -> int:
        """Count the connected pieces of a set of units (rows)."""
        return connected_components(self.matrix()[members][:, members], directed=False)[0]


def neighbours(
    units: gpd.GeoDataFrame, roads: Roads, area: shapely.Polygon, barriers: gpd.GeoDataFrame
) -> Neighbours:
    """Find the neighbours of each unit.

    Units border where their territories do, at least along a good part of a side, with no barrier without a
    bridge between; what would be cut off by that is joined as the territories allow.

    Parameters
    ----------
    units : GeoDataFrame
    roads : Roads
    area : Polygon
        The district.
    barriers : GeoDataFrame
    """
    xy = units[["x", "y"]].to_numpy()
    pairs, strong = _touching(units, roads, area, barriers)
    gap = np.linalg.norm(xy[pairs[:, 0]] - xy[pairs[:, 1]], axis=1)
    way = roads.metres_from(roads.unit_node)
    metres = np.maximum(way[pairs[:, 0], pairs[:, 1]], gap)
    kept = strong > 0.15 * gap
    for row in np.flatnonzero(~kept)[np.argsort(metres[~kept])]:
        count, part = connected_components(_matrix(pairs[kept], len(xy)), directed=False)
        if count == 1:
            break
        kept[row] = part[pairs[row, 0]] != part[pairs[row, 1]]
    every = _matrix(np.vstack([pairs, pairs[:, ::-1]]), len(xy))
    return Neighbours(pairs[kept], metres[kept], len(xy), every)


def _touching(
    units: gpd.GeoDataFrame, roads: Roads, area: shapely.Polygon, barriers: gpd.GeoDataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of rows whose ground touches, and metres of border that can be crossed (0 for a bridge).

    The ground of a unit is what lies nearest to its outline: quick, and close enough to what
    `gis.territories` draws that zones in one piece here are in one piece there.
    """
    outline = shapely.segmentize(shapely.boundary(units.geometry.to_numpy()), 110.0)
    outline = np.where(shapely.is_empty(outline), units.geometry.to_numpy(), outline)
    xy, unit = shapely.get_coordinates(outline, return_index=True)
    xy, first = np.unique(xy, axis=0, return_index=True)
    points, borders = _ridges(xy, unit[first])
    middle = shapely.points(xy[points].mean(axis=1))
    apart = np.linalg.norm(xy[points[:, 0]] - xy[points[:, 1]], axis=1)
    # Far out between two units the ground may well be cut by a road or be another's.
    close = shapely.intersection(shapely.buffer(middle, 0.75 * apart, quad_segs=4), area)
    length = shapely.length(shapely.intersection(borders, close))
    lines = np.asarray(shapely.linestrings(xy[points]))
    main = roads.layer[roads.layer["road_class"].isin(["arterial", "expressway"])]
    # Main roads bound the ground of units: what faces each other across them at a slant does not touch.
    length[crossings(lines, main)] *= np.where(apart[crossings(lines, main)] > 600.0, 0.0, 0.4)
    length[crossings(lines, barriers)] = 0.0
    pairs = np.sort(unit[first][points], axis=1)
    joined = np.sort(unit[first][_bridge_ends(xy, roads, barriers)], axis=1)
    joined = joined[joined[:, 0] != joined[:, 1]]
    every, row = np.unique(np.vstack([pairs, joined]), axis=0, return_inverse=True)
    return every, np.bincount(row, weights=np.r_[length, np.zeros(len(joined))])


def _bridge_ends(xy: np.ndarray, roads: Roads, barriers: gpd.GeoDataFrame) -> np.ndarray:
    """Nearest points to both ends of each bridge, on the end's own side of the barrier."""
    spans, tree, near = roads.layer.geometry[roads.layer["bridge"]].to_numpy(), cKDTree(xy), min(40, len(xy))
    sides = []
    for which in (0, -1):
        end = shapely.get_coordinates(shapely.get_point(spans, which))
        choice = tree.query(end, k=near)[1]
        ways = np.stack([np.repeat(end, near, axis=0), xy[choice.ravel()]], axis=1)
        lines = np.asarray(shapely.linestrings(ways))
        across = crossings(lines, barriers).reshape(-1, near)
        sides.append(choice[np.arange(len(end)), across.argmin(axis=1)])
    return np.stack(sides, axis=1)


def _ridges(xy: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sides between the Voronoi cells of different units: the two points of each, and its line."""
    middle, reach = xy.mean(axis=0), 3 * np.ptp(xy, axis=0).max()
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    drawn = Voronoi(np.vstack([xy, middle + reach * np.stack([np.cos(turn), np.sin(turn)], axis=1)]))
    ends, points = np.array(drawn.ridge_vertices), drawn.ridge_points
    inner = (ends >= 0).all(axis=1) & (points < len(xy)).all(axis=1)
    points, ends = points[inner], ends[inner]
    between = unit[points[:, 0]] != unit[points[:, 1]]
    return points[between], shapely.linestrings(drawn.vertices[ends[between]])


def _matrix(pairs: np.ndarray, count: int) -> csr_array:
    return coo_array((np.ones(len(pairs)), pairs.T), shape=(count, count)).tocsr()


def grow(near: Neighbours, anchors: np.ndarray, zone: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Give each unit to the anchor it reaches first over its neighbours.

    The way to a unit leads through units of the same zone, so a zone with one anchor is in one piece.

    Parameters
    ----------
    near : Neighbours
    anchors : ndarray (k,)
        Unit each school stands in.
    zone : ndarray (k,)
        Zone of each school.
    lead : ndarray (k,)
        Head start, metres.

    Returns
    -------
    ndarray (units,)
        Zones.
    """
    source = near.count
    start = np.maximum(_AHEAD - lead, 1.0)
    a, b = near.pairs.T
    rows, columns = np.r_[a, b, np.full(len(anchors), source)], np.r_[b, a, anchors]
    data = np.r_[near.metres, near.metres, start]
    graph = coo_array((data, (rows, columns)), shape=(source + 1, source + 1)).tocsr()
    reached, before = dijkstra(graph, indices=source, return_predecessors=True)
    out = np.full(source + 1, -1)
    out[anchors] = zone
    for unit in np.argsort(reached)[1:]:
        if before[unit] != source:
            out[unit] = out[before[unit]]
    return out[:-1]


def balance(
    near: Neighbours, anchors: np.ndarray, zone: np.ndarray, demand: np.ndarray, target: np.ndarray
) -> np.ndarray:
    """Grow zones whose demand comes near a target, by shifting their head starts.

    Parameters
    ----------
    near, anchors, zone
        As in `grow`; zones count from 0.
    demand : ndarray (units,)
    target : ndarray (zones,)
        Demand each zone shall have.

    Returns
    -------
    ndarray (units,)
        The best zones found.
    """
    lead, least = np.zeros(len(anchors)), np.inf
    best = grow(near, anchors, zone, lead)
    step = np.full(len(anchors), float(np.median(near.metres)))
    for round_ in range(_ROUNDS):
        label = grow(near, anchors, zone, lead)
        got = np.bincount(label, weights=demand, minlength=len(target))
        # A zone left nearly empty counts more than a little too much everywhere.
        miss = float((np.abs(got - target) * np.where(got < 0.6 * target, 4.0, 1.0)).sum())
        if miss < least and (label[anchors] == zone).all():
            best, least = label, miss
        pull = np.clip((target[zone] - got[zone]) / np.maximum(target[zone], 1.0), -0.8, 0.8)
        lead = np.clip(lead + step * pull * 0.97**round_, -9000.0, 9000.0)
        lead = _tamed(anchors, zone, lead, label)
    return best


def _tamed(anchors: np.ndarray, zone: np.ndarray, lead: np.ndarray, label: np.ndarray) -> np.ndarray:
    """Pull back the head starts of the zones that swallowed another zone's school."""
    lost = label[anchors] != zone
    eaters = np.isin(zone, label[anchors][lost])
    return np.where(eaters, lead - 250.0, np.where(lost, lead + 250.0, lead))
