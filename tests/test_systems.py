"""The national coordinate systems: looked up, taken apart and named in both languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from gis import systems
from gis.systems import DATUMS, Gauss, choices, datum_of, degrees, gauss_kruger, gauss_of, name

CODES = [
    (111, 3, False, "CGCS2000", 4546),
    (111, 3, True, "CGCS2000", 4525),
    (111, 6, True, "CGCS2000", 4497),
    (111, 3, False, "Xian 1980", 2382),
    (111, 3, True, "Xian 1980", 2361),
    (111, 6, False, "Xian 1980", 2344),
    (111, 6, True, "Xian 1980", 2333),
    (111, 3, False, "Beijing 1954", 2434),
    (111, 3, True, "Beijing 1954", 2413),
    (111, 6, False, "Beijing 1954", 21459),
    (111, 6, True, "Beijing 1954", 21419),
]


@pytest.mark.parametrize(("meridian", "width", "prefixed", "datum", "epsg"), CODES)
def test_gauss_kruger_of_every_datum(meridian, width, prefixed, datum, epsg):
    crs = gauss_kruger(meridian, width=width, prefixed=prefixed, datum=datum)
    assert crs.to_epsg() == epsg
    origin = {p.name: p.value for p in crs.coordinate_operation.params}
    assert origin["Longitude of natural origin"] == meridian
    zone = meridian // 3 if width == 3 else (meridian + 3) // 6
    assert origin["False easting"] == 500_000 + (zone * 1e6 if prefixed else 0)


@given(
    datum=st.sampled_from(sorted(DATUMS)),
    width=st.sampled_from([3, 6]),
    step=st.integers(0, 10),
    prefixed=st.booleans(),
)
def test_a_system_says_what_it_is_made_of(datum, width, step, prefixed):
    made = Gauss(datum, width, 75 + 6 * step, prefixed)
    crs = gauss_kruger(made.meridian, width=width, prefixed=prefixed, datum=datum)
    assert gauss_of(crs) == made and datum_of(crs) == datum


def test_other_systems_are_not_national():
    assert gauss_of(CRS(3857)) is None and datum_of(CRS(3857)) == "" == datum_of(CRS(4326))
    assert gauss_of(CRS(4490)) is None and datum_of(CRS(4490)) == "CGCS2000"
    assert datum_of(systems.LOCAL) == ""


def test_choices_of_a_datum_are_complete():
    for datum in DATUMS:
        listed = dict(choices(datum))
        assert len(listed) == 2 * 21 + 2 * 11 + 1
        assert all(datum_of(CRS(code)) == datum for code in listed)
    assert len(dict(choices())) == 21 + 11 + 3


def test_old_datums_have_chinese_names():
    assert name(CRS(2382)) == "1980 西安 高斯-克吕格三度带中央经线 111°E（EPSG:2382）"
    assert name(CRS(21419)) == "1954 北京 高斯-克吕格六度带第 19 带（EPSG:21419）"
    assert name(degrees("Xian 1980")) == "1980 西安 经纬度（EPSG:4610）"
    assert name(CRS(2382), "en") == "Xian 1980 / 3-degree Gauss-Kruger CM 111E (EPSG:2382)"
