"""Measure walks and rides on a made county: ``python -m benchmarks.travel [--units 5000] [--schools 100]``.

The graph has some 100,000 edges. Networkx measures a few schools on the same graph, for the ratio and as a
check that the metres are right. Run it twice: the first run may compile.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np

from benchmarks import made_county
from gis import access
from gis.barriers import all_barriers
from gis.riding import DRIVABLE, riding
from gis.roads import RoadGraph, graph_from_lines
from gis.travel import walking

LIMIT = 5.0


def main(arguments: list[str] | None = None) -> None:
    """Make a county, measure all walks, and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--units", type=int, default=5_000)
    parser.add_argument("--schools", type=int, default=100)
    parser.add_argument("--sample", type=int, default=5, help="schools that networkx measures too")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    county = made_county.make(seed=options.seed, units=options.units, schools=options.schools)
    graph, *_ = timed("graph", lambda: graph_from_lines(county.roads, keep_all=True))
    print(f"{len(graph.u):,} edges, {len(graph.xy):,} nodes")
    barriers = all_barriers(county.barriers, county.roads)
    words = f"{options.units:,} units x {options.schools} schools"
    timed(f"walks, {words}, compiled code loaded from its cache", lambda: walk(county, graph, barriers))
    walks, cpu = timed(f"walks, {words}, once more", lambda: walk(county, graph, barriers))
    drive = graph_from_lines(county.roads, walkable=DRIVABLE, keep_all=True)
    timed("rides", lambda: riding(county.units, county.schools, drive))
    print(f"limit for the walks {LIMIT:g} s; crossings up to {walks['crossings'].max()}")
    compare(county, graph, walks, cpu, options.sample)


def walk(county: made_county.County, graph: RoadGraph, barriers: Any) -> Any:
    """Measure all walks."""
    return walking(county.units, county.schools, graph=graph, barriers=barriers)


def timed(what: str, run: Callable[[], Any]) -> tuple[Any, float]:
    """Run something and print what it took."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = run()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"{what}: {cpu:.2f} s CPU, {wall:.2f} s wall")
    return result, cpu


def compare(county: made_county.County, graph: RoadGraph, walks: Any, cpu: float, sample: int) -> None:
    """Measure a few schools with networkx, and print the ratio and the largest difference."""
    here, there = (access.snap(graph, access.access(frame)) for frame in (county.units, county.schools))
    net = nx.Graph()
    for u, v, metres in zip(graph.u.tolist(), graph.v.tolist(), graph.length.tolist()):
        if metres < net.get_edge_data(u, v, {"weight": np.inf})["weight"]:
            net.add_edge(u, v, weight=metres)
    found, own = timed(
        f"networkx, {sample} schools",
        lambda: [_by_networkx(net, graph, here, there, i) for i in range(sample)],
    )
    metres = walks["metres"].to_numpy().reshape(len(county.units), -1)[:, :sample]
    worst = np.abs(np.stack(found, axis=1) - metres).max()
    ratio = own / sample / (cpu / len(county.schools))
    print(f"a school: networkx takes {ratio:.0f} times as long; largest difference {worst:.6f} m")


def _by_networkx(net: nx.Graph, graph: RoadGraph, here: Any, there: Any, school: int) -> np.ndarray:
    edge, at = int(there.edge[school]), float(there.at[school])
    away: dict[int, float] = {}
    for node, metres in ((graph.u[edge], at), (graph.v[edge], graph.length[edge] - at)):
        for other, far in nx.single_source_dijkstra_path_length(net, int(node)).items():
            away[other] = min(away.get(other, np.inf), far + metres)
    far = np.array([away[node] for node in range(len(graph.xy))])
    rest = graph.length[here.edge] - here.at
    best = np.minimum(far[graph.u[here.edge]] + here.at, far[graph.v[here.edge]] + rest)
    same = here.edge == edge
    best[same] = np.minimum(best[same], np.abs(here.at[same] - at))
    return best + here.off + there.off[school]


if __name__ == "__main__":
    main()
