"""A made county for benchmarks: streets on a shaken grid, rivers with bridges, a railway, units, schools."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

CRS = 4547
CENTRE = 500_000.0
MAIN_EVERY, BRIDGE_EVERY, RIVER_EVERY = 16, 4, 56


@dataclass(frozen=True)
class County:
    """Layers of a made county, in metres."""

    roads: gpd.GeoDataFrame
    barriers: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    schools: gpd.GeoDataFrame
    area: shapely.Geometry


def make(*, seed: int, units: int = 5_000, schools: int = 100, side: int = 224, step: float = 60.0) -> County:
    """Make a county of ``side`` x ``side`` junctions, ``step`` metres apart.

    Every sixteenth line of streets is a main road; rivers run between lines of streets, bridged at every
    fourth street. Half of the units are estates (boxes that do not touch), half are points.
    """
    rng = np.random.default_rng(seed)
    size = (side - 1) * step
    corner = np.array([CENTRE, CENTRE])
    roads = _streets(rng, side, step, corner)
    return County(
        roads,
        _barriers(side, step, corner),
        _units(rng, units, size, corner),
        _places(rng, "school_id", rng.uniform(0, size, (schools, 2)) + corner),
        shapely.box(*corner, *(corner + size)),
    )


def _streets(rng: np.random.Generator, side: int, step: float, corner: npt.NDArray) -> gpd.GeoDataFrame:
    column, row = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    shake = rng.uniform(-step / 4, step / 4, (side, side, 2))
    xy = np.stack([column, row], axis=-1) * step + shake + corner
    across = np.stack([xy[:-1].reshape(-1, 2), xy[1:].reshape(-1, 2)], axis=1)
    along = np.stack([xy[:, :-1].reshape(-1, 2), xy[:, 1:].reshape(-1, 2)], axis=1)
    line = np.concatenate([np.tile(np.arange(side), side - 1), np.repeat(np.arange(side), side - 1)])
    south = np.concatenate([np.full(len(across), -1), np.tile(np.arange(side - 1), side)])
    return gpd.GeoDataFrame(
        {
            "road_class": np.where(line % MAIN_EVERY == MAIN_EVERY // 2, "arterial", "local"),
            "bridge": (south % RIVER_EVERY == RIVER_EVERY // 2) & (line % BRIDGE_EVERY == 0),
            "tunnel": False,
        },
        geometry=shapely.linestrings(np.concatenate([across, along])),
        crs=CRS,
    )


def _barriers(side: int, step: float, corner: npt.NDArray) -> gpd.GeoDataFrame:
    at = (np.arange(RIVER_EVERY // 2, side - 1, RIVER_EVERY) + 0.5) * step
    ends = np.array([[-100.0, 0.0], [side * step, 0.0]])
    rivers = [shapely.LineString(ends + corner + [0.0, y]) for y in at]
    rail = shapely.LineString(ends[:, ::-1] + corner + [(side // 3 + 0.5) * step, 0.0])
    kinds = ["river"] * len(rivers) + ["rail"]
    return gpd.GeoDataFrame({"kind": kinds, "name": ""}, geometry=[*rivers, rail], crs=CRS)


def _units(rng: np.random.Generator, count: int, size: float, corner: npt.NDArray) -> gpd.GeoDataFrame:
    cells = int(np.ceil(np.sqrt(count)))
    chosen = rng.permutation(cells * cells)[:count]
    width = size / cells
    middle = (np.stack([chosen // cells, chosen % cells], axis=1) + 0.5) * width + corner
    middle += rng.uniform(-width / 8, width / 8, (count, 2))
    half = rng.uniform(width / 8, width / 3, (count, 2))
    estates = np.arange(count) % 2 == 0
    shapes = shapely.points(middle)
    low, high = middle - half, middle + half
    shapes[estates] = shapely.box(*low[estates].T, *high[estates].T)
    return gpd.GeoDataFrame({"unit_id": [f"u{i}" for i in range(count)]}, geometry=shapes, crs=CRS)


def _places(rng: np.random.Generator, column: str, xy: npt.NDArray) -> gpd.GeoDataFrame:
    ids = [f"{column[0]}{i}" for i in range(len(xy))]
    return gpd.GeoDataFrame({column: ids}, geometry=shapely.points(xy), crs=CRS)
