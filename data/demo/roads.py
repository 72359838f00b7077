"""Roads of a district: streets, county roads that join every village, bridges, and distances over them."""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra, minimum_spanning_tree
from scipy.spatial import Delaunay, cKDTree
from shapely.ops import substring

from data.demo.places import Settlement
from data.demo.settings import DISTRICTS, EPSG, SOURCE, District, metres
from data.demo.terrain import Terrain, crossings, expressway_line

_CROSSING: Final = 5000.0
"""What a crossing weighs against metres of road when country roads are laid out."""
_BRIDGE: Final = 60.0
"""Half the length of a bridge, metres."""
_DETOUR: Final = 2.4


@dataclass(frozen=True)
class Roads:
    """Roads of a district.

    Attributes
    ----------
    layer : GeoDataFrame
        The contract's layer `roads` (with name_en), one row between junctions.
    nodes : ndarray (n, 2)
        Junctions and villages, metres.
    graph : csr_array (n, n)
        Lengths in metres, both ways, without the expressway.
    unit_node : ndarray
        Nearest node of each unit.
    """

    layer: gpd.GeoDataFrame
    nodes: np.ndarray
    graph: csr_array
    unit_node: np.ndarray

    def metres_from(self, starts: np.ndarray) -> np.ndarray:
        """Distances from nodes to all units, shape (starts, units), metres over the roads."""
        return dijkstra(self.graph, directed=False, indices=starts)[:, self.unit_node]


def roads(district: District, ground: Terrain, grids: list[Settlement], units: gpd.GeoDataFrame) -> Roads:
    """Join streets, towns and villages of a district.

    Parameters
    ----------
    district : District
    ground : Terrain
    grids : list of Settlement
    units : GeoDataFrame
        As `places.units` gives them.

    Returns
    -------
    Roads
        Connected; every village is a node.
    """
    start = np.cumsum([0, *[len(grid.nodes) for grid in grids]])
    village = units.loc[units["grid"] < 0, ["x", "y"]].to_numpy()
    nodes = np.vstack([*[grid.nodes for grid in grids], village])
    streets = [
        grid.edges.assign(a=grid.edges["a"] + s, b=grid.edges["b"] + s) for grid, s in zip(grids, start)
    ]
    country, ramp = _country(district, ground, grids, nodes, start)
    edges = pd.concat([*streets, country], ignore_index=True)
    edges["geometry"] = _shapes(edges, nodes)
    if ramp is not None:
        nodes, edges = _with_ramp(ramp, nodes, edges)
    length = shapely.length(edges["geometry"].to_numpy())
    size = (len(nodes), len(nodes))
    graph = coo_array((length, (edges["a"].to_numpy(), edges["b"].to_numpy())), shape=size).tocsr()
    anchor = cKDTree(nodes).query(units[["x", "y"]].to_numpy())[1]
    return Roads(_layer(district, edges, ground, ramp), nodes, graph, anchor)


def _country(
    district: District, ground: Terrain, grids: list[Settlement], nodes: np.ndarray, start: np.ndarray
) -> tuple[pd.DataFrame, np.ndarray | None]:
    gates = np.concatenate([grid.gates + s for grid, s in zip(grids, start)])
    owner = np.concatenate([np.full(len(grid.gates), k) for k, grid in enumerate(grids)])
    village = np.arange(start[-1], len(nodes))
    ids = np.concatenate([gates, village])
    owner = np.concatenate([owner, np.full(len(village), -1)])
    pairs = _candidates(nodes[ids], owner)
    shape = ground.areas.loc[ground.areas["area_id"] == district.code, "geometry"].iloc[0]
    weight = _weights(nodes[ids], pairs, grids, ground) + _weight_outside(nodes[ids], pairs, shape)
    kept = _chosen(nodes[ids], pairs, weight, owner)
    frame = pd.DataFrame({"a": ids[kept[:, 0]], "b": ids[kept[:, 1]]})
    frame["road_class"] = _classes(kept, nodes[ids], owner, district)
    words = {
        "arterial": ("国省干线", "Trunk Road"),
        "secondary": ("县道", "County Road"),
        "local": ("乡村路", "Village Road"),
    }
    frame["name"] = [words[c][0] for c in frame["road_class"]]
    frame["name_en"] = [words[c][1] for c in frame["road_class"]]
    bend = ground.interchanges.set_index("code")
    ramp = bend.loc[district.code, ["x", "y"]].to_numpy(dtype=float) if district.code in bend.index else None
    return frame, ramp


