"""Thematic layers of the maps: values by area, class sizes, sized points and clusters."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence

import folium
import geopandas as gpd
import numpy as np
import pandas as pd

from gis import symbols
from gis.drawing import TOLERANCE, Tooltip, add_pictures, shapes
from gis.simplify import simplified
from gis.symbols import LegendItem, dot, swatch

HATCH = "#f1f3f5"


def add_choropleth(
    m: folium.Map,
    frame: gpd.GeoDataFrame,
    values: pd.Series,
    *,
    name: str,
    breaks: Sequence[float] | None = None,
    words: Callable[[float], str] = "{:,.0f}".format,
    missing: str = "–",
    limit: float | None = None,
    tooltip: Tooltip = None,
    tolerance: float = TOLERANCE,
    show: bool = True,
) -> list[LegendItem]:
    """Colour areas or points by value in five steps of teal.

    Parameters
    ----------
    values : Series on the index of ``frame``; missing ones are drawn pale grey.
    breaks : sequence of float, optional
        Four rising values between the five steps (fewer make fewer steps); a value equal to a break belongs
        to the step below it. Default: the quintiles of the values.
    words : callable
        How a number is written in the legend.
    missing : str
        Words of the legend for places without a value.
    limit : float, optional
        Places above it get a brick outline.
    name, tooltip, tolerance : see :func:`gis.maps.add_zones`

    Returns
    -------
    list of LegendItem
        For :func:`gis.maps.legend`.
    """
    value = values.astype(float).to_numpy()
    known = np.isfinite(value)
    cuts = _breaks(value[known]) if breaks is None else np.asarray(breaks, dtype=float)
    colours = np.array(_steps(len(cuts) + 1), dtype=object)
    filled = np.where(known, colours[np.searchsorted(cuts, value)], HATCH)
    beyond = known & (value > limit) if limit is not None else np.zeros(len(value), dtype=bool)
    outline = {"color": symbols.BRICK, "weight": 1.6}
    styles = [{"fillColor": c} | (outline if b else {}) for c, b in zip(filled, beyond)]
    style = {"weight": 0.5, "color": "#ffffff", "fillOpacity": 0.85, "radius": 5}
    shapes(m, simplified(frame, tolerance), name, style, styles=styles, tooltip=tooltip, show=show)
    items = _step_rows(cuts, colours, words)
    return items if known.all() else [*items, swatch(missing, HATCH, border="#c5ced6")]


def _breaks(value: np.ndarray) -> np.ndarray:
    if not len(value):
        return np.empty(0)
    found = np.unique(np.quantile(value, [0.2, 0.4, 0.6, 0.8]))
    return found[found < value.max()]


def _steps(count: int) -> list[str]:
    """Colours for 1 to 5 steps, the darkest always used."""
    if count > len(symbols.TEALS):
        raise ValueError(f"a map can show {len(symbols.TEALS)} steps, not {count}")
    at = np.linspace(0, len(symbols.TEALS) - 1, count).round().astype(int) if count > 1 else [4]
    return [symbols.TEALS[i] for i in at]


def _step_rows(cuts: np.ndarray, colours: np.ndarray, words: Callable[[float], str]) -> list[LegendItem]:
    if not len(cuts):
        return []
    middle = [f"{words(a)} – {words(b)}" for a, b in itertools.pairwise(cuts)]
    texts = [f"≤ {words(cuts[0])}", *middle, f"> {words(cuts[-1])}"]
    return [swatch(text, colour, fill=0.85, border="#c5ced6") for text, colour in zip(texts, colours)]


def add_class_sizes(
    m: folium.Map,
    schools: gpd.GeoDataFrame,
    *,
    bins: Sequence[str],
    name: str,
    colours: Mapping[str, str] | None = None,
    tooltip: Tooltip = None,
    show: bool = True,
) -> None:
    """Draw how many classes of each size a school has: a row of circles, one a colour, sized by the count.

    Parameters
    ----------
    schools : GeoDataFrame
        Points, and one column of counts for each of ``bins`` (see :func:`gis.hotspots.class_bins`).
    bins : labels of the bins to draw, in order; bins of one colour share a circle
    colours : mapping of bin to colour, optional
        Default ``symbols.CLASS_SIZE_COLOURS``; a stage whose rule differs brings its own.
    name, tooltip : see :func:`gis.maps.add_zones`
    """
    palette = symbols.CLASS_SIZE_COLOURS if colours is None else colours
    order = list(dict.fromkeys(palette[b] for b in bins))
    by_colour = {c: schools[[b for b in bins if palette[b] == c]].sum(axis=1).to_numpy() for c in order}
    weight = np.sum(list(by_colour.values()), axis=0)
    rows = np.argsort(-weight, kind="stable")  # small symbols are drawn last, on top
    pictures = [symbols.dots([(c, int(by_colour[c][row])) for c in order]) for row in rows]
    add_pictures(m, schools.iloc[rows], pictures, name, tooltip, show=show)


def add_points_sized(
    m: folium.Map,
    points: gpd.GeoDataFrame,
    sizes: pd.Series,
    *,
    name: str,
    colour: str = symbols.TEAL,
    tooltip: Tooltip = None,
    show: bool = True,
) -> None:
    """Draw a circle at each point whose area grows with its size, the greatest first.

    The greatest circle has a radius of 22 px; ``sizes`` is on the index of ``points``, and sizes that are 0
    or missing draw nothing.
    """
    size = sizes.astype(float).fillna(0.0)
    rows = size[size > 0].sort_values(ascending=False, kind="stable")
    top = float(rows.max()) if len(rows) else 1.0
    style = {"color": "#ffffff", "weight": 1, "fillColor": colour, "fillOpacity": 0.75}
    styles = [{"radius": round(3 + 19 * float(np.sqrt(v / top)), 1)} for v in rows]
    shapes(m, points.loc[rows.index], name, style, styles=styles, tooltip=tooltip, show=show)


def add_hotspots(
    m: folium.Map,
    frame: gpd.GeoDataFrame,
    kind: pd.Series,
    *,
    name: str,
    words: Mapping[str, str],
    tooltip: Tooltip = None,
    show: bool = True,
) -> list[LegendItem]:
    """Draw clusters of high (brick) and low (blue) values; the rest hollow grey.

    Parameters
    ----------
    kind : Series of "hot", "cold", "none" on the index of ``frame`` (:func:`gis.hotspots.getis_ord`)
    words : mapping of these three to the words of the legend

    Returns
    -------
    list of LegendItem
    """
    colours = {"hot": symbols.BRICK, "cold": symbols.COLD, "none": "#ffffff"}
    edges = {"hot": "#ffffff", "cold": "#ffffff", "none": "#9aa5b1"}
    styles = [
        {"fillColor": colours[k], "color": edges[k], "fillOpacity": 0.3 if k == "none" else 0.85}
        for k in kind
    ]
    style = {"weight": 1, "radius": 7, "opacity": 1}
    shapes(m, simplified(frame, TOLERANCE), name, style, styles=styles, tooltip=tooltip, show=show)
    return [dot(words[k], colours[k] if k != "none" else "#c5ced6") for k in ("hot", "cold", "none")]
