"""Catchments of the synthetic city: grown over neighbouring units so that they hang together."""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import Voronoi

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
    """

    pairs: np.ndarray
    metres: np.ndarray
    count: int

    def matrix(self) -> csr_array:
        """Return the road distances as a symmetric sparse matrix."""
        a, b = self.pairs.T
        both = (np.r_[self.metres, self.metres], (np.r_[a, b], np.r_[b, a]))
        return coo_array(both, shape=(self.count, self.count)).tocsr()

    def pieces(self, members: np.ndarray) -> int:
        """Count the connected pieces of a set of units (rows)."""
        return connected_components(self.matrix()[members][:, members], directed=False)[0]


def neighbours(units: gpd.GeoDataFrame, roads: Roads, barriers: gpd.GeoDataFrame) -> Neighbours:
    """Find the neighbours of each unit.

    Units border where their Voronoi cells share a good part of a side and no river or rail line without a
    bridge lies between; what would be cut off by that is joined to what it reaches soonest by road.
    """
    xy = units[["x", "y"]].to_numpy()
    pairs = _voronoi_pairs(xy)
    way = roads.metres_from(roads.unit_node)
    straight = np.linalg.norm(xy[pairs[:, 0]] - xy[pairs[:, 1]], axis=1)
    metres = np.maximum(way[pairs[:, 0], pairs[:, 1]], straight)
    cut = crossings(shapely.linestrings(xy[pairs]), barriers) & (metres > 1.5 * straight + 500.0)
    kept = ~cut
    order = np.argsort(metres)
    for row in order[cut[order]]:
        joined = connected_components(_matrix(pairs[kept], len(xy)), directed=False)
        if joined[0] == 1:
            break
        kept[row] = joined[1][pairs[row, 0]] != joined[1][pairs[row, 1]]
    return Neighbours(pairs[kept], metres[kept], len(xy))


def _matrix(pairs: np.ndarray, count: int) -> csr_array:
    return coo_array((np.ones(len(pairs)), pairs.T), shape=(count, count)).tocsr()


def _voronoi_pairs(xy: np.ndarray) -> np.ndarray:
    middle, reach = xy.mean(axis=0), 3 * np.ptp(xy, axis=0).max()
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    far = middle + reach * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    drawn = Voronoi(np.vstack([xy, far]))
    ends = np.array(drawn.ridge_vertices)
    pairs = np.sort(drawn.ridge_points, axis=1)
    inner = (ends >= 0).all(axis=1) & (pairs < len(xy)).all(axis=1)
    pairs, ends = pairs[inner], ends[inner]
    side = np.linalg.norm(drawn.vertices[ends[:, 0]] - drawn.vertices[ends[:, 1]], axis=1)
    gap = np.linalg.norm(xy[pairs[:, 0]] - xy[pairs[:, 1]], axis=1)
    # Corners where four blocks meet are no border; far borders outside the district are none either.
    return pairs[(side > 0.2 * gap) & (gap < 30_000.0)]


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
