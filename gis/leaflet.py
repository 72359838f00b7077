"""One-file Leaflet pages through folium: everything inside, nothing asked from any network."""

from __future__ import annotations

import base64
import html as markup
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from branca.element import Element, MacroElement
from folium.map import Layer
from jinja2 import Template

DECIMALS = 5
"""Coordinates are rounded to this many decimals of a degree: 0.6 m at most."""

_FAR = re.compile(r"\s*(?:[a-z]+:)?//", re.I)
_TILES = re.compile(r'tileLayer(?:\.wms)?\(\s*"', re.I)


class Inline(Element):
    """A script or style sheet written into the head of the page."""

    _template = Template("<{{this.tag}}>{{this.code}}</{{this.tag}}>")

    def __init__(self, tag: str, code: str) -> None:
        super().__init__()
        self.tag, self.code = tag, code


class Drawn(Layer):
    """A layer of the page drawn by ``huapian.<kind>`` of assets/map.js with JSON arguments."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "var {{ this.get_name() }} = huapian.{{ this.kind }}({{ this.arguments }});"
        "{% endmacro %}"
    )

    def __init__(self, name: str, kind: str, arguments: Sequence[str], *, show: bool = True) -> None:
        super().__init__(name=markup.escape(name), overlay=True, show=show)
        self.kind, self.arguments = kind, ",".join(arguments)


class Call(MacroElement):
    """A call of ``huapian.<kind>`` on the map itself."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "huapian.{{ this.kind }}({{ this._parent.get_name() }},{{ this.arguments }});"
        "{% endmacro %}"
    )

    def __init__(self, kind: str, arguments: Sequence[str]) -> None:
        super().__init__()
        self.kind, self.arguments = kind, ",".join(arguments)


def to_json(value: Any) -> str:
    """Compact JSON that is safe inside a script element, whatever text it holds."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return safe(text)


def safe(text: str) -> str:
    """Escape what could end or open a script element in a piece of JSON."""
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


@cache
def _asset(name: str) -> str:
    return (files("gis") / "assets" / name).read_text(encoding="utf-8")


@cache
def leaflet_script() -> str:
    """Leaflet itself, from the XStatic package, without its source map and the link of its attribution."""
    code = (files("xstatic.pkg.leaflet") / "data" / "leaflet.js").read_text(encoding="utf-8")
    code = re.sub(r"//# sourceMappingURL=.*", "", code).replace("</script", "<\\/script")
    return code.replace('href="https://leafletjs.com"', 'href="#"')


@cache
def leaflet_style() -> str:
    """Leaflet's style sheet with its pictures inside."""
    folder = files("xstatic.pkg.leaflet") / "data"

    def picture(match: re.Match[str]) -> str:
        data = base64.b64encode((folder / match[1]).read_bytes()).decode("ascii")
        return f"url(data:image/png;base64,{data})"

    style = (folder / "leaflet.css").read_text(encoding="utf-8")
    style = re.sub(r"url\((images/[\w.-]+\.png)\)", picture, style)
    return re.sub(r"behavior:[^;}]*;?", "", re.sub(r"/\*.*?\*/", "", style, flags=re.S))


def blank_map(bounds: Sequence[float], *, title: str, lang: str = "zh") -> folium.Map:
    """A map without tiles that shows ``bounds`` (west, south, east, north in degrees)."""
    west, south, east, north = (float(b) for b in bounds)
    m = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        prefer_canvas=True,
        zoom_control="bottomleft",
        attribution_control=False,
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=120,
        font_size="13px",
    )
    m.default_js, m.default_css = [], []
    figure: Any = m.get_root()
    figure.title = markup.escape(title)
    figure.page_lang = "zh-CN" if lang == "zh" else "en"
    pieces = [("style", leaflet_style()), ("style", _asset("map.css"))]
    pieces += [("script", leaflet_script()), ("script", _asset("map.js"))]
    for number, (tag, code) in enumerate(pieces):
        figure.header.add_child(Inline(tag, code), name=f"inline_{number}")
    m.add_child(Call("frame", [*(str(round(v, 6)) for v in (south, west, north, east)), "24"]))
    return m


def render(m: folium.Map) -> str:
    """Return the page as one string.

    Raises
    ------
    ValueError
        If the page would load anything from a network (a layer of another library was added to the map).
    """
    figure: Any = m.get_root()
    page = figure.render().replace("<html>", f'<html lang="{figure.page_lang}">', 1)
    loaded = _Loads()
    loaded.feed(page)
    loaded.close()
    if loaded.found:
        raise ValueError(f"the map would load something from a network: {loaded.found}")
    return page


class _Loads(HTMLParser):
    """What a page would load: links of its tags, of its styles, and tiles."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        links = [value or "" for name, value in attrs if name in ("src", "href", "data")]
        self.found += [value for value in links if _FAR.match(value)]

    def handle_data(self, data: str) -> None:
        if self.inside == "style":
            far = re.findall(r"""(?:url\(|@import)\s*["']?((?:[a-z]+:)?//[^"')\s]*)""", data, re.I)
            self.found += far
        elif self.inside == "script" and _TILES.search(data):
            self.found.append("tileLayer")


def degrees(frame: gpd.GeoDataFrame, *, decimals: int = DECIMALS) -> np.ndarray:
    """Geometries of a projected layer in EPSG:4326, rounded."""
    if frame.crs is None:
        raise ValueError("a layer on a map needs a CRS")
    shapes = shapely.force_2d(frame.geometry.to_crs(4326).to_numpy())
    return np.asarray(shapely.transform(shapes, lambda xy: np.round(xy, decimals)), dtype=object)


def features(
    frame: gpd.GeoDataFrame,
    *,
    styles: Sequence[Mapping[str, Any] | None] | None = None,
    tips: Sequence[Sequence[Any]] | None = None,
) -> str:
    """GeoJSON text of a layer; ``s`` of a feature is its own style, ``v`` the values of its tooltip."""
    rows = []
    for number, shape in enumerate(shapely.to_geojson(degrees(frame))):
        if shape is None:
            continue
        properties: dict[str, Any] = {}
        if styles is not None and styles[number]:
            properties["s"] = styles[number]
        if tips is not None:
            properties["v"] = list(tips[number])
        rows.append(f'{{"type":"Feature","properties":{to_json(properties)},"geometry":{shape}}}')
    return f'{{"type":"FeatureCollection","features":[{",".join(rows)}]}}'


def tip_values(frame: pd.DataFrame, tooltip: Mapping[str, str] | None) -> list[list[Any]] | None:
    """Values of the tooltip's columns by row, as text or null."""
    if not tooltip:
        return None
    columns = [
        [None if pd.isna(v) else _plain(v) for v in frame[column].tolist()] for column in tooltip.values()
    ]
    return [list(row) for row in zip(*columns)]


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def tip_labels(tooltip: Mapping[str, str] | None) -> str:
    """JSON list of a tooltip's labels, or null: no tooltip."""
    return to_json([str(label) for label in tooltip] if tooltip else None)
