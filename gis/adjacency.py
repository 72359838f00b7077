"""Neighbours: which units touch along a border that people can cross, with links added or cut by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gis.barriers import at_ground, flags
from gis.faults import Fault, FaultError
from gis.space_faults import check_units
from gis.territories import TOLERANCE

Geometries = npt.NDArray[np.object_]

MIN_SHARED = 20.0
"""Metres of border below which two units are no neighbours: less is the tip of a corner, not a way across."""

MINOR = 0.1
"""A piece that barriers cut off a territory makes no neighbours where it is below this share of it."""


def from_territories(
    territories: gpd.GeoDataFrame,
    *,
    barriers: gpd.GeoDataFrame | None = None,
    bridges: gpd.GeoDataFrame | None = None,
    min_shared: float = MIN_SHARED,
    barrier_width: float = 10.0,
) -> pd.DataFrame:
    """Find the pairs of units whose territories share a border that people can cross.

    Border within ``barrier_width`` of a barrier does not count: an unbridged river, rail or expressway
    separates the units on its two sides. A bridge or tunnel that crosses the barrier joins the two units at
    its ends, and the units that face each other where it crosses.

    Parameters
    ----------
    territories : GeoDataFrame
        ``unit_id`` and geometry, as :func:`gis.territories.territories` gives them (metres).
    barriers : GeoDataFrame, optional
        Rivers, rails and expressways (LineString or Polygon), as :func:`gis.barriers.all_barriers` gives
        them; those on viaducts and in tunnels separate nobody. Where units keep their own polygons, draw them
        as lines along unit borders or widen ``barrier_width``.
    bridges : GeoDataFrame, optional
        Roads; those flagged ``bridge`` or ``tunnel`` count (all of them if neither column is there), except
        expressways (``road_class``), which nobody walks along.
    min_shared : float
        Shortest border in metres that makes two units neighbours; units that only touch at a corner are not.
    barrier_width : float
        Half width in metres of the strip round a barrier.

    Returns
    -------
    DataFrame
        ``a, b`` (unit ids, a < b), ``shared_m`` (metres of border that can be crossed; 0 for a pair that only
        a bridge joins), ``source`` ("territory"); sorted. ``attrs``: ``isolated`` (ids without neighbour),
        ``components`` (number of connected groups of units), ``bridged`` (pairs that only a bridge joins).
    """
    check_units(territories)
    shapes = territories.geometry.to_numpy()
    ids = territories["unit_id"].astype(str).to_numpy()
    strip = _strip(barriers, barrier_width)
    left, right, lines = _shared(shapes)
    length = _open_length(left, right, lines, shapes, strip)
    open_pairs = length >= min_shared
    pairs = {(i, j): m for i, j, m in zip(left[open_pairs], right[open_pairs], length[open_pairs])}
    near = [(i, j) for i, j in _bridged(shapes, strip, bridges, left, right, lines) if (i, j) not in pairs]
    rows = [(*sorted((ids[i], ids[j])), m) for (i, j), m in [*pairs.items(), *((p, 0.0) for p in near)]]
    frame = _frame(rows, "territory")
    frame.attrs["bridged"] = sorted(tuple(sorted((ids[i], ids[j]))) for i, j in near)
    return describe(frame, ids)


def edit_links(
    links: pd.DataFrame,
    *,
    add: Iterable[tuple[str, str]] = (),
    remove: Iterable[tuple[str, str]] = (),
    units: Iterable[str] | None = None,
) -> pd.DataFrame:
    """Add and remove links by hand.

    Parameters
    ----------
    links : DataFrame
        ``a, b, shared_m, source``.
    add, remove : pairs of unit ids, in any order
        An added link has source "manual"; adding one that exists and removing one that does not change
        nothing. A pair in both is added.
    units : ids, optional
        All unit ids; given, unknown ids are faults and ``attrs`` are renewed.

    Returns
    -------
    DataFrame
        A new frame in the form of ``links``.

    Raises
    ------
    FaultError
        With every unknown id and every pair of a unit with itself.
    """
    added = {tuple(sorted(map(str, pair))) for pair in add}
    removed = {tuple(sorted(map(str, pair))) for pair in remove} - added
    known = None if units is None else np.array([str(u) for u in units], dtype=object)
    _check_pairs(added | removed, known)
    here = list(zip(links["a"], links["b"]))
    kept = links[[pair not in removed for pair in here]]
    fresh = _frame([(*pair, 0.0) for pair in sorted(added - set(here))], "manual")
    out = pd.concat([kept, fresh]) if len(fresh) else kept
    out = out.sort_values(["a", "b"], ignore_index=True)
    out.attrs = dict(links.attrs)
    return out if known is None else describe(out, known)


def edited(links: pd.DataFrame, edits: pd.DataFrame, units: Iterable[str]) -> pd.DataFrame:
    """Apply a planner's edits, kept as layer ``links``, to the neighbours.

    Parameters
    ----------
    links : DataFrame
        ``a, b, shared_m, source``.
    edits : DataFrame
        ``a, b`` (unit ids, in any order), ``action`` (link or cut). Rows of units that are not there change
        nothing: :func:`gis.checks.check_project` reports them.
    units : ids of all units

    Returns
    -------
    DataFrame
        As :func:`edit_links`.

    Raises
    ------
    FaultError
        With every action that is neither, every unit linked to itself and every pair both linked and cut.
    """
    ids = [str(unit) for unit in units]
    pairs = [(min(pair), max(pair)) for pair in zip(edits["a"].astype(str), edits["b"].astype(str))]
    by = {action: {p for p, a in zip(pairs, edits["action"]) if a == action} for action in ("link", "cut")}
    faults = [
        Fault("space_bad_action", layer="links", found=str(action))
        for action in edits["action"][~edits["action"].isin(list(by))].unique()
    ]
    both = sorted(by["link"] & by["cut"])
    faults += [Fault("space_link_and_cut", layer="links", found=f"{a} - {b}") for a, b in both]
    faults += [Fault("space_self_link", layer="links", found=a) for a, b in sorted(set(pairs)) if a == b]
    if faults:
        raise FaultError(faults)
    known = set(ids)
    usable = {action: [p for p in found if known.issuperset(p)] for action, found in by.items()}
    return edit_links(links, add=usable["link"], remove=usable["cut"], units=ids)


def describe(links: pd.DataFrame, units: Iterable[Any]) -> pd.DataFrame:
    """Return ``links`` with ``attrs`` isolated (ids without neighbour) and components (connected groups)."""
    ids = pd.Index([str(u) for u in units])
    a, b = (ids.get_indexer(pd.Index(links[side])) for side in ("a", "b"))
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(len(ids), len(ids)))
    count = connected_components(graph, directed=False)[0] if len(ids) else 0
    out = links.copy()
    lonely = ~ids.isin(np.concatenate([links["a"].to_numpy(), links["b"].to_numpy()]))
    out.attrs = links.attrs | {"isolated": ids[lonely].tolist(), "components": int(count)}
    return out


def _check_pairs(pairs: set[tuple[str, ...]], known: Any) -> None:
    faults = [Fault("space_self_link", layer="units", found=p[0]) for p in sorted(pairs) if p[0] == p[1]]
    if known is not None:
        strange = sorted({i for pair in pairs for i in pair} - set(known))
        faults += [Fault("space_unknown_unit", layer="units", found=i) for i in strange]
    if faults:
        raise FaultError(faults)


def _frame(rows: list[Any], source: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["a", "b", "shared_m"]).astype({"a": str, "b": str, "shared_m": float})
    return frame.assign(source=source).sort_values(["a", "b"], ignore_index=True)


def _shared(shapes: Geometries) -> tuple[Any, Any, Geometries]:
    """Pairs of touching territories (row numbers, left < right) and the lines they share."""
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    left, right = left[left < right], right[left < right]
    edges = shapely.boundary(shapes)
    # Snapping to one centimetre makes borders match where one side has a vertex that the other lacks.
    lines = shapely.intersection(edges[left], edges[right], grid_size=0.01)
    real = shapely.length(lines) > 0
    return left[real], right[real], lines[real]


def _strip(barriers: gpd.GeoDataFrame | None, width: float) -> Any:
    """Ground that barriers take, as one prepared geometry; None without barriers."""
    if barriers is None or not len(barriers):
        return None
    shapes = shapely.force_2d(at_ground(barriers).geometry.dropna().to_numpy())
    strip = shapely.union_all(shapely.buffer(shapes, width, quad_segs=4, cap_style="flat"))
    shapely.prepare(strip)
    return strip


def _open_length(left: Any, right: Any, lines: Geometries, shapes: Geometries, strip: Any) -> Any:
    """Metres of each shared border outside the strip and between main parts of the two territories."""
    length = shapely.length(lines)
    if strip is None:
        return length
    touched = shapely.intersects(strip, lines)
    lines = lines.copy()
    lines[touched] = shapely.difference(lines[touched], strip)
    length = shapely.length(lines)
    cut = np.flatnonzero(shapely.intersects(strip, shapes))
    minor = _minor_parts(shapes, cut, strip)
    for side in (left, right):
        for row in np.flatnonzero((length > 0) & np.isin(side, list(minor))):
            lines[row] = shapely.difference(lines[row], minor[side[row]])
            length[row] = shapely.length(lines[row])
    return length


def _minor_parts(shapes: Geometries, cut: Any, strip: Any) -> dict[int, Any]:
    """Small pieces that the strip cuts off from a territory, widened by the tolerance, by row number."""
    rest, of = shapely.get_parts(shapely.difference(shapes[cut], strip), return_index=True)
    area = shapely.area(rest)
    biggest = np.zeros(len(cut))
    np.maximum.at(biggest, of, area)
    small = (area < MINOR * shapely.area(shapes[cut])[of]) & (area < biggest[of])
    out: dict[int, Any] = {}
    for index in np.unique(of[small]):
        pieces = shapely.union_all(rest[small & (of == index)])
        out[int(cut[index])] = shapely.buffer(pieces, TOLERANCE / 10)
    return out


def _bridged(
    shapes: Geometries, strip: Any, bridges: gpd.GeoDataFrame | None, left: Any, right: Any, lines: Geometries
) -> list[tuple[int, int]]:
    """Pairs that a bridge joins: the territories at its two ends and those that meet where it crosses."""
    if strip is None or bridges is None or not len(bridges):
        return []
    spans = _spans(bridges)
    spans = spans[shapely.intersects(strip, spans)]
    pairs = {tuple(sorted(pair)) for pair in _ends(shapes, spans)}
    if len(lines) and len(spans):
        crossed = shapely.STRtree(lines).query(spans, predicate="intersects")[1]
        pairs |= {(int(left[i]), int(right[i])) for i in crossed}
    return sorted((i, j) for i, j in pairs if i != j)


def _spans(bridges: gpd.GeoDataFrame) -> Geometries:
    keep = np.ones(len(bridges), dtype=bool)
    if "bridge" in bridges or "tunnel" in bridges:
        keep = flags(bridges, "bridge") | flags(bridges, "tunnel")
    if "road_class" in bridges:
        keep &= bridges["road_class"].ne("expressway").fillna(True).to_numpy(dtype=bool)
    parts = shapely.get_parts(shapely.force_2d(bridges.geometry[keep].dropna().to_numpy()))
    return parts[(shapely.get_type_id(parts) == 1) & ~shapely.is_empty(parts)]


def _ends(shapes: Geometries, spans: Geometries) -> list[tuple[int, int]]:
    if not len(spans):
        return []
    tree = shapely.STRtree(shapes)
    ends = (tree.nearest(shapely.get_point(spans, at)) for at in (0, -1))
    return [(int(i), int(j)) for i, j in zip(*ends)]
