"""Coordinates of web maps: published vectors, there and back again, and nothing done outside China."""

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import LineString, Point

from gis import webmaps
from gis.webmaps import (
    bd09_to_gcj02,
    bd09_to_wgs84,
    gcj02_to_bd09,
    gcj02_to_wgs84,
    is_web_datum,
    to_wgs84,
    wgs84_to_bd09,
    wgs84_to_gcj02,
    which,
)

GEOD = Geod(ellps="WGS84")

# eviltransform, go/transform_test.go: Shanghai, Shenzhen, Beijing as longitude, latitude in WGS 84 and GCJ-02
EVILTRANSFORM = [
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]
PLACES = (st.floats(73.5, 135.1), st.floats(3.8, 53.6))


def at(*points):
    return np.array(points, dtype=float)


def metres(a, b):
    return GEOD.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])[2]


@pytest.mark.parametrize(("wgs", "gcj"), EVILTRANSFORM)
def test_published_pairs_of_eviltransform(wgs, gcj):
    assert np.allclose(wgs84_to_gcj02(at(wgs)), at(gcj), atol=1e-9)
    assert metres(gcj02_to_wgs84(at(gcj)), at(wgs)).max() < 0.001


def test_published_pairs_of_coordtransform():
    # README of wandergis/coordtransform; its two inverses take one step only and are 1 to 2 m off
    here = at((116.404, 39.915))
    assert np.allclose(gcj02_to_bd09(here), at((116.41036949371029, 39.92133699351021)), atol=1e-9)
    assert np.allclose(wgs84_to_gcj02(here), at((116.41024449916938, 39.91640428150164)), atol=1e-9)
    assert metres(bd09_to_gcj02(here), at((116.39762729119315, 39.90865673957631))).max() < 2
    assert metres(gcj02_to_wgs84(here), at((116.39775550083061, 39.91359571849836))).max() < 2


@settings(deadline=None, max_examples=300)
@given(lon=PLACES[0], lat=PLACES[1])
def test_there_and_back_again_is_exact_everywhere_in_china(lon, lat):
    here = at((lon, lat))
    assert metres(gcj02_to_wgs84(wgs84_to_gcj02(here)), here).max() < 0.1
    assert metres(wgs84_to_gcj02(gcj02_to_wgs84(here)), here).max() < 0.1
    assert metres(bd09_to_gcj02(gcj02_to_bd09(here)), here).max() < 0.1
    assert metres(bd09_to_wgs84(wgs84_to_bd09(here)), here).max() < 0.1
    assert 30 < metres(wgs84_to_gcj02(here), here).max() < 1500


@settings(deadline=None)
@given(lon=st.floats(-180, 180), lat=st.floats(-90, 90))
def test_nothing_is_shifted_outside_china(lon, lat):
    here = at((lon, lat))
    if webmaps.outside(here)[0]:
        for turn in (wgs84_to_gcj02, gcj02_to_wgs84, wgs84_to_bd09, bd09_to_wgs84):
            assert (turn(here) == here).all()


def test_rows_inside_and_outside_do_not_touch_each_other():
    both = at((116.4, 39.9), (-76.6, 39.3))
    turned = wgs84_to_gcj02(both)
    assert webmaps.outside(both).tolist() == [False, True]
    assert (turned[1] == both[1]).all() and np.allclose(turned[0], wgs84_to_gcj02(both[:1])[0])


def test_names_in_any_spelling():
    assert is_web_datum("gcj-02") and is_web_datum("BD09LL") and which("bd_09") == "BD-09"
    assert not is_web_datum("EPSG:4326") and not is_web_datum(4326) and which(4326) == ""


def test_layers_are_turned_point_by_point():
    wgs = at((109.77, 39.61), (109.80, 39.63))
    road = gpd.GeoSeries(
        [LineString(wgs84_to_bd09(wgs)), None, Point(wgs84_to_bd09(wgs)[0])], index=[3, 5, 9]
    )
    turned = to_wgs84(road, "BD-09")
    assert turned.crs.to_epsg() == 4326 and turned.index.tolist() == [3, 5, 9] and turned[5] is None
    assert metres(np.array(turned[3].coords), wgs).max() < 0.01
    with pytest.raises(ValueError, match="EPSG"):
        to_wgs84(turned, "EPSG:4326")
