"""Coordinate systems: told from the numbers with reasons, never guessed in silence."""

import json
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from shapely.geometry import Point

from gis import crs
from gis.faults import FaultError

BENCH = Path(__file__).parents[2] / "shared" / "bench" / "geometry"


def at(*points):
    return np.array(points, dtype=float)


def shapes(name):
    path = BENCH / f"{name}.geojson"
    if not path.exists():
        pytest.skip("benchmark data are absent")
    features = json.loads(path.read_text())["features"]
    return gpd.GeoSeries([shapely.geometry.shape(f["geometry"]) for f in features])


VECTORS = [
    ((19682242.1, 3827295.5), "gk6", 4497, False),
    ((13500000.0, 4100000.0), "ambiguous", None, False),
    ((37512345.0, 4312345.0), "gk3", 4525, False),
    ((25500000.0, 4400000.0), "gk3", 4513, False),
    ((45500000.0, 5200000.0), "gk3", 4533, False),
    ((23400000.0, 5350000.0), "gk6", 4501, False),
    ((4312345.0, 37512345.0), "gk3", 4525, True),
    ((512345.0, 4312345.0), "gk_plain", None, False),
    ((4312345.0, 512345.0), "gk_plain", None, True),
    ((12400000.0, 4800000.0), "web_mercator", None, False),
    ((111.2, 39.8), "lonlat", 4490, False),
    ((39.8, 111.2), "lonlat", 4490, True),
    ((-76.7, 39.2), "lonlat_far", None, False),
    ((64096.1, 44021.4), "unknown", None, False),
    ((24500000.0, 4300000.0), "unknown", None, False),
]


@pytest.mark.parametrize(("point", "kind", "epsg", "swapped"), VECTORS)
def test_what_numbers_look_like(point, kind, epsg, swapped):
    guess = crs.detect(at(point))
    assert (guess.kind, guess.swapped) == (kind, swapped)
    assert guess.certain == (epsg is not None)
    assert (guess.crs.to_epsg() if guess.crs else None) == epsg
    assert guess.reason_zh.endswith("。") and guess.reason_en.endswith(".")
    assert guess.reason.text("en") == guess.reason_en


def test_kashgar_in_zone_13_is_told_from_web_mercator_on_the_coast():
    shanghai = crs.detect(at((13_522_000, 3_662_000)))
    assert shanghai.kind == "web_mercator" and [c.to_epsg() for c in shanghai.candidates] == [3857]
    either = crs.detect(at((13_450_000, 4_350_000)))
    assert not either.certain and [c.to_epsg() for c in either.candidates] == [4491, 3857]


def test_gongyi_is_in_zone_19():
    guess = crs.detect(shapes("gongyi_units"))
    assert guess.crs.to_epsg() == 4497 and guess.certain
    assert "19" in guess.reason_zh and "CGCS2000" in guess.reason_en
    wrong = crs.detect(shapes("gongyi_units"), declared=4326)
    assert wrong.kind == "conflict" and not wrong.certain and wrong.candidates[0].to_epsg() == 4497


def test_zhengzhou_is_unknown_until_the_user_says_local():
    units = shapes("zhengzhou_units")
    assert crs.detect(units).kind == "unknown" and not crs.detect(units).certain
    assert crs.detect(units, declared=4547).kind == "conflict"
    local = crs.detect(units, declared="local")
    assert local.certain and crs.is_local(local.crs)


def test_baltimore_is_what_it_declares():
    assert crs.detect(shapes("baltimore_sw_planning_blocks"), declared="OGC:CRS84").certain


DECLARED = [
    ((111.2, 39.8), 4326, "declared"),
    ((39.8, 111.2), 4326, "conflict"),
    ((19682242, 3827295), 4490, "conflict"),
    ((512345, 4312345), 4546, "declared"),
    ((512345, 4312345), 4525, "conflict"),
    ((37512345, 4312345), 4525, "declared"),
    ((37512345, 4312345), 4546, "conflict"),
    ((111.2, 39.8), 4546, "conflict"),
    ((64096.1, 44021.4), 4547, "conflict"),
    ((-76.7, 39.2), 4490, "conflict"),
]


@pytest.mark.parametrize(("point", "declared", "kind"), DECLARED)
def test_a_declared_system_must_fit_the_numbers(point, declared, kind):
    guess = crs.detect(at(point), declared=declared)
    assert guess.kind == kind and guess.certain == (kind == "declared") == (guess.crs is not None)