def _candidates(xy: np.ndarray, owner: np.ndarray) -> np.ndarray:
    simplices = Delaunay(xy).simplices
    pairs = np.sort(np.vstack([simplices[:, [0, 1]], simplices[:, [1, 2]], simplices[:, [0, 2]]]), axis=1)
    pairs = np.unique(pairs, axis=0)
    same = (owner[pairs[:, 0]] == owner[pairs[:, 1]]) & (owner[pairs[:, 0]] >= 0)
    return pairs[~same]


def _weights(xy: np.ndarray, pairs: np.ndarray, grids: list[Settlement], ground: Terrain) -> np.ndarray:
    lines = shapely.linestrings(xy[pairs])
    built = shapely.STRtree([grid.outline.buffer(-25.0) for grid in grids])
    through = np.zeros(len(pairs), dtype=bool)
    through[built.query(lines, predicate="intersects")[0]] = True
    return shapely.length(lines) + _CROSSING * crossings(lines, ground.barriers) + 60_000.0 * through


def _weight_outside(xy: np.ndarray, pairs: np.ndarray, shape: shapely.Polygon) -> np.ndarray:
    """Country roads keep to their district where they can."""
    lines = shapely.linestrings(xy[pairs])
    return 3.0 * (shapely.length(lines) - shapely.length(shapely.intersection(lines, shape)))


