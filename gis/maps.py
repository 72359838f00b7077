"""Read-only maps for meetings, notices and files: one HTML page each that opens without any network.

Build a map with :func:`base`, add layers from the ground up, then :func:`legend`, and take the page with
:func:`html`. Layers come in a projected CRS and every word from the caller; text from data is escaped.
"""

from __future__ import annotations

import html as markup
from collections.abc import Mapping, Sequence

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis import leaflet, symbols
from gis.colouring import hues
from gis.drawing import TOLERANCE, Tooltip, add_pictures
from gis.drawing import box as _box
from gis.drawing import labels as _labels
from gis.drawing import shapes as _shapes
from gis.simplify import dissolve, simplified
from gis.symbols import LegendItem, dot, line, school_row, swatch
from gis.thematic import add_choropleth, add_class_sizes, add_hotspots, add_points_sized

__all__ = ["TOLERANCE", "LegendItem", "Tooltip", "add_choropleth", "add_class_sizes", "add_hotspots"]
__all__ += [
    "add_areas",
    "add_lines",
    "add_places",
    "add_points_sized",
    "add_schools",
    "add_units",
    "add_zones",
    "base",
    "dissolve",
]
__all__ += ["dot", "html", "hues", "legend", "line", "school_row", "simplified", "swatch"]


def base(
    extent: Sequence[float] | gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    title: str,
    subtitle: str = "",
    stamp: str | None = None,
    lang: str = "zh",
) -> folium.Map:
    """Start a map: no tiles, a title box, scale bar and north arrow.

    Parameters
    ----------
    extent : layer with a CRS, or west, south, east, north in degrees
    title, subtitle : str
        Subtitle: year, scope and source of what is shown.
    stamp : str, optional
        A mark beside the title, such as 合成数据 on synthetic data.
    lang : "zh" or "en", the language of the page
    """
    bounds = extent if isinstance(extent, Sequence) else extent.to_crs(4326).total_bounds
    m = leaflet.blank_map(bounds, title=title, lang=lang)
    mark = f'<span class="hp-stamp">{markup.escape(stamp)}</span>' if stamp else ""
    under = f"<p>{markup.escape(subtitle)}</p>" if subtitle else ""
    _box(m, "topleft", "hp-box hp-title", f"<h1>{markup.escape(title)}{mark}</h1>{under}")
    _box(m, "topright", "hp-box hp-north", symbols.NORTH)
    return m


def add_zones(
    m: folium.Map,
    zones: gpd.GeoDataFrame,
    *,
    name: str,
    label: str | None = None,
    over: pd.Series | None = None,
    colours: pd.Series | None = None,
    tooltip: Tooltip = None,
    tolerance: float = TOLERANCE,
    show: bool = True,
) -> pd.Series:
    """Draw zones: 30 % fill, 1.5 px border, ten hues, neighbours never alike.

    Parameters
    ----------
    zones : GeoDataFrame
        ``zone_id`` and polygons.
    name : str
        Name in the layer control.
    label : str, optional
        Column with the words to write on each zone ("实验小学 108 %"); ``over`` and then greater zones come
        first where labels would lie on one another, and small zones get theirs on a closer look.
    over : Series of bool, optional
        Zones whose label is brick, on the index of ``zones``.
    colours : Series, optional
        Default: :func:`hues`.
    tooltip : mapping of label to column, optional
        A label of "" makes its value a heading. Leave it out where units below have tooltips of their own.
    tolerance : float
        Metres, see :func:`gis.simplify.simplified`.

    Returns
    -------
    Series of colour on the index of ``zones``.
    """
    light = simplified(zones, tolerance)
    colour = hues(light) if colours is None else colours
    styles = [{"fillColor": c, "color": c} for c in colour]
    style = {"weight": 1.5, "fillOpacity": 0.3, "opacity": 1}
    words = None
    if label is not None:
        brick = pd.Series(False, index=zones.index) if over is None else over
        order = np.lexsort((-shapely.area(light.geometry.to_numpy()), ~brick.to_numpy(dtype=bool)))
        classes = np.where(brick, "hp-over", "")
        words = _labels(light.iloc[order], zones[label].iloc[order], classes[order])
    _shapes(m, light, name, style, styles=styles, tooltip=tooltip, show=show, words=words)
    return colour


def add_units(
    m: folium.Map,
    units: gpd.GeoDataFrame,
    *,
    name: str,
    tooltip: Tooltip = None,
    unassigned: pd.Series | None = None,
    tolerance: float = TOLERANCE,
    show: bool = True,
) -> None:
    """Draw units with a hairline and a tooltip; unassigned ones white with a brick border.

    Parameters
    ----------
    units : GeoDataFrame with polygons (territories) or points
    unassigned : Series of bool on the index of ``units``, optional
    name, tooltip, tolerance : see :func:`add_zones`
    """
    light = simplified(units, tolerance)
    style = {"weight": 0.5, "color": "#7b8794", "fillOpacity": 0.0, "fill": True, "radius": 3}
    lone = {"weight": 1.5, "color": symbols.BRICK, "fillColor": "#ffffff", "fillOpacity": 0.9}
    styles = None if unassigned is None else [lone if u else None for u in unassigned]
    _shapes(m, light, name, style, styles=styles, tooltip=tooltip, show=show)


