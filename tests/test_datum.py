"""Coordinates that a code alone does not put on the earth: seven parameters, web maps, fitted grids."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer

from gis import datum
from gis.datum import SevenParameters, base_crs, fitted_text, label, looks_like_radians, stated, with_seven
from gis.faults import FaultError
from gis.webmaps import wgs84_to_bd09

GEOD = Geod(ellps="GRS80")
XIAN = "+a=6378140 +rf=298.257"
SEVEN = (-12.646, -155.176, -80.863, 0.5, -0.3, 0.2, 1.5)


def at(*points):
    return np.array(points, dtype=float)


def pipeline(convention, *, ellipsoid=XIAN):
    """Return the steps as PROJ itself has them, from Xian 1980 Gauss-Krueger at 111 E to degrees."""
    names = ("x", "y", "z", "rx", "ry", "rz", "s")
    parameters = " ".join(f"+{n}={v}" for n, v in zip(names, SEVEN, strict=True))
    return Transformer.from_pipeline(
        f"+proj=pipeline +step +inv +proj=tmerc +lat_0=0 +lon_0=111 +x_0=500000 {ellipsoid} "
        f"+step +proj=cart {ellipsoid} +step +proj=helmert {parameters} +convention={convention} "
        "+step +inv +proj=cart +ellps=GRS80 +step +proj=unitconvert +xy_in=rad +xy_out=deg"
    )


@pytest.mark.parametrize(("mark", "convention"), [("PV", "position_vector"), ("CF", "coordinate_frame")])
def test_seven_parameters_by_either_convention(mark, convention):
    text = with_seven("EPSG:2382", SevenParameters(*SEVEN, convention=mark))
    reading = stated(text)
    xy = at((512345.6, 4312345.6), (430000.0, 4400000.0))
    expected = np.column_stack(pipeline(convention).transform(xy[:, 0], xy[:, 1]))
    turned = reading.turn(xy)
    assert GEOD.inv(*turned.T, *expected.T)[2] == pytest.approx(0, abs=0.002)
    assert reading.result.to_epsg() == 4490 and reading.own.to_epsg() == 2382
    assert "1980 西安" in reading.name.zh and "EPSG:2382" in reading.name.en


def test_the_conventions_differ_by_metres():
    turned = [
        stated(with_seven(2382, SevenParameters(*SEVEN, convention=mark))).turn(at((512345.6, 4312345.6)))
        for mark in ("PV", "CF")
    ]
    assert GEOD.inv(*turned[0][0], *turned[1][0])[2] > 5


def test_a_text_of_seven_parameters_reads_itself():
    text = with_seven("EPSG:21459", SevenParameters(*SEVEN, convention="CF"))
    assert text == "EPSG:21459 seven CF -12.646 -155.176 -80.863 0.5 -0.3 0.2 1.5"
    assert stated(text).text == text and label(text) == stated(text).name


@pytest.mark.parametrize(
    "values",
    [(20_000, 0, 0, 0, 0, 0, 0), (0, 0, 0, 150, 0, 0, 0), (0, 0, 0, 0, 0, 0, 900), (np.nan, *[0] * 6)],
)
def test_parameters_that_cannot_be_are_refused(values):
    with pytest.raises(FaultError) as error:
        with_seven(2382, SevenParameters(*values, convention="PV"))
    assert error.value.faults[0].kind == "seven_range"


def test_parameters_in_the_wrong_units_are_noticed():
    assert looks_like_radians(SevenParameters(-12, -155, -80, 2.4e-6, -1e-6, 0, 1.5, "PV"))
    assert looks_like_radians(SevenParameters(-12, -155, -80, 0.5, 0, 0, 1.5e-6, "PV"))
    assert not looks_like_radians(SevenParameters(*SEVEN, convention="PV"))
    assert not looks_like_radians(SevenParameters(-12, -155, -80, 0, 0, 0, 0, "PV"))


@pytest.mark.parametrize(
    "text",
    [
        "EPSG:2382 seven PV 1 2 3",
        "EPSG:2382 seven XX 1 2 3 4 5 6 7",
        "EPSG:2382 seven PV 1 2 3 4 5 6 x",
        "local seven PV 1 2 3 4 5 6 7",
        "EPSG:999999 seven PV 1 2 3 4 5 6 7",
        "local fitted EPSG:4546 1 0 0 0 1",
        "local fitted EPSG:4546 1 2 0 2 4 0",
        "local fitted nowhere 1 0 0 0 1 0",
    ],
)
def test_texts_that_are_not_whole_are_faults(text):
    with pytest.raises(FaultError) as error:
        stated(text)
    assert [fault.kind for fault in error.value.faults] == ["crs_not_understood"]


def test_plain_systems_need_no_turn():
    assert stated("EPSG:4546") is None and stated(4546) is None and stated(CRS(4546)) is None
    assert stated(CRS(4546).to_wkt()) is None and stated("local") is None
    assert label("EPSG:4546").zh.startswith("CGCS2000") and label("local").en == "local grid (metres)"


def test_web_maps_are_read_into_wgs84():
    reading = stated("bd09ll")
    assert reading.text == "BD-09" and reading.result.to_epsg() == 4326
    assert np.allclose(reading.turn(wgs84_to_bd09(at((109.77, 39.61)))), at((109.77, 39.61)), atol=1e-8)
    assert "百度" in label("BD-09").zh and "Amap" in label("gcj02").en


@settings(deadline=None)
@given(
    turn=st.floats(-180, 180),
    scale=st.floats(0.9, 1.1),
    shift=st.tuples(st.floats(-5e6, 5e6), st.floats(-5e6, 5e6)),
    mirrored=st.booleans(),
)
def test_a_fitted_grid_keeps_its_numbers_in_its_text(turn, scale, shift, mirrored):
    a, d = scale * np.cos(np.radians(turn)), scale * np.sin(np.radians(turn))
    b, e = (d, -a) if mirrored else (-d, a)
    reading = stated(fitted_text("local", "CM109.77", (a, b, shift[0], d, e, shift[1])))
    xy = at((12345.67, 98765.43), (-2000.5, 1000.25))
    expected = np.column_stack(
        [a * xy[:, 0] + b * xy[:, 1] + shift[0], d * xy[:, 0] + e * xy[:, 1] + shift[1]]
    )
    assert np.allclose(reading.turn(xy), expected, atol=1e-4)


def test_a_base_by_central_meridian_is_gauss_kruger_there():
    base = base_crs("CM109.77")
    lon, lat = at((109.5, 39.6), (110.0, 39.2)).T
    expected = CRS.from_proj4("+proj=tmerc +lat_0=0 +lon_0=109.77 +k=1 +x_0=500000 +ellps=GRS80")
    made = np.array(Transformer.from_crs(4490, base, always_xy=True).transform(lon, lat))
    wanted = np.array(Transformer.from_proj("+proj=longlat +ellps=GRS80", expected).transform(lon, lat))
    assert np.allclose(made, wanted, atol=1e-4)
    assert "109.77" in stated("local fitted CM109.77 1 0 0 0 1 0").name.zh
    assert base_crs("EPSG:4546").to_epsg() == 4546


def test_old_datums_are_told_from_the_one_in_force():
    assert datum.old_datum(CRS(2382)).zh == "1980 西安" and datum.old_datum(CRS(4214)).en == "Beijing 1954"
    assert datum.old_datum(CRS(4546)) is None and datum.old_datum(CRS(4326)) is None
