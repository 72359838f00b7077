"""Colours and small pictures of the maps: school symbols, class-size dots, legend rows."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

INK, TEAL, AMBER, BRICK, MOSS = "#1f2933", "#0f6e6e", "#b45309", "#b42318", "#3f7d20"
SAND, DARK_BRICK, COLD, GREY, PALE = "#c9a94e", "#6e140d", "#2b6ca3", "#8a949e", "#e4e7eb"

ZONE_HUES = (
    "#4477aa", "#cc6677", "#999933", "#44aa99", "#aa4499",
    "#ddaa33", "#66bbdd", "#117733", "#882255", "#8c6d4f",
)  # fmt: skip
"""Ten muted hues chosen for colour blindness, after Paul Tol's "muted" and "bright" schemes."""

TEALS = ("#e0efee", "#b3d7d4", "#7fbab7", "#43928f", "#0f6e6e")
"""Sequential teal, light to dark; readable in grey."""

CLASS_SIZE_COLOURS = {
    "<=45": MOSS,
    "46-50": SAND,
    "51-55": AMBER,
    "56-60": BRICK,
    "61-65": BRICK,
    ">=66": DARK_BRICK,
}
"""Colour of each bin of :func:`gis.hotspots.bin_labels`."""

ROAD_STYLE: dict[str, dict[str, object]] = {
    "expressway": {"color": "#9aa5b1", "weight": 3.2},
    "arterial": {"color": "#adb6bf", "weight": 2.4},
    "secondary": {"color": "#c1c8cf", "weight": 1.6},
    "local": {"color": "#d5dade", "weight": 1.0},
    "path": {"color": "#d5dade", "weight": 0.8, "dashArray": "2 3"},
}
BARRIER_STYLE: dict[str, dict[str, object]] = {
    "river": {"color": "#8fb8d8", "weight": 2.6, "fillColor": "#c3dcee", "fillOpacity": 0.8},
    "rail": {"color": "#52606d", "weight": 1.6, "dashArray": "7 5"},
    "expressway": {"color": "#9aa5b1", "weight": 3.2},
}

_OUTLINE = {
    "circle": "M12 2a10 10 0 1 1 0 20a10 10 0 1 1 0-20z",
    "square": "M12 3h9v18h-18v-18z",
    "diamond": "M12 1l11 11l-11 11l-11-11z",
}
KIND_SHAPE = {
    "primary": "circle",
    "teaching_point": "circle",
    "junior": "square",
    "nine_year": "diamond",
    "twelve_year": "diamond",
}
_SMALL = "teaching_point"


def school(kind: str, load: float | None = None) -> tuple[str, int]:
    """Symbol of a school: its shape says the kind, its ring is filled to the load.

    Parameters
    ----------
    kind : value of the schools layer; an unknown one is drawn as a circle.
    load : float, optional
        Pupils by seats (1.0 = full). Above it the ring is brick and the middle filled, so that colour alone
        does not tell; None draws a plain teal ring.

    Returns
    -------
    (str, int)
        SVG and its size in pixels.
    """
    size = 15 if kind == _SMALL else 21
    outline = _OUTLINE[KIND_SHAPE.get(kind, "circle")]
    known = load is not None and np.isfinite(load)
    over = known and load is not None and load > 1
    colour = BRICK if over else TEAL
    share = min(max(load or 0.0, 0.0), 1.0) * 100 if known else 100
    ring = (
        f'<path d="{outline}" fill="none" stroke="{colour}" stroke-width="4" pathLength="100" '
        f'stroke-dasharray="{share:.0f} 100"/>'
        if share >= 1
        else ""
    )
    middle = f'<circle cx="12" cy="12" r="4" fill="{BRICK}"/>' if over else ""
    return (
        f'<svg viewBox="-1 -1 26 26" width="{size}" height="{size}"><path d="{outline}" fill="#fff" '
        f'stroke="#c5ced6" stroke-width="4"/>{ring}{middle}</svg>',
        size,
    )