def add_schools(
    m: folium.Map,
    schools: gpd.GeoDataFrame,
    *,
    name: str,
    load: pd.Series | None = None,
    label: str | None = None,
    tooltip: Tooltip = None,
    show: bool = True,
) -> None:
    """Draw schools: circle primary, square junior, diamond nine-year, ring filled to the load.

    Parameters
    ----------
    schools : GeoDataFrame
        ``kind`` and points.
    load : Series, optional
        Pupils by seats (1.0 = full) on the index of ``schools``; brick above 1.
    label : column with words to write below the symbols, optional
    name, tooltip : see :func:`add_zones`
    """
    kinds = schools["kind"] if "kind" in schools else pd.Series("primary", index=schools.index)
    loads = [None] * len(schools) if load is None else load.tolist()
    pictures = [symbols.school(str(k), x) for k, x in zip(kinds, loads)]
    sized = [(svg, size, size) for svg, size in pictures]
    words = None
    if label is not None:
        order = np.argsort([-(x or 0) for x in loads], kind="stable")
        words = _labels(schools.iloc[order], schools[label].iloc[order], ["hp-below"] * len(order))
    add_pictures(m, schools, sized, name, tooltip, show=show, words=words)


def add_areas(
    m: folium.Map,
    areas: gpd.GeoDataFrame,
    *,
    name: str,
    label: str | None = None,
    tolerance: float = TOLERANCE,
    show: bool = True,
) -> None:
    """Draw the borders of towns, districts or the study area: grey and dashed, shared ones once.

    Parameters
    ----------
    areas : GeoDataFrame with polygons
    label : column with words to write in the middle, optional
    name, tolerance : see :func:`add_zones`
    """
    light = simplified(areas, tolerance)
    words = None if label is None else _labels(light, areas[label], ["hp-area"] * len(light))
    edges = shapely.line_merge(shapely.union_all(shapely.boundary(light.geometry.to_numpy())))
    style = {"weight": 1.2, "color": "#7b8794", "dashArray": "6 4"}
    _shapes(m, gpd.GeoDataFrame(geometry=[edges], crs=areas.crs), name, style, show=show, words=words)


def add_lines(
    m: folium.Map,
    lines: gpd.GeoDataFrame,
    *,
    name: str,
    tooltip: Tooltip = None,
    tolerance: float = TOLERANCE,
    show: bool = True,
) -> None:
    """Draw roads (``road_class``: grey by class) or barriers (``kind``: rivers blue, rail dashed).

    The important lines are drawn last, on top. Tunnels of roads are left out.
    """
    by_class = "road_class" in lines
    styles = symbols.ROAD_STYLE if by_class else symbols.BARRIER_STYLE
    keep = lines[~lines["tunnel"].fillna(False).astype(bool)] if by_class and "tunnel" in lines else lines
    kind = keep["road_class" if by_class else "kind"].astype(str)
    order = np.argsort([-list(styles).index(k) if k in styles else -99 for k in kind], kind="stable")
    light = simplified(keep.iloc[order], tolerance)
    rest = styles["local" if by_class else "river"]
    surface = shapely.get_dimensions(light.geometry.to_numpy()) == 2
    own = [styles.get(k, rest) | {"fill": bool(s)} for k, s in zip(kind.iloc[order], surface)]
    style = {"fillOpacity": 0.8, "opacity": 1}
    _shapes(m, light, name, style, styles=own, tooltip=tooltip, show=show)


def legend(
    m: folium.Map, items: Sequence[LegendItem | str], *, title: str = "", note: str = "", layers: bool = True
) -> None:
    """Write the legend and, with ``layers``, the layer control; call it after the last layer.

    A plain string among the items starts a new group with it as heading.
    """
    if layers:
        m.add_child(folium.LayerControl(position="topright", collapsed=False))
    _box(m, "bottomright", "hp-box hp-legend", symbols.legend_html(items, title=title, note=note))


def add_places(m: folium.Map, places: Mapping[str, gpd.GeoDataFrame], *, title: str) -> None:
    """Offer parts of the map to jump to, such as the urban cores of a county whose villages lie far out.

    Parameters
    ----------
    places : mapping of words to a layer with a CRS
        What each choice shows, in order; the first is what the map opens with.
    title : str
        What the choice is called to a screen reader.
    """
    rows = []
    for words, layer in places.items():
        west, south, east, north = (round(float(v), 6) for v in layer.to_crs(4326).total_bounds)
        rows.append([words, south, west, north, east])
    m.add_child(leaflet.Call("places", [leaflet.to_json(rows), leaflet.to_json(title)]))


def html(m: folium.Map) -> str:
    """Return the map as one HTML page that loads nothing from anywhere.

    Raises
    ------
    ValueError
        If something on the map would load from a network.
    """
    return leaflet.render(m)
