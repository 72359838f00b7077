"""Measure territories and neighbours on a made county: ``python -m benchmarks.territories [--units 5000]``.

Prints CPU and wall seconds, and checks that the territories tile the area: no gap, no overlap.
"""

from __future__ import annotations

import argparse
import time

import shapely

from benchmarks import made_county
from gis.adjacency import from_territories
from gis.barriers import all_barriers
from gis.territories import territories

LIMIT = 10.0


def main(arguments: list[str] | None = None) -> None:
    """Make a county, tile it, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--units", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    county = made_county.make(seed=options.seed, units=options.units)
    barriers = all_barriers(county.barriers, county.roads)
    cpu, wall = time.process_time(), time.perf_counter()
    found = territories(county.units, area=county.area, barriers=county.barriers, roads=county.roads)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    again, again_wall = time.process_time(), time.perf_counter()
    links = from_territories(found, barriers=barriers, bridges=county.roads)
    again, again_wall = time.process_time() - again, time.perf_counter() - again_wall
    shapes = found.geometry.to_numpy()
    gap = shapely.area(shapely.symmetric_difference(shapely.union_all(shapes), county.area))
    excess = shapely.area(shapes).sum() - shapely.area(county.area)
    print(f"{len(found):,} territories: {cpu:.1f} s CPU, {wall:.1f} s wall (limit {LIMIT:g} s)")
    print(f"valid coverage: {shapely.coverage_is_valid(shapes)}; gaps {gap:.3f} m2, overlaps {excess:.3f} m2")
    print(f"{len(links):,} neighbours: {again:.1f} s CPU, {again_wall:.1f} s wall", end="; ")
    print(f"connected groups: {links.attrs['components']}, without neighbour: {len(links.attrs['isolated'])}")


if __name__ == "__main__":
    main()
