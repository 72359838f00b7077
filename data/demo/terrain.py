"""Ground of the synthetic city: banner and town outlines that tile, rivers, a rail line, an expressway."""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import Voronoi, cKDTree

from data.demo import names
from data.demo.settings import BLOCK, DISTRICTS, EPSG, ORIGIN, SOURCE, District, metres, rng

_CENTRE: Final = (-6.0, -3.0)
_RADII: Final = (108.0, 86.0)
_CELL: Final = 4200.0
_DENSE: Final = 950.0

# Kilometres from the origin. They pass beside or through the cores, as railways and rivers do.
_RIVERS: Final = (
    ("柳沟河", "Liugou River", ((20, 24.6), (17, 33), (21, 45), (23.2, 60), (21.6, 66), (24, 80))),
    ("清水河", "Qingshui River",
     ((-30, 16), (-16, 0), (-6, -4.6), (8, -6), (20, -12), (30, -32), (48, -62))),
    ("白泉河", "Baiquan River", ((66, 6), (80, 13), (84.8, 20.5), (92, 27), (106, 32))),
    ("榆林川", "Yulin Stream", ((-62, -26), (-48, -40), (-43.2, -46.2), (-36, -60), (-28, -88))),
    ("长滩川", "Changtan Stream", ((-32, 26), (-44, 36), (-48.9, 40.6), (-54, 56), (-58, 74))),
)  # fmt: skip
_RAIL: Final = (
    (26, 92), (25, 70), (24.9, 62), (22, 44), (20.9, 30), (20.7, 22), (12, 8), (2.4, -4), (1.6, -14),
    (-12, -30), (-41.6, -43), (-45, -56), (-64, -62), (-80, -54.4), (-112, -52),
)  # fmt: skip
_EXPRESSWAY: Final = (
    ("I1", (110, 12)), ("ZG", (84, 15.6)), ("I2", (52, 24)), ("DS", (18, 21.2)), ("KB", (-1.6, -1.7)),
    ("I3", (-26, 6)), ("ET", (-80, 3.6)), ("I4", (-122, -6)),
)  # fmt: skip


@dataclass(frozen=True)
class Terrain:
    """Ground of the city.

    Attributes
    ----------
    areas : GeoDataFrame
        The contract's layer `areas` with `district` and `name_en` besides: one city, nine districts, towns.
    barriers : GeoDataFrame
        The contract's layer `barriers`.
    towns : DataFrame
        town, district, x, y, core (a subdistrict of the urban core).
    interchanges : DataFrame
        district code (or a name of a bend), x, y: vertices of the expressway.
    """

    areas: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    towns: pd.DataFrame
    interchanges: pd.DataFrame


def core_half(district: District) -> float:
    """Return half the side of a district's core, metres."""
    return 0.5 * BLOCK * np.sqrt(1.42 * district.core_units)


def terrain() -> Terrain:
    """Draw the ground: the same every time."""
    seeds = _seeds()
    label = _district_of(seeds)
    cells = _cells(seeds, label >= 0)
    barriers = _barriers()
    towns = _towns(seeds[label >= 0], label[label >= 0], barriers)
    areas = _areas(cells, seeds[label >= 0], label[label >= 0], towns)
    bends = [(code, *metres(point)) for code, point in _EXPRESSWAY]
    return Terrain(areas, barriers, towns, pd.DataFrame(bends, columns=["code", "x", "y"]))


def crossings(lines: np.ndarray, barriers: gpd.GeoDataFrame) -> np.ndarray:
    """Tell which lines cross a barrier.

    Parameters
    ----------
    lines : ndarray of LineString
    barriers : GeoDataFrame

    Returns
    -------
    ndarray of bool
    """
    tree = shapely.STRtree(barriers.geometry.to_numpy())
    out = np.zeros(len(lines), dtype=bool)
    out[tree.query(lines, predicate="intersects")[0]] = True
    return out


def _seeds() -> np.ndarray:
    """Points of the tessellation: a shaken grid, finer round the cores so that subdistricts have shapes."""
    random = rng("seeds")
    reach = 1000 * np.asarray(_RADII) + 4 * _CELL
    middle = metres(_CENTRE)
    coarse = _shaken(middle - reach, middle + reach, _CELL, random)
    for district in DISTRICTS:
        seat, half = metres(district.seat), core_half(district) + 1500.0
        outside = np.abs(coarse - seat).max(axis=1) > half + 0.3 * _CELL
        coarse = np.vstack([coarse[outside], _shaken(seat - half, seat + half, _DENSE, random)])
    return coarse


