"""Limits on distance: a radius is held against the straight line, a walking time against the walk."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point

from planning import policy, reach, spatial
from planning.project import Project
from planning.rules import DISTANCES
from planning.walkbook import WalkBook

CRS = 4547
X, Y = 500_000.0, 4_000_000.0
UNITS, ZONES = ["u0", "u1", "u2"], ["a", "b"]


def places(key: str, east: list[float], **columns: list) -> gpd.GeoDataFrame:
    ids = [f"{'u' if key == 'unit_id' else 's'}{n}" for n in range(len(east))]
    points = [Point(X + metres, Y) for metres in east]
    return gpd.GeoDataFrame({key: ids, **columns}, geometry=points, crs=CRS)


@pytest.fixture
def project(tmp_path) -> Project:
    """Units at 0, 450 and 900 m on a line, the last rural; schools of zones a and b at its ends."""
    units = places("unit_id", [0, 450, 900], name=["甲", "乙", "丙"], area=["urban", "urban", "rural"])
    schools = places(
        "school_id",
        [0, 900],
        name=["一小", "二小"],
        zone_id=["a", "b"],
        kind=["primary", "primary"],
        provider=["public", "public"],
        boarding=[False, False],
        area=["urban", "urban"],
        primary_seats=[90, 90],
        lowest_grade=[1, 1],
        highest_grade=[6, 6],
    )
    return Project(
        id="p", name="测", folder=tmp_path, year=2026, epsg=CRS, detour=2.0, walk_speed=10.0,
        layers={"units": units, "schools": schools},
    )  # fmt: skip


def test_a_radius_is_straight_and_speaks_of_its_scope_alone(project):
    book = WalkBook.of(project, "primary")
    radius = next(r for r in reach.limits(project, "primary", 2026) if r.metric == "service_radius")
    far = reach.beyond(project, book, radius, units=UNITS, zones=ZONES)
    # 450 m straight is within 500 m, though the walk is taken for 900 m; the rural unit is out of scope
    assert far.tolist() == [[False, True], [False, False], [False, False]]


def test_a_walking_time_goes_by_the_walk(project):
    book = WalkBook.of(project, "primary")
    walk = next(r for r in reach.limits(project, "primary", 2026) if r.metric == "walk_minutes")
    far = reach.beyond(project, book, walk, units=UNITS, zones=ZONES)
    assert far.tolist() == [[False, False], [False, False], [True, False]]  # 1,800 m at 10 m a minute
    tight = reach.beyond(project, book, replace(walk, scope="all"), units=UNITS, zones=ZONES)
    assert tight.tolist() == [[False, True], [True, True], [True, False]]


def test_order_and_strangers(project):
    book = WalkBook.of(project, "primary")
    radius = next(r for r in reach.limits(project, "primary", 2026) if r.metric == "service_radius")
    far = reach.beyond(project, book, radius, units=["?", "u0"], zones=["b", "a", "!"])
    assert far.tolist() == [[False, False, False], [True, False, False]]


def test_no_crossings_are_judged_where_none_can_be_known(project):
    metrics = {rule.metric for rule in reach.limits(project, "primary", 2026)}
    assert "crossings" not in metrics and "service_radius" in metrics
    roads = gpd.GeoDataFrame({"road_class": ["local"]}, geometry=[Point(X, Y).buffer(9).boundary], crs=CRS)
    rules = policy.in_force(project.packs, on=policy.school_year_day(2026))
    known = replace(project, layers={**project.layers, "roads": roads})
    asked = {r.metric for r in rules if r.stage in ("primary", "both")} & set(DISTANCES)
    assert {rule.metric for rule in reach.limits(known, "primary", 2026)} == asked


def test_the_limits_agree_with_the_distances_themselves(project):
    walks = spatial.zone_travel(project, "primary").set_index(["unit_id", "zone_id"])
    book = WalkBook.of(project, "primary")
    for rule in reach.limits(project, "primary", 2026):
        far = reach.beyond(project, book, replace(rule, scope="all"), units=UNITS, zones=ZONES)
        scale = project.walk_speed if rule.metric == "walk_minutes" else 1
        expected = [
            [rule.met(float(walks.loc[(u, z), DISTANCES[rule.metric]]) / scale) is False for z in ZONES]
            for u in UNITS
        ]
        assert np.array_equal(far, expected)
