"""Places of a table before it is imported, against points whose position is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

from gis.webmaps import wgs84_to_bd09, wgs84_to_gcj02
from planning.whereabouts import Known, both, compare, fitting_systems, known_points, spots, typed_points

# Twenty places in 东胜, 300 m apart, in degrees and in plane metres (3-degree, central meridian 111 E).
PLANE = np.column_stack([420_000 + 300.0 * np.arange(20), 4_410_000 + 170.0 * (np.arange(20) % 5)])
LONLAT = np.column_stack(Transformer.from_crs(4546, 4490, always_xy=True).transform(*PLANE.T))
NAMES = tuple(f"第{n}小学" for n in range(20))
KNOWN = Known(NAMES[:6], LONLAT[:6])


def written(tmp_path, xy, heads=("经度", "纬度"), **more):
    frame = pd.DataFrame({"学校代码": [f"S{n}" for n in range(20)], "学校名称": NAMES} | more)
    path = tmp_path / "学校.csv"
    frame.assign(**dict(zip(heads, xy.T, strict=True))).to_csv(path, index=False, encoding="utf-8-sig")
    return spots(path, "", "schools")


@pytest.mark.parametrize(
    ("turn", "code"),
    [(lambda xy: xy, "EPSG:4490"), (wgs84_to_gcj02, "GCJ-02"), (wgs84_to_bd09, "BD-09")],
)
def test_degrees_of_web_maps_show_against_known_points(tmp_path, turn, code):
    found = written(tmp_path, turn(LONLAT))
    assert not found.declared and found.guess.certain
    best, others = fitting_systems(found, KNOWN)[0], fitting_systems(found, KNOWN)[1:]
    assert best[0] == code and best[2] < 1
    assert all(metres > 100 for _, _, metres in others)


def test_the_central_meridian_shows_against_known_points(tmp_path):
    found = written(tmp_path, PLANE, heads=("X坐标", "Y坐标"))
    assert found.guess.kind == "gk_plain" and found.on_earth() is None
    code, words, metres = fitting_systems(found, KNOWN)[0]
    assert code in ("EPSG:4546", "EPSG:4508") and "111" in words.zh and metres < 1


def test_places_of_the_same_name_are_compared_and_the_worst_named(tmp_path):
    moved = LONLAT.copy()
    moved[3, 0] += 0.01
    compared = compare(NAMES, moved, KNOWN)
    assert compared.rows["name"].iloc[0] == "第3小学"
    expected = 0.01 * 111_195 * np.cos(np.radians(LONLAT[3, 1]))
    assert compared.rows["metres"].iloc[0] == pytest.approx(expected, rel=0.01)
    assert compared.median_m < 1 and len(compared.rows) == 6


def test_without_names_in_common_the_nearest_point_counts():
    compared = compare(["甲"] * 20, LONLAT, KNOWN)
    assert not len(compared.rows) and np.isnan(compared.median_m)
    assert compared.measure == pytest.approx(compared.nearest_m) and compared.nearest_m > 100
    assert np.isnan(compare(NAMES, LONLAT, Known()).measure)


def test_faulty_cells_do_not_hide_the_places(tmp_path):
    found = written(tmp_path, LONLAT, 教室数=["-3"] * 20)
    assert len(found.names) == 20
    assert np.allclose(found.on_earth("EPSG:4490"), LONLAT)


def test_a_local_grid_has_no_place_until_it_is_fitted(tmp_path):
    found = written(tmp_path, PLANE - [400_000, 4_400_000], heads=("X坐标", "Y坐标"))
    assert found.on_earth("local") is None
    fitted = "local fitted EPSG:4546 1 0 400000 0 1 4400000"
    assert compare(NAMES, found.on_earth(fitted), KNOWN).median_m < 0.01


def test_typed_points_join_those_of_the_project():
    rows = pd.DataFrame({"name": ["甲", None, "乙"], "lon": [110.1, 110.2, None], "lat": [39.8, 39.9, 39.7]})
    typed = typed_points(rows)
    assert typed.names == ("甲", "") and typed.lonlat.tolist() == [[110.1, 39.8], [110.2, 39.9]]
    assert len(both(KNOWN, typed)) == 8
    assert len(known_points({"schools": pd.DataFrame({"name": ["甲"]})})) == 0