def dots(counts: Sequence[tuple[str, int]]) -> tuple[str, int, int]:
    """Row of touching circles, one a colour with a count above 0; the area of each grows with its count.

    Returns
    -------
    (str, int, int)
        SVG, width and height in pixels; an empty string where every count is 0.
    """
    radii = [(colour, dot_radius(n)) for colour, n in counts if n > 0]
    if not radii:
        return "", 0, 0
    width, height = sum(2 * r for _, r in radii), 2 * max(r for _, r in radii)
    left, circles = 0.0, []
    for colour, r in radii:
        circles.append(
            f'<circle cx="{left + r:.1f}" cy="{height / 2:.1f}" r="{r - 0.5:.1f}" fill="{colour}" '
            f'fill-opacity=".88" stroke="#fff"/>'
        )
        left += 2 * r
    size = f'width="{width:.0f}" height="{height:.0f}"'
    return f"<svg {size}>{''.join(circles)}</svg>", round(width), round(height)


def dot_radius(count: float) -> float:
    """Radius in pixels of a circle whose area grows with the count."""
    return 2.0 + 2.4 * float(np.sqrt(max(count, 0.0)))


@dataclass(frozen=True)
class LegendItem:
    """One row of a legend: a picture (SVG, made here) and words of the caller."""

    label: str
    picture: str = ""
    note: str = ""


def swatch(label: str, colour: str, *, fill: float = 1.0, border: str | None = None) -> LegendItem:
    """Row for an area."""
    shape = (
        f'<rect x="1.5" y="2.5" width="23" height="13" rx="1.5" fill="{colour}" fill-opacity="{fill}" '
        f'stroke="{border or colour}" stroke-width="1.5"/>'
    )
    return LegendItem(label, f"<svg>{shape}</svg>")


def line(label: str, style: Mapping[str, object]) -> LegendItem:
    """Row for a line, in one of ``ROAD_STYLE`` or ``BARRIER_STYLE``."""
    dash = f' stroke-dasharray="{style["dashArray"]}"' if "dashArray" in style else ""
    shape = f'<path d="M0 9h26" stroke="{style["color"]}" stroke-width="{style["weight"]}"{dash}/>'
    return LegendItem(label, f"<svg>{shape}</svg>")


def dot(label: str, colour: str, *, count: float | None = None) -> LegendItem:
    """Row for a circle, of the size that stands for ``count``."""
    radius = 5.5 if count is None else min(dot_radius(count), 8.5)
    return LegendItem(label, f'<svg><circle cx="13" cy="9" r="{radius:.1f}" fill="{colour}"/></svg>')


def written(label: str, words: str, colour: str) -> LegendItem:
    """Row for what the colour of words on the map means."""
    shape = (
        f'<text x="13" y="13" text-anchor="middle" font-size="10" font-weight="700" fill="{colour}">'
        f"{html.escape(words)}</text>"
    )
    return LegendItem(label, f"<svg>{shape}</svg>")


def school_row(label: str, kind: str, load: float | None = None) -> LegendItem:
    """Row for a school symbol."""
    picture = school(kind, load)[0]
    return LegendItem(label, picture.replace("<svg ", '<svg style="width:26px;height:18px" ', 1))


def legend_html(items: Sequence[LegendItem | str], *, title: str = "", note: str = "") -> str:
    """Legend as markup; a plain string among the items starts a new group with it as heading."""
    parts = [f"<h2>{html.escape(title)}</h2>"] if title else []
    for item in items:
        if isinstance(item, str):
            parts.append(f"<h2>{html.escape(item)}</h2>")
        else:
            parts.append(f"<ul><li>{item.picture}<span>{html.escape(item.label)}</span></li></ul>")
    if note:
        parts.append(f'<p class="hp-note">{html.escape(note)}</p>')
    return "".join(parts)


NORTH = (
    '<svg width="26" height="38" viewBox="0 0 26 38"><text x="13" y="10" text-anchor="middle" font-size="11" '
    f'font-weight="600" fill="{INK}">N</text><path d="M13 13l7 22l-7-5l-7 5z" fill="#fff" stroke="{INK}" '
    f'stroke-width="1"/><path d="M13 13v17l-7 5z" fill="{INK}"/></svg>'
)
