"""The ground of the board as bytes: outlines of units, the sides between them, lines to find one's way by.

Sent to the browser once; `assets/sheet.js` reads it. Positions are shares of the Mercator world (as Leaflet's
EPSG:3857 at zoom 0, divided by 256), taken from the map's upper left corner, as 32-bit floats: better than
5 cm on a map of 1,000 km.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import shapely

from gis.symbols import BARRIER_STYLE, ROAD_STYLE

#: Radius of the sphere of EPSG:3857 times pi: half the width of its world, in metres.
HALF_WORLD = 20037508.342789244
NAME = 32  # letters of the name that stands before the ground


def ground(
    units: gpd.GeoDataFrame,
    anchors: gpd.GeoSeries,
    lines: Mapping[tuple[str, str], gpd.GeoSeries],
    *,
    view: Sequence[float],
) -> tuple[str, bytes]:
    """Return the name (a digest) and the bytes of a ground, the name first.

    Parameters
    ----------
    units : GeoDataFrame
        unit_id, name, town (optional) and polygons that share their borders; any CRS.
    anchors : GeoSeries
        A point of each unit, in the order of `units`: what a drawn ring must hold.
    lines : mapping of ("roads", road class) or ("barriers", kind) to GeoSeries of lines
        Drawn in this order, each layer shown or hidden as a whole.
    view : west, south, east, north
        What the map opens with, in degrees.
    """
    shapes = _world(units.geometry)
    west, north, _east, _south = _bounds(shapes)
    corner = np.array([west, north])
    arrays, drawn = _outlines(shapes, corner), _lines(lines, corner)
    arrays |= {"anchor": _flat(shapely.get_coordinates(_world(anchors)) - corner)} | drawn[0]
    towns = units["town"].astype(object).where(units["town"].notna(), None) if "town" in units else None
    heading = {
        "corner": corner.tolist(),
        "ids": units["unit_id"].tolist(),
        "names": units["name"].astype(str).tolist(),
        "towns": [None] * len(units) if towns is None else towns.tolist(),
        "view": [view[1], view[0], view[3], view[2]],
        "lines": drawn[1],
        "arrays": [[name, f"{array.dtype.kind}4", len(array)] for name, array in arrays.items()],
    }
    body = _packed(heading, arrays.values())
    name = hashlib.sha256(body).hexdigest()[:NAME]
    return name, name.encode() + body


def _packed(heading: dict[str, object], arrays: Iterable[np.ndarray]) -> bytes:
    head = json.dumps(heading, ensure_ascii=False, separators=(",", ":")).encode()
    gap = b"\0" * (-len(head) % 4)
    rest = b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)
    return len(head).to_bytes(4, "little") + head + gap + rest


def _world(shapes: gpd.GeoSeries) -> np.ndarray:
    """Return shapes in shares of the Mercator world, y downwards."""
    metres = shapely.force_2d(shapes.to_crs(3857).to_numpy())
    share = shapely.transform(metres, lambda xy: xy * [1, -1] / (2 * HALF_WORLD) + 0.5)
    return np.asarray(share, dtype=object)


def _bounds(shapes: np.ndarray) -> np.ndarray:
    return np.asarray(shapely.total_bounds(shapes))


def _flat(coordinates: np.ndarray) -> np.ndarray:
    return coordinates.ravel().astype("<f4")


def _outlines(shapes: np.ndarray, corner: np.ndarray) -> dict[str, np.ndarray]:
    """Return rings, extents, and the sides of all units with the two units each lies between."""
    parts, unit = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    owner = unit[part]
    points, ring = shapely.get_coordinates(rings, return_index=True)
    points = points - corner
    sides, between = _sides(points.astype("<f4"), ring, owner)
    counts = np.bincount(ring, minlength=len(rings))
    return {
        "xy": _flat(points),
        "ring": _starts(counts),
        "unit_ring": _starts(np.bincount(owner, minlength=len(shapes))),
        "box": _flat(shapely.bounds(shapes) - np.tile(corner, 2)),
        "side": sides.ravel(),
        "between": between.ravel().astype("<u4"),
    }


def _starts(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)]).astype("<u4")


def _sides(points: np.ndarray, ring: np.ndarray, owner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each side once, shape (k, 4), and its two units, shape (k, 2); one unit twice on the rim.

    A side is known by its two ends, so units must share their borders corner by corner.
    """
    step = ring[1:] == ring[:-1]
    ends = np.stack([points[:-1][step], points[1:][step]], axis=1)
    units = owner[ring[:-1][step]]
    turned = (ends[:, 0, 0] > ends[:, 1, 0]) | (
        (ends[:, 0, 0] == ends[:, 1, 0]) & (ends[:, 0, 1] > ends[:, 1, 1])
    )
    ends[turned] = ends[turned][:, ::-1]
    sides = ends.reshape(-1, 4)
    order = np.lexsort(sides.T[::-1])
    sides, units = sides[order], units[order]
    fresh = (
        np.concatenate([[True], (sides[1:] != sides[:-1]).any(axis=1)]) if len(sides) else np.empty(0, bool)
    )
    first = np.flatnonzero(fresh)
    last = np.concatenate([first[1:], [len(sides)]]) - 1 if len(first) else first
    return sides[first], np.stack([units[first], units[last]], axis=1)


def _lines(
    lines: Mapping[tuple[str, str], gpd.GeoSeries], corner: np.ndarray
) -> tuple[dict[str, np.ndarray], list[dict[str, object]]]:
    """Return the points of all lines, where each begins, and which lines are drawn how."""
    points, counts, drawn, at = [np.empty((0, 2))], [np.empty(0, int)], [], 0
    for (layer, kind), shapes in lines.items():
        parts = shapely.get_parts(_world(shapes))
        parts = np.where(
            shapely.get_type_id(parts) == shapely.GeometryType.POLYGON, shapely.boundary(parts), parts
        )
        parts = shapely.get_parts(parts)
        xy, line = shapely.get_coordinates(parts, return_index=True)
        points.append(xy - corner)
        counts.append(np.bincount(line, minlength=len(parts)))
        style = (ROAD_STYLE if layer == "roads" else BARRIER_STYLE)[kind]
        drawn.append({"layer": layer, "style": style, "from": at, "to": at + len(parts)})
        at += len(parts)
    arrays = {"line_xy": _flat(np.concatenate(points)), "line": _starts(np.concatenate(counts))}
    return arrays, drawn