def _chosen(xy: np.ndarray, pairs: np.ndarray, weight: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Shortest tree, and the shortcuts without which the way round would be long."""
    inner = _inner(owner)
    tree = minimum_spanning_tree(
        _matrix(len(xy), np.vstack([pairs, inner]), np.r_[weight, np.full(len(inner), 1e-3)])
    )
    way = dijkstra(tree, directed=False)
    short = (way[pairs[:, 0], pairs[:, 1]] > _DETOUR * weight) & (weight < 12_000.0)
    a, b = tree.nonzero()
    laid = np.sort(np.stack([a, b], axis=1), axis=1)
    size = len(xy)
    known = np.isin(pairs[:, 0] * size + pairs[:, 1], laid[:, 0] * size + laid[:, 1])
    return pairs[known | short]


def _inner(owner: np.ndarray) -> np.ndarray:
    """Pairs of gates of one settlement: within it one gets about."""
    pairs = [
        np.stack([np.full(len(own) - 1, own[0]), own[1:]], axis=1)
        for k in range(owner.max() + 1)
        if len(own := np.flatnonzero(owner == k)) > 1
    ]
    return np.vstack(pairs)


def _matrix(size: int, pairs: np.ndarray, weight: np.ndarray) -> csr_array:
    return coo_array((weight, (pairs[:, 0], pairs[:, 1])), shape=(size, size)).tocsr()


def _classes(kept: np.ndarray, xy: np.ndarray, owner: np.ndarray, district: District) -> np.ndarray:
    """County roads lead from the seat to the towns, trunk roads on towards the neighbouring seats."""
    length = np.linalg.norm(xy[kept[:, 0]] - xy[kept[:, 1]], axis=1)
    inner = _inner(owner)
    graph = _matrix(len(xy), np.vstack([kept, inner]), np.r_[length, np.full(len(inner), 1.0)])
    before = dijkstra(graph, directed=False, indices=0, return_predecessors=True)[1]
    towns = [int(np.flatnonzero(owner == k)[0]) for k in range(1, owner.max() + 1)]
    used = {"secondary": _trace(towns, before), "arterial": _trace(_ways_out(xy, district), before)}
    kinds = np.full(len(kept), "local", dtype=object)
    key = kept[:, 0] * len(xy) + kept[:, 1]
    for kind, steps in used.items():
        kinds[np.isin(key, [min(s) * len(xy) + max(s) for s in steps])] = kind
    return kinds


def _trace(ends: list[int], before: np.ndarray) -> set[tuple[int, int]]:
    steps = set()
    for end in ends:
        while before[end] >= 0:
            steps.add((int(before[end]), end))
            end = int(before[end])
    return steps


def _ways_out(xy: np.ndarray, district: District) -> list[int]:
    """Nodes that lie furthest towards the three nearest neighbouring seats."""
    own = metres(district.seat)
    others = np.array([metres(d.seat) for d in DISTRICTS if d.code != district.code])
    near = others[np.argsort(np.linalg.norm(others - own, axis=1))[:3]]
    return [int(np.linalg.norm(xy - seat, axis=1).argmin()) for seat in near]


def _shapes(edges: pd.DataFrame, nodes: np.ndarray) -> np.ndarray:
    """Straight streets, country roads that swing a little."""
    ends = nodes[edges[["a", "b"]].to_numpy()]
    lines = shapely.linestrings(ends)
    country = np.flatnonzero(edges["name"].isin(["国省干线", "县道", "乡村路"]))
    share = np.linspace(0.0, 1.0, 9)[None, :, None]
    start, end = ends[country, 0][:, None], ends[country, 1][:, None]
    step = end - start
    normal = np.stack([-step[..., 1], step[..., 0]], axis=-1)
    phase = (np.arange(len(country)) * 2.399)[:, None, None]
    swing = 0.035 * np.sin(np.pi * share) * np.sin(2 * np.pi * share + phase)
    lines[country] = shapely.linestrings(np.round(start + share * step + swing * normal, 2))
    return lines


def _with_ramp(ramp: np.ndarray, nodes: np.ndarray, edges: pd.DataFrame) -> tuple[np.ndarray, pd.DataFrame]:
    """Join the interchange to the nearest corner of the core."""
    near = int(np.linalg.norm(nodes - ramp, axis=1).argmin())
    line = shapely.linestrings([nodes[near], ramp])
    row = {
        "a": near,
        "b": len(nodes),
        "road_class": "arterial",
        "name": "高速连接线",
        "name_en": "Expressway Link",
    }
    return np.vstack([nodes, ramp]), pd.concat(
        [edges, pd.DataFrame([{**row, "geometry": line}])], ignore_index=True
    )


def _layer(
    district: District, edges: pd.DataFrame, ground: Terrain, ramp: np.ndarray | None
) -> gpd.GeoDataFrame:
    rows = split_at_bridges(edges.drop(columns=["a", "b"]), ground.barriers)
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=EPSG).assign(tunnel=False)
    if ramp is not None:
        frame = pd.concat([frame, _expressway(district, ground)], ignore_index=True)
    frame.insert(0, "road_id", [f"{district.code}-R{n:04d}" for n in range(1, len(frame) + 1)])
    return frame.assign(district=district.name, source=SOURCE)


def split_at_bridges(edges: pd.DataFrame, barriers: gpd.GeoDataFrame) -> pd.DataFrame:
    """Cut the bridges out of roads that cross a barrier.

    Parameters
    ----------
    edges : DataFrame
        Rows with `geometry`.
    barriers : GeoDataFrame

    Returns
    -------
    DataFrame
        The same columns and `bridge`; a crossing road becomes several rows.
    """
    lines = edges["geometry"].to_numpy()
    line, barrier = shapely.STRtree(barriers.geometry.to_numpy()).query(lines, predicate="intersects")[:2]
    shapes = barriers.geometry.to_numpy()
    plain = edges[~np.isin(np.arange(len(edges)), line)].assign(bridge=False)
    pieces = [plain]
    for at in np.unique(line):
        points = [shapely.intersection(lines[at], shapes[b]) for b in barrier[line == at]]
        marks = [lines[at].project(p) for group in points for p in shapely.get_parts(group)]
        parts = _parts(lines[at], sorted(marks))
        row = edges.iloc[[at] * len(parts)].drop(columns="geometry")
        pieces.append(row.assign(bridge=[b for b, _ in parts], geometry=np.array([g for _, g in parts])))
    return pd.concat(pieces, ignore_index=True)


def _parts(line: shapely.LineString, marks: list[float]) -> list[tuple[bool, shapely.Geometry]]:
    """Cut out the bridges round the marks along a line; (is a bridge, piece) in order."""
    cuts, last = [], 0.0
    for mark in marks:
        low, high = max(mark - _BRIDGE, last), min(mark + _BRIDGE, line.length)
        cuts += [(False, last, low), (True, low, high)]
        last = high
    cuts.append((False, last, line.length))
    found = [(bridge, _piece(line, a, b)) for bridge, a, b in cuts if b - a > 0.05]
    return found if len(found) > 1 else [(bool(marks), line)]


def _piece(line: shapely.LineString, start: float, end: float) -> shapely.Geometry:
    return shapely.set_precision(substring(line, start, end), 0.01)


def _expressway(district: District, ground: Terrain) -> gpd.GeoDataFrame:
    """Take the part of the expressway in a district that its interchange is on."""
    shape = ground.areas.loc[ground.areas["area_id"] == district.code, "geometry"].iloc[0]
    bends = ground.interchanges.set_index("code")
    at = shapely.Point(*bends.loc[district.code, ["x", "y"]])
    inside = shapely.get_parts(expressway_line().intersection(shape))
    line = inside[shapely.distance(inside, at).argmin()]
    where = line.project(at)
    halves = [_piece(line, 0.0, where), _piece(line, where, line.length)]
    words = {"road_class": "expressway", "name": "横贯高速", "name_en": "Cross-city Expressway"}
    return gpd.GeoDataFrame(
        {**words, "bridge": False, "tunnel": False}, geometry=halves, crs=EPSG, index=[0, 1]
    )