def _shaken(low: np.ndarray, high: np.ndarray, step: float, random: np.random.Generator) -> np.ndarray:
    axes = [np.arange(a, b, step) for a, b in zip(low, high)]
    grid = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    return np.round(grid + random.uniform(-0.34, 0.34, grid.shape) * step, 2)


def _district_of(seeds: np.ndarray) -> np.ndarray:
    """Index of the district each seed belongs to, -1 outside the city."""
    angle = np.arctan2(*((seeds - metres(_CENTRE)) / _RADII).T[::-1])
    radius = np.linalg.norm((seeds - metres(_CENTRE)) / (1000 * np.asarray(_RADII)), axis=1)
    edge = 1 + 0.05 * np.sin(3 * angle + 0.6) + 0.035 * np.sin(5 * angle + 2.1) + 0.02 * np.sin(11 * angle)
    distance = np.stack([_reach(seeds, district) for district in DISTRICTS], axis=1)
    return np.where(radius <= edge, distance.argmin(axis=1), -1)


def _reach(seeds: np.ndarray, district: District) -> np.ndarray:
    points = np.array([metres(p) for p in (district.seat, *district.also)])
    near = cKDTree(points).query(seeds)[0] / district.reach
    own = np.abs(seeds - metres(district.seat)).max(axis=1) < core_half(district) + 1200.0
    return np.where(own, 0.0, near)


def _cells(seeds: np.ndarray, keep: np.ndarray) -> np.ndarray:
    drawn = Voronoi(seeds)
    corners = np.round(drawn.vertices, 2)
    return np.array(
        [shapely.Polygon(corners[drawn.regions[r]]) for r in drawn.point_region[keep]], dtype=object
    )


def _barriers() -> gpd.GeoDataFrame:
    rows = [("river", "大湾河", "Dawan River", _great_bend())]
    rows += [("river", name, en, _winding(path, 0.5)) for name, en, path in _RIVERS]
    rows.append(("rail", "鄂东铁路", "East Railway", _winding(_RAIL, 0.0)))
    rows.append(("expressway", "横贯高速", "Cross-city Expressway", expressway_line()))
    frame = pd.DataFrame(rows, columns=["kind", "name", "name_en", "geometry"])
    frame.insert(0, "barrier_id", [f"B{n:02d}" for n in range(1, len(frame) + 1)])
    return gpd.GeoDataFrame(frame.assign(source=SOURCE), geometry="geometry", crs=EPSG)


def expressway_line() -> shapely.LineString:
    """Return the expressway, vertex by vertex of its interchanges and bends."""
    return shapely.LineString(np.round([metres(point) for _, point in _EXPRESSWAY], 2))


def _great_bend() -> shapely.LineString:
    """Draw the river that bends round the city in the west, north and east."""
    angle = np.radians(np.linspace(197, -24, 160))
    wave = (
        0.965 + 0.05 * np.sin(3 * angle + 0.6) + 0.035 * np.sin(5 * angle + 2.1) + 0.008 * np.sin(31 * angle)
    )
    km = np.asarray(_CENTRE) + np.stack([np.cos(angle), np.sin(angle)], axis=1) * _RADII * wave[:, None]
    return shapely.LineString(np.round(1000 * km + ORIGIN, 2))


def _winding(path: tuple[tuple[float, float], ...], swing: float) -> shapely.LineString:
    """Smooth a path by cutting corners and let it swing to the sides, in kilometres."""
    points = np.array([metres(point) for point in path])
    for _ in range(4):
        near, far = 0.75 * points[:-1] + 0.25 * points[1:], 0.25 * points[:-1] + 0.75 * points[1:]
        inner = np.stack([near, far], axis=1).reshape(-1, 2)
        points = np.vstack([points[:1], inner, points[-1:]])
    along = np.r_[0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))]
    even = np.arange(0.0, along[-1], 400.0)
    line = np.stack([np.interp(even, along, points[:, k]) for k in (0, 1)], axis=1)
    heading = np.gradient(line, axis=0)
    normal = np.stack([-heading[:, 1], heading[:, 0]], axis=1) / np.linalg.norm(heading, axis=1)[:, None]
    wave = swing * (280.0 * np.sin(even / 900.0) + 160.0 * np.sin(even / 370.0 + 1.0))
    return shapely.LineString(np.round(line + normal * wave[:, None], 2))


