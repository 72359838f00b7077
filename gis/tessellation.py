"""Planar arrangements: cut a region by lines, share its empty faces out among seeds, dissolve without a gap.

Everything here works on plain shapely arrays in metres. All lines are noded on one grid (``GRID``), so two
faces that touch have exactly the same vertices along their shared border and areas add up to the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree, QhullError, Voronoi

GRID = 0.001
"""Every vertex lies on a grid of one millimetre; a polygon that keeps its shape moves by less than this."""

MAX_SEEDS = 60_000
_CUT_WEIGHT = 1e-3
Geometries = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Borders:
    """Segments that two faces share: face numbers, length in metres, and the segment's ends (n, 4)."""

    left: Ints
    right: Ints
    length: Floats
    ends: Floats


def arrange(area: shapely.Geometry, lines: Geometries) -> Geometries:
    """Faces of ``area`` cut by ``lines``; lines that end inside a face do not cut it."""
    inside = shapely.intersection(lines, area) if len(lines) else lines
    parts = np.concatenate([inside, np.array([shapely.boundary(area)], dtype=object)])
    noded = shapely.union_all(_only_lines(parts), grid_size=GRID)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    shapely.prepare(area)
    return faces[shapely.contains(area, shapely.point_on_surface(faces))]


def _only_lines(geometries: Geometries) -> Geometries:
    parts = shapely.get_parts(shapely.get_parts(geometries))
    kinds = shapely.get_type_id(parts)
    return parts[((kinds == 1) | (kinds == 2)) & ~shapely.is_empty(parts)]


def segments(faces: Geometries) -> tuple[Ints, Floats]:
    """Border segments of faces: the face of each and its ends x1, y1, x2, y2 in a fixed direction."""
    rings, ring_face = _rings(faces)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    start, end = xy[:-1][same], xy[1:][same]
    swap = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    ends = np.where(swap[:, None], np.hstack([end, start]), np.hstack([start, end]))
    return ring_face[ring[:-1][same]], ends


