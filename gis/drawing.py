"""How layers get onto a map page: shapes, pictures, labels and boxes. Used by the map modules only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.leaflet import Call, Drawn, degrees, features, tip_labels, tip_values, to_json

TOLERANCE = 5.0
"""Default simplification in metres: corners that cut off less than its square are left out."""

Tooltip = Mapping[str, str] | None
"""Label -> column; a label of "" makes its value a heading, a missing value leaves its row out."""


def shapes(
    m: folium.Map,
    frame: gpd.GeoDataFrame,
    name: str,
    style: Mapping[str, Any],
    *,
    styles: Sequence[Mapping[str, Any] | None] | None = None,
    tooltip: Tooltip = None,
    show: bool = True,
    words: str | None = None,
) -> None:
    """Draw polygons, lines or points on the canvas.

    ``styles`` are Leaflet path options by row; ``words`` come from :func:`labels`.
    """
    data = features(frame, styles=styles, tips=tip_values(frame, tooltip))
    arguments = [data, to_json(dict(style)), tip_labels(tooltip), words or "null"]
    m.add_child(Drawn(name, "shapes", arguments, show=show))


def add_pictures(
    m: folium.Map,
    points: gpd.GeoDataFrame,
    pictures: Sequence[tuple[str, int, int]],
    name: str,
    tooltip: Tooltip,
    *,
    show: bool = True,
    words: str | None = None,
) -> None:
    """Put an SVG (made by us), with its width and height, on each point; an empty one is left out."""
    xy = shapely.get_coordinates(degrees(points))
    tips = tip_values(points, tooltip)
    items = [
        [lat, lon, *picture, tips[row] if tips else []]
        for row, ((lon, lat), picture) in enumerate(zip(xy.tolist(), pictures))
        if picture[0]
    ]
    arguments = [to_json(items), tip_labels(tooltip), words or "null"]
    m.add_child(Drawn(name, "symbols", arguments, show=show))


def labels(frame: gpd.GeoDataFrame, words: pd.Series, classes: Sequence[str] | np.ndarray[Any, Any]) -> str:
    """Words to write on shapes (in the middle of the widest part) or points; the first win in a collision.

    A label that is much wider than its shape on the screen waits for a closer look, unless it is "hp-over".
    """
    places = frame.geometry.to_numpy()
    inner = [shapely.maximum_inscribed_circle(p) if shapely.area(p) > 0 else p for p in places]
    middle = [shapely.get_point(c, 0) if c.geom_type == "LineString" else c for c in inner]
    spots = gpd.GeoDataFrame(geometry=[shapely.point_on_surface(p) for p in middle], crs=frame.crs)
    xy = shapely.get_coordinates(degrees(spots))
    # A label may be wider than the circle that fits into its shape, but not by much.
    room = np.array([3.0 * shapely.length(c) for c in inner]) / 111_000 / np.cos(np.radians(xy[:, 1]))
    rows = zip(xy.tolist(), words, classes, room.round(5).tolist())
    items = [
        [lat, lon, str(word), str(kind), 0 if str(kind) == "hp-over" else wide]
        for (lon, lat), word, kind, wide in rows
        if not pd.isna(word) and str(word)
    ]
    return to_json(items)


def box(m: folium.Map, position: str, kind: str, content: str) -> None:
    """Put a box of markup in a corner of the map."""
    m.add_child(Call("box", [to_json(position), to_json(kind), to_json(content)]))
