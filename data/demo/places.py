"""Settlements and units: street grids with estates between the streets, and villages in the country."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from data.demo import names
from data.demo.settings import BLOCK, EPSG, District, metres, rng
from data.demo.terrain import Terrain, crossings

_SETBACK: Final = 24.0
_NOTCH: Final = 0.4
_NOTCHED: Final = 0.4
_TOWN_BLOCK: Final = 330.0
_RIVERSIDE: Final = 55.0


@dataclass(frozen=True)
class Settlement:
    """One street grid.

    Attributes
    ----------
    town : int
        Row of `Terrain.towns`; -1 for the urban core.
    nodes : ndarray (n, 2)
        Street corners, metres.
    edges : DataFrame
        a, b (nodes), road_class, name, name_en.
    blocks : ndarray (k, 4, 2)
        Corners of the blocks between the streets, those of the river left out.
    gates : ndarray
        Nodes from which country roads leave.
    outline : Geometry
    """

    town: int
    nodes: np.ndarray
    edges: pd.DataFrame
    blocks: np.ndarray
    gates: np.ndarray
    outline: Any


def settlements(district: District, ground: Terrain) -> list[Settlement]:
    """Lay out the core and the towns of a district.

    Parameters
    ----------
    district : District
    ground : Terrain

    Returns
    -------
    list of Settlement
        The core first.
    """
    random = rng("streets", district.code)
    blocks = 1.42 * district.core_units
    columns = round(np.sqrt(1.1 * blocks))
    rows = -(-round(blocks) // columns)
    core = _grid(metres(district.seat), columns, rows, BLOCK, -1, random, ground.barriers)
    towns = ground.towns[(ground.towns["district"] == district.name) & ~ground.towns["core"]]
    small = [
        _grid(np.array([x, y]), 3, 3, _TOWN_BLOCK, row, random, ground.barriers)
        for row, x, y in zip(towns.index, towns["x"], towns["y"])
    ]
    return [core, *small]


def _grid(
    centre: np.ndarray,
    columns: int,
    rows: int,
    block: float,
    town: int,
    random: np.random.Generator,
    barriers: gpd.GeoDataFrame,
) -> Settlement:
    across, along = (_lines(n, block, random) for n in (columns, rows))
    x, y = np.meshgrid(across, along, indexing="ij")
    bend = 0.12 * block * np.sin(np.stack([y, x]) / (4.2 * block) + random.uniform(0, 6, (2, 1, 1)))
    turn = random.uniform(-0.16, 0.16)
    x, y = x + bend[0], y + bend[1]
    xy = (
        np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], axis=-1) + centre
    )
    xy = np.round(xy, 2)
    built = _built(columns, rows, random)
    touched = np.pad(built, ((0, 1), (0, 1))) | np.pad(built, ((1, 0), (0, 1)))
    touched |= np.pad(built, ((0, 1), (1, 0))) | np.pad(built, ((1, 0), (1, 0)))
    number = np.where(touched, np.cumsum(touched).reshape(touched.shape) - 1, -1)
    nodes = xy[touched]
    edges = _cut_at_barriers(_streets(number, built, town < 0, random), nodes, barriers)
    corners = np.stack([xy[:-1, :-1], xy[1:, :-1], xy[1:, 1:], xy[:-1, 1:]], axis=2)[built]
    blocks = shapely.polygons(corners)
    dry = shapely.distance(blocks, shapely.union_all(barriers.geometry.to_numpy())) > _RIVERSIDE
    return Settlement(town, nodes, edges, corners[dry], _gates(number), shapely.coverage_union_all(blocks))


def _built(columns: int, rows: int, random: np.random.Generator) -> np.ndarray:
    """Tell which blocks of a grid are built on: a place has no sharp corners."""
    u, v = (np.abs((np.arange(n) + 0.5) / n * 2 - 1) for n in (columns, rows))
    if columns < 5:
        return np.ones((columns, rows), dtype=bool)
    return (u[:, None] ** 3 + v[None, :] ** 3) < random.uniform(1.0, 1.45, (columns, rows))


def _lines(count: int, block: float, random: np.random.Generator) -> np.ndarray:
    steps = block * random.uniform(0.8, 1.2, count)
    return np.r_[0.0, np.cumsum(steps)] - steps.sum() / 2


def _gates(number: np.ndarray) -> np.ndarray:
    """Ends of the arterials, which lie on every fourth line; for a small place the middle of each side."""
    ends: list[int] = []
    for lines in (number, number.T):
        chosen = lines[::4] if len(lines) > 5 else lines[1:2]
        for line in chosen:
            there = line[line >= 0]
            ends += [int(there[0]), int(there[-1])]
    return np.unique(ends)


def _streets(number: np.ndarray, built: np.ndarray, core: bool, random: np.random.Generator) -> pd.DataFrame:
    """One edge between neighbouring corners beside a block; every fourth line of a core is an arterial."""
    stems = names.streets(random)
    frames = []
    for axis, tail, tail_en in ((0, "街", "Street"), (1, "路", "Road")):
        lines, blocks = (number, built) if axis == 0 else (number.T, built.T)
        beside = np.pad(blocks, ((0, 1), (0, 0))) | np.pad(blocks, ((1, 0), (0, 0)))
        for k, line in enumerate(lines):
            main = core and k % 4 == 0
            kind = "arterial" if main else "secondary" if k % 2 == 0 else "local"
            stem = stems[(k + 20 * axis) % len(stems)]
            wide, wide_en = (f"大{tail}", "Avenue") if main and axis == 0 else (tail, tail_en)
            named = {"name": f"{stem}{wide}", "name_en": f"{names.spell(stem)} {wide_en}"}
            ends = {"a": line[:-1][beside[k]], "b": line[1:][beside[k]]}
            frames.append(pd.DataFrame({**ends, "road_class": kind, **named}))
    return pd.concat(frames, ignore_index=True)


def _cut_at_barriers(edges: pd.DataFrame, nodes: np.ndarray, barriers: gpd.GeoDataFrame) -> pd.DataFrame:
    """Let only arterials cross a river or a rail line, and what else is needed to keep the grid connected."""
    cross = crossings(shapely.linestrings(nodes[edges[["a", "b"]].to_numpy()]), barriers)
    keep = ~cross | (edges["road_class"] == "arterial").to_numpy()
    for row in np.flatnonzero(~keep):
        if _parts(edges[keep], len(nodes)) == 1:
            break
        trial = keep.copy()
        trial[row] = True
        if _parts(edges[trial], len(nodes)) < _parts(edges[keep], len(nodes)):
            keep = trial
    return edges[keep].reset_index(drop=True)


def _parts(edges: pd.DataFrame, count: int) -> int:
    a, b = edges["a"].to_numpy(), edges["b"].to_numpy()
    return connected_components(coo_array((np.ones(len(a)), (a, b)), shape=(count, count)), directed=False)[0]


def units(district: District, ground: Terrain, grids: list[Settlement], taken: set[str]) -> gpd.GeoDataFrame:
    """Place the units (小区, 村) of a district.

    Parameters
    ----------
    district : District
    ground : Terrain
    grids : list of Settlement
        As `settlements` gives them.
    taken : set of str
        Names already used; grows.

    Returns
    -------
    GeoDataFrame
        unit_id, name, name_en, kind, district, town, area, geometry; besides, for the other generators:
        core (bool), grid (index of the settlement, -1 for a village), x, y (anchor), school_x, school_y
        (free ground for a school, NaN where there is none), rank (0 centre to 1 edge of its settlement).
    """
    random = rng("units", district.code)
    per_town = _shares(district.town_units, len(grids) - 1, random)
    wanted = [district.core_units, *per_town]
    frames = [_estates(grid, k, n, random) for k, (grid, n) in enumerate(zip(grids, wanted))]
    frames.append(_villages(district, ground, grids, random))
    out = pd.concat(frames, ignore_index=True)
    shape = ground.areas[(ground.areas["level"] == "town") & (ground.areas["district"] == district.name)]
    home = _home(out, shape)
    out["town"], out["town_en"] = shape["name"].to_numpy()[home], shape["name_en"].to_numpy()[home]
    out["district"] = district.name
    out["core"] = out["grid"] == 0
    out["kind"] = np.where(out["grid"] >= 0, "estate", "village")
    core_area = "urban" if district.urban else "town"
    out["area"] = np.select([out["core"], out["grid"] > 0], [core_area, "town"], "rural")
    named = _names(out, district, random, taken)
    out["name"], out["name_en"] = zip(*named)
    out.insert(0, "unit_id", [f"{district.code}-U{n:03d}" for n in range(1, len(out) + 1)])
    return gpd.GeoDataFrame(out, geometry="geometry", crs=EPSG)


def _shares(total: int, parts: int, random: np.random.Generator) -> list[int]:
    even = np.full(parts, total // parts)
    even[random.permutation(parts)[: total % parts]] += 1
    return [int(n) for n in np.minimum(even, 9)]


def _estates(grid: Settlement, index: int, wanted: int, random: np.random.Generator) -> pd.DataFrame:
    """Fill the blocks with estates; the rest stays parks, shops and works, more of it towards the edge."""
    middle = grid.blocks.mean(axis=1)
    away = np.linalg.norm(middle - middle.mean(axis=0), axis=1)
    away = away / max(away.max(), 1.0)
    chosen = np.sort(np.argsort(random.random(len(middle)) + 0.6 * away)[:wanted])
    turn = (random.integers(4, size=len(chosen))[:, None] + np.arange(4)) % 4
    corners = np.take_along_axis(grid.blocks[chosen], turn[:, :, None], axis=1)
    side = np.sqrt(shapely.area(shapely.polygons(corners)))
    inset = (_SETBACK * random.uniform(0.7, 1.6, len(chosen)) / side)[:, None]
    notched = random.random(len(chosen)) < _NOTCHED
    # Each town needs ground for its schools.
    notched[: 3 if index > 0 else 0] = True
    shapes = np.where(notched, _notched(corners, inset), _plain(corners, inset))
    school = _inside(corners, np.full((len(chosen), 1), 0.5), inset)[:, 0, :]
    place = shapely.point_on_surface(shapes)
    if index > 0:
        # Many of a town's units are known only as a point; not those with ground for a school beside them.
        shapes = np.where((random.random(len(chosen)) < 0.8) & ~notched, place, shapes)
    xy = np.round(shapely.get_coordinates(place), 2)
    columns = {"grid": index, "x": xy[:, 0], "y": xy[:, 1], "rank": away[chosen], "geometry": shapes}
    free = np.where(notched[:, None], school, np.nan)
    return pd.DataFrame({**columns, "school_x": free[:, 0], "school_y": free[:, 1]})


def _bilinear(corners: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Points of quadrilaterals at shares u, v (k, m) of their sides, shape (k, m, 2)."""
    weight = np.stack([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], axis=-1)
    return np.round(np.einsum("kmc,kcd->kmd", weight, corners), 2)