def _rings(faces: Geometries) -> tuple[Geometries, Ints]:
    parts, part_face = shapely.get_parts(faces, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    return rings, part_face[ring_part]


def borders(faces: Geometries) -> Borders:
    """Match the segments that two faces share (faces must be noded together)."""
    face, ends = segments(faces)
    key = np.round(ends / GRID).astype(np.int64)
    order = np.lexsort(key.T[::-1])
    twin = (key[order][1:] == key[order][:-1]).all(axis=1)
    one, two = order[:-1][twin], order[1:][twin]
    length = np.hypot(ends[one, 2] - ends[one, 0], ends[one, 3] - ends[one, 1])
    return Borders(face[one], face[two], length, ends[one])


def grow(
    shapes: Geometries, area: shapely.Geometry, cuts: Geometries, *, max_seeds: int = MAX_SEEDS
) -> Geometries:
    """Share ``area`` out among ``shapes``, without a gap or an overlap.

    Polygons keep their shape; the empty faces between them, the border of the area and the cuts go to the
    nearest polygon border that the face touches, or the nearest point inside it. A face that nothing
    touches is shared out across the cuts, from the borders of the territories round it.

    Parameters
    ----------
    shapes : array of Point or (Multi)Polygon
        Polygons must not overlap (see ``shapely.coverage_clean``).
    area : Polygon or MultiPolygon
    cuts : array of LineString or Polygon borders that no territory should cross.
    max_seeds : int
        Points to spread along polygon borders, no farther apart than 30 m and no nearer than 4 m.

    Returns
    -------
    array of Polygon or MultiPolygon
        One for every shape, in the same order.
    """
    polygon = shapely.get_dimensions(shapes) == 2
    faces = arrange(area, np.concatenate([shapely.boundary(shapes[polygon]), cuts]))
    owner = _owners(faces, shapes)
    seeds = _seeds(faces, owner, shapes, cuts, max_seeds)
    ridges = _ridges(faces, seeds)
    fine = arrange(area, np.concatenate([shapely.boundary(faces), ridges])) if len(ridges) else faces
    label = _label(fine, faces, owner, seeds)
    label = _reattach(fine, label, shapes, cuts)
    grown = _dissolve(fine, label, len(shapes))
    if not (label < 0).any():
        return grown
    return _grow_again(grown, area, fine[label < 0], first=bool(len(cuts)) or not polygon.all())


def _grow_again(grown: Geometries, area: shapely.Geometry, rest: Geometries, *, first: bool) -> Geometries:
    """Second round without cuts; what even that cannot reach (an empty island) joins the nearest shape."""
    if first:
        return grow(grown, area, np.empty(0, dtype=object), max_seeds=MAX_SEEDS // 4)
    nearest = shapely.STRtree(grown).nearest(rest)
    for index in np.unique(nearest):
        grown[index] = shapely.union_all(np.append(rest[nearest == index], grown[index]), grid_size=GRID)
    return grown


def _owners(faces: Geometries, shapes: Geometries) -> Ints:
    """Shape whose polygon covers each face, -1 where none does."""
    owner = np.full(len(faces), -1, dtype=np.int64)
    polygons = np.flatnonzero(shapely.get_dimensions(shapes) == 2)
    if len(polygons):
        tree = shapely.STRtree(shapes[polygons])
        face, polygon = tree.query(shapely.point_on_surface(faces), predicate="within")
        owner[face] = polygons[polygon]
    return owner


@dataclass(frozen=True)
class _Seeds:
    """Points that claim ground: the face they stand in or beside, the shape they stand for, x and y.

    ``spacing`` is the distance in metres between seeds spread along a border, 0 where there are only points.
    """

    face: Ints
    shape: Ints
    xy: Floats
    spacing: float = 0.0


def _seeds(faces: Geometries, owner: Ints, shapes: Geometries, cuts: Geometries, max_seeds: int) -> _Seeds:
    edge = _edge_seeds(faces, owner, cuts, max_seeds)
    points = np.flatnonzero(shapely.get_dimensions(shapes) == 0)
    empty = np.flatnonzero(owner < 0)
    if not len(points) or not len(empty):
        return edge
    # A point on a cut touches several faces: nearest() gives it one of them.
    face = empty[shapely.STRtree(faces[empty]).nearest(shapes[points])]
    return _Seeds(
        np.concatenate([edge.face, face]),
        np.concatenate([edge.shape, points]),
        np.vstack([edge.xy, shapely.get_coordinates(shapes[points])]),
        edge.spacing,
    )


def _edge_seeds(faces: Geometries, owner: Ints, cuts: Geometries, max_seeds: int) -> _Seeds:
    """Spread points along the borders of owned faces with empty ones, never at a corner of two owners.

    A border that is a cut has none: nothing grows across it.
    """
    shared = borders(faces)
    face = np.where(owner[shared.left] < 0, shared.left, shared.right)
    other = np.where(owner[shared.left] < 0, shared.right, shared.left)
    facing = (owner[face] < 0) & (owner[other] >= 0)
    facing[facing] = ~_on_lines(shared.ends[facing], cuts)
    face, shape, length, ends = face[facing], owner[other[facing]], shared.length[facing], shared.ends[facing]
    spacing = min(30.0, max(4.0, float(length.sum()) / max_seeds))
    count = np.maximum(np.ceil(length / spacing), 1).astype(np.int64)
    at = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    share = ((step + 0.5) / count[at])[:, None]
    xy = ends[at, :2] * (1 - share) + ends[at, 2:] * share
    return _Seeds(face[at], shape[at], xy, spacing if len(at) else 0.0)


def _ridges(faces: Geometries, seeds: _Seeds) -> Geometries:
    """Lines inside empty faces that are as far from the seeds of one shape as from those of another."""
    found: list[Geometries] = []
    for face, rows in _by_face(seeds):
        if (seeds.shape[rows] != seeds.shape[rows[0]]).any():
            lines = _smooth(_bisectors(seeds.xy[rows], seeds.shape[rows]), seeds.spacing)
            found.append(_clip(lines, faces[face]))
    return np.concatenate(found) if found else np.empty(0, dtype=object)


def _by_face(seeds: _Seeds) -> list[tuple[int, Ints]]:
    order = np.argsort(seeds.face, kind="stable")
    face, start = np.unique(seeds.face[order], return_index=True)
    return list(zip(face.tolist(), np.split(order, start[1:])))


def _bisectors(xy: Floats, shape: Ints) -> Geometries:
    """Voronoi ridges between seeds of different shapes; four far points make every ridge finite."""
    middle, size = xy.mean(axis=0), max(float(np.ptp(xy, axis=0).max()), 1.0)
    far = 50.0 * size + 1e5
    guard = np.array([[far, 0], [-far, 0], [0, far], [0, -far]])
    try:
        diagram = Voronoi(np.vstack([xy - middle, guard]))
    except QhullError:  # all seeds on one spot: nothing to draw between them
        return np.empty(0, dtype=object)
    pair = diagram.ridge_points
    real = (pair < len(xy)).all(axis=1)
    differ = np.flatnonzero(real)[shape[pair[real, 0]] != shape[pair[real, 1]]]
    vertices = np.array([diagram.ridge_vertices[i] for i in differ]).reshape(-1, 2)
    return shapely.linestrings(diagram.vertices[vertices] + middle)


def _smooth(ridges: Geometries, spacing: float) -> Geometries:
    """Chains of ridges between the places where three shapes meet, without the zigzag of spread seeds."""
    chains = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(ridges)))
    return shapely.simplify(chains, spacing / 4) if spacing else chains


