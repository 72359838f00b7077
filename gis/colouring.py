"""Colours of zones: neighbours never alike, a plan always coloured the same way, few ever changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis.symbols import ZONE_HUES


def hues(zones: gpd.GeoDataFrame, *, near: float = 1.0, palette: tuple[str, ...] = ZONE_HUES) -> pd.Series:
    """Colour zones so that no two within ``near`` metres of each other are alike; see `settled`.

    Parameters
    ----------
    zones : GeoDataFrame
        ``zone_id`` and polygons, projected.
    near : float
        Metres; zones closer than this are neighbours.

    Returns
    -------
    Series of colour
        On the index of ``zones``; it depends on the zones alone, not on their order.
    """
    ids = zones["zone_id"].astype(str).to_numpy(dtype=object)
    pairs = touching(zones.geometry.to_numpy(), near=near)
    found = settled(ids, contacts(pairs, ids), palette=palette)
    return pd.Series([found[zone] for zone in ids], index=zones.index, name="colour", dtype="str")


def touching(shapes: np.ndarray, *, near: float = 1.0) -> np.ndarray:
    """Return the pairs of positions of shapes within ``near`` metres of each other, (k, 2), each once."""
    here, there = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=near)
    once = here < there
    return np.stack([here[once], there[once]], axis=1)


def contacts(pairs: np.ndarray, zones: Sequence[str | None] | np.ndarray) -> set[tuple[str, str]]:
    """Return the pairs of zones that meet in a plan.

    Parameters
    ----------
    pairs : int array, shape (k, 2)
        Positions of units that touch, see `touching`.
    zones : sequence of str or None
        The zone of each unit; one without a zone is beside none.
    """
    codes, names = pd.factorize(np.asarray(zones, dtype=object))
    a, b = np.sort(codes[pairs], axis=1).T
    meet = (a >= 0) & (a != b)
    return {
        (str(names[x]), str(names[y])) for x, y in np.unique(np.stack([a[meet], b[meet]], axis=1), axis=0)
    }


def settled(
    zones: Iterable[str],
    meeting: Iterable[tuple[str, str]],
    *,
    usual: Mapping[str, str] | None = None,
    palette: tuple[str, ...] = ZONE_HUES,
) -> dict[str, str]:
    """Return the colours of zones, no two that meet alike: the usual ones, but for few zones in conflict.

    Zones with most neighbours of their own colour give it up first; they, and zones that have no usual
    colour, are then coloured greedily in smallest-last order (Matula and Beck 1983): of the colours that no
    neighbour has, the usual one, then one that no neighbour's neighbour has and that is used least. Where a
    zone is left without a free colour, all are coloured afresh in that order, the usual one first. Two stay
    alike only where each zone of some group meets at least as many others of it as there are colours.

    Parameters
    ----------
    zones : iterable of str
        Every zone to colour; their order does not matter.
    meeting : iterable of (str, str)
        Zones that lie beside each other, see `contacts`.
    usual : mapping of zone to colour, optional
        Colours that people know the zones by.
    palette : tuple of str
        The colours there are.
    """
    ids = sorted(set(zones))
    at = {zone: n for n, zone in enumerate(ids)}
    beside: list[set[int]] = [set() for _ in ids]
    for one, other in meeting:
        beside[at[one]].add(at[other])
        beside[at[other]].add(at[one])
    number = {colour: n for n, colour in enumerate(palette)}
    known = [number.get((usual or {}).get(zone, ""), -1) for zone in ids]
    chosen, whole = _filled(_undisputed(known, beside), known, beside, len(palette))
    if not whole:
        chosen, _ = _filled([-1] * len(ids), known, beside, len(palette))
    return {zone: palette[colour] for zone, colour in zip(ids, chosen, strict=True)}


def _undisputed(known: Sequence[int], beside: Sequence[set[int]]) -> list[int]:
    """Return the colours without those of zones that are like a neighbour: as few as can be told quickly."""
    kept = list(known)

    def alike(zone: int) -> int:
        return sum(kept[other] == kept[zone] for other in beside[zone]) if kept[zone] >= 0 else 0

    for zone in sorted(range(len(kept)), key=lambda z: (-alike(z), -z)):
        if alike(zone):
            kept[zone] = -1
    return kept


def _filled(
    chosen: Sequence[int], usual: Sequence[int], beside: Sequence[set[int]], colours: int
) -> tuple[list[int], bool]:
    """Return a colour for every zone, and whether each found one that no neighbour has."""
    chosen, whole = list(chosen), True
    used = np.bincount([c for c in chosen if c >= 0], minlength=colours).tolist()
    for zone in reversed(_smallest_last(beside)):
        if chosen[zone] >= 0:
            continue
        taken = {chosen[other] for other in beside[zone]}
        nearly = {chosen[next_one] for other in beside[zone] for next_one in beside[other]}
        free = [c for c in range(colours) if c not in taken]
        whole &= bool(free)
        chosen[zone] = min((c != usual[zone], c in nearly, used[c], c) for c in free or range(colours))[3]
        used[chosen[zone]] += 1
    return chosen, whole


def _smallest_last(beside: Sequence[set[int]]) -> list[int]:
    """Order in which each zone has few neighbours among those after it."""
    left = {zone: set(others) for zone, others in enumerate(beside)}
    order = []
    while left:
        zone = min(left, key=lambda z: (len(left[z]), z))
        for other in left.pop(zone):
            left[other].discard(zone)
        order.append(zone)
    return order