def _plain(corners: np.ndarray, inset: np.ndarray) -> np.ndarray:
    low, high = inset, 1 - inset
    u, v = np.hstack([low, high, high, low]), np.hstack([low, low, high, high])
    return np.asarray(shapely.polygons(_bilinear(corners, u, v)))


def _notched(corners: np.ndarray, inset: np.ndarray) -> np.ndarray:
    """Blocks whose first corner is free ground."""
    low, high = inset, 1 - inset
    cut = np.full_like(inset, _NOTCH)
    u = np.hstack([cut, high, high, low, low, cut])
    v = np.hstack([low, low, high, high, cut, cut])
    return np.asarray(shapely.polygons(_bilinear(corners, u, v)))


def _inside(corners: np.ndarray, share: np.ndarray, inset: np.ndarray) -> np.ndarray:
    """Spot within the notch, `share` of the way from the setback to the notch's end."""
    at = inset + share * (_NOTCH - inset)
    return _bilinear(corners, at, at)


def _villages(
    district: District, ground: Terrain, grids: list[Settlement], random: np.random.Generator
) -> pd.DataFrame:
    """Scatter villages, thicker round the towns, away from settlements and barriers."""
    shape = ground.areas.loc[ground.areas["area_id"] == district.code, "geometry"].iloc[0]
    built = shapely.union_all([grid.outline.buffer(450.0) for grid in grids])
    line = shapely.union_all(ground.barriers.geometry.to_numpy())
    inner = shape.buffer(-700.0).difference(built).difference(line.buffer(260.0))
    low, high = np.array(shape.bounds[:2]), np.array(shape.bounds[2:])
    points = np.round(random.uniform(low, high, (120 * district.villages, 2)), 2)
    shapely.prepare(inner)
    points = points[shapely.contains_xy(inner, points)]
    middles = np.array([g.nodes.mean(axis=0) for g in grids])
    near = np.linalg.norm(points[:, None] - middles[None], axis=2).min(axis=1)
    points = points[random.random(len(points)) < np.exp(-near / 7000.0) + 0.1]
    kept = _spaced(points, 1100.0, district.villages)
    offset = random.uniform(60, 140, len(kept)) * random.choice([-1, 1], len(kept))
    geometry = shapely.points(kept)
    columns = {"grid": -1, "x": kept[:, 0], "y": kept[:, 1], "rank": 1.0, "geometry": geometry}
    return pd.DataFrame(
        {**columns, "school_x": np.round(kept[:, 0] + offset, 2), "school_y": kept[:, 1] + 40.0}
    )


def _spaced(points: np.ndarray, gap: float, count: int) -> np.ndarray:
    kept: list[np.ndarray] = []
    for point in points:
        if all(np.hypot(*(point - other)) > gap for other in kept):
            kept.append(point)
        if len(kept) == count:
            break
    return np.array(kept)


def _home(frame: pd.DataFrame, towns: gpd.GeoDataFrame) -> np.ndarray:
    points = shapely.points(frame[["x", "y"]].to_numpy())
    point, town = shapely.STRtree(towns.geometry.to_numpy()).query(points, predicate="intersects")
    home = np.full(len(frame), -1)
    home[point[::-1]] = town[::-1]
    return home


def _names(
    frame: pd.DataFrame, district: District, random: np.random.Generator, taken: set[str]
) -> Iterator[tuple[str, str]]:
    built = names.estates(random, taken)
    country = names.villages(random, taken, pastoral=district.pastoral)
    return (next(built) if grid >= 0 else next(country) for grid in frame["grid"])