def _clip(lines: Geometries, face: shapely.Geometry) -> Geometries:
    shapely.prepare(face)
    lines = lines[shapely.intersects(face, lines)]
    crossing = ~shapely.contains_properly(face, lines)
    lines[crossing] = shapely.intersection(lines[crossing], face)
    return _only_lines(lines)


def _label(fine: Geometries, faces: Geometries, owner: Ints, seeds: _Seeds) -> Ints:
    """Shape of each fine face: the owner of the face it was cut from, else the nearest seed there."""
    inner = shapely.point_on_surface(fine)
    parent = np.full(len(fine), -1, dtype=np.int64)
    at, of = shapely.STRtree(faces).query(inner, predicate="within")
    parent[at] = of
    label = np.where(parent >= 0, owner[parent], -1)
    seeds_of = dict(_by_face(seeds))
    open_faces = np.flatnonzero((label < 0) & (parent >= 0))
    order = open_faces[np.argsort(parent[open_faces], kind="stable")]
    for group in np.split(order, np.flatnonzero(np.diff(parent[order])) + 1):
        if len(group) and (rows := seeds_of.get(int(parent[group[0]]))) is not None:
            nearest = KDTree(seeds.xy[rows]).query(shapely.get_coordinates(inner[group]))[1]
            label[group] = seeds.shape[rows[nearest]]
    return label


def _reattach(fine: Geometries, label: Ints, shapes: Geometries, cuts: Geometries) -> Ints:
    """Give a piece cut off from its seed to the neighbour with the longest border, cuts counting least."""
    shared = borders(fine)
    weight = shared.length * np.where(_on_lines(shared.ends, cuts), _CUT_WEIGHT, 1.0)
    rooted = _rooted_faces(fine, label, shapes)
    label = label.copy()
    for _ in range(len(fine)):
        loose = (label >= 0) & ~_connected(shared, label, rooted)
        sides = [(shared.left, shared.right), (shared.right, shared.left)]
        a, b = (np.concatenate([s[i] for s in sides]) for i in (0, 1))
        usable = loose[a] & ~loose[b] & (label[b] >= 0)
        if not usable.any():
            return label
        a, b, w = a[usable], label[b[usable]], np.tile(weight, 2)[usable]
        pair, which = np.unique(np.stack([a, b]), axis=1, return_inverse=True)
        total = np.bincount(which.ravel(), weights=w)
        best = np.lexsort((pair[1], -total, pair[0]))
        piece, first = np.unique(pair[0][best], return_index=True)
        label[piece] = pair[1][best][first]
    return label


def _on_lines(ends: Floats, lines: Geometries) -> npt.NDArray[np.bool_]:
    on = np.zeros(len(ends), dtype=bool)
    if len(lines) and len(ends):
        middle = shapely.points((ends[:, :2] + ends[:, 2:]) / 2)
        on[shapely.STRtree(lines).query(middle, predicate="dwithin", distance=10 * GRID)[0]] = True
    return on


def _rooted_faces(fine: Geometries, label: Ints, shapes: Geometries) -> npt.NDArray[np.bool_]:
    """Faces that hold (part of) their own shape."""
    rooted = np.zeros(len(fine), dtype=bool)
    owner = _owners(fine, shapes)
    rooted[(owner >= 0) & (owner == label)] = True
    points = np.flatnonzero(shapely.get_dimensions(shapes) == 0)
    point, face = shapely.STRtree(fine).query(shapes[points], predicate="dwithin", distance=2 * GRID)
    mine = label[face] == points[point]
    rooted[face[mine]] = True
    return rooted


def _connected(shared: Borders, label: Ints, rooted: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Faces joined to a rooted face through faces of the same label."""
    same = label[shared.left] == label[shared.right]
    n = len(label)
    links = coo_array((np.ones(same.sum()), (shared.left[same], shared.right[same])), shape=(n, n))
    component = connected_components(links, directed=False)[1]
    held = np.zeros(component.max() + 1, dtype=bool)
    held[component[rooted]] = True
    return held[component]


def _dissolve(fine: Geometries, label: Ints, count: int) -> Geometries:
    out = np.full(count, shapely.Polygon(), dtype=object)
    order = np.argsort(label, kind="stable")
    order = order[label[order] >= 0]
    for group in np.split(order, np.flatnonzero(np.diff(label[order])) + 1):
        if len(group):
            out[label[group[0]]] = shapely.coverage_union_all(fine[group])
    return out
