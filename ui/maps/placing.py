"""The map of an import: where a table would come to lie, and points whose place is known."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np

from gis import maps, symbols
from gis.drawing import shapes
from planning.whereabouts import Known, Xy
from ui.texts import _, language

OWN = {"color": "#ffffff", "weight": 1, "fillColor": symbols.BRICK, "fillOpacity": 0.9, "radius": 5}
KNOWN = {"color": "#3d4a4f", "weight": 2, "fillOpacity": 0.0, "fill": True, "radius": 7}
#: Most known points that are drawn.
MOST = 1000


def preview_map(names: Sequence[str], lonlat: Xy, known: Known) -> str:
    """Return a one-file map of the places of a table and of known points (rings)."""
    own = _points(names, lonlat)
    fixed = _points(known.names[:MOST], known.lonlat[:MOST])
    m = maps.base(
        own if len(own) else fixed,
        title=_("核对位置"),
        subtitle=_("圆点落在同名的圆圈里,坐标系就对了"),
        lang=language(),
    )
    rows: list[maps.LegendItem | str] = []
    for frame, words, style in ((fixed, _("已知点"), KNOWN), (own, _("表里的位置"), OWN)):
        if len(frame):
            shapes(m, frame, words, style, tooltip={"": "name"})
            rows.append(maps.dot(words, str(style.get("fillColor", style["color"]))))
    maps.legend(m, rows)
    return maps.html(m)


def _points(names: Sequence[str], lonlat: Xy) -> gpd.GeoDataFrame:
    good = np.isfinite(lonlat).all(axis=1)
    places = gpd.points_from_xy(lonlat[good, 0], lonlat[good, 1])
    return gpd.GeoDataFrame({"name": np.asarray(names, dtype=object)[good]}, geometry=places, crs=4490)
