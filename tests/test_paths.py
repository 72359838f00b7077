"""Ways over a network: as short as networkx finds them, and what they step over on tiny drawn maps."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis import access, paths
from gis.carriageways import none
from gis.riding import riding
from gis.roads import RoadGraph, graph_from_lines
from gis.travel import walking

CRS = 4547
WEST, EAST = (10, 50), (190, 50)


def places(column: str, *points) -> gpd.GeoDataFrame:
    ids = [f"{column[0]}{i}" for i in range(len(points))]
    return gpd.GeoDataFrame({column: ids}, geometry=[shapely.Point(p) for p in points], crs=CRS)


def roads(*rows) -> gpd.GeoDataFrame:
    """Lines as (class, coordinates) or (class, coordinates, flag), flag being bridge or tunnel."""
    flags = [row[2] if len(row) > 2 else "" for row in rows]
    columns = {
        "road_class": [row[0] for row in rows],
        "bridge": [flag == "bridge" for flag in flags],
        "tunnel": [flag == "tunnel" for flag in flags],
    }
    return gpd.GeoDataFrame(columns, geometry=[shapely.LineString(row[1]) for row in rows], crs=CRS)


def barriers(*shapes, **columns) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"kind": "river"} | columns, index=range(len(shapes)), geometry=list(shapes), crs=CRS
    )


def crossed(streets: gpd.GeoDataFrame, start, end, cuts: gpd.GeoDataFrame | None = None) -> int:
    """Crossings of the walk between two points, which must be the same both ways."""
    graph = graph_from_lines(streets, keep_all=True)
    counts = [
        walking(places("unit_id", a), places("school_id", b), graph=graph, barriers=cuts).iloc[0]
        for a, b in ((start, end), (end, start))
    ]
    assert not any(row["estimate"] for row in counts)
    assert counts[0]["crossings"] == counts[1]["crossings"]
    return int(counts[0]["crossings"])


STREET = ("local", [(0, 50), (100, 50), (200, 50)])
MAIN = ("arterial", [(100, -200), (100, 50), (100, 300)])


def test_a_street_across_a_main_road_is_one_crossing() -> None:
    assert crossed(roads(STREET, MAIN), WEST, EAST) == 1


def test_a_street_across_a_minor_road_is_none() -> None:
    assert crossed(roads(STREET, ("secondary", MAIN[1])), WEST, EAST) == 0


def test_walking_along_a_main_road_depends_on_the_side_left_by() -> None:
    west = ("local", [(0, 250), (100, 250)])
    east = ("local", [(100, 250), (200, 250)])
    main = ("arterial", [(100, -200), (100, 50), (100, 250), (100, 300)])
    assert crossed(roads(STREET, west, main), WEST, (10, 250)) == 0
    assert crossed(roads(STREET, east, main), WEST, (190, 250)) == 1


def test_a_place_beside_a_main_road_is_on_one_side_of_it() -> None:
    assert crossed(roads(STREET, MAIN), WEST, (90, 250)) == 0
    assert crossed(roads(STREET, MAIN), WEST, (110, 250)) == 1
    assert crossed(roads(STREET, MAIN), WEST, (100, 250)) == 0
    assert crossed(roads(STREET, MAIN), (110, 100), (110, 250)) == 0
    assert crossed(roads(STREET, MAIN), (90, 100), (110, 250)) == 1


def test_a_main_road_that_ends_at_a_street_need_not_be_crossed() -> None:
    assert crossed(roads(STREET, ("arterial", [(100, 50), (100, 300)])), WEST, EAST) == 0


def test_a_crossing_of_two_main_roads_is_stepped_over_the_shorter_way() -> None:
    across = ("arterial", [(-200, 50), (100, 50), (400, 50)])
    assert crossed(roads(across, MAIN), (50, 60), (50, 70)) == 0
    assert crossed(roads(across, MAIN), (50, 60), (150, 60)) == 1
    assert crossed(roads(across, MAIN), (50, 60), (150, 40)) == 2
    assert crossed(roads(across, MAIN), (50, 40), (150, 40)) == 1


def test_two_carriageways_are_one_crossing() -> None:
    street = ("local", [(0, 50), (90, 50), (110, 50), (200, 50)])
    twin = [("arterial", [(x, -200), (x, 50), (x, 300)]) for x in (90, 110)]
    assert crossed(roads(street, *twin), WEST, EAST) == 1
    apart = [("arterial", [(x, -200), (x, 50), (x, 300)]) for x in (90, 150)]
    street = ("local", [(0, 50), (90, 50), (150, 50), (200, 50)])
    assert crossed(roads(street, *apart), WEST, EAST) == 2


@pytest.mark.parametrize("flag", ["bridge", "tunnel"])
def test_a_footbridge_or_an_underpass_crosses_nothing(flag) -> None:
    over = ("path", [(0, 50), (200, 50)], flag)
    assert crossed(roads(over, MAIN, ("local", [(100, 300), (0, 300), (0, 50)])), WEST, EAST) == 0


def test_a_main_road_on_a_viaduct_is_passed_under() -> None:
    assert crossed(roads(STREET, (*MAIN, "bridge")), WEST, EAST) == 0


RIVER = shapely.LineString([(60, -500), (60, 500)])


def test_a_river_counts_where_the_way_meets_it_and_a_bridge_does_not() -> None:
    street = ("local", [(0, 50), (200, 50)])
    assert crossed(roads(street), WEST, EAST, barriers(RIVER)) == 1
    assert crossed(roads((*street, "bridge")), WEST, EAST, barriers(RIVER)) == 0
    banks = barriers(shapely.box(50, -500, 80, 500))
    assert crossed(roads(street), WEST, EAST, banks) == 1
    assert crossed(roads((*street, "bridge")), WEST, EAST, banks) == 0


def test_the_walk_round_by_the_bridge_counts_not_the_straight_line() -> None:
    round_by = [
        ("local", [(0, 50), (0, 450)]),
        ("local", [(0, 450), (200, 450)], "bridge"),
        ("local", [(200, 450), (200, 50)]),
    ]
    streets = roads(*round_by)
    found = walking(
        places("unit_id", (0, 50)),
        places("school_id", (200, 50)),
        graph=graph_from_lines(streets),
        barriers=barriers(RIVER),
    )
    assert found["metres"].tolist() == pytest.approx([1000])
    assert found["crossings"].tolist() == [0]
    alone = walking(places("unit_id", (0, 50)), places("school_id", (200, 50)), barriers=barriers(RIVER))
    assert alone["crossings"].tolist() == [1]


def test_tracks_side_by_side_are_one_railway_and_one_in_a_tunnel_is_none() -> None:
    street = roads(("local", [(0, 50), (200, 50)]))
    tracks = [shapely.LineString([(x, -100), (x, 200)]) for x in (60, 65, 70, 90)]
    assert crossed(street, WEST, EAST, barriers(*tracks, kind="rail")) == 1
    below = barriers(tracks[0], kind="rail", tunnel=True)
    above = barriers(tracks[0], kind="rail", bridge=True)
    assert crossed(street, WEST, EAST, below) == crossed(street, WEST, EAST, above) == 0


def test_a_tunnel_under_a_railway_crosses_nothing() -> None:
    street = [("local", [(0, 50), (50, 50)]), ("local", [(150, 50), (200, 50)])]
    rail = barriers(shapely.LineString([(100, -100), (100, 200)]), kind="rail")
    under = ("path", [(50, 50), (150, 50)])
    assert crossed(roads(*street, (*under, "tunnel")), WEST, EAST, rail) == 0
    assert crossed(roads(*street, under), WEST, EAST, rail) == 1


def test_a_river_between_a_place_and_its_road_is_crossed() -> None:
    street = roads(("local", [(0, 50), (200, 50)]))
    assert crossed(street, (20, 100), EAST, barriers(shapely.LineString([(0, 80), (50, 80)]))) == 1


def test_a_river_met_twice_is_crossed_twice() -> None:
    street = roads(("local", [(0, 50), (1000, 50)]))
    bend = shapely.LineString([(100, 0), (100, 100), (800, 100), (800, 0)])
    assert crossed(street, (0, 50), (1000, 50), barriers(bend)) == 2


def reference(graph: RoadGraph, here, there, edge_cost, beside: float) -> dict[tuple[int, int], float]:
    """Cheapest ways by networkx, on the network with every snapped place put in as a node."""
    net = nx.MultiDiGraph()  # an owner is no way through from one of its places to another
    spots: dict[int, list] = {}
    for side, snapped in (("h", here), ("t", there)):
        for i, (edge, at, off) in enumerate(zip(snapped.edge, snapped.at, snapped.off)):
            spots.setdefault(int(edge), []).append((float(at), (side, i)))
            leg = [(side, i), (side, "owner", int(snapped.owner[i]))]
            net.add_edge(*(leg if side == "h" else leg[::-1]), weight=float(off) * beside)
    for e, (u, v, metres) in enumerate(zip(graph.u, graph.v, graph.length)):
        stops = [(0.0, int(u)), *sorted(spots.get(e, []), key=lambda s: s[0]), (float(metres), int(v))]
        for (a, one), (b, two) in pairwise(stops):
            for pair in ((one, two), (two, one)):
                net.add_edge(*pair, weight=(b - a) / metres * edge_cost[e])
    found = {}
    for owner in np.unique(there.owner).tolist():
        away = nx.single_source_dijkstra_path_length(net, ("t", "owner", owner))
        for own in np.unique(here.owner).tolist():
            found[own, owner] = away.get(("h", "owner", own), np.inf)
    return found


corner = st.tuples(st.integers(0, 12), st.integers(0, 12))
spot = st.tuples(st.floats(0, 1200, width=32), st.floats(0, 1200, width=32))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(corner, corner).filter(lambda e: e[0] != e[1]), min_size=1, max_size=25),
    st.lists(spot, min_size=1, max_size=5),
    st.lists(spot, min_size=1, max_size=5),
    st.lists(st.integers(0, 2), min_size=10, max_size=10),
    st.booleans(),
)
def test_ways_cost_what_networkx_finds(lines, starts, stops, owners, weighted) -> None:
    streets = roads(*(("local", np.array(line) * 100.0) for line in lines))
    graph = graph_from_lines(streets, keep_all=True)
    own = [np.sort(owners[: len(starts)]), np.sort(owners[-len(stops) :])]
    ends = [
        access.snap(graph, access.Access(np.array(xy, dtype=float), o.astype(np.int64), np.zeros(len(xy))))
        for xy, o in zip((starts, stops), own)
    ]
    cost = graph.length * np.where(np.arange(len(graph.u)) % 3 == 0, 0.4, 1.0) if weighted else None
    beside = 2.0 if weighted else 1.0
    found = paths.measure(graph, *ends, (3, 3), across=none(graph), cost=cost, beside=beside)
    expected = reference(graph, *ends, graph.length if cost is None else cost, beside)
    for i in range(3):
        for j in range(3):
            assert found.cost[i, j] == pytest.approx(expected.get((i, j), np.inf), rel=1e-6, abs=1e-3)
    known = np.isfinite(found.cost)
    assert (np.isfinite(found.metres) == known).all()
    if not weighted:
        assert np.allclose(found.metres[known], found.cost[known], atol=1e-3)
    assert (found.off[known] <= found.metres[known] + 1e-6).all()
    assert (found.crossings[known] == 0).all() and (found.crossings[~known] == -1).all()


def test_what_set_up_compiles_is_all_that_is_compiled() -> None:
    paths.warm()
    known = paths._follow.signatures
    streets = roads(STREET, MAIN)
    graph = graph_from_lines(streets)
    for schools in ([(190, 50)], [(190, 50), (10, 60)]):
        walking(places("unit_id", WEST, (20, 60)), places("school_id", *schools), graph=graph)
        riding(places("unit_id", WEST), places("school_id", *schools), graph)
    assert paths._follow.signatures == known