def _towns(seeds: np.ndarray, label: np.ndarray, barriers: gpd.GeoDataFrame) -> pd.DataFrame:
    rows, taken = [], set[str]()
    for index, district in enumerate(DISTRICTS):
        random = rng("towns", district.code)
        core = _subdistricts(district, random)
        rural = _town_centres(seeds, label, index, barriers, random)
        for number, point in enumerate(np.vstack([core, rural])):
            tail = _tail(district, number < len(core), random)
            name, name_en = next(names.towns(random, taken, tail=tail))
            rows.append((name, name_en, district.name, *np.round(point, 2), number < len(core)))
    return pd.DataFrame(rows, columns=["town", "name_en", "district", "x", "y", "core"])


def _tail(district: District, core: bool, random: np.random.Generator) -> str:
    if core:
        return "街道" if district.urban else "镇"
    return "苏木" if district.pastoral and random.random() < 0.45 else "镇"


def _subdistricts(district: District, random: np.random.Generator) -> np.ndarray:
    if district.streets == 1:
        return metres(district.seat)[None, :]
    turn = 2 * np.pi * (np.arange(district.streets) + random.uniform(0, 0.5)) / district.streets
    spread = core_half(district) * random.uniform(0.45, 0.7, district.streets)
    return metres(district.seat) + np.stack([np.cos(turn), np.sin(turn)], axis=1) * spread[:, None]


def _town_centres(
    seeds: np.ndarray,
    label: np.ndarray,
    index: int,
    barriers: gpd.GeoDataFrame,
    random: np.random.Generator,
) -> np.ndarray:
    """Spread the towns over a district, away from the core, the border and the barriers."""
    district, own = DISTRICTS[index], seeds[label == index]
    border = cKDTree(seeds[label != index]).query(own)[0]
    core = np.linalg.norm(own - metres(district.seat), axis=1)
    near_core = core_half(district) * 1.42 + 1800.0
    water = shapely.distance(shapely.points(own), shapely.union_all(barriers.geometry.to_numpy()))
    edge = np.linalg.norm((own - metres(_CENTRE)) / (1000 * np.asarray(_RADII)), axis=1) < 0.87
    free = own[(border > 2900.0) & (core > near_core) & (water > 1500.0) & edge]
    chosen = [metres(district.seat)]
    for _ in range(district.towns):
        gap = cKDTree(np.array(chosen)).query(free)[0]
        chosen.append(free[(gap * random.uniform(0.55, 1.0, len(free))).argmax()])
    return np.array(chosen[1:])


def _areas(cells: np.ndarray, seeds: np.ndarray, label: np.ndarray, towns: pd.DataFrame) -> gpd.GeoDataFrame:
    home = np.zeros(len(seeds), dtype=int)
    for index, district in enumerate(DISTRICTS):
        own = towns.index[towns["district"] == district.name].to_numpy()
        tree = cKDTree(towns.loc[own, ["x", "y"]].to_numpy())
        home[label == index] = own[tree.query(seeds[label == index])[1]]
    rows = [("C0", "鄂尔多斯市(合成)", "Ordos (synthetic)", "city", "", shapely.coverage_union_all(cells))]
    for index, district in enumerate(DISTRICTS):
        shape = shapely.coverage_union_all(cells[label == index])
        rows.append((district.code, district.name, district.name_en, "district", district.name, shape))
    for number, town in enumerate(towns.to_dict("records")):
        shape = shapely.coverage_union_all(cells[home == number])
        code = f"{_code(str(town['district']))}-T{number:02d}"
        rows.append((code, str(town["town"]), str(town["name_en"]), "town", str(town["district"]), shape))
    frame = pd.DataFrame(rows, columns=["area_id", "name", "name_en", "level", "district", "geometry"])
    return gpd.GeoDataFrame(frame.assign(source=SOURCE), geometry="geometry", crs=EPSG)


def _code(name: str) -> str:
    return next(district.code for district in DISTRICTS if district.name == name)