def test_a_prj_without_a_code_is_judged_by_its_central_meridian():
    text = (
        'PROJCS["CGCS2000_3_Degree_GK_CM_111E",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
        'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
        'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",500000.0],'
        'PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",111.0],PARAMETER["Scale_Factor",1.0],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )
    assert crs.detect(at((512345, 4312345)), declared=text).certain
    assert not crs.detect(at((37512345, 4312345)), declared=text).certain


def test_the_majority_decides_and_the_rest_are_misfits():
    points = gpd.GeoSeries([Point(111 + i / 100, 39.5) for i in range(9)] + [Point(39.5, 111), None])
    guess = crs.detect(points)
    assert guess.crs.to_epsg() == 4490
    assert np.flatnonzero(crs.misfits(points, guess.crs)).tolist() == [9]


def test_nothing_is_certain_about_nothing():
    assert not crs.detect(np.empty((0, 2))).certain
    assert not crs.detect(gpd.GeoSeries([None, Point()])).certain


@settings(deadline=None)
@given(
    lon=st.floats(74, 134.5),
    lat=st.floats(18, 53),
    width=st.sampled_from([3, 6]),
)
def test_a_place_in_china_comes_back_from_its_zone(lon, lat, width):
    meridian = 3 * round(lon / 3) if width == 3 else 6 * int(lon // 6) + 3
    system = crs.gauss_kruger(int(np.clip(meridian, 75, 135)), width=width, prefixed=True)
    x, y = Transformer.from_crs(4490, system, always_xy=True).transform(lon, lat)
    guess = crs.detect(at((x, y)))
    assert (
        guess.crs == system
        or (guess.crs is None and system in guess.candidates)
        or guess.kind == "web_mercator"
    )
    if x > 16e6:
        assert guess.crs == system


@pytest.mark.parametrize(
    ("lon", "epsg"), [(109.8, 4546), (75.2, 4534), (134.7, 4554), (111.0, 4546), (109.4, 4545), (113.0, 4547)]
)
def test_the_metric_system_goes_by_longitude(lon, epsg):
    layer = gpd.GeoSeries([Point(lon, 39.6)], crs=4490)
    assert crs.metric_crs(layer).to_epsg() == epsg
    assert crs.metric_crs(layer.to_crs(3857)).to_epsg() == epsg


def test_metric_systems_elsewhere():
    assert crs.metric_crs(gpd.GeoSeries([Point(24.9, 60.2)], crs=4326)).to_epsg() == 32635
    assert crs.is_local(crs.metric_crs(gpd.GeoSeries([Point(1, 2)], crs=crs.LOCAL)))
    with pytest.raises(FaultError):
        crs.metric_crs(gpd.GeoSeries([Point(1, 2)]))


def test_layers_go_into_the_project_system_or_say_why_not():
    layer = gpd.GeoDataFrame({"a": [1]}, geometry=[Point(111, 39.6)], crs=4490)
    turned = crs.to_project(layer, 4546)
    assert turned.crs.to_epsg() == 4546 and abs(turned.geometry.x.iloc[0] - 500_000) < 1e-3
    assert crs.to_project(turned, "EPSG:4546") is turned
    for bad in (layer.set_crs(None, allow_override=True), layer.set_crs(crs.LOCAL, allow_override=True)):
        with pytest.raises(FaultError):
            crs.to_project(bad, 4546)
    local = layer.set_crs(crs.LOCAL, allow_override=True)
    assert crs.to_project(local, "local") is local
    empty = gpd.GeoDataFrame({"a": [1]}, geometry=gpd.GeoSeries([None]))
    assert crs.to_project(empty, 4546).crs.to_epsg() == 4546


def test_old_datums_are_said_to_be_inexact():
    assert crs.accuracy(CRS(4326), CRS(4546)) == 0.0 == crs.accuracy(CRS(4490), CRS(4497))
    assert not crs.transform_faults(CRS(4326), CRS(4546))
    (fault,) = crs.transform_faults(CRS(2382), CRS(4546), file="旧.shp")
    assert fault.kind == "crs_accuracy" and fault.level == "warning" and "CGCS2000" in fault.text()


def test_a_missing_grid_file_is_no_warning_on_the_screen():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert 0 < crs.accuracy(CRS(26985), CRS(32618)) < 5


def test_names_and_choices():
    assert crs.name(CRS(4497)) == "CGCS2000 高斯-克吕格六度带第 19 带（EPSG:4497）"
    assert crs.name(CRS(4546)) == "CGCS2000 高斯-克吕格三度带中央经线 111°E（EPSG:4546）"
    assert crs.name(CRS(4508)) == "CGCS2000 高斯-克吕格六度带中央经线 111°E（EPSG:4508）"
    assert crs.name(CRS(4513)) == "CGCS2000 高斯-克吕格三度带第 25 带（EPSG:4513）"
    assert crs.name(crs.LOCAL) == "独立坐标（米）" and crs.name(CRS(3857), "en").endswith("(EPSG:3857)")
    codes = dict(crs.choices())
    assert len(codes) == 21 + 11 + 3 and "111" in codes["EPSG:4546"].zh
    assert all(crs.parse(code) is not None for code in codes)
    with pytest.raises(ValueError, match="112"):
        crs.gauss_kruger(112)
    with pytest.raises(FaultError):
        crs.parse("EPSG:99999999")
